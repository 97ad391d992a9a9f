//! Sums of slices and of columns: in blocks of fixed size, so that they are accurate and the same for any number of
//! threads.

use ferroflow_core::{Element, Result, parallel, zeroed};

/// Rows or elements that are added one after the other.
const BLOCK: usize = 128;

/// The sum of the elements under `add`, which starts from the type's default.
pub(crate) fn run_sum<T: Element + Copy>(values: &[T], add: impl Fn(T, T) -> T + Copy + Sync) -> T {
    if values.len() <= BLOCK {
        // Independent lanes let the additions of a block overlap.
        let mut lanes = [T::default(); 8];
        let mut groups = values.chunks_exact(8);
        for group in &mut groups {
            for (lane, &value) in lanes.iter_mut().zip(group) {
                *lane = add(*lane, value);
            }
        }
        let tail = groups.remainder().iter().fold(T::default(), |sum, &value| add(sum, value));
        return lanes.iter().fold(tail, |sum, &lane| add(sum, lane));
    }
    let middle = (values.len() / 2).next_multiple_of(BLOCK);
    let (left, right) = values.split_at(middle.min(values.len()));
    add(run_sum(left, add), run_sum(right, add))
}

/// The sum of each of `columns` columns of a row-major matrix.
pub(crate) fn column_sums<T: Element + Copy>(
    values: &[T],
    columns: usize,
    add: impl Fn(T, T) -> T + Copy + Sync,
) -> Result<Vec<T>> {
    if columns == 0 || values.len() <= columns {
        let mut sums = zeroed::<T>(columns)?;
        sums[..values.len()].copy_from_slice(values);
        return Ok(sums);
    }
    let rows = values.len() / columns;
    let mut sums = zeroed::<T>(rows.div_ceil(BLOCK) * columns)?;
    parallel::chunks(&mut sums, columns, BLOCK, |start, chunk| {
        let blocks = values[start * BLOCK..].chunks(BLOCK * columns);
        for (sums, block) in chunk.chunks_mut(columns).zip(blocks) {
            for row in block.chunks_exact(columns) {
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum = add(*sum, value);
                }
            }
        }
    });
    column_sums(&sums, columns, add)
}

/// The sum of each of `columns` columns of a matrix whose rows `terms(row, values)` computes.
pub(crate) fn column_sums_of(
    rows: usize,
    columns: usize,
    terms: impl Fn(usize, &mut [f32]) + Sync,
) -> Result<Vec<f32>> {
    let mut sums = zeroed::<f32>(rows.div_ceil(BLOCK) * columns)?;
    parallel::chunks(&mut sums, columns, BLOCK, |start, chunk| {
        let mut values = vec![0.0; columns];
        for (count, sums) in chunk.chunks_exact_mut(columns).enumerate() {
            let first = (start / columns + count) * BLOCK;
            for row in first..(first + BLOCK).min(rows) {
                terms(row, &mut values);
                sums.iter_mut().zip(&values).for_each(|(sum, &value)| *sum += value);
            }
        }
    });
    column_sums(&sums, columns, |a, b| a + b)
}

/// Sums a `[outer, channels, inner]` array over all but its channels.
pub(crate) fn channel_sums<T: Element + Copy>(
    values: &[T],
    channels: usize,
    inner: usize,
    add: impl Fn(T, T) -> T + Copy + Sync,
) -> Result<Vec<T>> {
    if inner == 1 {
        return column_sums(values, channels, add);
    }
    if inner == 0 || channels == 0 {
        return zeroed::<T>(channels);
    }
    let mut sums = zeroed::<T>(values.len() / inner)?;
    parallel::chunks(&mut sums, 1, inner, |start, chunk| {
        for (sum, run) in chunk.iter_mut().zip(values[start * inner..].chunks_exact(inner)) {
            *sum = run_sum(run, add);
        }
    });
    column_sums(&sums, channels, add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_many_values_are_exact_in_integers() {
        let values: Vec<i64> = (0..10_000).collect();
        assert_eq!(run_sum(&values, |a, b| a + b), 49_995_000);
        let columns = column_sums(&values, 4, |a, b| a + b).expect("small");
        assert_eq!(columns, [12_495_000, 12_497_500, 12_500_000, 12_502_500]);
        let channels = channel_sums(&values, 2, 100, |a, b| a + b).expect("small");
        assert_eq!(channels.iter().sum::<i64>(), 49_995_000);
    }
}
