//! ScanDataset: a function of each element and of a state that it hands on.

use crate::captured::{Caller, CapturedFunction, Contexts, ReadyFunction};
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, input_dataset, list, publish,
};
use ferroflow_core::{KernelCtx, Result, ensure};
use std::any::Any;
use std::sync::Arc;

struct Scan {
    input: Arc<dyn Dataset>,
    initial: Element,
    function: CapturedFunction,
    caller: Caller,
    specs: Specs,
    /// Whether there are as many elements as before, or fewer where the function meets the end of other data.
    preserve: bool,
}

struct ScanStream {
    /// `None` once it has ended.
    input: Option<Box<dyn Stream>>,
    state: Element,
    function: ReadyFunction,
    caller: Caller,
    preserve: bool,
}

impl Dataset for Scan {
    fn kind(&self) -> &'static str {
        "Scan"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        if self.preserve { self.input.cardinality() } else { UNKNOWN }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let caller = self.caller.at(place, "Scan");
        let input = Some(place.input(&*self.input, &caller.name)?);
        let function = self.function.instantiate(place.cx)?;
        let (state, preserve) = (self.initial.clone(), self.preserve);
        Ok(Box::new(ScanStream { input, state, function, caller, preserve }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for ScanStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let Some(input) = &mut self.input else { return Ok(None) };
        let Some(element) = input.next(cx)? else { return Ok(None) };
        let mut arguments = self.state.clone();
        arguments.extend(element);
        let results = self.function.call(arguments, cx);
        let Some(mut results) = self.caller.result(results, Contexts::Never, self.preserve)? else {
            self.input = None;
            return Ok(None);
        };
        ensure!(
            results.len() > self.state.len(),
            invalid_argument,
            "the function of a scan must give the new state and an element"
        );
        let output = results.split_off(self.state.len());
        self.state = results;
        Ok(Some(output))
    }
}

fn scan_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let initial = list(cx, 1)?;
    let function = CapturedFunction::new(cx, "f", 2)?;
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let (caller, preserve) = (Caller::new(cx), cx.bool("preserve_cardinality")?);
    publish(cx, Scan { input, initial, function, caller, specs, preserve })
}

dataset_op!(SCAN_DATASET "ScanDataset" scan_kernel);
dataset_op!(EXPERIMENTAL_SCAN_DATASET "ExperimentalScanDataset" scan_kernel);
