//! ParameterizedTruncatedNormal, StatelessParameterizedTruncatedNormal: numbers of normal distributions between bounds, with
//! the parameters as tensors.
//!
//! TensorFlow cuts large outputs into parts by how many threads it has, and its numbers depend on where it cuts. Here they are
//! those of a single part, at any number of threads.

use crate::distribution::Steps;
use crate::functions::shape_tensor;
use crate::parametric::{check_suffix, rounding, spread_out};
use crate::philox::Philox;
use crate::stateful::{reserve, shape_of_input};
use crate::stateless::{Source, check_seed};
use crate::truncated_sampler::{Arithmetic, Bounded, MOST_TRIES};
use ferroflow_core::context::{name_scope_for_op, with_name};
use ferroflow_core::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, Tensor, bail,
    broadcast_shapes, convert_to_tensor, ensure, f16, sum_to_shape_of, zeroed,
};

/// Numbers of normal distributions with these means and deviations, drawn again outside their bounds.
///
/// `shape` ends with what the parameters broadcast to. The numbers depend on nothing but the arguments.
///
/// Source: `tf.random.stateless_parameterized_truncated_normal`.
///
/// ```
/// use ferroflow_ops_random::stateless_parameterized_truncated_normal;
/// let numbers = stateless_parameterized_truncated_normal([3, 2], [1, 2], [0.0, 5.0], 1.0, [-1.0, 4.0], [1.0, 6.0])?;
/// let numbers = numbers.numpy()?;
/// assert!(numbers.as_slice::<f32>()?.chunks(2).all(|pair| pair[0].abs() <= 1.0 && (pair[1] - 5.0).abs() <= 1.0));
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for parameters that do not broadcast to the end of `shape`, for a deviation that is not positive, and for
/// bounds of which the lower is not below the upper or neither is finite.
pub fn stateless_parameterized_truncated_normal(
    shape: impl IntoOperand,
    seed: impl IntoOperand,
    means: impl IntoOperand,
    stddevs: impl IntoOperand,
    minvals: impl IntoOperand,
    maxvals: impl IntoOperand,
) -> Result<Tensor> {
    let parameters =
        [means.into_operand()?, stddevs.into_operand()?, minvals.into_operand()?, maxvals.into_operand()?];
    name_scope_for_op("stateless_parameterized_truncated_normal", |_| {
        let mut op =
            Op::new(&STATELESS_PARAMETERIZED_TRUNCATED_NORMAL).input(shape_tensor(shape)?).input(seed);
        for (name, parameter) in ["means", "stddevs", "minvals", "maxvals"].into_iter().zip(parameters) {
            op = op.input(with_name(name, || convert_to_tensor(parameter, None))?);
        }
        op.one()
    })
}

fn arithmetic(dtype: DType) -> Result<Arithmetic> {
    Ok(Arithmetic { steps: Steps::new(dtype)?, round: rounding(dtype)? })
}

fn stateful_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let asked = cx.input(0)?;
    ensure!(
        asked.rank() == 1,
        invalid_argument,
        "Input shape should be a vector, got shape: {}",
        asked.shape()
    );
    ensure!(
        !asked.is_empty(),
        invalid_argument,
        "Shape tensor must not be empty, got Tensor<type: {} shape: {} values: >",
        asked.dtype().cpp_name(),
        asked.shape()
    );
    let shape = Shape::from_i64(&asked.to_i64_vec()?)?;
    let names = ["means", "stddevs", "minvals", "maxvals"];
    let mut shapes = Vec::with_capacity(names.len());
    for (index, name) in names.into_iter().enumerate() {
        let own = cx.input(index + 1)?.shape().clone();
        ensure!(
            own.rank() <= 1,
            invalid_argument,
            "Input {name} should be a scalar or vector, got shape: {own}"
        );
        shapes.push(own);
    }
    let single = |own: &Shape| own.dims().first().is_none_or(|&size| size == 1);
    let mut batches = shape.dims().first().copied().unwrap_or(1);
    let mut samples: usize = shape.dims().iter().skip(1).product();
    // TensorFlow deals one distribution's numbers out by the hundred.
    if shapes[..2].iter().all(single) && shapes[2..].iter().all(|own| own.rank() == 0) {
        samples = 100;
        batches = shape.num_elements().div_ceil(samples);
    } else {
        for (own, name) in shapes.iter().zip(names) {
            ensure!(
                single(own) || own.dims() == [batches],
                invalid_argument,
                "Input {name} should have length 1 or shape[0], got shape: {own}"
            );
        }
    }
    // In the 32 bits that TensorFlow counts with.
    let steps = (batches as i32)
        .wrapping_mul(2)
        .wrapping_mul(MOST_TRIES)
        .wrapping_mul((samples as i32).wrapping_add(3))
        / 4;
    let mut stream = reserve(cx, i64::from(steps) as u64)?;
    let dtype = cx.dtype("dtype")?;
    let arithmetic = arithmetic(dtype)?;
    let mut parameters = Vec::with_capacity(names.len());
    for index in 1..=names.len() {
        parameters.push(cx.input(index)?.cast(DType::FLOAT64)?.into_vec::<f64>()?);
    }
    let at = |index: usize, batch: usize| {
        let values: &Vec<f64> = &parameters[index];
        values[if values.len() == 1 { 0 } else { batch }]
    };
    let mut elements = zeroed::<f64>(shape.num_elements())?;
    // An empty output has no parts at all; one whose later sizes are 0 has batches without numbers.
    for (batch, part) in elements.chunks_mut(samples.max(1)).enumerate() {
        let bounded =
            Bounded { mean: at(0, batch), deviation: at(1, batch), least: at(2, batch), most: at(3, batch) };
        bounded.draw(part.len(), &mut stream, arithmetic, |at, number| part[at] = number)?;
    }
    cx.set(0, NdArray::from_shape(shape, elements)?.cast(dtype)?)
}

fn stateless_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let mut stream = Source::Seed.stream(cx, 1)?;
    let shapes: Vec<&Shape> = cx.inputs().iter().skip(2).map(NdArray::shape).collect();
    let spread = shapes.iter().try_fold(Shape::scalar(), |all, own| all.broadcast(own));
    let Some(spread) = spread else {
        let shapes: Vec<String> = shapes.iter().map(|shape| shape.to_string()).collect();
        bail!(
            invalid_argument,
            "means, stddevs, minvals, maxvals must have compatible batch dimensions: {}",
            shapes.join(" vs. ")
        )
    };
    let asked = cx.input(0)?;
    ensure!(
        asked.rank() == 1,
        invalid_argument,
        "Input shape should be a vector, got shape: {}",
        asked.shape()
    );
    let shape = Shape::from_i64(&asked.to_i64_vec()?)?;
    check_suffix(&shape, &spread)?;
    let dtype = cx.dtype("dtype")?;
    let arithmetic = arithmetic(dtype)?;
    let parameters = (2..6).map(|index| spread_out(cx.input(index)?, &spread)).collect::<Result<Vec<_>>>()?;
    let batches = spread.num_elements();
    let samples = shape.num_elements().checked_div(batches).unwrap_or(0);
    let mut elements = zeroed::<f64>(shape.num_elements())?;
    if samples > 0 {
        draw_all(&parameters, samples, &mut stream, arithmetic, &mut elements)?;
    }
    cx.set(0, NdArray::from_shape(shape, elements)?.cast(dtype)?)
}

/// Draws `samples` numbers of each distribution in turn; those of one stand a batch apart.
fn draw_all(
    parameters: &[Vec<f64>],
    samples: usize,
    stream: &mut Philox,
    arithmetic: Arithmetic,
    elements: &mut [f64],
) -> Result<()> {
    let [means, deviations, lows, highs] = parameters else { return Ok(()) };
    let batches = means.len();
    let of_batches = means.iter().zip(deviations).zip(lows).zip(highs);
    for (batch, (((&mean, &deviation), &least), &most)) in of_batches.enumerate() {
        let bounded = Bounded { mean, deviation, least, most };
        bounded.draw(samples, stream, arithmetic, |at, number| elements[at * batches + batch] = number)?;
    }
    Ok(())
}

/// The share of the standard normal distribution below `x`.
fn share_below(x: &Tensor) -> Result<Tensor> {
    let half_root = NdArray::scalar(0.5 * 2f64.sqrt()).cast(x.dtype())?;
    let w = Op::named("Mul").input(x).input(half_root.clone()).one()?;
    let z = Op::named("Abs").input(&w).one()?;
    let tail = Op::named("Erfc").input(&z).one()?;
    let inner = (Op::named("Erf").input(&w).one()? + 1.0)?;
    let above = Op::named("Greater").input(&w).input(0.0).one()?;
    let outer = Op::named("SelectV2").input(above).input((2.0 - &tail)?).input(&tail).one()?;
    let near = Op::named("Less").input(&z).input(half_root).one()?;
    Op::named("SelectV2").input(near).input(inner).input(outer).one()? * 0.5
}

/// Implicit reparameterization: a number moves so that the share of its distribution below it stays.
fn gradient(cx: &mut GradCtx<'_>) -> Result<()> {
    let (mean, deviation, least, most) = (cx.x(2)?, cx.x(3)?, cx.x(4)?, cx.x(5)?);
    let (numbers, dy) = (cx.y(0)?, cx.dy(0)?);
    let standard = |x: &Tensor| (x - mean)? / deviation;
    let (low, high, number) = (standard(least)?, standard(most)?, standard(numbers)?);
    let below_low = share_below(&low)?;
    let share = ((share_below(&number)? - &below_low)? / (share_below(&high)? - &below_low)?)?;
    let (tiny, epsilon) = match mean.dtype() {
        DType::FLOAT64 => (f64::MIN_POSITIVE, f64::EPSILON),
        DType::HALF => (f16::MIN_POSITIVE.to_f64(), f16::EPSILON.to_f64()),
        _ => (f32::MIN_POSITIVE.into(), f32::EPSILON.into()),
    };
    let bound = |value: f64| NdArray::scalar(value).cast(mean.dtype());
    let share = Op::named("Minimum").input(share).input(bound(1.0 - epsilon)?).one()?;
    let share = Op::named("Maximum").input(share).input(bound(tiny)?).one()?;
    let square = |x: &Tensor| Op::named("Square").input(x).one();
    let weight = |bound: &Tensor, log: Tensor| -> Result<Tensor> {
        let exponent = ((0.5 * (square(&number)? - square(bound)?)?)? + log)?;
        &dy * Op::named("Exp").input(exponent).one()?
    };
    let to_high = weight(&high, Op::named("Log").input(&share).one()?)?;
    let to_low = weight(&low, Op::named("Log1p").input((-&share)?).one()?)?;
    let to_deviation = (&dy * &number)?;
    cx.set(2, sum_to_shape_of(dy.clone(), mean, numbers)?)?;
    cx.set(3, sum_to_shape_of(to_deviation, deviation, numbers)?)?;
    cx.set(4, sum_to_shape_of(to_low, least, numbers)?)?;
    cx.set(5, sum_to_shape_of(to_high, most, numbers)?)
}

fn stateful_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        for index in 1..5 {
            ensure!(
                cx.input(index).rank().is_none_or(|rank| rank <= 1),
                invalid_argument,
                "Shape must be at most rank 1 but is rank {}",
                cx.input(index).rank().unwrap_or(0)
            );
        }
    }
    shape_of_input(cx)
}

fn stateless_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_seed(cx, 1)?;
    if !cx.at_run_time() {
        let mut spread = cx.input(2);
        for index in 3..6 {
            spread = broadcast_shapes(cx, &spread, &cx.input(index))?;
        }
    }
    shape_of_input(cx)
}

/// The dtypes that have kernels.
const TYPES: &[(&str, &[DType])] = &[("dtype", &[DType::HALF, DType::FLOAT32, DType::FLOAT64])];

pub(crate) static PARAMETERIZED_TRUNCATED_NORMAL: OpDef = OpDef {
    name: "ParameterizedTruncatedNormal",
    shape: stateful_shape,
    kernel: Some(stateful_kernel),
    grad: Grad::None,
    types: TYPES,
    ..OpDef::NEW
};

pub(crate) static STATELESS_PARAMETERIZED_TRUNCATED_NORMAL: OpDef = OpDef {
    name: "StatelessParameterizedTruncatedNormal",
    shape: stateless_shape,
    kernel: Some(stateless_kernel),
    grad: Grad::Fn(gradient),
    types: TYPES,
    ..OpDef::NEW
};
