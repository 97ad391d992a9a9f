//! Sum, Prod, Max, Min, Mean, EuclideanNorm, All, Any: the definitions and kernels.

use super::driver::{By, Combine, Groups, reduce};
use super::ops_grad;
use crate::dtypes::{NUMBERS, REALS, is_half};
use ferroflow_core::{
    Complex, DType, Element, Grad, GradFn, KernelCtx, KernelFn, NdArray, OpDef, PartialShape, Result,
    ShapeCtx, bail, dispatch, parallel,
};
use num_traits::AsPrimitive;

/// Which of `rank` axes are listed, counted from the end where negative.
fn marked(cx: &ShapeCtx<'_>, axes: &[i64], rank: usize) -> Result<Vec<bool>> {
    let mut reduced = vec![false; rank];
    for &axis in axes {
        let index = if axis < 0 { axis.checked_add(rank as i64).unwrap_or(-1) } else { axis };
        let Some(mark) = usize::try_from(index).ok().and_then(|index| reduced.get_mut(index)) else {
            return Err(cx.mismatch(
                format!("Invalid reduction dimension ({axis} for input with {rank} dimension(s)"),
                format!("Invalid reduction dimension {axis} for input with {rank} dimensions."),
            ));
        };
        // Shape functions let duplicates pass, kernels do not.
        if *mark && cx.at_run_time() {
            bail!(
                invalid_argument,
                "Invalid reduction arguments: Axes contains duplicate dimension: {index}"
            );
        }
        *mark = true;
    }
    Ok(reduced)
}

/// The shape function of every reduction: input 1 lists the axes.
pub(super) fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (input, axes_shape) = (cx.input(0), cx.input(1));
    if let Some(rank @ 2..) = axes_shape.rank()
        && !cx.at_run_time()
    {
        bail!(invalid_argument, "Shape must be at most rank 1 but is rank {rank}");
    }
    let keep_dims = cx.bool("keep_dims")?;
    let output = match (input.dims(), cx.ints(1)?) {
        (Some(dims), Some(axes)) => {
            let reduced = marked(cx, &axes, dims.len())?;
            let pairs = dims.iter().zip(&reduced);
            PartialShape::new(pairs.filter_map(|(&dim, &reduced)| match (reduced, keep_dims) {
                (false, _) => Some(dim),
                (true, true) => Some(Some(1)),
                (true, false) => None,
            }))
        }
        (Some(dims), None) if keep_dims => PartialShape::of_rank(dims.len()),
        _ => PartialShape::unknown(),
    };
    cx.set(0, output);
    Ok(())
}

/// The groups of axes of a reduction whose arguments were checked.
fn groups(cx: &mut KernelCtx<'_>) -> Result<Groups> {
    cx.infer_shapes()?;
    let rank = cx.input(0)?.rank() as i64;
    let axes = cx.ints(1)?;
    Ok(Groups::new(cx.input(0)?.shape(), |axis| {
        axes.iter().any(|&listed| listed == axis as i64 || listed + rank == axis as i64)
    }))
}

fn run<T: Element + Copy>(cx: &mut KernelCtx<'_>, identity: T, combine: &dyn Combine<T>) -> Result<()> {
    let groups = groups(cx)?;
    let reduced = reduce(cx.slice::<T>(0)?, &groups, identity, combine)?;
    cx.set_elements(0, reduced)
}

fn sum_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.input(0)?.dtype() {
        dtype if is_half(dtype) => cx.through_f32(sum_kernel),
        dtype if dtype.is_integer() => {
            dispatch!(dtype, INTEGERS, |T| run::<T>(cx, 0, &By(T::wrapping_add)))
        }
        dtype => dispatch!(dtype, FLOATS_COMPLEX, |T| run::<T>(cx, T::default(), &By(|a, b| a + b))),
    }
}

fn prod_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.input(0)?.dtype() {
        dtype if is_half(dtype) => cx.through_f32(prod_kernel),
        dtype if dtype.is_integer() => {
            dispatch!(dtype, INTEGERS, |T| run::<T>(cx, 1, &By(T::wrapping_mul)))
        }
        dtype => {
            dispatch!(dtype, FLOATS_COMPLEX, |T| run::<T>(cx, num_traits::One::one(), &By(|a, b| a * b)))
        }
    }
}

/// The comparison goes first so that NaN, which compares false, is only taken over, never replaced.
macro_rules! extreme {
    ($kernel:ident, $better:tt, $float_worst:ident, $int_worst:ident) => {
        fn $kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
            match cx.input(0)?.dtype() {
                dtype if is_half(dtype) => cx.through_f32($kernel),
                dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| {
                    run::<T>(cx, T::$int_worst, &By(|a, b| if b $better a { b } else { a }))
                }),
                dtype => dispatch!(dtype, FLOATS, |T| {
                    let better = By(|a: T, b: T| if b $better a || b.is_nan() { b } else { a });
                    run::<T>(cx, T::$float_worst, &better)
                }),
            }
        }
    };
}

extreme!(max_kernel, >, NEG_INFINITY, MIN);
extreme!(min_kernel, <, INFINITY, MAX);

/// Sums in 64 bits where integers are narrower, as TensorFlow does, and divides.
fn mean_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let dtype = cx.input(0)?.dtype();
    let wide = match dtype {
        dtype if is_half(dtype) => return cx.through_f32(mean_kernel),
        DType::INT8 | DType::INT16 | DType::INT32 => DType::INT64,
        DType::UINT8 | DType::UINT16 | DType::UINT32 => DType::UINT64,
        other => other,
    };
    let groups = groups(cx)?;
    let shape = cx.output_shape(0)?;
    let input = cx.take(0)?.cast(wide)?;
    let count = input.len() / shape.num_elements().max(1);
    let mean = if wide.is_integer() {
        dispatch!(wide, INTEGERS, |T| {
            let sums = reduce::<T>(input.as_slice()?, &groups, 0, &By(T::wrapping_add))?;
            // The count of no elements divides zeros.
            let count: T = count.max(1).as_();
            let means = sums.into_iter().map(|sum| sum.checked_div(count).unwrap_or(0)).collect();
            NdArray::from_shape(shape, means)?.cast(dtype)
        })
    } else {
        dispatch!(wide, FLOATS_COMPLEX, |T| {
            let sums = reduce::<T>(input.as_slice()?, &groups, T::default(), &By(|a, b| a + b))?;
            let means = sums.into_iter().map(|sum| divide(sum, count)).collect();
            NdArray::from_shape(shape, means)
        })
    }?;
    cx.set(0, mean)
}

fn divide<T: DivideByCount>(sum: T, count: usize) -> T {
    sum.divide_by(count)
}

/// Division by a number of elements.
trait DivideByCount {
    fn divide_by(self, count: usize) -> Self;
}

macro_rules! divide_by_count {
    ($($float:ty),*) => {
        $(impl DivideByCount for $float {
            fn divide_by(self, count: usize) -> Self {
                self / count as $float
            }
        }
        impl DivideByCount for Complex<$float> {
            fn divide_by(self, count: usize) -> Self {
                self / count as $float
            }
        })*
    };
}

divide_by_count!(f32, f64);

fn euclidean_norm_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let dtype = cx.input(0)?.dtype();
    if is_half(dtype) {
        return cx.through_f32(euclidean_norm_kernel);
    }
    let groups = groups(cx)?;
    let norms = match dtype {
        dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| {
            let squares = parallel::map(cx.slice::<T>(0)?, |value| value.wrapping_mul(value))?;
            let sums = reduce::<T>(&squares, &groups, 0, &By(T::wrapping_add))?;
            let norms: Vec<T> = sums.into_iter().map(|sum| (sum as f64).sqrt() as T).collect();
            NdArray::from_shape(cx.output_shape(0)?, norms)
        }),
        dtype if dtype.is_complex() => dispatch!(dtype, COMPLEX, |T| {
            let squares =
                parallel::map(cx.slice::<T>(0)?, |value| T::new(value.norm_sqr(), Default::default()))?;
            let sums = reduce::<T>(&squares, &groups, T::default(), &By(|a, b| a + b))?;
            let norms = sums.into_iter().map(|sum| T::new(sum.re.sqrt(), Default::default())).collect();
            NdArray::from_shape(cx.output_shape(0)?, norms)
        }),
        dtype => dispatch!(dtype, FLOATS, |T| {
            let squares = parallel::map(cx.slice::<T>(0)?, |value| value * value)?;
            let sums = reduce::<T>(&squares, &groups, 0.0, &By(|a, b| a + b))?;
            let norms: Vec<T> = sums.into_iter().map(T::sqrt).collect();
            NdArray::from_shape(cx.output_shape(0)?, norms)
        }),
    }?;
    cx.set(0, norms)
}

const fn reduction(
    name: &'static str,
    types: &'static [(&'static str, &'static [DType])],
    kernel: KernelFn,
    grad: GradFn,
) -> OpDef {
    OpDef { name, shape, kernel: Some(kernel), grad: Grad::Fn(grad), types, ..OpDef::NEW }
}

pub(crate) static SUM: OpDef = reduction("Sum", &[("T", NUMBERS)], sum_kernel, ops_grad::sum);
pub(crate) static PROD: OpDef = reduction("Prod", &[("T", NUMBERS)], prod_kernel, ops_grad::prod);
pub(crate) static MAX: OpDef = reduction("Max", &[("T", REALS)], max_kernel, ops_grad::extreme);
pub(crate) static MIN: OpDef = reduction("Min", &[("T", REALS)], min_kernel, ops_grad::extreme);
pub(crate) static MEAN: OpDef = reduction("Mean", &[("T", NUMBERS)], mean_kernel, ops_grad::mean);
pub(crate) static EUCLIDEAN_NORM: OpDef =
    reduction("EuclideanNorm", &[("T", NUMBERS)], euclidean_norm_kernel, ops_grad::euclidean_norm);

pub(crate) static ALL: OpDef = OpDef {
    name: "All",
    shape,
    kernel: Some(|cx| run(cx, true, &By(|a, b| a & b))),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static ANY: OpDef = OpDef {
    name: "Any",
    shape,
    kernel: Some(|cx| run(cx, false, &By(|a, b| a | b))),
    grad: Grad::None,
    ..OpDef::NEW
};
