//! Tensors made of several: sparse, ragged, slices of a larger one.

use crate::Tensor;

/// A tensor of which only some elements are given (`tf.SparseTensor`).
#[derive(Clone, Debug)]
pub struct SparseTensor {
    /// `int64` `[n, rank]`: where the values stand.
    pub indices: Tensor,
    /// `[n]`: the values.
    pub values: Tensor,
    /// `int64` `[rank]`: the shape of the whole.
    pub dense_shape: Tensor,
}

/// A tensor whose rows differ in length (`tf.RaggedTensor`).
#[derive(Clone, Debug)]
pub struct RaggedTensor {
    /// The values of all rows, one after the other.
    pub flat_values: Tensor,
    /// Where rows begin and end, one tensor for each ragged dimension from the outside in.
    pub nested_row_splits: Vec<Tensor>,
}

/// Slices of a larger tensor along its first axis (`tf.IndexedSlices`): the gradient of a lookup.
#[derive(Clone, Debug)]
pub struct IndexedSlices {
    /// The slices.
    pub values: Tensor,
    /// `[n]`: where each slice stands.
    pub indices: Tensor,
    /// The shape of the whole, where known.
    pub dense_shape: Option<Tensor>,
}
