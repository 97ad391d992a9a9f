//! `tf.compat.v1.data.experimental`: transformations to be given to [`Dataset::apply`], and datasets of files.

use super::{
    BucketOptions, CsvColumns, CsvOptions, Dataset, MakeCsvOptions, MapOptions, ParallelInterleaveOptions,
    Signature,
};
use crate::{Nest, Result, Tensor, TensorSpec, facade};
use ferroflow_core::IntoOperand;
use ferroflow_v2::data::{Dataset as Eager, experimental as v2};
use std::collections::BTreeMap;
use std::ops::Deref;

pub use super::{AUTOTUNE, INFINITE_CARDINALITY, UNKNOWN_CARDINALITY};
pub use ferroflow_v2::data::experimental::{Optional, Reducer};

/// Applies what makes another of v2's datasets.
fn applied<E, R>(
    transformation: impl FnOnce(&Eager<E>) -> Result<Eager<R>>,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<R>> {
    move |dataset| facade(|| transformation(&dataset.0)).map(Dataset)
}

/// The elements, with an error where there are more or fewer than this.
pub fn assert_cardinality<E: Nest>(
    expected_cardinality: impl IntoOperand,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    applied(v2::assert_cardinality(expected_cardinality))
}

/// Batches of elements of about the same length.
pub fn bucket_by_sequence_length<'a, E: Nest + 'a>(
    element_length_func: impl Fn(E) -> Result<Tensor> + 'a,
    bucket_boundaries: &'a [i32],
    bucket_batch_sizes: &'a [i64],
    options: impl FnOnce(BucketOptions) -> BucketOptions + 'a,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> + 'a {
    applied(v2::bucket_by_sequence_length(
        element_length_func,
        bucket_boundaries,
        bucket_batch_sizes,
        options,
    ))
}

/// The number of elements, as [`Dataset::cardinality`] gives it.
///
/// # Errors
/// Those of the graph.
pub fn cardinality<E: Nest>(dataset: &Dataset<E>) -> Result<Tensor> {
    dataset.cardinality()
}

/// The elements, which are on the one device there is: the processor.
///
/// # Errors
/// Those of v2's function of this name.
pub fn copy_to_device<E: Nest>(target_device: &str) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    applied(v2::copy_to_device(target_device))
}

/// The numbers from `start` on, `step` apart, without end.
///
/// # Errors
/// Those of v2's function of this name.
#[allow(non_snake_case, reason = "TensorFlow's name")]
pub fn Counter(start: impl IntoOperand, step: impl IntoOperand) -> Result<Dataset<Tensor>> {
    facade(|| v2::Counter(start, step)).map(Dataset)
}

/// The elements with their numbers, from `start` on.
pub fn enumerate_dataset<E: Nest + Clone>(
    start: impl IntoOperand,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<(Tensor, E)>> {
    applied(v2::enumerate_dataset(start))
}

/// The dataset that a variant tensor carries. `structure` says what its elements are.
///
/// # Errors
/// `InvalidArgument`, when it is used, for any other tensor.
pub fn from_variant<S: Signature>(variant: &Tensor, structure: S) -> Result<Dataset<S::Element>> {
    facade(|| v2::from_variant(variant, structure)).map(Dataset)
}

/// The only element.
///
/// # Errors
/// `InvalidArgument`, when it is fetched, unless there is exactly one.
pub fn get_single_element<E: Nest>(dataset: &Dataset<E>) -> Result<E> {
    facade(|| v2::get_single_element(&dataset.0))
}

/// What is known of the components of elements.
pub fn get_structure<E: Nest>(dataset: &Dataset<E>) -> Vec<TensorSpec> {
    dataset.element_spec()
}

/// What the closures of a reducer make of the elements of each key, in the order of keys.
pub fn group_by_reducer<E: Nest, S: Nest, R: Nest>(
    key_func: impl FnOnce(E) -> Result<Tensor>,
    reducer: Reducer<
        impl FnOnce(Tensor) -> Result<S>,
        impl Fn(S, E) -> Result<S>,
        impl FnOnce(S) -> Result<R>,
    >,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<R>> {
    applied(v2::group_by_reducer(key_func, reducer))
}

/// The elements of the datasets that `reduce_func` makes of every `window_size` elements with the same key.
pub fn group_by_window<E: Nest, R: Nest>(
    key_func: impl FnOnce(E) -> Result<Tensor>,
    reduce_func: impl FnOnce(Tensor, Dataset<E>) -> Result<Dataset<R>>,
    window_size: i64,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<R>> {
    let reduce = |key, group| Ok(reduce_func(key, Dataset(group))?.0);
    applied(v2::group_by_window(key_func, reduce, window_size))
}

/// The elements that can be made.
pub fn ignore_errors<E: Nest>() -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    applied(v2::ignore_errors())
}

/// What a function gives for each element, in batches.
pub fn map_and_batch<E: Nest, R: Nest>(
    map_func: impl FnOnce(E) -> Result<R>,
    batch_size: i64,
    drop_remainder: bool,
    options: impl FnOnce(MapOptions) -> MapOptions,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<R>> {
    applied(v2::map_and_batch(map_func, batch_size, drop_remainder, options))
}

/// The elements of the datasets that `map_func` gives, `cycle_length` of them in turn.
pub fn parallel_interleave<E: Nest, R: Nest>(
    map_func: impl FnOnce(E) -> Result<Dataset<R>>,
    cycle_length: i64,
    options: impl FnOnce(ParallelInterleaveOptions) -> ParallelInterleaveOptions,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<R>> {
    applied(v2::parallel_interleave(|element| Ok(map_func(element)?.0), cycle_length, options))
}

/// The elements, made ahead of their use, on the one device there is.
///
/// # Errors
/// Those of v2's function of this name.
pub fn prefetch_to_device<E: Nest>(
    device: &str,
    buffer_size: Option<i64>,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    applied(v2::prefetch_to_device(device, buffer_size))
}

/// Elements with their classes, left out by chance so that classes come in the shares of `target_dist`.
pub fn rejection_resample<E: Nest + Clone>(
    class_func: impl Fn(E) -> Result<Tensor>,
    target_dist: impl IntoOperand,
    initial_dist: Option<Tensor>,
    seed: Option<i64>,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<(Tensor, E)>> {
    applied(v2::rejection_resample(class_func, target_dist, initial_dist, seed))
}

/// The elements in a random order, several times over; without end where `count` is -1.
pub fn shuffle_and_repeat<E: Nest>(
    buffer_size: impl IntoOperand,
    count: impl IntoOperand,
    seed: Option<i64>,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    applied(v2::shuffle_and_repeat(buffer_size, count, seed))
}

/// The elements before the first for which `predicate` is false.
pub fn take_while<E: Nest>(
    predicate: impl FnOnce(E) -> Result<Tensor>,
) -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    applied(v2::take_while(predicate))
}

/// The variant tensor that carries a dataset between ops.
pub fn to_variant<E>(dataset: &Dataset<E>) -> Tensor {
    v2::to_variant(&dataset.0)
}

/// The slices of elements along their first axis.
pub fn unbatch<E: Nest>() -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    applied(v2::unbatch())
}

/// Each element once.
pub fn unique<E: Nest>() -> impl FnOnce(&Dataset<E>) -> Result<Dataset<E>> {
    applied(v2::unique())
}

/// The records of files of text in columns, a scalar for each column.
///
/// Source: `tf.compat.v1.data.experimental.CsvDataset`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// use tf::data::experimental::CsvDataset;
/// let path = std::env::temp_dir().join(format!("columns-{}.csv", std::process::id()));
/// std::fs::write(&path, "name,count\nash,3\nelm,\n").unwrap();
/// let records = CsvDataset::new_with(path.to_str().unwrap(), (tf::string, 1), |o| o.header(true))?;
/// let (name, count) = records.make_one_shot_iterator()?.get_next()?;
/// let sess = tf::Session::new()?;
/// sess.run(&name)?;
/// let (name, count) = sess.run((&name, &count))?;
/// assert_eq!(format!("{name} {count}"), "b'elm' 1");
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CsvDataset<E>(Dataset<E>);

impl<E> Deref for CsvDataset<E> {
    type Target = Dataset<E>;

    fn deref(&self) -> &Dataset<E> {
        &self.0
    }
}

impl<E: Nest> CsvDataset<E> {
    /// The records of the files of these names, which may be a tensor of the graph.
    ///
    /// # Errors
    /// Those of v2's dataset of this name.
    pub fn new<M, C>(filenames: impl IntoOperand, record_defaults: C) -> Result<CsvDataset<E>>
    where
        C: CsvColumns<M, Element = E>,
    {
        CsvDataset::new_with(filenames, record_defaults, |options| options)
    }

    /// The same in another notation, of some of the columns, or of compressed files.
    ///
    /// # Errors
    /// Those of v2's dataset of this name.
    pub fn new_with<M, C>(
        filenames: impl IntoOperand,
        record_defaults: C,
        options: impl FnOnce(CsvOptions) -> CsvOptions,
    ) -> Result<CsvDataset<E>>
    where
        C: CsvColumns<M, Element = E>,
    {
        let records = facade(|| v2::CsvDataset::new_with(filenames, record_defaults, options))?;
        Ok(CsvDataset(Dataset(records.into())))
    }
}

/// Batches of the records of files, a map of columns each.
///
/// Source: `tf.compat.v1.data.experimental.make_csv_dataset`.
///
/// # Errors
/// As [`make_csv_dataset_with`].
pub fn make_csv_dataset(
    file_pattern: impl IntoOperand,
    batch_size: i64,
) -> Result<Dataset<BTreeMap<String, Tensor>>> {
    make_csv_dataset_with(file_pattern, batch_size, |options| options)
}

/// [`make_csv_dataset`] with its optional arguments.
///
/// # Errors
/// Those of v2's function of this name.
pub fn make_csv_dataset_with(
    file_pattern: impl IntoOperand,
    batch_size: i64,
    options: impl FnOnce(MakeCsvOptions) -> MakeCsvOptions,
) -> Result<Dataset<BTreeMap<String, Tensor>>> {
    facade(|| v2::make_csv_dataset_with(file_pattern, batch_size, options)).map(Dataset)
}

/// [`make_csv_dataset_with`] where the column `label_name` is given apart from the others.
///
/// # Errors
/// Those of v2's function of this name.
pub fn make_labeled_csv_dataset(
    file_pattern: impl IntoOperand,
    batch_size: i64,
    label_name: &str,
    options: impl FnOnce(MakeCsvOptions) -> MakeCsvOptions,
) -> Result<Dataset<(BTreeMap<String, Tensor>, Tensor)>> {
    facade(|| v2::make_labeled_csv_dataset(file_pattern, batch_size, label_name, options)).map(Dataset)
}
