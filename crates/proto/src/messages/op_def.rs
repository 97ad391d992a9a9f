//! Op signatures.

use crate::descriptor::notation::{BOOL, INT32, INT64, STRING, enumeration, many, message, one};
use crate::descriptor::{Described, Descriptor};
use crate::{AttrValue, DataType, FullTypeDef, resource_handle_proto};

/// The signature of an op or a function.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OpDef {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, repeated, tag = "2")]
    pub input_arg: Vec<ArgDef>,
    #[prost(message, repeated, tag = "3")]
    pub output_arg: Vec<ArgDef>,
    #[prost(message, repeated, tag = "4")]
    pub attr: Vec<AttrDef>,
    #[prost(string, tag = "5")]
    pub summary: String,
    #[prost(string, tag = "6")]
    pub description: String,
    #[prost(message, optional, tag = "8")]
    pub deprecation: Option<OpDeprecation>,
    #[prost(bool, tag = "16")]
    pub is_aggregate: bool,
    #[prost(bool, tag = "17")]
    pub is_stateful: bool,
    #[prost(bool, tag = "18")]
    pub is_commutative: bool,
    #[prost(bool, tag = "19")]
    pub allows_uninitialized_input: bool,
    #[prost(string, repeated, tag = "20")]
    pub control_output: Vec<String>,
    #[prost(bool, tag = "21")]
    pub is_distributed_communication: bool,
}

impl Described for OpDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.OpDef",
            &[
                one(1, "name", STRING),
                many(2, "input_arg", message::<ArgDef>()),
                many(3, "output_arg", message::<ArgDef>()),
                many(4, "attr", message::<AttrDef>()),
                one(5, "summary", STRING),
                one(6, "description", STRING),
                one(8, "deprecation", message::<OpDeprecation>()),
                one(16, "is_aggregate", BOOL),
                one(17, "is_stateful", BOOL),
                one(18, "is_commutative", BOOL),
                one(19, "allows_uninitialized_input", BOOL),
                many(20, "control_output", STRING),
                one(21, "is_distributed_communication", BOOL),
            ],
        );
        &IT
    }
}

/// An input or output of an op.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ArgDef {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub description: String,
    #[prost(enumeration = "DataType", tag = "3")]
    pub r#type: i32,
    /// The `type` attribute that gives the dtype.
    #[prost(string, tag = "4")]
    pub type_attr: String,
    /// The `int` attribute that gives how many tensors there are.
    #[prost(string, tag = "5")]
    pub number_attr: String,
    /// The `list(type)` attribute that gives the dtypes.
    #[prost(string, tag = "6")]
    pub type_list_attr: String,
    #[prost(message, repeated, tag = "7")]
    pub handle_data: Vec<resource_handle_proto::DtypeAndShape>,
    #[prost(bool, tag = "16")]
    pub is_ref: bool,
    #[prost(message, optional, tag = "17")]
    pub experimental_full_type: Option<FullTypeDef>,
}

impl Described for ArgDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.OpDef.ArgDef",
            &[
                one(1, "name", STRING),
                one(2, "description", STRING),
                one(3, "type", enumeration::<DataType>()),
                one(4, "type_attr", STRING),
                one(5, "number_attr", STRING),
                one(6, "type_list_attr", STRING),
                many(7, "handle_data", message::<resource_handle_proto::DtypeAndShape>()),
                one(16, "is_ref", BOOL),
                one(17, "experimental_full_type", message::<FullTypeDef>()),
            ],
        );
        &IT
    }
}

/// An attribute of an op.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AttrDef {
    #[prost(string, tag = "1")]
    pub name: String,
    /// The attribute's type as written in op signatures, such as `list(int)`.
    #[prost(string, tag = "2")]
    pub r#type: String,
    #[prost(message, optional, tag = "3")]
    pub default_value: Option<AttrValue>,
    #[prost(string, tag = "4")]
    pub description: String,
    #[prost(bool, tag = "5")]
    pub has_minimum: bool,
    #[prost(int64, tag = "6")]
    pub minimum: i64,
    #[prost(message, optional, tag = "7")]
    pub allowed_values: Option<AttrValue>,
}

impl Described for AttrDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.OpDef.AttrDef",
            &[
                one(1, "name", STRING),
                one(2, "type", STRING),
                one(3, "default_value", message::<AttrValue>()),
                one(4, "description", STRING),
                one(5, "has_minimum", BOOL),
                one(6, "minimum", INT64),
                one(7, "allowed_values", message::<AttrValue>()),
            ],
        );
        &IT
    }
}

/// Since which GraphDef version an op must not be used in new graphs.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OpDeprecation {
    #[prost(int32, tag = "1")]
    pub version: i32,
    #[prost(string, tag = "2")]
    pub explanation: String,
}

impl Described for OpDeprecation {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.OpDeprecation",
            &[one(1, "version", INT32), one(2, "explanation", STRING)],
        );
        &IT
    }
}

/// A list of ops.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OpList {
    #[prost(message, repeated, tag = "1")]
    pub op: Vec<OpDef>,
}

impl Described for OpList {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.OpList", &[many(1, "op", message::<OpDef>())]);
        &IT
    }
}
