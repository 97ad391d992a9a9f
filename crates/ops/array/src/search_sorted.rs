//! LowerBound, UpperBound: places in sorted rows.

use ferroflow_core::{
    DType, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, TString, Tensor, bail, dispatch,
    options,
};
use std::cmp::Ordering;

options! {
    /// Optional arguments of [`searchsorted_with`].
    pub struct SearchSortedOptions {
        /// Whether a value goes behind its equals.
        right: bool = false,
        /// `int32` or `int64`.
        out_type: DType = DType::INT32,
    }
}

/// Where each value would go in the sorted last dimension of `sorted_sequence`.
///
/// Source: `tf.searchsorted` (ops `LowerBound`, `UpperBound`).
///
/// ```
/// use ferroflow_ops_array::searchsorted;
/// assert_eq!(searchsorted([1, 3, 5], [3, 4])?.numpy()?.as_slice::<i32>()?, [1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the leading dimensions differ.
pub fn searchsorted(sorted_sequence: impl IntoOperand, values: impl IntoOperand) -> Result<Tensor> {
    searchsorted_with(sorted_sequence, values, |o| o)
}

/// [`searchsorted`] with options.
///
/// # Errors
/// As [`searchsorted`].
pub fn searchsorted_with(
    sorted_sequence: impl IntoOperand,
    values: impl IntoOperand,
    options: impl FnOnce(SearchSortedOptions) -> SearchSortedOptions,
) -> Result<Tensor> {
    let SearchSortedOptions { right, out_type } = options(SearchSortedOptions::default());
    let sorted = ferroflow_core::convert_to_tensor(sorted_sequence, None)?;
    let values = ferroflow_core::convert_to_tensor(values, Some(sorted.dtype().base()))?;
    let rows = |tensor: &Tensor| {
        let last = match tensor.shape().dims().and_then(<[_]>::last) {
            Some(Some(last)) => crate::gradients::int32_constant(&[-1, *last as i64])?,
            _ => crate::concat(
                [
                    crate::gradients::int32_constant(&[-1])?,
                    crate::gradients::part(&crate::shape(tensor)?, Some(-1), None)?,
                ],
                0,
            )?,
        };
        crate::reshape(tensor, last)
    };
    let def = if right { &UPPER_BOUND } else { &LOWER_BOUND };
    let found = Op::new(def).input(rows(&sorted)?).input(rows(&values)?).attr("out_type", out_type).one()?;
    crate::reshape(found, crate::shape(&values)?)
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (sorted, values) = (cx.input(0), cx.input(1));
    for (shape, name) in [(&sorted, "sorted_inputs"), (&values, "values")] {
        if let Some(rank) = shape.rank().filter(|&rank| rank != 2) {
            return Err(cx.mismatch(
                format!("Shape must be rank 2 but is rank {rank} for `{name}` argument"),
                format!("Shape must be rank 2 but is rank {rank}"),
            ));
        }
    }
    if let (Some(a), Some(b)) = (sorted.dim(0), values.dim(0))
        && a != b
    {
        bail!(invalid_argument, "Leading dim_size of both tensors must match.");
    }
    cx.set(0, values);
    Ok(())
}

fn places<T: PartialOrd>(
    sorted: &[T],
    values: &[T],
    (width, count): (usize, usize),
    right: bool,
) -> Vec<i64> {
    let place = |(position, value): (usize, &T)| {
        let row = position / count.max(1);
        let row = &sorted[row * width..(row + 1) * width];
        // NaN is before nothing, so the negation is not `value >= element`.
        let is_before = |element: &T| {
            if right { value.partial_cmp(element) != Some(Ordering::Less) } else { element < value }
        };
        row.partition_point(is_before) as i64
    };
    values.iter().enumerate().map(place).collect()
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (sorted, values) = (cx.input(0)?, cx.input(1)?);
    let (widths, right) = ((sorted.shape()[1], values.shape()[1]), cx.op().name == "UpperBound");
    let found = match values.dtype() {
        DType::STRING => places(sorted.as_slice::<TString>()?, values.as_slice::<TString>()?, widths, right),
        DType::BOOL => places(sorted.as_slice::<bool>()?, values.as_slice::<bool>()?, widths, right),
        dtype @ (DType::HALF | DType::BFLOAT16) => dispatch!(dtype, HALVES, |T| Ok(places(
            sorted.as_slice::<T>()?,
            values.as_slice::<T>()?,
            widths,
            right
        )))?,
        dtype => dispatch!(dtype, REALS, |T| Ok(places(
            sorted.as_slice::<T>()?,
            values.as_slice::<T>()?,
            widths,
            right
        )))?,
    };
    let dtype = cx.dtype("out_type")?;
    cx.set(0, NdArray::from_shape(shape, found)?.cast(dtype)?)
}

pub(crate) static LOWER_BOUND: OpDef =
    OpDef { name: "LowerBound", shape, kernel: Some(kernel), ..OpDef::NEW };
pub(crate) static UPPER_BOUND: OpDef =
    OpDef { name: "UpperBound", shape, kernel: Some(kernel), ..OpDef::NEW };
