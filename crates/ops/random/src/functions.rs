//! `tf.random`: the functions that users call, made of the ops of this family.

use crate::seeds::get_seed;
use crate::{stateful, stateless};
use ferroflow_core::context::{name_scope, name_scope_for_op, with_name};
use ferroflow_core::operators::{add, multiply, subtract};
use ferroflow_core::{
    DType, IntoOperand, Op, OpDef, Operand, Result, Tensor, bail, convert_to_tensor, options,
};

options! {
    /// Optional arguments of [`uniform_with`].
    pub struct UniformOptions {
        /// The least number.
        minval: f64 = 0.0,
        /// The number all are below; 1 for floats if not given.
        maxval: Option<f64> = None,
        /// A float type, `int32` or `int64`.
        dtype: DType = DType::FLOAT32,
        /// The op's own seed.
        seed: Option<i64> = None,
    }
}

options! {
    /// Optional arguments of [`normal_with`] and [`truncated_normal_with`].
    pub struct NormalOptions {
        /// The mean.
        mean: f64 = 0.0,
        /// The standard deviation.
        stddev: f64 = 1.0,
        /// A float type.
        dtype: DType = DType::FLOAT32,
        /// The op's own seed.
        seed: Option<i64> = None,
    }
}

/// A constant of this dtype under this name.
pub(crate) fn number(name: &str, value: f64, dtype: DType) -> Result<Tensor> {
    let value = ferroflow_core::NdArray::scalar(value).cast(dtype)?;
    with_name(name, || convert_to_tensor(value, None))
}

pub(crate) fn shape_tensor(shape: impl IntoOperand) -> Result<Tensor> {
    let shape = shape.into_operand()?;
    // No sizes at all are the shape of a scalar, whatever type the empty list has.
    let dtype = shape.value().filter(|value| value.is_empty()).map(|_| DType::INT32);
    let shape = match (shape, dtype) {
        (Operand::Value { array, .. }, Some(dtype)) => {
            Operand::Value { array: array.cast(dtype)?, weak: false }
        }
        (shape, _) => shape,
    };
    with_name("shape", || convert_to_tensor(shape, None))
}

pub(crate) fn seeded(def: &'static OpDef, seed: Option<i64>) -> Op {
    let (seed, seed2) = get_seed(seed);
    Op::new(def).attr("seed", seed).attr("seed2", seed2)
}

/// Uniform numbers on [0, 1).
///
/// Source: `tf.random.uniform`.
///
/// ```
/// let numbers = ferroflow_ops_random::uniform([2, 3])?.numpy()?;
/// assert!(numbers.as_slice::<f32>()?.iter().all(|x| (0.0..1.0).contains(x)));
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes.
pub fn uniform(shape: impl IntoOperand) -> Result<Tensor> {
    uniform_with(shape, |options| options)
}

/// Uniform numbers in a range.
///
/// # Errors
/// `ValueError` for an integer type without `maxval`, `InvalidArgument` for an empty range of integers.
pub fn uniform_with(
    shape: impl IntoOperand,
    options: impl FnOnce(UniformOptions) -> UniformOptions,
) -> Result<Tensor> {
    let options = options(UniformOptions::default());
    let dtype = options.dtype;
    if options.maxval.is_none() && dtype.is_integer() {
        bail!(value, "Must specify maxval for integer dtype {dtype:?}");
    }
    let maxval = options.maxval.unwrap_or(1.0);
    name_scope_for_op("random_uniform", |name| {
        let shape = shape_tensor(shape)?;
        if dtype.is_integer() {
            let (low, high) = (number("min", options.minval, dtype)?, number("max", maxval, dtype)?);
            return seeded(&stateful::RANDOM_UNIFORM_INT, options.seed)
                .input(shape)
                .input(low)
                .input(high)
                .name(name)
                .one();
        }
        let (from_zero, to_one) = (options.minval == 0.0, maxval == 1.0);
        if from_zero && to_one {
            return seeded(&stateful::RANDOM_UNIFORM, options.seed).input(shape).attr("dtype", dtype).one();
        }
        let (low, high) = (number("min", options.minval, dtype)?, number("max", maxval, dtype)?);
        let drawn =
            seeded(&stateful::RANDOM_UNIFORM, options.seed).input(shape).attr("dtype", dtype).one()?;
        if from_zero {
            return multiply(drawn, high);
        }
        let width = with_name("sub", || subtract(&high, &low))?;
        let scaled = with_name("mul", || multiply(drawn, width))?;
        with_name(&name, || add(scaled, low))
    })
}

fn scaled_normal(
    scope: &str,
    def: &'static OpDef,
    shape: impl IntoOperand,
    options: &NormalOptions,
) -> Result<Tensor> {
    name_scope_for_op(scope, |name| {
        let shape = shape_tensor(shape)?;
        let mean = number("mean", options.mean, options.dtype)?;
        let stddev = number("stddev", options.stddev, options.dtype)?;
        let drawn = seeded(def, options.seed).input(shape).attr("dtype", options.dtype).one()?;
        let scaled = with_name("mul", || multiply(drawn, stddev))?;
        with_name(&name, || add(scaled, mean))
    })
}

/// Numbers of the standard normal distribution.
///
/// Source: `tf.random.normal`.
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes.
pub fn normal(shape: impl IntoOperand) -> Result<Tensor> {
    normal_with(shape, |options| options)
}

/// Numbers of a normal distribution.
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes.
pub fn normal_with(
    shape: impl IntoOperand,
    options: impl FnOnce(NormalOptions) -> NormalOptions,
) -> Result<Tensor> {
    let options = options(NormalOptions::default());
    scaled_normal("random_normal", &stateful::RANDOM_STANDARD_NORMAL, shape, &options)
}

/// Numbers of the standard normal distribution within two standard deviations.
///
/// Source: `tf.random.truncated_normal`.
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes.
pub fn truncated_normal(shape: impl IntoOperand) -> Result<Tensor> {
    truncated_normal_with(shape, |options| options)
}

/// Numbers of a normal distribution within two standard deviations of its mean.
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes.
pub fn truncated_normal_with(
    shape: impl IntoOperand,
    options: impl FnOnce(NormalOptions) -> NormalOptions,
) -> Result<Tensor> {
    let options = options(NormalOptions::default());
    scaled_normal("truncated_normal", &stateful::TRUNCATED_NORMAL, shape, &options)
}

/// The slices along the first axis in random order.
///
/// Source: `tf.random.shuffle` (op `RandomShuffle`).
///
/// # Errors
/// Those of the graph in force.
pub fn shuffle(value: impl IntoOperand, seed: Option<i64>) -> Result<Tensor> {
    seeded(&crate::shuffle::RANDOM_SHUFFLE, seed).input(value).one()
}

/// Classes drawn with the probabilities that unnormalised logarithms, a row for each draw, give them.
///
/// Source: `tf.random.categorical` (op `Multinomial`).
///
/// # Errors
/// `InvalidArgument` when `logits` is no matrix.
pub fn categorical(
    logits: impl IntoOperand,
    num_samples: impl IntoOperand,
    dtype: DType,
    seed: Option<i64>,
) -> Result<Tensor> {
    name_scope("categorical", || {
        seeded(&crate::shuffle::MULTINOMIAL, seed)
            .input(logits)
            .input(num_samples)
            .attr("output_dtype", dtype)
            .default_name("Multinomial")
            .one()
    })
}

/// The inputs that stand for a seed in the stateless ops: key and counter.
pub(crate) fn key_counter(seed: impl IntoOperand) -> Result<[Tensor; 2]> {
    Op::new(&stateless::STATELESS_RANDOM_GET_KEY_COUNTER).input(seed).outputs()
}

/// TensorFlow's number for "whatever algorithm suits the device".
pub(crate) const AUTO_SELECT: i32 = 3;

fn stateless_op(def: &'static OpDef, shape: Tensor, seed: impl IntoOperand, dtype: DType) -> Result<Op> {
    let [key, counter] = key_counter(seed)?;
    Ok(Op::new(def).input(shape).input(key).input(counter).input(AUTO_SELECT).attr("dtype", dtype))
}

/// Uniform numbers on [0, 1), which follow from the two numbers of `seed` alone.
///
/// Source: `tf.random.stateless_uniform`.
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes or a seed that is no pair.
pub fn stateless_uniform(shape: impl IntoOperand, seed: impl IntoOperand) -> Result<Tensor> {
    stateless_uniform_with(shape, seed, |options| options)
}

/// Uniform numbers in a range, the same for the same seed of two integers.
///
/// Source: `tf.random.stateless_uniform`.
///
/// # Errors
/// `ValueError` for an integer type without `maxval`, `InvalidArgument` for a seed of another shape.
pub fn stateless_uniform_with(
    shape: impl IntoOperand,
    seed: impl IntoOperand,
    options: impl FnOnce(UniformOptions) -> UniformOptions,
) -> Result<Tensor> {
    let options = options(UniformOptions::default());
    let dtype = options.dtype;
    if options.maxval.is_none() && dtype.is_integer() {
        bail!(value, "Must specify maxval for integer dtype {dtype:?}");
    }
    let maxval = options.maxval.unwrap_or(1.0);
    name_scope_for_op("stateless_random_uniform", |name| {
        let shape = shape_tensor(shape)?;
        let (low, high) = (number("min", options.minval, dtype)?, number("max", maxval, dtype)?);
        if dtype.is_integer() {
            let op = stateless_op(&stateless::STATELESS_RANDOM_UNIFORM_INT_V2, shape, seed, dtype)?;
            return op.input(low).input(high).name(name).one();
        }
        let drawn = stateless_op(&stateless::STATELESS_RANDOM_UNIFORM_V2, shape, seed, dtype)?.one()?;
        let width = with_name("sub", || subtract(&high, &low))?;
        let scaled = with_name("mul", || multiply(drawn, width))?;
        with_name(&name, || add(scaled, low))
    })
}

fn stateless_scaled_normal(
    scope: &str,
    def: &'static OpDef,
    shape: impl IntoOperand,
    seed: impl IntoOperand,
    options: &NormalOptions,
) -> Result<Tensor> {
    name_scope_for_op(scope, |name| {
        let shape = shape_tensor(shape)?;
        let mean = number("mean", options.mean, options.dtype)?;
        let stddev = number("stddev", options.stddev, options.dtype)?;
        let drawn = stateless_op(def, shape, seed, options.dtype)?.one()?;
        let scaled = with_name("mul", || multiply(drawn, stddev))?;
        with_name(&name, || add(scaled, mean))
    })
}

/// Numbers of the standard normal distribution, which follow from the two numbers of `seed` alone.
///
/// Source: `tf.random.stateless_normal`.
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes or a seed that is no pair.
pub fn stateless_normal(shape: impl IntoOperand, seed: impl IntoOperand) -> Result<Tensor> {
    stateless_normal_with(shape, seed, |options| options)
}

/// Numbers of a normal distribution, the same for the same seed of two integers.
///
/// Source: `tf.random.stateless_normal`.
///
/// # Errors
/// `InvalidArgument` for a seed of another shape.
pub fn stateless_normal_with(
    shape: impl IntoOperand,
    seed: impl IntoOperand,
    options: impl FnOnce(NormalOptions) -> NormalOptions,
) -> Result<Tensor> {
    let options = options(NormalOptions::default());
    stateless_scaled_normal(
        "stateless_random_normal",
        &stateless::STATELESS_RANDOM_NORMAL_V2,
        shape,
        seed,
        &options,
    )
}

/// Numbers of the standard normal distribution, drawn again where they are above 2 in absolute value, which follow from the two numbers of `seed` alone.
///
/// Source: `tf.random.stateless_truncated_normal`.
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes or a seed that is no pair.
pub fn stateless_truncated_normal(shape: impl IntoOperand, seed: impl IntoOperand) -> Result<Tensor> {
    stateless_truncated_normal_with(shape, seed, |options| options)
}

/// Numbers of a normal distribution within two standard deviations, the same for the same seed of two integers.
///
/// Source: `tf.random.stateless_truncated_normal`.
///
/// # Errors
/// `InvalidArgument` for a seed of another shape.
pub fn stateless_truncated_normal_with(
    shape: impl IntoOperand,
    seed: impl IntoOperand,
    options: impl FnOnce(NormalOptions) -> NormalOptions,
) -> Result<Tensor> {
    let options = options(NormalOptions::default());
    stateless_scaled_normal(
        "stateless_truncated_normal",
        &stateless::STATELESS_TRUNCATED_NORMAL_V2,
        shape,
        seed,
        &options,
    )
}
