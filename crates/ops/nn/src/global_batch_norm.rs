//! BatchNormWithGlobalNormalization and its gradient: batch normalisation of the first years, with given statistics.

use ferroflow_core::{
    DType, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, bail, ensure, reserve,
};

const TYPES: &[(&str, &[DType])] = &[("T", &[DType::HALF, DType::FLOAT32, DType::FLOAT64])];

pub(crate) static BATCH_NORM_WITH_GLOBAL_NORMALIZATION: OpDef = OpDef {
    name: "BatchNormWithGlobalNormalization",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: TYPES,
    ..OpDef::NEW
};

pub(crate) static BATCH_NORM_WITH_GLOBAL_NORMALIZATION_GRAD: OpDef = OpDef {
    name: "BatchNormWithGlobalNormalizationGrad",
    shape: grad_shape,
    kernel: Some(grad_kernel),
    grad: Grad::Missing,
    types: TYPES,
    ..OpDef::NEW
};

/// Checks the image at input 0 and the vectors of its channels; gives the number of these.
fn check(cx: &ShapeCtx<'_>, vectors: &[(usize, &str)]) -> Result<ferroflow_core::Dim> {
    if cx.at_run_time() {
        let input = cx.input(0);
        ensure!(input.rank() == Some(4), invalid_argument, "input must be 4-dimensional{}", input.cpp());
        for &(index, name) in vectors {
            let found = cx.input(index);
            ensure!(found.rank() == Some(1), invalid_argument, "{name} must be 1-dimensional{}", found.cpp());
        }
    }
    let mut channels = cx.with_rank(0, 4)?.dim(3);
    for &(index, _) in vectors {
        channels = cx.merge_dims(channels, cx.with_rank(index, 1)?.dim(0))?;
    }
    Ok(channels)
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let channels = check(cx, &[(1, "mean"), (2, "var"), (3, "beta"), (4, "gamma")])?;
    let input = cx.with_rank(0, 4)?;
    cx.set(0, [input.dim(0), input.dim(1), input.dim(2), channels]);
    Ok(())
}

fn grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let mut channels = check(cx, &[(1, "mean"), (2, "var"), (3, "gamma")])?;
    let backprop = cx.input(4);
    if cx.at_run_time() {
        ensure!(
            backprop.rank() == Some(4),
            invalid_argument,
            "out_backprop must be 4-dimensional{}",
            backprop.cpp()
        );
    }
    let backprop = cx.with_rank(4, 4)?;
    channels = cx.merge_dims(channels, backprop.dim(3))?;
    let shape = cx.merge(&cx.with_rank(0, 4)?, &backprop)?;
    cx.set(0, [shape.dim(0), shape.dim(1), shape.dim(2), channels]);
    (1..5).for_each(|index| cx.set(index, [channels]));
    Ok(())
}

/// An input, in double precision.
fn wide(cx: &KernelCtx<'_>, index: usize) -> Result<Vec<f64>> {
    cx.input(index)?.cast(DType::FLOAT64)?.into_vec()
}

/// One over the deviation of each channel, and what that is multiplied by.
fn factors(cx: &KernelCtx<'_>, gamma: usize) -> Result<(Vec<f64>, Vec<f64>)> {
    let epsilon = f64::from(cx.float("variance_epsilon")?);
    let inverse: Vec<f64> =
        wide(cx, 2)?.into_iter().map(|variance| 1.0 / (variance + epsilon).sqrt()).collect();
    let scale = match cx.bool("scale_after_normalization")? {
        true => wide(cx, gamma)?,
        false => vec![1.0; inverse.len()],
    };
    Ok((inverse, scale))
}

fn set(cx: &mut KernelCtx<'_>, index: usize, values: Vec<f64>) -> Result<()> {
    let (shape, dtype) = (cx.output_shape(index)?, cx.dtype("T")?);
    cx.set(index, NdArray::from_shape(shape, values)?.cast(dtype)?)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (inverse, scale) = factors(cx, 4)?;
    let (mean, beta, mut values) = (wide(cx, 1)?, wide(cx, 3)?, wide(cx, 0)?);
    for row in values.chunks_exact_mut(mean.len().max(1)) {
        for (channel, value) in row.iter_mut().enumerate() {
            *value = (*value - mean[channel]) * inverse[channel] * scale[channel] + beta[channel];
        }
    }
    set(cx, 0, values)
}

fn grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let scales = cx.bool("scale_after_normalization")?;
    let (inverse, scale) = factors(cx, 3)?;
    let (values, mean, backprop) = (wide(cx, 0)?, wide(cx, 1)?, wide(cx, 4)?);
    let channels = mean.len();
    let mut dx = reserve::<f64>(backprop.len())?;
    let (mut sums, mut products) = (vec![0.0; channels], vec![0.0; channels]);
    let rows = backprop.chunks_exact(channels.max(1)).zip(values.chunks_exact(channels.max(1)));
    for (backprop, values) in rows {
        for channel in 0..channels {
            sums[channel] += backprop[channel];
            products[channel] += backprop[channel] * (values[channel] - mean[channel]);
            dx.push(backprop[channel] * inverse[channel] * scale[channel]);
        }
    }
    let each = |value: &dyn Fn(usize) -> f64| (0..channels).map(value).collect::<Vec<f64>>();
    let dm = each(&|c| -sums[c] * inverse[c] * scale[c]);
    let dv = each(&|c| -0.5 * products[c] * inverse[c].powi(3) * scale[c]);
    let dg = each(&|c| if scales { products[c] * inverse[c] } else { 0.0 });
    for (index, values) in [dx, dm, dv, sums, dg].into_iter().enumerate() {
        set(cx, index, values)?;
    }
    Ok(())
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let op =
        Op::new(&BATCH_NORM_WITH_GLOBAL_NORMALIZATION_GRAD).input(cx.x(0)?).input(cx.x(1)?).input(cx.x(2)?);
    let gradients = op
        .input(cx.x(4)?)
        .input(cx.dy(0)?)
        .attr("variance_epsilon", cx.attrs().float("variance_epsilon")?)
        .attr("scale_after_normalization", cx.attrs().bool("scale_after_normalization")?)
        .outputs::<5>()?;
    for (index, gradient) in gradients.into_iter().enumerate() {
        cx.set(index, gradient)?;
    }
    match cx.inputs().len() {
        5 => Ok(()),
        other => bail!(internal, "batch normalisation of {other} inputs"),
    }
}
