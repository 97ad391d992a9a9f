//! `repr` of type specs, which is also their `str`.

use crate::{DType, PartialShape};
use std::fmt::Write;

/// `TensorSpec(shape=(None, 3), dtype=tf.float32, name='x')`.
pub fn tensor_spec_repr(shape: &PartialShape, dtype: DType, name: Option<&str>) -> String {
    let name = name.map_or("None".to_string(), python_str_repr);
    format!("TensorSpec(shape={shape}, dtype={dtype:?}, name={name})")
}

/// `SparseTensorSpec(TensorShape([2, None]), tf.float32)`.
pub fn sparse_tensor_spec_repr(shape: &PartialShape, dtype: DType) -> String {
    format!("SparseTensorSpec({shape:?}, {dtype:?})")
}

/// `RaggedTensorSpec(TensorShape([2, None]), tf.int32, 1, tf.int64)`.
pub fn ragged_tensor_spec_repr(
    shape: &PartialShape,
    dtype: DType,
    ragged_rank: usize,
    row_splits_dtype: DType,
) -> String {
    format!("RaggedTensorSpec({shape:?}, {dtype:?}, {ragged_rank}, {row_splits_dtype:?})")
}

/// `IndexedSlicesSpec(TensorShape([2, 3]), tf.float32, tf.int64, None, TensorShape([None]))`.
pub fn indexed_slices_spec_repr(
    shape: &PartialShape,
    dtype: DType,
    indices_dtype: DType,
    dense_shape_dtype: Option<DType>,
    indices_shape: &PartialShape,
) -> String {
    let dense_shape_dtype = dense_shape_dtype.map_or("None".to_string(), |dtype| format!("{dtype:?}"));
    format!(
        "IndexedSlicesSpec({shape:?}, {dtype:?}, {indices_dtype:?}, {dense_shape_dtype}, {indices_shape:?})"
    )
}

/// `repr` of a Python `str`.
pub fn python_str_repr(text: &str) -> String {
    // Python prefers single quotes, and changes to double ones when only single ones occur inside.
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            _ if character == quote => {
                out.push('\\');
                out.push(quote);
            }
            _ if is_printable(character) => out.push(character),
            _ => {
                let code = u32::from(character);
                // Writing to a string does not fail.
                let _ = match code {
                    0..0x100 => write!(out, "\\x{code:02x}"),
                    0x100..0x10000 => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
    out
}

/// Whether Python's `repr` keeps the character: Rust's `escape_debug` has the same idea of it, but for combining
/// marks, which it keeps only after another character.
fn is_printable(character: char) -> bool {
    let text: String = ['a', character].iter().collect();
    character == ' '
        || (!character.is_whitespace()
            && !character.is_control()
            && !text.escape_debug().to_string().starts_with("a\\u"))
}
