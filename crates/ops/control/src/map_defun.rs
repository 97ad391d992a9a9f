//! MapDefun: a function called on each slice of some tensors, and what it gives stacked.

use crate::batch_function::{joined, rows};
use crate::call_op::take_from;
use ferroflow_core::{Dim, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, bail, ensure};

pub(crate) static MAP_DEFUN: OpDef = OpDef { name: "MapDefun", shape, kernel: Some(kernel), ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set_all_unknown();
    if cx.at_run_time() {
        return Ok(());
    }
    let shapes = cx.shapes("output_shapes")?.to_vec();
    ensure!(
        shapes.len() == cx.num_outputs(),
        invalid_argument,
        "`output_shapes` must be the same length as `output_types` ({} vs. {})",
        shapes.len(),
        cx.num_outputs()
    );
    let mut count: Dim = None;
    for index in cx.arg(0)? {
        let argument = cx.input(index);
        ensure!(
            argument.rank() != Some(0),
            invalid_argument,
            "Arguments must have rank at least 1. Input {index} has rank of 0."
        );
        let Ok(merged) = cx.merge_dims(count, argument.dim(0)) else {
            bail!(invalid_argument, "Arguments must have the same dimension 0.");
        };
        count = merged;
    }
    for (index, shape) in shapes.iter().enumerate() {
        cx.set(index, PartialShape::new([count]).concatenate(shape));
    }
    Ok(())
}

/// How many slices the arguments have.
fn count_of(arguments: &[NdArray]) -> Result<usize> {
    let mut count = None;
    for (index, argument) in arguments.iter().enumerate() {
        let Some(&size) = argument.shape().dims().first() else {
            bail!(invalid_argument, "All inputs must have rank at least 1. Input {index} has a rank of 0.");
        };
        let before = *count.get_or_insert(size);
        ensure!(
            size == before,
            invalid_argument,
            "All inputs must have the same dimension 0. Input {index} has leading dimension {size}, while all previous \
             inputs have leading dimension {before}"
        );
    }
    Ok(count.unwrap_or(0))
}

/// A slice of an array, without the dimension it is cut along.
fn slice(array: &NdArray, index: usize) -> Result<NdArray> {
    rows(array, index, index + 1, 1)?.reshape(Shape::new(&array.shape().dims()[1..])?)
}

/// Narrows `expected` to the shape of what a call gave.
fn check(cx: &KernelCtx<'_>, index: usize, output: &NdArray, expected: &mut PartialShape) -> Result<()> {
    ensure!(
        cx.dtypes("output_types")?.get(index) == Some(&output.dtype()),
        invalid_argument,
        "Mismatch in function return type and expected output type for output: {index}"
    );
    ensure!(
        expected.admits(output.shape()),
        invalid_argument,
        "Mismatch in function retval shape, {}, and expected output shape, {}.",
        output.shape(),
        expected.cpp()
    );
    *expected = output.shape().into();
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let mut shapes = cx.shapes("output_shapes")?.to_vec();
    ensure!(
        shapes.len() == cx.num_outputs(),
        invalid_argument,
        "Length of output_shapes and output_types must match."
    );
    let arguments = cx.arg(0)?.len();
    let mut inputs = take_from(cx, 0)?;
    let captured = inputs.split_off(arguments);
    let count = count_of(&inputs)?;
    let function = cx.attrs().func("f")?.clone();
    let mut parts: Vec<Vec<NdArray>> = vec![Vec::new(); cx.num_outputs()];
    for index in 0..count {
        let own: Vec<NdArray> = inputs.iter().map(|input| slice(input, index)).collect::<Result<_>>()?;
        let outputs = cx.call(&function, [own, captured.clone()].concat())?;
        ensure!(outputs.len() == shapes.len(), invalid_argument, "Mismatch in number of function outputs.");
        for (at, (output, shape)) in outputs.into_iter().zip(&mut shapes).enumerate() {
            check(cx, at, &output, shape)?;
            let row = Shape::new(&[&[1], output.shape().dims()].concat())?;
            parts[at].push(output.reshape(row)?);
        }
    }
    for (index, parts) in parts.iter().enumerate() {
        let output = match parts.as_slice() {
            // Without a call nothing is known but what was declared in full.
            [] => {
                let inner = shapes[index].to_shape().map(|shape| shape.dims().to_vec()).unwrap_or_default();
                NdArray::zeros(
                    cx.dtypes("output_types")?[index],
                    Shape::new(&[&[0], inner.as_slice()].concat())?,
                )?
            }
            parts => joined(parts)?,
        };
        cx.set(index, output)?;
    }
    Ok(())
}
