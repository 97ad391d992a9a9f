//! Checkpoints: `PREFIX.index` and `PREFIX.data-NNNNN-of-NNNNN`, and the older ones of a single table.

mod bundle;
mod entry;
mod merge;
mod ordered_code;
mod paste;
mod reader;
mod slices;
mod state;
mod strings;
mod v1;
mod v1_writer;
mod writer;

pub(crate) use merge::merge;
pub use merge::merge_checkpoints;
pub use reader::CheckpointReader;
pub use slices::{ShapeAndSlice, TensorSlice};
pub use state::{
    CheckpointState, checkpoint_exists, checkpoint_mtimes, checkpoint_prefix, latest_checkpoint,
    latest_checkpoint_named, remove_checkpoint,
};
pub(crate) use v1_writer::V1Writer;
pub use writer::CheckpointWriter;
