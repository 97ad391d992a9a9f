//! Numbers of one normal distribution between bounds: from normal numbers, from uniform ones, or from exponential ones,
//! whichever are refused least often.

use crate::distribution::{Group, Steps};
use crate::philox::Philox;
use ferroflow_core::{Error, Result, ensure};

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

/// How numbers are proposed, in deviations from the mean.
enum Method {
    Normal,
    Uniform { width: f64, plus: f64 },
    Exponential { alpha: f64 },
}

/// A standard normal distribution between bounds.
struct Standard {
    low: f64,
    high: f64,
    method: Method,
    arithmetic: Arithmetic,
}

impl Bounded {
    /// Draws `count` numbers one after the other from the stream and hands each to `put`.
    pub(crate) fn draw(
        self,
        count: usize,
        stream: &mut Philox,
        arithmetic: Arithmetic,
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
        let round = arithmetic.round;
        let standard = Standard::new(
            round(round(least - mean) / deviation),
            round(round(most - mean) / deviation),
            arithmetic,
        );
        let (mut drawn, mut refused) = (0, 0);
        while drawn < count {
            let (proposed, length) = standard.propose(stream);
            for number in proposed.into_iter().take(length) {
                match number {
                    Some(number) => {
                        put(drawn, round(round(number * deviation) + mean));
                        drawn += 1;
                        refused = 0;
                    }
                    None => refused += 1,
                }
                if refused > standard.most_refused() {
                    return Err(standard.gave_up());
                }
                if drawn == count {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl Standard {
    fn new(low: f64, high: f64, arithmetic: Arithmetic) -> Standard {
        let method = method(low, high, arithmetic.round);
        Standard { low, high, method, arithmetic }
    }

    /// The numbers of one or two steps of the stream, `None` where one is refused, and how many they are.
    fn propose(&self, stream: &mut Philox) -> (Group<Option<f64>>, usize) {
        let Arithmetic { steps, round } = self.arithmetic;
        let (low, high) = (self.low, self.high);
        match self.method {
            Method::Normal => {
                let numbers = (steps.normal)(stream.next());
                (numbers.map(|number| (low..=high).contains(&number).then_some(number)), steps.group)
            }
            Method::Uniform { width, plus } => {
                let (numbers, chances) = ((steps.uniform)(stream.next()), (steps.uniform)(stream.next()));
                let proposed = std::array::from_fn(|at| {
                    let number = round(round(numbers[at] * width) + low);
                    let exponent = round(round(plus - round(number * number)) / 2.0);
                    (chances[at] <= round(exponent.exp())).then_some(number)
                });
                (proposed, steps.group)
            }
            Method::Exponential { alpha } => {
                let numbers = (steps.uniform)(stream.next());
                let propose = |number: f64, chance: f64| {
                    let number = round(round(-round(number.ln()) / alpha) + low);
                    let off = if low < alpha { round(alpha - number) } else { round(low - alpha) };
                    let density = round(round(round(-off * off) / 2.0).exp());
                    (chance <= density && number < high).then_some(number)
                };
                let [a, b, c, d] = numbers;
                ([propose(a, b), propose(c, d), None, None], steps.group / 2)
            }
        }
    }

    /// How many numbers in a row may be refused; of normal ones TensorFlow takes one more.
    fn most_refused(&self) -> i32 {
        if matches!(self.method, Method::Normal) { MOST_TRIES } else { MOST_TRIES - 1 }
    }

    fn gave_up(&self) -> Error {
        let sampler = match self.method {
            Method::Normal => "randn rejection sampler failed to accept a sample.",
            Method::Uniform { .. } => "uniform rejection sampler failed to  accept a sample.",
            Method::Exponential { .. } => {
                "exponential distribution rejection sampler failed to accept a sample."
            }
        };
        Error::internal(format!("TruncatedNormal {sampler}"))
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
