//! Tile: a tensor repeated.

use crate::mover;
use crate::strided_read::StridedRead;
use ferroflow_core::{
    Dim, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor,
    bail,
};

/// The tensor repeated `multiples[d]` times along each dimension `d`.
///
/// Source: `tf.tile` (op `Tile`).
///
/// ```
/// use ferroflow_ops_array::tile;
/// assert_eq!(tile([1, 2], [2])?.numpy()?.as_slice::<i32>()?, [1, 2, 1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when there is not one multiple for each dimension, or a negative one.
pub fn tile(input: impl IntoOperand, multiples: impl IntoOperand) -> Result<Tensor> {
    Op::new(&TILE).input(input).input(multiples).one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (input, multiples) = (cx.input(0), cx.input(1));
    if multiples.rank().is_some_and(|rank| rank != 1) {
        return Err(cx.mismatch(
            format!("Expected multiples to be 1-D, but got shape {}", multiples.cpp()),
            format!("Shape must be rank 1 but is rank {}", multiples.rank().unwrap_or(0)),
        ));
    }
    let Some(rank) = input.rank().or(multiples.dim(0)) else { return Ok(()) };
    if let Some(length) = multiples.dim(0).filter(|&length| length != rank) {
        return Err(cx.mismatch(
            format!("Expected multiples argument to be a vector of length {rank} but got length {length}"),
            format!("Shape must be rank {rank} but is rank {length}"),
        ));
    }
    let values = cx.ints(1)?;
    // In a graph some of the multiples may be known.
    let known = if values.is_none() { cx.input_as_shape(1)? } else { PartialShape::unknown() };
    let mut dims: Vec<Dim> = Vec::with_capacity(rank);
    for axis in 0..rank {
        let multiple = match &values {
            Some(values) => values.get(axis).copied(),
            None => known.dim(axis).map(|multiple| multiple as i64),
        };
        if let Some(multiple) = multiple.filter(|multiple| *multiple < 0) {
            bail!(invalid_argument, "Expected multiples[{axis}] >= 0, but got {multiple}");
        }
        dims.push(match (input.dim(axis), multiple) {
            (Some(dim), Some(multiple)) => match dim.checked_mul(multiple as usize) {
                Some(size) if size <= i64::MAX as usize => Some(size),
                _ => bail!(invalid_argument, "Tile of dimension {axis} overflows: {dim} * {multiple}"),
            },
            _ => None,
        });
    }
    cx.set(0, PartialShape::new(dims));
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let multiples = cx.ints(1)?;
    let input = cx.take(0)?;
    let tiled = if shape.num_elements() == input.len() && multiples.iter().all(|multiple| *multiple == 1) {
        input
    } else if shape.num_elements() == 0 {
        NdArray::zeros(input.dtype(), shape)?
    } else {
        let strides = input.shape().strides();
        let sizes = input.shape().dims().iter().zip(&strides);
        // Each dimension is walked again for each repetition.
        let dims: Vec<(usize, isize)> = multiples
            .iter()
            .zip(sizes)
            .flat_map(|(&multiple, (&size, &stride))| [(multiple as usize, 0), (size, stride as isize)])
            .collect();
        mover::run(&[&input], shape, &StridedRead::new(dims, 0))?
    };
    cx.set(0, tiled)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, multiples, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let own = Op::named("Shape").input(x).attr("out_type", multiples.dtype().base()).one()?;
    // The gradient is laid out as repetitions beside elements, and summed over the repetitions.
    let pairs = Op::named("Pack").inputs([multiples, &own]).attr("axis", 1).one()?;
    let split = Op::named("Reshape").input(pairs).input([-1]).one()?;
    let axes = match x.rank() {
        Some(rank) => {
            crate::gradients::int32_constant(&(0..rank as i64).map(|axis| 2 * axis).collect::<Vec<_>>())?
        }
        None => {
            let size = Op::named("Size").input(&split).one()?;
            Op::named("Range").input(0).input(size).input(2).one()?
        }
    };
    let repeated = Op::named("Reshape").input(dy).input(split).one()?;
    let summed = Op::named("Sum").input(repeated).input(axes).one()?;
    cx.set(0, Op::named("Reshape").input(summed).input(own).one())
}

pub(crate) static TILE: OpDef =
    OpDef { name: "Tile", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };
