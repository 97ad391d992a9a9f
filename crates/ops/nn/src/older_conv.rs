//! Conv3DBackpropInput, Conv3DBackpropFilter: gradients of convolutions in graphs of the first years, which give a tensor of
//! the shape instead of the shape.

use crate::conv_backprop::{CONV_3D_BACKPROP_FILTER_V2, CONV_3D_BACKPROP_INPUT_V2};
use ferroflow_core::{Attrs, DType, KernelCtx, NdArray, OpDef, Result, ShapeCtx, bail, run_op};

const TYPES: &[(&str, &[DType])] = &[("T", &[DType::HALF, DType::FLOAT32, DType::FLOAT64])];

pub(crate) static CONV_3D_BACKPROP_INPUT: OpDef = OpDef {
    name: "Conv3DBackpropInput",
    shape: |cx| shape(cx, 0),
    kernel: Some(|cx| kernel(cx, &CONV_3D_BACKPROP_INPUT_V2, 0)),
    types: TYPES,
    ..OpDef::NEW
};

pub(crate) static CONV_3D_BACKPROP_FILTER: OpDef = OpDef {
    name: "Conv3DBackpropFilter",
    shape: |cx| shape(cx, 1),
    kernel: Some(|cx| kernel(cx, &CONV_3D_BACKPROP_FILTER_V2, 1)),
    types: TYPES,
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>, like: usize) -> Result<()> {
    let shape = if cx.at_run_time() { cx.input(like) } else { cx.with_rank(like, 5)? };
    cx.set(0, shape);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>, newer: &'static OpDef, like: usize) -> Result<()> {
    let sizes = cx.input(like)?.shape().dims().iter().map(|&size| size as i32).collect();
    let mut inputs: Vec<NdArray> = cx.inputs().to_vec();
    inputs[like] = NdArray::vector(sizes);
    let given = cx.attrs();
    let attrs = Attrs::new()
        .with("T", given.dtype("T")?)
        .with("Tshape", DType::INT32)
        .with("strides", given.ints("strides")?.to_vec())
        .with("padding", given.str("padding")?)
        .with("dilations", given.ints("dilations")?.to_vec())
        .with("data_format", "NDHWC");
    let outputs = run_op(newer, &attrs, cx.node(), &mut inputs, cx.env(), None).map_err(|error| {
        // What the kernels call themselves in complaints.
        let own = format!("{}Op:", cx.op().name);
        let label = cx.op().name.replacen("Conv3D", "Conv3DCustom", 1) + ":";
        let message = error.message().replacen(&label, &own, 1);
        error.with_message(message)
    })?;
    match outputs.into_iter().next() {
        Some(output) => cx.set(0, output),
        None => bail!(internal, "a gradient is one output"),
    }
}
