//! `tf.random`: numbers of distributions with parameters, and seeds made of seeds.

use crate::functions::{AUTO_SELECT, key_counter, number, seeded, shape_tensor};
use crate::index_shuffle::RANDOM_INDEX_SHUFFLE;
use crate::{parametric, shuffle, stateless};
use ferroflow_core::context::{name_scope, name_scope_for_op, with_name};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, Result, Tensor, bail, bf16, convert_to_tensor, ensure, f16,
    options,
};

options! {
    /// Optional arguments of [`gamma_with`] and [`stateless_gamma_with`].
    pub struct GammaOptions {
        /// The inverse scale; 1 by default.
        beta: Option<Tensor> = None,
        /// A float type.
        dtype: DType = DType::FLOAT32,
        /// The op's own seed; stateless numbers have theirs as an argument.
        seed: Option<i64> = None,
    }
}

fn parameter(name: &'static str, value: impl IntoOperand, dtype: Option<DType>) -> Result<Tensor> {
    let value = value.into_operand()?;
    with_name(name, || convert_to_tensor(value, dtype))
}

fn shape_of(tensor: &Tensor) -> Result<Tensor> {
    match tensor.shape().to_i64() {
        Some(dims) if dims.iter().all(|&dim| dim >= 0) => {
            let dims = dims.into_iter().map(|dim| dim as i32).collect();
            with_name("Shape", || convert_to_tensor(NdArray::vector::<i32>(dims), None))
        }
        _ => Op::named("Shape").input(tensor).one(),
    }
}

/// The least number that is positive and normal.
fn tiny(dtype: DType) -> Result<f64> {
    Ok(match dtype {
        DType::FLOAT32 => f32::MIN_POSITIVE.into(),
        DType::FLOAT64 => f64::MIN_POSITIVE,
        DType::HALF => f16::MIN_POSITIVE.to_f64(),
        DType::BFLOAT16 => bf16::MIN_POSITIVE.to_f64(),
        other => bail!(type_error, "gamma numbers of dtype {} are not possible", other.name()),
    })
}

/// Numbers that `draw` gives for `alpha` as wide as `beta` needs it, scaled and kept above 0.
fn scaled_gamma(
    alpha: impl IntoOperand,
    options: &GammaOptions,
    draw: impl FnOnce(Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let dtype = options.dtype;
    let least = tiny(dtype)?;
    let alpha = parameter("alpha", alpha, Some(dtype))?;
    let beta = match &options.beta {
        Some(beta) => parameter("beta", beta, Some(dtype))?,
        None => number("beta", 1.0, dtype)?,
    };
    let spread = Op::named("BroadcastArgs").input(shape_of(&alpha)?).input(shape_of(&beta)?).one()?;
    let drawn = draw(Op::named("BroadcastTo").input(&alpha).input(spread).one()?)?;
    let scaled = with_name("truediv", || drawn / beta)?;
    Op::named("Maximum").input(number("Maximum/x", least, dtype)?).input(scaled).one()
}

/// Numbers of gamma distributions with the shapes `alpha`: as many as `shape` says for each of them.
///
/// Source: `tf.random.gamma`.
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes.
pub fn gamma(shape: impl IntoOperand, alpha: impl IntoOperand) -> Result<Tensor> {
    gamma_with(shape, alpha, |options| options)
}

/// The same with inverse scales, a dtype or a seed.
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes or parameters that do not fit each other.
pub fn gamma_with(
    shape: impl IntoOperand,
    alpha: impl IntoOperand,
    options: impl FnOnce(GammaOptions) -> GammaOptions,
) -> Result<Tensor> {
    let options = options(GammaOptions::default());
    name_scope("random_gamma", || {
        let shape = parameter("shape", shape, Some(DType::INT32))?;
        scaled_gamma(alpha, &options, |alpha| {
            seeded(&parametric::RANDOM_GAMMA, options.seed).input(shape).input(alpha).one()
        })
    })
}

/// Numbers of gamma distributions, which follow from the two numbers of `seed` alone. The last axes of `shape` are those of
/// the parameters.
///
/// Source: `tf.random.stateless_gamma`.
///
/// # Errors
/// `InvalidArgument` for a shape that does not end with that of the parameters, or a seed that is no pair.
pub fn stateless_gamma(
    shape: impl IntoOperand,
    seed: impl IntoOperand,
    alpha: impl IntoOperand,
) -> Result<Tensor> {
    stateless_gamma_with(shape, seed, alpha, |options| options)
}

/// The same with inverse scales or a dtype.
///
/// # Errors
/// As [`stateless_gamma`].
pub fn stateless_gamma_with(
    shape: impl IntoOperand,
    seed: impl IntoOperand,
    alpha: impl IntoOperand,
    options: impl FnOnce(GammaOptions) -> GammaOptions,
) -> Result<Tensor> {
    let options = options(GammaOptions::default());
    name_scope("stateless_random_gamma", || {
        let shape = shape_tensor(shape)?;
        scaled_gamma(alpha, &options, |alpha| {
            let [key, counter] = key_counter(seed)?;
            let op = Op::new(&parametric::STATELESS_RANDOM_GAMMA_V3).input(shape).input(key).input(counter);
            op.input(AUTO_SELECT).input(alpha).one()
        })
    })
}

/// Numbers of Poisson distributions with the means `lam`: as many as `shape` says for each of them.
///
/// Source: `tf.random.poisson`.
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes.
pub fn poisson(
    shape: impl IntoOperand,
    lam: impl IntoOperand,
    dtype: DType,
    seed: Option<i64>,
) -> Result<Tensor> {
    name_scope("random_poisson", || {
        let shape = parameter("shape", shape, Some(DType::INT32))?;
        let lam = parameter("RandomPoissonV2/rate", lam, None)?;
        let op = seeded(&parametric::RANDOM_POISSON_V2, seed).input(shape).input(lam);
        op.attr("dtype", dtype).one()
    })
}

/// Numbers of Poisson distributions, which follow from the two numbers of `seed` alone. The last axes of `shape` are those
/// of the means.
///
/// Source: `tf.random.stateless_poisson`.
///
/// # Errors
/// `InvalidArgument` for a shape that does not end with that of the means, or a seed that is no pair.
pub fn stateless_poisson(
    shape: impl IntoOperand,
    seed: impl IntoOperand,
    lam: impl IntoOperand,
    dtype: DType,
) -> Result<Tensor> {
    name_scope("stateless_random_poisson", || {
        let op = Op::new(&parametric::STATELESS_RANDOM_POISSON).input(shape_tensor(shape)?);
        op.input(seed).input(lam).attr("dtype", dtype).one()
    })
}

/// How many of `counts` trials succeed, each with the probability `probs`; the numbers follow from the two numbers of `seed`
/// alone.
///
/// Source: `tf.random.stateless_binomial`.
///
/// # Errors
/// `InvalidArgument` for a shape that does not end with that of the parameters, or a seed that is no pair.
pub fn stateless_binomial(
    shape: impl IntoOperand,
    seed: impl IntoOperand,
    counts: impl IntoOperand,
    probs: impl IntoOperand,
    output_dtype: DType,
) -> Result<Tensor> {
    name_scope("stateless_random_binomial", || {
        let shape = shape_tensor(shape)?;
        let probs = parameter("probs", probs, None)?;
        // A literal takes the dtype of the probabilities; a tensor keeps its own.
        let counts = match counts.into_operand()? {
            Operand::Value { array, weak: true } => {
                Operand::Value { array: array.cast(probs.dtype())?, weak: false }
            }
            other => other,
        };
        let counts = with_name("counts", || convert_to_tensor(counts, None))?;
        let op = Op::new(&parametric::STATELESS_RANDOM_BINOMIAL).input(shape).input(seed);
        op.input(counts).input(probs).attr("dtype", output_dtype).one()
    })
}

/// Classes drawn by their unnormalised log-probabilities, a row for each row of `logits`; they follow from the two numbers of
/// `seed` alone.
///
/// Source: `tf.random.stateless_categorical`.
///
/// # Errors
/// `ValueError` for a dtype that is neither `int32` nor `int64`, `InvalidArgument` for logits that are no matrix.
pub fn stateless_categorical(
    logits: impl IntoOperand,
    num_samples: impl IntoOperand,
    seed: impl IntoOperand,
    dtype: DType,
) -> Result<Tensor> {
    ensure!(
        matches!(dtype, DType::INT32 | DType::INT64),
        value,
        "Argument `dtype` got invalid value {dtype:?}. Accepted dtypes are (tf.int32, tf.int64)."
    );
    name_scope("stateless_categorical", || {
        let logits = parameter("logits", logits, None)?;
        let op = Op::new(&shuffle::STATELESS_MULTINOMIAL).input(logits).input(num_samples).input(seed);
        op.attr("output_dtype", dtype).one()
    })
}

fn full_ints(shape: &[i32], seed: impl IntoOperand, dtype: DType) -> Result<Tensor> {
    name_scope_for_op("stateless_random_uniform", |name| {
        let shape = shape_tensor(NdArray::vector(shape.to_vec()))?;
        let [key, counter] = key_counter(seed)?;
        let op = Op::new(&stateless::STATELESS_RANDOM_UNIFORM_FULL_INT_V2).input(shape).input(key);
        op.input(counter).input(AUTO_SELECT).attr("dtype", dtype).name(name).one()
    })
}

/// `num` new seeds made of one.
///
/// Source: `tf.random.split`.
///
/// ```
/// let seeds = ferroflow_ops_random::split([1, 2], 3)?;
/// assert_eq!(seeds.shape(), [3, 2].into());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a seed that is no pair.
pub fn split(seed: impl IntoOperand, num: i32) -> Result<Tensor> {
    let seed = convert_to_tensor(seed, None)?;
    let dtype = seed.dtype();
    full_ints(&[num, 2], seed, dtype)
}

/// A new seed made of one and of a number.
///
/// Source: `tf.random.fold_in`.
///
/// # Errors
/// `InvalidArgument` for a seed that is no pair.
pub fn fold_in(seed: impl IntoOperand, data: impl IntoOperand) -> Result<Tensor> {
    let data = convert_to_tensor(data, None)?;
    let first = full_ints(&[], seed, data.dtype())?;
    Op::named("Pack").inputs([first, data]).name("stack").one()
}

/// The rows in an order that follows from the two numbers of `seed` alone.
///
/// Source: `tf.random.experimental.stateless_shuffle`.
///
/// # Errors
/// `InvalidArgument` for a seed that is no pair.
pub fn stateless_shuffle(value: impl IntoOperand, seed: impl IntoOperand) -> Result<Tensor> {
    name_scope("stateless_shuffle", || {
        let [key, counter] = key_counter(seed)?;
        let op = Op::new(&shuffle::STATELESS_SHUFFLE).input(value).input(key).input(counter);
        op.input(AUTO_SELECT).one()
    })
}

/// Where the element `index` of a range that ends with `max_index` stands in a random order of it.
///
/// Source: `tf.random.experimental.index_shuffle`.
///
/// # Errors
/// `InvalidArgument` for an index beyond the last one.
pub fn index_shuffle(
    index: impl IntoOperand,
    seed: impl IntoOperand,
    max_index: impl IntoOperand,
) -> Result<Tensor> {
    let seed = convert_to_tensor(seed, None)?;
    // The op takes three numbers; TensorFlow puts this one before a pair.
    let rank = seed.rank().unwrap_or(1);
    let mut paddings = vec![0i32; 2 * rank];
    if let Some(first) = paddings.first_mut() {
        *first = 1;
    }
    let filler = NdArray::scalar(498_247_692i64).cast(seed.dtype())?;
    let padded = Op::named("PadV2").input(&seed).input(NdArray::from_vec(&[rank, 2], paddings)?);
    let padded = padded.input(filler).one()?;
    let op = Op::new(&RANDOM_INDEX_SHUFFLE).input(index).input(padded).input(max_index);
    op.attr("rounds", 4i64).one()
}
