//! The names and the dtypes of the columns of files, as their first records tell them.

use ferroflow_core::{DType, Error, NdArray, Result, Shape, bail, ensure};
use ferroflow_formats::{Compression, open_compressed};
use ferroflow_ops_io::{CsvEnd, CsvNotation};
use std::io::{BufRead, BufReader, Read};

/// Files of one kind, read ahead of the pipeline.
pub(super) struct Files<'a> {
    pub(super) names: &'a [String],
    pub(super) compression: Compression,
    pub(super) notation: CsvNotation,
}

type Input = BufReader<Box<dyn Read + Send>>;

impl Files<'_> {
    fn open(&self, name: &str) -> Result<Input> {
        Ok(BufReader::new(open_compressed(name, self.compression)?))
    }

    /// The fields of the next record; none of a line without any, and `None` at the end.
    fn row(&self, input: &mut Input) -> Result<Option<Vec<String>>> {
        let mut row = Vec::new();
        loop {
            if row.is_empty() && input.fill_buf().is_ok_and(<[u8]>::is_empty) {
                return Ok(None);
            }
            let mut field = Vec::new();
            let read = self.notation.read_field(input, &mut field)?;
            match read.fault {
                // Where Python's reader and this one agree about a damaged field, or nothing is inferred from it.
                None | Some("Unquoted fields cannot have quotes inside") => {}
                Some(fault) => {
                    bail!(unimplemented, "inferring columns from a record in which this is wrong: {fault}")
                }
            }
            let text = String::from_utf8(field);
            row.push(text.map_err(|_| Error::value("the columns of a file must be UTF-8 to be inferred"))?);
            if read.end != CsvEnd::Field {
                break;
            }
        }
        if row.len() == 1 && row.first().is_some_and(String::is_empty) {
            row.clear();
        }
        Ok(Some(row))
    }

    /// The names of the columns, which all files must have in their first record.
    pub(super) fn column_names(&self) -> Result<Vec<String>> {
        let mut found: Option<Vec<String>> = None;
        for name in self.names {
            let Some(row) = self.row(&mut self.open(name)?)? else {
                bail!(value, "Failed when reading the header line of {name}. Is it an empty file?")
            };
            let first = found.get_or_insert_with(|| row.clone());
            ensure!(
                *first == row,
                value,
                "All input CSV files should have the same column names in the header row. File {name} has different \
                 column names."
            );
        }
        Ok(found.unwrap_or_default())
    }

    /// A default for each of the columns, of the narrowest dtype that fits the first `limit` records.
    pub(super) fn defaults(
        &self,
        columns: &[usize],
        count: usize,
        missing: &str,
        header: bool,
        limit: Option<i64>,
    ) -> Result<Vec<NdArray>> {
        let mut found: Vec<Option<usize>> = vec![None; columns.len()];
        let mut seen = 0i64;
        'files: for name in self.names {
            let mut input = self.open(name)?;
            if header {
                self.row(&mut input)?;
            }
            let mut number = 1 + u64::from(header);
            while let Some(row) = self.row(&mut input)? {
                ensure!(
                    row.len() == count,
                    value,
                    "Problem inferring types: CSV row {number} has {} number of fields. Expected: {count}.",
                    row.len()
                );
                number += 1;
                if limit.is_some_and(|limit| seen >= limit) {
                    break 'files;
                }
                seen += 1;
                for (kind, column) in found.iter_mut().zip(columns) {
                    let field = row[*column].as_str();
                    if !field.is_empty() && field != missing {
                        *kind = Some(kind_of(field, kind.unwrap_or(0)));
                    }
                }
            }
        }
        let default = |kind: Option<usize>| NdArray::zeros(KINDS[kind.unwrap_or(TEXT)], Shape::new(&[1])?);
        found.into_iter().map(default).collect()
    }
}

/// The dtypes of columns, from the narrowest on.
const KINDS: [DType; 5] = [DType::INT32, DType::INT64, DType::FLOAT32, DType::FLOAT64, DType::STRING];
const TEXT: usize = 4;

/// The first kind from `least` on that a field is of.
fn kind_of(field: &str, least: usize) -> usize {
    // What Python takes for a number: spaces around it, and underscores between digits.
    let text = field.trim();
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let between = |at: usize| at > 0 && digit(bytes.get(at - 1)) && digit(bytes.get(at + 1));
    if bytes.iter().enumerate().any(|(at, byte)| *byte == b'_' && !between(at)) {
        return TEXT;
    }
    let text = text.replace('_', "");
    let integer = text.parse::<i64>().ok();
    let float = text.parse::<f64>().ok();
    let fits = |kind: usize| match kind {
        0 => integer.is_some_and(|value| i32::try_from(value).is_ok()),
        1 => integer.is_some(),
        // Infinity and what is no number are texts.
        2 => float.is_some_and(|value| (value as f32) < f32::INFINITY),
        3 => float.is_some_and(|value| value < f64::INFINITY),
        _ => true,
    };
    (least..TEXT).find(|kind| fits(*kind)).unwrap_or(TEXT)
}
