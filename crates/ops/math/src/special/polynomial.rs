//! Polynomials and Chebyshev series, given by their coefficients from the highest power down.

/// The value of a polynomial.
pub(super) fn polynomial(x: f64, coefficients: &[f64]) -> f64 {
    coefficients.iter().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// A quotient of polynomials.
pub(super) fn rational(x: f64, above: &[f64], below: &[f64]) -> f64 {
    polynomial(x, above) / polynomial(x, below)
}

/// The value of a Chebyshev series in `x / 2` by Clenshaw's recurrence, its constant term halved.
pub(super) fn chebyshev(x: f64, coefficients: &[f64]) -> f64 {
    let (mut last, mut before, mut two_before) = (0.0, 0.0, 0.0);
    for coefficient in coefficients {
        two_before = before;
        before = last;
        last = x * before - two_before + coefficient;
    }
    0.5 * (last - two_before)
}
