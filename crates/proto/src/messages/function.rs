//! Functions of a graph and their gradients.

use std::collections::BTreeMap;

use crate::descriptor::notation::{STRING, UINT32, many, map, message, one};
use crate::descriptor::{Described, Descriptor};
use crate::{AttrValue, NodeDef, OpDef};

/// The functions a graph may call.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FunctionDefLibrary {
    #[prost(message, repeated, tag = "1")]
    pub function: Vec<FunctionDef>,
    #[prost(message, repeated, tag = "2")]
    pub gradient: Vec<GradientDef>,
    #[prost(message, repeated, tag = "3")]
    pub registered_gradients: Vec<RegisteredGradient>,
}

impl Described for FunctionDefLibrary {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.FunctionDefLibrary",
            &[
                many(1, "function", message::<FunctionDef>()),
                many(2, "gradient", message::<GradientDef>()),
                many(3, "registered_gradients", message::<RegisteredGradient>()),
            ],
        );
        &IT
    }
}

/// A function: signature, nodes, and which node outputs it returns.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FunctionDef {
    /// Name, inputs, outputs and attributes.
    #[prost(message, optional, tag = "1")]
    pub signature: Option<OpDef>,
    #[prost(message, repeated, tag = "3")]
    pub node_def: Vec<NodeDef>,
    /// By output of the signature, the node output that gives it: `node:output_name:index`.
    #[prost(btree_map = "string, string", tag = "4")]
    pub ret: BTreeMap<String, String>,
    #[prost(btree_map = "string, message", tag = "5")]
    pub attr: BTreeMap<String, AttrValue>,
    /// By control output of the signature, the node that must run.
    #[prost(btree_map = "string, string", tag = "6")]
    pub control_ret: BTreeMap<String, String>,
    #[prost(btree_map = "uint32, message", tag = "7")]
    pub arg_attr: BTreeMap<u32, function_def::ArgAttrs>,
    #[prost(btree_map = "uint32, uint32", tag = "8")]
    pub resource_arg_unique_id: BTreeMap<u32, u32>,
}

impl Described for FunctionDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.FunctionDef",
            &[
                one(1, "signature", message::<OpDef>()),
                many(3, "node_def", message::<NodeDef>()),
                map(4, "ret", STRING, STRING),
                map(5, "attr", STRING, message::<AttrValue>()),
                map(6, "control_ret", STRING, STRING),
                map(7, "arg_attr", UINT32, message::<function_def::ArgAttrs>()),
                map(8, "resource_arg_unique_id", UINT32, UINT32),
            ],
        );
        &IT
    }
}

/// What belongs to [`FunctionDef`] alone.
pub mod function_def {
    use super::*;

    /// Attributes of one argument.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct ArgAttrs {
        #[prost(btree_map = "string, message", tag = "1")]
        pub attr: BTreeMap<String, AttrValue>,
    }

    impl Described for ArgAttrs {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.FunctionDef.ArgAttrs",
                &[map(1, "attr", STRING, message::<AttrValue>())],
            );
            &IT
        }
    }
}

/// Which function is the gradient of which.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GradientDef {
    #[prost(string, tag = "1")]
    pub function_name: String,
    #[prost(string, tag = "2")]
    pub gradient_func: String,
}

impl Described for GradientDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.GradientDef",
            &[one(1, "function_name", STRING), one(2, "gradient_func", STRING)],
        );
        &IT
    }
}

/// A gradient function registered under an op type.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RegisteredGradient {
    #[prost(string, tag = "1")]
    pub gradient_func: String,
    #[prost(string, tag = "2")]
    pub registered_op_type: String,
}

impl Described for RegisteredGradient {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RegisteredGradient",
            &[one(1, "gradient_func", STRING), one(2, "registered_op_type", STRING)],
        );
        &IT
    }
}
