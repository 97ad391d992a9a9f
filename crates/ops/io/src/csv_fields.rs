//! The fields of text in columns, for all that reads such text: where they end, and what they stand for.

use ferroflow_core::{DType, Error, NdArray, Result, Shape, TString, bail, ensure, float_text, reserve};
use std::io::BufRead;

/// How fields are written, and what ends them.
#[derive(Clone, Copy, Debug)]
pub struct CsvNotation {
    delimiter: u8,
    quotes: bool,
    lines: bool,
}

/// What came behind a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvEnd {
    /// Another field of the record.
    Field,
    /// The next record.
    Record,
    /// Nothing.
    Input,
}

/// Where a field ended, and what was wrong with it.
#[derive(Clone, Copy, Debug)]
pub struct CsvField {
    /// What came behind it.
    pub end: CsvEnd,
    /// What was wrong, in TensorFlow's words.
    pub fault: Option<&'static str>,
}

impl CsvNotation {
    /// Fields with this between them. With `lines` the end of a line ends a record, as in files, and what is behind a
    /// damaged field can still be read; without, the text is one record.
    ///
    /// # Errors
    /// `InvalidArgument` for a delimiter that is not one byte.
    pub fn new(delimiter: &[u8], quotes: bool, lines: bool) -> Result<CsvNotation> {
        let &[delimiter] = delimiter else {
            bail!(invalid_argument, "field_delim should be only 1 char");
        };
        Ok(CsvNotation { delimiter, quotes, lines })
    }

    /// Appends the next field to `field` and goes past what ends it.
    ///
    /// # Errors
    /// `DataLoss` where the text cannot be read.
    pub fn read_field(&self, input: &mut impl BufRead, field: &mut Vec<u8>) -> Result<CsvField> {
        if self.quotes && peek(input)? == Some(b'"') {
            input.consume(1);
            self.read_quoted(input, field)
        } else {
            self.read_plain(input, field)
        }
    }

    fn read_plain(&self, input: &mut impl BufRead, field: &mut Vec<u8>) -> Result<CsvField> {
        let special = |byte: u8| {
            byte == self.delimiter || matches!(byte, b'\n' | b'\r') || (self.quotes && byte == b'"')
        };
        let mut fault = None;
        loop {
            let buffer = input.fill_buf().map_err(unreadable)?;
            if buffer.is_empty() {
                return Ok(CsvField { end: CsvEnd::Input, fault });
            }
            let count = buffer.iter().position(|byte| special(*byte)).unwrap_or(buffer.len());
            field.extend_from_slice(&buffer[..count]);
            let next = buffer.get(count).copied();
            input.consume(count);
            let Some(byte) = next else { continue };
            if let Some(end) = self.end(input)? {
                return Ok(CsvField { end, fault });
            }
            fault = Some(if self.lines {
                "Unquoted fields cannot have quotes inside"
            } else {
                "Unquoted fields cannot have quotes/CRLFs inside"
            });
            if !self.lines {
                return Ok(CsvField { end: CsvEnd::Input, fault });
            }
            field.push(byte);
            input.consume(1);
        }
    }

    fn read_quoted(&self, input: &mut impl BufRead, field: &mut Vec<u8>) -> Result<CsvField> {
        let mut fault = None;
        loop {
            let Some(byte) = peek(input)? else {
                let unclosed = if self.lines {
                    "Reached end of file without closing quoted field in record"
                } else {
                    "Quoted field has to end with quote followed by delim or end"
                };
                return Ok(CsvField { end: CsvEnd::Input, fault: Some(unclosed) });
            };
            input.consume(1);
            if byte != b'"' {
                field.push(byte);
                continue;
            }
            // Two quotes are one of the text, also where quotes are the delimiter.
            match peek(input)? {
                None => return Ok(CsvField { end: CsvEnd::Input, fault }),
                Some(b'"') => {
                    field.push(b'"');
                    input.consume(1);
                }
                Some(_) => {
                    if let Some(end) = self.end(input)? {
                        return Ok(CsvField { end, fault });
                    }
                    fault = Some("Quote inside a string has to be escaped by another quote");
                    if !self.lines {
                        return Ok(CsvField { end: CsvEnd::Input, fault });
                    }
                }
            }
        }
    }

    /// Goes past what ends a field, if that is what comes next.
    fn end(&self, input: &mut impl BufRead) -> Result<Option<CsvEnd>> {
        match peek(input)? {
            Some(byte) if byte == self.delimiter => {
                input.consume(1);
                Ok(Some(CsvEnd::Field))
            }
            Some(byte @ (b'\n' | b'\r')) if self.lines => {
                input.consume(1);
                if byte == b'\r' && peek(input)? == Some(b'\n') {
                    input.consume(1);
                }
                Ok(Some(CsvEnd::Record))
            }
            _ => Ok(None),
        }
    }
}

fn unreadable(error: std::io::Error) -> Error {
    Error::data_loss(format!("cannot read a record: {error}"))
}

fn peek(input: &mut impl BufRead) -> Result<Option<u8>> {
    Ok(input.fill_buf().map_err(unreadable)?.first().copied())
}

/// The wanted columns, which the message calls `name`.
///
/// # Errors
/// `InvalidArgument` for negative numbers, and for those that are not in ascending order.
pub fn check_csv_columns(columns: &[i64], name: &str) -> Result<()> {
    ensure!(
        columns.iter().all(|&column| column >= 0),
        invalid_argument,
        "{name} should be non-negative indices"
    );
    ensure!(
        columns.windows(2).all(|pair| pair[0] < pair[1]),
        invalid_argument,
        "{name} should be strictly increasing indices"
    );
    Ok(())
}

/// What columns hold where a record has nothing.
///
/// # Errors
/// `InvalidArgument` for defaults that are no scalars and no vectors of at most one element.
pub fn check_csv_defaults(defaults: &[NdArray]) -> Result<()> {
    for (field, default) in defaults.iter().enumerate() {
        ensure!(default.rank() <= 1, invalid_argument, "Each record default should be at most rank 1");
        ensure!(
            default.len() < 2,
            invalid_argument,
            "There should only be 1 default per field but field {field} has {}",
            default.len()
        );
    }
    Ok(())
}

/// The values of a column so far.
pub struct CsvColumn(Values);

enum Values {
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Text(Vec<TString>),
}

impl CsvColumn {
    /// A column of up to so many values.
    ///
    /// # Errors
    /// `InvalidArgument` for a dtype that text does not stand for; `ResourceExhausted` where there is no memory.
    pub fn new(dtype: DType, count: usize) -> Result<CsvColumn> {
        Ok(CsvColumn(match dtype {
            DType::INT32 => Values::Int32(reserve(count)?),
            DType::INT64 => Values::Int64(reserve(count)?),
            DType::FLOAT32 => Values::Float32(reserve(count)?),
            DType::FLOAT64 => Values::Float64(reserve(count)?),
            DType::STRING => Values::Text(reserve(count)?),
            other => bail!(invalid_argument, "csv: data type {} not supported in field", other.cpp_name()),
        }))
    }

    /// Appends what a field stands for, or its default where it is empty or `missing`. Messages end in `record`, the
    /// number of the record with a space before it, or nothing.
    ///
    /// # Errors
    /// `InvalidArgument` for a text that is no value of the column's, and for a missing one without a default.
    pub fn take(
        &mut self,
        index: usize,
        field: &[u8],
        missing: &[u8],
        default: &NdArray,
        record: &dyn std::fmt::Display,
    ) -> Result<()> {
        if field.is_empty() || field == missing {
            ensure!(
                default.len() == 1,
                invalid_argument,
                "Field {index} is required but missing in record{record}!"
            );
            return self.push_default(default);
        }
        self.push(field).map_err(|kind| {
            Error::invalid_argument(format!(
                "Field {index} in record{record} is not a valid {kind}: {}",
                String::from_utf8_lossy(field)
            ))
        })
    }

    fn push_default(&mut self, default: &NdArray) -> Result<()> {
        match &mut self.0 {
            Values::Int32(values) => values.push(default.item()?),
            Values::Int64(values) => values.push(default.item()?),
            Values::Float32(values) => values.push(default.item()?),
            Values::Float64(values) => values.push(default.item()?),
            Values::Text(values) => values.push(default.item()?),
        }
        Ok(())
    }

    /// Appends a field; the name of the type where the text does not stand for a value of it.
    fn push(&mut self, field: &[u8]) -> Result<(), &'static str> {
        let text = std::str::from_utf8(field).unwrap_or("\u{fffd}");
        let trimmed = text.trim_matches(|c: char| matches!(c, ' ' | '\t'..='\r'));
        match &mut self.0 {
            Values::Int32(values) => values.push(trimmed.parse().map_err(|_| "int32")?),
            Values::Int64(values) => values.push(trimmed.parse().map_err(|_| "int64")?),
            Values::Float32(values) => values.push(float_text::to_f32(trimmed).ok_or("float")?),
            Values::Float64(values) => values.push(float_text::to_f64(trimmed).ok_or("double")?),
            Values::Text(values) => values.push(TString::from(field)),
        }
        Ok(())
    }

    /// The values as an array of this shape.
    ///
    /// # Errors
    /// `InvalidArgument` where their number is another.
    pub fn finish(self, shape: Shape) -> Result<NdArray> {
        match self.0 {
            Values::Int32(values) => NdArray::from_shape(shape, values),
            Values::Int64(values) => NdArray::from_shape(shape, values),
            Values::Float32(values) => NdArray::from_shape(shape, values),
            Values::Float64(values) => NdArray::from_shape(shape, values),
            Values::Text(values) => NdArray::from_shape(shape, values),
        }
    }
}
