//! `TensorSlice`: a box of a tensor, as partitioned variables and RestoreV2's `shape_and_slices` name it.

use ferroflow_core::{Error, NdArray, Result, Shape, bail, ensure};
use ferroflow_proto::TensorSliceProto;
use ferroflow_proto::tensor_slice_proto::{Extent, extent::HasLengthHack};
use std::fmt;
use std::ops::Range;

/// A range of each dimension of a tensor, or all of a dimension.
///
/// ```
/// use ferroflow_formats::TensorSlice;
/// let slice: TensorSlice = "-:0,3".parse()?;
/// assert_eq!(slice.to_string(), "-:0,3");
/// assert_eq!(slice.extents(), [None, Some(0..3)]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSlice(Vec<Option<Range<usize>>>);

impl TensorSlice {
    /// A slice with a range for each dimension, `None` for all of it.
    pub fn new(extents: impl IntoIterator<Item = Option<Range<usize>>>) -> TensorSlice {
        TensorSlice(extents.into_iter().collect())
    }

    /// All of a tensor of this rank.
    pub fn full(rank: usize) -> TensorSlice {
        TensorSlice(vec![None; rank])
    }

    /// The range of each dimension, `None` for all of it.
    pub fn extents(&self) -> &[Option<Range<usize>>] {
        &self.0
    }

    /// Whether this is all of any tensor of its rank.
    pub fn is_full(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// The slice a message describes.
    pub(super) fn from_proto(proto: &TensorSliceProto) -> Result<TensorSlice> {
        let extents = proto.extent.iter().map(|extent| match extent.has_length_hack {
            None => Ok(None),
            Some(HasLengthHack::Length(length)) => range(extent.start, length).map(Some).ok_or_else(|| {
                Error::data_loss(format!(
                    "Expected non-negative start and positive length but got start = {}, length = {length}",
                    extent.start
                ))
            }),
        });
        extents.collect::<Result<_>>().map(TensorSlice)
    }

    /// The message for this slice.
    pub(super) fn to_proto(&self) -> TensorSliceProto {
        let extent = |extent: &Option<Range<usize>>| match extent {
            None => Extent::default(),
            Some(range) => Extent {
                start: range.start as i64,
                has_length_hack: Some(HasLengthHack::Length(range.len() as i64)),
            },
        };
        TensorSliceProto { extent: self.0.iter().map(extent).collect() }
    }

    /// The ranges this slice takes of a tensor of this shape.
    ///
    /// # Errors
    /// `Internal`, as in TensorFlow, when the slice does not lie in the shape.
    pub fn bounds(&self, shape: &Shape) -> Result<Vec<Range<usize>>> {
        ensure!(self.0.len() == shape.rank(), internal, "Mismatching ranks: shape = {shape}, slice = {self}");
        let bounds = self.0.iter().zip(shape.dims()).enumerate().map(|(axis, (extent, &dim))| match extent {
            None => Ok(0..dim),
            Some(range) if range.end <= dim => Ok(range.clone()),
            Some(_) => Err(Error::internal(format!(
                "Extent in dimension {axis} out of bounds: shape = {shape}, slice = {self}"
            ))),
        });
        bounds.collect()
    }
}

/// A range from TensorFlow's start and length.
fn range(start: i64, length: i64) -> Option<Range<usize>> {
    let start = usize::try_from(start).ok()?;
    let length = usize::try_from(length).ok().filter(|&length| length > 0)?;
    Some(start..start.checked_add(length)?)
}

impl fmt::Display for TensorSlice {
    /// TensorFlow's notation: `start,length` or `-` for each dimension, colons between.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (axis, extent) in self.0.iter().enumerate() {
            if axis > 0 {
                f.write_str(":")?;
            }
            match extent {
                None => f.write_str("-")?,
                Some(range) => write!(f, "{},{}", range.start, range.len())?,
            }
        }
        Ok(())
    }
}

impl std::str::FromStr for TensorSlice {
    type Err = Error;

    fn from_str(text: &str) -> Result<TensorSlice> {
        let extents = text.split(':').filter(|item| !item.is_empty()).map(|item| {
            if item == "-" {
                return Ok(None);
            }
            let numbers = item.split_once(',').and_then(|(start, length)| {
                Some((start.trim().parse::<i64>().ok()?, length.trim().parse::<i64>().ok()?))
            });
            let Some((start, length)) = numbers else {
                bail!(
                    invalid_argument,
                    "Expected a pair of numbers or '-' but got '{item}': string = {text}"
                );
            };
            range(start, length).map(Some).ok_or_else(|| {
                Error::invalid_argument(format!(
                    "Expected non-negative start and positive length but got start = {start}, length = \
                     {length}: string = {text}"
                ))
            })
        });
        extents.collect::<Result<_>>().map(TensorSlice)
    }
}

/// A `shape_and_slice` of SaveV2 and RestoreV2: sizes of the whole tensor between blanks, then the slice.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeAndSlice {
    /// The shape of the whole tensor.
    pub shape: Shape,
    /// The part of it.
    pub slice: TensorSlice,
}

impl ShapeAndSlice {
    /// What a value is saved as.
    ///
    /// # Errors
    /// Those of reading the text, and `InvalidArgument` for a value that is not of the slice's shape.
    pub(crate) fn of_value(text: &str, value: &NdArray) -> Result<ShapeAndSlice> {
        let spec: ShapeAndSlice = text.parse()?;
        let bounds = spec.slice.bounds(&spec.shape)?;
        ensure!(
            bounds.iter().map(ExactSizeIterator::len).eq(value.shape().iter().copied()),
            invalid_argument,
            "Slice in shape_and_slice specification does not match the shape of the tensor to  save: {text}, tensor: {}",
            value.shape()
        );
        Ok(spec)
    }
}

impl std::str::FromStr for ShapeAndSlice {
    type Err = Error;

    fn from_str(text: &str) -> Result<ShapeAndSlice> {
        let Some((dims, slice)) = text.rsplit_once(' ') else {
            bail!(invalid_argument, "Need least two elements in shape_and_slice specification: {text}");
        };
        let dims: Option<Vec<usize>> = dims.split(' ').map(|dim| dim.parse().ok()).collect();
        let Some(dims) = dims else {
            bail!(invalid_argument, "Non numerical dimension in shape_and_slice: {text}");
        };
        let spec = ShapeAndSlice { shape: Shape::new(&dims)?, slice: slice.parse()? };
        spec.slice.bounds(&spec.shape)?;
        Ok(spec)
    }
}
