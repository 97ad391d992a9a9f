//! Products of matrices and vectors.

mod batch;
mod cross;
mod mat_mul;
mod matmul_fn;
mod product;
mod sparse_mat_mul;

pub use cross::cross;
pub use matmul_fn::*;

pub(crate) use batch::{BATCH_MAT_MUL, BATCH_MAT_MUL_V2, BATCH_MAT_MUL_V3};
pub(crate) use cross::CROSS;
pub(crate) use mat_mul::MAT_MUL;
pub(crate) use product::{Layout, products};
pub(crate) use sparse_mat_mul::SPARSE_MAT_MUL;
