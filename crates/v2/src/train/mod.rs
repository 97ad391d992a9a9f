//! `tf.train`: checkpoints of objects, and reading checkpoints of all kinds.

mod checkpoint;
mod manager;
mod readers;
mod status;

pub use checkpoint::Checkpoint;
pub(crate) use checkpoint::write_objects;
pub use manager::{CheckpointManager, CheckpointManagerOptions, ManagerSaveOptions};
pub use readers::{
    checkpoints_iterator, get_checkpoint_state, latest_checkpoint, list_variables, load_checkpoint,
    load_variable,
};
pub use status::CheckpointLoadStatus;
