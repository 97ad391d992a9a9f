//! Learning rates that fall with the number of steps.

use crate::mode::facade;
use crate::{cast, control_dependencies};
use ferroflow_core::{
    DType, Error, IntoOperand, NdArray, Operand, Result, Tensor, bail, context, convert_to_tensor, ensure,
    options,
};
use ferroflow_ops_math as math;
use std::f32::consts::PI;

/// Runs `f` in the name scope of a decay: with the first rate, and the name for the last op.
fn decay(
    scope: &str,
    learning_rate: impl IntoOperand,
    f: impl FnOnce(Tensor, &str) -> Result<Tensor>,
) -> Result<Tensor> {
    let learning_rate = learning_rate.into_operand()?;
    let name = context::take_name().unwrap_or_else(|| scope.to_string());
    facade(|| {
        context::name_scope_for_op(&name, |name| {
            let rate =
                context::with_name("initial_learning_rate", || convert_to_tensor(learning_rate, None))?;
            f(rate, &name)
        })
    })
}

/// The last op of a decay.
fn product(name: &str, x: &Tensor, y: Tensor) -> Result<Tensor> {
    context::with_name(name, || crate::multiply(x, y))
}

/// The rate times `decay_rate` to the power of `global_step / decay_steps`; with `staircase`, of that rounded down.
///
/// Source: `tf.compat.v1.train.exponential_decay`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let rate = tf::train::exponential_decay(0.5, 4, 2, 0.5, false)?;
/// assert_eq!(rate.eval_in(&tf::Session::new()?)?.item::<f32>()?, 0.125);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force.
pub fn exponential_decay(
    learning_rate: impl IntoOperand,
    global_step: impl IntoOperand,
    decay_steps: impl IntoOperand,
    decay_rate: impl IntoOperand,
    staircase: bool,
) -> Result<Tensor> {
    let (step, steps, factor) =
        (global_step.into_operand()?, decay_steps.into_operand()?, decay_rate.into_operand()?);
    decay("ExponentialDecay", learning_rate, |rate, name| {
        let dtype = rate.dtype().base();
        let steps = cast(steps, dtype)?;
        let factor = cast(factor, dtype)?;
        let p = progress(step, &steps, dtype, staircase)?;
        product(name, &rate, math::pow(factor, p)?)
    })
}

fn progress(step: Operand, steps: &Tensor, dtype: DType, staircase: bool) -> Result<Tensor> {
    let p = (cast(step, dtype)? / steps)?;
    if staircase { math::floor(p) } else { Ok(p) }
}

/// The rate times `exp(-decay_rate)` to the power of `global_step / decay_steps`.
///
/// Source: `tf.compat.v1.train.natural_exp_decay`.
///
/// # Errors
/// Those of the graph in force.
pub fn natural_exp_decay(
    learning_rate: impl IntoOperand,
    global_step: impl IntoOperand,
    decay_steps: impl IntoOperand,
    decay_rate: impl IntoOperand,
    staircase: bool,
) -> Result<Tensor> {
    let name = context::take_name();
    let factor = facade(|| math::exp(crate::negative(decay_rate)?))?;
    let decayed = || exponential_decay(learning_rate, global_step, decay_steps, factor, staircase);
    match name {
        Some(name) => context::with_name(&name, decayed),
        None => decayed(),
    }
}

/// The rate divided by `1 + decay_rate * global_step / decay_steps`.
///
/// Source: `tf.compat.v1.train.inverse_time_decay`.
///
/// # Errors
/// Those of the graph in force.
pub fn inverse_time_decay(
    learning_rate: impl IntoOperand,
    global_step: impl IntoOperand,
    decay_steps: impl IntoOperand,
    decay_rate: impl IntoOperand,
    staircase: bool,
) -> Result<Tensor> {
    let (step, steps, factor) =
        (global_step.into_operand()?, decay_steps.into_operand()?, decay_rate.into_operand()?);
    decay("InverseTimeDecay", learning_rate, |rate, name| {
        let dtype = rate.dtype().base();
        let steps = cast(steps, dtype)?;
        let factor = cast(factor, dtype)?;
        let p = progress(step, &steps, dtype, staircase)?;
        let one = cast(crate::constant(1)?, dtype)?;
        let denominator = crate::add(one, crate::multiply(factor, p)?)?;
        context::with_name(name, || crate::divide(&rate, denominator))
    })
}

options! {
    /// Optional arguments of [`polynomial_decay_with`].
    pub struct PolynomialDecayOptions {
        /// Where the rate ends.
        end_learning_rate: f64 = 0.0001,
        /// The power of what is left of the way.
        power: f64 = 1.0,
        /// Whether it begins again, over more steps each time.
        cycle: bool = false,
    }
}

/// The rate on its way to another one, 0.0001, in a straight line of `decay_steps`.
///
/// Source: `tf.compat.v1.train.polynomial_decay`.
///
/// # Errors
/// Those of the graph in force.
pub fn polynomial_decay(
    learning_rate: impl IntoOperand,
    global_step: impl IntoOperand,
    decay_steps: impl IntoOperand,
) -> Result<Tensor> {
    polynomial_decay_with(learning_rate, global_step, decay_steps, |o| o)
}

/// [`polynomial_decay`] with another end, along another curve, or again and again.
///
/// # Errors
/// As [`polynomial_decay`].
pub fn polynomial_decay_with(
    learning_rate: impl IntoOperand,
    global_step: impl IntoOperand,
    decay_steps: impl IntoOperand,
    options: impl FnOnce(PolynomialDecayOptions) -> PolynomialDecayOptions,
) -> Result<Tensor> {
    let options = options(PolynomialDecayOptions::default());
    let (step, given_steps) = (global_step.into_operand()?, decay_steps.into_operand()?);
    decay("PolynomialDecay", learning_rate, |rate, name| {
        let dtype = rate.dtype().base();
        let end = cast(options.end_learning_rate, dtype)?;
        let power = cast(options.power, dtype)?;
        let mut step = cast(step, dtype)?;
        let mut steps = cast(given_steps.clone(), dtype)?;
        if options.cycle {
            let first = crate::equal(&step, 0)?;
            let times = math::ceil((&step / given_steps)?)?;
            let times = ferroflow_ops_array::where_select(first, 1.0, times)?;
            steps = crate::multiply(steps, times)?;
        } else {
            step = math::minimum(step, &steps)?;
        }
        let p = crate::divide(step, steps)?;
        let way = (&rate - &end)?;
        let left = crate::multiply(way, math::pow((1.0 - p)?, power)?)?;
        context::with_name(name, || crate::add(left, end))
    })
}

/// The rate of the interval between `boundaries` that `x` lies in; a boundary belongs to the interval below it.
///
/// Source: `tf.compat.v1.train.piecewise_constant`.
///
/// # Errors
/// `ValueError` unless there is one value more than boundaries, all of one dtype, and boundaries are of that of `x`.
pub fn piecewise_constant<B: IntoOperand, V: IntoOperand>(
    x: impl IntoOperand,
    boundaries: impl IntoIterator<Item = B>,
    values: impl IntoIterator<Item = V>,
) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| "PiecewiseConstant".to_string());
    let x = x.into_operand()?;
    facade(|| {
        let mut limits = Vec::new();
        for boundary in boundaries {
            limits.push(convert_to_tensor(boundary, None)?);
        }
        let mut rates: Vec<Tensor> = Vec::new();
        for value in values {
            rates.push(convert_to_tensor(value, None)?);
        }
        let x = convert_to_tensor(x, None)?;
        let of_x = x.dtype().base();
        for limit in &mut limits {
            let dtype = limit.dtype().base();
            if dtype == of_x {
                continue;
            }
            ensure!(
                (dtype, of_x) == (DType::INT32, DType::INT64),
                value,
                "Boundaries (<dtype: '{}'>) must have the same dtype as x (<dtype: '{}'>).",
                dtype.name(),
                of_x.name()
            );
            *limit = cast(&*limit, of_x)?;
        }
        let Some(first) = rates.first() else { bail!(index, "list index out of range") };
        for rate in &rates {
            ensure!(
                rate.dtype().base() == first.dtype().base(),
                value,
                "Values must have elements all with the same dtype (<dtype: '{}'> vs <dtype: '{}'>).",
                first.dtype().base().name(),
                rate.dtype().base().name()
            );
        }
        ensure!(
            limits.len() + 1 == rates.len(),
            value,
            "The length of boundaries should be 1 less than the length of values"
        );
        context::with_name(&name, || context::name_scope(&name, || interval(&x, &limits, &rates)))
    })
}

fn interval(x: &Tensor, limits: &[Tensor], rates: &[Tensor]) -> Result<Tensor> {
    let ([first, ..], [.., last]) = (limits, limits) else { bail!(index, "list index out of range") };
    let mut cases = vec![
        (crate::less_equal(x, first)?, rates[0].clone()),
        (crate::greater(x, last)?, rates[rates.len() - 1].clone()),
    ];
    for (pair, rate) in limits.windows(2).zip(&rates[1..]) {
        let above = crate::greater(x, &pair[0])?;
        let below = crate::less_equal(x, &pair[1])?;
        let within = context::with_name("and", || crate::logical_and(above, below))?;
        cases.push((within, rate.clone()));
    }
    first_of(&cases, rates[0].clone())
}

/// The rate whose predicate is true. At most one is, whatever `x`: TensorFlow asserts that, too.
fn first_of(cases: &[(Tensor, Tensor)], default: Tensor) -> Result<Tensor> {
    let predicates: Vec<Tensor> = cases.iter().map(|(predicate, _)| predicate.clone()).collect();
    context::name_scope("case", || {
        let checked = at_most_one(&predicates)?;
        control_dependencies(checked, || nested(cases, &default))
    })
}

fn nested(cases: &[(Tensor, Tensor)], default: &Tensor) -> Result<Tensor> {
    match cases.split_first() {
        None => Ok(default.clone()),
        Some(((predicate, rate), rest)) => {
            crate::cond(predicate, || Ok(rate.clone()), || nested(rest, default))
        }
    }
}

/// An assertion that no two of these are true, in TensorFlow's nodes.
fn at_most_one(predicates: &[Tensor]) -> Result<Option<ferroflow_graph::Operation>> {
    let stacked = context::with_name("preds_c", || ferroflow_ops_array::stack(predicates))?;
    let count = cast(&stacked, DType::INT32)?;
    let count = context::with_name("num_true_conds", || math::reduce_sum(count, ()))?;
    let most = context::with_name("n_true_conds", || crate::constant(1))?;
    let condition = math::less_equal(&count, most)?;
    let names: Vec<String> =
        predicates.iter().map(|predicate| predicate.name().unwrap_or_default()).collect();
    let message = format!(
        "Input error: exclusive=True: more than 1 conditions ({}) evaluated as True:",
        names.join(", ")
    );
    let data = [NdArray::from(message.as_str()).into_operand()?, stacked.into_operand()?];
    crate::Assert(condition, data, Some(predicates.len() as i64))
}

options! {
    /// Optional arguments of the decays along a cosine.
    pub struct CosineDecayOptions {
        /// The share of the rate that is left at the end.
        alpha: f64 = 0.0,
        /// How many times as many steps each restart takes as the one before.
        t_mul: f64 = 2.0,
        /// How many times as high each restart begins as the one before.
        m_mul: f64 = 1.0,
        /// How many waves there are.
        num_periods: f64 = 0.5,
        /// The share of the rate that is added throughout.
        beta: f64 = 0.001,
        /// The variance that the noise begins with.
        initial_variance: f64 = 1.0,
        /// How fast the variance falls.
        variance_decay: f64 = 0.55,
    }
}

/// What Python's `**` gives, under the name that has.
fn power(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    context::with_name("pow", || math::pow(x, y))
}

/// `(1 + cos(pi * fraction)) / 2`
fn half_wave(fraction: Tensor, factor: impl FnOnce() -> Result<Option<Tensor>>) -> Result<Tensor> {
    let half = factor()?.map(|factor| 0.5 * factor).transpose()?;
    let wave = (1.0 + math::cos((crate::constant(PI)? * fraction)?)?)?;
    match half {
        Some(half) => half * wave,
        None => 0.5 * wave,
    }
}

/// The rate along half a cosine, down to a share `alpha` of it after `decay_steps`.
///
/// Source: `tf.compat.v1.train.cosine_decay`.
///
/// # Errors
/// Those of the graph in force.
pub fn cosine_decay(
    learning_rate: impl IntoOperand,
    global_step: impl IntoOperand,
    decay_steps: impl IntoOperand,
    alpha: f64,
) -> Result<Tensor> {
    let (step, steps) = (global_step.into_operand()?, decay_steps.into_operand()?);
    decay("CosineDecay", learning_rate, |rate, _| {
        let dtype = rate.dtype().base();
        let steps = cast(steps, dtype)?;
        let step = math::minimum(cast(step, dtype)?, &steps)?;
        let wave = half_wave((step / steps)?, || Ok(None))?;
        crate::multiply(&rate, (((1.0 - alpha) * wave)? + alpha)?)
    })
}

/// The rate along half a cosine over `first_decay_steps`, then again over twice as many, and so on.
///
/// Source: `tf.compat.v1.train.cosine_decay_restarts`.
///
/// # Errors
/// Those of the graph in force.
pub fn cosine_decay_restarts(
    learning_rate: impl IntoOperand,
    global_step: impl IntoOperand,
    first_decay_steps: impl IntoOperand,
) -> Result<Tensor> {
    cosine_decay_restarts_with(learning_rate, global_step, first_decay_steps, |o| o)
}

/// [`cosine_decay_restarts`] with the options `t_mul`, `m_mul` and `alpha`.
///
/// # Errors
/// As [`cosine_decay_restarts`].
pub fn cosine_decay_restarts_with(
    learning_rate: impl IntoOperand,
    global_step: impl IntoOperand,
    first_decay_steps: impl IntoOperand,
    options: impl FnOnce(CosineDecayOptions) -> CosineDecayOptions,
) -> Result<Tensor> {
    let options = options(CosineDecayOptions::default());
    let (step, steps) = (global_step.into_operand()?, first_decay_steps.into_operand()?);
    decay("SGDRDecay", learning_rate, |rate, name| {
        let dtype = rate.dtype().base();
        let steps = cast(steps, dtype)?;
        let alpha = cast(options.alpha, dtype)?;
        let t_mul = cast(options.t_mul, dtype)?;
        let m_mul = cast(options.m_mul, dtype)?;
        let completed = (cast(step, dtype)? / steps)?;
        let (restart, fraction) = crate::cond(
            crate::equal(&t_mul, 1.0)?,
            || {
                let restart = math::floor(&completed)?;
                Ok((restart.clone(), (&completed - restart)?))
            },
            || {
                let grown = (1.0 - (&completed * (1.0 - &t_mul)?)?)?;
                let restart = math::floor((math::log(grown)? / math::log(&t_mul)?)?)?;
                let passed = (1.0 - power(&t_mul, &restart)?)?;
                let sum = (passed / (1.0 - &t_mul)?)?;
                let within = (&completed - sum)?;
                Ok((restart.clone(), (within / power(&t_mul, &restart)?)?))
            },
        )?;
        let height = power(&m_mul, &restart)?;
        let wave = half_wave(fraction, || Ok(Some(height)))?;
        let decayed = (((1.0 - &alpha)? * wave)? + alpha)?;
        product(name, &rate, decayed)
    })
}

/// The rate along a line times a cosine.
///
/// Source: `tf.compat.v1.train.linear_cosine_decay`.
///
/// # Errors
/// Those of the graph in force.
pub fn linear_cosine_decay(
    learning_rate: impl IntoOperand,
    global_step: impl IntoOperand,
    decay_steps: impl IntoOperand,
) -> Result<Tensor> {
    linear_cosine_decay_with(learning_rate, global_step, decay_steps, |o| o)
}

/// [`linear_cosine_decay`] with the options `num_periods`, `alpha` and `beta`.
///
/// # Errors
/// As [`linear_cosine_decay`].
pub fn linear_cosine_decay_with(
    learning_rate: impl IntoOperand,
    global_step: impl IntoOperand,
    decay_steps: impl IntoOperand,
    options: impl FnOnce(CosineDecayOptions) -> CosineDecayOptions,
) -> Result<Tensor> {
    let options = options(CosineDecayOptions::default());
    let (step, steps) = (global_step.into_operand()?, decay_steps.into_operand()?);
    decay("LinearCosineDecay", learning_rate, |rate, name| {
        linear_cosine(&rate, name, step, steps, &options, false)
    })
}

/// The rate along a line with noise on it, times a cosine.
///
/// Source: `tf.compat.v1.train.noisy_linear_cosine_decay`.
///
/// # Errors
/// Those of the graph in force.
pub fn noisy_linear_cosine_decay(
    learning_rate: impl IntoOperand,
    global_step: impl IntoOperand,
    decay_steps: impl IntoOperand,
) -> Result<Tensor> {
    noisy_linear_cosine_decay_with(learning_rate, global_step, decay_steps, |o| o)
}

/// [`noisy_linear_cosine_decay`] with the options of [`linear_cosine_decay_with`], `initial_variance` and
/// `variance_decay`.
///
/// # Errors
/// As [`noisy_linear_cosine_decay`].
pub fn noisy_linear_cosine_decay_with(
    learning_rate: impl IntoOperand,
    global_step: impl IntoOperand,
    decay_steps: impl IntoOperand,
    options: impl FnOnce(CosineDecayOptions) -> CosineDecayOptions,
) -> Result<Tensor> {
    let options = options(CosineDecayOptions::default());
    let (step, steps) = (global_step.into_operand()?, decay_steps.into_operand()?);
    decay("NoisyLinearCosineDecay", learning_rate, |rate, name| {
        linear_cosine(&rate, name, step, steps, &options, true)
    })
}

fn linear_cosine(
    rate: &Tensor,
    name: &str,
    step: Operand,
    steps: Operand,
    options: &CosineDecayOptions,
    noisy: bool,
) -> Result<Tensor> {
    let dtype = rate.dtype().base();
    let steps = cast(steps, dtype)?;
    let noise = match noisy {
        true => Some((cast(options.initial_variance, dtype)?, cast(options.variance_decay, dtype)?)),
        false => None,
    };
    let num_periods = cast(options.num_periods, dtype)?;
    let alpha = cast(options.alpha, dtype)?;
    let beta = cast(options.beta, dtype)?;
    let step = math::minimum(cast(step, dtype)?, &steps)?;
    let mut linear = ((&steps - &step)? / &steps)?;
    if let Some((initial, power)) = noise {
        let variance = (initial / math::pow((1.0 + &step)?, power)?)?;
        let deviation = math::sqrt(variance)?;
        let shape = linear.shape().to_shape().ok_or_else(|| Error::value("the step must be a scalar"))?;
        let sizes: Vec<i32> = shape.dims().iter().map(|size| *size as i32).collect();
        let sizes = ferroflow_core::NdArray::vector(sizes);
        linear = (linear + (ferroflow_ops_random::normal(sizes)? * deviation)?)?;
    }
    let completed = (step / steps)?;
    let fraction = ((2.0 * num_periods)? * completed)?;
    let wave = half_wave(fraction, || Ok(None))?;
    let decayed = (((alpha + linear)? * wave)? + beta)?;
    product(name, rate, decayed)
}
