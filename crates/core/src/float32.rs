//! Functions of `float32` without branches, so that loops of them become vector code.
//!
//! Most polynomials are those of S. Moshier's Cephes library for single precision; results are within a few units in
//! the last place. Where a product is added to it is rounded once, by [`f32::mul_add`], so that results have the same bits on
//! every processor; those with AVX2 or NEON have an instruction for it.

use std::f32::consts::FRAC_2_SQRT_PI;

/// Adding this leaves the integer part of a small number in the low bits.
const ROUND: f32 = 12_582_912.0;
/// `ln 2` in two parts, of which the first has few bits: its products with small integers are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut value = 0.0;
    for coefficient in coefficients {
        value = x.mul_add(value, coefficient);
    }
    value
}

/// Of `e` to the power of `x`, the power of two and the factor before it.
#[inline(always)]
fn exp_parts(x: f32) -> (i32, f32) {
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let power = shifted - ROUND;
    let rest = power.mul_add(-LN_2_LOW, power.mul_add(-LN_2_HIGH, x));
    // The Taylor series, its last coefficients adjusted for the interval of half a `ln 2` to both sides.
    let series =
        polynomial(rest, [1.987_569_2e-4, 1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_66, 0.5]);
    let fraction = series.mul_add(rest * rest, rest) + 1.0;
    (shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32, fraction)
}

/// `e` to the power of `x`. Results below the least normal number are 0, as in TensorFlow, whose threads flush them.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Beyond these bounds the result is 0 or infinite; NaN passes both comparisons.
    let bounded = if x < -104.0 { -104.0 } else { x };
    let bounded = if bounded > 89.0 { 89.0 } else { bounded };
    let (power, fraction) = exp_parts(bounded);
    // In two steps, since the power itself may be no normal number.
    let half = power >> 1;
    let scale = |power: i32| f32::from_bits((power.wrapping_add(127) as u32) << 23);
    let result = fraction * scale(half) * scale(power.wrapping_sub(half));
    if result < f32::MIN_POSITIVE { 0.0 } else { result }
}

/// The natural logarithm.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    let is_subnormal = x < f32::MIN_POSITIVE;
    let normal = if is_subnormal { x * 8_388_608.0 } else { x };
    // The exponent that leaves a fraction between the square roots of 1/2 and 2.
    let bits = normal.to_bits();
    let above_root = bits.wrapping_sub(0x3f35_04f3);
    let exponent = (above_root as i32 >> 23) as f32;
    let exponent = if is_subnormal { exponent - 23.0 } else { exponent };
    let fraction = f32::from_bits((above_root & 0x007f_ffff).wrapping_add(0x3f35_04f3));
    let f = fraction - 1.0;
    let square = f * f;
    let series = polynomial(
        f,
        [
            7.037_683_6e-2,
            -0.115_146_1,
            0.116_769_984,
            -0.124_201_41,
            0.142_493_23,
            -0.166_680_58,
            0.200_007_14,
            -0.249_999_94,
            0.333_333_3,
        ],
    );
    let small = f * square * series + exponent * LN_2_LOW - 0.5 * square;
    let value = f + small + exponent * LN_2_HIGH;
    let value = if x == f32::INFINITY { x } else { value };
    let value = if x == 0.0 { f32::NEG_INFINITY } else { value };
    if x < 0.0 || x.is_nan() { f32::NAN } else { value }
}

/// `ln(1 + x)`, exact near 0.
#[inline(always)]
pub fn ln_1p(x: f32) -> f32 {
    let sum = 1.0 + x;
    // What the sum lost, to first order.
    let lost = x - (sum - 1.0);
    let value = ln(sum) + lost / sum;
    if sum == f32::INFINITY || x == 0.0 { x } else { if x == -1.0 { f32::NEG_INFINITY } else { value } }
}

/// The hyperbolic tangent: near 0 a polynomial, further out what is left of 1. A ratio of polynomials would be quicker, but
/// loses the digits of `1 - tanh(x)` that gradients need.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let square = x * x;
    let series =
        polynomial(square, [-5.704_989e-3, 2.063_909e-2, -5.373_971_6e-2, 0.133_314_42, -0.333_332_8]);
    let near = (x * square).mul_add(series, x);
    // From here on the result is 1; the power of `e` is a normal number, so its exponent can be added.
    let bounded = if size > 10.0 { 10.0 } else { size };
    let (power, fraction) = exp_parts(bounded + bounded);
    let power_of_e = f32::from_bits(fraction.to_bits().wrapping_add((power as u32) << 23));
    let far = (1.0 - 2.0 / (power_of_e + 1.0)).copysign(x);
    if size < 0.625 { near.copysign(x) } else { far }
}

/// `1 / (1 + exp(-x))`.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    let small = exp(-x.abs());
    let numerator = if x < 0.0 { small } else { 1.0 };
    numerator / (1.0 + small)
}

/// The error function: `x` times a ratio of polynomials of its square, whose largest relative error is least; found by weighted
/// least squares.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    // From here on the result is 1.
    const BOUND: f32 = 3.85;
    let bounded = if x > BOUND { BOUND } else { x };
    let bounded = if bounded < -BOUND { -BOUND } else { bounded };
    let square = bounded * bounded;
    let numerator = polynomial(
        square,
        [2.108_272_4e-6, 2.856_746_7e-4, 3.673_945e-3, 5.247_975_5e-2, 0.187_898_11, FRAC_2_SQRT_PI],
    );
    let denominator =
        polynomial(square, [3.873_183e-5, 1.145_503_5e-3, 1.478_492_4e-2, 0.113_129_124, 0.499_853_22, 1.0]);
    let value = bounded * numerator / denominator;
    let value = if value > 1.0 { 1.0 } else { value };
    if value < -1.0 { -1.0 } else { value }
}

/// One minus the error function, with all digits of small results: `exp(x * x) * erfc(x) * (1 + 2 * x)` is a polynomial of
/// `(x - 4) / (x + 4)`, fitted at Chebyshev points.
#[inline(always)]
pub fn erfc(x: f32) -> f32 {
    // From here on the result is below the least normal number.
    let size = if x.abs() > 10.5 { 10.5 } else { x.abs() };
    let series = polynomial(
        (size - 4.0) / (size + 4.0),
        [
            8.228_976_5e-4,
            6.831_079e-3,
            -1.608_588_6e-2,
            3.638_955_6e-2,
            -6.658_239e-2,
            9.384_21e-2,
            -0.100_994_36,
            6.809_106_5e-2,
            1.537_739_4e-2,
            -0.139_621,
            1.232_995_2,
        ],
    );
    // The square in two parts, of which the first is exact: what it lacked would count many times over.
    let high = f32::from_bits(size.to_bits() & 0xffff_f000);
    let bell = exp(-(high * high)) * exp(-((size - high) * (size + high)));
    let value = bell * series / (1.0 + 2.0 * size);
    let value = if x < 0.0 { 2.0 - value } else { value };
    if x.is_nan() { x } else { value }
}

/// The number without its fraction; the nearest integer for what is out of range, 0 for NaN.
#[inline(always)]
pub fn to_i32(x: f32) -> i32 {
    let bits = x.to_bits();
    let exponent = (bits >> 23 & 0xff) as i32 - 127;
    let digits = bits & 0x007f_ffff | 0x0080_0000;
    let at_most = |value: i32, bound: i32| if value > bound { bound } else { value };
    let not_negative = |value: i32| (value & !(value >> 31)) as u32;
    // Numbers below 1 lose all digits.
    let size = digits >> not_negative(at_most(23 - exponent, 31)) << not_negative(at_most(exponent - 23, 8));
    let size = if exponent > 30 { 0x7fff_ffff } else { size };
    // Of the lowest integer the size is one more than that of the highest.
    let sign = bits as i32 >> 31;
    let value = (size as i32 ^ sign).wrapping_sub(if exponent > 30 { 0 } else { sign });
    if x.is_nan() { 0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest distance of a function from the exact one, in units in the last place, over many numbers of each size.
    fn worst(found: fn(f32) -> f32, exact: fn(f64) -> f64, from: f32, to: f32) -> f64 {
        let numbers = (0..u32::MAX).step_by(9973).map(f32::from_bits).filter(|x| *x >= from && *x <= to);
        numbers.fold(0.0, |worst: f64, x| {
            let (found, exact) = (found(x), exact(x.into()));
            let rounded = exact as f32;
            if found == rounded || found.is_nan() && exact.is_nan() {
                return worst;
            }
            let unit = f64::from(f32::from_bits(rounded.abs().to_bits() + 1)) - f64::from(rounded.abs());
            worst.max((f64::from(found) - exact).abs() / unit)
        })
    }

    #[test]
    fn results_are_within_a_few_units() {
        assert!(worst(exp, f64::exp, -87.3, 95.0) < 1.0);
        assert_eq!([exp(-87.4), exp(-110.0), exp(f32::NEG_INFINITY)], [0.0; 3]);
        assert!(worst(ln, f64::ln, -1.0, f32::INFINITY) < 1.0);
        assert!(worst(ln_1p, f64::ln_1p, -1.5, f32::INFINITY) < 2.0);
        assert!(worst(tanh, f64::tanh, -20.0, 20.0) < 2.0);
        assert!(worst(sigmoid, |x| 1.0 / (1.0 + (-x).exp()), -87.3, 100.0) < 3.0);
    }

    #[test]
    fn integers_are_those_of_the_language() {
        let numbers = (0..u32::MAX).step_by(9973).map(f32::from_bits);
        let edges = [
            0.5,
            -0.5,
            1.0,
            -1.0,
            2_147_483_500.0,
            2_147_483_648.0,
            -2_147_483_648.0,
            f32::NAN,
            f32::INFINITY,
        ];
        for x in numbers.chain(edges) {
            assert_eq!(to_i32(x), x as i32, "{x}");
        }
    }

    #[test]
    fn special_values_stay() {
        for f in [exp, ln, ln_1p, tanh, sigmoid, erf, erfc] {
            assert!(f(f32::NAN).is_nan());
        }
        assert_eq!((exp(f32::NEG_INFINITY), exp(f32::INFINITY)), (0.0, f32::INFINITY));
        assert_eq!((ln(0.0), ln_1p(-1.0)), (f32::NEG_INFINITY, f32::NEG_INFINITY));
        assert_eq!((erfc(f32::NEG_INFINITY), erfc(f32::INFINITY)), (2.0, 0.0));
        assert_eq!((tanh(f32::INFINITY), erf(f32::NEG_INFINITY)), (1.0, -1.0));
        for f in [ln_1p, tanh, erf] {
            assert!(f(-0.0).is_sign_negative() && f(-0.0) == 0.0);
        }
    }
}
