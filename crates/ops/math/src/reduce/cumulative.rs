//! Cumsum, Cumprod, CumulativeLogsumexp: running totals along an axis.

use crate::dtypes::{NUMBERS, is_half};
use ferroflow_core::{
    DType, Element, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Operand, Result, ShapeCtx, Tensor,
    dispatch, ensure, options, parallel, reserve,
};
use std::ops::{Add, Mul};

options! {
    /// Optional arguments of running totals.
    pub struct CumulativeOptions {
        /// Whether an element's own value is left out of its total.
        exclusive: bool = false,
        /// Whether totals run from the end.
        reverse: bool = false,
    }
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $with:ident $static:ident $tf:literal;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.math.", stringify!($name), "` (op `", $tf, "`), whose default axis is 0.")]
        ///
        /// # Errors
        /// `InvalidArgument` for an axis that the input does not have.
        pub fn $name(x: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> {
            $with(x, axis, |options| options)
        }

        #[doc = concat!("[`", stringify!($name), "`] with optional arguments.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($name), "`].")]
        pub fn $with(
            x: impl IntoOperand,
            axis: impl IntoOperand,
            options: impl FnOnce(CumulativeOptions) -> CumulativeOptions,
        ) -> Result<Tensor> {
            apply(&$static, x.into_operand()?, axis.into_operand()?, options(CumulativeOptions::default()))
        })*
    };
}

functions! {
    /// The sums of the elements up to each one along an axis.
    ///
    /// ```
    /// use ferroflow_ops_math::{cumsum, cumsum_with};
    /// assert_eq!(cumsum([1, 2, 3], 0)?.numpy()?.as_slice::<i32>()?, [1, 3, 6]);
    /// let before = cumsum_with([1, 2, 3], 0, |o| o.exclusive(true))?;
    /// assert_eq!(before.numpy()?.as_slice::<i32>()?, [0, 1, 3]);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    cumsum cumsum_with CUMSUM "Cumsum";
    /// The products of the elements up to each one along an axis.
    cumprod cumprod_with CUMPROD "Cumprod";
    /// The logarithms of the sums of exponentials up to each element along an axis.
    cumulative_logsumexp cumulative_logsumexp_with CUMULATIVE_LOGSUMEXP "CumulativeLogsumexp";
}

fn apply(def: &'static OpDef, x: Operand, axis: Operand, options: CumulativeOptions) -> Result<Tensor> {
    Op::new(def)
        .input(x)
        .input(axis)
        .attr("exclusive", options.exclusive)
        .attr("reverse", options.reverse)
        .one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (x, axis_shape) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        ensure!(
            axis_shape.rank() == Some(0),
            invalid_argument,
            "ScanOp: axis must be a scalar, not {}",
            axis_shape.cpp()
        );
        let (rank, axis) = (x.rank().unwrap_or(0) as i64, cx.int_value(1)?.unwrap_or(0));
        ensure!(
            (-rank..rank).contains(&axis),
            invalid_argument,
            "ScanOp: Expected scan axis in the range [{}, {rank}), but got {axis}",
            -rank
        );
    }
    cx.set(0, x);
    Ok(())
}

fn scan<T: Element + Copy>(
    cx: &mut KernelCtx<'_>,
    start: T,
    combine: impl Fn(T, T) -> T + Sync,
) -> Result<()> {
    cx.infer_shapes()?;
    let (exclusive, reverse) = (cx.bool("exclusive")?, cx.bool("reverse")?);
    let dims = cx.input(0)?.shape().clone();
    let axis = cx.int_value(1)?.rem_euclid(dims.rank().max(1) as i64) as usize;
    let (size, inner) = (dims[axis], dims[axis + 1..].iter().product::<usize>());
    let mut array = cx.take(0)?;
    let elements = array.as_mut_slice::<T>()?;
    let mut starts = reserve::<T>(inner)?;
    starts.resize(inner, start);
    parallel::chunks(elements, size * inner, 4, |_, chunk| {
        if inner == 1 {
            return chunk.chunks_mut(size.max(1)).for_each(|row| {
                let mut total = start;
                let mut step = |value: &mut T| {
                    let next = combine(total, *value);
                    *value = if exclusive { total } else { next };
                    total = next;
                };
                if reverse { row.iter_mut().rev().for_each(step) } else { row.iter_mut().for_each(&mut step) }
            });
        }
        let mut totals = starts.clone();
        for matrix in chunk.chunks_mut((size * inner).max(1)) {
            totals.copy_from_slice(&starts);
            for step in 0..size {
                let row = if reverse { size - 1 - step } else { step };
                for (total, value) in totals.iter_mut().zip(&mut matrix[row * inner..][..inner]) {
                    let next = combine(*total, *value);
                    *value = if exclusive { *total } else { next };
                    *total = next;
                }
            }
        }
    });
    cx.set(0, array)
}

fn cumsum_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(cumsum_kernel),
        dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| scan::<T>(cx, 0, T::wrapping_add)),
        dtype => dispatch!(dtype, FLOATS_COMPLEX, |T| scan::<T>(cx, T::default(), Add::add)),
    }
}

fn cumprod_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(cumprod_kernel),
        dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| scan::<T>(cx, 1, T::wrapping_mul)),
        dtype => dispatch!(dtype, FLOATS_COMPLEX, |T| scan::<T>(cx, num_traits::One::one(), Mul::mul)),
    }
}

/// The logarithm of the sum of two exponentials, without leaving the range of the type.
fn log_add<T: num_traits::Float>(a: T, b: T) -> T {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if high == T::neg_infinity() { high } else { high + (low - high).exp().ln_1p() }
}

fn logsumexp_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(logsumexp_kernel),
        dtype => dispatch!(dtype, FLOATS, |T| scan::<T>(cx, T::NEG_INFINITY, log_add)),
    }
}

fn same_op(cx: &GradCtx<'_>, def: &'static OpDef, x: &Tensor, reverse: bool) -> Result<Tensor> {
    Op::new(def)
        .input(x)
        .input(cx.x(1)?)
        .attr("exclusive", cx.bool("exclusive")?)
        .attr("reverse", reverse)
        .one()
}

fn cumsum_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = same_op(cx, &CUMSUM, &cx.dy(0)?, !cx.bool("reverse")?);
    cx.set(0, dx)
}

fn cumprod_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let products = (cx.y(0)? * cx.dy(0)?)?;
    let sums = same_op(cx, &CUMSUM, &products, !cx.bool("reverse")?)?;
    let dx = Op::named("DivNoNan").input(sums).input(cx.x(0)?).one();
    cx.set(0, dx)
}

/// Positive and negative gradients are summed apart, each as logarithms.
fn logsumexp_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, dy) = (cx.x(0)?, cx.y(0)?, cx.dy(0)?);
    let reverse = !cx.bool("reverse")?;
    let lowest = match x.dtype().base() {
        DType::FLOAT64 => f64::MIN,
        DType::HALF => -65504.0,
        DType::BFLOAT16 => f64::from(ferroflow_core::bf16::MIN),
        _ => f64::from(f32::MIN),
    };
    let one = |op: &str, x: &Tensor| Op::named(op).input(x).one();
    let part = |is_part: &str, magnitude: &Tensor| -> Result<Tensor> {
        let zero = crate::known::number_like(0.0, &dy)?;
        let mask = Op::named(is_part).input(&dy).input(zero).one()?;
        let lowest = crate::known::number_like(lowest, &dy)?;
        let log = Op::named("SelectV2").input(mask).input(one("Log", magnitude)?).input(lowest).one()?;
        let sum = same_op(cx, &CUMULATIVE_LOGSUMEXP, &(log - y)?, reverse)?;
        one("Exp", &(sum + x)?)
    };
    let positive = part("Greater", &dy)?;
    let negative = part("Less", &ferroflow_core::operators::negative(&dy)?)?;
    cx.set(0, positive - negative)
}

pub(crate) static CUMSUM: OpDef = OpDef {
    name: "Cumsum",
    shape,
    kernel: Some(cumsum_kernel),
    grad: Grad::Fn(cumsum_grad),
    types: &[("T", NUMBERS)],
    ..OpDef::NEW
};

pub(crate) static CUMPROD: OpDef = OpDef {
    name: "Cumprod",
    shape,
    kernel: Some(cumprod_kernel),
    grad: Grad::Fn(cumprod_grad),
    types: &[("T", NUMBERS)],
    ..OpDef::NEW
};

pub(crate) static CUMULATIVE_LOGSUMEXP: OpDef = OpDef {
    name: "CumulativeLogsumexp",
    shape,
    kernel: Some(logsumexp_kernel),
    grad: Grad::Fn(logsumexp_grad),
    ..OpDef::NEW
};
