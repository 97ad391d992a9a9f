//! The `checkpoint` file that names the latest checkpoints of a directory.

use crate::descriptor::notation::{DOUBLE, STRING, many, one};
use crate::descriptor::{Described, Descriptor};

/// The latest checkpoint and those still kept.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CheckpointState {
    #[prost(string, tag = "1")]
    pub model_checkpoint_path: String,
    #[prost(string, repeated, tag = "2")]
    pub all_model_checkpoint_paths: Vec<String>,
    #[prost(double, repeated, tag = "3")]
    pub all_model_checkpoint_timestamps: Vec<f64>,
    #[prost(double, tag = "4")]
    pub last_preserved_timestamp: f64,
}

impl Described for CheckpointState {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.CheckpointState",
            &[
                one(1, "model_checkpoint_path", STRING),
                many(2, "all_model_checkpoint_paths", STRING),
                many(3, "all_model_checkpoint_timestamps", DOUBLE),
                one(4, "last_preserved_timestamp", DOUBLE),
            ],
        );
        &IT
    }
}
