//! `str` and `repr` of sparse and ragged tensors and of indexed slices, as TensorFlow prints them.

use super::layout::Layout;
use super::options::PrintOptions;
use super::scalar::scalar_str;
use super::tensor_forms::eager_tensor_str;
use crate::{IndexedSlicesValue, NdArray, RaggedTensorValue, SparseTensorValue};
use std::fmt::Display;

/// `repr` and `str` of a sparse tensor, from the `str` of its parts.
pub fn sparse_tensor_repr(indices: impl Display, values: impl Display, dense_shape: impl Display) -> String {
    format!("SparseTensor(indices={indices}, values={values}, dense_shape={dense_shape})")
}

/// `repr` and `str` of an eager sparse tensor.
pub fn eager_sparse_tensor_repr(value: &SparseTensorValue) -> String {
    sparse_tensor_repr(
        eager_tensor_str(&value.indices),
        eager_tensor_str(&value.values),
        eager_tensor_str(&value.dense_shape),
    )
}

/// `str` of indexed slices, from the `str` of their parts. Their `repr` in TensorFlow is an address.
pub fn indexed_slices_str(
    indices: impl Display,
    values: impl Display,
    dense_shape: Option<impl Display>,
) -> String {
    let dense_shape = dense_shape.map_or(String::new(), |shape| format!(", dense_shape={shape}"));
    format!("IndexedSlices(indices={indices}, values={values}{dense_shape})")
}

/// `str` of eager indexed slices.
pub fn eager_indexed_slices_str(value: &IndexedSlicesValue) -> String {
    indexed_slices_str(
        eager_tensor_str(&value.indices),
        eager_tensor_str(&value.values),
        value.dense_shape.as_ref().map(eager_tensor_str),
    )
}

/// `repr` and `str` of a symbolic ragged tensor, from the `str` of its parts; the values may be ragged.
pub fn symbolic_ragged_tensor_repr(values: impl Display, row_splits: impl Display) -> String {
    format!("tf.RaggedTensor(values={values}, row_splits={row_splits})")
}

/// `repr` and `str` of an eager ragged tensor: `<tf.RaggedTensor [[1, 2], [], [3]]>`.
pub fn eager_ragged_tensor_repr(value: &RaggedTensorValue) -> String {
    let flat = value.flat_values();
    let dense = Rows::Dense { start: 0, shape: flat.shape().dims().to_vec() };
    let rows = value.splits().rev().fold(dense, |rows, splits| rows.split(&splits));
    let mut text = String::new();
    rows.write(flat, &mut text);
    format!("<tf.RaggedTensor {text}>")
}

/// What `RaggedTensor.numpy()` is made of: rows of one length make an array with one more dimension, others an
/// array of arrays.
#[derive(Clone)]
enum Rows {
    /// This shape of the flat values, from this index on.
    Dense { start: usize, shape: Vec<usize> },
    /// An array of this shape whose elements are arrays.
    Nested { shape: Vec<usize>, items: Vec<Rows> },
}

impl Rows {
    fn shape(&self) -> &[usize] {
        match self {
            Rows::Dense { shape, .. } | Rows::Nested { shape, .. } => shape,
        }
    }

    /// The array of the rows that these splits cut this array into.
    fn split(self, splits: &[usize]) -> Rows {
        let inner = self.shape().get(1..).unwrap_or_default();
        let lengths = || splits.windows(2).map(|pair| pair[1] - pair[0]);
        let count = lengths().count();
        let length = lengths().next().unwrap_or(0);
        if lengths().all(|other| other == length) {
            // Splits start at 0 and end at the number of values, so the rows are the whole array.
            let shape = [&[count, length], inner].concat();
            return match self {
                Rows::Dense { start, .. } => Rows::Dense { start, shape },
                Rows::Nested { items, .. } => Rows::Nested { shape, items },
            };
        }
        let items = splits.windows(2).map(|pair| self.slice(pair[0], pair[1])).collect();
        Rows::Nested { shape: vec![count], items }
    }

    /// Part of the first dimension.
    fn slice(&self, from: usize, to: usize) -> Rows {
        let inner = self.shape().get(1..).unwrap_or_default();
        let size: usize = inner.iter().product();
        let shape = [&[to - from], inner].concat();
        match self {
            Rows::Dense { start, .. } => Rows::Dense { start: start + from * size, shape },
            Rows::Nested { items, .. } => {
                Rows::Nested { shape, items: items.get(from * size..to * size).unwrap_or_default().to_vec() }
            }
        }
    }

    fn write(&self, flat: &NdArray, out: &mut String) {
        let shape = self.shape();
        if shape.contains(&0) {
            return write_empty(shape, out);
        }
        let options = PrintOptions::default();
        let layout = Layout::new(shape, &options, ", ", 0);
        layout.write(out, 0, &mut |position, out| match self {
            Rows::Dense { start, .. } => out.push_str(&scalar_str(flat, start + position)),
            Rows::Nested { items, .. } => {
                if let Some(item) = items.get(position) {
                    item.write(flat, out);
                }
            }
        });
    }
}

/// An array without elements shows its dimensions as far as the first that is 0.
fn write_empty(shape: &[usize], out: &mut String) {
    out.push('[');
    if let Some((&count, inner)) = shape.split_first()
        && !inner.is_empty()
    {
        for place in 0..count {
            if place > 0 {
                out.push_str(", ");
            }
            write_empty(inner, out);
        }
    }
    out.push(']');
}
