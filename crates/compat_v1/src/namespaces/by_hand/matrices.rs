//! Functions of matrices that take loops, under v1's names.

use crate::mode::facade;
use ferroflow_core::{IntoOperand, Result, Tensor};
use ferroflow_v2::options::EighTridiagonalOptions;

/// The exponentials of square matrices: the sums of `A^n / n!`.
///
/// Source: `tf.compat.v1.linalg.expm`.
///
/// # Errors
/// `ValueError` for a dtype that is neither floating nor complex, `InvalidArgument` for matrices that are not square.
pub fn expm(input: impl IntoOperand) -> Result<Tensor> {
    facade(|| ferroflow_v2::linalg::expm(input))
}

/// The eigenvalues, in rising order, of a self-adjoint matrix with the diagonal `alpha` and `beta` above it.
///
/// Source: `tf.compat.v1.linalg.eigh_tridiagonal`.
///
/// # Errors
/// `ValueError` for tensors of different dtypes, and for a diagonal of unknown length.
pub fn eigh_tridiagonal(alpha: impl IntoOperand, beta: impl IntoOperand) -> Result<Tensor> {
    facade(|| ferroflow_v2::linalg::eigh_tridiagonal(alpha, beta))
}

/// [`eigh_tridiagonal`] of a part of the eigenvalues, and with the eigenvectors as columns where they are asked for.
///
/// # Errors
/// As [`eigh_tridiagonal`]; `InvalidArgument` for an empty selection, `ValueError` for two.
pub fn eigh_tridiagonal_with(
    alpha: impl IntoOperand,
    beta: impl IntoOperand,
    options: impl FnOnce(EighTridiagonalOptions) -> EighTridiagonalOptions,
) -> Result<(Tensor, Option<Tensor>)> {
    facade(|| ferroflow_v2::linalg::eigh_tridiagonal_with(alpha, beta, options))
}
