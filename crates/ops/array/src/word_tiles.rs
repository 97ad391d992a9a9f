//! Transpositions of 4-byte words in registers, 8 by 8.

use pulp::{NullaryFnOnce, cast};

/// Words of a tile's side.
const TILE: usize = 8;
/// Words of the side of a region whose lines stay in the first caches until they are whole.
const REGION: usize = 128;

/// A transposition between two places: word `[row, column]` of the output is the input's at `row + column * stride`.
pub(crate) struct Words<'a> {
    pub(crate) input: &'a [u32],
    pub(crate) stride: usize,
    pub(crate) output: &'a mut [u32],
    /// Words from a row of the output to the next.
    pub(crate) pitch: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Words<'_> {
    /// Does it; `false` where the processor has no registers for it: nothing is done then.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn transpose(self) -> bool {
        let Some(simd) = pulp::x86::V3::try_new() else { return false };
        simd.vectorize(Regions { words: self, simd });
        true
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(crate) fn transpose(self) -> bool {
        false
    }
}

#[cfg(target_arch = "x86_64")]
struct Regions<'a> {
    words: Words<'a>,
    simd: pulp::x86::V3,
}

#[cfg(target_arch = "x86_64")]
impl NullaryFnOnce for Regions<'_> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        let Words { rows, columns, .. } = self.words;
        for top in (0..rows).step_by(REGION) {
            for left in (0..columns).step_by(REGION) {
                let (bottom, right) = (rows.min(top + REGION), columns.min(left + REGION));
                let (last_row, last_column) = (bottom - (bottom - top) % TILE, right - (right - left) % TILE);
                for row in (top..last_row).step_by(TILE) {
                    for column in (left..last_column).step_by(TILE) {
                        self.tile(row, column);
                    }
                }
                self.singly(last_row..bottom, left..right);
                self.singly(top..last_row, last_column..right);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Regions<'_> {
    #[inline(always)]
    fn tile(&mut self, row: usize, column: usize) {
        let Words { input, stride, output, pitch, .. } = &mut self.words;
        let read = |k: usize| {
            let from = row + (column + k) * *stride;
            cast::<[u32; TILE], std::arch::x86_64::__m256>(std::array::from_fn(|word| {
                input[from..from + TILE][word]
            }))
        };
        let avx = self.simd.avx;
        let low = |a, b| avx._mm256_unpacklo_ps(a, b);
        let high = |a, b| avx._mm256_unpackhi_ps(a, b);
        let pairs = [0, 2, 4, 6].map(|k| (read(k), read(k + 1))).map(|(a, b)| (low(a, b), high(a, b)));
        let firsts = |a, b| avx._mm256_shuffle_ps::<0b0100_0100>(a, b);
        let seconds = |a, b| avx._mm256_shuffle_ps::<0b1110_1110>(a, b);
        let [low_fours, high_fours] = [(pairs[0], pairs[1]), (pairs[2], pairs[3])]
            .map(|((a, b), (c, d))| [firsts(a, c), seconds(a, c), firsts(b, d), seconds(b, d)]);
        for (k, (a, b)) in low_fours.into_iter().zip(high_fours).enumerate() {
            let halves = [avx._mm256_permute2f128_ps::<0x20>(a, b), avx._mm256_permute2f128_ps::<0x31>(a, b)];
            for (half, words) in halves.into_iter().enumerate() {
                let to = (row + k + 4 * half) * *pitch + column;
                output[to..to + TILE].copy_from_slice(&cast::<_, [u32; TILE]>(words));
            }
        }
    }

    #[inline(always)]
    fn singly(&mut self, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) {
        let Words { input, stride, output, pitch, .. } = &mut self.words;
        for row in rows {
            for column in columns.clone() {
                output[row * *pitch + column] = input[row + column * *stride];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_tiles_and_rests_are_transposed() {
        for (rows, columns) in [(8, 8), (128, 136), (141, 150), (7, 20), (20, 7), (1, 1)] {
            let (stride, pitch) = (rows + 3, columns + 5);
            let input: Vec<u32> = (0..(stride * columns) as u32).collect();
            let mut output = vec![u32::MAX; pitch * rows];
            let words = Words { input: &input, stride, output: &mut output, pitch, rows, columns };
            if !words.transpose() {
                return;
            }
            for (position, &found) in output.iter().enumerate() {
                let (row, column) = (position / pitch, position % pitch);
                let expected = if column < columns { input[row + column * stride] } else { u32::MAX };
                assert_eq!(found, expected, "{rows}x{columns} at {row},{column}");
            }
        }
    }
}
