//! BatchDatasetV2, ParallelBatchDataset, UnbatchDataset: elements put together along a new first axis, and taken apart.

use crate::map::Map;
use crate::pipeline::{
    Context, Dataset, Element, INFINITE, Place, Specs, Stream, UNKNOWN, input_dataset, publish, scalar,
};
use crate::rows::{row, stack};
use ferroflow_core::{KernelCtx, NdArray, PartialShape, Result, bail, ensure};
use std::any::Any;
use std::sync::Arc;

/// How many elements are set aside for a batch before they have come: a size may be chosen larger than any dataset.
const SET_ASIDE: usize = 1 << 10;

/// How many batches so many elements make.
pub(crate) fn batch_count(elements: i64, batch_size: i64, drop_remainder: bool) -> i64 {
    match elements {
        INFINITE | UNKNOWN => elements,
        elements => elements / batch_size + i64::from(!drop_remainder && elements % batch_size != 0),
    }
}

/// The size of batches, as an argument.
pub(crate) fn batch_size(cx: &KernelCtx<'_>, index: usize) -> Result<i64> {
    let size: i64 = scalar(cx, index, "batch_size")?;
    ensure!(size > 0, invalid_argument, "Batch size must be greater than zero.");
    Ok(size)
}

/// The next elements of a stream, as many as make a batch; none at the end.
pub(crate) fn collect(
    input: &mut Option<Box<dyn Stream>>,
    size: usize,
    drop_remainder: bool,
    cx: Context<'_>,
) -> Result<Vec<Element>> {
    let mut elements = Vec::with_capacity(size.min(SET_ASIDE));
    let Some(stream) = input else { return Ok(elements) };
    while elements.len() < size {
        cx.env.check()?;
        match stream.next(cx)? {
            Some(element) => elements.push(element),
            None => {
                *input = None;
                if drop_remainder {
                    elements.clear();
                }
                break;
            }
        }
    }
    Ok(elements)
}

/// Elements in batches.
struct Batch {
    input: Arc<dyn Dataset>,
    size: i64,
    drop_remainder: bool,
    specs: Specs,
    kind: &'static str,
}

struct BatchStream {
    input: Option<Box<dyn Stream>>,
    size: usize,
    drop_remainder: bool,
    /// Whether TensorFlow takes the mapping and the batching for one step, which words errors in its own way.
    fused: bool,
}

impl Dataset for Batch {
    fn kind(&self) -> &'static str {
        self.kind
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        batch_count(self.input.cardinality(), self.size, self.drop_remainder)
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(BatchStream {
            input: Some(place.input(&*self.input, &place.name(self.kind))?),
            size: usize::try_from(self.size).unwrap_or(usize::MAX),
            drop_remainder: self.drop_remainder,
            fused: self.input.as_any().is::<Map>(),
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for BatchStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let elements = collect(&mut self.input, self.size, self.drop_remainder, cx)?;
        if elements.is_empty() { Ok(None) } else { batched(&elements, self.fused).map(Some) }
    }
}

/// Whether an element fits the batch that another begins, where TensorFlow takes the mapping and the batching for one step: it
/// then compares only how many values there are.
pub(crate) fn check_fused(first: &Element, other: &Element) -> Result<()> {
    for (first, other) in first.iter().zip(other) {
        let shape = |array: &NdArray| PartialShape::from(array.shape()).cpp();
        ensure!(
            first.len() == other.len(),
            invalid_argument,
            "Cannot add tensor to the batch: number of elements does not match. Shapes are: [tensor]: {}, [batch]: {}",
            shape(other),
            shape(first)
        );
    }
    Ok(())
}

/// Elements along a new first axis; `fused` says which ones TensorFlow refuses, and in which words.
pub(crate) fn batched(elements: &[Element], fused: bool) -> Result<Element> {
    let Some((first, others)) = elements.split_first() else { return Ok(Element::new()) };
    if fused {
        others.iter().try_for_each(|other| check_fused(first, other))?;
    }
    let mut batch = Vec::with_capacity(first.len());
    for (position, component) in first.iter().enumerate() {
        for (index, element) in elements.iter().enumerate().skip(1) {
            let Some(other) = element.get(position) else {
                bail!(internal, "the elements of a batch have different numbers of components")
            };
            if other.dtype() != component.dtype() {
                bail!(
                    invalid_argument,
                    "Cannot batch tensors with different types in component {position}. First element had type {} \
                     and element {index} had type {}.",
                    component.dtype().cpp_name(),
                    other.dtype().cpp_name()
                );
            }
            if !fused && other.shape() != component.shape() {
                let shape = |shape| PartialShape::from(shape).cpp();
                let (first, other) = (shape(component.shape()), shape(other.shape()));
                bail!(
                    invalid_argument,
                    "Cannot batch tensors with different shapes in component {position}. First element had shape \
                     {first} and element {index} had shape {other}."
                );
            }
        }
        batch.push(stack(component, elements.iter().map(|element| &element[position]))?);
    }
    Ok(batch)
}

fn publish_batch(cx: &mut KernelCtx<'_>, drop_remainder: bool, kind: &'static str) -> Result<()> {
    let (input, size, specs) = (input_dataset(cx, 0)?, batch_size(cx, 1)?, Specs::from_attrs(cx)?);
    publish(cx, Batch { input, size, drop_remainder, specs, kind })
}

fn batch_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    publish_batch(cx, false, "Batch")
}

fn batch_v2_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let drop_remainder = scalar(cx, 2, "drop_remainder")?;
    publish_batch(cx, drop_remainder, "BatchV2")
}

fn parallel_batch_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    crate::map::parallel_calls(scalar(cx, 2, "num_parallel_calls")?)?;
    let drop_remainder = scalar(cx, 3, "drop_remainder")?;
    publish_batch(cx, drop_remainder, "ParallelBatch")
}

pub(crate) const NO_SCALARS: &str = "Input element must have a non-scalar value in each component.";

/// How many rows each component of a batch has.
pub(crate) fn row_count(batch: &Element) -> Result<usize> {
    let mut first = None;
    for (index, component) in batch.iter().enumerate() {
        let Some(count) = component.shape().dims().first() else { bail!(invalid_argument, "{NO_SCALARS}") };
        let expected = *first.get_or_insert(*count);
        // The comma is TensorFlow's.
        ensure!(
            *count == expected,
            invalid_argument,
            "Input element must have the same batch size in each component. Component 0 had size {expected} but component \
             {index} had size, {count}."
        );
    }
    Ok(first.unwrap_or(0))
}

/// The rows of each element.
struct Unbatch {
    input: Arc<dyn Dataset>,
    specs: Specs,
}

struct UnbatchStream {
    input: Box<dyn Stream>,
    current: Element,
    next: usize,
    count: usize,
}

impl Dataset for Unbatch {
    fn kind(&self) -> &'static str {
        "Unbatch"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        let rows = self.input.specs().shapes.iter().find_map(|shape| shape.dim(0));
        match (self.input.cardinality(), rows) {
            (0, _) | (_, Some(0)) => 0,
            (elements @ (INFINITE | UNKNOWN), _) => elements,
            (elements, Some(rows)) => elements.saturating_mul(i64::try_from(rows).unwrap_or(i64::MAX)),
            (_, None) => UNKNOWN,
        }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let input = place.input(&*self.input, &place.name("Unbatch"))?;
        Ok(Box::new(UnbatchStream { input, current: Vec::new(), next: 0, count: 0 }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for UnbatchStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        while self.next >= self.count {
            cx.env.check()?;
            let Some(element) = self.input.next(cx)? else { return Ok(None) };
            self.count = row_count(&element)?;
            self.current = element;
            self.next = 0;
        }
        let index = self.next;
        self.next += 1;
        self.current.iter().map(|component| row(component, index)).collect::<Result<_>>().map(Some)
    }
}

fn unbatch_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    publish(cx, Unbatch { input, specs })
}

dataset_op!(BATCH_DATASET "BatchDataset" batch_kernel, crate::dataset_of_scalars);
dataset_op!(BATCH_DATASET_V2 "BatchDatasetV2" batch_v2_kernel, crate::dataset_of_scalars);
dataset_op!(PARALLEL_BATCH_DATASET "ParallelBatchDataset" parallel_batch_kernel, crate::dataset_of_scalars);
dataset_op!(EXPERIMENTAL_UNBATCH_DATASET "ExperimentalUnbatchDataset" unbatch_kernel);
dataset_op!(UNBATCH_DATASET "UnbatchDataset" unbatch_kernel);
