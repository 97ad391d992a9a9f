//! Into how many parts variables are split.

use super::Partitioner;
use ferroflow_core::{DType, PartialShape, Result, ensure, options};

/// One part for each dimension but this, where `parts` says how many there are, of its size.
fn along(shape: &PartialShape, axis: usize, parts: impl FnOnce(usize) -> usize) -> Vec<usize> {
    let mut counts = vec![1; shape.rank().unwrap_or(0)];
    if let (Some(count), Some(size)) = (counts.get_mut(axis), shape.dim(axis)) {
        *count = parts(size);
    }
    counts
}

fn bytes_of(dtype: DType, bytes_per_string_element: usize) -> usize {
    if dtype.base() == DType::STRING { bytes_per_string_element } else { dtype.base().size() }
}

/// As many parts along an axis, but no more than it has elements.
///
/// Source: `tf.compat.v1.fixed_size_partitioner`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let parts = tf::fixed_size_partitioner(3, 0).parts(&[10, 2].into(), tf::float32);
/// assert_eq!(parts, [3, 1]);
/// ```
pub fn fixed_size_partitioner(num_shards: usize, axis: usize) -> Partitioner {
    Partitioner::new(move |shape, _| along(shape, axis, |size| num_shards.min(size)))
}

options! {
    /// Optional arguments of [`variable_axis_size_partitioner_with`].
    pub struct AxisSizePartitionerOptions {
        /// The axis that is split.
        axis: usize = 0,
        /// How many bytes a string counts.
        bytes_per_string_element: usize = 16,
        /// How many parts there are at most.
        max_shards: Option<usize> = None,
    }
}

/// As few parts along the first axis as are of no more than this many bytes each.
///
/// Source: `tf.compat.v1.variable_axis_size_partitioner`.
///
/// # Errors
/// `ValueError` for no bytes.
pub fn variable_axis_size_partitioner(max_shard_bytes: usize) -> Result<Partitioner> {
    variable_axis_size_partitioner_with(max_shard_bytes, |options| options)
}

/// [`variable_axis_size_partitioner`] with optional arguments.
///
/// # Errors
/// `ValueError` for no bytes, or no parts.
pub fn variable_axis_size_partitioner_with(
    max_shard_bytes: usize,
    options: impl FnOnce(AxisSizePartitionerOptions) -> AxisSizePartitionerOptions,
) -> Result<Partitioner> {
    let options = options(AxisSizePartitionerOptions::default());
    ensure!(
        max_shard_bytes >= 1 && options.bytes_per_string_element >= 1,
        value,
        "Both max_shard_bytes and bytes_per_string_element must be positive. Currently, max_shard_bytes is \
         {max_shard_bytes} andbytes_per_string_element is {}",
        options.bytes_per_string_element
    );
    Ok(Partitioner::new(move |shape, dtype| {
        let elements = shape.num_elements().unwrap_or(0);
        along(shape, options.axis, |size| {
            let slice = elements / size.max(1) * bytes_of(dtype, options.bytes_per_string_element);
            let slices = (max_shard_bytes / slice.max(1)).max(1);
            let parts = size.div_ceil(slices);
            options.max_shards.filter(|most| *most > 0).map_or(parts, |most| most.min(parts))
        })
    }))
}

options! {
    /// Optional arguments of [`min_max_variable_partitioner_with`].
    pub struct MinMaxPartitionerOptions {
        /// How many parts there are at most.
        max_partitions: usize = 1,
        /// The axis that is split.
        axis: usize = 0,
        /// How many bytes a part has at least, unless it is the only one.
        min_slice_size: usize = 256 << 10,
        /// How many bytes a string counts.
        bytes_per_string_element: usize = 16,
    }
}

/// As many parts along the first axis as are of 256 KiB each, but no more than one: see [`min_max_variable_partitioner_with`].
///
/// Source: `tf.compat.v1.min_max_variable_partitioner`.
pub fn min_max_variable_partitioner() -> Partitioner {
    min_max_variable_partitioner_with(|options| options)
}

/// As many parts along an axis as are of a size, but no more than a number.
pub fn min_max_variable_partitioner_with(
    options: impl FnOnce(MinMaxPartitionerOptions) -> MinMaxPartitionerOptions,
) -> Partitioner {
    let options = options(MinMaxPartitionerOptions::default());
    Partitioner::new(move |shape, dtype| {
        let element = bytes_of(dtype, options.bytes_per_string_element);
        let bytes = shape.num_elements().unwrap_or(0).saturating_mul(element);
        let parts = bytes.div_ceil(options.min_slice_size.max(1));
        along(shape, options.axis, |size| size.min(options.max_partitions).min(parts).max(1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_tensorflow() {
        for line in include_str!("../../tests/data/partitioners.txt").lines() {
            let (name, expected) = line.split_once('\t').expect("two fields");
            let shape = PartialShape::new([Some(1000), Some(30)]);
            let partitioner = match name {
                "fixed" => fixed_size_partitioner(7, 1),
                "fixed many" => fixed_size_partitioner(70, 1),
                "axis" => variable_axis_size_partitioner(1000).expect("bytes"),
                "axis most" => variable_axis_size_partitioner_with(1000, |o| o.max_shards(5)).expect("bytes"),
                "axis second" => {
                    variable_axis_size_partitioner_with(10_000, |o| o.axis(1usize)).expect("bytes")
                }
                "min max" => min_max_variable_partitioner(),
                "min max many" => min_max_variable_partitioner_with(|o| {
                    o.max_partitions(9usize).min_slice_size(10_000usize)
                }),
                name => panic!("no partitioner is called {name}"),
            };
            assert_eq!(format!("{:?}", partitioner.parts(&shape, DType::FLOAT32)), expected, "{name}");
        }
    }
}
