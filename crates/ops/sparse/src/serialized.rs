//! `tf.io.serialize_sparse` and its siblings: sparse tensors as rows of three parts, and back.

use crate::serialize::{DESERIALIZE_MANY_SPARSE, SERIALIZE_MANY_SPARSE, SERIALIZE_SPARSE};
use ferroflow_core::{DType, IntoOperand, Op, OpDef, Result, SparseTensor, Tensor, options};

options! {
    /// Optional arguments of [`serialize_sparse_with`] and [`serialize_many_sparse_with`].
    pub struct SerializeSparseOptions {
        /// `string` or `variant`.
        out_type: DType = DType::STRING,
    }
}

fn serialized(def: &'static OpDef, sparse: &SparseTensor, options: SerializeSparseOptions) -> Result<Tensor> {
    let op = Op::new(def).input(&sparse.indices).input(&sparse.values).input(&sparse.dense_shape);
    op.attr("out_type", options.out_type).one()
}

/// The indices, values and shape of a sparse tensor, each in a text of its own.
///
/// Source: `tf.io.serialize_sparse`.
///
/// # Errors
/// `InvalidArgument` for parts that do not fit each other.
pub fn serialize_sparse(sp_input: &SparseTensor) -> Result<Tensor> {
    serialize_sparse_with(sp_input, |options| options)
}

/// [`serialize_sparse`] to another dtype.
///
/// # Errors
/// As [`serialize_sparse`].
pub fn serialize_sparse_with(
    sp_input: &SparseTensor,
    options: impl FnOnce(SerializeSparseOptions) -> SerializeSparseOptions,
) -> Result<Tensor> {
    serialized(&SERIALIZE_SPARSE, sp_input, options(SerializeSparseOptions::default()))
}

/// Each slice along the first axis as [`serialize_sparse`] gives it: `[n, 3]`.
///
/// Source: `tf.io.serialize_many_sparse`.
///
/// ```
/// use ferroflow_core::{DType, SparseTensor};
/// use ferroflow_ops_sparse::{deserialize_many_sparse, serialize_many_sparse};
/// let rows = SparseTensor::new([[0, 1], [1, 0]], [5, 6], [2, 2])?;
/// let back = deserialize_many_sparse(serialize_many_sparse(&rows)?, DType::INT32)?;
/// assert_eq!(back.values.numpy()?.as_slice::<i32>()?, [5, 6]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a tensor of fewer than two dimensions.
pub fn serialize_many_sparse(sp_input: &SparseTensor) -> Result<Tensor> {
    serialize_many_sparse_with(sp_input, |options| options)
}

/// [`serialize_many_sparse`] to another dtype.
///
/// # Errors
/// As [`serialize_many_sparse`].
pub fn serialize_many_sparse_with(
    sp_input: &SparseTensor,
    options: impl FnOnce(SerializeSparseOptions) -> SerializeSparseOptions,
) -> Result<Tensor> {
    serialized(&SERIALIZE_MANY_SPARSE, sp_input, options(SerializeSparseOptions::default()))
}

/// The slices that [`serialize_many_sparse`] gave, joined along a new first axis.
///
/// Source: `tf.io.deserialize_many_sparse`.
///
/// # Errors
/// `InvalidArgument` for texts that hold no sparse tensor, or tensors of different ranks and dtypes.
pub fn deserialize_many_sparse(serialized_sparse: impl IntoOperand, dtype: DType) -> Result<SparseTensor> {
    let op = Op::new(&DESERIALIZE_MANY_SPARSE).input(serialized_sparse).attr("dtype", dtype);
    let [indices, values, dense_shape] = op.outputs()?;
    Ok(SparseTensor { indices, values, dense_shape })
}
