//! Input pipelines of graphs (`tf.compat.v1.data`): datasets as nodes, and iterators that sessions keep.

mod dataset;
pub mod experimental;
mod iterator;
mod one_shot;
mod readers;

pub use dataset::Dataset;
pub use ferroflow_v2::data::{
    AUTOTUNE, BatchOptions, BucketOptions, ColumnKey, Components, CsvColumn, CsvColumns, CsvOptions,
    Datasets, FixedLengthRecordOptions, INFINITE_CARDINALITY, InterleaveOptions, ListFilesOptions,
    MakeCsvOptions, MapOptions, PaddedBatchOptions, ParallelInterleaveOptions, RangeOptions, ReaderOptions,
    Required, ShuffleOptions, Signature, UNKNOWN_CARDINALITY, WindowOptions, Windowed,
};
pub use iterator::{
    Iterator, get_output_shapes, get_output_types, make_initializable_iterator, make_one_shot_iterator,
};
pub use readers::{FixedLengthRecordDataset, TFRecordDataset, TextLineDataset};
