//! `image.non_max_suppression_padded`: boxes chosen in tiles, for whole batches at once.

use crate::control_flow::{cond, while_loop, while_loop_with};
use crate::function_with;
use ferroflow_core::{
    DType, IntoOperand, Operand, PartialShape, Result, Tensor, bail, constant, context, convert_to_tensor,
    ensure, operators, options,
};
use ferroflow_ops_array::{self as array, getitem};
use ferroflow_ops_math as math;

options! {
    /// Optional arguments of [`non_max_suppression_padded_with`].
    pub struct NonMaxSuppressionPaddedOptions {
        /// The share of two boxes' area in common from which the lower one is left out.
        iou_threshold: f64 = 0.5,
        /// The score that boxes must be above.
        score_threshold: f64 = f64::NEG_INFINITY,
        /// Whether the indices are filled up with 0 to as many as there may be; batches ask for it.
        pad_to_max_output_size: bool = false,
        /// Whether boxes come with the highest score first.
        sorted_input: bool = false,
        /// Whether boxes come with the lower coordinates first.
        canonicalized_coordinates: bool = false,
        /// How many boxes are compared with others at once.
        tile_size: i32 = 512,
    }
}

/// The indices of the boxes with the highest scores that have little area in common, and how many there are.
///
/// `boxes` are `[..., count, 4]` with two corners each; `scores` are `[..., count]`.
///
/// Source: `tf.image.non_max_suppression_padded`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 2.0, 1.0, 3.0]];
/// let (indices, count) = tf::image::non_max_suppression_padded(boxes, [0.5, 0.9, 0.3], 3)?;
/// assert_eq!(format!("{indices} {count}"), "[1 2] 2");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a batch; `InvalidArgument` for boxes without four coordinates, and for other numbers of scores.
pub fn non_max_suppression_padded(
    boxes: impl IntoOperand,
    scores: impl IntoOperand,
    max_output_size: impl IntoOperand,
) -> Result<(Tensor, Tensor)> {
    non_max_suppression_padded_with(boxes, scores, max_output_size, |options| options)
}

/// [`non_max_suppression_padded`] with optional arguments, of batches, too.
///
/// # Errors
/// As [`non_max_suppression_padded`]; `ValueError` for a size of tiles that is not positive, and for a batch whose indices are
/// not filled up.
pub fn non_max_suppression_padded_with(
    boxes: impl IntoOperand,
    scores: impl IntoOperand,
    max_output_size: impl IntoOperand,
    options: impl FnOnce(NonMaxSuppressionPaddedOptions) -> NonMaxSuppressionPaddedOptions,
) -> Result<(Tensor, Tensor)> {
    ferroflow_graph::install();
    let (boxes, scores) = (boxes.into_operand()?, scores.into_operand()?);
    let most = max_output_size.into_operand()?;
    let options = options(NonMaxSuppressionPaddedOptions::default());
    ensure!(options.tile_size > 0, value, "tile_size must be positive, got {}", options.tile_size);
    context::name_scope("non_max_suppression_padded", || suppress(boxes, scores, most, &options))
}

fn suppress(
    boxes: Operand,
    scores: Operand,
    most: Operand,
    options: &NonMaxSuppressionPaddedOptions,
) -> Result<(Tensor, Tensor)> {
    let (boxes, scores) = (convert_to_tensor(boxes, None)?, convert_to_tensor(scores, None)?);
    if !options.pad_to_max_output_size && boxes.rank().is_some_and(|rank| rank > 2) {
        bail!(value, "'pad_to_max_output_size' (value False) must be True for batched input");
    }
    let chosen = |boxes: &Tensor, scores: &Tensor| chosen(boxes, scores, most.clone(), options);
    let (indices, valid) = match context::executing_eagerly() {
        true => chosen(&boxes, &scores)?,
        false => {
            function_with(chosen, |o| o.name("non_max_suppression_padded_v2")).call((&boxes, &scores))?
        }
    };
    if !options.pad_to_max_output_size {
        return Ok((getitem(indices, (0, ..&valid))?, valid));
    }
    let batch_dims = getitem(array::shape(&boxes)?, ..-2)?;
    let most = array::expand_dims(most, 0)?;
    Ok((array::reshape(indices, array::concat([batch_dims, most], 0)?)?, valid))
}

/// The indices for each image, filled up to as many as there may be, and how many of them count.
fn chosen(
    boxes: &Tensor,
    scores: &Tensor,
    most: Operand,
    options: &NonMaxSuppressionPaddedOptions,
) -> Result<(Tensor, Tensor)> {
    let most = convert_to_tensor(most, Some(DType::INT32))?;
    let shape = array::shape(boxes)?;
    let (batch_dims, count) = (getitem(&shape, ..-2)?, getitem(&shape, -2)?);
    let int = |value: i32| constant(value);
    let mut boxes = array::reshape(boxes, array::stack([&int(-1)?, &count, &int(4)?])?)?;
    let mut scores = array::reshape(scores, array::stack([&int(-1)?, &count])?)?;
    let batch = getitem(array::shape(&boxes)?, 0)?;
    if options.score_threshold != f64::NEG_INFINITY {
        let kept = operators::cast(math::greater(&scores, options.score_threshold)?, scores.dtype())?;
        scores = (scores * &kept)?;
        boxes = (&boxes * array::expand_dims(operators::cast(kept, boxes.dtype())?, 2)?)?;
    }
    if !options.canonicalized_coordinates {
        boxes = canonical(&boxes)?;
    }
    let mut order = None;
    if !options.sorted_input {
        let [_, places] = array::top_k(&scores, &count)?;
        boxes = gathered(&boxes, &places)?;
        order = Some(places);
    }
    let tile = options.tile_size;
    let longest = operators::cast(math::maximum(&count, &most)?, DType::INT32)?;
    let tiles = math::floordiv((longest + (tile - 1))?, tile)?;
    let padded = (&tiles * tile)?;
    let padding = array::reshape(
        array::stack([&int(0)?, &int(0)?, &int(0)?, &(&padded - &count)?, &int(0)?, &int(0)?])?,
        [3, 2],
    )?;
    let boxes = array::pad(operators::cast(boxes, DType::FLOAT32)?, padding)?;
    let tiling = Tiling { size: tile, count: tiles.clone(), threshold: options.iou_threshold as f32 };
    let none = array::fill(array::reshape(&batch, [1])?, 0)?;
    let any_boxes = || PartialShape::new([None, None, Some(4)]);
    let (chosen, found, _) = while_loop_with(
        |(_, found, at): &(Tensor, Tensor, Tensor)| {
            operators::logical_and(math::less(math::reduce_min(found, ())?, &most)?, math::less(at, &tiles)?)
        },
        |(boxes, found, at)| {
            let (boxes, more) = tiling.step(boxes, at)?;
            Ok((boxes, (found + more)?, (at + 1)?))
        },
        (boxes, none, int(0)?),
        |o| o.shape_invariants(vec![any_boxes(), PartialShape::new([None]), PartialShape::scalar()]),
    )?;
    let valid = math::minimum(found, &most)?;
    // Boxes that are left are told by a coordinate above 0; the highest scores stand first.
    let left = operators::cast(math::reduce_any(math::greater(chosen, 0.0)?, [2])?, DType::INT32)?;
    let ranks = array::expand_dims(math::range(&padded, 0, -1)?, 0)?;
    let [ranks, _] = array::top_k((left * ranks)?, &most)?;
    let mut indices = math::minimum((&padded - ranks)?, (&count - 1)?)?;
    if let Some(order) = order {
        let offsets = (math::range(0, &batch, 1)? * &count)?;
        let places = array::reshape((&indices + array::expand_dims(offsets, 1)?)?, [-1])?;
        let own = array::gather(array::reshape(order, [-1])?, places)?;
        indices = array::reshape(own, array::stack([&batch, &int(-1)?])?)?;
    }
    let is_valid =
        math::less(array::expand_dims(math::range(0, &most, 1)?, 0)?, array::expand_dims(&valid, 1)?)?;
    let indices = array::where_select(is_valid, &indices, array::zeros_like(&indices)?)?;
    Ok((indices, array::reshape(valid, batch_dims)?))
}

/// Rows of each batch in another order.
fn gathered(boxes: &Tensor, places: &Tensor) -> Result<Tensor> {
    array::gather_with(boxes, places, |o| o.axis(1).batch_dims(1))
}

/// Boxes with the lower coordinates first. TensorFlow looks at the first box alone.
fn canonical(boxes: &Tensor) -> Result<Tensor> {
    let sides = array::split(boxes, 4, 2)?;
    let [y1, x1, y2, x2] = &sides[..] else { bail!(internal, "boxes have four coordinates") };
    let ordered = |a: &Tensor, b: &Tensor| -> Result<(Tensor, Tensor)> {
        let first = |x: &Tensor| getitem(x, (0, 0, 0));
        let is_lower = math::less_equal(first(a)?, first(b)?)?;
        cond(is_lower, || Ok((a.clone(), b.clone())), || Ok((b.clone(), a.clone())))
    };
    let ((top, bottom), (left, right)) = (ordered(y1, y2)?, ordered(x1, x2)?);
    array::concat([top, left, bottom, right], 2)
}

/// The area that boxes of two lists have in common, as a share of what they cover together.
fn overlaps(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (a, b) = (array::split(a, 4, 2)?, array::split(b, 4, 2)?);
    let ([a_top, a_left, a_bottom, a_right], [b_top, b_left, b_bottom, b_right]) = (&a[..], &b[..]) else {
        bail!(internal, "boxes have four coordinates")
    };
    let turned = |x: &Tensor| array::transpose_with(x, |o| o.perm(vec![0, 2, 1]));
    let side = |low: &Tensor, high: &Tensor, other_low: &Tensor, other_high: &Tensor| -> Result<Tensor> {
        let low = math::maximum(low, turned(other_low)?)?;
        let high = math::minimum(high, turned(other_high)?)?;
        math::maximum((high - low)?, 0.0)
    };
    let common = (side(a_left, a_right, b_left, b_right)? * side(a_top, a_bottom, b_top, b_bottom)?)?;
    let a_area = ((a_bottom - a_top)? * (a_right - a_left)?)?;
    let b_area = ((b_bottom - b_top)? * (b_right - b_left)?)?;
    let covered = (((a_area + turned(&b_area)?)? - &common)? + 1e-8)?;
    operators::truediv(common, covered)
}

/// Boxes in tiles of one size, which suppress those of later tiles.
struct Tiling {
    size: i32,
    count: Tensor,
    threshold: f32,
}

impl Tiling {
    fn tile(&self, boxes: &Tensor, at: &Tensor) -> Result<Tensor> {
        let zero = constant(0)?;
        let begin = array::stack([&zero, &(at * self.size)?, &zero])?;
        array::slice(boxes, begin, [-1, self.size, 4])
    }

    /// The boxes after those of one tile that others suppress became points, and how many of the tile are left.
    fn step(&self, boxes: &Tensor, at: &Tensor) -> Result<(Tensor, Tensor)> {
        let shapes = vec![PartialShape::scalar(), PartialShape::new([None, None, Some(4)])];
        let (_, own) = while_loop_with(
            |(before, _): &(Tensor, Tensor)| math::less(before, at),
            |(before, own)| {
                let overlaps = overlaps(&self.tile(boxes, before)?, own)?;
                let apart = math::reduce_all(math::less(overlaps, self.threshold)?, [1])?;
                let apart = array::expand_dims(operators::cast(apart, DType::FLOAT32)?, 2)?;
                Ok(((before + 1)?, (apart * own)?))
            },
            (constant(0)?, self.tile(boxes, at)?),
            |o| o.shape_invariants(shapes),
        )?;
        let suppressed = math::greater(math::reduce_sum(self.within(&own)?, [1])?, 0.0)?;
        let left = (1.0 - operators::cast(suppressed, DType::FLOAT32)?)?;
        let own = (own * array::expand_dims(left, 2)?)?;
        let here = operators::cast(math::equal(math::range(0, &self.count, 1)?, at)?, DType::FLOAT32)?;
        let here = array::reshape(here, [1, -1, 1, 1])?;
        let tiles = array::shape(boxes)?;
        let tiles = array::stack([&getitem(tiles, 0)?, &self.count, &constant(self.size)?, &constant(4)?])?;
        let others = (array::reshape(boxes, tiles)? * (1.0 - &here)?)?;
        let changed = ((array::expand_dims(&own, 1)? * here)? + others)?;
        let changed = array::reshape(changed, array::shape(boxes)?)?;
        let kept = operators::cast(math::reduce_any(math::greater(own, 0.0)?, [2])?, DType::INT32)?;
        Ok((changed, math::reduce_sum(kept, [1])?))
    }

    /// The overlaps of a tile's boxes with earlier ones of the tile that are not suppressed themselves.
    fn within(&self, own: &Tensor) -> Result<Tensor> {
        let overlaps = overlaps(own, own)?;
        let places = math::range(0, self.size, 1)?;
        let earlier = math::greater(array::expand_dims(&places, 0)?, array::expand_dims(&places, 1)?)?;
        let counts = operators::logical_and(
            array::expand_dims(earlier, 0)?,
            math::greater_equal(&overlaps, self.threshold)?,
        )?;
        let overlaps = (&overlaps * operators::cast(counts, DType::FLOAT32)?)?;
        let sum = math::reduce_sum(&overlaps, [1, 2])?;
        let (overlaps, ..) = while_loop(
            |(_, goes_on, _): &(Tensor, Tensor, Tensor)| Ok(goes_on.clone()),
            |(overlaps, _, sum)| {
                let below = |x: Tensor| -> Result<Tensor> {
                    let free = math::less(math::reduce_max(x, [1])?, self.threshold)?;
                    array::expand_dims(operators::cast(free, DType::FLOAT32)?, 2)
                };
                let free = below(overlaps.clone())?;
                let left = (below((free * overlaps)?)? * overlaps)?;
                let new = math::reduce_sum(&left, [1, 2])?;
                let goes_on = math::reduce_any(math::greater((sum - &new)?, self.threshold)?, ())?;
                Ok((left, goes_on, new))
            },
            (overlaps, constant(true)?, sum),
        )?;
        Ok(overlaps)
    }
}
