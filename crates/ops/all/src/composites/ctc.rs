//! The loss of sparse label sequences with any class as the blank, and labels without their repetitions.

use super::{boolean_mask, sequence_mask};
use ferroflow_core::{
    DType, IntoOperand, Result, SparseTensor, Tensor, bail, context, convert_to_tensor, operators, options,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;
use ferroflow_ops_nn::{SparseCtcLossOptions, sparse_ctc_loss};

options! {
    /// Optional arguments of [`ctc_loss_with`].
    pub struct CtcLossOptions {
        /// Whether the logits are `[time, batch, classes]`; else they are `[batch, time, classes]`.
        logits_time_major: bool = true,
    }
}

/// The loss of sparse `[batch, steps]` labels for `[time, batch, classes]` logits; `blank_index` is the class of the
/// blank, counted from the end where it is negative. The lengths of the labels are known from their indices.
///
/// Source: `tf.nn.ctc_loss`.
///
/// ```
/// use ferroflow_core::SparseTensor;
/// ferroflow_ops::install();
/// let labels = SparseTensor::new([[0, 0]], [0], [1, 1])?;
/// let loss = ferroflow_ops::composites::ctc_loss(&labels, [[[0.0, 0.0]], [[0.0, 0.0]]], [2], -1)?;
/// assert!((loss.numpy()?.item::<f32>()? - 4.0f32.ln() + 3.0f32.ln()).abs() < 1e-6);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for labels, lengths and logits that do not fit each other; `Unimplemented` for a blank counted from
/// the end of an unknown number of classes.
pub fn ctc_loss(
    labels: &SparseTensor,
    logits: impl IntoOperand,
    logit_length: impl IntoOperand,
    blank_index: i64,
) -> Result<Tensor> {
    ctc_loss_with(labels, logits, logit_length, blank_index, |options| options)
}

/// [`ctc_loss`] with the dimensions of the logits in another order.
///
/// # Errors
/// As [`ctc_loss`].
pub fn ctc_loss_with(
    labels: &SparseTensor,
    logits: impl IntoOperand,
    logit_length: impl IntoOperand,
    blank_index: i64,
    options: impl FnOnce(CtcLossOptions) -> CtcLossOptions,
) -> Result<Tensor> {
    let options = options(CtcLossOptions::default());
    let (logits, lengths) = (convert_to_tensor(logits, None)?, logit_length.into_operand()?);
    let blank = match logits.shape().dim(2) {
        Some(classes) if blank_index < 0 => blank_index + classes as i64,
        None if blank_index < 0 => {
            bail!(unimplemented, "ctc_loss with a negative blank_index and an unknown number of classes")
        }
        _ => blank_index,
    };
    // The op wants the blank behind all other classes.
    let classes = |begin: i64, size: i64| array::slice(&logits, [0, 0, begin], [-1, -1, size]);
    let parts = [classes(0, blank)?, classes(blank + 1, -1)?, classes(blank, 1)?];
    let mut logits = array::concat(parts, 2)?;
    let below = math::less(&labels.values, i32::try_from(blank).unwrap_or(i32::MAX))?;
    let values = array::where_select(below, &labels.values, (&labels.values - 1)?)?;
    let labels = labels.with_values(values)?;
    if !options.logits_time_major {
        logits = array::transpose_with(logits, |o| o.perm(vec![1, 0, 2]))?;
    }
    let dtype = logits.dtype();
    let is_half = [DType::HALF, DType::BFLOAT16].contains(&dtype);
    if is_half {
        logits = operators::cast(logits, DType::FLOAT32)?;
    }
    let loss = sparse_ctc_loss(&labels, logits, lengths, SparseCtcLossOptions::default())?;
    if is_half { operators::cast(loss, dtype) } else { Ok(loss) }
}

/// Labels `[batch, steps]` without those that equal their left neighbour, filled up with zeros, and the lengths that are
/// left of `seq_length`.
///
/// Source: `tf.nn.collapse_repeated`.
///
/// ```
/// ferroflow_ops::install();
/// let (labels, lengths) = ferroflow_ops::composites::collapse_repeated([[1, 1, 2, 2, 1]], [5])?;
/// assert_eq!(labels.numpy()?.as_slice::<i32>()?, [1, 2, 1]);
/// assert_eq!(lengths.numpy()?.as_slice::<i32>()?, [3]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit.
pub fn collapse_repeated(labels: impl IntoOperand, seq_length: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    let (labels, seq_length) = (labels.into_operand()?, seq_length.into_operand()?);
    context::name_scope("collapse_repeated_labels", || {
        let labels = context::with_name("labels", || convert_to_tensor(labels, None))?;
        let seq_length = context::with_name("seq_length", || convert_to_tensor(seq_length, None))?;
        let dims = array::shape(&labels)?;
        let dim = |axis: i32| array::gather(&dims, axis);
        let columns = |begin: i32, size: Tensor| {
            array::slice(&labels, [0, begin], array::stack([operators::constant(-1)?, size])?)
        };
        let steps = (dim(1)? - 1)?;
        let first = array::slice(&labels, [0, 0], [-1, 1])?;
        let changes = math::not_equal(columns(1, steps.clone())?, columns(0, steps)?)?;
        let starts = array::concat([math::equal(&first, &first)?, changes], 1)?;
        let kept = operators::logical_and(starts, sequence_mask(&seq_length, dim(1)?)?)?;
        let lengths = math::reduce_sum(operators::cast(&kept, DType::INT32)?, 1)?;
        let longest = math::reduce_max(&lengths, ())?;
        let places = array::reshape(sequence_mask(&lengths, &longest)?, [-1])?;
        let size = array::shape(&places)?;
        let numbers = math::range(0, array::reshape(&size, [0; 0])?, 1)?;
        let updates = boolean_mask(array::reshape(&labels, [-1])?, array::reshape(kept, [-1])?)?;
        let flat = array::scatter_nd(array::expand_dims(boolean_mask(numbers, places)?, 1)?, updates, size)?;
        let collapsed = array::reshape(flat, array::stack([dim(0)?, longest])?)?;
        Ok((collapsed, operators::cast(lengths, seq_length.dtype())?))
    })
}
