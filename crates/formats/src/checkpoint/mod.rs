//! V2 checkpoints: `PREFIX.index` and `PREFIX.data-NNNNN-of-NNNNN`.

mod entry;
mod ordered_code;
mod paste;
mod reader;
mod slices;
mod state;
mod strings;

pub use reader::CheckpointReader;
pub use slices::{ShapeAndSlice, TensorSlice};
pub use state::{CheckpointState, latest_checkpoint};
