//! QuantizedMatMul, QuantizedConv2D: products of steps, in 32 bits.

use super::ranges::{Steps, check_range, integers, product_range, range, scalar_outputs, set_range};
use crate::window::{Padding, Span};
use ferroflow_core::{
    Attrs, DType, Dim, KernelCtx, OpDef, PartialShape, Result, ShapeCtx, bail, ensure, parallel, zeroed,
};

const OUT: &[DType] = &[DType::QINT32];

pub(crate) static QUANTIZED_MAT_MUL: OpDef = OpDef {
    name: "QuantizedMatMul",
    shape: mat_mul_shape,
    kernel: Some(mat_mul),
    types: &[("T1", &[DType::QUINT8]), ("T2", &[DType::QUINT8]), ("Toutput", OUT)],
    ..OpDef::NEW
};

pub(crate) static QUANTIZED_CONV_2D: OpDef = OpDef {
    name: "QuantizedConv2D",
    shape: conv_shape,
    kernel: Some(conv),
    types: &[("Tinput", &[DType::QUINT8]), ("Tfilter", &[DType::QUINT8]), ("out_type", OUT)],
    ..OpDef::NEW
};

/// The four inputs behind the factors are scalars, or, at run time, have one element.
fn check_ranges(cx: &ShapeCtx<'_>, names: [&str; 4]) -> Result<()> {
    for (index, name) in names.into_iter().enumerate() {
        let found = cx.input(2 + index);
        if cx.at_run_time() {
            let fits = if index == 0 { found.rank() == Some(0) } else { found.num_elements() == Some(1) };
            ensure!(fits, invalid_argument, "{name} must be a scalar, but got shape{}", found.cpp());
        } else {
            cx.with_rank(2 + index, 0)?;
        }
    }
    Ok(())
}

fn mat_mul_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let flags = [cx.bool("transpose_a")?, cx.bool("transpose_b")?];
    check_ranges(cx, ["min_a", "max_a", "min_b", "max_b"])?;
    if cx.at_run_time() {
        for (low, name) in [(2, "a"), (4, "b")] {
            let end =
                |index| cx.value(index).and_then(|value| value.as_slice::<f32>().ok()?.first().copied());
            if let (Some(low), Some(high)) = (end(low), end(low + 1)) {
                check_range((low, high), (&format!("max_{name}"), &format!("min_{name}")))?;
            }
        }
        for index in 0..2 {
            ensure!(cx.input(index).rank() == Some(2), invalid_argument, "In[{index}] is not a matrix");
        }
    }
    let (a, b) = (cx.with_rank(0, 2)?, cx.with_rank(1, 2)?);
    let inner = (a.dim(usize::from(!flags[0])), b.dim(usize::from(flags[1])));
    cx.merge_dims(inner.0, inner.1).map_err(|error| {
        cx.mismatch(
            format!("Matrix size-incompatible: In[0]: {}, In[1]: {}", a.cpp(), b.cpp()),
            error.message(),
        )
    })?;
    cx.set(0, PartialShape::new([a.dim(usize::from(flags[0])), b.dim(usize::from(!flags[1]))]));
    scalar_outputs(cx, 1..3);
    Ok(())
}

/// Two factors without their zero points, and the range of their products.
type Factors = ([Vec<i32>; 2], (f32, f32));

/// The op's factors.
fn factors(cx: &KernelCtx<'_>, output: DType) -> Result<Factors> {
    let steps = [Steps::of(cx.input(0)?.dtype())?, Steps::of(cx.input(1)?.dtype())?];
    let ranges = [range(cx, 2)?, range(cx, 4)?];
    let mut values = [Vec::new(), Vec::new()];
    for (index, values) in values.iter_mut().enumerate() {
        let zero = steps[index].unclamped(0.0, ranges[index]) as i32;
        let integers = integers(cx, index)?;
        *values = integers.into_iter().map(|value| (value as i32).wrapping_sub(zero)).collect();
    }
    let product = product_range((steps[0], ranges[0]), (steps[1], ranges[1]), Steps::of(output)?);
    Ok((values, product))
}

fn set_product(cx: &mut KernelCtx<'_>, sums: Vec<i32>, range: (f32, f32)) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let output = ferroflow_core::NdArray::from_shape(shape, sums)?.bitcast_same_size(DType::QINT32)?;
    cx.set(0, output)?;
    set_range(cx, range)
}

fn mat_mul(cx: &mut KernelCtx<'_>) -> Result<()> {
    let ([a, b], product) = factors(cx, cx.dtype("Toutput")?)?;
    let (a_shape, b_shape) = (cx.input(0)?.shape().clone(), cx.input(1)?.shape().clone());
    let (flip_a, flip_b) = (cx.bool("transpose_a")?, cx.bool("transpose_b")?);
    let inner = a_shape[usize::from(!flip_a)];
    let columns = b_shape[usize::from(!flip_b)];
    let mut sums = zeroed::<i32>(cx.output_shape(0)?.num_elements())?;
    parallel::chunks(&mut sums, columns, inner, |start, chunk| {
        for (count, sums) in chunk.chunks_exact_mut(columns.max(1)).enumerate() {
            let row = start / columns.max(1) + count;
            for step in 0..inner {
                let factor = if flip_a { a[step * a_shape[1] + row] } else { a[row * inner + step] };
                for (column, sum) in sums.iter_mut().enumerate() {
                    let other = if flip_b { b[column * inner + step] } else { b[step * columns + column] };
                    *sum = sum.wrapping_add(factor.wrapping_mul(other));
                }
            }
        }
    });
    set_product(cx, sums, product)
}

fn check_conv(cx: &ShapeCtx<'_>) -> Result<()> {
    let attrs: &Attrs = cx;
    let (strides, dilations) = (attrs.ints("strides")?, attrs.ints("dilations")?);
    ensure!(strides.len() == 4, invalid_argument, "Sliding window strides field must specify 4 dimensions");
    if !cx.at_run_time() {
        return Ok(());
    }
    ensure!(
        strides[1] == strides[2],
        invalid_argument,
        "Current implementation only supports equal length strides in the row and column dimensions."
    );
    ensure!(
        strides[0] == 1 && strides[3] == 1,
        invalid_argument,
        "Current implementation does not yet support strides in the batch and depth dimensions."
    );
    ensure!(dilations.len() == 4, invalid_argument, "Dilations field must specify 4 dimensions");
    ensure!(
        dilations[1] == 1 && dilations[2] == 1,
        invalid_argument,
        "Current implementation only supports dilated rate as 1 in the row and column dimensions."
    );
    ensure!(
        dilations[0] == 1 && dilations[3] == 1,
        invalid_argument,
        "Current implementation does not yet support dilations in the batch and depth dimensions."
    );
    Ok(())
}

fn span(attrs: &Attrs, taps: usize) -> Result<Span> {
    let padding = if attrs.str("padding")? == "SAME" { Padding::Same } else { Padding::Valid };
    let stride = attrs.ints("strides")?[1];
    Ok(Span { window: i64::try_from(taps).unwrap_or(i64::MAX), stride, dilation: 1, padding })
}

fn conv_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_conv(cx)?;
    for (index, name) in [(0, "input"), (1, "filter")] {
        let shape = cx.input(index);
        if let Some(rank) = shape.rank()
            && rank != 4
        {
            return Err(cx.mismatch(
                format!("{name} must be rank 4 but is rank {rank}"),
                format!("Shape must be rank 4 but is rank {rank}"),
            ));
        }
    }
    let names = ["min_input", "max_input", "min_filter", "max_filter"];
    for (index, name) in names.into_iter().enumerate() {
        if let Some(rank) = cx.input(2 + index).rank()
            && rank != 0
        {
            return Err(cx.mismatch(
                format!("{name} must be rank 0 but is rank {rank}"),
                format!("Shape must be rank 0 but is rank {rank}"),
            ));
        }
    }
    let (input, filter) = (cx.input(0), cx.input(1));
    if let (Some(depth), Some(of_filter)) = (input.dim(3), filter.dim(2))
        && depth != of_filter
    {
        return Err(cx.mismatch(
            format!("input and filter must have the same depth: {depth} vs {of_filter}"),
            format!("Depth of input ({depth}) is not a multiple of input depth of filter ({of_filter})"),
        ));
    }
    let mut sizes: [Dim; 2] = [None; 2];
    for (axis, size) in sizes.iter_mut().enumerate() {
        if let Some(taps) = filter.dim(axis) {
            *size = span(cx, taps)?.output(cx, input.dim(axis + 1))?;
        }
    }
    if cx.at_run_time() {
        ensure!(
            sizes[0] > Some(0) && sizes[1] > Some(0),
            invalid_argument,
            "out_rows and out_cols must be positive"
        );
    }
    cx.set(0, PartialShape::new([input.dim(0), sizes[0], sizes[1], filter.dim(3)]));
    scalar_outputs(cx, 1..3);
    Ok(())
}

fn conv(cx: &mut KernelCtx<'_>) -> Result<()> {
    let ([input, filter], product) = factors(cx, cx.dtype("out_type")?)?;
    let (from, window, to) =
        (cx.input(0)?.shape().clone(), cx.input(1)?.shape().clone(), cx.output_shape(0)?);
    let stride = match cx.attrs().ints("strides")?.get(1) {
        Some(&stride) if stride > 0 => stride,
        _ => bail!(invalid_argument, "Stride must be > 0"),
    };
    // The windows' first position: TensorFlow centres them, even where nothing is padded.
    let rounding = i64::from(cx.str("padding")? == "VALID");
    let origin = |axis: usize| {
        let covered = (to[axis] as i64 - 1) * stride + window[axis - 1] as i64;
        (covered - from[axis] as i64 + rounding) / 2
    };
    let (top, left) = (origin(1), origin(2));
    let (channels, filters) = (from[3], to[3]);
    let mut sums = zeroed::<i32>(to.num_elements())?;
    parallel::chunks(&mut sums, filters, filter.len() / filters.max(1), |start, chunk| {
        for (count, sums) in chunk.chunks_exact_mut(filters.max(1)).enumerate() {
            let number = start / filters.max(1) + count;
            let (batch, row, column) = (number / (to[1] * to[2]), number / to[2] % to[1], number % to[2]);
            for tap in 0..window[0] * window[1] {
                let y = row as i64 * stride - top + (tap / window[1]) as i64;
                let x = column as i64 * stride - left + (tap % window[1]) as i64;
                // The padding stands for zero.
                if !(0..from[1] as i64).contains(&y) || !(0..from[2] as i64).contains(&x) {
                    continue;
                }
                let pixel = ((batch * from[1] + y as usize) * from[2] + x as usize) * channels;
                for channel in 0..channels {
                    let factor = input[pixel + channel];
                    let weights = &filter[(tap * channels + channel) * filters..][..filters];
                    for (sum, &weight) in sums.iter_mut().zip(weights) {
                        *sum = sum.wrapping_add(factor.wrapping_mul(weight));
                    }
                }
            }
        }
    });
    set_product(cx, sums, product)
}
