//! ConcatV2, Concat, ConcatOffset: tensors joined along a dimension they have.

use crate::blocks::Join;
use crate::mover;
use crate::sizes::joined;
use ferroflow_core::{
    DType, Dim, Grad, GradCtx, IntoOperand, IntoOperands, KernelCtx, NdArray, Op, OpDef, PartialShape,
    Result, ShapeCtx, Tensor, bail, context, convert_to_tensor, operators::floormod,
};
use std::ops::Range;

/// The tensors one after the other along dimension `axis`.
///
/// Source: `tf.concat` (op `ConcatV2`).
///
/// ```
/// use ferroflow_ops_array::concat;
/// let joined = concat([[[1, 2]], [[3, 4]]], 1)?;
/// assert_eq!(joined.numpy()?.as_slice::<i32>()?, [1, 2, 3, 4]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the other dimensions differ.
pub fn concat(values: impl IntoOperands, axis: impl IntoOperand) -> Result<Tensor> {
    let mut values = values.into_operands()?;
    if values.len() == 1
        && let Some(only) = values.pop()
    {
        // TensorFlow checks the axis of a single value by making it a scalar constant, and no more.
        return context::name_scope("concat", || {
            context::with_name("concat_dim", || convert_to_tensor(axis, Some(DType::INT32)))?;
            context::with_name("concat", || crate::identity(only))
        });
    }
    Op::new(&CONCAT_V2).inputs(values).input(axis).default_name("concat").one()
}

/// Scalars as a vector between two others. In Python `concat([before, [a, b], after], 0)` packs the list into a node that is named
/// by its place; this does the same.
///
/// # Errors
/// `InvalidArgument` when the scalars are none.
pub fn concat_around(before: Option<Tensor>, scalars: &[Tensor], after: Option<Tensor>) -> Result<Tensor> {
    context::name_scope_for_op("concat", |name| {
        let place = format!("values_{}", usize::from(before.is_some()));
        let packed = context::with_name(&place, || Op::named("Pack").inputs(scalars).one())?;
        let parts: Vec<Tensor> = before.into_iter().chain([packed]).chain(after).collect();
        context::with_name(&name, || concat(parts, 0))
    })
}

/// Where the axis and the values stand among the inputs, which differs between the two versions.
fn layout(cx: &ShapeCtx<'_>) -> (usize, Range<usize>) {
    let inputs = cx.num_inputs();
    if cx.op() == "Concat" { (0, 1..inputs) } else { (inputs.saturating_sub(1), 0..inputs.saturating_sub(1)) }
}

fn concat_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (axis_input, values) = layout(cx);
    let axis_shape = cx.input(axis_input);
    if cx.at_run_time() {
        let name = if axis_input == 0 { "concat_dim" } else { "axis" };
        if axis_shape.num_elements() != Some(1) || axis_shape.rank().is_some_and(|rank| rank > 1) {
            bail!(
                invalid_argument,
                "{name} tensor should be a scalar integer, but got shape {}",
                axis_shape.cpp()
            );
        }
    } else {
        cx.with_rank(axis_input, 0)?;
    }
    let shapes: Vec<PartialShape> = values.map(|index| cx.input(index)).collect();
    let Some(axis) = cx.int_value(axis_input)? else {
        let rank = shapes.iter().find_map(PartialShape::rank);
        cx.set(0, rank.map_or(PartialShape::unknown(), PartialShape::of_rank));
        return Ok(());
    };
    let joined = if cx.at_run_time() {
        joined_at_run_time(&shapes, axis)?
    } else {
        joined_in_graph(cx, &shapes, axis)?
    };
    cx.set(0, joined);
    Ok(())
}

fn joined_at_run_time(shapes: &[PartialShape], axis: i64) -> Result<PartialShape> {
    let Some(dims) = shapes.first().and_then(PartialShape::dims) else { return Ok(PartialShape::unknown()) };
    let rank = dims.len() as i64;
    if rank == 0 {
        bail!(invalid_argument, "ConcatOp : Can't concatenate scalars (use tf.stack instead)");
    }
    let at = if axis < 0 { axis + rank } else { axis };
    let Some(at) = usize::try_from(at).ok().filter(|&at| at < dims.len()) else {
        bail!(
            invalid_argument,
            "ConcatOp : Expected concatenating dimensions in the range [{}, {rank}), but got {axis}",
            -rank
        );
    };
    let mut total = Some(0usize);
    for (index, shape) in shapes.iter().enumerate() {
        let others = shape.dims().unwrap_or_default();
        if others.len() != dims.len() {
            bail!(
                invalid_argument,
                "ConcatOp : Ranks of all input tensors should match: shape[0] = {} vs. shape[{index}] = {}",
                shapes[0].cpp(),
                shape.cpp()
            );
        }
        if let Some(clash) = (0..dims.len()).find(|&dim| dim != at && dims[dim] != others[dim]) {
            bail!(
                invalid_argument,
                "ConcatOp : Dimension {clash} in both shapes must be equal: shape[0] = {} vs. shape[{index}] = {}",
                shapes[0].cpp(),
                shape.cpp()
            );
        }
        total = sum(total, others[at]);
    }
    Ok(PartialShape::new(dims.iter().enumerate().map(|(dim, size)| if dim == at { total } else { *size })))
}

fn sum(a: Dim, b: Dim) -> Dim {
    a?.checked_add(b?)
}

fn joined_in_graph(cx: &ShapeCtx<'_>, shapes: &[PartialShape], axis: i64) -> Result<PartialShape> {
    // The axis alone says how many dimensions there are at least.
    let least = if axis < 0 { -axis } else { axis + 1 } as usize;
    let Some(rank) = shapes.iter().find_map(PartialShape::rank) else { return Ok(PartialShape::unknown()) };
    if rank == 0 {
        bail!(invalid_argument, "Can't concatenate scalars (use tf.stack instead)");
    }
    if rank < least {
        bail!(invalid_argument, "Shape must be at least rank {least} but is rank {rank}");
    }
    let at = if axis < 0 { rank - least } else { axis as usize };
    let (mut before, mut total, mut after) =
        (PartialShape::of_rank(at), Some(0), PartialShape::of_rank(rank - at - 1));
    for shape in shapes.iter().rev() {
        match shape.rank() {
            Some(found) if found != rank => {
                bail!(invalid_argument, "Shape must be rank {rank} but is rank {found}")
            }
            Some(_) => {
                before = cx.merge(&shape.slice(0..at), &before)?;
                after = cx.merge(&shape.slice(at + 1..rank), &after)?;
                total = sum(total, shape.dim(at));
            }
            None => total = None,
        }
    }
    Ok(before.concatenate(&PartialShape::new([total])).concatenate(&after))
}

fn concat_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let count = cx.num_inputs().saturating_sub(1);
    let (axis, first) =
        if cx.op().name == "Concat" { (cx.int_value(0)?, 1) } else { (cx.int_value(count)?, 0) };
    let axis = ferroflow_core::normalize_axis(axis, shape.rank())?;
    let values: Vec<&NdArray> = cx.inputs().iter().skip(first).take(count).collect();
    let join = Join::along(&values, axis);
    let joined = mover::run(&values, shape, &join)?;
    cx.set(0, joined)
}

fn concat_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let count = cx.inputs().len().saturating_sub(1);
    let (axis_input, first) = if cx.op().name == "Concat" { (0, 1) } else { (count, 0) };
    let (axis, dy) = (cx.x(axis_input)?.clone(), cx.dy(0)?);
    let values: Vec<Tensor> = cx.inputs().iter().skip(first).take(count).cloned().collect();
    let grads = match values.as_slice() {
        [_] => vec![dy],
        _ => match known_sizes(&values, &axis) {
            Some((sizes, axis)) if dy.as_symbolic().is_none() => crate::split_v(dy, sizes, axis)?,
            _ => cuts(&dy, &values, &axis)?,
        },
    };
    for (index, grad) in grads.into_iter().enumerate() {
        cx.set(first + index, grad)?;
    }
    Ok(())
}

/// The gradient of a graph's concatenation in pieces, by the nodes that TensorFlow adds.
fn cuts(dy: &Tensor, values: &[Tensor], axis: &Tensor) -> Result<Vec<Tensor>> {
    let Some(first) = values.first() else { bail!(internal, "a concatenation of nothing") };
    let rank = crate::rank(first)?;
    let axis = context::with_name("mod", || floormod(axis, rank))?;
    let mut shapes = Vec::with_capacity(values.len());
    for value in values {
        shapes.push(crate::shape(value)?);
        if !value.shape().is_fully_defined() {
            shapes = crate::shape_n(values)?;
            break;
        }
    }
    // Many pieces are cut by one op.
    if shapes.len() > 16 {
        let stacked = crate::stack_with(&shapes, |o| o.axis(1))?;
        let sizes = context::name_scope_for_op("Slice", |name| {
            let begin = [axis.clone().into_operand()?, 0.into_operand()?];
            let begin = context::with_name("begin", || crate::stack(begin))?;
            context::with_name(&name, || crate::slice(stacked, begin, [1, -1]))
        })?;
        return crate::split_v(dy, crate::squeeze(sizes)?, axis);
    }
    let offsets = Op::named("ConcatOffset").input(axis).inputs(&shapes).all()?;
    offsets.iter().zip(&shapes).map(|(offset, shape)| crate::slice(dy, offset, shape)).collect()
}

/// The sizes of the values along an axis, where all of that is known.
fn known_sizes(values: &[Tensor], axis: &Tensor) -> Option<(Vec<i32>, i32)> {
    let axis = crate::constant_value(axis)?.to_i64_vec().ok()?.first().copied()?;
    let rank = values.first()?.rank()?;
    let axis = ferroflow_core::normalize_axis(axis, rank).ok()?;
    let sizes = values.iter().map(|value| i32::try_from(value.shape().dim(axis)?).ok());
    Some((sizes.collect::<Option<_>>()?, axis as i32))
}

fn offset_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        if cx.input(0).rank().is_some_and(|rank| rank != 0) {
            bail!(
                invalid_argument,
                "Concat dim tensor should be a scalar integer, but got shape {}",
                cx.input(0).cpp()
            );
        }
        for index in 1..cx.num_inputs() {
            check_vector(index, &cx.input(index))?;
        }
    }
    for index in 1..cx.num_inputs() {
        let shape = cx.input(index);
        cx.set(index - 1, shape);
    }
    Ok(())
}

fn check_vector(index: usize, shape: &PartialShape) -> Result<()> {
    if shape.rank().is_some_and(|rank| rank != 1) {
        bail!(invalid_argument, "input {index} should be a vector, but got shape {}", shape.cpp());
    }
    Ok(())
}

fn offset_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let axis_shape = cx.input(0)?.shape();
    if axis_shape.rank() != 0 {
        bail!(invalid_argument, "Concat dim tensor should be a scalar integer, but got shape {axis_shape}");
    }
    let dtype = cx.dtype("shape_type")?;
    let shapes: Vec<Vec<i64>> = (1..cx.num_inputs()).map(|index| cx.ints(index)).collect::<Result<_>>()?;
    for (index, input) in cx.inputs().iter().enumerate().skip(1) {
        check_vector(index, &input.shape().into())?;
    }
    let rank = shapes[0].len();
    let axis = cx.int_value(0)?;
    let at = if axis < 0 { axis + rank as i64 } else { axis };
    let Some(at) = usize::try_from(at).ok().filter(|&at| at < rank) else {
        bail!(invalid_argument, "Concat dim is out of range: {axis} vs. {rank}");
    };
    let mut offset = 0i64;
    for (index, sizes) in shapes.iter().enumerate() {
        if sizes.len() != rank {
            bail!(invalid_argument, "input {index} should contain {rank} elements, but got {}", sizes.len());
        }
        if (0..rank).any(|dim| dim != at && sizes[dim] != shapes[0][dim]) {
            bail!(
                invalid_argument,
                "All dimensions except {at} must match. Input {index} has shape [{}] and doesn't match input 0 \
                 with shape [{}].",
                joined(sizes, " "),
                joined(&shapes[0], " ")
            );
        }
        let offsets: Vec<i64> = (0..rank).map(|dim| if dim == at { offset } else { 0 }).collect();
        offset = offset.wrapping_add(sizes[at]);
        cx.set(index, NdArray::vector(offsets).cast(dtype)?)?;
    }
    Ok(())
}

pub(crate) static CONCAT: OpDef = OpDef {
    name: "Concat",
    shape: concat_shape,
    kernel: Some(concat_kernel),
    grad: Grad::Fn(concat_grad),
    ..OpDef::NEW
};
pub(crate) static CONCAT_V2: OpDef = OpDef {
    name: "ConcatV2",
    shape: concat_shape,
    kernel: Some(concat_kernel),
    grad: Grad::Fn(concat_grad),
    ..OpDef::NEW
};
pub(crate) static CONCAT_OFFSET: OpDef = OpDef {
    name: "ConcatOffset",
    shape: offset_shape,
    kernel: Some(offset_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
