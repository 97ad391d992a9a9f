//! Numbers of one normal distribution between bounds: from normal numbers, from uniform ones, or from exponential ones,
//! whichever are refused least often.

use crate::distribution::Steps;
use crate::philox::Philox;
use ferroflow_core::{Result, bail, ensure};

/// How often in a row a number may be refused.
pub(crate) const MOST_TRIES: i32 = 1000;

/// Bounds this many deviations away leave most normal numbers.
const WIDE: f64 = 1.3;

/// How numbers of a dtype are drawn and rounded: TensorFlow computes in the dtype itself, so each step of the arithmetic rounds.
#[derive(Clone, Copy)]
pub(crate) struct Arithmetic {
    pub(crate) steps: Steps,
    pub(crate) round: fn(f64) -> f64,
}

/// A normal distribution between bounds.
#[derive(Clone, Copy)]
pub(crate) struct Bounded {
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

enum Method {
    Normal,
    Uniform { width: f64, plus: f64 },
    Exponential { alpha: f64 },
}

impl Bounded {
    /// Draws `count` numbers one after the other from the stream and hands each to `put`.
    pub(crate) fn draw(
        self,
        count: usize,
        stream: &mut Philox,
        Arithmetic { steps, round }: Arithmetic,
        mut put: impl FnMut(usize, f64),
    ) -> Result<()> {
        let Bounded { mean, mut deviation, mut least, mut most } = self;
        ensure!(
            deviation > 0.0 && least < most && (least.is_finite() || most.is_finite()),
            invalid_argument,
            "Invalid parameters"
        );
        // A single bound becomes the lower one, and two bounds on one side of the mean become positive.
        if least == f64::NEG_INFINITY || most < mean {
            (least, most) = (most, least);
            deviation = -deviation;
        }
        let low = round(round(least - mean) / deviation);
        let high = round(round(most - mean) / deviation);
        let (mut drawn, mut refused) = (0, 0);
        let mut accept = |number: f64, drawn: &mut usize| {
            put(*drawn, round(round(number * deviation) + mean));
            *drawn += 1;
        };
        match method(low, high, round) {
            Method::Normal => {
                while drawn < count {
                    let numbers = (steps.normal)(stream.next());
                    for &number in numbers.iter().take(steps.group) {
                        if number >= low && number <= high {
                            accept(number, &mut drawn);
                            if drawn == count {
                                break;
                            }
                            refused = 0;
                        } else {
                            refused += 1;
                            if refused > MOST_TRIES {
                                bail!(
                                    internal,
                                    "TruncatedNormal randn rejection sampler failed to accept a sample."
                                );
                            }
                        }
                    }
                }
            }
            Method::Uniform { width, plus } => {
                while drawn < count {
                    let numbers = (steps.uniform)(stream.next());
                    let chances = (steps.uniform)(stream.next());
                    for (&number, &chance) in numbers.iter().zip(&chances).take(steps.group) {
                        let number = round(round(number * width) + low);
                        let exponent = round(round(plus - round(number * number)) / 2.0);
                        if chance <= round(exponent.exp()) {
                            accept(number, &mut drawn);
                            if drawn == count {
                                break;
                            }
                            refused = 0;
                        } else {
                            refused += 1;
                            if refused >= MOST_TRIES {
                                bail!(
                                    internal,
                                    "TruncatedNormal uniform rejection sampler failed to  accept a sample."
                                );
                            }
                        }
                    }
                }
            }
            Method::Exponential { alpha } => {
                while drawn < count {
                    let numbers = (steps.uniform)(stream.next());
                    for pair in numbers[..steps.group].chunks_exact(2) {
                        let &[number, chance] = pair else { continue };
                        let number = round(round(-round(number.ln()) / alpha) + low);
                        let off = if low < alpha { round(alpha - number) } else { round(low - alpha) };
                        let density = round(round(round(-off * off) / 2.0).exp());
                        if chance <= density && number < high {
                            accept(number, &mut drawn);
                            if drawn == count {
                                break;
                            }
                            refused = 0;
                        } else {
                            refused += 1;
                            if refused >= MOST_TRIES {
                                bail!(
                                    internal,
                                    "TruncatedNormal exponential distribution rejection sampler failed to accept a sample."
                                );
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn method(low: f64, high: f64, round: fn(f64) -> f64) -> Method {
    let wide = round(WIDE);
    if (low < -wide && high >= 0.0) || (high > wide && low <= 0.0) {
        return Method::Normal;
    }
    let root = round(round(round(low * low) + 4.0).sqrt());
    let exponent = round(0.5 + round(round(low * round(low - root)) / 4.0));
    let cutoff = round(round(2.0 * round(exponent.exp())) / round(low + root));
    let width = round(high - low);
    if width < cutoff {
        Method::Uniform { width, plus: if low < 0.0 { 0.0 } else { round(low * low) } }
    } else {
        Method::Exponential { alpha: round(round(low + root) / 2.0) }
    }
}
