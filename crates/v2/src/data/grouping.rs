//! Elements gathered by keys, and batches of elements of about the same length.

use super::dataset::{dataset_op, function_attr};
use super::functional::names;
use super::tracing::{arguments, traced};
use super::{Dataset, spec_texts};
use crate::{Nest, convert_to_tensor, gather, less, less_equal, logical_and, reduce_min, where_true};
use ferroflow_core::{DType, Error, NdArray, PartialShape, Result, Tensor, ensure, options};
use ferroflow_data::Specs;

options! {
    /// Optional arguments of [`Dataset::bucket_by_sequence_length_with`].
    pub struct BucketOptions {
        /// The shapes that components are filled up to, as those of
        /// [`PaddedBatchOptions`](super::PaddedBatchOptions).
        padded_shapes: Option<Vec<PartialShape>> = None,
        /// What components are filled up with.
        padding_values: Option<Vec<NdArray>> = None,
        /// Whether elements of a batch have the same shape already.
        no_padding: bool = false,
        /// Whether batches that are not full are left out.
        drop_remainder: bool = false,
    }
}

/// How the elements of a group come to one value: the state that a key begins with, the state that an element makes of
/// another, and what comes of the last.
///
/// Source: `tf.data.experimental.Reducer`.
pub struct Reducer<I, F, L> {
    init_func: I,
    reduce_func: F,
    finalize_func: L,
}

impl<I, F, L> Reducer<I, F, L> {
    /// A reducer of these closures.
    pub fn new(init_func: I, reduce_func: F, finalize_func: L) -> Reducer<I, F, L> {
        Reducer { init_func, reduce_func, finalize_func }
    }
}

/// An integer scalar, as `int64`.
fn integer(what: &str, value: Tensor) -> Result<Tensor> {
    let value = convert_to_tensor(value, Some(DType::INT64))?;
    let shape = value.shape();
    ensure!(
        shape.rank().is_none_or(|rank| rank == 0),
        value,
        "Invalid `{what}`. `{what}` must return a single `tf.int64` scalar tensor but its return type is {}.",
        spec_texts(&Specs { types: vec![value.dtype()], shapes: vec![shape] })
    );
    Ok(value)
}

impl<E: Nest> Dataset<E> {
    /// The elements of the datasets that `reduce_func` makes of every `window_size` elements with the same key; in the end,
    /// of those that are left.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let parity = |x: tf::Tensor| tf::math::floormod(x, 2i64);
    /// let pairs = tf::data::Dataset::range(7)?.group_by_window(parity, |_key, group| group.batch(2), 2)?;
    /// let pairs: Vec<String> = pairs.iter()?.map(|pair| Ok(pair?.to_string())).collect::<tf::Result<_>>()?;
    /// assert_eq!(pairs.join(" "), "[0 2] [1 3] [4 6] [5]");
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ValueError` for keys that are no integers; `InvalidArgument` while iterating, for a size that is not positive; what
    /// the closures return.
    pub fn group_by_window<R: Nest>(
        &self,
        key_func: impl FnOnce(E) -> Result<Tensor>,
        reduce_func: impl FnOnce(Tensor, Dataset<E>) -> Result<Dataset<R>>,
        window_size: i64,
    ) -> Result<Dataset<R>> {
        self.group_by_window_func(key_func, reduce_func, |_| {
            convert_to_tensor(window_size, Some(DType::INT64))
        })
    }

    /// The same with windows whose sizes follow from their keys.
    ///
    /// # Errors
    /// As [`Dataset::group_by_window`].
    pub fn group_by_window_func<R: Nest>(
        &self,
        key_func: impl FnOnce(E) -> Result<Tensor>,
        reduce_func: impl FnOnce(Tensor, Dataset<E>) -> Result<Dataset<R>>,
        window_size_func: impl FnOnce(Tensor) -> Result<Tensor>,
    ) -> Result<Dataset<R>> {
        let scalars = |types: &[DType]| {
            let shapes = vec![PartialShape::scalar(); types.len()];
            arguments(&Specs { types: types.to_vec(), shapes })
        };
        let first = |tensors: &[Tensor]| {
            let found = tensors.first().cloned();
            found.ok_or_else(|| Error::internal("a function has lost its argument"))
        };
        let key = self.trace(|element| integer("key_func", key_func(element)?))?;
        self.scoped(|| {
            let reduce = traced("Dataset_function", &scalars(&[DType::INT64, DType::VARIANT]), |tensors| {
                let group =
                    Dataset::new(tensors[1].clone(), self.specs().clone(), self.shared_structure().clone());
                reduce_func(first(tensors)?, group)
            })?;
            let size = traced("Dataset_function", &scalars(&[DType::INT64]), |tensors| {
                integer("window_size_func", window_size_func(first(tensors)?)?)
            })?;
            let op = self.op("GroupByWindowDataset").inputs(key.function.captures());
            let op = op.inputs(reduce.function.captures()).inputs(size.function.captures());
            let op = op
                .attr("key_func", function_attr(&key.function))
                .attr("reduce_func", function_attr(&reduce.function))
                .attr("window_size_func", function_attr(&size.function));
            let specs = reduce.structure.specs().clone();
            let variant = dataset_op(op, &specs)?;
            Ok(Dataset::new(variant, specs, reduce.structure.shared_structure().clone()))
        })
    }

    /// What [`group_by_reducer`](super::experimental::group_by_reducer) gives of this dataset.
    pub(super) fn group_by_reducer<S: Nest, R: Nest>(
        &self,
        key_func: impl FnOnce(E) -> Result<Tensor>,
        reducer: Reducer<
            impl FnOnce(Tensor) -> Result<S>,
            impl Fn(S, E) -> Result<S>,
            impl FnOnce(S) -> Result<R>,
        >,
    ) -> Result<Dataset<R>> {
        let key = self.trace(key_func)?;
        let (dtype, shape) = (key.specs.types[0], &key.specs.shapes[0]);
        ensure!(
            dtype == DType::INT64 && shape.rank().is_none_or(|rank| rank == 0),
            value,
            "Invalid `key_func`. Expected `key_func` to return a scalar tf.int64 tensor, but instead `key_func` has output \
             types=<dtype: '{}'> and shapes={shape}.",
            dtype.name()
        );
        self.scoped(|| {
            let scalar = arguments(&Specs { types: vec![DType::INT64], shapes: vec![PartialShape::scalar()] });
            let init = traced("Dataset_function", &scalar, |tensors| {
                let key = tensors.first().cloned();
                (reducer.init_func)(
                    key.ok_or_else(|| Error::internal("a function has lost its argument"))?,
                )
            })?;
            let wrong = |old: &[DType], new: &[DType]| {
                Error::type_error(format!(
                    "Invalid `reducer`. The element types for the new state {} do not match the element types of the old \
                     state {}.",
                    names(new),
                    names(old)
                ))
            };
            let (reduce, state) =
                self.trace_on_state(&*init.structure, init.specs.clone(), wrong, reducer.reduce_func)?;
            let finalize = traced("Dataset_function", &arguments(&state), |tensors| {
                (reducer.finalize_func)(init.structure.with_flat(tensors.to_vec())?)
            })?;
            let op = self.op("ExperimentalGroupByReducerDataset").inputs(key.function.captures());
            let op = op.inputs(init.function.captures()).inputs(reduce.function.captures());
            let op = op
                .inputs(finalize.function.captures())
                .attr("key_func", function_attr(&key.function))
                .attr("init_func", function_attr(&init.function))
                .attr("reduce_func", function_attr(&reduce.function))
                .attr("finalize_func", function_attr(&finalize.function));
            Ok(Dataset::new(dataset_op(op, &finalize.specs)?, finalize.specs, finalize.structure))
        })
    }

    /// Batches of elements of about the same length, filled up to the longest of each: lengths below the first boundary come
    /// together, then those below the second, and so on. There is one size more than there are boundaries.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let rows = tf::data::Dataset::range((1, 5))?.map(|n| tf::fill(tf::reshape(&n, [1])?, n))?;
    /// let length = |row: tf::Tensor| tf::size(row);
    /// let batches = rows.bucket_by_sequence_length(length, &[3], &[2, 2])?;
    /// let shapes: Vec<String> = batches.iter()?.map(|b| Ok(b?.shape().to_string())).collect::<tf::Result<_>>()?;
    /// assert_eq!(shapes.join(" "), "(2, 2) (2, 4)");
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ValueError` for another number of sizes, and as [`Dataset::padded_batch`].
    pub fn bucket_by_sequence_length(
        &self,
        element_length_func: impl FnOnce(E) -> Result<Tensor>,
        bucket_boundaries: &[i32],
        bucket_batch_sizes: &[i64],
    ) -> Result<Dataset<E>> {
        self.bucket_by_sequence_length_with(
            element_length_func,
            bucket_boundaries,
            bucket_batch_sizes,
            |options| options,
        )
    }

    /// The same with shapes and values to fill up with, or without filling up.
    ///
    /// # Errors
    /// As [`Dataset::bucket_by_sequence_length`].
    pub fn bucket_by_sequence_length_with(
        &self,
        element_length_func: impl FnOnce(E) -> Result<Tensor>,
        bucket_boundaries: &[i32],
        bucket_batch_sizes: &[i64],
        options: impl FnOnce(BucketOptions) -> BucketOptions,
    ) -> Result<Dataset<E>> {
        let options = options(BucketOptions::default());
        ensure!(
            bucket_batch_sizes.len() == bucket_boundaries.len() + 1,
            value,
            "`len(bucket_batch_sizes)` must equal `len(bucket_boundaries) + 1` but `len(bucket_batch_sizes)={}` and \
             `len(bucket_boundaries)={}`.",
            bucket_batch_sizes.len(),
            bucket_boundaries.len()
        );
        let bounds =
            |before: &[i32], after: &[i32]| NdArray::vector([before, bucket_boundaries, after].concat());
        let (lowest, highest) = (bounds(&[i32::MIN], &[]), bounds(&[], &[i32::MAX]));
        let sizes = NdArray::vector(bucket_batch_sizes.to_vec());
        let size_of = |bucket: &Tensor| gather(&sizes, bucket);
        self.group_by_window_func(
            |element| {
                let length = element_length_func(element)?;
                let within = logical_and(less_equal(lowest, &length)?, less(&length, highest)?)?;
                reduce_min(where_true(within)?, ())
            },
            |bucket, group| {
                let size = size_of(&bucket)?;
                if options.no_padding {
                    return group.batch_with(size, |o| o.drop_remainder(options.drop_remainder));
                }
                group.padded_batch_with(size, |o| {
                    o.padded_shapes(options.padded_shapes)
                        .padding_values(options.padding_values)
                        .drop_remainder(options.drop_remainder)
                })
            },
            |bucket| size_of(&bucket),
        )
    }
}
