//! Maximum, exponentials and their sum of a row: what softmax and the cross entropies share.

use ferroflow_core::Element;
use num_traits::{Float, NumAssign};

/// Rows of a float type whose exponentials are taken.
pub(crate) trait Exp: Element + Float + NumAssign {
    /// Replaces non-positive values by their exponentials.
    fn exp_all(row: &mut [Self]);

    /// The greatest element, not minding NaN; minus infinity for none.
    fn max_of(row: &[Self]) -> Self {
        let mut lanes = [Self::neg_infinity(); 16];
        let mut groups = row.chunks_exact(16);
        let greater = |a: Self, b: Self| if b > a { b } else { a };
        for group in &mut groups {
            for (lane, &value) in lanes.iter_mut().zip(group) {
                *lane = greater(*lane, value);
            }
        }
        let tail = groups.remainder().iter().fold(Self::neg_infinity(), |max, &value| greater(max, value));
        lanes.iter().fold(tail, |max, &lane| greater(max, lane))
    }

    /// The sum of the exponentials of non-positive values.
    fn sum_of_exp(row: &[Self]) -> Self {
        let mut sum = Self::zero();
        let mut buffer = [Self::zero(); 64];
        for group in row.chunks(64) {
            let buffer = &mut buffer[..group.len()];
            buffer.copy_from_slice(group);
            Self::exp_all(buffer);
            sum += crate::sums::run_sum(buffer, |a, b| a + b);
        }
        sum
    }
}

/// Replaces a row by the exponentials of its distances to its maximum; returns their sum.
pub(crate) fn exp_shifted<T: Exp>(row: &mut [T]) -> T {
    let max = T::max_of(row);
    row.iter_mut().for_each(|value| *value -= max);
    T::exp_all(row);
    crate::sums::run_sum(row, |a, b| a + b)
}

impl Exp for f64 {
    fn exp_all(row: &mut [f64]) {
        row.iter_mut().for_each(|value| *value = value.exp());
    }
}

impl Exp for f32 {
    fn exp_all(row: &mut [f32]) {
        row.iter_mut().for_each(|value| *value = exp(*value));
    }
}

/// `exp(x)` for `x <= 0` within an ulp, 0 below the normal numbers; without branches, so that loops of it become
/// vector code.
fn exp(x: f32) -> f32 {
    /// Adding this leaves the integer part of a small number in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    const LOWEST: f32 = -87.336_54;
    let clamped = if x < LOWEST { LOWEST } else { x };
    let shifted = clamped * std::f32::consts::LOG2_E + ROUND;
    let power = shifted - ROUND;
    let rest = clamped - power * LN_2_HIGH - power * LN_2_LOW;
    // The Taylor series, its last coefficients adjusted for the interval of half a `ln 2` to both sides.
    let mut series = 1.987_569_2e-4f32;
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_66, 0.5] {
        series = series * rest + coefficient;
    }
    let fraction = series * rest * rest + rest + 1.0;
    let scale = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    if x < LOWEST { 0.0 } else { fraction * scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_an_ulp() {
        for step in 0..870_000 {
            let x = -(step as f32) * 1e-4;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 1.2e-7, "exp({x}) is off by {error}");
        }
        assert!(exp(f32::NAN).is_nan());
        assert_eq!((exp(0.0), exp(-1e9), exp(f32::NEG_INFINITY)), (1.0, 0.0, 0.0));
    }
}
