//! Functions on masks: elements kept or marked by a condition.

use ferroflow_core::{DType, IntoOperand, NdArray, Op, Result, Tensor, bail, context, convert_to_tensor};
use ferroflow_ops_array as array;

/// The elements, or slices, of `tensor` where `mask` is true; the mask covers the first dimensions.
///
/// Source: `tf.boolean_mask`.
///
/// ```
/// use ferroflow_ops::composites::boolean_mask;
/// ferroflow_ops::install();
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
        let rank = rank as i32;
        let size =
            Op::named("Prod").input(array::getitem(array::shape(&tensor)?, 0..rank)?).input([0]).one()?;
        let before = array::getitem(array::shape(&tensor)?, ..0)?;
        let after = array::getitem(array::shape(&tensor)?, rank..)?;
        let flat = array::concat_around(Some(before), &[size], Some(after))?;
        let rows = array::reshape(&tensor, flat)?;
        let mask = array::reshape(&mask, [-1])?;
        let places = array::squeeze_with(array::where_true(mask)?, |o| o.axis([1]))?;
        array::gather(rows, places)
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
        // TensorFlow casts, needed or not.
        let column = Op::named("Cast").input(array::expand_dims(lengths, -1)?).attr("DstT", dtype).one()?;
        Op::named("Less").input(row).input(column).one()
    })
}
