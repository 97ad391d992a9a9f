//! `tf.compat.v1.losses`: cross entropies.

use crate::batch_losses::{LossOptions, agree, compute_weighted_loss_with, loss};
use crate::cast;
use crate::mode::facade;
use ferroflow_core::{IntoOperand, Result, Tensor, context, convert_to_tensor};
use ferroflow_ops::composites;
use ferroflow_ops_array as array;

/// The cross entropy of independent yes-or-no decisions.
///
/// Source: `tf.compat.v1.losses.sigmoid_cross_entropy`.
///
/// # Errors
/// `ValueError` for shapes that differ.
pub fn sigmoid_cross_entropy(
    multi_class_labels: impl IntoOperand,
    logits: impl IntoOperand,
) -> Result<Tensor> {
    sigmoid_cross_entropy_with(multi_class_labels, logits, 0.0, |o| o)
}

/// [`sigmoid_cross_entropy`] with labels moved towards 1/2 by `label_smoothing`, and options.
///
/// # Errors
/// As [`sigmoid_cross_entropy`] and [`compute_weighted_loss_with`].
pub fn sigmoid_cross_entropy_with(
    multi_class_labels: impl IntoOperand,
    logits: impl IntoOperand,
    label_smoothing: f64,
    options: impl FnOnce(LossOptions) -> LossOptions,
) -> Result<Tensor> {
    let (labels, logits) = (multi_class_labels.into_operand()?, logits.into_operand()?);
    loss("sigmoid_cross_entropy_loss", options, || {
        let logits = convert_to_tensor(logits, None)?;
        let mut labels = cast(labels, logits.dtype().base())?;
        agree(&logits, &labels)?;
        if label_smoothing > 0.0 {
            labels = ((labels * (1.0 - label_smoothing))? + 0.5 * label_smoothing)?;
        }
        context::with_name("xentropy", || crate::nn::sigmoid_cross_entropy_with_logits(labels, logits))
    })
}

/// The cross entropy of distributions over classes. No gradient flows through the labels.
///
/// Source: `tf.compat.v1.losses.softmax_cross_entropy`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let loss = tf::losses::softmax_cross_entropy([[0.0, 1.0]], [[0.0, 0.0]])?;
/// assert_eq!(loss.eval_in(&tf::Session::new()?)?.item::<f32>()?, 2f32.ln());
/// assert_eq!(tf::losses::get_losses("").len(), 1);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for shapes that differ.
pub fn softmax_cross_entropy(onehot_labels: impl IntoOperand, logits: impl IntoOperand) -> Result<Tensor> {
    softmax_cross_entropy_with(onehot_labels, logits, 0.0, |o| o)
}

/// [`softmax_cross_entropy`] with labels moved towards equal shares by `label_smoothing`, and options.
///
/// # Errors
/// As [`softmax_cross_entropy`] and [`compute_weighted_loss_with`].
pub fn softmax_cross_entropy_with(
    onehot_labels: impl IntoOperand,
    logits: impl IntoOperand,
    label_smoothing: f64,
    options: impl FnOnce(LossOptions) -> LossOptions,
) -> Result<Tensor> {
    let (labels, logits) = (onehot_labels.into_operand()?, logits.into_operand()?);
    loss("softmax_cross_entropy_loss", options, || {
        let logits = convert_to_tensor(logits, None)?;
        let mut labels = cast(labels, logits.dtype().base())?;
        agree(&logits, &labels)?;
        if label_smoothing > 0.0 {
            let classes = array::getitem(&crate::shape(&labels)?, -1)?;
            let classes = cast(classes, logits.dtype().base())?;
            let negatives = (label_smoothing / classes)?;
            labels = ((labels * (1.0 - label_smoothing))? + negatives)?;
        }
        let labels = context::with_name("labels_stop_gradient", || array::stop_gradient(labels))?;
        context::with_name("xentropy", || composites::softmax_cross_entropy_with_logits(labels, logits))
    })
}

/// The cross entropy of classes that are given by their numbers.
///
/// Source: `tf.compat.v1.losses.sparse_softmax_cross_entropy`.
///
/// # Errors
/// `ValueError` for shapes that do not fit.
pub fn sparse_softmax_cross_entropy(labels: impl IntoOperand, logits: impl IntoOperand) -> Result<Tensor> {
    sparse_softmax_cross_entropy_with(labels, logits, |o| o)
}

/// [`sparse_softmax_cross_entropy`] with weights, another collection or another reduction. Labels or weights of one
/// axis too many lose the last one.
///
/// # Errors
/// As [`sparse_softmax_cross_entropy`] and [`compute_weighted_loss_with`].
pub fn sparse_softmax_cross_entropy_with(
    labels: impl IntoOperand,
    logits: impl IntoOperand,
    options: impl FnOnce(LossOptions) -> LossOptions,
) -> Result<Tensor> {
    let mut options = options(LossOptions::default());
    let (labels, logits) = (labels.into_operand()?, logits.into_operand()?);
    let name = context::take_name().unwrap_or_else(|| "sparse_softmax_cross_entropy_loss".to_string());
    facade(|| {
        context::name_scope_for_op(&name, |name| {
            let (labels, logits) = (convert_to_tensor(labels, None)?, convert_to_tensor(logits, None)?);
            let rank = |tensor: &Tensor| tensor.shape().rank();
            let last = |tensor: Tensor| array::squeeze_with(tensor, |o| o.axis(vec![-1]));
            let labels = match rank(&labels).is_some() && rank(&labels) == rank(&logits) {
                true => last(labels)?,
                false => labels,
            };
            if let Some(weights) = options.weights.take() {
                let extra = rank(&labels).is_some_and(|of| rank(&weights) == Some(of + 1));
                options.weights = Some(if extra { last(weights)? } else { weights });
            }
            let losses = context::with_name("xentropy", || {
                composites::sparse_softmax_cross_entropy_with_logits(labels, logits)
            })?;
            context::with_name(&name, || compute_weighted_loss_with(losses, |_| options))
        })
    })
}
