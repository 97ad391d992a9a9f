//! Serialisation that gives protobuf's own bytes.

use crate::descriptor::Described;
use crate::dynamic::Tree;

/// In which order the entries of a map are written; protobuf's own implementations differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapOrder {
    /// By ascending key, as in C++; fingerprints are taken of these bytes.
    Ascending,
    /// As in Python (protobuf 5 to 7), whose `SerializeToString(deterministic=True)` writes most of TensorFlow's
    /// files: strings ascend but a longer one comes before its beginning, and numbers descend.
    Python,
}

/// The message's bytes as protobuf's deterministic serialisation writes them.
///
/// [`encode_to_vec`](prost::Message::encode_to_vec) is deterministic as well, and shorter by the empty keys and
/// values of map entries, which protobuf writes; fingerprints and comparisons with files need this one.
///
/// ```
/// use ferroflow_proto::{FunctionDef, deterministic, deterministic::MapOrder};
///
/// let function = FunctionDef { ret: [("y".into(), String::new())].into(), ..FunctionDef::default() };
/// assert_eq!(deterministic::to_bytes(&function, MapOrder::Python), b"\x22\x05\x0a\x01y\x12\x00");
/// ```
pub fn to_bytes<M: Described>(message: &M, order: MapOrder) -> Vec<u8> {
    let bytes = message.encode_to_vec();
    match Tree::decode(M::descriptor(), &bytes, usize::MAX) {
        Some(tree) => tree.to_bytes(order),
        // A descriptor knows every field that its message writes, so what was just written can be read.
        None => bytes,
    }
}
