//! Steps of training in v1 sessions: graphs with variables, gradients and optimizers.

use ferroflow_benches::{Comparison, Run};
use ferroflow_compat_v1 as tf;
use ferroflow_core::{NdArray, Result, Tensor};
use tf::Operation;

fn main() -> ferroflow_benches::Result<()> {
    ferroflow_graph::install();
    let table = Comparison::start("steps of training")?;
    table.steps("perceptron 784-512-10, batch 64", |_| perceptron())?;
    table.steps("convolutions on 28x28, batch 32", |_| convolutions())?;
    table.steps("language model, LSTM of 128, 20 steps", |_| language_model())
}

/// Numbers in [0, 1) that are no pattern.
fn numbers(shape: &[usize]) -> Result<NdArray> {
    let count: usize = shape.iter().product();
    NdArray::from_vec(shape, (0..count).map(|at| (at * 7919 % 1009) as f32 / 1009.0).collect())
}

/// Classes below `count`.
fn classes(shape: &[usize], count: usize) -> Result<NdArray> {
    let total: usize = shape.iter().product();
    NdArray::from_vec(shape, (0..total).map(|at| (at * 31 % count) as i32).collect())
}

fn weights(name: &str, shape: &[usize]) -> Result<tf::Variable> {
    let sizes: Vec<Option<usize>> = shape.iter().copied().map(Some).collect();
    tf::get_variable_with(name, |o| o.shape(sizes).initializer(tf::glorot_uniform_initializer(Some(1))))
}

fn zeros(name: &str, size: usize) -> Result<tf::Variable> {
    tf::get_variable_with(name, |o| o.shape([size]).initializer(tf::zeros_initializer()))
}

fn loss_of(labels: &Tensor, logits: &Tensor) -> Result<Tensor> {
    tf::losses::sparse_softmax_cross_entropy(labels, logits)
}

/// What is run: first the variables get their values, then the loss is fetched, which waits for the step.
fn steps(loss: &Tensor, step: Operation, feeds: Vec<(Tensor, NdArray)>) -> Result<(Option<Tensor>, Run)> {
    let init = tf::global_variables_initializer()?;
    let first = tf::control_dependencies(init, || tf::constant(0))?;
    let first = tf::control_dependencies([Operation::of(&first)?], || tf::identity(&first))?;
    let fetch = tf::control_dependencies([step], || tf::identity(loss))?;
    Ok((Some(first), Run { feeds, fetch }))
}

fn perceptron() -> Result<(Option<Tensor>, Run)> {
    let x = tf::placeholder(tf::float32, [64, 784])?;
    let labels = tf::placeholder(tf::int32, [64])?;
    let hidden = tf::matmul(&x, weights("w1", &[784, 512])?)?;
    let hidden = tf::nn::relu(tf::nn::bias_add(hidden, zeros("b1", 512)?)?)?;
    let logits = tf::nn::bias_add(tf::matmul(hidden, weights("w2", &[512, 10])?)?, zeros("b2", 10)?)?;
    let loss = loss_of(&labels, &logits)?;
    let step = tf::train::GradientDescentOptimizer::new(0.001)?.minimize(&loss)?;
    steps(&loss, step, vec![(x, numbers(&[64, 784])?), (labels, classes(&[64], 10)?)])
}

fn convolutions() -> Result<(Option<Tensor>, Run)> {
    let x = tf::placeholder(tf::float32, [32, 28, 28, 1])?;
    let labels = tf::placeholder(tf::int32, [32])?;
    let mut maps = x.clone();
    for (number, inputs, outputs) in [(1, 1, 16), (2, 16, 32)] {
        let filters = weights(&format!("filters{number}"), &[3, 3, inputs, outputs])?;
        let maps_of = tf::nn::conv2d(&maps, &filters, [1, 1, 1, 1], "SAME")?;
        let active = tf::nn::relu(tf::nn::bias_add(maps_of, zeros(&format!("bias{number}"), outputs)?)?)?;
        maps = tf::nn::max_pool(active, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")?;
    }
    let flat = tf::reshape(maps, [32, 7 * 7 * 32])?;
    let logits = tf::nn::bias_add(tf::matmul(flat, weights("w", &[7 * 7 * 32, 10])?)?, zeros("b", 10)?)?;
    let loss = loss_of(&labels, &logits)?;
    let step = tf::train::MomentumOptimizer::new(0.001, 0.9)?.minimize(&loss)?;
    steps(&loss, step, vec![(x, numbers(&[32, 28, 28, 1])?), (labels, classes(&[32], 10)?)])
}

fn language_model() -> Result<(Option<Tensor>, Run)> {
    let words = tf::placeholder(tf::int32, [16, 20])?;
    let next = tf::placeholder(tf::int32, [16, 20])?;
    let embedded = tf::nn::embedding_lookup(&weights("embeddings", &[1000, 64])?, &words)?;
    let cell = tf::nn::rnn_cell::BasicLSTMCell::new(128);
    let (outputs, _) = tf::nn::dynamic_rnn(&cell, &embedded, |o| o.dtype(tf::float32))?;
    let flat = tf::reshape(outputs, [16 * 20, 128])?;
    let logits = tf::nn::bias_add(tf::matmul(flat, weights("w", &[128, 1000])?)?, zeros("b", 1000)?)?;
    let loss = loss_of(&tf::reshape(&next, [16 * 20])?, &logits)?;
    let step = tf::train::AdamOptimizer::new(0.0001)?.minimize(&loss)?;
    let feeds = vec![(words, classes(&[16, 20], 1000)?), (next, classes(&[16, 20], 997)?)];
    steps(&loss, step, feeds)
}
