//! Every recorded case of every op, in all modes: `cargo test -p ferroflow-tests --test parity -- FILTER`.

mod function;
mod gradient;
mod graph;

use ferroflow_case_harness::{EAGER, Mode, run_modes};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    ferroflow_graph::install();
    ferroflow_data::install();
    let graphs: [Mode; 6] = [
        ("graph", graph::fed, |_| true),
        ("constant", graph::constants, |_| true),
        ("graph_def", graph::graph_def, |_| true),
        ("function", function::traced, |_| true),
        ("tape", gradient::tape, gradient::is_recorded),
        ("graph_gradient", gradient::graph, gradient::is_recorded),
    ];
    let modes = [EAGER, graphs.as_slice()].concat();
    let ops: Vec<_> = ferroflow_ops::all().collect();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let directories = ["core", "ops", "formats", "data"].map(|name| crates.join(name));
    run_modes(&directories, include_str!("known_failures.txt"), &modes, &ops)
}
