//! The gradient of Einsum: equations turned around, and sums undone by broadcasting.

use super::equation::{Equation, Subscripts};
use super::op::EINSUM;
use crate::known::{conjugate, reshape};
use ferroflow_core::{GradCtx, Op, Result, Tensor, bail, operators};

fn apply(equation: String, operands: &[&Tensor]) -> Result<Tensor> {
    Op::new(&EINSUM)
        .inputs(operands.iter().map(|tensor| (*tensor).clone()).collect::<Vec<_>>())
        .attr("equation", equation)
        .one()
}

fn shape_of(tensor: &Tensor) -> Result<Tensor> {
    Op::named("Shape").input(tensor).one()
}

/// The elements of a shape from one position to another; negative ones count from the end, 0 as an end is the end.
fn part(shape: &Tensor, start: i64, end: i64) -> Result<Tensor> {
    Op::named("StridedSlice")
        .input(shape)
        .input([start as i32])
        .input([end as i32])
        .input([1])
        .attr("begin_mask", i64::from(start == 0))
        .attr("end_mask", i64::from(end == 0))
        .one()
}

/// One size of a shape.
fn size_at(shape: &Tensor, axis: i64) -> Result<Tensor> {
    part(shape, axis, if axis == -1 { 0 } else { axis + 1 })
}

fn concatenate(parts: &[Tensor]) -> Result<Tensor> {
    Op::named("ConcatV2").inputs(parts.to_vec()).input(0).one()
}

fn broadcast_to(tensor: &Tensor, from: &Tensor, to: &Tensor) -> Result<Tensor> {
    Op::named("BroadcastTo").input(reshape(tensor, from)?).input(to).one()
}

/// The labels of `input` that are in none of `others`, each once.
fn lost_labels(input: &Subscripts, others: &[&Subscripts]) -> Vec<char> {
    let mut lost = Vec::new();
    for label in input.labels() {
        if !lost.contains(&label) && !others.iter().any(|other| other.contains(label)) {
            lost.push(label);
        }
    }
    lost
}

fn has_repeats(subscripts: &Subscripts) -> bool {
    let labels: Vec<char> = subscripts.labels().collect();
    labels.iter().enumerate().any(|(position, label)| labels[..position].contains(label))
}

/// Undoes the sum over `lost` labels: the gradient `dy` of the `output` subscripts is spread over those of `input`.
fn spread(
    dy: &Tensor,
    output: &Subscripts,
    input: &Subscripts,
    input_shape: &Tensor,
    lost: &[char],
) -> Result<Tensor> {
    let axes: Vec<i64> = lost.iter().filter_map(|label| input.axis_of(*label)).collect();
    if !has_repeats(input) && !has_repeats(output) && input.without(lost) == *output {
        // A plain sum: broadcasting is all there is to do.
        let rank = Op::named("Size").input(input_shape).one()?;
        let axes: Vec<i32> = axes.iter().map(|axis| *axis as i32).collect();
        let all = Op::named("Range").input(0).input(&rank).input(1).one()?;
        let axes = ((ferroflow_core::constant(axes.clone())? + &rank)? % rank)?;
        let ones = Op::named("OnesLike").input(&axes).one()?;
        let kept = Op::named("DynamicStitch").inputs([&all, &axes]).inputs([input_shape, &ones]).one()?;
        return broadcast_to(dy, &kept, input_shape);
    }
    // With diagonals or another order of axes, the lost ones come first and another equation puts them in place.
    let sizes = axes.iter().map(|axis| size_at(input_shape, *axis)).collect::<Result<Vec<_>>>()?;
    let dy_shape = shape_of(dy)?;
    let ones = ferroflow_core::constant(vec![1i32; lost.len()])?;
    let from = concatenate(&[ones, dy_shape.clone()])?;
    let to = concatenate(&[sizes, vec![dy_shape]].concat())?;
    let spread = broadcast_to(dy, &from, &to)?;
    let labels: String = lost.iter().collect();
    apply(format!("{labels}{}->{}", output.text(), input.text()), &[&spread])
}

/// The gradient for one of two operands, before broadcast axes are summed.
fn for_operand(
    dy: &Tensor,
    other: &Tensor,
    shape: &Tensor,
    [own, others, output]: [&Subscripts; 3],
) -> Result<Tensor> {
    let lost = lost_labels(own, &[output, others]);
    let left = own.without(&lost);
    let equation = format!("{},{}->{}", output.text(), others.text(), left.text());
    let gradient = apply(equation, &[dy, other])?;
    if lost.is_empty() { Ok(gradient) } else { spread(&gradient, &left, own, shape, &lost) }
}

pub(super) fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let equation = Equation::parse(cx.str("equation")?)?;
    let (output, dy) = (&equation.output, cx.dy(0)?);
    match equation.inputs.as_slice() {
        [input] => {
            let lost = lost_labels(input, &[output]);
            if lost.is_empty() {
                return cx.set(0, apply(format!("{}->{}", output.text(), input.text()), &[&dy]));
            }
            let shape = shape_of(cx.x(0)?)?;
            cx.set(0, spread(&dy, output, input, &shape, &lost))
        }
        [x, y] => {
            // The turned equations name the ellipsis even for an operand that has no axes for it.
            let complete = |operand: &Subscripts| {
                let mut operand = operand.clone();
                operand.has_ellipsis |= output.has_ellipsis;
                operand
            };
            two_operands(cx, &complete(x), &complete(y), output, &dy)
        }
        _ => bail!(internal, "an equation with another number of inputs"),
    }
}

fn two_operands(
    cx: &mut GradCtx<'_>,
    x_labels: &Subscripts,
    y_labels: &Subscripts,
    output: &Subscripts,
    dy: &Tensor,
) -> Result<()> {
    let (x, y) = (cx.x(0)?, cx.x(1)?);
    let (x_shape, y_shape) = (shape_of(x)?, shape_of(y)?);
    let dx = for_operand(dy, &conjugate(y)?, &x_shape, [x_labels, y_labels, output])?;
    let dy = for_operand(dy, &conjugate(x)?, &y_shape, [y_labels, x_labels, output])?;
    let ends = |labels: &Subscripts| (labels.before.len() as i64, -(labels.after.len() as i64));
    let (x_ends, y_ends) = (ends(x_labels), ends(y_labels));
    let known = |tensor: &Tensor, labels: &Subscripts| {
        let shape = tensor.shape().to_shape()?;
        let end = shape.rank().checked_sub(labels.after.len())?;
        Some(shape.dims().get(labels.before.len()..end)?.to_vec())
    };
    let is_plain = match (known(x, x_labels), known(y, y_labels)) {
        (Some(x), Some(y)) => x == y,
        _ => false,
    };
    if !output.has_ellipsis || is_plain {
        cx.set(0, dx)?;
        return cx.set(1, dy);
    }
    let x_batch = part(&x_shape, x_ends.0, x_ends.1)?;
    let y_batch = part(&y_shape, y_ends.0, y_ends.1)?;
    let [x_axes, y_axes] = Op::named("BroadcastGradientArgs").input(x_batch).input(y_batch).outputs()?;
    let summed = |gradient: &Tensor, axes: Tensor, start: i64, shape: &Tensor| {
        let axes = operators::add(axes, start as i32)?;
        reshape(&Op::named("Sum").input(gradient).input(axes).one()?, shape)
    };
    cx.set(0, summed(&dx, x_axes, x_ends.0, &x_shape))?;
    cx.set(1, summed(&dy, y_axes, y_ends.0, &y_shape))
}
