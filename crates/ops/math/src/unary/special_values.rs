//! The special functions themselves, in `f64`; `f32` rounds most of their results.

use ferroflow_core::float32;
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Special functions of one real argument.
pub(crate) trait Special: Copy {
    fn erf(self) -> Self;
    fn erfc(self) -> Self;
    fn lgamma(self) -> Self;
    fn digamma(self) -> Self;
    fn ndtri(self) -> Self;
    fn erfinv(self) -> Self;
}

impl Special for f64 {
    fn erf(self) -> f64 {
        libm::erf(self)
    }

    fn erfc(self) -> f64 {
        libm::erfc(self)
    }

    fn lgamma(self) -> f64 {
        libm::lgamma(self)
    }

    fn digamma(self) -> f64 {
        digamma(self)
    }

    fn ndtri(self) -> f64 {
        ndtri(self)
    }

    fn erfinv(self) -> f64 {
        FRAC_1_SQRT_2 * ndtri(0.5 * (self + 1.0))
    }
}

impl Special for f32 {
    #[inline(always)]
    fn erf(self) -> f32 {
        float32::erf(self)
    }

    #[inline(always)]
    fn erfc(self) -> f32 {
        float32::erfc(self)
    }

    fn lgamma(self) -> f32 {
        libm::lgamma(self.into()) as f32
    }

    fn digamma(self) -> f32 {
        digamma(self.into()) as f32
    }

    fn ndtri(self) -> f32 {
        ndtri(self.into()) as f32
    }

    fn erfinv(self) -> f32 {
        // The argument is rounded first, as TensorFlow does it: near 0 that costs it digits.
        (FRAC_1_SQRT_2 * ndtri((0.5 * (self + 1.0)).into())) as f32
    }
}

/// The derivative of `lgamma`: reflected to positive arguments, raised by recurrence, then an asymptotic series.
pub(crate) fn digamma(x: f64) -> f64 {
    if x <= 0.0 {
        if x == x.floor() {
            return f64::NAN;
        }
        let fraction = x - x.floor();
        let reflected = if fraction == 0.5 { 0.0 } else { PI / (PI * fraction).tan() };
        return digamma(1.0 - x) - reflected;
    }
    let (mut x, mut shift) = (x, 0.0);
    while x < 10.0 {
        shift += 1.0 / x;
        x += 1.0;
    }
    // Bernoulli numbers B(2k) / 2k.
    const SERIES: [f64; 7] = [
        8.333_333_333_333_333e-2,
        -8.333_333_333_333_333e-3,
        3.968_253_968_253_968e-3,
        -4.166_666_666_666_667e-3,
        7.575_757_575_757_576e-3,
        -2.109_279_609_279_609_4e-2,
        8.333_333_333_333_333e-2,
    ];
    let z = 1.0 / (x * x);
    let tail = SERIES.iter().rev().fold(0.0, |sum, coefficient| sum * z + coefficient) * z;
    x.ln() - 0.5 / x - tail - shift
}

/// The inverse of the normal distribution function.
///
/// A rational approximation (P. J. Acklam's, relative error below 1.2e-9) is refined twice by Halley's method against
/// `erfc`, which leaves rounding errors only.
pub(crate) fn ndtri(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return if p == 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    // The upper half mirrors the lower one, where `p` has its digits.
    if p > 0.5 {
        return -ndtri_lower(1.0 - p);
    }
    ndtri_lower(p)
}

fn ndtri_lower(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    let polynomial = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    let mut x = if p < 0.024_25 {
        let q = (-2.0 * p.ln()).sqrt();
        polynomial(&C, q) / polynomial(&D, q)
    } else {
        let q = p - 0.5;
        polynomial(&A, q * q) * q / polynomial(&B, q * q)
    };
    for _ in 0..2 {
        // Half of erfc(-x / sqrt 2) is the distribution function, without cancellation for negative x.
        // Around the middle the difference to it keeps the digits of a small x.
        let z = x * FRAC_1_SQRT_2;
        let error = if p > 0.2 { 0.5 * libm::erf(z) - (p - 0.5) } else { 0.5 * libm::erfc(-z) - p };
        let step = error * (2.0 * PI).sqrt() * (x * x / 2.0).exp();
        if !step.is_finite() {
            break;
        }
        x -= step / (1.0 + x * step / 2.0);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_results_keep_their_digits() {
        for step in -1000..9000_i16 {
            let x = f32::from(step) / 1000.0;
            let (found, exact) = (Special::erfc(x), libm::erfc(x.into()) as f32);
            assert!((found - exact).abs() <= 8.0 * f32::EPSILON * exact, "erfc({x}) is {exact}, not {found}");
        }
    }
}
