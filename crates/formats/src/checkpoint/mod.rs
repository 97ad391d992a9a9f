//! V2 checkpoints: `PREFIX.index` and `PREFIX.data-NNNNN-of-NNNNN`.

mod bundle;
mod entry;
mod merge;
mod ordered_code;
mod paste;
mod reader;
mod slices;
mod state;
mod strings;
mod writer;

pub(crate) use merge::merge;
pub use merge::merge_checkpoints;
pub use reader::CheckpointReader;
pub use slices::{ShapeAndSlice, TensorSlice};
pub use state::{CheckpointState, latest_checkpoint};
pub use writer::CheckpointWriter;
