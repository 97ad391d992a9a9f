//! Functions made of several ops of this family.

use ferroflow_core::{IntoOperand, IntoOperands, Result, Tensor, context, convert_to_tensor};

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
        let Some(dtype) = columns.first().map(|column| column.dtype().base()) else { return Ok(Vec::new()) };
        let ones = crate::ones(shape, dtype)?;
        columns.iter().map(|column| column * &ones).collect()
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
