//! Options of the graph optimizer.

use std::collections::BTreeMap;

use crate::AttrValue;
use crate::descriptor::notation::{BOOL, INT32, INT64, STRING, enumeration, many, map, message, one};
use crate::descriptor::{Described, DescribedEnum, Descriptor, EnumDescriptor};

/// Options of the graph optimizer.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RewriterConfig {
    #[prost(enumeration = "Toggle", tag = "1")]
    pub layout_optimizer: i32,
    #[prost(bool, tag = "2")]
    pub disable_model_pruning: bool,
    #[prost(enumeration = "Toggle", tag = "3")]
    pub constant_folding: i32,
    #[prost(enumeration = "MemOptType", tag = "4")]
    pub memory_optimization: i32,
    #[prost(message, optional, tag = "5")]
    pub auto_parallel: Option<AutoParallelOptions>,
    #[prost(string, tag = "6")]
    pub memory_optimizer_target_node_name_scope: String,
    #[prost(enumeration = "Toggle", tag = "7")]
    pub arithmetic_optimization: i32,
    #[prost(enumeration = "Toggle", tag = "8")]
    pub dependency_optimization: i32,
    #[prost(enumeration = "Toggle", tag = "9")]
    pub loop_optimization: i32,
    #[prost(enumeration = "Toggle", tag = "10")]
    pub function_optimization: i32,
    #[prost(enumeration = "Toggle", tag = "11")]
    pub debug_stripper: i32,
    #[prost(enumeration = "NumIterationsType", tag = "12")]
    pub meta_optimizer_iterations: i32,
    #[prost(enumeration = "Toggle", tag = "13")]
    pub shape_optimization: i32,
    #[prost(enumeration = "Toggle", tag = "14")]
    pub remapping: i32,
    #[prost(enumeration = "Toggle", tag = "15")]
    pub scoped_allocator_optimization: i32,
    #[prost(message, optional, tag = "16")]
    pub scoped_allocator_opts: Option<ScopedAllocatorOptions>,
    #[prost(int32, tag = "17")]
    pub min_graph_nodes: i32,
    #[prost(enumeration = "Toggle", tag = "18")]
    pub pin_to_host_optimization: i32,
    #[prost(bool, tag = "19")]
    pub disable_meta_optimizer: bool,
    #[prost(int64, tag = "20")]
    pub meta_optimizer_timeout_ms: i64,
    #[prost(bool, tag = "21")]
    pub fail_on_optimizer_errors: bool,
    #[prost(enumeration = "Toggle", tag = "22")]
    pub implementation_selector: i32,
    #[prost(enumeration = "Toggle", tag = "23")]
    pub auto_mixed_precision: i32,
    #[prost(enumeration = "Toggle", tag = "24")]
    pub common_subgraph_elimination: i32,
    #[prost(enumeration = "Toggle", tag = "25")]
    pub auto_mixed_precision_mkl: i32,
    #[prost(bool, tag = "26")]
    pub experimental_disable_compressed_tensor_optimization: bool,
    #[prost(bool, tag = "27")]
    pub experimental_disable_folding_quantization_emulation: bool,
    #[prost(enumeration = "Toggle", tag = "28")]
    pub use_plugin_optimizers: i32,
    #[prost(enumeration = "Toggle", tag = "29")]
    pub auto_mixed_precision_cpu: i32,
    #[prost(enumeration = "Toggle", tag = "30")]
    pub experimental_conditional_code_motion: i32,
    #[prost(enumeration = "Toggle", tag = "31")]
    pub auto_mixed_precision_onednn_bfloat16: i32,
    #[prost(bool, tag = "32")]
    pub disable_tfg_optimizer: bool,
    #[prost(enumeration = "CpuLayout", tag = "50")]
    pub cpu_layout_conversion: i32,
    #[prost(string, repeated, tag = "100")]
    pub optimizers: Vec<String>,
    #[prost(message, repeated, tag = "200")]
    pub custom_optimizers: Vec<CustomGraphOptimizer>,
    #[prost(message, optional, tag = "300")]
    pub inter_optimizer_verifier_config: Option<VerifierConfig>,
    #[prost(message, optional, tag = "301")]
    pub post_optimization_verifier_config: Option<VerifierConfig>,
}

impl Described for RewriterConfig {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RewriterConfig",
            &[
                one(1, "layout_optimizer", enumeration::<Toggle>()),
                one(2, "disable_model_pruning", BOOL),
                one(3, "constant_folding", enumeration::<Toggle>()),
                one(4, "memory_optimization", enumeration::<MemOptType>()),
                one(5, "auto_parallel", message::<AutoParallelOptions>()),
                one(6, "memory_optimizer_target_node_name_scope", STRING),
                one(7, "arithmetic_optimization", enumeration::<Toggle>()),
                one(8, "dependency_optimization", enumeration::<Toggle>()),
                one(9, "loop_optimization", enumeration::<Toggle>()),
                one(10, "function_optimization", enumeration::<Toggle>()),
                one(11, "debug_stripper", enumeration::<Toggle>()),
                one(12, "meta_optimizer_iterations", enumeration::<NumIterationsType>()),
                one(13, "shape_optimization", enumeration::<Toggle>()),
                one(14, "remapping", enumeration::<Toggle>()),
                one(15, "scoped_allocator_optimization", enumeration::<Toggle>()),
                one(16, "scoped_allocator_opts", message::<ScopedAllocatorOptions>()),
                one(17, "min_graph_nodes", INT32),
                one(18, "pin_to_host_optimization", enumeration::<Toggle>()),
                one(19, "disable_meta_optimizer", BOOL),
                one(20, "meta_optimizer_timeout_ms", INT64),
                one(21, "fail_on_optimizer_errors", BOOL),
                one(22, "implementation_selector", enumeration::<Toggle>()),
                one(23, "auto_mixed_precision", enumeration::<Toggle>()),
                one(24, "common_subgraph_elimination", enumeration::<Toggle>()),
                one(25, "auto_mixed_precision_mkl", enumeration::<Toggle>()),
                one(26, "experimental_disable_compressed_tensor_optimization", BOOL),
                one(27, "experimental_disable_folding_quantization_emulation", BOOL),
                one(28, "use_plugin_optimizers", enumeration::<Toggle>()),
                one(29, "auto_mixed_precision_cpu", enumeration::<Toggle>()),
                one(30, "experimental_conditional_code_motion", enumeration::<Toggle>()),
                one(31, "auto_mixed_precision_onednn_bfloat16", enumeration::<Toggle>()),
                one(32, "disable_tfg_optimizer", BOOL),
                one(50, "cpu_layout_conversion", enumeration::<CpuLayout>()),
                many(100, "optimizers", STRING),
                many(200, "custom_optimizers", message::<CustomGraphOptimizer>()),
                one(300, "inter_optimizer_verifier_config", message::<VerifierConfig>()),
                one(301, "post_optimization_verifier_config", message::<VerifierConfig>()),
            ],
        );
        &IT
    }
}

/// Whether an optimizer runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Toggle {
    Default = 0,
    On = 1,
    Off = 2,
    Aggressive = 3,
    ExperimentalMlir = 4,
    ExperimentalBoth = 5,
}

impl DescribedEnum for Toggle {
    fn descriptor() -> &'static EnumDescriptor {
        static IT: EnumDescriptor = EnumDescriptor::new(
            "tensorflow.RewriterConfig.Toggle",
            &[
                ("DEFAULT", 0),
                ("ON", 1),
                ("OFF", 2),
                ("AGGRESSIVE", 3),
                ("EXPERIMENTAL_MLIR", 4),
                ("EXPERIMENTAL_BOTH", 5),
            ],
        );
        &IT
    }
}

/// Which layout convolutions are brought to on a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum CpuLayout {
    NoConversionOnCpu = 0,
    NchwToNhwc = 1,
    NhwcToNchw = 2,
}

impl DescribedEnum for CpuLayout {
    fn descriptor() -> &'static EnumDescriptor {
        static IT: EnumDescriptor = EnumDescriptor::new(
            "tensorflow.RewriterConfig.CpuLayout",
            &[("NO_CONVERSION_ON_CPU", 0), ("NCHW_TO_NHWC", 1), ("NHWC_TO_NCHW", 2)],
        );
        &IT
    }
}

/// How often the optimizers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum NumIterationsType {
    DefaultNumIters = 0,
    One = 1,
    Two = 2,
}

impl DescribedEnum for NumIterationsType {
    fn descriptor() -> &'static EnumDescriptor {
        static IT: EnumDescriptor = EnumDescriptor::new(
            "tensorflow.RewriterConfig.NumIterationsType",
            &[("DEFAULT_NUM_ITERS", 0), ("ONE", 1), ("TWO", 2)],
        );
        &IT
    }
}

/// Which memory optimisations run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum MemOptType {
    DefaultMemOpt = 0,
    NoMemOpt = 1,
    Manual = 2,
    SwappingHeuristics = 4,
    RecomputationHeuristics = 5,
    SchedulingHeuristics = 6,
    Heuristics = 3,
}

impl DescribedEnum for MemOptType {
    fn descriptor() -> &'static EnumDescriptor {
        static IT: EnumDescriptor = EnumDescriptor::new(
            "tensorflow.RewriterConfig.MemOptType",
            &[
                ("DEFAULT_MEM_OPT", 0),
                ("NO_MEM_OPT", 1),
                ("MANUAL", 2),
                ("SWAPPING_HEURISTICS", 4),
                ("RECOMPUTATION_HEURISTICS", 5),
                ("SCHEDULING_HEURISTICS", 6),
                ("HEURISTICS", 3),
            ],
        );
        &IT
    }
}

/// An optimizer that a library registered, and its parameters.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CustomGraphOptimizer {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(btree_map = "string, message", tag = "2")]
    pub parameter_map: BTreeMap<String, AttrValue>,
}

impl Described for CustomGraphOptimizer {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RewriterConfig.CustomGraphOptimizer",
            &[one(1, "name", STRING), map(2, "parameter_map", STRING, message::<AttrValue>())],
        );
        &IT
    }
}

/// How a graph is replicated.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AutoParallelOptions {
    #[prost(bool, tag = "1")]
    pub enable: bool,
    #[prost(int32, tag = "2")]
    pub num_replicas: i32,
}

impl Described for AutoParallelOptions {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.AutoParallelOptions",
            &[one(1, "enable", BOOL), one(2, "num_replicas", INT32)],
        );
        &IT
    }
}

/// Which ops may share an allocation.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ScopedAllocatorOptions {
    #[prost(string, repeated, tag = "1")]
    pub enable_op: Vec<String>,
}

impl Described for ScopedAllocatorOptions {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.ScopedAllocatorOptions", &[many(1, "enable_op", STRING)]);
        &IT
    }
}

/// How optimised graphs are verified.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VerifierConfig {
    #[prost(int64, tag = "1")]
    pub verification_timeout_in_ms: i64,
    #[prost(enumeration = "verifier_config::Toggle", tag = "2")]
    pub structure_verifier: i32,
}

impl Described for VerifierConfig {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.VerifierConfig",
            &[
                one(1, "verification_timeout_in_ms", INT64),
                one(2, "structure_verifier", enumeration::<verifier_config::Toggle>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`VerifierConfig`] alone.
pub mod verifier_config {
    use super::*;

    /// Whether a verifier runs.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum Toggle {
        Default = 0,
        On = 1,
        Off = 2,
    }

    impl DescribedEnum for Toggle {
        fn descriptor() -> &'static EnumDescriptor {
            static IT: EnumDescriptor = EnumDescriptor::new(
                "tensorflow.VerifierConfig.Toggle",
                &[("DEFAULT", 0), ("ON", 1), ("OFF", 2)],
            );
            &IT
        }
    }
}
