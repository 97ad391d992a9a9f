//! Softmax, LogSoftmax: exponentials that sum to one.

use crate::activations::is_half;
use crate::softmax_rows::{Exp, exp_shifted};
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, Tensor, bail,
    convert_to_tensor, dispatch, options, parallel, recycled,
};

options! {
    /// Optional arguments of [`softmax_with`] and [`log_softmax_with`].
    pub struct SoftmaxOptions {
        /// The dimension along which values sum to one.
        axis: i64 = -1,
    }
}

/// `exp(logits)`, scaled to sum to one along the last dimension.
///
/// Source: `tf.nn.softmax` (op `Softmax`).
///
/// ```
/// use ferroflow_ops_nn::softmax;
/// let shares = softmax([[0.0, 0.0], [0.0, 100.0]])?;
/// assert_eq!(shares.numpy()?.as_slice::<f32>()?, [0.5, 0.5, 0.0, 1.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a scalar.
pub fn softmax(logits: impl IntoOperand) -> Result<Tensor> {
    along_axis(&SOFTMAX, logits, -1)
}

/// [`softmax`] along another dimension.
///
/// # Errors
/// `InvalidArgument` for a scalar or an axis that the tensor does not have.
pub fn softmax_with(
    logits: impl IntoOperand,
    options: impl FnOnce(SoftmaxOptions) -> SoftmaxOptions,
) -> Result<Tensor> {
    along_axis(&SOFTMAX, logits, options(SoftmaxOptions::default()).axis)
}

/// The logarithm of [`softmax`], without its loss of digits.
///
/// Source: `tf.nn.log_softmax` (op `LogSoftmax`).
///
/// # Errors
/// `InvalidArgument` for a scalar.
pub fn log_softmax(logits: impl IntoOperand) -> Result<Tensor> {
    along_axis(&LOG_SOFTMAX, logits, -1)
}

/// [`log_softmax`] along another dimension.
///
/// # Errors
/// `InvalidArgument` for a scalar or an axis that the tensor does not have.
pub fn log_softmax_with(
    logits: impl IntoOperand,
    options: impl FnOnce(SoftmaxOptions) -> SoftmaxOptions,
) -> Result<Tensor> {
    along_axis(&LOG_SOFTMAX, logits, options(SoftmaxOptions::default()).axis)
}

/// Applies an op of the last dimension along another one, which is swapped with the last for it.
fn along_axis(def: &'static OpDef, logits: impl IntoOperand, axis: i64) -> Result<Tensor> {
    let logits = convert_to_tensor(logits, None)?;
    let rank = logits.rank();
    if axis == -1 || rank.is_some_and(|rank| axis == rank as i64 - 1) {
        return Op::new(def).input(logits).one();
    }
    let Some(rank) = rank else {
        bail!(value, "softmax along dimension {axis} needs logits of known rank");
    };
    let signed = rank as i64;
    if !(-signed..signed).contains(&axis) {
        bail!(
            invalid_argument,
            "`dim` must be in the range [-{rank}, {rank}) where {rank} is the number of dimensions in the input. \
             Received: dim={axis}"
        );
    }
    let mut swap: Vec<i32> = (0..rank as i32).collect();
    swap.swap(axis.rem_euclid(signed) as usize, rank - 1);
    let transpose = |x: Tensor| Op::named("Transpose").input(x).input(swap.clone()).default_name("transpose");
    // A name that was asked for is that of the last op.
    let name = ferroflow_core::context::take_name();
    let swapped = Op::new(def).input(transpose(logits).one()?).one()?;
    match name {
        Some(name) => transpose(swapped).name(name).one(),
        None => transpose(swapped).one(),
    }
}

pub(crate) static SOFTMAX: OpDef =
    OpDef { name: "Softmax", shape, kernel: Some(kernel), grad: Grad::Fn(softmax_grad), ..OpDef::NEW };

pub(crate) static LOG_SOFTMAX: OpDef = OpDef {
    name: "LogSoftmax",
    shape,
    kernel: Some(log_kernel),
    grad: Grad::Fn(log_softmax_grad),
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let logits = cx.input(0);
    if logits.rank() == Some(0) {
        return Err(cx.mismatch(
            "logits must have >= 1 dimension, got []",
            "Shape must be at least rank 1 but is rank 0",
        ));
    }
    cx.set(0, logits);
    Ok(())
}

/// Operations that an exponential is worth when work is shared.
pub(crate) const EXP_COST: usize = 8;

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        dtype => dispatch!(dtype, FLOATS, |T| {
            rows(cx, |row: &mut [T]| {
                let sum = exp_shifted(row);
                T::scale(row, 1.0 / sum);
            })
        }),
    }
}

fn log_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(log_kernel),
        dtype => dispatch!(dtype, FLOATS, |T| {
            rows(cx, |row: &mut [T]| {
                let max = T::max_of(row);
                T::subtract(row, max);
                let sum = T::sum_of_exp(row);
                T::subtract(row, sum.ln());
            })
        }),
    }
}

/// Replaces each row of the logits by a function of it, in place where nobody else needs them.
fn rows<T: Exp>(cx: &mut KernelCtx<'_>, of_row: impl Fn(&mut [T]) + Sync) -> Result<()> {
    cx.infer_shapes()?;
    let mut logits: NdArray = cx.take(0)?;
    let classes = logits.shape().dims().last().copied().unwrap_or(0);
    if classes == 0 || logits.is_empty() {
        return cx.set(0, logits);
    }
    if logits.is_unique() {
        parallel::chunks(logits.as_mut_slice::<T>()?, classes, EXP_COST, |_, chunk| {
            chunk.chunks_exact_mut(classes).for_each(&of_row);
        });
        return cx.set(0, logits);
    }
    let input = logits.as_slice::<T>()?;
    let mut output = recycled::<T>(input.len())?;
    parallel::chunks(&mut output, classes, EXP_COST, |start, chunk| {
        for (row, input) in chunk.chunks_exact_mut(classes).zip(input[start..].chunks_exact(classes)) {
            row.copy_from_slice(input);
            of_row(row);
        }
    });
    cx.set(0, NdArray::from_shape(logits.shape().clone(), output)?)
}

/// The sum of a product along the last dimension, which is kept.
fn sum_last(x: Result<Tensor>) -> Result<Tensor> {
    Op::named("Sum").input(x).input([-1]).attr("keep_dims", true).one()
}

fn softmax_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dy, y) = (cx.dy(0)?, cx.y(0)?);
    let sum = sum_last(&dy * y)?;
    cx.set(0, (dy - sum)? * y)
}

fn log_softmax_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dy, y) = (cx.dy(0)?, cx.y(0)?);
    let softmax = Op::named("Exp").input(y).one()?;
    let sum = sum_last(Ok(dy.clone()))?;
    cx.set(0, dy - (sum * softmax)?)
}
