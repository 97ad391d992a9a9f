//! Ops of linear algebra.

mod batch_mat_mul;
mod mat_mul;
mod product;

pub use mat_mul::{MatMulOptions, matmul, matmul_with};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &batch_mat_mul::BATCH_MAT_MUL,
    &batch_mat_mul::BATCH_MAT_MUL_V2,
    &batch_mat_mul::BATCH_MAT_MUL_V3,
    &mat_mul::MAT_MUL,
];
