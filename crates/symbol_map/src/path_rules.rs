//! The rule that turns a TensorFlow name into a ferroflow path.

/// What Rust reserves and TensorFlow uses, or may use, as a name.
const RESERVED: [&str; 52] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// The path of a v1 symbol: its name with `::` for dots, and `_` after a word that Rust reserves.
///
/// ```
/// use ferroflow_symbol_map::default_v1_path;
/// assert_eq!(default_v1_path("math.add"), "ferroflow::compat::v1::math::add");
/// assert_eq!(default_v1_path("where"), "ferroflow::compat::v1::where_");
/// ```
pub fn default_v1_path(name: &str) -> String {
    rust_path("ferroflow::compat::v1", name)
}

/// The path of a v2 symbol, by the same rule.
pub fn default_v2_path(name: &str) -> String {
    rust_path("ferroflow::v2", name)
}

fn rust_path(root: &str, name: &str) -> String {
    let mut path = String::from(root);
    for part in name.split('.') {
        path.push_str("::");
        path.push_str(part);
        if RESERVED.binary_search(&part).is_ok() {
            path.push('_');
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_sorted_and_marked() {
        assert!(RESERVED.is_sorted());
        for (name, path) in
            [("mod", "mod_"), ("math.mod", "math::mod_"), ("model", "model"), ("yield", "yield_")]
        {
            assert_eq!(default_v2_path(name), format!("ferroflow::v2::{path}"));
        }
    }
}
