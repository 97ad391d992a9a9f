//! Functions made of several ops of this family.

use ferroflow_core::{
    DType, IntoOperand, IntoOperands, NdArray, Op, Result, Tensor, bail, context, convert_to_tensor,
};

/// The elements, or slices, of `tensor` where `mask` is true; the mask covers the first dimensions.
///
/// Source: `tf.boolean_mask`.
///
/// ```
/// use ferroflow_ops_array::boolean_mask;
/// let kept = boolean_mask([1, 2, 3], [true, false, true])?;
/// assert_eq!(kept.numpy()?.as_slice::<i32>()?, [1, 3]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` when the mask is a scalar or its shape does not begin the tensor's.
pub fn boolean_mask(tensor: impl IntoOperand, mask: impl IntoOperand) -> Result<Tensor> {
    let (tensor, mask) = (tensor.into_operand()?, mask.into_operand()?);
    context::name_scope("boolean_mask", || {
        let tensor = context::with_name("tensor", || convert_to_tensor(tensor, None))?;
        let mask = context::with_name("mask", || convert_to_tensor(mask, Some(DType::BOOL)))?;
        let (Some(rank), Some(whole)) = (mask.rank(), tensor.rank()) else {
            bail!(
                value,
                "Number of mask dimensions must be specified, even if some dimensions are None.  E.g. shape=[None] \
                 is ok, but shape=None is not."
            );
        };
        if rank == 0 {
            bail!(value, "mask cannot be scalar.");
        }
        let covered = tensor.shape().slice(0..rank);
        if rank > whole || !covered.is_compatible_with(&mask.shape()) {
            bail!(value, "Shapes {} and {} are incompatible", covered, mask.shape());
        }
        let shape = crate::shape(&tensor)?;
        let size =
            Op::named("Prod").input(crate::gradients::part(&shape, None, Some(rank as i32))?).input([0]);
        let size = size.attr("keep_dims", true).one()?;
        let flat = crate::concat([size, crate::gradients::part(&shape, Some(rank as i32), None)?], 0)?;
        let rows = crate::reshape(&tensor, flat)?;
        let mask = crate::reshape(&mask, [-1])?;
        let places = crate::squeeze_with(crate::where_true(mask)?, |o| o.axis([1]))?;
        crate::gather(rows, places)
    })
}

/// For vectors `x0, x1, ...` the grids of their combinations, `x1` along the first dimension as plots want it.
///
/// Source: `tf.meshgrid`.
///
/// # Errors
/// Those of the ops it is made of.
pub fn meshgrid(vectors: impl IntoOperands) -> Result<Vec<Tensor>> {
    grids(vectors, true)
}

/// The same with `x0` along the first dimension (`indexing='ij'`).
///
/// # Errors
/// Those of the ops it is made of.
pub fn meshgrid_ij(vectors: impl IntoOperands) -> Result<Vec<Tensor>> {
    grids(vectors, false)
}

fn grids(vectors: impl IntoOperands, cartesian: bool) -> Result<Vec<Tensor>> {
    let vectors = vectors.into_operands()?;
    let rank = vectors.len();
    context::name_scope("meshgrid", || {
        let mut columns = Vec::with_capacity(rank);
        let mut sizes = Vec::with_capacity(rank);
        for (position, vector) in vectors.into_iter().enumerate() {
            let vector = convert_to_tensor(vector, None)?;
            let place = if cartesian && rank > 1 && position < 2 { 1 - position } else { position };
            let shape: Vec<i32> = (0..rank).map(|dim| if dim == place { -1 } else { 1 }).collect();
            sizes.push((place, crate::size(&vector)?));
            columns.push(crate::reshape(vector, shape)?);
        }
        sizes.sort_by_key(|(place, _)| *place);
        let shape = crate::stack(sizes.into_iter().map(|(_, size)| size))?;
        columns.into_iter().map(|column| crate::broadcast_to(column, &shape)).collect()
    })
}

/// For each length a row of that many `true`, then `false` up to `maxlen`.
///
/// Source: `tf.sequence_mask`.
///
/// # Errors
/// `ValueError` when `maxlen` is no scalar.
pub fn sequence_mask(lengths: impl IntoOperand, maxlen: impl IntoOperand) -> Result<Tensor> {
    let (lengths, maxlen) = (lengths.into_operand()?, maxlen.into_operand()?);
    context::name_scope("SequenceMask", || {
        let lengths = convert_to_tensor(lengths, None)?;
        let maxlen = convert_to_tensor(maxlen, Some(lengths.dtype().base()))?;
        if maxlen.rank().is_some_and(|rank| rank != 0) {
            bail!(value, "Argument `maxlen` must be scalar, received `maxlen` = {maxlen:?}.");
        }
        let dtype = lengths.dtype().base();
        let number = |value: i64| convert_to_tensor(NdArray::scalar(value).cast(dtype)?, None);
        let row = Op::named("Range").input(number(0)?).input(maxlen).input(number(1)?).one()?;
        let column = crate::expand_dims(lengths, -1)?;
        Op::named("Less").input(row).input(column).one()
    })
}

/// The order in which the elements of the last dimension of `values` stand when sorted, equal ones as they were.
///
/// Source: `tf.argsort`.
///
/// # Errors
/// Those of the ops it is made of.
pub fn argsort(values: impl IntoOperand, descending: bool) -> Result<Tensor> {
    let values = values.into_operand()?;
    context::name_scope("argsort", || {
        let values = convert_to_tensor(values, None)?;
        let [_, order] = sorted_pairs(&values, descending)?;
        Ok(order)
    })
}

/// The tensor with the last dimension in order.
///
/// Source: `tf.sort`.
///
/// ```
/// use ferroflow_ops_array::sort;
/// assert_eq!(sort([3, 1, 2], true)?.numpy()?.as_slice::<i32>()?, [3, 2, 1]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// Those of the ops it is made of.
pub fn sort(values: impl IntoOperand, descending: bool) -> Result<Tensor> {
    let values = values.into_operand()?;
    context::name_scope("sort", || {
        let values = convert_to_tensor(values, None)?;
        let [sorted, _] = sorted_pairs(&values, descending)?;
        if descending { Ok(sorted) } else { mirrored(&sorted) }
    })
}

/// `TopKV2` of the whole last dimension; ascending order comes from the mirrored values, mirrored again by the
/// caller.
fn sorted_pairs(values: &Tensor, descending: bool) -> Result<[Tensor; 2]> {
    let count = crate::getitem(crate::shape(values)?, -1)?;
    let keys = if descending { values.clone() } else { mirrored(values)? };
    let [sorted, order] = crate::top_k(keys, count)?;
    Ok([sorted, order])
}

/// Values in the opposite order of size. Unsigned integers have no negative, and the least integer none either:
/// both mirror by complement.
fn mirrored(values: &Tensor) -> Result<Tensor> {
    if values.dtype().is_integer() {
        ferroflow_core::operators::invert(values)
    } else {
        ferroflow_core::operators::negative(values)
    }
}
