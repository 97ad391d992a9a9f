//! `SavedModelWriter`: SavedModel directories as TensorFlow writes them.

use super::loader::{BINARY, TEXT};
use crate::files::{self, io_error};
use ferroflow_core::{Error, Result, ensure};
use ferroflow_proto::deterministic::{self, MapOrder};
use ferroflow_proto::{self as proto, AssetFileDef, MetaGraphDef, TensorInfo, tensor_info, text};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const SCHEMA_VERSION: i64 = 1;

/// Writes a SavedModel: assets and a checkpoint are put where they belong, meta graphs are collected, and the file that
/// makes the directory a SavedModel comes last.
///
/// ```no_run
/// use ferroflow_core::NdArray;
/// use ferroflow_formats::{CheckpointWriter, SavedModelWriter};
/// let mut model = SavedModelWriter::create("export")?;
/// let mut variables = CheckpointWriter::create(model.variables_prefix()?)?;
/// variables.add("w", &NdArray::scalar(1.0f32))?;
/// variables.finish()?;
/// let mut meta_graph = ferroflow_proto::MetaGraphDef::default();
/// meta_graph.asset_file_def.push(model.add_asset("vocabulary.txt", "asset_path:0")?);
/// model.add_meta_graph(meta_graph);
/// model.save(false)?;
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub struct SavedModelWriter {
    directory: PathBuf,
    model: proto::SavedModel,
    /// The files that assets were copied from, by their names here.
    assets: BTreeMap<String, PathBuf>,
}

impl SavedModelWriter {
    /// Begins a SavedModel in a directory that is empty or does not exist yet.
    ///
    /// # Errors
    /// `AssertionError` when the directory holds anything, and those of the file system.
    pub fn create(directory: impl AsRef<Path>) -> Result<SavedModelWriter> {
        let directory = directory.as_ref();
        if directory.exists() {
            let mut entries = std::fs::read_dir(directory).map_err(|error| io_error(directory, &error))?;
            ensure!(
                entries.next().is_none(),
                assertion,
                "Export directory {} already exists, and isn't empty. Please choose a different export directory, or \
                 delete all the contents of the specified directory.",
                directory.display()
            );
        }
        SavedModelWriter::replace(directory)
    }

    /// Begins a SavedModel in place of one that is in the directory, as `tf.saved_model.save` does: its files are
    /// overwritten one by one.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn replace(directory: impl AsRef<Path>) -> Result<SavedModelWriter> {
        let directory = directory.as_ref().to_path_buf();
        files::create_directory(&directory)?;
        let model = proto::SavedModel { saved_model_schema_version: SCHEMA_VERSION, meta_graphs: Vec::new() };
        Ok(SavedModelWriter { directory, model, assets: BTreeMap::new() })
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The meta graphs that were added.
    pub fn meta_graphs(&self) -> &[MetaGraphDef] {
        &self.model.meta_graphs
    }

    /// The prefix for the checkpoint, in a directory that is made.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn variables_prefix(&self) -> Result<PathBuf> {
        let directory = self.directory.join("variables");
        files::create_directory(&directory)?;
        Ok(directory.join("variables"))
    }

    /// Copies a file that the graph reads, and says how a meta graph names it: `tensor` is fed its path when the model
    /// is loaded. Files of one name get different ones, unless their contents are the same; a file that does not exist
    /// is named all the same, as in TensorFlow.
    ///
    /// # Errors
    /// `InvalidArgument` for a path that names no file, and those of the file system.
    pub fn add_asset(&mut self, file: impl AsRef<Path>, tensor: &str) -> Result<AssetFileDef> {
        let file = file.as_ref();
        let name = file.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
            Error::invalid_argument(format!("the path of an asset names no file: '{}'", file.display()))
        })?;
        let filename = self.asset_name(name, file)?;
        let directory = self.directory.join("assets");
        files::create_directory(&directory)?;
        let target = directory.join(&filename);
        if file.is_file() && !self.assets.contains_key(&filename) && file != target {
            std::fs::copy(file, &target).map_err(|error| io_error(file, &error))?;
        }
        self.assets.entry(filename.clone()).or_insert_with(|| file.to_path_buf());
        let encoding = Some(tensor_info::Encoding::Name(tensor.to_string()));
        let tensor_info = Some(TensorInfo { encoding, ..TensorInfo::default() });
        Ok(AssetFileDef { tensor_info, filename })
    }

    /// The name, with a number behind it where another file has it.
    fn asset_name(&self, name: &str, file: &Path) -> Result<String> {
        let Some(other) = self.assets.get(name) else { return Ok(name.to_string()) };
        if other == file || files::read_file(file)? == files::read_file(other)? {
            return Ok(name.to_string());
        }
        let mut unique = name.to_string();
        for count in 1u32.. {
            if !self.assets.contains_key(&unique) {
                break;
            }
            unique = format!("{name}_{count}");
        }
        Ok(unique)
    }

    /// Adds a meta graph.
    pub fn add_meta_graph(&mut self, meta_graph: MetaGraphDef) {
        self.model.meta_graphs.push(meta_graph);
    }

    /// Writes `saved_model.pb`, or `saved_model.pbtxt`; gives its path.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn save(&self, as_text: bool) -> Result<PathBuf> {
        let (name, bytes) = match as_text {
            true => (TEXT, text::to_text(&self.model).into_bytes()),
            false => (BINARY, deterministic::to_bytes(&self.model, MapOrder::Python)),
        };
        let path = self.directory.join(name);
        files::write_file(&path, &bytes)?;
        Ok(path)
    }
}
