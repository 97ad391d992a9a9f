//! `str` and `repr` of tensors, variables and operations, as TensorFlow prints them.

use super::array::{array_repr, array_str};
use super::options::PrintOptions;
use super::scalar::{item_repr, scalar_str};
use crate::{DType, NdArray, PartialShape};

/// `repr` of an eager tensor with this value: `<tf.Tensor: shape=(), dtype=float32, numpy=1.5>`.
///
/// ```
/// use ferroflow_core::{NdArray, print::eager_tensor_repr};
/// assert_eq!(
///     eager_tensor_repr(&NdArray::from([[1, 2], [3, 4]])),
///     "<tf.Tensor: shape=(2, 2), dtype=int32, numpy=\narray([[1, 2],\n       [3, 4]], dtype=int32)>"
/// );
/// ```
pub fn eager_tensor_repr(value: &NdArray) -> String {
    eager_tensor_repr_with(value, &PrintOptions::default())
}

/// The same under these print options, for instance [`PrintOptions::full`].
pub fn eager_tensor_repr_with(value: &NdArray, options: &PrintOptions) -> String {
    let shape = PartialShape::from(value.shape());
    format!("<tf.Tensor: shape={shape}, dtype={}, {}>", value.dtype().name(), value_repr(value, options))
}

/// `str` of an eager tensor with this value: `tf.Tensor([1.  2.5], shape=(2,), dtype=float32)`.
pub fn eager_tensor_str(value: &NdArray) -> String {
    let text = match summary(value) {
        Some(text) => text,
        None => on_own_lines(array_str(value, &PrintOptions::default())),
    };
    format!("tf.Tensor({text}, shape={}, dtype={})", PartialShape::from(value.shape()), value.dtype().name())
}

/// An eager tensor as Python's `format` gives it: the bare value, a scalar with the digits of Python's `float`.
pub fn eager_tensor_format(value: &NdArray) -> String {
    match summary(value) {
        Some(text) => text,
        None if value.rank() == 0 => item_repr(value, 0),
        None => array_str(value, &PrintOptions::default()),
    }
}

/// `numpy=...`, or `value=...` where NumPy has no such values.
fn value_repr(value: &NdArray, options: &PrintOptions) -> String {
    match summary(value) {
        Some(text) => format!("value={text}"),
        None if value.rank() == 0 => format!("numpy={}", item_repr(value, 0)),
        None => format!("numpy={}", on_own_lines(array_repr(value, options))),
    }
}

/// TensorFlow's own summary of resources and variants: at most three, whatever the shape.
fn summary(value: &NdArray) -> Option<String> {
    const SHOWN: usize = 3;
    if !matches!(value.dtype(), DType::RESOURCE | DType::VARIANT) {
        return None;
    }
    if value.rank() == 0 {
        return Some(scalar_str(value, 0));
    }
    let shown: Vec<String> =
        (0..value.len().min(SHOWN)).map(|position| scalar_str(value, position)).collect();
    let more = if value.len() > SHOWN { "..." } else { "" };
    Some(format!("[{}{more}]", shown.join(" ")))
}

/// Text of several lines starts on a line of its own.
fn on_own_lines(text: String) -> String {
    if text.contains('\n') { format!("\n{text}") } else { text }
}

/// `repr` of a symbolic tensor named `op:index`: `<tf.Tensor 't:0' shape=(2,) dtype=float32>`.
pub fn symbolic_repr(name: &str, shape: &PartialShape, dtype: DType) -> String {
    format!("<tf.Tensor '{name}' shape={shape} dtype={}>", dtype.name())
}

/// `str` of a symbolic tensor named `op:index`: `Tensor("t:0", shape=(2,), dtype=float32)`.
///
/// A shape of unknown rank is left out, as is an empty device.
pub fn symbolic_str(name: &str, shape: &PartialShape, dtype: DType, device: &str) -> String {
    let shape = if shape.rank().is_some() { format!(", shape={shape}") } else { String::new() };
    let device = if device.is_empty() { String::new() } else { format!(", device={device}") };
    format!("Tensor(\"{name}\"{shape}, dtype={}{device})", dtype.name())
}

/// `repr` and `str` of a variable named `name:0`, with its value in eager mode and without in a graph.
///
/// ```
/// use ferroflow_core::{DType, NdArray, PartialShape, print::variable_repr};
/// let (shape, value) = (PartialShape::from([2]), NdArray::from([1.0f32, 2.0]));
/// assert_eq!(
///     variable_repr("w:0", &shape, DType::FLOAT32, Some(&value)),
///     "<tf.Variable 'w:0' shape=(2,) dtype=float32, numpy=array([1., 2.], dtype=float32)>"
/// );
/// assert_eq!(
///     variable_repr("w:0", &shape, DType::FLOAT32, None),
///     "<tf.Variable 'w:0' shape=(2,) dtype=float32>"
/// );
/// ```
pub fn variable_repr(name: &str, shape: &PartialShape, dtype: DType, value: Option<&NdArray>) -> String {
    match value {
        None => variable(name, shape, dtype, ""),
        Some(value) => {
            let value = value_repr(value, &PrintOptions::default());
            variable(name, shape, dtype, &format!(", {value}"))
        }
    }
}

/// `repr` and `str` in eager mode of a variable whose value cannot be read.
pub fn unreadable_variable_repr(name: &str, shape: &PartialShape, dtype: DType) -> String {
    variable(name, shape, dtype, ", numpy=<unavailable>")
}

fn variable(name: &str, shape: &PartialShape, dtype: DType, rest: &str) -> String {
    format!("<tf.Variable '{name}' shape={shape} dtype={}{rest}>", dtype.name())
}

/// `repr` of an operation: `<tf.Operation 't' type=Const>`. Its `str` is its `NodeDef` as text.
pub fn operation_repr(name: &str, op_type: &str) -> String {
    format!("<tf.Operation '{name}' type={op_type}>")
}
