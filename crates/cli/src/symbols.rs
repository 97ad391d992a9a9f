//! `ferroflow symbols`

use crate::args::SymbolsArgs;
use ferroflow_core::{Error, Result};
use ferroflow_symbol_map::lookup;

/// What became of a symbol, for people or as JSON.
pub(crate) fn symbols(args: &SymbolsArgs) -> Result<String> {
    let symbol = lookup(&args.query).map_err(|error| Error::not_found(error.to_string()))?;
    let text = if args.json { symbol.to_json() } else { symbol.to_text() };
    Ok(text.trim_end().to_string() + "\n")
}
