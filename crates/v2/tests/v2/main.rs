//! Tests of the v2 API.

mod control_flow;
mod conversions;
mod dataset_programs;
mod dataset_shuffles;
mod datasets;
mod functions;
mod gradient_tapes;
mod literal_names;
mod modes;
mod optimizers;
mod recorded;
mod recorded_functions;
mod variables;
