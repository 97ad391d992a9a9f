//! `SavedModel`: a SavedModel directory and the choice of one of its meta graphs.

use super::meta_graph::MetaGraph;
use crate::files;
use crate::graph_file;
use ferroflow_core::{Error, Result, bail};
use ferroflow_proto as proto;
use ferroflow_proto::sniff::FileKind;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(super) const BINARY: &str = "saved_model.pb";
pub(super) const TEXT: &str = "saved_model.pbtxt";

/// A SavedModel as it lies in a directory: graphs, signatures, assets and a checkpoint.
///
/// ```no_run
/// use ferroflow_formats::SavedModel;
/// let model = SavedModel::load("export")?;
/// let meta_graph = model.meta_graph(&["serve"])?;
/// for (key, signature) in meta_graph.signatures()? {
///     println!("{key}: {:?}", signature.inputs.keys());
/// }
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SavedModel {
    directory: PathBuf,
    meta_graphs: Vec<MetaGraph>,
}

impl SavedModel {
    /// Reads `saved_model.pb`, or else `saved_model.pbtxt`, of a directory. Variables are read when asked for.
    ///
    /// # Errors
    /// `NotFound` when the directory holds neither, `DataLoss` when the file cannot be parsed.
    pub fn load(directory: impl AsRef<Path>) -> Result<SavedModel> {
        let directory = directory.as_ref();
        let Some(path) = SavedModel::file_in(directory) else {
            bail!(
                not_found,
                "SavedModel file does not exist at: {}/{{saved_model.pbtxt|saved_model.pb}}",
                directory.display()
            );
        };
        let bytes = files::read_file(&path)?;
        let model: proto::SavedModel =
            graph_file::parse(&path, &bytes).map_err(|error| match FileKind::detect(&bytes) {
                kind @ (FileKind::GraphDef | FileKind::MetaGraph | FileKind::Foreign(_)) => {
                    Error::invalid_argument(format!("{}: this is {kind}, not a SavedModel", path.display()))
                }
                _ => error,
            })?;
        let meta_graphs = model.meta_graphs.into_iter().map(|proto| MetaGraph::new(proto, Some(directory)));
        Ok(SavedModel { directory: directory.to_path_buf(), meta_graphs: meta_graphs.collect() })
    }

    /// The file of a SavedModel in this directory, if there is one.
    pub(crate) fn file_in(directory: &Path) -> Option<PathBuf> {
        [BINARY, TEXT].map(|name| directory.join(name)).into_iter().find(|path| path.is_file())
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Every meta graph.
    pub fn meta_graphs(&self) -> &[MetaGraph] {
        &self.meta_graphs
    }

    /// The meta graph with exactly these tags, in any order.
    ///
    /// # Errors
    /// `RuntimeError` with the tags there are.
    pub fn meta_graph(&self, tags: &[&str]) -> Result<&MetaGraph> {
        let wanted: BTreeSet<&str> = tags.iter().copied().collect();
        let matches =
            |graph: &&MetaGraph| graph.tags().iter().map(String::as_str).collect::<BTreeSet<_>>() == wanted;
        self.meta_graphs.iter().find(matches).ok_or_else(|| {
            let quoted = quoted(tags);
            let available: Vec<String> = self.meta_graphs.iter().map(|graph| tag_set(graph.tags())).collect();
            Error::runtime(format!(
                "MetaGraphDef associated with tags {} could not be found in SavedModel, with available tags '[{}]'. \
                 To inspect available tag-sets in the SavedModel, please use the SavedModel CLI: `saved_model_cli`.",
                quoted,
                available.join(", ")
            ))
        })
    }

    /// The only meta graph, for those who do not say which.
    ///
    /// # Errors
    /// `ValueError` when there is none or more than one.
    pub fn only_meta_graph(&self) -> Result<&MetaGraph> {
        match self.meta_graphs.as_slice() {
            [only] => Ok(only),
            graphs => {
                let sets: Vec<String> =
                    graphs.iter().map(|graph| format!("[{}]", quoted(graph.tags()))).collect();
                bail!(
                    value,
                    "Importing a SavedModel with `tf.saved_model.load` requires a `tags=` argument if there is more \
                     than one MetaGraph. Got `tags=None`, but there are {} MetaGraphs in the SavedModel with tag \
                     sets: [{}]. Pass a `tags=` argument to load this SavedModel.",
                    graphs.len(),
                    sets.join(", ")
                )
            }
        }
    }
}

/// `'serve', 'gpu'`
fn quoted(tags: &[impl AsRef<str>]) -> String {
    tags.iter().map(|tag| format!("'{}'", tag.as_ref())).collect::<Vec<_>>().join(", ")
}

/// A set of tags as Python prints it, in the order of the alphabet: Python's own is random.
fn tag_set(tags: &[String]) -> String {
    let sorted: BTreeSet<&String> = tags.iter().collect();
    if sorted.is_empty() {
        return "set()".to_string();
    }
    format!("{{{}}}", quoted(&Vec::from_iter(sorted)))
}
