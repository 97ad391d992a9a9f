//! Pack, Unpack: tensors joined along a new dimension, and the way back.

use crate::blocks::{Cut, Join};
use crate::mover;
use ferroflow_core::{
    Error, Grad, GradCtx, IntoOperand, IntoOperands, KernelCtx, NdArray, Op, OpDef, Operand, PartialShape,
    Result, Shape, ShapeCtx, Tensor, bail, constant_node, context, convert_to_tensor, literal_array, options,
};

options! {
    /// Optional arguments of [`stack_with`] and [`unstack_with`].
    pub struct StackOptions {
        /// Where the new dimension stands, or stood.
        axis: i64 = 0,
        /// How many tensors [`unstack_with`] makes, where the shape does not say.
        num: Option<i64> = None,
    }
}

/// The tensors, all of one shape, along a new first dimension.
///
/// Source: `tf.stack` (op `Pack`; a `Const` of plain numbers).
///
/// ```
/// use ferroflow_ops_array::stack;
/// assert_eq!(stack([[1, 2], [3, 4]])?.shape(), [2, 2].into());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes differ.
pub fn stack(values: impl IntoOperands) -> Result<Tensor> {
    stack_with(values, |o| o)
}

/// [`stack`] with options.
///
/// # Errors
/// As [`stack`], and when the axis is out of range.
pub fn stack_with(
    values: impl IntoOperands,
    options: impl FnOnce(StackOptions) -> StackOptions,
) -> Result<Tensor> {
    let axis = options(StackOptions::default()).axis;
    let values = values.into_operands()?;
    let literal = values.iter().all(|value| matches!(value, Operand::Value { .. }));
    if axis == 0 && literal && !values.is_empty() && !context::executing_eagerly() {
        let natural = values.iter().map(Operand::natural_dtype).max_by_key(|dtype| dtype.is_floating());
        let parts = values.iter().map(|value| literal_array(value, natural)).collect::<Result<Vec<_>>>()?;
        if parts.iter().all(|part| part.shape() == parts[0].shape()) {
            let name = context::take_name().unwrap_or_else(|| "stack".to_string());
            let stacked = pack(&parts, 0)?;
            return context::with_name(&name, || constant_node(stacked));
        }
    }
    if axis == 0 && !context::executing_eagerly() {
        return packed_by_position(values);
    }
    Op::new(&PACK).inputs(values).attr("axis", axis).default_name("stack").one()
}

/// Literals between tensors are named by their place: `stack/1`, and `stack/1_1` where a scope of that name was opened for
/// the elements of a list.
fn packed_by_position(values: Vec<Operand>) -> Result<Tensor> {
    let dtype = values.iter().find_map(Operand::fixed_dtype);
    context::name_scope_for_op("stack", |name| {
        let tensor = |(position, value): (usize, Operand)| {
            let suffix = if value.value().is_some_and(|value| value.rank() > 0) { "_1" } else { "" };
            let dtype = value.fixed_dtype().or(dtype);
            context::with_name(&format!("{position}{suffix}"), || convert_to_tensor(value, dtype))
        };
        let tensors = values.into_iter().enumerate().map(tensor).collect::<Result<Vec<_>>>()?;
        Op::new(&PACK).inputs(tensors).attr("axis", 0).name(name).one()
    })
}

/// The slices of a tensor along its first dimension.
///
/// Source: `tf.unstack` (op `Unpack`).
///
/// # Errors
/// `ValueError` when the size of the dimension is not known; `InvalidArgument` for a scalar.
pub fn unstack(value: impl IntoOperand) -> Result<Vec<Tensor>> {
    unstack_with(value, |o| o)
}

/// [`unstack`] with options.
///
/// # Errors
/// As [`unstack`], and when the axis is out of range.
pub fn unstack_with(
    value: impl IntoOperand,
    options: impl FnOnce(StackOptions) -> StackOptions,
) -> Result<Vec<Tensor>> {
    let StackOptions { axis, num } = options(StackOptions::default());
    let value = value.into_operand()?;
    let op = match num {
        Some(num) => Op::new(&UNPACK).input(value).attr("num", num),
        None => {
            let value = convert_to_tensor(value, None)?;
            let shape = value.shape();
            if let Some(rank) = shape.rank()
                && (axis < -(rank as i64) || axis >= rank as i64)
            {
                bail!(value, "Argument `axis` = {axis} not in range [-{rank}, {rank})");
            }
            let at = if axis < 0 {
                shape.rank().map_or(0, |rank| (axis + rank as i64) as usize)
            } else {
                axis as usize
            };
            let Some(num) = shape.dim(at) else {
                bail!(value, "Cannot infer argument `num` from shape {shape}")
            };
            Op::new(&UNPACK).input(value).attr("num", num)
        }
    };
    op.attr("axis", axis).default_name("unstack").all()
}

fn pack(parts: &[NdArray], axis: usize) -> Result<NdArray> {
    let Some(first) = parts.first() else { bail!(internal, "nothing to pack") };
    let mut dims = first.shape().to_vec();
    dims.insert(axis, parts.len());
    let values: Vec<&NdArray> = parts.iter().collect();
    mover::run(&values, Shape::new(&dims)?, &Join::along(&values, axis))
}

/// Where the new dimension stands in a result of this rank.
fn new_axis(cx: &ShapeCtx<'_>, axis: i64, rank: i64) -> Result<usize> {
    if axis < -rank || axis >= rank {
        return Err(cx.mismatch(
            format!("axis = {axis} not in [{}, {rank})", -rank),
            format!("Invalid axis: {axis}; must be in [{},{rank})", -rank),
        ));
    }
    Ok(if axis < 0 { axis + rank } else { axis } as usize)
}

fn pack_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let axis = cx.int("axis")?;
    let mut merged = cx.input(0);
    for index in 1..cx.num_inputs() {
        let other = cx.input(index);
        if cx.at_run_time() && other != merged {
            bail!(
                invalid_argument,
                "Shapes of all inputs must match: values[0].shape = {} != values[{index}].shape = {}",
                merged.cpp(),
                other.cpp()
            );
        }
        merged = cx.merge(&merged, &other).map_err(|error: Error| {
            let message =
                format!("{}\n\tFrom merging shape {} with other shapes.", error.message(), index - 1);
            error.with_message(message)
        })?;
    }
    let Some(dims) = merged.dims() else { return Ok(()) };
    let at = new_axis(cx, axis, dims.len() as i64 + 1)?;
    let (before, after) = dims.split_at(at);
    let packed = PartialShape::new(before.iter().chain([&Some(cx.num_inputs())]).chain(after).copied());
    cx.set(0, packed);
    Ok(())
}

fn pack_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let axis = ferroflow_core::normalize_axis(cx.int("axis")?, shape.rank())?;
    let packed = match cx.inputs() {
        // A single value only changes its shape.
        [_] => cx.take(0)?.into_shape(shape)?,
        values => pack(values, axis)?,
    };
    cx.set(0, packed)
}

fn pack_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let grads = Op::new(&UNPACK)
        .input(cx.dy(0)?)
        .attr("num", cx.inputs().len())
        .attr("axis", cx.int("axis")?)
        .all()?;
    for (index, grad) in grads.into_iter().enumerate() {
        cx.set(index, grad)?;
    }
    Ok(())
}

fn unpack_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (axis, num) = (cx.int("axis")?, cx.int("num")?);
    let shape = cx.input(0);
    let Some(dims) = shape.dims() else { return Ok(()) };
    let rank = dims.len() as i64;
    if axis < -rank || axis >= rank {
        return Err(cx.mismatch(
            format!("axis = {axis} not in [{}, {rank})", -rank),
            format!("Invalid axis: {axis}; must be in [{},{rank})", -rank),
        ));
    }
    let at = if axis < 0 { axis + rank } else { axis } as usize;
    if let Some(size) = dims[at]
        && size as i64 != num
    {
        return Err(cx.mismatch(
            format!("Input shape axis {at} must equal {num}, got shape {}", shape.cpp()),
            format!("Dimension must be {num} but is {size}"),
        ));
    }
    let rest =
        PartialShape::new(dims.iter().enumerate().filter(|(axis, _)| *axis != at).map(|(_, dim)| *dim));
    for index in 0..cx.num_outputs() {
        cx.set(index, rest.clone());
    }
    Ok(())
}

fn unpack_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let num = cx.num_outputs();
    let value = cx.take(0)?;
    let axis = ferroflow_core::normalize_axis(cx.int("axis")?, value.rank())?;
    let block = value.shape().dims().iter().skip(axis + 1).product();
    for index in 0..num {
        let shape = cx.output_shape(index)?;
        let cut = Cut { row: block * num, start: block * index, block };
        cx.set(index, mover::run(&[&value], shape, &cut)?)?;
    }
    Ok(())
}

fn unpack_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let grads = (0..cx.outputs().len()).map(|index| cx.dy(index)).collect::<Result<Vec<_>>>()?;
    if grads.is_empty() {
        return Ok(());
    }
    let packed = Op::new(&PACK).inputs(grads).attr("axis", cx.int("axis")?).default_name("stack").one();
    cx.set(0, packed)
}

pub(crate) static PACK: OpDef = OpDef {
    name: "Pack",
    shape: pack_shape,
    kernel: Some(pack_kernel),
    grad: Grad::Fn(pack_grad),
    ..OpDef::NEW
};
pub(crate) static UNPACK: OpDef = OpDef {
    name: "Unpack",
    shape: unpack_shape,
    kernel: Some(unpack_kernel),
    grad: Grad::Fn(unpack_grad),
    ..OpDef::NEW
};
