//! Programs of layers, recurrent networks and loops, in the order of `tools/record_training.py`.

use super::programs::{constant, mean_square, variable};
use ferroflow_compat_v1::nn::rnn_cell::{
    BasicLSTMCell, BasicRNNCell, GRUCell, LSTMCell, MultiRNNCell, RNNCell,
};
use ferroflow_compat_v1::{self as tf, GraphKeys, RnnOptions, layers, nn, train};
use ferroflow_core::{DType, Error, Result, Tensor};
use ferroflow_graph::{CollectionItem, Operation};

type Built = Result<(Tensor, Operation)>;

/// A step that also moves the running means of batch normalization.
fn with_updates(step: Operation) -> Result<Operation> {
    let updates = tf::get_collection(GraphKeys::UPDATE_OPS).into_iter().filter_map(|item| match item {
        CollectionItem::Operation(update) => Some(update),
        _ => None,
    });
    let all: Vec<Operation> = std::iter::once(step).chain(updates).collect();
    tf::group(&all, "step")?.ok_or_else(|| Error::internal("a step is an operation of a graph"))
}

pub(crate) fn dense_layers() -> Built {
    tf::set_random_seed(5);
    let tanh = |x: &Tensor| tf::tanh(x);
    let hidden = layers::dense_with(constant(&[8, 5])?, 6, |o| o.activation(tanh))?;
    let hidden = layers::batch_normalization(hidden, true)?;
    let loss = mean_square(layers::dense(hidden, 2)?, &[8, 2])?;
    let step = train::GradientDescentOptimizer::new(0.1)?.minimize(&loss)?;
    Ok((loss, with_updates(step)?))
}

pub(crate) fn convolutional_layers() -> Built {
    tf::set_random_seed(5);
    let images = constant(&[4, 6, 6, 2])?;
    let hidden = layers::conv2d_with(images, 3, [3, 3], |o| o.padding("same").use_bias(false))?;
    let hidden = tf::nn::relu(layers::batch_normalization(hidden, true)?)?;
    let hidden = layers::flatten(layers::max_pooling2d(hidden, [2, 2], [2, 2], "valid")?)?;
    let loss = mean_square(layers::dense(hidden, 2)?, &[4, 2])?;
    let step = train::MomentumOptimizer::new(0.02, 0.9)?.minimize(&loss)?;
    Ok((loss, with_updates(step)?))
}

fn recurrent(cell: &dyn RNNCell, options: impl FnOnce(RnnOptions) -> RnnOptions) -> Built {
    let (outputs, _) = nn::dynamic_rnn(cell, constant(&[3, 4, 2])?, |o| options(o.dtype(DType::FLOAT32)))?;
    let loss = mean_square(outputs, &[3, 4, 3])?;
    let step = train::AdamOptimizer::new(0.02)?.minimize(&loss)?;
    Ok((loss, step))
}

pub(crate) fn lstm() -> Built {
    tf::set_random_seed(5);
    recurrent(&BasicLSTMCell::new(3), |o| o)
}

pub(crate) fn gru_of_lengths() -> Built {
    tf::set_random_seed(5);
    let lengths = tf::constant([4, 2, 1])?;
    recurrent(&GRUCell::new(3), |o| o.sequence_length(lengths))
}

pub(crate) fn stacked_cells() -> Built {
    tf::set_random_seed(5);
    let cells: Vec<Box<dyn RNNCell>> = vec![Box::new(BasicRNNCell::new(4)), Box::new(LSTMCell::new(3))];
    recurrent(&MultiRNNCell::new(cells)?, |o| o)
}

pub(crate) fn static_network() -> Built {
    tf::set_random_seed(5);
    let steps = tf::unstack(constant(&[4, 3, 2])?)?;
    let (outputs, _) = nn::static_rnn(&BasicRNNCell::new(3), &steps, |o| o.dtype(DType::FLOAT32))?;
    let last = outputs.into_iter().next_back().ok_or_else(|| Error::internal("no outputs"))?;
    let loss = mean_square(last, &[3, 3])?;
    let step = train::GradientDescentOptimizer::new(0.3)?.minimize(&loss)?;
    Ok((loss, step))
}

pub(crate) fn training_loop() -> Built {
    tf::set_random_seed(5);
    let w = variable("w", &[3, 3], false)?;
    let x = tf::with_name("x", || constant(&[4, 3]))?;
    let start = tf::with_name("start", || tf::constant(0))?;
    let (_, y) = tf::while_loop(
        |(i, _): &(Tensor, Tensor)| tf::less(i, 3),
        |(i, y)| Ok(((i + 1)?, tf::sigmoid(tf::matmul(y, &w)?)?)),
        (start, x),
    )?;
    let loss = mean_square(y, &[4, 3])?;
    let step = train::GradientDescentOptimizer::new(1.0)?.minimize(&loss)?;
    Ok((loss, step))
}
