//! StringLength, StringLower, StringUpper, StringStrip: a string's length, letters and margins.

use crate::strings::{char_starts, counts_chars, map};
use ferroflow_core::{Grad, IntoOperand, KernelCtx, Op, OpDef, Result, TString, Tensor, bail, shape_fn};

/// The length of each string, in bytes, or in characters where `unit` is `UTF8_CHAR`.
///
/// Source: `tf.strings.length` (op `StringLength`).
///
/// ```
/// let lengths = ferroflow_ops_text::length(["hello", "é"], "UTF8_CHAR")?;
/// assert_eq!(lengths.numpy()?.as_slice::<i32>()?, [5, 1]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for another unit.
pub fn length(input: impl IntoOperand, unit: &str) -> Result<Tensor> {
    Op::new(&STRING_LENGTH).input(input).attr("unit", unit).one()
}

/// Lower case: of ASCII letters, or of all letters where `encoding` is `utf-8`.
///
/// Source: `tf.strings.lower` (op `StringLower`).
///
/// # Errors
/// `InvalidArgument` for another encoding.
pub fn lower(input: impl IntoOperand, encoding: &str) -> Result<Tensor> {
    Op::new(&STRING_LOWER).input(input).attr("encoding", encoding).one()
}

/// Upper case: of ASCII letters, or of all letters where `encoding` is `utf-8`.
///
/// Source: `tf.strings.upper` (op `StringUpper`).
///
/// # Errors
/// `InvalidArgument` for another encoding.
pub fn upper(input: impl IntoOperand, encoding: &str) -> Result<Tensor> {
    Op::new(&STRING_UPPER).input(input).attr("encoding", encoding).one()
}

/// The strings without white space at their ends.
///
/// Source: `tf.strings.strip` (op `StringStrip`).
///
/// # Errors
/// `InvalidArgument` when the input does not hold strings.
pub fn strip(input: impl IntoOperand) -> Result<Tensor> {
    Op::new(&STRING_STRIP).input(input).one()
}

fn length_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if counts_chars(cx)? {
        return map(cx, |text| Ok(char_starts(text).count() as i32));
    }
    map(cx, |text| Ok(text.len() as i32))
}

fn change_case(
    cx: &mut KernelCtx<'_>,
    ascii: fn(&[u8]) -> Vec<u8>,
    unicode: fn(&str) -> String,
) -> Result<()> {
    match cx.str("encoding")? {
        "" => map(cx, |text| Ok(TString::from(ascii(text)))),
        "utf-8" => map(cx, |text| Ok(TString::from(unicode(&text.to_string_lossy())))),
        other => {
            bail!(invalid_argument, "only utf-8 or '' (no encoding) is supported, received {other}")
        }
    }
}

/// White space as C's `isspace` knows it.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn trimmed(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_space(*byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_space(*byte)).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// An op that keeps the shape of its input.
macro_rules! ops {
    ($($constant:ident $name:literal $kernel:expr;)*) => {
        $(pub(crate) static $constant: OpDef = OpDef {
            name: $name,
            shape: shape_fn::unchanged,
            kernel: Some($kernel),
            grad: Grad::None,
            ..OpDef::NEW
        };)*
    };
}

ops! {
    STRING_LENGTH "StringLength" length_kernel;
    STRING_LOWER "StringLower" |cx| change_case(cx, <[u8]>::to_ascii_lowercase, str::to_lowercase);
    STRING_UPPER "StringUpper" |cx| change_case(cx, <[u8]>::to_ascii_uppercase, str::to_uppercase);
    STRING_STRIP "StringStrip" |cx| map(cx, |text| Ok(TString::from(trimmed(text))));
}
