//! Graphs as models: SavedModels written and loaded, graphs frozen and written to files.

pub(crate) mod builder;
pub(crate) mod graph_util;
pub(crate) mod loader;
pub(crate) mod signatures;
