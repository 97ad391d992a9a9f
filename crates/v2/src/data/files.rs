//! The records of files.

use super::sources::{int64, named};
use super::{AUTOTUNE, Dataset};
use crate::convert_to_tensor;
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, PartialShape, Result, TString, Tensor, context, ensure, options,
};
use ferroflow_data::Specs;
use ferroflow_graph::{Graph, Operation};
use std::ops::Deref;
use std::sync::Arc;

/// Bytes that readers take from a file at once, where the program does not say.
const BUFFER_SIZE: i64 = 256 << 10;

options! {
    /// Optional arguments of the datasets of files.
    pub struct ReaderOptions {
        /// How files are compressed: `""`, `"ZLIB"` or `"GZIP"`.
        compression_type: String = String::new(),
        /// How many bytes are read at once; carried along in graphs.
        buffer_size: Option<i64> = None,
        /// How many files are read in turn; one after the other where it is not given.
        num_parallel_reads: Option<i64> = None,
    }
}

options! {
    /// Optional arguments of [`FixedLengthRecordDataset::new_with`].
    pub struct FixedLengthRecordOptions {
        /// Bytes to pass over at the beginning of a file.
        header_bytes: i64 = 0,
        /// Bytes to leave out at the end of a file.
        footer_bytes: i64 = 0,
        /// How many bytes are read at once; carried along in graphs.
        buffer_size: Option<i64> = None,
        /// How files are compressed: `""`, `"ZLIB"` or `"GZIP"`.
        compression_type: String = String::new(),
        /// How many files are read in turn; one after the other where it is not given.
        num_parallel_reads: Option<i64> = None,
    }
}

options! {
    /// Optional arguments of [`Dataset::list_files_with`].
    pub struct ListFilesOptions {
        /// Whether names come in a random order.
        shuffle: bool = true,
        /// The seed of that order, beside the global one.
        seed: Option<i64> = None,
    }
}

fn text(value: &str) -> NdArray {
    NdArray::scalar(TString::from(value))
}

fn strings() -> Specs {
    Specs { types: vec![DType::STRING], shapes: vec![PartialShape::scalar()] }
}

/// The records of the files of these names, each file opened by an op that `open` makes of its name.
fn records(
    filenames: impl IntoOperand,
    num_parallel_reads: Option<i64>,
    open: impl FnOnce(&Tensor) -> Result<Op>,
) -> Result<Dataset<Tensor>> {
    ferroflow_data::install();
    let filenames = convert_to_tensor(filenames, None)?;
    ensure!(
        filenames.dtype().base() == DType::STRING,
        type_error,
        "The `filenames` argument must contain `tf.string` elements. Got `tf.{}` elements.",
        filenames.dtype().base().name()
    );
    let names = Dataset::from_tensor_slices(crate::reshape(filenames, [-1])?)?;
    let read = |name: Tensor| {
        let variant = open(&name)?.one()?;
        Ok(Dataset::new(variant, strings(), Arc::new(name)))
    };
    match num_parallel_reads {
        None => names.flat_map(read),
        Some(AUTOTUNE) => names.interleave_with(read, |o| o.num_parallel_calls(AUTOTUNE)),
        Some(reads) => names.interleave_with(read, |o| o.cycle_length(reads).num_parallel_calls(reads)),
    }
}

macro_rules! reader {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(Dataset<Tensor>);

        impl Deref for $name {
            type Target = Dataset<Tensor>;

            fn deref(&self) -> &Dataset<Tensor> {
                &self.0
            }
        }

        impl From<$name> for Dataset<Tensor> {
            fn from(reader: $name) -> Dataset<Tensor> {
                reader.0
            }
        }
    };
}

reader! {
    /// The records of TFRecord files, a scalar of dtype `string` each.
    ///
    /// Source: `tf.data.TFRecordDataset`.
    ///
    /// ```no_run
    /// use ferroflow_v2 as tf;
    /// let records = tf::data::TFRecordDataset::new_with("train.tfrecord", |o| o.compression_type("GZIP"))?;
    /// for batch in &records.batch(32)? {
    ///     println!("{}", batch?.shape());
    /// }
    /// # Ok::<(), tf::Error>(())
    /// ```
    TFRecordDataset
}

reader! {
    /// The lines of text files without their ends, a scalar of dtype `string` each.
    ///
    /// Source: `tf.data.TextLineDataset`.
    ///
    /// ```no_run
    /// use ferroflow_v2 as tf;
    /// let lines = tf::data::TextLineDataset::new(["a.txt", "b.txt"])?;
    /// for line in &lines.take(3)? {
    ///     println!("{}", line?);
    /// }
    /// # Ok::<(), tf::Error>(())
    /// ```
    TextLineDataset
}

reader! {
    /// Records of one length in files, a scalar of dtype `string` each.
    ///
    /// Source: `tf.data.FixedLengthRecordDataset`.
    ///
    /// ```no_run
    /// use ferroflow_v2 as tf;
    /// let labels = tf::data::FixedLengthRecordDataset::new_with("labels.bin", 1, |o| o.header_bytes(8))?;
    /// let labels = labels.map(|bytes| tf::io::decode_raw(bytes, tf::uint8, true))?;
    /// # Ok::<(), tf::Error>(())
    /// ```
    FixedLengthRecordDataset
}

impl TFRecordDataset {
    /// The records of the files of these names.
    ///
    /// # Errors
    /// `TypeError` for names that are no strings; while iterating, `NotFound` for a file that does not exist and
    /// `DataLoss` for one that is damaged.
    pub fn new(filenames: impl IntoOperand) -> Result<TFRecordDataset> {
        TFRecordDataset::new_with(filenames, |options| options)
    }

    /// The same of compressed files, or of several files in turn.
    ///
    /// # Errors
    /// As [`TFRecordDataset::new`].
    pub fn new_with(
        filenames: impl IntoOperand,
        options: impl FnOnce(ReaderOptions) -> ReaderOptions,
    ) -> Result<TFRecordDataset> {
        let options = options(ReaderOptions::default());
        let dataset = records(filenames, options.num_parallel_reads, |name| {
            Ok(Op::named("TFRecordDatasetV2")
                .input(name)
                .input(named("compression_type", text(&options.compression_type))?)
                .input(int64("buffer_size", options.buffer_size.unwrap_or(BUFFER_SIZE))?)
                .input(NdArray::vector(Vec::<i64>::new())))
        })?;
        Ok(TFRecordDataset(dataset))
    }
}

impl TextLineDataset {
    /// The lines of the files of these names.
    ///
    /// # Errors
    /// `TypeError` for names that are no strings; while iterating, `NotFound` for a file that does not exist.
    pub fn new(filenames: impl IntoOperand) -> Result<TextLineDataset> {
        TextLineDataset::new_with(filenames, |options| options)
    }

    /// The same of compressed files, or of several files in turn.
    ///
    /// # Errors
    /// As [`TextLineDataset::new`]; while iterating, `InvalidArgument` for a compression that is not known.
    pub fn new_with(
        filenames: impl IntoOperand,
        options: impl FnOnce(ReaderOptions) -> ReaderOptions,
    ) -> Result<TextLineDataset> {
        let options = options(ReaderOptions::default());
        let dataset = records(filenames, options.num_parallel_reads, |name| {
            Ok(Op::named("TextLineDataset")
                .input(name)
                .input(named("compression_type", text(&options.compression_type))?)
                .input(int64("buffer_size", options.buffer_size.unwrap_or(BUFFER_SIZE))?))
        })?;
        Ok(TextLineDataset(dataset))
    }
}

impl FixedLengthRecordDataset {
    /// The records of `record_bytes` bytes in the files of these names.
    ///
    /// # Errors
    /// `TypeError` for names that are no strings; while iterating, `NotFound` for a file that does not exist and
    /// `InvalidArgument` for one of another length than a whole number of records.
    pub fn new(filenames: impl IntoOperand, record_bytes: i64) -> Result<FixedLengthRecordDataset> {
        FixedLengthRecordDataset::new_with(filenames, record_bytes, |options| options)
    }

    /// The same of files with a header or a footer, of compressed files, or of several files in turn.
    ///
    /// # Errors
    /// As [`FixedLengthRecordDataset::new`].
    pub fn new_with(
        filenames: impl IntoOperand,
        record_bytes: i64,
        options: impl FnOnce(FixedLengthRecordOptions) -> FixedLengthRecordOptions,
    ) -> Result<FixedLengthRecordDataset> {
        let options = options(FixedLengthRecordOptions::default());
        let dataset = records(filenames, options.num_parallel_reads, |name| {
            Ok(Op::named("FixedLengthRecordDatasetV2")
                .input(name)
                .input(int64("header_bytes", options.header_bytes)?)
                .input(int64("record_bytes", record_bytes)?)
                .input(int64("footer_bytes", options.footer_bytes)?)
                .input(int64("buffer_size", options.buffer_size.unwrap_or(BUFFER_SIZE))?)
                .input(named("compression_type", text(&options.compression_type))?))
        })?;
        Ok(FixedLengthRecordDataset(dataset))
    }
}

impl Dataset<Tensor> {
    /// The names of the files that match a pattern, or several, in a random order.
    ///
    /// # Errors
    /// As [`Dataset::list_files_with`].
    pub fn list_files(file_pattern: impl IntoOperand) -> Result<Dataset<Tensor>> {
        Dataset::list_files_with(file_pattern, |options| options)
    }

    /// The same with a seed, or in the order of the names.
    ///
    /// # Errors
    /// `InvalidArgument` when no file matches.
    pub fn list_files_with(
        file_pattern: impl IntoOperand,
        options: impl FnOnce(ListFilesOptions) -> ListFilesOptions,
    ) -> Result<Dataset<Tensor>> {
        ferroflow_data::install();
        let options = options(ListFilesOptions::default());
        let pattern = file_pattern.into_operand()?;
        context::name_scope("list_files", || listed(pattern, options))
    }
}

fn listed(pattern: Operand, options: ListFilesOptions) -> Result<Dataset<Tensor>> {
    let pattern = context::with_name("file_pattern", || convert_to_tensor(pattern, DType::STRING))?;
    let mut files = Op::named("MatchingFiles").input(&pattern).one()?;
    if let Tensor::Eager(found) = &files
        && found.value().is_empty()
    {
        let patterns = pattern.value()?.as_slice::<TString>()?.iter();
        let patterns: Vec<String> = patterns.map(|text| String::from_utf8_lossy(text).into_owned()).collect();
        ferroflow_core::bail!(
            invalid_argument,
            "Expected 'tf.Tensor(False, shape=(), dtype=bool)' to be true. Summarized data: b'No files matched \
                 pattern: {}'",
            patterns.join(", ")
        );
    }
    if let Some(graph) = Graph::current() {
        let assertion = assert_some(&graph, &files, &pattern)?;
        files = graph.control_dependencies(Some(&[assertion]), || crate::identity(&files))?;
    }
    let dataset = Dataset::from_tensor_slices(&files)?;
    if !options.shuffle {
        return Ok(dataset);
    }
    // A buffer needs a place even where there is no file.
    let count = crate::shape_with(&files, |o| o.out_type(DType::INT64))?;
    let size = crate::maximum(crate::reshape(count, [0; 0])?, 1)?;
    dataset.shuffle_with(size, |o| o.seed(options.seed))
}

/// The node that fails, once it runs, where no file matches.
fn assert_some(graph: &Graph, files: &Tensor, pattern: &Tensor) -> Result<Operation> {
    let count = ferroflow_ops_array::getitem(crate::shape(files)?, 0)?;
    let some = context::with_name("match_not_empty", || crate::greater(count, 0))?;
    let patterns = context::name_scope("ReduceJoin", || {
        let axes = NdArray::vector((0..pattern.rank().unwrap_or(0) as i32).collect::<Vec<_>>());
        Op::named("ReduceJoin")
            .input(pattern)
            .input(ferroflow_core::constant(axes)?)
            .attr("separator", ", ")
            .one()
    })?;
    let said = Op::named("Add").input("No files matched pattern: ").input(patterns).name("message").one()?;
    context::name_scope("assert_not_empty", || ferroflow_ops_control::assert_true(some, [said]))?;
    Ok(graph.operation(graph.num_nodes() - 1))
}
