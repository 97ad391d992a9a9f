//! More or fewer of the same elements, several datasets as one, and elements that are kept or made ahead.

use super::Dataset;
use super::dataset::spec_text;
use super::sources::{int64, named};
use crate::Nest;
use ferroflow_core::{IntoOperand, NdArray, Op, Result, TString, Tensor, ensure};
use ferroflow_data::concatenated;

impl<E: Nest> Dataset<E> {
    /// The elements, this many times over; without end where `count` is -1.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// assert_eq!(tf::data::Dataset::range(3)?.repeat(2)?.iter()?.count(), 6);
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a count that is no scalar.
    pub fn repeat(&self, count: impl IntoOperand) -> Result<Dataset<E>> {
        self.scoped(|| self.like(self.op("RepeatDataset").input(int64("count", count)?)))
    }

    /// The first `count` elements; all of them where it is -1.
    ///
    /// # Errors
    /// As [`Dataset::repeat`].
    pub fn take(&self, count: impl IntoOperand) -> Result<Dataset<E>> {
        self.scoped(|| self.like(self.op("TakeDataset").input(int64("count", count)?)))
    }

    /// All but the first `count` elements; none where it is -1.
    ///
    /// # Errors
    /// As [`Dataset::repeat`].
    pub fn skip(&self, count: impl IntoOperand) -> Result<Dataset<E>> {
        self.scoped(|| self.like(self.op("SkipDataset").input(int64("count", count)?)))
    }

    /// The elements whose numbers are `index` modulo `num_shards`.
    ///
    /// # Errors
    /// `InvalidArgument` unless `index` is from 0 up to `num_shards`.
    pub fn shard(&self, num_shards: impl IntoOperand, index: impl IntoOperand) -> Result<Dataset<E>> {
        self.scoped(|| {
            self.like(
                self.op("ShardDataset").input(int64("num_shards", num_shards)?).input(int64("index", index)?),
            )
        })
    }

    /// The elements of this dataset, then those of another.
    ///
    /// # Errors
    /// `TypeError` for a dataset of elements of another structure or other dtypes.
    pub fn concatenate(&self, dataset: &Dataset<E>) -> Result<Dataset<E>> {
        ensure!(
            self.specs().types == dataset.specs().types,
            type_error,
            "Incompatible dataset elements:\n  {} vs.   {}",
            spec_text(self.specs()),
            spec_text(dataset.specs())
        );
        let specs = concatenated(self.specs(), dataset.specs());
        self.scoped(|| self.with(self.op("ConcatenateDataset").input(dataset.variant()), specs))
    }

    /// The elements, kept in memory once an iterator has reached the end.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn cache(&self) -> Result<Dataset<E>> {
        self.cache_with("")
    }

    /// The same in files whose names begin with `filename`, which TensorFlow reads, too: they stay, and hold for later runs of
    /// the program as well.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let place = std::env::temp_dir().join(format!("cache-{}", std::process::id()));
    /// let squares = tf::data::Dataset::range(3)?.map(|x| &x * &x)?.cache_with(place.to_string_lossy())?;
    /// assert_eq!(squares.iter()?.count(), 3);
    /// assert!(place.with_extension("index").exists() && squares.iter()?.count() == 3);
    /// # for end in ["index", "data-00000-of-00001"] { std::fs::remove_file(place.with_extension(end)).unwrap(); }
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// While iterating, `AlreadyExists` where another iterator is writing, and those of the file system.
    pub fn cache_with(&self, filename: impl AsRef<str>) -> Result<Dataset<E>> {
        self.scoped(|| {
            let filename = NdArray::scalar(TString::from(filename.as_ref()));
            let op = self.op("CacheDatasetV2").input(named("filename", filename)?);
            self.like(op.input(Op::named("DummyMemoryCache").one()?))
        })
    }

    /// The elements that can be made: those that give errors are passed over.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let numbers = tf::data::Dataset::range((-1, 3))?.map(|x| tf::math::floordiv(6i64, x))?;
    /// let quotients: Vec<tf::Tensor> = numbers.ignore_errors()?.iter()?.collect::<tf::Result<_>>()?;
    /// assert_eq!(quotients.len(), 3);
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn ignore_errors(&self) -> Result<Dataset<E>> {
        self.scoped(|| self.like(self.op("IgnoreErrorsDataset").attr("log_warning", false)))
    }

    /// The elements, up to `buffer_size` of them made on another thread ahead of their use.
    ///
    /// # Errors
    /// `InvalidArgument` for a negative size other than [`AUTOTUNE`](super::AUTOTUNE).
    pub fn prefetch(&self, buffer_size: impl IntoOperand) -> Result<Dataset<E>> {
        self.scoped(|| self.like(self.op("PrefetchDataset").input(int64("buffer_size", buffer_size)?)))
    }
}

impl<E: Nest + Clone> Dataset<E> {
    /// The elements with their numbers, from `start` on.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let letters = tf::data::Dataset::from_tensor_slices(["a", "b"])?.enumerate(5)?;
    /// let texts: Vec<String> = letters
    ///     .iter()?
    ///     .map(|element| element.map(|(number, letter)| format!("{number} {letter}")))
    ///     .collect::<tf::Result<_>>()?;
    /// assert_eq!(texts, ["5 b'a'", "6 b'b'"]);
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn enumerate(&self, start: impl IntoOperand) -> Result<Dataset<(Tensor, E)>> {
        self.scoped(|| {
            let numbers = Dataset::range((int64("start", start)?, i64::MAX))?;
            Dataset::zip((numbers, self))
        })
    }
}
