//! The binary as people and programs call it, on models that TensorFlow made.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod bad_input;
mod commands;
mod files;
mod inspect;
mod models;
mod process;
mod serve;
