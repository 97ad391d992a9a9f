//! Tensors kept small: `clip_by_norm`, `clip_by_global_norm`, `global_norm`.

use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Result, Tensor, constant, context, convert_to_tensor, operators, options,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math::{self as math, Axes};

options! {
    /// Optional arguments of [`clip_by_norm_with`].
    pub struct ClipByNormOptions {
        /// The axes of what is to be short; all of them where none are given.
        axes: Vec<i64> = Vec::new(),
    }
}

/// The tensor, scaled down where its Euclidean norm is above `clip_norm`.
///
/// Source: `tf.clip_by_norm`.
///
/// ```
/// use ferroflow_ops::composites::clip_by_norm;
/// ferroflow_ops::install();
/// let short = clip_by_norm([3.0, 4.0], 1.0)?.numpy()?;
/// assert_eq!(short.as_slice::<f32>()?, [0.6, 0.8]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an axis that the tensor does not have.
pub fn clip_by_norm(t: impl IntoOperand, clip_norm: impl IntoOperand) -> Result<Tensor> {
    clip_by_norm_with(t, clip_norm, |options| options)
}

/// [`clip_by_norm`] of slices.
///
/// # Errors
/// As [`clip_by_norm`].
pub fn clip_by_norm_with(
    t: impl IntoOperand,
    clip_norm: impl IntoOperand,
    options: impl FnOnce(ClipByNormOptions) -> ClipByNormOptions,
) -> Result<Tensor> {
    let (t, clip_norm) = (t.into_operand()?, clip_norm.into_operand()?);
    let options = options(ClipByNormOptions::default());
    let name = context::take_name().unwrap_or_else(|| "clip_by_norm".to_string());
    context::name_scope_for_op(&name, |name| {
        let t = context::with_name("t", || convert_to_tensor(t, None))?;
        let clip_norm = convert_to_tensor(clip_norm, Some(t.dtype().base()))?;
        let axes = if options.axes.is_empty() { Axes::from(()) } else { Axes::from(options.axes) };
        let squares = math::reduce_sum_with((&t * &t)?, axes, |o| o.keepdims(true))?;
        let is_positive = math::greater(&squares, 0.0)?;
        // The root of 0 has no gradient.
        let ones =
            Op::named("Fill").input(array::shape(&squares)?).input(1.0).default_name("ones_like").one()?;
        let safe = array::select(&is_positive, &squares, ones)?;
        let norm = array::select(&is_positive, math::sqrt(safe)?, &squares)?;
        let scaled = (&t * &clip_norm)?;
        let clipped = operators::truediv(scaled, math::maximum(norm, clip_norm)?)?;
        Op::named("Identity").input(clipped).name(name).one()
    })
}

/// The Euclidean norm of all elements of all tensors.
///
/// Source: `tf.linalg.global_norm`.
///
/// ```
/// use ferroflow_ops::composites::global_norm;
/// ferroflow_ops::install();
/// let tensors = [ferroflow_core::constant([2.0, 1.0])?, ferroflow_core::constant([2.0])?];
/// assert_eq!(global_norm(&tensors)?.numpy()?.item::<f32>()?, 3.0);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for tensors that are no floats.
pub fn global_norm(t_list: &[Tensor]) -> Result<Tensor> {
    context::name_scope("global_norm", || {
        let halves: Vec<Tensor> =
            t_list.iter().map(|t| Op::named("L2Loss").input(t).one()).collect::<Result<_>>()?;
        let half = math::reduce_sum(array::stack(halves)?, ())?;
        let two = constant(NdArray::scalar(2.0f64).cast(half.dtype())?)?;
        let squares = (half * two)?;
        context::with_name("global_norm", || math::sqrt(squares))
    })
}

/// The tensors, all scaled down alike where their norm as a whole is above `clip_norm`; and that norm.
///
/// Source: `tf.clip_by_global_norm`.
///
/// # Errors
/// `TypeError` for tensors that are no floats.
pub fn clip_by_global_norm(t_list: &[Tensor], clip_norm: impl IntoOperand) -> Result<(Vec<Tensor>, Tensor)> {
    let clip_norm = clip_norm.into_operand()?;
    let norm = global_norm(t_list)?;
    let name = context::take_name().unwrap_or_else(|| "clip_by_global_norm".to_string());
    context::name_scope(&name, || {
        let clip_norm = convert_to_tensor(clip_norm, Some(norm.dtype()))?;
        let one = |value: f64| constant(NdArray::scalar(value).cast(norm.dtype())?);
        let of_norm = operators::truediv(one(1.0)?, &norm)?;
        let of_clip = operators::truediv(one(1.0)?, &clip_norm)?;
        let scale = (&clip_norm * math::minimum(of_norm, of_clip)?)?;
        // What is added is 0, but for an infinite norm, which makes all of it NaN.
        let same = norm.clone();
        let scale = (scale + (&norm - &same)?)?;
        let clipped = t_list.iter().enumerate().map(|(at, t)| {
            let scaled = (t * &scale)?;
            context::with_name(&format!("{name}/_{at}"), || array::identity(scaled))
        });
        Ok((clipped.collect::<Result<Vec<_>>>()?, norm.clone()))
    })
}

/// The tensor, scaled down where its Euclidean norm, divided by its number of elements, is above `clip_norm`.
///
/// Source: `tf.compat.v1.clip_by_average_norm`.
///
/// # Errors
/// `InvalidArgument` unless `t` is `float32`, which the number of elements is.
pub fn clip_by_average_norm(t: impl IntoOperand, clip_norm: impl IntoOperand) -> Result<Tensor> {
    let (t, clip_norm) = (t.into_operand()?, clip_norm.into_operand()?);
    context::name_scope_for_op("clip_by_average_norm", |name| {
        let t = context::with_name("t", || convert_to_tensor(t, None))?;
        let count = operators::cast(array::size(&t)?, DType::FLOAT32)?;
        let squares = (&t * &t)?;
        let axes = math::range(0, array::rank(&t)?, 1)?;
        let inverse = math::rsqrt(math::reduce_sum(squares, axes)?)?;
        let scaled = Op::named("Mul").input(&t).input(clip_norm.clone()).default_name("mul").one()?;
        let of_norm = (&inverse * &count)?;
        let of_clip = operators::truediv(constant(1.0)?, clip_norm)?;
        let clipped = (scaled * math::minimum(of_norm, of_clip)?)?;
        context::with_name(&name, || array::identity(clipped))
    })
}
