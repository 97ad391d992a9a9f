//! Input pipelines of graphs (`tf.compat.v1.data`): datasets as nodes, and iterators that sessions keep.

mod dataset;
mod iterator;
mod one_shot;
mod readers;

pub use dataset::Dataset;
pub use ferroflow_v2::data::{
    AUTOTUNE, BatchOptions, Components, Datasets, FixedLengthRecordOptions, INFINITE_CARDINALITY,
    InterleaveOptions, ListFilesOptions, MapOptions, PaddedBatchOptions, RangeOptions, ReaderOptions,
    ShuffleOptions, Signature, UNKNOWN_CARDINALITY, WindowOptions, Windowed,
};
pub use iterator::{
    Iterator, get_output_shapes, get_output_types, make_initializable_iterator, make_one_shot_iterator,
};
pub use readers::{FixedLengthRecordDataset, TFRecordDataset, TextLineDataset};
