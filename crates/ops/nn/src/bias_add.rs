//! BiasAdd, BiasAddV1, BiasAddGrad: one number added to each channel.

use crate::activations::is_half;
use crate::sums::channel_sums;
use ferroflow_core::{
    DType, Element, Fusion, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, Shape,
    ShapeCtx, Tensor, ValuePass, bail, convert_to_tensor, dispatch, elementwise, options, parallel,
};

options! {
    /// Optional arguments of [`bias_add_with`].
    pub struct BiasAddOptions {
        /// `"NHWC"` (or any `"N...C"`) where channels are the last dimension, `"NCHW"` (or any `"NC..."`) where they
        /// are the second.
        data_format: String = "NHWC".to_string(),
    }
}

/// `value + bias`, where `bias` has one element for each index of the last dimension of `value`.
///
/// Source: `tf.nn.bias_add` (op `BiasAdd`).
///
/// ```
/// use ferroflow_ops_nn::bias_add;
/// let sum = bias_add([[1.0, 2.0], [3.0, 4.0]], [10.0, 20.0])?;
/// assert_eq!(sum.numpy()?.as_slice::<f32>()?, [11.0, 22.0, 13.0, 24.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit.
pub fn bias_add(value: impl IntoOperand, bias: impl IntoOperand) -> Result<Tensor> {
    bias_add_with(value, bias, |options| options)
}

/// [`bias_add`] with channels elsewhere.
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit, `ValueError` for an unknown data format.
pub fn bias_add_with(
    value: impl IntoOperand,
    bias: impl IntoOperand,
    options: impl FnOnce(BiasAddOptions) -> BiasAddOptions,
) -> Result<Tensor> {
    let options = options(BiasAddOptions::default());
    let format = match options.data_format.as_str() {
        format if format.starts_with("NC") => "NCHW",
        format if format.starts_with('N') && format.ends_with('C') => "NHWC",
        other => bail!(
            value,
            "`data_format` must be of the form `N...C` or `NC...`. Received: data_format={other}"
        ),
    };
    Op::new(&BIAS_ADD).input(value).input(bias).attr("data_format", format).one()
}

/// TensorFlow's CPU kernels take numbers, but no quantised ones.
pub(crate) const NUMBERS: &[DType] = &[
    DType::FLOAT32,
    DType::FLOAT64,
    DType::HALF,
    DType::BFLOAT16,
    DType::INT8,
    DType::INT16,
    DType::INT32,
    DType::INT64,
    DType::UINT8,
    DType::UINT16,
    DType::UINT32,
    DType::UINT64,
    DType::COMPLEX64,
    DType::COMPLEX128,
];

pub(crate) static BIAS_ADD: OpDef = OpDef {
    name: "BiasAdd",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", NUMBERS)],
    fusion: Some(Fusion::Rows(|rows, biases| elementwise::zip_each(rows, biases, |a, b| a + b))),
    pass: Some(ValuePass::Plus),
    ..OpDef::NEW
};

pub(crate) static BIAS_ADD_V1: OpDef = OpDef {
    name: "BiasAddV1",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", NUMBERS)],
    ..OpDef::NEW
};

pub(crate) static BIAS_ADD_GRAD: OpDef = OpDef {
    name: "BiasAddGrad",
    shape: grad_shape,
    kernel: Some(grad_kernel),
    grad: Grad::Fn(grad_grad),
    types: &[("T", NUMBERS)],
    ..OpDef::NEW
};

/// Whether channels are the second dimension; `BiasAddV1` has no such attribute.
fn channels_first(attrs: &ferroflow_core::Attrs) -> bool {
    attrs.str("data_format").is_ok_and(|format| format == "NCHW")
}

fn channel_axis(attrs: &ferroflow_core::Attrs, rank: usize) -> usize {
    if channels_first(attrs) { 1 } else { rank.saturating_sub(1) }
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (value, bias) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        check_run_time(cx, &value, &bias)?;
    }
    let value = cx.with_rank_at_least(0, 2)?;
    let bias = cx.with_rank(1, 1)?;
    let Some(dims) = value.dims() else {
        cx.set(0, value);
        return Ok(());
    };
    let axis = channel_axis(cx, dims.len());
    let mut dims = dims.to_vec();
    dims[axis] = cx.merge_dims(dims[axis], bias.dim(0))?;
    cx.set(0, dims);
    Ok(())
}

fn check_run_time(cx: &ShapeCtx<'_>, value: &PartialShape, bias: &PartialShape) -> Result<()> {
    let Some(dims) = value.dims() else { return Ok(()) };
    if dims.len() < 2 {
        bail!(invalid_argument, "Input tensor must be at least 2D: {}", value.cpp());
    }
    if bias.rank() != Some(1) {
        bail!(invalid_argument, "Biases must be 1D: {}", bias.cpp());
    }
    if bias.dim(0) != dims[channel_axis(cx, dims.len())] {
        bail!(
            invalid_argument,
            "Must provide as many biases as the last dimension of the input tensor: {} vs. {}",
            bias.cpp(),
            value.cpp()
        );
    }
    Ok(())
}

/// The number of channels, and of elements that follow each other in one channel.
fn layout(attrs: &ferroflow_core::Attrs, shape: &Shape) -> (usize, usize) {
    let axis = channel_axis(attrs, shape.rank());
    let inner = shape.dims().iter().skip(axis + 1).product();
    (shape.dims().get(axis).copied().unwrap_or(0), inner)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| add::<T>(cx, |a, b| a.wrapping_add(b))),
        dtype => dispatch!(dtype, FLOATS_COMPLEX, |T| add::<T>(cx, |a, b| a + b)),
    }
}

/// Elements that make a row long enough for wide registers.
const ROW: usize = 256;

fn add<T: Element + Copy>(cx: &mut KernelCtx<'_>, add: impl Fn(T, T) -> T + Copy + Sync) -> Result<()> {
    cx.infer_shapes()?;
    let mut value = cx.take(0)?;
    let bias = cx.take(1)?;
    let (channels, inner) = layout(cx, value.shape());
    let bias = bias.as_slice::<T>()?;
    if inner == 1 {
        // Short rows are taken several at a time, against as many copies of the biases.
        let copies = (ROW / channels.max(1)).max(1);
        let biases = bias.repeat(copies);
        parallel::chunks(value.as_mut_slice::<T>()?, channels, 1, |_, chunk| {
            for rows in chunk.chunks_mut(biases.len().max(1)) {
                elementwise::zip_each(rows, &biases[..rows.len()], add);
            }
        });
        return cx.set(0, value);
    }
    parallel::chunks(value.as_mut_slice::<T>()?, channels * inner, 1, |_, chunk| {
        for row in chunk.chunks_exact_mut(channels * inner) {
            for (run, bias) in row.chunks_exact_mut(inner).zip(bias) {
                elementwise::zip_each(run, std::slice::from_ref(bias), add);
            }
        }
    });
    cx.set(0, value)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    let format = if channels_first(cx) { "NCHW" } else { "NHWC" };
    let bias = Op::new(&BIAS_ADD_GRAD).input(&dy).attr("data_format", format).one();
    cx.set(0, dy)?;
    cx.set(1, bias)
}

fn grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let dy = cx.input(0);
    if let Some(rank) = dy.rank()
        && rank < 2
    {
        return Err(cx.mismatch(
            format!("Input tensor must be at least 2D: {}", dy.cpp()),
            format!("Shape must be at least rank 2 but is rank {rank}"),
        ));
    }
    let channels = dy.rank().and_then(|rank| dy.dim(channel_axis(cx, rank)));
    cx.set(0, [channels]);
    Ok(())
}

fn grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(grad_kernel),
        dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| sum::<T>(cx, |a, b| a.wrapping_add(b))),
        dtype => dispatch!(dtype, FLOATS_COMPLEX, |T| sum::<T>(cx, |a, b| a + b)),
    }
}

fn sum<T: Element + Copy>(cx: &mut KernelCtx<'_>, add: impl Fn(T, T) -> T + Copy + Sync) -> Result<()> {
    cx.infer_shapes()?;
    let (channels, inner) = layout(cx, cx.input(0)?.shape());
    let sums = channel_sums(cx.slice::<T>(0)?, channels, inner, add)?;
    cx.set_elements(0, sums)
}

/// Every element of a channel had the channel's gradient: it is spread over the whole shape again.
fn grad_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dz, dy) = (cx.dy(0)?, cx.x(0)?);
    let shape = Op::named("Shape").input(dy).one()?;
    let spread = if channels_first(cx) {
        let part = |begin: i32, end_mask: i64| {
            let slice = Op::named("StridedSlice").input(&shape).input([begin]).input([begin + 1]).input([1]);
            Op::named("OnesLike").input(slice.attr("end_mask", end_mask).one()?).one()
        };
        let dims = Op::named("ConcatV2").inputs([part(0, 0)?, convert_to_tensor([-1], None)?, part(2, 1)?]);
        Op::named("Reshape").input(dz).input(dims.input(0).one()?).one()?
    } else {
        dz
    };
    let all = Op::named("BroadcastTo").input(spread).input(shape).one();
    cx.set(0, all)
}
