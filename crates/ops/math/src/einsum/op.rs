//! Einsum: the op.

use super::contraction::contract;
use super::equation::Equation;
use super::grad::grad;
use crate::dtypes::is_half;
use ferroflow_core::{
    DType, Dim, Grad, KernelCtx, OpDef, PartialShape, Result, ShapeCtx, bail, broadcast_shapes, ensure,
};

/// What is known of the sizes of labels.
type Sizes = Vec<(char, Dim)>;

/// Checks the sizes of an operand's labelled axes against those known so far.
fn record(
    cx: &ShapeCtx<'_>,
    sizes: &mut Sizes,
    shape: &PartialShape,
    axis: usize,
    label: char,
) -> Result<()> {
    let dim = shape.dim(axis);
    match sizes.iter_mut().find(|(own, _)| *own == label) {
        None => sizes.push((label, dim)),
        Some((_, known)) => {
            if let (true, Some(known), Some(dim)) = (cx.at_run_time(), *known, dim) {
                ensure!(
                    known == dim,
                    invalid_argument,
                    "Expected dimension {known} at axis {axis} of the input shaped {} but got dimension {dim}",
                    shape.cpp()
                );
            }
            *known = cx.merge_dims(*known, dim)?;
        }
    }
    Ok(())
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let text = cx.str("equation")?.to_string();
    let equation = Equation::parse(&text)?;
    let (wanted, found) = (equation.inputs.len(), cx.num_inputs());
    if wanted != found {
        return Err(cx.mismatch(
            format!("Expected {wanted} inputs but got: {found}"),
            format!("Expected {wanted} inputs for equation {text} but got: {found}"),
        ));
    }
    let mut sizes = Sizes::new();
    let mut broadcast = Vec::new();
    for (index, input) in equation.inputs.iter().enumerate() {
        let shape = cx.input(index);
        let Some(rank) = shape.rank() else {
            for label in input.labels() {
                if !sizes.iter().any(|(own, _)| *own == label) {
                    sizes.push((label, None));
                }
            }
            broadcast.push(if input.has_ellipsis { PartialShape::unknown() } else { PartialShape::scalar() });
            continue;
        };
        let named = input.named();
        if input.has_ellipsis && rank < named || !input.has_ellipsis && rank != named {
            let least = if input.has_ellipsis { "at least " } else { "" };
            return Err(cx.mismatch(
                format!("Expected input {index} to have rank {least}{named} but got: {rank}"),
                format!(
                    "Shape must be {least}rank {named} but is rank {rank}\n\t for {index}th input and equation: {text}"
                ),
            ));
        }
        let between = rank - named;
        for (position, label) in input.labels().enumerate() {
            let axis = if position < input.before.len() { position } else { position + between };
            record(cx, &mut sizes, &shape, axis, label)?;
        }
        broadcast.push(shape.slice(input.before.len()..input.before.len() + between));
    }
    let broadcast = match broadcast.as_slice() {
        [left, right] => join(cx, &equation, left, right, &sizes)?,
        [only] => only.clone(),
        _ => bail!(internal, "an equation with another number of inputs"),
    };
    if !equation.output.has_ellipsis
        && let Some(rank @ 1..) = broadcast.rank()
    {
        return Err(cx.mismatch(
            format!(
                "Output contains {rank} broadcasting dimension(s) but no ellipsis (...) was found in the output \
                 subscripts."
            ),
            format!(
                "Shape must be at most rank 0 but is rank {rank}\n\t for einsum equation '{text}' without ellipsis (...) in \
                 the output subscripts where input(s) have non-empty broadcasting shape"
            ),
        ));
    }
    let dims = |labels: &[char]| {
        let size = |label: &char| sizes.iter().find(|(own, _)| own == label).and_then(|(_, dim)| *dim);
        PartialShape::new(labels.iter().map(size))
    };
    let between = if equation.output.has_ellipsis { broadcast } else { PartialShape::scalar() };
    let output = dims(&equation.output.before).concatenate(&between);
    cx.set(0, output.concatenate(&dims(&equation.output.after)));
    Ok(())
}

/// The axes that both ellipses stand for together.
fn join(
    cx: &ShapeCtx<'_>,
    equation: &Equation,
    left: &PartialShape,
    right: &PartialShape,
    sizes: &Sizes,
) -> Result<PartialShape> {
    broadcast_shapes(cx, left, right).map_err(|error| {
        if !cx.at_run_time() {
            return error;
        }
        // TensorFlow's kernels have made matrices of the operands by then.
        let shape = |index: usize, own: &PartialShape| {
            let (input, other) = (&equation.inputs[index], &equation.inputs[1 - index]);
            let mut batch = String::new();
            let (mut free, mut contracted) = (1, 1);
            let mut seen = Vec::new();
            for label in input.labels() {
                let size = sizes.iter().find(|(own, _)| *own == label).and_then(|(_, dim)| *dim).unwrap_or(1);
                if seen.contains(&label) {
                    continue;
                }
                seen.push(label);
                match (other.contains(label), equation.output.contains(label)) {
                    (true, true) => batch.push_str(&format!("{size},")),
                    (true, false) => contracted *= size,
                    (false, true) => free *= size,
                    (false, false) => {}
                }
            }
            let own: String =
                own.dims().unwrap_or_default().iter().flatten().map(|dim| format!("{dim},")).collect();
            let [rows, columns] = if index == 0 { [free, contracted] } else { [contracted, free] };
            format!("[{own}{batch}{rows},{columns}]")
        };
        error.with_message(format!(
            "Invalid broadcasting dimensions: {} vs. {}",
            shape(0, left),
            shape(1, right)
        ))
    })
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if is_half(cx.dtype("T")?) {
        return cx.through_f32(kernel);
    }
    let equation = Equation::parse(cx.str("equation")?)?;
    let output = contract(&equation, cx.inputs())?;
    cx.set(0, output)
}

const TYPES: &[DType] = &[
    DType::HALF,
    DType::BFLOAT16,
    DType::FLOAT32,
    DType::FLOAT64,
    DType::INT32,
    DType::INT64,
    DType::COMPLEX64,
    DType::COMPLEX128,
];

pub(crate) static EINSUM: OpDef = OpDef {
    name: "Einsum",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};
