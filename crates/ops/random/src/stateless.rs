//! StatelessRandomUniform, StatelessRandomNormal, ... and their second versions: numbers that depend on nothing but the
//! op's inputs.

use crate::distribution::{Distribution, floats, full_range_ints, ints_between};
use crate::philox::Philox;
use crate::stateful::{FLOATS, requested_shape, shape_of_input};
use ferroflow_core::{
    DType, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, bail, ensure,
};

/// Where the random bits of an op come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A seed of two integers.
    Seed,
    /// A key, a counter and an algorithm.
    Key,
}

impl Source {
    /// The stream that the inputs from `first` on describe.
    pub(crate) fn stream(self, cx: &KernelCtx<'_>, first: usize) -> Result<Philox> {
        match self {
            Source::Seed => Ok(Philox::scrambled(seed(cx, first)?)),
            Source::Key => stream_of_key(cx, first),
        }
    }

    /// How many inputs describe the stream.
    pub(crate) fn inputs(self) -> usize {
        match self {
            Source::Seed => 1,
            Source::Key => 3,
        }
    }
}

fn seed(cx: &KernelCtx<'_>, index: usize) -> Result<[u64; 2]> {
    let seed = cx.input(index)?;
    ensure!(seed.shape().dims() == [2], invalid_argument, "seed must have shape [2], not {}", seed.shape());
    if let Ok(&[a, b]) = seed.as_slice::<u64>() {
        return Ok([a, b]);
    }
    match seed.to_i64_vec()?.as_slice() {
        &[a, b] => Ok([a as u64, b as u64]),
        _ => bail!(invalid_argument, "seed must have shape [2], not {}", seed.shape()),
    }
}

pub(crate) fn stream_of_key(cx: &KernelCtx<'_>, first: usize) -> Result<Philox> {
    match key_and_counter(cx, first, 2)? {
        (key, &[low, high, ..]) => Ok(Philox::at(key, [low, high])),
        _ => bail!(internal, "a counter of less than two numbers"),
    }
}

/// The key and the counter, of which at least `used` numbers are there, for the algorithm Philox.
pub(crate) fn key_and_counter<'a>(
    cx: &'a KernelCtx<'_>,
    first: usize,
    used: i64,
) -> Result<(u64, &'a [u64])> {
    let (key, counter) = (cx.slice::<u64>(first)?, cx.slice::<u64>(first + 1)?);
    let algorithm = cx.input(first + 2)?.shape();
    ensure!(
        algorithm.rank() == 0,
        invalid_argument,
        "input {} (0-based) must have shape [], not {algorithm}",
        first + 2
    );
    const PHILOX: i64 = 1;
    const AUTO_SELECT: i64 = 3;
    let algorithm = match cx.int_value(first + 2)? {
        AUTO_SELECT => PHILOX,
        algorithm => algorithm,
    };
    let shape = cx.input(first)?.shape();
    ensure!(
        shape.dims() == [1],
        invalid_argument,
        "key must have shape [1], not {shape}. (Note that batched keys are not supported yet.)"
    );
    // TensorFlow takes the number of the algorithm for the length it needs. That of Philox is too low for most ops, which
    // then read a counter beyond its end.
    let shape = cx.input(first + 1)?.shape();
    let is_vector = shape.rank() == 1;
    let least = algorithm.max(if algorithm == PHILOX && is_vector { used } else { 0 });
    ensure!(
        is_vector && counter.len() as i64 >= least,
        invalid_argument,
        "counter must be a vector with length at least {least}; got shape: {shape}. (Note that batched counters are \
         not supported yet.)"
    );
    match (algorithm, key) {
        (PHILOX, &[key]) => Ok((key, counter)),
        (other, _) => bail!(invalid_argument, "Unsupported algorithm id: {other}"),
    }
}

/// Refuses a seed, at an input, that is known to be no pair.
pub(crate) fn check_seed(cx: &ShapeCtx<'_>, index: usize) -> Result<()> {
    if !cx.at_run_time()
        && let Some(found) = cx.with_rank(index, 1)?.dim(0)
    {
        ensure!(found == 2, invalid_argument, "Dimension must be 2 but is {found}");
    }
    Ok(())
}

/// The output has the shape that the first input holds; a seed comes next.
pub(crate) fn shape_from_seed(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_seed(cx, 1)?;
    shape_of_input(cx)
}

/// The same with a key, a counter and an algorithm.
pub(crate) fn shape_from_key(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(1, 1)?;
        cx.with_rank(2, 1)?;
        cx.with_rank(3, 0)?;
    }
    shape_of_input(cx)
}

fn float_kernel(cx: &mut KernelCtx<'_>, source: Source, distribution: Distribution) -> Result<()> {
    let shape = requested_shape(cx, 0)?;
    let output = floats(source.stream(cx, 1)?, cx.dtype("dtype")?, shape, distribution)?;
    cx.set(0, output)
}

fn full_int_kernel(cx: &mut KernelCtx<'_>, source: Source) -> Result<()> {
    let shape = requested_shape(cx, 0)?;
    let output = full_range_ints(source.stream(cx, 1)?, cx.dtype("dtype")?, shape)?;
    cx.set(0, output)
}

fn int_kernel(cx: &mut KernelCtx<'_>, source: Source) -> Result<()> {
    let shape = requested_shape(cx, 0)?;
    let stream = source.stream(cx, 1)?;
    let first = 1 + source.inputs();
    for (index, name) in [(first, "minval"), (first + 1, "maxval")] {
        let bound = cx.input(index)?;
        ensure!(bound.rank() == 0, invalid_argument, "{name} must be 0-D, got shape {}", bound.shape());
    }
    let output = ints_between(stream, shape, cx.input(first)?, cx.input(first + 1)?)?;
    cx.set(0, output)
}

fn key_counter_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_seed(cx, 0)?;
    cx.set(0, [1]);
    cx.set(1, [2]);
    cx.set(2, PartialShape::scalar());
    Ok(())
}

fn key_counter_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (key, counter) = Philox::scrambled(seed(cx, 0)?).key_and_counter();
    cx.set(0, NdArray::vector(vec![key]))?;
    cx.set(1, NdArray::vector(counter.to_vec()))?;
    if cx.num_outputs() == 3 { cx.set(2, NdArray::scalar(1i32)) } else { Ok(()) }
}

fn alg_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.set(0, NdArray::scalar(1i32))
}

fn alg_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set(0, Shape::scalar());
    Ok(())
}

/// An op of both versions: its names and what its kernel does with a source.
macro_rules! ops {
    ($($first:ident $first_name:literal, $second:ident $second_name:literal, $types:expr, $kernel:expr;)*) => {
        $(pub(crate) static $first: OpDef = OpDef {
            name: $first_name,
            shape: shape_from_seed,
            kernel: Some(|cx| $kernel(cx, Source::Seed)),
            grad: Grad::None,
            types: $types,
            ..OpDef::NEW
        };
        pub(crate) static $second: OpDef = OpDef {
            name: $second_name,
            shape: shape_from_key,
            kernel: Some(|cx| $kernel(cx, Source::Key)),
            grad: Grad::None,
            types: $types,
            ..OpDef::NEW
        };)*
    };
}

const INTS: &[DType] = &[DType::INT32, DType::INT64, DType::UINT32, DType::UINT64];

ops! {
    STATELESS_RANDOM_UNIFORM "StatelessRandomUniform", STATELESS_RANDOM_UNIFORM_V2 "StatelessRandomUniformV2",
        &[("dtype", FLOATS)], |cx, source| float_kernel(cx, source, Distribution::Uniform);
    STATELESS_RANDOM_NORMAL "StatelessRandomNormal", STATELESS_RANDOM_NORMAL_V2 "StatelessRandomNormalV2",
        &[("dtype", FLOATS)], |cx, source| float_kernel(cx, source, Distribution::Normal);
    STATELESS_TRUNCATED_NORMAL "StatelessTruncatedNormal",
        STATELESS_TRUNCATED_NORMAL_V2 "StatelessTruncatedNormalV2",
        &[("dtype", FLOATS)], |cx, source| float_kernel(cx, source, Distribution::TruncatedNormal);
    STATELESS_RANDOM_UNIFORM_FULL_INT "StatelessRandomUniformFullInt",
        STATELESS_RANDOM_UNIFORM_FULL_INT_V2 "StatelessRandomUniformFullIntV2",
        &[("dtype", INTS)], full_int_kernel;
    STATELESS_RANDOM_UNIFORM_INT "StatelessRandomUniformInt",
        STATELESS_RANDOM_UNIFORM_INT_V2 "StatelessRandomUniformIntV2",
        &[("dtype", &[DType::INT32, DType::INT64])], int_kernel;
}

pub(crate) static STATELESS_RANDOM_GET_KEY_COUNTER: OpDef = OpDef {
    name: "StatelessRandomGetKeyCounter",
    shape: key_counter_shape,
    kernel: Some(key_counter_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static STATELESS_RANDOM_GET_KEY_COUNTER_ALG: OpDef = OpDef {
    name: "StatelessRandomGetKeyCounterAlg",
    shape: key_counter_shape,
    kernel: Some(key_counter_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static STATELESS_RANDOM_GET_ALG: OpDef = OpDef {
    name: "StatelessRandomGetAlg",
    shape: alg_shape,
    kernel: Some(alg_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
