//! Programs with recurrent networks; `tools/v1_layer_programs.py` has the same.

use super::Program;
use super::layers::{data, input};
use super::record::Run;
use ferroflow_compat_v1::nn::rnn_cell::{
    BasicLSTMCell, BasicRNNCell, GRUCell, LSTMCell, MultiRNNCell, RNNCell,
};
use ferroflow_compat_v1::{self as tf, Nest, feeds, nn};
use ferroflow_core::{DType, Error, PartialShape, Result, Tensor};
use ferroflow_ops_array::getitem;

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
    ("raw_rnn", raw_rnn),
    ("raw_rnn_with_a_state", raw_rnn_with_a_state),
    ("static_state_saving_rnn", static_state_saving_rnn),
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

fn raw_rnn(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[Some(4), Some(2), Some(3)])?;
    let cell = BasicLSTMCell::new(3);
    let lengths = tf::with_name("lengths", || tf::constant([4, 2]))?;
    let inputs = tf::TensorArray::with(FLOAT, 4, |o| o.clear_after_read(false))?.unstack(&x)?;
    let (outputs, state, _) = nn::raw_rnn(
        &cell,
        |time, cell_output, cell_state, _: Option<&Tensor>| {
            Ok(tf::RawStep {
                elements_finished: tf::greater_equal(time, &lengths)?,
                next_input: inputs.read(tf::minimum(time, 3)?)?,
                next_cell_state: match cell_state {
                    None => cell.zero_state(&2.into(), FLOAT)?,
                    Some(state) => state.clone(),
                },
                emit_output: cell_output.cloned(),
                next_loop_state: None,
            })
        },
        |o| o,
    )?;
    let stacked = outputs.stack()?;
    show(run, &[stacked], &state, &x, &[4, 2, 3])
}

fn raw_rnn_with_a_state(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let cell = BasicRNNCell::new(3);
    let start = tf::with_name("start", || tf::placeholder(FLOAT, PartialShape::from(vec![None, Some(3)])))?;
    let (outputs, state, total) = nn::raw_rnn(
        &cell,
        |time, cell_output, cell_state, total: Option<&Tensor>| {
            let count = getitem(tf::shape(&start)?, ..1)?;
            let elements_finished = tf::fill(count, tf::greater_equal(time, 3)?)?;
            let (Some(output), Some(state), Some(total)) = (cell_output, cell_state, total) else {
                return Ok(tf::RawStep {
                    elements_finished,
                    next_input: start.clone(),
                    next_cell_state: tf::zeros_like(&start)?.into(),
                    emit_output: Some(tf::constant([0.0, 0.0])?),
                    next_loop_state: Some(tf::constant(0.0)?),
                });
            };
            Ok(tf::RawStep {
                elements_finished,
                next_input: (output * 2.0)?,
                next_cell_state: state.clone(),
                emit_output: Some(getitem(output, (.., ..2))?),
                next_loop_state: Some((total + tf::reduce_sum(output, (), false)?)?),
            })
        },
        |o| o.parallel_iterations(2).scope("mine"),
    )?;
    let stacked = outputs.stack()?;
    let total = total.ok_or_else(|| Error::internal("a state"))?;
    run.run(tf::global_variables_initializer()?)?;
    run.feed((&stacked, state.tensor()?, &total), feeds![&start => data(&[2, 3])?])
}

/// Keeps states in variables.
struct Saver(Vec<(&'static str, tf::Variable)>);

impl Saver {
    fn kept(&self, name: &str) -> Result<&tf::Variable> {
        let found = self.0.iter().find(|(kept, _)| *kept == name);
        found.map(|(_, kept)| kept).ok_or_else(|| Error::internal("a state"))
    }
}

impl tf::StateSaver for Saver {
    fn state(&self, name: &str) -> Result<Tensor> {
        self.kept(name)?.value()
    }

    fn save_state(&self, name: &str, value: &Tensor) -> Result<tf::Operation> {
        tf::assign(self.kept(name)?, value)?.op()
    }
}

fn static_state_saving_rnn(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let x = input(&[Some(2), Some(2), Some(4)])?;
    let saver = tf::variable_scope("kept", |_| {
        let kept = |name| {
            let zeros = tf::zeros_initializer();
            Ok((name, tf::get_variable_with(name, |o| o.shape([2, 3]).initializer(zeros).trainable(false))?))
        };
        Ok(Saver(vec![kept("c")?, kept("h")?]))
    })?;
    let steps = tf::unstack_with(&x, |o| o.axis(1))?;
    let (outputs, state) =
        nn::static_state_saving_rnn(&BasicLSTMCell::new(3), &steps, &saver, &["c", "h"], |o| o)?;
    run.run(tf::global_variables_initializer()?)?;
    for _ in 0..2 {
        let fetches = [outputs.clone(), state.to_flat()].concat();
        run.feed(&fetches, feeds![&x => data(&[2, 2, 4])?])?;
    }
    Ok(())
}
