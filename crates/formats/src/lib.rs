//! TensorFlow's model files: checkpoints, SavedModels, graphs, records and events, read and written without
//! TensorFlow.
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
mod event_file;
mod files;
mod graph_file;
mod graph_tools;
mod op_list;
mod ops;
mod saved_model;
mod sstable;
mod tf_record;
mod tf_record_writer;
mod varint;

pub use checkpoint::{
    CheckpointReader, CheckpointState, CheckpointWriter, ShapeAndSlice, TensorSlice, checkpoint_exists,
    checkpoint_mtimes, checkpoint_prefix, latest_checkpoint, latest_checkpoint_named, merge_checkpoints,
    remove_checkpoint,
};
pub use event_file::{EventFileWriter, now, read_events};
pub use files::io_error;
pub use graph_file::{ModelFile, read_graph_def, read_meta_graph, write_bytes, write_message};
pub use graph_tools::{extract_sub_graph, freeze, remove_training_nodes, variables_of};
pub use op_list::{meta_info, op_def, stripped_op_list};
pub use ops::{
    DecodeProtoOptions, DecodedProto, EncodeProtoOptions, OPS, decode_proto, decode_proto_with, encode_proto,
    encode_proto_with, install,
};
pub use saved_model::{
    Asset, Encoding, MetaGraph, SavedModel, SavedModelBundle, SavedModelWriter, Signature, SignatureRunner,
    TensorInfo, VariableSource, restore,
};
pub use tf_record::{Compression, TfRecordReader, open_compressed};
pub use tf_record_writer::TfRecordWriter;
