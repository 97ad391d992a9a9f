//! RandomShuffle, Multinomial and their stateless forms: orders and classes drawn at random.

use crate::distribution::{STEPS_PER_OUTPUT, unit_f64};
use crate::philox::{Philox, Singles};
use crate::stateful::reserve;
use crate::stateless::{Source, check_seed};
use ferroflow_core::{
    DType, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, ShapeCtx, bail, dispatch, ensure, shape_fn,
};

/// Shuffles slices with the stream that `source` gives, told how many steps are used.
fn shuffle(cx: &mut KernelCtx<'_>, source: impl FnOnce(&KernelCtx<'_>, u64) -> Result<Philox>) -> Result<()> {
    let value = cx.take(0)?;
    let count = value.shape().dims().first().copied().unwrap_or(0);
    if value.len() <= 1 || count <= 1 {
        return cx.set(0, value);
    }
    let draws = count as u64 - 1;
    let mut singles = Singles::new(source(cx, draws.div_ceil(4))?);
    let mut order: Vec<usize> = (0..count).collect();
    for position in 0..count - 1 {
        let left = (count - position) as u32;
        // TensorFlow counts in 32 bits here, too.
        let other = position + singles.next().checked_rem(left).unwrap_or(0) as usize;
        order.swap(position, other);
    }
    let width = value.len() / count;
    let shape = value.shape().clone();
    let output = dispatch!(value.dtype(), ALL, |T| {
        let from = value.as_slice::<T>()?;
        let mut elements = ferroflow_core::reserve(from.len())?;
        for row in order {
            elements.extend_from_slice(&from[row * width..(row + 1) * width]);
        }
        NdArray::from_shape(shape, elements)
    })?;
    cx.set(0, output)
}

fn multinomial_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let logits = cx.with_rank(0, 2)?;
    cx.with_rank(1, 0)?;
    let samples = match cx.int_value(1)? {
        Some(count @ ..0) => {
            bail!(
                invalid_argument,
                "Dimension size, given by scalar input 1, must be non-negative but is {count}"
            )
        }
        count => count.map(|count| count as usize),
    };
    cx.set(0, PartialShape::new([logits.dim(0), samples]));
    Ok(())
}

/// Draws classes with the stream that `source` gives, told how many steps are set aside.
fn draw_classes(
    cx: &mut KernelCtx<'_>,
    source: impl FnOnce(&KernelCtx<'_>, u64) -> Result<Philox>,
) -> Result<()> {
    let (logits, samples) = (cx.input(0)?, cx.input(1)?);
    ensure!(logits.rank() == 2, invalid_argument, "logits should be a matrix, got shape {}", logits.shape());
    ensure!(
        samples.rank() == 0,
        invalid_argument,
        "num_samples should be a scalar, got shape {}",
        samples.shape()
    );
    let samples = cx.int_value(1)?;
    ensure!(samples >= 0, invalid_argument, "num_samples should be non-negative, got {samples}");
    let samples = samples as usize;
    let (batch, classes) = (logits.shape()[0], logits.shape()[1]);
    ensure!(classes > 0, invalid_argument, "num_classes should be positive, got {classes}");
    let shape = ferroflow_core::Shape::new(&[batch, samples])?;
    let logits = logits.cast(DType::FLOAT64)?;
    // A number is made of two, and room is set aside in whole steps of four.
    let steps = (batch as u64).wrapping_mul(samples.div_ceil(4) as u64 * 8).wrapping_mul(STEPS_PER_OUTPUT);
    let mut singles = Singles::new(source(cx, steps)?);
    let mut chosen = ferroflow_core::reserve::<i64>(shape.num_elements())?;
    for row in logits.as_slice::<f64>()?.chunks(classes) {
        let finite = row.iter().copied().filter(|logit| logit.is_finite());
        let largest = finite.fold(f64::MIN, f64::max);
        let mut total = 0.0;
        let cumulative: Vec<f64> = row
            .iter()
            .map(|logit| {
                if logit.is_finite() {
                    total += (logit - largest).exp();
                }
                total
            })
            .collect();
        for _ in 0..samples {
            let target = unit_f64(singles.next(), singles.next()) * total;
            chosen.push(cumulative.partition_point(|sum| *sum <= target) as i64);
        }
    }
    let output = NdArray::from_shape(shape, chosen)?.cast(cx.dtype("output_dtype")?)?;
    cx.set(0, output)
}

pub(crate) static RANDOM_SHUFFLE: OpDef = OpDef {
    name: "RandomShuffle",
    shape: shape_fn::unchanged,
    kernel: Some(|cx| shuffle(cx, reserve)),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static MULTINOMIAL: OpDef = OpDef {
    name: "Multinomial",
    shape: multinomial_shape,
    kernel: Some(|cx| draw_classes(cx, reserve)),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static STATELESS_SHUFFLE: OpDef = OpDef {
    name: "StatelessShuffle",
    shape: shape_fn::unchanged,
    kernel: Some(|cx| {
        // The key is checked even where nothing is drawn.
        let stream = Source::Key.stream(cx, 1)?;
        shuffle(cx, |_, _| Ok(stream))
    }),
    ..OpDef::NEW
};

pub(crate) static STATELESS_MULTINOMIAL: OpDef = OpDef {
    name: "StatelessMultinomial",
    shape: |cx| {
        check_seed(cx, 2)?;
        multinomial_shape(cx)
    },
    kernel: Some(|cx| {
        let stream = Source::Seed.stream(cx, 2)?;
        draw_classes(cx, |_, _| Ok(stream))
    }),
    grad: Grad::None,
    ..OpDef::NEW
};
