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
mod initializers;
pub mod layers;
pub mod lookup;
mod mode;
mod models;
mod namespaces;
mod ops;
pub mod optimizers;
mod python_views;
mod rnn;
mod scopes;
mod session;
mod streaming_metrics;
mod summaries;
mod training;
mod variables;
mod weight_checks;
mod while_loop;

pub use batch_losses::LossOptions;
pub use composite::{RaggedTensor, SparseTensor};
pub use control_flow::{PredFnPair, Print, case, cond, switch_case};
pub use critical_section::CriticalSection;
pub use derivatives::{GradientSource, GradientsOptions, gradients, gradients_with, hessians};
pub use ferroflow_core::context::with_name;
pub use ferroflow_core::dtype_names::*;
pub use ferroflow_core::{
    DType, Error, IndexedSlices, IndexedSlicesValue, NdArray, PartialShape as TensorShape, RaggedTensorValue,
    Result, SparseTensorValue, Tensor,
};
pub use ferroflow_graph::{DeviceFunction, DeviceSpec, Graph, Operation, Placement, UnconnectedGradients};
pub use ferroflow_proto::{ConfigProto, GraphDef, RunMetadata, RunOptions, run_options};
pub use ferroflow_v2::{AsOperation, Nest, TensorSpec};
pub use initializers::*;
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
    GRUCellOptions, LSTMCellOptions, RNNState, RnnOptions, StateSize,
};
pub use scopes::*;
pub use session::{
    Callable, DeviceAttributes, FeedDict, FeedKey, Fetch, FetchPlan, FetchValue, FetchedValues,
    InteractiveSession, Session, SessionBuilder, SessionHandle, TensorHandle, delete_session_tensor,
    get_default_session, get_session_handle, get_session_tensor, set_warning_hook,
};
pub use streaming_metrics::{AtKOptions, AucOptions, MetricOptions, RateOptions};
pub use summaries::SummaryOptions;
pub use training::{
    AccumulatorOptions, Every, FixedLengthRecordReaderOptions, Formatter, InitFn, InputQueue, JobTasks,
    PsStrategy, Recovery, ReplicaDeviceOptions, SaveOptions, SaverOptions, ServerOrCluster, SyncReplicasHook,
    SyncReplicasOptions, TrainServerOptions, TrainingSessionOptions, VarList,
    OrDefault, PrepareOptions, SupervisorOptions,
};
pub use variables::*;
pub use while_loop::{WhileLoopOptions, while_loop, while_loop_with};
