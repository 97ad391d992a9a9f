//! `SavedModelBundle`: a SavedModel that is ready to run.

use super::loader::SavedModel;
use super::meta_graph::MetaGraph;
use super::runner::SignatureRunner;
use ferroflow_core::{Error, NdArray, Result, TString};
use ferroflow_graph::{DirectSession, Graph, Port};
use std::path::Path;
use std::sync::Arc;

/// A SavedModel in a session: its variables are restored and its tables filled.
///
/// ```no_run
/// use ferroflow_core::NdArray;
/// use ferroflow_formats::SavedModelBundle;
/// let model = SavedModelBundle::load("export", &["serve"])?;
/// let images = NdArray::from_vec(&[1, 2], vec![0.5f32, 1.0])?;
/// let outputs = model.signature("serving_default")?.call([("x", images)])?;
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub struct SavedModelBundle {
    meta_graph: MetaGraph,
    session: Arc<DirectSession>,
}

impl SavedModelBundle {
    /// Loads the meta graph with these tags into a session, restores its variables and runs its init operation.
    ///
    /// # Errors
    /// As [`SavedModel::load`] and [`SavedModel::meta_graph`]; those of a malformed graph; `Unimplemented` when an
    /// operation that restores or initialises has no kernel; those of reading the checkpoint.
    pub fn load(directory: impl AsRef<Path>, tags: &[&str]) -> Result<SavedModelBundle> {
        let model = SavedModel::load(directory)?;
        SavedModelBundle::new(model.meta_graph(tags)?.clone())
    }

    /// The same for a meta graph that has been chosen.
    ///
    /// # Errors
    /// As [`SavedModelBundle::load`].
    pub fn new(meta_graph: MetaGraph) -> Result<SavedModelBundle> {
        crate::install();
        let session = Arc::new(DirectSession::new(Graph::from_graph_def(meta_graph.graph_def()?)?));
        if let Some(prefix) = meta_graph.variables_prefix() {
            restore(&session, &meta_graph, prefix)?;
        }
        let bundle = SavedModelBundle { meta_graph, session };
        bundle.initialize()?;
        Ok(bundle)
    }

    /// The meta graph that was loaded.
    pub fn meta_graph(&self) -> &MetaGraph {
        &self.meta_graph
    }

    /// The session, to run any part of the graph.
    pub fn session(&self) -> &DirectSession {
        &self.session
    }

    /// A signature, ready to be called.
    ///
    /// # Errors
    /// `KeyError` with the signatures there are, and `Unimplemented` when an op that it needs has no kernel.
    pub fn signature(&self, key: &str) -> Result<SignatureRunner> {
        SignatureRunner::new(key, self.meta_graph.signature(key)?, self.session.clone())
    }

    fn initialize(&self) -> Result<()> {
        let Some(op) = self.meta_graph.init_op()? else { return Ok(()) };
        let graph = self.session.graph();
        let mut feeds = Vec::new();
        for asset in self.meta_graph.assets()? {
            let path =
                asset.path.to_str().ok_or_else(|| Error::invalid_argument("an asset's path is not UTF-8"))?;
            feeds.push((port(graph, &asset.tensor)?, NdArray::scalar(TString::from(path))));
        }
        self.session.run(&feeds, &[], &[operation(graph, &op)?])?;
        Ok(())
    }
}

/// Restores the variables of a meta graph, whose graph the session has, from the checkpoint at `prefix`; does
/// nothing where the meta graph has no saver.
///
/// # Errors
/// `Unimplemented` when an op that restores has no kernel, and those of reading the checkpoint.
pub fn restore(session: &DirectSession, meta_graph: &MetaGraph, prefix: impl AsRef<Path>) -> Result<()> {
    crate::install();
    let Some(saver) = meta_graph.saver_def().filter(|saver| !saver.restore_op_name.is_empty()) else {
        return Ok(());
    };
    let prefix = prefix.as_ref().to_str().ok_or_else(|| Error::invalid_argument("the path is not UTF-8"))?;
    let graph = session.graph();
    let filename = port(graph, &saver.filename_tensor_name)?;
    let target = operation(graph, &saver.restore_op_name)?;
    session.run(&[(filename, NdArray::scalar(TString::from(prefix)))], &[], &[target])?;
    Ok(())
}

/// The output of the graph that a name such as `x:0` stands for.
pub(super) fn port(graph: &Graph, name: &str) -> Result<Port> {
    let name = if name.contains(':') { name.to_string() } else { format!("{name}:0") };
    let tensor = graph.get_tensor_by_name(&name)?;
    graph.port(&tensor).ok_or_else(|| Error::internal("a tensor is not of its graph"))
}

/// The operation of this name; the name of one of its outputs stands for it too.
fn operation(graph: &Graph, name: &str) -> Result<usize> {
    let name = name.split(':').next().unwrap_or(name);
    graph.get_operation_by_name(name).map(|operation| operation.id())
}
