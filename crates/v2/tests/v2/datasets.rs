//! Elements of datasets, against what `tools/record_datasets.py` recorded.

use crate::{dataset_programs, dataset_shuffles};
use ferroflow_core::{DType, Error, NdArray, Result, TString};
use ferroflow_data::{Context, Functions, Place, from_variant};
use ferroflow_v2::Nest;
use ferroflow_v2::data::Dataset;
use regex::Regex;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

static RECORD: &str = include_str!("../data/datasets.txt");
/// How many elements of a dataset without end are compared.
const LIMIT: i64 = 64;

/// A pipeline, once nobody cares for its type any more.
pub(crate) struct Erased {
    spec: String,
    /// The lines of one iteration; the last may be an error.
    iterate: Box<dyn Fn() -> Vec<Result<String>>>,
}

/// Erases the type of a pipeline.
pub(crate) fn erased<E: Nest + 'static>(dataset: Dataset<E>) -> Result<Erased> {
    let count = dataset.cardinality()?.value()?.item::<i64>()?;
    let spec = |spec: &ferroflow_v2::TensorSpec| match spec.dtype {
        DType::VARIANT => "DatasetSpec".to_string(),
        dtype => format!("{} {}", dtype.name(), spec.shape),
    };
    let specs: Vec<String> = dataset.element_spec().iter().map(spec).collect();
    let dataset = if count == -1 { dataset.take(LIMIT)? } else { dataset };
    let iterate = move || match dataset.iter() {
        Err(error) => vec![Err(error)],
        Ok(elements) => {
            let mut lines = Vec::new();
            for element in elements {
                let failed = element.is_err();
                lines.push(element.and_then(|element| {
                    let values = element.to_flat();
                    let values = values.iter().map(|tensor| tensor.value().cloned());
                    line(&values.collect::<Result<Vec<_>>>()?)
                }));
                if failed {
                    break;
                }
            }
            lines
        }
    };
    Ok(Erased { spec: format!("{} # {count}", specs.join("; ")), iterate: Box::new(iterate) })
}

fn line(element: &[NdArray]) -> Result<String> {
    Ok(element.iter().map(component).collect::<Result<Vec<_>>>()?.join(" | "))
}

fn component(array: &NdArray) -> Result<String> {
    if array.dtype() == DType::VARIANT {
        let env = ferroflow_core::context::eager_env();
        let functions = Functions::default();
        let cx = Context { env: &env, functions: &functions };
        let mut stream = from_variant(array)?.stream(&Place { prefix: "", cx })?;
        let mut inner = Vec::new();
        while let Some(element) = stream.next(cx)? {
            inner.push(line(&element)?);
        }
        return Ok(format!("{{ {} }}", inner.join("; ")));
    }
    let dims: Vec<String> = array.shape().dims().iter().map(usize::to_string).collect();
    let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut parts = vec![format!("{}[{}]", array.dtype().name(), dims.join(","))];
    if array.dtype() == DType::STRING {
        let texts = array.as_slice::<TString>()?.iter();
        parts.extend(texts.map(|text| if text.is_empty() { "-".to_string() } else { hexadecimal(text) }));
    } else if array.dtype().is_floating() {
        let bytes = array.as_bytes().unwrap_or_default();
        parts.extend(bytes.chunks(array.dtype().size()).map(hexadecimal));
    } else {
        parts.extend(array.cast(DType::INT64)?.as_slice::<i64>()?.iter().map(i64::to_string));
    }
    Ok(parts.join(" "))
}

/// An error as the record has it, without the numbers and names of this process.
fn error_line(error: &Error) -> String {
    static NUMBER: OnceLock<Regex> = OnceLock::new();
    static ITERATOR: OnceLock<Regex> = OnceLock::new();
    let number = NUMBER.get_or_init(|| Regex::new(r"Dataset(V2)?:\d+ ").expect("a pattern"));
    let iterator = ITERATOR.get_or_init(|| Regex::new(r"iterator: [\w:\[\]]+: ").expect("a pattern"));
    // The record ends where a traceback of Python begins, and the node of a generator stands behind it.
    let text = error.to_string().replace("\n\t [[{{node PyFunc}}]]", "");
    let text = number.replace_all(&text, "Dataset$1 ");
    let text = iterator.replace_all(&text, "iterator: ");
    // Which of two elements comes first is chance, in TensorFlow.
    let text = text.split(" Shapes are:").next().unwrap_or_default().to_string();
    static CREATED: OnceLock<Regex> = OnceLock::new();
    static NEW: OnceLock<Regex> = OnceLock::new();
    let created = CREATED.get_or_init(|| Regex::new(r"Created at: \d+").expect("a pattern"));
    let new = NEW.get_or_init(|| Regex::new(r"KEPT/new\d+").expect("a pattern"));
    let text = text.replace(&kept().display().to_string(), "KEPT");
    let text = text.replace(&tables().display().to_string(), "TABLES");
    let text = created.replace_all(&text, "Created at: N");
    let text = new.replace_all(&text, "KEPT/new");
    let text = text.replace('\n', "\\n").replace(&directory().display().to_string(), "DIR");
    format!("error {} {text}", error.class_name())
}

/// Writes the files of the record whose lines begin so.
fn write_files(kind: &str, directory: &Path) {
    for line in RECORD.lines().filter_map(|line| line.strip_prefix(kind)) {
        let (name, bytes) = line.split_once(' ').expect("a name and bytes");
        let byte =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("a byte");
        let bytes: Vec<u8> = bytes.trim_matches('-').as_bytes().chunks(2).map(byte).collect();
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(path, bytes).expect("a file");
    }
}

/// Where the files of the record are.
pub(crate) fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let directory = std::env::temp_dir().join(format!("ferroflow-datasets-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        write_files("file ", &directory);
        directory
    })
}

/// Where the saved and cached datasets of the record are.
pub(crate) fn kept() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let directory = std::env::temp_dir().join(format!("ferroflow-kept-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        write_files("kept ", &directory);
        directory
    })
}

/// Where the files of text in columns of the record are.
pub(crate) fn tables() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let directory = std::env::temp_dir().join(format!("ferroflow-tables-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        write_files("table ", &directory);
        directory
    })
}

/// The lines that a pipeline gives.
fn lines(name: &str, iterations: usize, make: impl FnOnce() -> Result<Erased>) -> Vec<String> {
    let mut found = vec![format!("pipeline {name}")];
    let pipeline = match make() {
        Ok(pipeline) => pipeline,
        Err(error) => {
            found.push(error_line(&error));
            return found;
        }
    };
    found.push(format!("spec {}", pipeline.spec));
    for iteration in 0..iterations {
        if iteration > 0 {
            found.push("again".to_string());
        }
        for line in (pipeline.iterate)() {
            found.push(line.unwrap_or_else(|error| error_line(&error)));
        }
    }
    found
}

/// The recorded pipelines, by name.
fn record() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut pipelines: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in RECORD.lines() {
        if let Some(name) = line.strip_prefix("pipeline ") {
            pipelines.push((name, vec![line]));
        } else if let Some((_, lines)) = pipelines.last_mut() {
            lines.push(line);
        }
    }
    pipelines
}

/// Compares; the seeds are those of the process, so one test after the other.
#[test]
fn elements_are_those_of_tensorflow() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (name, expected) in record() {
        let found = match name.strip_prefix("shuffle ") {
            Some(arguments) => {
                let arguments = dataset_shuffles::Arguments::parse(arguments);
                lines(name, arguments.iterations, || dataset_shuffles::shuffled(&arguments))
            }
            None => lines(name, 1, || dataset_programs::make(name)),
        };
        compared += 1;
        if found != expected {
            let first = found.iter().zip(&expected).position(|(found, expected)| found != expected);
            let first = first.unwrap_or(found.len().min(expected.len()));
            wrong.push(format!(
                "{name}, line {first}:\n  found    {:?}\n  expected {:?}",
                &found[first.min(found.len())..(first + 4).min(found.len())],
                &expected[first.min(expected.len())..(first + 4).min(expected.len())]
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} pipelines differ:\n{}", wrong.len(), wrong.join("\n"));
}
