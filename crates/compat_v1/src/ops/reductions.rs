//! Functions whose v1 form has other arguments, or other defaults, than v2's: reductions, products, picking.

use crate::mode::facade;
use ferroflow_core::{IntoOperand, IntoOperands, Result, Tensor};
use ferroflow_ops_array as array;
use ferroflow_ops_math::{self as math, Axes, MatMulOptions};

/// Declares reductions `name(input_tensor, axis, keepdims)`.
macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident $with:ident;)*) => {
        $($(#[$doc])*
        ///
        /// `()` stands for all axes; `keepdims` keeps the reduced ones, with size 1.
        ///
        /// # Errors
        /// `InvalidArgument` for an axis that the tensor does not have.
        pub fn $name(
            input_tensor: impl IntoOperand,
            axis: impl Into<Axes>,
            keepdims: bool,
        ) -> Result<Tensor> {
            facade(|| math::$with(input_tensor, axis, |o| o.keepdims(keepdims)))
        })*
    };
}

reductions! {
    /// The sum along axes.
    reduce_sum reduce_sum_with;
    /// The product along axes.
    reduce_prod reduce_prod_with;
    /// The mean along axes.
    reduce_mean reduce_mean_with;
    /// The largest element along axes.
    reduce_max reduce_max_with;
    /// The smallest element along axes.
    reduce_min reduce_min_with;
    /// Whether all elements along axes are true.
    reduce_all reduce_all_with;
    /// Whether any element along axes is true.
    reduce_any reduce_any_with;
}

/// The position of the largest element along an axis; v1 also calls the axis `dimension`.
///
/// # Errors
/// `InvalidArgument` for an axis that the tensor does not have.
pub fn argmax(input: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> {
    facade(|| math::argmax(input, axis))
}

/// The position of the smallest element along an axis.
///
/// # Errors
/// `InvalidArgument` for an axis that the tensor does not have.
pub fn argmin(input: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> {
    facade(|| math::argmin(input, axis))
}

/// The product of matrices.
///
/// # Errors
/// `ValueError` and `InvalidArgument` for matrices that do not fit.
pub fn matmul(a: impl IntoOperand, b: impl IntoOperand) -> Result<Tensor> {
    facade(|| math::matmul(a, b))
}

/// [`matmul`] of transposed or adjoint matrices.
///
/// # Errors
/// As [`matmul`].
pub fn matmul_with(
    a: impl IntoOperand,
    b: impl IntoOperand,
    options: impl FnOnce(MatMulOptions) -> MatMulOptions,
) -> Result<Tensor> {
    facade(|| math::matmul_with(a, b, options))
}

/// The tensors joined along an axis: values first, as v1 has had it since 1.0.
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit.
pub fn concat(values: impl IntoOperands, axis: impl IntoOperand) -> Result<Tensor> {
    facade(|| array::concat(values, axis))
}

/// The tensors as slices of one of a higher rank.
///
/// # Errors
/// `InvalidArgument` for shapes that differ.
pub fn stack(values: impl IntoOperands, axis: i64) -> Result<Tensor> {
    facade(|| array::stack_with(values, |o| o.axis(axis)))
}

/// The tensor with its axes in another order; `None` reverses them.
///
/// # Errors
/// `ValueError` and `InvalidArgument` for what is no order of the axes.
pub fn transpose(a: impl IntoOperand, perm: Option<Vec<i32>>) -> Result<Tensor> {
    facade(|| array::transpose_with(a, |o| o.perm(perm)))
}

/// The tensor with one more axis, of size 1; v1 also calls the axis `dim`.
///
/// # Errors
/// `InvalidArgument` for a position past the axes.
pub fn expand_dims(input: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> {
    facade(|| array::expand_dims(input, axis))
}

/// The tensor without axes of size 1: those listed, or all; v1 also calls them `squeeze_dims`.
///
/// # Errors
/// `InvalidArgument` for an axis of another size.
pub fn squeeze(input: impl IntoOperand, axis: &[i64]) -> Result<Tensor> {
    facade(|| array::squeeze_with(input, |o| o.axis(axis.to_vec())))
}

/// Slices picked by position along the first axis.
///
/// # Errors
/// `InvalidArgument` for a position past the end.
pub fn gather(params: impl IntoOperand, indices: impl IntoOperand) -> Result<Tensor> {
    facade(|| array::gather(params, indices))
}
