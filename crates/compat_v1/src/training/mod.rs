//! `tf.compat.v1.train` and what belongs to it: savers, meta graphs, and the machinery around sessions.

pub(crate) mod checkpoints;
pub(crate) mod meta_graph;
mod meta_graph_scope;
mod save_nodes;
pub(crate) mod saver;
mod saver_check;

pub(crate) use meta_graph_scope::graph_def_with_shapes;
pub use saver::{SaveOptions, SaverOptions, VarList};
