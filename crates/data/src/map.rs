//! MapDataset, ParallelMapDatasetV2: a function of each element.

use crate::captured::{Caller, CapturedFunction, Contexts, ReadyFunction};
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, input_dataset, publish, scalar,
};
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
    /// Whether there are as many elements as before, or fewer where the function meets the end of other data.
    preserve: bool,
    kind: &'static str,
}

impl Dataset for Map {
    fn kind(&self) -> &'static str {
        self.kind
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        if self.preserve { self.input.cardinality() } else { UNKNOWN }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let caller = self.caller.at(place, self.kind());
        let function = self.function.instantiate(place.cx)?;
        let input = Some(place.input(&*self.input, &caller.name)?);
        let preserve = self.preserve;
        Ok(match self.parallel {
            // Calls that have effects keep their order.
            Some(calls) if calls > 1 && !function.is_stateful() => {
                Box::new(ParallelStream { input, function, caller, preserve, calls, ready: VecDeque::new() })
            }
            parallel => {
                let context = if parallel.is_some() { Contexts::Always } else { Contexts::UnlessEnded };
                Box::new(MapStream { input, function, caller, preserve, context })
            }
        })
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct MapStream {
    /// `None` once it has ended.
    input: Option<Box<dyn Stream>>,
    function: ReadyFunction,
    caller: Caller,
    preserve: bool,
    context: Contexts,
}

impl Stream for MapStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let Some(input) = &mut self.input else { return Ok(None) };
        let Some(element) = input.next(cx)? else { return Ok(None) };
        let result = self.function.call(element, cx);
        let result = self.caller.result(result, self.context, self.preserve)?;
        if result.is_none() {
            self.input = None;
        }
        Ok(result)
    }
}

/// Takes several elements, computes them together, and gives them out in their order.
struct ParallelStream {
    /// `None` once it has ended.
    input: Option<Box<dyn Stream>>,
    function: ReadyFunction,
    caller: Caller,
    preserve: bool,
    calls: usize,
    ready: VecDeque<Result<Option<Element>>>,
}

/// What a function gives for the next elements of a stream, as many as may be computed together, in their order. An element
/// that could not be had is the last.
pub(crate) fn together(
    input: &mut dyn Stream,
    calls: usize,
    cx: Context<'_>,
    function: impl Fn(Element) -> Result<Option<Element>> + Sync,
) -> Vec<Result<Option<Element>>> {
    let mut taken: Vec<Result<Option<Element>>> = Vec::new();
    while taken.len() < calls {
        match input.next(cx).transpose() {
            Some(element) => taken.push(element.map(Some)),
            None => break,
        }
        if matches!(taken.last(), Some(Err(_))) {
            break;
        }
    }
    parallel::chunks(&mut taken, 1, CALL_COST, |_, part| {
        for slot in part {
            if let Ok(element) = slot {
                *slot = function(element.take().unwrap_or_default());
            }
        }
    });
    taken
}

impl Stream for ParallelStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        if self.ready.is_empty()
            && let Some(mut input) = self.input.take()
        {
            let results = together(&mut *input, self.calls, cx, |element| {
                let result = self.function.call(element, cx);
                self.caller.result(result, Contexts::Always, self.preserve)
            });
            self.ready.extend(results);
            self.input = Some(input);
        }
        let next = self.ready.pop_front().unwrap_or(Ok(None));
        if matches!(next, Ok(None)) {
            self.ready.clear();
            self.input = None;
        }
        next
    }
}

fn map_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    publish_map(cx, None, "Map")
}

/// How many calls an argument asks for; `AUTOTUNE` leaves it to us. More than there is use for are never made at once, as
/// their elements are taken beforehand.
pub(crate) fn parallel_calls(count: i64) -> Result<usize> {
    ensure!(count > 0 || count == -1, invalid_argument, "num_parallel_calls must be greater than zero.");
    let chosen = parallel::threads().saturating_mul(CALLS_PER_THREAD);
    Ok(usize::try_from(count).map_or(chosen, |count| count.min(chosen)))
}

fn parallel_map_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let calls: i32 = scalar(cx, cx.arg(2)?.start, "num_parallel_calls")?;
    publish_map(cx, Some(parallel_calls(i64::from(calls))?), "ParallelMap")
}

fn parallel_map_v2_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let calls = scalar(cx, cx.arg(2)?.start, "num_parallel_calls")?;
    publish_map(cx, Some(parallel_calls(calls)?), "ParallelMapV2")
}

fn publish_map(cx: &mut KernelCtx<'_>, parallel: Option<usize>, kind: &'static str) -> Result<()> {
    let function = CapturedFunction::new(cx, "f", 1)?;
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let (caller, preserve) = (Caller::new(cx), cx.bool("preserve_cardinality")?);
    publish(cx, Map { input, function, caller, specs, parallel, preserve, kind })
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
dataset_op!(PARALLEL_MAP_DATASET_V2 "ParallelMapDatasetV2" parallel_map_v2_kernel);
