//! The Bessel functions of orders 0 and 1 in `f64`: the expansions of S. L. Moshier's Cephes library, which TensorFlow
//! uses, too.

use super::bessel_coefficients::*;
use super::polynomial::{chebyshev, polynomial, rational};
use std::f64::consts::{FRAC_2_PI, FRAC_PI_4};

/// The square root of 2 / pi.
const SQRT_FRAC_2_PI: f64 = 0.797_884_560_802_865_4;

pub(super) fn i0e(x: f64) -> f64 {
    let y = x.abs();
    if y <= 8.0 { chebyshev(y / 2.0 - 2.0, &I0_NEAR) } else { chebyshev(32.0 / y - 2.0, &I0_FAR) / y.sqrt() }
}

pub(super) fn i0(x: f64) -> f64 {
    x.abs().exp() * i0e(x)
}

pub(super) fn i1e(x: f64) -> f64 {
    let y = x.abs();
    let value = if y <= 8.0 {
        chebyshev(y / 2.0 - 2.0, &I1_NEAR) * y
    } else {
        chebyshev(32.0 / y - 2.0, &I1_FAR) / y.sqrt()
    };
    if x < 0.0 { -value } else { value }
}

pub(super) fn i1(x: f64) -> f64 {
    x.abs().exp() * i1e(x)
}

/// `K0`, for `x` up to 2.
fn k0_near(x: f64) -> f64 {
    if x <= 0.0 {
        return f64::INFINITY;
    }
    chebyshev(x * x - 2.0, &K0_NEAR) - (0.5 * x).ln() * i0(x)
}

/// `exp(x) * K0(x)` beyond.
fn k0_far(x: f64) -> f64 {
    chebyshev(8.0 / x - 2.0, &K0_FAR) / x.sqrt()
}

pub(super) fn k0(x: f64) -> f64 {
    if x <= 2.0 { k0_near(x) } else { (-x).exp() * k0_far(x) }
}

pub(super) fn k0e(x: f64) -> f64 {
    if x <= 2.0 { k0_near(x) * x.exp().max(f64::MIN_POSITIVE) } else { k0_far(x) }
}

/// `K1`, for `x` up to 2.
fn k1_near(x: f64) -> f64 {
    if x <= 0.0 {
        return f64::INFINITY;
    }
    chebyshev(x * x - 2.0, &K1_NEAR) / x + (0.5 * x).ln() * i1(x)
}

/// `exp(x) * K1(x)` beyond.
fn k1_far(x: f64) -> f64 {
    chebyshev(8.0 / x - 2.0, &K1_FAR) / x.sqrt()
}

pub(super) fn k1(x: f64) -> f64 {
    if x <= 2.0 { k1_near(x) } else { (-x).exp() * k1_far(x) }
}

pub(super) fn k1e(x: f64) -> f64 {
    if x <= 2.0 { k1_near(x) * x.exp().max(f64::MIN_POSITIVE) } else { k1_far(x) }
}

/// Modulus and phase of order 0, as what multiplies the cosine and the sine of `x - pi / 4`.
fn waves_0(x: f64) -> (f64, f64) {
    let s = 25.0 / (x * x);
    (rational(s, &P0_PP, &P0_PQ), 5.0 / x * rational(s, &P0_QP, &P0_QQ))
}

fn waves_1(x: f64) -> (f64, f64) {
    let s = 25.0 / (x * x);
    (rational(s, &P1_PP, &P1_PQ), 5.0 / x * rational(s, &P1_QP, &P1_QQ))
}

pub(super) fn j0(x: f64) -> f64 {
    /// The squares of the first two zeros.
    const ZEROS: [f64; 2] = [5.783_185_962_946_784, 30.471_262_343_662_087];
    let y = x.abs();
    let z = y * y;
    if y < 1e-5 {
        return 1.0 - 0.25 * z;
    }
    if y <= 5.0 {
        return (z - ZEROS[0]) * (z - ZEROS[1]) * polynomial(z, &J0_RP) / polynomial(z, &J0_RQ);
    }
    let ((p, q), angle) = (waves_0(y), y - FRAC_PI_4);
    (p * angle.cos() - q * angle.sin()) * SQRT_FRAC_2_PI / y.sqrt()
}

pub(super) fn y0(x: f64) -> f64 {
    if x <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if x <= 5.0 {
        return rational(x * x, &Y0_YP, &Y0_YQ) + FRAC_2_PI * x.ln() * j0(x);
    }
    let ((p, q), angle) = (waves_0(x), x - FRAC_PI_4);
    (p * angle.sin() + q * angle.cos()) * SQRT_FRAC_2_PI / x.sqrt()
}

pub(super) fn j1(x: f64) -> f64 {
    /// The squares of the first two zeros.
    const ZEROS: [f64; 2] = [14.681_970_642_123_893, 49.218_456_321_694_6];
    let y = x.abs();
    let z = y * y;
    if y <= 5.0 {
        return x * (z - ZEROS[0]) * (z - ZEROS[1]) * rational(z, &J1_RP, &J1_RQ);
    }
    let ((p, q), angle) = (waves_1(y), y - 3.0 * FRAC_PI_4);
    let value = (p * angle.cos() - q * angle.sin()) * SQRT_FRAC_2_PI / y.sqrt();
    if x < 0.0 { -value } else { value }
}

pub(super) fn y1(x: f64) -> f64 {
    if x <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if x <= 5.0 {
        let regular = x * rational(x * x, &Y1_YP, &Y1_YQ);
        return regular + FRAC_2_PI * (j1(x) * x.ln() - 1.0 / x);
    }
    let ((p, q), angle) = (waves_1(x), x - 3.0 * FRAC_PI_4);
    (p * angle.sin() + q * angle.cos()) * SQRT_FRAC_2_PI / x.sqrt()
}
