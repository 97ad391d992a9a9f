//! ScatterUpdate, ScatterAdd, ... and their resource forms: changes of the slices of a variable that indices name.

use crate::combine::{Combine, NUMBERS, combine_slices};
use crate::resource_gather::{start_of, update_shape};
use crate::target::{checked_indices, pass_reference, position_text, target_shape, update};
use ferroflow_core::{
    Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, Tensor, bail, ensure, schema,
};

/// Replaces slices of the variable along its first axis.
///
/// Source: `tf.raw_ops.ResourceScatterUpdate`.
///
/// # Errors
/// `InvalidArgument` for an index outside the variable, or updates of another shape.
pub fn resource_scatter_update(
    resource: impl IntoOperand,
    indices: impl IntoOperand,
    updates: impl IntoOperand,
) -> Result<Vec<Tensor>> {
    Op::new(&RESOURCE_SCATTER_UPDATE).input(resource).input(indices).input(updates).all()
}

/// Adds to slices of the variable along its first axis; an index that occurs twice counts twice.
///
/// Source: `tf.raw_ops.ResourceScatterAdd`.
///
/// # Errors
/// As [`resource_scatter_update`].
pub fn resource_scatter_add(
    resource: impl IntoOperand,
    indices: impl IntoOperand,
    updates: impl IntoOperand,
) -> Result<Vec<Tensor>> {
    Op::new(&RESOURCE_SCATTER_ADD).input(resource).input(indices).input(updates).all()
}

/// Subtracts from slices of the variable along its first axis.
///
/// Source: `tf.raw_ops.ResourceScatterSub`.
///
/// # Errors
/// As [`resource_scatter_update`].
pub fn resource_scatter_sub(
    resource: impl IntoOperand,
    indices: impl IntoOperand,
    updates: impl IntoOperand,
) -> Result<Vec<Tensor>> {
    Op::new(&RESOURCE_SCATTER_SUB).input(resource).input(indices).input(updates).all()
}

/// The name of the attribute that gives the updates' dtype.
fn dtype_attr(op: &str) -> &'static str {
    let named_dtype = schema::lookup(op).is_some_and(|schema| schema.attr("dtype").is_some());
    if named_dtype { "dtype" } else { "T" }
}

fn slices_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let params = target_shape(cx, 0, dtype_attr(cx.op()))?;
    if cx.input(2).rank() != Some(0) {
        let wanted = update_shape(&params, &cx.input(1));
        cx.merge(&cx.input(2), &wanted)?;
    }
    if !cx.at_run_time() {
        cx.set(0, params);
    }
    Ok(())
}

fn slices(cx: &mut KernelCtx<'_>, combine: Combine) -> Result<()> {
    let (indices, updates) = (cx.input(1)?, cx.input(2)?);
    update(cx, 0, |value| {
        ensure!(
            value.dtype() == updates.dtype(),
            invalid_argument,
            "DType of scatter resource and updates does not match."
        );
        let Some((&limit, inner)) = value.shape().dims().split_first() else {
            bail!(invalid_argument, "params must be at least 1-D, got shape {}", value.shape());
        };
        let wanted = [indices.shape().dims(), inner].concat();
        if updates.rank() != 0 && updates.shape().dims() != wanted {
            return Err(wrong_updates(cx, value, indices, updates));
        }
        let width: usize = inner.iter().product();
        let rows = checked_indices(indices, limit)?;
        let starts: Vec<usize> = rows.iter().map(|row| row * width).collect();
        combine_slices(value, &starts, width, updates, combine)
    })?;
    pass_reference(cx)
}

fn wrong_updates(
    cx: &KernelCtx<'_>,
    value: &NdArray,
    indices: &NdArray,
    updates: &NdArray,
) -> ferroflow_core::Error {
    let (u, i, p) = (updates.shape(), indices.shape(), value.shape());
    let right_rank = u.rank() + 1 == i.rank() + p.rank();
    let message = if right_rank && !crate::target::is_ref(cx, 0) && !u.dims().starts_with(i.dims()) {
        format!("The shape of indices ({i}) must be a prefix of the shape of updates ({u})")
    } else {
        format!(
            "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got updates.shape \
             {u}, indices.shape {i}, params.shape {p}"
        )
    };
    ferroflow_core::Error::invalid_argument(message)
}

fn positions_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let (params, indices, updates) = (target_shape(cx, 0, "T")?, cx.input(1), cx.input(2));
    if let (Some(rank), Some(updates_rank)) = (indices.rank().filter(|rank| *rank > 1), updates.rank()) {
        let batch = rank - 1;
        let (outer, given) = (indices.slice(0..batch), updates.slice(0..batch.min(updates_rank)));
        cx.merge(&outer, &given).map_err(|error| {
            error.context(format!(
                "Dimensions [0,{batch}) of indices[shape={}] = {} must match dimensions [0,{batch}) of \
                 updates[shape={}] = {}",
                indices.cpp(),
                outer.cpp(),
                updates.cpp(),
                given.cpp()
            ))
        })?;
    }
    cx.set(0, params);
    Ok(())
}

fn positions(cx: &mut KernelCtx<'_>, combine: Combine) -> Result<()> {
    let policy = cx.str("bad_indices_policy")?;
    ensure!(
        policy.is_empty() || policy == "DEFAULT" || policy == "ERROR",
        unimplemented,
        "{} with bad_indices_policy {policy}",
        cx.op().name
    );
    let (indices, updates) = (cx.input(1)?, cx.input(2)?);
    update(cx, 0, |value| {
        ensure!(
            value.dtype() == updates.dtype(),
            invalid_argument,
            "DType of scatter resource and updates does not match."
        );
        let starts = starts_of_positions(value.shape(), indices, updates.shape())?;
        let width = updates.len().checked_div(starts.len()).unwrap_or(0);
        combine_slices(value, &starts, width, updates, combine)
    })?;
    pass_reference(cx)
}

/// Where the slices begin that the last axis of `indices` names, after checking that the updates fill them.
fn starts_of_positions(params: &Shape, indices: &NdArray, updates: &Shape) -> Result<Vec<usize>> {
    let (outer, depth) = match indices.shape().dims() {
        [] => bail!(invalid_argument, "Indices must be at least a vector"),
        // A vector is a column of indices into the first axis.
        [count] => (vec![*count], 1),
        [outer @ .., depth] => (outer.to_vec(), *depth),
    };
    ensure!(
        depth <= params.rank(),
        invalid_argument,
        "The last dimension of indices must be <= the rank of the variable, got {depth} vs. {}",
        params.rank()
    );
    let batch = outer.len();
    if !updates.dims().starts_with(&outer) {
        let at = updates.dims().iter().zip(&outer).find(|(update, index)| update != index);
        let (found, wanted) = at.map_or((0, 0), |(update, index)| (*update, *index));
        bail!(
            invalid_argument,
            "Dimensions [0,{batch}) of indices[shape={}] = {wanted} must match dimensions [0,{batch}) of \
             updates[shape={updates}] = {found}",
            indices.shape()
        );
    }
    ensure!(
        updates.dims()[batch..] == params.dims()[depth..],
        invalid_argument,
        "Dimensions [{depth},{}) of input[shape={params}] must match dimensions [{batch},{}) of \
         updates[shape={updates}]",
        params.rank(),
        updates.rank()
    );
    let (values, strides) = (indices.to_i64_vec()?, params.strides());
    let count: usize = outer.iter().product();
    let mut starts = ferroflow_core::reserve(count)?;
    for row in 0..count {
        let position = &values[row * depth..(row + 1) * depth];
        match start_of(position, params.dims(), &strides) {
            Some(start) => starts.push(start),
            None => {
                let parts: Vec<String> = position.iter().map(i64::to_string).collect();
                bail!(
                    invalid_argument,
                    "indices{} = [{}] does not index into shape {params}",
                    position_text(&Shape::new(&outer)?, row),
                    parts.join(", ")
                );
            }
        }
    }
    Ok(starts)
}

/// An op on slices along the first axis.
macro_rules! slice_ops {
    ($($constant:ident $name:literal $combine:ident $types:expr;)*) => {
        $(pub(crate) static $constant: OpDef = OpDef {
            name: $name,
            shape: slices_shape,
            kernel: Some(|cx| slices(cx, Combine::$combine)),
            grad: Grad::None,
            types: $types,
            ..OpDef::NEW
        };)*
    };
}

slice_ops! {
    RESOURCE_SCATTER_ADD "ResourceScatterAdd" Add &[("dtype", NUMBERS)];
    RESOURCE_SCATTER_DIV "ResourceScatterDiv" Div &[("dtype", NUMBERS)];
    RESOURCE_SCATTER_MAX "ResourceScatterMax" Max &[("dtype", NUMBERS)];
    RESOURCE_SCATTER_MIN "ResourceScatterMin" Min &[("dtype", NUMBERS)];
    RESOURCE_SCATTER_MUL "ResourceScatterMul" Mul &[("dtype", NUMBERS)];
    RESOURCE_SCATTER_SUB "ResourceScatterSub" Sub &[("dtype", NUMBERS)];
    RESOURCE_SCATTER_UPDATE "ResourceScatterUpdate" Update &[];
    SCATTER_ADD "ScatterAdd" Add &[("T", NUMBERS)];
    SCATTER_DIV "ScatterDiv" Div &[("T", NUMBERS)];
    SCATTER_MAX "ScatterMax" Max &[("T", NUMBERS)];
    SCATTER_MIN "ScatterMin" Min &[("T", NUMBERS)];
    SCATTER_MUL "ScatterMul" Mul &[("T", NUMBERS)];
    SCATTER_SUB "ScatterSub" Sub &[("T", NUMBERS)];
    SCATTER_UPDATE "ScatterUpdate" Update &[];
}

/// An op on slices at positions along several axes.
macro_rules! position_ops {
    ($($constant:ident $name:literal $combine:ident $types:expr;)*) => {
        $(pub(crate) static $constant: OpDef = OpDef {
            name: $name,
            shape: positions_shape,
            kernel: Some(|cx| positions(cx, Combine::$combine)),
            grad: Grad::None,
            types: $types,
            ..OpDef::NEW
        };)*
    };
}

position_ops! {
    RESOURCE_SCATTER_ND_ADD "ResourceScatterNdAdd" Add &[("T", NUMBERS)];
    RESOURCE_SCATTER_ND_MAX "ResourceScatterNdMax" Max &[("T", NUMBERS)];
    RESOURCE_SCATTER_ND_MIN "ResourceScatterNdMin" Min &[("T", NUMBERS)];
    RESOURCE_SCATTER_ND_SUB "ResourceScatterNdSub" Sub &[("T", NUMBERS)];
    RESOURCE_SCATTER_ND_UPDATE "ResourceScatterNdUpdate" Update &[];
    SCATTER_ND_ADD "ScatterNdAdd" Add &[("T", NUMBERS)];
    SCATTER_ND_MAX "ScatterNdMax" Max &[("T", NUMBERS)];
    SCATTER_ND_MIN "ScatterNdMin" Min &[("T", NUMBERS)];
    SCATTER_ND_SUB "ScatterNdSub" Sub &[("T", NUMBERS)];
    SCATTER_ND_UPDATE "ScatterNdUpdate" Update &[];
}
