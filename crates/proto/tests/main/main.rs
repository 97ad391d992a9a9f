//! Messages, descriptors and text held against what was recorded from TensorFlow (see `tools/record_proto_cases.py`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod cases;
mod codecs;
mod fields;
mod files;
mod sniff;
mod text;
mod wire;
