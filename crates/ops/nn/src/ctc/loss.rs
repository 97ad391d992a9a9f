//! CTCLoss: the loss of each label sequence of a batch, and its gradient.

use crate::ctc::paths::{Paths, softmax_into};
use ferroflow_core::{
    DType, Element, Grad, GradCtx, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, bail, dispatch,
    ensure, zeroed,
};
use num_traits::Float;

pub(crate) static CTC_LOSS: OpDef = OpDef {
    name: "CTCLoss",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", &[DType::FLOAT32, DType::FLOAT64])],
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (inputs, lengths) = (cx.input(0), cx.input(3));
    if cx.at_run_time() {
        check_shapes(cx)?;
        cx.set(0, lengths);
        cx.set(1, inputs);
        return Ok(());
    }
    let inputs = cx.with_rank(0, 3)?;
    cx.merge_dims(cx.with_rank(1, 2)?.dim(0), cx.with_rank(2, 1)?.dim(0))?;
    let batch = cx.merge_dims(inputs.dim(1), cx.with_rank(3, 1)?.dim(0))?;
    cx.set(0, PartialShape::new([batch]));
    cx.set(1, PartialShape::new([inputs.dim(0), batch, inputs.dim(2)]));
    Ok(())
}

fn check_shapes(cx: &ShapeCtx<'_>) -> Result<()> {
    let [inputs, indices, values, lengths] = [0, 1, 2, 3].map(|index| cx.input(index));
    let of_rank = |shape: &PartialShape, rank| shape.rank() == Some(rank);
    ensure!(of_rank(&inputs, 3), invalid_argument, "inputs is not a 3-Tensor");
    ensure!(of_rank(&lengths, 1), invalid_argument, "sequence_length is not a vector");
    ensure!(of_rank(&indices, 2), invalid_argument, "labels_indices is not a matrix");
    ensure!(of_rank(&values, 1), invalid_argument, "labels_values is not a vector");
    let size = |shape: &PartialShape, axis| shape.dim(axis).unwrap_or(0);
    ensure!(size(&inputs, 0) != 0, invalid_argument, "Max time or first dimension of input cannot be 0.");
    ensure!(i32::try_from(size(&inputs, 2)).is_ok(), invalid_argument, "num_classes cannot exceed max int");
    ensure!(
        size(&inputs, 1) == size(&lengths, 0),
        invalid_argument,
        "len(sequence_length) != batch_size.  len(sequence_length):  {} batch_size: {}",
        size(&lengths, 0),
        size(&inputs, 1)
    );
    ensure!(
        size(&indices, 0) == size(&values, 0),
        invalid_argument,
        "labels_indices and labels_values must contain the same number of rows, but saw shapes: {} vs. {}",
        indices.cpp(),
        values.cpp()
    );
    ensure!(size(&inputs, 1) != 0, invalid_argument, "batch_size must not be 0");
    // TensorFlow 2.21 crashes in these two situations.
    ensure!(size(&inputs, 2) != 0, invalid_argument, "num_classes must not be 0");
    ensure!(size(&indices, 1) == 2, invalid_argument, "labels_indices must have two columns");
    Ok(())
}

/// The labels of each sequence of the batch.
fn labels(cx: &KernelCtx<'_>, batch: usize) -> Result<Vec<Vec<i32>>> {
    let (indices, values) = (cx.slice::<i64>(1)?, cx.slice::<i32>(2)?);
    let longest = indices.chunks_exact(2).map(|at| at[1].saturating_add(1)).max().unwrap_or(0).max(0);
    let mut labels = vec![Vec::new(); batch];
    let mut before: Option<&[i64]> = None;
    for (row, (at, &value)) in indices.chunks_exact(2).zip(values).enumerate() {
        let shown = format!("label SparseTensor is not valid: indices[{row}] = [{},{}] is", at[0], at[1]);
        let sequence = usize::try_from(at[0]).ok().and_then(|sequence| labels.get_mut(sequence));
        let (Some(sequence), true) = (sequence, (0..longest).contains(&at[1])) else {
            bail!(invalid_argument, "{shown} out of bounds: need 0 <= index < [{batch},{longest}]");
        };
        match before.map(|before| before.cmp(at)) {
            Some(std::cmp::Ordering::Greater) => bail!(
                invalid_argument,
                "{shown} out of order. Many sparse ops require sorted indices.\n    \
                 Use `tf.sparse.reorder` to create a correctly ordered copy."
            ),
            Some(std::cmp::Ordering::Equal) => bail!(invalid_argument, "{shown} repeated"),
            _ => {}
        }
        before = Some(at);
        sequence.push(value);
    }
    Ok(labels)
}

fn joined(labels: &[i32]) -> String {
    labels.iter().map(i32::to_string).collect::<Vec<_>>().join(",")
}

/// The states of one sequence's paths: its labels, with blanks before, between and behind them.
fn states(labels: &[i32], collapse: bool, number: usize, classes: usize) -> Result<Vec<usize>> {
    ensure!(!labels.is_empty(), invalid_argument, "Labels length is zero in batch {number}");
    let blank = classes - 1;
    let mut kept: Vec<i32> = Vec::with_capacity(labels.len());
    let mut finished = false;
    for (position, &label) in labels.iter().enumerate() {
        if collapse && position > 0 && labels[position - 1] == label {
            continue;
        }
        if i64::from(label) >= blank as i64 {
            finished = true;
            continue;
        }
        ensure!(
            !finished,
            invalid_argument,
            "Saw a non-null label (index >= num_classes - 1) following a null label, batch: {number} \
             num_classes: {classes} labels: {} labels seen so far: {}",
            joined(labels),
            joined(&kept)
        );
        kept.push(label);
    }
    let mut states = vec![blank];
    for &label in &kept {
        let Ok(label) = usize::try_from(label) else {
            bail!(
                invalid_argument,
                "All labels must be nonnegative integers, batch: {number} labels: {}",
                joined(&kept)
            );
        };
        states.extend([label, blank]);
    }
    Ok(states)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    dispatch!(cx.dtype("T")?, FLOATS, |T| run::<T>(cx))
}

fn run<T: Element + Float>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let dims = cx.input(0)?.shape().dims().to_vec();
    let (time, batch, classes) = (dims[0], dims[1], dims[2]);
    let labels = labels(cx, batch)?;
    let mut lengths = Vec::with_capacity(batch);
    for (number, &length) in cx.slice::<i32>(3)?.iter().enumerate() {
        ensure!(i64::from(length) <= time as i64, invalid_argument, "sequence_length({number}) <= {time}");
        lengths.push(length);
    }
    if let Some(number) = lengths.iter().position(|&length| length < 0) {
        bail!(invalid_argument, "seq_len({number}) < 0");
    }
    let lengths: Vec<usize> = lengths.iter().map(|&length| usize::try_from(length).unwrap_or(0)).collect();
    let ignore_longer = cx.bool("ignore_longer_outputs_than_inputs")?;
    let collapse = cx.bool("preprocess_collapse_repeated")?;
    let mut sequences = Vec::with_capacity(batch);
    for (number, (labels, &length)) in labels.iter().zip(&lengths).enumerate() {
        sequences.push(states(labels, collapse, number, classes)?);
        ensure!(
            ignore_longer || labels.len() <= length,
            invalid_argument,
            "Not enough time for target transition sequence (required: {}, available: {length}){number}You can \
             turn this error into a warning by using the flag ignore_longer_outputs_than_inputs",
            labels.len()
        );
    }
    let merge_repeated = cx.bool("ctc_merge_repeated")?;
    let inputs = cx.slice::<T>(0)?;
    let (mut losses, mut gradient) = (zeroed::<T>(batch)?, zeroed::<T>(inputs.len())?);
    for (number, states) in sequences.iter().enumerate() {
        let length = lengths[number];
        if length == 0 || labels[number].len() > length {
            continue;
        }
        let row = |step: usize| (step * batch + number) * classes;
        let mut probabilities = zeroed::<T>(length * classes)?;
        for (step, output) in probabilities.chunks_exact_mut(classes).enumerate() {
            softmax_into(&inputs[row(step)..row(step) + classes], output);
        }
        // Two tables of all steps and states: their size is the input's times that of the labels.
        ensure!(
            length.checked_mul(states.len()).is_some_and(|cells| cells <= 1 << 31),
            resource_exhausted,
            "OOM when allocating tensor with shape[{length},{}]",
            states.len()
        );
        let paths = Paths { states, probabilities: &probabilities, classes, merge_repeated };
        losses[number] = paths.loss(|step, class, value| gradient[row(step) + class] = value);
        cx.env().check()?;
    }
    cx.set_elements(0, losses)?;
    cx.set_elements(1, gradient)
}

/// The loss' gradient is the op's second output, scaled by what flows in. That output has no derivative of its own.
fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let message = "Currently there is no way to take the second  derivative of ctc_loss due to the fused \
                   implementation's interaction  with tf.gradients()";
    let gradient = Op::named("PreventGradient").input(cx.y(1)?).attr("message", message).one()?;
    let scale = Op::named("ExpandDims").input(cx.dy(0)?).input(-1).one()?;
    cx.set(0, scale * gradient)
}
