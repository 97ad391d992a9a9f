//! Where in the source each node was made.

use std::collections::BTreeMap;

use crate::descriptor::notation::{FIXED64, INT32, STRING, explicit_map, many, message, optional};
use crate::descriptor::{Described, Descriptor};

/// Stack traces of the nodes of a graph.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GraphDebugInfo {
    #[prost(string, repeated, tag = "1")]
    pub files: Vec<String>,
    #[prost(btree_map = "string, message", tag = "2")]
    pub traces: BTreeMap<String, graph_debug_info::StackTrace>,
    #[prost(btree_map = "fixed64, message", tag = "4")]
    pub frames_by_id: BTreeMap<u64, graph_debug_info::FileLineCol>,
    #[prost(btree_map = "string, fixed64", tag = "5")]
    pub name_to_trace_id: BTreeMap<String, u64>,
    #[prost(btree_map = "fixed64, message", tag = "6")]
    pub traces_by_id: BTreeMap<u64, graph_debug_info::StackTrace>,
}

impl Described for GraphDebugInfo {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.GraphDebugInfo",
            &[
                many(1, "files", STRING),
                explicit_map(2, "traces", STRING, message::<graph_debug_info::StackTrace>()),
                explicit_map(4, "frames_by_id", FIXED64, message::<graph_debug_info::FileLineCol>()),
                explicit_map(5, "name_to_trace_id", STRING, FIXED64),
                explicit_map(6, "traces_by_id", FIXED64, message::<graph_debug_info::StackTrace>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`GraphDebugInfo`] alone.
pub mod graph_debug_info {
    use super::*;

    /// A place in the source.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct FileLineCol {
        #[prost(int32, optional, tag = "1")]
        pub file_index: Option<i32>,
        #[prost(int32, optional, tag = "2")]
        pub line: Option<i32>,
        #[prost(int32, optional, tag = "3")]
        pub col: Option<i32>,
        #[prost(string, optional, tag = "4")]
        pub func: Option<String>,
        #[prost(string, optional, tag = "5")]
        pub code: Option<String>,
    }

    impl Described for FileLineCol {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.GraphDebugInfo.FileLineCol",
                &[
                    optional(1, "file_index", INT32),
                    optional(2, "line", INT32),
                    optional(3, "col", INT32),
                    optional(4, "func", STRING),
                    optional(5, "code", STRING),
                ],
            );
            &IT
        }
    }

    /// The places that led to a node, innermost first.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct StackTrace {
        #[prost(message, repeated, tag = "1")]
        pub file_line_cols: Vec<FileLineCol>,
        #[prost(fixed64, repeated, tag = "2")]
        pub frame_id: Vec<u64>,
    }

    impl Described for StackTrace {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.GraphDebugInfo.StackTrace",
                &[many(1, "file_line_cols", message::<FileLineCol>()), many(2, "frame_id", FIXED64)],
            );
            &IT
        }
    }
}
