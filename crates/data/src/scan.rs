//! ScanDataset: a function of each element and of a state that it hands on.

use crate::captured::{Caller, CapturedFunction, ReadyFunction};
use crate::pipeline::{Context, Dataset, Element, Place, Specs, Stream, input_dataset, list, publish};
use ferroflow_core::{KernelCtx, Result, ensure};
use std::any::Any;
use std::sync::Arc;

struct Scan {
    input: Arc<dyn Dataset>,
    initial: Element,
    function: CapturedFunction,
    caller: Caller,
    specs: Specs,
}

struct ScanStream {
    input: Box<dyn Stream>,
    state: Element,
    function: ReadyFunction,
    caller: Caller,
}

impl Dataset for Scan {
    fn kind(&self) -> &'static str {
        "Scan"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        self.input.cardinality()
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let caller = self.caller.at(place, "Scan");
        let input = place.input(&*self.input, &caller.name)?;
        let function = self.function.instantiate(place.cx)?;
        Ok(Box::new(ScanStream { input, state: self.initial.clone(), function, caller }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for ScanStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let Some(element) = self.input.next(cx)? else { return Ok(None) };
        let mut arguments = self.state.clone();
        arguments.extend(element);
        let mut results = self.function.call(arguments, cx).map_err(|error| self.caller.explain(error))?;
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
    publish(cx, Scan { input, initial, function, caller: Caller::new("ScanDataset"), specs })
}

dataset_op!(SCAN_DATASET "ScanDataset" scan_kernel);
