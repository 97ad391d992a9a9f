//! `linalg.expm`: exponentials of matrices.

use crate::control_flow::{cond, while_loop};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Operand, Result, Tensor, bail, constant, context, convert_to_tensor, ensure,
    operators,
};
use ferroflow_ops::composites;
use ferroflow_ops_array::{self as array, Ellipsis, NewAxis, getitem};
use ferroflow_ops_linalg as linalg;
use ferroflow_ops_math as math;

/// A number in a dtype.
pub(crate) fn number(value: f64, dtype: DType) -> Result<Tensor> {
    constant(NdArray::scalar(value).cast(dtype)?)
}

/// Coefficients of H. Padé's approximants, and up to which norm each is as exact as the dtype.
struct Approximants {
    narrow: &'static [(&'static [f64], f64)],
    widest: &'static [f64],
    /// The norm up to which matrices are halved for the widest.
    norm: f64,
}

const PADE_3: &[f64] = &[120.0, 60.0, 12.0];
const PADE_5: &[f64] = &[30240.0, 15120.0, 3360.0, 420.0, 30.0];
const PADE_7: &[f64] = &[17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0];
const PADE_9: &[f64] =
    &[17643225600.0, 8821612800.0, 2075673600.0, 302702400.0, 30270240.0, 2162160.0, 110880.0, 3960.0, 90.0];
const PADE_13: &[f64] = &[
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
];

const SINGLE: Approximants = Approximants {
    narrow: &[(PADE_3, 0.4258730016922831), (PADE_5, 1.880152677804762)],
    widest: PADE_7,
    norm: 3.92572478313866,
};

const DOUBLE: Approximants = Approximants {
    narrow: &[
        (PADE_3, 0.01495585217958292),
        (PADE_5, 0.253939833006323),
        (PADE_7, 0.9504178996162932),
        (PADE_9, 2.097847961257068),
    ],
    widest: PADE_13,
    norm: 5.371920351148152,
};

/// The exponentials of square matrices: the sums of `A^n / n!`.
///
/// Source: `tf.linalg.expm`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let turned = tf::linalg::expm([[0.0, -1.0], [1.0, 0.0]])?.numpy()?;
/// let [cosine, ..] = turned.as_slice::<f32>()? else { unreachable!() };
/// assert!((cosine - 1f32.cos()).abs() < 1e-6);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a dtype that is neither floating nor complex, `InvalidArgument` for matrices that are not square.
pub fn expm(input: impl IntoOperand) -> Result<Tensor> {
    ferroflow_graph::install();
    let input = input.into_operand()?;
    context::name_scope("matrix_exponential", || exponential(input))
}

fn exponential(input: Operand) -> Result<Tensor> {
    let input = context::with_name("input", || convert_to_tensor(input, None))?;
    let approximants = match input.dtype() {
        DType::HALF | DType::FLOAT32 | DType::COMPLEX64 => &SINGLE,
        DType::FLOAT64 | DType::COMPLEX128 => &DOUBLE,
        dtype => bail!(value, "tf.linalg.expm does not support matrices of type <dtype: '{}'>", dtype.name()),
    };
    if let Some(rank) = input.rank() {
        ensure!(rank >= 2, value, "Shape {} must have rank at least 2", input.shape());
        if [rank - 2, rank - 1].iter().all(|&axis| input.shape().dim(axis) == Some(0)) {
            return Ok(input);
        }
    }
    let shape = array::shape(&input)?;
    let flat_shape = array::concat([constant([-1])?, getitem(&shape, -2..)?], 0)?;
    let matrix = array::reshape(&input, flat_shape)?;
    let dtype = matrix.dtype();
    let magnitudes = math::abs(&matrix)?;
    let rows = (array::size(array::shape(&matrix)?)? - 2)?;
    let sums = math::reduce_sum(magnitudes, rows)?;
    let norm = getitem(math::reduce_max(sums, [-1])?, (Ellipsis, NewAxis, NewAxis))?;
    let real = |value: f64| number(value, norm.dtype());
    let halvings = math::floor(
        (math::log(operators::truediv(&norm, real(approximants.norm)?)?)? / math::log(real(2.0)?)?)?,
    )?;
    let halvings = math::maximum(halvings, real(0.0)?)?;

    let (mut numerators, mut denominators, mut bounds) = (Vec::new(), Vec::new(), Vec::new());
    for (coefficients, bound) in approximants.narrow {
        let (u, v) = approximant(&matrix, coefficients)?;
        numerators.push(u);
        denominators.push(v);
        bounds.push(*bound);
    }
    let divisor = operators::cast(math::pow(real(2.0)?, &halvings)?, dtype)?;
    let halved = operators::truediv(&matrix, divisor)?;
    let (u, v) = approximant(&halved, approximants.widest)?;
    let u = first_within(&norm, &bounds, &numerators, u)?;
    let v = first_within(&norm, &bounds, &denominators, v)?;

    // TensorFlow's loop would not end for a norm without end.
    let is_finite = math::is_finite(math::reduce_max(&norm, ())?)?;
    let nan = number(f64::NAN, dtype)?;
    let result = cond(
        &is_finite,
        || linalg::solve(((-&u)? + &v)?, (&u + &v)?),
        || array::fill(array::shape(&matrix)?, &nan),
    )?;
    let most = math::reduce_max(&halvings, ())?;
    let (_, result) = while_loop(
        |(i, _): &(Tensor, Tensor)| cond(&is_finite, || math::less(i, &most), || constant(false)),
        |(i, squared)| {
            let next = (i + 1.0)?;
            let again = math::less(i, &halvings)?;
            Ok((next, array::where_select(again, math::matmul(squared, squared)?, squared)?))
        },
        (real(0.0)?, result),
    )?;
    array::reshape(result, shape)
}

/// For each matrix the first of the cases whose bound is above the norm, else the last.
fn first_within(norm: &Tensor, bounds: &[f64], cases: &[Tensor], last: Tensor) -> Result<Tensor> {
    let (Some((bound, bounds)), Some((case, cases))) = (bounds.split_first(), cases.split_first()) else {
        return Ok(last);
    };
    let fits = math::less(norm, number(*bound, norm.dtype())?)?;
    array::where_select(fits, case, first_within(norm, bounds, cases, last)?)
}

/// The numerator and the denominator of an approximant: their sum and their difference.
fn approximant(matrix: &Tensor, coefficients: &[f64]) -> Result<(Tensor, Tensor)> {
    let dtype = matrix.dtype();
    let b = |at: usize| number(coefficients.get(at).copied().unwrap_or(1.0), dtype);
    let size = getitem(array::shape(matrix)?, -2)?;
    let batch_shape = getitem(array::shape(matrix)?, ..-2)?;
    let identity = composites::eye_of_size(size, batch_shape, dtype)?;
    let square = math::matmul(matrix, matrix)?;
    let mut powers = vec![square.clone()];
    let count = if coefficients.len() > 9 { 3 } else { coefficients.len() / 2 };
    while powers.len() < count {
        powers.push(math::matmul(&powers[powers.len() - 1], &square)?);
    }
    // The coefficients of even powers make the denominator, those of odd ones the numerator.
    let weighted = |mut sum: Tensor, first: usize, powers: &[Tensor]| -> Result<Tensor> {
        for (at, power) in powers.iter().enumerate().rev() {
            sum = (sum + (b(2 * at + 2 + first)? * power)?)?;
        }
        sum + (b(first)? * &identity)?
    };
    if let [second, fourth, sixth] = &powers[..]
        && coefficients.len() > 9
    {
        let inner = ((sixth + (b(11)? * fourth)?)? + (b(9)? * second)?)?;
        let odd = (math::matmul(sixth, inner)? + (b(7)? * sixth)?)?;
        let u = math::matmul(matrix, weighted(odd, 1, &powers[..2])?)?;
        let inner = (((b(12)? * sixth)? + (b(10)? * fourth)?)? + (b(8)? * second)?)?;
        let even = (math::matmul(sixth, inner)? + (b(6)? * sixth)?)?;
        return Ok((u, weighted(even, 0, &powers[..2])?));
    }
    let Some(last) = powers.pop() else { bail!(internal, "an approximant without powers") };
    let u = math::matmul(matrix, weighted(last.clone(), 1, &powers)?)?;
    let even = (b(2 * powers.len() + 2)? * last)?;
    Ok((u, weighted(even, 0, &powers)?))
}
