//! The two of protobuf's own messages that TensorFlow's refer to.

use crate::descriptor::notation::{BOOL, BYTES, STRING, one};
use crate::descriptor::{Described, Descriptor};

/// A serialised message and the URL of its type.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Any {
    /// `type.googleapis.com/` and the message's full name.
    #[prost(string, tag = "1")]
    pub type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

impl Described for Any {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("google.protobuf.Any", &[one(1, "type_url", STRING), one(2, "value", BYTES)]);
        &IT
    }
}

/// A bool that can be absent.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BoolValue {
    #[prost(bool, tag = "1")]
    pub value: bool,
}

impl Described for BoolValue {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("google.protobuf.BoolValue", &[one(1, "value", BOOL)]);
        &IT
    }
}
