//! The loss of label sequences without alignment, and its beam search, in v1's argument orders.

use crate::mode::facade;
use ferroflow_core::{
    DType, IntoOperand, Result, SparseTensor, Tensor, convert_to_tensor, operators, options,
};
use ferroflow_ops_array as array;
use ferroflow_ops_nn::{self as nn, CtcBeamSearchDecoderOptions, SparseCtcLossOptions};

options! {
    /// Optional arguments of [`ctc_loss_with`].
    pub struct CtcLossOptions {
        /// Whether repeated labels are one before the loss is computed.
        preprocess_collapse_repeated: bool = false,
        /// Whether repeated labels of a path are one.
        ctc_merge_repeated: bool = true,
        /// Whether labels that are longer than their inputs have no loss, instead of being an error.
        ignore_longer_outputs_than_inputs: bool = false,
        /// Whether the inputs are `[time, batch, classes]`; else they are `[batch, time, classes]`.
        time_major: bool = true,
    }
}

/// The loss of sparse `[batch, steps]` labels for `[time, batch, classes]` logits, the last class being the blank.
///
/// Source: `tf.compat.v1.nn.ctc_loss`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let labels = tf::SparseTensor::new([[0, 0]], [0], [1, 1])?;
/// let loss = tf::nn::ctc_loss(&labels, [[[0.0, 0.0]], [[0.0, 0.0]]], [2])?;
/// let loss = loss.eval_in(&tf::Session::new()?)?;
/// assert!((loss.item::<f32>()? - 4.0f32.ln() + 3.0f32.ln()).abs() < 1e-6);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for labels, lengths and logits that do not fit each other.
pub fn ctc_loss(
    labels: &SparseTensor,
    inputs: impl IntoOperand,
    sequence_length: impl IntoOperand,
) -> Result<Tensor> {
    ctc_loss_with(labels, inputs, sequence_length, |options| options)
}

/// [`ctc_loss`] with other options.
///
/// # Errors
/// As [`ctc_loss`].
pub fn ctc_loss_with(
    labels: &SparseTensor,
    inputs: impl IntoOperand,
    sequence_length: impl IntoOperand,
    options: impl FnOnce(CtcLossOptions) -> CtcLossOptions,
) -> Result<Tensor> {
    let (inputs, lengths) = (inputs.into_operand()?, sequence_length.into_operand()?);
    let options = options(CtcLossOptions::default());
    facade(|| {
        let mut inputs = convert_to_tensor(inputs, None)?;
        if !options.time_major {
            inputs = array::transpose_with(inputs, |o| o.perm(vec![1, 0, 2]))?;
        }
        let dtype = inputs.dtype();
        let is_half = [DType::HALF, DType::BFLOAT16].contains(&dtype);
        if is_half {
            inputs = operators::cast(inputs, DType::FLOAT32)?;
        }
        let sparse = SparseCtcLossOptions::default()
            .preprocess_collapse_repeated(options.preprocess_collapse_repeated)
            .ctc_merge_repeated(options.ctc_merge_repeated)
            .ignore_longer_outputs_than_inputs(options.ignore_longer_outputs_than_inputs);
        let loss = nn::sparse_ctc_loss(labels, inputs, lengths, sparse)?;
        if is_half { operators::cast(loss, dtype) } else { Ok(loss) }
    })
}

options! {
    /// Optional arguments of [`ctc_beam_search_decoder_with`].
    pub struct CtcBeamSearchOptions {
        /// How many prefixes are kept at each step.
        beam_width: i64 = 100,
        /// How many sequences are given out.
        top_paths: i64 = 1,
        /// Whether equal neighbours in what was found become one.
        merge_repeated: bool = true,
    }
}

/// The most probable label sequences, as in v2, with equal neighbours in what was found made one.
///
/// Source: `tf.compat.v1.nn.ctc_beam_search_decoder`.
///
/// # Errors
/// `InvalidArgument` for scores that are no volume, `FailedPrecondition` for lengths that do not fit them.
pub fn ctc_beam_search_decoder(
    inputs: impl IntoOperand,
    sequence_length: impl IntoOperand,
) -> Result<(Vec<SparseTensor>, Tensor)> {
    ctc_beam_search_decoder_with(inputs, sequence_length, |options| options)
}

/// [`ctc_beam_search_decoder`] with other options.
///
/// # Errors
/// As [`ctc_beam_search_decoder`]; `InvalidArgument` for more paths than there are prefixes.
pub fn ctc_beam_search_decoder_with(
    inputs: impl IntoOperand,
    sequence_length: impl IntoOperand,
    options: impl FnOnce(CtcBeamSearchOptions) -> CtcBeamSearchOptions,
) -> Result<(Vec<SparseTensor>, Tensor)> {
    let (inputs, lengths) = (inputs.into_operand()?, sequence_length.into_operand()?);
    let options = options(CtcBeamSearchOptions::default());
    let width =
        CtcBeamSearchDecoderOptions::default().beam_width(options.beam_width).top_paths(options.top_paths);
    facade(|| nn::beam_search(inputs, lengths, width, options.merge_repeated))
}
