//! Operations on sparse tensors: `tf.sparse`.

mod cross;
mod crossed_columns;
mod csr;
mod csr_cholesky;
mod csr_forms;
mod csr_products;
mod entries;
mod fill_empty_rows;
mod functions;
mod parts;
mod ragged;
mod ragged_cross;
mod ragged_to_dense;
mod ragged_variant;
mod serialize;
mod serialized;
mod set_functions;
mod sets;
mod sparse_add;
mod sparse_cross;
mod sparse_dense;
mod sparse_mat_mul;
mod sparse_parts;
mod sparse_reduce;
mod sparse_to_dense;
mod tensors_map;

pub use crossed_columns::{
    SparseCrossHashedOptions, SparseCrossOptions, cross, cross_hashed, cross_hashed_with, cross_with,
};
pub use fill_empty_rows::{ragged_fill_empty_rows, ragged_fill_empty_rows_grad};
pub use functions::*;
pub use serialized::*;
pub use set_functions::{SetOperand, set_difference, set_intersection, set_union};
pub use sets::set_size;
pub use sparse_mat_mul::{SparseMatMulOptions, sparse_dense_matmul, sparse_dense_matmul_with};
pub use sparse_to_dense::sparse_to_dense;

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &tensors_map::ADD_MANY_SPARSE_TO_TENSORS_MAP,
    &tensors_map::ADD_SPARSE_TO_TENSORS_MAP,
    &sets::DENSE_TO_DENSE_SET_OPERATION,
    &sets::DENSE_TO_SPARSE_SET_OPERATION,
    &serialize::DESERIALIZE_MANY_SPARSE,
    &serialize::DESERIALIZE_SPARSE,
    &ragged_cross::RAGGED_CROSS,
    &fill_empty_rows::RAGGED_FILL_EMPTY_ROWS,
    &fill_empty_rows::RAGGED_FILL_EMPTY_ROWS_GRAD,
    &ragged::RAGGED_GATHER,
    &ragged::RAGGED_RANGE,
    &ragged_variant::RAGGED_TENSOR_FROM_VARIANT,
    &ragged::RAGGED_TENSOR_TO_SPARSE,
    &ragged_to_dense::RAGGED_TENSOR_TO_TENSOR,
    &ragged_variant::RAGGED_TENSOR_TO_VARIANT,
    &ragged_variant::RAGGED_TENSOR_TO_VARIANT_GRADIENT,
    &serialize::SERIALIZE_MANY_SPARSE,
    &serialize::SERIALIZE_SPARSE,
    &sets::SET_SIZE,
    &sparse_add::SPARSE_ADD,
    &sparse_add::SPARSE_ADD_GRAD,
    &sparse_parts::SPARSE_CONCAT,
    &sparse_cross::SPARSE_CROSS,
    &sparse_cross::SPARSE_CROSS_HASHED,
    &sparse_cross::SPARSE_CROSS_V2,
    &sparse_dense::SPARSE_DENSE_CWISE_ADD,
    &sparse_dense::SPARSE_DENSE_CWISE_DIV,
    &sparse_dense::SPARSE_DENSE_CWISE_MUL,
    &fill_empty_rows::SPARSE_FILL_EMPTY_ROWS,
    &fill_empty_rows::SPARSE_FILL_EMPTY_ROWS_GRAD,
    &sparse_reduce::SPARSE_REDUCE_MAX,
    &sparse_reduce::SPARSE_REDUCE_MAX_SPARSE,
    &sparse_reduce::SPARSE_REDUCE_SUM,
    &sparse_reduce::SPARSE_REDUCE_SUM_SPARSE,
    &sparse_to_dense::SPARSE_REORDER,
    &sparse_to_dense::SPARSE_RESHAPE,
    &sparse_parts::SPARSE_SLICE,
    &sparse_parts::SPARSE_SLICE_GRAD,
    &sparse_reduce::SPARSE_SOFTMAX,
    &sparse_add::SPARSE_SPARSE_MAXIMUM,
    &sparse_add::SPARSE_SPARSE_MINIMUM,
    &sparse_parts::SPARSE_SPLIT,
    &sparse_dense::SPARSE_TENSOR_DENSE_ADD,
    &sparse_mat_mul::SPARSE_TENSOR_DENSE_MAT_MUL,
    &sparse_to_dense::SPARSE_TO_DENSE,
    &sets::SPARSE_TO_SPARSE_SET_OPERATION,
    &tensors_map::TAKE_MANY_SPARSE_FROM_TENSORS_MAP,
    &csr_forms::CSR_SPARSE_MATRIX_COMPONENTS,
    &csr_forms::CSR_SPARSE_MATRIX_TO_DENSE,
    &csr_forms::CSR_SPARSE_MATRIX_TO_SPARSE_TENSOR,
    &csr_forms::DENSE_TO_CSR_SPARSE_MATRIX,
    &csr_products::SPARSE_MATRIX_MAT_MUL,
    &csr_forms::SPARSE_MATRIX_NNZ,
    &csr_cholesky::SPARSE_MATRIX_SPARSE_CHOLESKY,
    &csr_products::SPARSE_MATRIX_SPARSE_MAT_MUL,
    &csr_products::SPARSE_MATRIX_TRANSPOSE,
    &csr_forms::SPARSE_TENSOR_TO_CSR_SPARSE_MATRIX,
];
