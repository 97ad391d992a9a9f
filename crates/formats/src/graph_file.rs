//! Graphs in files: telling what a file holds, reading and writing it.

use crate::files;
use crate::saved_model::{MetaGraph, SavedModel};
use ferroflow_core::{Error, Result, bail};
use ferroflow_proto::descriptor::Described;
use ferroflow_proto::deterministic::{self, MapOrder};
use ferroflow_proto::sniff::{FileKind, TextKind};
use ferroflow_proto::{GraphDef, MetaGraphDef, text};
use std::path::{Path, PathBuf};

/// A model as users name it: a directory or a file.
#[derive(Clone, Debug)]
pub enum ModelFile {
    /// A SavedModel directory.
    SavedModel(SavedModel),
    /// A GraphDef, as in `.pb` and `.pbtxt` files.
    GraphDef(Box<GraphDef>),
    /// A MetaGraphDef, as in the `.meta` file beside a checkpoint.
    MetaGraph {
        /// The meta graph.
        meta_graph: Box<MetaGraph>,
        /// The prefix of the checkpoint beside it (`PREFIX.meta` and `PREFIX.index`), where there is one.
        checkpoint: Option<PathBuf>,
    },
}

impl ModelFile {
    /// Reads a model; what it is, is told from its content.
    ///
    /// A `saved_model.pb` stands for the directory it lies in.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, `DataLoss` when it cannot be parsed, `InvalidArgument` when it is
    /// something else; the message names the file and says what it is.
    ///
    /// ```no_run
    /// use ferroflow_formats::ModelFile;
    /// match ModelFile::open("frozen.pb")? {
    ///     ModelFile::GraphDef(graph) => println!("{} nodes", graph.node.len()),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<ModelFile> {
        // What is read is meant to be run, and graphs that restore need the ops that do so.
        crate::install();
        let path = path.as_ref();
        if path.is_dir() {
            return SavedModel::load(path).map(ModelFile::SavedModel);
        }
        let bytes = files::read_file(path)?;
        match FileKind::detect(&bytes) {
            FileKind::GraphDef | FileKind::Text(TextKind::GraphDef) => {
                parse(path, &bytes).map(|graph| ModelFile::GraphDef(Box::new(graph)))
            }
            FileKind::MetaGraph | FileKind::Text(TextKind::MetaGraph) => {
                let prefix = path.with_extension("");
                let has_checkpoint = files::with_suffix(&prefix, ".index").is_file();
                Ok(ModelFile::MetaGraph {
                    meta_graph: Box::new(MetaGraph::new(parse(path, &bytes)?, None)),
                    checkpoint: has_checkpoint.then_some(prefix),
                })
            }
            FileKind::SavedModel | FileKind::Text(TextKind::SavedModel) => {
                match path
                    .parent()
                    .filter(|directory| SavedModel::file_in(directory).as_deref() == Some(path))
                {
                    Some(directory) => SavedModel::load(directory).map(ModelFile::SavedModel),
                    None => bail!(
                        invalid_argument,
                        "{}: this is a SavedModel outside of its directory; name the directory that holds it as \
                         saved_model.pb",
                        path.display()
                    ),
                }
            }
            kind => bail!(
                invalid_argument,
                "{}: this is {kind}, not a GraphDef, a MetaGraphDef or a SavedModel",
                path.display()
            ),
        }
    }
}

/// Reads a GraphDef, binary or text.
///
/// # Errors
/// As [`ModelFile::open`].
pub fn read_graph_def(path: impl AsRef<Path>) -> Result<GraphDef> {
    let kinds = [FileKind::GraphDef, FileKind::Text(TextKind::GraphDef), FileKind::Empty];
    read_as(path.as_ref(), "a GraphDef", &kinds)
}

/// Reads a MetaGraphDef, binary or text: a `.meta` file.
///
/// # Errors
/// As [`ModelFile::open`].
pub fn read_meta_graph(path: impl AsRef<Path>) -> Result<MetaGraph> {
    let kinds = [FileKind::MetaGraph, FileKind::Text(TextKind::MetaGraph), FileKind::Empty];
    read_as::<MetaGraphDef>(path.as_ref(), "a MetaGraphDef", &kinds).map(|proto| MetaGraph::new(proto, None))
}

/// Writes a message, such as a graph, to a file that appears when it is complete; directories are made.
///
/// # Errors
/// Those of the file system.
pub fn write_message<M: Described>(path: impl AsRef<Path>, message: &M, as_text: bool) -> Result<()> {
    let path = path.as_ref();
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        files::create_directory(directory)?;
    }
    match as_text {
        true => files::write_file(path, text::to_text(message).as_bytes()),
        false => files::write_file(path, &deterministic::to_bytes(message, MapOrder::Python)),
    }
}

/// Writes a file that appears when it is complete.
///
/// # Errors
/// Those of the file system.
pub fn write_bytes(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    files::write_file(path.as_ref(), bytes)
}

fn read_as<M: Described>(path: &Path, what: &str, kinds: &[FileKind]) -> Result<M> {
    crate::install();
    if path.is_dir() {
        let found =
            if SavedModel::file_in(path).is_some() { "a SavedModel directory" } else { "a directory" };
        bail!(invalid_argument, "{}: this is {found}, not {what}", path.display());
    }
    let bytes = files::read_file(path)?;
    let kind = FileKind::detect(&bytes);
    match parse(path, &bytes) {
        Ok(message) if kinds.contains(&kind) => Ok(message),
        // A damaged file, or one whose first bytes say little, is better told by what is wrong in it.
        Err(error) if kinds.contains(&kind) || kind == FileKind::Unknown => Err(error),
        _ => bail!(invalid_argument, "{}: this is {kind}, not {what}", path.display()),
    }
}

/// The message in a file that is known to hold one, binary or text.
pub(crate) fn parse<M: Described>(path: &Path, bytes: &[u8]) -> Result<M> {
    let failed = |reason: String| Error::data_loss(format!("Cannot parse file {}: {reason}", path.display()));
    if let FileKind::Text(_) = FileKind::detect(bytes) {
        let text = std::str::from_utf8(bytes).map_err(|error| failed(error.to_string()))?;
        return text::from_text(text).map_err(|error| failed(error.to_string()));
    }
    M::decode(bytes).map_err(|error| failed(error.to_string()))
}
