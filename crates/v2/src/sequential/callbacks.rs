//! `Callback`: what happens between the batches and epochs of training.

use super::Logs;
use ferroflow_core::Result;
use std::ops::ControlFlow;

/// Called between the batches and epochs of [`fit`](super::Sequential::fit) (`tf.keras.callbacks.Callback`). What breaks ends
/// training.
///
/// ```
/// use ferroflow_v2 as tf;
/// use std::ops::ControlFlow;
/// struct GoodEnough(f64);
/// impl tf::sequential::Callback for GoodEnough {
///     fn on_epoch_end(&mut self, _epoch: usize, logs: &tf::sequential::Logs) -> tf::Result<ControlFlow<()>> {
///         let good = logs.get("loss").is_some_and(|loss| loss < self.0);
///         Ok(if good { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
///     }
/// }
/// let mut model = tf::sequential![tf::layers::Dense::new(1)]?;
/// model.compile("sgd", "mse", |o| o)?;
/// let (x, y) = ([[1.0], [2.0]], [[2.0], [4.0]]);
/// let history = model.fit(x, y, |o| o.epochs(500).verbose(0).callback(GoodEnough(0.1)))?;
/// assert!(history.epoch.len() < 500);
/// # Ok::<(), tf::Error>(())
/// ```
pub trait Callback {
    /// An epoch begins.
    ///
    /// # Errors
    /// What ends training with an error.
    fn on_epoch_begin(&mut self, _epoch: usize) -> Result<()> {
        Ok(())
    }

    /// A batch was trained.
    ///
    /// # Errors
    /// What ends training with an error.
    fn on_train_batch_end(&mut self, _batch: usize, _logs: &Logs) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }

    /// An epoch has ended.
    ///
    /// # Errors
    /// What ends training with an error.
    fn on_epoch_end(&mut self, _epoch: usize, _logs: &Logs) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }
}
