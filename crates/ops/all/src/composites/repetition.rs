//! `repeat` and `linspace`: elements said several times over, and numbers at equal distances.

use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, Result, Tensor, bail, constant, context, convert_to_tensor,
    operators,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// Each element repeated as often as `repeats` says (a number for all, or one for each) along an axis; without an axis
/// the input is flattened first.
///
/// Source: `tf.repeat`.
///
/// ```
/// use ferroflow_ops::composites::repeat;
/// ferroflow_ops::install();
/// assert_eq!(repeat([3, 4], [1, 2], None)?.numpy()?.as_slice::<i32>()?, [3, 4, 4]);
/// let rows = repeat([[1, 2], [3, 4]], 2, Some(0))?;
/// assert_eq!(rows.numpy()?.shape().dims(), [4, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for an axis that the input does not have, and for repeats that are not one for each element of the axis;
/// `Unimplemented` for an input of unknown rank.
pub fn repeat(input: impl IntoOperand, repeats: impl IntoOperand, axis: Option<i64>) -> Result<Tensor> {
    let (input, repeats) = (input.into_operand()?, repeats.into_operand()?);
    let name = context::take_name().unwrap_or_else(|| "Repeat".to_string());
    let (input, axis) = match axis {
        Some(axis) => (input, axis),
        None => (array::reshape(input, [-1])?.into_operand()?, 0),
    };
    context::with_name(&name, || context::name_scope("Repeat", || repeated(input, repeats, axis)))
}

fn repeated(data: Operand, repeats: Operand, axis: i64) -> Result<Tensor> {
    let data = context::with_name("data", || convert_to_tensor(data, None))?;
    let repeats = int_tensor("repeats", repeats)?;
    let data = if data.rank() == Some(0) { array::stack([data])? } else { data };
    let Some(rank) = data.rank() else {
        bail!(unimplemented, "repeat of a tensor of unknown rank is not supported");
    };
    let Some(of_repeats) = repeats.rank().filter(|rank| *rank <= 1) else {
        bail!(value, "Shape {} must have rank at most 1", repeats.shape());
    };
    let sizes = array::shape_with(&data, |o| o.out_type(repeats.dtype()))?;
    if axis < -(rank as i64) || axis >= rank as i64 {
        bail!(value, "axis={axis} out of bounds: expected {}<=axis<{rank}", -(rank as i64));
    }
    let axis = axis.rem_euclid(rank as i64) as usize;
    let at = axis as i32;
    // Names are those that lists get where TensorFlow converts them.
    let tiled = |data: Tensor, multiple: Tensor| {
        context::name_scope_for_op("Tile", |name| {
            let one = NdArray::scalar(1i32).cast(multiple.dtype())?;
            let mut multiples = Vec::new();
            for dim in 0..=rank {
                multiples.push(match dim == axis + 1 {
                    true => multiple.clone(),
                    false => context::with_name(&format!("multiples/{dim}"), || constant(one.clone()))?,
                });
            }
            let multiples = context::with_name("multiples", || Op::named("Pack").inputs(multiples).one())?;
            context::with_name(&name, || array::tile(data, multiples))
        })
    };
    let joined = |middle: &dyn Fn() -> Result<Tensor>| {
        let before = array::getitem(&sizes, ..at)?;
        let middle = middle()?;
        let after = array::getitem(&sizes, at + 1..)?;
        array::concat_around(Some(before), &[middle], Some(after))
    };
    if repeats.shape().num_elements() == Some(1) {
        let repeats = scalar_of(repeats)?;
        let tiled = tiled(array::expand_dims(&data, at + 1)?, repeats.clone())?;
        return array::reshape(tiled, joined(&|| &repeats * array::getitem(&sizes, at)?)?);
    }
    let length = data.shape().dim(axis);
    if of_repeats == 1
        && let (Some(length), Some(count)) = (length, repeats.shape().dim(0))
        && length != count
    {
        bail!(value, "Dimensions {length} and {count} are not compatible");
    }
    let each = broadcast_to_size(&repeats, array::getitem(&sizes, at)?)?;
    let mut whole = each.clone();
    if axis > 0 {
        let own = array::shape(&each)?;
        let outer = (at + 1 - array::rank(&each)?)?;
        let shape = array::concat([array::getitem(&sizes, ..&outer)?, own], 0)?;
        whole = array::broadcast_to(&each, shape)?;
    }
    let most = math::reduce_max(&whole, ())?;
    let zero = context::with_name("zero", || constant(NdArray::scalar(0i32).cast(most.dtype())?))?;
    let most = math::maximum(zero, most)?;
    let mask = super::sequence_mask(&whole, &most)?;
    let tiled = tiled(array::expand_dims(&data, at + 1)?, most)?;
    let kept = super::boolean_mask(tiled, mask)?;
    if axis == 0 {
        return Ok(kept);
    }
    let axes = Op::named("Range").input(0).input(array::rank(&each)?).input(1).one()?;
    let total = Op::named("Sum").input(each).input(axes).one()?;
    array::reshape(kept, joined(&|| Ok(total.clone()))?)
}

/// A literal or tensor as `int32`; TensorFlow casts, needed or not.
fn int_tensor(name: &str, value: Operand) -> Result<Tensor> {
    let tensor = context::with_name(name, || convert_to_tensor(value, None))?;
    if !tensor.dtype().is_integer() {
        bail!(type_error, "{name} must be an integer; got dtype {}", tensor.dtype().name());
    }
    Op::named("Cast").input(tensor).attr("DstT", DType::INT32).one()
}

/// The only element as a scalar. An empty list is made a tensor of floats first, which no shape is, and then one of integers:
/// both stay in TensorFlow's graphs.
fn scalar_of(tensor: Tensor) -> Result<Tensor> {
    context::name_scope_for_op("Reshape", |name| {
        context::with_name("shape", || constant(NdArray::vector(Vec::<f32>::new())))?;
        let shape = context::with_name("shape", || constant(NdArray::vector(Vec::<i32>::new())))?;
        context::with_name(&name, || array::reshape(tensor, shape))
    })
}

/// Broadcast to a shape of one size; names are those of a list that is converted.
fn broadcast_to_size(tensor: &Tensor, size: Tensor) -> Result<Tensor> {
    context::name_scope_for_op("BroadcastTo", |name| {
        let shape = context::with_name("shape", || Op::named("Pack").inputs([size]).one())?;
        context::with_name(&name, || array::broadcast_to(tensor, shape))
    })
}

/// `num` numbers at equal distances from `start` to `stop`, both among them, along a new axis in front.
///
/// Source: `tf.linspace`.
///
/// ```
/// use ferroflow_ops::composites::linspace;
/// ferroflow_ops::install();
/// assert_eq!(linspace(10.0, 12.0, 3)?.numpy()?.as_slice::<f32>()?, [10.0, 11.0, 12.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for shapes that do not broadcast, or a negative number.
pub fn linspace(start: impl IntoOperand, stop: impl IntoOperand, num: impl IntoOperand) -> Result<Tensor> {
    linspace_with(start, stop, num, 0)
}

/// [`linspace`] along a given new axis.
///
/// # Errors
/// As [`linspace`]; `InvalidArgument` for an axis that the result cannot have.
pub fn linspace_with(
    start: impl IntoOperand,
    stop: impl IntoOperand,
    num: impl IntoOperand,
    axis: i32,
) -> Result<Tensor> {
    let (start, stop, num) = (start.into_operand()?, stop.into_operand()?, num.into_operand()?);
    context::name_scope("linspace", || {
        let start = context::with_name("start", || convert_to_tensor(start, None))?;
        let stop = context::with_name("stop", || convert_to_tensor(stop, Some(start.dtype())))?;
        let count = int_tensor("num", num)?;
        // Nobody reads it, but TensorFlow's graphs have it.
        operators::cast(&count, start.dtype())?;
        let shape = array::broadcast_dynamic_shape(array::shape(&start)?, array::shape(&stop)?)?;
        let start = array::broadcast_to(start, &shape)?;
        let stop = array::broadcast_to(stop, &shape)?;
        let first = array::expand_dims(start, axis)?;
        let last = array::expand_dims(stop, axis)?;

        let sizes = array::shape(&first)?;
        let rank = array::getitem(array::shape(&sizes)?, 0)?;
        let axis = array::where_select(axis >= 0, axis, (&rank + axis)?)?;
        // Negative counts must not reach the range, which would refuse them, nor a count of one the division.
        let between = math::maximum((&count - 2)?, 0)?;
        let steps = math::maximum((&count - 1)?, 1)?;
        let distance = (&last - &first)?;
        let delta = operators::truediv(distance, operators::cast(&steps, last.dtype())?)?;
        let first = operators::cast(first, delta.dtype())?;
        let last = operators::cast(last, delta.dtype())?;
        let end = array::where_select(math::greater_equal(&count, 0)?, &steps, -1)?;
        let numbers = operators::cast(range(1, end, DType::INT64)?, delta.dtype())?;
        let axes = range(0, rank, DType::INT32)?;
        let mask = Op::named("Equal").input(&axes).input(&axis).one()?;
        let numbers = array::reshape(numbers, array::where_select(mask, between, 1)?)?;
        let inner = (&first + (delta * numbers)?)?;

        let joined = array::concat([first, inner, last], &axis)?;
        let begin = array::zeros_like(&sizes)?;
        // `sizes[0:axis]`, where TensorFlow writes the zero.
        let front = array::Index::Span {
            begin: Some(0i64.into_operand()?),
            end: Some(Operand::Tensor(axis.clone())),
            step: None,
        };
        let before = array::getitem(&sizes, front)?;
        let own = array::reshape(count, [1])?;
        let size = [before, own, array::getitem(&sizes, &(&axis + 1)?..)?];
        array::slice(joined, begin, array::concat(size, 0)?)
    })
}

/// The numbers from `start` up to `end`.
fn range(start: i64, end: Tensor, dtype: DType) -> Result<Tensor> {
    context::name_scope_for_op("range", |name| {
        let number = |name: &str, value: i64| {
            context::with_name(name, || constant(NdArray::scalar(value).cast(dtype)?))
        };
        let (start, delta) = (number("start", start)?, number("delta", 1)?);
        Op::named("Range").input(start).input(operators::cast(end, dtype)?).input(delta).name(name).one()
    })
}
