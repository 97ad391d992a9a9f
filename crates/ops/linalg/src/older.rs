//! Ops that graphs of today have under other names: they are found in files of the first years.

use crate::batch::{shape_of, square};
use crate::{cholesky, least_squares, lu_ops, self_adjoint_op, svd, triangular};
use ferroflow_core::{
    Attrs, DType, Element, Grad, KernelCtx, NdArray, OpDef, Result, ShapeCtx, bail, dispatch, run_op,
};

/// The shape function of an op's older name: of these TensorFlow knows no shapes in a graph.
fn shape(def: &'static OpDef, cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return (def.shape)(cx);
    }
    cx.set_all_unknown();
    Ok(())
}

fn kernel(def: &'static OpDef, cx: &mut KernelCtx<'_>) -> Result<()> {
    match def.kernel {
        Some(kernel) => kernel(cx),
        None => bail!(internal, "{} has no kernel", def.name),
    }
}

macro_rules! older {
    ($($static:ident $name:literal = $def:path;)*) => {
        $(pub(crate) static $static: OpDef = OpDef {
            name: $name,
            shape: |cx| shape(&$def, cx),
            kernel: Some(|cx| kernel(&$def, cx)),
            grad: Grad::Missing,
            ..OpDef::NEW
        };)*
    };
}

older! {
    BATCH_CHOLESKY "BatchCholesky" = cholesky::CHOLESKY;
    BATCH_CHOLESKY_GRAD "BatchCholeskyGrad" = cholesky::CHOLESKY_GRAD;
    BATCH_MATRIX_DETERMINANT "BatchMatrixDeterminant" = lu_ops::MATRIX_DETERMINANT;
    BATCH_MATRIX_INVERSE "BatchMatrixInverse" = lu_ops::MATRIX_INVERSE;
    BATCH_MATRIX_SOLVE "BatchMatrixSolve" = lu_ops::MATRIX_SOLVE;
    BATCH_MATRIX_SOLVE_LS "BatchMatrixSolveLs" = least_squares::MATRIX_SOLVE_LS;
    BATCH_MATRIX_TRIANGULAR_SOLVE "BatchMatrixTriangularSolve" = triangular::MATRIX_TRIANGULAR_SOLVE;
    BATCH_SELF_ADJOINT_EIG_V2 "BatchSelfAdjointEigV2" = self_adjoint_op::SELF_ADJOINT_EIG_V2;
    BATCH_SVD "BatchSvd" = svd::SVD;
}

pub(crate) static SELF_ADJOINT_EIG: OpDef = OpDef {
    name: "SelfAdjointEig",
    shape: eig_shape,
    kernel: Some(eig_kernel),
    grad: Grad::Missing,
    types: &[("T", &[DType::FLOAT32, DType::FLOAT64])],
    ..OpDef::NEW
};

pub(crate) static BATCH_SELF_ADJOINT_EIG: OpDef = OpDef {
    name: "BatchSelfAdjointEig",
    shape: |cx| {
        if cx.at_run_time() {
            return eig_shape(cx);
        }
        cx.set_all_unknown();
        Ok(())
    },
    kernel: Some(eig_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};

/// Eigenvalues in a row above the eigenvectors.
fn eig_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (outer, size) = square(cx, 0)?;
    let shape = crate::batch::with_inner(&outer, &[size.map(|size| size + 1), size]);
    cx.set(0, shape);
    Ok(())
}

fn eig_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let dtype = cx.dtype("T")?;
    let attrs = Attrs::new().with("compute_v", true).with("T", dtype);
    let mut inputs = [cx.input(0)?.clone()];
    let parts =
        run_op(&self_adjoint_op::SELF_ADJOINT_EIG_V2, &attrs, cx.node(), &mut inputs, cx.env(), None)?;
    let [values, vectors] = parts.as_slice() else {
        bail!(internal, "eigenvalues and -vectors are two outputs")
    };
    let joined = dispatch!(dtype, FLOATS, |T| stacked::<T>(values, vectors))?;
    cx.set(0, joined)
}

fn stacked<T: Element + Copy>(values: &NdArray, vectors: &NdArray) -> Result<NdArray> {
    let Some((&size, outer)) = values.shape().dims().split_last() else {
        bail!(internal, "eigenvalues have an axis");
    };
    let mut joined = ferroflow_core::reserve::<T>(values.len() + vectors.len())?;
    let rows = values.as_slice::<T>()?.chunks_exact(size.max(1));
    for (values, vectors) in rows.zip(vectors.as_slice::<T>()?.chunks_exact((size * size).max(1))) {
        joined.extend_from_slice(values);
        joined.extend_from_slice(vectors);
    }
    NdArray::from_shape(shape_of(outer, &[size + 1, size])?, joined)
}
