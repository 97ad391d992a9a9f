//! Functions of mathematics made of a few ops: `erfcinv`, `lbeta`, and whether numbers increase.

use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, Result, Shape, Tensor, bail, constant, context,
    convert_to_tensor, operators,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// The inverse of the complementary error function.
///
/// Source: `tf.math.erfcinv`.
///
/// ```
/// use ferroflow_ops::composites::erfcinv;
/// ferroflow_ops::install();
/// assert_eq!(erfcinv([1.0])?.numpy()?.as_slice::<f32>()?, [0.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for a dtype that is not floating.
pub fn erfcinv(x: impl IntoOperand) -> Result<Tensor> {
    let x = x.into_operand()?;
    context::name_scope("erfcinv", || {
        let x = context::with_name("start", || convert_to_tensor(x, None))?;
        let half = (0.5f64 * x)?;
        let quantile = operators::negative(context::name_scope("ndtri", || math::ndtri(half))?)?;
        quantile * std::f64::consts::FRAC_1_SQRT_2
    })
}

/// The logarithm of the absolute value of the Beta function of the last dimension.
///
/// Source: `tf.math.lbeta`.
///
/// ```
/// use ferroflow_ops::composites::lbeta;
/// ferroflow_ops::install();
/// let log = lbeta([[1.0, 1.0], [1.0, 2.0]])?.numpy()?;
/// assert_eq!(log.shape().dims(), [2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for a dtype that is not floating.
pub fn lbeta(x: impl IntoOperand) -> Result<Tensor> {
    let x = x.into_operand()?;
    context::name_scope("lbeta", || {
        let x = context::with_name("x", || convert_to_tensor(x, None))?;
        let product = math::reduce_sum(math::lgamma(&x)?, vec![-1])?;
        let of_sum = math::lgamma(math::reduce_sum(&x, vec![-1])?)?;
        product - of_sum
    })
}

/// `1 / x`, and 0 where `x` is 0.
///
/// Source: `tf.math.reciprocal_no_nan`.
///
/// ```
/// use ferroflow_ops::composites::reciprocal_no_nan;
/// ferroflow_ops::install();
/// assert_eq!(reciprocal_no_nan([2.0, 0.0])?.numpy()?.as_slice::<f32>()?, [0.5, 0.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for a dtype that is neither floating nor complex.
pub fn reciprocal_no_nan(x: impl IntoOperand) -> Result<Tensor> {
    let x = x.into_operand()?;
    let name = context::take_name().unwrap_or_else(|| "reciprocal_no_nan".to_string());
    context::name_scope_for_op(&name, |name| {
        let x = context::with_name("x", || convert_to_tensor(x, None))?;
        let one = context::with_name("one", || constant(NdArray::scalar(1i32).cast(x.dtype().base())?))?;
        context::with_name(&name, || math::divide_no_nan(one, x))
    })
}

/// Whether no element is smaller than the one before it, in row-major order.
///
/// Source: `tf.math.is_non_decreasing`.
///
/// ```
/// use ferroflow_ops::composites::{is_non_decreasing, is_strictly_increasing};
/// ferroflow_ops::install();
/// assert!(is_non_decreasing([1, 1, 2])?.numpy()?.item::<bool>()?);
/// assert!(!is_strictly_increasing([1, 1, 2])?.numpy()?.item::<bool>()?);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for elements that are no numbers.
pub fn is_non_decreasing(x: impl IntoOperand) -> Result<Tensor> {
    monotonic("is_non_decreasing", "GreaterEqual", x.into_operand()?)
}

/// Whether every element is larger than the one before it, in row-major order.
///
/// Source: `tf.math.is_strictly_increasing`.
///
/// # Errors
/// `TypeError` for elements that are no numbers.
pub fn is_strictly_increasing(x: impl IntoOperand) -> Result<Tensor> {
    monotonic("is_strictly_increasing", "Greater", x.into_operand()?)
}

/// Fewer than two elements leave nothing to compare, which holds: no branch is needed for them.
fn monotonic(name: &str, comparison: &str, x: Operand) -> Result<Tensor> {
    context::name_scope(name, || {
        let x = array::reshape(x, [-1])?;
        if !(x.dtype().is_integer() || x.dtype().is_floating()) {
            bail!(type_error, "Expected x to be numeric, instead found: {x:?}");
        }
        // Where there are fewer than two, there is nothing to compare.
        let short = math::less(array::size(&x)?, 2)?;
        let length = array::shape(&x)?;
        let length = context::with_name("sub", || operators::subtract(length, 1))?;
        let part = |begin: &Operand, end: &Operand| {
            Op::named("StridedSlice").input(&x).input(begin.clone()).input(end.clone()).input([1]).one()
        };
        let none = || constant(NdArray::zeros(DType::BOOL, Shape::new(&[0])?));
        let holds = context::cond(&short, none, || {
            let (zero, one) = ([0].into_operand()?, [1].into_operand()?);
            let past = operators::add([1], &length)?.into_operand()?;
            let (later, earlier) = (part(&one, &past)?, part(&zero, &(&length).into_operand()?)?);
            Op::named(comparison).input(later).input(earlier).one()
        })?;
        math::reduce_all(holds, ())
    })
}
