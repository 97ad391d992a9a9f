//! Every recorded case of every op, in all modes: `cargo test -p ferroflow-tests --test parity -- FILTER`.

use ferroflow_case_harness::{EAGER, run_modes};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    ferroflow_ops::install();
    let ops: Vec<_> = ferroflow_ops::all().collect();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let directories = [crates.join("core"), crates.join("ops")];
    run_modes(&directories, include_str!("known_failures.txt"), EAGER, &ops)
}
