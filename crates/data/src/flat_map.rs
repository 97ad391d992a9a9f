//! FlatMapDataset: the elements of the datasets that a function makes.

use crate::captured::{Caller, CapturedFunction, ReadyFunction};
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, from_variant, input_dataset, publish,
};
use ferroflow_core::{Error, KernelCtx, Result, bail};
use std::any::Any;
use std::sync::Arc;

/// A function that gives a dataset for an element, within one iterator.
pub(crate) struct DatasetMaker {
    pub(crate) function: ReadyFunction,
    pub(crate) caller: Caller,
}

impl DatasetMaker {
    /// The elements that come of an element; `number` counts them.
    pub(crate) fn open(&self, element: Element, number: usize, cx: Context<'_>) -> Result<Box<dyn Stream>> {
        let results = self.function.call(element, cx).map_err(|error| self.caller.explain(error))?;
        let [only] = results.as_slice() else {
            bail!(invalid_argument, "Function must return a single scalar of dtype DT_VARIANT.")
        };
        let dataset = from_variant(only)?;
        Place { prefix: "", cx }.input(&*dataset, &format!("{}[{number}]", self.caller.name))
    }
}

struct FlatMap {
    input: Arc<dyn Dataset>,
    function: CapturedFunction,
    caller: Caller,
    specs: Specs,
}

struct FlatMapStream {
    input: Box<dyn Stream>,
    maker: DatasetMaker,
    current: Option<Box<dyn Stream>>,
    opened: usize,
}

impl Dataset for FlatMap {
    fn kind(&self) -> &'static str {
        "FlatMap"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        if self.input.cardinality() == 0 { 0 } else { UNKNOWN }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let caller = self.caller.at(place, "FlatMap");
        let input = place.input(&*self.input, &caller.name)?;
        let maker = DatasetMaker { function: self.function.instantiate(place.cx)?, caller };
        Ok(Box::new(FlatMapStream { input, maker, current: None, opened: 0 }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for FlatMapStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            if let Some(current) = &mut self.current {
                if let Some(element) = current.next(cx)? {
                    return Ok(Some(element));
                }
                self.current = None;
                cx.env.check()?;
            }
            let Some(element) = self.input.next(cx)? else { return Ok(None) };
            let number = self.opened;
            self.opened = number.checked_add(1).ok_or_else(|| Error::internal("too many datasets"))?;
            self.current = Some(self.maker.open(element, number, cx)?);
        }
    }
}

fn flat_map_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let function = CapturedFunction::new(cx, "f", 1)?;
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let caller = Caller::new(cx);
    publish(cx, FlatMap { input, function, caller, specs })
}

dataset_op!(FLAT_MAP_DATASET "FlatMapDataset" flat_map_kernel);
