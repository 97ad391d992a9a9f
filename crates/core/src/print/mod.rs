//! Printing: arrays as NumPy prints them, tensors, variables and composite values as TensorFlow does.

mod array;
mod digits;
mod float_format;
mod layout;
mod options;
mod scalar;
mod words;

pub use array::{array_repr, array_str};
pub use options::PrintOptions;
pub use scalar::{item_repr, scalar_str};
