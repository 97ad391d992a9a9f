//! Printing: arrays as NumPy prints them, tensors, variables and composite values as TensorFlow does.

mod array;
mod composite_forms;
mod cpp_elements;
mod digits;
mod float_format;
mod layout;
mod options;
mod scalar;
mod spec_forms;
mod tensor_forms;
mod words;

pub use array::{array_repr, array_str};
pub use composite_forms::{
    eager_indexed_slices_str, eager_ragged_tensor_repr, eager_sparse_tensor_repr, indexed_slices_str,
    sparse_tensor_repr, symbolic_ragged_tensor_repr,
};
pub use cpp_elements::{c_escaped, cpp_elements};
pub use options::PrintOptions;
pub use scalar::{item_repr, scalar_str};
pub use spec_forms::{
    indexed_slices_spec_repr, python_str_repr, ragged_tensor_spec_repr, sparse_tensor_spec_repr,
    tensor_spec_repr,
};
pub use tensor_forms::{
    eager_tensor_format, eager_tensor_repr, eager_tensor_repr_with, eager_tensor_str, operation_repr,
    symbolic_repr, symbolic_str, unreadable_variable_repr, variable_repr,
};
