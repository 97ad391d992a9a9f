//! Blocks, sparse tensors and strings, in v1's argument orders.

use crate::mode::facade;
use ferroflow_core::{
    IntoOperand, NdArray, Op, Operand, Result, SparseTensor, Tensor, bail, context, convert_to_tensor,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;
use ferroflow_ops_text as text;

/// Blocks of a tensor's second and third dimension moved to its batch dimension.
///
/// Source: `tf.compat.v1.space_to_batch`.
///
/// # Errors
/// `InvalidArgument` for sizes that are no multiples of the block's.
pub fn space_to_batch(
    input: impl IntoOperand,
    paddings: impl IntoOperand,
    block_size: i32,
) -> Result<Tensor> {
    facade(|| array::space_to_batch(input, NdArray::vector(vec![block_size, block_size]), paddings))
}

/// What [`space_to_batch`] moved, moved back.
///
/// Source: `tf.compat.v1.batch_to_space`.
///
/// # Errors
/// `InvalidArgument` for a batch that is no multiple of the block's size.
pub fn batch_to_space(input: impl IntoOperand, crops: impl IntoOperand, block_size: i32) -> Result<Tensor> {
    facade(|| array::batch_to_space(input, NdArray::vector(vec![block_size, block_size]), crops))
}

/// A dense tensor with these values at these places and zeros everywhere else.
///
/// Source: `tf.compat.v1.sparse_to_dense`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let dense = tf::sparse_to_dense([[0, 1]], [2, 2], [7])?;
/// assert_eq!(dense.eval_in(&tf::Session::new()?)?.to_string(), "[[0 7]\n [0 0]]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for indices outside the shape, out of order or repeated.
pub fn sparse_to_dense(
    sparse_indices: impl IntoOperand,
    output_shape: impl IntoOperand,
    sparse_values: impl IntoOperand,
) -> Result<Tensor> {
    facade(|| {
        Op::named("SparseToDense")
            .input(sparse_indices)
            .input(output_shape)
            .input(sparse_values)
            .input(0)
            .attr("validate_indices", true)
            .one()
    })
}

/// The parts of each string between any of the characters of `sep`, without the empty ones.
///
/// Source: `tf.compat.v1.string_split`.
///
/// # Errors
/// `InvalidArgument` when the source is no vector.
pub fn string_split(source: impl IntoOperand, sep: &str) -> Result<SparseTensor> {
    let source = source.into_operand()?;
    facade(|| context::name_scope("StringSplit", || text::string_split(source, sep, true)))
}

/// The parts of each string between whole separators; `maxsplit` bounds their number, unless it is -1.
///
/// Source: `tf.compat.v1.strings.split`.
///
/// # Errors
/// `InvalidArgument` when the input is no vector.
pub fn split(input: impl IntoOperand, sep: &str, maxsplit: i64) -> Result<SparseTensor> {
    let input = input.into_operand()?;
    facade(|| context::name_scope("StringSplit", || text::string_split_v2(input, sep, maxsplit)))
}

/// The tensor itself, after checking that every element is finite.
///
/// Source: `tf.compat.v1.verify_tensor_all_finite`.
///
/// # Errors
/// `InvalidArgument` with this message, when it runs.
pub fn verify_tensor_all_finite(t: impl IntoOperand, msg: &str) -> Result<Tensor> {
    let t = t.into_operand()?;
    facade(|| {
        context::name_scope("VerifyFinite", || {
            let checked = array::check_numerics(t, msg)?;
            Op::named("Identity").input(checked).default_name("control_dependency").one()
        })
    })
}

/// The value of a tensor, where it is known without running anything: of every eager tensor, and of what follows from
/// constants in a graph.
///
/// Source: `tf.compat.v1.get_static_value`.
pub fn get_static_value(tensor: &Tensor) -> Option<NdArray> {
    match tensor {
        Tensor::Eager(eager) => Some(eager.value().clone()),
        Tensor::Symbolic(symbolic) => symbolic.graph().constant_value(symbolic),
    }
}

/// The slices that `indices` name of each row: its leading dimensions, all but the last, are those of `params`.
///
/// Source: `tf.compat.v1.batch_gather`.
///
/// # Errors
/// `ValueError` for indices of unknown rank, and of one that `params` cannot have; `InvalidArgument` for leading dimensions that
/// differ, or indices past the end.
pub fn batch_gather(params: impl IntoOperand, indices: impl IntoOperand) -> Result<Tensor> {
    let (params, indices) = (params.into_operand()?, indices.into_operand()?);
    facade(|| {
        context::name_scope("BatchGather", || {
            let indices = context::with_name("indices", || convert_to_tensor(indices, None))?;
            let params = context::with_name("params", || convert_to_tensor(params, None))?;
            let Some(rank) = indices.rank() else {
                bail!(value, "batch_gather does not allow indices with unknown shape.");
            };
            gather_in_batches(&params, &indices, rank)
        })
    })
}

/// Gathers from the rows of all batches, with what comes before its own rows added to each index.
fn gather_in_batches(params: &Tensor, indices: &Tensor, rank: usize) -> Result<Tensor> {
    let Some(batch) = rank.checked_sub(1) else {
        bail!(value, "Argument `batch_dims` = -1 must be less than rank(`indices`) = 0");
    };
    if let Some(of_params) = params.rank().filter(|of_params| batch >= *of_params) {
        bail!(value, "Argument `batch_dims` = {batch} must be less than rank(`params`) = {of_params}");
    }
    let (of_indices, of_params) = (array::shape(indices)?, array::shape(params)?);
    let dtype = indices.dtype().base();
    let one = || convert_to_tensor(NdArray::scalar(1i32).cast(dtype)?, None);
    // TensorFlow casts whatever the dtype.
    let sizes = Op::named("Cast").input(&of_params).attr("DstT", dtype).one()?;
    let (mut below, mut flat) = (one()?, indices.clone());
    for dim in (1..=batch).rev() {
        let size = array::getitem(&sizes, dim as i32 - 1)?;
        below = (below * array::getitem(&sizes, dim as i32)?)?;
        let zero = convert_to_tensor(NdArray::scalar(0i32).cast(dtype)?, None)?;
        let offsets = Op::named("Range").input(zero).input(&size).input(one()?).one()?;
        let offsets = (offsets * &below)?;
        let mut shape = vec![Operand::Value { array: NdArray::scalar(1i32), weak: true }; rank];
        if let Some(place) = shape.get_mut(dim - 1) {
            *place = Operand::Tensor(size);
        }
        flat = (flat + array::reshape(offsets, array::stack(shape)?)?)?;
    }
    let flat = array::reshape(flat, [-1])?;
    let inner = array::getitem(&of_params, batch as i32 + 1..)?;
    let rows = math::reduce_prod(array::getitem(&of_params, ..batch as i32 + 1)?, [0])?;
    let rows = array::reshape(params, array::concat_around(None, &[rows], Some(inner.clone()))?)?;
    array::reshape(array::gather(rows, flat)?, array::concat([of_indices, inner], 0)?)
}
