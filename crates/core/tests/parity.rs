//! The recorded cases of this crate's own ops.

fn main() -> std::process::ExitCode {
    ferroflow_case_harness::run_family(env!("CARGO_MANIFEST_DIR"), ferroflow_core::OPS)
}
