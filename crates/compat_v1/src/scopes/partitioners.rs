//! Partitioners: into how many parts variables are split.

use super::Partitioner;
use ferroflow_core::{DType, Error, PartialShape, Result, Shape, bail, ensure, options};

options! {
    /// Optional arguments of [`variable_axis_size_partitioner`] and [`min_max_variable_partitioner`].
    pub struct PartitionerOptions {
        /// The axis along which there are parts.
        axis: usize = 0,
        /// What a string counts.
        bytes_per_string_element: usize = 16,
        /// How many parts there are at most, of [`variable_axis_size_partitioner`]; `None` is no limit.
        max_shards: Option<usize> = None,
        /// How large a part is at least, of [`min_max_variable_partitioner`].
        min_slice_size: usize = 256 << 10,
    }
}

/// One part along each axis but this one.
fn along(shape: &Shape, axis: usize, parts: usize) -> Result<Vec<usize>> {
    let mut partitions = vec![1; shape.rank()];
    match partitions.get_mut(axis) {
        Some(along) => *along = parts,
        None => return Err(Error::index("list index out of range")),
    }
    Ok(partitions)
}

fn size_along(shape: &Shape, axis: usize) -> Result<usize> {
    shape.dims().get(axis).copied().ok_or_else(|| Error::index("list index out of range"))
}

fn element_size(dtype: DType, string: usize) -> usize {
    if dtype.base() == DType::STRING { string } else { dtype.size() }
}

/// A partitioner into this many parts along an axis, or as many as the axis is long.
///
/// Source: `tf.compat.v1.fixed_size_partitioner`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let halves = tf::fixed_size_partitioner(2, 0);
/// let v = tf::get_variable_with("v", |o| o.shape([3]).partitioner(halves))?;
/// let names: Vec<String> = v.as_partitioned().expect("parts").iter().map(tf::Variable::name).collect();
/// assert_eq!(names, ["v/part_0:0", "v/part_1:0"]);
/// # Ok::<(), tf::Error>(())
/// ```
pub fn fixed_size_partitioner(num_shards: usize, axis: usize) -> Partitioner {
    Partitioner::new(move |shape, _| along(shape, axis, num_shards.min(size_along(shape, axis)?)))
}

/// A partitioner into parts of at most so many bytes, where the axis is long enough for it.
///
/// Source: `tf.compat.v1.variable_axis_size_partitioner`.
///
/// # Errors
/// `ValueError` for sizes or limits of zero.
pub fn variable_axis_size_partitioner(
    max_shard_bytes: usize,
    options: impl FnOnce(PartitionerOptions) -> PartitionerOptions,
) -> Result<Partitioner> {
    let PartitionerOptions { axis, bytes_per_string_element: string, max_shards, .. } =
        options(PartitionerOptions::default());
    ensure!(
        max_shard_bytes > 0 && string > 0,
        value,
        "Both max_shard_bytes and bytes_per_string_element must be positive. Currently, max_shard_bytes is \
         {max_shard_bytes} andbytes_per_string_element is {string}"
    );
    Ok(Partitioner::new(move |shape, dtype| {
        let length = size_along(shape, axis)?;
        if length == 0 {
            bail!(value, "division by zero");
        }
        let bytes_per_slice = (shape.num_elements() / length) as f64 * element_size(dtype, string) as f64;
        if bytes_per_slice == 0.0 {
            bail!(value, "float division by zero");
        }
        let slices = f64::max(1.0, (max_shard_bytes as f64 / bytes_per_slice).floor());
        let parts = (length as f64 / slices).ceil() as usize;
        // As in Python, a limit of zero is none.
        let limit = max_shards.filter(|limit| *limit > 0).unwrap_or(parts);
        along(shape, axis, parts.min(limit))
    }))
}

/// A partitioner into parts of at least so many bytes, but not more than so many parts.
///
/// Source: `tf.compat.v1.min_max_variable_partitioner`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let partitioner = tf::min_max_variable_partitioner(4, |o| o.min_slice_size(16usize));
/// let v = tf::get_variable_with("v", |o| o.shape([6, 2]).partitioner(partitioner))?;
/// assert_eq!(v.as_partitioned().expect("parts").len(), 3);
/// # Ok::<(), tf::Error>(())
/// ```
pub fn min_max_variable_partitioner(
    max_partitions: usize,
    options: impl FnOnce(PartitionerOptions) -> PartitionerOptions,
) -> Partitioner {
    let PartitionerOptions { axis, bytes_per_string_element: string, min_slice_size, .. } =
        options(PartitionerOptions::default());
    Partitioner::new(move |shape, dtype| {
        ensure!(
            axis < shape.rank(),
            value,
            "Cannot partition variable along axis {axis} when shape is only {}",
            PartialShape::from(shape.clone())
        );
        if min_slice_size == 0 {
            bail!(value, "division by zero");
        }
        let bytes = shape.num_elements().saturating_mul(element_size(dtype, string));
        let parts = size_along(shape, axis)?.min(max_partitions).min(bytes.div_ceil(min_slice_size));
        along(shape, axis, parts.max(1))
    })
}
