//! RandomGamma, RandomPoissonV2, StatelessRandomBinomial, ... : numbers of distributions whose parameters are tensors.

use crate::distribution::STEPS_PER_OUTPUT;
use crate::philox::Philox;
use crate::rng::{advance, scalar_algorithm, stream_of};
use crate::samplers::{Binomial, Outcome, gamma, poisson};
use crate::stateful::{requested_shape, reserve};
use crate::stateless::{Source, shape_from_key, shape_from_seed};
use ferroflow_core::{
    DType, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, bail, bf16, ensure, f16,
    parallel, zeroed,
};

/// Fills an array of this shape, whose last axes are those of `parameters` distributions. TensorFlow numbers what it
/// draws distribution by distribution; `draw(distribution, number)` gives one of them.
fn fill(
    shape: Shape,
    parameters: usize,
    dtype: DType,
    draw: impl Fn(usize, u64) -> f64 + Sync,
) -> Result<NdArray> {
    let mut elements = zeroed::<f64>(shape.num_elements())?;
    let samples = elements.len().checked_div(parameters).unwrap_or(0);
    parallel::chunks(&mut elements, 1, 64, |start, chunk| {
        for (position, element) in chunk.iter_mut().enumerate() {
            let (sample, parameter) = ((start + position) / parameters, (start + position) % parameters);
            *element = draw(parameter, (parameter * samples + sample) as u64);
        }
    });
    NdArray::from_shape(shape, elements)?.cast(dtype)
}

/// A number's own stretch of a stream.
fn stretch(mut stream: Philox, number: u64, steps: u64) -> Philox {
    stream.skip(number.wrapping_mul(steps));
    stream
}

/// A distribution with one parameter.
type Sampler = fn(f64, Philox) -> f64;

fn draw_all(
    cx: &mut KernelCtx<'_>,
    shape: Shape,
    parameters: &NdArray,
    stream: Philox,
    sampler: Sampler,
) -> Result<()> {
    let dtype = cx.dtype("dtype").or_else(|_| cx.dtype("T"))?;
    let wide = parameters.cast(DType::FLOAT64)?;
    let values = wide.as_slice::<f64>()?;
    let drawn = fill(shape, values.len(), dtype, |parameter, number| {
        sampler(values[parameter], stretch(stream, number, STEPS_PER_OUTPUT))
    })?;
    cx.set(0, drawn)
}

/// The shape asked for stands before that of the parameters.
fn prefixed_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 1)?;
        let shape = cx.input_as_shape(0)?.concatenate(&cx.input(1));
        cx.set(0, shape);
    }
    Ok(())
}

fn stateful_kernel(cx: &mut KernelCtx<'_>, sampler: Sampler) -> Result<()> {
    let (samples, parameters) = (requested_shape(cx, 0)?, cx.input(1)?.clone());
    let shape = Shape::new(&[samples.dims(), parameters.shape().dims()].concat())?;
    let steps = (shape.num_elements() as u64).wrapping_mul(STEPS_PER_OUTPUT);
    // Nothing drawn leaves the stream where it is.
    let stream = if steps == 0 { Philox::new(0, 0) } else { reserve(cx, steps)? };
    draw_all(cx, shape, &parameters, stream, sampler)
}

/// Refuses a shape that does not end with that of the parameters.
pub(crate) fn check_suffix(shape: &Shape, parameters: &Shape) -> Result<()> {
    ensure!(
        shape.dims().ends_with(parameters.dims()),
        invalid_argument,
        "Shape passed in must end with broadcasted shape."
    );
    Ok(())
}

fn stateless_kernel(cx: &mut KernelCtx<'_>, source: Source, sampler: Sampler) -> Result<()> {
    let shape = requested_shape(cx, 0)?;
    let stream = source.stream(cx, 1)?;
    let parameters = cx.input(1 + source.inputs())?.clone();
    if shape.num_elements() > 0 {
        check_suffix(&shape, parameters.shape())?;
    }
    draw_all(cx, shape, &parameters, stream, sampler)
}

/// What rounds to a dtype of parameters.
pub(crate) fn rounding(dtype: DType) -> Result<fn(f64) -> f64> {
    match dtype {
        DType::FLOAT64 => Ok(|value| value),
        DType::FLOAT32 => Ok(|value| f64::from(value as f32)),
        DType::HALF => Ok(|value| f16::from_f64(value).to_f64()),
        DType::BFLOAT16 => Ok(|value| bf16::from_f64(value).to_f64()),
        other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
    }
}

/// The shape asked for, and how the parameters, at two inputs from `first` on, spread over its last axes.
fn binomial_shapes(cx: &KernelCtx<'_>, index: usize, first: usize) -> Result<(Shape, Shape)> {
    let (counts, probs) = (cx.input(first)?.shape(), cx.input(first + 1)?.shape());
    let Some(spread) = counts.broadcast(probs) else {
        bail!(
            invalid_argument,
            "counts and probs must have compatible batch dimensions: {counts} vs. {probs}"
        )
    };
    let asked = cx.input(index)?;
    ensure!(
        asked.rank() == 1,
        invalid_argument,
        "Input shape should be a vector, got shape: {}",
        asked.shape()
    );
    let shape = Shape::from_i64(&asked.to_i64_vec()?)?;
    check_suffix(&shape, &spread)?;
    Ok((shape, spread))
}

/// An array's elements in `f64`, repeated to a shape it broadcasts to.
pub(crate) fn spread_out(array: &NdArray, shape: &Shape) -> Result<Vec<f64>> {
    let wide = array.cast(DType::FLOAT64)?;
    let (values, strides) = (wide.as_slice::<f64>()?, array.shape().strides());
    let (own, all) = (array.shape().dims(), shape.strides());
    let skipped = shape.rank() - own.len();
    Ok((0..shape.num_elements())
        .map(|flat| {
            let mut at = 0;
            for (axis, (&size, &stride)) in own.iter().zip(&strides).enumerate() {
                let position = flat / all[axis + skipped] % shape.dims()[axis + skipped];
                at += if size == 1 { 0 } else { position * stride };
            }
            values[at]
        })
        .collect())
}

fn draw_binomial(
    cx: &mut KernelCtx<'_>,
    (shape, spread): (Shape, Shape),
    first: usize,
    stream: Philox,
) -> Result<()> {
    let round = rounding(cx.dtype("T")?)?;
    let counts = spread_out(cx.input(first)?, &spread)?;
    let probs = spread_out(cx.input(first + 1)?, &spread)?;
    let outcomes: Vec<Outcome> =
        counts.iter().zip(&probs).map(|(&count, &prob)| Binomial::outcome(count, prob, round)).collect();
    let drawn =
        fill(shape, outcomes.len(), cx.dtype("dtype")?, |parameter, number| match &outcomes[parameter] {
            Outcome::Certain(value) => *value,
            Outcome::Drawn(binomial) => binomial.draw(stretch(stream, number, binomial.steps())),
        })?;
    cx.set(0, drawn)
}

fn stateless_binomial_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let stream = Source::Seed.stream(cx, 1)?;
    let shapes = binomial_shapes(cx, 0, 2)?;
    draw_binomial(cx, shapes, 2, stream)
}

fn stateful_binomial_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (shape, spread) = binomial_shapes(cx, 2, 3)?;
    scalar_algorithm(cx)?;
    let batches = spread.num_elements() as u64;
    let samples = (shape.num_elements() as u64).checked_div(batches).unwrap_or(0);
    // TensorFlow's measure of what the numbers may use.
    let steps = batches.wrapping_mul(200).wrapping_mul(samples.wrapping_add(3)) / 4;
    let stream = stream_of(advance(cx, steps.wrapping_mul(STEPS_PER_OUTPUT), "Philox")?);
    draw_binomial(cx, (shape, spread), 3, stream)
}

fn stateful_binomial_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(1, 0)?;
        let shape = cx.input_as_shape(2)?;
        cx.set(0, shape);
    }
    Ok(())
}

/// The gradient for the shape of gamma distributions, at input `alpha`: how each number moves with it, summed over
/// the axes that hold many numbers of one distribution.
fn gamma_grad(cx: &mut GradCtx<'_>, alpha: usize) -> Result<()> {
    let (shape, parameters, numbers, dy) = (cx.x(0)?, cx.x(alpha)?, cx.y(0)?, cx.dy(0)?);
    let partial = Op::named("RandomGammaGrad").input(parameters).input(numbers).one()?;
    let mut leading = Op::named("Size").input(shape).one()?;
    // The stateless ops count the parameters' axes in their shape.
    if alpha > 1 {
        leading = (leading - Op::named("Rank").input(parameters).one()?)?;
    }
    let axes = Op::named("Range").input(0).input(leading).input(1).one()?;
    cx.set(alpha, Op::named("Sum").input((dy * partial)?).input(axes).one())
}

/// The dtypes of gamma numbers and Poisson rates.
const REALS: &[DType] = &[DType::HALF, DType::FLOAT32, DType::FLOAT64];
/// The dtypes of numbers that count.
const COUNTS: &[DType] = &[DType::HALF, DType::FLOAT32, DType::FLOAT64, DType::INT32, DType::INT64];

macro_rules! ops {
    ($($constant:ident $name:literal $types:expr, $shape:expr, $kernel:expr, $grad:expr;)*) => {
        $(pub(crate) static $constant: OpDef = OpDef {
            name: $name,
            shape: $shape,
            kernel: Some($kernel),
            grad: $grad,
            types: $types,
            ..OpDef::NEW
        };)*
    };
}

ops! {
    RANDOM_GAMMA "RandomGamma" &[("T", REALS)], prefixed_shape, |cx| stateful_kernel(cx, gamma),
        Grad::Fn(|cx| gamma_grad(cx, 1));
    RANDOM_POISSON_V2 "RandomPoissonV2" &[("R", COUNTS), ("dtype", COUNTS)], prefixed_shape,
        |cx| stateful_kernel(cx, poisson), Grad::Missing;
    RANDOM_POISSON "RandomPoisson" &[("dtype", REALS)], prefixed_shape, |cx| stateful_kernel(cx, poisson), Grad::Missing;
    STATELESS_RANDOM_GAMMA_V2 "StatelessRandomGammaV2" &[("dtype", REALS)], shape_from_seed,
        |cx| stateless_kernel(cx, Source::Seed, gamma), Grad::Fn(|cx| gamma_grad(cx, 2));
    STATELESS_RANDOM_GAMMA_V3 "StatelessRandomGammaV3" &[("dtype", REALS)], shape_from_key,
        |cx| stateless_kernel(cx, Source::Key, gamma), Grad::Fn(|cx| gamma_grad(cx, 4));
    STATELESS_RANDOM_POISSON "StatelessRandomPoisson" &[("Rtype", COUNTS), ("dtype", COUNTS)], shape_from_seed,
        |cx| stateless_kernel(cx, Source::Seed, poisson), Grad::None;
    STATELESS_RANDOM_BINOMIAL "StatelessRandomBinomial" &[("T", REALS), ("dtype", COUNTS)], shape_from_seed,
        stateless_binomial_kernel, Grad::None;
    STATEFUL_RANDOM_BINOMIAL "StatefulRandomBinomial" &[("T", REALS), ("dtype", COUNTS)],
        stateful_binomial_shape, stateful_binomial_kernel, Grad::Missing;
}
