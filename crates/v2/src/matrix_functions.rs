//! `linalg.expm` and `linalg.eigh_tridiagonal`: functions of matrices that take loops.

use crate::control_flow::{cond, while_loop};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, Result, Tensor, bail, constant, context, convert_to_tensor,
    ensure, operators, options,
};
use ferroflow_ops::composites;
use ferroflow_ops_array::{self as array, Ellipsis, NewAxis, getitem};
use ferroflow_ops_linalg as linalg;
use ferroflow_ops_math as math;

/// A number in a dtype.
fn number(value: f64, dtype: DType) -> Result<Tensor> {
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
    let result = cond(
        &is_finite,
        || linalg::solve(((-&u)? + &v)?, (&u + &v)?),
        || array::fill(array::shape(&matrix)?, number(f64::NAN, dtype)?),
    )?;
    let most = math::reduce_max(&halvings, ())?;
    let (_, result) = while_loop(
        |(i, _): &(Tensor, Tensor)| cond(&is_finite, || math::less(i, &most), || constant(false)),
        |(i, squared)| {
            let again = math::less(i, &halvings)?;
            Ok(((i + 1.0)?, array::where_select(again, math::matmul(squared, squared)?, squared)?))
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

options! {
    /// Optional arguments of [`eigh_tridiagonal_with`].
    pub struct EighTridiagonalOptions {
        /// Whether eigenvectors are left out.
        eigvals_only: bool = true,
        /// From which position in their order to which, both counted in, eigenvalues are computed (`select="i"`).
        indices: Option<[i32; 2]> = None,
        /// Above which number and up to which eigenvalues are computed (`select="v"`).
        interval: Option<[f64; 2]> = None,
        /// How exact eigenvalues have to be; as exact as the dtype without it.
        tol: Option<f64> = None,
    }
}

/// The eigenvalues, in rising order, of a self-adjoint matrix with the diagonal `alpha` and `beta` above it.
///
/// Source: `tf.linalg.eigh_tridiagonal`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let values = tf::linalg::eigh_tridiagonal([0.0, 0.0, 0.0], [1.0, 1.0])?.numpy()?;
/// let [low, middle, high] = *values.as_slice::<f32>()? else { unreachable!() };
/// assert!((low + 2f32.sqrt()).abs() < 1e-5 && middle.abs() < 1e-5 && (high - 2f32.sqrt()).abs() < 1e-5);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for tensors of different dtypes, and for a diagonal of unknown length.
pub fn eigh_tridiagonal(alpha: impl IntoOperand, beta: impl IntoOperand) -> Result<Tensor> {
    Ok(eigh_tridiagonal_with(alpha, beta, |options| options)?.0)
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
    ferroflow_graph::install();
    let (alpha, beta) = (alpha.into_operand()?, beta.into_operand()?);
    let options = options(EighTridiagonalOptions::default());
    context::name_scope("eigh_tridiagonal", || {
        let alpha = context::with_name("alpha", || convert_to_tensor(alpha, None))?;
        let Some(size) = (if alpha.rank() == Some(1) { alpha.shape().dim(0) } else { None }) else {
            bail!(value, "alpha must be a vector of known length, got shape {}", alpha.shape());
        };
        if size <= 1 {
            return Ok((math::real(alpha)?, None));
        }
        let beta = context::with_name("beta", || convert_to_tensor(beta, None))?;
        ensure!(alpha.dtype() == beta.dtype(), value, "'alpha' and 'beta' must have the same type.");
        let values = Bisection::new(&alpha, &beta, size)?.values(&options)?;
        let vectors = match options.eigvals_only {
            true => None,
            false => Some(context::name_scope("compute_eigenvectors", || vectors(&alpha, &beta, &values))?),
        };
        Ok((values, vectors))
    })
}

/// The search for eigenvalues by halving intervals: how many lie below a number is told by C. Sturm's sequence.
struct Bisection {
    alpha: Tensor,
    beta_square: Tensor,
    beta_abs: Tensor,
    size: usize,
    dtype: DType,
    /// The largest finite number, the distance of 1 to the next number, the least normal number, and the fraction's bits.
    limits: (f64, f64, f64, i32),
}

impl Bisection {
    fn new(alpha: &Tensor, beta: &Tensor, size: usize) -> Result<Bisection> {
        let (alpha, beta_square, beta_abs) = if alpha.dtype().is_complex() {
            let square = math::real((math::conj(beta)? * beta)?)?;
            (math::real(alpha)?, square.clone(), math::sqrt(square)?)
        } else {
            (alpha.clone(), math::square(beta)?, math::abs(beta)?)
        };
        let dtype = alpha.dtype();
        let limits = match dtype {
            DType::FLOAT64 => (f64::MAX, f64::EPSILON, f64::MIN_POSITIVE, 52),
            DType::FLOAT32 => (f32::MAX.into(), f32::EPSILON.into(), f32::MIN_POSITIVE.into(), 23),
            dtype => {
                bail!(value, "eigh_tridiagonal does not support matrices of type <dtype: '{}'>", dtype.name())
            }
        };
        Ok(Bisection { alpha, beta_square, beta_abs, size, dtype, limits })
    }

    fn number(&self, value: f64) -> Result<Tensor> {
        number(value, self.dtype)
    }

    fn values(&self, options: &EighTridiagonalOptions) -> Result<Tensor> {
        let (largest, epsilon, tiny, bits) = self.limits;
        let beta = &self.beta_abs;
        let sums = array::concat(
            [getitem(beta, ..1)?, (getitem(beta, ..-1)? + getitem(beta, 1..)?)?, getitem(beta, -1..)?],
            0,
        )?;
        let highest = math::reduce_max((&self.alpha + &sums)?, ())?;
        let highest = math::minimum(self.number(largest)?, highest)?;
        let lowest = math::reduce_min((&self.alpha - &sums)?, ())?;
        let lowest = math::maximum(self.number(-largest)?, lowest)?;
        let norm = math::maximum(math::abs(&lowest)?, math::abs(&highest)?)?;
        let safe = (1.0 / largest).max((1.0 + epsilon) * tiny);
        let square = math::reduce_max(&self.beta_square, ())?;
        let pivot = (self.number(safe)? * math::maximum(self.number(1.0)?, square)?)?;
        let shift = math::square((self.number(epsilon)? * getitem(beta, 0)?)?)?;
        let mut tolerance = (self.number(epsilon)? * &norm)?;
        if let Some(tol) = options.tol {
            tolerance = math::maximum(self.number(tol)?, tolerance)?;
        }
        // The interval is taken a little wider than rounding could make it.
        const FUDGE: f64 = 2.1;
        let slack = ((self.number(self.size as f64 * FUDGE * epsilon))? * &norm)?;
        let below = |x: &Tensor| -> Result<Tensor> { (x - &slack)? - (self.number(2.0 * FUDGE)? * &pivot)? };
        let above = |x: &Tensor| -> Result<Tensor> { (x + &slack)? + (self.number(FUDGE)? * &pivot)? };
        let (lower, upper, targets) = match (options.indices, options.interval) {
            (Some(_), Some(_)) => {
                bail!(value, "eigenvalues are selected by their indices or by an interval, not both")
            }
            (None, None) => (below(&lowest)?, above(&highest)?, math::range(0, self.size as i32, 1)?),
            (Some([first, last]), None) => {
                ensure!(first <= last, invalid_argument, "Got empty index range in select_range.");
                let end = last.saturating_add(1).min(self.size as i32);
                (below(&lowest)?, above(&highest)?, math::range(first.max(0), end, 1)?)
            }
            (None, Some([low, high])) => {
                ensure!(low < high, invalid_argument, "Got empty interval in select_range.");
                let (lower, upper) = (below(&self.number(low)?)?, above(&self.number(high)?)?);
                let first = self.count_below(&lower, &pivot, &shift)?;
                let last = self.count_below(&upper, &pivot, &shift)?;
                (lower, upper, math::range(first, last, 1)?)
            }
        };
        let upper = math::minimum(upper, self.number(largest)?)?;
        let lower = math::maximum(lower, self.number(-largest)?)?;
        let shape = array::shape(&targets)?;
        let spread = |x: &Tensor| array::broadcast_to(x, &shape);
        let (lower, upper, pivot, shift) =
            (spread(&lower)?, spread(&upper)?, spread(&pivot)?, spread(&shift)?);
        let middle = |lower: &Tensor, upper: &Tensor| -> Result<Tensor> { (0.5 * lower)? + (0.5 * upper)? };
        let (_, lower, upper) = while_loop(
            |(i, lower, upper): &(Tensor, Tensor, Tensor)| {
                let widest = math::reduce_max((upper - lower)?, ())?;
                operators::logical_and(math::less(i, bits + 1)?, math::less(&tolerance, widest)?)
            },
            |(i, lower, upper)| {
                let middle = middle(lower, upper)?;
                let counts = self.count_below(&middle, &pivot, &shift)?;
                let lower = array::where_select(math::less_equal(&counts, &targets)?, &middle, lower)?;
                let upper = array::where_select(math::greater(&counts, &targets)?, &middle, upper)?;
                Ok(((i + 1)?, lower, upper))
            },
            (constant(0)?, lower, upper),
        )?;
        middle(&lower, &upper)
    }

    /// How many eigenvalues lie below each of the numbers.
    fn count_below(&self, x: &Tensor, pivot: &Tensor, shift: &Tensor) -> Result<Tensor> {
        let zero = self.number(0.0)?;
        let first = getitem(&self.alpha, 0)?;
        let q = (&first - x)?;
        let ones = operators::cast(math::less(&q, &zero)?, DType::INT32)?;
        let q = array::where_select(math::equal(&first, x)?, shift, q)?;
        let (_, _, count) = while_loop(
            |(i, ..): &(Tensor, Tensor, Tensor)| math::less(i, self.size as i32),
            |(i, q, count)| {
                let square = array::gather(&self.beta_square, (i - 1)?)?;
                let q = ((array::gather(&self.alpha, i)? - operators::truediv(square, q)?)? - x)?;
                let is_low = math::less_equal(&q, pivot)?;
                let count = (count + operators::cast(&is_low, DType::INT32)?)?;
                let q = array::where_select(is_low, math::minimum(&q, (-pivot)?)?, q)?;
                Ok(((i + 1)?, q, count))
            },
            (constant(1)?, q, ones),
        )?;
        Ok(count)
    }
}

/// The eigenvectors of these eigenvalues, as columns, by inverse iteration from random vectors.
fn vectors(alpha: &Tensor, beta: &Tensor, values: &Tensor) -> Result<Tensor> {
    let dtype = beta.dtype();
    let (count, size) = (array::size(values)?, array::size(alpha)?);
    let epsilon = if values.dtype() == DType::FLOAT64 { f64::EPSILON } else { f32::EPSILON.into() };
    let (lowest, highest) = (getitem(values, 0)?, getitem(values, -1)?);
    let norm = math::maximum(math::abs(lowest)?, math::abs(highest)?)?;
    let tolerance = (number(epsilon.sqrt(), values.dtype())? * norm)?;
    // Runs of eigenvalues that lie close together: their vectors are made orthogonal in each step.
    let gaps = (getitem(values, 1..)? - getitem(values, ..-1)?)?;
    let close = math::less(gaps, tolerance)?;
    let no = || constant([false]);
    let after_close = array::concat([no()?, close.clone()], 0)?;
    let before_close = array::concat([close, no()?], 0)?;
    let places = |left: &Tensor, right: &Tensor| -> Result<Tensor> {
        let there = array::where_true(operators::logical_and(left, right)?)?;
        operators::cast(array::squeeze_with(there, |o| o.axis([-1]))?, DType::INT32)
    };
    let starts = places(&operators::logical_not(&after_close)?, &before_close)?;
    let ends = (places(&after_close, &operators::logical_not(&before_close)?)? + 1)?;
    let clusters = array::size(&ends)?;

    let shape = array::stack([&count, &size])?;
    let start = operators::cast(ferroflow_ops_random::stateless_normal(shape, [7, 42])?, dtype)?;
    let norms = |v: &Tensor| composites::norm_with(v, |o| o.axis([1]));
    let unit = |v: Tensor, norms: &Tensor| operators::truediv(v, array::expand_dims(norms, 1)?);
    let first_norms = norms(&start)?;
    let start = unit(start, &first_norms)?;
    let shifted = (array::expand_dims(operators::cast(alpha, dtype)?, 0)?
        - array::expand_dims(operators::cast(values, dtype)?, 1)?)?;
    let rows = array::tile(array::expand_dims(beta, 0)?, array::stack([&count, &constant(1)?])?)?;
    // The op wants the diagonals of one length: the one above ends, and the one below begins, with what does not count.
    let nothing = array::fill(array::stack([&count, &constant(1)?])?, number(0.0, dtype)?)?;
    let above = array::concat([rows.clone(), nothing.clone()], -1)?;
    let below = array::concat([nothing, math::conj(rows)?], -1)?;
    let diagonals = Op::named("Pack").inputs([&above, &shifted, &below]).attr("axis", -2i64).one()?;

    let no_norms = array::zeros_like(&first_norms)?;
    let (_, v, ..) = while_loop(
        |(i, _, norms, before): &(Tensor, Tensor, Tensor, Tensor)| {
            let grown = math::greater_equal(
                math::real(norms)?,
                math::real((number(1.1, norms.dtype())? * before)?)?,
            )?;
            operators::logical_and(math::less(i, 5)?, math::reduce_any(grown, ())?)
        },
        |(i, v, before, _)| {
            let rhs = array::expand_dims(v, -1)?;
            let solved = linalg::tridiagonal_solve_with(&diagonals, rhs, |o| o.perturb_singular(true))?;
            let solved = array::squeeze_with(solved, |o| o.axis([-1]))?;
            let norms = norms(&solved)?;
            let v = unit(solved, &norms)?;
            let (_, v) = while_loop(
                |(cluster, _): &(Tensor, Tensor)| math::less(cluster, &clusters),
                |(cluster, v)| {
                    let (from, to) = (array::gather(&starts, cluster)?, array::gather(&ends, cluster)?);
                    let places = math::range(from, to, 1)?;
                    let own = composites::matrix_transpose(array::gather(v, &places)?)?;
                    let (orthogonal, _) = linalg::qr(own)?;
                    let orthogonal = composites::matrix_transpose(orthogonal)?;
                    let places = array::expand_dims(places, -1)?;
                    Ok(((cluster + 1)?, array::tensor_scatter_nd_update(v, places, orthogonal)?))
                },
                (constant(0)?, v),
            )?;
            Ok(((i + 1)?, v, norms, before.clone()))
        },
        (constant(0)?, start, first_norms, no_norms),
    )?;
    composites::matrix_transpose(v)
}
