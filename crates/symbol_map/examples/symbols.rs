//! Prints what the map knows about a symbol: `cargo run -p ferroflow-symbol-map --example symbols argmax [--json]`.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> std::io::Result<ExitCode> {
    let (flags, names): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|a| a == "--json");
    for name in names {
        match ferroflow_symbol_map::lookup(&name) {
            Ok(symbol) if flags.is_empty() => writeln!(std::io::stdout(), "{}", symbol.to_text())?,
            Ok(symbol) => writeln!(std::io::stdout(), "{}", symbol.to_json())?,
            Err(error) => {
                writeln!(std::io::stderr(), "error: NOT_FOUND: {error}")?;
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
