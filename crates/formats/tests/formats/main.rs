//! Tests on model files recorded from TensorFlow by `tools/make_models.py`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bundles;
mod checkpoints;
mod crashes;
mod events;
mod fixtures;
mod graph_files;
mod hostile_tables;
mod mutate;
mod mutations;
mod saved_models;
mod states;
mod tensor_protos;
mod tf_records;
mod writing;
mod writing_models;
