//! SparseTensorDenseAdd, SparseDenseCwiseAdd, SparseDenseCwiseMul, SparseDenseCwiseDiv: sparse and dense tensors
//! together.

use crate::entries::{Entries, Number, listed};
use crate::sparse_add::REALS;
use ferroflow_core::{
    DType, Error, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx,
    Tensor, bail, dispatch, ensure, reserve,
};

fn add_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let entries = Entries::read(cx, 0)?;
    let b = cx.input(3)?;
    ensure!(
        entries.rank() == b.rank(),
        invalid_argument,
        "Two operands have different ranks; received: {} and {}",
        entries.rank(),
        b.rank()
    );
    for (axis, (&left, &right)) in entries.sizes.iter().zip(b.shape().dims()).enumerate() {
        ensure!(
            left == right as i64,
            invalid_argument,
            "Dimension {axis} does not equal (no broadcasting is supported): sparse side {left} vs dense side {right}"
        );
    }
    for entry in 0..entries.count() {
        for (axis, (index, &limit)) in entries.place(entry).iter().zip(b.shape().dims()).enumerate() {
            ensure!(
                (0..limit as i64).contains(index),
                invalid_argument,
                "Sparse tensor has an invalid index on dimension {axis}: a_indices({entry},{axis}) = {index}, dense \
                 tensor shape: {}",
                b.shape().dims().iter().map(usize::to_string).collect::<Vec<_>>().join(" ")
            );
        }
    }
    let positions = positions(&entries, b.shape(), &b.shape().strides())?;
    let mut output = b.clone();
    dispatch!(b.dtype(), NUMBERS, |T| {
        let (values, elements) = (entries.values.as_slice::<T>()?, output.as_mut_slice::<T>()?);
        for (&position, &value) in positions.iter().zip(values) {
            elements[position] = elements[position].plus(value);
        }
        Ok(())
    })?;
    cx.set(0, output)
}

/// Where each entry is in a dense tensor with these strides.
fn positions(entries: &Entries<'_>, limits: &Shape, strides: &[usize]) -> Result<Vec<usize>> {
    let mut positions = reserve(entries.count())?;
    for entry in 0..entries.count() {
        let mut position = 0;
        for ((&index, &limit), stride) in entries.place(entry).iter().zip(limits.dims()).zip(strides) {
            let inside = usize::try_from(index).ok().filter(|index| *index < limit);
            let Some(index) = inside else {
                bail!(invalid_argument, "Sparse tensor has some invalid index on dimension");
            };
            position += index * stride;
        }
        positions.push(position);
    }
    Ok(positions)
}

fn add_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let dense = cx.input(3);
    cx.set(0, dense);
    Ok(())
}

fn add_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    cx.set(1, Op::named("GatherNd").input(&dy).input(cx.x(0)?).one())?;
    cx.set(3, dy)
}

/// What a cell-wise op does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cwise {
    Add,
    Mul,
    Div,
}

fn cwise_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let indices = cx.with_rank(0, 2)?;
        cx.set(0, PartialShape::new([indices.dim(0)]));
    }
    Ok(())
}

fn cwise(cx: &mut KernelCtx<'_>, what: Cwise) -> Result<()> {
    let entries = Entries::read(cx, 0)?;
    let dense = cx.input(3)?;
    let sparse = entries.shape()?;
    let added = entries.rank().checked_sub(dense.rank());
    let refused = || {
        Error::invalid_argument(format!(
            "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: [{}] vs. {}",
            listed(&entries.sizes),
            dense.shape()
        ))
    };
    let added = added.ok_or_else(refused)?;
    let own = dense.shape().strides();
    let mut strides = vec![0; entries.rank()];
    for (axis, &size) in dense.shape().dims().iter().enumerate() {
        let sparse_size = sparse[added + axis];
        if size != 1 && size != sparse_size {
            return Err(refused());
        }
        strides[added + axis] = if size == 1 { 0 } else { own[axis] };
    }
    let positions = positions(&entries, &sparse, &strides)?;
    let output = dispatch!(entries.values.dtype(), NUMBERS, |T| {
        let (values, dense) = (entries.values.as_slice::<T>()?, dense.as_slice::<T>()?);
        let mut output = reserve::<T>(values.len())?;
        for (&value, &position) in values.iter().zip(&positions) {
            let other = dense[position];
            output.push(match what {
                Cwise::Add => value.plus(other),
                Cwise::Mul => value.times(other),
                Cwise::Div => match value.over(other) {
                    Some(quotient) => quotient,
                    None => bail!(invalid_argument, "Integer division by zero"),
                },
            });
        }
        Ok(NdArray::vector(output))
    })?;
    cx.set(0, output)
}

fn add_has_none(cx: &mut GradCtx<'_>) -> Result<()> {
    bail!(unimplemented, "Gradient for {} is not implemented.", cx.op().name)
}

fn to_int64(tensor: Tensor) -> Result<Tensor> {
    Op::named("Cast").input(tensor).attr("DstT", DType::INT64).one()
}

/// As `_SparseDenseCwiseMulOrDivGrad`: the dense factor of each entry is picked, and what flows to the dense side is
/// added up, for several entries may have met the same cell.
fn cwise_grad(cx: &mut GradCtx<'_>, is_product: bool) -> Result<()> {
    let (indices, values, sizes, y, dy) = (cx.x(0)?, cx.x(1)?, cx.x(2)?, cx.x(3)?, cx.dy(0)?);
    let y_sizes = to_int64(Op::named("Shape").input(y).one()?)?;
    let length = |tensor: &Tensor| Op::named("Size").input(tensor).one();
    let added = Op::named("Sub").input(length(sizes)?).input(length(&y_sizes)?).one()?;
    let added = Op::named("ExpandDims").input(added).input(0).one()?;
    let ones = Op::named("Fill").input(&added).input(1i64).one()?;
    let aligned = Op::named("ConcatV2").inputs([&ones, &y_sizes]).input(0).one()?;
    let scale = Op::named("FloorDiv").input(sizes).input(aligned).one()?;
    let scaled = Op::named("FloorDiv").input(indices).input(scale).one()?;
    let zero = Op::named("Fill").input([1]).input(0).one()?;
    let begin = Op::named("ConcatV2").inputs([&zero, &added]).input(0).one()?;
    let scaled = Op::named("Slice").input(scaled).input(begin).input([-1, -1]).one()?;
    let factors = Op::named("GatherNd").input(y).input(&scaled).one()?;
    let (d_values, d_cells) = if is_product {
        ((&dy * &factors)?, (&dy * values)?)
    } else {
        let squares = Op::named("Square").input(&factors).one()?;
        let negative = Op::named("Neg").input(values).one()?;
        let quotient = Op::named("RealDiv").input(negative).input(squares).one()?;
        (Op::named("RealDiv").input(&dy).input(&factors).one()?, (&dy * &quotient)?)
    };
    let zeros = Op::named("ZerosLike").input(y).one()?;
    let dense = Op::new(&SPARSE_TENSOR_DENSE_ADD).input(scaled).input(d_cells).input(y_sizes).input(zeros);
    cx.set(1, d_values)?;
    cx.set(3, dense.one())
}

pub(crate) static SPARSE_TENSOR_DENSE_ADD: OpDef = OpDef {
    name: "SparseTensorDenseAdd",
    shape: add_shape,
    kernel: Some(add_kernel),
    grad: Grad::Fn(add_grad),
    ..OpDef::NEW
};

pub(crate) static SPARSE_DENSE_CWISE_ADD: OpDef = OpDef {
    name: "SparseDenseCwiseAdd",
    shape: cwise_shape,
    kernel: Some(|cx| cwise(cx, Cwise::Add)),
    grad: Grad::Fn(add_has_none),
    types: &[("T", REALS)],
    ..OpDef::NEW
};

pub(crate) static SPARSE_DENSE_CWISE_MUL: OpDef = OpDef {
    name: "SparseDenseCwiseMul",
    shape: cwise_shape,
    kernel: Some(|cx| cwise(cx, Cwise::Mul)),
    grad: Grad::Fn(|cx| cwise_grad(cx, true)),
    types: &[("T", REALS)],
    ..OpDef::NEW
};

pub(crate) static SPARSE_DENSE_CWISE_DIV: OpDef = OpDef {
    name: "SparseDenseCwiseDiv",
    shape: cwise_shape,
    kernel: Some(|cx| cwise(cx, Cwise::Div)),
    grad: Grad::Fn(|cx| cwise_grad(cx, false)),
    types: &[("T", REALS)],
    ..OpDef::NEW
};
