//! The signatures of every op TensorFlow registers, as data: see [`lookup`].
//!
//! They are recorded from TensorFlow 2.21 (`tools/record_op_schemas.py`) and say nothing about which ops this
//! engine can run. Nothing is read before the first look-up, and each signature is parsed when it is first asked for.

mod op_schema;
mod parse;
mod table;

pub use op_schema::{Allowed, ArgDef, ArgType, AttrDef, AttrKind, AttrType, Deprecation, OpSchema};
pub use parse::parse_attr_value;
pub use table::{all, at, lookup, names, position};
