//! RegexReplace, RegexFullMatch and their static forms: regular expressions on strings.

use crate::strings::map;
use ferroflow_core::{
    Error, Grad, IntoOperand, KernelCtx, Op, OpDef, Result, ShapeCtx, TString, Tensor, bail, ensure, shape_fn,
};
use regex::bytes::{Captures, Regex, RegexBuilder};

/// Memory that a compiled pattern may take.
const LARGEST_PATTERN: usize = 8 << 20;

/// The strings with what matches the pattern rewritten; `\1` in `rewrite` stands for the first group.
///
/// Source: `tf.strings.regex_replace` (op `StaticRegexReplace`).
///
/// # Errors
/// `InvalidArgument` for a pattern that cannot be read.
pub fn regex_replace(
    input: impl IntoOperand,
    pattern: &str,
    rewrite: &str,
    replace_global: bool,
) -> Result<Tensor> {
    Op::new(&STATIC_REGEX_REPLACE)
        .input(input)
        .attr("pattern", pattern)
        .attr("rewrite", rewrite)
        .attr("replace_global", replace_global)
        .one()
}

/// Whether each string as a whole matches the pattern.
///
/// Source: `tf.strings.regex_full_match` (op `StaticRegexFullMatch`).
///
/// # Errors
/// `InvalidArgument` for a pattern that cannot be read.
pub fn regex_full_match(input: impl IntoOperand, pattern: &str) -> Result<Tensor> {
    Op::new(&STATIC_REGEX_FULL_MATCH).input(input).attr("pattern", pattern).one()
}

fn compile(pattern: &[u8], wrap: impl Fn(&str) -> String) -> Result<Regex> {
    let invalid =
        |shown: &str, why: String| Error::invalid_argument(format!("Invalid pattern: {shown}, error: {why}"));
    let text = std::str::from_utf8(pattern)
        .map_err(|_| invalid(&String::from_utf8_lossy(pattern), "invalid UTF-8".to_string()))?;
    // The pattern alone must be right: wrapping could close what it leaves open.
    for pattern in [text, &wrap(text)] {
        let built = RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build();
        match built {
            Err(error) => return Err(invalid(text, reason(&error.to_string(), text))),
            Ok(regex) if pattern != text => return Ok(regex),
            Ok(_) => {}
        }
    }
    Regex::new(text).map_err(|error| invalid(text, error.to_string()))
}

/// The reason in RE2's words where it has them.
fn reason(error: &str, pattern: &str) -> String {
    if error.contains("unclosed group") {
        return format!("missing ): {pattern}");
    }
    error.lines().last().unwrap_or(error).trim_start_matches("error: ").to_string()
}

/// What stands for a match: text, and groups by number.
enum Piece {
    Text(Vec<u8>),
    Group(usize),
}

/// A rewrite in RE2's notation; `None` where it names a group that the pattern does not have, or ends in a backslash.
fn pieces(rewrite: &[u8], groups: usize) -> Option<Vec<Piece>> {
    let (mut pieces, mut text, mut bytes) = (Vec::new(), Vec::new(), rewrite.iter());
    while let Some(&byte) = bytes.next() {
        if byte != b'\\' {
            text.push(byte);
            continue;
        }
        match bytes.next()? {
            b'\\' => text.push(b'\\'),
            digit @ b'0'..=b'9' if usize::from(digit - b'0') < groups => {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Group(usize::from(digit - b'0')));
            }
            _ => return None,
        }
    }
    pieces.push(Piece::Text(text));
    Some(pieces)
}

fn replace(cx: &mut KernelCtx<'_>, pattern: &[u8], rewrite: &[u8]) -> Result<()> {
    let regex = compile(pattern, |pattern| format!("(?:{pattern})"))?;
    let limit = if cx.bool("replace_global")? { 0 } else { 1 };
    // RE2 leaves the strings as they are when the rewrite cannot be carried out.
    let Some(pieces) = pieces(rewrite, regex.captures_len()) else {
        let input = cx.take(0)?;
        return cx.set(0, input);
    };
    let rewritten = |captures: &Captures<'_>| -> Vec<u8> {
        let mut text = Vec::new();
        for piece in &pieces {
            match piece {
                Piece::Text(literal) => text.extend_from_slice(literal),
                Piece::Group(group) => {
                    text.extend_from_slice(captures.get(*group).map_or(&[][..], |found| found.as_bytes()));
                }
            }
        }
        text
    };
    map(cx, |text| Ok(TString::from(regex.replacen(text, limit, &rewritten).into_owned())))
}

fn full_match(cx: &mut KernelCtx<'_>, pattern: &[u8]) -> Result<()> {
    let regex = compile(pattern, |pattern| format!(r"\A(?:{pattern})\z"))?;
    map(cx, |text| Ok(regex.is_match(text)))
}

/// The bytes of a scalar string input.
fn text_input(cx: &KernelCtx<'_>, index: usize, name: &str) -> Result<TString> {
    let input = cx.input(index)?;
    ensure!(input.rank() == 0, invalid_argument, "{name} must be scalar, but received {}", input.shape());
    match input.as_slice::<TString>()?.first() {
        Some(text) => Ok(text.clone()),
        None => bail!(invalid_argument, "{name} is missing"),
    }
}

fn replace_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (pattern, rewrite) = (text_input(cx, 1, "Pattern")?, text_input(cx, 2, "Rewrite")?);
    replace(cx, &pattern, &rewrite)
}

fn static_replace_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = cx.attrs();
    replace(cx, attrs.bytes("pattern")?, attrs.bytes("rewrite")?)
}

fn full_match_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let pattern = text_input(cx, 1, "Pattern")?;
    full_match(cx, &pattern)
}

fn static_full_match_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = cx.attrs();
    full_match(cx, attrs.bytes("pattern")?)
}

fn dynamic_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        for index in 1..cx.num_inputs() {
            cx.with_rank(index, 0)?;
        }
    }
    shape_fn::unchanged(cx)
}

pub(crate) static REGEX_REPLACE: OpDef = OpDef {
    name: "RegexReplace",
    shape: dynamic_shape,
    kernel: Some(replace_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static STATIC_REGEX_REPLACE: OpDef = OpDef {
    name: "StaticRegexReplace",
    shape: shape_fn::unchanged,
    kernel: Some(static_replace_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static REGEX_FULL_MATCH: OpDef = OpDef {
    name: "RegexFullMatch",
    shape: dynamic_shape,
    kernel: Some(full_match_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static STATIC_REGEX_FULL_MATCH: OpDef = OpDef {
    name: "StaticRegexFullMatch",
    shape: shape_fn::unchanged,
    kernel: Some(static_full_match_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
