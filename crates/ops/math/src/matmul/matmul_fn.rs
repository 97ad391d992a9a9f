//! `matmul`: the public function of matrix products.

use super::batch::BATCH_MAT_MUL_V2;
use super::mat_mul::MAT_MUL;
use crate::known::conjugate;
use ferroflow_core::{IntoOperand, Op, Operand, Result, Tensor, bail, context, convert_to_tensor, options};

options! {
    /// Optional arguments of [`matmul_with`].
    pub struct MatMulOptions {
        /// Whether `a` is transposed before the product.
        transpose_a: bool = false,
        /// Whether `b` is transposed before the product.
        transpose_b: bool = false,
        /// Whether `a` is transposed and conjugated before the product.
        adjoint_a: bool = false,
        /// Whether `b` is transposed and conjugated before the product.
        adjoint_b: bool = false,
    }
}

/// The matrix product; of higher ranks, the products of the matrices in the last two axes, with broadcasting of the
/// others.
///
/// Source: `tf.linalg.matmul` (ops `MatMul`, `BatchMatMulV2`).
///
/// ```
/// use ferroflow_ops_math::matmul;
/// let product = matmul([[1.0, 2.0], [3.0, 4.0]], [[1.0], [10.0]])?;
/// assert_eq!(product.numpy()?.as_slice::<f32>()?, [21.0, 43.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the sizes do not fit or the dtypes differ.
pub fn matmul(a: impl IntoOperand, b: impl IntoOperand) -> Result<Tensor> {
    matmul_with(a, b, |options| options)
}

/// [`matmul`] with optional arguments.
///
/// # Errors
/// As [`matmul`]; `ValueError` when a factor is to be transposed and adjoint at once.
pub fn matmul_with(
    a: impl IntoOperand,
    b: impl IntoOperand,
    options: impl FnOnce(MatMulOptions) -> MatMulOptions,
) -> Result<Tensor> {
    let options = options(MatMulOptions::default());
    for (transpose, adjoint, name) in
        [(options.transpose_a, options.adjoint_a, "a"), (options.transpose_b, options.adjoint_b, "b")]
    {
        if transpose && adjoint {
            bail!(value, "Only one of `transpose_{name}` and `adjoint_{name}` can be True.");
        }
    }
    let (a, b) = (a.into_operand()?, b.into_operand()?);
    let dtype = a.fixed_dtype().or(b.fixed_dtype()).unwrap_or_else(|| {
        let (left, right) = (a.natural_dtype(), b.natural_dtype());
        if right.is_floating() { right } else { left }
    });
    let tensor = |operand: Operand, name: &str| {
        let dtype = operand.fixed_dtype().is_none().then_some(dtype);
        context::with_name(name, || convert_to_tensor(operand, dtype))
    };
    context::name_scope_for_op("MatMul", |name| {
        let (mut a, mut b) = (tensor(a, "a")?, tensor(b, "b")?);
        let may_be_batch = |tensor: &Tensor| tensor.rank().is_none_or(|rank| rank > 2);
        let turned = [options.transpose_a || options.adjoint_a, options.transpose_b || options.adjoint_b];
        if may_be_batch(&a) || may_be_batch(&b) {
            // This op conjugates what it transposes; where that is not wanted, conjugating twice undoes it.
            if options.transpose_a {
                a = conjugate(&a)?;
            }
            if options.transpose_b {
                b = conjugate(&b)?;
            }
            let op = Op::new(&BATCH_MAT_MUL_V2).input(a).input(b);
            return op.attr("adj_x", turned[0]).attr("adj_y", turned[1]).name(name).one();
        }
        if options.adjoint_a {
            a = conjugate(&a)?;
        }
        if options.adjoint_b {
            b = conjugate(&b)?;
        }
        let op = Op::new(&MAT_MUL).input(a).input(b);
        op.attr("transpose_a", turned[0]).attr("transpose_b", turned[1]).name(name).one()
    })
}
