//! FusedBatchNormGrad, V2, V3: gradients of batch normalisation.

use crate::batch_norm::{check_channels, check_rank, inverse_deviation};
use crate::sums::column_sums_of;
use crate::volume::Format;
use ferroflow_core::{
    DType, Error, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, bail, parallel,
};

macro_rules! versions {
    ($($static:ident $name:literal;)*) => {
        $(pub(crate) static $static: OpDef = OpDef {
            name: $name,
            shape,
            kernel: Some(kernel),
            grad: Grad::Fn(crate::batch_norm_second_grad::grad),
            ..OpDef::NEW
        };)*
    };
}

versions! {
    FUSED_BATCH_NORM_GRAD "FusedBatchNormGrad";
    FUSED_BATCH_NORM_GRAD_V2 "FusedBatchNormGradV2";
    FUSED_BATCH_NORM_GRAD_V3 "FusedBatchNormGradV3";
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (dy, x) = (cx.input(0), cx.input(1));
    check_rank(cx, &dy)?;
    check_rank(cx, &x)?;
    if cx.at_run_time() && dy != x {
        bail!(
            invalid_argument,
            "x and y_backprop must have same shape, but x has shape {} and y_backprop has shape {}",
            x.cpp(),
            dy.cpp()
        );
    }
    let format = Format::of(cx)?;
    let mut channels = x.rank().and_then(|rank| x.dim(format.channel_axis(rank)));
    for (index, name) in [(2, "scale"), (3, "reserve_space_1"), (4, "reserve_space_2")] {
        if let Some(rank) = cx.input(index).rank()
            && rank != 1
        {
            return Err(cx.mismatch(
                format!("{name} must be 1-dimensional{}", cx.input(index).cpp()),
                format!("Shape must be rank 1 but is rank {rank}"),
            ));
        }
        channels = check_channels(cx, index, name, "", channels)?;
    }
    cx.set(0, x);
    cx.set(1, [channels]);
    cx.set(2, [channels]);
    cx.set(3, [0]);
    cx.set(4, [0]);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let half = matches!(cx.input(0)?.dtype(), DType::HALF | DType::BFLOAT16);
    if half { cx.through_f32(gradients) } else { gradients(cx) }
}

fn gradients(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let (training, epsilon, format) = (cx.bool("is_training")?, cx.float("epsilon")?, Format::of(cx)?);
    let mut dx = format.channels_to_end(cx.take(0)?)?;
    let x = format.channels_to_end(cx.take(1)?)?;
    let (scale, mean, variance) = (cx.slice::<f32>(2)?, cx.slice::<f32>(3)?, cx.slice::<f32>(4)?);
    let channels = scale.len();
    let rows = x.len() / channels.max(1);
    let inverse = inverse_deviation(variance, epsilon);
    let x = x.as_slice::<f32>()?;
    let (offset_sums, products) = {
        let dy = dx.as_slice::<f32>()?;
        let row =
            |values: &'_ [f32], number: usize| number * channels..((number + 1) * channels).min(values.len());
        let sums =
            column_sums_of(rows, channels, |number, terms| terms.copy_from_slice(&dy[row(dy, number)]))?;
        let products = column_sums_of(rows, channels, |number, terms| {
            let pairs = dy[row(dy, number)].iter().zip(&x[row(x, number)]).zip(mean);
            terms.iter_mut().zip(pairs).for_each(|(term, ((dy, x), mean))| *term = dy * (x - mean));
        })?;
        (sums, products)
    };
    let scale_gradient: Vec<f32> =
        products.iter().zip(&inverse).map(|(product, inverse)| product * inverse).collect();
    // In training, mean and variance depend on `x`, too.
    let share = if training && rows > 0 { 1.0 / rows as f32 } else { 0.0 };
    let per_channel: Vec<[f32; 4]> = (0..channels)
        .map(|c| {
            [
                scale[c] * inverse[c],
                offset_sums[c] * share,
                mean[c],
                products[c] * share * inverse[c] * inverse[c],
            ]
        })
        .collect();
    parallel::chunks(dx.as_mut_slice::<f32>()?, channels, 4, |start, chunk| {
        for (dx, x) in chunk.chunks_exact_mut(channels).zip(x[start..].chunks_exact(channels)) {
            for ((dx, x), [factor, mean_dy, mean, slope]) in dx.iter_mut().zip(x).zip(&per_channel) {
                *dx = factor * (*dx - mean_dy - (x - mean) * slope);
            }
        }
    });
    cx.set(0, format.channels_from_end(dx)?)?;
    cx.set(1, NdArray::vector(scale_gradient))?;
    cx.set(2, NdArray::vector(offset_sums))?;
    cx.set(3, NdArray::vector(Vec::<f32>::new()))?;
    cx.set(4, NdArray::vector(Vec::<f32>::new()))
}

/// The gradients of a batch normalisation by the op of this name, from the batch's statistics in training and from the
/// given ones otherwise.
pub(crate) fn grad(cx: &mut GradCtx<'_>, name: &str) -> Result<()> {
    let (mean, variance) = if cx.bool("is_training")? { (cx.y(3)?, cx.y(4)?) } else { (cx.x(3)?, cx.x(4)?) };
    let mut op = Op::named(name).input(cx.dy(0)?).input(cx.x(0)?).input(cx.x(1)?).input(mean).input(variance);
    if let Ok(reserved) = cx.y(5) {
        op = op.input(reserved);
    }
    for attr in ["epsilon", "data_format", "is_training"] {
        let value = cx.attrs().get(attr).ok_or_else(|| Error::internal(format!("{name} needs {attr}")))?;
        op = op.attr(attr, value.clone());
    }
    let [x, scale, offset, _, _] = op.outputs()?;
    cx.set(0, x)?;
    cx.set(1, scale)?;
    cx.set(2, offset)
}
