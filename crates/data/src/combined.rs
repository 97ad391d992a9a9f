//! ConcatenateDataset, ZipDataset: several datasets as one.

use crate::pipeline::{
    Context, Dataset, Element, INFINITE, Place, Specs, Stream, UNKNOWN, input_dataset, publish,
};
use crate::sources::add_counts;
use crate::spec_rules::concatenated;
use ferroflow_core::{KernelCtx, Result, bail, ensure};
use std::any::Any;
use std::sync::Arc;

/// The elements of one dataset, then those of another.
struct Concatenate {
    parts: [Arc<dyn Dataset>; 2],
    specs: Specs,
}

struct ConcatenateStream {
    current: Box<dyn Stream>,
    second: Option<Arc<dyn Dataset>>,
    name: String,
}

impl Dataset for Concatenate {
    fn kind(&self) -> &'static str {
        "Concatenate"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        add_counts(self.parts[0].cardinality(), self.parts[1].cardinality())
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let name = place.name("Concatenate");
        let current = place.input(&*self.parts[0], &format!("{name}[0]"))?;
        Ok(Box::new(ConcatenateStream { current, second: Some(self.parts[1].clone()), name }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for ConcatenateStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            if let Some(element) = self.current.next(cx)? {
                return Ok(Some(element));
            }
            let Some(second) = self.second.take() else { return Ok(None) };
            self.current = Place { prefix: "", cx }.input(&*second, &format!("{}[1]", self.name))?;
        }
    }
}

fn concatenate_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let parts = [input_dataset(cx, 0)?, input_dataset(cx, 1)?];
    ensure!(
        parts[0].specs().types == parts[1].specs().types,
        invalid_argument,
        "input dataset and dataset_to_concatenate have different output_types {} and {}",
        type_list(parts[0].specs()),
        type_list(parts[1].specs())
    );
    let specs = concatenated(parts[0].specs(), parts[1].specs());
    publish(cx, Concatenate { parts, specs })
}

fn type_list(specs: &Specs) -> String {
    specs.types.iter().map(|dtype| dtype.cpp_name().to_string()).collect::<Vec<_>>().join(", ")
}

/// Elements that have those of several datasets as components.
struct Zip {
    inputs: Vec<Arc<dyn Dataset>>,
    specs: Specs,
}

struct ZipStream(Vec<Box<dyn Stream>>);

impl Dataset for Zip {
    fn kind(&self) -> &'static str {
        "Zip"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        let counts = self.inputs.iter().map(|input| input.cardinality());
        counts.fold(INFINITE, |least, count| match (least, count) {
            (0, _) | (_, 0) => 0,
            (UNKNOWN, _) | (_, UNKNOWN) => UNKNOWN,
            (INFINITE, other) | (other, INFINITE) => other,
            (a, b) => a.min(b),
        })
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let name = place.name("Zip");
        let inputs = self.inputs.iter().enumerate();
        let streams = inputs.map(|(index, input)| place.input(&**input, &format!("{name}[{index}]")));
        Ok(Box::new(ZipStream(streams.collect::<Result<_>>()?)))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for ZipStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let (mut all, mut ended, mut failed) = (Vec::new(), self.0.is_empty(), Ok(()));
        for input in &mut self.0 {
            match input.next(cx) {
                Ok(Some(element)) if all.is_empty() => all = element,
                Ok(Some(element)) => all.extend(element),
                Ok(None) => ended = true,
                Err(error) => failed = failed.and(Err(error)),
            }
            // Where an element cannot be made, all datasets pass over theirs: so those that belong together stay so.
            if ended && failed.is_ok() {
                break;
            }
        }
        if ended {
            self.0.clear();
        }
        failed.map(|()| (!ended).then_some(all))
    }
}

fn zip_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let range = cx.arg(0)?;
    let inputs = range.map(|index| input_dataset(cx, index)).collect::<Result<Vec<_>>>()?;
    if inputs.is_empty() {
        bail!(invalid_argument, "a zipped dataset has no inputs")
    }
    let types = inputs.iter().flat_map(|input| input.specs().types.clone()).collect();
    let shapes = inputs.iter().flat_map(|input| input.specs().shapes.clone()).collect();
    publish(cx, Zip { inputs, specs: Specs { types, shapes } })
}

dataset_op!(CONCATENATE_DATASET "ConcatenateDataset" concatenate_kernel);
dataset_op!(ZIP_DATASET "ZipDataset" zip_kernel);
