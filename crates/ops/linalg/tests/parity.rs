//! The recorded cases of this family's ops; their gradients use ops of other families.

use ferroflow_case_harness::{EAGER, run_modes};

fn main() -> std::process::ExitCode {
    ferroflow_ops::install();
    run_modes(&[env!("CARGO_MANIFEST_DIR").into()], "", EAGER, ferroflow_ops_linalg::OPS)
}
