//! Betainc: the regularised incomplete beta function.

use crate::known::number_like;
use ferroflow_core::{
    Element, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor,
    dispatch, ensure, operators, parallel, zeroed,
};
use num_traits::AsPrimitive;

/// The regularised incomplete beta function of parameters `a` and `b` up to `x`. All three have one shape, or are
/// scalars.
///
/// Source: `tf.math.betainc` (op `Betainc`).
///
/// ```
/// let value = ferroflow_ops_math::betainc([1.0], [1.0], [0.25])?;
/// assert_eq!(value.numpy()?.as_slice::<f32>()?, [0.25]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when two operands have different shapes and neither is a scalar.
pub fn betainc(a: impl IntoOperand, b: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> {
    Op::new(&BETAINC).input(a).input(b).input(x).one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shapes = [cx.input(0), cx.input(1), cx.input(2)];
    if cx.at_run_time() {
        for (left, right, names) in [(0, 1, "a and b"), (0, 2, "a and x"), (1, 2, "b and x")] {
            let (left, right) = (&shapes[left], &shapes[right]);
            let fits = left == right || left.rank() == Some(0) || right.rank() == Some(0);
            ensure!(
                fits,
                invalid_argument,
                "Shapes of {names} are inconsistent: {} vs. {}",
                left.cpp(),
                right.cpp()
            );
        }
    }
    let has_unknown_rank = shapes.iter().any(|shape| shape.rank().is_none());
    let mut all: Option<PartialShape> = None;
    for shape in shapes.iter().filter(|shape| shape.rank() != Some(0)) {
        // A shape of unknown rank may be a scalar's.
        if shape.rank().is_some() {
            all = Some(match all {
                Some(all) => cx.merge(&all, shape)?,
                None => shape.clone(),
            });
        }
    }
    match all {
        Some(all) => cx.set(0, all),
        None if has_unknown_rank => cx.set_all_unknown(),
        None => cx.set(0, PartialShape::scalar()),
    }
    Ok(())
}

/// How many steps of the continued fraction are taken at most.
const STEPS: usize = 10_000;

/// The continued fraction of the function (NIST DLMF 8.17.22), by Lentz's method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for step in 1..=STEPS {
        let m = step as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        result *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let factor = d * c;
        result *= factor;
        if (factor - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    result
}

fn value(a: f64, b: f64, x: f64) -> f64 {
    if a.is_nan() || b.is_nan() || x.is_nan() || a <= 0.0 || b <= 0.0 || !(0.0..=1.0).contains(&x) {
        return f64::NAN;
    }
    if x == 0.0 || x == 1.0 {
        return x;
    }
    let log_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let front = (a * x.ln() + b * (-x).ln_1p() - log_beta).exp();
    // The fraction converges quickly on one side of the mean; the function is symmetric.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

fn run<T: Element + Copy + AsPrimitive<f64>>(cx: &mut KernelCtx<'_>) -> Result<()>
where
    f64: AsPrimitive<T>,
{
    let shape = cx.output_shape(0)?;
    let (a, b, x) = (cx.slice::<T>(0)?, cx.slice::<T>(1)?, cx.slice::<T>(2)?);
    let at = |values: &[T], index: usize| -> f64 {
        let only = values.first().filter(|_| values.len() == 1);
        only.or_else(|| values.get(index)).copied().unwrap_or_default().as_()
    };
    let mut values = zeroed::<T>(shape.num_elements())?;
    parallel::chunks(&mut values, 1, 100, |start, chunk| {
        for (index, output) in (start..).zip(chunk) {
            *output = value(at(a, index), at(b, index), at(x, index)).as_();
        }
    });
    cx.set_elements(0, values)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    dispatch!(cx.dtype("T")?, FLOATS, |T| run::<T>(cx))
}

/// TensorFlow has no derivatives in `a` and `b`. The logarithms of 0 that meet a factor of 0 are to vanish.
fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (a, b, x, dy) = (cx.x(0)?, cx.x(1)?, cx.x(2)?, cx.dy(0)?);
    let lgamma = |x: &Tensor| Op::named("Lgamma").input(x).one();
    let log_beta = ((lgamma(a)? + lgamma(b)?)? - lgamma(&(a + b)?)?)?;
    let one = number_like(1.0, x)?;
    let upper = Op::named("Xlog1py").input((b - &one)?).input(operators::negative(x)?).one()?;
    let lower = Op::named("Xlogy").input((a - &one)?).input(x).one()?;
    let partial = Op::named("Exp").input(((upper + lower)? - log_beta)?).one()?;
    let product = (partial * dy)?;
    let shape_of = |tensor: &Tensor| Op::named("Shape").input(tensor).one();
    let own = shape_of(x)?;
    let [_, axes] = Op::named("BroadcastGradientArgs").input(shape_of(a)?).input(&own).outputs()?;
    let summed = Op::named("Sum").input(product).input(axes).one()?;
    cx.set(2, Op::named("Reshape").input(summed).input(own).one())
}

pub(crate) static BETAINC: OpDef =
    OpDef { name: "Betainc", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };
