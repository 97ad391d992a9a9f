//! Where regions begin along one dimension: random sizes that differ by at most one.

use ferroflow_core::philox::{Philox, Singles, unpredictable};
use ferroflow_core::{KernelCtx, Result, reserve};
use std::sync::{Mutex, PoisonError};

/// A random number in [0, 1) of 52 bits.
fn unit(high: u32, low: u32) -> f64 {
    f64::from_bits(1023 << 52 | u64::from(high & 0xf_ffff) << 32 | u64::from(low)) - 1.0
}

/// What the op keeps from run to run: its generator, and the regions where they are to stay the same.
struct Kept {
    stream: Philox,
    regions: Option<[Vec<i64>; 2]>,
}

impl Kept {
    /// The stream from here on; the kept one moves on by this many numbers.
    fn singles(&mut self, count: usize) -> Singles {
        let here = self.stream;
        self.stream.skip(count.div_ceil(4) as u64);
        Singles::new(here)
    }

    /// The starts of `outputs` regions of an input of this size, and its end.
    fn starts(&mut self, input: usize, outputs: usize, pseudo_random: bool) -> Result<Vec<i64>> {
        let mut starts: Vec<i64> = reserve(outputs + 1)?;
        if pseudo_random {
            let ratio = input as f64 / outputs as f64;
            let least = (input / outputs) as f64;
            // Greater offsets would make the first or the last region too large or too small.
            let first = (least + 2.0) / ratio - 1.0;
            let last = (input as f64 + 1.0 - least) / ratio - (outputs as f64 - 1.0);
            let mut singles = self.singles(2);
            let (high, low) = (singles.next(), singles.next());
            let offset = unit(high, low) * first.min(last);
            starts.push(0);
            starts.extend((1..outputs).map(|region| (ratio * (region as f64 + offset)).ceil() as i64 - 1));
            starts.push(input as i64);
            return Ok(starts);
        }
        let (least, greater) = ((input / outputs) as i64, input % outputs);
        let mut sizes: Vec<i64> = reserve(outputs)?;
        sizes.extend((0..outputs).map(|region| least + i64::from(region < greater)));
        let mut singles = self.singles(outputs);
        for region in 0..outputs.saturating_sub(1) {
            let left = (outputs - region) as u64;
            sizes.swap(region, region + (u64::from(singles.next()) % left) as usize);
        }
        let mut end = 0;
        starts.push(end);
        for size in sizes {
            end += size;
            starts.push(end);
        }
        Ok(starts)
    }
}

/// The regions along rows and columns of an input for the op's next run.
///
/// # Errors
/// `ResourceExhausted` when the memory cannot be had.
pub(crate) fn regions(cx: &KernelCtx<'_>, input: [usize; 2], outputs: [usize; 2]) -> Result<[Vec<i64>; 2]> {
    let (seed, seed2) = (cx.int("seed")?, cx.int("seed2")?);
    let stream = || match (seed, seed2) {
        (0, 0) => Philox::new(unpredictable(), unpredictable()),
        _ => Philox::new(seed as u64, seed2 as u64),
    };
    let kept = cx.state(|| Mutex::new(Kept { stream: stream(), regions: None }))?;
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = |regions: &[Vec<i64>; 2]| {
        (0..2).all(|axis| {
            regions[axis].len() == outputs[axis] + 1 && regions[axis].last() == Some(&(input[axis] as i64))
        })
    };
    let deterministic = cx.bool("deterministic")?;
    if let Some(regions) = kept.regions.as_ref().filter(|regions| deterministic && fits(regions)) {
        return Ok(regions.clone());
    }
    let pseudo_random = cx.bool("pseudo_random")?;
    let rows = kept.starts(input[0], outputs[0], pseudo_random)?;
    let columns = kept.starts(input[1], outputs[1], pseudo_random)?;
    let regions = [rows, columns];
    kept.regions = deterministic.then(|| regions.clone());
    Ok(regions)
}

/// Calls `visit(row, column, rows, columns)` for each region with its bounds: the first and the last row and column that
/// it covers, at most the image's last ones.
pub(crate) fn for_regions(
    [rows, columns]: [&[i64]; 2],
    [height, width]: [usize; 2],
    overlapping: bool,
    mut visit: impl FnMut(usize, usize, std::ops::Range<usize>, std::ops::Range<usize>),
) {
    let range = |pair: &[i64], size: usize| {
        let size = size as i64;
        let end = if overlapping { pair[1].saturating_add(1) } else { pair[1] };
        let (start, end) = (pair[0].clamp(0, size), end.clamp(0, size));
        start as usize..end.max(start) as usize
    };
    for (row, row_pair) in rows.windows(2).enumerate() {
        for (column, column_pair) in columns.windows(2).enumerate() {
            visit(row, column, range(row_pair, height), range(column_pair, width));
        }
    }
}
