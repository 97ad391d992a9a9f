//! StringSplit, StringSplitV2: the parts of strings, as a sparse matrix with a row for each string.

use crate::case_and_length::is_space;
use ferroflow_core::{
    Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, SparseTensor,
    TString, bail, ensure,
};

/// The parts of each string between separators; runs of white space where the separator is empty. At most `maxsplit`
/// separators count, unless it is negative.
///
/// Source: `tf.compat.v1.strings.split` (op `StringSplitV2`).
///
/// # Errors
/// `InvalidArgument` when the input is no vector or the separator no scalar.
pub fn string_split_v2(
    input: impl IntoOperand,
    sep: impl IntoOperand,
    maxsplit: i64,
) -> Result<SparseTensor> {
    let [indices, values, dense_shape] =
        Op::new(&STRING_SPLIT_V2).input(input).input(sep).attr("maxsplit", maxsplit).outputs()?;
    Ok(SparseTensor { indices, values, dense_shape })
}

/// The parts of each string between any of the delimiter's characters; single characters where it is empty.
///
/// Source: `tf.compat.v1.string_split` (op `StringSplit`).
///
/// # Errors
/// `InvalidArgument` when the input is no vector or the delimiter no scalar.
pub fn string_split(
    input: impl IntoOperand,
    delimiter: impl IntoOperand,
    skip_empty: bool,
) -> Result<SparseTensor> {
    let [indices, values, dense_shape] =
        Op::new(&STRING_SPLIT).input(input).input(delimiter).attr("skip_empty", skip_empty).outputs()?;
    Ok(SparseTensor { indices, values, dense_shape })
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 1)?;
        cx.with_rank(1, 0)?;
    }
    cx.set(0, [None, Some(2)]);
    cx.set(1, PartialShape::of_rank(1));
    cx.set(2, [2]);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>, split: impl Fn(&[u8], &[u8]) -> Vec<Vec<u8>>) -> Result<()> {
    let (input, separator) = (cx.input(0)?, cx.input(1)?);
    ensure!(input.rank() == 1, invalid_argument, "input must be a vector, got shape: {}", input.shape());
    ensure!(
        separator.rank() == 0,
        invalid_argument,
        "{} must be a scalar, got shape: {}",
        cx.op().schema().inputs.get(1).map_or("", |arg| arg.name.as_str()),
        separator.shape()
    );
    let Some(separator) = separator.as_slice::<TString>()?.first() else {
        bail!(invalid_argument, "the separator is missing");
    };
    let (mut indices, mut values, mut widest) = (Vec::new(), Vec::new(), 0);
    for (row, text) in input.as_slice::<TString>()?.iter().enumerate() {
        let parts = split(text, separator);
        widest = widest.max(parts.len());
        for (column, part) in parts.into_iter().enumerate() {
            indices.extend([row as i64, column as i64]);
            values.push(TString::from(part));
        }
    }
    let dense_shape = vec![input.len() as i64, widest as i64];
    let count = values.len();
    cx.set(0, NdArray::from_shape(Shape::new(&[count, 2])?, indices)?)?;
    cx.set(1, NdArray::vector(values))?;
    cx.set(2, NdArray::vector(dense_shape))
}

/// As Python's `str.split`.
fn split_at(text: &[u8], separator: &[u8], most: usize) -> Vec<Vec<u8>> {
    if most == 0 {
        return vec![text.to_vec()];
    }
    let (mut parts, mut rest) = (Vec::new(), text);
    if separator.is_empty() {
        let skip_space = |text: &[u8]| text.iter().position(|byte| !is_space(*byte)).unwrap_or(text.len());
        rest = &rest[skip_space(rest)..];
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| is_space(*byte)).unwrap_or(rest.len());
            parts.push(rest[..end].to_vec());
            rest = &rest[end..];
            rest = &rest[skip_space(rest)..];
            if parts.len() == most {
                // What is left is a part even where nothing is left.
                parts.push(rest.to_vec());
                break;
            }
        }
        return parts;
    }
    while parts.len() < most {
        let Some(at) = rest.windows(separator.len()).position(|window| window == separator) else { break };
        parts.push(rest[..at].to_vec());
        rest = &rest[at + separator.len()..];
    }
    parts.push(rest.to_vec());
    parts
}

fn split_v2_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let most = usize::try_from(cx.int("maxsplit")?).unwrap_or(usize::MAX);
    kernel(cx, |text, separator| split_at(text, separator, most))
}

fn split_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let skip_empty = cx.bool("skip_empty")?;
    kernel(cx, |text, delimiters| {
        let parts: Vec<&[u8]> = match delimiters {
            [] => text.chunks(1).collect(),
            _ if text.is_empty() => Vec::new(),
            _ => text.split(|byte| delimiters.contains(byte)).collect(),
        };
        parts.into_iter().filter(|part| !(skip_empty && part.is_empty())).map(<[u8]>::to_vec).collect()
    })
}

pub(crate) static STRING_SPLIT_V2: OpDef =
    OpDef { name: "StringSplitV2", shape, kernel: Some(split_v2_kernel), grad: Grad::None, ..OpDef::NEW };

pub(crate) static STRING_SPLIT: OpDef =
    OpDef { name: "StringSplit", shape, kernel: Some(split_kernel), grad: Grad::None, ..OpDef::NEW };
