//! Which kernels exist for an op.

use crate::AttrValue;
use crate::descriptor::notation::{INT32, STRING, many, message, one};
use crate::descriptor::{Described, Descriptor};

/// A kernel of an op.
#[derive(Clone, PartialEq, prost::Message)]
pub struct KernelDef {
    #[prost(string, tag = "1")]
    pub op: String,
    #[prost(string, tag = "2")]
    pub device_type: String,
    #[prost(message, repeated, tag = "3")]
    pub constraint: Vec<AttrConstraint>,
    #[prost(string, repeated, tag = "4")]
    pub host_memory_arg: Vec<String>,
    #[prost(string, tag = "5")]
    pub label: String,
    #[prost(int32, tag = "6")]
    pub priority: i32,
}

impl Described for KernelDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.KernelDef",
            &[
                one(1, "op", STRING),
                one(2, "device_type", STRING),
                many(3, "constraint", message::<AttrConstraint>()),
                many(4, "host_memory_arg", STRING),
                one(5, "label", STRING),
                one(6, "priority", INT32),
            ],
        );
        &IT
    }
}

/// The values of an attribute that a kernel is for.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AttrConstraint {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub allowed_values: Option<AttrValue>,
}

impl Described for AttrConstraint {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.KernelDef.AttrConstraint",
            &[one(1, "name", STRING), one(2, "allowed_values", message::<AttrValue>())],
        );
        &IT
    }
}

/// A list of kernels.
#[derive(Clone, PartialEq, prost::Message)]
pub struct KernelList {
    #[prost(message, repeated, tag = "1")]
    pub kernel: Vec<KernelDef>,
}

impl Described for KernelList {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.KernelList", &[many(1, "kernel", message::<KernelDef>())]);
        &IT
    }
}
