//! StridedSliceAssign, ResourceStridedSliceAssign, TensorStridedSliceUpdate: a slice of a variable or a tensor replaced.

use crate::broadcast_to::spread;
use crate::mover::{self, Item, Moves};
use crate::strided_slice::{check_vectors, masks_of, spec_of, walk};
use crate::strided_write::StridedWrite;
use ferroflow_core::{
    Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, PartialShape, ResourceHandle, Result, ShapeCtx,
    VariableResource, bail, ensure, shape_fn, sum_to_shape_of,
};

/// Writes a value over a slice of what is otherwise kept.
struct Overwrite {
    write: StridedWrite,
}

impl Moves for Overwrite {
    const WRITES_ALL: bool = true;

    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        if let [kept, value] = inputs {
            output.clone_from_slice(kept);
            self.write.copy(value, output);
        }
    }
}

/// An array with the slice that the inputs describe replaced by the last of them.
fn replaced(cx: &KernelCtx<'_>, held: &NdArray) -> Result<NdArray> {
    let value = cx.input(4)?;
    let spec = spec_of(cx, 1, held.shape())?;
    let Some(shape) = spec.shape().to_shape() else {
        bail!(internal, "the slice's shape is not known");
    };
    if shape.num_elements() == 0 && value.is_empty() {
        return Ok(held.clone());
    }
    ensure!(
        value.rank() <= shape.rank() && value.shape().broadcast(&shape).as_ref() == Some(&shape),
        invalid_argument,
        "Cannot broadcast input shape {} into final shape {shape}",
        value.shape()
    );
    let Some((dims, offset)) = walk(&spec, held.shape()) else { return Ok(held.clone()) };
    let value = spread(value, &shape)?;
    mover::run(&[held, &value], held.shape().clone(), &Overwrite { write: StridedWrite::new(dims, offset) })
}

fn update_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        check_vectors(cx, 1)?;
    }
    shape_fn::unchanged(cx)
}

fn update_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let updated = replaced(cx, cx.input(0)?)?;
    cx.set(0, updated)
}

fn update_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dy, value) = (cx.dy(0)?, cx.x(4)?);
    let with_bounds = |op: Op| -> Result<Op> {
        let op = op.input(cx.x(1)?).input(cx.x(2)?).input(cx.x(3)?);
        masks_of(cx, op)
    };
    let slice = with_bounds(Op::named("StridedSlice").input(&dy))?.one()?;
    let zeros = Op::named("ZerosLike").input(value).one()?;
    // The bounds come before the value, so that it is put in last.
    let kept = with_bounds(Op::new(&TENSOR_STRIDED_SLICE_UPDATE).input(&dy))?.input(zeros).one()?;
    let dvalue = sum_to_shape_of(slice.clone(), value, &slice)?;
    cx.set(0, kept)?;
    cx.set(4, dvalue)
}

/// Replaces the slice in the variable at input 0.
fn assign(cx: &mut KernelCtx<'_>) -> Result<()> {
    let Some(handle) = cx.slice::<ResourceHandle>(0)?.first() else {
        bail!(invalid_argument, "Trying to access resource using an empty handle");
    };
    let variable = handle.lookup::<VariableResource>(&cx.env().resources)?;
    let dtype = cx.dtype("T")?;
    ensure!(
        variable.dtype() == dtype,
        invalid_argument,
        "l-value dtype {} does not match r-value dtype {}",
        variable.dtype().cpp_name(),
        dtype.cpp_name()
    );
    let mut held = variable.lock();
    let Some(value) = held.as_ref() else {
        let name = handle.data().map_or("", |data| data.name.as_str());
        bail!(failed_precondition, "Attempting to use uninitialized value {name}");
    };
    let updated = replaced(cx, value)?;
    *held = Some(updated);
    Ok(())
}

fn ref_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = if cx.at_run_time() { PartialShape::unknown() } else { cx.input(0) };
    cx.set(0, shape);
    Ok(())
}

fn ref_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    assign(cx)?;
    let reference = cx.input(0)?.clone();
    cx.set(0, reference)
}

pub(crate) static TENSOR_STRIDED_SLICE_UPDATE: OpDef = OpDef {
    name: "TensorStridedSliceUpdate",
    shape: update_shape,
    kernel: Some(update_kernel),
    grad: Grad::Fn(update_grad),
    ..OpDef::NEW
};

pub(crate) static RESOURCE_STRIDED_SLICE_ASSIGN: OpDef = OpDef {
    name: "ResourceStridedSliceAssign",
    shape: shape_fn::no_outputs,
    kernel: Some(assign),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static STRIDED_SLICE_ASSIGN: OpDef = OpDef {
    name: "StridedSliceAssign",
    shape: ref_shape,
    kernel: Some(ref_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};
