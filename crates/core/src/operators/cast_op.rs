//! Cast: another dtype.

use crate::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Operand, Result, Tensor, context,
    convert_to_tensor, shape_fn,
};

/// The tensor in another dtype; the tensor itself when it is of that dtype.
///
/// Source: `tf.cast` (op `Cast`).
///
/// ```
/// use ferroflow_core::{DType, operators::cast};
/// let whole = cast([1.9, -1.9], DType::INT32)?;
/// assert_eq!(whole.numpy()?.as_slice::<i32>()?, [1, -1]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `Unimplemented` from or to strings, resources and variants.
pub fn cast(x: impl IntoOperand, dtype: DType) -> Result<Tensor> {
    let x = x.into_operand()?;
    if let Operand::Tensor(x) = x {
        return if x.dtype().base() == dtype {
            Ok(x)
        } else {
            Op::new(&CAST).input(x).attr("DstT", dtype).one()
        };
    }
    context::name_scope_for_op("Cast", |name| {
        let x = context::with_name("x", || convert_to_tensor(x, None))?;
        if x.dtype() == dtype { Ok(x) } else { Op::new(&CAST).input(x).attr("DstT", dtype).name(name).one() }
    })
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let array = cx.input(0)?;
    let to = cx.dtype("DstT")?;
    let cast = if cx.bool("Truncate")? { without_low_bits(array, to)?.cast(to)? } else { array.cast(to)? };
    cx.set(0, cast)
}

/// The array with zeros for the bits of its significands that a narrower float type does not hold: casting it then
/// rounds towards zero.
fn without_low_bits(array: &NdArray, to: DType) -> Result<NdArray> {
    let kept = match (array.dtype(), to) {
        (DType::FLOAT32, DType::BFLOAT16) => 7,
        (DType::FLOAT32 | DType::FLOAT64, DType::HALF) => 10,
        (DType::FLOAT64, DType::FLOAT32) => 23,
        // TensorFlow 2.21 rounds from float64 to bfloat16 as if truncation was not asked for.
        _ => return Ok(array.clone()),
    };
    let shape = array.shape().clone();
    match array.dtype() {
        DType::FLOAT32 => {
            let mask = u32::MAX << (23 - kept);
            let values = array.as_slice::<f32>()?.iter().map(|value| f32::from_bits(value.to_bits() & mask));
            NdArray::from_shape(shape, values.collect())
        }
        DType::FLOAT64 => {
            let mask = u64::MAX << (52 - kept);
            let values = array.as_slice::<f64>()?.iter().map(|value| f64::from_bits(value.to_bits() & mask));
            NdArray::from_shape(shape, values.collect())
        }
        _ => Ok(array.clone()),
    }
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (from, to) = (cx.dtype("SrcT")?, cx.dtype("DstT")?);
    let differentiable = |dtype: DType| dtype.is_floating() || dtype.is_complex();
    if differentiable(from) && differentiable(to) {
        let dy = cx.dy(0)?;
        cx.set(0, cast(dy, from))?;
    }
    Ok(())
}

pub(super) static CAST: OpDef = OpDef {
    name: "Cast",
    shape: shape_fn::unchanged,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};
