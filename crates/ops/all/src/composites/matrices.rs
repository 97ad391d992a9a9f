//! Functions of matrices that follow from their decompositions: pseudo inverses, ranks, determinants' logarithms, and what is
//! made of the factors of `lu`.

use ferroflow_core::{
    DType, IntoOperand, NdArray, Operand, Result, Tensor, bail, constant, context, convert_to_tensor,
    operators,
};
use ferroflow_ops_array as array;
use ferroflow_ops_linalg as linalg;
use ferroflow_ops_math as math;

/// The logarithms of the determinants of positive definite matrices.
///
/// Source: `tf.linalg.logdet`.
///
/// ```
/// use ferroflow_ops::composites::logdet;
/// ferroflow_ops::install();
/// let log = logdet([[2.0, 0.0], [0.0, 0.5]])?.numpy()?.item::<f32>()?;
/// assert!(log.abs() < 1e-6);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for matrices that are not square.
pub fn logdet(matrix: impl IntoOperand) -> Result<Tensor> {
    let matrix = matrix.into_operand()?;
    context::name_scope("logdet", || {
        let factor = linalg::cholesky(matrix)?;
        let logs = math::log(math::real(array::diag_part(factor)?)?)?;
        let sum = math::reduce_sum(logs, [-1])?;
        number_of(2.0, sum.dtype())? * sum
    })
}

/// The tensor, once it is known to be real matrices.
fn real_matrix(a: Operand) -> Result<Tensor> {
    let a = context::with_name("a", || convert_to_tensor(a, None))?;
    if !a.dtype().is_floating() {
        bail!(type_error, "Input `a` must have `float`-like `dtype` (saw {}).", a.dtype().name());
    }
    if let Some(rank @ ..2) = a.rank() {
        bail!(value, "Input `a` must have at least 2 dimensions (saw: {rank}).");
    }
    Ok(a)
}

/// The distance of 1 to the next number of a dtype.
fn epsilon(dtype: DType) -> f64 {
    match dtype {
        DType::FLOAT64 => f64::EPSILON,
        DType::HALF => f64::exp2(-10.0),
        DType::BFLOAT16 => f64::exp2(-7.0),
        _ => f32::EPSILON.into(),
    }
}

fn number_of(value: f64, dtype: DType) -> Result<Tensor> {
    constant(NdArray::scalar(value).cast(dtype)?)
}

/// The larger of the sizes of a matrix, where both are known.
fn known_size(a: &Tensor) -> Option<usize> {
    let rank = a.rank()?;
    Some(a.shape().dim(rank - 1)?.max(a.shape().dim(rank - 2)?))
}

/// The ranks of matrices: how many singular values are above a bound, which grows with the size and the largest of them.
///
/// Source: `tf.linalg.matrix_rank`.
///
/// ```
/// use ferroflow_ops::composites::matrix_rank;
/// ferroflow_ops::install();
/// assert_eq!(matrix_rank([[1.0, 2.0], [2.0, 4.0]])?.numpy()?.item::<i32>()?, 1);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for a dtype that is not floating, `ValueError` for a rank below two.
pub fn matrix_rank(a: impl IntoOperand) -> Result<Tensor> {
    rank_above(a.into_operand()?, None)
}

/// [`matrix_rank`] with a bound of one's own.
///
/// # Errors
/// As [`matrix_rank`].
pub fn matrix_rank_with(a: impl IntoOperand, tol: impl IntoOperand) -> Result<Tensor> {
    rank_above(a.into_operand()?, Some(tol.into_operand()?))
}

fn rank_above(a: Operand, tol: Option<Operand>) -> Result<Tensor> {
    context::name_scope("matrix_rank", || {
        let a = real_matrix(a)?;
        let dtype = a.dtype();
        let values = linalg::singular_values(&a)?;
        let tol = match tol {
            Some(tol) => convert_to_tensor(tol, Some(dtype))?,
            None => {
                let size = match known_size(&a) {
                    Some(size) => operators::cast(constant(NdArray::scalar(size as i64))?, dtype)?,
                    None => {
                        let sizes = array::getitem(array::shape(&a)?, -2..)?;
                        operators::cast(math::reduce_max(sizes, ())?, dtype)?
                    }
                };
                let bound = (number_of(epsilon(dtype), dtype)? * size)?;
                (bound * math::reduce_max_with(&values, [-1], |o| o.keepdims(true))?)?
            }
        };
        let counted = operators::cast(math::greater(values, tol)?, DType::INT32)?;
        math::reduce_sum(counted, [-1])
    })
}

/// The pseudo inverses (of E. H. Moore and R. Penrose) of matrices. Singular values up to 10 times the larger size times the
/// precision of the dtype times the largest of them count as 0.
///
/// Source: `tf.linalg.pinv`.
///
/// ```
/// use ferroflow_ops::composites::pinv;
/// ferroflow_ops::install();
/// let inverse = pinv([[2.0, 0.0], [0.0, 0.0]])?.numpy()?;
/// assert_eq!(inverse.as_slice::<f32>()?, [0.5, 0.0, 0.0, 0.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// As [`matrix_rank`].
pub fn pinv(a: impl IntoOperand) -> Result<Tensor> {
    pseudo_inverse(a.into_operand()?, None)
}

/// [`pinv`] with another part of the largest singular value, up to which values count as 0.
///
/// # Errors
/// As [`pinv`].
pub fn pinv_with(a: impl IntoOperand, rcond: impl IntoOperand) -> Result<Tensor> {
    pseudo_inverse(a.into_operand()?, Some(rcond.into_operand()?))
}

fn pseudo_inverse(a: Operand, rcond: Option<Operand>) -> Result<Tensor> {
    context::name_scope("pinv", || {
        let a = real_matrix(a)?;
        let dtype = a.dtype();
        let rcond = match (rcond, known_size(&a)) {
            (Some(rcond), _) => context::with_name("rcond", || convert_to_tensor(rcond, Some(dtype)))?,
            (None, Some(size)) => {
                context::with_name("rcond", || number_of(10.0 * size as f64 * epsilon(dtype), dtype))?
            }
            (None, None) => {
                let size = |at: i32| array::getitem(array::shape(&a)?, at);
                let size = operators::cast(math::maximum(size(-2)?, size(-1)?)?, dtype)?;
                ((number_of(10.0, dtype)? * size)? * number_of(epsilon(dtype), dtype)?)?
            }
        };
        let (values, left, right) = linalg::svd(&a)?;
        let cutoff = (rcond * math::reduce_max(&values, [-1])?)?;
        // What is divided by infinity vanishes, and so does its gradient.
        let is_kept = math::greater(&values, array::expand_dims(cutoff, -1)?)?;
        let values = array::where_select(is_kept, &values, number_of(f64::INFINITY, dtype)?)?;
        let scaled = operators::truediv(right, array::expand_dims(values, -2)?)?;
        math::matmul_with(scaled, left, |o| o.adjoint_b(true))
    })
}

/// The factors, the permutations and, where one is given, the right-hand sides of a system.
fn factors(lower_upper: Operand, perm: Operand) -> Result<(Tensor, Tensor)> {
    let lower_upper = context::with_name("lower_upper", || convert_to_tensor(lower_upper, None))?;
    let perm = context::with_name("perm", || convert_to_tensor(perm, None))?;
    if let Some(rank) = lower_upper.rank() {
        if rank < 2 {
            bail!(value, "Input `lower_upper` must have at least 2 dimensions.");
        }
        if perm.rank().is_some_and(|of_perm| of_perm + 1 != rank) {
            bail!(value, "`rank(lower_upper)` must equal `rank(perm) + 1`");
        }
        let (rows, columns) = (lower_upper.shape().dim(rank - 2), lower_upper.shape().dim(rank - 1));
        if rows.is_some() && columns.is_some() && rows != columns {
            bail!(value, "`lower_upper` must be square.");
        }
    }
    Ok((lower_upper, perm))
}

/// The lower factors, which have ones on the diagonal.
fn lower_of(lower_upper: &Tensor, sizes: &Tensor) -> Result<Tensor> {
    let band = array::band_part(lower_upper, -1, 0)?;
    let outer = array::getitem(sizes, ..-1)?;
    array::set_diag(band, array::ones(outer, lower_upper.dtype())?)
}

/// Indices of the matrices of a batch, one for each row of each.
fn matrix_numbers(count: &Tensor, rows: &Tensor) -> Result<Tensor> {
    let numbers = array::expand_dims(math::range(0, count, 1)?, 1)?;
    array::broadcast_to(numbers, array::stack([count, rows])?)
}

/// The solutions of `a * x = rhs`, given the factors and the permutations that `lu` made of `a`.
///
/// Source: `tf.linalg.lu_solve`.
///
/// ```
/// use ferroflow_ops::composites::lu_solve;
/// ferroflow_ops::install();
/// let x = lu_solve([[2.0, 3.0], [0.0, 1.0]], [1, 0], [[1.0], [5.0]])?;
/// assert_eq!(x.numpy()?.as_slice::<f32>()?, [1.0, 1.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for shapes that do not fit together.
pub fn lu_solve(
    lower_upper: impl IntoOperand,
    perm: impl IntoOperand,
    rhs: impl IntoOperand,
) -> Result<Tensor> {
    let (lower_upper, perm, rhs) = (lower_upper.into_operand()?, perm.into_operand()?, rhs.into_operand()?);
    context::name_scope("lu_solve", || {
        let (lower_upper, perm) = factors(lower_upper, perm)?;
        let rhs = context::with_name("rhs", || convert_to_tensor(rhs, Some(lower_upper.dtype())))?;
        if let Some(rank) = rhs.rank() {
            if rank < 2 {
                bail!(value, "Input `rhs` must have at least 2 dimensions.");
            }
            let size = lower_upper.rank().and_then(|rank| lower_upper.shape().dim(rank - 1));
            let rows = rhs.shape().dim(rank - 2);
            if size.is_some() && rows.is_some() && size != rows {
                bail!(value, "`lower_upper.shape[-1]` must equal `rhs.shape[-1]`.");
            }
        }
        let permuted = match (rhs.rank(), perm.rank()) {
            (Some(2), Some(1)) => array::gather_with(&rhs, &perm, |o| o.axis(-2))?,
            _ => permuted_batch(&rhs, &perm)?,
        };
        let lower = lower_of(&lower_upper, &array::shape(&lower_upper)?)?;
        let solve = |matrix: &Tensor, rhs: &Tensor, is_lower: bool| {
            context::name_scope("triangular_solve", || {
                linalg::triangular_solve_with(matrix, rhs, |o| o.lower(is_lower))
            })
        };
        solve(&lower_upper, &solve(&lower, &permuted, true)?, false)
    })
}

/// The rows of matrices in the orders given, whose outer sizes broadcast.
fn permuted_batch(rhs: &Tensor, perm: &Tensor) -> Result<Tensor> {
    let sizes = array::shape(rhs)?;
    let outer = array::broadcast_dynamic_shape(
        array::getitem(&sizes, ..-2)?,
        array::getitem(array::shape(perm)?, ..-1)?,
    )?;
    let (rows, columns) = (array::getitem(&sizes, -2)?, array::getitem(&sizes, -1)?);
    let whole = array::concat([outer.clone(), array::stack([&rows, &columns])?], 0)?;
    let flat = array::stack([&constant(NdArray::scalar(-1i32))?, &rows, &columns])?;
    let matrices = array::reshape(array::broadcast_to(rhs, &whole)?, flat)?;
    let orders = array::broadcast_to(perm, array::getitem(&whole, ..-1)?)?;
    let orders = array::reshape(orders, array::stack([&constant(NdArray::scalar(-1i32))?, &rows])?)?;
    let count = math::reduce_prod(outer, ())?;
    let numbers = operators::cast(matrix_numbers(&count, &rows)?, orders.dtype())?;
    let places = array::stack_with([numbers, orders], |o| o.axis(-1))?;
    array::reshape(array::gather_nd(matrices, places)?, whole)
}

/// The inverses of the matrices that `lu` made factors and permutations of.
///
/// Source: `tf.linalg.lu_matrix_inverse`.
///
/// # Errors
/// As [`lu_solve`].
pub fn lu_matrix_inverse(lower_upper: impl IntoOperand, perm: impl IntoOperand) -> Result<Tensor> {
    let (lower_upper, perm) = (lower_upper.into_operand()?, perm.into_operand()?);
    context::name_scope("lu_matrix_inverse", || {
        let (lower_upper, perm) = factors(lower_upper, perm)?;
        let sizes = array::shape(&lower_upper)?;
        let (size, outer) = (array::getitem(&sizes, -1)?, array::getitem(&sizes, ..-2)?);
        let identity = super::eye_of_size(size, outer, lower_upper.dtype())?;
        lu_solve(&lower_upper, &perm, identity)
    })
}

/// The matrices that `lu` made factors and permutations of.
///
/// Source: `tf.linalg.lu_reconstruct`.
///
/// ```
/// use ferroflow_ops::composites::lu_reconstruct;
/// ferroflow_ops::install();
/// let matrix = lu_reconstruct([[2.0, 3.0], [0.0, 1.0]], [1, 0])?.numpy()?;
/// assert_eq!(matrix.as_slice::<f32>()?, [0.0, 1.0, 2.0, 3.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// As [`lu_solve`].
pub fn lu_reconstruct(lower_upper: impl IntoOperand, perm: impl IntoOperand) -> Result<Tensor> {
    let (lower_upper, perm) = (lower_upper.into_operand()?, perm.into_operand()?);
    context::name_scope("lu_reconstruct", || {
        let (lower_upper, perm) = factors(lower_upper, perm)?;
        let sizes = array::shape(&lower_upper)?;
        let lower = lower_of(&lower_upper, &sizes)?;
        let upper = array::band_part(&lower_upper, 0, -1)?;
        let x = math::matmul(lower, upper)?;
        if lower_upper.rank() == Some(2) {
            return array::gather(x, array::invert_permutation(perm)?);
        }
        let count = math::reduce_prod(array::getitem(&sizes, ..-2)?, ())?;
        let size = array::getitem(&sizes, -1)?;
        let orders = array::reshape(perm, array::stack([&count, &size])?)?;
        let numbers = operators::cast(matrix_numbers(&count, &size)?, orders.dtype())?;
        let places = array::stack_with([numbers, orders], |o| o.axis(-1))?;
        let flat = array::stack([&count, &size, &size])?;
        // Each row goes where the permutation has taken it from.
        let shape = operators::cast(&flat, places.dtype())?;
        let rows = array::scatter_nd(places, array::reshape(x, flat)?, shape)?;
        array::reshape(rows, sizes)
    })
}
