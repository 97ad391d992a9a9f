//! AddV2, Sub, Mul, RealDiv, FloorMod, Neg: `+ - * / %` and the sign.

use crate::{
    DType, Fusion, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Operand, Result, TString,
    Tensor, ValuePass, bail, convert_to_tensor, dispatch, elementwise, scalar_fn, shape_fn, sum_to_shape_of,
};
use std::ops::{Add, Div, Mul, Sub};

/// `x + y`, elementwise with broadcasting; strings are joined.
///
/// Source: `tf.math.add` (op `AddV2`; `Add` for strings).
///
/// ```
/// use ferroflow_core::operators::add;
/// let sum = add([1, 2], 10)?;
/// assert_eq!(sum.numpy()?.as_slice::<i32>()?, [11, 12]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast or the dtypes differ.
pub fn add(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    add_named("Add", x, y)
}

/// [`add`] under the name that Python's operator, or TensorFlow's function, gives its node.
pub(super) fn add_named(name: &'static str, x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    let x = x.into_operand()?;
    // AddV2 promises that operands commute, so strings keep the older op.
    let op = if x.natural_dtype() == DType::STRING { &ADD } else { &ADD_V2 };
    Op::new(op).input(x).input(y).default_name(name).one()
}

/// `x - y`, elementwise with broadcasting.
///
/// Source: `tf.math.subtract` (op `Sub`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast or the dtypes differ.
pub fn subtract(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&SUB).input(x).input(y).one()
}

/// `x * y`, elementwise with broadcasting.
///
/// Source: `tf.math.multiply` (op `Mul`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast or the dtypes differ.
pub fn multiply(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&MUL).input(x).input(y).one()
}

/// `x / y` as Python 3 divides: integers become `float64` (`float32` for 8 and 16 bits) first.
///
/// Source: `tf.math.truediv` (ops `Cast`, `RealDiv`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast, `TypeError` when the dtypes differ.
pub fn truediv(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    let (x, y) = (x.into_operand()?, y.into_operand()?);
    let dtype = match (x.fixed_dtype(), y.fixed_dtype()) {
        (Some(dtype), _) | (None, Some(dtype)) => dtype,
        (None, None) => x.natural_dtype(),
    };
    let wide = match dtype {
        DType::INT8 | DType::UINT8 | DType::INT16 | DType::UINT16 => DType::FLOAT32,
        _ if dtype.is_integer() => DType::FLOAT64,
        _ => return Op::new(&REAL_DIV).input(x).input(y).default_name("truediv").one(),
    };
    let name = crate::context::take_name().unwrap_or_else(|| "truediv".to_string());
    let whole = |operand: Operand| super::cast(convert_to_tensor(operand, Some(dtype)), wide);
    crate::context::name_scope_for_op(&name, |op_name| {
        let (x, y) = (whole(x)?, whole(y)?);
        Op::new(&REAL_DIV).input(x).input(y).name(op_name).one()
    })
}

/// `x / y` of one dtype, which stays: integers are divided as whole numbers.
///
/// Source: `tf.realdiv` (op `RealDiv`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast, the dtypes differ, or the dtype has no kernel.
pub fn realdiv(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&REAL_DIV).input(x).input(y).one()
}

/// The remainder of flooring division, with the sign of `y`.
///
/// Source: `tf.math.floormod` (op `FloorMod`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast, the dtypes differ, or an integer is divided by zero.
pub fn floormod(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&FLOOR_MOD).input(x).input(y).one()
}

/// `-x`, elementwise; integers wrap around.
///
/// Source: `tf.math.negative` (op `Neg`).
///
/// # Errors
/// `TypeError` for a dtype that has no negative.
pub fn negative(x: impl IntoOperand) -> Result<Tensor> {
    Op::new(&NEG).input(x).one()
}

/// Runs an arithmetic kernel for every number type: integers by `$int`, floats and complex by `$float`.
macro_rules! arithmetic {
    ($cx:ident, $dtype:expr, $int:expr, $float:expr) => {
        match $dtype {
            dtype if dtype.is_integer() => {
                dispatch!(dtype, INTEGERS, |T| elementwise::binary::<T>($cx, $int))
            }
            dtype => dispatch!(dtype, FLOATS_COMPLEX, |T| elementwise::binary::<T>($cx, $float)),
        }
    };
}

fn is_half(dtype: DType) -> bool {
    matches!(dtype, DType::HALF | DType::BFLOAT16)
}

fn add_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        DType::STRING => join_strings(cx),
        dtype if is_half(dtype) => cx.through_f32(add_kernel),
        dtype => arithmetic!(cx, dtype, |a, b| a.wrapping_add(b), |a, b| a + b),
    }
}

fn join_strings(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (left, right) = (cx.input(0)?, cx.input(1)?);
    let (a, b) = (left.as_slice::<TString>()?, right.as_slice::<TString>()?);
    let plan = crate::BroadcastPlan::new(left.shape(), right.shape(), &shape);
    let mut joined = crate::reserve::<TString>(shape.num_elements())?;
    let runs = shape.num_elements() / plan.inner.max(1);
    plan.for_runs(0, runs, |left, right| {
        for k in 0..plan.inner {
            joined.push(
                [&a[left + k * plan.left_step][..], &b[right + k * plan.right_step][..]].concat().into(),
            );
        }
    });
    cx.set(0, NdArray::from_shape(shape, joined)?)
}

fn sub_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(sub_kernel),
        dtype => arithmetic!(cx, dtype, |a, b| a.wrapping_sub(b), |a, b| a - b),
    }
}

fn mul_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(mul_kernel),
        dtype => arithmetic!(cx, dtype, |a, b| a.wrapping_mul(b), |a, b| a * b),
    }
}

fn real_div_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(real_div_kernel),
        dtype => dispatch!(dtype, FLOATS_COMPLEX, |T| elementwise::binary::<T>(cx, |a, b| a / b)),
    }
}

fn floor_mod_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(floor_mod_kernel),
        dtype if dtype.is_integer() => {
            dispatch!(dtype, INTEGERS, |T| {
                // Nothing is divided where the other operand is empty.
                if !cx.input(0)?.is_empty() && cx.slice::<T>(1)?.contains(&0) {
                    bail!(invalid_argument, "Integer division by zero");
                }
                elementwise::binary::<T>(cx, |a, b| {
                    // `MIN % -1` overflows; its remainder is 0.
                    let remainder = a.checked_rem(b).unwrap_or(0);
                    #[allow(unused_comparisons, clippy::absurd_extreme_comparisons)]
                    let opposite = (remainder < 0) != (b < 0);
                    if remainder != 0 && opposite { remainder.wrapping_add(b) } else { remainder }
                })
            })
        }
        dtype => dispatch!(dtype, FLOATS, |T| {
            elementwise::binary::<T>(cx, |a, b| {
                let remainder = a % b;
                if remainder != 0.0 && (remainder < 0.0) != (b < 0.0) { remainder + b } else { remainder }
            })
        }),
    }
}

fn neg_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(neg_kernel),
        dtype if dtype.is_integer() => {
            dispatch!(dtype, INTEGERS, |T| elementwise::unary::<T>(cx, |value| value.wrapping_neg()))
        }
        dtype => dispatch!(dtype, FLOATS_COMPLEX, |T| elementwise::unary::<T>(cx, |value| -value)),
    }
}

fn add_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, dz) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    cx.set(0, sum_to_shape_of(dz.clone(), x, y))?;
    cx.set(1, sum_to_shape_of(dz, y, x))
}

fn sub_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, dz) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    cx.set(0, sum_to_shape_of(dz.clone(), x, y))?;
    cx.set(1, sum_to_shape_of(negative(dz)?, y, x))
}

fn mul_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, dz) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    cx.set(0, sum_to_shape_of(multiply(&dz, conjugate(y)?)?, x, y))?;
    // As TensorFlow: the gradient stands first where nothing is summed.
    let plain = x.shape().is_fully_defined() && x.shape() == y.shape();
    let dy = match plain && matches!(dz.dtype(), DType::INT32 | DType::FLOAT32) {
        true => multiply(&dz, x)?,
        false => multiply(conjugate(x)?, &dz)?,
    };
    cx.set(1, sum_to_shape_of(dy, y, x))
}

fn real_div_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, dz) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let (conj_x, conj_y) = (conjugate(x)?, conjugate(y)?);
    cx.set(0, sum_to_shape_of(truediv(&dz, &conj_y)?, x, y))?;
    let dy = multiply(&dz, truediv(truediv(negative(conj_x)?, &conj_y)?, &conj_y)?)?;
    cx.set(1, sum_to_shape_of(dy, y, x))
}

fn floor_mod_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, dz) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let floor = Op::named("FloorDiv").input(x).input(y).one()?;
    cx.set(0, sum_to_shape_of(dz.clone(), x, y))?;
    cx.set(1, sum_to_shape_of(multiply(dz, negative(floor)?)?, y, x))
}

fn neg_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    cx.set(0, negative(dy))
}

/// The conjugate for gradients: the tensor itself where it is real.
pub(crate) fn conjugate(tensor: &Tensor) -> Result<Tensor> {
    if tensor.dtype().is_complex() { Op::named("Conj").input(tensor).one() } else { Ok(tensor.clone()) }
}

macro_rules! fuse {
    ($f:expr) => {
        Some(Fusion::BinaryReversible(
            |left, right| elementwise::zip_each(left, right, $f),
            |right, left| elementwise::zip_each(right, left, |b, a| $f(a, b)),
        ))
    };
}

pub(super) static ADD_V2: OpDef = OpDef {
    name: "AddV2",
    shape: shape_fn::broadcast,
    kernel: Some(add_kernel),
    grad: Grad::Fn(add_grad),
    fusion: fuse!(Add::add),
    pass: Some(ValuePass::Plus),
    scalar: |dtype| scalar_fn!(dtype, Binary(a, b), [INT32 i32, INT64 i64] a.wrapping_add(b), [FLOAT32 f32, FLOAT64 f64] a + b),
    ..OpDef::NEW
};

pub(super) static ADD: OpDef = OpDef {
    name: "Add",
    shape: shape_fn::broadcast,
    kernel: Some(add_kernel),
    grad: Grad::Fn(add_grad),
    fusion: fuse!(Add::add),
    pass: Some(ValuePass::Plus),
    scalar: |dtype| scalar_fn!(dtype, Binary(a, b), [INT32 i32, INT64 i64] a.wrapping_add(b), [FLOAT32 f32, FLOAT64 f64] a + b),
    ..OpDef::NEW
};

pub(super) static SUB: OpDef = OpDef {
    name: "Sub",
    shape: shape_fn::broadcast,
    kernel: Some(sub_kernel),
    grad: Grad::Fn(sub_grad),
    fusion: fuse!(Sub::sub),
    pass: Some(ValuePass::Minus),
    scalar: |dtype| scalar_fn!(dtype, Binary(a, b), [INT32 i32, INT64 i64] a.wrapping_sub(b), [FLOAT32 f32, FLOAT64 f64] a - b),
    ..OpDef::NEW
};

pub(super) static MUL: OpDef = OpDef {
    name: "Mul",
    shape: shape_fn::broadcast,
    kernel: Some(mul_kernel),
    grad: Grad::Fn(mul_grad),
    fusion: fuse!(Mul::mul),
    pass: Some(ValuePass::Times),
    scalar: |dtype| scalar_fn!(dtype, Binary(a, b), [INT32 i32, INT64 i64] a.wrapping_mul(b), [FLOAT32 f32, FLOAT64 f64] a * b),
    ..OpDef::NEW
};

pub(super) static REAL_DIV: OpDef = OpDef {
    name: "RealDiv",
    shape: shape_fn::broadcast,
    kernel: Some(real_div_kernel),
    grad: Grad::Fn(real_div_grad),
    types: &[(
        "T",
        &[DType::HALF, DType::BFLOAT16, DType::FLOAT32, DType::FLOAT64, DType::COMPLEX64, DType::COMPLEX128],
    )],
    fusion: fuse!(Div::div),
    scalar: |dtype| scalar_fn!(dtype, Binary(a, b), [FLOAT32 f32, FLOAT64 f64] a / b),
    ..OpDef::NEW
};

pub(super) static FLOOR_MOD: OpDef = OpDef {
    name: "FloorMod",
    shape: shape_fn::broadcast,
    kernel: Some(floor_mod_kernel),
    grad: Grad::Fn(floor_mod_grad),
    ..OpDef::NEW
};

pub(super) static NEG: OpDef = OpDef {
    name: "Neg",
    shape: shape_fn::unchanged,
    kernel: Some(neg_kernel),
    grad: Grad::Fn(neg_grad),
    fusion: Some(Fusion::Unary(|values| elementwise::each(values, |value| -value))),
    scalar: |dtype| scalar_fn!(dtype, Unary(x), [INT32 i32, INT64 i64] x.wrapping_neg(), [FLOAT32 f32, FLOAT64 f64] -x),
    ..OpDef::NEW
};
