//! Datasets in files: `save` and `load`, in TensorFlow's format.

use super::dataset::{dataset_op, function_attr};
use super::sources::named;
use super::tracing::{Traced, arguments, traced};
use super::{AUTOTUNE, Dataset, Signature};
use crate::{Nest, models};
use ferroflow_core::{DType, Error, NdArray, Op, PartialShape, Result, TString, Tensor, ensure, options};
use ferroflow_data::Specs;
use ferroflow_graph::ConcreteFunction;
use ferroflow_proto::Message;
use std::path::Path;
use std::sync::Arc;

options! {
    /// Optional arguments of [`Dataset::save_with`] and [`Dataset::load_with`].
    pub struct SaveDatasetOptions {
        /// How files are compressed: `""` or `"GZIP"`.
        compression: String = String::new(),
    }
}

/// Where the structure of elements is told.
const SPEC: &str = "dataset_spec.pb";

fn text(path: &Path) -> Result<NdArray> {
    let text = path.to_str().ok_or_else(|| Error::value("the path of a saved dataset must be UTF-8"))?;
    Ok(NdArray::scalar(TString::from(text)))
}

impl<E: Nest> Dataset<E> {
    /// Writes all elements into a directory, which is made: TensorFlow's `tf.data.Dataset.load` reads them, and
    /// [`Dataset::load`].
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// use tf::data::Dataset;
    /// let place = std::env::temp_dir().join(format!("saved-dataset-{}", std::process::id()));
    /// Dataset::range(3)?.map(|x| Ok((x.clone(), tf::as_string(x)?)))?.save(&place)?;
    /// let scalar = |dtype| tf::TensorSpec::new(tf::TensorShape::scalar(), dtype);
    /// let loaded = Dataset::load(&place, (scalar(tf::int64), scalar(tf::string)))?;
    /// let (number, text) = loaded.skip(2)?.get_single_element()?;
    /// assert_eq!(format!("{number} {text}"), "2 b'2'");
    /// # std::fs::remove_dir_all(place).unwrap();
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Dataset::save_with`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.save_with(path, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `RuntimeError` for a dataset of a graph; those of the elements and of the file system; `Unimplemented` for another
    /// compression.
    pub fn save_with(
        &self,
        path: impl AsRef<Path>,
        options: impl FnOnce(SaveDatasetOptions) -> SaveDatasetOptions,
    ) -> Result<()> {
        // As in TensorFlow, there is a function all the same.
        let zero = traced("Dataset_function", &arguments(self.specs()), |_| {
            ferroflow_core::convert_to_tensor(NdArray::scalar(0i64), None)
        })?;
        self.write(path.as_ref(), &options(SaveDatasetOptions::default()), &zero.function, false)
    }

    /// The same in several shards: `shard_func` gives the number of the shard, an `int64`, for each element.
    ///
    /// # Errors
    /// As [`Dataset::save_with`]; `ValueError` for a number of another dtype.
    pub fn save_shards(
        &self,
        path: impl AsRef<Path>,
        shard_func: impl FnOnce(E) -> Result<Tensor>,
        options: impl FnOnce(SaveDatasetOptions) -> SaveDatasetOptions,
    ) -> Result<()> {
        let Traced { function, specs, .. } = self.trace(shard_func)?;
        ensure!(
            specs.types == [DType::INT64] && specs.shapes[0].rank().is_none_or(|rank| rank == 0),
            value,
            "Invalid `shard_func`. `shard_func` must return a `tf.int64` scalar tensor but its return type is {}.",
            super::spec_texts(&specs)
        );
        self.write(path.as_ref(), &options(SaveDatasetOptions::default()), &function, true)
    }

    fn write(
        &self,
        path: &Path,
        options: &SaveDatasetOptions,
        shard: &ConcreteFunction,
        use_shard_func: bool,
    ) -> Result<()> {
        let op = self.op("SaveDatasetV2").input(named("path", text(path)?)?).inputs(shard.captures());
        let op = op
            .attr("compression", options.compression.as_str())
            .attr("shard_func", function_attr(shard))
            .attr("use_shard_func", use_shard_func);
        for element in self.like(op)?.iter()? {
            element?;
        }
        let specs = self.element_spec();
        let described = models::dataset_spec(&self.structure().structure(), &specs)?;
        ferroflow_formats::write_bytes(path.join(SPEC), &described.encode_to_vec())
    }

    /// The elements that [`Dataset::save`], or TensorFlow, has written. `element_spec` says what they are.
    ///
    /// # Errors
    /// As [`Dataset::load_with`].
    pub fn load<S: Signature<Element = E>>(path: impl AsRef<Path>, element_spec: S) -> Result<Dataset<E>>
    where
        E: Clone,
    {
        Dataset::load_with(path, element_spec, |options| options)
    }

    /// The same with optional arguments. Shards are read in turn.
    ///
    /// # Errors
    /// `NotFound` where nothing was saved; while iterating, `DataLoss` for files that are damaged, and `InvalidArgument` for
    /// elements of other dtypes.
    pub fn load_with<S: Signature<Element = E>>(
        path: impl AsRef<Path>,
        element_spec: S,
        options: impl FnOnce(SaveDatasetOptions) -> SaveDatasetOptions,
    ) -> Result<Dataset<E>>
    where
        E: Clone,
    {
        let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as i64);
        let in_turn = |shards: Dataset<Dataset<E>>| {
            shards.interleave_with(Ok, |o| o.cycle_length(threads).num_parallel_calls(AUTOTUNE))
        };
        Dataset::load_shards(path, element_spec, in_turn, options)
    }

    /// The same with a function that makes the dataset of those of the shards.
    ///
    /// # Errors
    /// As [`Dataset::load_with`]; what the closure returns.
    pub fn load_shards<S: Signature<Element = E>>(
        path: impl AsRef<Path>,
        element_spec: S,
        reader_func: impl FnOnce(Dataset<Dataset<E>>) -> Result<Dataset<E>>,
        options: impl FnOnce(SaveDatasetOptions) -> SaveDatasetOptions,
    ) -> Result<Dataset<E>>
    where
        E: Clone,
    {
        ferroflow_data::install();
        let options = options(SaveDatasetOptions::default());
        let shards = Specs { types: vec![DType::VARIANT], shapes: vec![PartialShape::scalar()] };
        let reader = traced("Dataset_function", &arguments(&shards), |tensors| {
            let variant =
                tensors.first().ok_or_else(|| Error::internal("a function has lost its argument"))?;
            let one = Dataset::of_variant(variant, &element_spec)?;
            reader_func(Dataset::new(variant.clone(), shards.clone(), Arc::new(one)))
        })?;
        let op = Op::named("LoadDataset").input(named("path", text(path.as_ref())?)?);
        let op = op.inputs(reader.function.captures()).attr("compression", options.compression.as_str());
        let specs = reader.structure.specs().clone();
        let variant = dataset_op(op.attr("reader_func", function_attr(&reader.function)), &specs)?;
        Dataset::of_variant(&variant, &element_spec)
    }
}
