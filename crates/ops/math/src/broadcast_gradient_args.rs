//! BroadcastGradientArgs: the axes along which the gradients of two broadcast operands are summed.

use ferroflow_core::{DType, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, ShapeCtx, bail, ensure};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    for index in 0..2 {
        if cx.at_run_time() {
            let found = cx.input(index);
            ensure!(
                found.rank() == Some(1),
                invalid_argument,
                "In[{index}] must be a vector.{}",
                found.cpp()
            );
        } else {
            cx.with_rank(index, 1)?;
        }
    }
    for index in 0..2 {
        cx.set(index, PartialShape::of_rank(1));
    }
    Ok(())
}

fn list(dims: &[i64]) -> String {
    let dims: Vec<String> = dims.iter().map(i64::to_string).collect();
    format!("[{}]", dims.join(","))
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let (x, y) = (cx.ints(0)?, cx.ints(1)?);
    let (mut x_axes, mut y_axes) = (Vec::new(), Vec::new());
    if x != y {
        let rank = x.len().max(y.len());
        for axis in 0..rank {
            let of = |dims: &[i64]| (axis + dims.len()).checked_sub(rank).map(|axis| dims[axis]);
            let (a, b) = (of(&x), of(&y));
            let (size_a, size_b) = (a.unwrap_or(1), b.unwrap_or(1));
            if size_a != size_b && size_a != 1 && size_b != 1 {
                bail!(invalid_argument, "Incompatible shapes: {} vs. {}", list(&x), list(&y));
            }
            // Where both sizes are 1, summing changes nothing, and TensorFlow lists the axis for both.
            if size_a == 1 {
                x_axes.push(axis as i64);
            }
            if size_b == 1 {
                y_axes.push(axis as i64);
            }
        }
    }
    let dtype = cx.dtype("T")?;
    for (index, axes) in [x_axes, y_axes].into_iter().enumerate() {
        let axes = NdArray::vector(axes);
        cx.set(index, if dtype == DType::INT64 { axes } else { axes.cast(dtype)? })?;
    }
    Ok(())
}

pub(crate) static BROADCAST_GRADIENT_ARGS: OpDef =
    OpDef { name: "BroadcastGradientArgs", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
