//! Scales and zero points, and what numbers become under others, in TensorFlow's fixed-point arithmetic.

use ferroflow_core::{KernelCtx, PartialShape, Result, Shape, ShapeCtx, bail, ensure};

/// The scales and zero points of an input: one of each, or one for each place along an axis.
pub(crate) struct Scales<'a> {
    pub(crate) scales: &'a [f32],
    pub(crate) zeros: &'a [i32],
    pub(crate) axis: Option<usize>,
}

impl<'a> Scales<'a> {
    /// Two inputs that a shape function has checked.
    pub(crate) fn read(cx: &'a KernelCtx<'_>, index: usize, axis: i64) -> Result<Scales<'a>> {
        let (scales, zeros) = (cx.slice::<f32>(index)?, cx.slice::<i32>(index + 1)?);
        Ok(Scales { scales, zeros, axis: usize::try_from(axis).ok() })
    }

    /// The scale and the zero point of a channel.
    pub(crate) fn of(&self, channel: usize) -> (f32, i32) {
        let at = if self.axis.is_some() { channel } else { 0 };
        (self.scales[at], self.zeros[at])
    }

    pub(crate) fn are_positive(&self) -> bool {
        self.scales.iter().all(|scale| *scale > 0.0)
    }
}

/// The number along an axis of each of the elements of a shape; 0 without an axis.
pub(crate) fn channels(shape: &Shape, axis: Option<usize>) -> impl Fn(usize) -> usize + use<> {
    let (size, inner) = match axis {
        Some(axis) => (shape[axis].max(1), shape.dims()[axis + 1..].iter().product::<usize>().max(1)),
        None => (1, 1),
    };
    move |element| element / inner % size
}

/// Checks scales and zero points against the shape of what they are for.
pub(crate) fn check(
    data: &PartialShape,
    scales: &PartialShape,
    zeros: &PartialShape,
    axis: i64,
) -> Result<()> {
    ensure!(
        scales == zeros,
        invalid_argument,
        "scales and zero_points shape must be same, but given scales shape {} and zero_points shape {}",
        scales.cpp(),
        zeros.cpp()
    );
    let rank = data.rank().unwrap_or(0);
    let Some(place) = usize::try_from(axis).ok().filter(|axis| *axis < rank) else {
        ensure!(
            axis == -1,
            invalid_argument,
            "quantization_axis must be -1 or in range [0, input.rank), but given {axis}"
        );
        ensure!(
            scales.rank() == Some(0),
            invalid_argument,
            "If quantization_axis is -1, scales and zero_points must be scalar tensors, but given scales shape {} and zero_points shape {}",
            scales.cpp(),
            zeros.cpp()
        );
        return Ok(());
    };
    ensure!(
        scales.rank() == Some(1) && scales.dim(0) == data.dim(place),
        invalid_argument,
        "If quantization_axis is not -1, scales and zero_points must be a tensor of rank 1 and the size must be equal to the input.dim_size(quantization_axis), but given quantization_axis {axis}, scales shape {} and zero_points shape {}",
        scales.cpp(),
        zeros.cpp()
    );
    Ok(())
}

/// [`check`] for inputs of an op.
pub(crate) fn check_inputs(cx: &ShapeCtx<'_>, data: &PartialShape, index: usize, axis: i64) -> Result<()> {
    check(data, &cx.input(index), &cx.input(index + 1), axis)
}

/// A factor as 31 bits and an exponent.
#[derive(Clone, Copy)]
pub(crate) struct Multiplier {
    factor: i64,
    shift: u32,
}

impl Multiplier {
    pub(crate) fn new(value: f64) -> Result<Multiplier> {
        if !value.is_finite() || value <= 0.0 {
            bail!(invalid_argument, "double_multiplier must be a poisitive finite number. Given {value}");
        }
        // The exponent that leaves a mantissa of at least one half and below one.
        let mut exponent = (value.log2().floor() as i32) + 1;
        let mut mantissa = value / f64::exp2(exponent.into());
        if mantissa >= 1.0 {
            (mantissa, exponent) = (mantissa / 2.0, exponent + 1);
        } else if mantissa < 0.5 {
            (mantissa, exponent) = (mantissa * 2.0, exponent - 1);
        }
        let mut factor = (mantissa * f64::exp2(31.0)).round() as i64;
        if factor == 1 << 31 {
            (factor, exponent) = (factor / 2, exponent + 1);
        }
        match exponent {
            ..-31 => Ok(Multiplier { factor: 0, shift: 31 }),
            31.. => Ok(Multiplier { factor: (1 << 31) - 1, shift: 1 }),
            _ => Ok(Multiplier { factor, shift: (31 - exponent) as u32 }),
        }
    }

    pub(crate) fn apply(self, value: i32) -> i32 {
        let product = i64::from(value) * self.factor + (1 << (self.shift - 1));
        (product >> self.shift).clamp(i32::MIN.into(), i32::MAX.into()) as i32
    }
}

/// The numbers of one scale as those of another, within bounds.
#[derive(Clone, Copy)]
pub(crate) struct Requantizer {
    pub(crate) multiplier: Multiplier,
    pub(crate) zero_in: i32,
    pub(crate) zero_out: i32,
    pub(crate) bounds: (i32, i32),
}

impl Requantizer {
    pub(crate) fn apply(self, value: i32) -> i32 {
        let scaled = self.multiplier.apply(value.wrapping_sub(self.zero_in)).wrapping_add(self.zero_out);
        scaled.min(self.bounds.1).max(self.bounds.0)
    }
}

/// What a row of floats is quantized to, over the range that it has.
pub(crate) fn quantize_row(row: &[f32], (lowest, highest): (i32, i32)) -> (Vec<i32>, f32, i32) {
    let low = f64::from(row.iter().copied().fold(0.0, f32::min));
    let high = f64::from(row.iter().copied().fold(0.0, f32::max));
    let (least, most) = (f64::from(lowest), f64::from(highest));
    let scale = ((high - low) / (most - least)) as f32;
    let inverse = if high - low != 0.0 { ((most - least) / (high - low)) as f32 } else { 0.0 };
    if scale == 0.0 || !inverse.is_finite() {
        return (vec![0; row.len()], 1.0, 0);
    }
    let wide = f64::from(scale);
    let from_low = least.abs() + (low / wide).abs() < most.abs() + (high / wide).abs();
    let zero = if from_low { least - low / wide } else { most - high / wide };
    let zero = zero.clamp(least, most).round() as i32;
    let values = row.iter().map(|value| quantize(*value, inverse, zero, (lowest, highest))).collect();
    (values, scale, zero)
}

/// The step nearest to a float.
pub(crate) fn quantize(value: f32, inverse: f32, zero: i32, (lowest, highest): (i32, i32)) -> i32 {
    let step = (value * inverse + 0.5).floor();
    // What does not fit is the lowest number, as x86 has it.
    let step = if (-2_147_483_648.0..2_147_483_648.0).contains(&step) { step as i32 } else { i32::MIN };
    step.wrapping_add(zero).min(highest).max(lowest)
}
