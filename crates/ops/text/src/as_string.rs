//! AsString, StringToNumber: numbers as text and back.

use crate::case_and_length::is_space;
use crate::printf::{Format, Notation};
use crate::strings::map;
use ferroflow_core::{
    Complex, DType, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, TString, Tensor, bail,
    dispatch, ensure, float_text, options, shape_fn,
};

options! {
    /// Optional arguments of [`as_string_with`].
    pub struct AsStringOptions {
        /// Digits after the point; TensorFlow's default if negative.
        precision: i64 = -1,
        /// Whether floats are written as `1.5e+00`.
        scientific: bool = false,
        /// Whether floats are written in the shorter of the two notations.
        shortest: bool = false,
        /// The least number of characters.
        width: i64 = -1,
        /// What fills the width: a blank, `0`, `-` for blanks behind, `+` for a sign before positive numbers.
        fill: String = String::new(),
    }
}

/// Each number as text.
///
/// Source: `tf.strings.as_string` (op `AsString`).
///
/// ```
/// let texts = ferroflow_ops_text::as_string([1, 20])?;
/// assert_eq!(texts.numpy()?.to_string(), "[b'1' b'20']");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for options that the dtype does not have.
pub fn as_string(input: impl IntoOperand) -> Result<Tensor> {
    as_string_with(input, |options| options)
}

/// Each number as text in a format.
///
/// # Errors
/// `InvalidArgument` for options that the dtype does not have.
pub fn as_string_with(
    input: impl IntoOperand,
    options: impl FnOnce(AsStringOptions) -> AsStringOptions,
) -> Result<Tensor> {
    let options = options(AsStringOptions::default());
    Op::new(&AS_STRING)
        .input(input)
        .attr("precision", options.precision)
        .attr("scientific", options.scientific)
        .attr("shortest", options.shortest)
        .attr("width", options.width)
        .attr("fill", options.fill)
        .one()
}

/// The number that each string stands for.
///
/// Source: `tf.strings.to_number` (op `StringToNumber`).
///
/// # Errors
/// `InvalidArgument` for a string that is no number.
pub fn to_number(input: impl IntoOperand, out_type: DType) -> Result<Tensor> {
    Op::new(&STRING_TO_NUMBER).input(input).attr("out_type", out_type).one()
}

/// Width and precision above this are refused: they decide how much memory a string takes.
const WIDEST: i64 = 1 << 16;

fn as_string_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let dtype = cx.dtype("T")?;
    let is_float = dtype.is_floating() || dtype.is_complex();
    let (precision, width) = (cx.int("precision")?, cx.int("width")?);
    let (scientific, shortest) = (cx.bool("scientific")?, cx.bool("shortest")?);
    ensure!(
        !(scientific && shortest),
        invalid_argument,
        "Cannot select both scientific and shortest notation"
    );
    ensure!(width <= WIDEST && precision <= WIDEST, invalid_argument, "width or precision is too large");
    if !is_float {
        for (set, name) in
            [(scientific || shortest, "scientific and shortest format"), (precision >= 0, "precision")]
        {
            ensure!(!set, invalid_argument, "{name} not supported for datatype {}", dtype.cpp_name());
        }
    }
    let flag = match cx.bytes("fill")? {
        [] => None,
        &[flag @ (b' ' | b'+' | b'-' | b'0' | b'#')] => Some(flag),
        other => {
            bail!(invalid_argument, "Fill argument not supported: \"{}\"", String::from_utf8_lossy(other))
        }
    };
    let format = Format { flag, width: usize::try_from(width).unwrap_or(0) };
    let notation = match (scientific, shortest) {
        (true, _) => Notation::Scientific,
        (_, true) => Notation::Shortest,
        _ => Notation::Fixed,
    };
    let precision = usize::try_from(precision).unwrap_or(6);
    let float = |value: f64| format.float(value, notation, precision);
    let input = cx.input(0)?;
    let texts: Vec<String> = match dtype {
        DType::BOOL => input.as_slice::<bool>()?.iter().map(bool::to_string).collect(),
        DType::STRING => {
            let same = input.clone();
            return cx.set(0, same);
        }
        dtype if dtype.is_complex() => {
            let plain = Format { flag: None, width: 0 };
            let parts = |z: &Complex<f64>| {
                let part = |value| plain.float(value, notation, precision);
                format!("({},{})", part(z.re), part(z.im))
            };
            input.cast(DType::COMPLEX128)?.as_slice::<Complex<f64>>()?.iter().map(parts).collect()
        }
        dtype if dtype.is_floating() => {
            input.cast(DType::FLOAT64)?.as_slice::<f64>()?.iter().map(|&value| float(value)).collect()
        }
        dtype => dispatch!(dtype, INTEGERS, |T| {
            Ok(input.as_slice::<T>()?.iter().map(|&value| format.int(value.into())).collect())
        })?,
    };
    let texts = texts.into_iter().map(TString::from).collect();
    let output = NdArray::from_shape(input.shape().clone(), texts)?;
    cx.set(0, output)
}

fn number(text: &TString) -> Option<&str> {
    let text = text.to_str().ok()?;
    Some(text.trim_matches(|c: char| u8::try_from(c).is_ok_and(is_space)))
}

fn to_number_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    macro_rules! parse {
        ($parse:expr) => {
            map(cx, |text| match number(text).and_then($parse) {
                Some(value) => Ok(value),
                None => bail!(
                    invalid_argument,
                    "StringToNumberOp could not correctly convert string: {}",
                    text.to_string_lossy()
                ),
            })
        };
    }
    match cx.dtype("out_type")? {
        DType::FLOAT32 => parse!(float_text::to_f32),
        DType::FLOAT64 => parse!(float_text::to_f64),
        DType::INT32 => parse!(|text| text.parse::<i32>().ok()),
        DType::INT64 => parse!(|text| text.parse::<i64>().ok()),
        DType::UINT32 => parse!(|text| text.parse::<u32>().ok()),
        DType::UINT64 => parse!(|text| text.parse::<u64>().ok()),
        other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
    }
}

pub(crate) static AS_STRING: OpDef = OpDef {
    name: "AsString",
    shape: shape_fn::unchanged,
    kernel: Some(as_string_kernel),
    grad: Grad::None,
    types: &[(
        "T",
        &[
            DType::FLOAT32,
            DType::FLOAT64,
            DType::INT32,
            DType::UINT8,
            DType::INT16,
            DType::INT8,
            DType::INT64,
            DType::BFLOAT16,
            DType::UINT16,
            DType::HALF,
            DType::UINT32,
            DType::UINT64,
            DType::COMPLEX64,
            DType::COMPLEX128,
            DType::BOOL,
            DType::STRING,
        ],
    )],
    ..OpDef::NEW
};

pub(crate) static STRING_TO_NUMBER: OpDef = OpDef {
    name: "StringToNumber",
    shape: shape_fn::unchanged,
    kernel: Some(to_number_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
