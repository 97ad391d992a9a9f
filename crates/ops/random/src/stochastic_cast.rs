//! StochasticCastToInt: floats rounded up or down at random, so that they keep their value on average.

use crate::distribution::Draw;
use crate::philox::Philox;
use crate::stateless::key_and_counter;
use ferroflow_core::{
    DType, Element, Grad, KernelCtx, NdArray, OpDef, Result, ShapeCtx, bail, bf16, ensure, f16, reserve,
};

pub(crate) static STOCHASTIC_CAST_TO_INT: OpDef = OpDef {
    name: "StochasticCastToInt",
    shape,
    kernel: Some(kernel),
    grad: Grad::None,
    types: &[
        ("Tin", &[DType::HALF, DType::BFLOAT16, DType::FLOAT32, DType::FLOAT64]),
        ("Tout", &[DType::INT8, DType::INT16, DType::INT32]),
    ],
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        if let Some(found) = cx.with_rank(1, 1)?.dim(0) {
            ensure!(found == 1, invalid_argument, "Dimension must be 1 but is {found}");
        }
        cx.with_rank(2, 1)?;
        cx.with_rank(3, 0)?;
    }
    let input = cx.input(0);
    cx.set(0, input);
    Ok(())
}

/// Arithmetic with the rounding of the type itself.
trait Round: Draw + PartialOrd {
    const ZERO: Self;
    const ONE: Self;
    /// How many elements TensorFlow's wide registers hold where it casts to `int32` with them; 1 where it never does.
    const LANES: usize;
    fn of(value: i32) -> Self;
    fn whole(self) -> Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn wide(self) -> f64;
}

macro_rules! round {
    ($($ty:ty: $lanes:literal, $zero:expr, $one:expr, $of:expr, $floor:expr;)*) => {
        $(impl Round for $ty {
            const ZERO: Self = $zero;
            const ONE: Self = $one;
            const LANES: usize = $lanes;
            fn of(value: i32) -> Self {
                ($of)(value)
            }
            fn whole(self) -> Self {
                ($floor)(self)
            }
            fn plus(self, other: Self) -> Self {
                self + other
            }
            fn minus(self, other: Self) -> Self {
                self - other
            }
            fn wide(self) -> f64 {
                self.into()
            }
        })*
    };
}

round! {
    f16: 1, f16::ZERO, f16::ONE, |value| f16::from_f32(value as f32), |x: f16| f16::from_f32(x.to_f32().floor());
    bf16: 1, bf16::ZERO, bf16::ONE, |value| bf16::from_f32(value as f32),
        |x: bf16| bf16::from_f32(x.to_f32().floor());
    f32: 8, 0.0, 1.0, |value| value as f32, f32::floor;
    f64: 4, 0.0, 1.0, f64::from, f64::floor;
}

/// The limits of an integer type, in a float type that may not hold them exactly.
#[derive(Clone, Copy)]
struct Limits<T> {
    low: T,
    high: T,
}

impl<T: Round> Limits<T> {
    /// What needs no random number: whole numbers, those beyond the limits, and NaN, which becomes 0.
    fn settled(self, value: T) -> Option<T> {
        if value.wide().is_nan() {
            Some(T::ZERO)
        } else if value >= self.high {
            Some(self.high)
        } else if value <= self.low {
            Some(self.low)
        } else {
            (value.whole() == value).then_some(value)
        }
    }
}

/// How many elements TensorFlow casts with wide registers at a time: those of a register of `int32`.
const BLOCK: usize = 8;

/// Each element rounded. TensorFlow (2.21, as it is built for x86) takes a step of the stream for each element that is not
/// settled, and uses the first number of it; with wide registers it takes one for each register, settled or not, and repeats
/// the numbers until all lanes have one.
fn rounded<T: Round>(values: &[T], limits: Limits<T>, lanes: usize, mut stream: Philox) -> Result<Vec<T>> {
    let mut output = reserve::<T>(values.len())?;
    let in_registers = if lanes > 1 { values.len() / BLOCK * BLOCK } else { 0 };
    let (blocks, rest) = values.split_at(in_registers);
    for register in blocks.chunks_exact(lanes) {
        let numbers = T::uniform(stream.next());
        for (value, number) in register.iter().zip(numbers.iter().take(T::GROUP).cycle()) {
            output.push(limits.settled(*value).unwrap_or_else(|| match *value < T::ZERO {
                true => value.plus(*number).whole(),
                false => value.plus(T::ONE.minus(*number)).whole(),
            }));
        }
    }
    for value in rest {
        output.push(limits.settled(*value).unwrap_or_else(|| {
            let [number, ..] = T::uniform(stream.next());
            match *value < T::ZERO {
                true => value.plus(number).whole(),
                false => value.plus(T::ONE).minus(number).whole(),
            }
        }));
    }
    Ok(output)
}

/// Whole numbers as integers. Only the upper limit may be too large for them, in a type that cannot hold it exactly: it
/// becomes what processors give for it.
fn narrowed(value: f64, bits: u32) -> i32 {
    let value = if (value as i64) < 1 << 31 { value as i32 } else { i32::MIN };
    value << (32 - bits) >> (32 - bits)
}

fn cast<T: Round>(cx: &KernelCtx<'_>, stream: Philox, to: DType) -> Result<NdArray> {
    let bits = match to {
        DType::INT8 => 8,
        DType::INT16 => 16,
        DType::INT32 => 32,
        other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
    };
    let limits = Limits { low: T::of(i32::MIN >> (32 - bits)), high: T::of(i32::MAX >> (32 - bits)) };
    let lanes = if bits == 32 { T::LANES } else { 1 };
    let values = rounded(cx.slice::<T>(0)?, limits, lanes, stream)?;
    fn all<T: Round, I: Element>(values: &[T], to: impl Fn(f64) -> I) -> Result<Vec<I>> {
        let mut output = reserve::<I>(values.len())?;
        output.extend(values.iter().map(|value| to(value.wide())));
        Ok(output)
    }
    let shape = cx.input(0)?.shape().clone();
    match bits {
        8 => NdArray::from_shape(shape, all(&values, |value| narrowed(value, bits) as i8)?),
        16 => NdArray::from_shape(shape, all(&values, |value| narrowed(value, bits) as i16)?),
        _ => NdArray::from_shape(shape, all(&values, |value| narrowed(value, bits))?),
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (key, counter) = key_and_counter(cx, 1, 1)?;
    // TensorFlow takes the counter's first number for a seed and the key for the second, unlike other ops.
    let stream = Philox::new(counter.first().copied().unwrap_or_default(), key);
    let to = cx.dtype("Tout")?;
    let output = match cx.input(0)?.dtype() {
        DType::HALF => cast::<f16>(cx, stream, to)?,
        DType::BFLOAT16 => cast::<bf16>(cx, stream, to)?,
        DType::FLOAT32 => cast::<f32>(cx, stream, to)?,
        DType::FLOAT64 => cast::<f64>(cx, stream, to)?,
        other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
    };
    cx.set(0, output)
}
