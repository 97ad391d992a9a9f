//! DirectedInterleaveDataset: elements of several datasets, in the order that another one says.

use crate::pipeline::{
    Context, Dataset, Element, INFINITE, Place, Specs, Stream, UNKNOWN, from_variant, input_dataset, list,
    publish,
};
use ferroflow_core::{KernelCtx, Result, bail, ensure};
use std::any::Any;
use std::sync::Arc;

struct DirectedInterleave {
    selector: Arc<dyn Dataset>,
    inputs: Vec<Arc<dyn Dataset>>,
    specs: Specs,
    stop_on_empty: bool,
}

struct DirectedStream {
    /// `None` once everything has ended.
    selector: Option<Box<dyn Stream>>,
    inputs: Vec<Option<Box<dyn Stream>>>,
    stop_on_empty: bool,
}

impl Dataset for DirectedInterleave {
    fn kind(&self) -> &'static str {
        "DirectedInterleave"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        // The choices are not looked at, as in TensorFlow.
        if self.inputs.iter().any(|input| input.cardinality() == INFINITE) { INFINITE } else { UNKNOWN }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let name = place.name("DirectedInterleave");
        let open = |(number, input): (usize, &Arc<dyn Dataset>)| {
            place.input(&**input, &format!("{name}[{number}]")).map(Some)
        };
        Ok(Box::new(DirectedStream {
            selector: Some(place.input(&*self.selector, &name)?),
            inputs: self.inputs.iter().enumerate().map(open).collect::<Result<_>>()?,
            stop_on_empty: self.stop_on_empty,
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for DirectedStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            let Some(selector) = &mut self.selector else { return Ok(None) };
            let Some(choice) = selector.next(cx)? else {
                self.selector = None;
                return Ok(None);
            };
            let [choice] = choice.as_slice() else {
                bail!(invalid_argument, "The selector of a DirectedInterleaveDataset must be one tensor.")
            };
            let (choice, count) = (choice.item::<i64>()?, self.inputs.len());
            let Some(input) = usize::try_from(choice).ok().and_then(|choice| self.inputs.get_mut(choice))
            else {
                bail!(invalid_argument, "Selector index out of range: {choice} >= {count}");
            };
            if let Some(stream) = input {
                if let Some(element) = stream.next(cx)? {
                    return Ok(Some(element));
                }
                *input = None;
                if self.stop_on_empty || self.inputs.iter().all(Option::is_none) {
                    self.selector = None;
                }
            }
            cx.env.check()?;
        }
    }
}

fn directed_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (selector, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let chosen = selector.specs();
    ensure!(
        chosen.types == [ferroflow_core::DType::INT64]
            && chosen.shapes.iter().all(|shape| shape.rank().is_none_or(|rank| rank == 0)),
        invalid_argument,
        "The selector input must be a dataset of scalar int64 elements."
    );
    let inputs = list(cx, 1)?.iter().map(from_variant).collect::<Result<Vec<_>>>()?;
    let names =
        |specs: &Specs| specs.types.iter().map(|dtype| dtype.cpp_name()).collect::<Vec<_>>().join(", ");
    for (number, input) in inputs.iter().enumerate() {
        ensure!(
            input.specs().types == inputs[0].specs().types,
            invalid_argument,
            "All inputs must have the same output_dtypes. First input has types {}, and input {number} has types {}",
            names(inputs[0].specs()),
            names(input.specs())
        );
    }
    // The older op has no such attribute, and never stops.
    let stop_on_empty = match cx.attrs().get("stop_on_empty_dataset") {
        Some(_) => cx.bool("stop_on_empty_dataset")?,
        None => false,
    };
    publish(cx, DirectedInterleave { selector, inputs, specs, stop_on_empty })
}

dataset_op!(EXPERIMENTAL_DIRECTED_INTERLEAVE_DATASET "ExperimentalDirectedInterleaveDataset" directed_kernel);
dataset_op!(DIRECTED_INTERLEAVE_DATASET "DirectedInterleaveDataset" directed_kernel);
