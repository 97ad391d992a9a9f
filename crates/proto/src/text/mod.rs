//! The text format of messages (`.pbtxt` files), printed and parsed as Python's `google.protobuf` does.
//!
//! ```
//! use ferroflow_proto::{DataType, GraphDef, text};
//!
//! let graph: GraphDef = text::from_text(
//!     r#"
//!     node {
//!       name: "x"  # comments, lists and <> are understood
//!       op: "Placeholder"
//!       attr: [ { key: "dtype" value < type: DT_FLOAT > } ]
//!     }"#,
//! )?;
//! assert_eq!(graph.node[0].op, "Placeholder");
//! assert_eq!(
//!     text::to_text(&graph.node[0]),
//!     "name: \"x\"\nop: \"Placeholder\"\nattr {\n  key: \"dtype\"\n  value {\n    type: DT_FLOAT\n  }\n}\n"
//! );
//!
//! let error = text::from_text::<GraphDef>("node {\n  nam: \"x\"\n}").unwrap_err();
//! assert_eq!(error.to_string(), "2:3 : Message type \"tensorflow.NodeDef\" has no field named \"nam\".");
//! # Ok::<(), text::ParseError>(())
//! ```

mod escape;
mod loose;
mod number;
mod parse;
mod print;
mod tokenizer;

pub(crate) use escape::unescape;
pub use loose::{TextFault, bytes_of_text};
pub use parse::from_text;
pub use print::{to_str, to_text};
pub use tokenizer::ParseError;
