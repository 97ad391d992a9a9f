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

/// A row for each string of a vector: its bytes.
///
/// Source: `tf.strings.bytes_split`, for a vector; a string alone is a row alone.
///
/// # Errors
/// `ValueError` for more than one dimension.
pub fn bytes_split(input: impl IntoOperand) -> Result<RaggedTensor> {
    let input = input.into_operand()?;
    context::name_scope("StringsByteSplit", || {
        rows(string_split(vector(convert_to_tensor(input, None)?)?, "", false)?)
    })
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
