//! Gather, GatherV2: slices picked by index along a dimension.

use crate::gradients::{int32_constant, part};
use crate::indices::position_text;
use crate::mover::{self, Item, Moves};
use ferroflow_core::{
    DType, Grad, GradCtx, IndexedSlices, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx,
    Tensor, bail, convert_to_tensor, options, parallel,
};

options! {
    /// Optional arguments of [`gather_with`].
    pub struct GatherOptions {
        /// The dimension along which slices are picked; `batch_dims` if it is not given.
        axis: Option<i64> = None,
        /// How many leading dimensions of `params` and `indices` go together.
        batch_dims: i64 = 0,
    }
}

/// The slices of `params` along its first dimension that `indices` name.
///
/// Source: `tf.gather` (op `GatherV2`).
///
/// ```
/// use ferroflow_ops_array::gather;
/// let picked = gather([10, 20, 30], [2, 0])?;
/// assert_eq!(picked.numpy()?.as_slice::<i32>()?, [30, 10]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when an index is out of range.
pub fn gather(params: impl IntoOperand, indices: impl IntoOperand) -> Result<Tensor> {
    gather_with(params, indices, |o| o)
}

/// [`gather`] with options.
///
/// # Errors
/// As [`gather`], and when the axis is out of range.
pub fn gather_with(
    params: impl IntoOperand,
    indices: impl IntoOperand,
    options: impl FnOnce(GatherOptions) -> GatherOptions,
) -> Result<Tensor> {
    let GatherOptions { axis, batch_dims } = options(GatherOptions::default());
    let axis = axis.unwrap_or(batch_dims) as i32;
    Op::new(&GATHER_V2).input(params).input(indices).input(axis).attr("batch_dims", batch_dims).one()
}

/// The axis and the number of batch dimensions, both counted from the front.
fn places(axis: i64, batch_dims: i64, params_rank: usize, indices_rank: usize) -> Result<(usize, usize)> {
    let (params, indices) = (params_rank as i64, indices_rank as i64);
    if axis < -params || axis >= params {
        bail!(invalid_argument, "Expected axis in the range [{}, {params}), but got {axis}", -params);
    }
    if batch_dims < -indices || batch_dims > indices {
        bail!(
            invalid_argument,
            "Expected batch_dims in the range [{}, {indices}], but got {batch_dims}",
            -indices
        );
    }
    let axis = if axis < 0 { axis + params } else { axis };
    let batch = if batch_dims < 0 { batch_dims + indices } else { batch_dims };
    if batch >= params {
        bail!(invalid_argument, "batch_dims ({batch}) must be less than rank(params) ({params}).");
    }
    if axis < batch {
        bail!(invalid_argument, "batch_dims ({batch}) must be less than or equal to axis ({axis}).");
    }
    Ok((axis as usize, batch as usize))
}

fn gather_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (axis, batch_dims) = match cx.op() {
        "Gather" => (Some(0), 0),
        _ => (cx.int_value(2)?, cx.int("batch_dims")?),
    };
    let (params, indices) = (cx.input(0), cx.input(1));
    if params.rank() == Some(0) {
        return Err(cx.mismatch(
            "params must be at least 1 dimensional",
            "Shape must be at least rank 1 but is rank 0",
        ));
    }
    if cx.op() == "GatherV2" && cx.input(2).rank().is_some_and(|rank| rank != 0) {
        return Err(cx.mismatch(
            "axis must be scalar",
            format!("Shape must be rank 0 but is rank {}", cx.input(2).rank().unwrap_or(0)),
        ));
    }
    let (Some(params_dims), Some(indices_dims)) = (params.dims(), indices.dims()) else { return Ok(()) };
    let Some(axis) = axis else {
        if batch_dims >= 0 {
            let rank = (params_dims.len() + indices_dims.len()).saturating_sub(1 + batch_dims as usize);
            cx.set(0, PartialShape::of_rank(rank));
        }
        return Ok(());
    };
    let least = if axis < 0 { axis.saturating_neg() } else { axis.saturating_add(1) };
    if (params_dims.len() as i64) < least {
        bail!(invalid_argument, "Shape must be at least rank {least} but is rank {}", params_dims.len());
    }
    if !cx.at_run_time() && (indices_dims.len() as i64) < batch_dims {
        bail!(
            invalid_argument,
            "Shape must be at least rank {batch_dims} but is rank {}",
            indices_dims.len()
        );
    }
    let (axis, batch) = places(axis, batch_dims, params_dims.len(), indices_dims.len())?;
    for dim in 0..batch {
        if let (Some(a), Some(b)) = (params_dims[dim], indices_dims[dim])
            && a != b
        {
            bail!(invalid_argument, "params.shape[{dim}]: {a} should be equal to indices.shape[{dim}]: {b}");
        }
    }
    let picked = params_dims[..axis].iter().chain(&indices_dims[batch..]).chain(&params_dims[axis + 1..]);
    let shape = PartialShape::new(picked.copied());
    cx.set(0, shape);
    Ok(())
}

/// Copies the slices that indices name: the output is `[batch, outer, picks, inner]`.
struct Pick {
    indices: Vec<usize>,
    outer: usize,
    picks: usize,
    inner: usize,
    /// Slices to pick from.
    size: usize,
}

impl Moves for Pick {
    const WRITES_ALL: bool = true;

    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let Some(params) = inputs.first() else { return };
        let inner = self.inner;
        parallel::chunks(output, inner, 2, |start, chunk| {
            let (mut row, mut pick) = (start / inner / self.picks, start / inner % self.picks);
            for slice in chunk.chunks_mut(inner) {
                let index = self.indices[row / self.outer * self.picks + pick];
                let from = (row * self.size + index) * inner;
                match slice {
                    [only] => *only = params[from].clone(),
                    slice => slice.clone_from_slice(&params[from..from + inner]),
                }
                pick += 1;
                if pick == self.picks {
                    (row, pick) = (row + 1, 0);
                }
            }
        });
    }
}

fn gather_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (axis, batch_dims) = match cx.op().name {
        "Gather" => (0, 0),
        _ => (cx.int_value(2)?, cx.int("batch_dims")?),
    };
    let (params, indices) = (cx.input(0)?, cx.input(1)?);
    let (axis, batch) = places(axis, batch_dims, params.rank(), indices.rank())?;
    let size = params.shape()[axis];
    let values = indices.to_i64_vec()?;
    let mut checked = Vec::with_capacity(values.len());
    for (position, &index) in values.iter().enumerate() {
        match usize::try_from(index).ok().filter(|&index| index < size) {
            Some(index) => checked.push(index),
            None => bail!(
                invalid_argument,
                "indices{} = {index} is not in [0, {size})",
                position_text(indices.shape(), position)
            ),
        }
    }
    let product = |dims: &[usize]| dims.iter().product::<usize>();
    let pick = Pick {
        indices: checked,
        outer: product(&params.shape()[batch..axis]),
        picks: product(&indices.shape()[batch..]),
        inner: product(&params.shape()[axis + 1..]),
        size,
    };
    let picked = match shape.num_elements() {
        0 => ferroflow_core::NdArray::zeros(params.dtype(), shape)?,
        _ => mover::run(&[params], shape, &pick)?,
    };
    cx.set(0, picked)
}

/// The whole of `params`' shape, for gradients.
fn params_shape(params: &Tensor) -> Result<Tensor> {
    crate::gradients::shape_of(params)
}

fn gather_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (axis, batch_dims) = match cx.op().name {
        "Gather" => (Some(0), 0),
        _ => (
            crate::constant_value(cx.x(2)?).and_then(|axis| axis.to_i64_vec().ok()?.first().copied()),
            cx.int("batch_dims")?,
        ),
    };
    let (params, indices, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    if (axis, batch_dims) == (Some(0), 0) {
        let shape = params_shape(params)?;
        let count = Op::named("Size").input(indices).one()?;
        let count = Op::named("Reshape").input(count).input([1]).one()?;
        let values_shape = crate::concat([count.clone(), part(&shape, Some(1), None)?], 0)?;
        let values = Op::named("Reshape").input(dy).input(values_shape).one()?;
        let indices = Op::named("Reshape").input(indices).input(count).one()?;
        return cx.set_slices(0, IndexedSlices { values, indices, dense_shape: Some(shape) });
    }
    let batch = match (batch_dims, indices.rank()) {
        (0.., _) => batch_dims,
        (_, Some(rank)) => batch_dims + rank as i64,
        (_, None) => {
            bail!(
                value,
                "Currently, it is unsupported to take the gradient of tf.gather when batch_dims < 0 and the rank of \
                 the indices is unknown. Please pass a positive batch_dims or use tf.ensure_shape to update the \
                 shape of indices when calling tf.gather. Got batch_dims={batch_dims} and indices={indices}"
            )
        }
    };
    let grad = dense_grad(params, indices, dy, cx.x(2)?, batch);
    cx.set(0, grad)
}

/// Sums the picked slices back into place, with `axis` moved behind the batch dimensions meanwhile. Neither the axis
/// nor a rank has to be known.
fn dense_grad(params: &Tensor, indices: &Tensor, dy: Tensor, axis: &Tensor, batch: i64) -> Result<Tensor> {
    let int32 = |tensor: Tensor| ferroflow_core::operators::cast(tensor, DType::INT32);
    let reshape = |tensor: &Tensor, shape: Tensor| Op::named("Reshape").input(tensor).input(shape).one();
    let size = |tensor: &Tensor| Op::named("Size").input(tensor).one();
    let vector = |scalar: &Tensor| reshape(scalar, int32_constant(&[1])?);
    let range = |from: &Tensor, to: &Tensor| Op::named("Range").input(from).input(to).input(1).one();
    let pick = |from: &Tensor, at: &Tensor| Op::named("GatherV2").input(from).input(at).input(0).one();
    let product = |sizes: Tensor| Op::named("Prod").input(sizes).input([0]).one();
    let shape = params_shape(params)?;
    let rank = size(&shape)?;
    // A negative axis counts from the end.
    let axis = reshape(&int32(axis.clone())?, int32_constant(&[])?)?;
    let axis = ((axis + &rank)? % &rank)?;
    let behind = (&axis + 1)?;
    let (zero, batch) = (convert_to_tensor(0, None)?, convert_to_tensor(batch as i32, None)?);
    let outer = pick(&shape, &range(&zero, &axis)?)?;
    let inner = pick(&shape, &range(&behind, &rank)?)?;
    let values = reshape(&dy, crate::concat([outer, int32_constant(&[-1])?, inner], 0)?)?;
    // [batch, axis, the other dimensions]
    let (batches, between) = (range(&zero, &batch)?, range(&batch, &axis)?);
    let last = range(&behind, &rank)?;
    let order = crate::concat([batches.clone(), vector(&axis)?, between.clone(), last.clone()], 0)?;
    let back = crate::concat([batches.clone(), (between + 1)?, vector(&batch)?, last], 0)?;
    let values = Op::named("Transpose").input(values).input(&order).one()?;
    // [batch, picks, rest] becomes [batch * picks, rest], its indices counted over all batches.
    let moved = pick(&shape, &order)?;
    let rest = pick(&moved, &range(&(&batch + 1)?, &rank)?)?;
    let flat = reshape(&values, crate::concat([int32_constant(&[-1])?, rest], 0)?)?;
    let count = product(pick(&shape, &batches)?)?;
    let length = pick(&shape, &axis)?;
    let dtype = indices.dtype().base();
    let index_type = if dtype == DType::INT16 { DType::INT32 } else { dtype };
    let starts = reshape(&(range(&zero, &count)? * &length)?, int32_constant(&[-1, 1])?)?;
    let starts = ferroflow_core::operators::cast(starts, index_type)?;
    let indices_shape = crate::gradients::shape_of(indices)?;
    let picks = pick(&indices_shape, &range(&batch, &size(&indices_shape)?)?)?;
    let rows = reshape(indices, crate::concat([vector(&count)?, vector(&product(picks)?)?], 0)?)?;
    let rows = (ferroflow_core::operators::cast(rows, index_type)? + &starts)?;
    let rows = reshape(&rows, int32_constant(&[-1])?)?;
    let segments = (count * length)?;
    let summed = Op::named("UnsortedSegmentSum").input(flat).input(rows).input(segments).one()?;
    Op::named("Transpose").input(reshape(&summed, moved)?).input(back).one()
}

pub(crate) static GATHER: OpDef = OpDef {
    name: "Gather",
    shape: gather_shape,
    kernel: Some(gather_kernel),
    grad: Grad::Fn(gather_grad),
    ..OpDef::NEW
};
pub(crate) static GATHER_V2: OpDef = OpDef {
    name: "GatherV2",
    shape: gather_shape,
    kernel: Some(gather_kernel),
    grad: Grad::Fn(gather_grad),
    ..OpDef::NEW
};
