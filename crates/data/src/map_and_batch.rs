//! MapAndBatchDataset: what a function gives for elements, in batches.

use crate::batch::{batch_count, batched, check_fused};
use crate::captured::{Caller, CapturedFunction, Contexts, ReadyFunction};
use crate::map::{parallel_calls, together};
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, input_dataset, publish, scalar,
};
use ferroflow_core::{Error, KernelCtx, Result, ShapeCtx, ensure, shape_fn};
use std::any::Any;
use std::sync::Arc;

struct MapAndBatch {
    input: Arc<dyn Dataset>,
    function: CapturedFunction,
    caller: Caller,
    specs: Specs,
    size: i64,
    drop_remainder: bool,
    /// How many calls may run at once.
    calls: usize,
    /// Whether there are as many elements as before, or fewer where the function meets the end of other data.
    preserve: bool,
}

struct MapAndBatchStream {
    /// `None` once it has ended.
    input: Option<Box<dyn Stream>>,
    function: ReadyFunction,
    caller: Caller,
    size: usize,
    drop_remainder: bool,
    calls: usize,
    preserve: bool,
}

impl Dataset for MapAndBatch {
    fn kind(&self) -> &'static str {
        "MapAndBatch"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        match self.preserve {
            true => batch_count(self.input.cardinality(), self.size, self.drop_remainder),
            false => UNKNOWN,
        }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let caller = self.caller.at(place, self.kind());
        let function = self.function.instantiate(place.cx)?;
        let input = Some(place.input(&*self.input, &caller.name)?);
        // Calls that have effects keep their order.
        let calls = if function.is_stateful() { 1 } else { self.calls };
        Ok(Box::new(MapAndBatchStream {
            input,
            function,
            caller,
            size: usize::try_from(self.size).unwrap_or(usize::MAX),
            drop_remainder: self.drop_remainder,
            calls,
            preserve: self.preserve,
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A batch that is being made.
#[derive(Default)]
struct Parts {
    elements: Vec<Element>,
    /// The first element that could not be made, or does not fit, is what the batch fails with.
    failure: Option<Error>,
    /// How many elements were asked for.
    taken: usize,
}

impl Parts {
    fn add(&mut self, element: Element) -> Result<()> {
        if let Some(first) = self.elements.first() {
            check_fused(first, &element)?;
        }
        self.elements.push(element);
        Ok(())
    }
}

impl MapAndBatchStream {
    /// Takes the elements of a batch, all of them even where one fails: the next batch begins behind them.
    fn collect(&mut self, cx: Context<'_>) -> Result<Parts> {
        let mut parts = Parts::default();
        while parts.taken < self.size {
            let Some(input) = &mut self.input else { break };
            cx.env.check()?;
            if parts.failure.is_some() {
                parts.taken += 1;
                if matches!(input.next(cx), Ok(None)) {
                    self.input = None;
                }
                continue;
            }
            let calls = self.calls.min(self.size - parts.taken);
            let (function, caller) = (&self.function, &self.caller);
            let results = together(&mut **input, calls, cx, |element| {
                // As in TensorFlow 2.21, without whose function it was.
                caller.result(function.call(element, cx), Contexts::Never, self.preserve)
            });
            parts.taken += results.len();
            if results.is_empty() {
                self.input = None;
            }
            for result in results {
                let added = match result {
                    Ok(Some(element)) => parts.add(element),
                    Ok(None) => {
                        self.input = None;
                        break;
                    }
                    Err(error) => Err(error),
                };
                if let Err(error) = added {
                    parts.failure = Some(error);
                    break;
                }
            }
        }
        Ok(parts)
    }
}

impl Stream for MapAndBatchStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let parts = self.collect(cx)?;
        if let Some(error) = parts.failure {
            return Err(error);
        }
        let rest = parts.elements.len() < self.size;
        if parts.elements.is_empty() || (rest && self.drop_remainder) {
            return Ok(None);
        }
        batched(&parts.elements, true).map(Some)
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let function = CapturedFunction::new(cx, "f", 1)?;
    let position = |argument: usize| cx.arg(argument).map(|range| range.start);
    let size: i64 = scalar(cx, position(2)?, "batch_size")?;
    ensure!(size > 0, invalid_argument, "batch_size must be greater than zero.");
    let calls = parallel_calls(scalar(cx, position(3)?, "num_parallel_calls")?)?;
    let drop_remainder = scalar(cx, position(4)?, "drop_remainder")?;
    let (caller, preserve) = (Caller::new(cx), cx.bool("preserve_cardinality")?);
    publish(cx, MapAndBatch { input, function, caller, specs, size, drop_remainder, calls, preserve })
}

/// The shape of the dataset, whose last three inputs are scalars.
fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let count = cx.num_inputs();
        for index in count.saturating_sub(3)..count {
            cx.with_rank(index, 0)?;
        }
    }
    shape_fn::scalar(cx)
}

dataset_op!(MAP_AND_BATCH_DATASET "MapAndBatchDataset" kernel, shape);
dataset_op!(EXPERIMENTAL_MAP_AND_BATCH_DATASET "ExperimentalMapAndBatchDataset" kernel, shape);
