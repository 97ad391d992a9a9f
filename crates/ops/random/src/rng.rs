//! RngSkip, RngReadAndSkip, StatefulUniform, StatefulStandardNormal, ... : numbers from a generator whose position a
//! variable holds, as `tf.random.Generator` keeps it; NonDeterministicInts: numbers from nowhere.

use crate::distribution::{Distribution, STEPS_PER_OUTPUT, floats, full_range_ints, ints_between};
use crate::philox::Philox;
use crate::stateful::{FLOATS, requested_shape, scalar_bounds};
use ferroflow_core::philox::unpredictable;
use ferroflow_core::{
    DType, Grad, KernelCtx, NdArray, OpDef, PartialShape, ResourceHandle, Result, Shape, ShapeCtx,
    VariableResource, bail, ensure,
};

/// What the variable of a generator holds: the two halves of a counter and a key.
const STATE_SIZE: usize = 3;

/// Refuses every algorithm but Philox.
fn check_algorithm(algorithm: i64) -> Result<()> {
    match algorithm {
        1 | 3 => Ok(()),
        2 => bail!(unimplemented, "Non-XLA devices don't support the ThreeFry algorithm."),
        other => bail!(invalid_argument, "Unsupported algorithm id: {other}"),
    }
}

/// Refuses an input that is no scalar.
fn check_scalar(cx: &KernelCtx<'_>, index: usize) -> Result<()> {
    let shape = cx.input(index)?.shape();
    ensure!(shape.rank() == 0, invalid_argument, "input {index} (0-based) must have shape [], not {shape}");
    Ok(())
}

pub(crate) fn scalar_algorithm(cx: &KernelCtx<'_>) -> Result<()> {
    check_scalar(cx, 1)?;
    check_algorithm(cx.int_value(1)?)
}

/// The state of the generator at input 0, which then moves on by `steps`. The algorithm has two names in messages.
pub(crate) fn advance(cx: &KernelCtx<'_>, steps: u64, algorithm: &str) -> Result<[i64; STATE_SIZE]> {
    advance_after(cx, 0, steps, algorithm)
}

/// The same for a state with this many numbers before it, the last of which says the algorithm.
fn advance_after(
    cx: &KernelCtx<'_>,
    before: usize,
    steps: u64,
    algorithm: &str,
) -> Result<[i64; STATE_SIZE]> {
    let Some(handle) = cx.slice::<ResourceHandle>(0)?.first() else {
        bail!(invalid_argument, "Trying to access resource using an empty handle");
    };
    let variable = handle.lookup::<VariableResource>(&cx.env().resources)?;
    let mut slot = variable.lock();
    let Some(value) = slot.as_mut() else {
        bail!(failed_precondition, "the state of the generator was never set");
    };
    ensure!(
        value.dtype() == DType::INT64,
        invalid_argument,
        "dtype of RNG state variable must be int64, not {}",
        value.dtype().name()
    );
    ensure!(
        value.rank() == 1,
        invalid_argument,
        "RNG state must have one and only one dimension, not {}",
        value.rank()
    );
    let numbers = value.as_slice::<i64>()?;
    if let Some(last) = before.checked_sub(1) {
        let Some(&stored) = numbers.get(last) else {
            bail!(invalid_argument, "Size of tensor must be at least 1");
        };
        check_algorithm(stored)?;
    }
    let least = before + STATE_SIZE;
    ensure!(
        numbers.len() >= least,
        invalid_argument,
        "For {algorithm} algorithm, the size of state must be at least {least}; got {}",
        numbers.len()
    );
    let state = &mut value.as_mut_slice::<i64>()?[before..least];
    let now = [state[0], state[1], state[2]];
    let mut stream = stream_of(now);
    stream.skip(steps);
    let (_, [low, high]) = stream.key_and_counter();
    state[0] = low as i64;
    state[1] = high as i64;
    Ok(now)
}

pub(crate) fn stream_of([low, high, key]: [i64; STATE_SIZE]) -> Philox {
    Philox::at(key as u64, [low as u64, high as u64])
}

fn skip_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    scalar_algorithm(cx)?;
    check_scalar(cx, 2)?;
    let steps = cx.int_value(2)? as u64;
    advance(cx, steps.wrapping_mul(SKIP_UNIT), "the Philox").map(|_| ())
}

/// The ops that skip count in outputs.
const SKIP_UNIT: u64 = STEPS_PER_OUTPUT;

fn skip_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        for index in 0..3 {
            cx.with_rank(index, 0)?;
        }
    }
    Ok(())
}

fn read_and_skip_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    check_scalar(cx, 1)?;
    check_scalar(cx, 2)?;
    check_algorithm(cx.int_value(1)?)?;
    let delta = cx.input(2)?.item::<u64>()?;
    let before = advance(cx, delta.wrapping_mul(SKIP_UNIT), "the Philox")?;
    cx.set(0, NdArray::vector(before.to_vec()))
}

fn read_and_skip_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set(0, [STATE_SIZE]);
    if !cx.at_run_time() {
        for index in 0..3 {
            cx.with_rank(index, 0)?;
        }
    }
    Ok(())
}

/// The output has the shape that the input at `index` holds.
fn shape_of(cx: &mut ShapeCtx<'_>, index: usize) -> Result<()> {
    if !cx.at_run_time() {
        if index == 2 {
            cx.with_rank(1, 0)?;
        }
        if cx.num_inputs() == 5 {
            scalar_bounds(cx, 3)?;
        }
        let shape = cx.input_as_shape(index)?;
        cx.set(0, shape);
    }
    Ok(())
}

/// The shape asked for and the stream to fill it from.
fn prepare(cx: &KernelCtx<'_>) -> Result<(Shape, Philox)> {
    scalar_algorithm(cx)?;
    let shape = requested_shape(cx, 2)?;
    let state = advance(cx, steps_to_fill(&shape), "the Philox")?;
    Ok((shape, stream_of(state)))
}

fn steps_to_fill(shape: &Shape) -> u64 {
    (shape.num_elements() as u64).wrapping_mul(STEPS_PER_OUTPUT)
}

/// The first version: the algorithm is the first number of the state.
fn first_normal_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = requested_shape(cx, 1)?;
    let state = advance_after(cx, 1, steps_to_fill(&shape), "the Philox")?;
    let output = floats(stream_of(state), cx.dtype("dtype")?, shape, Distribution::Normal)?;
    cx.set(0, output)
}

fn float_kernel(cx: &mut KernelCtx<'_>, distribution: Distribution) -> Result<()> {
    let (shape, stream) = prepare(cx)?;
    let output = floats(stream, cx.dtype("dtype")?, shape, distribution)?;
    cx.set(0, output)
}

fn full_int_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (shape, stream) = prepare(cx)?;
    let output = full_range_ints(stream, cx.dtype("dtype")?, shape)?;
    cx.set(0, output)
}

fn int_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    for (index, name) in [(3, "minval"), (4, "maxval")] {
        let bound = cx.input(index)?;
        ensure!(bound.rank() == 0, invalid_argument, "{name} must be 0-D, got shape {}", bound.shape());
    }
    // An empty range leaves the generator where it is.
    let probe = Shape::new(&[0])?;
    ints_between(Philox::new(0, 0), probe, cx.input(3)?, cx.input(4)?)?;
    let (shape, stream) = prepare(cx)?;
    let output = ints_between(stream, shape, cx.input(3)?, cx.input(4)?)?;
    cx.set(0, output)
}

fn no_seed_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = requested_shape(cx, 0)?;
    let stream = Philox::new(unpredictable(), unpredictable());
    let output = full_range_ints(stream, cx.dtype("dtype")?, shape)?;
    cx.set(0, output)
}

fn no_seed_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = if cx.at_run_time() { PartialShape::unknown() } else { cx.input_as_shape(0)? };
    cx.set(0, shape);
    Ok(())
}

macro_rules! ops {
    ($($constant:ident $name:literal $types:expr, $shape:expr, $kernel:expr;)*) => {
        $(pub(crate) static $constant: OpDef = OpDef {
            name: $name,
            shape: $shape,
            kernel: Some($kernel),
            grad: Grad::None,
            types: $types,
            ..OpDef::NEW
        };)*
    };
}

const FULL_INTS: &[DType] = &[DType::INT32, DType::INT64, DType::UINT32, DType::UINT64];
const INTS: &[DType] = &[DType::INT32, DType::INT64];

ops! {
    RNG_SKIP "RngSkip" &[], skip_shape, skip_kernel;
    RNG_READ_AND_SKIP "RngReadAndSkip" &[], read_and_skip_shape, read_and_skip_kernel;
    STATEFUL_UNIFORM "StatefulUniform" &[("dtype", FLOATS)], |cx| shape_of(cx, 2),
        |cx| float_kernel(cx, Distribution::Uniform);
    STATEFUL_STANDARD_NORMAL "StatefulStandardNormal" &[("dtype", FLOATS)], |cx| shape_of(cx, 1),
        first_normal_kernel;
    STATEFUL_STANDARD_NORMAL_V2 "StatefulStandardNormalV2" &[("dtype", FLOATS)], |cx| shape_of(cx, 2),
        |cx| float_kernel(cx, Distribution::Normal);
    STATEFUL_TRUNCATED_NORMAL "StatefulTruncatedNormal" &[("dtype", FLOATS)], |cx| shape_of(cx, 2),
        |cx| float_kernel(cx, Distribution::TruncatedNormal);
    STATEFUL_UNIFORM_FULL_INT "StatefulUniformFullInt" &[("dtype", FULL_INTS)], |cx| shape_of(cx, 2),
        full_int_kernel;
    STATEFUL_UNIFORM_INT "StatefulUniformInt" &[("dtype", INTS)], |cx| shape_of(cx, 2), int_kernel;
    NON_DETERMINISTIC_INTS "NonDeterministicInts" &[("dtype", FULL_INTS)], no_seed_shape, no_seed_kernel;
}
