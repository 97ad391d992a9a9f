//! Identity and its kin: ops that give back what they are given.

use ferroflow_core::{
    Grad, GradCtx, IntoOperand, IntoOperands, KernelCtx, Op, OpDef, PartialShape, Result, ScalarFn, ShapeCtx,
    Tensor, bail, convert_to_tensor, shape_fn,
};

/// A tensor of the same value, with a node of its own in a graph.
///
/// Source: `tf.identity` (op `Identity`).
///
/// ```
/// use ferroflow_ops_array::identity;
/// assert_eq!(identity([1, 2])?.numpy()?.as_slice::<i32>()?, [1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force.
pub fn identity(input: impl IntoOperand) -> Result<Tensor> {
    Op::new(&IDENTITY).input(input).one()
}

/// Tensors of the same values, all of which are computed before any of them is used.
///
/// Source: `tf.identity_n` (op `IdentityN`).
///
/// # Errors
/// Those of the graph in force.
pub fn identity_n(input: impl IntoOperands) -> Result<Vec<Tensor>> {
    Op::new(&IDENTITY_N).inputs(input).all()
}

/// A tensor of the same value through which no gradient flows.
///
/// Source: `tf.stop_gradient` (op `StopGradient`).
///
/// # Errors
/// Those of the graph in force.
pub fn stop_gradient(input: impl IntoOperand) -> Result<Tensor> {
    Op::new(&STOP_GRADIENT).input(input).one()
}

/// A tensor of the same value whose gradient is refused with this message.
///
/// Source: `tf.raw_ops.PreventGradient` (op `PreventGradient`).
///
/// # Errors
/// Those of the graph in force.
pub fn prevent_gradient(input: impl IntoOperand, message: &str) -> Result<Tensor> {
    Op::new(&PREVENT_GRADIENT).input(input).attr("message", message).one()
}

/// A tensor of the same value that promises never to change.
///
/// Source: `tf.guarantee_const` (op `GuaranteeConst`).
///
/// # Errors
/// Those of the graph in force.
pub fn guarantee_const(input: impl IntoOperand) -> Result<Tensor> {
    Op::new(&GUARANTEE_CONST).input(input).one()
}

/// The tensor, after checking that its shape agrees with `shape`, which its static shape takes over.
///
/// Source: `tf.ensure_shape` (op `EnsureShape`).
///
/// ```
/// use ferroflow_ops_array::ensure_shape;
/// assert!(ensure_shape([1, 2], [None]).is_ok());
/// assert!(ensure_shape([1, 2], [Some(3)]).is_err());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shape does not agree.
pub fn ensure_shape(x: impl IntoOperand, shape: impl Into<PartialShape>) -> Result<Tensor> {
    // As TensorFlow's function, which converts first: a literal becomes a constant of its own.
    let x = convert_to_tensor(x, None)?;
    Op::new(&ENSURE_SHAPE).input(x).attr("shape", shape.into()).one()
}

fn pass_on(cx: &mut KernelCtx<'_>) -> Result<()> {
    let value = cx.take(0)?;
    cx.set(0, value)
}

fn pass_all_on(cx: &mut KernelCtx<'_>) -> Result<()> {
    for index in 0..cx.num_inputs() {
        let value = cx.take(index)?;
        cx.set(index, value)?;
    }
    Ok(())
}

fn each_unchanged(cx: &mut ShapeCtx<'_>) -> Result<()> {
    for index in 0..cx.num_inputs() {
        let shape = cx.input(index);
        cx.set(index, shape);
        if let Some(holds) = cx.input_handle(index) {
            cx.set_handle(index, holds);
        }
    }
    Ok(())
}

fn ensured_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (wanted, found) = (cx.shape("shape")?.clone(), cx.input(0));
    if cx.at_run_time() && !wanted.is_compatible_with(&found) {
        bail!(
            invalid_argument,
            "Shape of tensor input {} is not compatible with expected shape {}.",
            found.cpp(),
            wanted.cpp()
        );
    }
    // While a graph is built TensorFlow takes an unknown rank for rank -1, which no shape has (seen in 2.21).
    if let Some(found) = found.rank()
        && wanted.rank() != Some(found)
        && !(cx.at_run_time() && wanted.rank().is_none())
    {
        let wanted = wanted.rank().map_or(-1, |rank| rank as i64);
        bail!(invalid_argument, "Shape must be rank {wanted} but is rank {found}");
    }
    let merged = cx.merge(&wanted, &found)?;
    cx.set(0, merged);
    Ok(())
}

fn pass_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    for index in 0..cx.inputs().len() {
        if let Some(dy) = cx.dy_opt(index) {
            cx.set(index, dy)?;
        }
    }
    Ok(())
}

fn refuse_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    bail!(key, "Gradient explicitly disabled. Reason: {}", cx.str("message")?)
}

/// An op with one input that is its output.
const fn passing(name: &'static str, grad: Grad) -> OpDef {
    OpDef {
        name,
        shape: shape_fn::unchanged,
        kernel: Some(pass_on),
        grad,
        scalar: |_| Some(ScalarFn::Unary(|bits| bits)),
        ..OpDef::NEW
    }
}

pub(crate) static IDENTITY: OpDef = passing("Identity", Grad::Fn(pass_grad));
pub(crate) static STOP_GRADIENT: OpDef = passing("StopGradient", Grad::None);
pub(crate) static PREVENT_GRADIENT: OpDef = passing("PreventGradient", Grad::Fn(refuse_grad));
pub(crate) static SNAPSHOT: OpDef = passing("Snapshot", Grad::Missing);
pub(crate) static GUARANTEE_CONST: OpDef = passing("GuaranteeConst", Grad::Missing);
/// A copy on write is as deep as any.
pub(crate) static DEEP_COPY: OpDef = passing("DeepCopy", Grad::Missing);
pub(crate) static IDENTITY_N: OpDef = OpDef {
    name: "IdentityN",
    shape: each_unchanged,
    kernel: Some(pass_all_on),
    grad: Grad::Fn(pass_grad),
    ..OpDef::NEW
};
pub(crate) static ENSURE_SHAPE: OpDef = OpDef {
    name: "EnsureShape",
    shape: ensured_shape,
    kernel: Some(pass_on),
    grad: Grad::Fn(pass_grad),
    ..OpDef::NEW
};
