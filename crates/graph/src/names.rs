//! Names of nodes and scopes: which ones TensorFlow allows, and how it makes them unique.

use ferroflow_core::{Error, Result, ensure};
use std::collections::HashMap;

pub(crate) const ROOT_PATTERN: &str = r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$";
const INNER_PATTERN: &str = r"^[A-Za-z0-9_.\\/>-]*$";

fn starts_node(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'.'
}

fn continues_node(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'\\' | b'/' | b'>' | b'-')
}

/// Whether a full name can belong to a node.
pub(crate) fn is_valid_node_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(starts_node) && bytes.all(continues_node)
}

/// Checks the name of a scope, or of an op, that is opened within `scope`.
///
/// # Errors
/// `ValueError` in TensorFlow's words.
pub(crate) fn check_scope_name(scope: &str, name: &str) -> Result<()> {
    if scope.is_empty() {
        ensure!(
            is_valid_node_name(name),
            value,
            "'{name}' is not a valid root scope name. A root scope name has to match the following pattern: \
             {ROOT_PATTERN}"
        );
    } else {
        ensure!(
            name.bytes().all(continues_node),
            value,
            "'{name}' is not a valid scope name. A scope name has to match the following pattern: {INNER_PATTERN}"
        );
    }
    Ok(())
}

/// The names in use in one graph, without regard to case.
#[derive(Clone, Default)]
pub(crate) struct NameTable(HashMap<String, usize>);

impl NameTable {
    /// A name that nobody uses: the given one, or that with `_1`, `_2` and so on behind it.
    pub(crate) fn unique(&mut self, name: &str, mark: bool) -> String {
        let mut key = name.to_lowercase();
        let mut count = self.0.get(&key).copied().unwrap_or(0);
        if mark {
            self.0.insert(key.clone(), count + 1);
        }
        if count == 0 {
            return name.to_string();
        }
        let base = key.clone();
        while self.0.contains_key(&key) {
            key = format!("{base}_{count}");
            count += 1;
        }
        if mark {
            self.0.insert(key, 1);
        }
        format!("{name}_{}", count - 1)
    }

    /// Marks a name as used.
    pub(crate) fn take(&mut self, name: &str) {
        self.0.entry(name.to_lowercase()).or_insert(1);
    }

    /// Marks a name, and every scope it stands in, as used.
    pub(crate) fn mark(&mut self, name: &str) {
        let key = name.to_lowercase();
        for (position, _) in key.match_indices('/') {
            self.0.entry(key[..position].to_string()).or_insert(1);
        }
        self.0.entry(key).or_insert(1);
    }
}

/// A tensor's name, `node:index`, in its parts.
///
/// # Errors
/// `ValueError` in TensorFlow's words when the name is not of that form.
pub(crate) fn parse_tensor_name(name: &str) -> Result<(&str, usize)> {
    let bad = || {
        Error::value(format!(
            "The name '{name}' looks a like a Tensor name, but is not a valid one. Tensor names must be of the form \
             \"<op_name>:<output_index>\"."
        ))
    };
    let (node, index) = name.split_once(':').ok_or_else(bad)?;
    Ok((node, index.parse().map_err(|_| bad())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_without_regard_to_case() {
        let mut names = NameTable::default();
        assert_eq!(names.unique("a", true), "a");
        assert_eq!(names.unique("a", true), "a_1");
        assert_eq!(names.unique("A", true), "A_2");
        assert_eq!(names.unique("A", true), "A_3");
    }
}
