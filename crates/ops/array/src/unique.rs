//! Unique, UniqueWithCounts and ListDiff: elements told apart.

use ferroflow_core::{
    DType, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, TString,
    Tensor, bail, dispatch, options,
};
use std::collections::{HashMap, HashSet};

options! {
    /// Optional arguments of [`unique_with`], [`unique_with_counts_with`] and [`setdiff1d_with`].
    pub struct UniqueOptions {
        /// The dtype of positions and counts: `int32` or `int64`.
        out_idx: DType = DType::INT32,
    }
}

/// The different elements of a vector in the order they first occur, and for each element which of them it is.
///
/// Source: `tf.unique` (op `Unique`).
///
/// ```
/// use ferroflow_ops_array::unique;
/// let [y, idx] = unique([3, 1, 3])?;
/// assert_eq!(y.numpy()?.as_slice::<i32>()?, [3, 1]);
/// assert_eq!(idx.numpy()?.as_slice::<i32>()?, [0, 1, 0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when `x` is no vector.
pub fn unique(x: impl IntoOperand) -> Result<[Tensor; 2]> {
    unique_with(x, |o| o)
}

/// [`unique`] with options.
///
/// # Errors
/// As [`unique`].
pub fn unique_with(
    x: impl IntoOperand,
    options: impl FnOnce(UniqueOptions) -> UniqueOptions,
) -> Result<[Tensor; 2]> {
    Op::new(&UNIQUE).input(x).attr("out_idx", options(UniqueOptions::default()).out_idx).outputs()
}

/// [`unique`], and how often each of the different elements occurs.
///
/// Source: `tf.unique_with_counts` (op `UniqueWithCounts`).
///
/// # Errors
/// `InvalidArgument` when `x` is no vector.
pub fn unique_with_counts(x: impl IntoOperand) -> Result<[Tensor; 3]> {
    unique_with_counts_with(x, |o| o)
}

/// [`unique_with_counts`] with options.
///
/// # Errors
/// As [`unique_with_counts`].
pub fn unique_with_counts_with(
    x: impl IntoOperand,
    options: impl FnOnce(UniqueOptions) -> UniqueOptions,
) -> Result<[Tensor; 3]> {
    Op::new(&UNIQUE_WITH_COUNTS).input(x).attr("out_idx", options(UniqueOptions::default()).out_idx).outputs()
}

/// The elements of `x` that are not in `y`, and where they stand in `x`.
///
/// Source: `tf.compat.v1.setdiff1d` (op `ListDiff`).
///
/// # Errors
/// `InvalidArgument` when an input is no vector.
pub fn setdiff1d(x: impl IntoOperand, y: impl IntoOperand) -> Result<[Tensor; 2]> {
    setdiff1d_with(x, y, |o| o)
}

/// [`setdiff1d`] with options.
///
/// # Errors
/// As [`setdiff1d`].
pub fn setdiff1d_with(
    x: impl IntoOperand,
    y: impl IntoOperand,
    options: impl FnOnce(UniqueOptions) -> UniqueOptions,
) -> Result<[Tensor; 2]> {
    let out_idx = options(UniqueOptions::default()).out_idx;
    Op::new(&LIST_DIFF).input(x).input(y).attr("out_idx", out_idx).outputs()
}

/// What tells elements apart: equal ones have equal keys, and a NaN is equal to nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Bits(u64),
    Text(TString),
    /// The position of a NaN.
    Nan(usize),
}

fn keys(array: &NdArray) -> Result<Vec<Key>> {
    let float = |position: usize, value: f64| {
        // Adding zero makes one zero of both.
        if value.is_nan() { Key::Nan(position) } else { Key::Bits((value + 0.0).to_bits()) }
    };
    Ok(match array.dtype() {
        DType::STRING => array.as_slice::<TString>()?.iter().cloned().map(Key::Text).collect(),
        DType::BOOL => array.as_slice::<bool>()?.iter().map(|&flag| Key::Bits(flag.into())).collect(),
        dtype @ (DType::HALF | DType::BFLOAT16) => dispatch!(dtype, HALVES, |T| Ok(array
            .as_slice::<T>()?
            .iter()
            .enumerate()
            .map(|(position, value)| float(position, value.to_f64()))
            .collect()))?,
        DType::FLOAT32 => {
            let values = array.as_slice::<f32>()?.iter().enumerate();
            values.map(|(position, &value)| float(position, value.into())).collect()
        }
        DType::FLOAT64 => {
            let values = array.as_slice::<f64>()?.iter().enumerate();
            values.map(|(position, &value)| float(position, value)).collect()
        }
        DType::UINT64 => array.as_slice::<u64>()?.iter().map(|&value| Key::Bits(value)).collect(),
        dtype if dtype.is_integer() => {
            array.to_i64_vec()?.into_iter().map(|value| Key::Bits(value as u64)).collect()
        }
        other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
    })
}

fn unique_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    let has_axis = cx.op().ends_with("V2");
    if cx.at_run_time() {
        if !has_axis && input.rank() != Some(1) {
            bail!(invalid_argument, "unique expects a 1D vector.");
        }
        cx.set_all_unknown();
        return Ok(());
    }
    if !has_axis {
        if let Some(rank) = input.rank().filter(|&rank| rank != 1) {
            return Err(if cx.num_outputs() == 3 {
                ferroflow_core::Error::invalid_argument("unique expects a 1D vector.")
            } else {
                ferroflow_core::Error::invalid_argument(format!("Shape must be rank 1 but is rank {rank}"))
            });
        }
        cx.set(0, [None]);
        cx.set(1, [input.dim(0)]);
    } else if cx.input(1).rank().is_some_and(|rank| rank != 1) {
        bail!(invalid_argument, "axis expects a 1D vector.");
    } else if let (Some(axes), Some(dims)) = (cx.ints(1)?, input.dims()) {
        let axis = match axes.as_slice() {
            [] if dims.len() != 1 => bail!(invalid_argument, "x expects a 1D vector."),
            [] => 0,
            [axis] => match ferroflow_core::normalize_axis(*axis, dims.len()) {
                Ok(axis) => axis,
                Err(_) => {
                    let rank = dims.len();
                    bail!(invalid_argument, "axis expects to be in the range [-{rank}, {rank})")
                }
            },
            _ => bail!(invalid_argument, "axis does not support input tensors larger than 1 elements."),
        };
        cx.set(0, PartialShape::of_rank(dims.len()));
        cx.set(1, [dims[axis]]);
    } else {
        cx.set(0, input.rank().map_or(PartialShape::unknown(), PartialShape::of_rank));
        cx.set(1, [None]);
    }
    if cx.num_outputs() == 3 {
        cx.set(2, [None]);
    }
    Ok(())
}

/// Along which dimension slices are compared.
fn axis_of(cx: &KernelCtx<'_>, input: &NdArray) -> Result<usize> {
    if cx.num_inputs() < 2 {
        return Ok(0);
    }
    if cx.input(1)?.rank() != 1 {
        bail!(invalid_argument, "axis expects a 1D vector.");
    }
    match cx.ints(1)?.as_slice() {
        [] if input.rank() == 1 => Ok(0),
        [] => bail!(invalid_argument, "unique expects a 1D vector."),
        [axis] => {
            let rank = input.rank() as i64;
            let at = if *axis < 0 { axis + rank } else { *axis };
            if at < 0 || at >= rank {
                bail!(invalid_argument, "axis has to be between [0, {rank})");
            }
            Ok(at as usize)
        }
        _ => bail!(invalid_argument, "axis does not support input tensors larger than 1 elements"),
    }
}

fn unique_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let input = cx.input(0)?;
    let axis = axis_of(cx, input)?;
    let length = input.shape()[axis];
    let outer: usize = input.shape().dims()[..axis].iter().product();
    let inner: usize = input.shape().dims()[axis + 1..].iter().product();
    let keys = keys(input)?;
    let (mut firsts, mut which, mut counts) = (Vec::new(), Vec::with_capacity(length), Vec::<i64>::new());
    let mut note = |found: usize, position: usize| {
        if found == firsts.len() {
            firsts.push(position);
            counts.push(0);
        }
        counts[found] += 1;
        which.push(found as i64);
    };
    if outer == 1 && inner == 1 {
        let mut seen: HashMap<&Key, usize> = HashMap::with_capacity(length.min(1 << 16));
        for (position, key) in keys.iter().enumerate() {
            let next = seen.len();
            note(*seen.entry(key).or_insert(next), position);
        }
    } else {
        let mut seen: HashMap<Vec<&Key>, usize> = HashMap::new();
        for position in 0..length {
            let slice = (0..outer)
                .flat_map(|row| {
                    &keys[(row * length + position) * inner..(row * length + position + 1) * inner]
                })
                .collect();
            let next = seen.len();
            note(*seen.entry(slice).or_insert(next), position);
        }
    }
    let mut dims = input.shape().to_vec();
    dims[axis] = firsts.len();
    let maps = dims
        .iter()
        .enumerate()
        .map(|(at, &size)| if at == axis { firsts.clone() } else { (0..size).collect() })
        .collect();
    let shape = Shape::new(&dims)?;
    let picked = if shape.num_elements() == 0 {
        NdArray::zeros(input.dtype(), shape)?
    } else {
        crate::mover::run(&[input], shape, &crate::mapped_read::MappedRead::new(maps, input.shape()))?
    };
    let dtype = cx.dtype("out_idx")?;
    cx.set(0, picked)?;
    cx.set(1, NdArray::vector(which).cast(dtype)?)?;
    if cx.num_outputs() == 3 {
        cx.set(2, NdArray::vector(counts).cast(dtype)?)?;
    }
    Ok(())
}

fn list_diff_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    for (index, name) in [(0, "x"), (1, "y")] {
        if cx.at_run_time() {
            if cx.input(index).rank() != Some(1) {
                bail!(invalid_argument, "{name} should be a 1D vector.");
            }
        } else {
            cx.with_rank(index, 1)?;
        }
    }
    if cx.at_run_time() {
        cx.set_all_unknown();
    } else {
        cx.set(0, [None]);
        cx.set(1, [None]);
    }
    Ok(())
}

fn list_diff_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (x, y) = (cx.input(0)?, cx.input(1)?);
    let taken: HashSet<Key> = keys(y)?.into_iter().filter(|key| !matches!(key, Key::Nan(_))).collect();
    let kept: Vec<usize> = keys(x)?
        .iter()
        .enumerate()
        .filter(|(_, key)| !taken.contains(*key))
        .map(|(position, _)| position)
        .collect();
    let shape = Shape::new(&[kept.len()])?;
    let left =
        crate::mover::run(&[x], shape, &crate::mapped_read::MappedRead::new(vec![kept.clone()], x.shape()))?;
    let places = NdArray::vector(kept.iter().map(|&position| position as i64).collect());
    cx.set(0, left)?;
    cx.set(1, places.cast(cx.dtype("out_idx")?)?)
}

const fn unique_op(name: &'static str) -> OpDef {
    OpDef { name, shape: unique_shape, kernel: Some(unique_kernel), ..OpDef::NEW }
}

pub(crate) static UNIQUE: OpDef = unique_op("Unique");
pub(crate) static UNIQUE_V2: OpDef = unique_op("UniqueV2");
pub(crate) static UNIQUE_WITH_COUNTS: OpDef = unique_op("UniqueWithCounts");
pub(crate) static UNIQUE_WITH_COUNTS_V2: OpDef = unique_op("UniqueWithCountsV2");
pub(crate) static LIST_DIFF: OpDef =
    OpDef { name: "ListDiff", shape: list_diff_shape, kernel: Some(list_diff_kernel), ..OpDef::NEW };
