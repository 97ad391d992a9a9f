//! Decompositions of matrices, and systems of equations: `tf.linalg`.

mod batch;
mod cholesky;
mod eig;
mod exponential;
mod functions;
mod householder;
mod least_squares;
mod lu;
mod lu_ops;
mod matrix;
mod older;
mod ops;
mod qr;
mod real_schur;
mod schur;
mod self_adjoint;
mod self_adjoint_op;
mod singular;
mod svd;
mod triangular;
mod tridiagonal;

pub use cholesky::{cholesky, cholesky_solve};
pub use eig::{eig, eigvals};
pub use functions::{logm, sqrtm};
pub use least_squares::{LstsqOptions, lstsq, lstsq_with};
pub use lu_ops::{det, inv, inv_with, lu, slogdet, solve, solve_with};
pub use qr::{qr, qr_with};
pub use self_adjoint_op::{eigh, eigvalsh};
pub use svd::{SvdOptions, singular_values, svd, svd_with};
pub use triangular::{
    TriangularSolveOptions, banded_triangular_solve, banded_triangular_solve_with, triangular_solve,
    triangular_solve_with,
};
pub use tridiagonal::{
    TridiagonalSolveOptions, tridiagonal_matmul, tridiagonal_solve, tridiagonal_solve_with,
};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &triangular::BANDED_TRIANGULAR_SOLVE,
    &cholesky::CHOLESKY,
    &cholesky::CHOLESKY_GRAD,
    &eig::EIG,
    &lu_ops::LOG_MATRIX_DETERMINANT,
    &lu_ops::LU,
    &lu_ops::MATRIX_DETERMINANT,
    &lu_ops::MATRIX_INVERSE,
    &functions::MATRIX_LOGARITHM,
    &lu_ops::MATRIX_SOLVE,
    &least_squares::MATRIX_SOLVE_LS,
    &functions::MATRIX_SQUARE_ROOT,
    &triangular::MATRIX_TRIANGULAR_SOLVE,
    &qr::QR,
    &self_adjoint_op::SELF_ADJOINT_EIG_V2,
    &svd::SVD,
    &tridiagonal::TRIDIAGONAL_MAT_MUL,
    &tridiagonal::TRIDIAGONAL_SOLVE,
    &exponential::MATRIX_EXPONENTIAL,
    &older::BATCH_CHOLESKY,
    &older::BATCH_CHOLESKY_GRAD,
    &older::BATCH_MATRIX_DETERMINANT,
    &older::BATCH_MATRIX_INVERSE,
    &older::BATCH_MATRIX_SOLVE,
    &older::BATCH_MATRIX_SOLVE_LS,
    &older::BATCH_MATRIX_TRIANGULAR_SOLVE,
    &older::BATCH_SELF_ADJOINT_EIG,
    &older::BATCH_SELF_ADJOINT_EIG_V2,
    &older::BATCH_SVD,
    &older::SELF_ADJOINT_EIG,
];
