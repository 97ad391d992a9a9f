//! `ferroflow inspect`

mod dot;
mod html;
mod json;
mod report;
mod text;

use crate::args::InspectArgs;
use crate::output_file;
use ferroflow_core::{Error, Result};
use report::Report;
use std::io::Write;
use std::path::Path;

/// What is in a model, as text or JSON; the drawings asked for are written to their files.
pub(crate) fn inspect(args: &InspectArgs) -> Result<String> {
    let report = Report::of(&args.model)?;
    if let Some(path) = &args.dot {
        write(path, &dot::dot(&report))?;
    }
    if let Some(path) = &args.html {
        write(path, &html::html(&report))?;
    }
    Ok(if args.json { json::json(&report) } else { text::text(&report) })
}

fn write(path: &Path, text: &str) -> Result<()> {
    let failed = |error: std::io::Error| Error::unknown(format!("{}; {error}", path.display()));
    output_file::write(path, |file| file.write_all(text.as_bytes()).map_err(failed))
}
