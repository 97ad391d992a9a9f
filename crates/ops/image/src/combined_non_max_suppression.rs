//! CombinedNonMaxSuppression: the best boxes of every class, and then of all classes.

use crate::non_max_suppression::overlap;
use ferroflow_core::{
    IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, Tensor, bail, ensure, options,
    reserve,
};

options! {
    /// Optional arguments of [`combined_non_max_suppression_with`].
    pub struct CombinedNonMaxSuppressionOptions {
        /// Boxes that share more than this of their union are the same thing.
        iou_threshold: f64 = 0.5,
        /// Boxes with a lower score are left out.
        score_threshold: f64 = f64::NEG_INFINITY,
        /// Whether no more rows are given out than the classes can fill.
        pad_per_class: bool = false,
        /// Whether boxes are cut to between 0 and 1.
        clip_boxes: bool = true,
    }
}

/// Boxes, scores, classes and their number, for each image of a batch.
///
/// Source: `tf.image.combined_non_max_suppression` (op `CombinedNonMaxSuppression`).
///
/// # Errors
/// `InvalidArgument` when shapes do not fit, a size is not positive, or a threshold is not within 0 and 1.
pub fn combined_non_max_suppression(
    boxes: impl IntoOperand,
    scores: impl IntoOperand,
    max_output_size_per_class: impl IntoOperand,
    max_total_size: impl IntoOperand,
) -> Result<[Tensor; 4]> {
    let options = |options| options;
    combined_non_max_suppression_with(boxes, scores, max_output_size_per_class, max_total_size, options)
}

/// [`combined_non_max_suppression`] with other thresholds.
///
/// # Errors
/// As [`combined_non_max_suppression`].
pub fn combined_non_max_suppression_with(
    boxes: impl IntoOperand,
    scores: impl IntoOperand,
    max_output_size_per_class: impl IntoOperand,
    max_total_size: impl IntoOperand,
    options: impl FnOnce(CombinedNonMaxSuppressionOptions) -> CombinedNonMaxSuppressionOptions,
) -> Result<[Tensor; 4]> {
    let options = options(CombinedNonMaxSuppressionOptions::default());
    Op::new(&COMBINED_NON_MAX_SUPPRESSION)
        .input(boxes)
        .input(scores)
        .input(max_output_size_per_class)
        .input(max_total_size)
        .input(options.iou_threshold)
        .input(options.score_threshold)
        .attr("pad_per_class", options.pad_per_class)
        .attr("clip_boxes", options.clip_boxes)
        .outputs()
}

pub(crate) static COMBINED_NON_MAX_SUPPRESSION: OpDef =
    OpDef { name: "CombinedNonMaxSuppression", shape, kernel: Some(kernel), ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let (boxes, scores) = (cx.with_rank(0, 4)?, cx.with_rank(1, 3)?);
    for index in 2..6 {
        cx.with_rank(index, 0)?;
    }
    cx.merge_dims(boxes.dim(1), scores.dim(1))?;
    if let Some(columns) = boxes.dim(3)
        && columns != 4
    {
        bail!(invalid_argument, "Dimension must be 4 but is {columns}");
    }
    if let (Some(each), Some(classes)) = (boxes.dim(2), scores.dim(2)) {
        ensure!(
            each == 1 || each == classes,
            invalid_argument,
            "third dimension of boxes must be either 1 or equal to the third dimension of scores"
        );
    }
    let batch = cx.merge_dims(boxes.dim(0), scores.dim(0))?;
    let mut size = None;
    if let (Some(total), Some(per_class)) = (cx.int_value(3)?, cx.int_value(2)?) {
        ensure!(total > 0, invalid_argument, "max_total_size should be > 0");
        ensure!(per_class > 0, invalid_argument, "max_size_per_class must be positive");
        if !cx.bool("pad_per_class")? {
            size = usize::try_from(total).ok();
        } else if let Some(classes) = scores.dim(2) {
            size = usize::try_from(total.min(per_class.saturating_mul(classes as i64))).ok();
        }
    }
    cx.set(0, [batch, size, Some(4)]);
    cx.set(1, [batch, size]);
    cx.set(2, [batch, size]);
    cx.set(3, [batch]);
    Ok(())
}

/// A selected box.
struct Selected<'a> {
    score: f32,
    class: usize,
    corners: &'a [f32],
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (boxes, scores) = (cx.input(0)?, cx.input(1)?);
    // TensorFlow looks at these first, whatever the ranks are.
    ensure!(
        boxes.shape().dims().first() == scores.shape().dims().first(),
        invalid_argument,
        "boxes and scores must have same batch size"
    );
    ensure!(
        boxes.rank() == 4,
        invalid_argument,
        "boxes must be 4-D [batch, num_boxes, q, 4], got shape {}",
        boxes.shape()
    );
    ensure!(
        scores.rank() == 3,
        invalid_argument,
        "scores must be 3-D [batch, num_boxes, num_classes], got shape {}",
        scores.shape()
    );
    let (boxes_shape, scores_shape) = (boxes.shape(), scores.shape());
    let (batch, count, each, classes) = (boxes_shape[0], boxes_shape[1], boxes_shape[2], scores_shape[2]);
    ensure!(
        each == 1 || each == classes,
        invalid_argument,
        "third dimension of boxes must be either 1 or num classes"
    );
    ensure!(boxes_shape[3] == 4, invalid_argument, "boxes must have 4 columns");
    ensure!(scores_shape[1] == count, invalid_argument, "scores has incompatible shape");
    for (index, name) in
        [(2, "max_size_per_class"), (3, "max_total_size"), (4, "iou_threshold"), (5, "score_threshold")]
    {
        let shape = cx.input(index)?.shape();
        ensure!(shape.rank() == 0, invalid_argument, "{name} must be 0-D, got shape {shape}");
    }
    let (per_class, total) = (cx.int_value(2)?, cx.int_value(3)?);
    ensure!(per_class > 0, invalid_argument, "max_size_per_class must be positive");
    ensure!(total > 0, invalid_argument, "max_total_size must be > 0");
    let (most_overlap, least_score) = (cx.input(4)?.item::<f32>()?, cx.input(5)?.item::<f32>()?);
    ensure!((0.0..=1.0).contains(&most_overlap), invalid_argument, "iou_threshold must be in [0, 1]");
    let (pad_per_class, clip) = (cx.bool("pad_per_class")?, cx.bool("clip_boxes")?);
    let (per_class, total) = (per_class as usize, total as usize);
    let fillable = per_class.saturating_mul(classes);
    let rows = if pad_per_class { total.min(fillable) } else { total };
    let (boxes, scores) = (boxes.as_slice::<f32>()?, scores.as_slice::<f32>()?);
    let shape = Shape::new(&[batch, rows, 4])?;
    let mut out_boxes = reserve::<f32>(shape.num_elements())?;
    let (mut out_scores, mut out_classes) = (reserve::<f32>(batch * rows)?, reserve::<f32>(batch * rows)?);
    let mut valid = Vec::with_capacity(batch);
    for image in 0..batch {
        let mut selected: Vec<Selected<'_>> = Vec::new();
        for class in 0..classes {
            let score = |index: usize| scores[(image * count + index) * classes + class];
            let corners = |index: usize| {
                let own = if each > 1 { class } else { 0 };
                &boxes[((image * count + index) * each + own) * 4..][..4]
            };
            let mut order: Vec<usize> = (0..count).filter(|&index| score(index) > least_score).collect();
            order.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
            let before = selected.len();
            for index in order {
                if selected.len() - before == per_class.min(count) {
                    break;
                }
                let corners = corners(index);
                let same = |other: &Selected<'_>| overlap(corners, other.corners) > most_overlap;
                if !selected[before..].iter().rev().any(same) {
                    selected.push(Selected { score: score(index), class, corners });
                }
            }
        }
        selected.sort_by(|a, b| b.score.total_cmp(&a.score));
        selected.truncate(if pad_per_class { rows } else { total });
        valid.push(selected.len() as i32);
        for one in &selected {
            let cut = |corner: &f32| if clip { corner.clamp(0.0, 1.0) } else { *corner };
            out_boxes.extend(one.corners.iter().map(cut));
            out_scores.push(one.score);
            out_classes.push(one.class as f32);
        }
        out_boxes.resize((image + 1) * rows * 4, 0.0);
        out_scores.resize((image + 1) * rows, 0.0);
        out_classes.resize((image + 1) * rows, 0.0);
    }
    let flat = Shape::new(&[batch, rows])?;
    cx.set(0, NdArray::from_shape(shape, out_boxes)?)?;
    cx.set(1, NdArray::from_shape(flat.clone(), out_scores)?)?;
    cx.set(2, NdArray::from_shape(flat, out_classes)?)?;
    cx.set(3, NdArray::vector(valid))
}
