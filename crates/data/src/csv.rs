//! CSVDataset, CSVDatasetV2: the records of files of text in columns.

use crate::pipeline::{Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, publish, scalar, vector};
use crate::readers::{names, path};
use ferroflow_core::{Error, KernelCtx, NdArray, Result, Shape, TString, bail, ensure};
use ferroflow_formats::{Compression, open_compressed};
use ferroflow_ops_io::{CsvColumn, CsvEnd, CsvNotation, check_csv_columns, check_csv_defaults};
use std::any::Any;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

/// The most that is kept of a file at once, whatever the program asks for.
const LARGEST_BUFFER: usize = 4 << 20;

/// Which columns of a record are given out.
enum Wanted {
    All,
    Only(Vec<i64>),
    AllBut(Vec<i64>),
}

impl Wanted {
    fn has(&self, column: i64) -> bool {
        match self {
            Wanted::All => true,
            Wanted::Only(columns) => columns.binary_search(&column).is_ok(),
            Wanted::AllBut(columns) => columns.binary_search(&column).is_err(),
        }
    }
}

/// What is in the files, and how it is written there.
struct Layout {
    names: Vec<String>,
    compression: Compression,
    buffer_size: usize,
    header: bool,
    notation: CsvNotation,
    missing: TString,
    wanted: Wanted,
    defaults: Vec<NdArray>,
}

struct Csv {
    layout: Arc<Layout>,
    specs: Specs,
}

struct CsvStream {
    layout: Arc<Layout>,
    /// The file that is read, or the one to be opened next.
    number: usize,
    current: Option<BufReader<Box<dyn Read + Send>>>,
}

impl Dataset for Csv {
    fn kind(&self) -> &'static str {
        "CSV"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        UNKNOWN
    }
    fn stream(&self, _place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(CsvStream { layout: self.layout.clone(), number: 0, current: None }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Layout {
    /// The values of the next record, none of them where it is a header; `None` at the end of the file. A record is
    /// read to its end even where it is damaged, so that the next one can be asked for; its first fault counts.
    fn record(&self, input: &mut impl BufRead, header: bool) -> Result<Option<Element>> {
        let (mut values, mut fault) = (Vec::new(), Ok(()));
        let mut field = Vec::new();
        for column in 0i64.. {
            field.clear();
            if column == 0 && input.fill_buf().is_ok_and(<[u8]>::is_empty) {
                return Ok(None);
            }
            let read = self.notation.read_field(input, &mut field)?;
            if fault.is_ok() {
                if let Some(text) = read.fault {
                    fault = Err(Error::invalid_argument(text));
                } else if !header && self.wanted.has(column) {
                    fault = self.value(values.len(), &field).map(|value| values.push(value));
                }
            }
            if read.end != CsvEnd::Field {
                break;
            }
        }
        fault?;
        ensure!(
            header || values.len() == self.defaults.len(),
            invalid_argument,
            "Expect {} fields but have {} in record",
            self.defaults.len(),
            values.len()
        );
        Ok(Some(values))
    }

    /// What the field at this place among the wanted ones stands for.
    fn value(&self, index: usize, field: &[u8]) -> Result<NdArray> {
        let Some(default) = self.defaults.get(index) else {
            bail!(invalid_argument, "Expect {} fields but have more in record", self.defaults.len())
        };
        let mut value = CsvColumn::new(default.dtype(), 1)?;
        value.take(index, field, &self.missing, default, &"")?;
        value.finish(Shape::scalar())
    }
}

impl Stream for CsvStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            if let Some(current) = &mut self.current {
                if let Some(element) = self.layout.record(current, false)? {
                    return Ok(Some(element));
                }
                self.current = None;
                self.number += 1;
                cx.env.check()?;
            }
            let Some(name) = self.layout.names.get(self.number) else { return Ok(None) };
            let file = open_compressed(path(name), self.layout.compression)?;
            let input = self.current.insert(BufReader::with_capacity(self.layout.buffer_size, file));
            if self.layout.header && !matches!(self.layout.record(input, true), Ok(Some(_))) {
                bail!(invalid_argument, "Can't read header of file")
            }
        }
    }
}

fn csv_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (names, specs) = (names(cx)?, Specs::from_attrs(cx)?);
    let compression = text(cx, 1, "compression_type")?;
    let compression = compression.to_str().unwrap_or("?").to_string();
    let compression: Compression = compression
        .parse()
        .map_err(|_| Error::invalid_argument(format!("Unsupported compression_type: {compression}.")))?;
    let buffer_size: i64 = scalar(cx, 2, "buffer_size")?;
    ensure!(buffer_size > 0, invalid_argument, "buffer_size should be positive");
    let buffer_size = usize::try_from(buffer_size).unwrap_or(usize::MAX).min(LARGEST_BUFFER);
    let header: bool = scalar(cx, 3, "header")?;
    let delimiter = text(cx, 4, "field_delim")?;
    let notation = CsvNotation::new(&delimiter, scalar(cx, 5, "use_quote_delim")?, true)?;
    let missing = text(cx, 6, "na_value")?;
    let selected = vector::<i64>(cx, 7, "select_cols")?;
    let defaults = crate::pipeline::list(cx, 8)?;
    check_csv_defaults(&defaults)?;
    let behind = cx.arg(8)?.end;
    let excluded = if behind < cx.num_inputs() { vector(cx, behind, "exclude_cols")? } else { Vec::new() };
    ensure!(
        selected.is_empty() || selected.len() == specs.types.len(),
        invalid_argument,
        "select_cols should match output size"
    );
    check_csv_columns(&selected, "select_cols")?;
    check_csv_columns(&excluded, "exclude_cols")?;
    let wanted = match (selected.is_empty(), excluded.is_empty()) {
        (true, true) => Wanted::All,
        (false, true) => Wanted::Only(selected),
        (true, false) => Wanted::AllBut(excluded),
        (false, false) => {
            bail!(invalid_argument, "Either select_cols or exclude_cols should be empty")
        }
    };
    let layout = Layout { names, compression, buffer_size, header, notation, missing, wanted, defaults };
    publish(cx, Csv { layout: Arc::new(layout), specs })
}

fn text(cx: &KernelCtx<'_>, index: usize, name: &str) -> Result<TString> {
    scalar(cx, index, name)
}

dataset_op!(CSV_DATASET "CSVDataset" csv_kernel);
dataset_op!(CSV_DATASET_V2 "CSVDatasetV2" csv_kernel);
dataset_op!(EXPERIMENTAL_CSV_DATASET "ExperimentalCSVDataset" csv_kernel);
