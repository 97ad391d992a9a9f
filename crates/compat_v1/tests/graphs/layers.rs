//! Programs with layers; `tools/v1_layer_programs.py` has the same.

use super::Program;
use super::record::Run;
use ferroflow_compat_v1::{self as tf, GraphKeys, Regularizer, feeds, layers};
use ferroflow_core::{DType, NdArray, PartialShape, Result, Shape, Tensor};
use ferroflow_graph::CollectionItem;

pub(crate) const PROGRAMS: &[(&str, Program)] = &[
    ("dense_layers", dense_layers),
    ("dense_layer_of_sequences", dense_layer_of_sequences),
    ("convolutional_layers", convolutional_layers),
    ("layers_of_sequences", layers_of_sequences),
    ("layer_of_volumes", layer_of_volumes),
    ("batch_normalization_layers", batch_normalization_layers),
    ("batch_normalization_by_a_switch", batch_normalization_by_a_switch),
    ("fused_batch_normalization", fused_batch_normalization),
    ("dropout_layers", dropout_layers),
];

/// Numbers that `tools/v1_layer_programs.py` makes, too.
pub(crate) fn data(shape: &[usize]) -> Result<NdArray> {
    let count: usize = shape.iter().product();
    let numbers: Vec<f32> = (0..count).map(|i| (((7 * i) % 11) as f32 - 5.0) / 8.0).collect();
    NdArray::vector(numbers).reshape(Shape::new(shape)?)
}

pub(crate) fn input(sizes: &[Option<usize>]) -> Result<Tensor> {
    tf::with_name("x", || tf::placeholder(DType::FLOAT32, PartialShape::from(sizes.to_vec())))
}

fn switch() -> Result<Tensor> {
    tf::with_name("t", || tf::placeholder(DType::BOOL, ()))
}

fn relu(x: &Tensor) -> Result<Tensor> {
    tf::nn::relu(x)
}

fn initialize(run: &mut Run) -> Result<()> {
    run.run(tf::global_variables_initializer()?)
}

fn dense_layers(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[None, Some(4)])?;
    let halved_squares = Regularizer::new(|v| tf::reduce_sum((v * v)?, (), false)? * 0.5);
    let a = layers::dense_with(&x, 3, |o| o.activation(relu).kernel_regularizer(halved_squares))?;
    let sum = |y: &Tensor| tf::reduce_sum(y, (), false);
    let b = layers::dense_with(&a, 2, |o| o.use_bias(false).activity_regularizer(sum))?;
    let c = layers::dense_with(&x, 3, |o| o.name("named").bias_initializer(tf::ones_initializer()))?;
    let d = layers::dense_with(&x, 3, |o| o.name("named").reuse(true))?;
    let losses: Vec<Tensor> = tf::get_collection(GraphKeys::REGULARIZATION_LOSSES)
        .into_iter()
        .filter_map(|item| match item {
            CollectionItem::Tensor(loss) => Some(loss),
            _ => None,
        })
        .collect();
    initialize(run)?;
    run.feed((&b, &c, &d, &losses[0], &losses[1]), feeds![&x => data(&[2, 4])?])
}

fn dense_layer_of_sequences(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[None, Some(3), Some(4)])?;
    let halves = tf::constant_initializer(0.5)?;
    let y = tf::variable_scope("outer", |_| layers::dense_with(&x, 2, |o| o.kernel_initializer(halves)))?;
    initialize(run)?;
    run.feed(&y, feeds![&x => data(&[2, 3, 4])?])
}

fn convolutional_layers(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[None, Some(8), Some(8), Some(3)])?;
    let y = layers::conv2d_with(&x, 4, [3, 3], |o| o.activation(relu))?;
    let y = layers::conv2d_with(y, 2, [3, 3], |o| o.strides(vec![2]).padding("same").use_bias(false))?;
    let y = layers::max_pooling2d(y, [2, 2], [1, 1], "valid")?;
    let y = layers::average_pooling2d(y, [2, 2], [2, 2], "same")?;
    let y = layers::flatten(y)?;
    initialize(run)?;
    run.feed(&y, feeds![&x => data(&[1, 8, 8, 3])?])
}

fn layers_of_sequences(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[None, Some(8), Some(3)])?;
    let y = layers::conv1d(&x, 4, 3)?;
    let y = layers::max_pooling1d(y, 2, 2, "valid")?;
    let y = layers::average_pooling1d(y, 2, 1, "valid")?;
    initialize(run)?;
    run.feed(&y, feeds![&x => data(&[2, 8, 3])?])
}

fn layer_of_volumes(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[None, Some(3), Some(4), Some(4), Some(2)])?;
    let y = layers::conv3d(&x, 2, [2, 2, 2])?;
    initialize(run)?;
    run.feed(&y, feeds![&x => data(&[1, 3, 4, 4, 2])?])
}

/// Runs what moves running means, which gives nothing.
fn update(run: &mut Run, x: &Tensor, value: NdArray) -> Result<()> {
    for item in tf::get_collection(GraphKeys::UPDATE_OPS) {
        let CollectionItem::Operation(update) = item else { continue };
        run.feed(&update, feeds![x => value.clone()])?;
    }
    Ok(())
}

fn kept(run: &mut Run) -> Result<()> {
    tf::global_variables().iter().try_for_each(|variable| run.run(variable))
}

fn batch_normalization_layers(run: &mut Run) -> Result<()> {
    let x = input(&[None, Some(4)])?;
    let y = layers::batch_normalization_with(&x, |o| o.training(true).momentum(0.9))?;
    let z = layers::batch_normalization(&x, false)?;
    initialize(run)?;
    run.feed((&y, &z), feeds![&x => data(&[3, 4])?])?;
    update(run, &x, data(&[3, 4])?)?;
    kept(run)
}

fn batch_normalization_by_a_switch(run: &mut Run) -> Result<()> {
    let x = input(&[None, Some(4)])?;
    let t = switch()?;
    let y = layers::batch_normalization(&x, &t)?;
    initialize(run)?;
    for training in [true, false] {
        run.feed(&y, feeds![&x => data(&[3, 4])?, &t => training])?;
    }
    Ok(())
}

fn fused_batch_normalization(run: &mut Run) -> Result<()> {
    let x = input(&[Some(2), Some(3), Some(3), Some(2)])?;
    let y = layers::batch_normalization(&x, true)?;
    let z = layers::batch_normalization(&x, false)?;
    initialize(run)?;
    run.feed((&y, &z), feeds![&x => data(&[2, 3, 3, 2])?])?;
    update(run, &x, data(&[2, 3, 3, 2])?)?;
    kept(run)
}

fn dropout_layers(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[None, Some(4)])?;
    let t = switch()?;
    let y = layers::dropout(&x, 0.5, Some(3), true)?;
    let z = layers::dropout(&x, 0.5, Some(3), false)?;
    let w = layers::dropout(&x, 0.5, Some(3), &t)?;
    run.feed((&y, &z, &w), feeds![&x => data(&[3, 4])?, &t => false])?;
    run.feed(&w, feeds![&x => data(&[3, 4])?, &t => true])
}
