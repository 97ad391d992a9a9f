//! How tiles of outputs lie on images.

use super::Scheme;
use crate::patches::Windows;
use std::ops::Range;

/// Tiles, line by line, image by image.
#[derive(Clone, Copy)]
pub(super) struct Grid {
    images: usize,
    /// Outputs of an image, down and along its lines.
    outputs: [usize; 2],
    /// Those of a tile.
    of_tile: [usize; 2],
    /// Pixels of an image.
    pixels: [usize; 2],
    /// Padding before them.
    before: [usize; 2],
}

/// Where a tile lies: its image, and the row and column of its first output there.
#[derive(Clone, Copy)]
pub(super) struct Place {
    image: usize,
    row: usize,
    column: usize,
}

impl Grid {
    pub(super) fn of(windows: &Windows, scheme: Scheme) -> Grid {
        let [depth, height, width] = &windows.axes;
        let of_tile = match scheme {
            Scheme::Square => [2, 2],
            Scheme::Line(_) if height.window > 1 => [2, 1],
            Scheme::Line(_) => [1, 2],
        };
        Grid {
            images: windows.input.batch * depth.output,
            outputs: [height.output, width.output],
            of_tile,
            pixels: [height.input, width.input],
            before: [height.before, width.before],
        }
    }

    /// Tiles in a line of them.
    pub(super) fn in_line(&self) -> usize {
        self.outputs[1].div_ceil(self.of_tile[1])
    }

    /// Lines of tiles in all images.
    pub(super) fn lines(&self) -> usize {
        self.images * self.of_image()
    }

    pub(super) fn tiles(&self) -> usize {
        self.lines() * self.in_line()
    }

    fn of_image(&self) -> usize {
        self.outputs[0].div_ceil(self.of_tile[0])
    }

    /// The output positions that lines of tiles make.
    pub(super) fn positions(&self, lines: Range<usize>) -> Range<usize> {
        let start = |line: usize| {
            let row = line % self.of_image() * self.of_tile[0];
            (line / self.of_image() * self.outputs[0] + row) * self.outputs[1]
        };
        start(lines.start)..start(lines.end)
    }

    /// Where these tiles lie.
    #[inline(always)]
    pub(super) fn places(self, tiles: Range<usize>) -> impl Iterator<Item = Place> {
        let (line, number) = (tiles.start / self.in_line(), tiles.start % self.in_line());
        let mut next = Place {
            image: line / self.of_image(),
            row: line % self.of_image() * self.of_tile[0],
            column: number * self.of_tile[1],
        };
        tiles.map(
            #[inline(always)]
            move |_| {
                let place = next;
                next.column += self.of_tile[1];
                if next.column >= self.outputs[1] {
                    (next.row, next.column) = (next.row + self.of_tile[0], 0);
                }
                if next.row >= self.outputs[0] {
                    (next.image, next.row) = (next.image + 1, 0);
                }
                place
            },
        )
    }

    /// The number of the pixel so many rows and columns behind the first that a tile sees; `None` in the padding.
    #[inline(always)]
    pub(super) fn pixel(&self, tile: Place, [down, along]: [usize; 2]) -> Option<usize> {
        let row = (tile.row + down).wrapping_sub(self.before[0]);
        let column = (tile.column + along).wrapping_sub(self.before[1]);
        let [rows, columns] = self.pixels;
        (row < rows && column < columns).then(|| (tile.image * rows + row) * columns + column)
    }

    /// The position of a tile's output of this number; `None` behind the edge, never for the first.
    #[inline(always)]
    pub(super) fn position(&self, tile: Place, output: usize) -> Option<usize> {
        let row = tile.row + output / self.of_tile[1];
        let column = tile.column + output % self.of_tile[1];
        let [rows, columns] = self.outputs;
        (row < rows && column < columns).then(|| (tile.image * rows + row) * columns + column)
    }

    /// Whether tiles have several outputs along a line.
    pub(super) fn is_along(&self) -> bool {
        self.of_tile[1] > 1
    }
}
