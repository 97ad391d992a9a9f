//! Inputs as they are written on the command line: literals and files.

use ferroflow_core::literal::{self, Cursor, Scalar};
use ferroflow_core::{DType, MAX_RANK, NdArray, Result, Shape, bail, dispatch, ensure, npy};

/// The two sides of `NAME=VALUE`.
pub(crate) fn split(text: &str) -> Result<(&str, &str)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name, value)),
        _ => bail!(invalid_argument, "--input '{text}' is not of the form NAME=VALUE"),
    }
}

/// The array of a literal or an `.npy` file, for a tensor of this dtype.
///
/// A literal is a number, a string or nested lists of them, as Python writes them, or a tensor in the notation
/// `float32[2](1 2)`. The array of a file keeps its own dtype.
pub(crate) fn read(text: &str, dtype: DType) -> Result<NdArray> {
    if text.ends_with(".npy") {
        return npy::load(text);
    }
    let name = text.split('[').next().unwrap_or_default();
    if name.len() < text.len() && DType::from_name(name).is_some() {
        let mut cursor = Cursor::new(text);
        let array = literal::tensor(&mut cursor)?;
        ensure!(cursor.at_end(), invalid_argument, "{}", cursor.error("the end").message());
        return Ok(array);
    }
    nested(text, dtype)
}

fn nested(text: &str, dtype: DType) -> Result<NdArray> {
    // What a shell has left of a string is just its text.
    if dtype == DType::STRING && !text.trim_start().starts_with(['[', '"', '\'']) {
        return literal::array(dtype, Shape::scalar(), &[Scalar::Bytes(text.into())]);
    }
    let mut reader = Nested { cursor: Cursor::new(text), dtype, dims: Vec::new(), scalars: Vec::new() };
    reader.item(0)?;
    ensure!(reader.cursor.at_end(), invalid_argument, "{}", reader.cursor.error("the end").message());
    let dims: Vec<usize> = reader.dims.iter().map(|dim| dim.unwrap_or(0)).collect();
    literal::array(dtype, Shape::new(&dims)?, &reader.scalars)
}

/// Reads nested lists of one length at each depth.
struct Nested<'a> {
    cursor: Cursor<'a>,
    dtype: DType,
    /// The length of lists at each depth; `None` until the first of them ends.
    dims: Vec<Option<usize>>,
    scalars: Vec<Scalar>,
}

impl Nested<'_> {
    fn item(&mut self, depth: usize) -> Result<()> {
        if !self.cursor.eat("[") {
            ensure!(depth == self.dims.len(), invalid_argument, "the lists are not of one depth");
            let scalar = self.scalar()?;
            self.scalars.push(scalar);
            return Ok(());
        }
        ensure!(depth < MAX_RANK, invalid_argument, "the lists are more than {MAX_RANK} deep");
        // Below the first element no list opens that it did not open.
        if depth == self.dims.len() {
            ensure!(self.scalars.is_empty(), invalid_argument, "the lists are not of one depth");
            self.dims.push(None);
        }
        let mut length = 0;
        while !self.cursor.eat("]") {
            if length > 0 {
                self.cursor.expect(",")?;
            }
            self.item(depth + 1)?;
            length += 1;
        }
        let dim = self.dims.get_mut(depth).map(|dim| *dim.get_or_insert(length));
        ensure!(dim == Some(length), invalid_argument, "the lists are not of one length");
        Ok(())
    }

    fn scalar(&mut self) -> Result<Scalar> {
        if self.cursor.sees("\"") || self.cursor.sees("'") {
            ensure!(
                self.dtype == DType::STRING,
                invalid_argument,
                "{}",
                self.cursor.error(&format!("a value of dtype {}", self.dtype.name())).message()
            );
            return self.cursor.quoted().map(Scalar::Bytes);
        }
        let token = self.cursor.token()?;
        let scalar = match (self.dtype, token) {
            (DType::STRING, token) => Some(Scalar::Bytes(token.into())),
            (_, "True") => Some(Scalar::Bool(true)),
            (_, "False") => Some(Scalar::Bool(false)),
            _ => Scalar::parse(token),
        };
        match scalar.filter(|scalar| fits(scalar, self.dtype)) {
            Some(scalar) => Ok(scalar),
            None => bail!(invalid_argument, "'{token}' is no value of dtype {}", self.dtype.name()),
        }
    }
}

/// Whether a value can be of this dtype without becoming another one; rounding a float is no such change.
fn fits(scalar: &Scalar, dtype: DType) -> bool {
    match *scalar {
        Scalar::Bool(_) => dtype == DType::BOOL,
        Scalar::Bytes(_) => dtype == DType::STRING,
        Scalar::Complex(..) => dtype.is_complex(),
        Scalar::Float(value) => {
            dtype.is_floating()
                || dtype.is_complex()
                || (is_int(dtype) && value == 0.0 && value.is_sign_negative())
        }
        Scalar::Int(value) => {
            dtype.is_floating() || dtype.is_complex() || (is_int(dtype) && in_range(value, dtype))
        }
    }
}

fn is_int(dtype: DType) -> bool {
    dtype.is_integer() || dtype.is_quantized()
}

fn in_range(value: i128, dtype: DType) -> bool {
    let plain = match dtype {
        DType::QINT8 => DType::INT8,
        DType::QUINT8 => DType::UINT8,
        DType::QINT16 => DType::INT16,
        DType::QUINT16 => DType::UINT16,
        DType::QINT32 => DType::INT32,
        other => other,
    };
    dispatch!(plain, INTEGERS, |T| Ok(T::try_from(value).is_ok())).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferroflow_core::TString;

    fn refused(text: &str, dtype: DType) -> String {
        read(text, dtype).unwrap_err().message().to_string()
    }

    #[test]
    fn numbers_and_lists() {
        assert_eq!(read("3", DType::FLOAT32).unwrap(), NdArray::from(3f32));
        assert_eq!(read("[[1,2], [3,4]]", DType::INT32).unwrap(), NdArray::from([[1, 2], [3, 4]]));
        assert_eq!(read("[True, false]", DType::BOOL).unwrap(), NdArray::from([true, false]));
        assert_eq!(read("[]", DType::INT64).unwrap().shape().dims(), [0]);
        assert_eq!(read("[[],[]]", DType::INT64).unwrap().shape().dims(), [2, 0]);
        assert_eq!(read("-128", DType::INT8).unwrap(), NdArray::from(-128i8));
        assert!(read("nan", DType::FLOAT64).unwrap().item::<f64>().unwrap().is_nan());
        let tensor = read("float32[2](1 2)", DType::FLOAT32).unwrap();
        assert_eq!(tensor, NdArray::from([1f32, 2.0]));
    }

    #[test]
    fn strings() {
        let string = |text: &str| TString::from(text);
        assert_eq!(read("a, b", DType::STRING).unwrap(), NdArray::scalar(string("a, b")));
        assert_eq!(read("\"a\\n\"", DType::STRING).unwrap(), NdArray::scalar(string("a\n")));
        let both = NdArray::vector(vec![string("a"), string("b c")]);
        assert_eq!(read("['a', \"b c\"]", DType::STRING).unwrap(), both);
        assert_eq!(read("[a, 'b c']", DType::STRING).unwrap(), both);
    }

    #[test]
    fn what_is_not_meant_is_refused() {
        assert_eq!(refused("[[1],[2,3]]", DType::INT32), "the lists are not of one length");
        assert_eq!(refused("[1,[2]]", DType::INT32), "the lists are not of one depth");
        assert_eq!(refused("[[1],2]", DType::INT32), "the lists are not of one depth");
        assert_eq!(refused("300", DType::UINT8), "'300' is no value of dtype uint8");
        assert_eq!(refused("1.5", DType::INT32), "'1.5' is no value of dtype int32");
        assert_eq!(refused("True", DType::FLOAT32), "'True' is no value of dtype float32");
        assert_eq!(
            refused("'a'", DType::FLOAT32),
            "expected a value of dtype float32 at byte 0 before ''a''"
        );
        assert_eq!(refused("[1", DType::INT32), "expected `,` at byte 2 before ''");
        assert_eq!(refused("1 2", DType::INT32), "expected the end at byte 2 before '2'");
        assert!(refused(&"[".repeat(100_000), DType::INT32).starts_with("the lists are more than"));
    }
}
