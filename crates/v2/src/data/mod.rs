//! Input pipelines (`tf.data`): datasets, their transformations, and iteration over their elements.

mod batching;
mod choosing;
mod components;
mod counting;
mod csv;
mod csv_files;
mod csv_inference;
mod dataset;
pub mod experimental;
mod files;
mod functional;
mod generator;
mod grouping;
mod iterator;
mod reductions;
mod resampling;
mod saving;
mod shuffling;
mod sources;
mod tracing;

pub use batching::{BatchOptions, PaddedBatchOptions, WindowOptions, Windowed};
pub use choosing::{RandomOptions, SampleOptions};
pub use components::{Components, Datasets, Leaf, Map, Signature};
pub use csv::{CsvColumn, CsvColumns, CsvOptions, Required};
pub use csv_files::{ColumnKey, MakeCsvOptions};
pub use dataset::Dataset;
use dataset::spec_text as spec_texts;
pub use ferroflow_data::{Specs, install};
pub use files::{
    FixedLengthRecordDataset, FixedLengthRecordOptions, ListFilesOptions, ReaderOptions, TFRecordDataset,
    TextLineDataset,
};
pub use functional::{InterleaveOptions, MapOptions, ParallelInterleaveOptions};
pub use grouping::BucketOptions;
pub use iterator::{DatasetIterator, IteratorPlace};
pub use resampling::ResampleOptions;
pub use saving::SaveDatasetOptions;
pub use shuffling::ShuffleOptions;
pub use sources::RangeOptions;

/// Leaves a number to the implementation.
///
/// Source: `tf.data.AUTOTUNE`.
pub const AUTOTUNE: i64 = -1;
/// The number of elements of a dataset without end.
///
/// Source: `tf.data.INFINITE_CARDINALITY`.
pub const INFINITE_CARDINALITY: i64 = ferroflow_data::INFINITE;
/// The number of elements of a dataset where only iterating tells it.
///
/// Source: `tf.data.UNKNOWN_CARDINALITY`.
pub const UNKNOWN_CARDINALITY: i64 = ferroflow_data::UNKNOWN;
