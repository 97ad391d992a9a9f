//! Maximum, exponentials and their sum of a row: what softmax and the cross entropies share.

use ferroflow_core::{Element, elementwise, float32, inlined, vectorized};
use num_traits::{Float, NumAssign};

/// Values that a running sum takes in one type before it is added to the whole.
const BLOCK: usize = 1024;
/// Sums that run side by side.
const LANES: usize = 16;

/// Rows of a float type whose exponentials are taken.
pub(crate) trait Exp: Element + Float + NumAssign {
    /// The greatest element, not minding NaN; minus infinity for none.
    fn max_of(row: &[Self]) -> Self;

    /// Replaces a row by the exponentials of its distances to `max`; returns their sum.
    fn exp_shifted_by(row: &mut [Self], max: Self) -> Self;

    /// The sum of the exponentials of non-positive values.
    fn sum_of_exp(row: &[Self]) -> Self;

    /// Subtracts from each value.
    fn subtract(row: &mut [Self], by: Self);

    /// Multiplies each value.
    fn scale(row: &mut [Self], by: Self);
}

/// Replaces a row by the exponentials of its distances to its maximum; returns their sum.
pub(crate) fn exp_shifted<T: Exp>(row: &mut [T]) -> T {
    let max = T::max_of(row);
    T::exp_shifted_by(row, max)
}

vectorized! {
    fn max_of[T: Exp](row: &[T]) -> T {
        let mut lanes = [T::neg_infinity(); LANES];
        let greater = |a: T, b: T| if b > a { b } else { a };
        let (groups, tail) = row.as_chunks::<LANES>();
        for group in groups {
            for (lane, &value) in lanes.iter_mut().zip(group) {
                *lane = greater(*lane, value);
            }
        }
        let tail = tail.iter().fold(T::neg_infinity(), |max, &value| greater(max, value));
        lanes.iter().fold(tail, |max, &lane| greater(max, lane))
    }

    fn exp_shifted_by[T: Exp, E: Fn(T) -> T](row: &mut [T], max: T, exp: E) -> T {
        let mut sum = T::zero();
        for block in row.chunks_mut(BLOCK) {
            let mut lanes = [T::zero(); LANES];
            let (groups, tail) = block.as_chunks_mut::<LANES>();
            for group in groups {
                for (lane, value) in lanes.iter_mut().zip(group) {
                    *value = exp(*value - max);
                    *lane += *value;
                }
            }
            for (lane, value) in lanes.iter_mut().zip(tail) {
                *value = exp(*value - max);
                *lane += *value;
            }
            sum += total(lanes);
        }
        sum
    }

    fn sum_of_exp[T: Exp, E: Fn(T) -> T](row: &[T], exp: E) -> T {
        let mut sum = T::zero();
        for block in row.chunks(BLOCK) {
            let mut lanes = [T::zero(); LANES];
            let (groups, tail) = block.as_chunks::<LANES>();
            for group in groups {
                for (lane, &value) in lanes.iter_mut().zip(group) {
                    *lane += exp(value);
                }
            }
            for (lane, &value) in lanes.iter_mut().zip(tail) {
                *lane += exp(value);
            }
            sum += total(lanes);
        }
        sum
    }
}

/// The sum of the lanes, by halves.
#[inline(always)]
fn total<T: Exp>(mut lanes: [T; LANES]) -> T {
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            let other = lanes[lane + width];
            lanes[lane] += other;
        }
    }
    lanes[0]
}

macro_rules! exponentials {
    ($($ty:ty: $exp:expr;)*) => {
        $(impl Exp for $ty {
            fn max_of(row: &[$ty]) -> $ty {
                max_of(row)
            }

            fn exp_shifted_by(row: &mut [$ty], max: $ty) -> $ty {
                exp_shifted_by(row, max, $exp)
            }

            fn sum_of_exp(row: &[$ty]) -> $ty {
                sum_of_exp(row, $exp)
            }

            fn subtract(row: &mut [$ty], by: $ty) {
                elementwise::each(row, move |value| value - by);
            }

            fn scale(row: &mut [$ty], by: $ty) {
                elementwise::each(row, move |value| value * by);
            }
        })*
    };
}

exponentials! {
    f32: inlined!(float32::exp);
    f64: f64::exp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_exponentials_of_any_length() {
        for length in [0, 1, 15, 16, 17, 1000, 1024, 5000] {
            let row: Vec<f32> = (0..length).map(|at| -((at * 37 % 101) as f32) * 0.1).collect();
            let expected: f64 = row.iter().map(|&value| f64::from(value).exp()).sum();
            let mut shifted = row.clone();
            for sum in [f32::sum_of_exp(&row), f32::exp_shifted_by(&mut shifted, 0.0)] {
                assert!((f64::from(sum) - expected).abs() <= expected * 1e-6, "{length}: {sum}, {expected}");
            }
            let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            assert_eq!(f32::max_of(&row), greatest);
        }
    }
}
