//! The named pipelines of the record that read files of text in columns.

use crate::datasets::{Erased, erased, tables};
use ferroflow_core::{NdArray, Result, TString, Tensor};
use ferroflow_v2 as tf;
use tf::data::experimental::{self, CsvDataset, make_csv_dataset_with, make_labeled_csv_dataset};
use tf::data::{CsvColumns, CsvOptions, Dataset, MakeCsvOptions, ParallelInterleaveOptions};

fn at(name: &str) -> String {
    tables().join(name.replace(' ', "_")).display().to_string()
}

fn all_at(names: &[&str]) -> NdArray {
    NdArray::vector(names.iter().map(|name| TString::from(at(name))).collect())
}

fn csv<M, C: CsvColumns<M>>(
    name: &str,
    columns: C,
    options: impl FnOnce(CsvOptions) -> CsvOptions,
) -> Result<Dataset<C::Element>> {
    Ok(CsvDataset::new_with(at(name), columns, options)?.into())
}

/// The pipelines of single files.
fn records(name: &str) -> Result<Erased> {
    let plain = ("d", 7);
    let required = (tf::string, tf::int32);
    let same = |o: CsvOptions| o;
    let single = |name: &str, dtype: tf::DType| csv(name, (dtype,), same).and_then(erased);
    let of = |o: CsvOptions, columns: &[i64]| o.select_cols(columns.to_vec());
    match name {
        "of texts" => erased(csv("blanks", ("d",), same)?),
        "of quoted lines" => erased(csv("quoted lines", ("d",), same)?),
        "unclosed" => erased(csv("unclosed", (7, "d"), same)?),
        "of two faults" => erased(csv("two faults", (7, 7), same)?),
        "of floats" => single("floats", tf::float32),
        "of doubles" => single("floats", tf::float64),
        "of no float" => single("no float", tf::float32),
        "of no double" => single("no float", tf::float64),
        "of large numbers" => single("large", tf::int64),
        "of required texts" => erased(csv("missing", required, same)?),
        "of required numbers" => erased(csv("missing", ("d", tf::int32), same)?.ignore_errors()?),
        "with a mark for nothing" => erased(csv("na", plain, |o| o.na_value("NA"))?),
        "without quotes" => erased(csv("stray", ("d", "d"), |o| o.use_quote_delim(false))?),
        "with semicolons" => erased(csv("semicolons", plain, |o| o.field_delim(";"))?),
        "with two delimiters" => erased(csv("plain", plain, |o| o.field_delim(",,"))?),
        "with quotes between" => erased(csv("stray", vec!["d"; 4], |o| o.field_delim("\""))?),
        "with a header" => erased(csv("header", plain, |o| o.header(true))?),
        "with a bad header" => erased(csv("bad header", plain, |o| o.header(true))?),
        "behind a bad header" => erased(csv("bad header", plain, |o| o.header(true))?.ignore_errors()?),
        "with a header of nothing" => erased(csv("empty", plain, |o| o.header(true))?),
        "with headers" => {
            let files = CsvDataset::new_with(all_at(&["plain", "open"]), plain, |o| o.header(true))?;
            erased(files.into())
        }
        "of several" => erased(CsvDataset::new(all_at(&["open", "plain", "only returns"]), plain)?.into()),
        "that is not there" => erased(CsvDataset::new(all_at(&["plain", "not there"]), plain)?.into()),
        "selected" => erased(csv("three", required, |o| of(o, &[0, 2]))?),
        "selected beyond" => erased(csv("three", required, |o| of(o, &[0, 3]))?),
        "selected required" => erased(csv("three", (tf::int32,), |o| of(o, &[1]))?),
        "selected among strays" => erased(csv("three stray", required, |o| of(o, &[0, 2]))?),
        "selected behind strays" => {
            erased(csv("three stray", required, |o| of(o, &[0, 2]))?.ignore_errors()?)
        }
        "selected in no order" => erased(csv("three", plain, |o| of(o, &[1, 0]))?),
        "selected below" => erased(csv("three", plain, |o| of(o, &[-1, 0]))?),
        "selected too few" => erased(csv("three", plain, |o| of(o, &[0]))?),
        "without a column" => erased(csv("three", required, |o| o.exclude_cols([1]))?),
        "without the wrong column" => erased(csv("three", required, |o| o.exclude_cols([7]))?),
        "without in no order" => erased(csv("three", plain, |o| o.exclude_cols([1, 0]))?),
        "without below" => erased(csv("three", plain, |o| o.exclude_cols([-1, 0]))?),
        "with and without" => erased(csv("three", plain, |o| of(o, &[0, 1]).exclude_cols([2]))?),
        "by single bytes" => erased(csv("quoted", plain, |o| o.buffer_size(1))?),
        "by no bytes" => erased(csv("quoted", plain, |o| o.buffer_size(0))?),
        "with a matrix" => erased(csv("plain", ("d", [[1]]), same)?),
        "with two defaults" => erased(csv("plain", ("d", [1, 2]), same)?),
        "with a default in a vector" => erased(csv("delimiters", ("d", [1]), same)?),
        "in another compression" => erased(csv("plain", plain, |o| o.compression_type("X"))?),
        "in gzip" => {
            erased(csv("named.gz", (tf::string,), |o| of(o, &[0]).header(true).compression_type("GZIP"))?)
        }
        "in zlib" => {
            erased(csv("named.z", (tf::string,), |o| of(o, &[0]).header(true).compression_type("ZLIB"))?)
        }
        other => panic!("{other} is not known"),
    }
}

type Table = fn(MakeCsvOptions) -> MakeCsvOptions;

fn table(files: NdArray, batch: i64, options: Table) -> Result<Erased> {
    let all = |o: MakeCsvOptions| options(o.num_epochs(1).shuffle(false));
    erased(make_csv_dataset_with(files, batch, all)?)
}

fn labeled(name: &str, label: &str) -> Result<Erased> {
    let all = |o: MakeCsvOptions| o.num_epochs(1).shuffle(false);
    erased(make_labeled_csv_dataset(at(name), 2, label, all)?)
}

fn shuffled(options: Table) -> Result<Erased> {
    tf::random::set_seed(6);
    let all = |o: MakeCsvOptions| options(o.num_epochs(1).shuffle_seed(3));
    erased(make_csv_dataset_with(all_at(&["named", "named too"]), 2, all)?)
}

/// The pipelines of batches of named columns.
fn batches(name: &str) -> Result<Erased> {
    let one = |name: &str| NdArray::scalar(TString::from(at(name)));
    let of = |name: &str, options: Table| table(one(name), 2, options);
    let both = || all_at(&["named", "named too"]);
    let empty = |dtype| NdArray::zeros(dtype, ferroflow_core::Shape::new(&[0])?);
    match name {
        "" => of("named", |o| o),
        "of several" => table(both(), 3, |o| o),
        "in turn" => table(both(), 3, |o| o.num_parallel_reads(2)),
        "with a label" => labeled("named", "share"),
        "without end" => of("named", |o| o.num_epochs(None)),
        "twice" => table(one("named"), 4, |o| o.num_epochs(2)),
        "shuffled" => shuffled(|o| o),
        "shuffled for ever" => shuffled(|o| o.num_epochs(None)),
        "shuffled in a small buffer" => {
            shuffled(|o| o.num_epochs(2).shuffle_buffer_size(2).num_parallel_reads(2))
        }
        "of kinds" => of("kinds", |o| o),
        "of one row's kinds" => of("kinds", |o| o.num_rows_for_inference(1)),
        "of all rows' kinds" => of("kinds", |o| o.num_rows_for_inference(None)),
        "selected" => of("named", |o| o.select_columns(vec!["share".into(), 0.into()])),
        "selected twice" => of("named", |o| o.select_columns(vec!["name".into(), 0.into()])),
        "selected beyond" => of("named", |o| o.select_columns(vec![6.into()])),
        "selected unknown" => of("other names", |o| o.select_columns(vec!["size".into()])),
        "with defaults" | "with too few defaults" => {
            let mut defaults = vec![empty(tf::string)?, NdArray::scalar(8i64)];
            defaults.truncate(if name == "with defaults" { 2 } else { 1 });
            let columns = vec!["name".into(), "count".into()];
            erased(make_csv_dataset_with(at("named"), 2, |o| {
                o.num_epochs(1).shuffle(false).select_columns(columns).column_defaults(defaults)
            })?)
        }
        "with names" => {
            of("bare", |o| o.header(false).column_names(["x", "y", "z"].map(String::from).to_vec()))
        }
        "without names" => of("bare", |o| o.header(false)),
        "of other names" => table(all_at(&["named", "other names"]), 2, |o| o),
        "of the same names" => of("same names", |o| o),
        "of nothing" => of("empty", |o| o),
        "of no files" => of("not there", |o| o),
        "of no files among several" => table(all_at(&["not there", "nor there"]), 2, |o| o),
        "of no patterns" => table(all_at(&[]), 2, |o| o),
        "with an unknown label" => labeled("other names", "size"),
        "of ragged rows" => of("ragged rows", |o| o),
        "of blank rows" => of("blank rows", |o| o),
        "of faults" => of("faults", |o| o.num_rows_for_inference(1)),
        "of faults ignored" => of("faults", |o| o.num_rows_for_inference(1).ignore_errors(true)),
        "with a mark for nothing" => of("named", |o| o.na_value("2")),
        "in gzip" => of("named.gz", |o| o.compression_type("GZIP")),
        "in zlib" => of("named.z", |o| o.compression_type("ZLIB")),
        "in zlib, described" => table(one("named.z"), 3, |o| {
            let names = ["a", "b", "c", "d", "e", "f"].map(String::from).to_vec();
            let text = NdArray::scalar(TString::from(""));
            o.compression_type("ZLIB").column_names(names).column_defaults(vec![text; 6])
        }),
        "in another compression" => of("named", |o| o.compression_type("X")),
        other => panic!("{other} is not known"),
    }
}

fn legacy(
    lengths: &[i64],
    cycle: i64,
    options: impl FnOnce(ParallelInterleaveOptions) -> ParallelInterleaveOptions,
) -> Result<Erased> {
    let known = tf::constant(NdArray::vector(if lengths.is_empty() { vec![0] } else { lengths.to_vec() }))?;
    let of = |x: Tensor| {
        let begin = (&x * 100)?;
        Dataset::range((begin.clone(), (begin + tf::gather(&known, &x)?)?))
    };
    let turns = experimental::parallel_interleave(of, cycle, options);
    erased(Dataset::range(lengths.len() as i64)?.apply(turns)?)
}

/// The pipelines of datasets in turn.
fn in_turn(name: &str) -> Result<Erased> {
    match name {
        ": short" => legacy(&[2, 0, 3], 2, |o| o),
        ": long" => legacy(&[4, 0, 5, 3, 2, 5], 2, |o| o),
        ": narrow" => legacy(&[3, 2, 1], 1, |o| o.block_length(2)),
        ": wide" => legacy(&[1, 2, 3], 8, |o| o),
        ": blocks" => legacy(&[5, 2, 4, 3, 2], 2, |o| o.block_length(2)),
        ": nothing" => legacy(&[], 2, |o| o),
        " in no cycle" => legacy(&[1, 2], 0, |o| o),
        " in no blocks" => legacy(&[1, 2], 2, |o| o.block_length(0)),
        " without a buffer" => legacy(&[1, 2], 2, |o| o.buffer_output_elements(0)),
        " with fewer than none" => legacy(&[1, 2], 2, |o| o.prefetch_input_elements(-1)),
        " failing" => {
            let of = |x: Tensor| Dataset::range(tf::math::floordiv(1i64, x)?);
            erased(Dataset::range(3)?.apply(experimental::parallel_interleave(of, 2, |o| o))?)
        }
        other => panic!("{other} is not known"),
    }
}

pub(crate) fn make(name: &str) -> Result<Erased> {
    if let Some(name) = name.strip_prefix("table") {
        return batches(name.trim_start());
    }
    if let Some(name) = name.strip_prefix("in turn") {
        return in_turn(name);
    }
    match name.split_once(": ") {
        Some(("csv rest", name)) => erased(csv(name, ("d", 7), |o| o)?.ignore_errors()?),
        Some((_, name)) => erased(csv(name, ("d", 7), |o| o)?),
        None => records(name.strip_prefix("csv ").unwrap_or(name)),
    }
}
