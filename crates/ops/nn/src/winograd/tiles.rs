//! The transform of the pixels that tiles see.

use super::grid::{Grid, Place};
use super::{MOST, SHARED, Scheme};
use ferroflow_gemm::Stack;
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// A pixel of the padding.
static ZEROS: [f32; MOST] = [0.0; MOST];

/// Makes the matrices of tiles and channels that products multiply.
pub(super) struct Tiles<'a> {
    pub(super) scheme: Scheme,
    pub(super) grid: Grid,
    pub(super) input: &'a [f32],
    pub(super) channels: usize,
    /// Which tiles.
    pub(super) tiles: Range<usize>,
    pub(super) transformed: Stack<&'a mut [f32]>,
}

impl WithSimd for Tiles<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Tiles { scheme, grid, input, channels, tiles, transformed } = self;
        let images = Images { grid, input, channels };
        match scheme {
            Scheme::Square => {
                let mut products = matrices::<16>(transformed);
                for (tile, place) in grid.places(tiles).enumerate() {
                    let outputs = rows(&mut products, [tile * channels; 16], channels);
                    transform(
                        simd,
                        channels,
                        #[inline(always)]
                        |number| images.pixel(place, [number / 4, number % 4]),
                        outputs,
                        #[inline(always)]
                        |square| both_ways(simd, square),
                    );
                }
            }
            Scheme::Line(taps) => {
                let mut products = matrices::<4>(transformed);
                let (all, shared) = (scheme.times(0) * channels, scheme.times(1) * channels);
                for (tile, place) in grid.places(tiles).enumerate() {
                    let rest = taps - taps % SHARED;
                    for first in (0..rest).step_by(SHARED) {
                        let start = first / SHARED * channels;
                        let [all, shared] = [tile * all + start, tile * shared + start];
                        let outputs = rows(&mut products, [all, shared, shared, all], channels);
                        transform(
                            simd,
                            channels,
                            #[inline(always)]
                            |number| images.pixel_of_line(place, first + number),
                            outputs,
                            #[inline(always)]
                            |line| along(simd, line),
                        );
                    }
                    for tap in rest..taps {
                        let start = tile * all + (rest / SHARED + tap - rest) * channels;
                        for (product, number) in [(0, tap), (3, tap + 1)] {
                            products[product][start..start + channels]
                                .copy_from_slice(images.pixel_of_line(place, number));
                        }
                    }
                }
            }
        }
    }
}

/// The pixels of the input.
#[derive(Clone, Copy)]
struct Images<'a> {
    grid: Grid,
    input: &'a [f32],
    channels: usize,
}

impl<'a> Images<'a> {
    /// The pixel so many rows and columns behind the first that a tile sees.
    #[inline(always)]
    fn pixel(&self, place: Place, offset: [usize; 2]) -> &'a [f32] {
        match self.grid.pixel(place, offset) {
            Some(number) => &self.input[number * self.channels..(number + 1) * self.channels],
            None => &ZEROS[..self.channels],
        }
    }

    /// The pixel of this number along the axis of the tile.
    #[inline(always)]
    fn pixel_of_line(&self, place: Place, number: usize) -> &'a [f32] {
        self.pixel(place, if self.grid.is_along() { [0, number] } else { [number, 0] })
    }
}

/// The matrices of a stack.
#[inline(always)]
fn matrices<const N: usize>(stack: Stack<&mut [f32]>) -> [&mut [f32]; N] {
    let mut matrices = stack.elements.chunks_mut(stack.apart);
    std::array::from_fn(|_| matrices.next().unwrap_or_default())
}

/// The part of each matrix that begins at this element of it.
#[inline(always)]
fn rows<'a, const N: usize>(
    matrices: &'a mut [&mut [f32]; N],
    starts: [usize; N],
    length: usize,
) -> [&'a mut [f32]; N] {
    let mut rows: [&mut [f32]; N] = std::array::from_fn(|_| Default::default());
    for ((row, matrix), start) in rows.iter_mut().zip(matrices).zip(starts) {
        *row = &mut matrix[start..start + length];
    }
    rows
}

/// Sets as many elements of outputs as there are channels to those of a transform of pixels.
#[allow(clippy::needless_range_loop, reason = "indices that are constants keep pixels in registers")]
#[inline(always)]
fn transform<'a, S: Simd, const N: usize>(
    simd: S,
    channels: usize,
    pixel: impl Fn(usize) -> &'a [f32],
    outputs: [&mut [f32]; N],
    transform: impl Fn([S::f32s; N]) -> [S::f32s; N],
) {
    let (whole, rest) = (channels / S::F32_LANES, channels % S::F32_LANES);
    // As many registers of each: no bounds are left to be checked.
    let mut pixels: [(&[S::f32s], &[f32]); N] = [(&[], &[]); N];
    for n in 0..N {
        let (registers, behind) = S::as_simd_f32s(pixel(n));
        pixels[n] = (&registers[..whole], &behind[..rest]);
    }
    let mut targets: [(&mut [S::f32s], &mut [f32]); N] = std::array::from_fn(|_| Default::default());
    for (target, output) in targets.iter_mut().zip(outputs) {
        let (registers, behind) = S::as_mut_simd_f32s(output);
        *target = (&mut registers[..whole], &mut behind[..rest]);
    }
    for register in 0..whole {
        let mut values = [simd.splat_f32s(0.0); N];
        for n in 0..N {
            values[n] = pixels[n].0[register];
        }
        let values = transform(values);
        for n in 0..N {
            targets[n].0[register] = values[n];
        }
    }
    if rest > 0 {
        let mut values = [simd.splat_f32s(0.0); N];
        for n in 0..N {
            values[n] = simd.partial_load_f32s(pixels[n].1);
        }
        let values = transform(values);
        for n in 0..N {
            simd.partial_store_f32s(targets[n].1, values[n]);
        }
    }
}

/// What four pixels along an axis become.
#[inline(always)]
fn along<S: Simd>(simd: S, [first, second, third, last]: [S::f32s; 4]) -> [S::f32s; 4] {
    [
        simd.sub_f32s(first, third),
        simd.add_f32s(second, third),
        simd.sub_f32s(third, second),
        simd.sub_f32s(second, last),
    ]
}

/// What a square of pixels becomes, both ways.
#[allow(clippy::needless_range_loop, reason = "indices that are constants keep pixels in registers")]
#[inline(always)]
fn both_ways<S: Simd>(simd: S, mut square: [S::f32s; 16]) -> [S::f32s; 16] {
    for column in 0..4 {
        let down = along(simd, [square[column], square[4 + column], square[8 + column], square[12 + column]]);
        for row in 0..4 {
            square[4 * row + column] = down[row];
        }
    }
    for first in [0, 4, 8, 12] {
        let line = along(simd, [square[first], square[first + 1], square[first + 2], square[first + 3]]);
        square[first..first + 4].copy_from_slice(&line);
    }
    square
}
