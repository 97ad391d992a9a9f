//! Matrix products on `ndarray` views: a safe face for the `gemm` crate, whose kernels use AVX-512, AVX2 and NEON where
//! the processor has them, and what it is slow at.

mod dots;
mod gathered;
mod panels;
mod product;
mod stacked;

pub use gathered::{Factor, Gathered, Piece, TILE, multiply_rows};
pub use panels::{PANEL, Panels};
pub use product::{Product, Scalar};
pub use stacked::Stack;
