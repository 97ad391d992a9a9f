//! Runs the recorded cases of ferroflow's ops: README.md describes the files, [`run_family`] runs them.

pub mod attrs;
pub mod case;
pub mod compare;
pub mod eager;
pub mod engine;
pub mod files;
pub mod gradient;
pub mod instance;
pub mod report;
pub mod shapes;
mod text;
pub mod value;

use case::Case;
use ferroflow_core::schema::{self, AttrKind};
use ferroflow_core::{OpDef, registry};
use instance::{Instance, instances};
use report::{Options, Outcome, Test};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;

static FAMILY: OnceLock<&'static [&'static OpDef]> = OnceLock::new();

/// Runs the cases of one family of ops: eagerly, with their shape functions and gradients. This is the whole `main` of
/// a family's `tests/parity.rs`:
///
/// ```no_run
/// # mod ferroflow_ops_math { pub static OPS: &[&ferroflow_core::OpDef] = &[]; }
/// fn main() -> std::process::ExitCode {
///     ferroflow_case_harness::run_family(env!("CARGO_MANIFEST_DIR"), ferroflow_ops_math::OPS)
/// }
/// ```
pub fn run_family(directory: &str, ops: &'static [&'static OpDef]) -> ExitCode {
    FAMILY.get_or_init(|| ops);
    registry::install(|name| FAMILY.get()?.iter().copied().find(|def| def.name == name));
    run_modes(&[PathBuf::from(directory)], "", EAGER, ops)
}

/// A way to check an instance: its name, the check, and which instances it is for.
pub type Mode = (&'static str, fn(&Instance<'_>) -> Outcome, fn(&Instance<'_>) -> bool);

/// What a single op can be checked for without a graph.
pub const EAGER: &[Mode] = &[
    ("eager", eager::check, |_| true),
    ("shape", eager::check_shapes, |_| true),
    ("gradient", eager::check_gradient, |instance| {
        !instance.case.grads.is_empty() && instance.failure().is_none()
    }),
];

/// Runs every case below the directories in all modes, with a manifest of known failures and the options of the
/// command line; each of `ops` must have a signature and a case.
pub fn run_modes(
    directories: &[PathBuf],
    manifest: &str,
    modes: &[Mode],
    ops: &[&'static OpDef],
) -> ExitCode {
    let mut files = Vec::new();
    let mut tests: Vec<Test<'_>> = Vec::new();
    for directory in directories {
        match files::find(directory) {
            Ok(found) => files.extend(found),
            Err(error) => tests.push(broken(directory, format!("{error}"))),
        }
    }
    let mut cases: Vec<&Case> = Vec::new();
    for file in &files {
        match &file.cases {
            Ok(found) => cases.extend(found),
            Err(error) => tests.push(broken(&file.path, error.clone())),
        }
    }
    let covered: HashSet<&str> = cases.iter().map(|case| case.op.as_str()).collect();
    for def in ops {
        let is_covered = covered.contains(def.name);
        tests.push(Test {
            name: format!("definition::{}", def.name),
            op: def.name.to_string(),
            run: Box::new(move || check_definition(def, is_covered)),
        });
    }
    for case in cases {
        let instances: Vec<_> = instances(case).into_iter().map(std::rc::Rc::new).collect();
        for (name, check, applies) in modes {
            for instance in instances.iter().filter(|instance| applies(instance)) {
                let instance = instance.clone();
                tests.push(Test {
                    name: format!("{name}::{}", instance.name()),
                    op: case.op.clone(),
                    run: Box::new(move || check(&instance)),
                });
            }
        }
    }
    report::run(&tests, &report::known_failures(manifest), &Options::from_args(std::env::args()))
}

/// Whether a definition fits its signature and has cases.
fn check_definition(def: &OpDef, is_covered: bool) -> Outcome {
    let Some(schema) = schema::lookup(def.name) else {
        return Outcome::Failed(format!("TensorFlow has no op {}", def.name));
    };
    for (name, _) in def.types {
        if !schema.attr(name).is_some_and(|attr| attr.ty.kind == AttrKind::Type) {
            return Outcome::Failed(format!("{} has no type attribute {name}", def.name));
        }
    }
    // A case cannot hold a function, nor the token of one: such ops are tested where functions are.
    let takes_functions =
        schema.attrs.iter().any(|attr| attr.ty.kind == AttrKind::Func || attr.name == "token");
    if is_covered || takes_functions {
        Outcome::Ok
    } else {
        Outcome::Failed(format!("{} has no cases", def.name))
    }
}

/// A test that fails because a file cannot be read.
fn broken<'a>(path: &Path, why: String) -> Test<'a> {
    Test {
        name: format!("file::{}", path.display()),
        op: "(files)".to_string(),
        run: Box::new(move || Outcome::Failed(why.clone())),
    }
}
