//! Bitcast: the same bytes under another dtype.

use ferroflow_core::{
    DType, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail,
};

/// The bytes of a tensor read as another dtype: a last dimension is added when its elements are smaller, and
/// dropped when they are larger.
///
/// Source: `tf.bitcast` (op `Bitcast`).
///
/// ```
/// use ferroflow_core::DType;
/// use ferroflow_ops_array::bitcast;
/// assert_eq!(bitcast([1.0f32], DType::UINT32)?.numpy()?.as_slice::<u32>()?, [0x3f80_0000]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the last dimension does not hold whole elements.
pub fn bitcast(input: impl IntoOperand, dtype: DType) -> Result<Tensor> {
    Op::new(&BITCAST).input(input).attr("type", dtype).one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (from, to) = (cx.dtype("T")?, cx.dtype("type")?);
    let (old, new) = (from.size(), to.size());
    if old == 0 || new == 0 {
        bail!(invalid_argument, "Cannot bitcast types {} to {}", from.name(), to.name());
    }
    let input = cx.input(0);
    let Some(dims) = input.dims() else { return Ok(()) };
    let shape = if old == new {
        input.clone()
    } else if old > new {
        PartialShape::new(dims.iter().copied().chain([Some(old / new)]))
    } else {
        match dims.split_last() {
            Some((last, rest)) if last.is_none_or(|last| last == new / old) => {
                PartialShape::new(rest.iter().copied())
            }
            // TensorFlow writes the types' numbers here.
            Some(_) if cx.at_run_time() => {
                bail!(invalid_argument, "Cannot bitcast from {} to {}", from.number(), to.number())
            }
            Some((last, _)) => bail!(
                invalid_argument,
                "Cannot bitcast from {} to {} due to shape. {} does not match {}",
                from.number(),
                to.number(),
                last.unwrap_or(0),
                new / old
            ),
            None => {
                return Err(cx.mismatch(
                    format!("Cannot bitcast from {} to {}", from.number(), to.number()),
                    "Shape must be at least rank 1 but is rank 0",
                ));
            }
        }
    };
    cx.set(0, shape);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (shape, to) = (cx.output_shape(0)?, cx.dtype("type")?);
    let input = cx.take(0)?;
    if input.dtype() == to {
        return cx.set(0, input);
    }
    let Some(bytes) = input.as_bytes() else {
        bail!(unimplemented, "unsupported dtype: {}", input.dtype().name())
    };
    let cast = NdArray::from_bytes(to, shape, bytes)?;
    cx.set(0, cast)
}

pub(crate) static BITCAST: OpDef = OpDef { name: "Bitcast", shape, kernel: Some(kernel), ..OpDef::NEW };
