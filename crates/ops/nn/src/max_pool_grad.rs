//! MaxPoolGrad, MaxPoolGradGrad, their V2 and 3D forms: gradients of the greatest values.

use crate::activation_grads::zeros_like;
use crate::activations::is_half;
use crate::conv::output_shape;
use crate::max_pool::{kernel_sizes, sizes};
use crate::pool_attrs::{PoolAttrs, check_pool, check_rank};
use crate::pool_kernels::{Number, at_maxima, to_equal, to_maxima};
use crate::volume::{Format, Volume};
use ferroflow_core::{Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, bail, dispatch};

macro_rules! gradients {
    ($($static:ident $name:literal $shape:ident $kernel:ident $spatial:literal $grad:expr;)*) => {
        $(pub(crate) static $static: OpDef = OpDef {
            name: $name,
            shape: $shape::<$spatial>,
            kernel: Some($kernel::<$spatial>),
            grad: $grad,
            ..OpDef::NEW
        };)*
    };
}

gradients! {
    MAX_POOL_GRAD "MaxPoolGrad" shape kernel 2 Grad::Fn(|cx| grad_grad(cx, "MaxPoolGradGrad"));
    MAX_POOL_GRAD_V2 "MaxPoolGradV2" shape kernel 2 Grad::Fn(|cx| grad_grad(cx, "MaxPoolGradGradV2"));
    MAX_POOL_3D_GRAD "MaxPool3DGrad" shape kernel 3 Grad::Fn(|cx| grad_grad(cx, "MaxPool3DGradGrad"));
    MAX_POOL_GRAD_GRAD "MaxPoolGradGrad" second_shape second_kernel 2 Grad::Fn(|cx| grad_grad(cx, "MaxPoolGrad"));
    // TensorFlow 2.21 has no gradient of this one, though it has those of the other two forms, which it is derived like.
    MAX_POOL_GRAD_GRAD_V2 "MaxPoolGradGradV2" second_shape second_kernel 2
        Grad::Fn(|cx| grad_grad(cx, "MaxPoolGradV2"));
    MAX_POOL_3D_GRAD_GRAD "MaxPool3DGradGrad" second_shape second_kernel 3
        Grad::Fn(|cx| grad_grad(cx, "MaxPool3DGrad"));
}

/// The first input is the pooled one, the second what came out, the third a gradient like the output (or, for second
/// gradients, like the input).
fn check<const SPATIAL: usize>(cx: &mut ShapeCtx<'_>, third_is_input: bool) -> Result<()> {
    let (input, output, third) = (cx.input(0), cx.input(1), cx.input(2));
    let Some((ksize, strides)) = sizes(cx, 3)? else {
        return Ok(());
    };
    if ksize.len() != SPATIAL + 2 || strides.len() != SPATIAL + 2 || cx.at_run_time() {
        check_pool(cx, SPATIAL, &ksize, &strides, false)?;
    }
    let rank = SPATIAL + 2;
    check_rank(cx, &input, SPATIAL, &format!("tensor_in must be {rank}-dimensional"))?;
    check_rank(cx, &output, SPATIAL, &format!("tensor_out must be {rank}-dimensional"))?;
    check_rank(cx, &third, SPATIAL, &format!("out_backprop must be {rank}-dimensional"))?;
    if !cx.at_run_time() {
        return Ok(());
    }
    let attrs = PoolAttrs::new(cx, SPATIAL, &ksize, &strides)?;
    if attrs.channel_window != 1 {
        bail!(unimplemented, "MaxPoolingGrad is not yet supported on the depth dimension.");
    }
    let expected = attrs.output_shape(cx, &input)?;
    if output != expected {
        bail!(
            invalid_argument,
            "Expected orig_output shape to be {}, but got {}",
            expected.cpp(),
            output.cpp()
        );
    }
    let expected = if third_is_input { input } else { expected };
    if third != expected {
        bail!(invalid_argument, "Expected grad shape to be {}, but got {}", expected.cpp(), third.cpp());
    }
    Ok(())
}

fn shape<const SPATIAL: usize>(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check::<SPATIAL>(cx, false)?;
    let input = cx.with_rank(0, SPATIAL + 2)?;
    cx.set(0, input);
    Ok(())
}

fn second_shape<const SPATIAL: usize>(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check::<SPATIAL>(cx, true)?;
    let output = cx.with_rank(1, SPATIAL + 2)?;
    cx.set(0, output);
    Ok(())
}

fn kernel<const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel::<SPATIAL>),
        dtype => dispatch!(dtype, REALS, |T| first::<T, SPATIAL>(cx)),
    }
}

fn first<T: Number, const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (ksize, strides) = kernel_sizes(cx, 3)?;
    let attrs = PoolAttrs::new(cx, SPATIAL, &ksize, &strides)?;
    let input = attrs.format.channels_to_end(cx.take(0)?)?;
    let dy = attrs.format.channels_to_end(cx.take(2)?)?;
    let windows = attrs.over(Volume::of(input.shape(), Format::ChannelsLast)?)?;
    let (values, dy) = (input.as_slice::<T>()?, dy.as_slice::<T>()?);
    let dx = if SPATIAL == 2 {
        to_maxima(&windows, values, dy)?
    } else {
        let maxima = attrs.format.channels_to_end(cx.take(1)?)?;
        to_equal(&windows, values, maxima.as_slice::<T>()?, dy)?
    };
    let dx = NdArray::from_shape(input.shape().clone(), dx)?;
    cx.set(0, attrs.format.channels_from_end(dx)?)
}

fn second_kernel<const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(second_kernel::<SPATIAL>),
        dtype => dispatch!(dtype, REALS, |T| second::<T, SPATIAL>(cx)),
    }
}

fn second<T: Number, const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (ksize, strides) = kernel_sizes(cx, 3)?;
    let attrs = PoolAttrs::new(cx, SPATIAL, &ksize, &strides)?;
    let input = attrs.format.channels_to_end(cx.take(0)?)?;
    let maxima = attrs.format.channels_to_end(cx.take(1)?)?;
    let values = attrs.format.channels_to_end(cx.take(2)?)?;
    let volume = Volume::of(input.shape(), Format::ChannelsLast)?;
    let windows = attrs.over(volume)?;
    let output =
        at_maxima(&windows, input.as_slice::<T>()?, maxima.as_slice::<T>()?, values.as_slice::<T>()?)?;
    let output = NdArray::from_shape(output_shape(&windows, SPATIAL, volume.channels)?, output)?;
    cx.set(0, attrs.format.channels_from_end(output)?)
}

/// The attributes that pooling shares with the ops of its gradients.
const SHARED: [&str; 5] = ["ksize", "strides", "padding", "explicit_paddings", "data_format"];

/// An op with the attributes of the pooling whose gradient it is.
pub(crate) fn like(cx: &GradCtx<'_>, op: &str) -> Op {
    SHARED.iter().fold(Op::named(op), |op, &name| match cx.attrs().get(name) {
        // Second gradients take no explicit padding: the op refuses what it cannot do.
        Some(ferroflow_core::AttrValue::Ints(values)) if name == "explicit_paddings" && values.is_empty() => {
            op
        }
        Some(value) => op.attr(name, value.clone()),
        None => op,
    })
}

pub(crate) fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = like(cx, "MaxPoolGrad").input(cx.x(0)?).input(cx.y(0)?).input(cx.dy(0)?).one();
    cx.set(0, dx)
}

pub(crate) fn grad_v2(cx: &mut GradCtx<'_>) -> Result<()> {
    let op = like(cx, "MaxPoolGradV2").input(cx.x(0)?).input(cx.y(0)?).input(cx.dy(0)?);
    let dx = op.input(cx.x(1)?).input(cx.x(2)?).one();
    cx.set(0, dx)
}

pub(crate) fn grad_3d(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = like(cx, "MaxPool3DGrad").input(cx.x(0)?).input(cx.y(0)?).input(cx.dy(0)?).one();
    cx.set(0, dx)
}

/// The op between gradient and second gradient is linear in its third input alone.
fn grad_grad(cx: &mut GradCtx<'_>, other: &str) -> Result<()> {
    let inputs = cx.inputs();
    let op = like(cx, other).input(cx.x(0)?).input(cx.x(1)?).input(cx.dy(0)?);
    let third = inputs.get(3..).unwrap_or_default().iter().fold(op, Op::input).one();
    cx.set(0, zeros_like(cx.x(0)?))?;
    cx.set(1, zeros_like(cx.x(1)?))?;
    cx.set(2, third)
}
