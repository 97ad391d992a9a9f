//! BatchMatMul, BatchMatMulV2, BatchMatMulV3: products of the matrices in the last two axes.

use super::product::{Layout, products};
use crate::dtypes::is_half;
use ferroflow_core::{
    BroadcastPlan, DType, Grad, GradCtx, GradFn, KernelCtx, Op, OpDef, PartialShape, Result, Shape, ShapeCtx,
    ShapeFn, Tensor, bail, ensure,
};

/// The batch axes and the last two sizes of a shape of known rank.
fn split(shape: &PartialShape) -> Option<(PartialShape, [Option<usize>; 2])> {
    match shape.dims()? {
        [batch @ .., rows, columns] => Some((PartialShape::new(batch.iter().copied()), [*rows, *columns])),
        _ => None,
    }
}

/// How the batch axes of both factors make those of the product.
type JoinBatches = fn(&ShapeCtx<'_>, &PartialShape, &PartialShape) -> Result<PartialShape>;

fn infer(cx: &mut ShapeCtx<'_>, join: JoinBatches) -> Result<()> {
    let (x, y) = (cx.with_rank_at_least(0, 2)?, cx.with_rank_at_least(1, 2)?);
    let (Some((x_batch, x_sizes)), Some((y_batch, y_sizes))) = (split(&x), split(&y)) else {
        cx.set_all_unknown();
        return Ok(());
    };
    let batch = join(cx, &x_batch, &y_batch)?;
    let (adj_x, adj_y) = (cx.bool("adj_x")?, cx.bool("adj_y")?);
    let [rows, depth] = if adj_x { [x_sizes[1], x_sizes[0]] } else { x_sizes };
    let [y_depth, columns] = if adj_y { [y_sizes[1], y_sizes[0]] } else { y_sizes };
    if let (Some(a), Some(b)) = (depth, y_depth)
        && a != b
    {
        return Err(cx.mismatch(
            format!("Matrix size-incompatible: In[0]: {}, In[1]: {}", x.cpp(), y.cpp()),
            format!("Dimensions must be equal, but are {a} and {b}"),
        ));
    }
    cx.set(0, batch.concatenate(&PartialShape::new([rows, columns])));
    Ok(())
}

/// Both factors have the same batch axes.
fn equal_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        let (x, y) = (cx.input(0), cx.input(1));
        let (x_dims, y_dims) = (x.dims().unwrap_or_default(), y.dims().unwrap_or_default());
        ensure!(
            x_dims.len() == y_dims.len(),
            invalid_argument,
            "In[0] and In[1] has different ndims: {} vs. {}",
            x.cpp(),
            y.cpp()
        );
        ensure!(x_dims.len() >= 2, invalid_argument, "In[0] and In[1] ndims must be >= 2: {}", x_dims.len());
        let batch_axes = x_dims.len() - 2;
        if let Some(axis) = (0..batch_axes).find(|&axis| x_dims[axis] != y_dims[axis]) {
            bail!(
                invalid_argument,
                "In[0].dim({axis}) and In[1].dim({axis}) must be the same: {} vs {}",
                x.cpp(),
                y.cpp()
            );
        }
    }
    infer(cx, |cx, x, y| cx.merge(x, y))
}

/// The batch axes broadcast.
fn broadcast_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        for index in 0..2 {
            let rank = cx.input(index).rank().unwrap_or_default();
            ensure!(rank >= 2, invalid_argument, "In[{index}] ndims must be >= 2: {rank}");
        }
    }
    infer(cx, |cx, x, y| {
        ferroflow_core::broadcast_shapes(cx, x, y).map_err(|error| {
            if !cx.at_run_time() {
                return error;
            }
            error.with_message(format!(
                "In[0] and In[1] must have compatible batch dimensions: {} vs. {}",
                cx.input(0).cpp(),
                cx.input(1).cpp()
            ))
        })
    })
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if is_half(cx.input(0)?.dtype()) || is_half(cx.input(1)?.dtype()) {
        return cx.through_f32(kernel);
    }
    let layout = Layout { transpose_a: cx.bool("adj_x")?, transpose_b: cx.bool("adj_y")?, conjugate: true };
    let output = cx.output_shape(0)?;
    let batch_of = |dims: &[usize]| Shape::new(&dims[..dims.len().saturating_sub(2)]);
    let (x, y) = (cx.input(0)?, cx.input(1)?);
    let (x_batch, y_batch, batch) = (batch_of(x.shape())?, batch_of(y.shape())?, batch_of(&output)?);
    let mut pairs = Vec::new();
    if output.num_elements() > 0 {
        let plan = BroadcastPlan::new(&x_batch, &y_batch, &batch);
        plan.for_runs(0, batch.num_elements() / plan.inner, |left, right| {
            pairs.extend((0..plan.inner).map(|k| (left + k * plan.left_step, right + k * plan.right_step)));
        });
    }
    let product = products(x, y, output, &pairs, layout)?;
    cx.set(0, product)
}

/// The gradients in the batch shape of the output.
fn output_grads(cx: &GradCtx<'_>) -> Result<(Tensor, Tensor)> {
    let (x, y, dy) = (cx.x(0)?, cx.x(1)?, &cx.dy(0)?);
    let product = |of: &str, x: &Tensor, y: &Tensor, adj_x: bool, adj_y: bool| {
        let op = Op::new(cx.op()).input(x).input(y).attr("adj_x", adj_x).attr("adj_y", adj_y);
        let op = if cx.op().name == "BatchMatMulV3" { op.attr("Tout", x.dtype().base()) } else { op };
        op.attr(of.to_string(), true).one()
    };
    Ok(match (cx.bool("adj_x")?, cx.bool("adj_y")?) {
        (false, false) => (product("grad_x", dy, y, false, true)?, product("grad_y", x, dy, true, false)?),
        (false, true) => (product("grad_x", dy, y, false, false)?, product("grad_y", dy, x, true, false)?),
        (true, false) => (product("grad_x", y, dy, false, true)?, product("grad_y", x, dy, false, false)?),
        (true, true) => (product("grad_x", y, dy, true, true)?, product("grad_y", dy, x, true, true)?),
    })
}

fn equal_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dx, dy) = output_grads(cx)?;
    cx.set(0, dx)?;
    cx.set(1, dy)
}

/// Sums a gradient over the batch axes along which its operand was broadcast.
fn sum_batch(gradient: Tensor, operand: &Tensor, other: &Tensor) -> Result<Tensor> {
    let (own, others) = (operand.shape(), other.shape());
    if let (Some((own, _)), Some((others, _))) = (split(&own), split(&others))
        && own.is_fully_defined()
        && own == others
    {
        return Ok(gradient);
    }
    if gradient.shape().is_fully_defined() && gradient.shape() == own {
        return Ok(gradient);
    }
    // Matrices of one shape on both sides leave only the batch axes to be summed over.
    let batch = |tensor: &Tensor| -> Result<Tensor> {
        let shape = Op::named("Shape").input(tensor).one()?;
        let vector = |value: i32| [value];
        Op::named("StridedSlice")
            .input(shape)
            .input(vector(0))
            .input(vector(-2))
            .input(vector(1))
            .attr("begin_mask", 1)
            .one()
    };
    let [axes, _] =
        Op::named("BroadcastGradientArgs").input(batch(operand)?).input(batch(other)?).outputs()?;
    let summed = Op::named("Sum").input(gradient).input(axes).one()?;
    Op::named("Reshape").input(summed).input(Op::named("Shape").input(operand).one()?).one()
}

fn broadcast_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y) = (cx.x(0)?, cx.x(1)?);
    let (dx, dy) = output_grads(cx)?;
    cx.set(0, sum_batch(dx, x, y))?;
    cx.set(1, sum_batch(dy, y, x))
}

const TYPES: &[DType] = &[
    DType::HALF,
    DType::BFLOAT16,
    DType::FLOAT32,
    DType::FLOAT64,
    DType::INT16,
    DType::INT32,
    DType::INT64,
    DType::COMPLEX64,
    DType::COMPLEX128,
];

const fn definition(
    name: &'static str,
    shape: ShapeFn,
    grad: GradFn,
    types: &'static [(&'static str, &'static [DType])],
) -> OpDef {
    OpDef { name, shape, kernel: Some(kernel), grad: Grad::Fn(grad), types, ..OpDef::NEW }
}

pub(crate) static BATCH_MAT_MUL: OpDef = definition("BatchMatMul", equal_shape, equal_grad, &[("T", TYPES)]);
pub(crate) static BATCH_MAT_MUL_V2: OpDef =
    definition("BatchMatMulV2", broadcast_shape, broadcast_grad, &[("T", TYPES)]);
/// Of the pairs of dtypes that TensorFlow mixes, those are taken that are one dtype.
pub(crate) static BATCH_MAT_MUL_V3: OpDef = OpDef {
    kernel: Some(|cx| {
        let (ta, tb, tout) = (cx.dtype("Ta")?, cx.dtype("Tb")?, cx.dtype("Tout")?);
        if ta != tb || ta != tout {
            return Err(ferroflow_core::unsupported(cx.op().name, cx.node(), Some(tb)));
        }
        kernel(cx)
    }),
    ..definition(
        "BatchMatMulV3",
        broadcast_shape,
        broadcast_grad,
        &[("Ta", TYPES), ("Tb", TYPES), ("Tout", TYPES)],
    )
};
