//! TensorFlow's v2 API: eager by default, traced functions, variables.
//!
//! Ops run at once, unless a [`Graph`] is open or a [`function`] is under a trace.
//!
//! ```
//! use ferroflow_v2 as tf;
//! let a = tf::constant([[1, 2], [3, 4]])?;
//! let b = tf::add(&a, 1)?;
//! let c = (&a * &b)?;
//! assert_eq!(format!("{:?}", c.numpy()?), "array([[ 2,  6],\n       [12, 20]], dtype=int32)");
//! # Ok::<(), tf::Error>(())
//! ```

pub mod activations;

mod batch_function;
pub mod compat;
mod composed;
pub mod config;
mod constants;
pub mod constraints;
mod control_flow;
mod critical_section;
pub mod data;
pub mod errors;
mod features;
mod forward;
mod forward_accumulator;
mod function;
mod functional_ops;
mod generator;
mod gfile;
mod gradient_tape;
pub mod initializers;
pub mod layers;
pub mod lookup;
pub mod losses;
mod matrix_functions;
pub mod metrics;
mod models;
mod module;
mod namespaces;
pub mod nest;
pub mod optimizers;
mod padded_suppression;
mod passed_gradients;
mod queue_classes;
mod queues;
mod recomputed;
mod record_files;
pub mod regularizers;
mod scopes;
mod seeds;
pub mod sequential;
mod silu;
mod small_dtypes;
mod summaries;
mod tensor_array;
mod tensor_spec;
pub mod test;
mod trackable;
mod training;
mod tridiagonal_eigenvalues;
pub mod utils;
mod variable;
mod vectorized;
pub mod version;

pub use batch_function::{
    BatchFunctionOptions, nondifferentiable_batch_function, nondifferentiable_batch_function_with,
};
pub use constants::{
    AsDType, ConstantOptions, as_dtype, constant, constant_with, convert_to_tensor, get_static_value,
    is_symbolic_tensor, is_tensor, make_ndarray, make_tensor_proto, newaxis,
};
pub use control_flow::{
    CaseOptions, WhileLoopOptions, case, case_with, cond, switch_case, while_loop, while_loop_with,
};
pub use critical_section::{CriticalSection, CriticalSectionOptions, ExecuteOptions};
pub use ferroflow_core::dtype_names::*;
pub use ferroflow_core::{
    Code, DType, Error, Exception, IndexedSlices, IntoOperand, IntoOperands, NdArray, Operand,
    PartialShape as TensorShape, RaggedTensor, Result, Shape, SparseTensor, Tensor,
};
pub use ferroflow_graph::{
    DeviceFunction, DeviceSpec, GradientFn, Graph, Operation, Placement, RegisterGradient,
    UnconnectedGradients, custom_gradient, no_gradient,
};
pub use ferroflow_ops_array::where_true;
pub use ferroflow_ops_control::numpy_function;
pub use function::{
    Arguments, ConcreteFunction, Function, FunctionOptions, Many, Positional, Single, Traceable, function,
    function_with,
};
pub use functional_ops::{MapFnOptions, foldl, foldr, map_fn, map_fn_with, scan};
pub use gradient_tape::{GradientTape, GradientTapeOptions, Source, Sources};
pub use models::{LoadOptions, LoadedFunction, LoadedModel, Nested, SavedFunction};
pub use module::Module;
pub use namespaces::*;
pub use nest::{Nest, Structure};
pub use passed_gradients::grad_pass_through;
pub use queues::{QueueBase, QueueOptions};
pub use recomputed::recompute_grad;
pub use scopes::{AsOperation, control_dependencies, device, executing_eagerly, init_scope, name_scope};
pub use sequential::Sequential;
pub use summaries::{
    AudioOptions, FileWriterOptions, HistogramOptions, ImageOptions, RecordGuard, SummaryOptions, WriterGuard,
};
pub use tensor_array::{TensorArray, TensorArrayOptions};
pub use tensor_spec::TensorSpec;
pub use trackable::{
    Children, Deferred, Identity, ObjectState, Prepared, ReadState, Trackable, TrackableKind,
};
pub use training::{CheckpointLoadStatus, CheckpointManagerOptions, ManagerSaveOptions};
pub use variable::{Variable, VariableOptions};
pub use vectorized::vectorized_map;
