//! CheckNumerics, UnravelIndex: checks and arithmetic on places.

use ferroflow_core::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx,
    Tensor, bail, dispatch, shape_fn,
};

/// The tensor itself, after checking that every element is finite.
///
/// Source: `tf.debugging.check_numerics` (op `CheckNumerics`).
///
/// ```
/// use ferroflow_ops_array::check_numerics;
/// let error = check_numerics([1.0, f64::NAN], "loss").unwrap_err();
/// assert_eq!(error.message(), "loss : Tensor had NaN values");
/// ```
///
/// # Errors
/// `InvalidArgument` that begins with `message` when an element is infinite or NaN.
pub fn check_numerics(tensor: impl IntoOperand, message: &str) -> Result<Tensor> {
    Op::new(&CHECK_NUMERICS).input(tensor).attr("message", message).one()
}

/// The coordinates, in an array of shape `dims`, of elements given by their places in row-major order.
///
/// Source: `tf.unravel_index` (op `UnravelIndex`).
///
/// # Errors
/// `InvalidArgument` when an index is out of range.
pub fn unravel_index(indices: impl IntoOperand, dims: impl IntoOperand) -> Result<Tensor> {
    Op::new(&UNRAVEL_INDEX).input(indices).input(dims).one()
}

fn check_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let array = cx.take(0)?;
    let (mut nan, mut positive, mut negative) = (false, false, false);
    let mut note = |value: f64| {
        nan |= value.is_nan();
        positive |= value == f64::INFINITY;
        negative |= value == f64::NEG_INFINITY;
    };
    match array.dtype() {
        DType::FLOAT32 => array.as_slice::<f32>()?.iter().for_each(|value| note(f64::from(*value))),
        DType::FLOAT64 => array.as_slice::<f64>()?.iter().for_each(|value| note(*value)),
        dtype => dispatch!(dtype, HALVES, |T| {
            array.as_slice::<T>()?.iter().for_each(|value| note(value.to_f64()));
            Ok(())
        })?,
    }
    let found = if cx.op().name == "CheckNumerics" {
        match (positive || negative, nan) {
            (true, true) => "Inf and NaN",
            (true, false) => "Inf",
            (false, true) => "NaN",
            (false, false) => return cx.set(0, array),
        }
        .to_string()
    } else {
        let kinds = [(negative, "-Inf"), (positive, "+Inf"), (nan, "NaN")];
        let found: Vec<&str> = kinds.into_iter().filter(|kind| kind.0).map(|kind| kind.1).collect();
        match found.as_slice() {
            [] => return cx.set(0, array),
            [only] => (*only).to_string(),
            [a, b] => format!("{a} and {b}"),
            [a, b, ..] => format!("{a}, {b}, and NaN"),
        }
    };
    bail!(invalid_argument, "{} : Tensor had {found} values", cx.str("message")?)
}

fn check_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let message =
        format!("Not a number (NaN) or infinity (Inf) values detected in gradient. {}", cx.str("message")?);
    let grad = Op::new(cx.op()).input(cx.dy(0)?).attr("message", message).one();
    cx.set(0, grad)
}

fn unravel_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (indices, dims) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        if indices.rank().is_some_and(|rank| rank > 1) {
            bail!(invalid_argument, "The indices can only be scalar or vector, got \"{}\"", indices.cpp());
        }
        if dims.rank() != Some(1) {
            bail!(invalid_argument, "The indices can only be 1-D, got \"{}\"", dims.cpp());
        }
    } else {
        cx.with_rank(1, 1)?;
    }
    match indices.rank() {
        Some(0) => cx.set(0, [dims.dim(0)]),
        Some(1) => cx.set(0, [dims.dim(0), indices.dim(0)]),
        _ => {}
    }
    Ok(())
}

fn unravel_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (indices, dims) = (cx.ints(0)?, cx.ints(1)?);
    for (position, size) in dims.iter().enumerate() {
        if *size == 0 {
            bail!(
                invalid_argument,
                "Input dims cannot contain a dim of zero, but dims contains zero at index {position}"
            );
        }
        if *size < 0 {
            bail!(invalid_argument, "Input dims cannot be negative. Got: {size}");
        }
    }
    let Some(total) = dims.iter().try_fold(1i64, |product, size| product.checked_mul(*size)) else {
        bail!(
            invalid_argument,
            "Input dims product is causing integer overflow: ({})",
            crate::sizes::joined(&dims, ",")
        );
    };
    let mut coordinates = vec![0i64; dims.len() * indices.len()];
    for (column, &index) in indices.iter().enumerate() {
        if index < 0 || index >= total {
            bail!(invalid_argument, "index is out of bound as with dims");
        }
        let mut rest = index;
        for (row, size) in dims.iter().enumerate().rev() {
            coordinates[row * indices.len() + column] = rest % size;
            rest /= size;
        }
    }
    let shape: Shape = match PartialShape::from(cx.input(0)?.shape()).rank() {
        Some(0) => Shape::new(&[dims.len()])?,
        _ => Shape::new(&[dims.len(), indices.len()])?,
    };
    let dtype = cx.dtype("Tidx")?;
    cx.set(0, NdArray::from_shape(shape, coordinates)?.cast(dtype)?)
}

const fn check_op(name: &'static str) -> OpDef {
    OpDef {
        name,
        shape: shape_fn::unchanged,
        kernel: Some(check_kernel),
        grad: Grad::Fn(check_grad),
        ..OpDef::NEW
    }
}

pub(crate) static CHECK_NUMERICS: OpDef = check_op("CheckNumerics");
pub(crate) static CHECK_NUMERICS_V2: OpDef = check_op("CheckNumericsV2");
pub(crate) static UNRAVEL_INDEX: OpDef =
    OpDef { name: "UnravelIndex", shape: unravel_shape, kernel: Some(unravel_kernel), ..OpDef::NEW };
