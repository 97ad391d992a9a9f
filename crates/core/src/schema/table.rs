//! The recorded signatures, found by name.

use super::OpSchema;
use std::sync::{LazyLock, OnceLock};

/// A line per op, sorted by the bytes of the name.
static TEXT: &str = include_str!("op_schemas.txt");

struct Entry {
    line: &'static str,
    name: &'static str,
    parsed: OnceLock<Option<Box<OpSchema>>>,
}

/// Where each line starts; found once, at the first look-up.
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    TEXT.lines()
        .map(|line| {
            let name = line.split_once('(').map_or(line, |(name, _)| name);
            Entry { line, name, parsed: OnceLock::new() }
        })
        .collect()
});

impl Entry {
    fn schema(&'static self) -> Option<&'static OpSchema> {
        self.parsed.get_or_init(|| self.line.parse().ok().map(Box::new)).as_deref()
    }
}

/// The signature of an op that TensorFlow registers, whether or not this engine can run it.
///
/// ```
/// use ferroflow_core::schema::{self, ArgType};
/// let op = schema::lookup("MatMul").ok_or("no such op")?;
/// assert_eq!(op.inputs[0].kind, ArgType::Attr("T".to_string()));
/// assert!(schema::lookup("MatMull").is_none());
/// # Ok::<(), &str>(())
/// ```
pub fn lookup(name: &str) -> Option<&'static OpSchema> {
    at(position(name)?)
}

/// Where an op stands in the order of [`names`].
pub fn position(name: &str) -> Option<usize> {
    ENTRIES.binary_search_by(|entry| entry.name.cmp(name)).ok()
}

/// The signature at a position in the order of [`names`].
pub fn at(position: usize) -> Option<&'static OpSchema> {
    ENTRIES.get(position)?.schema()
}

/// The names of all ops, sorted by their bytes.
pub fn names() -> impl ExactSizeIterator<Item = &'static str> {
    ENTRIES.iter().map(|entry| entry.name)
}

/// All signatures, by name.
pub fn all() -> impl Iterator<Item = &'static OpSchema> {
    ENTRIES.iter().filter_map(Entry::schema)
}
