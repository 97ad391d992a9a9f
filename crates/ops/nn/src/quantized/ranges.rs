//! What quantized values stand for: the steps of a range, in TensorFlow's arithmetic.

use ferroflow_core::{DType, KernelCtx, NdArray, Result, Shape, ShapeCtx, bail, ensure};

/// The integers of a quantized dtype.
#[derive(Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) lowest: i64,
    pub(crate) highest: i64,
    dtype: DType,
    plain: DType,
}

impl Steps {
    /// # Errors
    /// `Unimplemented` for a dtype that is not quantized.
    pub(crate) fn of(dtype: DType) -> Result<Steps> {
        let (lowest, highest, plain) = match dtype {
            DType::QINT8 => (i8::MIN.into(), i8::MAX.into(), DType::INT8),
            DType::QUINT8 => (0, u8::MAX.into(), DType::UINT8),
            DType::QINT16 => (i16::MIN.into(), i16::MAX.into(), DType::INT16),
            DType::QUINT16 => (0, u16::MAX.into(), DType::UINT16),
            DType::QINT32 => (i32::MIN.into(), i32::MAX.into(), DType::INT32),
            other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
        };
        Ok(Steps { lowest, highest, dtype, plain })
    }

    pub(crate) fn is_signed(&self) -> bool {
        self.lowest < 0
    }

    /// How many integers there are, less one.
    fn last(&self) -> f64 {
        (self.highest - self.lowest) as f64
    }

    /// An array of these integers; what does not fit wraps around.
    pub(crate) fn array(&self, shape: Shape, values: Vec<i64>) -> Result<NdArray> {
        NdArray::from_shape(shape, values)?.cast(self.plain)?.bitcast_same_size(self.dtype)
    }

    /// The integer for a float of a range, not clamped.
    pub(crate) fn unclamped(&self, value: f32, (low, high): (f32, f32)) -> i64 {
        if low == high {
            return self.lowest;
        }
        let count = self.last() + 1.0;
        let range = f64::from(high - low) * (count / self.last());
        let scale = count / range;
        let steps = (f64::from(value) * scale).round() - (f64::from(low) * scale).round();
        (steps as i64).saturating_add(self.lowest)
    }

    /// The integer for a float of a range.
    pub(crate) fn quantized(&self, value: f32, range: (f32, f32)) -> i64 {
        self.unclamped(value, range).clamp(self.lowest, self.highest)
    }

    /// The float that an integer of a range stands for.
    pub(crate) fn float(&self, value: i64, (low, high): (f32, f32)) -> f32 {
        if low == high {
            return low;
        }
        let count = self.last() + 1.0;
        let scale = f64::from(high - low) * (count / self.last()) / count;
        let narrow = scale as f32;
        let start = f64::from((low / narrow).round() * narrow);
        (start + (value - self.lowest) as f64 * scale) as f32
    }

    /// The width of a step.
    fn step(&self, (low, high): (f32, f32)) -> f32 {
        (high - low) / (self.highest - self.lowest) as f32
    }

    /// The same for arrays, which TensorFlow computes in single precision.
    pub(crate) fn to_floats(self, (low, high): (f32, f32)) -> impl Fn(i64) -> f32 {
        let scale = (f64::from(high - low) / self.last()) as f32;
        let start = if low == high { low } else { (low / scale).round() * scale };
        let offset = start - self.lowest as f32 * scale;
        move |value| offset + value as f32 * scale
    }

    /// Integers for the floats of a range, in single precision.
    pub(crate) fn of_floats(self, (low, high): (f32, f32)) -> impl Fn(f32) -> i64 {
        let scale = if low == high { 0.0 } else { (self.last() / f64::from(high - low)) as f32 };
        let start = (low * scale).round() - self.lowest as f32;
        // The highest float that is an `i32`.
        let (lowest, highest) = (self.lowest as f32, (self.highest as f32).min(2_147_483_520.0));
        move |value| {
            let steps = (value * scale).round() - start;
            i64::from(steps.max(lowest).min(highest) as i32)
        }
    }
}

/// The range of a product: of as many steps as its dtype has, each as wide as the product of two of the factors'.
pub(crate) fn product_range(
    (a, a_range): (Steps, (f32, f32)),
    (b, b_range): (Steps, (f32, f32)),
    c: Steps,
) -> (f32, f32) {
    let step = a.step(a_range) * b.step(b_range);
    (step * c.lowest as f32, step * c.highest as f32)
}

/// A range in which two numbers can be added many times over: `2 ** bits` times as wide as the wider one.
pub(crate) fn sum_range(a: (f32, f32), b: (f32, f32), bits: u32) -> (f32, f32) {
    let highest = a.1.max((-a.0).max(b.1.max(-b.0))) * (1u32 << bits) as f32;
    (-highest, highest)
}

/// A float as a C++ program on x86 makes it an integer: what does not fit is the lowest one.
pub(crate) fn to_i32(value: f32) -> i64 {
    if (-2_147_483_648.0..2_147_483_648.0).contains(&value) {
        i64::from(value as i32)
    } else {
        i32::MIN.into()
    }
}

/// The integers of a quantized input.
pub(crate) fn integers(cx: &KernelCtx<'_>, index: usize) -> Result<Vec<i64>> {
    let input = cx.input(index)?;
    input.bitcast_same_size(Steps::of(input.dtype())?.plain)?.to_i64_vec()
}

/// A range of two scalar inputs.
pub(crate) fn range(cx: &KernelCtx<'_>, low: usize) -> Result<(f32, f32)> {
    match (cx.slice::<f32>(low)?, cx.slice::<f32>(low + 1)?) {
        ([low, ..], [high, ..]) => Ok((*low, *high)),
        _ => bail!(invalid_argument, "a range has no elements"),
    }
}

/// Checks that the inputs from `first` on are scalars.
pub(crate) fn check_scalars(cx: &ShapeCtx<'_>, first: usize, names: &[&str]) -> Result<()> {
    for (index, name) in names.iter().enumerate() {
        let Some(rank) = cx.input(first + index).rank() else { continue };
        if rank != 0 {
            return Err(cx.mismatch(
                format!("`{name}` must be rank 0 but is rank {rank}"),
                format!("Shape must be rank 0 but is rank {rank}"),
            ));
        }
    }
    Ok(())
}

/// Sets the two outputs that tell the range of the first one.
pub(crate) fn set_range(cx: &mut KernelCtx<'_>, (low, high): (f32, f32)) -> Result<()> {
    cx.set(1, NdArray::scalar(low))?;
    cx.set(2, NdArray::scalar(high))
}

/// The shapes of the two outputs that tell a range.
pub(crate) fn scalar_outputs(cx: &mut ShapeCtx<'_>, indices: std::ops::Range<usize>) {
    for index in indices {
        cx.set(index, Shape::scalar());
    }
}

/// Checks that a range is not empty; `names` are those of its upper and its lower end.
pub(crate) fn check_range((low, high): (f32, f32), names: (&str, &str)) -> Result<()> {
    ensure!(high > low, invalid_argument, "{} must be larger than {}.", names.0, names.1);
    Ok(())
}
