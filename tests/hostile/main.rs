//! Whatever shapes, values and attributes an op is given, it returns a result or an error: it neither panics nor
//! allocates without bound nor runs without end. `cargo test -p ferroflow-tests --test hostile -- FILTER`.
//!
//! The inputs are those of the recorded cases, changed at random: near to what ops take, so that they get far. A child
//! process runs them with a bound on its memory; where it ends before its time, another goes on with the next op.

// The report is what this test gives out.
#![allow(clippy::print_stdout)]

mod mutate;

use ferroflow_case_harness::case::Case;
use ferroflow_case_harness::instance::{Instance, instances};
use ferroflow_case_harness::{eager, files};
use ferroflow_core::{Code, Env, OpDef, registry, run_op};
use mutate::Mutator;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The memory a process may have, in KiB: no call of these small cases has a reason to come near it.
const MEMORY: u64 = 3 << 19;
/// How long a kernel may run; those that can run for long ask for the deadline now and then.
const DEADLINE: Duration = Duration::from_secs(2);
/// How long a whole op may take before it counts as endless.
const PATIENCE: Duration = Duration::from_secs(60);
/// Changes of each recorded case.
const ROUNDS: u64 = 16;
/// What has effects outside of the process.
const LEFT_OUT: &[&str] = &[
    "CreateSummaryFileWriter",
    "MergeV2Checkpoints",
    "Print",
    "PrintV2",
    "Save",
    "SaveSlices",
    "SaveV2",
    "WriteFile",
];

/// The marks of the child's lines: an op that begins, a call that panicked.
const BEGIN: &str = "begin ";
const PANIC: &str = "panic ";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(first) = args.iter().find_map(|arg| arg.strip_prefix("--child=")) {
        let filter = args.iter().find_map(|arg| arg.strip_prefix("--only="));
        run_from(first.parse().unwrap_or(0), filter.unwrap_or(""));
        return ExitCode::SUCCESS;
    }
    let filter = args.iter().find(|arg| !arg.starts_with("--")).map_or("", String::as_str);
    let (mut first, mut failures, start) = (0, Vec::new(), Instant::now());
    loop {
        let (reached, ended_well) = watch(first, filter, &mut failures);
        if ended_well {
            break;
        }
        match reached {
            Some((number, op)) => {
                failures.push(format!("{op} ended the process: it allocates too much, or runs without end"));
                first = number + 1;
            }
            None => {
                failures.push("the process did not start".to_string());
                break;
            }
        }
    }
    for failure in &failures {
        println!("{failure}");
    }
    let verdict = if failures.is_empty() { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {} failed; finished in {:.2}s\n",
        failures.len(),
        start.elapsed().as_secs_f64()
    );
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(101) }
}

/// Runs a child from an op on. Returns the op that it reached last, and whether it came to its end.
fn watch(first: usize, filter: &str, failures: &mut Vec<String>) -> (Option<(usize, String)>, bool) {
    let Ok(program) = std::env::current_exe() else { return (None, false) };
    let args = [format!("--child={first}"), format!("--only={filter}")];
    let mut command = if cfg!(unix) {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")).arg(program);
        shell
    } else {
        Command::new(program)
    };
    // Threads that reserve memory of their own would be taken for ops that do.
    command.env("MALLOC_ARENA_MAX", "1");
    let Ok(mut child) = command.args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn() else {
        return (None, false);
    };
    let (sender, lines) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    let mut reached = None;
    let timed_out = loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                if let Some((number, op)) = line.strip_prefix(BEGIN).and_then(|rest| rest.split_once(' ')) {
                    reached = number.parse().ok().map(|number| (number, op.to_string()));
                } else if let Some(panic) = line.strip_prefix(PANIC) {
                    failures.push(panic.to_string());
                }
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break false,
            Err(mpsc::RecvTimeoutError::Timeout) => break true,
        }
    };
    if timed_out {
        // Nothing is lost when it ended meanwhile.
        let _ = child.kill();
    }
    let ended_well = child.wait().is_ok_and(|status| status.success());
    (reached, ended_well && !timed_out)
}

/// Runs the changed cases of all ops from one on.
fn run_from(first: usize, filter: &str) {
    ferroflow_graph::install();
    ferroflow_data::install();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let directories = ["core", "ops", "formats", "data"];
    let found = directories.map(|directory| files::find(&crates.join(directory)).unwrap_or_default());
    let found: Vec<_> = found.into_iter().flatten().collect();
    let mut by_op: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in found.iter().filter_map(|file| file.cases.as_ref().ok()).flatten() {
        by_op.entry(&case.op).or_default().push(case);
    }
    std::panic::set_hook(Box::new(|info| {
        let at = info.location().map_or(String::new(), |at| format!("{}:{}", at.file(), at.line()));
        println!("{PANIC}{} at {at}", std::thread::current().name().unwrap_or("a thread"));
    }));
    for (number, (op, cases)) in by_op.into_iter().enumerate().skip(first) {
        let Some(def) = registry::lookup(op).filter(|_| op.contains(filter)) else { continue };
        if LEFT_OUT.contains(&op) {
            continue;
        }
        println!("{BEGIN}{number} {op}");
        for instance in cases.iter().flat_map(|case| instances(case)) {
            if !instance.is_graph_only() {
                run_changed(def, &instance);
            }
        }
    }
}

/// Runs one case with changes.
fn run_changed(def: &'static OpDef, instance: &Instance<'_>) {
    let name = instance.name();
    let ran = match catch_unwind(AssertUnwindSafe(|| eager::run(instance))) {
        Ok(Ok(ran)) => ran,
        Ok(Err(_)) => return,
        Err(_) => return println!("{PANIC}{name} as it is recorded"),
    };
    let inputs: Option<Vec<_>> = ran.inputs.iter().map(|tensor| tensor.value().ok().cloned()).collect();
    let Some(inputs) = inputs else { return };
    for round in 0..ROUNDS {
        let mut mutator = Mutator::new(&name, round);
        let (mut attrs, mut changed) = (ran.attrs.clone(), inputs.clone());
        let changes = mutator.change(def.schema(), &mut attrs, &mut changed);
        let shown: Vec<String> =
            changed.iter().map(|array| format!("{}{}", array.dtype().name(), array.shape())).collect();
        let mut env = Env::default();
        env.deadline = Some(Instant::now() + DEADLINE);
        let outcome =
            catch_unwind(AssertUnwindSafe(|| run_op(def, &attrs, def.name, &mut changed, &env, None)));
        match outcome {
            Err(_) => println!("{PANIC}{name}, round {round}: {changes}; inputs {}", shown.join(" ")),
            // What waits for another op waits in every round.
            Ok(Err(error)) if error.code() == Code::DeadlineExceeded => return,
            Ok(_) => {}
        }
    }
}
