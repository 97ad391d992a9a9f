//! TensorFlow's model files: checkpoints, SavedModels, graphs and records, read without TensorFlow.
//!
//! A file is hostile input here: every count, offset and size in it is checked before it is used.
//!
//! ```no_run
//! use ferroflow_formats::CheckpointReader;
//! let checkpoint = CheckpointReader::open("model.ckpt")?;
//! let step = checkpoint.read("global_step")?.item::<i64>()?;
//! # Ok::<(), ferroflow_core::Error>(())
//! ```

mod checkpoint;
mod checksum;
mod files;
mod graph_file;
mod ops;
mod saved_model;
mod sstable;
mod tf_record;
mod varint;

pub use checkpoint::{
    CheckpointReader, CheckpointState, CheckpointWriter, ShapeAndSlice, TensorSlice, latest_checkpoint,
    merge_checkpoints,
};
pub use graph_file::{ModelFile, read_graph_def, read_meta_graph};
pub use ops::{OPS, install};
pub use saved_model::{
    Asset, Encoding, MetaGraph, SavedModel, SavedModelBundle, Signature, SignatureRunner, TensorInfo,
    VariableSource, restore,
};
pub use tf_record::{Compression, TfRecordReader};
