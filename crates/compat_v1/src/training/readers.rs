//! v1's readers: records of files whose names come from a queue.

use crate::{executing_eagerly, facade, get_default_graph};
use ferroflow_core::{IntoOperand, NdArray, Op, Result, Tensor, ensure, options};
use ferroflow_formats::Compression;
use ferroflow_graph::Operation;
use ferroflow_v2::queue::QueueBase;
use std::ops::Deref;

/// Produces records of the work that it takes from queues.
///
/// Source: `tf.compat.v1.ReaderBase`.
#[derive(Clone, Debug)]
pub struct ReaderBase {
    handle: Tensor,
    supports_serialize: bool,
}

impl ReaderBase {
    fn new(op: impl FnOnce() -> Op, supports_serialize: bool) -> Result<ReaderBase> {
        ensure!(
            !executing_eagerly(),
            runtime,
            "Readers are not supported when eager execution is enabled. Instead, please use tf.data to get data into \
             your model."
        );
        ferroflow_v2::data::install();
        Ok(ReaderBase { handle: facade(|| op().one())?, supports_serialize })
    }

    /// The reader's handle.
    pub fn reader_ref(&self) -> &Tensor {
        &self.handle
    }

    /// Whether [`ReaderBase::serialize_state`] can be used.
    pub fn supports_serialize(&self) -> bool {
        self.supports_serialize
    }

    /// The key and the value of the next record. When one piece of work has no more, another is taken from the queue.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn read(&self, queue: &QueueBase) -> Result<[Tensor; 2]> {
        facade(|| Op::named("ReaderReadV2").input(&self.handle).input(queue.queue_ref()).outputs())
    }

    /// The keys and the values of at most so many records, of one piece of work.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn read_up_to(&self, queue: &QueueBase, num_records: i64) -> Result<[Tensor; 2]> {
        facade(|| {
            let op = Op::named("ReaderReadUpToV2").input(&self.handle).input(queue.queue_ref());
            op.input(NdArray::scalar(num_records)).outputs()
        })
    }

    /// How many records were produced.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn num_records_produced(&self) -> Result<Tensor> {
        facade(|| Op::named("ReaderNumRecordsProducedV2").input(&self.handle).one())
    }

    /// How many pieces of work are finished.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn num_work_units_completed(&self) -> Result<Tensor> {
        facade(|| Op::named("ReaderNumWorkUnitsCompletedV2").input(&self.handle).one())
    }

    /// The state as a text; only of readers whose records are whole pieces of work.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn serialize_state(&self) -> Result<Tensor> {
        facade(|| Op::named("ReaderSerializeStateV2").input(&self.handle).one())
    }

    /// An operation that takes such a state.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn restore_state(&self, state: impl IntoOperand) -> Result<Operation> {
        let state = state.into_operand()?;
        self.added("ReaderRestoreStateV2", |op| op.input(state))
    }

    /// An operation that makes the reader new.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn reset(&self) -> Result<Operation> {
        self.added("ReaderResetV2", |op| op)
    }

    fn added(&self, name: &str, build: impl FnOnce(Op) -> Op) -> Result<Operation> {
        facade(|| {
            crate::ops::added_node(&get_default_graph(), name, || {
                build(Op::named(name).input(&self.handle)).run()
            })
        })
    }
}

options! {
    /// Optional arguments of [`FixedLengthRecordReader::new_with`].
    pub struct FixedLengthRecordReaderOptions {
        /// How many bytes stand before the records.
        header_bytes: i64 = 0,
        /// How many bytes stand behind them.
        footer_bytes: i64 = 0,
        /// How many bytes behind a record's beginning the next begins; the size of a record if 0.
        hop_bytes: i64 = 0,
        /// `ZLIB` or `GZIP` for compressed files.
        encoding: String = String::new(),
    }
}

/// A class of readers: its fields are what [`ReaderBase`] has.
macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(ReaderBase);

        impl Deref for $name {
            type Target = ReaderBase;

            fn deref(&self) -> &ReaderBase {
                &self.0
            }
        }
    )* };
}

readers! {
    /// Produces the lines of files, by `FILE:NUMBER`.
    ///
    /// Source: `tf.compat.v1.TextLineReader`.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// let file = std::env::temp_dir().join(format!("ferroflow_lines_{}", std::process::id()));
    /// std::fs::write(&file, "a\nb\n").unwrap();
    /// let names = [file.to_str().unwrap()];
    /// let queue = tf::train::string_input_producer(names, |o| o.num_epochs(1).shuffle(false))?;
    /// let [_, line] = tf::TextLineReader::new()?.read(&queue)?;
    /// let sess = tf::Session::new()?;
    /// sess.run(tf::local_variables_initializer()?)?;
    /// tf::train::start_queue_runners(&sess, None)?;
    /// let lines = [sess.run(&line)?.to_string(), sess.run(&line)?.to_string()];
    /// assert_eq!(lines, ["b'a'", "b'b'"]);
    /// assert_eq!(sess.run(&line).unwrap_err().code(), ferroflow_core::Code::OutOfRange);
    /// # std::fs::remove_file(&file).unwrap();
    /// # Ok::<(), tf::Error>(())
    /// ```
    TextLineReader;
    /// Produces whole files, by their names.
    ///
    /// Source: `tf.compat.v1.WholeFileReader`.
    WholeFileReader;
    /// Produces the records of files in TensorFlow's format, by `FILE:OFFSET`.
    ///
    /// Source: `tf.compat.v1.TFRecordReader`.
    TFRecordReader;
    /// Produces records of one size, by `FILE:NUMBER`.
    ///
    /// Source: `tf.compat.v1.FixedLengthRecordReader`.
    FixedLengthRecordReader;
    /// Produces the work itself, as key and as value.
    ///
    /// Source: `tf.compat.v1.IdentityReader`.
    IdentityReader;
}

impl TextLineReader {
    /// A reader of all lines.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode.
    pub fn new() -> Result<TextLineReader> {
        TextLineReader::skipping(0)
    }

    /// A reader of the lines behind the first ones of each file.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode.
    pub fn skipping(skip_header_lines: i64) -> Result<TextLineReader> {
        let op = || Op::named("TextLineReaderV2").attr("skip_header_lines", skip_header_lines);
        ReaderBase::new(op, false).map(TextLineReader)
    }
}

impl WholeFileReader {
    /// A reader.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode.
    pub fn new() -> Result<WholeFileReader> {
        ReaderBase::new(|| Op::named("WholeFileReaderV2"), true).map(WholeFileReader)
    }
}

impl TFRecordReader {
    /// A reader of files without compression.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode.
    pub fn new() -> Result<TFRecordReader> {
        TFRecordReader::compressed(Compression::None)
    }

    /// A reader of files in a compression.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode.
    pub fn compressed(compression: Compression) -> Result<TFRecordReader> {
        let name = match compression {
            Compression::None => "",
            Compression::Gzip => "GZIP",
            Compression::Zlib => "ZLIB",
        };
        ReaderBase::new(|| Op::named("TFRecordReaderV2").attr("compression_type", name), false)
            .map(TFRecordReader)
    }
}

impl FixedLengthRecordReader {
    /// A reader of files that hold nothing but records.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode.
    pub fn new(record_bytes: i64) -> Result<FixedLengthRecordReader> {
        FixedLengthRecordReader::new_with(record_bytes, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode.
    pub fn new_with(
        record_bytes: i64,
        options: impl FnOnce(FixedLengthRecordReaderOptions) -> FixedLengthRecordReaderOptions,
    ) -> Result<FixedLengthRecordReader> {
        let options = options(FixedLengthRecordReaderOptions::default());
        let op = || {
            Op::named("FixedLengthRecordReaderV2")
                .attr("record_bytes", record_bytes)
                .attr("header_bytes", options.header_bytes)
                .attr("footer_bytes", options.footer_bytes)
                .attr("hop_bytes", options.hop_bytes)
                .attr("encoding", options.encoding)
        };
        ReaderBase::new(op, false).map(FixedLengthRecordReader)
    }
}

impl IdentityReader {
    /// A reader.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode.
    pub fn new() -> Result<IdentityReader> {
        ReaderBase::new(|| Op::named("IdentityReaderV2"), true).map(IdentityReader)
    }
}
