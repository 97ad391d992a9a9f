//! `make_csv_dataset`: batches of named columns, shuffled and repeated, from files whose columns tell what they are.

use super::csv::{CsvOptions, records};
use super::csv_inference::Files;
use super::functional::ParallelInterleaveOptions;
use super::{AUTOTUNE, Dataset};
use crate::Nest;
use ferroflow_core::{
    DType, Error, IntoOperand, NdArray, Operand, Result, TString, Tensor, bail, ensure, literal_array,
    options,
};
use ferroflow_formats::Compression;
use ferroflow_ops_io::{CsvNotation, gfile};
use std::collections::BTreeMap;

options! {
    /// Optional arguments of [`make_csv_dataset_with`] and [`make_labeled_csv_dataset`].
    pub struct MakeCsvOptions {
        /// The names of the columns; those of the first record of each file where they are not given.
        column_names: Option<Vec<String>> = None,
        /// What the wanted columns hold where a record has nothing, an array of one element each; one without elements for a
        /// column that is required. Where they are not given, the first records tell the dtypes, and numbers are 0.
        column_defaults: Option<Vec<NdArray>> = None,
        /// The columns wanted; all of them where it is not given.
        select_columns: Option<Vec<ColumnKey>> = None,
        /// What stands between fields, one byte.
        field_delim: String = ",".to_string(),
        /// Whether quotes stand around fields.
        use_quote_delim: bool = true,
        /// What stands for no value, beside nothing.
        na_value: String = String::new(),
        /// Whether the first record of each file holds the names of the columns.
        header: bool = true,
        /// How many times all records are gone through; without end where it is not given.
        num_epochs: Option<i64> = None,
        /// Whether records come in a random order.
        shuffle: bool = true,
        /// How many records the next is chosen from.
        shuffle_buffer_size: i64 = 10000,
        /// The seed of that order, beside the global one.
        shuffle_seed: Option<i64> = None,
        /// How many batches are made ahead of their use.
        prefetch_buffer_size: Option<i64> = None,
        /// How many files are read in turn; one after the other where it is not given.
        num_parallel_reads: Option<i64> = None,
        /// Whether another order may be had where files are read in turn. It need not: order is always kept here.
        sloppy: bool = false,
        /// How many records tell the dtypes of columns; all of them where it is `None`.
        num_rows_for_inference: Option<i64> = Some(100),
        /// How files are compressed: `""`, `"ZLIB"` or `"GZIP"`.
        compression_type: String = String::new(),
        /// Whether damaged records are passed over.
        ignore_errors: bool = false,
        /// How texts are encoded where columns are inferred; only UTF-8 is known.
        encoding: String = "utf-8".to_string(),
    }
}

/// A column, by its number or its name.
#[derive(Clone, Debug)]
pub enum ColumnKey {
    /// The number of the column, from 0 on.
    Index(i64),
    /// Its name.
    Name(String),
}

impl From<i64> for ColumnKey {
    fn from(index: i64) -> ColumnKey {
        ColumnKey::Index(index)
    }
}

impl From<&str> for ColumnKey {
    fn from(name: &str) -> ColumnKey {
        ColumnKey::Name(name.to_string())
    }
}

impl From<String> for ColumnKey {
    fn from(name: String) -> ColumnKey {
        ColumnKey::Name(name)
    }
}

/// Batches of the records of files, a map of columns each.
///
/// Names and dtypes of columns are read from the files. Records are shuffled and repeated without end unless the options
/// say otherwise. [`make_labeled_csv_dataset`] gives one column apart.
///
/// Source: `tf.data.experimental.make_csv_dataset`.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::data::experimental::make_csv_dataset_with;
/// let path = std::env::temp_dir().join(format!("table-{}.csv", std::process::id()));
/// std::fs::write(&path, "name,count\nash,3\nelm,4\n").unwrap();
/// let batches = make_csv_dataset_with(path.to_str().unwrap(), 2, |o| o.num_epochs(1).shuffle(false))?;
/// let batch = batches.get_single_element()?;
/// assert_eq!(format!("{} {}", batch["name"], batch["count"]), "[b'ash' b'elm'] [3 4]");
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// As [`make_csv_dataset_with`].
pub fn make_csv_dataset(
    file_pattern: impl IntoOperand,
    batch_size: i64,
) -> Result<Dataset<BTreeMap<String, Tensor>>> {
    make_csv_dataset_with(file_pattern, batch_size, |options| options)
}

/// [`make_csv_dataset`] with its optional arguments.
///
/// # Errors
/// `ValueError` for patterns that no file matches, and for columns that are not there, not once, or not the same in all
/// files; `Unimplemented` for another encoding; while iterating, as [`CsvDataset`](super::experimental::CsvDataset).
pub fn make_csv_dataset_with(
    file_pattern: impl IntoOperand,
    batch_size: i64,
    options: impl FnOnce(MakeCsvOptions) -> MakeCsvOptions,
) -> Result<Dataset<BTreeMap<String, Tensor>>> {
    let options = options(MakeCsvOptions::default());
    let (batches, names) = batches(file_pattern, batch_size, None, &options)?;
    finish(&batches, &options, |columns| Ok(names.iter().cloned().zip(columns).collect()))
}

/// [`make_csv_dataset_with`] where the column `label_name` is given apart from the others: TensorFlow's `label_name`.
///
/// # Errors
/// As [`make_csv_dataset_with`]; `ValueError` where there is no such column.
pub fn make_labeled_csv_dataset(
    file_pattern: impl IntoOperand,
    batch_size: i64,
    label_name: &str,
    options: impl FnOnce(MakeCsvOptions) -> MakeCsvOptions,
) -> Result<Dataset<(BTreeMap<String, Tensor>, Tensor)>> {
    let options = options(MakeCsvOptions::default());
    let (batches, names) = batches(file_pattern, batch_size, Some(label_name), &options)?;
    finish(&batches, &options, |columns| {
        let mut features: BTreeMap<String, Tensor> = names.iter().cloned().zip(columns).collect();
        let label = features.remove(label_name);
        Ok((features, label.ok_or_else(|| Error::internal("a column has been lost"))?))
    })
}

/// Names the columns of batches, and makes some batches ahead.
fn finish<R: Nest>(
    batches: &Dataset<Vec<Tensor>>,
    options: &MakeCsvOptions,
    name: impl FnOnce(Vec<Tensor>) -> Result<R>,
) -> Result<Dataset<R>> {
    batches.map(name)?.prefetch(options.prefetch_buffer_size.unwrap_or(AUTOTUNE))
}

/// The files that match one of the patterns, in order.
fn matching(file_pattern: impl IntoOperand) -> Result<Vec<String>> {
    // Files are looked for now, also where the dataset becomes nodes of a graph.
    let patterns = match file_pattern.into_operand()? {
        Operand::Tensor(tensor) => tensor.numpy()?,
        literal => literal_array(&literal, Some(DType::STRING))?,
    };
    ensure!(
        patterns.dtype() == DType::STRING,
        type_error,
        "`file_pattern` must hold strings, not `{}`",
        patterns.dtype().name()
    );
    let texts = patterns.as_slice::<TString>()?.iter();
    let texts: Vec<String> = texts.map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    ensure!(!texts.is_empty(), value, "Argument `file_pattern` should not be empty.");
    let mut found = Vec::new();
    for pattern in &texts {
        found.extend(gfile::glob(pattern)?);
    }
    if found.is_empty() {
        let shown = match texts.as_slice() {
            [only] if patterns.rank() == 0 => only.clone(),
            texts => list(texts),
        };
        bail!(value, "No files match `file_pattern` {shown}.")
    }
    found.sort();
    Ok(found)
}

/// Texts as Python shows a list of them.
fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| format!("'{text}'")).collect::<Vec<_>>().join(", "))
}

/// The names that a list holds more than once, as Python shows a set of them.
fn repeated(names: &[String]) -> Option<String> {
    let mut sorted = names.to_vec();
    sorted.sort();
    let mut found: Vec<&String> =
        sorted.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    found.dedup();
    let shown: Vec<String> = found.into_iter().map(|name| format!("'{name}'")).collect();
    (!shown.is_empty()).then(|| format!("{{{}}}", shown.join(", ")))
}

/// The numbers of the selected columns, in order.
fn selected(columns: &[ColumnKey], names: &[String]) -> Result<Vec<usize>> {
    let mut found = Vec::new();
    for column in columns {
        found.push(match column {
            ColumnKey::Index(index) => match usize::try_from(*index) {
                Ok(known) if known < names.len() => known,
                _ => bail!(
                    value,
                    "Column index {index} specified in `select_columns` should be > 0  and <= {}, which is the number of \
                     columns.",
                    names.len()
                ),
            },
            ColumnKey::Name(name) => match names.iter().rposition(|known| known == name) {
                Some(index) => index,
                None => bail!(
                    value,
                    "Column {name} specified in `select_columns` must be of one of the columns: dict_keys({}).",
                    list(names)
                ),
            },
        });
    }
    found.sort_unstable();
    found.dedup();
    // TensorFlow looks for what is repeated where nothing is any more.
    ensure!(
        found.len() == columns.len(),
        value,
        "The `select_columns` argument contains duplicate columns: set()."
    );
    Ok(found)
}

/// Batches of the wanted columns, and the names of those.
fn batches(
    file_pattern: impl IntoOperand,
    batch_size: i64,
    label_name: Option<&str>,
    options: &MakeCsvOptions,
) -> Result<(Dataset<Vec<Tensor>>, Vec<String>)> {
    ferroflow_data::install();
    let files = matching(file_pattern)?;
    let Columns { mut names, defaults, wanted } = columns(&files, options)?;
    if let Some(wanted) = wanted.as_ref().filter(|wanted| wanted.len() < names.len()) {
        names = wanted.iter().map(|column| names[*column].clone()).collect();
    }
    if let Some(label) = label_name {
        ensure!(
            names.iter().any(|name| name == label),
            value,
            "`label_name` provided must be one of the columns: {}. Received: {label}.",
            list(&names)
        );
    }
    let texts = NdArray::vector(files.iter().map(|file| TString::from(file.as_str())).collect());
    let mut files_in_turn = Dataset::from_tensor_slices(texts)?;
    if options.shuffle {
        files_in_turn = files_in_turn.shuffle_with(files.len() as i64, |o| o.seed(options.shuffle_seed))?;
    }
    let select_cols: Vec<i64> = wanted.into_iter().flatten().map(|column| column as i64).collect();
    let csv = CsvOptions::default()
        .field_delim(options.field_delim.clone())
        .use_quote_delim(options.use_quote_delim)
        .na_value(options.na_value.clone())
        .select_cols(select_cols)
        .header(options.header)
        .compression_type(options.compression_type.clone());
    let open = |name: Tensor| {
        let values = || defaults.iter().map(|default| default.clone().into_operand()).collect();
        let records = records(name, values, &csv)?;
        if options.ignore_errors { records.ignore_errors() } else { Ok(records) }
    };
    let mut records = match options.num_parallel_reads.unwrap_or(1) {
        AUTOTUNE => files_in_turn
            .interleave_with(open, |o| o.num_parallel_calls(AUTOTUNE).deterministic(!options.sloppy))?,
        reads => {
            let turns = ParallelInterleaveOptions::default().sloppy(options.sloppy);
            files_in_turn.parallel_interleave(open, reads, turns)?
        }
    };
    if options.shuffle {
        records = records.shuffle_with(options.shuffle_buffer_size, |o| o.seed(options.shuffle_seed))?;
    }
    if options.num_epochs != Some(1) {
        records = records.repeat(options.num_epochs.unwrap_or(-1))?;
    }
    let batches = records.batch_with(batch_size, |o| o.drop_remainder(options.num_epochs.is_none()))?;
    Ok((batches, names))
}

/// The columns of files.
struct Columns {
    names: Vec<String>,
    /// What the wanted ones hold where a record has nothing.
    defaults: Vec<NdArray>,
    /// The numbers of the wanted ones, if not all are.
    wanted: Option<Vec<usize>>,
}

fn columns(files: &[String], options: &MakeCsvOptions) -> Result<Columns> {
    let infers = options.column_names.is_none() || options.column_defaults.is_none();
    let kind = options.compression_type.as_str();
    let compression = match kind {
        _ if !infers => Compression::None,
        "" => Compression::None,
        "GZIP" => Compression::Gzip,
        "ZLIB" => bail!(value, "`compression_type` {kind} is not supported for probing columns."),
        _ => bail!(
            value,
            "Received unknown `compression_type` {kind}. Expected: GZIP, ZLIB or  (empty string)."
        ),
    };
    if infers && !matches!(options.encoding.to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "utf_8") {
        bail!(unimplemented, "make_csv_dataset with the encoding {:?}", options.encoding)
    }
    let notation = CsvNotation::new(options.field_delim.as_bytes(), options.use_quote_delim, true)?;
    let files = Files { names: files, compression, notation };
    let names = match &options.column_names {
        Some(names) => names.clone(),
        None => {
            ensure!(
                options.header,
                value,
                "Expected `column_names` or `header` arguments. Neither is provided."
            );
            files.column_names()?
        }
    };
    if let Some(repeated) = repeated(&names) {
        bail!(
            value,
            "Either `column_names` argument or CSV header row contains duplicate column names: {repeated}."
        )
    }
    let wanted = options.select_columns.as_ref().map(|columns| selected(columns, &names)).transpose()?;
    let defaults = match &options.column_defaults {
        Some(defaults) => defaults.clone(),
        None => {
            let all: Vec<usize> = (0..names.len()).collect();
            let columns = wanted.as_ref().unwrap_or(&all);
            let limit = options.num_rows_for_inference;
            files.defaults(columns, names.len(), &options.na_value, options.header, limit)?
        }
    };
    if let Some(wanted) = &wanted {
        ensure!(
            wanted.len() == defaults.len(),
            value,
            "If specified, `column_defaults` and `select_columns` must have the same length: `column_defaults` has length \
             {}, `select_columns` has length {}.",
            defaults.len(),
            wanted.len()
        );
    }
    Ok(Columns { names, defaults, wanted })
}
