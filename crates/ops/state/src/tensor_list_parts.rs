//! TensorListConcat, TensorListSplit, TensorListScatter, TensorListPushBackBatch, ... : lists made of the parts of a
//! tensor, and put together to one.

use crate::op_table::ops;
use crate::tensor_list::{TensorList, asked_shape, change, list, merged, unstacked};
use crate::tensor_list_ops::{element_shape_of, inner_shape};
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, PartialShape, Result, Shape, ShapeCtx, Tensor, bail,
    dispatch, ensure, reserve,
};

/// A shape without its first axis.
fn without_first(shape: &PartialShape) -> PartialShape {
    shape.rank().map_or(PartialShape::unknown(), |rank| shape.slice(1.min(rank)..rank))
}

fn concat_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let asked = match cx.num_inputs() {
            1 => cx.shape("element_shape")?.clone(),
            _ => cx.input_as_shape(1)?,
        };
        let element = match cx.input_handle(0).and_then(|held| held.into_iter().next()) {
            Some((held, shape)) => {
                let dtype = cx.dtype("element_dtype")?;
                ensure!(
                    dtype == held,
                    invalid_argument,
                    "Trying to read from list with wrong element dtype. List has type {} but expected type {}",
                    held.cpp_name(),
                    dtype.cpp_name()
                );
                cx.merge(&asked, &shape)?
            }
            None => asked,
        };
        if element.rank().is_some_and(|rank| rank > 0) {
            cx.set(0, PartialShape::new([None]).concatenate(&without_first(&element)));
        }
        cx.set(1, PartialShape::of_rank(1));
    }
    Ok(())
}

const NO_VECTORS: &str = "Concat requires elements to be at least vectors, found scalars instead.";

fn concat_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let list = list(cx, 0)?;
    list.check_dtype(cx.dtype("element_dtype")?)?;
    let (asked, leading) = match cx.num_inputs() {
        1 => {
            let asked = cx.shape("element_shape")?.clone();
            ensure!(asked.rank() != Some(0), invalid_argument, "element_shape must not be empty");
            (asked, Vec::new())
        }
        _ => (asked_shape(cx, 1)?, cx.ints(2)?),
    };
    ensure!(
        asked.rank() != Some(0) && list.element_shape.rank() != Some(0),
        invalid_argument,
        "{NO_VECTORS}"
    );
    if let (Some(asked), Some(held)) = (asked.rank(), list.element_shape.rank()) {
        ensure!(
            asked == held,
            invalid_argument,
            "PartialTensorShape: Incompatible ranks during merge: {asked} vs. {held}"
        );
    }
    let mut inner = merged(&without_first(&asked), &without_first(&list.element_shape))?;
    ensure!(
        !list.items.is_empty() || inner.is_fully_defined(),
        invalid_argument,
        "All except the first dimension must be fully defined when concating an empty tensor list. element_shape: {}",
        inner.cpp()
    );
    for (index, item) in list.items.iter().enumerate() {
        let Some(item) = item else { continue };
        ensure!(
            item.rank() > 0,
            invalid_argument,
            "Concat saw a scalar shape at index {index} but requires at least vectors."
        );
        let own = PartialShape::from(&item.shape().dims()[1..]);
        if let Some(rank) = inner.rank()
            && Some(rank) != own.rank()
        {
            bail!(
                invalid_argument,
                "PartialTensorShape: Incompatible ranks during merge: {rank} vs. {}",
                item.rank() - 1
            );
        }
        inner = merged(&inner, &own)?;
    }
    let Some(inner) = inner.to_shape() else {
        bail!(
            invalid_argument,
            "Trying to concat list with only uninitialized tensors but element_shape_except_first_dim is not fully \
             defined: {}",
            inner.cpp()
        );
    };
    let first = asked.dim(0);
    let mut lengths = Vec::new();
    for (index, item) in list.items.iter().enumerate() {
        let length = match (item, first) {
            (Some(item), first) => {
                let own = item.shape()[0];
                if let Some(first) = first {
                    ensure!(
                        first == own,
                        invalid_argument,
                        "First entry of element_shape input does not match the first dim of list element at index: \
                         {index} Expected: {first} Actual: {own}"
                    );
                }
                own
            }
            (None, Some(first)) => first,
            (None, None) => match leading.get(index).map(|length| usize::try_from(*length)) {
                Some(Ok(length)) => length,
                Some(Err(_)) => bail!(invalid_argument, "leading_dims must not be negative, got {leading:?}"),
                None => bail!(
                    invalid_argument,
                    "List contains uninitialized tensor at index {index} but leading_dims has only {} elements.",
                    leading.len()
                ),
            },
        };
        lengths.push(length);
    }
    let total = lengths.iter().fold(0usize, |total, length| total.saturating_add(*length));
    let whole = Shape::new(&[&[total], inner.dims()].concat())?;
    let width = inner.num_elements();
    let joined = dispatch!(list.dtype, ALL, |T| {
        let mut elements = reserve::<T>(whole.num_elements())?;
        for (item, length) in list.items.iter().zip(&lengths) {
            match item {
                Some(item) => elements.extend_from_slice(item.as_slice::<T>()?),
                None => elements.resize(elements.len() + length * width, T::default()),
            }
        }
        NdArray::from_shape(whole, elements)
    })?;
    cx.set(0, joined)?;
    cx.set(1, NdArray::vector(lengths.into_iter().map(|length| length as i64).collect::<Vec<_>>()))
}

fn concat_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let shape = element_shape_of(cx.x(0)?)?;
    cx.set(0, Op::new(&TENSOR_LIST_SPLIT).input(cx.dy(0)?).input(shape).input(cx.y(1)?).one())
}

fn list_shape(cx: &mut ShapeCtx<'_>, index: usize) -> Result<()> {
    cx.set(0, PartialShape::scalar());
    if !cx.at_run_time() {
        let held = vec![(cx.dtype("element_dtype")?, cx.input_as_shape(index)?)];
        cx.set_handle(0, held);
    }
    Ok(())
}

fn split_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let tensor = cx.with_rank_at_least(0, 1)?;
        cx.with_rank(2, 1)?;
        if tensor.rank().is_some() {
            let element = PartialShape::new([None]).concatenate(&without_first(&tensor));
            cx.merge(&element, &cx.input_as_shape(1)?)?;
        }
    }
    list_shape(cx, 1)
}

fn split_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (tensor, asked, lengths) = (cx.input(0)?, asked_shape(cx, 1)?, cx.input(2)?);
    ensure!(
        lengths.rank() == 1,
        invalid_argument,
        "Expected lengths to be a vector, received shape: {}",
        lengths.shape()
    );
    let Some((&count, inner)) = tensor.shape().dims().split_first() else {
        bail!(invalid_argument, "Tensor must be at least a vector, but saw shape: {}", tensor.shape());
    };
    let own = PartialShape::from(inner);
    ensure!(
        without_first(&asked).is_compatible_with(&own) && asked.rank() != Some(0),
        invalid_argument,
        "tensor shape {} is not compatible with element_shape {}",
        tensor.shape(),
        asked.cpp()
    );
    let width = inner.iter().product::<usize>();
    let mut items = Vec::new();
    let mut start = 0usize;
    for length in lengths.to_i64_vec()? {
        let Ok(size) = usize::try_from(length) else {
            bail!(invalid_argument, "Invalid value in lengths: {length}");
        };
        let end = start.saturating_add(size);
        ensure!(
            end <= count,
            invalid_argument,
            "Attempting to slice [{start}, {end}] from tensor with length {count}"
        );
        let shape = Shape::new(&[&[size], inner].concat())?;
        let item = dispatch!(tensor.dtype(), ALL, |T| {
            NdArray::from_shape(shape, tensor.as_slice::<T>()?[start * width..end * width].to_vec())
        })?;
        items.push(Some(item));
        start = end;
    }
    ensure!(
        start == count,
        invalid_argument,
        "Unused values in tensor. Length of tensor: {count} Values used: {start}"
    );
    let list = TensorList { dtype: tensor.dtype(), element_shape: asked, most: -1, items };
    cx.set(0, list.into_array())
}

fn split_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let Some(dlist) = cx.dy_opt(0) else { return Ok(()) };
    let (tensor, lengths) = (cx.x(0)?, cx.x(2)?);
    let inner = inner_shape(tensor)?;
    let shape =
        Op::named("ConcatV2").inputs([[-1i32].into_operand()?, inner.into_operand()?]).input(0).one()?;
    let [dtensor, _] = Op::new(&TENSOR_LIST_CONCAT_V2)
        .input(dlist)
        .input(shape)
        .input(lengths)
        .attr("element_dtype", tensor.dtype().base())
        .outputs()?;
    cx.set(0, dtensor)
}

/// Puts the rows of a tensor into a list at these places, which it grows to hold.
fn scatter_into(list: &mut TensorList, tensor: &NdArray, indices: &[i64]) -> Result<()> {
    for (row, index) in unstacked(tensor)?.into_iter().zip(indices) {
        let at = usize::try_from(*index).unwrap_or(0);
        if at >= list.items.len() {
            list.resize(at.saturating_add(1))?;
        }
        list.items[at] = row;
    }
    Ok(())
}

fn check_indices(tensor: &NdArray, indices: &[i64]) -> Result<()> {
    ensure!(
        indices.iter().all(|index| *index >= 0),
        invalid_argument,
        "Indices in TensorListScatter must all be non-negative."
    );
    let rows = tensor.shape().dims().first().copied();
    ensure!(
        rows.is_none_or(|rows| rows == indices.len()),
        invalid_argument,
        "Invalid number of rows in input tensor. Expected: {} Actual: {}",
        indices.len(),
        rows.unwrap_or(0)
    );
    Ok(())
}

fn scatter_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (tensor, indices, asked) = (cx.input(0)?, cx.ints(1)?, asked_shape(cx, 2)?);
    ensure!(
        tensor.rank() > 0,
        invalid_argument,
        "Tensor must be at least a vector, but saw shape: {}",
        tensor.shape()
    );
    let inner = PartialShape::from(&tensor.shape().dims()[1..]);
    ensure!(
        asked.is_compatible_with(&inner),
        invalid_argument,
        "Specified a list with shape {} from a tensor with shape {}",
        asked.cpp(),
        inner.cpp()
    );
    let wanted = if cx.num_inputs() == 4 { cx.int_value(3)? } else { -1 };
    ensure!(wanted >= -1, invalid_argument, "TensorListScatter expects num_elements >= -1, found: {wanted}");
    check_indices(tensor, &indices)?;
    let largest = indices.iter().copied().max().unwrap_or(-1);
    ensure!(
        wanted < 0 || largest < wanted,
        invalid_argument,
        "TensorListScatter: Trying to scatter at index {largest} in list with size {wanted}"
    );
    let mut list = TensorList::unset(tensor.dtype(), asked, usize::try_from(wanted).unwrap_or(0))?;
    scatter_into(&mut list, tensor, &indices)?;
    cx.set(0, list.into_array())
}

fn scatter_existing_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (tensor, indices) = (cx.input(1)?.clone(), cx.ints(2)?);
    let held = list(cx, 0)?.dtype;
    ensure!(
        tensor.dtype() == held,
        invalid_argument,
        "Invalid data types; input tensor type: {} list element_type: {}",
        tensor.dtype().cpp_name(),
        held.cpp_name()
    );
    ensure!(
        tensor.rank() > 0,
        invalid_argument,
        "Tensor must be at least a vector, but saw shape: {}",
        tensor.shape()
    );
    ensure!(
        tensor.shape()[0] == indices.len(),
        invalid_argument,
        "Expected len(indices) == tensor.shape[0], but saw: {} vs. {}",
        indices.len(),
        tensor.shape()[0]
    );
    check_indices(&tensor, &indices)?;
    change(cx, 0, |list| scatter_into(list, &tensor, &indices))
}

fn gather(list: &Tensor, indices: &Tensor, tensor: &Tensor) -> Result<Tensor> {
    Op::named("TensorListGather")
        .input(list)
        .input(indices)
        .input(inner_shape(tensor)?)
        .attr("element_dtype", tensor.dtype().base())
        .one()
}

fn scatter_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let Some(dlist) = cx.dy_opt(0) else { return Ok(()) };
    let dtensor = gather(dlist, cx.x(1)?, cx.x(0)?)?;
    cx.set(0, dtensor)
}

fn scatter_existing_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let Some(dlist) = cx.dy_opt(0) else { return Ok(()) };
    let (tensor, indices) = (cx.x(1)?, cx.x(2)?);
    let dtensor = gather(dlist, indices, tensor)?;
    let zeros = Op::named("ZerosLike").input(tensor).one()?;
    let rest =
        Op::new(&TENSOR_LIST_SCATTER_INTO_EXISTING_LIST).input(dlist).input(zeros).input(indices).one()?;
    cx.set(0, rest)?;
    cx.set(1, dtensor)
}

/// The gradient of `TensorListGather`: what flows into the elements that were gathered.
pub(crate) fn gather_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (list, indices, dtensor) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let length = Op::named("TensorListLength").input(list).one()?;
    let zeros = Op::named("TensorListReserve")
        .input(element_shape_of(list)?)
        .input(length)
        .attr("element_dtype", dtensor.dtype().base())
        .one()?;
    let dlist =
        Op::new(&TENSOR_LIST_SCATTER_INTO_EXISTING_LIST).input(zeros).input(dtensor).input(indices).one()?;
    cx.set(0, dlist)
}

pub(crate) fn same_list(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = if cx.at_run_time() { PartialShape::unknown() } else { cx.input(0) };
    cx.set(0, shape);
    if let (false, Some(held)) = (cx.at_run_time(), cx.input_handle(0)) {
        cx.set_handle(0, held);
    }
    Ok(())
}

fn existing_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    crate::tensor_list::held_shape(cx, &PartialShape::unknown())?;
    same_list(cx)?;
    cx.set(0, PartialShape::scalar());
    Ok(())
}

ops! {
    TENSOR_LIST_CONCAT "TensorListConcat" concat_shape, concat_kernel, Grad::Fn(concat_grad);
    TENSOR_LIST_CONCAT_V2 "TensorListConcatV2" concat_shape, concat_kernel, Grad::Fn(concat_grad);
    TENSOR_LIST_SPLIT "TensorListSplit" split_shape, split_kernel, Grad::Fn(split_grad);
    TENSOR_LIST_SCATTER "TensorListScatter" |cx| list_shape(cx, 2), scatter_kernel, Grad::Fn(scatter_grad);
    TENSOR_LIST_SCATTER_V2 "TensorListScatterV2" |cx| list_shape(cx, 2), scatter_kernel, Grad::Fn(scatter_grad);
    TENSOR_LIST_SCATTER_INTO_EXISTING_LIST "TensorListScatterIntoExistingList" existing_shape,
        scatter_existing_kernel, Grad::Fn(scatter_existing_grad);
}
