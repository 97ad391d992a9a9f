//! Tests of the v2 API.

mod checkpoints;
mod control_flow;
mod conversions;
mod functions;
mod gradient_tapes;
mod initializers;
mod layers;
mod literal_names;
mod losses;
mod metrics;
mod models;
mod modes;
mod optimizers;
mod recorded;
mod recorded_functions;
mod rows;
mod saved_models;
mod training;
mod variables;
