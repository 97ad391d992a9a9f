//! TensorFlow's messages, a file a topic.

pub mod attr_value;
mod bundle;
mod checkpoint_state;
mod cluster;
mod config;
mod control_flow;
mod cost_graph;
mod debug;
mod debug_info;
mod device_attributes;
mod error_codes;
pub mod event;
mod example;
mod full_type;
mod function;
pub mod gpu_options;
mod graph;
pub mod kernel_def;
mod master;
mod meta_graph;
pub mod op_def;
mod queue_runner;
pub mod rewriter_config;
pub mod run_options;
mod saved_model;
mod saved_object_graph;
mod saved_slice;
mod shape_inference;
mod snapshot;
mod step_stats;
pub mod structured_value;
pub mod summary;
mod tensor;
pub mod trackable_object_graph;
mod types;
mod variable;
mod well_known;
mod worker;
mod worker_tensor;

pub use self::attr_value::{AttrValue, NameAttrList};
pub use self::bundle::*;
pub use self::checkpoint_state::*;
pub use self::cluster::*;
pub use self::config::*;
pub use self::control_flow::*;
pub use self::cost_graph::*;
pub use self::debug::*;
pub use self::debug_info::*;
pub use self::device_attributes::*;
pub use self::error_codes::*;
pub use self::event::{
    Event, LogMessage, SessionLog, SourceMetadata, TaggedRunMetadata, log_message, session_log,
};
pub use self::example::*;
pub use self::full_type::*;
pub use self::function::*;
pub use self::gpu_options::GpuOptions;
pub use self::graph::*;
pub use self::kernel_def::{KernelDef, KernelList};
pub use self::master::*;
pub use self::meta_graph::*;
pub use self::op_def::{OpDef, OpDeprecation, OpList};
pub use self::queue_runner::*;
pub use self::rewriter_config::{
    AutoParallelOptions, RewriterConfig, ScopedAllocatorOptions, VerifierConfig, verifier_config,
};
pub use self::run_options::{CallableOptions, RunMetadata, RunOptions, TensorConnection, run_metadata};
pub use self::saved_model::*;
pub use self::saved_object_graph::*;
pub use self::saved_slice::*;
pub use self::shape_inference::*;
pub use self::step_stats::*;
pub use self::structured_value::{
    BoundedTensorSpecProto, CompositeTensorVariantMetadata, DictValue, ListValue, NamedTupleValue, NoneValue,
    PairValue, StructuredValue, TensorSpecProto, TupleValue, TypeSpecProto, type_spec_proto,
};
pub use self::summary::{
    DataClass, HistogramProto, Summary, SummaryDescription, SummaryMetadata, summary_metadata,
};
pub use self::tensor::*;
pub use self::trackable_object_graph::{RegisteredSaver, TrackableObjectGraph};
pub use self::types::*;
pub use self::variable::*;
pub use self::well_known::*;
pub use self::worker::*;
pub use self::worker_tensor::*;
pub use snapshot::SnapshotMetadataRecord;
