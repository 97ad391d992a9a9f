//! Options of the TensorFlow debugger.

use crate::descriptor::notation::{BOOL, INT32, INT64, STRING, many, message, one};
use crate::descriptor::{Described, Descriptor};

/// What the debugger watches.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DebugOptions {
    #[prost(message, repeated, tag = "4")]
    pub debug_tensor_watch_opts: Vec<DebugTensorWatch>,
    #[prost(int64, tag = "10")]
    pub global_step: i64,
    #[prost(bool, tag = "11")]
    pub reset_disk_byte_usage: bool,
}

impl Described for DebugOptions {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.DebugOptions",
            &[
                many(4, "debug_tensor_watch_opts", message::<DebugTensorWatch>()),
                one(10, "global_step", INT64),
                one(11, "reset_disk_byte_usage", BOOL),
            ],
        );
        &IT
    }
}

/// A tensor that the debugger watches.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DebugTensorWatch {
    #[prost(string, tag = "1")]
    pub node_name: String,
    #[prost(int32, tag = "2")]
    pub output_slot: i32,
    #[prost(string, repeated, tag = "3")]
    pub debug_ops: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    pub debug_urls: Vec<String>,
    #[prost(bool, tag = "5")]
    pub tolerate_debug_op_creation_failures: bool,
}

impl Described for DebugTensorWatch {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.DebugTensorWatch",
            &[
                one(1, "node_name", STRING),
                one(2, "output_slot", INT32),
                many(3, "debug_ops", STRING),
                many(4, "debug_urls", STRING),
                one(5, "tolerate_debug_op_creation_failures", BOOL),
            ],
        );
        &IT
    }
}

/// A source file that the debugger sends along.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DebuggedSourceFile {
    #[prost(string, tag = "1")]
    pub host: String,
    #[prost(string, tag = "2")]
    pub file_path: String,
    #[prost(int64, tag = "3")]
    pub last_modified: i64,
    #[prost(int64, tag = "4")]
    pub bytes: i64,
    #[prost(string, repeated, tag = "5")]
    pub lines: Vec<String>,
}

impl Described for DebuggedSourceFile {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.DebuggedSourceFile",
            &[
                one(1, "host", STRING),
                one(2, "file_path", STRING),
                one(3, "last_modified", INT64),
                one(4, "bytes", INT64),
                many(5, "lines", STRING),
            ],
        );
        &IT
    }
}

/// Source files that the debugger sends along.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DebuggedSourceFiles {
    #[prost(message, repeated, tag = "1")]
    pub source_files: Vec<DebuggedSourceFile>,
}

impl Described for DebuggedSourceFiles {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.DebuggedSourceFiles",
            &[many(1, "source_files", message::<DebuggedSourceFile>())],
        );
        &IT
    }
}
