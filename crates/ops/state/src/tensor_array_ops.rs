//! TensorArray, TensorArrayRead, TensorArrayWrite, ... : the ops on arrays of tensors, in three versions.

use crate::joined::joined;
use crate::op_table::ops;
use crate::target::{handle, handle_array};
use crate::tensor_array::{ARRAYS, ArrayOptions, GRADIENTS, TensorArray};
use crate::tensor_array_gradients as gradients;
use crate::tensor_array_shapes as shapes;
use crate::tensor_list::unstacked;
use ferroflow_core::shape_fn::no_outputs;
use ferroflow_core::{
    DType, Grad, HandleData, KernelCtx, NdArray, Resource, ResourceHandle, Result, Shape, TString, bail,
    dispatch, ensure, shape_fn,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn array(cx: &KernelCtx<'_>) -> Result<Arc<TensorArray>> {
    if cx.input(0)?.dtype() == DType::STRING {
        return named(cx);
    }
    handle(cx, 0)?.lookup::<TensorArray>(&cx.env().resources)
}

/// The array that the two strings at input 0 name.
fn named(cx: &KernelCtx<'_>) -> Result<Arc<TensorArray>> {
    let name = cx.input(0)?;
    match name.as_slice::<TString>()? {
        [kind, rest] => TensorArray::find(&kind.to_string_lossy(), &rest.to_string_lossy()),
        _ => bail!(
            invalid_argument,
            "Tensor array handle must be 2-element vector, but had shape: {}",
            name.shape()
        ),
    }
}

/// An array that holds this dtype, as the op's attribute asks.
fn array_of(cx: &KernelCtx<'_>, asked: DType, what: &str) -> Result<Arc<TensorArray>> {
    let array = array(cx)?;
    ensure!(
        array.dtype == asked,
        invalid_argument,
        "TensorArray dtype is {} but Op {what} dtype {}.",
        array.dtype.cpp_name(),
        asked.cpp_name()
    );
    Ok(array)
}

const READ: &str = "requested";
const WRITE: &str = "is trying to write";

/// What an op gives out for an array of this kind: two strings, a reference to them, or a handle.
fn handle_to(cx: &KernelCtx<'_>, array: Arc<TensorArray>, kind: &str) -> NdArray {
    let (is_second, is_first) = (cx.op().name.ends_with("V2"), cx.op().schema().outputs[0].is_ref);
    if is_second {
        return NdArray::vector(vec![TString::from(kind), TensorArray::name_for(array, kind)]);
    }
    let (container, name) = if is_first {
        array.make_known(kind);
        (kind.to_string(), array.name.clone())
    } else {
        ("__per_step_0".to_string(), format!("{kind}{}", array.name))
    };
    let resource: Option<Arc<dyn Resource>> = Some(array);
    handle_array(ResourceHandle::new(HandleData { container, name, resource, ..HandleData::default() }))
}

fn create_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let size = cx.input(0)?;
    ensure!(
        size.rank() == 0,
        invalid_argument,
        "TensorArray size must be scalar, but had shape: {}",
        size.shape()
    );
    let Ok(size) = usize::try_from(cx.int_value(0)?) else {
        bail!(invalid_argument, "Size should be >= 0.");
    };
    let name = match cx.str("tensor_array_name")? {
        "" => cx.node(),
        name => name,
    };
    let name = format!("{name}_{}", MADE.fetch_add(1, Ordering::Relaxed));
    let options = ArrayOptions {
        element_shape: cx.shape("element_shape")?.clone(),
        dynamic_size: cx.bool("dynamic_size")?,
        clear_after_read: cx.bool("clear_after_read")?,
        // The first version of the op knows nothing of this, and gives no flow.
        identical_element_shapes: cx.bool("identical_element_shapes").unwrap_or(false),
    };
    let array = TensorArray::new(name, cx.dtype("dtype")?, size, options)?;
    let handle = handle_to(cx, Arc::new(array), ARRAYS);
    cx.set(0, handle)?;
    if cx.num_outputs() > 1 { cx.set(1, NdArray::scalar(0f32)) } else { Ok(()) }
}

fn gradient_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let prefix =
        if cx.num_inputs() == 3 { Shape::from_i64(&cx.ints(2)?)?.dims().to_vec() } else { Vec::new() };
    let array = array(cx)?;
    if array.is_gradient && cx.num_outputs() == 1 {
        bail!(invalid_argument, "Input container should be '{ARRAYS}',  but received '{GRADIENTS}'");
    }
    let gradient = array.gradient(cx.str("source")?, &prefix)?;
    let handle = handle_to(cx, gradient, GRADIENTS);
    cx.set(0, handle)?;
    if cx.num_outputs() == 1 {
        return Ok(());
    }
    let flow = cx.take(1)?;
    cx.set(1, flow)
}

fn index(cx: &KernelCtx<'_>) -> Result<i64> {
    let index = cx.input(1)?;
    ensure!(
        index.rank() == 0,
        invalid_argument,
        "TensorArray index must be scalar, but had shape: {}",
        index.shape()
    );
    cx.int_value(1)
}

fn write_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (index, array) = (index(cx)?, array_of(cx, cx.dtype("T")?, WRITE)?);
    let value = cx.take(2)?;
    array.write(&[index], vec![value], cx.env())?;
    let flow = cx.take(3)?;
    cx.set(0, flow)
}

fn read_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (index, array) = (index(cx)?, array_of(cx, cx.dtype("dtype")?, READ)?);
    for value in array.read(&[index])? {
        cx.set(0, value)?;
    }
    Ok(())
}

/// All elements: the first version of a gather.
fn pack_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let count = array(cx)?.size()? as i64;
    gather(cx, &(0..count).collect::<Vec<i64>>())
}

fn gather_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let indices = cx.input(1)?;
    ensure!(
        indices.rank() == 1,
        invalid_argument,
        "Expected indices to be a vector, but received shape: {}",
        indices.shape()
    );
    let indices = cx.ints(1)?;
    gather(cx, &indices)
}

fn gather(cx: &mut KernelCtx<'_>, indices: &[i64]) -> Result<()> {
    let array = array_of(cx, cx.dtype("dtype")?, READ)?;
    let element_shape = array.narrow_element_shape(cx.shape("element_shape")?)?;
    if indices.is_empty() {
        let Some(shape) = element_shape.to_shape() else {
            bail!(
                unimplemented,
                "TensorArray has size zero, but element shape {} is not fully defined. Currently only static shapes \
                 are supported when packing zero-size TensorArrays.",
                element_shape.cpp()
            );
        };
        let empty = NdArray::zeros(array.dtype, Shape::new(&[&[0], shape.dims()].concat())?)?;
        return cx.set(0, empty);
    }
    let values = array.read(indices)?;
    let first = values[0].shape().clone();
    ensure!(
        element_shape.admits(&first),
        invalid_argument,
        "TensorArray was passed element_shape {} which does not match the Tensor at index 0: {first}",
        element_shape.cpp()
    );
    for (index, value) in values.iter().enumerate() {
        ensure!(
            *value.shape() == first,
            invalid_argument,
            "TensorArray has inconsistent shapes.  Index 0 has shape: {first} but index {index} has shape: {}",
            value.shape()
        );
    }
    let whole = Shape::new(&[&[values.len()], first.dims()].concat())?;
    let packed = joined(array.dtype, &values, whole)?;
    cx.set(0, packed)
}

fn scatter_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let array = array_of(cx, cx.dtype("T")?, WRITE)?;
    let (indices, value) = (cx.input(1)?, cx.input(2)?);
    ensure!(
        value.rank() >= 1,
        invalid_argument,
        "Input value for unpack must be at least a vector but received shape: {}",
        value.shape()
    );
    ensure!(
        indices.rank() == 1,
        invalid_argument,
        "Expected indices to be a vector, but received shape: {}",
        indices.shape()
    );
    ensure!(
        indices.len() == value.shape()[0],
        invalid_argument,
        "Expected len(indices) == values.shape[0], but saw: {} vs. {}",
        indices.len(),
        value.shape()[0]
    );
    let (places, size) = (cx.ints(1)?, array.size()? as i64);
    let highest = places.iter().copied().max().unwrap_or(-1);
    ensure!(
        highest < size || array.has_dynamic_size(),
        invalid_argument,
        "Max scatter index must be < array size ({highest} vs. {size})"
    );
    let values = unstacked(value)?.into_iter().flatten().collect();
    array.write(&places, values, cx.env())?;
    let flow = cx.take(3)?;
    cx.set(0, flow)
}

/// All elements from the slices of a tensor: the first version of a scatter.
fn unpack_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let array = array_of(cx, cx.dtype("T")?, WRITE)?;
    let value = cx.input(1)?;
    ensure!(
        value.rank() >= 1,
        invalid_argument,
        "Input value for unpack must be at least a vector but received shape: {}",
        value.shape()
    );
    let (count, size) = (value.shape()[0], array.size()?);
    ensure!(
        count == size || array.has_dynamic_size() && count > size,
        invalid_argument,
        "Input value must have first dimension equal to the array size ({count} vs. {size})"
    );
    let values = unstacked(value)?.into_iter().flatten().collect();
    array.write(&(0..count as i64).collect::<Vec<i64>>(), values, cx.env())?;
    let flow = cx.take(2)?;
    cx.set(0, flow)
}

fn concat_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let array = array_of(cx, cx.dtype("dtype")?, READ)?;
    let (size, asked) = (array.size()?, cx.shape("element_shape_except0")?.clone());
    if size == 0 {
        let Some(rest) = asked.to_shape() else {
            bail!(
                unimplemented,
                "TensorArray has size zero, but element_shape_except0 {} is not fully defined. Currently only static \
                 shapes are supported when concatenating zero-size TensorArrays.",
                asked.cpp()
            );
        };
        cx.set(0, NdArray::zeros(array.dtype, Shape::new(&[&[0], rest.dims()].concat())?)?)?;
        return cx.set(1, NdArray::vector(Vec::<i64>::new()));
    }
    let values = array.read(&(0..size as i64).collect::<Vec<i64>>())?;
    let (mut lengths, mut total, mut first) = (Vec::with_capacity(size), 0usize, Vec::new());
    for (index, value) in values.iter().enumerate() {
        let Some((&length, rest)) = value.shape().dims().split_first() else {
            bail!(
                invalid_argument,
                "Concat saw a scalar shape at index {index} but requires at least vectors.  Did you mean to call pack?"
            );
        };
        let rest = Shape::new(rest)?;
        ensure!(
            asked.admits(&rest),
            invalid_argument,
            "TensorArray was passed element_shape_except0 {} but index {index} has (excepting dimension 0) shape: \
             {rest} which does not match.",
            asked.cpp()
        );
        if index == 0 {
            first = rest.dims().to_vec();
        }
        ensure!(
            rest.dims() == first,
            invalid_argument,
            "TensorArray has inconsistent shapes.  Index 0 has (excepting dimension 0) shape: {} but index {index} \
             has (excepting dimension 0) shape: {rest}",
            Shape::new(&first)?
        );
        lengths.push(length as i64);
        total = total.saturating_add(length);
    }
    let whole = joined(array.dtype, &values, Shape::new(&[&[total], first.as_slice()].concat())?)?;
    cx.set(0, whole)?;
    cx.set(1, NdArray::vector(lengths))
}

fn split_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let array = array_of(cx, cx.dtype("T")?, WRITE)?;
    let (value, lengths) = (cx.input(1)?, cx.input(2)?);
    ensure!(
        lengths.rank() == 1,
        invalid_argument,
        "Expected lengths to be a vector, received shape: {}",
        lengths.shape()
    );
    ensure!(
        value.rank() >= 1,
        invalid_argument,
        "Expected value to be at least a vector, but received shape: {}",
        value.shape()
    );
    let (lengths, rows) = (lengths.to_i64_vec()?, value.shape()[0]);
    let total =
        lengths.iter().try_fold(0usize, |sum, &length| sum.checked_add(usize::try_from(length).ok()?));
    ensure!(
        total == Some(rows),
        invalid_argument,
        "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is {} and value's shape is: {}",
        lengths.iter().fold(0i64, |sum, length| sum.wrapping_add(*length)),
        value.shape()
    );
    let size = array.size()?;
    ensure!(
        size == lengths.len() || array.has_dynamic_size(),
        invalid_argument,
        "TensorArray's size is not equal to the size of lengths ({size} vs. {}), and the TensorArray is not marked as \
         dynamically resizeable",
        lengths.len()
    );
    let rest = &value.shape().dims()[1..];
    let width = rest.iter().product::<usize>();
    let parts = dispatch!(value.dtype(), ALL, |T| {
        let (elements, mut at) = (value.as_slice::<T>()?, 0);
        let mut parts = Vec::with_capacity(lengths.len());
        for &length in &lengths {
            let end = at + length as usize * width;
            let shape = Shape::new(&[&[length as usize], rest].concat())?;
            parts.push(NdArray::from_shape(shape, elements[at..end].to_vec())?);
            at = end;
        }
        Ok(parts)
    })?;
    array.write(&(0..lengths.len() as i64).collect::<Vec<i64>>(), parts, cx.env())?;
    let flow = cx.take(3)?;
    cx.set(0, flow)
}

fn size_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let size = array(cx)?.size()? as i32;
    cx.set(0, NdArray::scalar(size))
}

fn close_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    array(cx)?.close();
    Ok(())
}

// TensorFlow registers gradients for the first two versions of the ops that move values, and they always fail: they are made
// of ops of the third, which take no strings.
ops! {
    TENSOR_ARRAY "TensorArray" shape_fn::unknown, create_kernel, Grad::None;
    TENSOR_ARRAY_V2 "TensorArrayV2" shapes::create_name, create_kernel, Grad::None;
    TENSOR_ARRAY_V3 "TensorArrayV3" shapes::create, create_kernel, Grad::None;
    TENSOR_ARRAY_GRAD "TensorArrayGrad" shape_fn::unknown, gradient_kernel, Grad::None;
    TENSOR_ARRAY_GRAD_V2 "TensorArrayGradV2" shapes::gradient_name, gradient_kernel, Grad::None;
    TENSOR_ARRAY_GRAD_V3 "TensorArrayGradV3" shapes::gradient, gradient_kernel, Grad::None;
    TENSOR_ARRAY_GRAD_WITH_SHAPE "TensorArrayGradWithShape" shapes::gradient, gradient_kernel, Grad::None;
    TENSOR_ARRAY_WRITE "TensorArrayWrite" shape_fn::unknown, write_kernel, Grad::Missing;
    TENSOR_ARRAY_WRITE_V2 "TensorArrayWriteV2" shapes::write, write_kernel, Grad::Missing;
    TENSOR_ARRAY_WRITE_V3 "TensorArrayWriteV3" shapes::write, write_kernel, Grad::Fn(gradients::write);
    TENSOR_ARRAY_READ "TensorArrayRead" shape_fn::unknown, read_kernel, Grad::Missing;
    TENSOR_ARRAY_READ_V2 "TensorArrayReadV2" shapes::read, read_kernel, Grad::Missing;
    TENSOR_ARRAY_READ_V3 "TensorArrayReadV3" shapes::read, read_kernel, Grad::Fn(gradients::read);
    TENSOR_ARRAY_PACK "TensorArrayPack" shape_fn::unknown, pack_kernel, Grad::Missing;
    TENSOR_ARRAY_UNPACK "TensorArrayUnpack" shape_fn::unknown, unpack_kernel, Grad::Missing;
    TENSOR_ARRAY_GATHER "TensorArrayGather" shape_fn::unknown, gather_kernel, Grad::Missing;
    TENSOR_ARRAY_GATHER_V2 "TensorArrayGatherV2" shapes::gather, gather_kernel, Grad::Missing;
    TENSOR_ARRAY_GATHER_V3 "TensorArrayGatherV3" shapes::gather, gather_kernel, Grad::Fn(gradients::gather);
    TENSOR_ARRAY_SCATTER "TensorArrayScatter" shape_fn::unknown, scatter_kernel, Grad::Missing;
    TENSOR_ARRAY_SCATTER_V2 "TensorArrayScatterV2" shapes::scatter, scatter_kernel, Grad::Missing;
    TENSOR_ARRAY_SCATTER_V3 "TensorArrayScatterV3" shapes::scatter, scatter_kernel, Grad::Fn(gradients::scatter);
    TENSOR_ARRAY_CONCAT "TensorArrayConcat" shape_fn::unknown, concat_kernel, Grad::Missing;
    TENSOR_ARRAY_CONCAT_V2 "TensorArrayConcatV2" shapes::concat, concat_kernel, Grad::Missing;
    TENSOR_ARRAY_CONCAT_V3 "TensorArrayConcatV3" shapes::concat, concat_kernel, Grad::Fn(gradients::concat);
    TENSOR_ARRAY_SPLIT "TensorArraySplit" shape_fn::unknown, split_kernel, Grad::Missing;
    TENSOR_ARRAY_SPLIT_V2 "TensorArraySplitV2" shapes::split, split_kernel, Grad::Missing;
    TENSOR_ARRAY_SPLIT_V3 "TensorArraySplitV3" shapes::split, split_kernel, Grad::Fn(gradients::split);
    TENSOR_ARRAY_SIZE "TensorArraySize" shape_fn::unknown, size_kernel, Grad::None;
    TENSOR_ARRAY_SIZE_V2 "TensorArraySizeV2" shapes::flow, size_kernel, Grad::None;
    TENSOR_ARRAY_SIZE_V3 "TensorArraySizeV3" shapes::flow, size_kernel, Grad::None;
    TENSOR_ARRAY_CLOSE "TensorArrayClose" no_outputs, close_kernel, Grad::None;
    TENSOR_ARRAY_CLOSE_V2 "TensorArrayCloseV2" shapes::close, close_kernel, Grad::None;
    TENSOR_ARRAY_CLOSE_V3 "TensorArrayCloseV3" no_outputs, close_kernel, Grad::None;
}
