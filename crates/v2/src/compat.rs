//! `tf.compat`: texts and bytes, and what was added with which version.

use crate::TensorShape;
use ferroflow_core::{Error, Result};

/// The bytes of a text, in UTF-8; bytes as they are.
///
/// ```
/// use ferroflow_v2 as tf;
/// assert_eq!(tf::compat::as_bytes("é"), [0xc3, 0xa9]);
/// assert_eq!(tf::compat::as_text(b"abc")?, "abc");
/// # Ok::<(), tf::Error>(())
/// ```
pub fn as_bytes(bytes_or_text: impl AsRef<[u8]>) -> Vec<u8> {
    bytes_or_text.as_ref().to_vec()
}

/// The text that bytes in UTF-8 are; a text as it is.
///
/// # Errors
/// `ValueError` for bytes that are no UTF-8.
pub fn as_text(bytes_or_text: impl AsRef<[u8]>) -> Result<String> {
    let bytes = bytes_or_text.as_ref();
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_string()),
        Err(error) => {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            Err(Error::value(format!(
                "'utf-8' codec can't decode byte 0x{byte:02x} in position {at}: invalid start byte"
            )))
        }
    }
}

/// The same as [`as_text`].
///
/// # Errors
/// As [`as_text`].
pub fn as_str(bytes_or_text: impl AsRef<[u8]>) -> Result<String> {
    as_text(bytes_or_text)
}

/// What a value is printed as.
pub fn as_str_any(value: impl std::fmt::Display) -> String {
    value.to_string()
}

/// A path as a text.
///
/// # Errors
/// `ValueError` for a path that is no UTF-8.
pub fn path_to_str(path: impl AsRef<std::path::Path>) -> Result<String> {
    as_text(path.as_ref().as_os_str().as_encoded_bytes())
}

/// One size of a shape, where it is known.
///
/// ```
/// use ferroflow_v2 as tf;
/// let shape = tf::TensorShape::new([Some(2), None]);
/// assert_eq!((tf::compat::dimension_at_index(&shape, 0), tf::compat::dimension_at_index(&shape, 1)), (Some(2), None));
/// ```
pub fn dimension_at_index(shape: &TensorShape, index: usize) -> Option<usize> {
    shape.dim(index)
}

/// The size of a dimension: what it is already, since sizes are plain numbers here.
pub fn dimension_value(dimension: Option<usize>) -> Option<usize> {
    dimension
}
