//! SelfAdjointEigV2: eigenvalues and eigenvectors of self-adjoint matrices.

use crate::batch::{Batch, TYPES, absent_shape, precision, square, with_inner, with_wide, write};
use crate::matrix::Field;
use crate::ops::{
    adjoint, adjoint_product, band, diagonal, diagonal_matrix, expand, number_like, product, product_adjoint,
    safe_reciprocal, with_diagonal, zeros_like,
};
use crate::self_adjoint::decompose;
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, Tensor, bail,
};

/// The eigenvalues of self-adjoint matrices in rising order, and their eigenvectors as columns. Only the lower triangles
/// are read.
///
/// Source: `tf.linalg.eigh` (op `SelfAdjointEigV2`).
///
/// ```
/// let (values, _) = ferroflow_ops_linalg::eigh([[2.0, 0.0], [0.0, 1.0]])?;
/// assert_eq!(values.numpy()?.as_slice::<f32>()?, [1.0, 2.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a matrix that is not square or not finite.
pub fn eigh(tensor: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    let [values, vectors] = Op::new(&SELF_ADJOINT_EIG_V2).input(tensor).attr("compute_v", true).outputs()?;
    Ok((values, vectors))
}

/// The eigenvalues of self-adjoint matrices in rising order.
///
/// Source: `tf.linalg.eigvalsh` (op `SelfAdjointEigV2`).
///
/// # Errors
/// As [`eigh`].
pub fn eigvalsh(tensor: impl IntoOperand) -> Result<Tensor> {
    let [values, _] = Op::new(&SELF_ADJOINT_EIG_V2).input(tensor).attr("compute_v", false).outputs()?;
    Ok(values)
}

/// The shapes of eigenvalues and of eigenvectors, which are empty where none are asked for.
pub(crate) fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (outer, size) = square(cx, 0)?;
    cx.set(0, with_inner(&outer, &[size]));
    if cx.bool("compute_v")? {
        cx.set(1, with_inner(&outer, &[size, size]));
    } else {
        let absent = absent_shape(cx);
        cx.set(1, absent);
    }
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let with_vectors = cx.bool("compute_v")?;
    let dtype = cx.dtype("T")?;
    with_wide!(cx, |T| {
        let batch = Batch::<T>::read(cx, 0)?;
        let (mut values, mut vectors) = (Vec::new(), Vec::new());
        for index in 0..if batch.rows == 0 { 0 } else { batch.count } {
            let Some(eigen) = decompose(batch.matrix(index)?, with_vectors, precision(dtype)) else {
                bail!(
                    invalid_argument,
                    "Self-adjoint eigen decomposition was not successful. The input might not be valid."
                );
            };
            values.extend(eigen.values.iter().map(|value| <T as Field>::from_real(*value)));
            if with_vectors {
                for row in 0..batch.rows {
                    vectors.extend((0..batch.rows).map(|column| eigen.vectors[(column, row)]));
                }
            }
        }
        write(cx, 0, values, dtype)?;
        match with_vectors {
            true => write(cx, 1, vectors, dtype),
            false => cx.set(1, NdArray::zeros(dtype, Shape::scalar())?),
        }
    })
}

/// One over the differences of eigenvalues, with zeros on the diagonal.
pub(crate) fn reciprocal_gaps(values: &Tensor) -> Result<Tensor> {
    let gaps = (expand(values, -2)? - expand(values, -1)?)?;
    with_diagonal(&safe_reciprocal(&gaps)?, &zeros_like(values)?)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let de = diagonal_matrix(&cx.dy(0)?)?;
    let (middle, v) = if cx.bool("compute_v")? {
        let (e, v, dv) = (cx.y(0)?, cx.y(1)?, cx.dy(1)?);
        let turns = (reciprocal_gaps(e)? * adjoint_product(v, &dv)?)?;
        ((de + turns)?, v.clone())
    } else {
        let (_, v) = eigh(cx.x(0)?)?;
        (de, v)
    };
    let da = product(&v, &product_adjoint(&middle, &v)?)?;
    // Only the lower triangle is an input.
    let da = band(&(&da + adjoint(&da)?)?, -1, 0)?;
    let half = (number_like(0.5, &da)? * diagonal(&da)?)?;
    cx.set(0, with_diagonal(&da, &half))
}

pub(crate) static SELF_ADJOINT_EIG_V2: OpDef = OpDef {
    name: "SelfAdjointEigV2",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};
