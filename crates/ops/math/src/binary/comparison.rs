//! Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, ApproximateEqual.

use crate::dtypes::is_half;
use ferroflow_core::{
    BroadcastPlan, DType, Element, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result,
    ShapeCtx, Tensor, broadcast_shapes, dispatch, elementwise, ensure, options, reserve, scalar_fn, shape_fn,
};

macro_rules! orders {
    ($($(#[$doc:meta])* $name:ident $static:ident $kernel:ident $tf:literal $order:tt;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.math.", stringify!($name), "` (op `", $tf, "`).")]
        ///
        /// # Errors
        /// `InvalidArgument` when the shapes do not broadcast or the dtypes differ.
        pub fn $name(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
            Op::new(&$static).input(x).input(y).one()
        }

        fn $kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
            match cx.dtype("T")? {
                dtype if is_half(dtype) => cx.through_f32($kernel),
                dtype => dispatch!(dtype, REALS, |T| {
                    elementwise::binary_to::<T, bool>(cx, |a, b| a $order b)
                }),
            }
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape: shape_fn::broadcast,
            kernel: Some($kernel),
            grad: Grad::None,
            scalar: |dtype| {
                scalar_fn!(dtype, Binary(a, b), [INT32 i32, INT64 i64, FLOAT32 f32, FLOAT64 f64] a $order b)
            },
            ..OpDef::NEW
        };)*
    };
}

orders! {
    /// Whether `x < y`.
    less LESS less_kernel "Less" <;
    /// Whether `x <= y`.
    less_equal LESS_EQUAL less_equal_kernel "LessEqual" <=;
    /// Whether `x > y`.
    greater GREATER greater_kernel "Greater" >;
    /// Whether `x >= y`.
    greater_equal GREATER_EQUAL greater_equal_kernel "GreaterEqual" >=;
}

/// Whether `x == y`, element by element.
///
/// Source: `tf.math.equal` (op `Equal`).
///
/// ```
/// let same = ferroflow_ops_math::equal([1, 2], 2)?;
/// assert_eq!(same.numpy()?.as_slice::<bool>()?, [false, true]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast or the dtypes differ.
pub fn equal(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&EQUAL).input(x).input(y).one()
}

/// Whether `x != y`, element by element.
///
/// Source: `tf.math.not_equal` (op `NotEqual`).
///
/// # Errors
/// As [`equal`].
pub fn not_equal(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&NOT_EQUAL).input(x).input(y).one()
}

options! {
    /// Optional arguments of [`approximate_equal_with`].
    pub struct ApproximateEqualOptions {
        /// The largest distance of numbers that count as equal.
        tolerance: f32 = 1e-5,
    }
}

/// Whether `x` and `y`, of one shape, are no further apart than a tolerance.
///
/// Source: `tf.raw_ops.ApproximateEqual`.
///
/// # Errors
/// `InvalidArgument` when the shapes or dtypes differ.
pub fn approximate_equal(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    approximate_equal_with(x, y, |options| options)
}

/// [`approximate_equal`] with optional arguments.
///
/// # Errors
/// As [`approximate_equal`].
pub fn approximate_equal_with(
    x: impl IntoOperand,
    y: impl IntoOperand,
    options: impl FnOnce(ApproximateEqualOptions) -> ApproximateEqualOptions,
) -> Result<Tensor> {
    let tolerance = options(ApproximateEqualOptions::default()).tolerance;
    Op::new(&APPROXIMATE_EQUAL).input(x).input(y).attr("tolerance", tolerance).one()
}

/// Shapes that do not broadcast are an error, or make one answer for all.
fn equality_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (x, y) = (cx.input(0), cx.input(1));
    let is_known = x.is_fully_defined() && y.is_fully_defined();
    if !is_known && !cx.bool("incompatible_shape_error")? {
        cx.set_all_unknown();
        return Ok(());
    }
    let shape = match broadcast_shapes(cx, &x, &y) {
        Err(error) if cx.bool("incompatible_shape_error")? => return Err(error),
        Err(_) => PartialShape::scalar(),
        Ok(shape) => shape,
    };
    cx.set(0, shape);
    Ok(())
}

/// The kernel of Equal and NotEqual, which compares everything that has values.
fn equality(cx: &mut KernelCtx<'_>, wanted: bool) -> Result<()> {
    if cx.input(0)?.shape().broadcast(cx.input(1)?.shape()).is_none() {
        return cx.set(0, NdArray::scalar(!wanted));
    }
    match cx.dtype("T")? {
        DType::STRING => strings(cx, wanted),
        DType::HALF => compare::<ferroflow_core::f16>(cx, wanted),
        DType::BFLOAT16 => compare::<ferroflow_core::bf16>(cx, wanted),
        dtype => dispatch!(dtype, FIXED, |T| compare::<T>(cx, wanted)),
    }
}

fn compare<T: Element + Copy>(cx: &mut KernelCtx<'_>, wanted: bool) -> Result<()> {
    elementwise::binary_to::<T, bool>(cx, |a, b| (a == b) == wanted)
}

fn strings(cx: &mut KernelCtx<'_>, wanted: bool) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (left, right) = (cx.input(0)?, cx.input(1)?);
    let (a, b) = (left.as_slice::<ferroflow_core::TString>()?, right.as_slice::<ferroflow_core::TString>()?);
    let plan = BroadcastPlan::new(left.shape(), right.shape(), &shape);
    let mut answers = reserve::<bool>(shape.num_elements())?;
    plan.for_runs(0, shape.num_elements() / plan.inner.max(1), |left, right| {
        for k in 0..plan.inner {
            answers.push((a[left + k * plan.left_step] == b[right + k * plan.right_step]) == wanted);
        }
    });
    cx.set(0, NdArray::from_shape(shape, answers)?)
}

pub(crate) static EQUAL: OpDef = OpDef {
    name: "Equal",
    shape: equality_shape,
    kernel: Some(|cx| equality(cx, true)),
    grad: Grad::None,
    scalar: |dtype| scalar_fn!(dtype, Binary(a, b), [INT32 i32, INT64 i64, FLOAT32 f32, FLOAT64 f64, BOOL bool] a == b),
    ..OpDef::NEW
};

pub(crate) static NOT_EQUAL: OpDef = OpDef {
    name: "NotEqual",
    shape: equality_shape,
    kernel: Some(|cx| equality(cx, false)),
    grad: Grad::None,
    scalar: |dtype| scalar_fn!(dtype, Binary(a, b), [INT32 i32, INT64 i64, FLOAT32 f32, FLOAT64 f64, BOOL bool] a != b),
    ..OpDef::NEW
};

fn approximate_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (x, y) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        ensure!(
            x == y,
            invalid_argument,
            "x and y must be of the same shape. x shape: {}. y shape: {}",
            x.cpp(),
            y.cpp()
        );
    }
    let shape = cx.merge(&x, &y)?;
    cx.set(0, shape);
    Ok(())
}

fn approximate_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let tolerance = cx.float("tolerance")?;
    match cx.dtype("T")? {
        DType::FLOAT32 => elementwise::binary_to::<f32, bool>(cx, |a, b| (a - b).abs() <= tolerance),
        _ => elementwise::binary_to::<f64, bool>(cx, |a, b| (a - b).abs() <= tolerance.into()),
    }
}

pub(crate) static APPROXIMATE_EQUAL: OpDef = OpDef {
    name: "ApproximateEqual",
    shape: approximate_shape,
    kernel: Some(approximate_kernel),
    grad: Grad::None,
    types: &[("T", &[DType::FLOAT32, DType::FLOAT64])],
    ..OpDef::NEW
};
