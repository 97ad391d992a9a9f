//! `ferroflow bench`

use crate::args::BenchArgs;
use crate::program::Program;
use crate::progress::{Progress, Unit};
use ferroflow_core::{Result, parallel};
use serde_json::json;
use std::time::{Duration, Instant};

/// Times runs of a model; `started` is when the process did.
pub(crate) fn bench(args: &BenchArgs, started: Instant) -> Result<String> {
    if let Some(threads) = args.threads {
        parallel::set_threads(threads.into())?;
    }
    let program = Program::open(&args.call)?;
    program.call()?;
    let first = started.elapsed();
    let mut progress = Progress::new("run", Unit::Steps, u64::from(args.warmup) + u64::from(args.runs));
    for _ in 0..args.warmup {
        program.call()?;
        progress.advance(1);
    }
    let mut times = Vec::new();
    for _ in 0..args.runs {
        let start = Instant::now();
        program.call()?;
        times.push(start.elapsed());
        progress.advance(1);
    }
    drop(progress);
    times.sort_unstable();
    let (p50, min, p90) = (percentile(&times, 50), percentile(&times, 0), percentile(&times, 90));
    if args.json {
        let object = json!({
            "p50_us": micros(p50), "min_us": micros(min), "p90_us": micros(p90), "first_us": micros(first),
            "runs": times.len(),
        });
        return Ok(format!("{object}\n"));
    }
    Ok(format!(
        "p50 {:.1} us, min {:.1} us, p90 {:.1} us over {} runs; first result after {:.1} us\n",
        micros(p50),
        micros(min),
        micros(p90),
        times.len(),
        micros(first)
    ))
}

/// The least time that at least this many percent of the sorted ones do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let times: Vec<Duration> = (1..=10).map(Duration::from_micros).collect();
        let at = |percent| percentile(&times, percent).as_micros();
        assert_eq!((at(0), at(50), at(90), at(100)), (1, 5, 9, 10));
        assert_eq!(percentile(&times[..1], 90).as_micros(), 1);
    }
}
