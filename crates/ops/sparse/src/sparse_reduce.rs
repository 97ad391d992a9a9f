//! SparseReduceSum, SparseReduceMax, SparseReduceSumSparse, SparseReduceMaxSparse, SparseSoftmax: entries in groups.

use crate::entries::{Entries, Number, Ordered, listed, place_array};
use ferroflow_core::{
    DType, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, Tensor,
    dispatch, ensure, zeroed,
};
use std::collections::BTreeMap;

/// How entries are grouped: what is kept of a place, and what the result looks like.
struct Grouping {
    kept: Vec<usize>,
    /// The result's sizes.
    sizes: Vec<i64>,
    keep_dims: bool,
}

impl Grouping {
    fn new(cx: &KernelCtx<'_>, entries: &Entries<'_>) -> Result<Grouping> {
        let rank = entries.rank();
        let mut reduced = vec![false; rank];
        for axis in cx.ints(3)? {
            ensure!(
                (-(rank as i64)..rank as i64).contains(&axis),
                invalid_argument,
                "Invalid reduction dimension {axis}, for input with {rank} dimensions."
            );
            reduced[(axis + if axis < 0 { rank as i64 } else { 0 }) as usize] = true;
        }
        let keep_dims = cx.bool("keep_dims")?;
        let kept: Vec<usize> = (0..rank).filter(|axis| !reduced[*axis]).collect();
        let sizes = (0..rank).filter(|axis| keep_dims || !reduced[*axis]);
        let sizes = sizes.map(|axis| if reduced[axis] { 1 } else { entries.sizes[axis] }).collect();
        Ok(Grouping { kept, sizes, keep_dims })
    }

    /// The entries of each group, by what is kept of their places.
    fn groups(&self, entries: &Entries<'_>) -> BTreeMap<Vec<i64>, Vec<usize>> {
        let mut groups: BTreeMap<Vec<i64>, Vec<usize>> = BTreeMap::new();
        for entry in 0..entries.count() {
            let place = entries.place(entry);
            groups.entry(self.kept.iter().map(|axis| place[*axis]).collect()).or_default().push(entry);
        }
        groups
    }

    /// The place of a group in the result.
    fn place(&self, group: &[i64]) -> Vec<i64> {
        if !self.keep_dims {
            return group.to_vec();
        }
        let mut place = vec![0; self.sizes.len()];
        for (axis, index) in self.kept.iter().zip(group) {
            place[*axis] = *index;
        }
        place
    }
}

/// The result for each group.
fn reduced(values: &NdArray, groups: &BTreeMap<Vec<i64>, Vec<usize>>, is_sum: bool) -> Result<NdArray> {
    match (values.dtype(), is_sum) {
        (dtype, true) => dispatch!(dtype, NUMBERS, |T| sums::<T>(values, groups)),
        (half @ (DType::HALF | DType::BFLOAT16), false) => {
            maxima::<f32>(&values.cast(DType::FLOAT32)?, groups)?.cast(half)
        }
        (dtype, false) => dispatch!(dtype, REALS, |T| maxima::<T>(values, groups)),
    }
}

fn sums<T: Number>(values: &NdArray, groups: &BTreeMap<Vec<i64>, Vec<usize>>) -> Result<NdArray> {
    let values = values.as_slice::<T>()?;
    let sums = groups.values().map(|group| group.iter().fold(T::default(), |sum, &at| sum.plus(values[at])));
    Ok(NdArray::vector(sums.collect::<Vec<T>>()))
}

fn maxima<T: Ordered>(values: &NdArray, groups: &BTreeMap<Vec<i64>, Vec<usize>>) -> Result<NdArray> {
    let values = values.as_slice::<T>()?;
    let largest = |group: &Vec<usize>| {
        let all = group.iter().map(|&at| values[at]);
        all.reduce(|most, value| if most < value { value } else { most }).unwrap_or_default()
    };
    Ok(NdArray::vector(groups.values().map(largest).collect::<Vec<T>>()))
}

fn grouped_entries<'a>(cx: &'a KernelCtx<'_>) -> Result<Entries<'a>> {
    let indices = cx.input(0)?;
    ensure!(indices.rank() == 2, invalid_argument, "indices must be a matrix, but got: {}", indices.shape());
    let entries = Entries::read(cx, 0)?;
    entries.check_places()?;
    Ok(entries)
}

fn dense_kernel(cx: &mut KernelCtx<'_>, is_sum: bool) -> Result<()> {
    let entries = grouped_entries(cx)?;
    let grouping = Grouping::new(cx, &entries)?;
    let groups = grouping.groups(&entries);
    let results = reduced(entries.values, &groups, is_sum)?;
    let shape = Shape::from_i64(&grouping.sizes)?;
    let strides = shape.strides();
    let output = dispatch!(results.dtype(), NUMBERS, |T| {
        let results = results.as_slice::<T>()?;
        let mut elements = zeroed::<T>(shape.num_elements())?;
        for (group, &result) in groups.keys().zip(results) {
            let place = grouping.place(group);
            let position: usize =
                place.iter().zip(&strides).map(|(index, stride)| *index as usize * stride).sum();
            elements[position] = result;
        }
        NdArray::from_shape(shape, elements)
    })?;
    cx.set(0, output)
}

fn sparse_kernel(cx: &mut KernelCtx<'_>, is_sum: bool) -> Result<()> {
    let entries = grouped_entries(cx)?;
    let grouping = Grouping::new(cx, &entries)?;
    let groups = grouping.groups(&entries);
    let results = reduced(entries.values, &groups, is_sum)?;
    let places: Vec<i64> = groups.keys().flat_map(|group| grouping.place(group)).collect();
    let places = place_array(places, grouping.sizes.len(), groups.len())?;
    cx.set(0, places)?;
    cx.set(1, results)?;
    cx.set(2, NdArray::vector(grouping.sizes))
}

fn dense_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set_all_unknown();
    if cx.at_run_time() {
        return Ok(());
    }
    let (Some(sizes), Some(axes)) = (cx.ints(2)?, cx.ints(3)?) else { return Ok(()) };
    let (rank, keep_dims) = (sizes.len() as i64, cx.bool("keep_dims")?);
    let axes: Vec<i64> = axes.into_iter().map(|axis| if axis < 0 { axis + rank } else { axis }).collect();
    if axes.iter().any(|axis| !(0..rank).contains(axis)) {
        return Ok(());
    }
    let is_reduced = |axis: usize| axes.contains(&(axis as i64));
    let kept = sizes.iter().enumerate().filter(|(axis, _)| keep_dims || !is_reduced(*axis));
    let kept: Vec<i64> = kept.map(|(axis, size)| if is_reduced(axis) { 1 } else { *size }).collect();
    cx.set(0, PartialShape::from_i64(&kept)?);
    Ok(())
}

fn int64(tensor: Tensor) -> Result<Tensor> {
    Op::named("Cast").input(tensor).attr("DstT", DType::INT64).one()
}

/// As `_SparseReduceSumGrad`: each entry gets what flows into its group.
fn sum_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (indices, sizes, axes, dy) = (cx.x(0)?, cx.x(2)?, cx.x(3)?, cx.dy(0)?);
    let sizes32 = Op::named("Cast").input(sizes).attr("DstT", DType::INT32).one()?;
    let rank = Op::named("Size").input(&sizes32).one()?;
    let axes = Op::named("FloorMod").input((axes + &rank)?).input(&rank).one()?;
    let axes_shape = Op::named("Shape").input(&axes).one()?;
    let all = Op::named("Range").input(0).input(&rank).input(1).one()?;
    let ones = Op::named("Fill").input(axes_shape).input(1).one()?;
    let kept = Op::named("DynamicStitch").inputs([&all, &axes]).inputs([&sizes32, &ones]).one()?;
    let dy = Op::named("Reshape").input(dy).input(&kept).one()?;
    let scale = Op::named("FloorDiv").input(sizes).input(int64(kept)?).one()?;
    let places = Op::named("FloorDiv").input(indices).input(scale).one()?;
    cx.set(1, Op::named("GatherNd").input(dy).input(places).one())
}

fn softmax_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 2)?;
        let values = cx.with_rank(1, 1)?;
        cx.with_rank(2, 1)?;
        cx.set(0, values);
    }
    Ok(())
}

fn softmax_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if cx.dtype("T")? == DType::HALF {
        return cx.through_f32(softmax_kernel);
    }
    let entries = Entries::read(cx, 0)?;
    ensure!(
        entries.rank() >= 2,
        invalid_argument,
        "Input should have rank >= 2, but received shape: {}",
        listed(&entries.sizes)
    );
    entries.check_places()?;
    let output = dispatch!(entries.values.dtype(), FLOATS, |T| {
        let values = entries.values.as_slice::<T>()?;
        let mut output = values.to_vec();
        let outer = |entry: usize| entries.place(entry).split_last().map_or(&[][..], |(_, outer)| outer);
        let mut start = 0;
        while start < values.len() {
            let mut end = start + 1;
            while end < values.len() && outer(end) == outer(start) {
                end += 1;
            }
            let row = &mut output[start..end];
            let most = row.iter().copied().fold(T::NEG_INFINITY, T::max);
            row.iter_mut().for_each(|value| *value = (*value - most).exp());
            let sum: T = row.iter().sum();
            row.iter_mut().for_each(|value| *value /= sum);
            start = end;
        }
        Ok(NdArray::vector(output))
    })?;
    cx.set(0, output)
}

/// As `_SparseSoftmaxGrad`: the gradient of softmax on the entries alone.
fn softmax_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (indices, sizes, y, dy) = (cx.x(0)?, cx.x(2)?, cx.y(0)?, cx.dy(0)?);
    let product = (y * &dy)?;
    let sum = Op::new(&SPARSE_REDUCE_SUM).input(indices).input(product).input(sizes).input([-1]);
    let sum = Op::named("Neg").input(sum.attr("keep_dims", true).one()?).one()?;
    let shifted = Op::named("SparseDenseCwiseAdd").input(indices).input(dy).input(sizes).input(sum).one()?;
    cx.set(1, (&shifted * y)?)
}

pub(crate) static SPARSE_REDUCE_SUM: OpDef = OpDef {
    name: "SparseReduceSum",
    shape: dense_shape,
    kernel: Some(|cx| dense_kernel(cx, true)),
    grad: Grad::Fn(sum_grad),
    ..OpDef::NEW
};

pub(crate) static SPARSE_REDUCE_MAX: OpDef = OpDef {
    name: "SparseReduceMax",
    shape: dense_shape,
    kernel: Some(|cx| dense_kernel(cx, false)),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static SPARSE_REDUCE_SUM_SPARSE: OpDef = OpDef {
    name: "SparseReduceSumSparse",
    kernel: Some(|cx| sparse_kernel(cx, true)),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static SPARSE_REDUCE_MAX_SPARSE: OpDef = OpDef {
    name: "SparseReduceMaxSparse",
    kernel: Some(|cx| sparse_kernel(cx, false)),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static SPARSE_SOFTMAX: OpDef = OpDef {
    name: "SparseSoftmax",
    shape: softmax_shape,
    kernel: Some(softmax_kernel),
    grad: Grad::Fn(softmax_grad),
    ..OpDef::NEW
};
