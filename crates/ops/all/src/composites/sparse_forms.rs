//! Sparse tensors made of others: with some entries kept, axes added or exchanged, another shape.

use ferroflow_core::{
    DType, IndexedSlices, IntoOperand, NdArray, Op, Result, SparseTensor, Tensor, bail, constant, context,
    convert_to_tensor, ensure, operators,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;
use ferroflow_ops_sparse as sparse;

/// The entries that `to_retain` is true for.
///
/// Source: `tf.sparse.retain`.
///
/// ```
/// use ferroflow_core::{SparseTensor, constant};
/// use ferroflow_ops::composites::retain;
/// ferroflow_ops::install();
/// let (indices, shape) = (constant([[0i64], [2]])?, constant([4i64])?);
/// let two = SparseTensor { indices, values: constant([5, 6])?, dense_shape: shape };
/// assert_eq!(retain(&two, [false, true])?.values.numpy()?.as_slice::<i32>()?, [6]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` unless there is one truth value for each entry.
pub fn retain(sp_input: &SparseTensor, to_retain: impl IntoOperand) -> Result<SparseTensor> {
    let kept = convert_to_tensor(to_retain, None)?;
    if kept.rank().is_some_and(|rank| rank != 1) {
        bail!(value, "Shape {} must have rank 1", kept.shape());
    }
    if let (Some(entries), Some(given)) = (sp_input.values.shape().dim(0), kept.shape().dim(0))
        && entries != given
    {
        bail!(value, "Dimensions {entries} and {given} are not compatible");
    }
    let places = array::reshape(array::where_true(kept)?, [-1])?;
    Ok(SparseTensor {
        indices: array::gather(&sp_input.indices, &places)?,
        values: array::gather(&sp_input.values, &places)?,
        dense_shape: array::identity(&sp_input.dense_shape)?,
    })
}

/// A sparse tensor with a new axis of size 1 in front of `axis`; -1 is behind the last.
///
/// Source: `tf.sparse.expand_dims`.
///
/// # Errors
/// `InvalidArgument` for an axis that the result cannot have.
pub fn expand_dims(sp_input: &SparseTensor, axis: i32) -> Result<SparseTensor> {
    let rank = match sp_input.dense_shape.shape().dim(0) {
        Some(rank) => constant(NdArray::scalar(rank as i32))?,
        None => array::getitem(array::shape(&sp_input.dense_shape)?, 0)?,
    };
    context::name_scope("expand_dims", || {
        let axis = context::with_name("axis", || constant(NdArray::scalar(axis)))?;
        let is_counted = math::greater_equal(&axis, 0)?;
        let behind = ((&axis + rank)? + 1)?;
        let axis = array::where_select(is_counted, axis, behind)?;
        let int = |value: i32| constant(NdArray::scalar(value));
        let packed = |name: &str, parts: &[Tensor]| context::with_name(name, || array::stack(parts));
        let count = array::getitem(array::shape(&sp_input.indices)?, 0)?;
        let new = array::zeros(packed("zeros/packed", &[count, int(1)?])?, DType::INT64)?;
        let size = packed("Slice/size", &[int(-1)?, axis.clone()])?;
        let before = array::slice(&sp_input.indices, [0, 0], size)?;
        let begin = packed("Slice_1/begin", &[int(0)?, axis.clone()])?;
        let after = array::slice(&sp_input.indices, begin, [-1, -1])?;
        let indices = array::concat([before, new, after], 1)?;
        let size = packed("Slice_2/size", std::slice::from_ref(&axis))?;
        let front = array::slice(&sp_input.dense_shape, [0], size)?;
        let begin = packed("Slice_3/begin", &[axis])?;
        let rest = array::slice(&sp_input.dense_shape, begin, [-1])?;
        let size = context::with_name("new_shape", || constant(NdArray::vector(vec![1i64])))?;
        let dense_shape = array::concat([front, size, rest], 0)?;
        Ok(SparseTensor { indices, values: sp_input.values.clone(), dense_shape })
    })
}

/// The sparse matrix with ones on its diagonal.
///
/// Source: `tf.sparse.eye`.
///
/// # Errors
/// `InvalidArgument` for a negative number of rows or columns.
pub fn sparse_eye(num_rows: i64, num_columns: Option<i64>, dtype: DType) -> Result<SparseTensor> {
    context::name_scope("eye", || {
        let long = |name: &str, value: i64| context::with_name(name, || constant(NdArray::scalar(value)));
        let rows = long("num_rows", num_rows)?;
        let columns = match num_columns {
            Some(columns) => long("num_columns", columns)?,
            None => rows.clone(),
        };
        let size = math::minimum(&rows, &columns)?;
        let (start, delta) = (constant(NdArray::scalar(0i64))?, constant(NdArray::scalar(1i64))?);
        let diagonal =
            context::with_name("range", || Op::named("Range").input(start).input(&size).input(delta).one())?;
        let indices = array::stack_with([&diagonal, &diagonal], |o| o.axis(1))?;
        let count = context::with_name("ones/Reshape", || array::reshape(size, [-1]))?;
        let values = array::ones(count, dtype)?;
        let dense_shape = context::with_name("SparseTensor/dense_shape", || array::stack([rows, columns]))?;
        Ok(SparseTensor { indices, values, dense_shape })
    })
}

/// The slices of `a` whose places are not among `mask_indices`.
///
/// Source: `tf.sparse.mask`.
///
/// # Errors
/// `InvalidArgument` unless `mask_indices` is a vector.
pub fn sparse_mask(a: &IndexedSlices, mask_indices: impl IntoOperand) -> Result<IndexedSlices> {
    let mask = mask_indices.into_operand()?;
    let name = context::take_name().unwrap_or_else(|| "sparse_mask".to_string());
    context::name_scope_for_op(&name, |name| {
        let [indices, kept] = Op::named("ListDiff").input(&a.indices).input(mask).outputs()?;
        let values = context::with_name(&name, || array::gather(&a.values, kept))?;
        Ok(IndexedSlices { values, indices, dense_shape: a.dense_shape.clone() })
    })
}

/// A sparse tensor with its axes in another order; without one they are reversed.
///
/// Source: `tf.sparse.transpose`.
///
/// # Errors
/// `InvalidArgument` for axes that there are not; `Unimplemented` for a sparse tensor of unknown rank without an order.
pub fn sparse_transpose(sp_input: &SparseTensor, perm: Option<&[i32]>) -> Result<SparseTensor> {
    context::name_scope("SparseTranspose", || {
        let perm: Vec<i32> = match (perm, sp_input.dense_shape.shape().dim(0)) {
            (Some(perm), _) => perm.to_vec(),
            (None, Some(rank)) => (0..rank as i32).rev().collect(),
            (None, None) => bail!(unimplemented, "the transpose of a sparse tensor of unknown rank"),
        };
        let perm = NdArray::vector(perm);
        let columns = array::gather(array::transpose(&sp_input.indices)?, &perm)?;
        let dense_shape = match array::constant_value(&sp_input.dense_shape) {
            Some(known) => context::with_eager(|| array::gather(known, &perm)?.numpy()).and_then(constant)?,
            None => array::gather(&sp_input.dense_shape, &perm)?,
        };
        sparse::reorder(&SparseTensor {
            indices: array::transpose(columns)?,
            values: sp_input.values.clone(),
            dense_shape,
        })
    })
}

/// A sparse tensor of the same entries in another shape: the smallest that holds them, or one at least as large as before.
///
/// Source: `tf.sparse.reset_shape`.
///
/// # Errors
/// `ValueError` for a shape that is known to be smaller along some axis, or of another rank; `InvalidArgument` where that
/// is found when it runs.
pub fn reset_shape(sp_input: &SparseTensor, new_shape: Option<&[i64]>) -> Result<SparseTensor> {
    let indices = array::identity(&sp_input.indices)?;
    let values = array::identity(&sp_input.values)?;
    let shape = array::identity(&sp_input.dense_shape)?;
    let dense_shape = match new_shape {
        None => {
            let last = math::reduce_max(&indices, 0)?;
            let past = operators::add(last, array::ones_like_by_filling(shape, None)?)?;
            math::maximum(constant(NdArray::scalar(0i64))?, past)?
        }
        Some(new) => {
            let rank = shape.shape().dim(0);
            if rank.is_some_and(|rank| rank != new.len()) {
                bail!(value, "Dimensions {} and {} are not compatible", new.len(), rank.unwrap_or(0));
            }
            let sizes = NdArray::vector(new.to_vec());
            match array::constant_value(&sp_input.dense_shape) {
                Some(known) => {
                    let known = known.to_i64_vec()?;
                    ensure!(
                        known.iter().zip(new).all(|(old, new)| old <= new),
                        value,
                        "Requested new_shape should have dimension sizes >= sp_input.shape.  Found new_shape ({}), \
                         sp_input.shape ({sizes}).",
                        NdArray::vector(known.clone())
                    );
                    operators::cast(sizes.cast(DType::INT32)?, DType::INT64)?
                }
                None => {
                    let new = constant(sizes)?;
                    context::with_dependencies(new.clone(), || super::assert_less_equal(shape, new, ""))?
                }
            }
        }
    };
    Ok(SparseTensor { indices, values, dense_shape })
}

/// Which of the numbers below `vocab_size` each row holds: `[rows, vocab_size]` truth values.
///
/// The last axis of the sparse tensor of integers becomes one of `vocab_size`.
///
/// Source: `tf.sparse.to_indicator`.
///
/// ```
/// use ferroflow_core::{SparseTensor, constant};
/// use ferroflow_ops::composites::to_indicator;
/// ferroflow_ops::install();
/// let ids = SparseTensor {
///     indices: constant([[0i64, 0], [1, 0], [1, 1]])?,
///     values: constant([2i64, 0, 1])?,
///     dense_shape: constant([2i64, 2])?,
/// };
/// let which = to_indicator(&ids, 3)?.numpy()?;
/// assert_eq!(which.as_slice::<bool>()?, [false, false, true, true, true, false]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a number that is not below `vocab_size`.
pub fn to_indicator(sp_input: &SparseTensor, vocab_size: i64) -> Result<Tensor> {
    context::name_scope_for_op("SparseToIndicator", |name| {
        let count = array::getitem(array::shape(&sp_input.indices)?, 0)?;
        let marks = array::fill(array::expand_dims(count, 0)?, true)?;
        let marked = SparseTensor { values: marks, ..sp_input.clone() };
        let merged = SparseTensor::merged(std::slice::from_ref(sp_input), &marked, &[vocab_size], false)?;
        let op =
            Op::named("SparseToDense").input(merged.indices).input(merged.dense_shape).input(merged.values);
        op.input(false).attr("validate_indices", false).name(name).one()
    })
}

/// A sparse tensor of values at places whose last coordinates are the values of others: ids, of which there are `vocab_size`.
///
/// # Errors
/// `ValueError` for no ids, and for other numbers of sizes.
pub fn sparse_merge(
    sp_ids: &[SparseTensor],
    sp_values: &SparseTensor,
    vocab_size: &[i64],
) -> Result<SparseTensor> {
    ensure!(sp_ids.len() == vocab_size.len(), value, "sp_ids and vocab_size have to have equal lengths.");
    context::name_scope("SparseMerge", || SparseTensor::merged(sp_ids, sp_values, vocab_size, false))
}

/// A function of the values of sparse tensors that have their entries at the same places.
///
/// Source: `tf.sparse.map_values`.
///
/// # Errors
/// What `op` returns, and `InvalidArgument` for entries at other places.
pub fn map_values(
    op: impl FnOnce(&[Tensor]) -> Result<Tensor>,
    args: &[&SparseTensor],
) -> Result<SparseTensor> {
    let Some((first, rest)) = args.split_first() else {
        bail!(value, "No SparseTensor in argument list of map_values");
    };
    let values: Vec<Tensor> = args.iter().map(|arg| arg.values.clone()).collect();
    let same_places = || {
        rest.iter().try_for_each(|other| {
            super::assert_equal(&first.dense_shape, &other.dense_shape, "Mismatched shapes!")?;
            super::assert_equal(&first.indices, &other.indices, "Mismatched indices!")
        })
    };
    let values = context::after_checks(same_places, || op(&values))?;
    Ok(SparseTensor { indices: first.indices.clone(), values, dense_shape: first.dense_shape.clone() })
}
