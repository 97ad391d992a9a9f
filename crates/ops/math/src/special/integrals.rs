//! Dawson's, exponential, Fresnel and Spence's integrals in `f64`: the expansions of S. L. Moshier's Cephes library, which
//! TensorFlow uses, too.

use super::integral_coefficients::*;
use super::polynomial::rational;
use std::f64::consts::{FRAC_PI_2, PI};

/// Euler's constant.
const EULER: f64 = 0.577_215_664_901_532_9;

pub(super) fn dawsn(x: f64) -> f64 {
    let y = x.abs();
    let inverse = 1.0 / y;
    let square = inverse * inverse;
    let value = if y < 3.25 {
        y * rational(y * y, &DAWSN_AN, &DAWSN_AD)
    } else if y < 6.25 {
        0.5 * (square * rational(square, &DAWSN_BN, &DAWSN_BD) / y + inverse)
    } else if y < 1e9 {
        0.5 * (square * rational(square, &DAWSN_CN, &DAWSN_CD) / y + inverse)
    } else {
        // With the sign of `x`, which is taken away again below, as TensorFlow (2.21) has it.
        0.5 / x
    };
    if x < 0.0 { -value } else { value }
}

pub(super) fn expint(x: f64) -> f64 {
    if x < 0.0 {
        return f64::NAN;
    }
    if x < 2.0 {
        return x * rational(x, &EXPINT_A, &EXPINT_B) + EULER + x.ln();
    }
    let w = 1.0 / x;
    let tail = if x < 4.0 {
        rational(w, &EXPINT_A6, &EXPINT_B6)
    } else if x < 8.0 {
        rational(w, &EXPINT_A5, &EXPINT_B5)
    } else if x < 16.0 {
        rational(w, &EXPINT_A2, &EXPINT_B2)
    } else if x < 32.0 {
        rational(w, &EXPINT_A4, &EXPINT_B4)
    } else if x < 64.0 {
        rational(w, &EXPINT_A7, &EXPINT_B7)
    } else {
        rational(w, &EXPINT_A3, &EXPINT_B3)
    };
    x.exp() * w * (w * tail + 1.0)
}

/// The cosine integral and the sine integral of a positive number.
fn fresnel(x: f64) -> (f64, f64) {
    let square = x * x;
    if square < 2.5625 {
        let fourth = square * square;
        return (
            x * rational(fourth, &FRESNEL_CN, &FRESNEL_CD),
            x * square * rational(fourth, &FRESNEL_SN, &FRESNEL_SD),
        );
    }
    let t = 1.0 / (PI * square);
    let u = t * t;
    let f = 1.0 - u * rational(u, &FRESNEL_FN, &FRESNEL_FD);
    let g = t * rational(u, &FRESNEL_GN, &FRESNEL_GD);
    let (sin, cos) = (FRAC_PI_2 * square).sin_cos();
    let scale = 1.0 / (PI * x);
    (0.5 + (f * sin - g * cos) * scale, 0.5 - (f * cos + g * sin) * scale)
}

/// Both integrals are odd, and are taken for their limits beyond 36974.
fn odd(x: f64, part: fn((f64, f64)) -> f64) -> f64 {
    let value = if x.abs() > 36974.0 { 0.5 } else { part(fresnel(x.abs())) };
    if x < 0.0 { -value } else { value }
}

pub(super) fn fresnel_cos(x: f64) -> f64 {
    odd(x, |(cos, _)| cos)
}

pub(super) fn fresnel_sin(x: f64) -> f64 {
    odd(x, |(_, sin)| sin)
}

pub(super) fn spence(x: f64) -> f64 {
    const LIMIT: f64 = PI * PI / 6.0;
    if x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 || x == 1.0 {
        return if x == 0.0 { LIMIT } else { 0.0 };
    }
    let y = if x < 2.0 { x } else { 1.0 / x };
    let w = if y > 1.5 {
        1.0 / y - 1.0
    } else if y < 0.5 {
        -y
    } else {
        y - 1.0
    };
    let mut value = -w * rational(w, &SPENCE_A, &SPENCE_B);
    let log = y.ln();
    if y < 0.5 {
        value = LIMIT - log * (-y).ln_1p() - value;
    }
    if x > 1.5 { -0.5 * log * log - value } else { value }
}
