//! Single numbers of the gamma, Poisson and binomial distributions, each from a stream of its own, in `f64` as
//! TensorFlow draws them for every dtype.

use crate::distribution::{normal_pair_f64, unit_f64};
use crate::philox::Philox;

/// Numbers of a stream that come in pairs, the second of a pair first.
struct Backwards {
    draw: fn([u32; 4]) -> [f64; 2],
    pair: [f64; 2],
    left: usize,
}

impl Backwards {
    fn uniform() -> Backwards {
        Backwards { draw: |[a, b, c, d]| [unit_f64(a, b), unit_f64(c, d)], pair: [0.0; 2], left: 0 }
    }

    fn normal() -> Backwards {
        Backwards { draw: |[a, b, c, d]| normal_pair_f64(a, b, c, d), pair: [0.0; 2], left: 0 }
    }

    fn next(&mut self, stream: &mut Philox) -> f64 {
        if self.left == 0 {
            self.pair = (self.draw)(stream.next());
            self.left = 2;
        }
        self.left -= 1;
        self.pair[self.left]
    }
}

/// A number of the gamma distribution of shape `alpha` and rate 1 (Marsaglia and Tsang).
///
/// No number is drawn where TensorFlow would try for ever: a shape that leaves no distribution gives NaN.
pub(crate) fn gamma(alpha: f64, mut stream: Philox) -> f64 {
    let (mut uniform, mut normal) = (Backwards::uniform(), Backwards::normal());
    if alpha == 1.0 {
        return -libm::log1p(-uniform.next(&mut stream));
    }
    // Below 1 the shape is raised by 1, and a power of a uniform number makes up for it.
    let raised = alpha < 1.0;
    let d = alpha + if raised { 2.0 / 3.0 } else { -1.0 / 3.0 };
    if d.is_nan() || d <= 0.0 {
        return f64::NAN;
    }
    let c = 1.0 / 3.0 / d.sqrt();
    loop {
        let x = normal.next(&mut stream);
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let v = v * v * v;
        let u = uniform.next(&mut stream);
        if u < 1.0 - 0.0331 * (x * x) * (x * x) || u.ln() < 0.5 * x * x + d * (1.0 - v + v.ln()) {
            let number = d * v;
            return if raised { number * uniform.next(&mut stream).powf(1.0 / alpha) } else { number };
        }
    }
}

/// A number of the Poisson distribution of this rate: for small rates Knuth's product of uniform numbers, for others
/// Hörmann's transformed rejection.
///
/// A rate that is not a number gives NaN; TensorFlow would try for ever.
pub(crate) fn poisson(rate: f64, mut stream: Philox) -> f64 {
    let mut uniform = Backwards::uniform();
    if rate.is_nan() || rate == f64::INFINITY {
        return rate;
    }
    if rate < 10.0 {
        let least = (-rate).exp();
        let (mut product, mut count) = (1.0, 0.0);
        loop {
            product *= uniform.next(&mut stream);
            if product <= least {
                return count;
            }
            count += 1.0;
        }
    }
    let log_rate = rate.ln();
    let b = 0.931 + 2.53 * rate.sqrt();
    let a = -0.059 + 0.02483 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    loop {
        let u = uniform.next(&mut stream) - 0.5;
        let v = uniform.next(&mut stream);
        let edge = 0.5 - u.abs();
        let k = ((2.0 * a / edge + b) * u + rate + 0.43).floor();
        if edge >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2.0) {
            return k;
        }
        if k < 0.0 || (edge < 0.013 && v > edge) {
            continue;
        }
        let s = (v * inverse_alpha / (a / (edge * edge) + b)).ln();
        if s <= -rate + k * log_rate - libm::lgamma(k + 1.0) {
            return k;
        }
    }
}

/// A number of the binomial distribution, and how its stream is found.
pub(crate) struct Binomial {
    count: f64,
    /// The smaller of the chances of success and failure.
    chance: f64,
    /// Whether failures are counted instead.
    flipped: bool,
    by_rejection: bool,
}

/// What is known of a binomial distribution before anything is drawn.
pub(crate) enum Outcome {
    Certain(f64),
    Drawn(Binomial),
}

impl Binomial {
    /// The distribution of successes among `count` tries. `round` rounds to the dtype of the parameters, in which
    /// TensorFlow chooses the method.
    pub(crate) fn outcome(count: f64, chance: f64, round: fn(f64) -> f64) -> Outcome {
        if count.is_nan() || chance.is_nan() {
            return Outcome::Certain(f64::NAN);
        }
        if count <= 0.0 || chance <= 0.0 {
            return Outcome::Certain(0.0);
        }
        if chance >= 1.0 {
            return Outcome::Certain(count);
        }
        let flipped = chance > 0.5;
        let chance = if flipped { round(1.0 - chance) } else { chance };
        let by_rejection = round(count * chance) >= 10.0;
        Outcome::Drawn(Binomial { count, chance, flipped, by_rejection })
    }

    /// Steps of the stream that each number has to itself.
    pub(crate) fn steps(&self) -> u64 {
        if self.by_rejection { 256 } else { 42 }
    }

    pub(crate) fn draw(&self, mut stream: Philox) -> f64 {
        let number =
            if self.by_rejection { self.rejection(&mut stream) } else { self.inversion(&mut stream) };
        if self.flipped { self.count - number } else { number }
    }

    /// How many waiting times for a success fit into the tries.
    fn inversion(&self, stream: &mut Philox) -> f64 {
        let mut uniform = Backwards::uniform();
        let (mut waited, mut successes) = (0.0, 0.0);
        loop {
            waited += (uniform.next(stream).ln() / libm::log1p(-self.chance)).ceil();
            if waited > self.count {
                return successes;
            }
            successes += 1.0;
        }
    }

    /// Hörmann's transformed rejection.
    fn rejection(&self, stream: &mut Philox) -> f64 {
        let mut uniform = Backwards::uniform();
        let (count, chance) = (self.count, self.chance);
        let deviation = (count * chance * (1.0 - chance)).sqrt();
        let b = 1.15 + 2.53 * deviation;
        let a = -0.0873 + 0.0248 * b + 0.01 * chance;
        let c = count * chance + 0.5;
        let box_height = 0.92 - 4.2 / b;
        let odds = chance / (1.0 - chance);
        let alpha = (2.83 + 5.1 / b) * deviation;
        let mode = ((count + 1.0) * chance).floor();
        loop {
            let u = uniform.next(stream) - 0.5;
            let v = uniform.next(stream);
            let edge = 0.5 - u.abs();
            let k = ((2.0 * a / edge + b) * u + c).floor();
            if edge >= 0.07 && v <= box_height {
                return k;
            }
            if k < 0.0 || k > count {
                continue;
            }
            let v = (v * alpha / (a / (edge * edge) + b)).ln();
            let bound = (mode + 0.5) * ((mode + 1.0) / (odds * (count - mode + 1.0))).ln()
                + (count + 1.0) * ((count - mode + 1.0) / (count - k + 1.0)).ln()
                + (k + 0.5) * (odds * (count - k + 1.0) / (k + 1.0)).ln()
                + stirling_tail(mode)
                + stirling_tail(count - mode)
                - stirling_tail(k)
                - stirling_tail(count - k);
            if v <= bound {
                return k;
            }
        }
    }
}

/// What Stirling's formula leaves out of `ln k!`.
fn stirling_tail(k: f64) -> f64 {
    const SMALL: [f64; 10] = [
        0.0810614667953272,
        0.0413406959554092,
        0.0276779256849983,
        0.02079067210376509,
        0.0166446911898211,
        0.0138761288230707,
        0.0118967099458917,
        0.0104112652619720,
        0.00925546218271273,
        0.00833056343336287,
    ];
    if k <= 9.0 {
        return SMALL[k.max(0.0) as usize];
    }
    let square = (k + 1.0) * (k + 1.0);
    (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / (k + 1.0)
}
