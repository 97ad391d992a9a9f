//! Svd: singular values and singular vectors.

use crate::batch::{Batch, TYPES, absent_shape, at_least_matrix, split, with_inner, with_wide, write};
use crate::matrix::{Field, Matrix};
use crate::ops::{
    adjoint, adjoint_product, cast, columns, diagonal_matrix, expand, identity_like, number_like, product,
    product_adjoint, safe_reciprocal, with_diagonal, zeros_like,
};
use crate::singular::{Singular, decompose};
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, Tensor, bail, options,
};

options! {
    /// Optional arguments of [`svd_with`].
    pub struct SvdOptions {
        /// Whether the matrices of singular vectors are square.
        full_matrices: bool = false,
    }
}

/// The singular values of matrices in falling order, and their left and right singular vectors as columns.
///
/// Vectors are unique up to a common sign or phase of each pair only, and not those that TensorFlow happens to choose.
///
/// Source: `tf.linalg.svd` (op `Svd`).
///
/// ```
/// let (s, _, _) = ferroflow_ops_linalg::svd([[3.0, 0.0], [0.0, 4.0]])?;
/// assert_eq!(s.numpy()?.as_slice::<f32>()?, [4.0, 3.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an input without two axes.
pub fn svd(tensor: impl IntoOperand) -> Result<(Tensor, Tensor, Tensor)> {
    svd_with(tensor, |options| options)
}

/// [`svd`] with optional arguments.
///
/// # Errors
/// As [`svd`].
pub fn svd_with(
    tensor: impl IntoOperand,
    options: impl FnOnce(SvdOptions) -> SvdOptions,
) -> Result<(Tensor, Tensor, Tensor)> {
    let options = options(SvdOptions::default());
    let op = Op::new(&SVD).input(tensor).attr("compute_uv", true);
    let [s, u, v] = op.attr("full_matrices", options.full_matrices).outputs()?;
    Ok((s, u, v))
}

/// The singular values of matrices in falling order: `tf.linalg.svd` with `compute_uv=False`.
///
/// # Errors
/// As [`svd`].
pub fn singular_values(tensor: impl IntoOperand) -> Result<Tensor> {
    let [s, _, _] = Op::new(&SVD).input(tensor).attr("compute_uv", false).outputs()?;
    Ok(s)
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = at_least_matrix(cx, 0)?;
    let with_vectors = cx.bool("compute_uv")?;
    match split(&shape) {
        Some((outer, rows, columns)) => {
            let least = match (rows, columns) {
                (Some(rows), Some(columns)) => Some(rows.min(columns)),
                (Some(0), _) | (_, Some(0)) => Some(0),
                _ => None,
            };
            let full = cx.bool("full_matrices")?;
            cx.set(0, with_inner(&outer, &[least]));
            cx.set(1, with_inner(&outer, &[rows, if full { rows } else { least }]));
            cx.set(2, with_inner(&outer, &[columns, if full { columns } else { least }]));
        }
        None => cx.set_all_unknown(),
    }
    if !with_vectors {
        let absent = absent_shape(cx);
        cx.set(1, absent.clone());
        cx.set(2, absent);
    }
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (with_vectors, full) = (cx.bool("compute_uv")?, cx.bool("full_matrices")?);
    let dtype = cx.dtype("T")?;
    with_wide!(cx, |T| {
        let batch = Batch::<T>::read(cx, 0)?;
        let (rows, columns, least) = (batch.rows, batch.columns, batch.rows.min(batch.columns));
        let [mut values, mut left, mut right] = [Vec::new(), Vec::new(), Vec::new()];
        for index in 0..batch.count {
            let matrix = batch.matrix(index)?;
            let Singular { values: s, u, v } = if matrix.is_finite() {
                decompose(&matrix, full)
            } else {
                let nothing = |rows, columns| Matrix {
                    rows,
                    columns,
                    elements: vec![<T as Field>::from_real(f64::NAN); rows * columns],
                };
                Singular {
                    values: vec![f64::NAN; least],
                    u: nothing(rows, if full { rows } else { least }),
                    v: nothing(columns, if full { columns } else { least }),
                }
            };
            values.extend(s.into_iter().map(<T as Field>::from_real));
            left.extend(u.elements);
            right.extend(v.elements);
        }
        write(cx, 0, values, dtype)?;
        if with_vectors {
            write(cx, 1, left, dtype)?;
            return write(cx, 2, right, dtype);
        }
        let nothing = NdArray::zeros(dtype, Shape::scalar())?;
        cx.set(1, nothing.clone())?;
        cx.set(2, nothing)
    })
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let a = cx.x(0)?;
    let ds = diagonal_matrix(&cx.dy(0)?)?;
    if !cx.bool("compute_uv")? {
        let (_, u, v) = svd(a)?;
        return cx.set(0, product(&u, &product_adjoint(&ds, &v)?));
    }
    let Some((_, Some(rows), Some(inner))) = split(&a.shape()) else {
        bail!(
            unimplemented,
            "SVD gradient has not been implemented for input with unknown inner matrix shape."
        );
    };
    let full = cx.bool("full_matrices")?;
    let s = cx.y(0)?;
    let (mut m, mut n) = (rows, inner);
    let (mut u, mut v) = (cx.y(1)?, cx.y(2)?);
    let (mut du, mut dv) = (cx.dy(1)?, cx.dy(2)?);
    let swapped = m > n;
    if swapped {
        (m, n) = (n, m);
        (u, v) = (v, u);
        (du, dv) = (dv, du);
    }
    if full && n - m > 1 {
        bail!(
            unimplemented,
            "svd gradient is not implemented for abs(m - n) > 1 when full_matrices is True. Received: m={m} and n={n}"
        );
    }
    let s = cast(s, a.dtype())?;
    let square = Op::named("Square").input(&s).one()?;
    let gaps = (expand(&square, -2)? - expand(&square, -1)?)?;
    let f = with_diagonal(&safe_reciprocal(&gaps)?, &zeros_like(&s)?)?;
    let (s_matrix, s_inverse) = (diagonal_matrix(&s)?, diagonal_matrix(&safe_reciprocal(&s)?)?);
    let (v1, dv1) = (columns(v, 0, Some(m))?, columns(&dv, 0, Some(m))?);
    let turn_v = adjoint_product(&v1, &dv1)?;
    let twice = |x: &Tensor| x + adjoint(x)?;
    let from_u = product(&twice(&(&f * adjoint_product(u, &du)?)?)?, &s_matrix)?;
    let from_v = product(&s_matrix, &twice(&(&f * &turn_v)?)?)?;
    let middle = ((ds + from_u)? + from_v)?;
    let mut da = product(u, &product_adjoint(&middle, &v1)?)?;
    if m != n {
        let dv1_adjoint = adjoint(&dv1)?;
        let inside = product_adjoint(&product(&dv1_adjoint, &v1)?, &v1)?;
        let mut outside = (dv1_adjoint - inside)?;
        if full {
            let (v2, dv2) = (columns(v, m, Some(n))?, columns(&dv, m, Some(n))?);
            outside = (outside - product_adjoint(&adjoint_product(&v1, &dv2)?, &v2)?)?;
        }
        da = (da + product(&product(u, &s_inverse)?, &outside)?)?;
    }
    if a.dtype().is_complex() {
        // Phases of pairs of vectors are free; this takes out what would turn them.
        let l = (identity_like(&turn_v)? * &turn_v)?;
        let odd = product(&s_inverse, &(adjoint(&l)? - &l)?)?;
        let term = product(u, &product_adjoint(&odd, &v1)?)?;
        da = (da + (number_like(0.5, &term)? * &term)?)?;
    }
    cx.set(0, if swapped { adjoint(&da) } else { Ok(da) })
}

pub(crate) static SVD: OpDef = OpDef {
    name: "Svd",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};
