//! Tensors, shapes, dtypes, arrays and op definitions: what every other crate of ferroflow stands on.

mod array;
mod array_convert;
mod attr;
mod broadcast;
mod buffers;
mod call;
mod cast;
mod composite;
mod composite_tensor;
pub mod context;
mod convert;
mod dispatch;
mod dtype;
pub mod dtype_names;
mod element;
pub mod elementwise;
mod error;
pub mod fingerprint128;
pub mod float32;
pub mod float_text;
mod grad_ctx;
pub mod hash;
mod kernel_ctx;
pub mod large_pages;
pub mod literal;
mod narrow;
pub mod npy;
mod op_def;
mod op_signature;
mod operand;
pub mod operators;
mod options;
pub mod parallel;
pub mod philox;
pub mod print;
mod ragged_parts;
pub mod registry;
mod resource;
mod scalar;
pub mod schema;
mod session_tensors;
mod shape;
mod shape_ctx;
pub mod simd;
mod sparse_merge;
mod tensor;
mod tensor_message;
mod variable_resource;
pub mod variant_bytes;
pub mod wire;

pub use array::{NdArray, reserve};
pub use array_convert::NdArrayRows;
pub use attr::{AttrValue, Attrs, FuncRef};
pub use broadcast::BroadcastPlan;
pub use buffers::{Buffer, recycled, zeroed};
pub use call::{Arg, Op, OpCall};
pub use composite::{IndexedSlicesValue, NestedList, RaggedTensorValue, SparseTensorValue};
pub use composite_tensor::{IndexedSlices, RaggedTensor, SparseTensor};
pub use context::{Evaluator, GraphLike, OpRecorder};
pub use convert::{cast_weak, convert_to_tensor, literal_array};
pub use dtype::DType;
pub use element::{Element, QInt8, QInt16, QInt32, QUInt8, QUInt16, TString};
pub use error::{Code, Error, Exception, Result};
pub use grad_ctx::{GradCtx, Gradient, sum_to_shape_of};
pub use half::{bf16, f16};
pub use kernel_ctx::{
    Cancellation, Env, Epilogue, FunctionInstance, FunctionRunner, KernelCtx, RowPasses, StateCell, run_op,
};
pub use ndarray;
pub use npy::npz;
pub use num_complex::Complex;
pub use op_def::{ChannelMap, Fusion, Grad, GradFn, KernelFn, OpDef, ShapeFn, ValuePass, unsupported};
pub use operand::{IntoOperand, IntoOperands, Operand};
pub use operators::{OPS, constant, constant_node, constant_node_of, constant_of};
pub use resource::{AddArrays, HandleData, Resource, ResourceHandle, ResourceManager, Variant, VariantData};
pub use scalar::{Scalar, ScalarFn};
pub use session_tensors::SessionTensors;
pub use shape::{Dim, MAX_RANK, PartialShape, Shape};
pub use shape_ctx::{
    HandleShapes, InputFacts, OutputHandles, OutputShapes, ShapeCtx, ShapeInputs, broadcast_shapes,
    normalize_axis, shape_fn,
};
pub use tensor::{EagerTensor, SymbolicTensor, Tensor};
pub use tensor_message::{TensorMessage, packed_tensor_message, tensor_message};
pub use variable_resource::{VariableResource, deref, referenced_variable};
pub use variant_bytes::{EncodedVariant, decode_variant, register_variant};
