//! The variables an op works on: found through the resource handles or references among its inputs.

use ferroflow_core::{
    DType, Error, HandleData, KernelCtx, NdArray, PartialShape, Resource, ResourceHandle, Result, Shape,
    ShapeCtx, VariableResource, bail, ensure,
};
use std::sync::Arc;

/// The handle at an input: a resource, or a reference, which is carried as one.
pub(crate) fn handle<'a>(cx: &'a KernelCtx<'_>, index: usize) -> Result<&'a ResourceHandle> {
    match cx.slice::<ResourceHandle>(index)?.first() {
        Some(handle) => Ok(handle),
        None => bail!(invalid_argument, "Trying to access resource using an empty handle"),
    }
}

/// The variable that an input points to.
pub(crate) fn variable(cx: &KernelCtx<'_>, index: usize) -> Result<Arc<VariableResource>> {
    handle(cx, index)?.lookup::<VariableResource>(&cx.env().resources)
}

/// Whether the op takes this input by reference.
pub(crate) fn is_ref(cx: &KernelCtx<'_>, index: usize) -> bool {
    cx.op().schema().inputs.get(index).is_some_and(|arg| arg.is_ref)
}

/// The dtype of the handle at the first input, as messages show it.
pub(crate) fn handle_dtype(cx: &KernelCtx<'_>) -> &'static str {
    if is_ref(cx, 0) { "string_ref" } else { "resource" }
}

/// What stands for the value of a variable that has none: an error, or no elements for an anonymous resource, which
/// exists from the moment its handle does.
fn unset(cx: &KernelCtx<'_>, index: usize, dtype: DType) -> Result<NdArray> {
    let handle = handle(cx, index)?;
    let Some(data) = handle.data() else {
        bail!(invalid_argument, "Trying to access resource using an empty handle");
    };
    if is_ref(cx, index) {
        bail!(failed_precondition, "Attempting to use uninitialized value {}", data.name);
    }
    match data.resource {
        Some(_) => NdArray::zeros(dtype, Shape::new(&[0])?),
        None => Err(missing(cx, &data.container, &data.name)),
    }
}

fn missing(cx: &KernelCtx<'_>, container: &str, name: &str) -> Error {
    cx.env().resources.missing(container, name, VariableResource::mangled_name())
}

/// The value of the variable at an input.
pub(crate) fn value(cx: &KernelCtx<'_>, index: usize) -> Result<NdArray> {
    let variable = variable(cx, index)?;
    match variable.value() {
        Some(value) => Ok(value),
        None => unset(cx, index, variable.dtype()),
    }
}

/// Changes the value of the variable at an input while nobody else can. When `change` fails it must have left the
/// value as it was.
pub(crate) fn update<R>(
    cx: &KernelCtx<'_>,
    index: usize,
    change: impl FnOnce(&mut NdArray) -> Result<R>,
) -> Result<R> {
    let variable = variable(cx, index)?;
    let mut slot = variable.lock();
    match slot.as_mut() {
        Some(value) => change(value),
        None => change(&mut unset(cx, index, variable.dtype())?),
    }
}

/// Gives an op on references its output: the reference it took.
pub(crate) fn pass_reference(cx: &mut KernelCtx<'_>) -> Result<()> {
    if is_ref(cx, 0) {
        let reference = cx.input(0)?.clone();
        cx.set(0, reference)?;
    }
    Ok(())
}

/// The output is a reference to two strings: how the first version of an op names a resource.
pub(crate) fn two_strings(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set(0, [2]);
    Ok(())
}

/// Gives out a handle to the resource that the op's container and name stand for, made by `make` under its name if there
/// is none. Without a name, in eager code, it lives as long as its handles.
pub(crate) fn named_resource<R: Resource>(
    cx: &mut KernelCtx<'_>,
    make: impl FnOnce(&str) -> Result<R>,
) -> Result<Arc<R>> {
    let (container, shared) = (cx.str("container")?, cx.str("shared_name")?);
    let name = if shared.is_empty() { cx.node() } else { shared }.to_string();
    let is_named = !(shared.is_empty() && cx.is_eager());
    let mut data = HandleData { name, ..HandleData::default() };
    let resource = if is_named {
        data.container = cx.env().resources.container(container).to_string();
        cx.env().resources.get_or_create(container, &data.name, || make(&data.name))?
    } else {
        let resource = Arc::new(make(&data.name)?);
        data.resource = Some(resource.clone());
        resource
    };
    cx.set(0, handle_array(ResourceHandle::new(data)))?;
    Ok(resource)
}

/// An array with a single handle.
pub(crate) fn handle_array(handle: ResourceHandle) -> NdArray {
    NdArray::scalar(handle)
}

/// What is known, while a graph is built, of the shape of the variable at an input; its dtype must be `dtype`.
///
/// At run time nothing is said: an input of a reference type is then the handle itself, and a variable may hold
/// another shape than its handle promised.
pub(crate) fn variable_shape(cx: &ShapeCtx<'_>, index: usize, dtype: DType) -> Result<PartialShape> {
    if cx.at_run_time() {
        return Ok(PartialShape::unknown());
    }
    let Some((held, shape)) = cx.input_handle(index).and_then(|held| held.into_iter().next()) else {
        return Ok(PartialShape::unknown());
    };
    ensure!(
        held == dtype,
        invalid_argument,
        "Trying to read variable with wrong dtype. Expected {} got {}",
        held.cpp_name(),
        dtype.cpp_name()
    );
    Ok(shape)
}

/// What is known of the variable at an input, whether it comes as a resource or by reference.
pub(crate) fn target_shape(cx: &ShapeCtx<'_>, index: usize, dtype_attr: &str) -> Result<PartialShape> {
    if cx.at_run_time() {
        return Ok(PartialShape::unknown());
    }
    if takes_reference(cx, index) {
        return Ok(cx.input(index));
    }
    variable_shape(cx, index, cx.dtype(dtype_attr)?)
}

fn takes_reference(cx: &ShapeCtx<'_>, index: usize) -> bool {
    let schema = ferroflow_core::schema::lookup(cx.op());
    schema.and_then(|schema| schema.inputs.get(index)).is_some_and(|arg| arg.is_ref)
}

/// `[1,2]`: where in an array of this shape a flat position is, as messages about bad indices show it.
pub(crate) fn position_text(shape: &Shape, flat: usize) -> String {
    if shape.rank() == 0 {
        return String::new();
    }
    let strides = shape.strides();
    let parts: Vec<String> = strides
        .iter()
        .zip(shape.dims())
        .map(|(stride, size)| (flat / stride % (*size).max(1)).to_string())
        .collect();
    format!("[{}]", parts.join(","))
}

/// Checks that every index is below `limit`, and returns them as sizes.
pub(crate) fn checked_indices(indices: &NdArray, limit: usize) -> Result<Vec<usize>> {
    let values = indices.to_i64_vec()?;
    let mut checked = ferroflow_core::reserve(values.len())?;
    for (flat, &index) in values.iter().enumerate() {
        match usize::try_from(index).ok().filter(|index| *index < limit) {
            Some(index) => checked.push(index),
            None => bail!(
                invalid_argument,
                "indices{} = {index} is not in [0, {limit})",
                position_text(indices.shape(), flat)
            ),
        }
    }
    Ok(checked)
}
