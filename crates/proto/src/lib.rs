//! TensorFlow's wire messages: graphs, SavedModels, checkpoints, configuration, events.
//!
//! The messages are written by hand on [`prost`]; nothing is generated at build time and `protoc` is not needed.
//! Nested messages, enums and oneofs live in a module named after the message they belong to, as
//! `attr_value::Value` or `op_def::ArgDef`. Maps are `BTreeMap`s, so the same message always gives the same bytes.
//!
//! ```
//! use ferroflow_proto::{GraphDef, Message, NodeDef};
//!
//! let node = NodeDef { name: "x".into(), op: "NoOp".into(), ..NodeDef::default() };
//! let graph = GraphDef { node: vec![node], ..GraphDef::default() };
//! assert_eq!(GraphDef::decode(&*graph.encode_to_vec())?, graph);
//! # Ok::<(), ferroflow_proto::DecodeError>(())
//! ```

pub mod attr_proto;
mod byte_reader;
pub mod descriptor;
pub mod deterministic;
mod dynamic;
pub mod loose_fields;
pub mod loose_message;
pub mod message_schema;
#[allow(
    missing_docs,
    reason = "fields carry TensorFlow's names and are documented where the name is not enough"
)]
mod messages;
pub mod registry;
pub mod shape_proto;
pub mod sniff;
pub mod tensor_proto;
pub mod text;
mod wire;

pub use byte_reader::ByteReader;
pub use messages::*;
pub use prost::bytes::Bytes;
pub use prost::{DecodeError, Message};
