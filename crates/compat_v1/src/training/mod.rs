//! `tf.compat.v1.train` and what belongs to it: savers, meta graphs, and the machinery around sessions.

pub(crate) mod checkpoints;
pub(crate) mod meta_graph;
mod meta_graph_scope;
mod save_nodes;
pub(crate) mod saver;
mod saver_check;

pub use saver::{SaveOptions, SaverOptions, VarList};
