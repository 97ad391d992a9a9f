//! QuantizedMaxPool, QuantizedAvgPool: the greatest step or the mean of the steps in each window.

use super::ranges::{Steps, integers, range, scalar_outputs, set_range};
use crate::pool_attrs::{PoolAttrs, check_channel_window, check_pool, check_rank};
use crate::pool_kernels::maxima;
use crate::volume::{Format, Volume};
use ferroflow_core::{Attrs, DType, KernelCtx, OpDef, Result, ShapeCtx, zeroed};

const BYTES: &[(&str, &[DType])] = &[("T", &[DType::QUINT8, DType::QINT8])];

pub(crate) static QUANTIZED_MAX_POOL: OpDef =
    OpDef { name: "QuantizedMaxPool", shape, kernel: Some(kernel), types: BYTES, ..OpDef::NEW };

pub(crate) static QUANTIZED_AVG_POOL: OpDef =
    OpDef { name: "QuantizedAvgPool", shape, kernel: Some(kernel), types: BYTES, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    let attrs: &Attrs = cx;
    let (ksize, strides) = (attrs.ints("ksize")?, attrs.ints("strides")?);
    let average = cx.op() == "QuantizedAvgPool";
    check_pool(cx, 2, ksize, strides, false)?;
    check_rank(
        cx,
        &input,
        2,
        &format!("tensor_in_shape must have 2 spatial dimensions. {} 0", input.rank().unwrap_or(0)),
    )?;
    for (index, name) in [(1, "min_input"), (2, "max_input")] {
        let found = cx.input(index);
        if let Some(rank) = found.rank()
            && rank != 0
        {
            return Err(cx.mismatch(
                format!("{name} shape must be rank 0 but is rank {rank}, received shape: {}", found.cpp()),
                format!("Shape must be rank 0 but is rank {rank}"),
            ));
        }
    }
    let pool = PoolAttrs::read(cx, 2)?;
    if cx.at_run_time() {
        check_channel_window(Format::ChannelsLast, ksize, strides, input.dim(3).unwrap_or(0), average)?;
    }
    let output = pool.output_shape(cx, &input)?;
    cx.set(0, output);
    scalar_outputs(cx, 1..3);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (attrs, whole) = (PoolAttrs::read(cx, 2)?, range(cx, 1)?);
    let volume = Volume::of(cx.input(0)?.shape(), Format::ChannelsLast)?;
    let steps = Steps::of(cx.input(0)?.dtype())?;
    let values = integers(cx, 0)?;
    let window = attrs.channel_window;
    let shape = cx.output_shape(0)?;
    let windows = attrs.over(volume)?;
    let pooled = if window > 1 {
        crate::pool_kernels::channel_maxima(&values, window)
    } else if cx.op() == &QUANTIZED_MAX_POOL {
        maxima(&windows, &values)?
    } else {
        let channels = windows.channels;
        let mut sums = zeroed::<i64>(windows.positions() * channels)?;
        for (number, sums) in sums.chunks_exact_mut(channels.max(1)).enumerate() {
            let taps = windows.for_taps(windows.position(number), |_, pixel| {
                sums.iter_mut().zip(&values[pixel..]).for_each(|(sum, value)| *sum += value);
            });
            // Whole numbers are divided towards zero.
            sums.iter_mut().for_each(|sum| *sum /= (taps as i64).max(1));
        }
        sums
    };
    let pooled = pooled.into_iter().map(|value| value.max(steps.lowest)).collect();
    let output = steps.array(shape, pooled)?;
    cx.set(0, output)?;
    set_range(cx, whole)
}
