//! TensorListPushBackBatch, TensorListConcatLists: ops on many lists at once.

use crate::tensor_list::{TensorList, unstacked};
use crate::tensor_list_parts::same_list;
use ferroflow_core::{
    DType, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, Variant, bail, ensure,
    reserve,
};

/// The lists in the elements of an input.
fn lists<'a>(cx: &'a KernelCtx<'_>, index: usize, name: &str) -> Result<Vec<&'a TensorList>> {
    let mut lists = Vec::new();
    for (at, variant) in cx.slice::<Variant>(index)?.iter().enumerate() {
        match variant.get::<TensorList>() {
            Some(list) => lists.push(list),
            None => bail!(
                invalid_argument,
                "{name}[{at}] is not a TensorList.  Saw variant type: {}",
                variant.type_name()
            ),
        }
    }
    Ok(lists)
}

/// The dtype and shape of the elements of the lists at an input, where they are known.
fn held(cx: &ShapeCtx<'_>, index: usize) -> Option<(DType, PartialShape)> {
    cx.input_handle(index)?.into_iter().next()
}

fn push_back_batch_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let (handles, tensor) = (cx.with_rank(0, 1)?, cx.with_rank_at_least(1, 1)?);
        cx.merge_dims(tensor.dim(0), handles.dim(0))?;
        let dtype = cx.dtype("element_dtype")?;
        if let Some((held, _)) = held(cx, 0) {
            ensure!(
                held == dtype,
                invalid_argument,
                "Trying to push to list with wrong element dtype. List has type {} but trying to push element with \
                 type {}",
                held.cpp_name(),
                dtype.cpp_name()
            );
        }
    }
    same_list(cx)
}

fn push_back_batch_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (handles, tensor) = (cx.input(0)?, cx.input(1)?);
    ensure!(
        handles.rank() == 1,
        invalid_argument,
        "Expected input_handles to be a vector, but saw shape: {}",
        handles.shape()
    );
    ensure!(
        tensor.rank() > 0,
        invalid_argument,
        "Expected tensor to be at least a vector, but saw shape: {}",
        tensor.shape()
    );
    let (rows, count) = (tensor.shape()[0], handles.len());
    ensure!(
        rows == count,
        invalid_argument,
        "Expected tensor.shape[0] == input_handles.size, but saw {rows} vs. {count}"
    );
    let inner = Shape::new(&tensor.shape().dims()[1..])?;
    let mut changed = reserve(count)?;
    for (index, (list, item)) in
        lists(cx, 0, "input_handles")?.into_iter().zip(unstacked(tensor)?).enumerate()
    {
        ensure!(
            list.element_shape.admits(&inner),
            invalid_argument,
            "Tried to append a tensor with incompatible shape to a list at index {index}. Op element shape: {inner} \
             list shape: {}",
            list.element_shape.cpp()
        );
        ensure!(
            list.dtype == tensor.dtype(),
            invalid_argument,
            "Invalid data type at index {index}; op elements {} but list elements {}",
            tensor.dtype().cpp_name(),
            list.dtype.cpp_name()
        );
        let mut list = list.clone();
        list.items.push(item);
        changed.push(Variant::new(list));
    }
    let shape = handles.shape().clone();
    cx.set(0, NdArray::from_shape(shape, changed)?)
}

fn concat_lists_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let shape = cx.merge(&cx.input(0), &cx.input(1))?;
        cx.set(0, shape);
        let dtype = cx.dtype("element_dtype")?;
        let mut element = PartialShape::unknown();
        for (index, name) in ["input_a", "input_b"].into_iter().enumerate() {
            let Some((held, shape)) = held(cx, index) else { continue };
            ensure!(
                held == dtype,
                invalid_argument,
                "{name}.type != element_dtype: {} vs. {}",
                held.cpp_name(),
                dtype.cpp_name()
            );
            element = cx.merge(&element, &shape)?;
        }
        cx.set_handle(0, vec![(dtype, element)]);
    }
    Ok(())
}

fn concat_lists_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (a, b, dtype) = (cx.input(0)?, cx.input(1)?, cx.dtype("element_dtype")?);
    ensure!(
        a.shape() == b.shape(),
        invalid_argument,
        "Incompatible input TensorList tensor shapes: {} vs. {}",
        a.shape(),
        b.shape()
    );
    let shape = a.shape().clone();
    let (firsts, seconds) = (lists(cx, 0, "input_a")?, lists(cx, 1, "input_b")?);
    let mut joined = reserve(firsts.len())?;
    for (index, (first, second)) in firsts.into_iter().zip(seconds).enumerate() {
        for (name, list) in [("input_a", first), ("input_b", second)] {
            ensure!(
                list.dtype == dtype,
                invalid_argument,
                "{name}[{index}].dtype != element_dtype.  Saw: {} vs. {}",
                list.dtype.cpp_name(),
                dtype.cpp_name()
            );
        }
        ensure!(
            first.element_shape == second.element_shape,
            invalid_argument,
            "input_a and input_b TensorList element shapes are not identical at index {index}.  Saw {} vs. {}",
            first.element_shape.cpp(),
            second.element_shape.cpp()
        );
        let mut list = first.clone();
        list.items.extend(second.items.iter().cloned());
        joined.push(Variant::new(list));
    }
    cx.set(0, NdArray::from_shape(shape, joined)?)
}

pub(crate) static TENSOR_LIST_PUSH_BACK_BATCH: OpDef = OpDef {
    name: "TensorListPushBackBatch",
    shape: push_back_batch_shape,
    kernel: Some(push_back_batch_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static TENSOR_LIST_CONCAT_LISTS: OpDef = OpDef {
    name: "TensorListConcatLists",
    shape: concat_lists_shape,
    kernel: Some(concat_lists_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
