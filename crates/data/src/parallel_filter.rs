//! ParallelFilterDataset: the elements that a function says yes to, which is asked about several at once.

use crate::captured::{Caller, CapturedFunction, Contexts, ReadyFunction, truth};
use crate::map::{parallel_calls, together};
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, input_dataset, publish, scalar,
};
use ferroflow_core::{KernelCtx, Result, bail};
use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;

struct ParallelFilter {
    input: Arc<dyn Dataset>,
    predicate: CapturedFunction,
    caller: Caller,
    /// How many calls may run at once.
    calls: usize,
}

struct ParallelFilterStream {
    /// `None` once it has ended.
    input: Option<Box<dyn Stream>>,
    predicate: ReadyFunction,
    caller: Caller,
    calls: usize,
    /// Elements that were asked about, in their order; `None` for those that are left out.
    ready: VecDeque<Result<Option<Element>>>,
}

impl Dataset for ParallelFilter {
    fn kind(&self) -> &'static str {
        "ParallelFilter"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        UNKNOWN
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let caller = self.caller.at(place, self.kind());
        let predicate = self.predicate.instantiate(place.cx)?;
        let input = Some(place.input(&*self.input, &caller.name)?);
        // Calls that have effects keep their order.
        let calls = if predicate.is_stateful() { 1 } else { self.calls };
        Ok(Box::new(ParallelFilterStream { input, predicate, caller, calls, ready: VecDeque::new() }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for ParallelFilterStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            match self.ready.pop_front() {
                Some(Ok(None)) => continue,
                Some(known) => return known,
                None => cx.env.check()?,
            }
            let Some(input) = &mut self.input else { return Ok(None) };
            let (predicate, caller) = (&self.predicate, &self.caller);
            let answers = together(&mut **input, self.calls, cx, |element| {
                let answer = predicate.call(element.clone(), cx);
                // As in TensorFlow 2.21, the end of other data is not the end, and errors do not say whose they are.
                let answer = caller.result(answer, Contexts::Never, true)?.unwrap_or_default();
                let refused = "Filter predicate `predicate` must return a scalar bool.";
                Ok(truth(&answer, refused)?.then_some(element))
            });
            if answers.is_empty() {
                self.input = None;
            }
            self.ready.extend(answers);
        }
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.str("deterministic")? {
        // Where another order may be had, it need not be.
        "true" | "false" | "default" => {}
        other => bail!(invalid_argument, "Unrecognized determinism policy: {other}"),
    }
    let (input, predicate) = (input_dataset(cx, 0)?, CapturedFunction::new(cx, "predicate", 1)?);
    let calls = parallel_calls(scalar(cx, cx.arg(2)?.start, "num_parallel_calls")?)?;
    let caller = Caller::new(cx);
    publish(cx, ParallelFilter { input, predicate, caller, calls })
}

dataset_op!(PARALLEL_FILTER_DATASET "ParallelFilterDataset" kernel);
