//! Operations on sparse tensors: `tf.sparse`.

mod sparse_mat_mul;
mod sparse_to_dense;

pub use sparse_mat_mul::{SparseMatMulOptions, sparse_dense_matmul, sparse_dense_matmul_with};
pub use sparse_to_dense::sparse_to_dense;

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &sparse_to_dense::SPARSE_REORDER,
    &sparse_to_dense::SPARSE_RESHAPE,
    &sparse_mat_mul::SPARSE_TENSOR_DENSE_MAT_MUL,
    &sparse_to_dense::SPARSE_TO_DENSE,
];
