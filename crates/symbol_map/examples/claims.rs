//! Writes `data/paths.txt` anew from the public items of the facades, read from standard input, one a line, its full path
//! and what its documentation says, with a tab between:
//! `cargo xtask facade-items | cargo run -p ferroflow-symbol-map --example claims > crates/symbol_map/data/paths.txt`.
//! `cargo xtask facades` does the same, and more.

use std::io::{Read as _, Write as _};

fn main() -> std::io::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let items: Vec<(&str, &str)> =
        text.lines().filter(|l| !l.is_empty()).map(|l| l.split_once('\t').unwrap_or((l, ""))).collect();
    std::io::stdout().write_all(ferroflow_symbol_map::claims(&items).as_bytes())
}
