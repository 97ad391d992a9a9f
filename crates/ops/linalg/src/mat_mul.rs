//! MatMul: the product of two matrices.

use crate::batch_mat_mul;
use crate::product::{Side, products};
use ferroflow_core::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail,
    convert_to_tensor, options,
};

options! {
    /// Optional arguments of [`matmul_with`].
    pub struct MatMulOptions {
        /// Whether `a` is transposed before the product.
        transpose_a: bool = false,
        /// Whether `b` is.
        transpose_b: bool = false,
        /// Whether `a` is conjugated and transposed.
        adjoint_a: bool = false,
        /// Whether `b` is.
        adjoint_b: bool = false,
    }
}

/// The matrix product `a * b`: of two matrices, or of each pair of matrices in two stacks of them, which broadcast.
///
/// Source: `tf.linalg.matmul` (ops `MatMul`, `BatchMatMulV2`).
///
/// ```
/// use ferroflow_ops_linalg::matmul;
/// let product = matmul([[1.0, 2.0], [3.0, 4.0]], [[1.0], [10.0]])?;
/// assert_eq!(product.numpy()?.as_slice::<f32>()?, [21.0, 43.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the inner sizes differ, a rank is below 2 or the dtypes differ.
pub fn matmul(a: impl IntoOperand, b: impl IntoOperand) -> Result<Tensor> {
    matmul_with(a, b, |options| options)
}

/// The same with optional arguments.
///
/// # Errors
/// As [`matmul`]; `ValueError` for both the transpose and the adjoint of one operand.
pub fn matmul_with(
    a: impl IntoOperand,
    b: impl IntoOperand,
    options: impl FnOnce(MatMulOptions) -> MatMulOptions,
) -> Result<Tensor> {
    let options = options(MatMulOptions::default());
    if options.transpose_a && options.adjoint_a {
        bail!(value, "Only one of `transpose_a` and `adjoint_a` can be True.");
    }
    if options.transpose_b && options.adjoint_b {
        bail!(value, "Only one of `transpose_b` and `adjoint_b` can be True.");
    }
    let (a, b) = (a.into_operand()?, b.into_operand()?);
    let dtype = a.fixed_dtype().or(b.fixed_dtype());
    let (a, b) = (convert_to_tensor(a, dtype)?, convert_to_tensor(b, dtype)?);
    let above_two = |tensor: &Tensor| tensor.rank().is_none_or(|rank| rank > 2);
    if above_two(&a) && above_two(&b) {
        return batch_mat_mul::batch_mat_mul(&a, &b, &options);
    }
    let adjoint = |tensor: Tensor, adjoint: bool| if adjoint { conjugate(&tensor) } else { Ok(tensor) };
    let (a, b) = (adjoint(a, options.adjoint_a)?, adjoint(b, options.adjoint_b)?);
    Op::new(&MAT_MUL)
        .input(a)
        .input(b)
        .attr("transpose_a", options.transpose_a || options.adjoint_a)
        .attr("transpose_b", options.transpose_b || options.adjoint_b)
        .default_name("MatMul")
        .one()
}

pub(crate) fn conjugate(tensor: &Tensor) -> Result<Tensor> {
    if tensor.dtype().is_complex() { Op::named("Conj").input(tensor).one() } else { Ok(tensor.clone()) }
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (a, b) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        let (a_rank, b_rank) = (a.rank().unwrap_or(0), b.rank().unwrap_or(0));
        if a_rank != b_rank {
            bail!(invalid_argument, "In[0] and In[1] has different ndims: {} vs. {}", a.cpp(), b.cpp());
        }
        if a_rank != 2 {
            bail!(invalid_argument, "In[0] and In[1] ndims must be == 2: {a_rank}");
        }
    }
    let (left, right) = (cx.with_rank(0, 2)?, cx.with_rank(1, 2)?);
    let pick = |shape: &PartialShape, transpose: bool| {
        if transpose { (shape.dim(1), shape.dim(0)) } else { (shape.dim(0), shape.dim(1)) }
    };
    let (rows, inner) = pick(&left, cx.bool("transpose_a")?);
    let (other, columns) = pick(&right, cx.bool("transpose_b")?);
    if let Err(error) = cx.merge_dims(inner, other) {
        return Err(cx.mismatch(
            format!("Matrix size-incompatible: In[0]: {}, In[1]: {}", a.cpp(), b.cpp()),
            error.message(),
        ));
    }
    cx.set(0, [rows, columns]);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if matches!(cx.dtype("T")?, DType::HALF | DType::BFLOAT16) {
        return cx.through_f32(kernel);
    }
    let shape = cx.output_shape(0)?;
    let left = Side { array: cx.input(0)?, transpose: cx.bool("transpose_a")? };
    let right = Side { array: cx.input(1)?, transpose: cx.bool("transpose_b")? };
    let product = products(left, right, &[(0, 0)], shape)?;
    cx.set(0, product)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (transpose_a, transpose_b) = (cx.bool("transpose_a")?, cx.bool("transpose_b")?);
    let (a, b, dy) = (conjugate(cx.x(0)?)?, conjugate(cx.x(1)?)?, cx.dy(0)?);
    let product = |x: &Tensor, transpose_x: bool, y: &Tensor, transpose_y: bool| {
        Op::new(&MAT_MUL)
            .input(x)
            .input(y)
            .attr("transpose_a", transpose_x)
            .attr("transpose_b", transpose_y)
            .one()
    };
    let (da, db) = match (transpose_a, transpose_b) {
        (false, false) => (product(&dy, false, &b, true)?, product(&a, true, &dy, false)?),
        (false, true) => (product(&dy, false, &b, false)?, product(&dy, true, &a, false)?),
        (true, false) => (product(&b, false, &dy, true)?, product(&a, false, &dy, false)?),
        (true, true) => (product(&b, true, &dy, true)?, product(&dy, true, &a, true)?),
    };
    cx.set(0, da)?;
    cx.set(1, db)
}

pub(crate) static MAT_MUL: OpDef =
    OpDef { name: "MatMul", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };
