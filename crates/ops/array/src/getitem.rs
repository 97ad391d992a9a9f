//! `getitem`: Python's `x[1:, ..., tf.newaxis]`.

use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, Result, Tensor, bail, constant, context, convert_to_tensor,
};
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// One item of an index expression.
#[derive(Clone)]
pub enum Index {
    /// One element; the dimension is dropped.
    At(Operand),
    /// A range of elements; bounds that are not given are open.
    Span {
        /// The first element.
        begin: Option<Operand>,
        /// The element after the last.
        end: Option<Operand>,
        /// The step; 1 if it is not given.
        step: Option<Operand>,
    },
    /// As many whole dimensions as are left.
    Ellipsis,
    /// A new dimension of size 1.
    NewAxis,
}

/// As many whole dimensions as are left: Python's `...`.
#[derive(Clone, Copy, Debug)]
pub struct Ellipsis;

/// A new dimension of size 1: Python's `tf.newaxis`.
#[derive(Clone, Copy, Debug)]
pub struct NewAxis;

/// Every `step`-th element of a range: Python's `begin:end:step`.
pub fn step_by(range: impl Into<Index>, step: i64) -> Index {
    match range.into() {
        Index::Span { begin, end, .. } => Index::Span { begin, end, step: Some(number(step)) },
        other => other,
    }
}

fn number(value: i64) -> Operand {
    Operand::Value { array: NdArray::scalar(value), weak: false }
}

fn span(begin: Option<i64>, end: Option<i64>) -> Index {
    Index::Span { begin: begin.map(number), end: end.map(number), step: None }
}

fn tensor_span(begin: Option<&Tensor>, end: Option<&Tensor>) -> Index {
    let bound = |tensor: &Tensor| Operand::Tensor(tensor.clone());
    Index::Span { begin: begin.map(bound), end: end.map(bound), step: None }
}

macro_rules! from_index {
    ($($ty:ty, $value:ident => $index:expr;)*) => {
        $(impl From<$ty> for Index {
            fn from($value: $ty) -> Index {
                $index
            }
        })*
    };
}

from_index! {
    i64, at => Index::At(number(at));
    i32, at => Index::At(number(at.into()));
    usize, at => Index::At(number(at as i64));
    Tensor, at => Index::At(Operand::Tensor(at));
    &Tensor, at => Index::At(Operand::Tensor(at.clone()));
    Ellipsis, _all => Index::Ellipsis;
    NewAxis, _new => Index::NewAxis;
    RangeFull, _all => span(None, None);
    Range<i64>, range => span(Some(range.start), Some(range.end));
    RangeFrom<i64>, range => span(Some(range.start), None);
    RangeTo<i64>, range => span(None, Some(range.end));
    Range<i32>, range => span(Some(range.start.into()), Some(range.end.into()));
    RangeFrom<i32>, range => span(Some(range.start.into()), None);
    RangeTo<i32>, range => span(None, Some(range.end.into()));
    RangeInclusive<i32>, range => span(Some((*range.start()).into()), past(*range.end()));
    RangeToInclusive<i32>, range => span(None, past(range.end));
    Range<&Tensor>, range => tensor_span(Some(range.start), Some(range.end));
    RangeFrom<&Tensor>, range => tensor_span(Some(range.start), None);
    RangeTo<&Tensor>, range => tensor_span(None, Some(range.end));
}

/// The end after an inclusive one; after the last element it is open.
fn past(last: i32) -> Option<i64> {
    (last != -1).then(|| i64::from(last) + 1)
}

/// What an index expression is made of: one item, a tuple or a vector of items.
pub trait IntoIndices {
    /// The items, in order.
    fn into_indices(self) -> Vec<Index>;
}

impl IntoIndices for Vec<Index> {
    fn into_indices(self) -> Vec<Index> {
        self
    }
}

impl<I: Into<Index>> IntoIndices for I {
    fn into_indices(self) -> Vec<Index> {
        vec![self.into()]
    }
}

macro_rules! tuples {
    ($(($($item:ident),+);)*) => {
        $(impl<$($item: Into<Index>),+> IntoIndices for ($($item,)+) {
            fn into_indices(self) -> Vec<Index> {
                #[allow(non_snake_case)]
                let ($($item,)+) = self;
                vec![$($item.into()),+]
            }
        })*
    };
}

tuples! {
    (A);
    (A, B);
    (A, B, C);
    (A, B, C, D);
    (A, B, C, D, E);
    (A, B, C, D, E, F);
}

/// The part of a tensor that an index expression names: `x[1:, ..., tf.newaxis]` is
/// `getitem(&x, (1.., Ellipsis, NewAxis))`.
///
/// Source: `tf.Tensor.__getitem__` (op `StridedSlice`).
///
/// ```
/// use ferroflow_ops_array::{Ellipsis, NewAxis, getitem, step_by};
/// let x = ferroflow_core::constant([[1, 2, 3], [4, 5, 6]])?;
/// assert_eq!(getitem(&x, (-1, 1..))?.numpy()?.as_slice::<i32>()?, [5, 6]);
/// assert_eq!(getitem(&x, (Ellipsis, step_by(.., -2)))?.numpy()?.as_slice::<i32>()?, [3, 1, 6, 4]);
/// assert_eq!(getitem(&x, (.., NewAxis, 0))?.shape(), [2, 1].into());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when an index is out of range or there are more items than dimensions.
pub fn getitem(tensor: impl IntoOperand, indices: impl IntoIndices) -> Result<Tensor> {
    let tensor = tensor.into_operand()?;
    let (mut begin, mut end, mut strides) = (Vec::new(), Vec::new(), Vec::new());
    let mut masks = Masks::default();
    for (position, index) in indices.into_indices().into_iter().enumerate() {
        if position >= 31 {
            bail!(value, "an index expression has at most 31 items");
        }
        let bit = 1i64 << position;
        match index {
            Index::At(at) => {
                end.push(following(&at)?);
                strides.push(missing(
                    1,
                    tensor_dtype([Some(&at), None, None]).filter(|dtype| *dtype != DType::INT32),
                )?);
                begin.push(at);
                masks.shrink |= bit;
            }
            Index::Span { begin: first, end: last, step } => {
                masks.begin |= if first.is_none() { bit } else { 0 };
                masks.end |= if last.is_none() { bit } else { 0 };
                let dtype = tensor_dtype([first.as_ref(), last.as_ref(), step.as_ref()]);
                begin.push(first.map_or_else(|| missing(0, dtype), Ok)?);
                end.push(last.map_or_else(|| missing(0, dtype), Ok)?);
                strides.push(step.map_or_else(|| missing(1, dtype), Ok)?);
            }
            Index::Ellipsis | Index::NewAxis => {
                let mask =
                    if matches!(index, Index::NewAxis) { &mut masks.new_axis } else { &mut masks.ellipsis };
                *mask |= bit;
                begin.push(number(0));
                end.push(number(0));
                strides.push(number(1));
            }
        }
    }
    context::name_scope_for_op("strided_slice", |op_name| {
        let dtype = index_dtype([&begin, &end, &strides]);
        let begin = packed("stack", begin, dtype)?;
        let end = packed("stack_1", end, dtype)?;
        let strides = packed("stack_2", strides, dtype)?;
        Op::new(&crate::strided_slice::STRIDED_SLICE)
            .input(tensor)
            .input(begin)
            .input(end)
            .input(strides)
            .attr("begin_mask", masks.begin)
            .attr("end_mask", masks.end)
            .attr("ellipsis_mask", masks.ellipsis)
            .attr("new_axis_mask", masks.new_axis)
            .attr("shrink_axis_mask", masks.shrink)
            .name(op_name)
            .one()
    })
}

#[derive(Default)]
struct Masks {
    begin: i64,
    end: i64,
    ellipsis: i64,
    new_axis: i64,
    shrink: i64,
}

/// The end of the range that holds one element.
fn following(at: &Operand) -> Result<Operand> {
    Ok(match at {
        Operand::Tensor(tensor) => Operand::Tensor((tensor + 1)?),
        value => number(value.value().map_or(Ok(0), NdArray::item::<i64>)?.wrapping_add(1)),
    })
}

/// The dtype of the tensors in a range, if there are any.
fn tensor_dtype(parts: [Option<&Operand>; 3]) -> Option<DType> {
    let dtypes = parts.into_iter().flatten().filter_map(|part| match part {
        Operand::Tensor(tensor) => Some(tensor.dtype().base()),
        Operand::Value { .. } => None,
    });
    dtypes.max_by_key(|dtype| *dtype == DType::INT64)
}

/// What stands for a part of a range that is not given: where others are tensors TensorFlow makes it one, too.
fn missing(value: i64, dtype: Option<DType>) -> Result<Operand> {
    match dtype {
        Some(dtype) => Ok(Operand::Tensor(constant(NdArray::scalar(value).cast(dtype)?)?)),
        None => Ok(number(value)),
    }
}

/// The dtype of tensors among the items, `int32` where all are numbers that fit it.
fn index_dtype(lists: [&Vec<Operand>; 3]) -> DType {
    let all = || lists.iter().flat_map(|list| list.iter());
    let tensor = all().find_map(|item| match item {
        Operand::Tensor(tensor) => Some(tensor.dtype().base()),
        Operand::Value { .. } => None,
    });
    let wide = all().any(|item| match item {
        Operand::Value { array, .. } => array.item::<i64>().is_ok_and(|value| i32::try_from(value).is_err()),
        Operand::Tensor(_) => false,
    });
    tensor.unwrap_or(if wide { DType::INT64 } else { DType::INT32 })
}

/// The items as a vector: a constant of numbers, or a `Pack` of tensors.
fn packed(name: &str, items: Vec<Operand>, dtype: DType) -> Result<Tensor> {
    let numbers: Option<Vec<i64>> = items
        .iter()
        .map(|item| match item {
            Operand::Value { array, .. } => array.item::<i64>().ok(),
            Operand::Tensor(_) => None,
        })
        .collect();
    context::with_name(name, || match numbers {
        Some(numbers) => convert_to_tensor(NdArray::vector(numbers).cast(dtype)?, None),
        None => {
            let items = items
                .into_iter()
                .map(|item| match item {
                    Operand::Value { array, .. } => {
                        Ok(Operand::Value { array: array.cast(dtype)?, weak: false })
                    }
                    tensor => Ok(tensor),
                })
                .collect::<Result<Vec<_>>>()?;
            Op::new(&crate::pack::PACK).inputs(items).one()
        }
    })
}
