//! `ferroflow run`

use crate::args::RunArgs;
use crate::output_file;
use crate::program::Program;
use ferroflow_core::{Result, npz};
use std::fmt::Write;

/// Runs a model; gives the results as text, or writes them to a file.
pub(crate) fn run(args: &RunArgs) -> Result<String> {
    let results = Program::open(&args.call)?.call()?;
    let mut text = String::new();
    match &args.out {
        Some(path) => output_file::write(path, |file| {
            npz::write_to(file, results.iter().map(|(name, value)| (name.as_str(), value)))
        })?,
        None => {
            for (name, value) in &results {
                let _ = writeln!(text, "{name}: {value}");
            }
        }
    }
    Ok(text)
}
