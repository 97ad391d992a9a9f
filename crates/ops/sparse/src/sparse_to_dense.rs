//! SparseToDense, SparseReorder: elements at given places of a dense tensor, and their order.

use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, Tensor,
    bail, dispatch, ensure, reserve,
};

/// A dense tensor with these values at these places and the default everywhere else.
///
/// Source: `tf.raw_ops.SparseToDense`.
///
/// # Errors
/// `InvalidArgument` for indices outside the shape, and, where they are to be checked, out of order or repeated.
pub fn sparse_to_dense(
    sparse_indices: impl IntoOperand,
    output_shape: impl IntoOperand,
    sparse_values: impl IntoOperand,
    default_value: impl IntoOperand,
    validate_indices: bool,
) -> Result<Tensor> {
    Op::new(&SPARSE_TO_DENSE)
        .input(sparse_indices)
        .input(output_shape)
        .input(sparse_values)
        .input(default_value)
        .attr("validate_indices", validate_indices)
        .one()
}

fn dense_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let shape = cx.input_as_shape(1)?;
        cx.set(0, shape);
    }
    Ok(())
}

fn shown(index: &[i64]) -> String {
    let parts: Vec<String> = index.iter().map(i64::to_string).collect();
    format!("[{}]", parts.join(","))
}

/// Where each index, a row of `rank` numbers, points to in the shape.
fn positions(indices: &[i64], shape: &Shape, validate: bool) -> Result<Vec<usize>> {
    let (rank, strides) = (shape.rank(), shape.strides());
    let mut positions = reserve(indices.len().checked_div(rank).unwrap_or(0))?;
    let mut last: Option<&[i64]> = None;
    for (row, index) in indices.chunks(rank.max(1)).enumerate() {
        let inside = index.iter().zip(shape.dims()).all(|(&i, &size)| i >= 0 && (i as u64) < size as u64);
        if !inside && validate {
            bail!(
                invalid_argument,
                "indices[{row}] = {} is out of bounds: need 0 <= index < {shape}",
                shown(index)
            );
        }
        ensure!(inside, invalid_argument, "Indices are not valid (out of bounds).  Shape: {shape}");
        if let (true, Some(last)) = (validate, last) {
            ensure!(
                last <= index,
                invalid_argument,
                "indices[{row}] = {} is out of order. Many sparse ops require sorted indices.\n    Use \
                 `tf.sparse.reorder` to create a correctly ordered copy.\n\n",
                shown(index)
            );
            ensure!(last != index, invalid_argument, "indices[{row}] = {} is repeated", shown(index));
        }
        last = Some(index);
        positions.push(index.iter().zip(&strides).map(|(&i, stride)| i as usize * stride).sum());
    }
    Ok(positions)
}

fn dense_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (indices, requested, values, default) = (cx.input(0)?, cx.input(1)?, cx.input(2)?, cx.input(3)?);
    ensure!(
        indices.rank() <= 2,
        invalid_argument,
        "sparse_indices should be a scalar, vector, or matrix, got shape {}",
        indices.shape()
    );
    let count = indices.shape().dims().first().copied().unwrap_or(1);
    let rank = indices.shape().dims().get(1).copied().unwrap_or(1);
    ensure!(
        requested.rank() == 1,
        invalid_argument,
        "output_shape must be rank 1, got shape {}",
        requested.shape()
    );
    ensure!(
        requested.len() == rank,
        invalid_argument,
        "output_shape has incorrect number of elements: {} should be: {rank}",
        requested.len()
    );
    ensure!(
        values.rank() == 0 || values.shape().dims() == [count],
        invalid_argument,
        "sparse_values has incorrect shape {}, should be [] or [{count}]",
        values.shape()
    );
    ensure!(default.rank() == 0, invalid_argument, "default_value should be a scalar.");
    let shape = Shape::from_i64(&requested.to_i64_vec()?)?;
    let positions = positions(&indices.to_i64_vec()?, &shape, cx.bool("validate_indices")?)?;
    let output = dispatch!(values.dtype(), ALL, |T| {
        let mut dense = NdArray::full(shape, default.item::<T>()?)?;
        let (elements, values) = (dense.as_mut_slice::<T>()?, values.as_slice::<T>()?);
        for (row, position) in positions.into_iter().enumerate() {
            if let (Some(element), Some(value)) =
                (elements.get_mut(position), values.get(row).or(values.first()))
            {
                *element = T::clone(value);
            }
        }
        Ok(dense)
    })?;
    cx.set(0, output)
}

fn dense_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (indices, dy) = (cx.x(0)?, cx.dy(0)?);
    let values = Op::named("GatherNd").input(&dy).input(indices).one()?;
    let sum = |tensor: &Tensor| {
        let rank = Op::named("Rank").input(tensor).one()?;
        let axes = Op::named("Range").input(0).input(rank).input(1).one()?;
        Op::named("Sum").input(tensor).input(axes).one()
    };
    let rest = Op::named("Sub").input(sum(&dy)?).input(sum(&values)?).one()?;
    cx.set(2, values)?;
    cx.set(3, rest)
}

fn reorder_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (indices, values) = (cx.input(0), cx.input(1));
    if !cx.at_run_time() {
        cx.with_rank(0, 2)?;
        cx.with_rank(1, 1)?;
        cx.with_rank(2, 1)?;
    }
    cx.set(0, indices);
    cx.set(1, values);
    Ok(())
}

fn reorder_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (indices, values) = (cx.input(0)?, cx.input(1)?);
    ensure!(
        indices.rank() == 2,
        invalid_argument,
        "Input indices should be a matrix but received shape {}",
        indices.shape()
    );
    ensure!(
        values.rank() == 1,
        invalid_argument,
        "Input values should be a vector but received shape {}",
        values.shape()
    );
    let (count, rank) = (indices.shape()[0], indices.shape()[1]);
    ensure!(
        values.len() == count,
        invalid_argument,
        "Number of elements in indices ({count}) and values ({}) do not match",
        values.len()
    );
    let rows = indices.as_slice::<i64>()?;
    let row = |at: usize| &rows[at * rank..(at + 1) * rank];
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| row(a).cmp(row(b)));
    let sorted: Vec<i64> = order.iter().flat_map(|&at| row(at).iter().copied()).collect();
    let sorted = NdArray::from_shape(indices.shape().clone(), sorted)?;
    let moved = dispatch!(values.dtype(), ALL, |T| {
        let values = values.as_slice::<T>()?;
        Ok(NdArray::vector(order.iter().map(|&at| T::clone(&values[at])).collect::<Vec<T>>()))
    })?;
    cx.set(0, sorted)?;
    cx.set(1, moved)
}

/// As `_SparseReorderGrad`: each entry's gradient is where the entry went.
fn reorder_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (indices, sizes, dy) = (cx.x(0)?, cx.x(2)?, cx.dy(1)?);
    let places = Op::named("Shape").input(indices).one()?;
    let count = Op::named("StridedSlice").input(places).input([0]).input([1]).input([1]);
    let count = count.attr("shrink_axis_mask", 1i64).one()?;
    let entries = Op::named("Range").input(0).input(count).input(1).one()?;
    let [_, order] = Op::new(&SPARSE_REORDER).input(indices).input(entries).input(sizes).outputs()?;
    let inverse = Op::named("InvertPermutation").input(order).one()?;
    cx.set(1, Op::named("GatherV2").input(dy).input(inverse).input(0).one())
}

fn reshape_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let (indices, new) = (cx.with_rank(0, 2)?, cx.with_rank(2, 1)?);
        cx.set(0, PartialShape::new([indices.dim(0), new.dim(0)]));
        cx.set(1, new);
    }
    Ok(())
}

/// The new shape with the one unknown size, -1, filled in.
fn filled_shape(old: &Shape, new: &[i64]) -> Result<Shape> {
    let total = old.num_elements();
    let (mut unknown, mut product) = (None, 1usize);
    for (axis, &size) in new.iter().enumerate() {
        match (size, unknown) {
            (-1, Some(first)) => {
                bail!(invalid_argument, "only one output dimension may be -1, not both {first} and {axis}")
            }
            (-1, None) => unknown = Some(axis),
            (0.., _) => match product.checked_mul(size as usize) {
                Some(next) => product = next,
                None => bail!(invalid_argument, "the requested shape {} overflows", shown(new)),
            },
            _ => bail!(invalid_argument, "size {axis} must be non-negative, not {size}"),
        }
    }
    let mut sizes = new.to_vec();
    if let Some(axis) = unknown {
        ensure!(
            product > 0,
            invalid_argument,
            "reshape cannot infer the missing input size for an empty tensor unless all specified input sizes are \
             non-zero"
        );
        sizes[axis] = (total / product) as i64;
        let shape = Shape::from_i64(&sizes)?;
        ensure!(
            total.is_multiple_of(product),
            invalid_argument,
            "Input to reshape is a SparseTensor with {total} dense values, but the requested shape requires a \
             multiple of {product}. input_shape={old} output_shape={shape}"
        );
        return Ok(shape);
    }
    let shape = Shape::from_i64(&sizes)?;
    ensure!(
        product == total,
        invalid_argument,
        "Input to reshape is a tensor with {total} dense values, but the requested shape has {product}. \
         input_shape={old} output_shape={shape}"
    );
    Ok(shape)
}

fn reshape_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let indices = cx.input(0)?;
    ensure!(
        indices.rank() == 2,
        invalid_argument,
        "Input indices should be a matrix but received shape {}",
        indices.shape()
    );
    let old = Shape::from_i64(&cx.ints(1)?)?;
    ensure!(
        indices.shape()[1] == old.rank(),
        invalid_argument,
        "Input tensor rank must match input shape length."
    );
    let new = filled_shape(&old, &cx.ints(2)?)?;
    let count = indices.shape()[0];
    let (old_strides, new_strides) = (old.strides(), new.strides());
    let mut moved = reserve::<i64>(count.saturating_mul(new.rank()))?;
    for index in indices.as_slice::<i64>()?.chunks(old.rank().max(1)) {
        // What lies outside the old shape wraps around, as it does in TensorFlow.
        let mut position = index
            .iter()
            .zip(&old_strides)
            .fold(0i64, |sum, (&i, &stride)| sum.wrapping_add(i.wrapping_mul(stride as i64)));
        for &stride in &new_strides {
            moved.push(position / stride as i64);
            position %= stride as i64;
        }
    }
    let moved = NdArray::from_shape(Shape::new(&[count, new.rank()])?, moved)?;
    cx.set(0, moved)?;
    cx.set(1, NdArray::vector(new.to_i64()))
}

pub(crate) static SPARSE_TO_DENSE: OpDef = OpDef {
    name: "SparseToDense",
    shape: dense_shape,
    kernel: Some(dense_kernel),
    grad: Grad::Fn(dense_grad),
    ..OpDef::NEW
};

pub(crate) static SPARSE_REORDER: OpDef = OpDef {
    name: "SparseReorder",
    shape: reorder_shape,
    kernel: Some(reorder_kernel),
    grad: Grad::Fn(reorder_grad),
    ..OpDef::NEW
};

pub(crate) static SPARSE_RESHAPE: OpDef = OpDef {
    name: "SparseReshape",
    shape: reshape_shape,
    kernel: Some(reshape_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
