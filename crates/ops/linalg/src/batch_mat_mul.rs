//! BatchMatMul, V2 and V3: products of each pair of matrices in two stacks of them.

use crate::mat_mul::MatMulOptions;
use crate::product::{Side, conjugated, products};
use ferroflow_core::{
    BroadcastPlan, DType, Grad, GradCtx, KernelCtx, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, Tensor,
    bail,
};

/// The product under the op that TensorFlow takes for stacks.
pub(crate) fn batch_mat_mul(a: &Tensor, b: &Tensor, options: &MatMulOptions) -> Result<Tensor> {
    let adjoint = |tensor: &Tensor, transpose: bool| {
        // The op knows adjoints only: a plain transpose of complex matrices is an adjoint of conjugates.
        if transpose { crate::mat_mul::conjugate(tensor) } else { Ok(tensor.clone()) }
    };
    Op::new(&BATCH_MAT_MUL_V2)
        .input(adjoint(a, options.transpose_a)?)
        .input(adjoint(b, options.transpose_b)?)
        .attr("adj_x", options.transpose_a || options.adjoint_a)
        .attr("adj_y", options.transpose_b || options.adjoint_b)
        .default_name("MatMul")
        .one()
}

fn shape_of(cx: &mut ShapeCtx<'_>, broadcasts: bool) -> Result<()> {
    let (x, y) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        for (index, shape) in [&x, &y].into_iter().enumerate() {
            let rank = shape.rank().unwrap_or(0);
            if rank < 2 {
                bail!(invalid_argument, "In[{index}] ndims must be >= 2: {rank}");
            }
        }
    }
    let (x, y) = (cx.with_rank_at_least(0, 2)?, cx.with_rank_at_least(1, 2)?);
    let (Some(x_rank), Some(y_rank)) = (x.rank(), y.rank()) else {
        cx.set_all_unknown();
        return Ok(());
    };
    let (x_batch, y_batch) = (x.slice(0..x_rank - 2), y.slice(0..y_rank - 2));
    let batch = if broadcasts {
        match x_batch.broadcast(&y_batch) {
            Some(batch) => batch,
            None => {
                let shapes = ferroflow_core::broadcast_shapes(cx, &x_batch, &y_batch);
                let in_graph = shapes.err().map(|error| error.message().to_string()).unwrap_or_default();
                return Err(cx.mismatch(
                    format!(
                        "In[0] and In[1] must have compatible batch dimensions: {} vs. {}",
                        x.cpp(),
                        y.cpp()
                    ),
                    in_graph,
                ));
            }
        }
    } else {
        same_batch(cx, &x, &y, &x_batch, &y_batch)?
    };
    let pick = |shape: &PartialShape, rank: usize, adjoint: bool| {
        let (rows, columns) = (shape.dim(rank - 2), shape.dim(rank - 1));
        if adjoint { (columns, rows) } else { (rows, columns) }
    };
    let (adj_x, adj_y) = (cx.bool("adj_x")?, cx.bool("adj_y")?);
    let (rows, inner) = pick(&x, x_rank, adj_x);
    let (other, columns) = pick(&y, y_rank, adj_y);
    if let Err(error) = cx.merge_dims(inner, other) {
        return Err(cx.mismatch(
            format!("Matrix size-incompatible: In[0]: {}, In[1]: {}", x.cpp(), y.cpp()),
            error.message(),
        ));
    }
    cx.set(0, batch.concatenate(&PartialShape::new([rows, columns])));
    Ok(())
}

fn same_batch(
    cx: &ShapeCtx<'_>,
    x: &PartialShape,
    y: &PartialShape,
    x_batch: &PartialShape,
    y_batch: &PartialShape,
) -> Result<PartialShape> {
    let merged = cx.merge(x_batch, y_batch);
    if !cx.at_run_time() || merged.is_ok() {
        return merged;
    }
    if x.rank() != y.rank() {
        bail!(invalid_argument, "In[0] and In[1] has different ndims: {} vs. {}", x.cpp(), y.cpp());
    }
    let axis =
        (0..x_batch.rank().unwrap_or(0)).find(|axis| x_batch.dim(*axis) != y_batch.dim(*axis)).unwrap_or(0);
    bail!(
        invalid_argument,
        "In[0].dim({axis}) and In[1].dim({axis}) must be the same: {} vs {}",
        x.cpp(),
        y.cpp()
    )
}

/// Which matrices each product takes, as the batch dimensions broadcast.
fn offsets(x: &Shape, y: &Shape, output: &Shape) -> Result<Vec<(usize, usize)>> {
    let batch = |shape: &Shape| Shape::new(&shape[..shape.rank().saturating_sub(2)]);
    let (x, y, output) = (batch(x)?, batch(y)?, batch(output)?);
    let plan = BroadcastPlan::new(&x, &y, &output);
    let mut offsets = Vec::with_capacity(output.num_elements());
    if output.num_elements() > 0 {
        plan.for_runs(0, output.num_elements() / plan.inner, |left, right| {
            for step in 0..plan.inner {
                offsets.push((left + step * plan.left_step, right + step * plan.right_step));
            }
        });
    }
    Ok(offsets)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let dtype = cx.input(0)?.dtype();
    if matches!(dtype, DType::HALF | DType::BFLOAT16) {
        return cx.through_f32(kernel);
    }
    let shape = cx.output_shape(0)?;
    let (adj_x, adj_y) = (cx.bool("adj_x")?, cx.bool("adj_y")?);
    let side = |index: usize, adjoint: bool| {
        let array = cx.input(index)?;
        if adjoint { conjugated(array) } else { Ok(array.clone()) }
    };
    let (x, y) = (side(0, adj_x)?, side(1, adj_y)?);
    let offsets = offsets(x.shape(), y.shape(), &shape)?;
    let product = products(
        Side { array: &x, transpose: adj_x },
        Side { array: &y, transpose: adj_y },
        &offsets,
        shape,
    )?;
    cx.set(0, product)
}

fn kernel_v3(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (x, y, wanted) = (cx.dtype("Ta")?, cx.dtype("Tb")?, cx.dtype("Tout")?);
    if x != wanted || y != wanted {
        let dtype = if x != wanted { x } else { y };
        return Err(ferroflow_core::unsupported("BatchMatMulV3", cx.node(), Some(dtype)));
    }
    kernel(cx)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (adj_x, adj_y) = (cx.bool("adj_x")?, cx.bool("adj_y")?);
    let (x, y, dz) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let product = |left: &Tensor, adj_left: bool, right: &Tensor, adj_right: bool| {
        Op::new(&BATCH_MAT_MUL_V2)
            .input(left)
            .input(right)
            .attr("adj_x", adj_left)
            .attr("adj_y", adj_right)
            .one()
    };
    let (dx, dy) = match (adj_x, adj_y) {
        (false, false) => (product(&dz, false, y, true)?, product(x, true, &dz, false)?),
        (false, true) => (product(&dz, false, y, false)?, product(&dz, true, x, false)?),
        (true, false) => (product(y, false, &dz, true)?, product(x, false, &dz, false)?),
        (true, true) => (product(y, true, &dz, true)?, product(&dz, true, x, true)?),
    };
    cx.set(0, sum_batch_to(dx, x, y)?)?;
    cx.set(1, sum_batch_to(dy, y, x)?)
}

/// Sums a gradient over the batch dimensions along which an operand was broadcast.
fn sum_batch_to(gradient: Tensor, operand: &Tensor, other: &Tensor) -> Result<Tensor> {
    let batch = |tensor: &Tensor| {
        let shape = tensor.shape();
        shape.rank().map(|rank| shape.slice(0..rank.saturating_sub(2)))
    };
    if let (Some(own), Some(other)) = (batch(operand), batch(other))
        && own.is_fully_defined()
        && own == other
    {
        return Ok(gradient);
    }
    let shape = |tensor: &Tensor| Op::named("Shape").input(tensor).one();
    let batch = |shape: &Tensor| {
        Op::named("StridedSlice")
            .input(shape)
            .input([0])
            .input([-2])
            .input([1])
            .attr("begin_mask", 1i64)
            .one()
    };
    let (own, other) = (shape(operand)?, shape(other)?);
    let [axes, _] = Op::named("BroadcastGradientArgs").input(batch(&own)?).input(batch(&other)?).outputs()?;
    let summed = Op::named("Sum").input(gradient).input(axes).attr("keep_dims", false).one()?;
    Op::named("Reshape").input(summed).input(own).one()
}

pub(crate) static BATCH_MAT_MUL: OpDef = OpDef {
    name: "BatchMatMul",
    shape: |cx| shape_of(cx, false),
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};

pub(crate) static BATCH_MAT_MUL_V2: OpDef = OpDef {
    name: "BatchMatMulV2",
    shape: |cx| shape_of(cx, true),
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};

pub(crate) static BATCH_MAT_MUL_V3: OpDef = OpDef {
    name: "BatchMatMulV3",
    shape: |cx| shape_of(cx, true),
    kernel: Some(kernel_v3),
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};
