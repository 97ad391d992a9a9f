//! The recorded cases of this family's ops; their gradients use ops of other families.

fn main() -> std::process::ExitCode {
    let ops: Vec<_> = ferroflow_ops::all().collect();
    ferroflow_case_harness::run_family(env!("CARGO_MANIFEST_DIR"), ops.leak())
}
