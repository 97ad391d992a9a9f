//! DenseToSparseBatchDataset: batches of elements of different sizes as sparse tensors.

use crate::batch::{batch_count, batch_size};
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, input_dataset, partial_shape, publish,
};
use ferroflow_core::{
    Attrs, DType, KernelCtx, NdArray, PartialShape, Result, ShapeCtx, bail, dispatch, ensure, registry,
    reserve, run_op, shape_fn,
};
use std::any::Any;
use std::sync::Arc;

/// Each element a row of a sparse tensor, which its three parts stand for in a vector of variants.
struct SparseBatch {
    input: Arc<dyn Dataset>,
    size: i64,
    row_shape: PartialShape,
    specs: Specs,
}

struct SparseBatchStream {
    input: Option<Box<dyn Stream>>,
    size: usize,
    row_shape: PartialShape,
}

impl Dataset for SparseBatch {
    fn kind(&self) -> &'static str {
        "DenseToSparseBatch"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        batch_count(self.input.cardinality(), self.size, false)
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(SparseBatchStream {
            input: Some(place.input(&*self.input, &place.name(self.kind()))?),
            size: usize::try_from(self.size).unwrap_or(usize::MAX),
            row_shape: self.row_shape.clone(),
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl SparseBatchStream {
    /// Whether an element fits a row.
    fn check(&self, element: &NdArray) -> Result<()> {
        let (found, wanted) = (element.shape(), self.row_shape.dims().unwrap_or_default());
        let shown = || self.row_shape.cpp();
        ensure!(
            found.rank() == wanted.len(),
            invalid_argument,
            "Input element had shape ({found}) that is incompatible with the row shape ({}).",
            shown()
        );
        ensure!(
            found
                .dims()
                .iter()
                .zip(wanted)
                .all(|(found, wanted)| wanted.is_none_or(|wanted| *found <= wanted)),
            data_loss,
            "Input element had shape ({found}) that is larger than the row shape ({}).",
            shown()
        );
        Ok(())
    }
}

impl Stream for SparseBatchStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let mut elements: Vec<NdArray> = Vec::new();
        while elements.len() < self.size {
            let Some(input) = &mut self.input else { break };
            let Some(element) = input.next(cx)? else {
                self.input = None;
                break;
            };
            let Some(component) = element.into_iter().next() else {
                bail!(internal, "an element has no components")
            };
            self.check(&component)?;
            elements.push(component);
        }
        if elements.is_empty() {
            return Ok(None);
        }
        let mut parts = sparse(&elements, &self.row_shape)?;
        // Tensors in variants are made by an op of another family.
        let Some(def) = registry::lookup("SerializeSparse") else {
            bail!(unimplemented, "unsupported op: SerializeSparse")
        };
        let attrs = Attrs::new().with("out_type", DType::VARIANT).with("T", parts[1].dtype());
        run_op(def, &attrs, "DenseToSparseBatchDataset", &mut parts, cx.env, None)
            .map(|found| Some(found.into_vec()))
    }
}

/// The indices, the values and the shape of the sparse tensor that has these rows.
fn sparse(rows: &[NdArray], row_shape: &PartialShape) -> Result<[NdArray; 3]> {
    let rank = row_shape.dims().unwrap_or_default().len();
    let total = rows.iter().map(NdArray::len).sum::<usize>();
    let mut sizes: Vec<i64> = vec![rows.len() as i64];
    for (axis, size) in row_shape.dims().unwrap_or_default().iter().enumerate() {
        let largest = rows.iter().map(|row| row.shape().dims()[axis]).max();
        sizes.push(size.or(largest).unwrap_or(0) as i64);
    }
    let mut indices: Vec<i64> = reserve(total.saturating_mul(rank + 1))?;
    let mut place = vec![0i64; rank];
    for (number, row) in rows.iter().enumerate() {
        place.fill(0);
        for _ in 0..row.len() {
            indices.push(number as i64);
            indices.extend_from_slice(&place);
            for (at, size) in place.iter_mut().zip(row.shape().dims()).rev() {
                *at += 1;
                if (*at as usize) < *size {
                    break;
                }
                *at = 0;
            }
        }
    }
    let dtype = rows.first().map_or(DType::FLOAT32, NdArray::dtype);
    let values = dispatch!(dtype, ALL, |T| {
        let mut values = reserve::<T>(total)?;
        for row in rows {
            values.extend_from_slice(row.as_slice::<T>()?);
        }
        Ok(NdArray::vector(values))
    })?;
    Ok([NdArray::from_vec(&[total, rank + 1], indices)?, values, NdArray::vector(sizes)])
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let input = input_dataset(cx, 0)?;
    ensure!(
        input.specs().types.len() == 1,
        invalid_argument,
        "DenseToSparseBatchDataset only supports inputs with a single component."
    );
    let size = batch_size(cx, 1)?;
    let row_shape = partial_shape(cx, 2, "row_shape must be a vector")?;
    let specs = Specs {
        types: vec![DType::VARIANT],
        shapes: vec![PartialShape::new([None]).concatenate(&row_shape)],
    };
    publish(cx, SparseBatch { input, size, row_shape, specs })
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(1, 0)?;
        cx.with_rank(2, 1)?;
    }
    shape_fn::scalar(cx)
}

dataset_op!(DENSE_TO_SPARSE_BATCH_DATASET "DenseToSparseBatchDataset" kernel, shape);
dataset_op!(EXPERIMENTAL_DENSE_TO_SPARSE_BATCH_DATASET "ExperimentalDenseToSparseBatchDataset" kernel, shape);
