//! The recorded cases of this family.

fn main() -> std::process::ExitCode {
    ferroflow_case_harness::run_family(env!("CARGO_MANIFEST_DIR"), ferroflow_ops_io::OPS)
}
