//! SparseConcat, SparseSplit, SparseSlice, SparseSliceGrad: sparse tensors joined and cut.

use crate::entries::{Entries, listed, picked, place_array};
use ferroflow_core::{
    Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, bail, dispatch, ensure,
    normalize_axis,
};

fn concat_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let count = cx.num_inputs() / 3;
    let (mut rows, mut rank) = (Some(0), None);
    for index in 0..count {
        let indices = cx.with_rank(index, 2)?;
        let values = cx.with_rank(count + index, 1)?;
        let sizes = cx.with_rank(2 * count + index, 1)?;
        let own = cx.merge_dims(indices.dim(0), values.dim(0))?;
        rows = rows.zip(own).map(|(rows, own)| rows + own);
        rank = cx.merge_dims(rank, cx.merge_dims(indices.dim(1), sizes.dim(0))?)?;
    }
    cx.set(0, PartialShape::new([rows, rank]));
    cx.set(1, PartialShape::new([rows]));
    cx.set(2, PartialShape::new([rank]));
    Ok(())
}

fn concat_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let count = cx.num_inputs() / 3;
    let mut parts = Vec::with_capacity(count);
    for index in 0..count {
        let (indices, values, sizes) =
            (cx.input(index)?, cx.input(count + index)?, cx.input(2 * count + index)?);
        ensure!(
            indices.rank() == 2,
            invalid_argument,
            "Input indices should be a matrix but received shape {} at position {index}",
            indices.shape()
        );
        ensure!(
            values.rank() == 1,
            invalid_argument,
            "Input values should be a vector but received shape {} at position {index}",
            values.shape()
        );
        ensure!(
            sizes.rank() == 1,
            invalid_argument,
            "Input shapes should be a vector but received shape {} at position {index}",
            sizes.shape()
        );
        ensure!(
            indices.shape()[0] == values.len() && indices.shape()[1] == sizes.len(),
            invalid_argument,
            "Expected indices[{index}] shape {} to have {} rows and {} columns",
            indices.shape(),
            values.len(),
            sizes.len()
        );
        let (places, sizes) = (indices.to_i64_vec()?, sizes.to_i64_vec()?);
        parts.push(Entries { places, values, sizes });
    }
    let rank = parts[0].rank();
    let asked = cx.int("concat_dim")?;
    let Ok(axis) = normalize_axis(asked, rank) else {
        bail!(
            invalid_argument,
            "Concat dimension must be in range [{}, {rank}), got {asked}",
            -(rank as i64)
        );
    };
    let mut sizes = parts[0].sizes.clone();
    let mut rows = Vec::new();
    let mut places = Vec::new();
    let mut offset = 0i64;
    for (number, part) in parts.iter().enumerate() {
        ensure!(
            part.rank() == rank,
            invalid_argument,
            "Ranks of all input tensors must match: expected {rank} but got {} at position {number}",
            part.rank()
        );
        for other in (0..rank).filter(|other| *other != axis) {
            ensure!(
                part.sizes[other] == sizes[other],
                invalid_argument,
                "Input shapes must match: expected {} for dimension {other} but got {} at position {number}",
                sizes[other],
                part.sizes[other]
            );
        }
        for entry in 0..part.count() {
            let mut place = part.place(entry).to_vec();
            place[axis] = place[axis].wrapping_add(offset);
            places.push(place);
            rows.push((number, entry));
        }
        offset = match offset.checked_add(part.sizes[axis]) {
            Some(offset) => offset,
            None => bail!(invalid_argument, "the size of the joined axis overflows"),
        };
    }
    sizes[axis] = offset;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&a, &b| places[a].cmp(&places[b]));
    let sorted: Vec<i64> = order.iter().flat_map(|&at| places[at].iter().copied()).collect();
    let rows: Vec<(usize, usize)> = order.iter().map(|&at| rows[at]).collect();
    let values: Vec<&NdArray> = parts.iter().map(|part| part.values).collect();
    let values = picked(&values, &rows)?;
    cx.set(0, place_array(sorted, rank, rows.len())?)?;
    cx.set(1, values)?;
    cx.set(2, NdArray::vector(sizes))
}

fn split_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = cx.input(3);
    let count = cx.num_outputs() / 3;
    for index in 0..count {
        cx.set(index, PartialShape::new([None, shape.dim(0)]));
        cx.set(count + index, PartialShape::of_rank(1));
        if !cx.at_run_time() {
            cx.set(2 * count + index, shape.clone());
        }
    }
    Ok(())
}

fn split_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let asked = cx.int_value(0)?;
    let entries = Entries::read(cx, 1)?;
    let (rank, count) = (entries.rank(), cx.num_outputs() / 3);
    let Ok(axis) = normalize_axis(asked, rank) else {
        bail!(invalid_argument, "Input axis should be in range [-{rank}, {rank}), got {asked}");
    };
    let size = entries.sizes[axis];
    ensure!(
        (1..=size).contains(&(count as i64)),
        invalid_argument,
        "Input num_split should be between 1 and the splitting dimension size ({size}), got {count}"
    );
    entries.check_places()?;
    // The first slices are one longer where the size cannot be divided.
    let (length, longer) = (size / count as i64, size % count as i64);
    let start_of = |slice: i64| slice * length + slice.min(longer);
    let slice_of = |index: i64| {
        let boundary = longer * (length + 1);
        if index < boundary { index / (length + 1) } else { longer + (index - boundary) / length }
    };
    let mut rows: Vec<Vec<(usize, usize)>> = vec![Vec::new(); count];
    let mut places: Vec<Vec<i64>> = vec![Vec::new(); count];
    for entry in 0..entries.count() {
        let mut place = entries.place(entry).to_vec();
        let slice = slice_of(place[axis]);
        place[axis] -= start_of(slice);
        rows[slice as usize].push((0, entry));
        places[slice as usize].extend(place);
    }
    let mut outputs = Vec::with_capacity(count);
    for (slice, (rows, places)) in rows.iter().zip(places).enumerate() {
        let mut sizes = entries.sizes.clone();
        sizes[axis] = start_of(slice as i64 + 1) - start_of(slice as i64);
        outputs.push((place_array(places, rank, rows.len())?, picked(&[entries.values], rows)?, sizes));
    }
    for (slice, (places, values, sizes)) in outputs.into_iter().enumerate() {
        cx.set(slice, places)?;
        cx.set(count + slice, values)?;
        cx.set(2 * count + slice, NdArray::vector(sizes))?;
    }
    Ok(())
}

fn slice_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let shape = cx.input(2);
        cx.set(0, PartialShape::new([None, shape.dim(0)]));
        cx.set(1, PartialShape::of_rank(1));
        cx.set(2, shape);
    }
    Ok(())
}

fn slice_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let entries = Entries::read(cx, 0)?;
    for (index, name) in [(3, "start"), (4, "size")] {
        let input = cx.input(index)?;
        ensure!(
            input.rank() == 1,
            invalid_argument,
            "Input {name} should be a vector but received shape {}",
            input.shape()
        );
        ensure!(
            input.len() == entries.rank(),
            invalid_argument,
            "Expected {name} to be a vector of length {} but got length {}",
            entries.rank(),
            input.len()
        );
    }
    let (start, asked) = (cx.ints(3)?, cx.ints(4)?);
    let mut sizes = Vec::with_capacity(entries.rank());
    for (axis, &size) in entries.sizes.iter().enumerate() {
        ensure!(
            start[axis] >= 0 && asked[axis] >= 0,
            invalid_argument,
            "expected start and size of axis {axis} to be non-negative, got [{}] and [{}]",
            listed(&start),
            listed(&asked)
        );
        sizes.push(asked[axis].min(size.saturating_sub(start[axis])).max(0));
    }
    let (mut rows, mut places) = (Vec::new(), Vec::new());
    for entry in 0..entries.count() {
        let place = entries.place(entry);
        let moved: Vec<i64> =
            place.iter().zip(&start).map(|(index, start)| index.saturating_sub(*start)).collect();
        if moved.iter().zip(&sizes).all(|(index, size)| (0..*size).contains(index)) {
            places.extend(moved);
            rows.push((0, entry));
        }
    }
    let (places, values) =
        (place_array(places, entries.rank(), rows.len())?, picked(&[entries.values], &rows)?);
    cx.set(0, places)?;
    cx.set(1, values)?;
    cx.set(2, NdArray::vector(sizes))
}

fn slice_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let gradient =
        Op::new(&SPARSE_SLICE_GRAD).input(cx.dy(1)?).input(cx.x(0)?).input(cx.x(3)?).input(cx.y(0)?);
    cx.set(1, gradient.one())
}

fn slice_grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let indices = cx.with_rank(1, 2)?;
        cx.set(0, PartialShape::new([indices.dim(0)]));
    }
    Ok(())
}

fn slice_grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (gradient, inputs, start, outputs) = (cx.input(0)?, cx.input(1)?, cx.input(2)?, cx.input(3)?);
    ensure!(
        inputs.rank() == 2 && outputs.rank() == 2,
        invalid_argument,
        "Input and output indices should be matrices but received shapes: {} and {}",
        inputs.shape(),
        outputs.shape()
    );
    ensure!(
        gradient.rank() == 1,
        invalid_argument,
        "Input backprop_val_grad should be a vector but received shape: {}",
        gradient.shape()
    );
    let rank = inputs.shape()[1];
    ensure!(
        outputs.shape()[1] == rank && start.len() == rank,
        invalid_argument,
        "The input and output should have the same ndims: got: {rank} and {}",
        outputs.shape()[1]
    );
    ensure!(
        gradient.len() == outputs.shape()[0],
        invalid_argument,
        "# elements of backprop_val_grad and # rows of output_indices should match (#nnz of sum): got {} and {}",
        gradient.len(),
        outputs.shape()[0]
    );
    let (count, start) = (inputs.shape()[0], start.to_i64_vec()?);
    let (inputs, outputs) = (inputs.as_slice::<i64>()?, outputs.as_slice::<i64>()?);
    let mut at = 0;
    let mut rows = Vec::with_capacity(count);
    for entry in 0..count {
        let place = &inputs[entry * rank..(entry + 1) * rank];
        let is_next = at < gradient.len()
            && (0..rank).all(|axis| place[axis].wrapping_sub(start[axis]) == outputs[at * rank + axis]);
        rows.push(is_next.then_some(at));
        at += usize::from(is_next);
    }
    let values = dispatch!(gradient.dtype(), NUMBERS, |T| {
        let gradient = gradient.as_slice::<T>()?;
        let values = rows.iter().map(|row| row.map_or(T::default(), |row| gradient[row]));
        Ok(NdArray::vector(values.collect::<Vec<T>>()))
    })?;
    cx.set(0, values)
}

pub(crate) static SPARSE_CONCAT: OpDef = OpDef {
    name: "SparseConcat",
    shape: concat_shape,
    kernel: Some(concat_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static SPARSE_SPLIT: OpDef =
    OpDef { name: "SparseSplit", shape: split_shape, kernel: Some(split_kernel), ..OpDef::NEW };

pub(crate) static SPARSE_SLICE: OpDef = OpDef {
    name: "SparseSlice",
    shape: slice_shape,
    kernel: Some(slice_kernel),
    grad: Grad::Fn(slice_grad),
    ..OpDef::NEW
};

pub(crate) static SPARSE_SLICE_GRAD: OpDef =
    OpDef { name: "SparseSliceGrad", shape: slice_grad_shape, kernel: Some(slice_grad_kernel), ..OpDef::NEW };
