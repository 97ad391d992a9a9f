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
mod sstable;
mod tf_record;

pub use checkpoint::{CheckpointReader, ShapeAndSlice, TensorSlice};
pub use tf_record::{Compression, TfRecordReader};
