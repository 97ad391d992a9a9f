//! PopulationCount: how many bits are set.

use ferroflow_core::{
    Grad, IntoOperand, KernelCtx, Op, OpDef, Result, Tensor, dispatch, elementwise, shape_fn,
};

/// How many bits of each number are 1, as `uint8`.
///
/// Source: `tf.raw_ops.PopulationCount` (op `PopulationCount`).
///
/// ```
/// let bits = ferroflow_ops_math::population_count([0, 1, 7, -1])?;
/// assert_eq!(bits.numpy()?.as_slice::<u8>()?, [0, 1, 3, 32]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for a dtype that is not an integer.
pub fn population_count(x: impl IntoOperand) -> Result<Tensor> {
    Op::new(&POPULATION_COUNT).input(x).one()
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    dispatch!(cx.dtype("T")?, INTEGERS, |T| elementwise::unary_to(cx, |x: T| x.count_ones() as u8))
}

pub(crate) static POPULATION_COUNT: OpDef = OpDef {
    name: "PopulationCount",
    shape: shape_fn::unchanged,
    kernel: Some(kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
