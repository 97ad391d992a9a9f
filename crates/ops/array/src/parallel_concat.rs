//! ParallelConcat: tensors with a first dimension of 1, one after the other.

use crate::concat::CONCAT_V2;
use ferroflow_core::{
    Attrs, DType, Grad, IntoOperands, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor,
    bail, context, convert_to_tensor, ensure, run_op,
};

/// Tensors of one shape as the elements of one of a dimension more.
///
/// Source: `tf.parallel_stack` (op `ParallelConcat`), which there is for graphs alone.
///
/// # Errors
/// `InvalidArgument` when shapes differ, `ValueError` when that of the first is not known.
pub fn parallel_stack(values: impl IntoOperands) -> Result<Tensor> {
    let values = values.into_operands()?;
    context::name_scope("parallel_stack", || {
        let mut parts = Vec::with_capacity(values.len());
        let mut shape = None;
        for value in values {
            let value = convert_to_tensor(value, None)?;
            shape.get_or_insert(value.shape());
            parts.push(crate::expand_dims(value, 0)?);
        }
        let one = shape.ok_or_else(|| ferroflow_core::Error::value("there is nothing to stack"))?;
        let shape = PartialShape::new([Some(parts.len())]).concatenate(&one);
        Op::new(&PARALLEL_CONCAT).inputs(parts).attr("shape", shape).one()
    })
}

pub(crate) static PARALLEL_CONCAT: OpDef =
    OpDef { name: "ParallelConcat", shape, kernel: Some(kernel), grad: Grad::Missing, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let attrs: &Attrs = cx;
    let whole = attrs.shape("shape")?.clone();
    if !whole.is_fully_defined() {
        return Err(cx.mismatch(
            format!("Shape {} is not fully defined", whole.cpp()),
            "shape attr must be fully defined.",
        ));
    }
    let count = cx.num_inputs();
    ensure!(
        whole.dim(0) == Some(count),
        invalid_argument,
        "Size of first dimension of the shape must be the number of inputs, {count}"
    );
    let Some(dims) = whole.dims() else { bail!(internal, "a defined shape has dimensions") };
    let row = PartialShape::new([Some(1)].into_iter().chain(dims.iter().skip(1).copied()));
    for index in 0..count {
        // TensorFlow wants the shapes of all inputs to be known, for which there is no reason here.
        let input = cx.input(index);
        let is_row = input.rank().is_none_or(|rank| rank > 0 && input.dim(0).is_none_or(|size| size == 1));
        if !is_row {
            return Err(cx.mismatch(
                format!("update shape doesn't match: {}", input.cpp()),
                "Size of first dimension must be 1.",
            ));
        }
        cx.merge(&input, &row)?;
    }
    cx.set(0, whole);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let dtype = cx.dtype("T")?;
    let attrs = Attrs::new().with("N", cx.num_inputs() as i64).with("T", dtype).with("Tidx", DType::INT32);
    let mut inputs: Vec<NdArray> = cx.inputs().to_vec();
    inputs.push(NdArray::scalar(0i32));
    let outputs = run_op(&CONCAT_V2, &attrs, cx.node(), &mut inputs, cx.env(), None)?;
    match outputs.into_iter().next() {
        Some(output) => cx.set(0, output),
        None => bail!(internal, "a concatenation gives one output"),
    }
}
