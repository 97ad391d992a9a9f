//! MatchingFilesDataset: the names of files that match patterns.

use crate::pipeline::{Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, publish};
use ferroflow_core::{DType, Error, KernelCtx, NdArray, Result, TString, bail};
use ferroflow_ops_io::gfile;
use ferroflow_ops_io::path_patterns::{directory_of, fixed_prefix, path_matches};
use std::any::Any;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

struct MatchingFiles {
    patterns: Vec<String>,
    specs: Specs,
}

/// Something found: its path, and whether it is a directory that is yet to be searched.
type Found = Reverse<(String, bool)>;

struct MatchingFilesStream {
    /// The last first.
    patterns: Vec<String>,
    /// The pattern that is looked for.
    pattern: String,
    /// What was found for it; the first in the order of names is next.
    found: BinaryHeap<Found>,
    /// Whether the pattern has backslashes: TensorFlow takes all of them for a Windows path's, and names files so.
    backslashes: bool,
    any: bool,
}

impl Dataset for MatchingFiles {
    fn kind(&self) -> &'static str {
        "MatchingFiles"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        UNKNOWN
    }
    fn stream(&self, _place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(MatchingFilesStream {
            patterns: self.patterns.iter().rev().cloned().collect(),
            pattern: String::new(),
            found: BinaryHeap::new(),
            backslashes: false,
            any: false,
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl MatchingFilesStream {
    /// Takes down what a directory holds: directories, and files that match.
    fn search(&mut self, directory: &str) -> Result<()> {
        let prefix = fixed_prefix(&self.pattern);
        for name in gfile::names_in(directory)? {
            let path = gfile::join(&[directory, &name]);
            if !path.starts_with(prefix) {
                continue;
            }
            let is_directory = gfile::isdir(&path)?;
            if is_directory || path_matches(&self.pattern, &path) {
                self.found.push(Reverse((path, is_directory)));
            }
        }
        Ok(())
    }

    /// Begins to look for the next pattern. One that cannot be looked for stays the next.
    fn begin(&mut self, pattern: &str) -> Result<()> {
        // Files that are not of this machine are refused by the pattern's name.
        gfile::exists(pattern)?;
        self.backslashes = pattern.contains('\\');
        self.pattern = pattern.replace('\\', "/");
        let mut directory = directory_of(fixed_prefix(&self.pattern)).to_string();
        if directory.is_empty() {
            directory = ".".to_string();
            self.pattern = format!("./{}", self.pattern);
        }
        self.search(&directory)?;
        self.patterns.pop();
        Ok(())
    }
}

impl Stream for MatchingFilesStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            cx.env.check()?;
            if let Some(Reverse((path, is_directory))) = self.found.pop() {
                if is_directory {
                    match self.search(&path) {
                        // It went away after it was found.
                        Err(error) if error.code() == ferroflow_core::Code::NotFound => {}
                        searched => searched?,
                    }
                    continue;
                }
                self.any = true;
                let path = if self.backslashes { path.replace('/', "\\") } else { path };
                return Ok(Some(vec![NdArray::scalar(TString::from(path))]));
            }
            match self.patterns.last().cloned() {
                Some(pattern) => self.begin(&pattern)?,
                None if self.any => return Ok(None),
                None => bail!(not_found, "Don't find any matched files"),
            }
        }
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let text = |pattern: &TString| match pattern.to_str() {
        Ok(pattern) => Ok(pattern.to_string()),
        Err(_) => Err(Error::invalid_argument("the pattern of files must be UTF-8")),
    };
    let patterns = cx.slice::<TString>(0)?.iter().map(text).collect::<Result<_>>()?;
    publish(cx, MatchingFiles { patterns, specs: Specs::scalar(DType::STRING) })
}

dataset_op!(MATCHING_FILES_DATASET "MatchingFilesDataset" kernel, crate::dataset_of_files);
dataset_op!(EXPERIMENTAL_MATCHING_FILES_DATASET "ExperimentalMatchingFilesDataset" kernel, crate::dataset_of_files);
