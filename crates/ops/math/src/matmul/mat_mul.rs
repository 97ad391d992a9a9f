//! MatMul: the product of two matrices.

use super::product::{Layout, products};
use crate::dtypes::is_half;
use crate::known::conjugate;
use ferroflow_core::{
    DType, Grad, GradCtx, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, ensure,
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        let (a, b) = (cx.input(0), cx.input(1));
        let ranks = [a.rank().unwrap_or(0), b.rank().unwrap_or(0)];
        ensure!(
            ranks[0] == ranks[1],
            invalid_argument,
            "In[0] and In[1] has different ndims: {} vs. {}",
            a.cpp(),
            b.cpp()
        );
        ensure!(ranks[0] == 2, invalid_argument, "In[0] and In[1] ndims must be == 2: {}", ranks[0]);
    }
    let (a, b) = (cx.with_rank(0, 2)?, cx.with_rank(1, 2)?);
    let (transpose_a, transpose_b) = (cx.bool("transpose_a")?, cx.bool("transpose_b")?);
    let (rows, depth) = if transpose_a { (a.dim(1), a.dim(0)) } else { (a.dim(0), a.dim(1)) };
    let (b_depth, columns) = if transpose_b { (b.dim(1), b.dim(0)) } else { (b.dim(0), b.dim(1)) };
    if let (Some(x), Some(y)) = (depth, b_depth)
        && x != y
    {
        return Err(cx.mismatch(
            format!("Matrix size-incompatible: In[0]: {}, In[1]: {}", a.cpp(), b.cpp()),
            format!("Dimensions must be equal, but are {x} and {y}"),
        ));
    }
    cx.set(0, PartialShape::new([rows, columns]));
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if is_half(cx.dtype("T")?) {
        return cx.through_f32(kernel);
    }
    let layout = Layout {
        transpose_a: cx.bool("transpose_a")?,
        transpose_b: cx.bool("transpose_b")?,
        conjugate: false,
    };
    let output = cx.output_shape(0)?;
    let product = products(cx.input(0)?, cx.input(1)?, output, &[(0, 0)], layout)?;
    cx.set(0, product)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (a, b, dy) = (&conjugate(cx.x(0)?)?, &conjugate(cx.x(1)?)?, &cx.dy(0)?);
    let product = |of: &str, a: &Tensor, b: &Tensor, transpose_a: bool, transpose_b: bool| {
        Op::new(&MAT_MUL)
            .input(a)
            .input(b)
            .attr("transpose_a", transpose_a)
            .attr("transpose_b", transpose_b)
            .attr(of.to_string(), true)
            .one()
    };
    let (da, db) = match (cx.bool("transpose_a")?, cx.bool("transpose_b")?) {
        (false, false) => (product("grad_a", dy, b, false, true), product("grad_b", a, dy, true, false)),
        (false, true) => (product("grad_a", dy, b, false, false), product("grad_b", dy, a, true, false)),
        (true, false) => (product("grad_a", b, dy, false, true), product("grad_b", a, dy, false, false)),
        (true, true) => (product("grad_a", b, dy, true, true), product("grad_b", dy, a, true, true)),
    };
    cx.set(0, da)?;
    cx.set(1, db)
}

pub(crate) static MAT_MUL: OpDef = OpDef {
    name: "MatMul",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[(
        "T",
        &[
            DType::HALF,
            DType::BFLOAT16,
            DType::FLOAT32,
            DType::FLOAT64,
            DType::INT32,
            DType::INT64,
            DType::COMPLEX64,
            DType::COMPLEX128,
        ],
    )],
    ..OpDef::NEW
};
