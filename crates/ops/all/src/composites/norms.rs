//! `norm`, and functions of matrices that are a few ops each: `eye`, `trace`, `matvec`, transposes.

use ferroflow_core::{
    DType, IntoOperand, NdArray, Result, Tensor, bail, context, convert_to_tensor, operators, options,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math::{self as math, Axes};

/// How [`norm_with`] measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NormOrder {
    /// The root of the sum of squares, for vectors and (as the one of F. G. Frobenius) matrices.
    Euclidean,
    /// The largest absolute value.
    Infinity,
    /// The root of this order of the sum of powers of this order.
    P(f64),
}

impl From<i32> for NormOrder {
    fn from(order: i32) -> NormOrder {
        NormOrder::P(order.into())
    }
}

impl From<f64> for NormOrder {
    fn from(order: f64) -> NormOrder {
        if order == f64::INFINITY { NormOrder::Infinity } else { NormOrder::P(order) }
    }
}

options! {
    /// Optional arguments of [`norm_with`].
    pub struct NormOptions {
        /// How to measure.
        ord: NormOrder = NormOrder::Euclidean,
        /// The axes of what is measured: none stands for all, two are those of matrices.
        axis: Vec<i64> = Vec::new(),
        /// Whether these axes stay, with size 1.
        keepdims: bool = false,
    }
}

/// The Euclidean norm of all elements.
///
/// Source: `tf.norm`.
///
/// ```
/// use ferroflow_ops::composites::{norm, norm_with};
/// ferroflow_ops::install();
/// assert_eq!(norm([3.0, 4.0])?.numpy()?.item::<f32>()?, 5.0);
/// assert_eq!(norm_with([3.0, 4.0], |o| o.ord(1))?.numpy()?.item::<f32>()?, 7.0);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for a dtype that is neither floating nor complex.
pub fn norm(tensor: impl IntoOperand) -> Result<Tensor> {
    norm_with(tensor, |options| options)
}

/// A norm of slices. Of matrices, order 1 is the largest sum of a column, infinity that of a row, and 2 the largest singular
/// value.
///
/// # Errors
/// `InvalidArgument` for an axis that the tensor does not have, `ValueError` for an order that is not positive, or one that
/// matrices do not have.
pub fn norm_with(
    tensor: impl IntoOperand,
    options: impl FnOnce(NormOptions) -> NormOptions,
) -> Result<Tensor> {
    let (tensor, options) = (tensor.into_operand()?, options(NormOptions::default()));
    context::name_scope("norm", || {
        let tensor = convert_to_tensor(tensor, None)?;
        let keep = |o: math::ReduceOptions| o.keepdims(true);
        let axes = if options.axis.is_empty() { Axes::from(()) } else { Axes::from(options.axis.clone()) };
        if let [rows, columns] = options.axis[..] {
            if rows == columns {
                bail!(
                    value,
                    "'axis' must be None, an integer, or a tuple of 2 unique integers, got ({rows}, {columns})"
                );
            }
            if options.ord == NormOrder::P(2.0) {
                let result = spectral(&tensor, [rows, columns])?;
                return if options.keepdims {
                    Ok(result)
                } else {
                    array::squeeze_with(result, |o| o.axis(options.axis))
                };
            }
        }
        let result = match (options.ord, &options.axis[..]) {
            (NormOrder::Euclidean | NormOrder::P(2.0), _) => {
                let squares = (&tensor * math::conj(&tensor)?)?;
                math::sqrt(math::reduce_sum_with(squares, axes, keep)?)?
            }
            (NormOrder::Infinity, &[rows, columns]) => {
                let sums = math::reduce_sum_with(math::abs(&tensor)?, [columns], keep)?;
                math::reduce_max_with(sums, [rows], keep)?
            }
            (NormOrder::P(1.0), &[rows, columns]) => {
                let sums = math::reduce_sum_with(math::abs(&tensor)?, [rows], keep)?;
                math::reduce_max_with(sums, [columns], keep)?
            }
            (NormOrder::P(order), &[_, _]) => bail!(
                value,
                "'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, 2, inf], got {order:?}"
            ),
            (NormOrder::Infinity, _) => math::reduce_max_with(math::abs(&tensor)?, axes, keep)?,
            (NormOrder::P(1.0), _) => math::reduce_sum_with(math::abs(&tensor)?, axes, keep)?,
            (NormOrder::P(order), _) if order > 0.0 => {
                let powers = math::pow(math::abs(&tensor)?, order)?;
                math::pow(math::reduce_sum_with(powers, axes, keep)?, 1.0 / order)?
            }
            (NormOrder::P(order), _) => {
                bail!(value, "'ord' must be a supported vector norm, got {order:?}")
            }
        };
        if options.keepdims { Ok(result) } else { array::squeeze_with(result, |o| o.axis(options.axis)) }
    })
}

/// The largest singular values of matrices along two axes, which stay with size 1.
fn spectral(tensor: &Tensor, matrix: [i64; 2]) -> Result<Tensor> {
    let Some(rank) = tensor.rank() else {
        bail!(unimplemented, "the spectral norm of a tensor of unknown rank is not supported");
    };
    let mut last = Vec::new();
    for axis in matrix {
        let from_front = if axis < 0 { axis + rank as i64 } else { axis };
        let at = usize::try_from(from_front).ok().filter(|at| *at < rank);
        let Some(at) = at.filter(|at| !last.contains(at)) else {
            bail!(invalid_argument, "{axis} is not a valid dimension for a tensor of rank {rank}");
        };
        last.push(at);
    }
    let order: Vec<usize> = (0..rank).filter(|axis| !last.contains(axis)).chain(last.clone()).collect();
    let mut back = vec![0i32; rank];
    order.iter().enumerate().for_each(|(at, &axis)| back[axis] = at as i32);
    let order: Vec<i32> = order.into_iter().map(|axis| axis as i32).collect();
    let turned = array::transpose_with(tensor, |o| o.perm(order))?;
    let values = math::abs(ferroflow_ops_linalg::singular_values(turned)?)?;
    let largest = math::reduce_max_with(values, [-1], |o| o.keepdims(true))?;
    array::transpose_with(array::expand_dims(largest, -1)?, |o| o.perm(back))
}

/// The tensor over its norm along an axis, and that norm.
///
/// Source: `tf.linalg.normalize`.
///
/// # Errors
/// As [`norm_with`].
pub fn normalize(tensor: impl IntoOperand, axis: &[i64]) -> Result<(Tensor, Tensor)> {
    let tensor = tensor.into_operand()?;
    context::name_scope("normalize", || {
        let tensor = convert_to_tensor(tensor, None)?;
        let norm = norm_with(&tensor, |o| o.axis(axis.to_vec()).keepdims(true))?;
        let norm = operators::cast(norm, tensor.dtype())?;
        Ok((operators::truediv(tensor, &norm)?, norm))
    })
}

options! {
    /// Optional arguments of [`eye_with`].
    pub struct EyeOptions {
        /// The number of columns, where it is not that of rows.
        num_columns: Option<i64> = None,
        /// The leading sizes of a batch of matrices.
        batch_shape: Vec<i64> = Vec::new(),
        /// The dtype.
        dtype: DType = DType::FLOAT32,
    }
}

/// A matrix with ones on its diagonal and zeros elsewhere.
///
/// Source: `tf.eye`.
///
/// ```
/// use ferroflow_ops::composites::eye;
/// ferroflow_ops::install();
/// assert_eq!(eye(2)?.numpy()?.as_slice::<f32>()?, [1.0, 0.0, 0.0, 1.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a negative number.
pub fn eye(num_rows: i64) -> Result<Tensor> {
    eye_with(num_rows, |options| options)
}

/// [`eye`] with more columns, in batches, in other dtypes.
///
/// # Errors
/// As [`eye`].
pub fn eye_with(num_rows: i64, options: impl FnOnce(EyeOptions) -> EyeOptions) -> Result<Tensor> {
    let options = options(EyeOptions::default());
    context::name_scope("eye", || {
        let columns = options.num_columns.unwrap_or(num_rows);
        if num_rows < 0 || columns < 0 {
            bail!(
                value,
                "Arguments `num_rows` and `num_columns` must be positive integer values. Received: num_rows={num_rows}, num_columns={columns}"
            );
        }
        let shape = |last: &[i64]| narrow(options.batch_shape.iter().chain(last));
        let ones = array::ones(shape(&[num_rows.min(columns)])?, options.dtype)?;
        if options.num_columns.is_none() {
            return array::diag(ones);
        }
        let zeros = array::zeros(shape(&[num_rows, columns])?, options.dtype)?;
        array::set_diag(zeros, ones)
    })
}

/// [`eye`] for a size and a shape of the batch that are known when the program runs.
///
/// # Errors
/// `InvalidArgument` for a negative size.
pub fn eye_of_size(num_rows: Tensor, batch_shape: Tensor, dtype: DType) -> Result<Tensor> {
    context::name_scope("eye", || {
        let size = math::minimum(&num_rows, &num_rows)?;
        let shape = array::concat_around(Some(batch_shape), &[size], None)?;
        array::diag(array::ones(shape, dtype)?)
    })
}

/// Sizes as `int32`, which TensorFlow's shapes are in Python.
fn narrow<'a>(sizes: impl Iterator<Item = &'a i64>) -> Result<NdArray> {
    let sizes: std::result::Result<Vec<i32>, _> = sizes.map(|&size| i32::try_from(size)).collect();
    match sizes {
        Ok(sizes) => Ok(NdArray::vector(sizes)),
        Err(_) => bail!(value, "a size is above the range of int32"),
    }
}

/// The sums of the diagonals of the matrices in the last two axes.
///
/// Source: `tf.linalg.trace`.
///
/// # Errors
/// `InvalidArgument` for a rank below two.
pub fn trace(x: impl IntoOperand) -> Result<Tensor> {
    let x = x.into_operand()?;
    let name = context::take_name().unwrap_or_else(|| "Trace".to_string());
    context::name_scope_for_op(&name, |name| {
        let diagonal = array::diag_part(convert_to_tensor(x, None)?)?;
        context::with_name(&name, || math::reduce_sum(diagonal, [-1]))
    })
}

/// The tensor with its last two axes swapped.
///
/// Source: `tf.linalg.matrix_transpose`.
///
/// # Errors
/// `ValueError` for a rank below two.
pub fn matrix_transpose(a: impl IntoOperand) -> Result<Tensor> {
    swapped(a, false)
}

/// The tensor with its last two axes swapped, and complex conjugate.
///
/// Source: `tf.linalg.adjoint`.
///
/// # Errors
/// `ValueError` for a rank below two.
pub fn adjoint(matrix: impl IntoOperand) -> Result<Tensor> {
    let matrix = matrix.into_operand()?;
    context::name_scope("adjoint", || {
        let matrix = context::with_name("matrix", || convert_to_tensor(matrix, None))?;
        swapped(matrix, true)
    })
}

fn swapped(a: impl IntoOperand, conjugate: bool) -> Result<Tensor> {
    let a = a.into_operand()?;
    context::name_scope("matrix_transpose", || {
        let a = context::with_name("a", || convert_to_tensor(a, None))?;
        let perm = match a.rank() {
            Some(rank) if rank < 2 => bail!(
                value,
                "Argument `a` should be a (batch) matrix with rank >= 2.  Received `a` = {a:?} with shape: {}",
                a.shape()
            ),
            Some(rank) => {
                let last = rank as i32;
                NdArray::vector((0..last - 2).chain([last - 1, last - 2]).collect()).into_operand()?
            }
            None => {
                let rank = array::rank(&a)?;
                let (before, last) = ((&rank - 2)?, (&rank - 1)?);
                let first = math::range(0, &before, 1)?;
                array::concat([first, array::stack([last, before])?], 0)?.into_operand()?
            }
        };
        let op = if conjugate && a.dtype().is_complex() { "ConjugateTranspose" } else { "Transpose" };
        ferroflow_core::Op::named(op).input(a).input(perm).default_name("transpose").one()
    })
}

/// The products of matrices with vectors: the last axis of `b`.
///
/// Source: `tf.linalg.matvec`.
///
/// ```
/// use ferroflow_ops::composites::matvec;
/// ferroflow_ops::install();
/// let product = matvec([[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0])?.numpy()?;
/// assert_eq!(product.as_slice::<f32>()?, [21.0, 43.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the sizes do not fit.
pub fn matvec(a: impl IntoOperand, b: impl IntoOperand) -> Result<Tensor> {
    let (a, b) = (a.into_operand()?, b.into_operand()?);
    context::name_scope("MatVec", || {
        let columns = array::expand_dims(b, -1)?;
        array::squeeze_with(math::matmul(a, columns)?, |o| o.axis([-1]))
    })
}
