//! `tf.lookup`: tables of values by key.

mod tables;
mod tracked;

pub use tables::TableOptions;

/// `tf.lookup.experimental`
pub mod experimental {
    pub use super::tables::{DenseHashTable, MutableHashTable};
}
