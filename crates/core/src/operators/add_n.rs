//! AddN: the sum of several tensors of one shape, which is how gradients that meet are joined.

use crate::{
    DType, Grad, GradCtx, IntoOperands, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, Tensor, bail,
    dispatch, ensure, parallel, shape_fn,
};

/// The elementwise sum of tensors of one shape and dtype.
///
/// Source: `tf.math.add_n` (op `AddN`).
///
/// # Errors
/// `ValueError` without tensors, `InvalidArgument` when the shapes differ.
pub fn add_n(inputs: impl IntoOperands) -> Result<Tensor> {
    let inputs = inputs.into_operands()?;
    ensure!(
        !inputs.is_empty(),
        value,
        "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape."
    );
    Op::new(&ADD_N).inputs(inputs).one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        let first = cx.input(0);
        for index in 1..cx.num_inputs() {
            let other = cx.input(index);
            if other != first {
                bail!(
                    invalid_argument,
                    "Inputs to operation AddN of type AddN must have the same size and shape.  Input 0: {} != input \
                     {index}: {}",
                    first.cpp(),
                    other.cpp()
                );
            }
        }
    }
    shape_fn::all_equal(cx)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        DType::HALF | DType::BFLOAT16 => cx.through_f32(kernel),
        dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| sum::<T>(cx, |a, b| a.wrapping_add(b))),
        dtype => dispatch!(dtype, FLOATS_COMPLEX, |T| sum::<T>(cx, |a, b| a + b)),
    }
}

fn sum<T: crate::Element + Copy>(cx: &mut KernelCtx<'_>, add: fn(T, T) -> T) -> Result<()> {
    let mut total: NdArray = cx.take(0)?;
    let others = cx.inputs().iter().skip(1).map(|other| other.as_slice::<T>()).collect::<Result<Vec<_>>>()?;
    parallel::chunks(total.as_mut_slice::<T>()?, 1, others.len(), |start, chunk| {
        for other in &others {
            for (total, value) in chunk.iter_mut().zip(&other[start..]) {
                *total = add(*total, *value);
            }
        }
    });
    cx.set(0, total)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    for index in 0..cx.inputs().len() {
        cx.set(index, &dy)?;
    }
    Ok(())
}

pub(super) static ADD_N: OpDef =
    OpDef { name: "AddN", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };
