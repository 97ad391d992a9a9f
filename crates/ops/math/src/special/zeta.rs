//! Hurwitz's zeta function and the derivatives of the digamma function.

use crate::unary::special_values::digamma;

/// The sum of `(q + k)^-x` over all `k` from 0 on.
pub(super) fn zeta(x: f64, q: f64) -> f64 {
    if x.is_nan() || q.is_nan() {
        return f64::NAN;
    }
    if x <= 1.0 {
        return if x == 1.0 { f64::INFINITY } else { f64::NAN };
    }
    if q.is_infinite() {
        return if q > 0.0 { 0.0 } else { f64::NAN };
    }
    if q > 0.0 {
        return positive(x, q);
    }
    if q == q.floor() {
        // A pole; TensorFlow gives it a sign where both sides agree on it.
        return if x == x.floor() && x % 2.0 == 0.0 { f64::INFINITY } else { f64::NAN };
    }
    if x != x.floor() {
        return f64::NAN;
    }
    // The terms below 0 are those of two sums over positive numbers: a difference, however many they are.
    let below = q.ceil() - q;
    let terms = positive(x, below) - positive(x, 1.0 - q);
    let sign = if x % 2.0 == 0.0 { 1.0 } else { -1.0 };
    sign * terms + positive(x, 1.0 - below)
}

/// The sum for positive `q`, by Euler's and Maclaurin's formula.
fn positive(x: f64, q: f64) -> f64 {
    /// `(2k)!` over the Bernoulli number `B(2k)`.
    const RATIOS: [f64; 12] = [
        12.0,
        -720.0,
        30240.0,
        -1_209_600.0,
        47_900_160.0,
        -1.892_437_580_318_379e9,
        7.472_424_96e10,
        -2.950_130_727_918_164e12,
        1.164_678_281_435_006_7e14,
        -4.597_978_722_407_473e15,
        1.815_210_540_194_354_7e17,
        -7.166_165_256_175_667e18,
    ];
    let mut sum = q.powf(-x);
    let (mut base, mut count, mut term) = (q, 0, 0.0);
    while count < 9 || base <= 9.0 {
        count += 1;
        base += 1.0;
        term = base.powf(-x);
        sum += term;
        if (term / sum).abs() < f64::EPSILON {
            return sum;
        }
    }
    sum += term * base / (x - 1.0) - 0.5 * term;
    let (mut factor, mut k) = (1.0, 0.0);
    for ratio in RATIOS {
        factor *= x + k;
        term /= base;
        let part = factor * term / ratio;
        sum += part;
        if (part / sum).abs() < f64::EPSILON {
            break;
        }
        k += 1.0;
        factor *= x + k;
        term /= base;
        k += 1.0;
    }
    sum
}

/// The `n`-th derivative of the digamma function; NaN unless `n` is a whole number from 0 on.
pub(super) fn polygamma(n: f64, x: f64) -> f64 {
    if n.is_nan() || n < 0.0 || n != n.floor() {
        return f64::NAN;
    }
    if n == 0.0 {
        return digamma(x);
    }
    let sign = if n % 2.0 == 0.0 { -1.0 } else { 1.0 };
    sign * libm::tgamma(n + 1.0) * zeta(n + 1.0, x)
}
