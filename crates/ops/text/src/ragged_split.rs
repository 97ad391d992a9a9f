//! `split`, `bytes_split`: strings as rows of their parts.

use crate::split::{string_split, string_split_v2};
use ferroflow_core::operators::{add, cast};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, RaggedTensor, Result, SparseTensor, TString, Tensor, bail, context,
    convert_to_tensor, options,
};

options! {
    /// Optional arguments of [`split_with`].
    pub struct SplitOptions {
        /// What stands between parts; runs of white space if empty.
        sep: String = String::new(),
        /// How many separators count at most; all of them if negative.
        maxsplit: i64 = -1,
    }
}

/// A row for each string of a vector: its parts between runs of white space.
///
/// Source: `tf.strings.split`, for a vector; a string alone is a row alone.
///
/// # Errors
/// `ValueError` for more than one dimension.
pub fn split(input: impl IntoOperand) -> Result<RaggedTensor> {
    split_with(input, |options| options)
}

/// [`split`] at a separator.
///
/// # Errors
/// As [`split`].
pub fn split_with(
    input: impl IntoOperand,
    options: impl FnOnce(SplitOptions) -> SplitOptions,
) -> Result<RaggedTensor> {
    let SplitOptions { sep, maxsplit } = options(SplitOptions::default());
    let input = input.into_operand()?;
    context::name_scope("StringSplit", || {
        let separator = NdArray::scalar(TString::from(sep));
        rows(string_split_v2(vector(convert_to_tensor(input, None)?)?, separator, maxsplit)?)
    })
}

/// A row for each string: its bytes; for a string alone the bytes, in no row.
///
/// Source: `tf.strings.bytes_split`.
///
/// # Errors
/// `ValueError` for a tensor of unknown rank.
pub fn bytes_split(input: impl IntoOperand) -> Result<RaggedTensor> {
    let input = input.into_operand()?;
    context::name_scope("StringsByteSplit", || {
        by_rows(input, |strings| Ok([rows(string_split(strings, "", false)?)?])).map(|[bytes]| bytes)
    })
}

/// What a function makes of the strings of a vector, for those of any tensor: the outer dimensions become rows of rows, and a
/// string alone has none.
pub(crate) fn by_rows<const COUNT: usize>(
    input: impl IntoOperand,
    f: impl FnOnce(Tensor) -> Result<[RaggedTensor; COUNT]>,
) -> Result<[RaggedTensor; COUNT]> {
    let input = context::with_name("input", || convert_to_tensor(input, None))?;
    let rank = match input.rank() {
        Some(1) => return f(input),
        Some(rank) => rank,
        None => bail!(value, "input must have a statically-known rank."),
    };
    let outer = if rank == 0 { Vec::new() } else { outer_splits(&input, rank)? };
    let rows = f(Op::named("Reshape").input(&input).input([-1]).one()?)?;
    Ok(rows.map(|rows| {
        let inner = if rank == 0 { Vec::new() } else { rows.nested_row_splits };
        RaggedTensor { flat_values: rows.flat_values, nested_row_splits: [outer.clone(), inner].concat() }
    }))
}

/// Where the rows of each dimension but the first begin and end among those of the next.
fn outer_splits(input: &Tensor, rank: usize) -> Result<Vec<Tensor>> {
    let shape = Op::named("Shape").input(input).attr("out_type", DType::INT64).one()?;
    let products = Op::named("Cumprod").input(&shape).input(0).one()?;
    let element = |vector: &Tensor, at: i32| {
        let taken = Op::named("Slice").input(vector).input(NdArray::vector(vec![at]));
        Op::named("Squeeze").input(taken.input(NdArray::vector(vec![1i32])).one()?).one()
    };
    let splits = |dim: usize| {
        let limit = add(element(&products, dim as i32 - 1)?, NdArray::scalar(1i64))?;
        let ends = Op::named("Range")
            .input(NdArray::scalar(0i64))
            .input(limit)
            .input(NdArray::scalar(1i64))
            .one()?;
        Op::named("Mul").input(ends).input(element(&shape, dim as i32)?).one()
    };
    (1..rank).map(splits).collect()
}

fn vector(input: Tensor) -> Result<Tensor> {
    match input.rank() {
        Some(1) => Ok(input),
        Some(0) => Op::named("ExpandDims").input(input).input(0).one(),
        _ => bail!(
            value,
            "the strings to split must be a vector or one string, not of shape {}",
            input.shape()
        ),
    }
}

/// The rows of a sparse matrix as those of a ragged tensor.
fn rows(parts: SparseTensor) -> Result<RaggedTensor> {
    let column =
        |tensor: &Tensor, size: [i32; 2]| Op::named("Slice").input(tensor).input([0, 0]).input(size).one();
    let owners = Op::named("Reshape").input(column(&parts.indices, [-1, 1])?).input([1, -1]).one()?;
    let count = Op::named("Slice").input(&parts.dense_shape).input([0]).input([1]).one()?;
    let count = Op::named("Squeeze").input(count).one()?;
    let limit = add(count, NdArray::scalar(1i64))?;
    let numbers =
        Op::named("Range").input(NdArray::scalar(0i64)).input(limit).input(NdArray::scalar(1i64)).one()?;
    let wanted = Op::named("Reshape").input(numbers).input([1, -1]).one()?;
    let splits = Op::named("LowerBound").input(owners).input(wanted).attr("out_type", DType::INT64).one()?;
    let splits = Op::named("Reshape").input(cast(splits, DType::INT64)?).input([-1]).one()?;
    Ok(RaggedTensor { flat_values: parts.values, nested_row_splits: vec![splits] })
}
