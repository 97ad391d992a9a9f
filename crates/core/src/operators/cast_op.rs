//! Cast: another dtype.

use crate::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Result, Tensor, convert_to_tensor, shape_fn,
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
    let x = convert_to_tensor(x, None)?;
    if x.dtype().base() == dtype {
        return Ok(x);
    }
    Op::new(&CAST).input(x).attr("DstT", dtype).one()
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let array = cx.input(0)?;
    let (from, to) = (array.dtype(), cx.dtype("DstT")?);
    // Truncation drops the low bits of a float's significand, where the op is asked for that.
    let cast = if cx.bool("Truncate")? && from == DType::FLOAT32 && to == DType::BFLOAT16 {
        let bits = array
            .as_slice::<f32>()?
            .iter()
            .map(|value| crate::bf16::from_bits((value.to_bits() >> 16) as u16));
        crate::NdArray::from_shape(array.shape().clone(), bits.collect())?
    } else {
        array.cast(to)?
    };
    cx.set(0, cast)
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
