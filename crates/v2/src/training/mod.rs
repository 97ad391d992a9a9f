//! `tf.train`: checkpoints of objects, and reading checkpoints of all kinds.

pub(crate) mod checkpoint;
pub(crate) mod manager;
pub(crate) mod readers;
mod status;

pub(crate) use checkpoint::Checkpoint;
pub(crate) use checkpoint::write_objects;
pub use manager::{CheckpointManagerOptions, ManagerSaveOptions};
pub use status::CheckpointLoadStatus;
