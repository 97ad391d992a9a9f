//! Tests of the v2 API.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod array_function_calls;
mod checkpoints;
mod control_flow;
mod conversions;
mod dataset_choices;
mod dataset_files;
mod dataset_programs;
mod dataset_shuffles;
mod dataset_tables;
mod datasets;
mod forward;
mod functions;
mod fused_convolutions;
mod generators;
mod gfile;
mod gradient_tapes;
mod initializers;
mod iterator_places;
mod layers;
mod literal_names;
mod loop_function_calls;
mod losses;
mod metrics;
mod models;
mod modes;
#[path = "../../../formats/tests/formats/mutate.rs"]
mod mutate;
mod mutations;
mod optimizers;
mod ragged_function_calls;
mod recorded;
mod recorded_functions;
mod root_function_calls;
mod rows;
mod saved_models;
mod summaries;
mod training;
mod variables;
