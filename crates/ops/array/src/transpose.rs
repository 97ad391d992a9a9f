//! Transpose, ConjugateTranspose, InvertPermutation: dimensions in another order.

use crate::mover;
use crate::sizes::joined;
use crate::strided_read::StridedRead;
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail,
    context, convert_to_tensor, options,
};

options! {
    /// Optional arguments of [`transpose_with`].
    pub struct TransposeOptions {
        /// Which dimension of the input each dimension of the output is; the reverse order if it is not given.
        perm: Option<Vec<i32>> = None,
        /// Whether complex values are conjugated, too.
        conjugate: bool = false,
    }
}

/// The tensor with its dimensions in reverse order.
///
/// Source: `tf.transpose` (op `Transpose`).
///
/// ```
/// use ferroflow_ops_array::transpose;
/// let turned = transpose([[1, 2, 3], [4, 5, 6]])?;
/// assert_eq!(turned.numpy()?.as_slice::<i32>()?, [1, 4, 2, 5, 3, 6]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force.
pub fn transpose(a: impl IntoOperand) -> Result<Tensor> {
    transpose_with(a, |o| o)
}

/// [`transpose`] with options.
///
/// # Errors
/// `InvalidArgument` when `perm` is no permutation of the dimensions.
pub fn transpose_with(
    a: impl IntoOperand,
    options: impl FnOnce(TransposeOptions) -> TransposeOptions,
) -> Result<Tensor> {
    let TransposeOptions { perm, conjugate } = options(TransposeOptions::default());
    let a = a.into_operand()?;
    context::name_scope_for_op("transpose", |op_name| {
        let a = context::with_name("a", || convert_to_tensor(a, None))?;
        let def = if conjugate && a.dtype().is_complex() { &CONJUGATE_TRANSPOSE } else { &TRANSPOSE };
        let op = Op::new(def).input(&a).name(op_name);
        match (perm, a.rank()) {
            (Some(perm), _) => op.input(perm).one(),
            (None, Some(rank)) => op.input((0..rank as i32).rev().collect::<Vec<_>>()).one(),
            (None, None) => {
                let last = (Op::named("Rank").input(&a).one()? - &convert_to_tensor(1, None)?)?;
                op.input(Op::named("Range").input(last).input(-1).input(-1).one()?).one()
            }
        }
    })
}

/// The permutation that undoes `x`.
///
/// Source: `tf.math.invert_permutation` (op `InvertPermutation`).
///
/// # Errors
/// `InvalidArgument` when `x` is no permutation of `0..n`.
pub fn invert_permutation(x: impl IntoOperand) -> Result<Tensor> {
    Op::new(&INVERT_PERMUTATION).input(x).one()
}

fn transpose_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (input, perm_shape) = (cx.input(0), cx.input(1));
    if perm_shape.rank().is_some_and(|rank| rank != 1) {
        return Err(cx.mismatch(
            format!("perm must be rank 1, got shape {}", perm_shape.cpp()),
            format!("Shape must be rank 1 but is rank {}", perm_shape.rank().unwrap_or(0)),
        ));
    }
    let (Some(rank), Some(length)) = (input.rank(), perm_shape.dim(0)) else {
        let rank = input.rank().or(perm_shape.dim(0));
        cx.set(0, rank.map_or(PartialShape::unknown(), PartialShape::of_rank));
        return Ok(());
    };
    if rank != length {
        return Err(cx.mismatch(
            format!("transpose expects a vector of size {rank}. But input(1) is a vector of size {length}"),
            format!("Dimension must be {rank} but is {length}"),
        ));
    }
    match cx.ints(1)? {
        Some(perm) => {
            let stray = perm.iter().find(|axis| **axis < -(rank as i64) || **axis >= rank as i64);
            if let (Some(stray), false) = (stray, cx.at_run_time()) {
                bail!(invalid_argument, "perm dim {stray} is out of range of input rank {rank}");
            }
            let perm = checked_permutation(&perm, rank)?;
            let permuted = PartialShape::new(perm.iter().map(|&axis| input.dim(axis)));
            cx.set(0, permuted);
        }
        None => cx.set(0, PartialShape::of_rank(rank)),
    }
    Ok(())
}

/// Non-negative axes; TensorFlow counts negative ones from the end.
fn checked_permutation(perm: &[i64], rank: usize) -> Result<Vec<usize>> {
    let mut axes = Vec::with_capacity(rank);
    let mut seen = vec![false; rank];
    for &given in perm {
        let axis = if given < 0 { given + rank as i64 } else { given };
        match usize::try_from(axis).ok().filter(|&axis| axis < rank) {
            Some(axis) => {
                seen[axis] = true;
                axes.push(axis);
            }
            None => bail!(invalid_argument, "{axis} is out of range [0 .. {rank})"),
        }
    }
    if let Some(missing) = seen.iter().position(|seen| !seen) {
        bail!(invalid_argument, "{missing} is missing from {{{}}}.", joined(perm, ","));
    }
    Ok(axes)
}

fn permute(cx: &mut KernelCtx<'_>) -> Result<NdArray> {
    let shape = cx.output_shape(0)?;
    let perm = checked_permutation(&cx.ints(1)?, shape.rank())?;
    let input = cx.take(0)?;
    // Dimensions of size 1 may go anywhere without any element moving.
    let moving = perm.iter().filter(|&&axis| input.shape()[axis] != 1);
    if moving.is_sorted() {
        return input.into_shape(shape);
    }
    mover::run(&[&input], shape, &StridedRead::permuted(input.shape(), &perm))
}

fn transpose_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let permuted = permute(cx)?;
    cx.set(0, permuted)
}

fn conjugate_transpose_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let mut permuted = permute(cx)?;
    if permuted.dtype().is_complex() {
        ferroflow_core::dispatch!(permuted.dtype(), COMPLEX, |T| {
            for value in permuted.as_mut_slice::<T>()? {
                *value = value.conj();
            }
            Ok(())
        })?;
    }
    cx.set(0, permuted)
}

fn inverse_of(cx: &GradCtx<'_>) -> Result<Tensor> {
    invert_permutation(cx.x(1)?)
}

fn transpose_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dy, inverse) = (cx.dy(0)?, inverse_of(cx)?);
    cx.set(0, Op::new(cx.op()).input(dy).input(inverse).one())
}

fn invert_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = cx.input(0);
    if shape.rank().is_some_and(|rank| rank != 1) {
        return Err(cx.mismatch(
            "invert_permutation expects a 1D vector.",
            format!("Shape must be rank 1 but is rank {}", shape.rank().unwrap_or(0)),
        ));
    }
    cx.set(0, [shape.dim(0)]);
    Ok(())
}

fn invert_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (perm, dtype) = (cx.ints(0)?, cx.dtype("T")?);
    let mut inverse = vec![-1i64; perm.len()];
    for (position, &axis) in perm.iter().enumerate() {
        let slot = usize::try_from(axis).ok().and_then(|axis| inverse.get_mut(axis));
        match slot {
            Some(slot) if *slot == -1 => *slot = position as i64,
            Some(_) => bail!(invalid_argument, "{axis} is duplicated in the input."),
            None => bail!(invalid_argument, "{axis} is not between 0 and {}", perm.len()),
        }
    }
    cx.set(0, NdArray::vector(inverse).cast(dtype)?)
}

pub(crate) static TRANSPOSE: OpDef = OpDef {
    name: "Transpose",
    shape: transpose_shape,
    kernel: Some(transpose_kernel),
    grad: Grad::Fn(transpose_grad),
    ..OpDef::NEW
};
pub(crate) static CONJUGATE_TRANSPOSE: OpDef = OpDef {
    name: "ConjugateTranspose",
    shape: transpose_shape,
    kernel: Some(conjugate_transpose_kernel),
    grad: Grad::Fn(transpose_grad),
    ..OpDef::NEW
};
pub(crate) static INVERT_PERMUTATION: OpDef = OpDef {
    name: "InvertPermutation",
    shape: invert_shape,
    kernel: Some(invert_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
