//! The recorded cases of this family's ops.

fn main() -> std::process::ExitCode {
    ferroflow_case_harness::run_family(env!("CARGO_MANIFEST_DIR"), ferroflow_ops_nn::OPS)
}
