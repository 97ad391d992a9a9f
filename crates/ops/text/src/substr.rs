//! Substr: parts of strings.

use crate::strings::{char_starts, counts_chars};
use ferroflow_core::print::c_escaped;
use ferroflow_core::{
    BroadcastPlan, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, TString, Tensor, bail,
    broadcast_shapes, ensure, reserve,
};

/// `len` bytes of each string from `pos` on, or characters where `unit` is `UTF8_CHAR`; a negative position counts
/// from the end.
///
/// Source: `tf.strings.substr` (op `Substr`).
///
/// # Errors
/// `InvalidArgument` when a position is outside its string, or shapes do not broadcast.
pub fn substr(
    input: impl IntoOperand,
    pos: impl IntoOperand,
    len: impl IntoOperand,
    unit: &str,
) -> Result<Tensor> {
    Op::new(&SUBSTR).input(input).input(pos).input(len).attr("unit", unit).one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (pos, len) = (cx.input(1), cx.input(2));
    if cx.at_run_time() {
        ensure!(
            pos == len,
            invalid_argument,
            "pos and len should have the same shape, got: {} vs. {}",
            pos.cpp(),
            len.cpp()
        );
    } else {
        ensure!(
            pos.is_compatible_with(&len),
            invalid_argument,
            "pos and len shapes must match: {} vs. {}",
            pos.cpp(),
            len.cpp()
        );
    }
    let shape = broadcast_shapes(cx, &cx.input(0), &pos)?;
    cx.set(0, shape);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let by_char = counts_chars(cx)?;
    let (input, positions, lengths) = (cx.input(0)?, cx.ints(1)?, cx.ints(2)?);
    let texts = input.as_slice::<TString>()?;
    let plan = BroadcastPlan::new(input.shape(), cx.input(1)?.shape(), &shape);
    let mut pairs = reserve(shape.num_elements())?;
    plan.for_runs(0, shape.num_elements() / plan.inner.max(1), |left, right| {
        for step in 0..plan.inner {
            pairs.push((left + step * plan.left_step, right + step * plan.right_step));
        }
    });
    let mut parts = reserve(pairs.len())?;
    for (index, (text, at)) in pairs.into_iter().enumerate() {
        let (text, position, length) = (&texts[text], positions[at], lengths[at]);
        let part = if by_char { chars(text, position, length) } else { bytes(text, position, length) };
        match part {
            Some(part) => parts.push(TString::from(part)),
            None if by_char => {
                bail!(invalid_argument, "pos {position} out of range for string at index {index}")
            }
            None => bail!(
                invalid_argument,
                "pos {position} out of range for string b'{}' at index {index}",
                String::from_utf8_lossy(&c_escaped(text, false))
            ),
        }
    }
    cx.set(0, NdArray::from_shape(shape, parts)?)
}

/// The range of `length` units from `position` in a string of `count` units.
fn range(position: i64, length: i64, count: usize) -> Option<std::ops::Range<usize>> {
    let counted = if position < 0 { position.checked_add(count as i64)? } else { position };
    let start = usize::try_from(counted).ok().filter(|start| *start <= count)?;
    let length = usize::try_from(length.max(0)).unwrap_or(usize::MAX);
    Some(start..start.saturating_add(length).min(count))
}

fn bytes(text: &[u8], position: i64, length: i64) -> Option<&[u8]> {
    text.get(range(position, length, text.len())?)
}

fn chars(text: &[u8], position: i64, length: i64) -> Option<&[u8]> {
    let mut starts: Vec<usize> = char_starts(text).collect();
    let range = range(position, length, starts.len())?;
    starts.push(text.len());
    text.get(*starts.get(range.start)?..*starts.get(range.end)?)
}

pub(crate) static SUBSTR: OpDef =
    OpDef { name: "Substr", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
