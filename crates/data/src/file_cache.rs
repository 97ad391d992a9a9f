//! A cache in files: the elements of a first pass are written as a checkpoint, and later passes read them there.

use crate::pipeline::{Context, Dataset, Element, Place, Specs, Stream};
use ferroflow_core::{DType, Error, Result, bail, ensure};
use ferroflow_formats::{CheckpointReader, CheckpointWriter, checkpoint_exists, io_error};
use std::any::Any;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) struct FileCache {
    pub(crate) input: Arc<dyn Dataset>,
    pub(crate) prefix: PathBuf,
}

impl Dataset for FileCache {
    fn kind(&self) -> &'static str {
        "FileCache"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        self.input.cardinality()
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        if checkpoint_exists(&self.prefix) {
            let reader = CheckpointReader::open(&self.prefix)?;
            let names: Vec<String> = reader.tensors().map(|(name, _, _)| name.to_string()).collect();
            let types = self.input.specs().types.clone();
            return Ok(Box::new(Reader { reader, names: names.into_iter(), types }));
        }
        let input = place.input(&*self.input, &place.name("FileCache"))?;
        let components = self.input.specs().types.len();
        Ok(Box::new(Writer { input: Some(input), prefix: self.prefix.clone(), components, open: None }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Makes the elements, and writes them.
struct Writer {
    input: Option<Box<dyn Stream>>,
    prefix: PathBuf,
    components: usize,
    /// What is written to, and how many elements were.
    open: Option<(CheckpointWriter, Lock, usize)>,
}

/// The file that keeps a second pass from writing, for as long as the first one does.
struct Lock(PathBuf);

impl Lock {
    fn take(prefix: &Path) -> Result<Lock> {
        let mut name = prefix.as_os_str().to_os_string();
        name.push("_0.lockfile");
        let path = PathBuf::from(name);
        if path.exists() {
            let contents = fs::read_to_string(&path).unwrap_or_default();
            return Err(Error::already_exists(format!(
                "There appears to be a concurrent caching iterator running - cache lockfile already exists ('{}'). If \
                 you are sure no other running TF computations are using this cache prefix, delete the lockfile and \
                 re-initialize the iterator. Lockfile contents: {contents}",
                path.display()
            )));
        }
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let written = fs::OpenOptions::new().write(true).create_new(true).open(&path);
        let written = written.and_then(|mut file| write!(file, "Created at: {seconds}"));
        written.map_err(|error| io_error(&path, &error))?;
        Ok(Lock(path))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The name of a component in the checkpoint.
fn key(item: usize, component: usize, components: usize) -> String {
    let width = components.saturating_sub(1).to_string().len();
    format!("{item:>7}_{component:>width$}")
}

impl Stream for Writer {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let Some(input) = &mut self.input else { return Ok(None) };
        if self.open.is_none() {
            let lock = Lock::take(&self.prefix)?;
            self.open = Some((CheckpointWriter::create(&self.prefix)?, lock, 0));
        }
        let Some((writer, _, count)) = &mut self.open else { bail!(internal, "a cache is not open") };
        if let Some(element) = input.next(cx)? {
            ensure!(
                element.len() == self.components,
                internal,
                "Upstream iterator returned invalid number of tensors. Expected {} got: {}",
                self.components,
                element.len()
            );
            for (component, value) in element.iter().enumerate() {
                writer.add(&key(*count, component, self.components), value)?;
            }
            *count += 1;
            return Ok(Some(element));
        }
        self.input = None;
        if let Some((writer, _lock, _)) = self.open.take() {
            writer.finish()?;
        }
        Ok(None)
    }
}

/// Gives the elements that were written.
struct Reader {
    reader: CheckpointReader,
    names: std::vec::IntoIter<String>,
    types: Vec<DType>,
}

impl Stream for Reader {
    fn next(&mut self, _cx: Context<'_>) -> Result<Option<Element>> {
        let mut element = Vec::with_capacity(self.types.len());
        for (component, dtype) in self.types.iter().enumerate() {
            let Some(name) = self.names.next() else {
                ensure!(component == 0, out_of_range, "the cache ends within an element");
                return Ok(None);
            };
            let value = self.reader.read(&name)?;
            check_dtype(component, *dtype, value.dtype())?;
            element.push(value);
        }
        Ok(Some(element))
    }
}

/// Whether a component from a file is of the dtype that was announced.
pub(crate) fn check_dtype(component: usize, expected: DType, found: DType) -> Result<()> {
    ensure!(
        expected == found,
        invalid_argument,
        "Data type mismatch at component {component}: expected {} but got {}.",
        expected.cpp_name(),
        found.cpp_name()
    );
    Ok(())
}
