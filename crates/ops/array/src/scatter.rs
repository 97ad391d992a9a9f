//! ScatterNd, TensorScatterUpdate and its kin: slices written at coordinates.

use crate::combine::{Change, apply};
use crate::indices::{BadIndices, SliceIndices};
use crate::sizes::shape_from_sizes;
use ferroflow_core::{
    Error, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx,
    Tensor, bail, dispatch,
};

/// A tensor of this shape that is zero but for the slices at the coordinates in the last dimension of `indices`,
/// where `updates` are added up.
///
/// Source: `tf.scatter_nd` (op `ScatterNd`).
///
/// ```
/// use ferroflow_ops_array::scatter_nd;
/// let spread = scatter_nd([[1], [3]], [7, 8], [4])?;
/// assert_eq!(spread.numpy()?.as_slice::<i32>()?, [0, 7, 0, 8]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when an index is out of range or the shapes do not go together.
pub fn scatter_nd(
    indices: impl IntoOperand,
    updates: impl IntoOperand,
    shape: impl IntoOperand,
) -> Result<Tensor> {
    Op::new(&SCATTER_ND).input(indices).input(updates).input(shape).one()
}

macro_rules! tensor_scatter {
    ($($function:ident $def:ident $source:literal $what:literal;)*) => {
        $(#[doc = concat!("The tensor with the slices at the coordinates in the last dimension of `indices` ", $what, ".")]
        ///
        #[doc = concat!("Source: `", $source, "`.")]
        ///
        /// # Errors
        /// `InvalidArgument` when an index is out of range or the shapes do not go together.
        pub fn $function(
            tensor: impl IntoOperand,
            indices: impl IntoOperand,
            updates: impl IntoOperand,
        ) -> Result<Tensor> {
            Op::new(&$def).input(tensor).input(indices).input(updates).one()
        })*
    };
}

tensor_scatter! {
    tensor_scatter_nd_update TENSOR_SCATTER_UPDATE "tf.tensor_scatter_nd_update" "replaced by `updates`";
    tensor_scatter_nd_add TENSOR_SCATTER_ADD "tf.tensor_scatter_nd_add" "increased by `updates`";
    tensor_scatter_nd_sub TENSOR_SCATTER_SUB "tf.tensor_scatter_nd_sub" "decreased by `updates`";
    tensor_scatter_nd_max TENSOR_SCATTER_MAX "tf.tensor_scatter_nd_max" "no less than `updates`";
    tensor_scatter_nd_min TENSOR_SCATTER_MIN "tf.tensor_scatter_nd_min" "no more than `updates`";
}

/// Checks that updates are what indices into `shape` need: one slice for each row.
fn check_updates(
    cx: &ShapeCtx<'_>,
    indices: &PartialShape,
    updates: &PartialShape,
    shape: &PartialShape,
) -> Result<()> {
    let counts = (shape.num_elements(), indices.num_elements(), updates.num_elements());
    if let (Some(0), Some(i), Some(u)) = counts
        && (i > 0 || u > 0)
    {
        return Err(cx.mismatch(
            if cx.op() == "ScatterNd" {
                format!("Indices and updates specified for empty output.  indices shape: {}", indices.cpp())
            } else {
                "Indices and updates specified for empty output shape".to_string()
            },
            "Indices and updates specified for empty input",
        ));
    }
    let (Some(index_dims), Some(update_dims), Some(dims)) = (indices.dims(), updates.dims(), shape.dims())
    else {
        return Ok(());
    };
    let Some((Some(depth), outer)) = index_dims.split_last() else { return Ok(()) };
    let (depth, outer) = (*depth, outer.len());
    let rows = (indices.slice(0..outer), updates.slice(0..outer.min(update_dims.len())));
    let slices = (
        shape.slice(depth.min(dims.len())..dims.len()),
        updates.slice(outer.min(update_dims.len())..update_dims.len()),
    );
    let (spans, named) = (
        (format!("[0,{outer})"), format!("[0,{outer})")),
        if cx.op() == "ScatterNd" || !cx.at_run_time() { "" } else { "tensor" },
    );
    if !rows.0.is_compatible_with(&rows.1) {
        if named == "tensor" {
            bail!(
                invalid_argument,
                "Outer dimensions of indices and update must match. Indices shape: {}, updates shape:{}",
                indices.cpp(),
                updates.cpp()
            );
        }
        return Err(clash(cx, ("indices", indices, &rows.0), (updates, &rows.1), spans));
    }
    if !slices.0.is_compatible_with(&slices.1) || depth > dims.len() {
        if named == "tensor" && dims.is_empty() {
            bail!(
                invalid_argument,
                "Inner dimensions of output shape must match inner dimensions of updates shape. Output: {} updates: {}",
                shape.cpp(),
                updates.cpp()
            );
        }
        if named == "tensor" {
            bail!(
                invalid_argument,
                "The inner {} dimensions of output.shape={} must match the inner {} dimensions of updates.shape={}",
                dims.len().saturating_sub(depth),
                shape.cpp(),
                update_dims.len() - outer,
                updates.cpp()
            );
        }
        let spans = (format!("[{depth},{})", dims.len()), format!("[{outer},{})", update_dims.len()));
        return Err(clash(cx, ("input", shape, &slices.0), (updates, &slices.1), spans));
    }
    Ok(())
}

/// The error for parts of two shapes that differ.
fn clash(
    cx: &ShapeCtx<'_>,
    (name, whole, part): (&str, &PartialShape, &PartialShape),
    (updates, updates_part): (&PartialShape, &PartialShape),
    (span, updates_span): (String, String),
) -> Error {
    let reason =
        cx.merge(part, updates_part).err().map(|error| error.message().to_string()).unwrap_or_default();
    cx.mismatch(
        format!(
            "Dimensions {span} of {name}[shape={}] must match dimensions {updates_span} of updates[shape={}]",
            whole.cpp(),
            updates.cpp()
        ),
        format!(
            "Dimensions {span} of {name}[shape={}] = {} must match dimensions {updates_span} of updates[shape={}] = \
             {}: {reason}",
            whole.cpp(),
            part.cpp(),
            updates.cpp(),
            updates_part.cpp()
        ),
    )
}

/// Checks that neither indices nor updates are scalars.
fn check_ranks(cx: &ShapeCtx<'_>, indices: usize, updates: usize) -> Result<()> {
    for (index, name) in [(indices, "Indices"), (updates, "Updates")] {
        let shape = cx.input(index);
        if shape.rank() == Some(0) {
            return Err(if index == indices || cx.op() == "ScatterNd" {
                cx.mismatch(
                    format!("{name} shape must have rank at least one. Found:{}", shape.cpp()),
                    "Shape must be at least rank 1 but is rank 0",
                )
            } else {
                Error::invalid_argument(format!(
                    "{name} shape must have rank at least one. Found:{}",
                    shape.cpp()
                ))
            });
        }
    }
    Ok(())
}

fn scatter_nd_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_ranks(cx, 0, 1)?;
    let (indices, updates) = (cx.input(0), cx.input(1));
    let shape = if cx.at_run_time() {
        if cx.input(2).rank() != Some(1) {
            bail!(invalid_argument, "Shape must be a vector");
        }
        shape_from_sizes(&cx.ints(2)?.unwrap_or_default())?.into()
    } else {
        cx.with_rank(2, 1)?;
        cx.input_as_shape(2)?
    };
    check_updates(cx, &indices, &updates, &shape)?;
    cx.set(0, shape);
    Ok(())
}

fn tensor_scatter_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (tensor, indices, updates) = (cx.input(0), cx.input(1), cx.input(2));
    if tensor.rank() == Some(0) && !cx.at_run_time() {
        bail!(invalid_argument, "Shape must be at least rank 1 but is rank 0");
    }
    check_ranks(cx, 1, 2)?;
    check_updates(cx, &indices, &updates, &tensor)?;
    cx.set(0, tensor);
    Ok(())
}

/// Applies updates to `into`.
fn scatter(
    cx: &KernelCtx<'_>,
    mut into: NdArray,
    indices: &NdArray,
    updates: &NdArray,
    change: Change,
) -> Result<NdArray> {
    let policy = BadIndices::named(cx.str("bad_indices_policy")?)?;
    let shape = into.shape().clone();
    if indices.is_empty() || into.is_empty() {
        return Ok(into);
    }
    let places = SliceIndices::read(indices, &shape, policy, |row| {
        Error::invalid_argument(format!("{row} does not index into shape {shape}"))
    })?;
    let slice = places.slice;
    let targets =
        places.offsets.iter().enumerate().filter_map(|(row, offset)| offset.map(|at| (row * slice, at)));
    if change == Change::Assign {
        dispatch!(into.dtype(), ALL, |T| {
            let (to, from) = (into.as_mut_slice::<T>()?, updates.as_slice::<T>()?);
            for (row, at) in targets {
                to[at..at + slice].clone_from_slice(&from[row..row + slice]);
            }
            Ok(())
        })?;
    } else {
        dispatch!(into.dtype(), NUMBERS, |T| {
            let (to, from) = (into.as_mut_slice::<T>()?, updates.as_slice::<T>()?);
            for (row, at) in targets {
                apply(change, &mut to[at..at + slice], &from[row..row + slice]);
            }
            Ok(())
        })?;
    }
    Ok(into)
}

fn scatter_nd_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape: Shape = cx.output_shape(0)?;
    let (indices, updates) = (cx.take(0)?, cx.take(1)?);
    let into = NdArray::zeros(updates.dtype(), shape)?;
    // What is not a number cannot be added up: the last update stands.
    let number =
        updates.dtype().is_integer() || updates.dtype().is_floating() || updates.dtype().is_complex();
    let change = if number { Change::Add } else { Change::Assign };
    let scattered = scatter(cx, into, &indices, &updates, change)?;
    cx.set(0, scattered)
}

fn tensor_scatter_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let change = match cx.op().name {
        "TensorScatterUpdate" => Change::Assign,
        "TensorScatterSub" => Change::Sub,
        "TensorScatterMax" => Change::Max,
        "TensorScatterMin" => Change::Min,
        _ => Change::Add,
    };
    let (into, indices, updates) = (cx.take(0)?, cx.take(1)?, cx.take(2)?);
    let scattered = scatter(cx, into, &indices, &updates, change)?;
    cx.set(0, scattered)
}

fn gathered(dy: &Tensor, indices: &Tensor) -> Result<Tensor> {
    Op::named("GatherNd").input(dy).input(indices).one()
}

fn scatter_nd_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let grad = gathered(&cx.dy(0)?, cx.x(0)?);
    cx.set(1, grad)
}

fn update_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dy, indices, updates) = (cx.dy(0)?, cx.x(1)?, cx.x(2)?);
    let zeros = Op::named("ZerosLike").input(updates).one()?;
    cx.set(0, Op::new(&TENSOR_SCATTER_UPDATE).input(&dy).input(indices).input(zeros).one())?;
    cx.set(2, gathered(&dy, indices))
}

fn add_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dy, indices) = (cx.dy(0)?, cx.x(1)?);
    cx.set(0, &dy)?;
    cx.set(2, gathered(&dy, indices))
}

fn sub_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dy, indices) = (cx.dy(0)?, cx.x(1)?);
    cx.set(0, &dy)?;
    cx.set(2, ferroflow_core::operators::negative(gathered(&dy, indices)))
}

/// Where several values are the extreme, they share the gradient.
fn extreme_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (tensor, indices, updates, output, dy) = (cx.x(0)?, cx.x(1)?, cx.x(2)?, cx.y(0)?, cx.dy(0)?);
    let equal = |a: &Tensor, b: &Tensor| {
        ferroflow_core::operators::cast(Op::named("Equal").input(a).input(b).one()?, a.dtype().base())
    };
    let from_tensor = equal(output, tensor)?;
    let values = gathered(output, indices)?;
    let from_updates = equal(updates, &values)?;
    let shape = crate::gradients::shape_of(output)?;
    let shape = ferroflow_core::operators::cast(shape, indices.dtype().base())?;
    let spread = Op::named("ScatterNd").input(indices).input(&from_updates).input(shape).one()?;
    let sharers = (&from_tensor + &spread)?;
    let share = Op::named("RealDiv").input(dy).input(sharers).one()?;
    cx.set(0, &share * &from_tensor)?;
    cx.set(2, gathered(&share, indices)? * &from_updates)
}

/// A tensor with slices changed.
const fn tensor_scatter(name: &'static str, grad: Grad) -> OpDef {
    OpDef { name, shape: tensor_scatter_shape, kernel: Some(tensor_scatter_kernel), grad, ..OpDef::NEW }
}

pub(crate) static SCATTER_ND: OpDef = OpDef {
    name: "ScatterNd",
    shape: scatter_nd_shape,
    kernel: Some(scatter_nd_kernel),
    grad: Grad::Fn(scatter_nd_grad),
    ..OpDef::NEW
};
pub(crate) static SCATTER_ND_NON_ALIASING_ADD: OpDef =
    tensor_scatter("ScatterNdNonAliasingAdd", Grad::Fn(add_grad));
pub(crate) static TENSOR_SCATTER_ADD: OpDef = tensor_scatter("TensorScatterAdd", Grad::Fn(add_grad));
pub(crate) static TENSOR_SCATTER_MAX: OpDef = tensor_scatter("TensorScatterMax", Grad::Fn(extreme_grad));
pub(crate) static TENSOR_SCATTER_MIN: OpDef = tensor_scatter("TensorScatterMin", Grad::Fn(extreme_grad));
pub(crate) static TENSOR_SCATTER_SUB: OpDef = tensor_scatter("TensorScatterSub", Grad::Fn(sub_grad));
pub(crate) static TENSOR_SCATTER_UPDATE: OpDef = tensor_scatter("TensorScatterUpdate", Grad::Fn(update_grad));
