//! NonMaxSuppressionWithOverlaps: the best of boxes, of which only the overlaps are known.

use crate::non_max_suppression::{Rules, select};
use ferroflow_core::{
    Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, Tensor, bail, ensure,
};

/// The indices of up to `max_output_size` boxes, best first, without those that overlap a better one by more than the
/// threshold.
///
/// Source: `tf.image.non_max_suppression_overlaps` (op `NonMaxSuppressionWithOverlaps`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit.
pub fn non_max_suppression_overlaps(
    overlaps: impl IntoOperand,
    scores: impl IntoOperand,
    max_output_size: impl IntoOperand,
    overlap_threshold: impl IntoOperand,
    score_threshold: impl IntoOperand,
) -> Result<Tensor> {
    Op::new(&NON_MAX_SUPPRESSION_WITH_OVERLAPS)
        .input(overlaps)
        .input(scores)
        .input(max_output_size)
        .input(overlap_threshold)
        .input(score_threshold)
        .one()
}

pub(crate) static NON_MAX_SUPPRESSION_WITH_OVERLAPS: OpDef = OpDef {
    name: "NonMaxSuppressionWithOverlaps",
    shape,
    kernel: Some(kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let (overlaps, scores) = (cx.with_rank(0, 2)?, cx.with_rank(1, 1)?);
        for index in 2..5 {
            cx.with_rank(index, 0)?;
        }
        cx.merge_dims(overlaps.dim(0), scores.dim(0))?;
        cx.merge_dims(overlaps.dim(0), overlaps.dim(1))?;
    }
    cx.set(0, [None]);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    for (index, name) in [(2, "max_output_size"), (3, "overlap_threshold"), (4, "score_threshold")] {
        let shape = cx.input(index)?.shape();
        ensure!(shape.rank() == 0, invalid_argument, "{name} must be 0-D, got shape {shape}");
    }
    let (overlaps, scores) = (cx.input(0)?, cx.input(1)?);
    let shape = overlaps.shape();
    ensure!(shape.rank() == 2, invalid_argument, "overlaps must be 2-D{shape}");
    ensure!(shape[0] == shape[1], invalid_argument, "overlaps must be square{shape}");
    let count = shape[0];
    ensure!(
        scores.rank() == 1,
        invalid_argument,
        "scores must be 1-D{} (Shape must be rank 1 but is rank {})",
        scores.shape(),
        scores.rank()
    );
    ensure!(
        scores.len() == count,
        invalid_argument,
        "scores has incompatible shape (Dimensions must be equal, but are {count} and {})",
        scores.len()
    );
    let Ok(limit) = usize::try_from(cx.int_value(2)?) else {
        bail!(invalid_argument, "output size must be non-negative");
    };
    let overlaps = overlaps.as_slice::<f32>()?;
    let (overlap, score) = (cx.input(3)?.item::<f32>()?, cx.input(4)?.item::<f32>()?);
    let rules = Rules { limit, overlap, score, sigma: 0.0 };
    let share = |candidate: usize, selected: usize| overlaps[candidate * count + selected];
    let selected = select(&share, scores.as_slice::<f32>()?, &rules);
    cx.set(0, NdArray::vector(selected.into_iter().map(|(index, _)| index).collect::<Vec<i32>>()))
}
