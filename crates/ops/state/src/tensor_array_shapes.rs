//! What is known of the outputs of ops on arrays of tensors, in each of their three versions.
//!
//! The first version names an array by a reference to two strings and says nothing of its outputs; the second names it by
//! the two strings; the third has a handle, which may tell what the array holds.

use ferroflow_core::{PartialShape, Result, ShapeCtx, ensure, shape_fn};

/// The output is two strings that name an array.
pub(crate) fn create_name(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
    }
    cx.set(0, [2]);
    Ok(())
}

pub(crate) fn create(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
        if cx.bool("identical_element_shapes")? || cx.shape("element_shape")?.is_fully_defined() {
            let held = vec![(cx.dtype("dtype")?, cx.shape("element_shape")?.clone())];
            cx.set_handle(0, held);
        }
    }
    shape_fn::scalar(cx)
}

/// Whether this is the second version of an op.
fn is_second(cx: &ShapeCtx<'_>) -> bool {
    cx.op().ends_with("V2")
}

/// Checks the two strings that stand for an array in the second version.
fn check_name(cx: &ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() && is_second(cx) {
        let size = cx.with_rank(0, 1)?.dim(0);
        ensure!(
            size.is_none_or(|size| size == 2),
            invalid_argument,
            "Dimension must be 2 but is {}",
            size.unwrap_or(0)
        );
    }
    Ok(())
}

pub(crate) fn gradient_name(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_name(cx)?;
    cx.set(0, [2]);
    Ok(())
}

pub(crate) fn gradient(cx: &mut ShapeCtx<'_>) -> Result<()> {
    shape_fn::scalar(cx)?;
    if !cx.at_run_time() {
        cx.with_rank(1, 0)?;
        if let (2, Some(held)) = (cx.num_inputs(), cx.input_handle(0)) {
            cx.set_handle(0, held);
        }
    }
    Ok(())
}

/// What the handle at input 0 is known to hold.
fn held(cx: &ShapeCtx<'_>) -> Option<PartialShape> {
    cx.input_handle(0)?.into_iter().next().map(|(_, shape)| shape)
}

/// One value comes out: a flow, or a size.
pub(crate) fn flow(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_name(cx)?;
    if !cx.at_run_time() {
        cx.with_rank(cx.num_inputs() - 1, 0)?;
    }
    shape_fn::scalar(cx)
}

pub(crate) fn write(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(1, 0)?;
        if let Some(held) = held(cx) {
            cx.merge(&held, &cx.input(2))?;
        }
    }
    flow(cx)
}

pub(crate) fn read(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_name(cx)?;
    cx.set_all_unknown();
    if !cx.at_run_time() {
        cx.with_rank(1, 0)?;
        cx.with_rank(2, 0)?;
        if let Some(held) = held(cx) {
            cx.set(0, held);
        }
    }
    Ok(())
}

pub(crate) fn gather(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_name(cx)?;
    cx.set_all_unknown();
    if !cx.at_run_time() {
        let indices = cx.with_rank(1, 1)?;
        cx.with_rank(2, 0)?;
        if let Some(held) = held(cx) {
            cx.set(0, indices.concatenate(&held));
        } else if !is_second(cx) && cx.shape("element_shape")?.rank().is_some() {
            cx.set(0, indices.concatenate(cx.shape("element_shape")?));
        }
    }
    Ok(())
}

pub(crate) fn scatter(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let indices = cx.with_rank(1, 1)?;
        if is_second(cx) {
            return flow(cx);
        }
        let value = cx.with_rank_at_least(2, 1)?;
        cx.merge_dims(value.dim(0), indices.dim(0))?;
        if let Some(held) = held(cx) {
            cx.merge(&indices.concatenate(&held), &value)?;
        }
    }
    flow(cx)
}

pub(crate) fn concat(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_name(cx)?;
    cx.set_all_unknown();
    cx.set(1, PartialShape::of_rank(1));
    if !cx.at_run_time() {
        cx.with_rank(1, 0)?;
    }
    Ok(())
}

pub(crate) fn split(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(2, 1)?;
    }
    flow(cx)
}

pub(crate) fn close(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_name(cx)
}
