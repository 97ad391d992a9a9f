//! Programs with recurrent networks; `tools/v1_layer_programs.py` has the same.

use super::Program;
use super::layers::{data, input};
use super::record::Run;
use ferroflow_compat_v1::nn::rnn_cell::{BasicLSTMCell, BasicRNNCell, GRUCell, LSTMCell, MultiRNNCell};
use ferroflow_compat_v1::{self as tf, Nest, feeds, nn};
use ferroflow_core::{DType, PartialShape, Result, Tensor};

pub(crate) const PROGRAMS: &[(&str, Program)] = &[
    ("dynamic_rnn_of_a_basic_cell", dynamic_rnn_of_a_basic_cell),
    ("dynamic_rnn_of_an_lstm", dynamic_rnn_of_an_lstm),
    ("dynamic_rnn_of_lengths", dynamic_rnn_of_lengths),
    ("dynamic_rnn_over_time", dynamic_rnn_over_time),
    ("static_rnn_of_lengths", static_rnn_of_lengths),
    ("static_bidirectional_rnn", static_bidirectional_rnn),
    ("static_bidirectional_rnn_of_lengths", static_bidirectional_rnn_of_lengths),
    ("static_rnn_of_an_lstm", static_rnn_of_an_lstm),
    ("bidirectional_rnn", bidirectional_rnn),
    ("gradient_of_an_rnn", gradient_of_an_rnn),
];

const FLOAT: DType = DType::FLOAT32;

/// Fetches outputs and states after the variables were initialized.
fn show(run: &mut Run, outputs: &[Tensor], state: &impl Nest, x: &Tensor, shape: &[usize]) -> Result<()> {
    run.run(tf::global_variables_initializer()?)?;
    let fetches = [outputs.to_vec(), state.to_flat()].concat();
    run.feed(&fetches, feeds![x => data(shape)?])
}

fn dynamic_rnn_of_a_basic_cell(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[Some(2), Some(3), Some(4)])?;
    let (outputs, state) = nn::dynamic_rnn(&BasicRNNCell::new(5), &x, |o| o.dtype(FLOAT))?;
    show(run, &[outputs], &state, &x, &[2, 3, 4])
}

fn dynamic_rnn_of_an_lstm(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[None, None, Some(4)])?;
    let (outputs, state) = nn::dynamic_rnn(&BasicLSTMCell::new(3), &x, |o| o.dtype(FLOAT))?;
    show(run, &[outputs], &state, &x, &[2, 3, 4])
}

fn dynamic_rnn_of_lengths(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[None, Some(3), Some(4)])?;
    let length = tf::with_name("length", || tf::placeholder(DType::INT32, PartialShape::from(vec![None])))?;
    let (outputs, state) =
        nn::dynamic_rnn(&GRUCell::new(3), &x, |o| o.dtype(FLOAT).sequence_length(length.clone()))?;
    run.run(tf::global_variables_initializer()?)?;
    run.feed((&outputs, state.tensor()?), feeds![&x => data(&[2, 3, 4])?, &length => [3, 1]])
}

fn dynamic_rnn_over_time(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[Some(3), Some(2), Some(4)])?;
    let projected = LSTMCell::with(5, |o| o.use_peepholes(true).num_proj(2usize));
    let cell = MultiRNNCell::new(vec![Box::new(BasicLSTMCell::new(3)), Box::new(projected)])?;
    let (outputs, state) =
        nn::dynamic_rnn(&cell, &x, |o| o.time_major(true).dtype(FLOAT).scope("stacked".to_string()))?;
    show(run, &[outputs], &state, &x, &[3, 2, 4])
}

fn static_rnn_of_an_lstm(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[Some(2), Some(3), Some(4)])?;
    let steps = tf::unstack_with(&x, |o| o.axis(1))?;
    let (outputs, state) = nn::static_rnn(&BasicLSTMCell::new(3), &steps, |o| o.dtype(FLOAT))?;
    show(run, &outputs, &state, &x, &[2, 3, 4])
}

fn static_rnn_of_lengths(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[Some(2), Some(3), Some(4)])?;
    let lengths = tf::with_name("lengths", || tf::placeholder(DType::INT32, [2]))?;
    let steps = tf::unstack_with(&x, |o| o.axis(1))?;
    let (outputs, state) =
        nn::static_rnn(&BasicRNNCell::new(3), &steps, |o| o.dtype(FLOAT).sequence_length(lengths.clone()))?;
    run.run(tf::global_variables_initializer()?)?;
    for values in [[1, 3], [2, 2]] {
        let fetches = [outputs.clone(), state.to_flat()].concat();
        run.feed(&fetches, feeds![&x => data(&[2, 3, 4])?, &lengths => values])?;
    }
    Ok(())
}

fn static_bidirectional_rnn(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[Some(2), Some(3), Some(4)])?;
    let steps = tf::unstack_with(&x, |o| o.axis(1))?;
    let (forward, backward) = (BasicRNNCell::new(3), BasicRNNCell::new(2));
    let (outputs, forward, backward) =
        nn::static_bidirectional_rnn(&forward, &backward, &steps, |o| o.dtype(FLOAT))?;
    show(run, &outputs, &(forward, backward), &x, &[2, 3, 4])
}

fn static_bidirectional_rnn_of_lengths(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[Some(2), Some(2), Some(4)])?;
    let lengths = tf::with_name("lengths", || tf::constant([1, 2]))?;
    let steps = tf::unstack_with(&x, |o| o.axis(1))?;
    let (forward, backward) = (BasicRNNCell::new(3), GRUCell::new(2));
    let (outputs, forward, backward) = nn::static_bidirectional_rnn(&forward, &backward, &steps, |o| {
        o.dtype(FLOAT).sequence_length(lengths)
    })?;
    show(run, &outputs, &(forward, backward), &x, &[2, 2, 4])
}

fn bidirectional_rnn(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[Some(2), Some(3), Some(4)])?;
    let (forward, backward) = (BasicRNNCell::new(3), BasicRNNCell::new(3));
    let both = nn::bidirectional_dynamic_rnn(&forward, &backward, &x, |o| o.dtype(FLOAT))?;
    let (outputs, states) = (both.outputs, both.output_states);
    show(run, &[outputs.0, outputs.1], &states, &x, &[2, 3, 4])
}

fn gradient_of_an_rnn(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[Some(2), Some(3), Some(4)])?;
    let (outputs, _) = nn::dynamic_rnn(&BasicLSTMCell::new(3), &x, |o| o.dtype(FLOAT))?;
    let loss = tf::reduce_sum(&outputs, (), false)?;
    let variables = tf::trainable_variables();
    let gradients = tf::gradients::<_, tf::Variable>(&[&loss], &variables)?;
    let gradients =
        gradients.into_iter().map(|gradient| ferroflow_graph::dense(gradient.expect("a gradient")));
    let gradients = gradients.collect::<Result<Vec<_>>>()?;
    run.run(tf::global_variables_initializer()?)?;
    run.feed(&gradients, feeds![&x => data(&[2, 3, 4])?])
}
