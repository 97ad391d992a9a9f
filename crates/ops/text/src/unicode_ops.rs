//! UnicodeDecode, UnicodeDecodeWithOffsets, UnicodeEncode, UnicodeTranscode, UnicodeScript: text as code points.

use crate::ragged_split::by_rows;
use crate::strings::map;
use crate::unicode_codec::{Read, Source, Units};
use ferroflow_core::{
    Attrs, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, RaggedTensor, Result, ShapeCtx,
    TString, Tensor, bail, ensure, options, shape_fn,
};
use std::sync::OnceLock;

options! {
    /// Optional arguments of functions that read or write Unicode text.
    pub struct UnicodeOptions {
        /// What happens to what is no character: `replace`, `ignore` or `strict`.
        errors: String = "replace".to_string(),
        /// The code point that replaces it.
        replacement_char: i64 = 65533,
        /// Whether control characters are replaced, too.
        replace_control_characters: bool = false,
    }
}

impl UnicodeOptions {
    fn apply(&self, op: Op) -> Op {
        op.attr("errors", self.errors.as_str()).attr("replacement_char", self.replacement_char)
    }
}

/// The strings in another encoding: `UTF-8`, `UTF-16-BE` or `UTF-32-BE`.
///
/// Source: `tf.strings.unicode_transcode` (op `UnicodeTranscode`).
///
/// ```
/// use ferroflow_ops_text::unicode_transcode;
/// let wide = unicode_transcode(["A"], "UTF-8", "UTF-16-BE", |options| options)?;
/// assert_eq!(wide.numpy()?.to_string(), r"[b'\x00A']");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an unknown encoding, and for malformed text where `errors` is `strict`.
pub fn unicode_transcode(
    input: impl IntoOperand,
    input_encoding: &str,
    output_encoding: &str,
    options: impl FnOnce(UnicodeOptions) -> UnicodeOptions,
) -> Result<Tensor> {
    let options = options(UnicodeOptions::default());
    let op = Op::new(&UNICODE_TRANSCODE)
        .input(input)
        .attr("input_encoding", input_encoding)
        .attr("output_encoding", output_encoding);
    options.apply(op).attr("replace_control_characters", options.replace_control_characters).one()
}

fn decode_op(
    def: &'static OpDef,
    input: impl IntoOperand,
    input_encoding: &str,
    options: impl FnOnce(UnicodeOptions) -> UnicodeOptions,
) -> Op {
    let options = options(UnicodeOptions::default());
    let op = options.apply(Op::new(def).input(input).attr("input_encoding", input_encoding));
    op.attr("replace_control_characters", options.replace_control_characters)
}

fn ragged(row_splits: Tensor, flat_values: Tensor) -> RaggedTensor {
    RaggedTensor { flat_values, nested_row_splits: vec![row_splits] }
}

/// The code points of each string of a vector.
///
/// Source: `tf.strings.unicode_decode` (op `UnicodeDecode`), for a vector.
///
/// # Errors
/// `InvalidArgument` for an unknown encoding, and for malformed text where `errors` is `strict`.
pub fn unicode_decode(
    input: impl IntoOperand,
    input_encoding: &str,
    options: impl FnOnce(UnicodeOptions) -> UnicodeOptions,
) -> Result<RaggedTensor> {
    let [splits, points] = decode_op(&UNICODE_DECODE, input, input_encoding, options).outputs()?;
    Ok(ragged(splits, points))
}

/// The code points of each string of a vector, and the byte where each begins.
///
/// Source: `tf.strings.unicode_decode_with_offsets` (op `UnicodeDecodeWithOffsets`), for a vector.
///
/// # Errors
/// `InvalidArgument` for an unknown encoding, and for malformed text where `errors` is `strict`.
pub fn unicode_decode_with_offsets(
    input: impl IntoOperand,
    input_encoding: &str,
    options: impl FnOnce(UnicodeOptions) -> UnicodeOptions,
) -> Result<(RaggedTensor, RaggedTensor)> {
    let op = decode_op(&UNICODE_DECODE_WITH_OFFSETS, input, input_encoding, options);
    let [splits, points, offsets] = op.outputs()?;
    Ok((ragged(splits.clone(), points), ragged(splits, offsets)))
}

fn split_points(points: RaggedTensor, encoding: &str, options: &UnicodeOptions) -> Result<RaggedTensor> {
    let count =
        Op::named("Size").input(&points.flat_values).attr("out_type", ferroflow_core::DType::INT64).one()?;
    let limit = Op::named("AddV2").input(count).input(NdArray::scalar(1i64)).one()?;
    let splits =
        Op::named("Range").input(NdArray::scalar(0i64)).input(limit).input(NdArray::scalar(1i64)).one()?;
    let op =
        Op::new(&UNICODE_ENCODE).input(&points.flat_values).input(splits).attr("output_encoding", encoding);
    Ok(RaggedTensor { flat_values: options.apply(op).one()?, nested_row_splits: points.nested_row_splits })
}

/// The characters of each string, as strings: a row for each string of a tensor; for a string alone no rows.
///
/// Source: `tf.strings.unicode_split`.
///
/// # Errors
/// `InvalidArgument` for an unknown encoding, and for malformed text where `errors` is `strict`.
pub fn unicode_split(
    input: impl IntoOperand,
    input_encoding: &str,
    options: impl FnOnce(UnicodeOptions) -> UnicodeOptions,
) -> Result<RaggedTensor> {
    let options = options(UnicodeOptions::default());
    by_rows(input, |strings| {
        let points = unicode_decode(strings, input_encoding, |_| options.clone())?;
        Ok([split_points(points, input_encoding, &options)?])
    })
    .map(|[characters]| characters)
}

/// The characters of each string, as strings, and the byte where each begins, both in rows as [`unicode_split`] has them.
///
/// Source: `tf.strings.unicode_split_with_offsets`.
///
/// # Errors
/// `InvalidArgument` for an unknown encoding, and for malformed text where `errors` is `strict`.
pub fn unicode_split_with_offsets(
    input: impl IntoOperand,
    input_encoding: &str,
    options: impl FnOnce(UnicodeOptions) -> UnicodeOptions,
) -> Result<(RaggedTensor, RaggedTensor)> {
    let options = options(UnicodeOptions::default());
    by_rows(input, |strings| {
        let (points, offsets) = unicode_decode_with_offsets(strings, input_encoding, |_| options.clone())?;
        Ok([split_points(points, input_encoding, &options)?, offsets])
    })
    .map(|[characters, offsets]| (characters, offsets))
}

/// The string of each row of code points.
///
/// Source: `tf.strings.unicode_encode` (op `UnicodeEncode`), for a ragged tensor of one ragged dimension.
///
/// # Errors
/// `InvalidArgument` for an unknown encoding, and for numbers that are no code points where `errors` is `strict`.
pub fn unicode_encode(
    input: &RaggedTensor,
    output_encoding: &str,
    options: impl FnOnce(UnicodeOptions) -> UnicodeOptions,
) -> Result<Tensor> {
    let options = options(UnicodeOptions::default());
    let [splits] = input.nested_row_splits.as_slice() else {
        bail!(value, "unicode_encode takes a ragged tensor of one ragged dimension");
    };
    let op = Op::new(&UNICODE_ENCODE).input(&input.flat_values).input(splits);
    options.apply(op.attr("output_encoding", output_encoding)).one()
}

/// The number that ICU gives the script of each code point; -1 for what is no code point.
///
/// Source: `tf.strings.unicode_script` (op `UnicodeScript`).
///
/// ```
/// let scripts = ferroflow_ops_text::unicode_script([1, 97, 0x3b1])?;
/// assert_eq!(scripts.numpy()?.as_slice::<i32>()?, [0, 25, 14]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the input does not hold `int32`.
pub fn unicode_script(input: impl IntoOperand) -> Result<Tensor> {
    Op::new(&UNICODE_SCRIPT).input(input).one()
}

/// What happens to what is no character.
struct Policy {
    strict: bool,
    ignore: bool,
    replacement: i32,
    control: bool,
}

impl Policy {
    fn read(attrs: &Attrs) -> Result<Policy> {
        let replacement = attrs.int("replacement_char")?;
        ensure!(
            (0..=0x10_ffff).contains(&replacement),
            invalid_argument,
            "replacement_char out of unicode codepoint range"
        );
        let errors = attrs.str("errors")?;
        let control = attrs.get("replace_control_characters").is_some();
        Ok(Policy {
            strict: errors == "strict",
            ignore: errors == "ignore",
            replacement: replacement as i32,
            control: control && attrs.bool("replace_control_characters")?,
        })
    }

    fn refuses(&self, read: &Read) -> bool {
        read.malformed || (self.control && read.point <= 0x1f)
    }
}

fn malformed() -> ferroflow_core::Error {
    ferroflow_core::Error::invalid_argument("Invalid formatting on input string")
}

fn transcode_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = cx.attrs();
    let (policy, encoding) = (Policy::read(attrs)?, attrs.str("output_encoding")?);
    let source = Source::named(attrs.str("input_encoding")?)?;
    map(cx, |text| {
        let (mut units, mut refused) = (Units::default(), false);
        source.read(text, |read| match policy.refuses(&read) {
            false => units.push(read.point),
            true => {
                refused = true;
                if !policy.ignore {
                    units.push(policy.replacement);
                }
            }
        });
        if refused && policy.strict {
            return Err(malformed());
        }
        Ok(TString::from(units.encode(encoding)?))
    })
}

fn decode_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let strings = cx.input(0).num_elements();
    cx.set(0, [strings.map(|count| count + 1)]);
    for index in 1..cx.num_outputs() {
        cx.set(index, PartialShape::of_rank(1));
    }
    Ok(())
}

fn decode_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = cx.attrs();
    let policy = Policy::read(attrs)?;
    let source = Source::named(attrs.str("input_encoding")?)?;
    let (mut splits, mut points, mut starts) = (vec![0i64], Vec::new(), Vec::new());
    for text in cx.slice::<TString>(0)? {
        let (mut offset, mut failed) = (0i64, false);
        source.read(text, |read| {
            failed |= policy.strict && read.malformed;
            let refused = policy.refuses(&read);
            if !(refused && policy.ignore) {
                points.push(if refused { policy.replacement } else { read.point });
                starts.push(offset);
            }
            offset += read.bytes as i64;
        });
        if failed {
            return Err(malformed());
        }
        splits.push(points.len() as i64);
    }
    let splits = NdArray::vector(splits).cast(attrs.dtype("Tsplits")?)?;
    cx.set(0, splits)?;
    cx.set(1, NdArray::vector(points))?;
    if cx.num_outputs() == 3 {
        cx.set(2, NdArray::vector(starts))?;
    }
    Ok(())
}

fn encode_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    cx.with_rank(0, 1)?;
    let splits = cx.with_rank(1, 1)?;
    if splits.dim(0) == Some(0) {
        bail!(invalid_argument, "Negative dimension size caused by subtracting 1 from 0");
    }
    cx.set(0, [splits.dim(0).map(|count| count - 1)]);
    Ok(())
}

fn encode_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = cx.attrs();
    let (policy, encoding) = (Policy::read(attrs)?, attrs.str("output_encoding")?);
    let (points, splits) = (cx.slice::<i32>(0)?, cx.ints(1)?);
    ensure!(
        cx.input(0)?.rank() == 1 && cx.input(1)?.rank() == 1,
        invalid_argument,
        "Both the input_tensor and input_splits should be of rank 1."
    );
    ensure!(
        !splits.is_empty(),
        invalid_argument,
        "Input_splits should contain elements, but given input_values has {} elements",
        points.len()
    );
    ensure!(splits[0] == 0, invalid_argument, "First value in input_splits must be zero.");
    ensure!(
        splits[splits.len() - 1] == points.len() as i64,
        invalid_argument,
        "Last value in input_splits must be equal to length of input_tensor."
    );
    ensure!(
        splits.is_sorted(),
        invalid_argument,
        "Values in input_splits must be equal or in ascending order."
    );
    let mut texts = Vec::with_capacity(splits.len() - 1);
    for bounds in splits.windows(2) {
        let mut units = Units::default();
        for &point in &points[bounds[0] as usize..bounds[1] as usize] {
            let valid = u32::try_from(point).ok().and_then(char::from_u32).is_some();
            if !valid && policy.strict {
                bail!(invalid_argument, "Code point is out of range for Unicode, or is a surrogate.");
            }
            if valid || !policy.ignore {
                units.push(if valid { point } else { policy.replacement });
            }
        }
        texts.push(TString::from(units.encode(encoding)?));
    }
    cx.set(0, NdArray::vector(texts))
}

/// Where runs of code points of one script begin, with its number, from the table that TensorFlow's answers fill.
fn scripts() -> &'static [(i32, i32)] {
    static SCRIPTS: OnceLock<Vec<(i32, i32)>> = OnceLock::new();
    SCRIPTS.get_or_init(|| {
        let row = |line: &str| {
            let (start, script) = line.split_once(' ')?;
            Some((i32::from_str_radix(start, 16).ok()?, script.parse().ok()?))
        };
        include_str!("scripts.txt").lines().filter_map(row).collect()
    })
}

fn script_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, scripts) = (cx.input(0)?, scripts());
    let script = |point: &i32| match point {
        0..=0x10_ffff => {
            let after = scripts.partition_point(|(start, _)| start <= point);
            scripts[..after].last().map_or(-1, |(_, script)| *script)
        }
        _ => -1,
    };
    let found = input.as_slice::<i32>()?.iter().map(script).collect();
    cx.set(0, NdArray::from_shape(input.shape().clone(), found)?)
}

pub(crate) static UNICODE_TRANSCODE: OpDef = OpDef {
    name: "UnicodeTranscode",
    shape: shape_fn::unchanged,
    kernel: Some(transcode_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static UNICODE_DECODE: OpDef = OpDef {
    name: "UnicodeDecode",
    shape: decode_shape,
    kernel: Some(decode_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static UNICODE_DECODE_WITH_OFFSETS: OpDef = OpDef {
    name: "UnicodeDecodeWithOffsets",
    shape: decode_shape,
    kernel: Some(decode_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static UNICODE_ENCODE: OpDef = OpDef {
    name: "UnicodeEncode",
    shape: encode_shape,
    kernel: Some(encode_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static UNICODE_SCRIPT: OpDef = OpDef {
    name: "UnicodeScript",
    shape: shape_fn::unchanged,
    kernel: Some(script_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
