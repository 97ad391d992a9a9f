//! TensorFlow's v1 API: graphs, sessions, variables, and v1's functions under v1's names and argument orders.
//!
//! Functions build into the default graph, unless [`enable_eager_execution`] was called at program start-up; a
//! [`Session`] runs what they built and gives arrays back:
//!
//! ```
//! use ferroflow_compat_v1 as tf;
//! let a = tf::constant([[1, 2], [3, 4]])?;
//! let out = tf::multiply(&a, &tf::add(&a, 1)?)?;
//! let value = out.eval_in(&tf::Session::new()?)?;
//! assert_eq!(format!("{value:?}"), "array([[ 2,  6],\n       [12, 20]], dtype=int32)");
//! # Ok::<(), ferroflow_core::Error>(())
//! ```

mod batch_losses;
mod composite;
mod control_flow;
mod critical_section;
mod cross_entropies;
pub mod data;
mod derivatives;
pub mod gfile;
pub mod initializers;
pub mod layers;
pub mod logging;
pub mod lookup;
mod mode;
mod models;
mod namespaces;
mod ops;
pub mod optimizers;
pub mod python_io;
mod python_views;
mod queues;
mod rnn;
mod scopes;
mod session;
mod streaming_metrics;
mod summaries;
mod tensor_array;
mod training;
mod variables;
mod weight_checks;
mod while_loop;

pub use batch_losses::LossOptions;
pub use composite::{RaggedTensor, SparseTensor};
pub use control_flow::{PredFnPair, Print, case, case_with, cond, switch_case};
pub use critical_section::CriticalSection;
pub use derivatives::{GradientSource, GradientsOptions, gradients, gradients_with, hessians};
pub use ferroflow_core::context::with_name;
pub use ferroflow_core::dtype_names::*;
pub use ferroflow_core::{
    DType, Error, IndexedSlices, IndexedSlicesValue, NdArray, PartialShape as TensorShape, RaggedTensorValue,
    Result, SparseTensorValue, Tensor,
};
pub use ferroflow_graph::{
    DeviceFunction, DeviceSpec, Graph, Operation, Placement, RegisterGradient, UnconnectedGradients,
    no_gradient, no_gradient as NoGradient, no_gradient as NotDifferentiable,
};
pub use ferroflow_proto::{
    AttrValue, ConfigProto, Event, GpuOptions as GPUOptions, GraphDef, GraphOptions, HistogramProto,
    LogMessage, MetaGraphDef, NameAttrList, NodeDef, OptimizerOptions, RunMetadata, RunOptions, SessionLog,
    Summary, SummaryMetadata, TensorInfo, run_options,
};
pub use ferroflow_v2::errors::OpError;
pub use ferroflow_v2::version::{
    GRAPH_DEF_VERSION, GRAPH_DEF_VERSION_MIN_CONSUMER, GRAPH_DEF_VERSION_MIN_PRODUCER, VERSION,
};
pub use ferroflow_v2::{
    AsDType, AsOperation, Nest, QueueBase, QueueOptions, TensorSpec, as_dtype, compat, config, errors,
    is_symbolic_tensor, make_ndarray, make_tensor_proto, nest, newaxis, test, version,
};
pub use ferroflow_v2::{CaseOptions, WhileLoopOptions};
pub use initializers::{
    Distribution, FanMode, Initializer, constant_initializer, glorot_normal_initializer,
    glorot_uniform_initializer, he_normal_initializer, he_uniform_initializer, identity_initializer,
    lecun_normal_initializer, lecun_uniform_initializer, ones_initializer, orthogonal_initializer,
    random_normal_initializer, random_uniform_initializer, truncated_normal_initializer,
    uniform_unit_scaling_initializer, variance_scaling_initializer, zeros_initializer,
};
pub use mode::{
    control_flow_v2_enabled, disable_control_flow_v2, disable_eager_execution, disable_resource_variables,
    disable_tensor_equality, disable_v2_behavior, disable_v2_tensorshape, enable_control_flow_v2,
    enable_eager_execution, enable_resource_variables, enable_tensor_equality, enable_v2_behavior,
    enable_v2_tensorshape, executing_eagerly, facade, get_default_graph, reset_default_graph,
    resource_variables_enabled, v2_tensorshape_enabled,
};
pub use namespaces::*;
pub use ops::*;
pub use python_views::{tensor_array, tensor_bool};
pub use rnn::{
    BasicLSTMCellOptions, BasicRNNCellOptions, BatchSize, BidirectionalOutputs, DropoutOptions,
    GRUCellOptions, LSTMCellOptions, RNNState, RawRnnOptions, RawStep, RnnOptions, StateSaver, StateSize,
};
pub use scopes::*;
pub use session::{
    Callable, DeviceAttributes, FeedDict, FeedKey, Fetch, FetchPlan, FetchValue, FetchedValues,
    InteractiveSession, Session, SessionBuilder, SessionHandle, TensorHandle, delete_session_tensor,
    get_default_session, get_session_handle, get_session_tensor, set_warning_hook,
};
pub use streaming_metrics::{AtKOptions, AucOptions, MetricOptions, RateOptions};
pub use summaries::SummaryOptions;
pub use tensor_array::{TensorArray, TensorArrayOptions};
pub use training::{
    AccumulatorOptions, Every, FixedLengthRecordReaderOptions, Formatter, InitFn, JobTasks, OrDefault,
    PrepareOptions, PsStrategy, Recovery, ReplicaDeviceOptions, SaveOptions, SaverOptions, ServerOrCluster,
    SupervisorOptions, SyncReplicasHook, SyncReplicasOptions, TrainServerOptions, TrainingSessionOptions,
    VarList,
};
pub use variables::*;
pub use while_loop::{while_loop, while_loop_with};
