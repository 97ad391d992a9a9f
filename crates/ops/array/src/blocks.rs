//! Joining and cutting along one dimension: rows made of one block of each part.

use crate::mover::{Item, Moves};
use ferroflow_core::{NdArray, parallel};

/// Fills an output whose rows are a block of each input, in order.
pub(crate) struct Join {
    /// Elements of a row that come from each input.
    blocks: Vec<usize>,
}

impl Join {
    /// Joins along a dimension that every value has.
    pub(crate) fn along(values: &[&NdArray], axis: usize) -> Join {
        let blocks = values.iter().map(|value| value.shape().dims().iter().skip(axis).product()).collect();
        Join { blocks }
    }
}

impl Moves for Join {
    const WRITES_ALL: bool = true;

    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let row: usize = self.blocks.iter().sum();
        if row == 0 || output.is_empty() {
            return;
        }
        if output.len() == row {
            let mut rest = output;
            for input in inputs {
                let (block, after) = rest.split_at_mut(input.len());
                parallel::chunks(block, 1, 1, |start, chunk| {
                    chunk.clone_from_slice(&input[start..start + chunk.len()]);
                });
                rest = after;
            }
            return;
        }
        parallel::chunks(output, row, 1, |start, chunk| {
            for (row_in_chunk, row_out) in chunk.chunks_mut(row).enumerate() {
                let position = start / row + row_in_chunk;
                let mut rest = row_out;
                for (input, &block) in inputs.iter().zip(&self.blocks) {
                    let (part, after) = rest.split_at_mut(block);
                    part.clone_from_slice(&input[position * block..(position + 1) * block]);
                    rest = after;
                }
            }
        });
    }
}

/// Fills an output with one block of each row of an input.
pub(crate) struct Cut {
    /// Elements of a row of the input.
    pub(crate) row: usize,
    /// The block's first element in a row.
    pub(crate) start: usize,
    /// The block's elements in a row.
    pub(crate) block: usize,
}

impl Moves for Cut {
    const WRITES_ALL: bool = true;

    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let Some(input) = inputs.first() else { return };
        if self.block == 0 {
            return;
        }
        parallel::chunks(output, self.block, 1, |start, chunk| {
            for (index, part) in chunk.chunks_mut(self.block).enumerate() {
                let from = (start / self.block + index) * self.row + self.start;
                part.clone_from_slice(&input[from..from + part.len()]);
            }
        });
    }
}
