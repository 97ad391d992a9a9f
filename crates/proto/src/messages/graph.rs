//! Graphs, nodes and their versions.

use std::collections::BTreeMap;

use crate::descriptor::notation::{INT32, STRING, many, map, message, one};
use crate::descriptor::{Described, Descriptor};
use crate::{AttrValue, FullTypeDef, FunctionDefLibrary, GraphDebugInfo};

/// A graph: nodes, functions, versions.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GraphDef {
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<NodeDef>,
    #[prost(message, optional, tag = "2")]
    pub library: Option<FunctionDefLibrary>,
    /// Replaced by `versions`; written no more.
    #[prost(int32, tag = "3")]
    pub version: i32,
    /// The versions the graph fits.
    #[prost(message, optional, tag = "4")]
    pub versions: Option<VersionDef>,
    #[prost(message, optional, tag = "5")]
    pub debug_info: Option<GraphDebugInfo>,
}

impl Described for GraphDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.GraphDef",
            &[
                many(1, "node", message::<NodeDef>()),
                one(2, "library", message::<FunctionDefLibrary>()),
                one(3, "version", INT32),
                one(4, "versions", message::<VersionDef>()),
                one(5, "debug_info", message::<GraphDebugInfo>()),
            ],
        );
        &IT
    }
}

/// One node of a graph or function.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NodeDef {
    #[prost(string, tag = "1")]
    pub name: String,
    /// The op or function that the node calls.
    #[prost(string, tag = "2")]
    pub op: String,
    /// `node`, `node:output` or, of a control input, `^node`.
    #[prost(string, repeated, tag = "3")]
    pub input: Vec<String>,
    /// The device asked for; may be partial or empty.
    #[prost(string, tag = "4")]
    pub device: String,
    #[prost(btree_map = "string, message", tag = "5")]
    pub attr: BTreeMap<String, AttrValue>,
    #[prost(message, optional, tag = "6")]
    pub experimental_debug_info: Option<node_def::ExperimentalDebugInfo>,
    #[prost(message, optional, tag = "7")]
    pub experimental_type: Option<FullTypeDef>,
}

impl Described for NodeDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.NodeDef",
            &[
                one(1, "name", STRING),
                one(2, "op", STRING),
                many(3, "input", STRING),
                one(4, "device", STRING),
                map(5, "attr", STRING, message::<AttrValue>()),
                one(6, "experimental_debug_info", message::<node_def::ExperimentalDebugInfo>()),
                one(7, "experimental_type", message::<FullTypeDef>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`NodeDef`] alone.
pub mod node_def {
    use super::*;

    /// Which nodes of the original graph a rewritten node stands for.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct ExperimentalDebugInfo {
        #[prost(string, repeated, tag = "1")]
        pub original_node_names: Vec<String>,
        #[prost(string, repeated, tag = "2")]
        pub original_func_names: Vec<String>,
    }

    impl Described for ExperimentalDebugInfo {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.NodeDef.ExperimentalDebugInfo",
                &[many(1, "original_node_names", STRING), many(2, "original_func_names", STRING)],
            );
            &IT
        }
    }
}

/// The versions of producers and consumers that a file fits.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VersionDef {
    /// The version of the code that wrote the file.
    #[prost(int32, tag = "1")]
    pub producer: i32,
    /// The lowest version of code that may read the file.
    #[prost(int32, tag = "2")]
    pub min_consumer: i32,
    #[prost(int32, repeated, tag = "3")]
    pub bad_consumers: Vec<i32>,
}

impl Described for VersionDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.VersionDef",
            &[one(1, "producer", INT32), one(2, "min_consumer", INT32), many(3, "bad_consumers", INT32)],
        );
        &IT
    }
}
