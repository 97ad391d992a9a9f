//! `MappedRead`: a walk through an input by a table of places for each dimension of the output.

use crate::mover::{Item, Moves};
use ferroflow_core::parallel;

/// Reads an input whose place for an output element is a sum of one offset for each dimension: rolling, mirrored
/// padding and other rearrangements along axes.
pub(crate) struct MappedRead {
    /// Offsets of each dimension's positions, outermost first.
    maps: Vec<Vec<usize>>,
    /// Contiguous elements below the mapped dimensions.
    block: usize,
}

impl MappedRead {
    /// A walk with `maps[axis][i]` the input's position along `axis` for the output's position `i`. Positions must
    /// lie in the input; the caller has checked that.
    pub(crate) fn new(mut maps: Vec<Vec<usize>>, input: &[usize]) -> MappedRead {
        let mut block = 1;
        // Innermost dimensions that stay as they are move as blocks.
        while let Some((map, &size)) = maps.last().zip(input.get(maps.len().wrapping_sub(1))) {
            if map.len() != size || map.iter().enumerate().any(|(position, &place)| position != place) {
                break;
            }
            block *= size;
            maps.pop();
        }
        let mut stride = block;
        for (map, &size) in maps.iter_mut().zip(input).rev() {
            for place in map.iter_mut() {
                *place *= stride;
            }
            stride *= size;
        }
        MappedRead { maps, block }
    }
}

impl Moves for MappedRead {
    const WRITES_ALL: bool = true;

    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let Some(input) = inputs.first() else { return };
        let Some((last, outer)) = self.maps.split_last() else {
            return output.clone_from_slice(input);
        };
        let run = last.len() * self.block;
        if run == 0 {
            return;
        }
        parallel::chunks(output, run, 2, |start, chunk| {
            for (index, row) in chunk.chunks_mut(run).enumerate() {
                let mut position = start / run + index;
                let mut base = 0;
                for map in outer.iter().rev() {
                    base += map[position % map.len()];
                    position /= map.len();
                }
                if self.block == 1 {
                    for (element, place) in row.iter_mut().zip(last) {
                        *element = input[base + place].clone();
                    }
                } else {
                    for (part, place) in row.chunks_mut(self.block).zip(last) {
                        part.clone_from_slice(&input[base + place..base + place + self.block]);
                    }
                }
            }
        });
    }
}
