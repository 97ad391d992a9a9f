//! `SliceSpec`: what the inputs and masks of StridedSlice mean for an input of a given shape.

use ferroflow_core::{Attrs, Dim, PartialShape, Result, bail};

/// The five masks of a strided slice, a bit for each item of its specification.
pub(crate) struct Masks {
    begin: i64,
    end: i64,
    ellipsis: i64,
    new_axis: i64,
    shrink: i64,
}

impl Masks {
    /// The masks among an op's attributes.
    pub(crate) fn of(attrs: &Attrs) -> Result<Masks> {
        Ok(Masks {
            begin: attrs.int("begin_mask")?,
            end: attrs.int("end_mask")?,
            ellipsis: attrs.int("ellipsis_mask")?,
            new_axis: attrs.int("new_axis_mask")?,
            shrink: attrs.int("shrink_axis_mask")?,
        })
    }
}

fn has(mask: i64, bit: usize) -> bool {
    bit < 32 && mask >> bit & 1 == 1
}

/// A dimension of the result.
enum Kept {
    /// A dimension of the input.
    Input(usize),
    /// A new one of size 1.
    New,
}

/// What is taken of one dimension of the input: `begin`, `end`, `stride`, and whether bounds are open.
#[derive(Clone, Default)]
struct Item {
    begin: i64,
    end: i64,
    stride: i64,
    open_begin: bool,
    open_end: bool,
    shrink: bool,
}

/// The elements taken along one dimension of the input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Taken {
    pub(crate) begin: i64,
    pub(crate) stride: i64,
    /// How many; `None` where bounds or the dimension's size are unknown.
    pub(crate) count: Dim,
}

/// A slice resolved against the input's shape.
pub(crate) struct SliceSpec {
    /// For each dimension of the input.
    pub(crate) taken: Vec<Taken>,
    kept: Vec<Kept>,
}

impl SliceSpec {
    /// Resolves a specification. `bounds` are the values of begin and end, where they are known.
    ///
    /// # Errors
    /// `InvalidArgument` in TensorFlow's words for anything that does not fit.
    pub(crate) fn resolve(
        input: &[Dim],
        bounds: Option<(&[i64], &[i64])>,
        strides: &[i64],
        masks: &Masks,
    ) -> Result<SliceSpec> {
        let (items, kept) = expand(input, bounds, strides, masks)?;
        let taken = items
            .iter()
            .zip(input)
            .enumerate()
            .map(|(axis, (item, &size))| take(axis, item, size, bounds.is_some()))
            .collect::<Result<_>>()?;
        Ok(SliceSpec { taken, kept })
    }

    /// The result's shape.
    pub(crate) fn shape(&self) -> PartialShape {
        PartialShape::new(self.kept.iter().map(|kept| match kept {
            Kept::Input(axis) => self.taken[*axis].count,
            Kept::New => Some(1),
        }))
    }
}

/// One item for each dimension of the input, the ellipsis written out.
fn expand(
    input: &[Dim],
    bounds: Option<(&[i64], &[i64])>,
    strides: &[i64],
    masks: &Masks,
) -> Result<(Vec<Item>, Vec<Kept>)> {
    let mut ellipsis = None;
    let mut new_axes_after = 0;
    for position in 0..strides.len() {
        if ellipsis.is_some() && has(masks.new_axis, position) {
            new_axes_after += 1;
        }
        if has(masks.ellipsis, position) && ellipsis.replace(position).is_some() {
            bail!(invalid_argument, "Multiple ellipses in slice spec not allowed");
        }
    }
    // Without an ellipsis there is one at the end.
    let ellipsis = ellipsis.unwrap_or(strides.len());
    let length = strides.len().max(ellipsis + 1);
    let (mut items, mut kept) = (Vec::with_capacity(input.len()), Vec::new());
    for position in 0..length {
        if position == ellipsis {
            let until = (input.len() + 1 + new_axes_after + position).saturating_sub(length).min(input.len());
            while items.len() < until {
                kept.push(Kept::Input(items.len()));
                items.push(Item { stride: 1, open_begin: true, open_end: true, ..Item::default() });
            }
        } else if has(masks.new_axis, position) {
            kept.push(Kept::New);
        } else {
            if items.len() == input.len() {
                if input.is_empty() {
                    bail!(invalid_argument, "Attempting to slice scalar input.");
                }
                bail!(
                    invalid_argument,
                    "Index out of range using input dim {}; input has only {} dims",
                    items.len(),
                    input.len()
                );
            }
            let shrink = has(masks.shrink, position);
            if !shrink {
                kept.push(Kept::Input(items.len()));
            }
            let at = |values: &[i64]| values.get(position).copied().unwrap_or(0);
            items.push(Item {
                begin: bounds.map_or(0, |(begin, _)| at(begin)),
                end: bounds.map_or(0, |(_, end)| at(end)),
                stride: strides.get(position).copied().unwrap_or(1),
                open_begin: has(masks.begin, position),
                open_end: has(masks.end, position),
                shrink,
            });
        }
    }
    Ok((items, kept))
}

fn take(axis: usize, item: &Item, size: Dim, bounds_known: bool) -> Result<Taken> {
    let Item { begin, end, stride, .. } = *item;
    if stride == 0 {
        bail!(invalid_argument, "strides[{axis}] must be non-zero");
    }
    if item.shrink && stride <= 0 {
        bail!(invalid_argument, "only stride 1 allowed on non-range indexing.");
    }
    let Some(size) = size else {
        let count = item.shrink.then_some(1);
        return Ok(Taken { begin, stride, count });
    };
    let signed = size as i64;
    if item.shrink {
        if !bounds_known {
            return Ok(Taken { begin: 0, stride: 1, count: Some(1) });
        }
        let forward = if begin < 0 { begin.wrapping_add(signed) } else { begin };
        if forward < 0 || forward >= signed {
            bail!(invalid_argument, "slice index {forward} of dimension {axis} out of bounds.");
        }
        return Ok(Taken { begin: forward, stride: 1, count: Some(1) });
    }
    if !(bounds_known || item.open_begin && item.open_end) {
        return Ok(Taken { begin: 0, stride, count: None });
    }
    let range = if stride > 0 { (0, signed) } else { (-1, signed - 1) };
    let canonical = |value: i64, open: bool, first: bool| match (open, first == (stride > 0)) {
        (true, true) => range.0,
        (true, false) => range.1,
        (false, _) => {
            let forward = if value < 0 { value.saturating_add(signed) } else { value };
            forward.clamp(range.0, range.1)
        }
    };
    let first = canonical(begin, item.open_begin, true);
    let last = canonical(end, item.open_end, false);
    let length = if stride > 0 { last - first } else { first - last };
    let count = if length <= 0 { 0 } else { (length as u64).div_ceil(stride.unsigned_abs()) as usize };
    Ok(Taken { begin: first, stride, count: Some(count) })
}
