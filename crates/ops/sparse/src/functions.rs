//! The functions of `tf.sparse` that take and give sparse tensors.

use crate::fill_empty_rows::SPARSE_FILL_EMPTY_ROWS;
use crate::{sparse_add, sparse_parts, sparse_reduce, sparse_to_dense};
use ferroflow_core::{
    DType, IntoOperand, Op, OpDef, Result, SparseTensor, Tensor, context, convert_to_tensor, options,
};

options! {
    /// Optional arguments of [`add_with`].
    pub struct SparseAddOptions {
        /// Sums of two entries that are smaller in magnitude are left out.
        threshold: f64 = 0.0,
    }
}

options! {
    /// Optional arguments of [`reduce_sum_with`] and [`reduce_max_with`].
    pub struct SparseReduceOptions {
        /// Whether reduced axes stay, with size 1.
        keepdims: bool = false,
    }
}

/// The parts of a sparse tensor as inputs of an op.
fn with(op: Op, sparse: &SparseTensor) -> Op {
    op.input(&sparse.indices).input(&sparse.values).input(&sparse.dense_shape)
}

fn sparse([indices, values, dense_shape]: [Tensor; 3]) -> SparseTensor {
    SparseTensor { indices, values, dense_shape }
}

/// The sum of two sparse tensors.
///
/// Source: `tf.sparse.add` (op `SparseAdd`).
///
/// # Errors
/// `InvalidArgument` for tensors of different shapes.
pub fn add(a: &SparseTensor, b: &SparseTensor) -> Result<SparseTensor> {
    add_with(a, b, |options| options)
}

/// [`add`] with optional arguments.
///
/// # Errors
/// As [`add`].
pub fn add_with(
    a: &SparseTensor,
    b: &SparseTensor,
    options: impl FnOnce(SparseAddOptions) -> SparseAddOptions,
) -> Result<SparseTensor> {
    let dtype = match a.values.dtype() {
        DType::COMPLEX64 => DType::FLOAT32,
        DType::COMPLEX128 => DType::FLOAT64,
        real => real,
    };
    let threshold = options(SparseAddOptions::default()).threshold;
    let threshold = ferroflow_core::NdArray::scalar(threshold).cast(dtype)?;
    let op = with(with(Op::new(&sparse_add::SPARSE_ADD), a), b);
    Ok(sparse(op.input(threshold).outputs()?))
}

/// The sum of a sparse and a dense tensor of one shape, which is dense.
///
/// Source: `tf.sparse.add` (op `SparseTensorDenseAdd`).
///
/// # Errors
/// `InvalidArgument` for tensors of different shapes.
pub fn add_dense(a: &SparseTensor, b: impl IntoOperand) -> Result<Tensor> {
    with(Op::new(&crate::sparse_dense::SPARSE_TENSOR_DENSE_ADD), a).input(b).one()
}

/// Sparse tensors joined along an axis.
///
/// Source: `tf.sparse.concat` (op `SparseConcat`).
///
/// # Errors
/// `InvalidArgument` for an axis that there is not, or sizes of other axes that differ.
pub fn concat(axis: i64, sp_inputs: &[SparseTensor]) -> Result<SparseTensor> {
    if let [only] = sp_inputs {
        return Ok(only.clone());
    }
    let parts = |part: fn(&SparseTensor) -> &Tensor| sp_inputs.iter().map(part).collect::<Vec<_>>();
    let op = Op::new(&sparse_parts::SPARSE_CONCAT)
        .inputs(parts(|sparse| &sparse.indices))
        .inputs(parts(|sparse| &sparse.values))
        .inputs(parts(|sparse| &sparse.dense_shape));
    Ok(sparse(op.attr("concat_dim", axis).outputs()?))
}

/// A sparse tensor cut into parts along an axis.
///
/// Source: `tf.sparse.split` (op `SparseSplit`).
///
/// # Errors
/// `InvalidArgument` for an axis that there is not, or more parts than it is long.
pub fn split(sp_input: &SparseTensor, num_split: i64, axis: i64) -> Result<Vec<SparseTensor>> {
    let op = Op::new(&sparse_parts::SPARSE_SPLIT).input(axis);
    let outputs = with(op, sp_input).attr("num_split", num_split).all()?;
    let count = outputs.len() / 3;
    let part = |at: usize| [&outputs[at], &outputs[count + at], &outputs[2 * count + at]].map(Tensor::clone);
    Ok((0..count).map(|at| sparse(part(at))).collect())
}

/// A window of a sparse tensor.
///
/// Source: `tf.sparse.slice` (op `SparseSlice`).
///
/// # Errors
/// `InvalidArgument` for a start or a size that is not one number for each axis.
pub fn slice(
    sp_input: &SparseTensor,
    start: impl IntoOperand,
    size: impl IntoOperand,
) -> Result<SparseTensor> {
    let start = convert_to_tensor(start, Some(DType::INT64))?;
    let size = convert_to_tensor(size, Some(DType::INT64))?;
    Ok(sparse(with(Op::new(&sparse_parts::SPARSE_SLICE), sp_input).input(start).input(size).outputs()?))
}

/// The entries in the order of their places.
///
/// Source: `tf.sparse.reorder` (op `SparseReorder`).
///
/// # Errors
/// `InvalidArgument` for parts that do not fit together.
pub fn reorder(sp_input: &SparseTensor) -> Result<SparseTensor> {
    sp_input.reordered()
}

/// The same entries in another shape of as many elements; one size may be -1.
///
/// Source: `tf.sparse.reshape` (op `SparseReshape`).
///
/// # Errors
/// `InvalidArgument` for a shape of another number of elements.
pub fn reshape(sp_input: &SparseTensor, shape: impl IntoOperand) -> Result<SparseTensor> {
    let shape = convert_to_tensor(shape, Some(DType::INT64))?;
    context::name_scope_for_op("SparseReshape", |name| {
        let op =
            Op::new(&sparse_to_dense::SPARSE_RESHAPE).input(&sp_input.indices).input(&sp_input.dense_shape);
        let [indices, dense_shape] = op.input(shape).name(name).outputs()?;
        let values = Op::named("Identity").input(&sp_input.values).one()?;
        Ok(SparseTensor { indices, values, dense_shape })
    })
}

/// A dense tensor from the entries and a value for every other place.
///
/// Source: `tf.sparse.to_dense` (op `SparseToDense`).
///
/// # Errors
/// `InvalidArgument` for entries outside the shape, out of order or repeated.
pub fn to_dense(sp_input: &SparseTensor, default_value: impl IntoOperand) -> Result<Tensor> {
    let default = convert_to_tensor(default_value, Some(sp_input.values.dtype().base()))?;
    crate::sparse_to_dense(&sp_input.indices, &sp_input.dense_shape, &sp_input.values, default, true)
}

/// Each row that has no entry gets one, of a default value; with a tensor that says which rows these were.
///
/// Source: `tf.sparse.fill_empty_rows` (op `SparseFillEmptyRows`).
///
/// # Errors
/// `InvalidArgument` for entries outside the shape.
pub fn fill_empty_rows(
    sp_input: &SparseTensor,
    default_value: impl IntoOperand,
) -> Result<(SparseTensor, Tensor)> {
    let default = default_value.into_operand()?;
    context::name_scope("SparseFillEmptyRows", || {
        let dtype = sp_input.values.dtype().base();
        let default = convert_to_tensor(default, Some(dtype))?;
        let op = with(Op::new(&SPARSE_FILL_EMPTY_ROWS), sp_input).input(default);
        let [indices, values, is_empty, _] = op.outputs()?;
        Ok((SparseTensor { indices, values, dense_shape: sp_input.dense_shape.clone() }, is_empty))
    })
}

/// Softmax over the entries along the last axis; what is not there stays away.
///
/// Source: `tf.sparse.softmax` (op `SparseSoftmax`).
///
/// # Errors
/// `InvalidArgument` for a tensor of fewer than two axes.
pub fn softmax(sp_input: &SparseTensor) -> Result<SparseTensor> {
    let values = with(Op::new(&sparse_reduce::SPARSE_SOFTMAX), sp_input).one()?;
    Ok(SparseTensor { values, ..sp_input.clone() })
}

/// The larger of two sparse tensors at each place, where what is not there counts as zero.
///
/// Source: `tf.sparse.maximum` (op `SparseSparseMaximum`).
///
/// # Errors
/// `InvalidArgument` for tensors of different shapes.
pub fn maximum(sp_a: &SparseTensor, sp_b: &SparseTensor) -> Result<SparseTensor> {
    extreme(&sparse_add::SPARSE_SPARSE_MAXIMUM, sp_a, sp_b)
}

/// The smaller of two sparse tensors at each place, where what is not there counts as zero.
///
/// Source: `tf.sparse.minimum` (op `SparseSparseMinimum`).
///
/// # Errors
/// `InvalidArgument` for tensors of different shapes.
pub fn minimum(sp_a: &SparseTensor, sp_b: &SparseTensor) -> Result<SparseTensor> {
    extreme(&sparse_add::SPARSE_SPARSE_MINIMUM, sp_a, sp_b)
}

fn extreme(def: &'static OpDef, a: &SparseTensor, b: &SparseTensor) -> Result<SparseTensor> {
    let [indices, values] = with(with(Op::new(def), a), b).outputs()?;
    Ok(SparseTensor { indices, values, dense_shape: a.dense_shape.clone() })
}

/// The sum of entries along axes, as a dense tensor; `None` stands for all axes.
///
/// ```
/// use ferroflow_core::{SparseTensor, convert_to_tensor, DType};
/// use ferroflow_ops_sparse::reduce_sum;
/// let a = SparseTensor {
///     indices: convert_to_tensor([[0, 1], [0, 2], [1, 1]], Some(DType::INT64))?,
///     values: convert_to_tensor([1, 2, 3], None)?,
///     dense_shape: convert_to_tensor([2, 3], Some(DType::INT64))?,
/// };
/// assert_eq!(reduce_sum(&a, Some(&[1]))?.numpy()?.as_slice::<i32>()?, [3, 3]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// Source: `tf.sparse.reduce_sum` (op `SparseReduceSum`).
///
/// # Errors
/// `InvalidArgument` for an axis that there is not.
pub fn reduce_sum(sp_input: &SparseTensor, axis: Option<&[i32]>) -> Result<Tensor> {
    reduce_sum_with(sp_input, axis, |options| options)
}

/// [`reduce_sum`] with optional arguments.
///
/// # Errors
/// As [`reduce_sum`].
pub fn reduce_sum_with(
    sp_input: &SparseTensor,
    axis: Option<&[i32]>,
    options: impl FnOnce(SparseReduceOptions) -> SparseReduceOptions,
) -> Result<Tensor> {
    reduction(&sparse_reduce::SPARSE_REDUCE_SUM, sp_input, axis, options)?.one()
}

/// The largest entry along axes, as a dense tensor; zero where there is none.
///
/// Source: `tf.sparse.reduce_max` (op `SparseReduceMax`).
///
/// # Errors
/// `InvalidArgument` for an axis that there is not.
pub fn reduce_max(sp_input: &SparseTensor, axis: Option<&[i32]>) -> Result<Tensor> {
    reduce_max_with(sp_input, axis, |options| options)
}

/// [`reduce_max`] with optional arguments.
///
/// # Errors
/// As [`reduce_max`].
pub fn reduce_max_with(
    sp_input: &SparseTensor,
    axis: Option<&[i32]>,
    options: impl FnOnce(SparseReduceOptions) -> SparseReduceOptions,
) -> Result<Tensor> {
    reduction(&sparse_reduce::SPARSE_REDUCE_MAX, sp_input, axis, options)?.one()
}

/// The sum of entries along axes, as a sparse tensor.
///
/// Source: `tf.compat.v1.sparse_reduce_sum_sparse`.
///
/// # Errors
/// `InvalidArgument` for an axis that there is not.
pub fn reduce_sum_sparse(sp_input: &SparseTensor, axis: Option<&[i32]>) -> Result<SparseTensor> {
    reduce_sum_sparse_with(sp_input, axis, |options| options)
}

/// [`reduce_sum_sparse`] with optional arguments.
///
/// # Errors
/// As [`reduce_sum_sparse`].
pub fn reduce_sum_sparse_with(
    sp_input: &SparseTensor,
    axis: Option<&[i32]>,
    options: impl FnOnce(SparseReduceOptions) -> SparseReduceOptions,
) -> Result<SparseTensor> {
    Ok(sparse(reduction(&sparse_reduce::SPARSE_REDUCE_SUM_SPARSE, sp_input, axis, options)?.outputs()?))
}

/// The largest entry along axes, as a sparse tensor.
///
/// Source: `tf.compat.v1.sparse_reduce_max_sparse`.
///
/// # Errors
/// `InvalidArgument` for an axis that there is not.
pub fn reduce_max_sparse(sp_input: &SparseTensor, axis: Option<&[i32]>) -> Result<SparseTensor> {
    reduce_max_sparse_with(sp_input, axis, |options| options)
}

/// [`reduce_max_sparse`] with optional arguments.
///
/// # Errors
/// As [`reduce_max_sparse`].
pub fn reduce_max_sparse_with(
    sp_input: &SparseTensor,
    axis: Option<&[i32]>,
    options: impl FnOnce(SparseReduceOptions) -> SparseReduceOptions,
) -> Result<SparseTensor> {
    Ok(sparse(reduction(&sparse_reduce::SPARSE_REDUCE_MAX_SPARSE, sp_input, axis, options)?.outputs()?))
}

fn reduction(
    def: &'static OpDef,
    sp_input: &SparseTensor,
    axis: Option<&[i32]>,
    options: impl FnOnce(SparseReduceOptions) -> SparseReduceOptions,
) -> Result<Op> {
    let axes = match axis {
        Some(axes) => ferroflow_core::NdArray::vector(axes.to_vec()).into_operand()?,
        None => {
            let rank = Op::named("Size").input(&sp_input.dense_shape).one()?;
            Op::named("Range").input(0).input(rank).input(1).one()?.into_operand()?
        }
    };
    let keepdims = options(SparseReduceOptions::default()).keepdims;
    Ok(with(Op::new(def), sp_input).input(axes).attr("keep_dims", keepdims))
}
