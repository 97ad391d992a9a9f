//! `ConfigProto`: how a session is set up.

use std::collections::BTreeMap;

use crate::descriptor::notation::{BOOL, INT32, INT64, STRING, enumeration, many, map, message, one};
use crate::descriptor::{Described, DescribedEnum, Descriptor, EnumDescriptor};
use crate::{ClusterDef, CoordinationServiceConfig, GpuOptions, RewriterConfig, RpcOptions};

/// How a session is set up.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ConfigProto {
    /// By device type, how many devices are used at most.
    #[prost(btree_map = "string, int32", tag = "1")]
    pub device_count: BTreeMap<String, i32>,
    #[prost(int32, tag = "2")]
    pub intra_op_parallelism_threads: i32,
    #[prost(int32, tag = "3")]
    pub placement_period: i32,
    #[prost(string, repeated, tag = "4")]
    pub device_filters: Vec<String>,
    #[prost(int32, tag = "5")]
    pub inter_op_parallelism_threads: i32,
    #[prost(message, optional, tag = "6")]
    pub gpu_options: Option<GpuOptions>,
    #[prost(bool, tag = "7")]
    pub allow_soft_placement: bool,
    #[prost(bool, tag = "8")]
    pub log_device_placement: bool,
    #[prost(bool, tag = "9")]
    pub use_per_session_threads: bool,
    #[prost(message, optional, tag = "10")]
    pub graph_options: Option<GraphOptions>,
    #[prost(int64, tag = "11")]
    pub operation_timeout_in_ms: i64,
    #[prost(message, repeated, tag = "12")]
    pub session_inter_op_thread_pool: Vec<ThreadPoolOptionProto>,
    #[prost(message, optional, tag = "13")]
    pub rpc_options: Option<RpcOptions>,
    #[prost(message, optional, tag = "14")]
    pub cluster_def: Option<ClusterDef>,
    #[prost(bool, tag = "15")]
    pub isolate_session_state: bool,
    #[prost(message, optional, tag = "16")]
    pub experimental: Option<config_proto::Experimental>,
    #[prost(bool, tag = "17")]
    pub share_cluster_devices_in_session: bool,
    #[prost(message, optional, tag = "18")]
    pub pluggable_device_options: Option<GpuOptions>,
}

impl Described for ConfigProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.ConfigProto",
            &[
                map(1, "device_count", STRING, INT32),
                one(2, "intra_op_parallelism_threads", INT32),
                one(3, "placement_period", INT32),
                many(4, "device_filters", STRING),
                one(5, "inter_op_parallelism_threads", INT32),
                one(6, "gpu_options", message::<GpuOptions>()),
                one(7, "allow_soft_placement", BOOL),
                one(8, "log_device_placement", BOOL),
                one(9, "use_per_session_threads", BOOL),
                one(10, "graph_options", message::<GraphOptions>()),
                one(11, "operation_timeout_in_ms", INT64),
                many(12, "session_inter_op_thread_pool", message::<ThreadPoolOptionProto>()),
                one(13, "rpc_options", message::<RpcOptions>()),
                one(14, "cluster_def", message::<ClusterDef>()),
                one(15, "isolate_session_state", BOOL),
                one(16, "experimental", message::<config_proto::Experimental>()),
                one(17, "share_cluster_devices_in_session", BOOL),
                one(18, "pluggable_device_options", message::<GpuOptions>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`ConfigProto`] alone.
pub mod config_proto {
    use super::*;

    /// Options that may go.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Experimental {
        #[prost(string, tag = "1")]
        pub collective_group_leader: String,
        #[prost(string, tag = "3")]
        pub executor_type: String,
        #[prost(int32, tag = "4")]
        pub recv_buf_max_chunk: i32,
        #[prost(bool, tag = "5")]
        pub use_numa_affinity: bool,
        #[prost(bool, tag = "6")]
        pub collective_deterministic_sequential_execution: bool,
        #[prost(bool, tag = "7")]
        pub collective_nccl: bool,
        #[prost(bool, tag = "8")]
        pub share_session_state_in_clusterspec_propagation: bool,
        #[prost(bool, tag = "9")]
        pub disable_thread_spinning: bool,
        #[prost(bool, tag = "10")]
        pub share_cluster_devices_in_session: bool,
        #[prost(message, optional, tag = "11")]
        pub session_metadata: Option<SessionMetadata>,
        #[prost(bool, tag = "12")]
        pub optimize_for_static_graph: bool,
        #[prost(bool, tag = "13")]
        pub enable_mlir_bridge: bool,
        #[prost(bool, tag = "14")]
        pub disable_output_partition_graphs: bool,
        #[prost(int64, tag = "15")]
        pub xla_fusion_autotuner_thresh: i64,
        #[prost(bool, tag = "16")]
        pub enable_mlir_graph_optimization: bool,
        #[prost(enumeration = "experimental::MlirBridgeRollout", tag = "17")]
        pub mlir_bridge_rollout: i32,
        #[prost(bool, tag = "18")]
        pub use_tfrt: bool,
        #[prost(bool, tag = "21")]
        pub disable_functional_ops_lowering: bool,
        #[prost(bool, tag = "22")]
        pub xla_prefer_single_graph_cluster: bool,
        #[prost(message, optional, tag = "23")]
        pub coordination_config: Option<CoordinationServiceConfig>,
        #[prost(bool, tag = "24")]
        pub disable_optimize_for_static_graph: bool,
        #[prost(bool, tag = "26")]
        pub disable_eager_executor_streaming_enqueue: bool,
        #[prost(bool, tag = "27")]
        pub enable_multi_host: bool,
        #[prost(int32, tag = "28")]
        pub backend_server_port: i32,
        #[prost(bool, tag = "29")]
        pub target_tpu: bool,
        #[prost(bool, tag = "30")]
        pub target_gpu: bool,
        #[prost(int32, tag = "31")]
        pub stream_merge_threshold: i32,
        #[prost(bool, tag = "32")]
        pub tfrt_use_ifrt: bool,
        #[prost(bool, tag = "33")]
        pub finalize_function_library_runtime: bool,
        #[prost(bool, tag = "34")]
        pub finalize_resource_manager: bool,
        #[prost(string, tag = "35")]
        pub tf2xla_dump_dir: String,
        #[prost(bool, tag = "36")]
        pub online_cost_analysis: bool,
    }

    impl Described for Experimental {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.ConfigProto.Experimental",
                &[
                    one(1, "collective_group_leader", STRING),
                    one(3, "executor_type", STRING),
                    one(4, "recv_buf_max_chunk", INT32),
                    one(5, "use_numa_affinity", BOOL),
                    one(6, "collective_deterministic_sequential_execution", BOOL),
                    one(7, "collective_nccl", BOOL),
                    one(8, "share_session_state_in_clusterspec_propagation", BOOL),
                    one(9, "disable_thread_spinning", BOOL),
                    one(10, "share_cluster_devices_in_session", BOOL),
                    one(11, "session_metadata", message::<SessionMetadata>()),
                    one(12, "optimize_for_static_graph", BOOL),
                    one(13, "enable_mlir_bridge", BOOL),
                    one(14, "disable_output_partition_graphs", BOOL),
                    one(15, "xla_fusion_autotuner_thresh", INT64),
                    one(16, "enable_mlir_graph_optimization", BOOL),
                    one(17, "mlir_bridge_rollout", enumeration::<experimental::MlirBridgeRollout>()),
                    one(18, "use_tfrt", BOOL),
                    one(21, "disable_functional_ops_lowering", BOOL),
                    one(22, "xla_prefer_single_graph_cluster", BOOL),
                    one(23, "coordination_config", message::<CoordinationServiceConfig>()),
                    one(24, "disable_optimize_for_static_graph", BOOL),
                    one(26, "disable_eager_executor_streaming_enqueue", BOOL),
                    one(27, "enable_multi_host", BOOL),
                    one(28, "backend_server_port", INT32),
                    one(29, "target_tpu", BOOL),
                    one(30, "target_gpu", BOOL),
                    one(31, "stream_merge_threshold", INT32),
                    one(32, "tfrt_use_ifrt", BOOL),
                    one(33, "finalize_function_library_runtime", BOOL),
                    one(34, "finalize_resource_manager", BOOL),
                    one(35, "tf2xla_dump_dir", STRING),
                    one(36, "online_cost_analysis", BOOL),
                ],
            );
            &IT
        }
    }

    /// What belongs to [`Experimental`] alone.
    pub mod experimental {
        use super::*;

        /// Whether the MLIR bridge is used.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
        #[repr(i32)]
        pub enum MlirBridgeRollout {
            Unspecified = 0,
            Enabled = 1,
            Disabled = 2,
        }

        impl DescribedEnum for MlirBridgeRollout {
            fn descriptor() -> &'static EnumDescriptor {
                static IT: EnumDescriptor = EnumDescriptor::new(
                    "tensorflow.ConfigProto.Experimental.MlirBridgeRollout",
                    &[
                        ("MLIR_BRIDGE_ROLLOUT_UNSPECIFIED", 0),
                        ("MLIR_BRIDGE_ROLLOUT_ENABLED", 1),
                        ("MLIR_BRIDGE_ROLLOUT_DISABLED", 2),
                    ],
                );
                &IT
            }
        }
    }
}

/// How graphs are optimised, placed and timed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GraphOptions {
    #[prost(bool, tag = "2")]
    pub enable_recv_scheduling: bool,
    #[prost(message, optional, tag = "3")]
    pub optimizer_options: Option<OptimizerOptions>,
    #[prost(int64, tag = "4")]
    pub build_cost_model: i64,
    #[prost(bool, tag = "5")]
    pub infer_shapes: bool,
    #[prost(bool, tag = "6")]
    pub place_pruned_graph: bool,
    #[prost(bool, tag = "7")]
    pub enable_bfloat16_sendrecv: bool,
    #[prost(int32, tag = "8")]
    pub timeline_step: i32,
    #[prost(int64, tag = "9")]
    pub build_cost_model_after: i64,
    #[prost(message, optional, tag = "10")]
    pub rewrite_options: Option<RewriterConfig>,
}

impl Described for GraphOptions {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.GraphOptions",
            &[
                one(2, "enable_recv_scheduling", BOOL),
                one(3, "optimizer_options", message::<OptimizerOptions>()),
                one(4, "build_cost_model", INT64),
                one(5, "infer_shapes", BOOL),
                one(6, "place_pruned_graph", BOOL),
                one(7, "enable_bfloat16_sendrecv", BOOL),
                one(8, "timeline_step", INT32),
                one(9, "build_cost_model_after", INT64),
                one(10, "rewrite_options", message::<RewriterConfig>()),
            ],
        );
        &IT
    }
}

/// The options of the old graph optimizer.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OptimizerOptions {
    #[prost(bool, tag = "1")]
    pub do_common_subexpression_elimination: bool,
    #[prost(bool, tag = "2")]
    pub do_constant_folding: bool,
    #[prost(enumeration = "optimizer_options::Level", tag = "3")]
    pub opt_level: i32,
    #[prost(bool, tag = "4")]
    pub do_function_inlining: bool,
    #[prost(enumeration = "optimizer_options::GlobalJitLevel", tag = "5")]
    pub global_jit_level: i32,
    #[prost(int64, tag = "6")]
    pub max_folded_constant_in_bytes: i64,
    #[prost(bool, tag = "7")]
    pub cpu_global_jit: bool,
}

impl Described for OptimizerOptions {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.OptimizerOptions",
            &[
                one(1, "do_common_subexpression_elimination", BOOL),
                one(2, "do_constant_folding", BOOL),
                one(3, "opt_level", enumeration::<optimizer_options::Level>()),
                one(4, "do_function_inlining", BOOL),
                one(5, "global_jit_level", enumeration::<optimizer_options::GlobalJitLevel>()),
                one(6, "max_folded_constant_in_bytes", INT64),
                one(7, "cpu_global_jit", BOOL),
            ],
        );
        &IT
    }
}

/// What belongs to [`OptimizerOptions`] alone.
pub mod optimizer_options {
    use super::*;

    /// How much is optimised; `L1` is the default.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum Level {
        L1 = 0,
        L0 = -1,
    }

    impl DescribedEnum for Level {
        fn descriptor() -> &'static EnumDescriptor {
            static IT: EnumDescriptor =
                EnumDescriptor::new("tensorflow.OptimizerOptions.Level", &[("L1", 0), ("L0", -1)]);
            &IT
        }
    }

    /// Whether XLA compiles what it can.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum GlobalJitLevel {
        Default = 0,
        Off = -1,
        On1 = 1,
        On2 = 2,
    }

    impl DescribedEnum for GlobalJitLevel {
        fn descriptor() -> &'static EnumDescriptor {
            static IT: EnumDescriptor = EnumDescriptor::new(
                "tensorflow.OptimizerOptions.GlobalJitLevel",
                &[("DEFAULT", 0), ("OFF", -1), ("ON_1", 1), ("ON_2", 2)],
            );
            &IT
        }
    }
}

/// A thread pool of a session.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ThreadPoolOptionProto {
    #[prost(int32, tag = "1")]
    pub num_threads: i32,
    #[prost(string, tag = "2")]
    pub global_name: String,
}

impl Described for ThreadPoolOptionProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.ThreadPoolOptionProto",
            &[one(1, "num_threads", INT32), one(2, "global_name", STRING)],
        );
        &IT
    }
}

/// Name and version of the model that a session serves.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SessionMetadata {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(int64, tag = "2")]
    pub version: i64,
}

impl Described for SessionMetadata {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SessionMetadata",
            &[one(1, "name", STRING), one(2, "version", INT64)],
        );
        &IT
    }
}

/// How a batching function gathers its calls.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BatchingOptions {
    #[prost(int32, tag = "1")]
    pub num_batch_threads: i32,
    #[prost(int32, tag = "2")]
    pub max_batch_size: i32,
    #[prost(int32, tag = "3")]
    pub batch_timeout_micros: i32,
    #[prost(int32, repeated, tag = "4")]
    pub allowed_batch_sizes: Vec<i32>,
    #[prost(int32, tag = "5")]
    pub max_enqueued_batches: i32,
}

impl Described for BatchingOptions {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.BatchingOptions",
            &[
                one(1, "num_batch_threads", INT32),
                one(2, "max_batch_size", INT32),
                one(3, "batch_timeout_micros", INT32),
                many(4, "allowed_batch_sizes", INT32),
                one(5, "max_enqueued_batches", INT32),
            ],
        );
        &IT
    }
}
