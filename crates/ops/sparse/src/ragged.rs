//! RaggedRange, RaggedGather, RaggedTensorToSparse: rows of different lengths, given by where each begins.

use crate::entries::{picked, place_array};
use ferroflow_core::{
    DType, Element, Grad, GradCtx, IndexedSlices, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape,
    ShapeCtx, Tensor, bail, dispatch, ensure, reserve,
};

/// Row splits in the dtype that an op gives them out in.
fn splits_array(splits: Vec<i64>, dtype: DType) -> Result<NdArray> {
    NdArray::vector(splits).cast(dtype)
}

fn range_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set(1, PartialShape::of_rank(1));
    let mut rows = None;
    for index in 0..3 {
        let shape = cx.input(index);
        if let Some(rank) = shape.rank()
            && !cx.at_run_time()
        {
            ensure!(rank <= 1, invalid_argument, "Shape must be at most rank 1 but is rank {rank}");
        }
        if shape.rank() == Some(1) && !cx.at_run_time() {
            rows = cx.merge_dims(shape.dim(0), rows)?;
        }
    }
    let all_scalars = (0..3).all(|index| cx.input(index).rank() == Some(0));
    let splits = if all_scalars { Some(2) } else { rows.map(|rows| rows + 1) };
    cx.set(0, PartialShape::new([splits]));
    Ok(())
}

/// A number that ranges are made of.
trait Step: Element + Copy + PartialOrd {
    /// How many numbers there are from a start up to, but not with, a limit; `None` for a step of zero.
    fn count(start: Self, limit: Self, delta: Self) -> Option<f64>;
    fn next(self, delta: Self) -> Self;
}

macro_rules! integer_steps {
    ($($ty:ty),*) => {
        $(impl Step for $ty {
            fn count(start: $ty, limit: $ty, delta: $ty) -> Option<f64> {
                let (start, limit, delta) = (i128::from(start), i128::from(limit), i128::from(delta));
                match delta {
                    0 => None,
                    1.. if start >= limit => Some(0.0),
                    ..0 if start <= limit => Some(0.0),
                    _ => Some(((limit - start).unsigned_abs()).div_ceil(delta.unsigned_abs()) as f64),
                }
            }
            fn next(self, delta: $ty) -> $ty {
                self.wrapping_add(delta)
            }
        })*
    };
}

macro_rules! float_steps {
    ($($ty:ty),*) => {
        $(impl Step for $ty {
            fn count(start: $ty, limit: $ty, delta: $ty) -> Option<f64> {
                if delta == 0.0 {
                    None
                } else if (delta > 0.0 && start >= limit) || (delta < 0.0 && start <= limit) {
                    Some(0.0)
                } else {
                    Some(f64::from(((limit - start) / delta).abs()).ceil())
                }
            }
            fn next(self, delta: $ty) -> $ty {
                self + delta
            }
        })*
    };
}

integer_steps!(i32, i64);
float_steps!(f32, f64);

fn range_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        DType::INT32 => ranges::<i32>(cx),
        DType::INT64 => ranges::<i64>(cx),
        dtype => dispatch!(dtype, FLOATS, |T| ranges::<T>(cx)),
    }
}

fn ranges<T: Step>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let mut rows = None;
    for (index, name) in ["starts", "limits", "deltas"].into_iter().enumerate() {
        let input = cx.input(index)?;
        ensure!(input.rank() <= 1, invalid_argument, "{name} must be a scalar or vector");
        if input.rank() == 1 {
            ensure!(
                rows.is_none_or(|rows| rows == input.len()),
                invalid_argument,
                "starts, limits, and deltas must have the same shape"
            );
            rows = Some(input.len());
        }
    }
    let (starts, limits, deltas) = (cx.slice::<T>(0)?, cx.slice::<T>(1)?, cx.slice::<T>(2)?);
    let at = |values: &[T], row: usize| values[if values.len() == 1 { 0 } else { row }];
    let rows = rows.unwrap_or(1);
    let mut splits = reserve(rows + 1)?;
    splits.push(0i64);
    let mut values: Vec<T> = Vec::new();
    for row in 0..rows {
        let (start, limit, delta) = (at(starts, row), at(limits, row), at(deltas, row));
        let Some(count) = T::count(start, limit, delta) else {
            bail!(invalid_argument, "Requires delta != 0");
        };
        ensure!(
            count < (1u64 << 40) as f64,
            invalid_argument,
            "Requires ((limit - start) / delta) <= {}",
            i64::MAX
        );
        let count = count as usize;
        if values.try_reserve(count).is_err() {
            bail!(resource_exhausted, "OOM when allocating {count} numbers");
        }
        let mut value = start;
        for _ in 0..count {
            values.push(value);
            value = value.next(delta);
        }
        splits.push(values.len() as i64);
    }
    let splits = splits_array(splits, cx.dtype("Tsplits")?)?;
    cx.set(0, splits)?;
    cx.set(1, NdArray::vector(values))
}

/// Refuses splits that do not lead from zero to the number of what they split, never backwards.
fn check_splits(splits: &[i64], count: usize) -> Result<()> {
    ensure!(splits.first() == Some(&0), invalid_argument, "First value of ragged splits must be 0.");
    if let Some(pair) = splits.windows(2).find(|pair| pair[0] > pair[1]) {
        bail!(
            invalid_argument,
            "Ragged splits should be non decreasing, but we got {} followed by {}",
            pair[0],
            pair[1]
        );
    }
    ensure!(
        splits.last() == Some(&(count as i64)),
        invalid_argument,
        "Final value of ragged splits must match the length the corresponding ragged values."
    );
    Ok(())
}

/// The same checks in the words of ops that came later.
pub(crate) fn verify_splits(splits: &[i64], count: usize) -> Result<()> {
    let (Some(first), Some(last)) = (splits.first(), splits.last()) else {
        bail!(
            invalid_argument,
            "Invalid ragged splits: ragged splits must have at least one splits, but is empty"
        );
    };
    ensure!(
        *first == 0,
        invalid_argument,
        "Invalid ragged splits: first element of ragged splits  must be 0 but is {first}"
    );
    if let Some(at) = splits.windows(2).position(|pair| pair[1] < pair[0]) {
        bail!(
            invalid_argument,
            "Invalid ragged splits: ragged splits must be monotonically increasing, but ragged_splits[{}]={} is \
             smaller than row_splits[{at}]={}",
            at + 1,
            splits[at + 1],
            splits[at]
        );
    }
    ensure!(
        *last == count as i64,
        invalid_argument,
        "Invalid ragged splits: last element of ragged splits must be the number of ragged values({count}) but is \
         {last}"
    );
    Ok(())
}

/// The nested splits in front of an op's inputs, checked against each other and the values behind them.
fn nested_splits(cx: &KernelCtx<'_>, values: &NdArray) -> Result<Vec<Vec<i64>>> {
    let mut nested = Vec::new();
    for index in cx.arg(0)? {
        nested.push(cx.ints(index)?);
    }
    for level in 0..nested.len() {
        let count = match nested.get(level + 1) {
            Some(inner) => inner.len().saturating_sub(1),
            None => values.shape()[0],
        };
        check_splits(&nested[level], count)?;
    }
    Ok(nested)
}

fn to_sparse_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let levels = cx.arg(0)?.len();
    let values = cx.input(levels);
    let rank = values.rank().map(|rank| rank + levels);
    let count = values.num_elements();
    cx.set(0, PartialShape::new([count, rank]));
    cx.set(1, PartialShape::new([count]));
    cx.set(2, PartialShape::new([rank]));
    if !cx.at_run_time() {
        for level in 0..levels {
            cx.with_rank(level, 1)?;
        }
        cx.with_rank_at_least(levels, 1)?;
    }
    Ok(())
}

fn to_sparse_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let levels = cx.arg(0)?.len();
    let values = cx.input(levels)?;
    ensure!(
        values.rank() >= 1,
        invalid_argument,
        "flat_values must have at least 1 dimension; got shape {}",
        values.shape()
    );
    let nested = nested_splits(cx, values)?;
    let inner = &values.shape().dims()[1..];
    let width = inner.iter().product::<usize>();
    let rank = levels + 1 + inner.len();
    let mut places = reserve(values.len().saturating_mul(rank))?;
    // The row that holds the present value, at each level.
    let mut at = vec![0usize; levels];
    for row in 0..values.shape()[0] {
        let mut position = row;
        let mut prefix = vec![0i64; levels + 1];
        for level in (0..levels).rev() {
            let splits = &nested[level];
            while splits.get(at[level] + 1).is_some_and(|end| *end <= position as i64) {
                at[level] += 1;
            }
            prefix[level + 1] = position as i64 - splits[at[level]];
            position = at[level];
        }
        prefix[0] = position as i64;
        for element in 0..width {
            places.extend_from_slice(&prefix);
            let (mut rest, start) = (element, places.len());
            for &size in inner.iter().rev() {
                places.insert(start, (rest % size) as i64);
                rest /= size;
            }
        }
    }
    let mut sizes = vec![nested[0].len() as i64 - 1];
    for splits in &nested {
        sizes.push(splits.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0));
    }
    sizes.extend(inner.iter().map(|size| *size as i64));
    let flat = values.reshape(Shape::new(&[values.len()])?)?;
    let count = flat.len();
    cx.set(0, place_array(places, rank, count)?)?;
    cx.set(1, flat)?;
    cx.set(2, NdArray::vector(sizes))
}

fn to_sparse_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let last = cx.inputs().len() - 1;
    let shape = Op::named("Shape").input(cx.x(last)?).one()?;
    cx.set(last, Op::named("Reshape").input(cx.dy(1)?).input(shape).one())
}

fn gather_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let levels = cx.arg(0)?.len();
    let (values, indices) = (cx.input(levels), cx.input(levels + 1));
    let outputs = cx.num_outputs() - 1;
    for level in 0..outputs {
        cx.set(level, PartialShape::of_rank(1));
    }
    if !cx.at_run_time() {
        for level in 0..levels {
            cx.with_rank(level, 1)?;
        }
        if let Some(rank) = indices.rank().filter(|rank| *rank > 0) {
            ensure!(
                outputs + 1 == levels + rank,
                invalid_argument,
                "OUTPUT_RAGGED_RANK must be equal to PARAMS_RAGGED_RANK + indices.ndims - 1"
            );
        }
    }
    if let Some(rank) = values.rank().filter(|rank| *rank > 0) {
        cx.set(outputs, PartialShape::new([None]).concatenate(&values.slice(1..rank)));
    }
    Ok(())
}

fn gather_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let levels = cx.arg(0)?.len();
    let (values, indices) = (cx.input(levels)?, cx.input(levels + 1)?);
    ensure!(values.rank() >= 1, invalid_argument, "params.rank must be nonzero");
    let nested = nested_splits(cx, values)?;
    ensure!(
        indices.rank() >= 1 && cx.num_outputs() == levels + indices.rank(),
        invalid_argument,
        "OUTPUT_RAGGED_RANK must be equal to PARAMS_RAGGED_RANK + indices.ndims - 1"
    );
    let rows = nested[0].len() as i64 - 1;
    let asked = indices.to_i64_vec()?;
    for (position, index) in asked.iter().enumerate() {
        ensure!(
            (0..rows).contains(index),
            invalid_argument,
            "indices{} = {index} is not in [0, {rows})",
            subscript(position, indices.shape())
        );
    }
    let mut outputs: Vec<Vec<i64>> = Vec::new();
    // The axes of the indices become uniform levels.
    let sizes = indices.shape().dims();
    for axis in 1..sizes.len() {
        let groups = sizes[..axis].iter().product::<usize>();
        outputs.push((0..=groups as i64).map(|group| group * sizes[axis] as i64).collect());
    }
    // What is taken of each level, as ranges of rows.
    let mut taken: Vec<(i64, i64)> = asked.iter().map(|index| (*index, index + 1)).collect();
    for splits in &nested {
        let mut own = reserve(taken.len() + 1)?;
        own.push(0i64);
        let mut inner = reserve(taken.len())?;
        let mut total = 0;
        for &(start, end) in &taken {
            for row in start..end {
                total += splits[row as usize + 1] - splits[row as usize];
                own.push(total);
            }
            inner.push((splits[start as usize], splits[end as usize]));
        }
        outputs.push(own);
        taken = inner;
    }
    let width = values.shape().dims()[1..].iter().product::<usize>();
    let total = taken.iter().map(|(start, end)| (end - start) as usize).sum::<usize>();
    let mut picks = reserve(total.saturating_mul(width))?;
    for (start, end) in taken {
        picks.extend((start as usize * width..end as usize * width).map(|at| (0, at)));
    }
    let shape = Shape::new(&[&[total], &values.shape().dims()[1..]].concat())?;
    let output = picked(&[values], &picks)?.into_shape(shape)?;
    let dtype = cx.dtype("Tsplits")?;
    let count = outputs.len();
    for (level, splits) in outputs.into_iter().enumerate() {
        cx.set(level, splits_array(splits, dtype)?)?;
    }
    cx.set(count, output)
}

fn gather_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let levels = cx.inputs().len() - 2;
    let (values, indices) = (cx.x(levels)?, cx.x(levels + 1)?);
    let gather =
        |from: &Tensor, places: &Tensor| Op::named("GatherV2").input(from).input(places).input(0).one();
    // Where each row of the outermost level ends among the values.
    let mut ends = cx.x(0)?.clone();
    for level in 1..levels {
        ends = gather(cx.x(level)?, &ends)?;
    }
    let flat = Op::named("Reshape").input(indices).input([-1]).one()?;
    let following = Op::named("AddV2").input(&flat).input(1).one()?;
    let (starts, limits) = (gather(&ends, &flat)?, gather(&ends, &following)?);
    let [_, rows] = Op::new(&RAGGED_RANGE).input(starts).input(limits).input(1).outputs()?;
    let dense_shape = Op::named("Shape").input(values).one()?;
    let slices = IndexedSlices {
        values: cx.dy(cx.outputs().len() - 1)?,
        indices: rows,
        dense_shape: Some(dense_shape),
    };
    cx.set_slices(levels, slices)
}

/// An element's position as it stands in messages.
fn subscript(position: usize, shape: &Shape) -> String {
    let (mut rest, mut parts) = (position, Vec::new());
    for size in shape.dims().iter().rev() {
        parts.push((rest % size).to_string());
        rest /= size;
    }
    parts.reverse();
    format!("[{}]", parts.join(","))
}

pub(crate) static RAGGED_RANGE: OpDef = OpDef {
    name: "RaggedRange",
    shape: range_shape,
    kernel: Some(range_kernel),
    grad: Grad::None,
    types: &[("T", &[DType::INT32, DType::INT64, DType::FLOAT32, DType::FLOAT64])],
    ..OpDef::NEW
};

pub(crate) static RAGGED_TENSOR_TO_SPARSE: OpDef = OpDef {
    name: "RaggedTensorToSparse",
    shape: to_sparse_shape,
    kernel: Some(to_sparse_kernel),
    grad: Grad::Fn(to_sparse_grad),
    ..OpDef::NEW
};

pub(crate) static RAGGED_GATHER: OpDef = OpDef {
    name: "RaggedGather",
    shape: gather_shape,
    kernel: Some(gather_kernel),
    grad: Grad::Fn(gather_grad),
    ..OpDef::NEW
};
