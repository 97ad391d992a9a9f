//! QuantizedConcat: steps of several ranges side by side, in a common range.

use super::ranges::{Steps, integers, scalar_outputs, set_range};
use ferroflow_core::{DType, KernelCtx, OpDef, PartialShape, Result, ShapeCtx, bail, reserve};
use std::ops::Range;

pub(crate) static QUANTIZED_CONCAT: OpDef = OpDef {
    name: "QuantizedConcat",
    shape,
    kernel: Some(kernel),
    types: &[("T", &[DType::QUINT8, DType::QINT32])],
    ..OpDef::NEW
};

/// Where the axis stands among the inputs, the values, the lower and the upper ends of their ranges.
struct Layout {
    axis: usize,
    values: Range<usize>,
    lows: Range<usize>,
    highs: Range<usize>,
}

impl Layout {
    fn of(arg: impl Fn(usize) -> Result<Range<usize>>) -> Result<Layout> {
        Ok(Layout { axis: arg(0)?.start, values: arg(1)?, lows: arg(2)?, highs: arg(3)? })
    }
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let layout = Layout::of(|position| cx.arg(position))?;
    let values: Vec<PartialShape> = layout.values.clone().map(|index| cx.input(index)).collect();
    for index in layout.lows.clone().chain(layout.highs.clone()) {
        if let Some(rank) = cx.input(index).rank()
            && rank != 0
        {
            let found = cx.input(index);
            return Err(cx.mismatch(
                format!("A range's ends must be scalars, but got shape {}", found.cpp()),
                format!("Shape must be rank 0 but is rank {rank}"),
            ));
        }
    }
    let axis_rank = cx.input(layout.axis).rank();
    if axis_rank.is_some_and(|rank| rank != 0) {
        return Err(cx.mismatch(
            "Concat dim tensor should be a scalar integer, but got shape ".to_string()
                + &cx.input(layout.axis).cpp(),
            format!("Shape must be rank 0 but is rank {}", axis_rank.unwrap_or(0)),
        ));
    }
    let rank = values.iter().find_map(PartialShape::rank);
    let (Some(rank), Some(axis)) = (rank, cx.int_value(layout.axis)?) else {
        cx.set(0, rank.map_or(PartialShape::unknown(), PartialShape::of_rank));
        scalar_outputs(cx, 1..3);
        return Ok(());
    };
    let Some(axis) = usize::try_from(axis).ok().filter(|&axis| axis < rank) else {
        let words =
            format!("ConcatOp : Expected concatenating dimensions in the range [0, {rank}), but got {axis}");
        if axis < 0 {
            bail!(invalid_argument, "{words}");
        }
        return Err(
            cx.mismatch(words, format!("Shape must be at least rank {} but is rank {rank}", axis + 1))
        );
    };
    let mut around = [PartialShape::of_rank(axis), PartialShape::of_rank(rank - axis - 1)];
    let mut total = Some(0usize);
    for (number, value) in values.iter().enumerate() {
        let Some(own) = value.rank() else {
            total = None;
            continue;
        };
        let words = format!(
            "ConcatOp : Dimensions of inputs should match: shape[0] = {} vs. shape[{number}] = {}",
            values[0].cpp(),
            value.cpp()
        );
        for (around, own) in
            around.iter_mut().zip([value.slice(0..axis.min(own)), value.slice((axis + 1).min(own)..own)])
        {
            *around = cx.merge(around, &own).map_err(|error| cx.mismatch(words.clone(), error.message()))?;
        }
        total = total.zip(value.dim(axis)).and_then(|(total, size)| total.checked_add(size));
    }
    let [before, behind] = around;
    cx.set(0, before.concatenate(&PartialShape::new([total])).concatenate(&behind));
    scalar_outputs(cx, 1..3);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let layout = Layout::of(|position| cx.arg(position))?;
    let steps = Steps::of(cx.dtype("T")?)?;
    let shape = cx.output_shape(0)?;
    let ends = |indices: Range<usize>| {
        indices.map(|index| cx.input(index)?.item::<f32>()).collect::<Result<Vec<f32>>>()
    };
    let (lows, highs) = (ends(layout.lows)?, ends(layout.highs)?);
    let low = lows.iter().copied().fold(0f32, f32::min);
    let Some(high) = highs.iter().copied().reduce(f32::max) else {
        bail!(invalid_argument, "QuantizedConcat needs values");
    };
    // A signed range is as wide on both sides.
    let target = if steps.is_signed() {
        let span = low.abs().max(high.abs());
        (-span, span)
    } else {
        (low, high)
    };
    let axis = usize::try_from(cx.int_value(layout.axis)?).unwrap_or(0);
    let inner: usize = shape[axis + 1..].iter().product();
    let mut parts = Vec::new();
    for (index, range) in layout.values.zip(lows.into_iter().zip(highs)) {
        let mut values = integers(cx, index)?;
        if range != target {
            let (from, to) = (steps.to_floats(range), steps.of_floats(target));
            values.iter_mut().for_each(|value| *value = to(from(*value)));
        }
        parts.push((values, cx.input(index)?.shape()[axis] * inner));
    }
    let outer: usize = shape[..axis].iter().product();
    let mut output = reserve(shape.num_elements())?;
    for row in 0..outer {
        for (values, run) in &parts {
            output.extend_from_slice(&values[row * run..(row + 1) * run]);
        }
    }
    let output = steps.array(shape, output)?;
    cx.set(0, output)?;
    set_range(cx, target)
}
