//! Pad, PadV2, MirrorPad, MirrorPadGrad: room around a tensor.

use crate::combine::Combine;
use crate::mapped_read::MappedRead;
use crate::mover::{self, Item, Moves};
use ferroflow_core::{
    Dim, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Operand, PartialShape, Result, Shape,
    ShapeCtx, Tensor, bail, dispatch, options, parallel, zeroed,
};
use smallvec::SmallVec;

/// What the room around a tensor is filled with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PadMode {
    /// One value.
    #[default]
    Constant,
    /// The tensor mirrored at its border, the border not repeated.
    Reflect,
    /// The tensor mirrored at its border, the border repeated.
    Symmetric,
}

options! {
    /// Optional arguments of [`pad_with`].
    pub struct PadOptions {
        /// What the room is filled with.
        mode: PadMode = PadMode::Constant,
        /// The value for [`PadMode::Constant`]; 0 if it is not given.
        constant_values: Option<Tensor> = None,
    }
}

/// The tensor with `paddings[d][0]` zeros before and `paddings[d][1]` after it along each dimension `d`.
///
/// Source: `tf.pad` (op `Pad`).
///
/// ```
/// use ferroflow_ops_array::pad;
/// assert_eq!(pad([7], [[1, 2]])?.numpy()?.as_slice::<i32>()?, [0, 7, 0, 0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when `paddings` is not of shape `[rank, 2]` or negative.
pub fn pad(tensor: impl IntoOperand, paddings: impl IntoOperand) -> Result<Tensor> {
    pad_with(tensor, paddings, |o| o)
}

/// [`pad`] with options.
///
/// # Errors
/// As [`pad`], and when there is less to mirror than asked for.
pub fn pad_with(
    tensor: impl IntoOperand,
    paddings: impl IntoOperand,
    options: impl FnOnce(PadOptions) -> PadOptions,
) -> Result<Tensor> {
    let PadOptions { mode, constant_values } = options(PadOptions::default());
    let (tensor, paddings): (Operand, Operand) = (tensor.into_operand()?, paddings.into_operand()?);
    let mirror = |mode: &str| {
        let op = Op::new(&MIRROR_PAD).input(tensor.clone()).input(paddings.clone());
        op.attr("mode", mode).one()
    };
    match (mode, constant_values) {
        (PadMode::Reflect, _) => mirror("REFLECT"),
        (PadMode::Symmetric, _) => mirror("SYMMETRIC"),
        (PadMode::Constant, None) => Op::new(&PAD).input(tensor).input(paddings).one(),
        (PadMode::Constant, Some(value)) => Op::new(&PAD_V2).input(tensor).input(paddings).input(value).one(),
    }
}

/// The paddings as pairs, checked against the input.
fn paddings_of(cx: &ShapeCtx<'_>) -> Result<Option<Vec<(i64, i64)>>> {
    let (input, paddings) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        if paddings.rank() != Some(2) || paddings.dim(1) != Some(2) {
            bail!(invalid_argument, "paddings must be a matrix with 2 columns: {}", paddings.cpp());
        }
        if let (Some(rank), Some(rows)) = (input.rank(), paddings.dim(0))
            && rank != rows
        {
            bail!(
                invalid_argument,
                "The first dimension of paddings must be the rank of inputs{} {}",
                paddings.cpp(),
                input.cpp()
            );
        }
    } else {
        cx.with_rank(1, 2)?;
        if let Some(columns) = paddings.dim(1).filter(|&columns| columns != 2) {
            bail!(invalid_argument, "Dimension must be 2 but is {columns}");
        }
        if let (Some(rank), Some(rows)) = (input.rank(), paddings.dim(0))
            && rank != rows
        {
            bail!(invalid_argument, "Shape must be rank {rows} but is rank {rank}");
        }
    }
    let Some(values) = cx.ints(1)? else { return Ok(None) };
    let pairs: Vec<(i64, i64)> = values.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    let word = if cx.op().starts_with("Mirror") { "paddings" } else { "Paddings" };
    if let Some((before, after)) = pairs.iter().find(|pair| pair.0 < 0 || pair.1 < 0) {
        return Err(cx.mismatch(
            format!("{word} must be non-negative: {before} {after}"),
            "Paddings must be non-negative",
        ));
    }
    Ok(Some(pairs))
}

/// Sizes with room added, or taken away again with a sign of -1.
fn resized(cx: &ShapeCtx<'_>, pairs: &[(i64, i64)], sign: i64) -> Result<PartialShape> {
    let input = cx.input(0);
    let mut dims: Vec<Dim> = Vec::with_capacity(pairs.len());
    for (axis, (before, after)) in pairs.iter().enumerate() {
        let room = before.checked_add(*after).and_then(|room| room.checked_mul(sign));
        let size = input.dim(axis).map(|dim| room.and_then(|room| (dim as i64).checked_add(room)));
        dims.push(match size {
            None => None,
            Some(size) => match size.and_then(|size| usize::try_from(size).ok()) {
                Some(size) => Some(size),
                None => bail!(invalid_argument, "padding of dimension {axis} does not fit: {before} {after}"),
            },
        });
    }
    Ok(PartialShape::new(dims))
}

fn pad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = match paddings_of(cx)? {
        Some(pairs) => resized(cx, &pairs, 1)?,
        None => {
            cx.input(0).rank().or(cx.input(1).dim(0)).map_or(PartialShape::unknown(), PartialShape::of_rank)
        }
    };
    if cx.op() == "PadV2" && cx.input(2).rank().is_some_and(|rank| rank != 0) {
        bail!(invalid_argument, "constant_values must be a scalar. Found: {}", cx.input(2).cpp());
    }
    cx.set(0, shape);
    Ok(())
}

/// A dimension of a tensor and the room around it.
#[derive(Clone, Copy)]
struct Room {
    before: usize,
    size: usize,
    padded: usize,
}

/// Places a tensor in room that is filled with one value: zeros, if none is given. Works line by line of the output: the
/// innermost dimension with room, and what lies in it.
struct Place {
    outer: SmallVec<[Room; 6]>,
    line: Room,
}

impl Place {
    fn new(rooms: impl DoubleEndedIterator<Item = Room>) -> Place {
        let mut line = Room { before: 0, size: 1, padded: 1 };
        let mut outer = SmallVec::new();
        for room in rooms.rev() {
            if outer.is_empty() && line.size == line.padded {
                // Nothing lies between what is joined.
                let inner = line.size;
                line = Room {
                    before: room.before * inner,
                    size: room.size * inner,
                    padded: room.padded * inner,
                };
            } else {
                outer.push(room);
            }
        }
        outer.reverse();
        Place { outer, line }
    }

    /// Where the input's part of this line of the output begins; `None` where all of it is room.
    fn source(&self, mut line: usize) -> Option<usize> {
        let (mut start, mut stride) = (0, self.line.size);
        for room in self.outer.iter().rev() {
            let at = (line % room.padded).checked_sub(room.before).filter(|&at| at < room.size)?;
            start += at * stride;
            line /= room.padded;
            stride *= room.size;
        }
        Some(start)
    }
}

impl Moves for Place {
    const WRITES_ALL: bool = true;

    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let Some(input) = inputs.first() else { return };
        let value = inputs.get(1).and_then(|value| value.first()).cloned().unwrap_or_default();
        let Room { before, size, padded } = self.line;
        parallel::chunks(output, padded, 1, |start, chunk| {
            for (number, line) in chunk.chunks_exact_mut(padded).enumerate() {
                let Some(source) = self.source(start / padded + number) else {
                    line.fill(value.clone());
                    continue;
                };
                let (room, rest) = line.split_at_mut(before);
                let (inside, behind) = rest.split_at_mut(size);
                room.fill(value.clone());
                inside.clone_from_slice(&input[source..source + size]);
                behind.fill(value.clone());
            }
        });
    }
}

fn pad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let before: Vec<usize> = cx.ints(1)?.chunks_exact(2).map(|pair| pair[0] as usize).collect();
    let (input, value) = (cx.input(0)?, cx.inputs().get(2));
    if *input.shape() == shape {
        let input = cx.take(0)?;
        return cx.set(0, input);
    }
    let padded = if input.is_empty() {
        match value {
            Some(value) => dispatch!(value.dtype(), ALL, |T| NdArray::full(shape, value.item::<T>()?))?,
            None => NdArray::zeros(input.dtype(), shape)?,
        }
    } else {
        let sizes = input.shape().iter().zip(shape.iter()).zip(&before);
        let place = Place::new(sizes.map(|((&size, &padded), &before)| Room { before, size, padded }));
        let inputs: Vec<&NdArray> = std::iter::once(input).chain(value).collect();
        mover::run(&inputs, shape, &place)?
    };
    cx.set(0, padded)
}

fn pad_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, paddings, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let dtype = paddings.dtype().base();
    let rank = Op::named("Rank").input(x).one()?;
    let zero = crate::gradients::int32_constant(&[0, 0])?;
    let size = Op::named("Pack").inputs([rank, ferroflow_core::convert_to_tensor(1, None)?]).one()?;
    let first = Op::named("Slice").input(paddings).input(zero).input(size).one()?;
    let begin = Op::named("Reshape").input(first).input([-1]).one()?;
    let sizes = Op::named("Shape").input(x).attr("out_type", dtype).one()?;
    cx.set(0, Op::named("Slice").input(dy).input(begin).input(sizes).one())
}

/// Where each position of a mirrored dimension of `size` elements comes from.
fn mirror_map(size: usize, before: usize, after: usize, repeats_border: bool) -> Vec<usize> {
    let skip = usize::from(!repeats_border);
    let head = (0..before).rev().map(|distance| distance + skip);
    let tail = (0..after).map(|distance| (size - 1).saturating_sub(distance + skip));
    head.chain(0..size).chain(tail).collect()
}

/// Checks that there is enough to mirror along each dimension of these sizes.
fn check_mirror(pairs: &[(i64, i64)], sizes: &[Dim], symmetric: bool) -> Result<()> {
    for ((before, after), size) in pairs.iter().zip(sizes) {
        let Some(size) = size else { continue };
        let most = *size as i64 - i64::from(!symmetric);
        if *before > most || *after > most {
            bail!(
                invalid_argument,
                "paddings must be {} the dimension size: {before}, {after} {} {size}",
                if symmetric { "no greater than" } else { "less than" },
                if symmetric { "greater than" } else { "not less than" }
            );
        }
    }
    Ok(())
}

fn mirror_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let symmetric = cx.str("mode")? == "SYMMETRIC";
    let Some(pairs) = paddings_of(cx)? else {
        let rank = cx.input(0).rank().or(cx.input(1).dim(0));
        cx.set(0, rank.map_or(PartialShape::unknown(), PartialShape::of_rank));
        return Ok(());
    };
    let is_grad = cx.op() == "MirrorPadGrad";
    let shape = resized(cx, &pairs, if is_grad { -1 } else { 1 })?;
    let inner = if is_grad { shape.clone() } else { cx.input(0) };
    if cx.at_run_time() {
        check_mirror(&pairs, inner.dims().unwrap_or_default(), symmetric)?;
    }
    cx.set(0, shape);
    Ok(())
}

/// The places in `inner` of each position with room around it.
fn mirror_maps(cx: &KernelCtx<'_>, inner: &Shape) -> Result<Vec<Vec<usize>>> {
    let symmetric = cx.str("mode")? == "SYMMETRIC";
    let paddings = cx.ints(1)?;
    let pairs = paddings.chunks_exact(2).zip(inner.dims());
    Ok(pairs.map(|(pair, &size)| mirror_map(size, pair[0] as usize, pair[1] as usize, symmetric)).collect())
}

fn mirror_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let input = cx.input(0)?;
    let padded = if shape.num_elements() == 0 {
        NdArray::zeros(input.dtype(), shape)?
    } else {
        let maps = mirror_maps(cx, input.shape())?;
        mover::run(&[input], shape, &MappedRead::new(maps, input.shape()))?
    };
    cx.set(0, padded)
}

fn mirror_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let grad = Op::new(&MIRROR_PAD_GRAD).input(cx.dy(0)?).input(cx.x(1)?).attr("mode", cx.str("mode")?).one();
    cx.set(0, grad)
}

fn mirror_grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let maps = mirror_maps(cx, &shape)?;
    let input = cx.input(0)?;
    let folded = dispatch!(input.dtype(), NUMBERS, |T| {
        let mut sums = zeroed::<T>(shape.num_elements())?;
        fold(input.as_slice::<T>()?, &mut sums, &maps, &shape.strides());
        NdArray::from_shape(shape.clone(), sums)
    })?;
    cx.set(0, folded)
}

/// Adds each input element to the place it came from.
fn fold<T: Combine>(input: &[T], sums: &mut [T], maps: &[Vec<usize>], strides: &[usize]) {
    for (position, value) in input.iter().enumerate() {
        let (mut rest, mut place) = (position, 0);
        for (map, stride) in maps.iter().zip(strides).rev() {
            place += map[rest % map.len()] * stride;
            rest /= map.len();
        }
        sums[place] = sums[place].add(*value);
    }
}

fn mirror_grad_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let grad = Op::new(&MIRROR_PAD).input(cx.dy(0)?).input(cx.x(1)?).attr("mode", cx.str("mode")?).one();
    cx.set(0, grad)
}

pub(crate) static PAD: OpDef =
    OpDef { name: "Pad", shape: pad_shape, kernel: Some(pad_kernel), grad: Grad::Fn(pad_grad), ..OpDef::NEW };
pub(crate) static PAD_V2: OpDef = OpDef {
    name: "PadV2",
    shape: pad_shape,
    kernel: Some(pad_kernel),
    grad: Grad::Fn(pad_grad),
    ..OpDef::NEW
};
pub(crate) static MIRROR_PAD: OpDef = OpDef {
    name: "MirrorPad",
    shape: mirror_shape,
    kernel: Some(mirror_kernel),
    grad: Grad::Fn(mirror_grad),
    ..OpDef::NEW
};
pub(crate) static MIRROR_PAD_GRAD: OpDef = OpDef {
    name: "MirrorPadGrad",
    shape: mirror_shape,
    kernel: Some(mirror_grad_kernel),
    grad: Grad::Fn(mirror_grad_grad),
    ..OpDef::NEW
};
