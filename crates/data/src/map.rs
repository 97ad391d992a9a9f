//! MapDataset, ParallelMapDatasetV2: a function of each element.

use crate::captured::{Caller, CapturedFunction, ReadyFunction};
use crate::pipeline::{Context, Dataset, Element, Place, Specs, Stream, input_dataset, publish, scalar};
use ferroflow_core::{Error, KernelCtx, Result, ensure, parallel};
use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;

/// What a call of a function is taken to cost, in simple operations: always worth a thread.
const CALL_COST: usize = 1 << 20;
/// How many elements for each thread are computed together where the program does not say.
const CALLS_PER_THREAD: usize = 8;

/// What a function gives for each element of a dataset.
pub(crate) struct Map {
    input: Arc<dyn Dataset>,
    function: CapturedFunction,
    caller: Caller,
    specs: Specs,
    /// How many calls may run at once; `None` for one after the other.
    parallel: Option<usize>,
}

impl Dataset for Map {
    fn kind(&self) -> &'static str {
        if self.parallel.is_some() { "ParallelMapV2" } else { "Map" }
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        self.input.cardinality()
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let caller = self.caller.at(place, self.kind());
        let function = self.function.instantiate(place.cx)?;
        let input = place.input(&*self.input, &caller.name)?;
        Ok(match self.parallel {
            // Calls that have effects keep their order.
            Some(calls) if calls > 1 && !function.is_stateful() => {
                Box::new(ParallelStream { input, function, caller, calls, ready: VecDeque::new() })
            }
            _ => Box::new(MapStream { input, function, caller }),
        })
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct MapStream {
    input: Box<dyn Stream>,
    function: ReadyFunction,
    caller: Caller,
}

impl Stream for MapStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let Some(element) = self.input.next(cx)? else { return Ok(None) };
        self.function.call(element, cx).map(Some).map_err(|error| self.caller.explain(error))
    }
}

/// Takes several elements, computes them together, and gives them out in their order.
struct ParallelStream {
    input: Box<dyn Stream>,
    function: ReadyFunction,
    caller: Caller,
    calls: usize,
    ready: VecDeque<Result<Element>>,
}

impl ParallelStream {
    fn compute(&mut self, cx: Context<'_>) {
        let mut taken: Vec<Result<Element>> = Vec::new();
        while taken.len() < self.calls {
            match self.input.next(cx) {
                Ok(Some(element)) => taken.push(Ok(element)),
                Ok(None) => break,
                Err(error) => {
                    taken.push(Err(error));
                    break;
                }
            }
        }
        parallel::chunks(&mut taken, 1, CALL_COST, |_, part| {
            for slot in part {
                if let Ok(element) = slot {
                    let element = std::mem::take(element);
                    *slot = self.function.call(element, cx).map_err(|error| self.caller.explain(error));
                }
            }
        });
        self.ready.extend(taken);
    }
}

impl Stream for ParallelStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        if self.ready.is_empty() {
            self.compute(cx);
        }
        self.ready.pop_front().transpose()
    }
}

fn map_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    publish_map(cx, None)
}

/// How many calls an argument asks for; `AUTOTUNE` leaves it to us.
pub(crate) fn parallel_calls(count: i64) -> Result<usize> {
    ensure!(count > 0 || count == -1, invalid_argument, "num_parallel_calls must be greater than zero.");
    let chosen = parallel::threads().saturating_mul(CALLS_PER_THREAD);
    Ok(usize::try_from(count).unwrap_or(chosen))
}

fn parallel_map_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let position = cx.arg(2)?.start;
    let calls = match scalar::<i64>(cx, position, "num_parallel_calls") {
        Ok(calls) => calls,
        // The first version of the op takes another dtype.
        Err(_) => i64::from(scalar::<i32>(cx, position, "num_parallel_calls")?),
    };
    publish_map(cx, Some(parallel_calls(calls)?))
}

fn publish_map(cx: &mut KernelCtx<'_>, parallel: Option<usize>) -> Result<()> {
    let function = CapturedFunction::new(cx, "f", 1)?;
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let caller = if parallel.is_some() { "ParallelMapDatasetV2" } else { "MapDataset" };
    publish(cx, Map { input, function, caller: Caller::new(caller), specs, parallel })
}

/// The number of components must be as announced.
pub(crate) fn check_count(found: usize, wanted: usize) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    Err(Error::invalid_argument(format!(
        "Number of components does not match: expected {wanted} types but got {found}."
    )))
}

dataset_op!(MAP_DATASET "MapDataset" map_kernel);
dataset_op!(PARALLEL_MAP_DATASET "ParallelMapDataset" parallel_map_kernel);
dataset_op!(PARALLEL_MAP_DATASET_V2 "ParallelMapDatasetV2" parallel_map_kernel);
