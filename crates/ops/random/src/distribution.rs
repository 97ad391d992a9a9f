//! Distributions: how random bits become numbers of each type, and how an array is filled with them.

use crate::philox::{Philox, Singles};
use ferroflow_core::{DType, Element, NdArray, Result, Shape, bail, bf16, f16, parallel, zeroed};
use std::f64::consts::PI;

/// Steps of the stream that a stateful op sets aside for each number, whatever it uses.
pub(crate) const STEPS_PER_OUTPUT: u64 = 256;

/// What an array of floats is filled with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Distribution {
    /// Uniform on [0, 1).
    Uniform,
    /// Standard normal.
    Normal,
    /// Standard normal, drawn again outside (-2, 2).
    TruncatedNormal,
}

/// Numbers of one step of the stream: as many as fit into it, in the front of the array.
pub(crate) type Group<T> = [T; 4];

/// A float type that numbers are drawn for.
pub(crate) trait Draw: Element + Copy {
    /// How many numbers come from a step.
    const GROUP: usize;
    fn uniform(bits: [u32; 4]) -> Group<Self>;
    fn normal(bits: [u32; 4]) -> Group<Self>;
    fn truncated_normal(singles: &mut Singles) -> Group<Self>;
}

/// How the bits of one step become uniform and normal numbers of a dtype. They are given in `f64`, which holds all of them
/// exactly.
#[derive(Clone, Copy)]
pub(crate) struct Steps {
    /// How many numbers come from a step.
    pub(crate) group: usize,
    pub(crate) uniform: fn([u32; 4]) -> Group<f64>,
    pub(crate) normal: fn([u32; 4]) -> Group<f64>,
}

impl Steps {
    pub(crate) fn new(dtype: DType) -> Result<Steps> {
        fn of<T: Draw + Into<f64>>() -> Steps {
            Steps {
                group: T::GROUP,
                uniform: |bits| T::uniform(bits).map(Into::into),
                normal: |bits| T::normal(bits).map(Into::into),
            }
        }
        match dtype {
            DType::FLOAT32 => Ok(of::<f32>()),
            DType::FLOAT64 => Ok(of::<f64>()),
            DType::HALF => Ok(of::<f16>()),
            other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
        }
    }
}

pub(crate) fn unit_f32(bits: u32) -> f32 {
    // A number in [1, 2) has the random bits as its fraction.
    f32::from_bits(127 << 23 | bits & 0x7f_ffff) - 1.0
}

pub(crate) fn unit_f64(low: u32, high: u32) -> f64 {
    let fraction = u64::from(low & 0xf_ffff) << 32 | u64::from(high);
    f64::from_bits(1023 << 52 | fraction) - 1.0
}

/// Two normal numbers from two uniform ones (Box and Muller).
fn normal_pair_f32(x0: u32, x1: u32) -> [f32; 2] {
    let u = unit_f32(x0).max(1.0e-7);
    let angle = (2.0 * PI * f64::from(unit_f32(x1))) as f32;
    let radius = (-2.0 * u.ln()).sqrt();
    [angle.sin() * radius, angle.cos() * radius]
}

pub(crate) fn normal_pair_f64(x0: u32, x1: u32, x2: u32, x3: u32) -> [f64; 2] {
    let u = unit_f64(x0, x1).max(1.0e-7);
    let angle = 2.0 * PI * unit_f64(x2, x3);
    let radius = (-2.0 * u.ln()).sqrt();
    [angle.sin() * radius, angle.cos() * radius]
}

fn normal_f32([a, b, c, d]: [u32; 4]) -> [f32; 4] {
    let ([a, b], [c, d]) = (normal_pair_f32(a, b), normal_pair_f32(c, d));
    [a, b, c, d]
}

fn truncated_f32(singles: &mut Singles) -> [f32; 4] {
    let (mut group, mut found) = ([0.0; 4], 0);
    loop {
        for number in normal_pair_f32(singles.next(), singles.next()) {
            if number.abs() < 2.0 {
                group[found] = number;
                found += 1;
                if found == group.len() {
                    return group;
                }
            }
        }
    }
}

impl Draw for f32 {
    const GROUP: usize = 4;
    fn uniform(bits: [u32; 4]) -> Group<f32> {
        bits.map(unit_f32)
    }
    fn normal(bits: [u32; 4]) -> Group<f32> {
        normal_f32(bits)
    }
    fn truncated_normal(singles: &mut Singles) -> Group<f32> {
        truncated_f32(singles)
    }
}

impl Draw for f64 {
    const GROUP: usize = 2;
    fn uniform([a, b, c, d]: [u32; 4]) -> Group<f64> {
        [unit_f64(a, b), unit_f64(c, d), 0.0, 0.0]
    }
    fn normal([a, b, c, d]: [u32; 4]) -> Group<f64> {
        let [first, second] = normal_pair_f64(a, b, c, d);
        [first, second, 0.0, 0.0]
    }
    fn truncated_normal(singles: &mut Singles) -> Group<f64> {
        let (mut group, mut found) = ([0.0; 4], 0);
        loop {
            let [a, b, c, d] = [singles.next(), singles.next(), singles.next(), singles.next()];
            for number in normal_pair_f64(a, b, c, d) {
                if number.abs() < 2.0 {
                    group[found] = number;
                    found += 1;
                    if found == Self::GROUP {
                        return group;
                    }
                }
            }
        }
    }
}

impl Draw for f16 {
    const GROUP: usize = 4;
    fn uniform(bits: [u32; 4]) -> Group<f16> {
        bits.map(|bits| f16::from_bits(15 << 10 | bits as u16 & 0x3ff) - f16::ONE)
    }
    fn normal(bits: [u32; 4]) -> Group<f16> {
        normal_f32(bits).map(f16::from_f32)
    }
    fn truncated_normal(singles: &mut Singles) -> Group<f16> {
        truncated_f32(singles).map(f16::from_f32)
    }
}

impl Draw for bf16 {
    const GROUP: usize = 4;
    fn uniform(bits: [u32; 4]) -> Group<bf16> {
        bits.map(|bits| bf16::from_bits(127 << 7 | bits as u16 & 0x7f) - bf16::ONE)
    }
    fn normal(bits: [u32; 4]) -> Group<bf16> {
        normal_f32(bits).map(bf16::from_f32)
    }
    fn truncated_normal(singles: &mut Singles) -> Group<bf16> {
        truncated_f32(singles).map(bf16::from_f32)
    }
}

/// Fills an array with groups of `group` numbers, each made by `draw` from the stream `steps` further than the last.
fn fill<T: Element + Copy>(
    stream: Philox,
    shape: Shape,
    group: usize,
    steps: u64,
    draw: impl Fn(&mut Philox) -> Group<T> + Sync,
) -> Result<NdArray> {
    let mut elements = zeroed::<T>(shape.num_elements())?;
    parallel::chunks(&mut elements, group, 16, |start, chunk| {
        for (position, part) in chunk.chunks_mut(group).enumerate() {
            let mut stream = stream;
            stream.skip(((start / group + position) as u64).wrapping_mul(steps));
            let numbers = draw(&mut stream);
            part.copy_from_slice(&numbers[..part.len()]);
        }
    });
    NdArray::from_shape(shape, elements)
}

fn fill_floats<T: Draw>(stream: Philox, shape: Shape, distribution: Distribution) -> Result<NdArray> {
    match distribution {
        Distribution::Uniform => fill(stream, shape, T::GROUP, 1, |stream| T::uniform(stream.next())),
        Distribution::Normal => fill(stream, shape, T::GROUP, 1, |stream| T::normal(stream.next())),
        // How many numbers a group needs is not known, so each has its share of the stream to itself.
        Distribution::TruncatedNormal => {
            fill(stream, shape, T::GROUP, T::GROUP as u64 * STEPS_PER_OUTPUT / 4, |stream| {
                T::truncated_normal(&mut Singles::new(*stream))
            })
        }
    }
}

/// An array of floats drawn from the stream.
pub(crate) fn floats(
    stream: Philox,
    dtype: DType,
    shape: Shape,
    distribution: Distribution,
) -> Result<NdArray> {
    match dtype {
        DType::FLOAT32 => fill_floats::<f32>(stream, shape, distribution),
        DType::FLOAT64 => fill_floats::<f64>(stream, shape, distribution),
        DType::HALF => fill_floats::<f16>(stream, shape, distribution),
        DType::BFLOAT16 => fill_floats::<bf16>(stream, shape, distribution),
        other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
    }
}

fn pair([a, b, c, d]: [u32; 4]) -> [u64; 2] {
    [u64::from(a) | u64::from(b) << 32, u64::from(c) | u64::from(d) << 32]
}

/// Integers over the whole range of their type.
pub(crate) fn full_range_ints(stream: Philox, dtype: DType, shape: Shape) -> Result<NdArray> {
    match dtype {
        DType::INT32 => fill(stream, shape, 4, 1, |stream| stream.next().map(|bits| bits as i32)),
        DType::UINT32 => fill(stream, shape, 4, 1, Philox::next),
        DType::INT64 => fill(stream, shape, 2, 1, |stream| {
            let [a, b] = pair(stream.next());
            [a as i64, b as i64, 0, 0]
        }),
        DType::UINT64 => fill(stream, shape, 2, 1, |stream| {
            let [a, b] = pair(stream.next());
            [a, b, 0, 0]
        }),
        other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
    }
}

/// Integers from `low` up to, but not with, `high`, which is greater.
pub(crate) fn ints_between(stream: Philox, shape: Shape, low: &NdArray, high: &NdArray) -> Result<NdArray> {
    macro_rules! between {
        ($ty:ty, $wide:ty, $group:literal, $bits:expr) => {{
            let (low, high) = (low.item::<$ty>()?, high.item::<$ty>()?);
            if low >= high {
                bail!(invalid_argument, "Need minval < maxval, got {low} >= {high}");
            }
            let range = (high as $wide).wrapping_sub(low as $wide);
            fill(stream, shape, $group, 1, move |stream| {
                let bits: [$wide; 4] = $bits(stream.next());
                bits.map(|bits| low.wrapping_add((bits % range) as $ty))
            })
        }};
    }
    let wide = |bits| {
        let [a, b] = pair(bits);
        [a, b, 0, 0]
    };
    match low.dtype() {
        DType::INT32 => between!(i32, u32, 4, |bits| bits),
        DType::INT64 => between!(i64, u64, 2, wide),
        other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
    }
}
