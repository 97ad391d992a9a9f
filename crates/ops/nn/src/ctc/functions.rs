//! The decoders as functions, and the loss of sparse labels.

use crate::ctc::beam_search::CTC_BEAM_SEARCH_DECODER;
use crate::ctc::decoding::CTC_GREEDY_DECODER;
use crate::ctc::loss::CTC_LOSS;
use ferroflow_core::{IntoOperand, Op, Result, SparseTensor, Tensor, bail, options};

options! {
    /// Optional arguments of [`ctc_greedy_decoder_with`].
    pub struct CtcGreedyDecoderOptions {
        /// Whether a class that is the best of consecutive steps is given once.
        merge_repeated: bool = true,
        /// The class of the blank, counted from the end where negative; the last one by default.
        blank_index: i64 = -1,
    }
}

/// The best class of each step of `[time, batch, classes]` scores, blanks left out, as a sparse `[batch, steps]`, and
/// the negative sums of the best scores.
///
/// Source: `tf.nn.ctc_greedy_decoder` (op `CTCGreedyDecoder`).
///
/// ```
/// ferroflow_ops::install();
/// let scores = [[[0.1, 0.9, 0.0]], [[0.1, 0.9, 0.0]], [[0.0, 0.2, 0.8]], [[0.7, 0.1, 0.2]]];
/// let (decoded, _) = ferroflow_ops_nn::ctc_greedy_decoder(scores, [4])?;
/// assert_eq!(decoded[0].values.numpy()?.as_slice::<i64>()?, [1, 0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for scores that are no volume, `FailedPrecondition` for lengths that do not fit them.
pub fn ctc_greedy_decoder(
    inputs: impl IntoOperand,
    sequence_length: impl IntoOperand,
) -> Result<(Vec<SparseTensor>, Tensor)> {
    ctc_greedy_decoder_with(inputs, sequence_length, |options| options)
}

/// [`ctc_greedy_decoder`] with other options.
///
/// # Errors
/// As [`ctc_greedy_decoder`]; `InvalidArgument` for a blank that is no class.
pub fn ctc_greedy_decoder_with(
    inputs: impl IntoOperand,
    sequence_length: impl IntoOperand,
    options: impl FnOnce(CtcGreedyDecoderOptions) -> CtcGreedyDecoderOptions,
) -> Result<(Vec<SparseTensor>, Tensor)> {
    let options = options(CtcGreedyDecoderOptions::default());
    let op = Op::new(&CTC_GREEDY_DECODER).input(inputs).input(sequence_length);
    let op = op.attr("merge_repeated", options.merge_repeated).attr("blank_index", options.blank_index);
    let [indices, values, dense_shape, scores] = op.outputs()?;
    Ok((vec![SparseTensor { indices, values, dense_shape }], scores))
}

options! {
    /// Optional arguments of [`ctc_beam_search_decoder_with`].
    pub struct CtcBeamSearchDecoderOptions {
        /// How many prefixes are kept at each step.
        beam_width: i64 = 100,
        /// How many sequences are given out.
        top_paths: i64 = 1,
    }
}

/// The most probable label sequences for `[time, batch, classes]` scores, the last class being the blank: a sparse
/// `[batch, steps]` for each path, and the logarithms of their probabilities.
///
/// Source: `tf.nn.ctc_beam_search_decoder` (op `CTCBeamSearchDecoder`).
///
/// # Errors
/// `InvalidArgument` for scores that are no volume and for more paths than there are prefixes, `FailedPrecondition`
/// for lengths that do not fit the scores.
pub fn ctc_beam_search_decoder(
    inputs: impl IntoOperand,
    sequence_length: impl IntoOperand,
) -> Result<(Vec<SparseTensor>, Tensor)> {
    ctc_beam_search_decoder_with(inputs, sequence_length, |options| options)
}

/// [`ctc_beam_search_decoder`] with another width or number of paths.
///
/// # Errors
/// As [`ctc_beam_search_decoder`].
pub fn ctc_beam_search_decoder_with(
    inputs: impl IntoOperand,
    sequence_length: impl IntoOperand,
    options: impl FnOnce(CtcBeamSearchDecoderOptions) -> CtcBeamSearchDecoderOptions,
) -> Result<(Vec<SparseTensor>, Tensor)> {
    let options = options(CtcBeamSearchDecoderOptions::default());
    beam_search(inputs, sequence_length, options, false)
}

/// The beam search with v1's choice of merging repeated labels of what was found.
///
/// # Errors
/// As [`ctc_beam_search_decoder`].
pub fn beam_search(
    inputs: impl IntoOperand,
    sequence_length: impl IntoOperand,
    options: CtcBeamSearchDecoderOptions,
    merge_repeated: bool,
) -> Result<(Vec<SparseTensor>, Tensor)> {
    let op = Op::new(&CTC_BEAM_SEARCH_DECODER).input(inputs).input(sequence_length);
    let op = op.attr("beam_width", options.beam_width).attr("top_paths", options.top_paths);
    let mut outputs = op.attr("merge_repeated", merge_repeated).all()?.into_iter();
    let paths = usize::try_from(options.top_paths).unwrap_or(0);
    let mut take = |count| outputs.by_ref().take(count).collect::<Vec<_>>();
    let (indices, values, shapes) = (take(paths), take(paths), take(paths));
    let parts = indices.into_iter().zip(values).zip(shapes);
    let decoded = parts.map(|((indices, values), dense_shape)| SparseTensor { indices, values, dense_shape });
    let decoded = decoded.collect();
    match outputs.next() {
        Some(scores) => Ok((decoded, scores)),
        None => bail!(internal, "CTCBeamSearchDecoder gave no scores"),
    }
}

options! {
    /// Optional arguments of [`sparse_ctc_loss`].
    pub struct SparseCtcLossOptions {
        /// Whether repeated labels are one before the loss is computed.
        preprocess_collapse_repeated: bool = false,
        /// Whether repeated labels of a path are one.
        ctc_merge_repeated: bool = true,
        /// Whether labels that are longer than their inputs have no loss, instead of being an error.
        ignore_longer_outputs_than_inputs: bool = false,
    }
}

/// The loss of sparse `[batch, steps]` labels for `[time, batch, classes]` scores, the last class being the blank.
///
/// # Errors
/// `InvalidArgument` for labels, lengths and scores that do not fit each other.
pub fn sparse_ctc_loss(
    labels: &SparseTensor,
    inputs: impl IntoOperand,
    sequence_length: impl IntoOperand,
    options: SparseCtcLossOptions,
) -> Result<Tensor> {
    let op = Op::new(&CTC_LOSS).input(inputs).input(&labels.indices).input(&labels.values);
    let op = op
        .input(sequence_length)
        .attr("preprocess_collapse_repeated", options.preprocess_collapse_repeated)
        .attr("ctc_merge_repeated", options.ctc_merge_repeated)
        .attr("ignore_longer_outputs_than_inputs", options.ignore_longer_outputs_than_inputs);
    let [loss, _] = op.outputs()?;
    Ok(loss)
}
