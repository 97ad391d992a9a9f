//! Samplers of candidate classes, and the losses that look at some of many classes.

use super::{embedding_lookup, sigmoid_cross_entropy_with_logits};
use ferroflow_core::{
    AttrValue, DType, IntoOperand, NdArray, Op, Result, Tensor, constant, context, convert_to_tensor,
    operators, options,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;
use ferroflow_ops_random::get_seed;

/// The sampled classes, how often each true class is expected among them, and how often each of themselves.
pub type SampledValues = (Tensor, Tensor, Tensor);

/// What all samplers are asked for.
struct Asked {
    num_true: i64,
    num_sampled: i64,
    unique: bool,
    seed: Option<i64>,
}

fn sampler(
    op: &str,
    true_classes: impl IntoOperand,
    asked: Asked,
    attrs: Vec<(&'static str, AttrValue)>,
) -> Result<SampledValues> {
    let (seed, seed2) = get_seed(asked.seed);
    let op = Op::named(op)
        .input(true_classes)
        .attr("num_true", asked.num_true)
        .attr("num_sampled", asked.num_sampled)
        .attr("unique", asked.unique)
        .attr("seed", seed)
        .attr("seed2", seed2);
    let op = attrs.into_iter().fold(op, |op, (name, value)| op.attr(name, value));
    let [sampled, of_truth, of_sampled] = op.outputs()?;
    Ok((sampled, of_truth, of_sampled))
}

macro_rules! samplers {
    ($($(#[$doc:meta])* $function:ident $op:literal;)*) => {
        $($(#[$doc])*
        ///
        /// # Errors
        /// `InvalidArgument` for true classes that are not `[batch, num_true]` or not below `range_max`, and for more
        /// unique classes than there are.
        pub fn $function(
            true_classes: impl IntoOperand,
            num_true: i64,
            num_sampled: i64,
            unique: bool,
            range_max: i64,
            seed: Option<i64>,
        ) -> Result<SampledValues> {
            let asked = Asked { num_true, num_sampled, unique, seed };
            sampler($op, true_classes, asked, vec![("range_max", range_max.into())])
        })*
    };
}

samplers! {
    /// Classes below `range_max`, each as likely as the others.
    ///
    /// Source: `tf.random.uniform_candidate_sampler` (op `UniformCandidateSampler`).
    uniform_candidate_sampler "UniformCandidateSampler";
    /// Classes below `range_max`, the first ones more likely: as words are that stand in the order of their frequency.
    ///
    /// Source: `tf.random.log_uniform_candidate_sampler` (op `LogUniformCandidateSampler`).
    ///
    /// ```
    /// ferroflow_ops::install();
    /// let (sampled, _, _) =
    ///     ferroflow_ops::composites::log_uniform_candidate_sampler([[3i64]], 1, 5, true, 5, Some(1))?;
    /// let mut sampled = sampled.numpy()?.into_vec::<i64>()?;
    /// sampled.sort();
    /// assert_eq!(sampled, [0, 1, 2, 3, 4]);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    log_uniform_candidate_sampler "LogUniformCandidateSampler";
    /// Classes below `range_max`, as likely as they were among the true classes of all calls so far.
    ///
    /// Source: `tf.random.learned_unigram_candidate_sampler` (op `LearnedUnigramCandidateSampler`).
    learned_unigram_candidate_sampler "LearnedUnigramCandidateSampler";
}

options! {
    /// Optional arguments of [`fixed_unigram_candidate_sampler_with`].
    pub struct FixedUnigramOptions {
        /// A file whose lines end in the weights.
        vocab_file: String = String::new(),
        /// The power that weights are raised to.
        distortion: f32 = 1.0,
        /// How many of the first classes are never sampled.
        num_reserved_ids: i64 = 0,
        /// Among how many samplers the classes are split.
        num_shards: i64 = 1,
        /// The number of this sampler.
        shard: i64 = 0,
        /// The weights.
        unigrams: Vec<f32> = Vec::new(),
        /// The op's own seed.
        seed: Option<i64> = None,
    }
}

/// Classes below `range_max`, as likely as weights say that only the options give:
/// [`fixed_unigram_candidate_sampler_with`].
///
/// Source: `tf.random.fixed_unigram_candidate_sampler` (op `FixedUnigramCandidateSampler`).
///
/// # Errors
/// `InvalidArgument`, for there are no weights.
pub fn fixed_unigram_candidate_sampler(
    true_classes: impl IntoOperand,
    num_true: i64,
    num_sampled: i64,
    unique: bool,
    range_max: i64,
) -> Result<SampledValues> {
    fixed_unigram_candidate_sampler_with(true_classes, num_true, num_sampled, unique, range_max, |o| o)
}

/// Classes below `range_max`, as likely as given weights say: a file's, or `unigrams` of the options.
///
/// # Errors
/// `InvalidArgument` for true classes and numbers that do not fit, and without as many weights as classes; `NotFound`
/// for a missing file.
pub fn fixed_unigram_candidate_sampler_with(
    true_classes: impl IntoOperand,
    num_true: i64,
    num_sampled: i64,
    unique: bool,
    range_max: i64,
    options: impl FnOnce(FixedUnigramOptions) -> FixedUnigramOptions,
) -> Result<SampledValues> {
    let options = options(FixedUnigramOptions::default());
    let asked = Asked { num_true, num_sampled, unique, seed: options.seed };
    let attrs = vec![
        ("range_max", range_max.into()),
        ("vocab_file", options.vocab_file.into()),
        ("distortion", options.distortion.into()),
        ("num_reserved_ids", options.num_reserved_ids.into()),
        ("num_shards", options.num_shards.into()),
        ("shard", options.shard.into()),
        ("unigrams", options.unigrams.into()),
    ];
    sampler("FixedUnigramCandidateSampler", true_classes, asked, attrs)
}

/// All classes, each expected once.
///
/// Source: `tf.random.all_candidate_sampler` (op `AllCandidateSampler`).
///
/// # Errors
/// `InvalidArgument` for true classes that are not `[batch, num_true]` or not below `num_sampled`.
pub fn all_candidate_sampler(
    true_classes: impl IntoOperand,
    num_true: i64,
    num_sampled: i64,
    unique: bool,
    seed: Option<i64>,
) -> Result<SampledValues> {
    sampler("AllCandidateSampler", true_classes, Asked { num_true, num_sampled, unique, seed }, Vec::new())
}

/// Which sampled classes are true ones: rows of `true_classes`, places among the sampled ones, and for each the lowest
/// `float32` to add to its logit.
///
/// Source: `tf.nn.compute_accidental_hits` (op `ComputeAccidentalHits`).
///
/// ```
/// ferroflow_ops::install();
/// let (rows, places, _) =
///     ferroflow_ops::composites::compute_accidental_hits([[1i64], [7]], [4i64, 7, 9], 1, None)?;
/// assert_eq!(rows.numpy()?.as_slice::<i32>()?, [1]);
/// assert_eq!(places.numpy()?.as_slice::<i64>()?, [1]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for true classes that are not `[batch, num_true]`.
pub fn compute_accidental_hits(
    true_classes: impl IntoOperand,
    sampled_candidates: impl IntoOperand,
    num_true: i64,
    seed: Option<i64>,
) -> Result<(Tensor, Tensor, Tensor)> {
    let (seed, seed2) = get_seed(seed);
    let op = Op::named("ComputeAccidentalHits").input(true_classes).input(sampled_candidates);
    let [rows, places, weights] =
        op.attr("num_true", num_true).attr("seed", seed).attr("seed2", seed2).outputs()?;
    Ok((rows, places, weights))
}

options! {
    /// Optional arguments of [`sampled_softmax_loss_with`].
    pub struct SampledSoftmaxLossOptions {
        /// How many true classes each example has.
        num_true: i64 = 1,
        /// What a sampler gave; by default the classes are drawn by [`log_uniform_candidate_sampler`].
        sampled_values: Option<SampledValues> = None,
        /// Whether sampled classes that are true ones do not count.
        remove_accidental_hits: bool = true,
        /// The sampler's own seed.
        seed: Option<i64> = None,
    }
}

options! {
    /// Optional arguments of [`nce_loss_with`].
    pub struct NceLossOptions {
        /// How many true classes each example has.
        num_true: i64 = 1,
        /// What a sampler gave; by default the classes are drawn by [`log_uniform_candidate_sampler`].
        sampled_values: Option<SampledValues> = None,
        /// Whether sampled classes that are true ones do not count.
        remove_accidental_hits: bool = false,
    }
}

fn number(value: i64, dtype: DType) -> Result<Tensor> {
    constant(NdArray::scalar(value).cast(dtype)?)
}

/// The sums of the rows of a matrix.
fn sum_rows(matrix: &Tensor) -> Result<Tensor> {
    let columns = array::slice(array::shape(matrix)?, [1], [1])?;
    let one = constant(NdArray::vector(vec![1i32]))?;
    let ones = array::fill(array::concat([columns, one], 0)?, number(1, matrix.dtype())?)?;
    array::reshape(math::matmul(matrix, ones)?, [-1])
}

/// Logits of the true and the sampled classes, and the distribution that they should have.
fn sampled_logits(
    [weights, biases, labels, inputs]: [Tensor; 4],
    num_sampled: i64,
    num_classes: i64,
    options: SampledSoftmaxLossOptions,
) -> Result<(Tensor, Tensor)> {
    let num_true = options.num_true;
    let labels = if labels.dtype() == DType::INT64 { labels } else { operators::cast(labels, DType::INT64)? };
    let flat = array::reshape(&labels, [-1])?;
    let values = match options.sampled_values {
        Some(values) => values,
        None => {
            log_uniform_candidate_sampler(&labels, num_true, num_sampled, true, num_classes, options.seed)?
        }
    };
    let sampled = operators::cast(array::stop_gradient(values.0)?, DType::INT64)?;
    let (of_truth, of_sampled) = (array::stop_gradient(values.1)?, array::stop_gradient(values.2)?);
    let ids = array::concat([flat.clone(), sampled.clone()], 0)?;
    let dtype = inputs.dtype();
    let as_inputs = |tensor: Tensor| {
        if tensor.dtype() == dtype { Ok(tensor) } else { operators::cast(tensor, dtype) }
    };
    let rows = as_inputs(embedding_lookup(weights, &ids)?)?;
    let offsets = as_inputs(embedding_lookup(biases, &ids)?)?;
    let count = array::shape(&flat)?;
    let with =
        |count: &Tensor, last: i32| array::concat([count.clone(), constant(NdArray::vector(vec![last]))?], 0);
    let true_rows = array::slice(&rows, [0, 0], with(&count, -1)?)?;
    let sampled_rows = array::slice(&rows, with(&count, 0)?, [-1, -1])?;
    let true_offsets = array::slice(&offsets, [0], &count)?;
    let sampled_offsets = array::slice(&offsets, &count, [-1])?;
    let dim = array::slice(array::shape(&true_rows)?, [1], [1])?;
    let of_examples = constant(NdArray::vector(vec![-1i32, i32::try_from(num_true).unwrap_or(i32::MAX)]))?;
    let by_example = array::reshape(&true_rows, array::concat([of_examples, dim.clone()], 0)?)?;
    let products = operators::multiply(array::expand_dims(&inputs, 1)?, by_example)?;
    let all = array::concat([constant(NdArray::vector(vec![-1i32]))?, dim], 0)?;
    let dots = sum_rows(&array::reshape(products, all)?)?;
    let to_examples = [-1, num_true];
    let mut true_logits = (array::reshape(dots, to_examples)? + array::reshape(true_offsets, to_examples)?)?;
    let product = math::matmul_with(&inputs, sampled_rows, |o| o.transpose_b(true))?;
    let mut sampled_logits = (product + sampled_offsets)?;
    if options.remove_accidental_hits {
        let (hit_rows, places, lowest) = compute_accidental_hits(&labels, sampled, num_true, None)?;
        let column = |tensor: Tensor| array::reshape(operators::cast(tensor, DType::INT32)?, [-1, 1]);
        let indices = array::concat([column(hit_rows)?, column(places)?], 1)?;
        let batch = array::slice(array::shape(&labels)?, [0], [1])?;
        let wide = constant(NdArray::vector(vec![i32::try_from(num_sampled).unwrap_or(i32::MAX)]))?;
        let hits = Op::named("SparseToDense")
            .input(indices)
            .input(array::concat([batch, wide], 0)?)
            .input(as_inputs(lowest)?)
            .input(number(0, dtype)?)
            .attr("validate_indices", false)
            .one()?;
        sampled_logits = (sampled_logits + hits)?;
    }
    true_logits = (true_logits - math::log(as_inputs(of_truth)?)?)?;
    sampled_logits = (sampled_logits - math::log(as_inputs(of_sampled)?)?)?;
    let truth = operators::truediv(array::ones_like(&true_logits)?, number(num_true, dtype)?)?;
    let labels = array::concat([truth, array::zeros_like(&sampled_logits)?], 1)?;
    Ok((array::concat([true_logits, sampled_logits], 1)?, labels))
}

fn tensors(
    weights: impl IntoOperand,
    biases: impl IntoOperand,
    labels: impl IntoOperand,
    inputs: impl IntoOperand,
) -> Result<[Tensor; 4]> {
    Ok([
        convert_to_tensor(weights, None)?,
        convert_to_tensor(biases, None)?,
        convert_to_tensor(labels, None)?,
        convert_to_tensor(inputs, None)?,
    ])
}

/// The softmax loss of each of `[batch, dim]` inputs over its true classes, `labels`, and some sampled ones; `weights` are
/// `[num_classes, dim]`.
///
/// Source: `tf.nn.sampled_softmax_loss`.
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit, or for labels from `num_classes` on.
pub fn sampled_softmax_loss(
    weights: impl IntoOperand,
    biases: impl IntoOperand,
    labels: impl IntoOperand,
    inputs: impl IntoOperand,
    num_sampled: i64,
    num_classes: i64,
) -> Result<Tensor> {
    sampled_softmax_loss_with(weights, biases, labels, inputs, num_sampled, num_classes, |options| options)
}

/// [`sampled_softmax_loss`] with other options.
///
/// # Errors
/// As [`sampled_softmax_loss`].
pub fn sampled_softmax_loss_with(
    weights: impl IntoOperand,
    biases: impl IntoOperand,
    labels: impl IntoOperand,
    inputs: impl IntoOperand,
    num_sampled: i64,
    num_classes: i64,
    options: impl FnOnce(SampledSoftmaxLossOptions) -> SampledSoftmaxLossOptions,
) -> Result<Tensor> {
    let tensors = tensors(weights, biases, labels, inputs)?;
    let options = options(SampledSoftmaxLossOptions::default());
    context::name_scope("sampled_softmax_loss", || {
        let (logits, labels) = sampled_logits(tensors, num_sampled, num_classes, options)?;
        super::softmax_cross_entropy_with_logits(array::stop_gradient(labels)?, logits)
    })
}

/// The noise-contrastive loss of each of `[batch, dim]` inputs: the logistic losses of its true classes, `labels`, and of
/// some sampled ones; `weights` are `[num_classes, dim]`.
///
/// Source: `tf.nn.nce_loss`.
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit, or for labels from `num_classes` on.
pub fn nce_loss(
    weights: impl IntoOperand,
    biases: impl IntoOperand,
    labels: impl IntoOperand,
    inputs: impl IntoOperand,
    num_sampled: i64,
    num_classes: i64,
) -> Result<Tensor> {
    nce_loss_with(weights, biases, labels, inputs, num_sampled, num_classes, |options| options)
}

/// [`nce_loss`] with other options.
///
/// # Errors
/// As [`nce_loss`].
pub fn nce_loss_with(
    weights: impl IntoOperand,
    biases: impl IntoOperand,
    labels: impl IntoOperand,
    inputs: impl IntoOperand,
    num_sampled: i64,
    num_classes: i64,
    options: impl FnOnce(NceLossOptions) -> NceLossOptions,
) -> Result<Tensor> {
    let tensors = tensors(weights, biases, labels, inputs)?;
    let options = options(NceLossOptions::default());
    let options = SampledSoftmaxLossOptions::default()
        .num_true(options.num_true)
        .sampled_values(options.sampled_values)
        .remove_accidental_hits(options.remove_accidental_hits);
    context::name_scope("nce_loss", || {
        let (logits, labels) = sampled_logits(tensors, num_sampled, num_classes, options)?;
        sum_rows(&sigmoid_cross_entropy_with_logits(labels, logits)?)
    })
}
