//! Writes `data/paths.txt` anew from the public items of the facades, read from standard input, one full
//! path a line: `... | cargo run -p ferroflow-symbol-map --example claims > crates/symbol_map/data/paths.txt`.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

fn main() -> std::io::Result<ExitCode> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let (v1, v2): (Vec<&str>, Vec<&str>) =
        text.lines().filter(|l| !l.is_empty()).partition(|l| l.starts_with("ferroflow::compat::v1::"));
    match ferroflow_symbol_map::claims(&v1, &v2) {
        Ok(lines) => {
            std::io::stdout().write_all(lines.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(unknown) => {
            for item in unknown {
                writeln!(std::io::stderr(), "no TensorFlow symbol has the path {item}")?;
            }
            Ok(ExitCode::FAILURE)
        }
    }
}
