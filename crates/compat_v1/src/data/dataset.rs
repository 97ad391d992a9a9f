//! `Dataset`: elements of one structure, described by nodes of a graph.

use super::{
    BatchOptions, Components, Datasets, InterleaveOptions, Iterator, ListFilesOptions, MapOptions,
    PaddedBatchOptions, RangeOptions, ShuffleOptions, Signature, WindowOptions, Windowed,
};
use crate::{DType, Nest, Result, Tensor, TensorShape, facade};
use ferroflow_core::IntoOperand;
use ferroflow_v2::data as v2;
use ferroflow_v2::{Arguments, TensorSpec};
use std::fmt;

/// Elements of one structure, described by nodes of a graph; an iterator of a session goes through them.
///
/// Methods are those of [v2's `Dataset`](ferroflow_v2::data::Dataset), and their arguments may be tensors of the graph:
/// they are computed when an iterator is initialized.
///
/// Source: `tf.compat.v1.data.Dataset`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let limit = tf::placeholder(tf::int64, tf::TensorShape::scalar())?;
/// let dataset = tf::data::Dataset::range(&limit)?.map(|x| x * 10)?;
/// let iterator = tf::data::make_initializable_iterator(&dataset, None)?;
/// let next = iterator.get_next()?;
/// let sess = tf::Session::new()?;
/// sess.run_feed(iterator.initializer()?, tf::feeds![&limit => 2i64])?;
/// assert_eq!(sess.run(&next)?.item::<i64>()?, 0);
/// assert_eq!(sess.run(&next)?.item::<i64>()?, 10);
/// assert_eq!(sess.run(&next).unwrap_err().class_name(), "OutOfRangeError");
/// # Ok::<(), tf::Error>(())
/// ```
pub struct Dataset<E>(pub(super) v2::Dataset<E>);

impl<E> Clone for Dataset<E> {
    fn clone(&self) -> Dataset<E> {
        Dataset(self.0.clone())
    }
}

impl<E> fmt::Debug for Dataset<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A dataset is a structure of one tensor: its variant.
impl<E> Nest for Dataset<E> {
    fn flatten(&self, tensors: &mut Vec<Tensor>) {
        self.0.flatten(tensors);
    }

    fn rebuild(&self, tensors: &mut dyn std::iter::Iterator<Item = Tensor>) -> Result<Dataset<E>> {
        self.0.rebuild(tensors).map(Dataset)
    }
}

impl<E: Nest + Clone> Datasets for Dataset<E> {
    type Element = E;

    fn collect(&self, parts: &mut Vec<(Tensor, v2::Specs)>) -> E {
        self.0.collect(parts)
    }
}

impl<E> From<v2::Dataset<E>> for Dataset<E> {
    fn from(dataset: v2::Dataset<E>) -> Dataset<E> {
        Dataset(dataset)
    }
}

impl<E: Nest> Dataset<E> {
    /// One element: these tensors.
    ///
    /// # Errors
    /// Those of v2's function of this name.
    pub fn from_tensors<M, C: Components<M, Element = E>>(tensors: C) -> Result<Dataset<E>> {
        facade(|| v2::Dataset::from_tensors(tensors)).map(Dataset)
    }

    /// The slices of these tensors along their first axis.
    ///
    /// # Errors
    /// Those of v2's function of this name.
    pub fn from_tensor_slices<M, C: Components<M, Element = E>>(tensors: C) -> Result<Dataset<E>> {
        facade(|| v2::Dataset::from_tensor_slices(tensors)).map(Dataset)
    }

    /// What an iterator gives that `generator` begins anew for each pass over the dataset.
    ///
    /// # Errors
    /// Those of v2's function of this name.
    pub fn from_generator<M, G, I, S>(generator: G, output_signature: S) -> Result<Dataset<E>>
    where
        G: Fn() -> I + Send + Sync + 'static,
        I: IntoIterator,
        I::IntoIter: Send + 'static,
        I::Item: Components<M, Element = E>,
        S: Signature<Element = E>,
    {
        facade(|| v2::Dataset::from_generator(generator, output_signature)).map(Dataset)
    }

    /// Elements made of one element of each dataset; the shortest of them ends it.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn zip<D: Datasets<Element = E>>(datasets: D) -> Result<Dataset<E>> {
        facade(|| v2::Dataset::zip(datasets)).map(Dataset)
    }

    /// The dataset that `transformation_func` makes of this one.
    ///
    /// # Errors
    /// What the closure returns.
    pub fn apply<R>(&self, transformation_func: impl FnOnce(&Dataset<E>) -> Result<R>) -> Result<R> {
        transformation_func(self)
    }

    /// The elements in batches of `batch_size`: each component has a new first axis.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn batch(&self, batch_size: impl IntoOperand) -> Result<Dataset<E>> {
        facade(|| self.0.batch(batch_size)).map(Dataset)
    }

    /// The same without a rest, or several batches at once.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn batch_with(
        &self,
        batch_size: impl IntoOperand,
        options: impl FnOnce(BatchOptions) -> BatchOptions,
    ) -> Result<Dataset<E>> {
        facade(|| self.0.batch_with(batch_size, options)).map(Dataset)
    }

    /// The elements, kept in memory once an iterator has reached the end.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn cache(&self) -> Result<Dataset<E>> {
        facade(|| self.0.cache()).map(Dataset)
    }

    /// The same in files whose names begin with `filename`.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn cache_with(&self, filename: impl AsRef<str>) -> Result<Dataset<E>> {
        facade(|| self.0.cache_with(filename)).map(Dataset)
    }

    /// The elements that can be made.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn ignore_errors(&self) -> Result<Dataset<E>> {
        facade(|| self.0.ignore_errors()).map(Dataset)
    }

    /// The elements for which `predicate` is true.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn filter(&self, predicate: impl FnOnce(E) -> Result<Tensor>) -> Result<Dataset<E>> {
        facade(|| self.0.filter(predicate)).map(Dataset)
    }

    /// What `map_func` gives for each element.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn map<R: Nest>(&self, map_func: impl FnOnce(E) -> Result<R>) -> Result<Dataset<R>> {
        self.map_with(map_func, |options| options)
    }

    /// The same for several elements at once.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn map_with<R: Nest>(
        &self,
        map_func: impl FnOnce(E) -> Result<R>,
        options: impl FnOnce(MapOptions) -> MapOptions,
    ) -> Result<Dataset<R>> {
        facade(|| self.0.mapped(map_func, options, false)).map(Dataset)
    }

    /// The elements in batches, those smaller than others filled up.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn padded_batch(&self, batch_size: impl IntoOperand) -> Result<Dataset<E>> {
        facade(|| self.0.padded_batch(batch_size)).map(Dataset)
    }

    /// The same with shapes and values to fill up with.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn padded_batch_with(
        &self,
        batch_size: impl IntoOperand,
        options: impl FnOnce(PaddedBatchOptions) -> PaddedBatchOptions,
    ) -> Result<Dataset<E>> {
        facade(|| self.0.padded_batch_with(batch_size, options)).map(Dataset)
    }

    /// The elements, up to `buffer_size` of them made on another thread ahead of their use.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn prefetch(&self, buffer_size: impl IntoOperand) -> Result<Dataset<E>> {
        facade(|| self.0.prefetch(buffer_size)).map(Dataset)
    }

    /// The elements, this many times over; without end where `count` is -1.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn repeat(&self, count: impl IntoOperand) -> Result<Dataset<E>> {
        facade(|| self.0.repeat(count)).map(Dataset)
    }

    /// The elements whose numbers are `index` modulo `num_shards`.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn shard(&self, num_shards: impl IntoOperand, index: impl IntoOperand) -> Result<Dataset<E>> {
        facade(|| self.0.shard(num_shards, index)).map(Dataset)
    }

    /// The elements in a random order: each is chosen from a buffer of the `buffer_size` that come next.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn shuffle(&self, buffer_size: impl IntoOperand) -> Result<Dataset<E>> {
        facade(|| self.0.shuffle(buffer_size)).map(Dataset)
    }

    /// The same with a seed, or with one order for all passes.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn shuffle_with(
        &self,
        buffer_size: impl IntoOperand,
        options: impl FnOnce(ShuffleOptions) -> ShuffleOptions,
    ) -> Result<Dataset<E>> {
        facade(|| self.0.shuffle_with(buffer_size, options)).map(Dataset)
    }

    /// All but the first `count` elements; none where it is -1.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn skip(&self, count: impl IntoOperand) -> Result<Dataset<E>> {
        facade(|| self.0.skip(count)).map(Dataset)
    }

    /// The first `count` elements; all of them where it is -1.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn take(&self, count: impl IntoOperand) -> Result<Dataset<E>> {
        facade(|| self.0.take(count)).map(Dataset)
    }

    /// The elements before the first for which `predicate` is false.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn take_while(&self, predicate: impl FnOnce(E) -> Result<Tensor>) -> Result<Dataset<E>> {
        facade(|| self.0.take_while(predicate)).map(Dataset)
    }

    /// The rows of each element.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn unbatch(&self) -> Result<Dataset<E>> {
        facade(|| self.0.unbatch()).map(Dataset)
    }

    /// Each element once, in the order of its first appearance.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn unique(&self) -> Result<Dataset<E>> {
        facade(|| self.0.unique()).map(Dataset)
    }

    /// The elements of this dataset, then those of another.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn concatenate(&self, dataset: &Dataset<E>) -> Result<Dataset<E>> {
        facade(|| self.0.concatenate(&dataset.0)).map(Dataset)
    }

    /// The elements of the datasets that `map_func` gives, one dataset after the other.
    ///
    /// # Errors
    /// What the closure returns.
    pub fn flat_map<R: Nest>(&self, map_func: impl FnOnce(E) -> Result<Dataset<R>>) -> Result<Dataset<R>> {
        facade(|| self.0.flat_map(|element| Ok(map_func(element)?.0))).map(Dataset)
    }

    /// The elements of the datasets that `map_func` gives, some of the datasets in turn.
    ///
    /// # Errors
    /// What the closure returns.
    pub fn interleave<R: Nest>(&self, map_func: impl FnOnce(E) -> Result<Dataset<R>>) -> Result<Dataset<R>> {
        self.interleave_with(map_func, |options| options)
    }

    /// The same with other numbers of datasets and elements.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn interleave_with<R: Nest>(
        &self,
        map_func: impl FnOnce(E) -> Result<Dataset<R>>,
        options: impl FnOnce(InterleaveOptions) -> InterleaveOptions,
    ) -> Result<Dataset<R>> {
        facade(|| self.0.interleave_with(|element| Ok(map_func(element)?.0), options)).map(Dataset)
    }

    /// What `scan_func` gives for a state and each element; it hands the state on.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn scan<M, C, R>(
        &self,
        initial_state: C,
        scan_func: impl Fn(C::Element, E) -> Result<(C::Element, R)>,
    ) -> Result<Dataset<R>>
    where
        C: Components<M>,
        R: Nest + Clone,
    {
        facade(|| self.0.scan(initial_state, scan_func)).map(Dataset)
    }

    /// A state that every element has changed in its turn, computed when it is fetched.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn reduce<M, C: Components<M>>(
        &self,
        initial_state: C,
        reduce_func: impl Fn(C::Element, E) -> Result<C::Element>,
    ) -> Result<C::Element> {
        facade(|| self.0.reduce(initial_state, reduce_func))
    }

    /// The number of elements, a scalar of dtype `int64`.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn cardinality(&self) -> Result<Tensor> {
        facade(|| self.0.cardinality())
    }

    /// What is known of the components of elements, in the order of [`Nest::flatten`].
    pub fn element_spec(&self) -> Vec<TensorSpec> {
        self.0.element_spec()
    }

    /// The dtypes of the components of elements.
    pub fn output_types(&self) -> Vec<DType> {
        self.0.specs().types.clone()
    }

    /// What is known of the shapes of the components of elements.
    pub fn output_shapes(&self) -> Vec<TensorShape> {
        self.0.specs().shapes.clone()
    }

    /// An iterator that needs no initializer, as [`make_one_shot_iterator`](super::make_one_shot_iterator).
    ///
    /// # Errors
    /// As that function.
    pub fn make_one_shot_iterator(&self) -> Result<Iterator<E>> {
        super::make_one_shot_iterator(self)
    }

    /// An iterator to be initialized, as [`make_initializable_iterator`](super::make_initializable_iterator).
    ///
    /// # Errors
    /// As that function.
    pub fn make_initializable_iterator(&self, shared_name: Option<&str>) -> Result<Iterator<E>> {
        super::make_initializable_iterator(self, shared_name)
    }
}

impl<E: Nest + Clone> Dataset<E> {
    /// The elements with their numbers, from `start` on.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn enumerate(&self, start: impl IntoOperand) -> Result<Dataset<(Tensor, E)>> {
        facade(|| self.0.enumerate(start)).map(Dataset)
    }
}

impl<E: Windowed> Dataset<E> {
    /// Windows of `size` neighbouring elements: each component is a dataset of its own.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn window(&self, size: impl IntoOperand) -> Result<Dataset<E::Windows>> {
        facade(|| self.0.window(size)).map(Dataset)
    }

    /// The same with a shift, a stride, or full windows alone.
    ///
    /// # Errors
    /// Those of v2's method of this name.
    pub fn window_with(
        &self,
        size: impl IntoOperand,
        options: impl FnOnce(WindowOptions) -> WindowOptions,
    ) -> Result<Dataset<E::Windows>> {
        facade(|| self.0.window_with(size, options)).map(Dataset)
    }
}

impl Dataset<Tensor> {
    /// The numbers up to, and without, a limit: `range(limit)`, `range((start, limit))`, `range((start, limit, step))`.
    ///
    /// # Errors
    /// `ValueError` for more than three arguments.
    pub fn range<M>(args: impl Arguments<M>) -> Result<Dataset<Tensor>> {
        facade(|| v2::Dataset::range(args)).map(Dataset)
    }

    /// The same as numbers of another dtype.
    ///
    /// # Errors
    /// As [`Dataset::range`].
    pub fn range_with<M>(
        args: impl Arguments<M>,
        options: impl FnOnce(RangeOptions) -> RangeOptions,
    ) -> Result<Dataset<Tensor>> {
        facade(|| v2::Dataset::range_with(args, options)).map(Dataset)
    }

    /// The names of the files that match a pattern, or several, in a random order.
    ///
    /// # Errors
    /// Those of v2's function of this name.
    pub fn list_files(file_pattern: impl IntoOperand) -> Result<Dataset<Tensor>> {
        Dataset::list_files_with(file_pattern, |options| options)
    }

    /// The same with a seed, or in the order of the names.
    ///
    /// # Errors
    /// Those of v2's function of this name.
    pub fn list_files_with(
        file_pattern: impl IntoOperand,
        options: impl FnOnce(ListFilesOptions) -> ListFilesOptions,
    ) -> Result<Dataset<Tensor>> {
        facade(|| v2::Dataset::list_files_with(file_pattern, options)).map(Dataset)
    }
}
