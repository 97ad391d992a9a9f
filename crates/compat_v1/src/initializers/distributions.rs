//! Initial values drawn at random.

use super::initializer::{Initializer, sizes};
use ferroflow_core::operators::{add, multiply, subtract};
use ferroflow_core::{DType, NdArray, Op, Result, Tensor, bail, context, convert_to_tensor, ensure};
use ferroflow_ops_array as array;
use ferroflow_ops_random as random;
pub use ferroflow_ops_random::{Distribution, FanMode};

fn uniform(shape: &[usize], low: f64, high: f64, dtype: DType, seed: Option<i64>) -> Result<Tensor> {
    if low != 0.0 || dtype.is_integer() {
        return random::uniform_with(sizes(shape)?, |o| {
            o.minval(low).maxval(Some(high)).dtype(dtype).seed(seed)
        });
    }
    // A lower end of 0.0 is a number like any other to TensorFlow's initializers: it is added.
    context::name_scope_for_op("random_uniform", |name| {
        let number = |name: &str, value: f64| {
            let value = NdArray::scalar(value).cast(dtype)?;
            context::with_name(name, || convert_to_tensor(value, None))
        };
        let shape = context::with_name("shape", || convert_to_tensor(sizes(shape)?, None))?;
        let (low, high) = (number("min", low)?, number("max", high)?);
        let (seed, seed2) = random::get_seed(seed);
        let drawn = Op::named("RandomUniform").input(shape).attr("dtype", dtype);
        let drawn = drawn.attr("seed", seed).attr("seed2", seed2).one()?;
        let width = context::with_name("sub", || subtract(&high, &low))?;
        let scaled = context::with_name("mul", || multiply(drawn, width))?;
        context::with_name(&name, || add(scaled, low))
    })
}

fn check_float(dtype: DType) -> Result<()> {
    ensure!(
        dtype.is_floating(),
        value,
        "Argument `dtype` is expected to be floating point. Received: {dtype}."
    );
    Ok(())
}

fn normal(shape: &[usize], mean: f64, stddev: f64, dtype: DType, seed: Option<i64>) -> Result<Tensor> {
    check_float(dtype)?;
    random::normal_with(sizes(shape)?, |o| o.mean(mean).stddev(stddev).dtype(dtype).seed(seed))
}

fn truncated_normal(
    shape: &[usize],
    mean: f64,
    stddev: f64,
    dtype: DType,
    seed: Option<i64>,
) -> Result<Tensor> {
    check_float(dtype)?;
    random::truncated_normal_with(sizes(shape)?, |o| o.mean(mean).stddev(stddev).dtype(dtype).seed(seed))
}

/// Uniform numbers.
pub fn random_uniform_initializer(minval: f64, maxval: f64, seed: Option<i64>) -> Initializer {
    Initializer::new(move |shape, dtype| uniform(shape, minval, maxval, dtype, seed))
}

/// Numbers of a normal distribution.
pub fn random_normal_initializer(mean: f64, stddev: f64, seed: Option<i64>) -> Initializer {
    Initializer::new(move |shape, dtype| normal(shape, mean, stddev, dtype, seed))
}

/// Numbers of a normal distribution within two standard deviations.
pub fn truncated_normal_initializer(mean: f64, stddev: f64, seed: Option<i64>) -> Initializer {
    Initializer::new(move |shape, dtype| truncated_normal(shape, mean, stddev, dtype, seed))
}

/// Uniform numbers that keep the scale of what passes through a layer.
pub fn uniform_unit_scaling_initializer(factor: f64, seed: Option<i64>) -> Initializer {
    Initializer::of_part(move |wanted, dtype| {
        check_float(dtype)?;
        let inputs = wanted
            .full_shape
            .split_last()
            .map_or(1.0, |(_, inputs)| inputs.iter().map(|n| *n as f64).product());
        let limit = (3.0 / f64::max(inputs, 1.0)).sqrt() * factor;
        uniform(wanted.shape, -limit, limit, dtype, seed)
    })
}

/// Numbers whose variance is a scale divided by the number of a layer's inputs or outputs.
///
/// # Errors
/// `ValueError` for a scale that is not positive.
pub fn variance_scaling_initializer(
    scale: f64,
    mode: FanMode,
    distribution: Distribution,
    seed: Option<i64>,
) -> Result<Initializer> {
    ensure!(scale > 0.0, value, "Argument `scale` must be a positive float. Received: {scale:?}");
    Ok(scaled(scale, mode, distribution, seed))
}

fn scaled(scale: f64, mode: FanMode, distribution: Distribution, seed: Option<i64>) -> Initializer {
    Initializer::of_part(move |wanted, dtype| {
        check_float(dtype)?;
        let (shape, spread) = (wanted.shape, distribution.spread(scale, mode, wanted.full_shape));
        match distribution {
            Distribution::TruncatedNormal => truncated_normal(shape, 0.0, spread, dtype, seed),
            Distribution::UntruncatedNormal => normal(shape, 0.0, spread, dtype, seed),
            Distribution::Uniform => uniform(shape, -spread, spread, dtype, seed),
        }
    })
}

macro_rules! scalings {
    ($($name:ident $scale:literal $mode:ident $distribution:ident $doc:literal;)*) => {
        $(#[doc = $doc]
        pub fn $name(seed: Option<i64>) -> Initializer {
            scaled($scale, FanMode::$mode, Distribution::$distribution, seed)
        })*
    };
}

scalings! {
    glorot_uniform_initializer 1.0 FanAvg Uniform "Glorot's uniform numbers: what variables get by default.";
    glorot_normal_initializer 1.0 FanAvg TruncatedNormal "Glorot's normal numbers.";
    he_uniform_initializer 2.0 FanIn Uniform "He's uniform numbers.";
    he_normal_initializer 2.0 FanIn TruncatedNormal "He's normal numbers.";
    lecun_uniform_initializer 1.0 FanIn Uniform "LeCun's uniform numbers.";
    lecun_normal_initializer 1.0 FanIn TruncatedNormal "LeCun's normal numbers.";
}

/// A matrix whose rows, or columns, are orthogonal, times a factor; for more dimensions, the matrix of all but the last
/// one by the last one.
pub fn orthogonal_initializer(gain: f64, seed: Option<i64>) -> Initializer {
    Initializer::new(move |shape, dtype| {
        check_float(dtype)?;
        let Some((&columns, rows)) = shape.split_last().filter(|(_, rows)| !rows.is_empty()) else {
            bail!(
                value,
                "The tensor to initialize, specified by argument `shape` must be at least two-dimensional. Received \
                 shape={shape:?}"
            );
        };
        let rows = rows.iter().try_fold(1usize, |product, n| product.checked_mul(*n));
        let Some(rows) = rows else { bail!(invalid_argument, "the shape {shape:?} is too large") };
        let wide = rows < columns;
        let flat = if wide { [columns, rows] } else { [rows, columns] };
        let drawn = normal(&flat, 0.0, 1.0, dtype, seed)?;
        let [q, r] = Op::named("Qr").input(drawn).attr("full_matrices", false).outputs()?;
        let signs = Op::named("Sign").input(Op::named("DiagPart").input(r).one()?).one()?;
        let q = context::with_name("mul", || multiply(q, signs))?;
        let q = if wide { ferroflow_ops::composites::matrix_transpose(q)? } else { q };
        let gain = NdArray::scalar(gain).cast(dtype)?;
        let q = array::reshape(q, sizes(shape)?)?;
        context::with_name("mul", || multiply(gain, q))
    })
}

/// The identity matrix times a factor.
pub fn identity_initializer(gain: f64) -> Initializer {
    Initializer::of_part(move |wanted, dtype| {
        check_float(dtype)?;
        let shape = wanted.full_shape;
        let [rows, columns] = *shape else {
            bail!(
                value,
                "The tensor to initialize, specified by argument `shape` must be at least two-dimensional. Received \
                 shape={shape:?}"
            );
        };
        let eye = context::name_scope("eye", || {
            let ones = array::ones(sizes(&[rows.min(columns)])?, dtype)?;
            if rows == columns {
                return array::diag(ones);
            }
            array::set_diag(array::zeros(sizes(&[rows, columns])?, dtype)?, ones)
        })?;
        let eye = match wanted.offset {
            Some(offset) => array::slice(eye, sizes(offset)?, sizes(wanted.shape)?)?,
            None => eye,
        };
        let gain = NdArray::scalar(gain).cast(dtype)?;
        context::with_name("mul", || multiply(gain, eye))
    })
}
