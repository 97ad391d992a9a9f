//! DecodeCSV: lines of text as columns.

use ferroflow_core::{
    Attrs, DType, Grad, IntoOperand, IntoOperands, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, TString,
    Tensor, bail, ensure, options, reserve,
};

options! {
    /// Optional arguments of [`decode_csv_with`].
    pub struct DecodeCsvOptions {
        /// What stands between fields, one byte.
        field_delim: String = ",".to_string(),
        /// Whether quotes stand around fields.
        use_quote_delim: bool = true,
        /// What stands for no value, beside nothing.
        na_value: String = String::new(),
        /// The columns wanted, in ascending order; all of them if empty.
        select_cols: Vec<i64> = Vec::new(),
    }
}

/// A tensor for each column, of the dtype of its default; a default without an element makes a column required.
///
/// Source: `tf.io.decode_csv` (op `DecodeCSV`).
///
/// ```
/// use ferroflow_core::NdArray;
/// use ferroflow_ops_io::decode_csv;
/// let defaults = [NdArray::from([0i32]), NdArray::from([0.5f32])];
/// let columns = decode_csv(["1,2.5", "3,"], &defaults)?;
/// assert_eq!(columns[1].numpy()?.as_slice::<f32>()?, [2.5, 0.5]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for records of another number of fields, fields that are no numbers, and wrong quotes.
pub fn decode_csv(records: impl IntoOperand, record_defaults: &[NdArray]) -> Result<Vec<Tensor>> {
    decode_csv_with(records, record_defaults, |options| options)
}

/// [`decode_csv`] in another notation.
///
/// # Errors
/// As [`decode_csv`].
pub fn decode_csv_with(
    records: impl IntoOperand,
    record_defaults: &[NdArray],
    options: impl FnOnce(DecodeCsvOptions) -> DecodeCsvOptions,
) -> Result<Vec<Tensor>> {
    let options = options(DecodeCsvOptions::default());
    Op::new(&DECODE_CSV)
        .input(records)
        .inputs(record_defaults.to_vec().into_operands()?)
        .attr("field_delim", options.field_delim)
        .attr("use_quote_delim", options.use_quote_delim)
        .attr("na_value", options.na_value)
        .attr("select_cols", options.select_cols)
        .all()
}

pub(crate) static DECODE_CSV: OpDef =
    OpDef { name: "DecodeCSV", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        for index in 1..cx.num_inputs() {
            let default = cx.input(index);
            if let Some(rank) = default.rank() {
                ensure!(rank <= 1, invalid_argument, "Shape must be at most rank 1 but is rank {rank}");
            }
            if let Some(size) = default.dim(0)
                && size > 1
            {
                bail!(
                    invalid_argument,
                    "Shape of a default must be a length-0 or length-1 vector, or a scalar."
                );
            }
        }
    }
    let records = cx.input(0);
    for index in 0..cx.num_outputs() {
        cx.set(index, records.clone());
    }
    Ok(())
}

/// How records are written.
struct Notation<'a> {
    delimiter: u8,
    quotes: bool,
    columns: &'a [i64],
}

impl<'a> Notation<'a> {
    fn read(attrs: &'a Attrs) -> Result<Notation<'a>> {
        let &[delimiter] = attrs.bytes("field_delim")? else {
            bail!(invalid_argument, "field_delim should be only 1 char");
        };
        let columns = attrs.ints("select_cols")?;
        ensure!(
            columns.iter().all(|&column| column >= 0),
            invalid_argument,
            "select_cols should be non-negative indices"
        );
        ensure!(
            columns.windows(2).all(|pair| pair[0] < pair[1]),
            invalid_argument,
            "select_cols should be strictly increasing indices"
        );
        Ok(Notation { delimiter, quotes: attrs.bool("use_quote_delim")?, columns })
    }

    /// The fields of a record that are wanted.
    fn fields(&self, record: &[u8]) -> Result<Vec<Vec<u8>>> {
        let (mut fields, mut at, mut number) = (Vec::new(), 0, 0i64);
        let mut ends_with_delimiter = false;
        while at < record.len() {
            let mut field = Vec::new();
            if matches!(record[at], b'\n' | b'\r') {
                at += 1;
                continue;
            }
            if self.quotes && record[at] == b'"' {
                at += 1;
                loop {
                    match (record.get(at), record.get(at + 1)) {
                        (None, _) => {
                            bail!(
                                invalid_argument,
                                "Quoted field has to end with quote followed by delim or end"
                            )
                        }
                        (Some(b'"'), Some(b'"')) => {
                            field.push(b'"');
                            at += 2;
                        }
                        (Some(b'"'), Some(&next)) if next != self.delimiter => bail!(
                            invalid_argument,
                            "Quote inside a string has to be escaped by another quote"
                        ),
                        (Some(b'"'), _) => {
                            at += 1;
                            break;
                        }
                        (Some(&byte), _) => {
                            field.push(byte);
                            at += 1;
                        }
                    }
                }
            } else {
                while let Some(&byte) = record.get(at).filter(|byte| **byte != self.delimiter) {
                    ensure!(
                        !(matches!(byte, b'\n' | b'\r') || (self.quotes && byte == b'"')),
                        invalid_argument,
                        "Unquoted fields cannot have quotes/CRLFs inside"
                    );
                    field.push(byte);
                    at += 1;
                }
            }
            ends_with_delimiter = at < record.len();
            at += 1;
            if self.columns.is_empty() || self.columns.binary_search(&number).is_ok() {
                fields.push(field);
            }
            number += 1;
        }
        let wanted = self.columns.is_empty() || self.columns.binary_search(&number).is_ok();
        if ends_with_delimiter && wanted {
            fields.push(Vec::new());
        }
        Ok(fields)
    }
}

/// The values of a column so far.
enum Column {
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Text(Vec<TString>),
}

impl Column {
    fn new(dtype: DType, count: usize) -> Result<Column> {
        Ok(match dtype {
            DType::INT32 => Column::Int32(reserve(count)?),
            DType::INT64 => Column::Int64(reserve(count)?),
            DType::FLOAT32 => Column::Float32(reserve(count)?),
            DType::FLOAT64 => Column::Float64(reserve(count)?),
            DType::STRING => Column::Text(reserve(count)?),
            other => bail!(invalid_argument, "csv: data type {} not supported in field", other.cpp_name()),
        })
    }

    fn push_default(&mut self, default: &NdArray) -> Result<()> {
        match self {
            Column::Int32(values) => values.push(default.item()?),
            Column::Int64(values) => values.push(default.item()?),
            Column::Float32(values) => values.push(default.item()?),
            Column::Float64(values) => values.push(default.item()?),
            Column::Text(values) => values.push(default.item()?),
        }
        Ok(())
    }

    /// Appends a field; the name of the type where the text does not stand for a value of it.
    fn push(&mut self, field: &[u8]) -> Result<(), &'static str> {
        let text = std::str::from_utf8(field).unwrap_or("\u{fffd}");
        let trimmed = text.trim_matches(|c: char| matches!(c, ' ' | '\t'..='\r'));
        match self {
            Column::Int32(values) => values.push(trimmed.parse().map_err(|_| "int32")?),
            Column::Int64(values) => values.push(trimmed.parse().map_err(|_| "int64")?),
            Column::Float32(values) => values.push(trimmed.parse().map_err(|_| "float")?),
            Column::Float64(values) => values.push(trimmed.parse().map_err(|_| "double")?),
            Column::Text(values) => values.push(TString::from(field)),
        }
        Ok(())
    }

    fn finish(self, shape: ferroflow_core::Shape) -> Result<NdArray> {
        match self {
            Column::Int32(values) => NdArray::from_shape(shape, values),
            Column::Int64(values) => NdArray::from_shape(shape, values),
            Column::Float32(values) => NdArray::from_shape(shape, values),
            Column::Float64(values) => NdArray::from_shape(shape, values),
            Column::Text(values) => NdArray::from_shape(shape, values),
        }
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = cx.attrs();
    let notation = Notation::read(attrs)?;
    let (dtypes, missing) = (attrs.dtypes("OUT_TYPE")?, attrs.bytes("na_value")?);
    ensure!(
        notation.columns.is_empty() || notation.columns.len() == dtypes.len(),
        invalid_argument,
        "select_cols should match output size"
    );
    let defaults = &cx.inputs()[1..];
    for (field, default) in defaults.iter().enumerate() {
        ensure!(default.rank() <= 1, invalid_argument, "Each record default should be at most rank 1");
        ensure!(
            default.len() < 2,
            invalid_argument,
            "There should only be 1 default per field but field {field} has {}",
            default.len()
        );
    }
    let records = cx.input(0)?;
    let mut columns =
        dtypes.iter().map(|&dtype| Column::new(dtype, records.len())).collect::<Result<Vec<Column>>>()?;
    for (number, record) in records.as_slice::<TString>()?.iter().enumerate() {
        let fields = notation.fields(record)?;
        ensure!(
            fields.len() == columns.len(),
            invalid_argument,
            "Expect {} fields but have {} in record {number}",
            columns.len(),
            fields.len()
        );
        for (index, (field, column)) in fields.iter().zip(&mut columns).enumerate() {
            if field.is_empty() || field == missing {
                let default = &defaults[index];
                ensure!(
                    default.len() == 1,
                    invalid_argument,
                    "Field {index} is required but missing in record {number}!"
                );
                column.push_default(default)?;
            } else if let Err(kind) = column.push(field) {
                bail!(
                    invalid_argument,
                    "Field {index} in record {number} is not a valid {kind}: {}",
                    String::from_utf8_lossy(field)
                );
            }
        }
    }
    let shape = records.shape().clone();
    for (index, column) in columns.into_iter().enumerate() {
        cx.set(index, column.finish(shape.clone())?)?;
    }
    Ok(())
}
