//! SleepDataset: the same elements, each after a while.

use crate::pipeline::{Context, Dataset, Element, Place, Specs, Stream, input_dataset, publish, scalar};
use ferroflow_core::{KernelCtx, Result, ShapeCtx, ensure, shape_fn};
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a wait goes on before it looks whether its run was cancelled.
const NAP: Duration = Duration::from_millis(10);

struct Sleep {
    input: Arc<dyn Dataset>,
    time: Duration,
}

struct SleepStream {
    input: Box<dyn Stream>,
    time: Duration,
}

impl Dataset for Sleep {
    fn kind(&self) -> &'static str {
        "Sleep"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        self.input.cardinality()
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let input = place.input(&*self.input, &place.name("Sleep"))?;
        Ok(Box::new(SleepStream { input, time: self.time }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for SleepStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let begun = Instant::now();
        while let Some(left) = self.time.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
            cx.env.check()?;
            std::thread::sleep(left.min(NAP));
        }
        self.input.next(cx)
    }
}

fn sleep_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time()
        && let Some(rank) = cx.input(1).rank()
    {
        ensure!(rank == 0, invalid_argument, "Shape must be at most rank 0 but is rank {rank}");
    }
    shape_fn::scalar(cx)
}

fn sleep_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, time) = (input_dataset(cx, 0)?, scalar::<i64>(cx, 1, "sleep_microseconds")?);
    ensure!(time >= 0, invalid_argument, "`sleep_microseconds` must be >= 0");
    publish(cx, Sleep { input, time: Duration::from_micros(time.unsigned_abs()) })
}

dataset_op!(EXPERIMENTAL_SLEEP_DATASET "ExperimentalSleepDataset" sleep_kernel, sleep_shape);
dataset_op!(SLEEP_DATASET "SleepDataset" sleep_kernel, sleep_shape);
