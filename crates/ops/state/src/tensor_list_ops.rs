//! EmptyTensorList, TensorListReserve, TensorListSetItem, ... : the ops on lists of tensors.

use crate::op_table::ops;
use crate::tensor_list::{TensorList, asked_shape, change, held_shape, list, unstacked};
use ferroflow_core::{
    DType, Grad, GradCtx, KernelCtx, NdArray, Op, PartialShape, Result, ShapeCtx, Tensor, bail, ensure,
    shape_fn,
};

/// The output is a list whose element shape is held by the input at `index`.
fn list_of_shape(cx: &mut ShapeCtx<'_>, index: usize) -> Result<()> {
    cx.set(0, PartialShape::scalar());
    if !cx.at_run_time() {
        let held = vec![(cx.dtype("element_dtype")?, cx.input_as_shape(index)?)];
        cx.set_handle(0, held);
    }
    Ok(())
}

/// The output is the list of input 0, changed.
fn same_list(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set(0, PartialShape::scalar());
    if let (false, Some(held)) = (cx.at_run_time(), cx.input_handle(0)) {
        cx.set_handle(0, held);
    }
    Ok(())
}

fn count(cx: &KernelCtx<'_>, index: usize) -> Result<i64> {
    cx.int_value(index)
}

fn empty_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let mut list = TensorList::unset(cx.dtype("element_dtype")?, asked_shape(cx, 0)?, 0)?;
    list.most = count(cx, 1)?;
    cx.set(0, list.into_array())
}

fn reserve_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (shape, asked) = (asked_shape(cx, 0)?, count(cx, 1)?);
    let Ok(length) = usize::try_from(asked) else {
        bail!(invalid_argument, "The num_elements to reserve must be a non negative number, but got {asked}");
    };
    let list = TensorList::unset(cx.dtype("element_dtype")?, shape, length)?;
    cx.set(0, list.into_array())
}

fn length_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let length = list(cx, 0)?.items.len() as i32;
    cx.set(0, NdArray::scalar(length))
}

fn element_shape_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if let Some(rank) = held_shape(cx, &PartialShape::unknown())?.rank() {
        cx.set(0, [rank]);
    }
    Ok(())
}

fn element_shape_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let sizes = match list(cx, 0)?.element_shape.to_i64() {
        Some(sizes) => NdArray::vector(sizes),
        None => NdArray::scalar(-1i64),
    };
    let sizes = sizes.cast(cx.dtype("shape_type")?)?;
    cx.set(0, sizes)
}

fn set_item_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        // Another dtype is the kernel's to refuse.
        let held = cx.input_handle(0).and_then(|held| held.into_iter().next());
        let shape = held.map_or(PartialShape::unknown(), |(_, shape)| shape);
        cx.merge(&cx.input(2), &shape)?;
    }
    same_list(cx)
}

fn from_tensor_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let tensor = cx.input(0);
        let inner = tensor.rank().map_or(PartialShape::unknown(), |rank| tensor.slice(1.min(rank)..rank));
        let asked = cx.input_as_shape(1)?;
        cx.merge(&inner, &asked)?;
    }
    list_of_shape(cx, 1)
}

fn set_item_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (index, item) = (count(cx, 1)?, cx.take(2)?);
    let (dtype, may_grow) = (cx.dtype("element_dtype")?, cx.bool("resize_if_index_out_of_bounds")?);
    change(cx, 0, |list| {
        list.check_dtype(dtype)?;
        ensure!(
            list.element_shape.admits(item.shape()),
            invalid_argument,
            "Tried to set a tensor with incompatible shape at a list index. Item element shape: {} list shape: {}",
            item.shape(),
            list.element_shape.cpp()
        );
        let length = list.items.len();
        let Some(at) = usize::try_from(index).ok().filter(|at| may_grow || *at < length) else {
            bail!(invalid_argument, "Trying to modify element {index} in a list with {length} elements.");
        };
        if at >= length {
            list.resize(at + 1)?;
        }
        list.items[at] = Some(item);
        Ok(())
    })
}

fn set_item_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let Some(dlist) = cx.dy_opt(0) else { return Ok(()) };
    let (index, item) = (cx.x(1)?, cx.x(2)?);
    let zeros = Op::named("ZerosLike").input(item).one()?;
    let rest = Op::new(&TENSOR_LIST_SET_ITEM).input(dlist).input(index).input(zeros).one()?;
    let shape = Op::named("Shape").input(item).one()?;
    let ditem = get_item(dlist, index, &shape, item.dtype())?;
    let rest = if cx.bool("resize_if_index_out_of_bounds")? {
        Op::new(&TENSOR_LIST_RESIZE).input(rest).input(length_of(cx.x(0)?)?).one()?
    } else {
        rest
    };
    cx.set(0, rest)?;
    cx.set(2, ditem)
}

fn get_item(list: &Tensor, index: &Tensor, shape: &Tensor, dtype: DType) -> Result<Tensor> {
    Op::new(&TENSOR_LIST_GET_ITEM)
        .input(list)
        .input(index)
        .input(shape)
        .attr("element_dtype", dtype.base())
        .one()
}

fn get_item_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let shape = held_shape(cx, &cx.input_as_shape(2)?)?;
        cx.set(0, shape);
    }
    Ok(())
}

fn get_item_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (index, list) = (count(cx, 1)?, list(cx, 0)?);
    list.check_dtype(cx.dtype("element_dtype")?)?;
    let found = usize::try_from(index).ok().and_then(|index| list.items.get(index));
    let item = match found {
        None => bail!(
            invalid_argument,
            "Trying to access element {index} in a list with {} elements.",
            list.items.len()
        ),
        Some(Some(item)) => item.clone(),
        Some(None) => {
            let shape = list.known_shape(&asked_shape(cx, 2)?)?;
            let Some(shape) = shape.to_shape() else {
                bail!(
                    invalid_argument,
                    "Trying to read an uninitialized tensor but element_shape is not fully defined: {} and no list \
                     element is set.",
                    shape.cpp()
                );
            };
            NdArray::zeros(list.dtype, shape)?
        }
    };
    cx.set(0, item)
}

fn list_like(list: &Tensor, length: &Tensor, dtype: DType) -> Result<Tensor> {
    let shape = element_shape_of(list)?;
    Op::new(&TENSOR_LIST_RESERVE).input(shape).input(length).attr("element_dtype", dtype.base()).one()
}

pub(crate) fn element_shape_of(list: &Tensor) -> Result<Tensor> {
    Op::new(&TENSOR_LIST_ELEMENT_SHAPE).input(list).attr("shape_type", DType::INT32).one()
}

fn length_of(list: &Tensor) -> Result<Tensor> {
    Op::new(&TENSOR_LIST_LENGTH).input(list).one()
}

fn get_item_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (list, index, ditem) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let zeros = list_like(list, &length_of(list)?, ditem.dtype())?;
    cx.set(0, Op::new(&TENSOR_LIST_SET_ITEM).input(zeros).input(index).input(ditem).one())
}

fn push_back_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (item, dtype) = (cx.take(1)?, cx.dtype("element_dtype")?);
    change(cx, 0, |list| {
        ensure!(
            list.element_shape.admits(item.shape()),
            invalid_argument,
            "Tried to append a tensor with incompatible shape to a list. Op element shape: {} list shape: {}",
            item.shape(),
            list.element_shape.cpp()
        );
        list.check_dtype(dtype)?;
        ensure!(
            list.most < 0 || (list.items.len() as i64) < list.most,
            invalid_argument,
            "Tried to push item into a full list list size: {} max_num_elements: {}",
            list.items.len(),
            list.most
        );
        list.items.push(Some(item));
        Ok(())
    })
}

fn push_back_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let Some(dlist) = cx.dy_opt(0) else { return Ok(()) };
    let item = cx.x(1)?;
    let shape = Op::named("Shape").input(item).one()?;
    let [rest, ditem] = Op::new(&TENSOR_LIST_POP_BACK)
        .input(dlist)
        .input(shape)
        .attr("element_dtype", item.dtype().base())
        .outputs()?;
    cx.set(0, rest)?;
    cx.set(1, ditem)
}

fn pop_back_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    same_list(cx)?;
    if !cx.at_run_time() {
        let shape = held_shape(cx, &cx.input_as_shape(1)?)?;
        cx.set(1, shape);
    }
    Ok(())
}

fn pop_back_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (asked, dtype) = (asked_shape(cx, 1)?, cx.dtype("element_dtype")?);
    let mut popped = None;
    change(cx, 0, |list| {
        list.check_dtype(dtype)?;
        let Some(last) = list.items.last() else {
            bail!(invalid_argument, "Trying to pop from an empty list.");
        };
        let item = match last {
            Some(item) => item.clone(),
            None => {
                let shape = list.known_shape(&asked)?;
                let Some(shape) = shape.to_shape() else {
                    bail!(
                        invalid_argument,
                        "Trying to read an uninitialized tensor but element_shape is not fully defined: {}",
                        shape.cpp()
                    );
                };
                NdArray::zeros(dtype, shape)?
            }
        };
        list.items.pop();
        popped = Some(item);
        Ok(())
    })?;
    popped.map_or(Ok(()), |item| cx.set(1, item))
}

fn pop_back_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dtype = cx.dtype("element_dtype")?;
    let dlist = match cx.dy_opt(0) {
        Some(dlist) => dlist.clone(),
        None => Op::new(&EMPTY_TENSOR_LIST).input(-1).input(-1).attr("element_dtype", dtype).one()?,
    };
    let ditem = cx.dy(1)?;
    cx.set(0, Op::new(&TENSOR_LIST_PUSH_BACK).input(dlist).input(ditem).one())
}

fn stack_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let element = held_shape(cx, &cx.input_as_shape(1)?)?;
        let length = PartialShape::new([usize::try_from(cx.int("num_elements")?).ok()]);
        cx.set(0, length.concatenate(&element));
    }
    Ok(())
}

fn stack_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (list, asked, expected) = (list(cx, 0)?, asked_shape(cx, 1)?, cx.int("num_elements")?);
    list.check_dtype(cx.dtype("element_dtype")?)?;
    ensure!(
        expected < 0 || expected == list.items.len() as i64,
        invalid_argument,
        "Operation expected a list with {expected} elements but got a list with {} elements.",
        list.items.len()
    );
    let shape = list.known_shape(&asked)?;
    let Some(shape) = shape.to_shape() else {
        let what = if list.items.is_empty() {
            "Tried to stack elements of an empty list with non-fully-defined element_shape"
        } else {
            "Tried to stack list which only contains uninitialized tensors and has a non-fully-defined element_shape"
        };
        bail!(invalid_argument, "{what}: {}", shape.cpp());
    };
    let stacked = list.stack(&list.items, &shape)?;
    cx.set(0, stacked)
}

/// The shape of a tensor without its first axis.
pub(crate) fn inner_shape(tensor: &Tensor) -> Result<Tensor> {
    let shape = Op::named("Shape").input(tensor).one()?;
    Op::named("Slice").input(shape).input([1]).input([-1]).one()
}

fn stack_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dtensor = cx.dy(0)?;
    let shape = inner_shape(&dtensor)?;
    cx.set(0, Op::new(&TENSOR_LIST_FROM_TENSOR).input(dtensor).input(shape).one())
}

fn from_tensor_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (tensor, shape) = (cx.input(0)?, asked_shape(cx, 1)?);
    let items = unstacked(tensor)?;
    let inner = PartialShape::from(&tensor.shape().dims()[1..]);
    ensure!(
        shape.is_compatible_with(&inner),
        invalid_argument,
        "Specified a list with shape {} from a tensor with shape {}",
        shape.cpp(),
        inner.cpp()
    );
    let list = TensorList { dtype: tensor.dtype(), element_shape: shape, most: -1, items };
    cx.set(0, list.into_array())
}

fn from_tensor_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let Some(dlist) = cx.dy_opt(0) else { return Ok(()) };
    let tensor = cx.x(0)?;
    let dtensor = Op::new(&TENSOR_LIST_STACK)
        .input(dlist)
        .input(inner_shape(tensor)?)
        .attr("element_dtype", tensor.dtype().base())
        .one()?;
    cx.set(0, dtensor)
}

fn resize_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let asked = count(cx, 1)?;
    let Ok(length) = usize::try_from(asked) else {
        bail!(invalid_argument, "TensorListSlice expects size to be non-negative. Got: {asked}");
    };
    change(cx, 0, |list| list.resize(length))
}

fn resize_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let Some(dlist) = cx.dy_opt(0) else { return Ok(()) };
    let length = length_of(cx.x(0)?)?;
    cx.set(0, Op::new(&TENSOR_LIST_RESIZE).input(dlist).input(length).one())
}

fn gather_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let element = held_shape(cx, &cx.input_as_shape(2)?)?;
        cx.set(0, cx.input(1).concatenate(&element));
    }
    Ok(())
}

fn gather_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (list, asked) = (list(cx, 0)?, asked_shape(cx, 2)?);
    list.check_dtype(cx.dtype("element_dtype")?)?;
    let mut picked = Vec::new();
    for index in cx.ints(1)? {
        match usize::try_from(index).ok().and_then(|index| list.items.get(index)) {
            Some(item) => picked.push(item.clone()),
            None => bail!(
                invalid_argument,
                "Index {index} out o range; list only has {} elements.",
                list.items.len()
            ),
        }
    }
    let shape = list.known_shape(&asked)?;
    let Some(shape) = shape.to_shape() else {
        bail!(
            invalid_argument,
            "Tried to gather uninitialized tensors from a list with non-fully-defined element_shape: {}",
            shape.cpp()
        );
    };
    let stacked = list.stack(&picked, &shape)?;
    cx.set(0, stacked)
}

ops! {
    EMPTY_TENSOR_LIST "EmptyTensorList" |cx| list_of_shape(cx, 0), empty_kernel, Grad::None;
    TENSOR_LIST_RESERVE "TensorListReserve" |cx| list_of_shape(cx, 0), reserve_kernel, Grad::None;
    TENSOR_LIST_LENGTH "TensorListLength" shape_fn::scalar, length_kernel, Grad::None;
    TENSOR_LIST_ELEMENT_SHAPE "TensorListElementShape" element_shape_shape, element_shape_kernel, Grad::None;
    TENSOR_LIST_SET_ITEM "TensorListSetItem" set_item_shape, set_item_kernel, Grad::Fn(set_item_grad);
    TENSOR_LIST_GET_ITEM "TensorListGetItem" get_item_shape, get_item_kernel, Grad::Fn(get_item_grad);
    TENSOR_LIST_PUSH_BACK "TensorListPushBack" same_list, push_back_kernel, Grad::Fn(push_back_grad);
    TENSOR_LIST_POP_BACK "TensorListPopBack" pop_back_shape, pop_back_kernel, Grad::Fn(pop_back_grad);
    TENSOR_LIST_STACK "TensorListStack" stack_shape, stack_kernel, Grad::Fn(stack_grad);
    TENSOR_LIST_FROM_TENSOR "TensorListFromTensor" from_tensor_shape, from_tensor_kernel,
        Grad::Fn(from_tensor_grad);
    TENSOR_LIST_RESIZE "TensorListResize" same_list, resize_kernel, Grad::Fn(resize_grad);
    TENSOR_LIST_GATHER "TensorListGather" gather_shape, gather_kernel,
        Grad::Fn(crate::tensor_list_parts::gather_grad);
}
