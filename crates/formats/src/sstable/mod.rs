//! Sorted string tables in LevelDB's format: the `.index` file of a checkpoint.

mod block;
mod table;

pub(crate) use table::Table;
