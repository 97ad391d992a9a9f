//! Sequential models: checkpoints in both directions, callbacks, shuffled data, bad use.

use crate::checkpoints::Scratch;
use crate::rows::{array, assert_array_near, rows};
use ferroflow_core::{NdArray, Result};
use ferroflow_v2 as tf;
use std::ops::ControlFlow;
use std::path::Path;
use tf::initializers::GlorotUniform;
use tf::layers::*;
use tf::optimizers::{Adam, Optimizer};
use tf::sequential::{Callback, Logs};
use tf::train::Checkpoint;

const RECORD: &str = include_str!("../data/training.txt");

/// The model of `checkpoints/sequential`, trained as there when it is new.
fn model() -> Result<tf::Sequential> {
    let glorot = |seed| GlorotUniform::default().seed(seed);
    let mut model = tf::sequential![
        Input::new([4]),
        Dense::new_with(3, |o| o.kernel_initializer(glorot(50))),
        BatchNormalization::new(),
        Dropout::new_with(0.5, |o| o.seed(51)),
        Dense::new_with(2, |o| o.kernel_initializer(glorot(52))),
    ]?;
    model.compile(Optimizer::new(Adam::default(), 0.05), "mse", |o| o)?;
    Ok(model)
}

fn x() -> NdArray {
    let row = rows(RECORD, "data").find(|row| row[1] == "x").expect("the data");
    array(row[2], row[3])
}

fn recorded_prediction() -> NdArray {
    let row = rows(RECORD, "prediction").next().expect("a prediction");
    array(row[1], row[2])
}

#[test]
fn checkpoints_of_keras_are_read() -> Result<()> {
    let written = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/checkpoints/sequential");
    let model = model()?;
    Checkpoint::new().track("model", &model).read(&written)?.assert_nontrivial_match()?;
    let found = model.predict(x(), |o| o.verbose(0))?;
    assert_array_near(&found, &recorded_prediction(), 1e-5, "the prediction")
}

#[test]
fn checkpoints_have_the_keys_that_keras_writes() -> Result<()> {
    let scratch = Scratch::new();
    let mut model = model()?;
    let y = tf::slice(x(), [0, 0], [-1, 2])?;
    model.fit(x(), y, |o| o.batch_size(8).epochs(2).shuffle(false).verbose(0))?;
    let path = Checkpoint::new().track("model", &model).write(scratch.path("model"))?;
    let keys: Vec<String> = tf::train::list_variables(&path)?.into_iter().map(|(key, _)| key).collect();
    let recorded: Vec<&str> = rows(RECORD, "checkpoint").map(|row| row[1]).collect();
    assert_eq!(keys, recorded);
    Ok(())
}

struct Noted(Vec<String>);

impl Callback for &mut Noted {
    fn on_epoch_begin(&mut self, epoch: usize) -> Result<()> {
        self.0.push(format!("epoch {epoch}"));
        Ok(())
    }

    fn on_train_batch_end(&mut self, batch: usize, logs: &Logs) -> Result<ControlFlow<()>> {
        assert!(logs.get("loss").is_some());
        self.0.push(format!("batch {batch}"));
        Ok(ControlFlow::Continue(()))
    }

    fn on_epoch_end(&mut self, epoch: usize, _logs: &Logs) -> Result<ControlFlow<()>> {
        Ok(if epoch == 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

#[test]
fn callbacks_see_training_and_end_it() -> Result<()> {
    let mut noted = Noted(Vec::new());
    let y = tf::slice(x(), [0, 0], [-1, 2])?;
    let history = model()?.fit(x(), y, |o| o.batch_size(20).epochs(9).verbose(0).callback(&mut noted))?;
    assert_eq!(history.epoch, [0, 1]);
    assert_eq!(noted.0, ["epoch 0", "batch 0", "batch 1", "epoch 1", "batch 0", "batch 1"]);
    Ok(())
}

#[test]
fn layers_may_be_trained_in_part() -> Result<()> {
    let mut model = model()?;
    model.get_layer(model.layers()[0].name())?.state().set_trainable(false);
    assert_eq!((model.trainable_variables().len(), model.non_trainable_variables().len()), (4, 5));
    assert_eq!(model.count_params(), 15 + 12 + 8);
    let before = model.variables()[0].numpy()?;
    let y = tf::slice(x(), [0, 0], [-1, 2])?;
    model.fit(x(), y, |o| o.verbose(0))?;
    assert_eq!(model.variables()[0].numpy()?, before);
    assert_eq!(model.output_shape()?, tf::TensorShape::new([None, Some(2)]));
    Ok(())
}

#[test]
fn batches_are_trained_and_evaluated_alone() -> Result<()> {
    let mut model = model()?;
    let y = tf::slice(x(), [0, 0], [-1, 2])?;
    let before = model.test_on_batch(x(), &y)?.get("loss").expect("a loss");
    for _ in 0..30 {
        model.train_on_batch(x(), &y)?;
    }
    assert!(model.test_on_batch(x(), &y)?.get("loss").expect("a loss") < before);
    Ok(())
}

#[test]
fn bad_use_is_refused() -> Result<()> {
    let mut model = model()?;
    let message = |error: Option<tf::Error>| error.expect("an error").message().to_string();
    assert!(message(model.compile("up", "mse", |o| o).err()).ends_with("optimizer identifier: up"));
    assert!(message(model.compile("sgd", "up", |o| o).err()).ends_with("loss identifier: up"));
    assert!(
        message(model.compile("sgd", "mse", |o| o.metric("up")).err()).ends_with("metric identifier: up")
    );
    assert!(message(model.add(Input::new([4])).err()).contains("already been configured"));
    let wide = tf::zeros([2, 5], tf::float32)?;
    assert!(message(model.call(&wide).err()).contains("expected axis -1 of input shape to have value 4"));
    let mut empty = tf::Sequential::new();
    empty.compile("sgd", "mse", |o| o)?;
    assert!(message(empty.fit([[1.0]], [[1.0]], |o| o.verbose(0)).err()).contains("it has no layers"));
    // What does not fit the loss is found while the step is traced.
    let y = tf::zeros([32, 3], tf::float32)?;
    let error = model.fit(x(), y, |o| o.verbose(0)).expect_err("other sizes");
    assert!(error.message().contains("Dimensions must be equal, but are 3 and 2"), "{error}");
    Ok(())
}
