//! Sparse tensors put in order, and put together from columns.

use crate::{DType, NdArray, Op, Result, SparseTensor, Tensor, bail, context, convert_to_tensor, operators};

/// All but the last along the last axis: `x[:-1]` of a vector, `x[:, :-1]` of a matrix.
fn without_last(x: &Tensor, rank: usize) -> Result<Tensor> {
    context::name_scope_for_op("strided_slice", |name| {
        let bound = |name: &str, last: i32| {
            let mut items = vec![0; rank.saturating_sub(1)];
            items.push(last);
            context::with_name(name, || convert_to_tensor(NdArray::vector(items), None))
        };
        let (begin, end) = (bound("stack", 0)?, bound("stack_1", -1)?);
        let steps =
            context::with_name("stack_2", || convert_to_tensor(NdArray::vector(vec![1i32; rank]), None))?;
        let op = Op::named("StridedSlice").input(x).input(begin).input(end).input(steps).name(name);
        op.attr("begin_mask", (1i64 << rank) - 1).attr("end_mask", (1i64 << (rank - 1)) - 1).one()
    })
}

impl SparseTensor {
    /// The entries in the order of their places.
    ///
    /// # Errors
    /// `InvalidArgument` for parts that do not fit together.
    pub fn reordered(&self) -> Result<SparseTensor> {
        let op = Op::named("SparseReorder").input(&self.indices).input(&self.values).input(&self.dense_shape);
        let [indices, values] = op.outputs()?;
        let dense_shape = match self.shape().to_shape() {
            _ if context::executing_eagerly() => self.dense_shape.clone(),
            Some(shape) => context::name_scope("SparseTensor", || {
                context::with_name("dense_shape", || convert_to_tensor(NdArray::vector(shape.to_i64()), None))
            })?,
            None => Op::named("Identity").input(&self.dense_shape).one()?,
        };
        Ok(SparseTensor { indices, values, dense_shape })
    }

    /// A sparse tensor of values at places whose last coordinates are the values of others: ids, of which there are
    /// `vocab_size`.
    ///
    /// # Errors
    /// `ValueError` for no ids.
    pub fn merged(
        sp_ids: &[SparseTensor],
        sp_values: &SparseTensor,
        vocab_size: &[i64],
        already_sorted: bool,
    ) -> Result<SparseTensor> {
        let Some(first) = sp_ids.first() else { bail!(value, "sp_ids must not be empty.") };
        let mut columns = Vec::new();
        for ids in sp_ids {
            let values = match ids.values.dtype() {
                DType::INT64 => ids.values.clone(),
                _ => operators::cast(&ids.values, DType::INT64)?,
            };
            columns.push(Op::named("ExpandDims").input(values).input(1).one()?);
        }
        // A number is an `int32` first, as in TensorFlow, unless it is too large.
        let size = |size: &i64| match i32::try_from(*size) {
            Ok(size) => operators::cast(convert_to_tensor(NdArray::scalar(size), None)?, DType::INT64),
            Err(_) => convert_to_tensor(NdArray::scalar(*size), None),
        };
        let sizes = vocab_size.iter().map(size).collect::<Result<Vec<_>>>()?;
        columns.insert(0, without_last(&first.indices, 2)?);
        let indices = Op::named("ConcatV2").inputs(columns).input(1).default_name("concat").one()?;
        let outer = without_last(&first.dense_shape, 1)?;
        let dense_shape = context::name_scope_for_op("concat", |name| {
            let sizes = context::with_name("values_1", || Op::named("Pack").inputs(sizes).one())?;
            Op::named("ConcatV2").inputs([outer, sizes]).input(0).name(name).one()
        })?;
        let values = sp_values.values.clone();
        let merged = SparseTensor { indices, values, dense_shape };
        if already_sorted {
            return Ok(merged);
        }
        Ok(SparseTensor { dense_shape: merged.dense_shape.clone(), ..merged.reordered()? })
    }
}
