//! Times of two sides that take turns, so that noise of the machine meets both.

use crate::Result;
use std::time::{Duration, Instant};

/// How long one batch of calls should take: long beside the clock's grain, short beside changes of load.
const BATCH: Duration = Duration::from_millis(20);
/// How many batches each side gets.
const ROUNDS: usize = 15;

/// The times of one call, in nanoseconds, a value for each batch.
pub(crate) struct Times(Vec<f64>);

impl Times {
    pub(crate) fn median(&self) -> f64 {
        median(self.0.clone())
    }

    pub(crate) fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The median of the ratios of neighbouring batches, which ran under about the same load.
    pub(crate) fn ratio(&self, other: &Times) -> f64 {
        median(self.0.iter().zip(&other.0).map(|(mine, theirs)| mine / theirs).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}

/// Runs the sides in turns, batch by batch.
pub(crate) fn in_turns(sides: &mut [&mut dyn FnMut() -> Result<()>]) -> Result<Vec<Times>> {
    let counts = sides.iter_mut().map(|side| calls_of_a_batch(*side)).collect::<Result<Vec<_>>>()?;
    let mut times: Vec<Times> = sides.iter().map(|_| Times(Vec::new())).collect();
    for _ in 0..ROUNDS {
        for ((side, times), count) in sides.iter_mut().zip(&mut times).zip(&counts) {
            // Worker threads of the other side may still spin, and its data fills the caches.
            side()?;
            let start = Instant::now();
            for _ in 0..*count {
                side()?;
            }
            times.0.push(start.elapsed().as_nanos() as f64 / f64::from(*count));
        }
    }
    Ok(times)
}

fn calls_of_a_batch(side: &mut dyn FnMut() -> Result<()>) -> Result<u32> {
    side()?;
    let mut count = 1;
    loop {
        let start = Instant::now();
        for _ in 0..count {
            side()?;
        }
        if start.elapsed() >= BATCH / 2 || count >= 1 << 24 {
            return Ok(count);
        }
        count *= 2;
    }
}
