//! `linalg.eigh_tridiagonal`: eigenvalues by bisection, eigenvectors by inverse iteration.

use crate::control_flow::{while_loop, while_loop_with};
use crate::matrix_functions::number;
use ferroflow_core::{
    DType, Error, IntoOperand, Op, Operand, Result, Tensor, bail, constant, context, convert_to_tensor,
    ensure, operators, options,
};
use ferroflow_ops::composites;
use ferroflow_ops_array::{self as array, NewAxis, getitem};
use ferroflow_ops_linalg as linalg;
use ferroflow_ops_math as math;

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
        let values = context::name_scope("compute_eigenvalues", || {
            Bisection::new(&alpha, &beta, size)?.values(&options)
        })?;
        let vectors = match options.eigvals_only {
            true => None,
            false => Some(context::name_scope("compute_eigenvectors", || vectors(&alpha, &beta, &values))?),
        };
        Ok((values, vectors))
    })
}

/// How many steps of a Sturm sequence one iteration of the loop takes.
const STEPS: usize = 16;

/// The search for eigenvalues by halving intervals: how many lie below a number is told by C. Sturm's sequence.
struct Bisection {
    alpha: Tensor,
    beta_square: Tensor,
    beta_abs: Tensor,
    size: usize,
    /// The largest finite number, the distance of 1 to the next number, the least normal number, and the fraction's bits.
    limits: (f64, f64, f64, i32),
}

impl Bisection {
    fn new(alpha: &Tensor, beta: &Tensor, size: usize) -> Result<Bisection> {
        let (alpha, beta_square, beta_abs) = if alpha.dtype().is_complex() {
            let alpha = math::real(alpha)?;
            let square = math::real((math::conj(beta)? * beta)?)?;
            (alpha, square.clone(), math::sqrt(square)?)
        } else {
            (alpha.clone(), math::square(beta)?, math::abs(beta)?)
        };
        let limits = match alpha.dtype() {
            DType::FLOAT64 => (f64::MAX, f64::EPSILON, f64::MIN_POSITIVE, 52),
            DType::FLOAT32 => (f32::MAX.into(), f32::EPSILON.into(), f32::MIN_POSITIVE.into(), 23),
            dtype => {
                bail!(value, "eigh_tridiagonal does not support matrices of type <dtype: '{}'>", dtype.name())
            }
        };
        Ok(Bisection { alpha, beta_square, beta_abs, size, limits })
    }

    fn values(mut self, options: &EighTridiagonalOptions) -> Result<Tensor> {
        let (largest, epsilon, tiny, bits) = self.limits;
        let beta = &self.beta_abs;
        let sums = array::concat(
            [getitem(beta, ..1)?, (getitem(beta, ..-1)? + getitem(beta, 1..)?)?, getitem(beta, -1..)?],
            0,
        )?;
        let highest = math::minimum(largest, math::reduce_max((&self.alpha + &sums)?, ())?)?;
        let lowest = math::maximum(-largest, math::reduce_min((&self.alpha - &sums)?, ())?)?;
        let norm = math::maximum(math::abs(&lowest)?, math::abs(&highest)?)?;
        let safe = (1.0 / largest).max((1.0 + epsilon) * tiny);
        let pivot = (safe * math::maximum(1.0, math::reduce_max(&self.beta_square, ())?)?)?;
        let shift = math::square((epsilon * getitem(beta, 0)?)?)?;
        let mut tolerance = (epsilon * &norm)?;
        if let Some(tol) = options.tol.filter(|tol| *tol != 0.0) {
            tolerance = math::maximum(tol, tolerance)?;
        }
        let positions = match (options.indices, options.interval) {
            (Some(_), Some(_)) => {
                bail!(value, "eigenvalues are selected by their indices or by an interval, not both")
            }
            (None, None) => Some(math::range(0, self.size as i32, 1)?),
            (Some([first, last]), None) => {
                let not_empty =
                    || composites::assert_less_equal(first, last, "Got empty index range in select_range.");
                let targets = || math::range(first, last.saturating_add(1), 1);
                Some(self.checked(not_empty, targets)?)
            }
            (None, Some([low, high])) => {
                let not_empty = || composites::assert_less(low, high, "Got empty interval in select_range.");
                self.checked(not_empty, || Ok(()))?;
                None
            }
        };
        // The interval is taken a little wider than rounding could make it.
        const FUDGE: f64 = 2.1;
        let count = convert_to_tensor(self.size as i32, None)?;
        let slack = (((operators::cast(count, self.alpha.dtype())? * FUDGE)? * epsilon)? * &norm)?;
        let below = |x: Tensor| -> Result<Tensor> { (x - &slack)? - ((2.0 * FUDGE) * &pivot)? };
        let above = |x: Tensor| -> Result<Tensor> { (x + &slack)? + (FUDGE * &pivot)? };
        let (lower, upper, targets) = match (positions, options.interval) {
            (None, Some([low, high])) => {
                let end = |x: f64| number(x, self.alpha.dtype());
                let (lower, upper) = (below(end(low)?)?, above(end(high)?)?);
                let first = self.count_below(&lower, &pivot, &shift)?;
                let last = self.count_below(&upper, &pivot, &shift)?;
                (lower, upper, math::range(first, last, 1)?)
            }
            (positions, _) => {
                let Some(positions) = positions else { bail!(internal, "nothing is selected") };
                (below(lowest)?, above(highest)?, positions)
            }
        };
        let upper = math::minimum(upper, largest)?;
        let lower = math::maximum(lower, -largest)?;
        let shape = array::shape(&targets)?;
        let spread = |x: &Tensor| array::broadcast_to(x, &shape);
        let (lower, upper) = (spread(&lower)?, spread(&upper)?);
        let (pivot, shift) = (spread(&pivot)?, spread(&shift)?);
        let middle = |lower: &Tensor, upper: &Tensor| -> Result<Tensor> { (0.5 * lower)? + (0.5 * upper)? };
        let (_, lower, upper) = while_loop(
            |(i, lower, upper): &(Tensor, Tensor, Tensor)| {
                let goes_on = math::less(i, bits + 1)?;
                let widest = math::reduce_max((upper - lower)?, ())?;
                operators::logical_and(goes_on, math::less(&tolerance, widest)?)
            },
            |(i, lower, upper)| {
                let middle = middle(lower, upper)?;
                let counts = self.count_below(&middle, &pivot, &shift)?;
                let lower = array::select(math::less_equal(&counts, &targets)?, &middle, lower)?;
                let upper = array::select(math::greater(&counts, &targets)?, &middle, upper)?;
                Ok(((i + 1)?, lower, upper))
            },
            (constant(0)?, lower, upper),
        )?;
        middle(&lower, &upper)
    }

    /// What `f` makes, between a check and the diagonal that waits for it.
    fn checked<R>(&mut self, check: impl FnOnce() -> Result<()>, f: impl FnOnce() -> Result<R>) -> Result<R> {
        let mut made = None;
        let check = || {
            check()?;
            made = Some(f()?);
            Ok(())
        };
        self.alpha = context::after_checks(check, || array::identity(&self.alpha))?;
        made.ok_or_else(|| Error::internal("a selection is lost"))
    }

    /// How many eigenvalues lie below each of the numbers.
    fn count_below(&self, x: &Tensor, pivot: &Tensor, shift: &Tensor) -> Result<Tensor> {
        context::name_scope("sturm", || {
            let zeros = array::zeros(array::shape(x)?, DType::INT32)?;
            let ones = array::ones(array::shape(x)?, DType::INT32)?;
            let q = (getitem(&self.alpha, 0)? - x)?;
            let count = array::select(math::less(&q, 0.0)?, ones, zeros)?;
            let q = array::select(math::equal(getitem(&self.alpha, 0)?, x)?, shift, q)?;

            let step = |at: Operand, (q, count): (Tensor, Tensor)| -> Result<(Tensor, Tensor)> {
                let (here, before) = match &at {
                    Operand::Tensor(at) => {
                        let here = getitem(&self.alpha, at)?;
                        (here, getitem(&self.beta_square, (at - 1)?)?)
                    }
                    Operand::Value { array, .. } => {
                        let at = array.item::<i32>()?;
                        (getitem(&self.alpha, at)?, getitem(&self.beta_square, at - 1)?)
                    }
                };
                let q = ((here - operators::truediv(before, q)?)? - x)?;
                let is_low = math::less_equal(&q, pivot)?;
                let count = array::select(is_low, (&count + 1)?, &count)?;
                let is_low = math::less_equal(&q, pivot)?;
                let q = array::select(is_low, math::minimum(&q, (-pivot)?)?, &q)?;
                Ok((q, count))
            };
            // What is left over where the loop takes whole blocks of steps comes before it.
            let mut state = (q, count);
            let first = 1 + (self.size - 1) % STEPS;
            for at in 1..first {
                state = step((at as i32).into_operand()?, state)?;
            }
            let (_, _, count) = while_loop_with(
                |(i, ..): &(Tensor, Tensor, Tensor)| math::less(i, self.size as i32),
                |(i, q, count)| {
                    let mut state = (q.clone(), count.clone());
                    for at in 0..STEPS as i32 {
                        state = step(Operand::Tensor((i + at)?), state)?;
                    }
                    Ok(((i + STEPS as i32)?, state.0, state.1))
                },
                (constant(first as i32)?, state.0, state.1),
                |o| o.back_prop(false),
            )?;
            Ok(count)
        })
    }
}

/// The eigenvectors of these eigenvalues, as columns, by inverse iteration from random vectors.
fn vectors(alpha: &Tensor, beta: &Tensor, values: &Tensor) -> Result<Tensor> {
    let dtype = beta.dtype();
    let (count, size) = (array::size(values)?, array::size(alpha)?);
    let alpha = operators::cast(alpha, dtype)?;
    let gaps = (getitem(values, 1..)? - getitem(values, ..-1)?)?;
    let epsilon = if values.dtype() == DType::FLOAT64 { f64::EPSILON } else { f32::EPSILON.into() };
    let norm = math::maximum(math::abs(getitem(values, 0)?)?, math::abs(getitem(values, -1)?)?)?;
    // Runs of eigenvalues that lie close together: their vectors are made orthogonal in each step.
    let close = math::less(gaps, (epsilon.sqrt() * norm)?)?;
    let no = || constant([false]);
    let after_close = array::concat([no()?, close.clone()], 0)?;
    let before_close = array::concat([close, no()?], 0)?;
    let places = |there: Tensor| array::squeeze_with(array::where_true(there)?, |o| o.axis([-1]));
    let starts = places(operators::logical_and(operators::logical_not(&after_close)?, &before_close)?)?;
    let ends = places(operators::logical_and(&after_close, operators::logical_not(&before_close)?)?)?;
    let ends = (ends + 1)?;
    let clusters = array::size(&ends)?;

    let start = context::name_scope_for_op("stateless_random_normal", |name| {
        let shape = context::with_name("shape", || Op::named("Pack").inputs([&count, &size]).one())?;
        context::with_name(&name, || ferroflow_ops_random::stateless_normal(shape, [7, 42]))
    })?;
    let start = operators::cast(start, dtype)?;
    let norms = |v: &Tensor| composites::norm_with(v, |o| o.axis([1]));
    let unit = |v: &Tensor, norms: &Tensor| operators::truediv(v, getitem(norms, (.., NewAxis))?);
    let first_norms = norms(&start)?;
    let start = unit(&start, &first_norms)?;
    let no_norms = array::zeros_like(&first_norms)?;
    let values = operators::cast(values, dtype)?;
    let shifted = (getitem(&alpha, (NewAxis, ..))? - getitem(values, (.., NewAxis))?)?;
    let rows = getitem(beta, (NewAxis, ..))?;
    let rows = context::name_scope_for_op("Tile", |name| {
        let multiples = [count.into_operand()?, 1.into_operand()?];
        let multiples = context::with_name("multiples", || Op::named("Pack").inputs(multiples).one())?;
        context::with_name(&name, || array::tile(rows, multiples))
    })?;
    let conjugates = math::conj(&rows)?;

    let (_, v, ..) = while_loop(
        |(i, _, norms, before): &(Tensor, Tensor, Tensor, Tensor)| {
            let growth = number(1.1, norms.dtype())?;
            let goes_on = math::less(i, 5)?;
            let grown = math::greater_equal(math::real(norms)?, math::real((growth * before)?)?)?;
            operators::logical_and(goes_on, math::reduce_any(grown, ())?)
        },
        |(i, v, before, _)| {
            // The op wants diagonals of one length: the one below begins, and the one above ends, with what does not count.
            let below = array::pad(&conjugates, [[0, 0], [1, 0]])?;
            let above = array::pad(&rows, [[0, 0], [0, 1]])?;
            let diagonals = array::stack_with([&above, &shifted, &below], |o| o.axis(-2))?;
            let rhs = array::expand_dims(v, -1)?;
            let solved = linalg::tridiagonal_solve_with(diagonals, rhs, |o| o.perturb_singular(true))?;
            let solved = array::squeeze_with(solved, |o| o.axis([-1]))?;
            let norms = norms(&solved)?;
            let v = unit(&solved, &norms)?;
            let (_, v) = while_loop(
                |(cluster, _): &(Tensor, Tensor)| math::less(cluster, &clusters),
                |(cluster, v)| {
                    let (from, to) = (getitem(&starts, cluster)?, getitem(&ends, cluster)?);
                    let places = array::expand_dims(math::range(&from, &to, 1)?, -1)?;
                    let own = composites::matrix_transpose(getitem(v, (&from..&to, ..))?)?;
                    let (orthogonal, _) = linalg::qr(own)?;
                    let orthogonal = composites::matrix_transpose(orthogonal)?;
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
