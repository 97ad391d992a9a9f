//! DecodeCSV: lines of text as columns.

use crate::csv_fields::{CsvColumn, CsvEnd, CsvNotation, check_csv_columns, check_csv_defaults};
use ferroflow_core::{
    Grad, IntoOperand, IntoOperands, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, TString, Tensor, bail,
    ensure, options,
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

/// The fields of a record that are wanted; all of them where no columns are named.
fn fields(notation: CsvNotation, columns: &[i64], mut record: &[u8]) -> Result<Vec<Vec<u8>>> {
    let wanted = |number: i64| columns.is_empty() || columns.binary_search(&number).is_ok();
    let (mut fields, mut number, mut end) = (Vec::new(), 0i64, CsvEnd::Input);
    loop {
        // Ends of lines before a field are passed over.
        let skipped = !record.is_empty();
        let begin = record.iter().position(|byte| !matches!(byte, b'\n' | b'\r'));
        record = &record[begin.unwrap_or(record.len())..];
        if record.is_empty() {
            // Only a delimiter that is the last of the record has an empty field behind it.
            if skipped {
                end = CsvEnd::Input;
            }
            break;
        }
        let mut field = Vec::new();
        let read = notation.read_field(&mut record, &mut field)?;
        if let Some(fault) = read.fault {
            bail!(invalid_argument, "{fault}")
        }
        end = read.end;
        if wanted(number) {
            fields.push(field);
        }
        number += 1;
    }
    if end == CsvEnd::Field && wanted(number) {
        fields.push(Vec::new());
    }
    Ok(fields)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = cx.attrs();
    let notation = CsvNotation::new(attrs.bytes("field_delim")?, attrs.bool("use_quote_delim")?, false)?;
    let wanted = attrs.ints("select_cols")?;
    check_csv_columns(wanted, "select_cols")?;
    let (dtypes, missing) = (attrs.dtypes("OUT_TYPE")?, attrs.bytes("na_value")?);
    ensure!(
        wanted.is_empty() || wanted.len() == dtypes.len(),
        invalid_argument,
        "select_cols should match output size"
    );
    let defaults = &cx.inputs()[1..];
    check_csv_defaults(defaults)?;
    let records = cx.input(0)?;
    let mut columns = dtypes
        .iter()
        .map(|&dtype| CsvColumn::new(dtype, records.len()))
        .collect::<Result<Vec<CsvColumn>>>()?;
    for (number, record) in records.as_slice::<TString>()?.iter().enumerate() {
        let fields = fields(notation, wanted, record)?;
        ensure!(
            fields.len() == columns.len(),
            invalid_argument,
            "Expect {} fields but have {} in record {number}",
            columns.len(),
            fields.len()
        );
        for (index, (field, column)) in fields.iter().zip(&mut columns).enumerate() {
            column.take(index, field, missing, &defaults[index], &format_args!(" {number}"))?;
        }
    }
    let shape = records.shape().clone();
    for (index, column) in columns.into_iter().enumerate() {
        cx.set(index, column.finish(shape.clone())?)?;
    }
    Ok(())
}
