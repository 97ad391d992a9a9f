//! TensorDataset, TensorSliceDataset, RangeDataset: elements that come from tensors.

use crate::pipeline::{
    Context, Dataset, Element, INFINITE, Place, Specs, Stream, UNKNOWN, list, publish, scalar,
};
use crate::rows::row;
use ferroflow_core::{DType, KernelCtx, NdArray, Result, bail, ensure};
use std::any::Any;

/// One element.
struct Tensors {
    components: Element,
    specs: Specs,
}

struct Once(Option<Element>);

impl Dataset for Tensors {
    fn kind(&self) -> &'static str {
        "Tensor"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        1
    }
    fn stream(&self, _place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(Once(Some(self.components.clone()))))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for Once {
    fn next(&mut self, _cx: Context<'_>) -> Result<Option<Element>> {
        Ok(self.0.take())
    }
}

fn specs_of(components: &[NdArray], whole: bool) -> Specs {
    let types = components.iter().map(NdArray::dtype).collect();
    let shape = |array: &NdArray| {
        let shape = ferroflow_core::PartialShape::from(array.shape());
        if whole { shape } else { shape.slice(1..array.rank()) }
    };
    Specs { types, shapes: components.iter().map(shape).collect() }
}

/// Checks components against the attributes that describe them.
fn check_declared(cx: &KernelCtx<'_>, found: &Specs) -> Result<()> {
    let declared = cx.shapes("output_shapes")?;
    ensure!(
        found.shapes.len() == declared.len(),
        invalid_argument,
        "Number of components does not match: expected {} shapes but got {}.",
        found.shapes.len(),
        declared.len()
    );
    for (index, (found, declared)) in found.shapes.iter().zip(declared).enumerate() {
        ensure!(
            found.is_compatible_with(declared),
            invalid_argument,
            "Incompatible shapes at component {index}: expected {} but got {}.",
            found.cpp(),
            declared.cpp()
        );
    }
    Ok(())
}

fn tensor_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let components = list(cx, 0)?;
    let specs = specs_of(&components, true);
    check_declared(cx, &specs)?;
    publish(cx, Tensors { components, specs })
}

/// The rows of some tensors.
struct Slices {
    components: Element,
    count: usize,
    specs: Specs,
}

struct SliceStream {
    components: Element,
    next: usize,
    count: usize,
}

impl Dataset for Slices {
    fn kind(&self) -> &'static str {
        "TensorSlice"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        self.count as i64
    }
    fn stream(&self, _place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(SliceStream { components: self.components.clone(), next: 0, count: self.count }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for SliceStream {
    fn next(&mut self, _cx: Context<'_>) -> Result<Option<Element>> {
        if self.next >= self.count {
            return Ok(None);
        }
        let index = self.next;
        self.next += 1;
        self.components.iter().map(|component| row(component, index)).collect::<Result<_>>().map(Some)
    }
}

fn slice_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let components = list(cx, 0)?;
    let Some(first) = components.first() else { bail!(invalid_argument, "a dataset has no components") };
    ensure!(
        components.iter().all(|component| component.rank() > 0),
        invalid_argument,
        "All components must be at least 1-dimensional"
    );
    let count = first.shape().dims()[0];
    ensure!(
        components.iter().all(|component| component.shape().dims()[0] == count),
        invalid_argument,
        "All components must have the same size in the 0th dimension"
    );
    let specs = specs_of(&components, false);
    check_declared(cx, &specs)?;
    publish(cx, Slices { components, count, specs })
}

/// Numbers at equal distances.
struct Range {
    start: i64,
    stop: i64,
    step: i64,
    dtype: DType,
    specs: Specs,
}

struct RangeStream {
    next: i64,
    left: i64,
    step: i64,
    dtype: DType,
}

impl Dataset for Range {
    fn kind(&self) -> &'static str {
        "Range"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        let (distance, step) = (i128::from(self.stop) - i128::from(self.start), i128::from(self.step));
        let steps = if step > 0 { (distance + step - 1) / step } else { (-distance - step - 1) / -step };
        i64::try_from(steps.max(0)).unwrap_or(i64::MAX)
    }
    fn stream(&self, _place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let (next, step, dtype) = (self.start, self.step, self.dtype);
        Ok(Box::new(RangeStream { next, left: self.cardinality(), step, dtype }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for RangeStream {
    fn next(&mut self, _cx: Context<'_>) -> Result<Option<Element>> {
        if self.left <= 0 {
            return Ok(None);
        }
        let value = self.next;
        self.left -= 1;
        self.next = value.wrapping_add(self.step);
        Ok(Some(vec![number(value, self.dtype)?]))
    }
}

/// A scalar of this dtype.
fn number(value: i64, dtype: DType) -> Result<NdArray> {
    ensure!(
        dtype.is_integer() || dtype.is_floating() || dtype.is_complex(),
        invalid_argument,
        "Unsupported data type: {}",
        dtype.cpp_name()
    );
    NdArray::scalar(value).cast(dtype)
}

fn range_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (start, stop, step) = (scalar(cx, 0, "start")?, scalar(cx, 1, "stop")?, scalar(cx, 2, "step")?);
    ensure!(step != 0, invalid_argument, "step must be a non-zero integer.");
    let specs = Specs::from_attrs(cx)?;
    let dtype = specs.types.first().copied().unwrap_or(DType::INT64);
    publish(cx, Range { start, stop, step, dtype, specs })
}

/// How many elements two datasets have together.
pub(crate) fn add_counts(a: i64, b: i64) -> i64 {
    match (a, b) {
        (INFINITE, _) | (_, INFINITE) => INFINITE,
        (UNKNOWN, _) | (_, UNKNOWN) => UNKNOWN,
        (a, b) => a.saturating_add(b),
    }
}

dataset_op!(TENSOR_DATASET "TensorDataset" tensor_kernel);
dataset_op!(TENSOR_SLICE_DATASET "TensorSliceDataset" slice_kernel);
dataset_op!(RANGE_DATASET "RangeDataset" range_kernel, crate::source_of_scalars);
