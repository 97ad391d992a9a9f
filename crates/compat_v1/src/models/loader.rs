//! `tf.saved_model.load`: a SavedModel's graph and variables in a session.

use crate::training::meta_graph::import_meta_graph_with;
use crate::variables::operation;
use crate::{FeedDict, Session};
use ferroflow_core::{Error, Result};
use ferroflow_formats::{MetaGraph, SavedModel};
use ferroflow_proto::MetaGraphDef;
use std::path::Path;

/// Whether a directory holds a SavedModel.
///
/// Source: `tf.compat.v1.saved_model.contains_saved_model`.
pub fn contains_saved_model(export_dir: impl AsRef<Path>) -> bool {
    let directory = export_dir.as_ref();
    ["saved_model.pb", "saved_model.pbtxt"].iter().any(|name| directory.join(name).is_file())
}

/// Adds the meta graph with these tags to the session's graph, restores its variables in the session, and runs what it
/// wants run; gives the meta graph.
///
/// Source: `tf.compat.v1.saved_model.load`.
///
/// # Errors
/// `NotFound` without a SavedModel, `RuntimeError` for tags that it does not have, `DataLoss` when a file is damaged.
pub fn load(sess: &Session, tags: &[&str], export_dir: impl AsRef<Path>) -> Result<MetaGraphDef> {
    load_with(sess, tags, export_dir, "")
}

/// The same with the nodes in a scope.
///
/// # Errors
/// As [`load`].
pub fn load_with(
    sess: &Session,
    tags: &[&str],
    export_dir: impl AsRef<Path>,
    import_scope: &str,
) -> Result<MetaGraphDef> {
    ferroflow_v2::data::install();
    let model = SavedModel::load(export_dir)?;
    let meta_graph = model.meta_graph(tags)?;
    sess.graph().as_default_scope(|| {
        let (saver, _) =
            import_meta_graph_with(meta_graph.proto(), |options| options.import_scope(import_scope))?;
        if let (Some(saver), Some(prefix)) = (saver, meta_graph.variables_prefix()) {
            saver.restore(sess, prefix)?;
        }
        initialize(sess, meta_graph, import_scope)
    })?;
    Ok(meta_graph.proto().clone())
}

fn initialize(sess: &Session, meta_graph: &MetaGraph, import_scope: &str) -> Result<()> {
    let Some(init_op) = meta_graph.init_op()? else { return Ok(()) };
    let scoped = |name: &str| crate::variables::prepend_scope(name, import_scope);
    let mut feeds = FeedDict::new();
    for asset in meta_graph.assets()? {
        let path =
            asset.path.to_str().ok_or_else(|| Error::invalid_argument("an asset's path is not UTF-8"))?;
        feeds = feeds.feed(scoped(&asset.tensor), path);
    }
    sess.run_feed(operation(sess.graph(), &scoped(&init_op))?, feeds)
}
