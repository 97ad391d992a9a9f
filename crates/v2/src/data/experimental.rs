//! `tf.data.experimental`: transformations to be given to [`Dataset::apply`], and what else has not found its place.

use super::{
    BucketOptions, Dataset, DatasetIterator, MapOptions, ParallelInterleaveOptions, Signature, sources,
};
use crate::{Nest, TensorSpec};
use ferroflow_core::{DType, Error, IntoOperand, NdArray, Result, Tensor, bail};
use ferroflow_formats::Compression;
use std::path::Path;

pub use super::csv::CsvDataset;
pub use super::csv_files::{make_csv_dataset, make_csv_dataset_with, make_labeled_csv_dataset};
pub use super::grouping::Reducer;
pub use super::{AUTOTUNE, INFINITE_CARDINALITY, UNKNOWN_CARDINALITY};

/// The elements, with an error where there are more or fewer than this.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::data::{Dataset, experimental};
/// let even = Dataset::range(6)?.filter(|x| tf::equal(tf::math::floormod(x, 2i64)?, 0i64))?;
/// let counted = even.apply(experimental::assert_cardinality(3i64))?;
/// assert_eq!(counted.len()?, 3);
/// # Ok::<(), tf::Error>(())
/// ```
pub fn assert_cardinality<E: Nest>(
    expected_cardinality: impl IntoOperand,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    let expected = expected_cardinality.into_operand();
    move |dataset| {
        dataset.scoped(|| {
            let expected = sources::int64("expected_cardinality", expected?)?;
            dataset.like(dataset.op("AssertCardinalityDataset").input(expected))
        })
    }
}

/// The number of elements, as [`Dataset::cardinality`] gives it.
///
/// # Errors
/// Those of the graph in force.
pub fn cardinality<E: Nest>(dataset: &Dataset<E>) -> Result<Tensor> {
    dataset.cardinality()
}

/// The only element.
///
/// # Errors
/// `InvalidArgument` unless there is exactly one.
pub fn get_single_element<E: Nest>(dataset: &Dataset<E>) -> Result<E> {
    dataset.get_single_element()
}

/// What is known of the components of elements.
pub fn get_structure<E: Nest>(dataset: &Dataset<E>) -> Vec<TensorSpec> {
    dataset.element_spec()
}

/// The elements with their numbers, from `start` on.
pub fn enumerate_dataset<E: Nest + Clone>(
    start: impl IntoOperand,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<(Tensor, E)>> {
    let start = start.into_operand();
    move |dataset| dataset.enumerate(start?)
}

/// The elements that can be made.
pub fn ignore_errors<E: Nest>() -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    |dataset| dataset.ignore_errors()
}

/// Each element once.
pub fn unique<E: Nest>() -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    |dataset| dataset.unique()
}

/// The slices of elements along their first axis.
pub fn unbatch<E: Nest>() -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    |dataset| dataset.unbatch()
}

/// The elements before the first for which `predicate` is false.
pub fn take_while<E: Nest>(
    predicate: impl FnOnce(E) -> Result<Tensor>,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    move |dataset| dataset.take_while(predicate)
}

/// What a function gives for each element, in batches.
pub fn map_and_batch<E: Nest, R: Nest>(
    map_func: impl FnOnce(E) -> Result<R>,
    batch_size: i64,
    drop_remainder: bool,
    options: impl FnOnce(MapOptions) -> MapOptions,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<R>> {
    move |dataset| {
        dataset.map_with(map_func, options)?.batch_with(batch_size, |o| o.drop_remainder(drop_remainder))
    }
}

/// The elements in a random order, several times over; without end where `count` is -1.
pub fn shuffle_and_repeat<E: Nest>(
    buffer_size: impl IntoOperand,
    count: impl IntoOperand,
    seed: Option<i64>,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    let (buffer_size, count) = (buffer_size.into_operand(), count.into_operand());
    move |dataset| dataset.shuffle_with(buffer_size?, |o| o.seed(seed))?.repeat(count?)
}

/// The elements of the datasets that `map_func` gives, `cycle_length` of them in turn.
///
/// Where one ends another takes its place at once, so the order differs from that of [`Dataset::interleave`] where blocks
/// are longer than one element.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::data::{Dataset, experimental};
/// let turns = experimental::parallel_interleave(|n| Dataset::from_tensors(n)?.repeat(2), 2, |o| o);
/// let turns = Dataset::range(3)?.apply(turns)?;
/// let turns: Vec<String> = turns.iter()?.map(|n| Ok(n?.to_string())).collect::<tf::Result<_>>()?;
/// assert_eq!(turns.join(" "), "0 1 0 1 2 2");
/// # Ok::<(), tf::Error>(())
/// ```
pub fn parallel_interleave<E: Nest, R: Nest>(
    map_func: impl FnOnce(E) -> Result<Dataset<R>>,
    cycle_length: i64,
    options: impl FnOnce(ParallelInterleaveOptions) -> ParallelInterleaveOptions,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<R>> {
    let options = options(ParallelInterleaveOptions::default());
    move |dataset| dataset.parallel_interleave(map_func, cycle_length, options)
}

/// The elements of the datasets that `reduce_func` makes of every `window_size` elements with the same key.
pub fn group_by_window<E: Nest, R: Nest>(
    key_func: impl FnOnce(E) -> Result<Tensor>,
    reduce_func: impl FnOnce(Tensor, Dataset<E>) -> Result<Dataset<R>>,
    window_size: i64,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<R>> {
    move |dataset| dataset.group_by_window(key_func, reduce_func, window_size)
}

/// What the closures of a reducer make of the elements of each key, in the order of keys.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::data::{Dataset, experimental};
/// let mean = experimental::Reducer::new(
///     |_key| Ok((tf::constant(0i64)?, tf::constant(0i64)?)),
///     |(sum, count), x: tf::Tensor| Ok(((sum + x)?, (count + 1)?)),
///     |(sum, count)| sum / count,
/// );
/// let parity = |x: tf::Tensor| tf::math::floormod(x, 2i64);
/// let means = Dataset::range(9)?.apply(experimental::group_by_reducer(parity, mean))?;
/// let means: Vec<String> = means.iter()?.map(|mean| Ok(mean?.to_string())).collect::<tf::Result<_>>()?;
/// assert_eq!(means, ["4.0", "4.0"]);
/// # Ok::<(), tf::Error>(())
/// ```
pub fn group_by_reducer<E: Nest, S: Nest, R: Nest>(
    key_func: impl FnOnce(E) -> Result<Tensor>,
    reducer: Reducer<
        impl FnOnce(Tensor) -> Result<S>,
        impl Fn(S, E) -> Result<S>,
        impl FnOnce(S) -> Result<R>,
    >,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<R>> {
    move |dataset| dataset.group_by_reducer(key_func, reducer)
}

/// Batches of elements of about the same length.
pub fn bucket_by_sequence_length<'a, E: Nest>(
    element_length_func: impl Fn(E) -> Result<Tensor> + 'a,
    bucket_boundaries: &'a [i32],
    bucket_batch_sizes: &'a [i64],
    options: impl FnOnce(BucketOptions) -> BucketOptions + 'a,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> + 'a {
    move |dataset| {
        dataset.bucket_by_sequence_length_with(
            element_length_func,
            bucket_boundaries,
            bucket_batch_sizes,
            options,
        )
    }
}

/// Elements with their classes, left out by chance so that classes come in the shares of `target_dist`.
pub fn rejection_resample<E: Nest + Clone>(
    class_func: impl Fn(E) -> Result<Tensor>,
    target_dist: impl IntoOperand,
    initial_dist: Option<Tensor>,
    seed: Option<i64>,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<(Tensor, E)>> {
    let target_dist = target_dist.into_operand();
    move |dataset| {
        let options = |o: super::ResampleOptions| o.initial_dist(initial_dist).seed(seed);
        dataset.rejection_resample_with(class_func, target_dist?, options)
    }
}

/// The elements, which are on the one device there is: the processor.
///
/// # Errors
/// `InvalidArgument`, when it is applied, for a device that is no processor.
pub fn copy_to_device<E: Nest>(target_device: &str) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    let device = target_device.to_string();
    move |dataset| {
        if !device.to_ascii_lowercase().contains("cpu:0") {
            bail!(
                invalid_argument,
                "Could not parse name {device:?}, or there is no such device: only the CPU is known"
            );
        }
        Ok(dataset.clone())
    }
}

/// The elements, made ahead of their use, on the one device there is.
///
/// # Errors
/// As [`copy_to_device`].
pub fn prefetch_to_device<E: Nest>(
    device: &str,
    buffer_size: Option<i64>,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    let copied = copy_to_device(device);
    move |dataset| copied(dataset)?.prefetch(buffer_size.unwrap_or(AUTOTUNE))
}

/// The numbers from `start` on, `step` apart, without end.
///
/// ```
/// use ferroflow_v2 as tf;
/// let odd = tf::data::experimental::Counter(1i64, 2i64)?.take(3)?;
/// let numbers: Vec<String> = odd.iter()?.map(|n| Ok(n?.to_string())).collect::<tf::Result<_>>()?;
/// assert_eq!(numbers.join(" "), "1 3 5");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for numbers that are no `int64`.
#[allow(non_snake_case, reason = "TensorFlow's name")]
pub fn Counter(start: impl IntoOperand, step: impl IntoOperand) -> Result<Dataset<Tensor>> {
    Dataset::counter(start, step)
}

/// The variant tensor that carries a dataset between ops.
pub fn to_variant<E>(dataset: &Dataset<E>) -> Tensor {
    dataset.variant().clone()
}

/// The dataset that a variant tensor carries. `structure` says what its elements are.
///
/// # Errors
/// `InvalidArgument`, when it is used, for any other tensor.
pub fn from_variant<S: Signature>(variant: &Tensor, structure: S) -> Result<Dataset<S::Element>> {
    Dataset::of_variant(variant, &structure)
}

/// What may be there, or not: an element of an iterator that may have ended.
///
/// Source: `tf.experimental.Optional`.
#[derive(Clone, Debug)]
pub struct Optional<E>(Option<E>);

impl<E: Nest + Clone> Optional<E> {
    /// This value.
    pub fn from_value(value: E) -> Optional<E> {
        Optional(Some(value))
    }

    /// Nothing.
    pub fn empty() -> Optional<E> {
        Optional(None)
    }

    /// Whether there is a value, a scalar of dtype `bool`.
    ///
    /// # Errors
    /// None at present.
    pub fn has_value(&self) -> Result<Tensor> {
        crate::convert_to_tensor(self.0.is_some(), DType::BOOL)
    }

    /// The value.
    ///
    /// # Errors
    /// `InvalidArgument` where there is none.
    pub fn get_value(&self) -> Result<E> {
        self.0.clone().ok_or_else(|| Error::invalid_argument("The given optional does not have a value."))
    }
}

/// The next element of an iterator, or nothing at its end.
///
/// ```
/// use ferroflow_v2 as tf;
/// let mut numbers = tf::data::Dataset::range(1)?.iter()?;
/// let first = tf::data::experimental::get_next_as_optional(&mut numbers)?;
/// assert_eq!(first.get_value()?.to_string(), "0");
/// let end = tf::data::experimental::get_next_as_optional(&mut numbers)?;
/// assert_eq!(end.get_value().unwrap_err().message(), "The given optional does not have a value.");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// What keeps the element from being made.
pub fn get_next_as_optional<E: Nest>(iterator: &mut DatasetIterator<E>) -> Result<Optional<E>> {
    iterator.next().transpose().map(Optional)
}

/// Writes the elements of a dataset, a `string` scalar each, to a TFRecord file.
///
/// ```
/// use ferroflow_v2 as tf;
/// let place = std::env::temp_dir().join(format!("written-{}.tfrecord", std::process::id()));
/// let texts = tf::data::Dataset::from_tensor_slices(["a", "b"])?;
/// tf::data::experimental::TFRecordWriter::new(&place, "")?.write(&texts)?;
/// assert_eq!(tf::data::TFRecordDataset::new(place.to_string_lossy().as_ref())?.iter()?.count(), 2);
/// # std::fs::remove_file(place).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
pub struct TFRecordWriter {
    path: std::path::PathBuf,
    compression: Compression,
}

impl TFRecordWriter {
    /// A writer to this file, compressed as `""`, `"GZIP"` or `"ZLIB"` says.
    ///
    /// # Errors
    /// `InvalidArgument` for another compression.
    pub fn new(filename: impl AsRef<Path>, compression_type: &str) -> Result<TFRecordWriter> {
        Ok(TFRecordWriter { path: filename.as_ref().to_path_buf(), compression: compression_type.parse()? })
    }

    /// Writes all elements, in the place of what the file held.
    ///
    /// # Errors
    /// `TypeError` for elements that are no `string` scalars; those of the elements and of the file system.
    pub fn write(&self, dataset: &Dataset<Tensor>) -> Result<()> {
        let spec = dataset.specs();
        let (dtype, shape) = (&spec.types[0], &spec.shapes[0]);
        if *dtype != DType::STRING || shape.rank().is_some_and(|rank| rank != 0) {
            bail!(
                type_error,
                "Invalid `dataset`. Expected `dataset` to produce scalar `DT_STRING` tensors, but got {}.",
                TensorSpec::new(shape.clone(), *dtype)
            );
        }
        let mut writer = ferroflow_formats::TfRecordWriter::create(&self.path, self.compression)?;
        for element in dataset {
            let text: NdArray = element?.numpy()?;
            writer.write(&text.item::<ferroflow_core::TString>()?)?;
        }
        writer.close()
    }
}
