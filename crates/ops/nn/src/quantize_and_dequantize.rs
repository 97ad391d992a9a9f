//! QuantizeAndDequantize, QuantizeAndDequantizeV2, QuantizeAndDequantizeV3, QuantizeAndDequantizeV4: floats rounded to the steps of a signed or unsigned integer.

use crate::activations::is_half;
use ferroflow_core::{
    DType, Element, Grad, GradCtx, KernelCtx, NdArray, OpDef, Result, ShapeCtx, bail, dispatch, ensure,
    reserve,
};
use num_traits::Float;

/// How values become integers.
struct Steps {
    lowest: f64,
    highest: f64,
    range_given: bool,
    half_to_even: bool,
}

fn steps(cx: &KernelCtx<'_>) -> Result<Steps> {
    let is_signed = cx.bool("signed_input")?;
    let bits = if cx.num_inputs() == 4 { cx.int_value(3)? } else { cx.int("num_bits")? };
    ensure!(
        bits > 0 && bits < if is_signed { 62 } else { 63 },
        invalid_argument,
        "num_bits is out of range: {bits} with {} {}",
        if cx.num_inputs() == 4 { "`signed_input_`" } else { "signed_input_" },
        u8::from(is_signed)
    );
    // The first version of the op has neither this nor an axis.
    let narrow = cx.bool("narrow_range").unwrap_or(false);
    let (lowest, highest) = if is_signed {
        let half = 1i64 << (bits - 1);
        (if narrow { 1 - half } else { -half }, half - 1)
    } else {
        (0, ((1u64 << bits) - 1) as i64)
    };
    let half_to_even = cx.str("round_mode").map_or(true, |mode| mode == "HALF_TO_EVEN");
    Ok(Steps {
        lowest: lowest as f64,
        highest: highest as f64,
        range_given: cx.bool("range_given")?,
        half_to_even,
    })
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        dtype => dispatch!(dtype, FLOATS, |T| run::<T>(cx)),
    }
}

fn run<T: Element + Float>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, axis) = (cx.input(0)?, cx.int("axis").unwrap_or(-1));
    let sizes = input.shape().dims();
    ensure!(
        axis >= -1 && axis < sizes.len() as i64,
        invalid_argument,
        "Shape must be at least rank {} but is rank {}",
        axis.saturating_add(1),
        sizes.len()
    );
    let steps = steps(cx)?;
    let channels = usize::try_from(axis).map_or(1, |axis| sizes[axis]);
    let inner = usize::try_from(axis).map_or(1, |axis| sizes[axis + 1..].iter().product::<usize>());
    let channel_of = |position: usize| position / inner.max(1) % channels.max(1);
    let values = input.as_slice::<T>()?;
    let (mut low, mut high) = (vec![T::zero(); channels], vec![T::zero(); channels]);
    if cx.num_inputs() == 1 && steps.range_given {
        let given =
            |name: &str| Ok(<T as num_traits::NumCast>::from(cx.float(name)?).unwrap_or_else(T::zero));
        (low, high) = (vec![given("input_min")?], vec![given("input_max")?]);
        check_order(&low, &high)?;
    } else if steps.range_given {
        for (index, name) in [(1, "input_min"), (2, "input_max")] {
            let range = cx.input(index)?;
            // The second version of the op takes no ranges of channels (TensorFlow 2.21), whatever its shape function
            // asks for.
            if axis == -1 || cx.num_inputs() == 3 {
                ensure!(range.rank() == 0, invalid_argument, "{name} must be a scalar.");
            } else {
                ensure!(
                    range.rank() == 1 && range.len() == channels,
                    invalid_argument,
                    "{name} has incorrect size, expected {channels} was {}",
                    range.len()
                );
            }
        }
        // Whatever the checks above let pass: each channel has its range.
        let given = (cx.input(1)?.len(), cx.input(2)?.len());
        ensure!(
            given == (channels, channels),
            invalid_argument,
            "input_min has incorrect size, expected {channels} was {}",
            given.0
        );
        low.copy_from_slice(cx.slice::<T>(1)?);
        high.copy_from_slice(cx.slice::<T>(2)?);
        check_order(&low, &high)?;
    } else if !values.is_empty() {
        low.fill(T::infinity());
        high.fill(T::neg_infinity());
        for (position, &value) in values.iter().enumerate() {
            let channel = channel_of(position);
            low[channel] = low[channel].min(value);
            high[channel] = high[channel].max(value);
        }
    }
    let cast = |number: f64| <T as num_traits::NumCast>::from(number).unwrap_or_else(T::zero);
    let (lowest, highest) = (cast(steps.lowest), cast(steps.highest));
    // The side that needs more room decides on the scale; the other end of the range follows.
    let mut scales = Vec::with_capacity(channels);
    for (low, high) in low.iter_mut().zip(&mut high) {
        let side = |steps: T, end: T| if steps * end > T::zero() { steps / end } else { T::max_value() };
        let (from_low, from_high) = (side(lowest, *low), side(highest, *high));
        scales.push(if from_low < from_high {
            let inverse = *low / lowest;
            *high = highest * inverse;
            (from_low, inverse)
        } else {
            let inverse = *high / highest;
            *low = lowest * inverse;
            (from_high, inverse)
        });
    }
    let half = cast(0.5);
    let round = |value: T| {
        if !steps.half_to_even {
            return (value + half).floor();
        }
        let nearest = value.round();
        let is_tie = (value - value.trunc()).abs() == half;
        if is_tie && nearest % (T::one() + T::one()) != T::zero() {
            nearest - value.signum()
        } else {
            nearest
        }
    };
    let mut output = reserve(values.len())?;
    for (position, &value) in values.iter().enumerate() {
        let channel = channel_of(position);
        let (scale, inverse) = scales[channel];
        let value = if steps.range_given { value.min(high[channel]).max(low[channel]) } else { value };
        output.push(round(value * scale) * inverse);
    }
    let shape = input.shape().clone();
    cx.set(0, NdArray::from_shape(shape, output)?)
}

fn check_order<T: Float>(low: &[T], high: &[T]) -> Result<()> {
    for (low, high) in low.iter().zip(high) {
        if low > high {
            let shown = |value: &T| value.to_f64().unwrap_or(f64::NAN);
            bail!(invalid_argument, "Invalid range: input_min {} > input_max {}", shown(low), shown(high));
        }
    }
    Ok(())
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    if !cx.at_run_time() {
        let axis = cx.int("axis")?;
        ensure!(axis >= -1, invalid_argument, "axis should be at least -1, got {axis}");
        let rank = usize::from(axis >= 0);
        let ends = cx.merge(&cx.with_rank(1, rank)?, &cx.with_rank(2, rank)?)?;
        if let Ok(axis) = usize::try_from(axis) {
            cx.with_rank_at_least(0, axis + 1)?;
            cx.merge_dims(ends.dim(0), input.dim(axis))?;
        }
        if cx.num_inputs() == 4 {
            cx.with_rank(3, 0)?;
        }
    }
    cx.set(0, input);
    Ok(())
}

/// As `_QuantizeAndDequantizeV2Grad`: rounding is passed over.
fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    cx.set(0, dy)
}

/// The first version, which has its range as attributes.
pub(crate) static QUANTIZE_AND_DEQUANTIZE: OpDef = OpDef {
    name: "QuantizeAndDequantize",
    shape: ferroflow_core::shape_fn::unchanged,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", &[DType::FLOAT32, DType::FLOAT64])],
    ..OpDef::NEW
};

pub(crate) static QUANTIZE_AND_DEQUANTIZE_V2: OpDef = OpDef {
    name: "QuantizeAndDequantizeV2",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};

pub(crate) static QUANTIZE_AND_DEQUANTIZE_V3: OpDef = OpDef {
    name: "QuantizeAndDequantizeV3",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};

pub(crate) static QUANTIZE_AND_DEQUANTIZE_V4: OpDef = OpDef {
    name: "QuantizeAndDequantizeV4",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(crate::quantized::straight_through::grad),
    ..OpDef::NEW
};
