//! The attributes of convolutions of uniformly quantized values: which axes are what, strides, dilations, paddings, groups.

use ferroflow_core::wire::{self, Fields, Payload};
use ferroflow_core::{Attrs, Error, PartialShape, Result, Shape, bail, ensure};

/// Which axes of a tensor hold the batch (or the output's channels), the channels and the places.
#[derive(Clone, Default)]
pub(crate) struct Places {
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) spatial: Vec<usize>,
}

/// A convolution, checked against the shapes of what it is applied to.
pub(crate) struct Convolution {
    /// Batch and channels.
    pub(crate) input: Places,
    /// Output channels and input channels.
    pub(crate) kernel: Places,
    /// Batch and channels.
    pub(crate) output: Places,
    pub(crate) strides: Vec<i64>,
    pub(crate) lhs_dilation: Vec<i64>,
    pub(crate) rhs_dilation: Vec<i64>,
    /// Those before and those behind, for each axis of places.
    pub(crate) paddings: Vec<[i64; 2]>,
    pub(crate) feature_groups: i64,
    pub(crate) batch_groups: i64,
}

/// The size of something whose elements are pulled apart.
pub(crate) fn dilated(size: i64, dilation: i64) -> i64 {
    if size == 0 { 0 } else { dilation.saturating_mul(size - 1).saturating_add(1) }
}

fn joined(values: &[i64]) -> String {
    values.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// A list of one number for each axis of places; 1 everywhere where it is empty.
fn per_axis(attrs: &Attrs, name: &str, count: usize) -> Result<Vec<i64>> {
    let values = attrs.ints(name)?;
    if values.is_empty() {
        return Ok(vec![1; count]);
    }
    ensure!(values.len() == count, invalid_argument, "Size of {name} Attr must be dims - 2.");
    ensure!(
        values.iter().all(|value| *value >= 1),
        invalid_argument,
        "All elements of {name} must be >= 1. Given {}",
        joined(values)
    );
    Ok(values.to_vec())
}

/// Which axes are what, from a serialized message; in order where that is empty.
fn places(attrs: &Attrs, rank: usize) -> Result<[Places; 3]> {
    let message = attrs.bytes("dimension_numbers")?;
    let unreadable = || Error::invalid_argument("Error parsing convolution dimension numbers.");
    // The fields are numbered in the order: batch, channels, places of the input, channels in and out and places of the
    // kernel, batch, channels, places of the output.
    let mut numbers: [Vec<i64>; 9] = Default::default();
    for field in Fields::new(message) {
        let (number, payload) = field.map_err(|_| unreadable())?;
        let Some(at) = (number as usize).checked_sub(1).filter(|at| *at < 9) else { continue };
        match payload {
            Payload::Varint(value) if at % 3 == 2 => numbers[at].push(value as i64),
            Payload::Varint(value) => numbers[at] = vec![value as i64],
            Payload::Bytes(mut packed) => {
                while !packed.is_empty() {
                    numbers[at].push(wire::varint(&mut packed).ok_or_else(unreadable)? as i64);
                }
            }
            _ => return Err(unreadable()),
        }
    }
    if numbers[2].is_empty() {
        let plain = Places { first: 0, second: 1, spatial: (2..rank).collect() };
        return Ok([plain.clone(), plain.clone(), plain]);
    }
    let axis = |value: i64| {
        let axis = usize::try_from(value).ok().filter(|axis| *axis < rank);
        axis.ok_or_else(|| {
            Error::invalid_argument(format!(
                "Each dimension number must be in region [0, rank). Given rank {rank} and dimension number value {value}"
            ))
        })
    };
    let single = |at: usize| axis(numbers[at].last().copied().unwrap_or(0));
    let read = |of: usize, first: usize, second: usize| {
        let (first, second) = (single(first)?, single(second)?);
        let spatial = &numbers[of * 3 + 2];
        ensure!(
            spatial.len() + 2 == rank,
            invalid_argument,
            "Spatial dimensions size must be rank - 2. Given rank {rank} and spatial dimensions size {}",
            spatial.len()
        );
        let spatial = spatial.iter().map(|value| axis(*value)).collect::<Result<Vec<usize>>>()?;
        let mut all: Vec<usize> = spatial.iter().copied().chain([first, second]).collect();
        all.sort_unstable();
        // TensorFlow reads outside of its arrays.
        ensure!(all.iter().copied().eq(0..rank), invalid_argument, "Dimension numbers must differ.");
        Ok(Places { first, second, spatial })
    };
    Ok([read(0, 0, 1)?, read(1, 4, 3)?, read(2, 6, 7)?])
}

impl Convolution {
    /// Reads the attributes, in the order in which TensorFlow complains about them.
    pub(crate) fn read(attrs: &Attrs, lhs: &Shape, rhs: &Shape) -> Result<Convolution> {
        let (padding, explicit) = (attrs.str("padding")?, attrs.ints("explicit_padding")?);
        ensure!(
            ["EXPLICIT", "SAME", "VALID"].contains(&padding),
            invalid_argument,
            "padding Attr must be one of [EXPLICIT | SAME | VALID], but given: {padding}"
        );
        ensure!(
            padding == "EXPLICIT" || explicit.is_empty(),
            invalid_argument,
            "If padding Attr is not 'EXPLICIT', explicit_padding Attr must be empty. Given padding {padding} and explicit_padding of size {}",
            explicit.len()
        );
        let text = |shape: &Shape| PartialShape::from(shape).cpp();
        let rank = lhs.rank();
        ensure!(
            rank == rhs.rank(),
            invalid_argument,
            "lhs and rhs must have same dims. Given lhs and rhs of shapes: {}{}",
            text(lhs),
            text(rhs)
        );
        ensure!(rank > 2, invalid_argument, "lhs and rhs shape dims must be at least 3. Given: {rank}");
        let strides = per_axis(attrs, "window_strides", rank - 2)?;
        let lhs_dilation = per_axis(attrs, "lhs_dilation", rank - 2)?;
        let rhs_dilation = per_axis(attrs, "rhs_dilation", rank - 2)?;
        let [input, kernel, output] = places(attrs, rank)?;
        let (feature_groups, batch_groups) =
            (attrs.int("feature_group_count")?, attrs.int("batch_group_count")?);
        let mut convolution = Convolution {
            input,
            kernel,
            output,
            strides,
            lhs_dilation,
            rhs_dilation,
            paddings: Vec::new(),
            feature_groups,
            batch_groups,
        };
        convolution.check_groups(lhs, rhs)?;
        convolution.paddings = convolution.pad(padding, explicit, lhs, rhs)?;
        Ok(convolution)
    }

    fn check_groups(&self, lhs: &Shape, rhs: &Shape) -> Result<()> {
        let groups = self.feature_groups;
        ensure!(
            groups > 0,
            invalid_argument,
            "feature_group_count must be a positive integer, given: {groups}"
        );
        let size = |shape: &Shape, axis: usize| shape[axis] as i64;
        let (features, taken) = (size(lhs, self.input.second), size(rhs, self.kernel.second));
        ensure!(
            features % groups == 0,
            invalid_argument,
            "feature_group_count must divide lhs feature dimension size, but {groups} does not divide {features}"
        );
        ensure!(
            taken != 0 && features % taken == 0,
            invalid_argument,
            "rhs input feature dimension must divide lhs feature dimension size, but {taken} does not divide {features}"
        );
        ensure!(
            features / groups == taken,
            invalid_argument,
            "lhs feature dimension size divided by feature_group_count must equal the rhs input feature dimension size, but {features} / {groups} != {taken}"
        );
        let made = size(rhs, self.kernel.first);
        ensure!(
            made % groups == 0,
            invalid_argument,
            "rhs output dimension size must be a multiple of feature_group_count, but {made} is not a multiple of {groups}"
        );
        let groups = self.batch_groups;
        ensure!(
            groups > 0,
            invalid_argument,
            "batch_group_count Attr must be a positive integer. Given: {groups}"
        );
        let batch = size(lhs, self.input.first);
        ensure!(
            batch % groups == 0,
            invalid_argument,
            "batch_group_count must divide lhs batch dimension size, but {groups} does not divide {batch}"
        );
        ensure!(
            made % groups == 0,
            invalid_argument,
            "rhs output dimension size must be a multiple of batch_group_count, but {made} is not a multiple of {groups}"
        );
        Ok(())
    }

    /// The sizes of input and kernel along an axis of places, pulled apart.
    fn spread(&self, axis: usize, lhs: &Shape, rhs: &Shape) -> (i64, i64) {
        (
            dilated(lhs[self.input.spatial[axis]] as i64, self.lhs_dilation[axis]),
            dilated(rhs[self.kernel.spatial[axis]] as i64, self.rhs_dilation[axis]),
        )
    }

    fn pad(&self, padding: &str, explicit: &[i64], lhs: &Shape, rhs: &Shape) -> Result<Vec<[i64; 2]>> {
        let count = self.strides.len();
        if padding == "EXPLICIT" {
            ensure!(
                explicit.len() == 2 * count,
                invalid_argument,
                "Size of explicit_padding Attr must be 2 * (rank - 2). Given rank {} and explicit_padding of size {}",
                count + 2,
                explicit.len()
            );
            ensure!(
                explicit.iter().all(|size| *size >= 0),
                invalid_argument,
                "All explicit_padding elems must be >= 0, Given {}",
                joined(explicit)
            );
            return Ok(explicit.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect());
        }
        let each = |axis: usize| {
            if padding == "VALID" {
                return [0, 0];
            }
            let (size, window) = self.spread(axis, lhs, rhs);
            let stride = self.strides[axis];
            let count = size.saturating_add(stride - 1) / stride;
            let total = (count - 1).saturating_mul(stride).saturating_add(window).saturating_sub(size).max(0);
            [total / 2, total - total / 2]
        };
        Ok((0..count).map(each).collect())
    }

    /// The shape of the output.
    pub(crate) fn output_shape(&self, lhs: &Shape, rhs: &Shape) -> Result<Shape> {
        let mut dims = vec![0i64; lhs.rank()];
        dims[self.output.first] = lhs[self.input.first] as i64 / self.batch_groups;
        dims[self.output.second] = rhs[self.kernel.first] as i64;
        for (axis, stride) in self.strides.iter().enumerate() {
            let (size, window) = self.spread(axis, lhs, rhs);
            let [before, behind] = self.paddings[axis];
            let room = size.checked_add(before).and_then(|room| room.checked_add(behind));
            let Some(room) =
                room.and_then(|room| room.checked_sub(window)).and_then(|room| room.checked_add(*stride))
            else {
                bail!(invalid_argument, "The padded input is too large");
            };
            dims[self.output.spatial[axis]] = room / stride;
        }
        Shape::from_i64(&dims)
    }
}
