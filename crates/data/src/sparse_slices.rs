//! SparseTensorSliceDataset: the slices of a sparse tensor along its first axis.

use crate::pipeline::{Context, Dataset, Element, Place, Specs, Stream, publish};
use ferroflow_core::{DType, KernelCtx, NdArray, PartialShape, Result, dispatch, ensure};
use std::any::Any;

/// A sparse tensor whose elements stand in the order of the first axis.
#[derive(Clone)]
struct SparseSlices {
    indices: NdArray,
    values: NdArray,
    dense_shape: NdArray,
    specs: Specs,
}

struct SparseSliceStream {
    tensor: SparseSlices,
    /// The number of the next slice.
    next: i64,
    /// Where its elements begin.
    start: usize,
}

impl Dataset for SparseSlices {
    fn kind(&self) -> &'static str {
        "SparseTensorSlice"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        let sizes = self.dense_shape.as_slice::<i64>().unwrap_or_default();
        sizes.first().copied().unwrap_or(0).max(0)
    }
    fn stream(&self, _place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(SparseSliceStream { tensor: self.clone(), next: 0, start: 0 }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for SparseSliceStream {
    fn next(&mut self, _cx: Context<'_>) -> Result<Option<Element>> {
        if self.next >= self.tensor.cardinality() {
            return Ok(None);
        }
        let SparseSlices { indices, values, dense_shape, .. } = &self.tensor;
        let sizes = dense_shape.as_slice::<i64>()?;
        let rows =
            || indices.as_slice::<i64>().map(|indices| indices.chunks_exact(sizes.len()).skip(self.start));
        let before = rows()?.take_while(|row| row[0] < self.next).count();
        let rows: Vec<&[i64]> = rows()?.skip(before).take_while(|row| row[0] == self.next).collect();
        let range = self.start + before..self.start + before + rows.len();
        let places: Vec<i64> = rows.iter().flat_map(|row| &row[1..]).copied().collect();
        let values = dispatch!(values.dtype(), ALL, |T| Ok(NdArray::vector(
            values.as_slice::<T>()?[range.clone()].to_vec()
        )))?;
        let element = vec![
            NdArray::from_vec(&[rows.len(), sizes.len() - 1], places)?,
            values,
            NdArray::vector(sizes[1..].to_vec()),
        ];
        self.start = range.end;
        self.next += 1;
        Ok(Some(element))
    }
}

fn sparse_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let [indices, values, dense_shape] = [cx.input(0)?.clone(), cx.input(1)?.clone(), cx.input(2)?.clone()];
    let shape = indices.shape().clone();
    ensure!(shape.rank() == 2, invalid_argument, "Input indices must be a matrix. Got: {shape}");
    ensure!(values.rank() == 1, invalid_argument, "Input values must be a vector. Got: {}", values.shape());
    ensure!(
        dense_shape.rank() == 1,
        invalid_argument,
        "Input shape must be a vector. Got: {}",
        dense_shape.shape()
    );
    let (count, rank) = (shape.dims()[0], shape.dims()[1]);
    ensure!(
        values.len() == count,
        invalid_argument,
        "Number of values must match first dimension of indices. Got {} values, indices shape: {shape}",
        values.len()
    );
    ensure!(
        dense_shape.len() == rank,
        invalid_argument,
        "Number of dimensions must match second dimension of indices. Got {} dimensions, indices shape: {shape}",
        dense_shape.len()
    );
    ensure!(rank > 0, invalid_argument, "The shape argument requires at least one element.");
    let numbers = indices.as_slice::<i64>()?.chunks_exact(rank).map(|row| row[0]);
    ensure!(
        numbers.is_sorted(),
        unimplemented,
        "The SparseTensor must be ordered in the batch dimension; handling arbitrarily ordered input is not currently \
         supported."
    );
    let specs = Specs {
        types: vec![DType::INT64, values.dtype(), DType::INT64],
        shapes: vec![
            PartialShape::new([None, Some(rank - 1)]),
            PartialShape::new([None]),
            PartialShape::new([Some(rank - 1)]),
        ],
    };
    publish(cx, SparseSlices { indices, values, dense_shape, specs })
}

dataset_op!(SPARSE_TENSOR_SLICE_DATASET "SparseTensorSliceDataset" sparse_kernel);
