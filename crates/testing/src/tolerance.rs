//! `Tolerance`: how far floats may be apart, for assertions and for snapshots.

use crate::mismatch::significant;
use crate::numbers::{Piece, pieces};
use insta::internals::{SnapshotContents, TextSnapshotContents};
use insta::{Comparator, DefaultComparator, Settings, Snapshot};
use std::fmt;

/// A bound on the difference of floats: numbers are close when any of its parts allows it.
///
/// As NumPy's `allclose` it takes `|a - b| <= absolute + relative * |b|`, where `b` is the expected number; and two
/// `float32` values that lie at most `ulp` representable numbers apart are close as well. NaN is close to NaN, and an
/// infinity to itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// The part that grows with the expected number.
    pub relative: f64,
    /// The part that does not.
    pub absolute: f64,
    /// How many representable `float32` numbers apart.
    pub ulp: u32,
}

impl Default for Tolerance {
    /// The bounds of TensorFlow's `assertAllClose`: 1e-6 of both kinds.
    fn default() -> Tolerance {
        Tolerance { relative: 1e-6, absolute: 1e-6, ulp: 0 }
    }
}

impl Tolerance {
    /// No difference at all.
    pub const EXACT: Tolerance = Tolerance { relative: 0.0, absolute: 0.0, ulp: 0 };

    /// A relative bound alone.
    pub fn relative(relative: f64) -> Tolerance {
        Tolerance { relative, ..Tolerance::EXACT }
    }

    /// An absolute bound alone.
    pub fn absolute(absolute: f64) -> Tolerance {
        Tolerance { absolute, ..Tolerance::EXACT }
    }

    /// A bound in units in the last place of `float32`.
    pub fn ulp(ulp: u32) -> Tolerance {
        Tolerance { ulp, ..Tolerance::EXACT }
    }

    /// Whether a number is as close to the expected one as this allows.
    ///
    /// ```
    /// use ferroflow_testing::Tolerance;
    /// assert!(Tolerance::relative(0.1).admits(109.0, 100.0));
    /// assert!(!Tolerance::relative(0.1).admits(111.0, 100.0));
    /// assert!(Tolerance::ulp(1).admits(f64::from(f32::EPSILON) + 1.0, 1.0));
    /// assert!(Tolerance::EXACT.admits(f64::NAN, f64::NAN));
    /// ```
    pub fn admits(&self, found: f64, expected: f64) -> bool {
        if found == expected || (found.is_nan() && expected.is_nan()) {
            return true;
        }
        if !found.is_finite() || !expected.is_finite() {
            return false;
        }
        (found - expected).abs() <= self.absolute + self.relative * expected.abs()
            || float32_steps(found, expected) <= i64::from(self.ulp)
    }

    /// Runs `f` so that the snapshots in it accept numbers within this bound of the recorded ones. All text between
    /// the numbers must be the same, but for the width of white space, which follows the digits of numbers.
    pub fn bind<R>(&self, f: impl FnOnce() -> R) -> R {
        let mut settings = Settings::clone_current();
        settings.set_comparator(Box::new(*self));
        settings.bind(f)
    }

    /// Whether two texts are the same but for numbers within this bound.
    pub fn admits_text(&self, found: &str, expected: &str) -> bool {
        let (found, expected) = (pieces(found), pieces(expected));
        found.len() == expected.len()
            && found.iter().zip(&expected).all(|pair| match pair {
                (Piece::Number(found), Piece::Number(expected)) => self.admits(*found, *expected),
                (found, expected) => found == expected,
            })
    }
}

/// How many `float32` numbers two values are apart.
fn float32_steps(a: f64, b: f64) -> i64 {
    // The bits of floats are ordered as signed magnitudes.
    let place = |value: f64| {
        let bits = (value as f32).to_bits();
        let magnitude = i64::from(bits & 0x7fff_ffff);
        if bits >> 31 == 0 { magnitude } else { -magnitude }
    };
    // Values that float32 does not tell apart are one step from each other, not none: they differ.
    (place(a) - place(b)).abs().max(1)
}

fn text(snapshot: &Snapshot) -> Option<String> {
    match snapshot.contents() {
        SnapshotContents::Text(contents) => Some(TextSnapshotContents::to_string(contents)),
        SnapshotContents::Binary(_) => None,
    }
}

impl Comparator for Tolerance {
    fn matches(&self, reference: &Snapshot, test: &Snapshot) -> bool {
        match (text(reference), text(test)) {
            (Some(reference), Some(test)) => self.admits_text(&test, &reference),
            _ => DefaultComparator.matches(reference, test),
        }
    }

    fn dyn_clone(&self) -> Box<dyn Comparator> {
        Box::new(*self)
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = |value| significant(value, 6);
        write!(f, "rtol={}, atol={}", bound(self.relative), bound(self.absolute))?;
        if self.ulp > 0 { write!(f, ", ulp={}", self.ulp) } else { Ok(()) }
    }
}
