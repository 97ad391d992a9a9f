//! Options of one run, what it reports, and prepared calls.

use std::collections::BTreeMap;

use crate::descriptor::notation::{BOOL, INT32, INT64, STRING, enumeration, many, map, message, one};
use crate::descriptor::{Described, DescribedEnum, Descriptor, EnumDescriptor};
use crate::{CostGraphDef, DebugOptions, GraphDef, SessionMetadata, StepStats};

/// Options of one run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RunOptions {
    #[prost(enumeration = "TraceLevel", tag = "1")]
    pub trace_level: i32,
    #[prost(int64, tag = "2")]
    pub timeout_in_ms: i64,
    #[prost(int32, tag = "3")]
    pub inter_op_thread_pool: i32,
    #[prost(bool, tag = "5")]
    pub output_partition_graphs: bool,
    #[prost(message, optional, tag = "6")]
    pub debug_options: Option<DebugOptions>,
    #[prost(bool, tag = "7")]
    pub report_tensor_allocations_upon_oom: bool,
    #[prost(message, optional, tag = "8")]
    pub experimental: Option<Experimental>,
}

impl Described for RunOptions {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RunOptions",
            &[
                one(1, "trace_level", enumeration::<TraceLevel>()),
                one(2, "timeout_in_ms", INT64),
                one(3, "inter_op_thread_pool", INT32),
                one(5, "output_partition_graphs", BOOL),
                one(6, "debug_options", message::<DebugOptions>()),
                one(7, "report_tensor_allocations_upon_oom", BOOL),
                one(8, "experimental", message::<Experimental>()),
            ],
        );
        &IT
    }
}

/// How much of a run is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum TraceLevel {
    NoTrace = 0,
    SoftwareTrace = 1,
    HardwareTrace = 2,
    FullTrace = 3,
}

impl DescribedEnum for TraceLevel {
    fn descriptor() -> &'static EnumDescriptor {
        static IT: EnumDescriptor = EnumDescriptor::new(
            "tensorflow.RunOptions.TraceLevel",
            &[("NO_TRACE", 0), ("SOFTWARE_TRACE", 1), ("HARDWARE_TRACE", 2), ("FULL_TRACE", 3)],
        );
        &IT
    }
}

/// Options that may go.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Experimental {
    #[prost(int64, tag = "1")]
    pub collective_graph_key: i64,
    #[prost(bool, tag = "2")]
    pub use_run_handler_pool: bool,
    #[prost(message, optional, tag = "3")]
    pub run_handler_pool_options: Option<experimental::RunHandlerPoolOptions>,
}

impl Described for Experimental {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RunOptions.Experimental",
            &[
                one(1, "collective_graph_key", INT64),
                one(2, "use_run_handler_pool", BOOL),
                one(3, "run_handler_pool_options", message::<experimental::RunHandlerPoolOptions>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`Experimental`] alone.
pub mod experimental {
    use super::*;

    /// Options of the pool that shares threads among runs.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct RunHandlerPoolOptions {
        #[prost(int64, tag = "1")]
        pub priority: i64,
    }

    impl Described for RunHandlerPoolOptions {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.RunOptions.Experimental.RunHandlerPoolOptions",
                &[one(1, "priority", INT64)],
            );
            &IT
        }
    }
}

/// What a run reports.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RunMetadata {
    #[prost(message, optional, tag = "1")]
    pub step_stats: Option<StepStats>,
    #[prost(message, optional, tag = "2")]
    pub cost_graph: Option<CostGraphDef>,
    #[prost(message, repeated, tag = "3")]
    pub partition_graphs: Vec<GraphDef>,
    #[prost(message, repeated, tag = "4")]
    pub function_graphs: Vec<run_metadata::FunctionGraphs>,
    #[prost(message, optional, tag = "5")]
    pub session_metadata: Option<SessionMetadata>,
}

impl Described for RunMetadata {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RunMetadata",
            &[
                one(1, "step_stats", message::<StepStats>()),
                one(2, "cost_graph", message::<CostGraphDef>()),
                many(3, "partition_graphs", message::<GraphDef>()),
                many(4, "function_graphs", message::<run_metadata::FunctionGraphs>()),
                one(5, "session_metadata", message::<SessionMetadata>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`RunMetadata`] alone.
pub mod run_metadata {
    use super::*;

    /// The graphs of one function that ran.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct FunctionGraphs {
        #[prost(message, repeated, tag = "1")]
        pub partition_graphs: Vec<GraphDef>,
        #[prost(message, optional, tag = "2")]
        pub pre_optimization_graph: Option<GraphDef>,
        #[prost(message, optional, tag = "3")]
        pub post_optimization_graph: Option<GraphDef>,
    }

    impl Described for FunctionGraphs {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.RunMetadata.FunctionGraphs",
                &[
                    many(1, "partition_graphs", message::<GraphDef>()),
                    one(2, "pre_optimization_graph", message::<GraphDef>()),
                    one(3, "post_optimization_graph", message::<GraphDef>()),
                ],
            );
            &IT
        }
    }
}

/// The feeds, fetches and targets of a call that is prepared once and made often.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CallableOptions {
    #[prost(string, repeated, tag = "1")]
    pub feed: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub fetch: Vec<String>,
    #[prost(string, repeated, tag = "3")]
    pub target: Vec<String>,
    #[prost(message, optional, tag = "4")]
    pub run_options: Option<RunOptions>,
    #[prost(message, repeated, tag = "5")]
    pub tensor_connection: Vec<TensorConnection>,
    #[prost(btree_map = "string, string", tag = "6")]
    pub feed_devices: BTreeMap<String, String>,
    #[prost(btree_map = "string, string", tag = "7")]
    pub fetch_devices: BTreeMap<String, String>,
    #[prost(bool, tag = "8")]
    pub fetch_skip_sync: bool,
}

impl Described for CallableOptions {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.CallableOptions",
            &[
                many(1, "feed", STRING),
                many(2, "fetch", STRING),
                many(3, "target", STRING),
                one(4, "run_options", message::<RunOptions>()),
                many(5, "tensor_connection", message::<TensorConnection>()),
                map(6, "feed_devices", STRING, STRING),
                map(7, "fetch_devices", STRING, STRING),
                one(8, "fetch_skip_sync", BOOL),
            ],
        );
        &IT
    }
}

/// A tensor that takes its value from another one.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TensorConnection {
    #[prost(string, tag = "1")]
    pub from_tensor: String,
    #[prost(string, tag = "2")]
    pub to_tensor: String,
}

impl Described for TensorConnection {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.TensorConnection",
            &[one(1, "from_tensor", STRING), one(2, "to_tensor", STRING)],
        );
        &IT
    }
}
