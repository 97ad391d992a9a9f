//! Hooks that stop, wait, log and check.

use super::coordinator::Coordinator;
use super::hook::{
    SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues, global_step_for, step_number,
};
use super::timer::{Every, SecondOrStepTimer};
use crate::{FeedDict, Session};
use ferroflow_core::{Error, NdArray, Result, Tensor, ensure};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Says something to whoever runs the program.
pub(super) fn log(text: &str) {
    // That nobody can be told is no reason to stop.
    let _ = writeln!(std::io::stderr(), "INFO:ferroflow:{text}");
}

/// Stops after so many steps, or at a step.
///
/// Source: `tf.compat.v1.train.StopAtStepHook`.
pub struct StopAtStepHook {
    num_steps: Option<i64>,
    last_step: Option<i64>,
    global_step: Option<Tensor>,
}

impl StopAtStepHook {
    /// Stops so many steps after the one that the session begins with.
    pub fn num_steps(num_steps: i64) -> StopAtStepHook {
        StopAtStepHook { num_steps: Some(num_steps), last_step: None, global_step: None }
    }

    /// Stops once this step is reached.
    pub fn last_step(last_step: i64) -> StopAtStepHook {
        StopAtStepHook { num_steps: None, last_step: Some(last_step), global_step: None }
    }

    fn read(&self, session: &Session) -> Result<i64> {
        step_number(Some(&session.run(fetched(&self.global_step)?)?))
    }
}

/// The tensor that [`SessionRunHook::begin`] has found.
pub(super) fn fetched(tensor: &Option<Tensor>) -> Result<&Tensor> {
    tensor.as_ref().ok_or_else(|| ferroflow_core::Error::runtime("the hook has not begun"))
}

impl SessionRunHook for StopAtStepHook {
    fn begin(&mut self) -> Result<()> {
        self.global_step = Some(global_step_for("StopAtStepHook")?);
        Ok(())
    }

    fn after_create_session(&mut self, session: &Session, _coord: &Coordinator) -> Result<()> {
        if let (None, Some(steps)) = (self.last_step, self.num_steps) {
            self.last_step = Some(self.read(session)?.saturating_add(steps));
        }
        Ok(())
    }

    fn before_run(&mut self, _run_context: &SessionRunContext<'_>) -> Result<Option<SessionRunArgs>> {
        Ok(Some(SessionRunArgs::fetch(vec![fetched(&self.global_step)?.clone()])))
    }

    fn after_run(
        &mut self,
        run_context: &SessionRunContext<'_>,
        run_values: &SessionRunValues<'_>,
    ) -> Result<()> {
        let last = self.last_step.unwrap_or(i64::MAX);
        // What was fetched may be of before the step.
        if step_number(run_values.results.first())?.saturating_add(1) >= last
            && self.read(run_context.session())? >= last
        {
            run_context.request_stop();
        }
        Ok(())
    }
}

/// The error of a loss that is not a number, which [`NanTensorHook`] gives.
///
/// Source: `tf.compat.v1.train.NanLossDuringTrainingError`.
#[allow(non_snake_case, reason = "the name of TensorFlow's class")]
pub fn NanLossDuringTrainingError() -> Error {
    Error::runtime("NaN loss during training.")
}

/// Stops, or fails, when a loss is not a number.
///
/// Source: `tf.compat.v1.train.NanTensorHook`.
pub struct NanTensorHook {
    loss: Tensor,
    fail_on_nan_loss: bool,
}

impl NanTensorHook {
    /// Watches a loss.
    pub fn new(loss_tensor: &Tensor, fail_on_nan_loss: bool) -> NanTensorHook {
        NanTensorHook { loss: loss_tensor.clone(), fail_on_nan_loss }
    }
}

impl SessionRunHook for NanTensorHook {
    fn before_run(&mut self, _run_context: &SessionRunContext<'_>) -> Result<Option<SessionRunArgs>> {
        Ok(Some(SessionRunArgs::fetch(vec![self.loss.clone()])))
    }

    fn after_run(
        &mut self,
        run_context: &SessionRunContext<'_>,
        run_values: &SessionRunValues<'_>,
    ) -> Result<()> {
        let Some(loss) = run_values.results.first() else { return Ok(()) };
        let loss = loss.cast(ferroflow_core::DType::FLOAT64)?;
        if loss.as_slice::<f64>()?.iter().any(|value| value.is_nan()) {
            log("Model diverged with loss = NaN.");
            if self.fail_on_nan_loss {
                return Err(NanLossDuringTrainingError());
            }
            run_context.request_stop();
        }
        Ok(())
    }
}

/// Makes a line of what tensors gave.
pub type Formatter = Box<dyn Fn(&[(String, NdArray)]) -> String + Send>;

/// Logs the values of tensors.
///
/// Source: `tf.compat.v1.train.LoggingTensorHook`.
pub struct LoggingTensorHook {
    tensors: Vec<(String, Tensor)>,
    timer: Option<SecondOrStepTimer>,
    at_end: bool,
    formatter: Option<Formatter>,
    iteration: i64,
    due: bool,
}

impl LoggingTensorHook {
    /// Logs these tensors, under these names, every so many runs or seconds, or at the end alone.
    ///
    /// # Errors
    /// `ValueError` when it would never log, or for an interval that is not positive.
    pub fn new(tensors: &[(&str, &Tensor)], every: Option<Every>, at_end: bool) -> Result<LoggingTensorHook> {
        ensure!(
            every.is_some() || at_end,
            value,
            "either at_end and/or exactly one of every_n_iter and every_n_secs must be provided."
        );
        Ok(LoggingTensorHook {
            tensors: tensors.iter().map(|(name, tensor)| (name.to_string(), (*tensor).clone())).collect(),
            timer: every.map(SecondOrStepTimer::new).transpose()?,
            at_end,
            formatter: None,
            iteration: 0,
            due: false,
        })
    }

    /// The same with lines of another form.
    #[must_use]
    pub fn with_formatter(mut self, formatter: Formatter) -> LoggingTensorHook {
        self.formatter = Some(formatter);
        self
    }

    fn fetches(&self) -> Vec<Tensor> {
        self.tensors.iter().map(|(_, tensor)| tensor.clone()).collect()
    }

    fn log(&mut self, values: &[NdArray]) {
        let since = self.timer.as_mut().and_then(|timer| timer.update_last_triggered_step(self.iteration));
        let named: Vec<(String, NdArray)> =
            self.tensors.iter().zip(values).map(|((name, _), value)| (name.clone(), value.clone())).collect();
        if let Some(formatter) = &self.formatter {
            return log(&formatter(&named));
        }
        let stats: Vec<String> = named.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        match since {
            Some((time, _)) => log(&format!("{} ({:.3} sec)", stats.join(", "), time.as_secs_f64())),
            None => log(&stats.join(", ")),
        }
    }
}

impl SessionRunHook for LoggingTensorHook {
    fn begin(&mut self) -> Result<()> {
        if let Some(timer) = &mut self.timer {
            timer.reset();
        }
        self.iteration = 0;
        Ok(())
    }

    fn before_run(&mut self, _run_context: &SessionRunContext<'_>) -> Result<Option<SessionRunArgs>> {
        self.due = self.timer.as_ref().is_some_and(|timer| timer.should_trigger_for_step(self.iteration));
        Ok(self.due.then(|| SessionRunArgs::fetch(self.fetches())))
    }

    fn after_run(
        &mut self,
        _run_context: &SessionRunContext<'_>,
        run_values: &SessionRunValues<'_>,
    ) -> Result<()> {
        if self.due {
            self.log(&run_values.results);
        }
        self.iteration += 1;
        Ok(())
    }

    fn end(&mut self, session: &Session) -> Result<()> {
        if self.at_end {
            let values = session.run(self.fetches())?;
            self.log(&values);
        }
        Ok(())
    }
}

/// Computes tensors at the end.
///
/// Source: `tf.compat.v1.train.FinalOpsHook`.
pub struct FinalOpsHook {
    final_ops: Vec<Tensor>,
    values: Arc<Mutex<Vec<NdArray>>>,
}

impl FinalOpsHook {
    /// Computes these tensors.
    pub fn new(final_ops: &[Tensor]) -> FinalOpsHook {
        FinalOpsHook { final_ops: final_ops.to_vec(), values: Arc::default() }
    }

    /// Where the values are found once the session has ended.
    pub fn final_ops_values(&self) -> FinalValues {
        FinalValues(self.values.clone())
    }
}

/// The values that a [`FinalOpsHook`] computes.
#[derive(Clone)]
pub struct FinalValues(Arc<Mutex<Vec<NdArray>>>);

impl FinalValues {
    /// The values; none before the session has ended.
    pub fn get(&self) -> Vec<NdArray> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl SessionRunHook for FinalOpsHook {
    fn end(&mut self, session: &Session) -> Result<()> {
        let values = session.run(self.final_ops.clone())?;
        *self.values.lock().unwrap_or_else(PoisonError::into_inner) = values;
        Ok(())
    }
}

/// Feeds every run what a function gives.
///
/// Source: `tf.compat.v1.train.FeedFnHook`.
pub struct FeedFnHook {
    feed_fn: Box<dyn FnMut() -> Result<FeedDict> + Send>,
}

impl FeedFnHook {
    /// Feeds what this function gives.
    pub fn new(feed_fn: impl FnMut() -> Result<FeedDict> + Send + 'static) -> FeedFnHook {
        FeedFnHook { feed_fn: Box::new(feed_fn) }
    }
}

impl SessionRunHook for FeedFnHook {
    fn before_run(&mut self, _run_context: &SessionRunContext<'_>) -> Result<Option<SessionRunArgs>> {
        Ok(Some(SessionRunArgs { feed_dict: (self.feed_fn)()?, ..SessionRunArgs::default() }))
    }
}

/// Waits, before the first run, until training has come to a step.
///
/// Source: `tf.compat.v1.train.GlobalStepWaiterHook`.
pub struct GlobalStepWaiterHook {
    wait_until_step: i64,
    global_step: Option<Tensor>,
    done: bool,
}

impl GlobalStepWaiterHook {
    /// Waits for this step.
    pub fn new(wait_until_step: i64) -> GlobalStepWaiterHook {
        GlobalStepWaiterHook { wait_until_step, global_step: None, done: false }
    }
}

impl SessionRunHook for GlobalStepWaiterHook {
    fn begin(&mut self) -> Result<()> {
        self.done = false;
        self.global_step = Some(global_step_for("_GlobalStepWaiterHook")?);
        Ok(())
    }

    fn before_run(&mut self, run_context: &SessionRunContext<'_>) -> Result<Option<SessionRunArgs>> {
        if self.done || self.wait_until_step <= 0 {
            return Ok(None);
        }
        let step = || step_number(Some(&run_context.session().run(fetched(&self.global_step)?)?));
        while step()? < self.wait_until_step {
            ensure!(
                !run_context.stop_requested(),
                cancelled,
                "the session stops before step {} is reached",
                self.wait_until_step
            );
            std::thread::sleep(Duration::from_millis(500));
        }
        self.done = true;
        Ok(None)
    }
}
