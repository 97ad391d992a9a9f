//! Sorted string tables in LevelDB's format: the `.index` file of a checkpoint.

mod block;
mod builder;
mod table;

pub(crate) use builder::TableBuilder;
pub(crate) use table::Table;
