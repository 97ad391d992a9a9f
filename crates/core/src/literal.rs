//! Values as text: the notation shared by recorded signatures, case files and the command line.
//!
//! A tensor is written `float32[2,2](1 2.5 nan -inf)`; see [`Scalar`] for the forms of an element and [`array()`]
//! for how elements become a dtype's values.

use crate::{AttrValue, DType, Element, Error, NdArray, Result, Shape, TString, bail, dispatch, ensure};
use crate::{Complex, QInt8, QInt16, QInt32, QUInt8, QUInt16, bf16, f16};
use std::fmt::{self, Display, Formatter, Write};
use std::str::FromStr;

/// A position in a text, with what a reader of our notations needs. White space before each item is skipped.
pub struct Cursor<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Cursor<'a> {
    /// The start of a text.
    pub fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, position: 0 }
    }

    fn rest(&mut self) -> &'a str {
        let rest = self.text.get(self.position..).unwrap_or("");
        let trimmed = rest.trim_start();
        self.position += rest.len() - trimmed.len();
        trimmed
    }

    /// Whether only white space is left.
    pub fn at_end(&mut self) -> bool {
        self.rest().is_empty()
    }

    /// Whether `token` comes next.
    pub fn sees(&mut self, token: &str) -> bool {
        self.rest().starts_with(token)
    }

    /// Steps over `token` if it comes next.
    pub fn eat(&mut self, token: &str) -> bool {
        let found = self.sees(token);
        if found {
            self.position += token.len();
        }
        found
    }

    /// Steps over `token`.
    ///
    /// # Errors
    /// `InvalidArgument` when something else comes next.
    pub fn expect(&mut self, token: &str) -> Result<()> {
        if self.eat(token) { Ok(()) } else { Err(self.error(&format!("`{token}`"))) }
    }

    /// The error for not finding `what` here.
    #[cold]
    pub fn error(&self, what: &str) -> Error {
        let rest = self.text.get(self.position..).unwrap_or("");
        let near: String = rest.chars().take(24).collect();
        Error::invalid_argument(format!("expected {what} at byte {} before '{near}'", self.position))
    }

    fn take(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !accept(c)).unwrap_or(rest.len())];
        self.position += taken.len();
        taken
    }

    /// A name: letters, digits, `_`, and the `>` of namespaces.
    ///
    /// # Errors
    /// `InvalidArgument` when no name comes next.
    pub fn word(&mut self) -> Result<&'a str> {
        match self.take(|c| c.is_ascii_alphanumeric() || c == '_' || c == '>') {
            "" => Err(self.error("a name")),
            word => Ok(word),
        }
    }

    /// A run of characters up to white space, a comma or a closing bracket.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    pub fn token(&mut self) -> Result<&'a str> {
        match self.take(|c| !c.is_whitespace() && !matches!(c, ',' | ')' | ']' | '}' | '"')) {
            "" => Err(self.error("a value")),
            token => Ok(token),
        }
    }

    /// A token read as `T`.
    ///
    /// # Errors
    /// `InvalidArgument` when it is none.
    pub fn parse<T: FromStr>(&mut self) -> Result<T> {
        let start = self.position;
        self.token()?.parse().map_err(|_| {
            self.position = start;
            self.error(std::any::type_name::<T>())
        })
    }

    /// The bytes of a string in double or single quotes; escapes are `\n \t \r \" \' \\ \xNN`.
    ///
    /// # Errors
    /// `InvalidArgument` for a missing quote or an unknown escape.
    pub fn quoted(&mut self) -> Result<Vec<u8>> {
        let quote = if self.eat("'") { b'\'' } else { b'"' };
        if quote == b'"' {
            self.expect("\"")?;
        }
        let bytes = self.text.as_bytes();
        let mut out = Vec::new();
        loop {
            let byte = bytes.get(self.position).copied();
            self.position += 1;
            match byte {
                Some(byte) if byte == quote => return Ok(out),
                Some(b'\\') => out.push(self.escape()?),
                Some(byte) => out.push(byte),
                None => return Err(self.error("a closing quote")),
            }
        }
    }

    fn escape(&mut self) -> Result<u8> {
        let byte = self.text.as_bytes().get(self.position).copied();
        self.position += 1;
        Ok(match byte {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(byte @ (b'"' | b'\'' | b'\\')) => byte,
            Some(b'x') => {
                let digits = self.text.get(self.position..self.position + 2);
                self.position += 2;
                let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                value.ok_or_else(|| self.error("two hexadecimal digits"))?
            }
            _ => return Err(self.error("an escape")),
        })
    }

    /// Items between commas up to and with `close`.
    ///
    /// # Errors
    /// What `item` gives, or `InvalidArgument` when neither a comma nor `close` follows.
    pub fn separated<T>(
        &mut self,
        close: &str,
        mut item: impl FnMut(&mut Cursor<'a>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut items = Vec::new();
        if self.eat(close) {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.eat(close) {
                return Ok(items);
            }
            self.expect(",")?;
        }
    }
}

/// One element of a literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `true`, `false`
    Bool(bool),
    /// `7`, `-1`
    Int(i128),
    /// `0.5`, `-0`, `1e-3`, `inf`, `nan`
    Float(f64),
    /// `1+2j`, `-3j`
    Complex(f64, f64),
    /// `"bytes\x00"`
    Bytes(Vec<u8>),
}

impl Scalar {
    /// The value of a token without quotes.
    pub fn parse(token: &str) -> Option<Scalar> {
        match token {
            "true" => return Some(Scalar::Bool(true)),
            "false" => return Some(Scalar::Bool(false)),
            // An integer has no negative zero.
            "-0" => return Some(Scalar::Float(-0.0)),
            _ => {}
        }
        if let Ok(value) = token.parse::<i128>() {
            return Some(Scalar::Int(value));
        }
        if let Some(parts) = token.strip_suffix('j') {
            // The sign between the parts is the last one that does not belong to an exponent.
            let sign = parts
                .char_indices()
                .rfind(|&(at, c)| at > 0 && matches!(c, '+' | '-') && !parts[..at].ends_with(['e', 'E']));
            let (re, im) = parts.split_at(sign.map_or(0, |(at, _)| at));
            let re = if re.is_empty() { 0.0 } else { re.parse().ok()? };
            return Some(Scalar::Complex(re, im.parse().ok()?));
        }
        token.parse::<f64>().ok().map(Scalar::Float)
    }

    fn to_f64(&self) -> Option<f64> {
        match *self {
            Scalar::Bool(value) => Some(f64::from(u8::from(value))),
            Scalar::Int(value) => Some(value as f64),
            Scalar::Float(value) => Some(value),
            Scalar::Complex(..) | Scalar::Bytes(_) => None,
        }
    }

    fn to_i128(&self) -> Option<i128> {
        match *self {
            Scalar::Bool(value) => Some(value.into()),
            Scalar::Int(value) => Some(value),
            Scalar::Float(value) | Scalar::Complex(value, _) if value.is_finite() => Some(value as i128),
            _ => None,
        }
    }
}

/// An element type that a [`Scalar`] can become.
trait FromScalar: Element {
    fn from_scalar(scalar: &Scalar) -> Option<Self>;
}

macro_rules! from_scalar {
    ($($ty:ty, $scalar:ident => $value:expr;)*) => {
        $(impl FromScalar for $ty {
            fn from_scalar($scalar: &Scalar) -> Option<Self> {
                $value
            }
        })*
    };
}

from_scalar! {
    bool, s => match s {
        Scalar::Complex(re, im) => Some(*re != 0.0 || *im != 0.0),
        other => other.to_f64().map(|value| value != 0.0),
    };
    // Integers wrap, so that one template serves all of them.
    i8, s => s.to_i128().map(|value| value as i8);
    i16, s => s.to_i128().map(|value| value as i16);
    i32, s => s.to_i128().map(|value| value as i32);
    i64, s => s.to_i128().map(|value| value as i64);
    u8, s => s.to_i128().map(|value| value as u8);
    u16, s => s.to_i128().map(|value| value as u16);
    u32, s => s.to_i128().map(|value| value as u32);
    u64, s => s.to_i128().map(|value| value as u64);
    QInt8, s => i8::from_scalar(s).map(QInt8);
    QUInt8, s => u8::from_scalar(s).map(QUInt8);
    QInt16, s => i16::from_scalar(s).map(QInt16);
    QUInt16, s => u16::from_scalar(s).map(QUInt16);
    QInt32, s => i32::from_scalar(s).map(QInt32);
    f64, s => s.to_f64();
    f32, s => s.to_f64().map(|value| value as f32);
    f16, s => f32::from_scalar(s).map(f16::from_f32);
    bf16, s => f32::from_scalar(s).map(bf16::from_f32);
    Complex<f64>, s => match *s {
        Scalar::Complex(re, im) => Some(Complex::new(re, im)),
        ref other => other.to_f64().map(|re| Complex::new(re, 0.0)),
    };
    Complex<f32>, s => Complex::<f64>::from_scalar(s).map(|z| Complex::new(z.re as f32, z.im as f32));
}

/// An array of these elements, converted to the dtype: integers wrap, floats in an integer dtype are truncated,
/// `float16` and `bfloat16` are rounded from `float32`, numbers in a `string` are their decimal digits.
///
/// # Errors
/// `InvalidArgument` when the number of elements is not that of the shape or one of them cannot be of this dtype.
pub fn array(dtype: DType, shape: Shape, scalars: &[Scalar]) -> Result<NdArray> {
    ensure!(
        scalars.len() == shape.num_elements(),
        invalid_argument,
        "{} values for shape {shape}",
        scalars.len()
    );
    if dtype == DType::STRING {
        let strings = scalars.iter().map(|scalar| match scalar {
            Scalar::Bytes(bytes) => Ok(TString::from(bytes.as_slice())),
            Scalar::Int(value) => Ok(TString::from(value.to_string())),
            other => bail!(invalid_argument, "{other:?} is no string"),
        });
        return NdArray::from_shape(shape, strings.collect::<Result<Vec<_>>>()?);
    }
    dispatch!(dtype, FIXED, |T| {
        let convert = |scalar| {
            <T as FromScalar>::from_scalar(scalar)
                .ok_or_else(|| Error::invalid_argument(format!("{scalar:?} is no {}", dtype.name())))
        };
        NdArray::from_shape(shape, scalars.iter().map(convert).collect::<Result<Vec<_>>>()?)
    })
}

/// The elements up to the end of the text or a closing parenthesis. For a `string`, unquoted tokens are text.
///
/// # Errors
/// `InvalidArgument` for a token that is no value.
pub fn scalars(cursor: &mut Cursor<'_>, dtype: DType) -> Result<Vec<Scalar>> {
    let mut out = Vec::new();
    while !cursor.at_end() && !cursor.sees(")") {
        out.push(if cursor.sees("\"") {
            Scalar::Bytes(cursor.quoted()?)
        } else {
            let token = cursor.token()?;
            let value =
                if dtype == DType::STRING { Some(Scalar::Bytes(token.into())) } else { Scalar::parse(token) };
            value
                .ok_or_else(|| cursor.error(&format!("a value of dtype {} after '{token}'", dtype.name())))?
        });
    }
    Ok(out)
}

/// The tensor written `dtype[shape](elements)`.
///
/// # Errors
/// `InvalidArgument` saying what was expected and where.
///
/// ```
/// use ferroflow_core::{NdArray, literal};
/// let tensor = literal::tensor(&mut literal::Cursor::new("int32[3](1 -2 3)"))?;
/// assert_eq!(tensor, NdArray::vector(vec![1i32, -2, 3]));
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub fn tensor(cursor: &mut Cursor<'_>) -> Result<NdArray> {
    let word = cursor.word()?;
    let dtype = DType::from_name(word).ok_or_else(|| cursor.error("a dtype"))?;
    cursor.expect("[")?;
    let shape = Shape::new(&cursor.separated("]", Cursor::parse)?)?;
    cursor.expect("(")?;
    let scalars = scalars(cursor, dtype)?;
    cursor.expect(")")?;
    array(dtype, shape, &scalars)
}

/// Bytes in double quotes, with escapes for what is not printable ASCII.
pub fn quoted(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            0x20..0x7f => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push('"');
    out
}

/// Prints an element as it is written in a literal: the shortest text that reads back to the same value.
fn element(array: &NdArray, index: usize) -> String {
    fn real(value: f64, shortest: String) -> String {
        if value.is_nan() { "nan".to_string() } else { shortest }
    }
    fn complex(re: String, im: String) -> String {
        let plus = if im.starts_with('-') { "" } else { "+" };
        format!("{re}{plus}{im}j")
    }
    macro_rules! at {
        ($ty:ty, $value:ident => $text:expr) => {
            match array.as_slice::<$ty>().ok().and_then(|values| values.get(index)) {
                Some($value) => $text,
                None => String::new(),
            }
        };
    }
    match array.dtype() {
        DType::STRING => at!(TString, v => quoted(v)),
        DType::HALF => at!(f16, v => real(v.to_f64(), v.to_f32().to_string())),
        DType::BFLOAT16 => at!(bf16, v => real(v.to_f64(), v.to_f32().to_string())),
        DType::FLOAT32 => at!(f32, v => real(f64::from(*v), v.to_string())),
        DType::FLOAT64 => at!(f64, v => real(*v, v.to_string())),
        DType::COMPLEX64 => at!(Complex<f32>, v => complex(
            real(v.re.into(), v.re.to_string()), real(v.im.into(), v.im.to_string()))),
        DType::COMPLEX128 => {
            at!(Complex<f64>, v => complex(real(v.re, v.re.to_string()), real(v.im, v.im.to_string())))
        }
        DType::QINT8 => at!(QInt8, v => v.0.to_string()),
        DType::QUINT8 => at!(QUInt8, v => v.0.to_string()),
        DType::QINT16 => at!(QInt16, v => v.0.to_string()),
        DType::QUINT16 => at!(QUInt16, v => v.0.to_string()),
        DType::QINT32 => at!(QInt32, v => v.0.to_string()),
        DType::BOOL => at!(bool, v => v.to_string()),
        dtype => dispatch!(dtype, INTEGERS, |T| Ok(at!(T, v => v.to_string()))).unwrap_or_default(),
    }
}

/// Prints an array as [`tensor`] reads it.
pub struct TensorText<'a>(pub &'a NdArray);

impl Display for TensorText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let elements: Vec<String> = (0..self.0.len()).map(|index| element(self.0, index)).collect();
        write!(f, "{}{}({})", self.0.dtype().name(), self.0.shape(), elements.join(" "))
    }
}

/// Prints an attribute's value as [`parse_attr_value`](crate::schema::parse_attr_value) reads it.
pub struct AttrText<'a>(pub &'a AttrValue);

impl Display for AttrText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        fn list<T>(f: &mut Formatter<'_>, items: &[T], text: impl Fn(&T) -> String) -> fmt::Result {
            write!(f, "[{}]", items.iter().map(text).collect::<Vec<_>>().join(", "))
        }
        match self.0 {
            AttrValue::Int(value) => write!(f, "{value}"),
            AttrValue::Float(value) => write!(f, "{value}"),
            AttrValue::Bool(value) => write!(f, "{value}"),
            AttrValue::Str(bytes) => f.write_str(&quoted(bytes)),
            AttrValue::Type(dtype) => f.write_str(dtype.name()),
            AttrValue::Shape(shape) => f.write_str(&shape.cpp()),
            AttrValue::Tensor(array) => TensorText(array).fmt(f),
            AttrValue::Func(func) => write!(f, "@{}", func.name),
            AttrValue::Ints(values) => list(f, values, i64::to_string),
            AttrValue::Floats(values) => list(f, values, f32::to_string),
            AttrValue::Bools(values) => list(f, values, bool::to_string),
            AttrValue::Strs(values) => list(f, values, |bytes| quoted(bytes)),
            AttrValue::Types(values) => list(f, values, |dtype| dtype.name().to_string()),
            AttrValue::Shapes(values) => list(f, values, |shape| shape.cpp()),
            AttrValue::Tensors(values) => list(f, values, |array| TensorText(array).to_string()),
            AttrValue::Funcs(values) => list(f, values, |func| format!("@{}", func.name)),
            AttrValue::Placeholder(name) => write!(f, "${name}"),
        }
    }
}
