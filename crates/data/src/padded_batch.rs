//! PaddedBatchDatasetV2: batches of elements of different sizes, filled up to one.

use crate::batch::{batch_count, batch_size, collect};
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, input_dataset, partial_shape, publish, scalar,
};
use crate::rows::stack_padded;
use ferroflow_core::{KernelCtx, NdArray, Result, bail, ensure};
use std::any::Any;
use std::sync::Arc;

/// How a component is filled up.
#[derive(Clone)]
struct Padding {
    /// The shape to reach; -1 for what the largest in the batch needs.
    shape: Vec<Option<usize>>,
    value: NdArray,
}

struct PaddedBatch {
    input: Arc<dyn Dataset>,
    size: i64,
    drop_remainder: bool,
    paddings: Vec<Padding>,
    specs: Specs,
}

struct PaddedBatchStream {
    input: Option<Box<dyn Stream>>,
    size: usize,
    drop_remainder: bool,
    paddings: Vec<Padding>,
}

impl Dataset for PaddedBatch {
    fn kind(&self) -> &'static str {
        "PaddedBatchV2"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        batch_count(self.input.cardinality(), self.size, self.drop_remainder)
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(PaddedBatchStream {
            input: Some(place.input(&*self.input, &place.name(self.kind()))?),
            size: usize::try_from(self.size).unwrap_or(usize::MAX),
            drop_remainder: self.drop_remainder,
            paddings: self.paddings.clone(),
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for PaddedBatchStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let elements = collect(&mut self.input, self.size, self.drop_remainder, cx)?;
        if elements.is_empty() {
            return Ok(None);
        }
        let components = self.paddings.iter().enumerate();
        components
            .map(|(position, padding)| padded(&elements, position, padding))
            .collect::<Result<_>>()
            .map(Some)
    }
}

/// One component of some elements, filled up to one shape.
fn padded(elements: &[Element], position: usize, padding: &Padding) -> Result<NdArray> {
    let mut arrays = Vec::with_capacity(elements.len());
    let mut dims: Vec<usize> = padding.shape.iter().map(|dim| dim.unwrap_or(0)).collect();
    for element in elements {
        let Some(array) = element.get(position) else {
            bail!(internal, "an element has no component {position}")
        };
        ensure!(
            array.rank() == dims.len(),
            invalid_argument,
            "All elements in a batch must have the same rank as the padded shape for component{position}: expected \
             rank {} but got element with rank {}",
            dims.len(),
            array.rank()
        );
        for ((size, found), fixed) in dims.iter_mut().zip(array.shape().dims()).zip(&padding.shape) {
            match fixed {
                None => *size = (*size).max(*found),
                Some(fixed) if found > fixed => {
                    bail!(data_loss, "Attempted to pad to a smaller size than the input element.")
                }
                Some(_) => {}
            }
        }
        arrays.push(array);
    }
    stack_padded(&arrays, &dims, &padding.value)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let drop_remainder = match cx.arg(4) {
        Ok(range) => scalar(cx, range.start, "drop_remainder")?,
        Err(_) => false,
    };
    publish_padded(cx, drop_remainder)
}

fn kernel_v1(cx: &mut KernelCtx<'_>) -> Result<()> {
    publish_padded(cx, false)
}

fn publish_padded(cx: &mut KernelCtx<'_>, drop_remainder: bool) -> Result<()> {
    let (input, size) = (input_dataset(cx, 0)?, batch_size(cx, 1)?);
    let (shapes, values) = (cx.arg(2)?, cx.arg(3)?);
    ensure!(
        shapes.len() == input.specs().types.len(),
        invalid_argument,
        "Number of padded shapes ({}) must match the number of components in the input dataset's elements ({})",
        shapes.len(),
        input.specs().types.len()
    );
    let mut paddings = Vec::new();
    for ((shape, value), dtype) in shapes.zip(values).zip(&input.specs().types) {
        let shape = partial_shape(cx, shape, "All padded shapes must be vectors")?;
        let value = cx.input(value)?.clone();
        ensure!(value.rank() == 0, invalid_argument, "All padding values must be scalars");
        ensure!(
            value.dtype() == *dtype,
            invalid_argument,
            "Mismatched type between padding value {} and input dataset's component {}: {} vs. {}",
            paddings.len(),
            paddings.len(),
            value.dtype().cpp_name(),
            dtype.cpp_name()
        );
        paddings.push(Padding { shape: shape.dims().unwrap_or_default().to_vec(), value });
    }
    let specs = Specs::from_named(cx, "Toutput_types")?;
    publish(cx, PaddedBatch { input, size, drop_remainder, paddings, specs })
}

dataset_op!(PADDED_BATCH_DATASET "PaddedBatchDataset" kernel_v1);
dataset_op!(PADDED_BATCH_DATASET_V2 "PaddedBatchDatasetV2" kernel);
