//! The binary as people and programs call it, on models that TensorFlow made.

mod bad_input;
mod commands;
mod models;
mod process;
