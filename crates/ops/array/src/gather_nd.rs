//! GatherNd: slices picked by coordinates.

use crate::indices::{BadIndices, SliceIndices};
use crate::mover::{self, Item, Moves};
use ferroflow_core::{
    Error, Grad, GradCtx, IndexedSlices, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx,
    Tensor, bail, parallel,
};

/// The slices of `params` at the coordinates in the last dimension of `indices`.
///
/// Source: `tf.gather_nd` (op `GatherNd`).
///
/// ```
/// use ferroflow_ops_array::gather_nd;
/// let picked = gather_nd([[1, 2], [3, 4]], [[0, 1], [1, 0]])?;
/// assert_eq!(picked.numpy()?.as_slice::<i32>()?, [2, 3]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when an index is out of range.
pub fn gather_nd(params: impl IntoOperand, indices: impl IntoOperand) -> Result<Tensor> {
    Op::new(&GATHER_ND).input(params).input(indices).one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (params, indices) = (cx.input(0), cx.input(1));
    if params.rank() == Some(0) && cx.at_run_time() {
        bail!(invalid_argument, "params must be at least a vector");
    }
    if indices.rank() == Some(0) {
        return Err(
            cx.mismatch("indices must be at least a vector", "Shape must be at least rank 1 but is rank 0")
        );
    }
    let (Some(params_dims), Some((Some(depth), outer))) =
        (params.dims(), indices.dims().and_then(<[_]>::split_last))
    else {
        return Ok(());
    };
    if *depth > params_dims.len() {
        return Err(cx.mismatch(
            format!(
                "index innermost dimension length must be <= params rank; saw: {depth} vs. {}",
                params_dims.len()
            ),
            format!(
                "indices.shape[-1] must be <= params.rank, but saw indices shape: {} and params shape: {}",
                indices.cpp(),
                params.cpp()
            ),
        ));
    }
    let picked = outer.iter().chain(&params_dims[*depth..]).copied();
    let shape = ferroflow_core::PartialShape::new(picked);
    cx.set(0, shape);
    Ok(())
}

struct Pick(SliceIndices);

impl Moves for Pick {
    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let (Some(params), slice) = (inputs.first(), self.0.slice) else { return };
        parallel::chunks(output, slice, 2, |start, chunk| {
            for (part, offset) in chunk.chunks_mut(slice).zip(&self.0.offsets[start / slice..]) {
                if let Some(from) = *offset {
                    part.clone_from_slice(&params[from..from + slice]);
                }
            }
        });
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (params, indices) = (cx.input(0)?, cx.input(1)?);
    let policy = match BadIndices::named(cx.str("bad_indices_policy")?)? {
        BadIndices::Refuse => BadIndices::RefuseLast,
        other => other,
    };
    if params.is_empty() && shape.num_elements() > 0 {
        bail!(
            invalid_argument,
            "Requested more than 0 entries, but params is empty.  Params shape: {}",
            params.shape()
        );
    }
    let picks = SliceIndices::read(indices, params.shape(), policy, |row| {
        Error::invalid_argument(format!(
            "{row} does not index into param shape {}, node name: {}",
            params.shape(),
            cx.node()
        ))
    })?;
    let picked = match shape.num_elements() {
        0 => NdArray::zeros(params.dtype(), shape)?,
        _ => mover::run(&[params], shape, &Pick(picks))?,
    };
    cx.set(0, picked)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (params, indices, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let shape = Op::named("Shape").input(params).attr("out_type", indices.dtype().base()).one()?;
    if indices.rank() == Some(2) && indices.shape().dim(1) == Some(1) {
        let indices = Op::named("Squeeze").input(indices).attr("squeeze_dims", vec![-1i64]).one()?;
        return cx.set_slices(0, IndexedSlices { values: dy, indices, dense_shape: Some(shape) });
    }
    cx.set(0, Op::named("ScatterNd").input(indices).input(dy).input(shape).one())
}

pub(crate) static GATHER_ND: OpDef =
    OpDef { name: "GatherNd", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };
