//! SparseMatMul: the product of two matrices of which many elements are said to be 0.

use super::mat_mul;
use ferroflow_core::{
    Attrs, DType, Grad, GradCtx, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail, ensure,
    operators, run_op,
};

pub(crate) static SPARSE_MAT_MUL: OpDef =
    OpDef { name: "SparseMatMul", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        for (index, name) in ["a", "b"].into_iter().enumerate() {
            ensure!(cx.input(index).rank() == Some(2), invalid_argument, "{name} is not a matrix");
        }
    }
    let (a, b) = (cx.with_rank(0, 2)?, cx.with_rank(1, 2)?);
    let (flip_a, flip_b) = (cx.bool("transpose_a")?, cx.bool("transpose_b")?);
    let inner = (a.dim(usize::from(!flip_a)), b.dim(usize::from(flip_b)));
    if let (Some(left), Some(right)) = inner
        && left != right
    {
        return Err(cx.mismatch(
            format!("Matrix size incompatible: a: {}, b: {}", a.cpp(), b.cpp()),
            format!("Dimensions must be equal, but are {left} and {right}"),
        ));
    }
    cx.set(0, PartialShape::new([a.dim(usize::from(flip_a)), b.dim(usize::from(!flip_b))]));
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let mut factors = [cx.input(0)?.cast(DType::FLOAT32)?, cx.input(1)?.cast(DType::FLOAT32)?];
    let attrs = Attrs::new()
        .with("T", DType::FLOAT32)
        .with("transpose_a", cx.bool("transpose_a")?)
        .with("transpose_b", cx.bool("transpose_b")?)
        .with("grad_a", false)
        .with("grad_b", false);
    let outputs = run_op(&mat_mul::MAT_MUL, &attrs, cx.node(), &mut factors, cx.env(), None)?;
    match outputs.into_iter().next() {
        Some(product) => cx.set(0, product),
        None => bail!(internal, "a product is one output"),
    }
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    let sparse = [cx.bool("a_is_sparse")?, cx.bool("b_is_sparse")?];
    // Which factor is first, whether each is an operand (by its number) or what flows in, and what is transposed.
    let product = |left: Option<usize>, right: Option<usize>, flip_left: bool, flip_right: bool| {
        let operand = |which: Option<usize>| -> Result<(Tensor, bool)> {
            match which {
                Some(index) => Ok((cx.x(index)?.clone(), sparse[index])),
                None => Ok((dy.clone(), false)),
            }
        };
        let ((x, x_is_sparse), (y, y_is_sparse)) = (operand(left)?, operand(right)?);
        Op::new(&SPARSE_MAT_MUL)
            .input(x)
            .input(y)
            .attr("transpose_a", flip_left)
            .attr("transpose_b", flip_right)
            .attr("a_is_sparse", x_is_sparse)
            .attr("b_is_sparse", y_is_sparse)
            .one()
    };
    let (da, db) = match (cx.bool("transpose_a")?, cx.bool("transpose_b")?) {
        (false, false) => (product(None, Some(1), false, true)?, product(Some(0), None, true, false)?),
        (false, true) => (product(None, Some(1), false, false)?, product(None, Some(0), true, false)?),
        (true, false) => (product(Some(1), None, false, true)?, product(Some(0), None, false, false)?),
        (true, true) => (product(Some(1), None, true, true)?, product(None, Some(0), true, true)?),
    };
    cx.set(0, operators::cast(da, cx.x(0)?.dtype())?)?;
    cx.set(1, operators::cast(db, cx.x(1)?.dtype())?)
}
