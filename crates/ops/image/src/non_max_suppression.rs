//! NonMaxSuppression, V2 to V5: the best of boxes that overlap.

use ferroflow_core::{
    DType, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, Tensor,
    bail, options,
};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

options! {
    /// Optional arguments of [`non_max_suppression_with`].
    pub struct NonMaxSuppressionOptions {
        /// Boxes that share more than this of their union are the same thing.
        iou_threshold: f64 = 0.5,
        /// Boxes with a lower score are left out.
        score_threshold: f64 = f64::NEG_INFINITY,
    }
}

/// The indices of up to `max_output_size` boxes `[y1, x1, y2, x2]`, best first, without those that overlap a better one
/// by more than half.
///
/// Source: `tf.image.non_max_suppression` (op `NonMaxSuppressionV3`).
///
/// ```
/// use ferroflow_ops_image::non_max_suppression;
/// let boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.1], [0.0, 2.0, 1.0, 3.0]];
/// let best = non_max_suppression(boxes, [0.5, 0.9, 0.3], 3)?;
/// assert_eq!(best.numpy()?.as_slice::<i32>()?, [1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit.
pub fn non_max_suppression(
    boxes: impl IntoOperand,
    scores: impl IntoOperand,
    max_output_size: impl IntoOperand,
) -> Result<Tensor> {
    non_max_suppression_with(boxes, scores, max_output_size, |options| options)
}

/// [`non_max_suppression`] with other thresholds.
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit or a threshold is not within 0 and 1.
pub fn non_max_suppression_with(
    boxes: impl IntoOperand,
    scores: impl IntoOperand,
    max_output_size: impl IntoOperand,
    options: impl FnOnce(NonMaxSuppressionOptions) -> NonMaxSuppressionOptions,
) -> Result<Tensor> {
    let options = options(NonMaxSuppressionOptions::default());
    ferroflow_core::context::name_scope("non_max_suppression", || {
        let op = Op::new(&NON_MAX_SUPPRESSION_V3).input(boxes).input(scores).input(max_output_size);
        op.input(options.iou_threshold).input(options.score_threshold).one()
    })
}

options! {
    /// Optional arguments of [`non_max_suppression_with_scores_with`].
    pub struct NonMaxSuppressionScoresOptions {
        /// Boxes that share more than this of their union are the same thing.
        iou_threshold: f64 = 0.5,
        /// Boxes with a lower score are left out.
        score_threshold: f64 = f64::NEG_INFINITY,
        /// How wide the scores of boxes fall off that overlap a better one; with 0 such boxes are left out.
        soft_nms_sigma: f64 = 0.0,
    }
}

/// What [`non_max_suppression`] selects, and the scores of these boxes.
///
/// Source: `tf.image.non_max_suppression_with_scores` (op `NonMaxSuppressionV5`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit.
pub fn non_max_suppression_with_scores(
    boxes: impl IntoOperand,
    scores: impl IntoOperand,
    max_output_size: impl IntoOperand,
) -> Result<(Tensor, Tensor)> {
    non_max_suppression_with_scores_with(boxes, scores, max_output_size, |options| options)
}

/// [`non_max_suppression_with_scores`] with other thresholds, or scores that fall off.
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit or a threshold is not within 0 and 1.
pub fn non_max_suppression_with_scores_with(
    boxes: impl IntoOperand,
    scores: impl IntoOperand,
    max_output_size: impl IntoOperand,
    options: impl FnOnce(NonMaxSuppressionScoresOptions) -> NonMaxSuppressionScoresOptions,
) -> Result<(Tensor, Tensor)> {
    let options = options(NonMaxSuppressionScoresOptions::default());
    ferroflow_core::context::name_scope("non_max_suppression_with_scores", || {
        let op = Op::new(&NON_MAX_SUPPRESSION_V5).input(boxes).input(scores).input(max_output_size);
        let op = op.input(options.iou_threshold).input(options.score_threshold).input(options.soft_nms_sigma);
        let [indices, scores, _] = op.attr("pad_to_max_output_size", false).outputs()?;
        Ok((indices, scores))
    })
}

macro_rules! versions {
    ($($static:ident $name:literal $grad:ident;)*) => {
        $(pub(crate) static $static: OpDef =
            OpDef { name: $name, shape, kernel: Some(kernel), grad: Grad::$grad, ..OpDef::NEW };)*
    };
}

versions! {
    NON_MAX_SUPPRESSION "NonMaxSuppression" None;
    NON_MAX_SUPPRESSION_V2 "NonMaxSuppressionV2" None;
    NON_MAX_SUPPRESSION_V3 "NonMaxSuppressionV3" Missing;
    NON_MAX_SUPPRESSION_V4 "NonMaxSuppressionV4" Missing;
    NON_MAX_SUPPRESSION_V5 "NonMaxSuppressionV5" Missing;
}

/// The scalar inputs, from the third on, as the versions added them.
const SCALARS: [&str; 4] = ["max_output_size", "iou_threshold", "score_threshold", "soft_nms_sigma"];

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    // The kernels put their own words in front of the shape function's.
    let (boxes, scores) = (cx.input(0), cx.input(1));
    let both = |words: String, graph: String| cx.mismatch(format!("{words} ({graph})"), graph);
    for (shape, rank, words) in [(&boxes, 2, "boxes must be 2-D"), (&scores, 1, "scores must be 1-D")] {
        if let Some(found) = shape.rank()
            && found != rank
        {
            return Err(both(
                format!("{words}{}", shape.cpp()),
                format!("Shape must be rank {rank} but is rank {found}"),
            ));
        }
    }
    for (name, index) in SCALARS.iter().zip(2..cx.num_inputs()) {
        let found = cx.input(index);
        if let Some(rank) = found.rank()
            && rank != 0
        {
            let words = format!("{name} must be 0-D, got shape {}", found.cpp());
            let graph = format!("Shape must be rank 0 but is rank {rank}");
            return Err(if index < 4 { both(words, graph) } else { cx.mismatch(words, graph) });
        }
    }
    if let Err(error) = cx.merge_dims(boxes.dim(0), scores.dim(0)) {
        return Err(both("scores has incompatible shape".to_string(), error.message().to_string()));
    }
    if let Some(columns) = boxes.dim(1)
        && columns != 4
    {
        return Err(both(
            "boxes must have 4 columns".to_string(),
            format!("Dimension must be 4 but is {columns}"),
        ));
    }
    let padded = cx.bool("pad_to_max_output_size").unwrap_or(false);
    let size = if padded { cx.int_value(2)?.and_then(|size| usize::try_from(size).ok()) } else { None };
    for index in 0..cx.num_outputs() {
        cx.set(index, [size]);
    }
    if let last @ 1.. = cx.num_outputs() - 1 {
        cx.set(last, PartialShape::from(Shape::scalar()));
    }
    Ok(())
}

/// A box that may yet be selected.
#[derive(PartialEq)]
struct Candidate {
    score: f32,
    index: usize,
    /// The selected boxes before this one have been compared.
    compared: usize,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    fn cmp(&self, other: &Candidate) -> Ordering {
        self.score.total_cmp(&other.score).then(other.index.cmp(&self.index))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Candidate) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The part of the union of two boxes that they share.
pub(crate) fn overlap(a: &[f32], b: &[f32]) -> f32 {
    let sides = |corners: &[f32], axis: usize| {
        let (low, high) = (corners[axis], corners[axis + 2]);
        (low.min(high), low.max(high))
    };
    let (a_y, a_x, b_y, b_x) = (sides(a, 0), sides(a, 1), sides(b, 0), sides(b, 1));
    let area = |y: (f32, f32), x: (f32, f32)| (y.1 - y.0) * (x.1 - x.0);
    let (a_area, b_area) = (area(a_y, a_x), area(b_y, b_x));
    if a_area <= 0.0 || b_area <= 0.0 {
        return 0.0;
    }
    let shared = |a: (f32, f32), b: (f32, f32)| (a.1.min(b.1) - a.0.max(b.0)).max(0.0);
    let intersection = shared(a_y, b_y) * shared(a_x, b_x);
    intersection / (a_area + b_area - intersection)
}

/// What decides on boxes.
pub(crate) struct Rules {
    pub(crate) limit: usize,
    pub(crate) overlap: f32,
    pub(crate) score: f32,
    pub(crate) sigma: f32,
}

/// The selected boxes with their scores, which drop for overlaps where `sigma` is positive; `share` is the overlap of a
/// candidate with a selected box.
pub(crate) fn select(share: &dyn Fn(usize, usize) -> f32, scores: &[f32], rules: &Rules) -> Vec<(i32, f32)> {
    let mut queue: BinaryHeap<Candidate> = scores
        .iter()
        .enumerate()
        .filter(|(_, score)| **score > rules.score)
        .map(|(index, &score)| Candidate { score, index, compared: 0 })
        .collect();
    let soft = rules.sigma > 0.0;
    let slope = if soft { -0.5 / rules.sigma } else { 0.0 };
    let mut selected: Vec<(i32, f32)> = Vec::new();
    while selected.len() < rules.limit
        && let Some(mut next) = queue.pop()
    {
        let before = next.score;
        let mut suppressed = false;
        for &(other, _) in selected[next.compared..].iter().rev() {
            let share = share(next.index, other as usize);
            if !soft && share > rules.overlap {
                suppressed = true;
                break;
            }
            next.score *= (slope * share * share).exp();
            if next.score <= rules.score {
                break;
            }
        }
        next.compared = selected.len();
        if suppressed {
            continue;
        }
        if next.score == before {
            selected.push((next.index as i32, next.score));
        } else if next.score > rules.score {
            queue.push(next);
        }
    }
    selected
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    if cx.inputs().iter().any(|input| input.dtype() == DType::HALF) {
        return cx.through_f32(kernel);
    }
    let size = cx.int_value(2)?;
    let limit = match usize::try_from(size) {
        Ok(limit) => limit,
        Err(_) => bail!(invalid_argument, "output size must be non-negative"),
    };
    let scalar = |index: usize, otherwise: f32| match cx.inputs().get(index) {
        Some(input) => input.item::<f32>(),
        None => Ok(otherwise),
    };
    let attr = cx.float("iou_threshold").unwrap_or(0.5);
    let rules =
        Rules { limit, overlap: scalar(3, attr)?, score: scalar(4, f32::MIN)?, sigma: scalar(5, 0.0)? };
    if !(0.0..=1.0).contains(&rules.overlap) {
        bail!(invalid_argument, "iou_threshold must be in [0, 1]");
    }
    if rules.sigma < 0.0 {
        bail!(invalid_argument, "soft_nms_sigma_val must be >= 0");
    }
    let boxes = cx.slice::<f32>(0)?;
    let corners = |index: usize| &boxes[index * 4..index * 4 + 4];
    let share = |candidate: usize, selected: usize| overlap(corners(candidate), corners(selected));
    let selected = select(&share, cx.slice::<f32>(1)?, &rules);
    let count = selected.len() as i32;
    let (mut indices, mut scores): (Vec<i32>, Vec<f32>) = selected.into_iter().unzip();
    if cx.bool("pad_to_max_output_size").unwrap_or(false) {
        let missing = limit - indices.len().min(limit);
        if indices.try_reserve_exact(missing).is_err() || scores.try_reserve_exact(missing).is_err() {
            bail!(resource_exhausted, "OOM when allocating {limit} selected boxes");
        }
        indices.resize(limit, 0);
        scores.resize(limit, 0.0);
    }
    let outputs = cx.num_outputs();
    cx.set(0, NdArray::vector(indices))?;
    if outputs == 3 {
        cx.set(1, NdArray::vector(scores))?;
    }
    if outputs > 1 {
        cx.set(outputs - 1, NdArray::scalar(count))?;
    }
    Ok(())
}
