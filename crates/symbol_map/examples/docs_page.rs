//! Writes the symbol map's page of the book to standard output:
//! `cargo run -p ferroflow-symbol-map --example docs_page > docs/src/symbol-map.md`.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(ferroflow_symbol_map::docs_page().as_bytes())
}
