//! Batches of images and volumes: reading shapes in either data format, and moving channels to the end and back.

use ferroflow_core::{
    Attrs, Dim, Element, NdArray, PartialShape, Result, Shape, bail, dispatch, parallel, zeroed,
};

/// Where channels stand in a shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Format {
    /// `NHWC`, `NDHWC`
    ChannelsLast,
    /// `NCHW`, `NCDHW`
    ChannelsFirst,
}

impl Format {
    /// From the attribute `data_format`; channels last where the op has none.
    ///
    /// # Errors
    /// `Unimplemented` for formats of packed channels.
    pub(crate) fn of(attrs: &Attrs) -> Result<Format> {
        match attrs.str("data_format") {
            Ok("NCHW" | "NCDHW") => Ok(Format::ChannelsFirst),
            Ok("NHWC" | "NDHWC") | Err(_) => Ok(Format::ChannelsLast),
            Ok(other) => bail!(unimplemented, "data_format {other}"),
        }
    }

    /// Whether channels are the last dimension.
    pub(crate) fn is_channels_last(self) -> bool {
        self == Format::ChannelsLast
    }

    /// The axis of the channels.
    pub(crate) fn channel_axis(self, rank: usize) -> usize {
        match self {
            Format::ChannelsFirst => 1,
            Format::ChannelsLast => rank.saturating_sub(1),
        }
    }

    /// The axis of the first spatial dimension.
    pub(crate) fn first_spatial(self) -> usize {
        match self {
            Format::ChannelsFirst => 2,
            Format::ChannelsLast => 1,
        }
    }

    /// A list with an entry for each dimension: those of the spatial dimensions.
    pub(crate) fn spatial<T>(self, all: &[T]) -> &[T] {
        let start = self.first_spatial();
        all.get(start..start + all.len().saturating_sub(2)).unwrap_or_default()
    }

    /// A shape from its parts.
    pub(crate) fn shape(self, batch: Dim, spatial: &[Dim], channels: Dim) -> PartialShape {
        let spatial = spatial.iter().copied();
        match self {
            Format::ChannelsFirst => PartialShape::new([batch, channels].into_iter().chain(spatial)),
            Format::ChannelsLast => PartialShape::new([batch].into_iter().chain(spatial).chain([channels])),
        }
    }

    /// The array with channels at its end.
    ///
    /// # Errors
    /// `ResourceExhausted` when the memory cannot be had.
    pub(crate) fn channels_to_end(self, array: NdArray) -> Result<NdArray> {
        let dims = array.shape().dims();
        if self == Format::ChannelsLast || dims.len() < 3 {
            return Ok(array);
        }
        let (channels, positions) = (dims[1], dims[2..].iter().product());
        let mut moved = vec![dims[0]];
        moved.extend_from_slice(&dims[2..]);
        moved.push(channels);
        swap_inner(&array, channels, positions, Shape::new(&moved)?)
    }

    /// The array whose channels are at its end in this format.
    ///
    /// # Errors
    /// `ResourceExhausted` when the memory cannot be had.
    pub(crate) fn channels_from_end(self, array: NdArray) -> Result<NdArray> {
        let dims = array.shape().dims();
        let [batch, spatial @ .., channels] = dims else {
            return Ok(array);
        };
        if self == Format::ChannelsLast || spatial.is_empty() {
            return Ok(array);
        }
        let mut moved = vec![*batch, *channels];
        moved.extend_from_slice(spatial);
        swap_inner(&array, spatial.iter().product(), *channels, Shape::new(&moved)?)
    }
}

/// Transposes the matrices of `rows` by `columns` elements that an array consists of.
fn swap_inner(array: &NdArray, rows: usize, columns: usize, shape: Shape) -> Result<NdArray> {
    dispatch!(array.dtype(), FIXED, |T| {
        let elements = transposed(array.as_slice::<T>()?, rows, columns)?;
        NdArray::from_shape(shape, elements)
    })
}

fn transposed<T: Element + Copy>(elements: &[T], rows: usize, columns: usize) -> Result<Vec<T>> {
    let size = rows * columns;
    let mut output = zeroed::<T>(elements.len())?;
    parallel::chunks(&mut output, size, 1, |start, chunk| {
        for (matrix, target) in elements[start..].chunks_exact(size).zip(chunk.chunks_exact_mut(size)) {
            for (column, target) in target.chunks_exact_mut(rows).enumerate() {
                for (row, target) in target.iter_mut().enumerate() {
                    *target = matrix[row * columns + column];
                }
            }
        }
    });
    Ok(output)
}

/// The sizes of a batch of images or volumes with channels last; images are one deep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Volume {
    pub(crate) batch: usize,
    pub(crate) depth: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
}

impl Volume {
    /// The sizes of an array in a data format.
    ///
    /// # Errors
    /// `InvalidArgument` unless there are two or three spatial dimensions.
    pub(crate) fn of(shape: &Shape, format: Format) -> Result<Volume> {
        let rank = shape.rank();
        let spatial = format.spatial(shape.dims());
        let (depth, height, width) = match *spatial {
            [height, width] => (1, height, width),
            [depth, height, width] => (depth, height, width),
            _ => bail!(invalid_argument, "a batch of images or volumes has no shape {shape}"),
        };
        Ok(Volume { batch: shape[0], depth, height, width, channels: shape[format.channel_axis(rank)] })
    }

    /// The sizes of the spatial dimensions.
    pub(crate) fn spatial(&self) -> [usize; 3] {
        [self.depth, self.height, self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_move_to_the_end_and_back() {
        let array = NdArray::from_vec(&[2, 3, 2, 2], (0..24i32).collect()).expect("fits");
        let moved = Format::ChannelsFirst.channels_to_end(array.clone()).expect("fits");
        assert_eq!(moved.shape().dims(), [2, 2, 2, 3]);
        assert_eq!(moved.as_slice::<i32>().expect("int32")[..6], [0, 4, 8, 1, 5, 9]);
        assert!(Format::ChannelsFirst.channels_from_end(moved).expect("fits") == array);
    }
}
