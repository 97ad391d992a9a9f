//! SoftmaxCrossEntropyWithLogits, SparseSoftmaxCrossEntropyWithLogits: losses of classifiers.

use crate::activations::is_half;
use crate::softmax::{EXP_COST, log_softmax, softmax};
use crate::softmax_rows::{Exp, exp_shifted};
use ferroflow_core::{
    Dim, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail,
    dispatch, operators, parallel, reserve, zeroed,
};

pub(crate) static SOFTMAX_CROSS_ENTROPY_WITH_LOGITS: OpDef = OpDef {
    name: "SoftmaxCrossEntropyWithLogits",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};

pub(crate) static SPARSE_SOFTMAX_CROSS_ENTROPY_WITH_LOGITS: OpDef = OpDef {
    name: "SparseSoftmaxCrossEntropyWithLogits",
    shape: sparse_shape,
    kernel: Some(sparse_kernel),
    grad: Grad::Fn(sparse_grad),
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (logits, labels) = (cx.input(0), cx.input(1));
    let Some(both) = logits.broadcast(&labels) else {
        let run_time = format!(
            "logits and labels must be broadcastable: logits_size={} labels_size={}",
            logits.cpp(),
            labels.cpp()
        );
        let graph = ferroflow_core::broadcast_shapes(cx, &logits, &labels).err();
        return Err(cx.mismatch(run_time, graph.map_or(String::new(), |error| error.message().to_string())));
    };
    if let Some(rank) = both.rank()
        && rank != 2
    {
        return Err(cx.mismatch(
            "logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional",
            format!("Shape must be broadcasted with rank 2, but is rank {rank}"),
        ));
    }
    let rows: Dim = both.dim(0);
    cx.set(0, [rows]);
    cx.set(1, if both.rank().is_none() { PartialShape::of_rank(2) } else { both });
    Ok(())
}

/// Steps along rows and columns of an array that is broadcast to a matrix.
fn steps(array: &NdArray) -> (usize, usize) {
    let dims = array.shape().dims();
    let columns = dims.last().copied().unwrap_or(1);
    let rows = if dims.len() == 2 { dims[0] } else { 1 };
    (if rows == 1 { 0 } else { columns }, if columns == 1 { 0 } else { 1 })
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        dtype => dispatch!(dtype, FLOATS, |T| cross_entropy::<T>(cx)),
    }
}

/// The losses of all rows, and the gradients of the logits. `logits(row, values)` gives a row of the logits,
/// `loss(row, shifted, log_sum)` its loss from the logits' distances to their maximum and the logarithm of the sum of
/// their exponentials, and `subtract(row, shares)` takes the labels from the softmax.
fn losses<T: Exp>(
    rows: usize,
    classes: usize,
    logits: impl Fn(usize, &mut [T]) + Sync,
    loss: impl Fn(usize, &[T], T) -> T + Sync,
    subtract: impl Fn(usize, &mut [T]) + Sync,
) -> Result<(Vec<T>, Vec<T>)> {
    // A row's loss is found together with its gradient, and kept behind it until the end.
    let width = classes + 1;
    let mut joined = zeroed::<T>(rows * width)?;
    parallel::chunks(&mut joined, width, EXP_COST, |start, chunk| {
        let mut shifted = vec![T::zero(); classes];
        for (count, row) in chunk.chunks_exact_mut(width).enumerate() {
            let number = start / width + count;
            let Some((found, row)) = row.split_last_mut() else { continue };
            logits(number, row);
            let max = T::max_of(row);
            shifted.iter_mut().zip(&*row).for_each(|(shifted, &value)| *shifted = value - max);
            let sum = exp_shifted(row);
            *found = loss(number, &shifted, sum.ln());
            row.iter_mut().for_each(|value| *value /= sum);
            subtract(number, row);
        }
    });
    let (mut losses, mut gradients) = (reserve::<T>(rows)?, reserve::<T>(rows * classes)?);
    for row in joined.chunks_exact(width) {
        gradients.extend_from_slice(&row[..classes]);
        losses.push(row[classes]);
    }
    Ok((losses, gradients))
}

fn cross_entropy<T: Exp>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(1)?;
    let (rows, classes) = (shape[0], shape[1]);
    if classes == 0 {
        cx.set_elements(0, zeroed::<T>(rows)?)?;
        return cx.set_elements(1, zeroed::<T>(0)?);
    }
    let (logits, labels) = (cx.input(0)?, cx.input(1)?);
    let (of_logits, of_labels) = (steps(logits), steps(labels));
    let (logits, labels) = (logits.as_slice::<T>()?, labels.as_slice::<T>()?);
    let label = |row: usize, class: usize| labels[row * of_labels.0 + class * of_labels.1];
    let (losses, gradients) = losses(
        rows,
        classes,
        |row, values: &mut [T]| {
            for (class, value) in values.iter_mut().enumerate() {
                *value = logits[row * of_logits.0 + class * of_logits.1];
            }
        },
        |row, shifted, log_sum| {
            let terms =
                shifted.iter().enumerate().map(|(class, &value)| label(row, class) * (log_sum - value));
            terms.fold(T::zero(), |total, term| total + term)
        },
        |row, shares| shares.iter_mut().enumerate().for_each(|(class, share)| *share -= label(row, class)),
    )?;
    cx.set_elements(0, losses)?;
    cx.set_elements(1, gradients)
}

fn sparse_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (logits, labels) = (cx.input(0), cx.input(1));
    for (shape, rank, name) in [(&logits, 2, "logits"), (&labels, 1, "labels")] {
        if let Some(found) = shape.rank()
            && found != rank
        {
            return Err(cx.mismatch(
                format!("{name} must be {rank}-D, but got shape {}", shape.cpp()),
                format!("Shape must be rank {rank} but is rank {found}"),
            ));
        }
    }
    let rows = cx.merge_dims(logits.dim(0), labels.dim(0)).map_err(|error| {
        let run_time = format!(
            "logits and labels must have the same first dimension, got logits shape {} and labels shape {}",
            logits.cpp(),
            labels.cpp()
        );
        cx.mismatch(run_time, error.message())
    })?;
    if cx.at_run_time() && logits.dim(1) == Some(0) && rows != Some(0) {
        bail!(invalid_argument, "Must have at least one class, but got logits shape {}", logits.cpp());
    }
    cx.set(0, [rows]);
    cx.set(1, [rows, logits.dim(1)]);
    Ok(())
}

fn sparse_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(sparse_kernel),
        dtype => dispatch!(dtype, FLOATS, |T| sparse_cross_entropy::<T>(cx)),
    }
}

fn sparse_cross_entropy<T: Exp>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(1)?;
    let (rows, classes) = (shape[0], shape[1]);
    let labels = cx.ints(1)?;
    if let Some(label) = labels.iter().find(|&&label| !usize::try_from(label).is_ok_and(|at| at < classes)) {
        let all: Vec<String> = labels.iter().map(i64::to_string).collect();
        bail!(
            invalid_argument,
            "Received a label value of {label} which is outside the valid range of [0, {classes}).  Label values: {}",
            all.join(" ")
        );
    }
    let logits = cx.slice::<T>(0)?;
    let (losses, gradients) = losses(
        rows,
        classes,
        |row, values: &mut [T]| values.copy_from_slice(&logits[row * classes..(row + 1) * classes]),
        |row, shifted, log_sum| log_sum - shifted[labels[row] as usize],
        |row, shares| shares[labels[row] as usize] -= T::one(),
    )?;
    cx.set_elements(0, losses)?;
    cx.set_elements(1, gradients)
}

/// The gradient of the logits where one flows into the losses: each row of the op's own gradient, scaled.
fn scaled(dy: &Tensor, rows: &Tensor) -> Result<Tensor> {
    let column = Op::named("ExpandDims").input(dy).input(-1).one()?;
    column * rows
}

/// The gradient of the logits: that through the losses, and, in second gradients, that through the op's own gradient
/// output.
fn of_logits(cx: &GradCtx<'_>) -> Result<Tensor> {
    let (logits, backprop) = (cx.x(0)?, cx.y(1)?);
    let through_loss = scaled(&cx.dy(0)?, backprop)?;
    let Some(d_backprop) = cx.dy_opt(1) else {
        return Ok(through_loss);
    };
    let shares = softmax(logits)?;
    let products = Op::named("Sum").input(d_backprop * &shares).input([1]).attr("keep_dims", true).one()?;
    let through_backprop = ((d_backprop - products)? * shares)?;
    through_loss + through_backprop
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let logits = of_logits(cx)?;
    cx.set(0, logits)?;
    let surprise = operators::negative(log_softmax(cx.x(0)?)?)?;
    cx.set(1, scaled(&cx.dy(0)?, &surprise))
}

fn sparse_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let logits = of_logits(cx)?;
    cx.set(0, logits)
}
