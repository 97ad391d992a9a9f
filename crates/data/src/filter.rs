//! FilterDataset, TakeWhileDataset, UniqueDataset: some of the elements.

use crate::captured::{Caller, CapturedFunction, ReadyFunction, truth};
use crate::pipeline::{Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, input_dataset, publish};
use ferroflow_core::{DType, KernelCtx, NdArray, Result, TString, bail, ensure};
use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

/// The elements that a function says yes to; either all of them, or those before the first no.
struct Filter {
    input: Arc<dyn Dataset>,
    predicate: CapturedFunction,
    caller: Caller,
    ends_at_no: bool,
}

struct FilterStream {
    input: Option<Box<dyn Stream>>,
    predicate: ReadyFunction,
    caller: Caller,
    /// What is said of a predicate that gives no truth.
    refused: &'static str,
    ends_at_no: bool,
}

impl Dataset for Filter {
    fn kind(&self) -> &'static str {
        if self.ends_at_no { "TakeWhile" } else { "Filter" }
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        if self.input.cardinality() == 0 { 0 } else { UNKNOWN }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let caller = self.caller.at(place, self.kind());
        let predicate = self.predicate.instantiate(place.cx)?;
        let input = Some(place.input(&*self.input, &caller.name)?);
        // As in TensorFlow 2.21, each in words of its own.
        let refused = match self.ends_at_no {
            true => "`predicate` must returns a scalar bool tensor.",
            false => "Filter predicate `f` must return a scalar bool.",
        };
        Ok(Box::new(FilterStream { input, predicate, caller, refused, ends_at_no: self.ends_at_no }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for FilterStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            let Some(input) = &mut self.input else { return Ok(None) };
            let Some(element) = input.next(cx)? else { return Ok(None) };
            let (predicate, caller) = (&self.predicate, &self.caller);
            let answer = match self.ends_at_no {
                // As in TensorFlow 2.21, without whose function it was.
                true => predicate.call_in(&caller.name, element.clone(), cx),
                false => predicate.call(element.clone(), cx).map_err(|error| caller.explain(error)),
            };
            if truth(&answer?, self.refused)? {
                return Ok(Some(element));
            }
            if self.ends_at_no {
                self.input = None;
            }
            cx.env.check()?;
        }
    }
}

fn filter_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, predicate) = (input_dataset(cx, 0)?, CapturedFunction::new(cx, "predicate", 1)?);
    let caller = Caller::new(cx);
    publish(cx, Filter { input, predicate, caller, ends_at_no: false })
}

fn take_while_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, predicate) = (input_dataset(cx, 0)?, CapturedFunction::new(cx, "predicate", 1)?);
    let caller = Caller::new(cx);
    publish(cx, Filter { input, predicate, caller, ends_at_no: true })
}

/// Each element once.
struct Unique {
    input: Arc<dyn Dataset>,
}

struct UniqueStream {
    input: Box<dyn Stream>,
    seen: HashSet<Vec<u8>>,
}

impl Dataset for Unique {
    fn kind(&self) -> &'static str {
        "Unique"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        if self.input.cardinality() == 0 { 0 } else { UNKNOWN }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let input = place.input(&*self.input, &place.name("Unique"))?;
        Ok(Box::new(UniqueStream { input, seen: HashSet::new() }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What tells an array from others of its dtype.
fn fingerprint(array: &NdArray) -> Result<Vec<u8>> {
    let mut bytes: Vec<u8> = array.shape().to_i64().iter().flat_map(|dim| dim.to_le_bytes()).collect();
    match array.as_bytes() {
        Some(elements) => bytes.extend_from_slice(elements),
        None => {
            for text in array.as_slice::<TString>()? {
                bytes.extend((text.len() as u64).to_le_bytes());
                bytes.extend_from_slice(text);
            }
        }
    }
    Ok(bytes)
}

impl Stream for UniqueStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            cx.env.check()?;
            let Some(element) = self.input.next(cx)? else { return Ok(None) };
            let Some(component) = element.first() else { bail!(internal, "an element has no components") };
            if self.seen.insert(fingerprint(component)?) {
                return Ok(Some(element));
            }
        }
    }
}

fn unique_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let input = input_dataset(cx, 0)?;
    let types = &input.specs().types;
    ensure!(
        types.len() == 1,
        invalid_argument,
        "UniqueDataset only supports inputs with a single component."
    );
    ensure!(
        [DType::INT32, DType::INT64, DType::STRING].contains(&types[0]),
        invalid_argument,
        "UniqueDataset only supports inputs with a single `tf.int32`, `tf.int64`, or `tf.string` component."
    );
    publish(cx, Unique { input })
}

dataset_op!(FILTER_DATASET "FilterDataset" filter_kernel);
dataset_op!(TAKE_WHILE_DATASET "TakeWhileDataset" take_while_kernel);
dataset_op!(EXPERIMENTAL_TAKE_WHILE_DATASET "ExperimentalTakeWhileDataset" take_while_kernel);
dataset_op!(EXPERIMENTAL_UNIQUE_DATASET "ExperimentalUniqueDataset" unique_kernel);
dataset_op!(UNIQUE_DATASET "UniqueDataset" unique_kernel);
