//! The incomplete gamma functions and their derivatives in the first parameter: the power series and the continued
//! fraction of Abramowitz and Stegun (6.5.29, 6.5.31), each differentiated term by term.

use crate::unary::special_values::digamma;

/// How many terms are added up at most.
const TERMS: usize = 2000;

/// A value and its derivative in `a`.
#[derive(Clone, Copy)]
struct Dual {
    value: f64,
    slope: f64,
}

/// A sum or fraction, and what it is still to be multiplied by, as logarithms.
struct Unscaled {
    factor: Dual,
    log_scale: f64,
    log_slope: f64,
}

impl Unscaled {
    fn scaled(self) -> Dual {
        let scale = self.log_scale.exp();
        Dual { value: scale * self.factor.value, slope: scale * self.slope() }
    }

    /// The derivative, in units of the scale.
    fn slope(&self) -> f64 {
        self.factor.slope + self.factor.value * self.log_slope
    }
}

fn series(a: f64, x: f64) -> Dual {
    unscaled_series(a, x).scaled()
}

fn fraction(a: f64, x: f64) -> Dual {
    unscaled_fraction(a, x).scaled()
}

/// The lower function as a power series.
fn unscaled_series(a: f64, x: f64) -> Unscaled {
    let (mut sum, mut term) = (Dual { value: 1.0, slope: 0.0 }, Dual { value: 1.0, slope: 0.0 });
    let mut divisor = a;
    for _ in 0..TERMS {
        divisor += 1.0;
        let factor = x / divisor;
        term.slope = term.slope * factor - term.value * factor / divisor;
        term.value *= factor;
        sum.value += term.value;
        sum.slope += term.slope;
        let settled = |term: f64, sum: f64| term.abs() <= f64::EPSILON * sum.abs();
        if settled(term.value, sum.value) && settled(term.slope, sum.slope) {
            break;
        }
    }
    let log_scale = a * x.ln() - x - libm::lgamma(a + 1.0);
    Unscaled { factor: sum, log_scale, log_slope: x.ln() - digamma(a + 1.0) }
}

/// The upper function as a continued fraction, from the recurrence of its numerators and denominators.
fn unscaled_fraction(a: f64, x: f64) -> Unscaled {
    const LARGE: f64 = 4_503_599_627_370_496.0;
    let (mut y, mut z) = (1.0 - a, x + 2.0 - a);
    let mut above = [Dual { value: 1.0, slope: 0.0 }, Dual { value: x + 1.0, slope: 0.0 }];
    let mut below = [Dual { value: x, slope: 0.0 }, Dual { value: z * x, slope: -x }];
    let quotient = |above: Dual, below: Dual| {
        let value = above.value / below.value;
        Dual { value, slope: (above.slope - value * below.slope) / below.value }
    };
    let mut result = quotient(above[1], below[1]);
    for step in 1..=TERMS {
        let count = step as f64;
        y += 1.0;
        z += 2.0;
        // Both `y` and `z` fall by 1 when `a` grows by 1.
        let next = |last: [Dual; 2]| Dual {
            value: last[1].value * z - last[0].value * y * count,
            slope: last[1].slope * z - last[1].value - last[0].slope * y * count + last[0].value * count,
        };
        above = [above[1], next(above)];
        below = [below[1], next(below)];
        if below[1].value != 0.0 {
            let before = result;
            result = quotient(above[1], below[1]);
            let settled = |now: f64, before: f64| (now - before).abs() <= f64::EPSILON * now.abs();
            if settled(result.value, before.value) && settled(result.slope, before.slope) {
                break;
            }
        }
        if above[1].value.abs() > LARGE {
            for dual in above.iter_mut().chain(&mut below) {
                dual.value /= LARGE;
                dual.slope /= LARGE;
            }
        }
    }
    let log_scale = a * x.ln() - x - libm::lgamma(a);
    Unscaled { factor: result, log_scale, log_slope: x.ln() - digamma(a) }
}

fn undefined(a: f64, x: f64) -> bool {
    a.is_nan() || x.is_nan() || x < 0.0 || a <= 0.0
}

/// The regularised lower incomplete gamma function.
pub(super) fn igamma(a: f64, x: f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    if undefined(a, x) {
        return f64::NAN;
    }
    if a.is_infinite() {
        return if x.is_infinite() { f64::NAN } else { 0.0 };
    }
    if x.is_infinite() {
        return 1.0;
    }
    if x > 1.0 && x > a { 1.0 - fraction(a, x).value } else { series(a, x).value }
}

/// The regularised upper incomplete gamma function.
pub(super) fn igammac(a: f64, x: f64) -> f64 {
    if undefined(a, x) {
        return f64::NAN;
    }
    if a.is_infinite() {
        return if x.is_infinite() { f64::NAN } else { 1.0 };
    }
    if x.is_infinite() {
        return 0.0;
    }
    if x == 0.0 {
        return 1.0;
    }
    if x < 1.0 || x < a { 1.0 - series(a, x).value } else { fraction(a, x).value }
}

/// The derivative of the lower function in `a`.
pub(super) fn igamma_grad_a(a: f64, x: f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    if undefined(a, x) {
        return f64::NAN;
    }
    if a.is_infinite() || x.is_infinite() {
        return match (a.is_infinite(), x.is_infinite()) {
            (true, true) => f64::NAN,
            (true, false) => 0.0,
            _ => -0.0,
        };
    }
    if x > 1.0 && x > a { -fraction(a, x).slope } else { series(a, x).slope }
}

/// How a number `x`, drawn from the gamma distribution of shape `a`, moves with `a`: minus the derivative of the lower
/// function by the density. The scale cancels; where its logarithm is below `-most`, too small for a number, TensorFlow
/// gives 0.
pub(super) fn sample_grad_a(a: f64, x: f64, most: f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    if undefined(a, x) {
        return f64::NAN;
    }
    let by_fraction = x > 1.0 && x > a;
    if a * x.ln() - x - libm::lgamma(a) < -most {
        return if by_fraction { -0.0 } else { 0.0 };
    }
    if by_fraction { unscaled_fraction(a, x).slope() * x } else { -unscaled_series(a, x).slope() * x / a }
}
