//! ReverseV2, Reverse, Roll, ReverseSequence: dimensions turned round.

use crate::mapped_read::MappedRead;
use crate::mover::{self, Item, Moves};
use crate::strided_read::StridedRead;
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, Tensor, bail, options,
    parallel,
};

/// The tensor with the order of elements along these dimensions reversed.
///
/// Source: `tf.reverse` (op `ReverseV2`).
///
/// ```
/// use ferroflow_ops_array::reverse;
/// assert_eq!(reverse([1, 2, 3], [0])?.numpy()?.as_slice::<i32>()?, [3, 2, 1]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when an axis is out of range or given twice.
pub fn reverse(tensor: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> {
    Op::new(&REVERSE_V2).input(tensor).input(axis).one()
}

/// The tensor with its elements moved on by `shift` along `axis`, those at the end coming back at the start.
///
/// Source: `tf.roll` (op `Roll`).
///
/// # Errors
/// `InvalidArgument` when an axis is out of range.
pub fn roll(input: impl IntoOperand, shift: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> {
    Op::new(&ROLL).input(input).input(shift).input(axis).one()
}

options! {
    /// Optional arguments of [`reverse_sequence_with`].
    pub struct ReverseSequenceOptions {
        /// The dimension of the sequences' elements.
        seq_axis: i64 = 1,
        /// The dimension of the sequences.
        batch_axis: i64 = 0,
    }
}

/// The tensor with the first `seq_lengths[b]` elements of each sequence `b` reversed.
///
/// Source: `tf.reverse_sequence` (op `ReverseSequence`).
///
/// # Errors
/// `InvalidArgument` when a length exceeds the dimension or there is not one for each sequence.
pub fn reverse_sequence(input: impl IntoOperand, seq_lengths: impl IntoOperand) -> Result<Tensor> {
    reverse_sequence_with(input, seq_lengths, |o| o)
}

/// [`reverse_sequence`] with options.
///
/// # Errors
/// As [`reverse_sequence`].
pub fn reverse_sequence_with(
    input: impl IntoOperand,
    seq_lengths: impl IntoOperand,
    options: impl FnOnce(ReverseSequenceOptions) -> ReverseSequenceOptions,
) -> Result<Tensor> {
    let ReverseSequenceOptions { seq_axis, batch_axis } = options(ReverseSequenceOptions::default());
    Op::new(&REVERSE_SEQUENCE)
        .input(input)
        .input(seq_lengths)
        .attr("seq_dim", seq_axis)
        .attr("batch_dim", batch_axis)
        .one()
}

/// Which dimensions are reversed.
fn flags(cx: &ShapeCtx<'_>, rank: usize) -> Result<Option<Vec<bool>>> {
    let mut flags = vec![false; rank];
    if cx.op() == "Reverse" {
        let Some(value) = cx.value(1) else { return Ok(None) };
        return Ok(Some(value.as_slice::<bool>()?.to_vec()));
    }
    let Some(axes) = cx.ints(1)? else { return Ok(None) };
    for (position, axis) in axes.into_iter().enumerate() {
        let at = if axis < 0 { axis + rank as i64 } else { axis };
        let Some(flag) = usize::try_from(at).ok().and_then(|at| flags.get_mut(at)) else {
            // The bracket that TensorFlow's message opens is never closed.
            bail!(
                invalid_argument,
                "'axis'[{position}] = {axis} is out of valid range [0, {}",
                rank as i64 - 1
            );
        };
        if std::mem::replace(flag, true) {
            bail!(invalid_argument, "axis {at} specified more than once.");
        }
    }
    Ok(Some(flags))
}

fn reverse_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (input, axes) = (cx.input(0), cx.input(1));
    if axes.rank().is_some_and(|rank| rank != 1) {
        return Err(cx.mismatch(
            format!("'dims' must be 1-dimension, not {}", axes.rank().unwrap_or(0)),
            format!("Shape must be rank 1 but is rank {}", axes.rank().unwrap_or(0)),
        ));
    }
    if let Some(rank) = input.rank() {
        if cx.op() == "Reverse"
            && let Some(length) = axes.dim(0).filter(|&length| length != rank)
        {
            return Err(cx.mismatch(
                format!(
                    "'dims' must have the same number of values as 'input' has dimensions. 'input' has {rank}'dims' \
                     has {length} values"
                ),
                format!("Shape must be rank {length} but is rank {rank}"),
            ));
        }
        flags(cx, rank)?;
    }
    cx.set(0, input);
    Ok(())
}

fn reverse_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let reversed: Vec<bool> = if cx.op().name == "Reverse" {
        cx.slice::<bool>(1)?.to_vec()
    } else {
        let mut flags = vec![false; shape.rank()];
        for axis in cx.ints(1)? {
            flags[ferroflow_core::normalize_axis(axis, shape.rank())?] = true;
        }
        flags
    };
    let input = cx.take(0)?;
    if shape.num_elements() < 2 || !reversed.contains(&true) {
        return cx.set(0, input);
    }
    let strides = shape.strides();
    let mut offset = 0;
    let mut dims = Vec::with_capacity(shape.rank());
    for ((&size, &stride), &reversed) in shape.dims().iter().zip(&strides).zip(&reversed) {
        if reversed {
            offset += (size - 1) * stride;
        }
        dims.push((size, if reversed { -(stride as isize) } else { stride as isize }));
    }
    let turned = mover::run(&[&input], shape, &StridedRead::new(dims, offset))?;
    cx.set(0, turned)
}

/// The same op undoes a reversal.
fn same_again(cx: &mut GradCtx<'_>) -> Result<()> {
    let grad = Op::new(cx.op()).attrs(cx.attrs()).input(cx.dy(0)?).input(cx.x(1)?).one();
    cx.set(0, grad)
}

fn roll_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (input, shift, axis) = (cx.input(0), cx.input(1), cx.input(2));
    if cx.at_run_time() {
        if input.rank() == Some(0) {
            bail!(invalid_argument, "input must be 1-D or higher");
        }
        for (name, shape) in [("shift", &shift), ("axis", &axis)] {
            if shape.rank().is_some_and(|rank| rank > 1) {
                bail!(invalid_argument, "{name} must be a scalar or a 1-D vector. Found: {}", shape.cpp());
            }
        }
        if shift != axis {
            bail!(invalid_argument, "shift and axis must have the same size");
        }
        let rank = input.rank().unwrap_or(0);
        for axis in cx.ints(2)?.unwrap_or_default() {
            let at = if axis < 0 { axis + rank as i64 } else { axis };
            if at < 0 || at >= rank as i64 {
                bail!(invalid_argument, "axis {at} is out of range");
            }
        }
    } else {
        cx.with_rank_at_least(0, 1)?;
        for index in 1..3 {
            if let Some(rank) = cx.input(index).rank().filter(|&rank| rank > 1) {
                bail!(invalid_argument, "Shape must be at most rank 1 but is rank {rank}");
            }
        }
        cx.merge(&shift, &axis)?;
    }
    cx.set(0, input);
    Ok(())
}

fn roll_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (shifts, axes) = (cx.ints(1)?, cx.ints(2)?);
    let mut moved = vec![0i64; shape.rank()];
    for (&shift, &axis) in shifts.iter().zip(&axes) {
        let axis = ferroflow_core::normalize_axis(axis, shape.rank())?;
        let size = shape[axis].max(1) as i64;
        moved[axis] = (moved[axis] + shift.rem_euclid(size)) % size;
    }
    let input = cx.take(0)?;
    if input.is_empty() || moved.iter().all(|shift| *shift == 0) {
        return cx.set(0, input);
    }
    let maps = shape
        .dims()
        .iter()
        .zip(&moved)
        .map(|(&size, &shift)| (0..size).map(|position| (position + size - shift as usize) % size).collect())
        .collect();
    let read = MappedRead::new(maps, &shape);
    let rolled = mover::run(&[&input], shape, &read)?;
    cx.set(0, rolled)
}

fn roll_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let back = ferroflow_core::operators::negative(cx.x(1)?)?;
    let grad = Op::new(&ROLL).input(cx.dy(0)?).input(back).input(cx.x(2)?).one();
    cx.set(0, grad)
}

fn sequence_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (input, lengths) = (cx.input(0), cx.input(1));
    let (batch, seq) = (cx.int("batch_dim")?, cx.int("seq_dim")?);
    if cx.at_run_time() {
        let rank = input.rank().unwrap_or(0) as i64;
        if lengths.rank() != Some(1) {
            bail!(invalid_argument, "seq_lengths must be 1-dim, not {}", lengths.rank().unwrap_or(0));
        }
        if batch == seq {
            bail!(invalid_argument, "batch_dim == seq_dim == {seq}");
        }
        if seq >= rank {
            bail!(invalid_argument, "seq_dim must be < input rank ( {seq} vs. {rank})");
        }
        if batch >= rank {
            bail!(invalid_argument, "batch_dim must be < input rank ( {batch} vs. {rank})");
        }
        if seq < 0 || batch < 0 {
            bail!(invalid_argument, "seq_dim and batch_dim must not be negative");
        }
        let (sequences, longest) = (input.dim(batch as usize), input.dim(seq as usize));
        if lengths.dim(0) != sequences {
            bail!(
                invalid_argument,
                "Length of seq_lengths != input.dims({batch}), ({} vs. {})",
                lengths.dim(0).unwrap_or(0),
                sequences.unwrap_or(0)
            );
        }
        let longest = longest.unwrap_or(0) as i64;
        for (index, length) in cx.ints(1)?.unwrap_or_default().into_iter().enumerate() {
            if length < 0 {
                bail!(invalid_argument, "seq_lens({index}) < 0");
            }
            if length > longest {
                bail!(invalid_argument, "seq_lens({index}) > input.dims({seq})");
            }
        }
        cx.set(0, input);
        return Ok(());
    }
    cx.with_rank(1, 1)?;
    if let Some(rank) = input.rank() {
        if batch >= rank as i64 {
            bail!(invalid_argument, "batch_dim must be < input rank: {batch} vs. {rank}");
        }
        if seq >= rank as i64 {
            bail!(invalid_argument, "seq_dim must be < input rank: {seq} vs. {rank}");
        }
        if let Ok(batch) = usize::try_from(batch) {
            cx.merge_dims(input.dim(batch), lengths.dim(0))?;
        }
    }
    cx.set(0, input);
    Ok(())
}

/// Reverses the first elements of each sequence.
struct Turn {
    /// Elements below one step along each of the two dimensions, and those dimensions' sizes.
    batch: (usize, usize),
    seq: (usize, usize),
    /// Elements that move together.
    block: usize,
    lengths: Vec<usize>,
}

impl Moves for Turn {
    const WRITES_ALL: bool = true;

    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let Some(input) = inputs.first() else { return };
        let ((batch_stride, batches), (seq_stride, steps)) = (self.batch, self.seq);
        parallel::chunks(output, self.block, 2, |start, chunk| {
            for (index, part) in chunk.chunks_mut(self.block).enumerate() {
                let at = start + index * self.block;
                let length = self.lengths[at / batch_stride % batches];
                let step = at / seq_stride % steps;
                let from = if step < length {
                    at - step * seq_stride + (length - 1 - step) * seq_stride
                } else {
                    at
                };
                part.clone_from_slice(&input[from..from + part.len()]);
            }
        });
    }
}

fn sequence_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (batch, seq) = (cx.int("batch_dim")? as usize, cx.int("seq_dim")? as usize);
    let lengths = cx.ints(1)?.into_iter().map(|length| length as usize).collect();
    let input: NdArray = cx.take(0)?;
    if input.is_empty() {
        return cx.set(0, input);
    }
    let strides = shape.strides();
    let turn = Turn {
        batch: (strides[batch], shape[batch]),
        seq: (strides[seq], shape[seq]),
        block: strides[batch].min(strides[seq]),
        lengths,
    };
    let turned = mover::run(&[&input], shape, &turn)?;
    cx.set(0, turned)
}

pub(crate) static REVERSE: OpDef = OpDef {
    name: "Reverse",
    shape: reverse_shape,
    kernel: Some(reverse_kernel),
    grad: Grad::Fn(same_again),
    ..OpDef::NEW
};
pub(crate) static REVERSE_V2: OpDef = OpDef {
    name: "ReverseV2",
    shape: reverse_shape,
    kernel: Some(reverse_kernel),
    grad: Grad::Fn(same_again),
    ..OpDef::NEW
};
pub(crate) static ROLL: OpDef = OpDef {
    name: "Roll",
    shape: roll_shape,
    kernel: Some(roll_kernel),
    grad: Grad::Fn(roll_grad),
    ..OpDef::NEW
};
pub(crate) static REVERSE_SEQUENCE: OpDef = OpDef {
    name: "ReverseSequence",
    shape: sequence_shape,
    kernel: Some(sequence_kernel),
    grad: Grad::Fn(same_again),
    ..OpDef::NEW
};
