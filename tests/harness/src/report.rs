//! Running tests by name and reporting as Rust's own test harness does, so that tools can read it.

// The output is what this module is for.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What became of a test.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It passed.
    Ok,
    /// It did not, for this reason.
    Failed(String),
    /// It could not be run here, for this reason.
    Ignored(String),
}

/// A test.
pub struct Test<'a> {
    /// `mode::Op/case[dtypes]`
    pub name: String,
    /// The op, for the table of failures.
    pub op: String,
    /// Runs it.
    pub run: Box<dyn Fn() -> Outcome + 'a>,
}

/// What the command line asks for.
#[derive(Debug, Default)]
pub struct Options {
    filters: Vec<String>,
    skips: Vec<String>,
    exact: bool,
    list: bool,
    verbose: bool,
    ignored_only: bool,
}

impl Options {
    /// The options of a `cargo test` binary that mean something here; the others are accepted and change nothing.
    pub fn from_args(args: impl IntoIterator<Item = String>) -> Options {
        let mut options = Options::default();
        let mut args = args.into_iter().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--exact" => options.exact = true,
                "--list" => options.list = true,
                "--verbose" => options.verbose = true,
                "--ignored" => options.ignored_only = true,
                "--skip" => options.skips.extend(args.next()),
                "--format" | "--test-threads" | "--color" | "--logfile" => drop(args.next()),
                flag if flag.starts_with('-') => {}
                _ => options.filters.push(arg),
            }
        }
        options
    }

    fn selects(&self, name: &str) -> bool {
        let hit = |filter: &String| if self.exact { name == filter } else { name.contains(filter.as_str()) };
        (self.filters.is_empty() || self.filters.iter().any(hit)) && !self.skips.iter().any(hit)
    }
}

/// The names in a manifest of known failures: one a line, `#` starts a comment.
pub fn known_failures(manifest: &str) -> Vec<String> {
    manifest
        .lines()
        .map(|line| crate::text::strip_comment(line).trim().to_string())
        .filter(|line| !line.is_empty())
        .collect()
}

/// Runs a test; a panic is a failure.
fn run_caught(test: &Test<'_>) -> Outcome {
    let message = Arc::new(Mutex::new(String::new()));
    let seen = message.clone();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        *seen.lock().unwrap_or_else(PoisonError::into_inner) = info.to_string();
    }));
    let outcome = catch_unwind(AssertUnwindSafe(|| (test.run)()));
    std::panic::set_hook(hook);
    outcome
        .unwrap_or_else(|_| Outcome::Failed(message.lock().unwrap_or_else(PoisonError::into_inner).clone()))
}

/// Runs the tests that the options select and prints the report. A known failure must fail.
pub fn run(tests: &[Test<'_>], known_failures: &[String], options: &Options) -> ExitCode {
    let selected: Vec<&Test<'_>> = tests.iter().filter(|test| options.selects(&test.name)).collect();
    if options.list {
        for test in &selected {
            println!("{}: test", test.name);
        }
        println!("\n{} tests, 0 benchmarks", selected.len());
        return ExitCode::SUCCESS;
    }
    let filtered_out = tests.len() - selected.len();
    let selected = if options.ignored_only { Vec::new() } else { selected };
    println!("\nrunning {} tests", selected.len());
    let start = Instant::now();
    let (mut passed, mut ignored) = (0usize, 0usize);
    let mut failures: Vec<(&Test<'_>, String)> = Vec::new();
    let mut by_op: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for test in selected {
        let is_known = known_failures.contains(&test.name);
        let outcome = match run_caught(test) {
            Outcome::Failed(_) if is_known => Outcome::Ok,
            Outcome::Ok if is_known => {
                Outcome::Failed("a known failure passes; take it off the manifest".to_string())
            }
            other => other,
        };
        let counts = by_op.entry(&test.op).or_default();
        let word = match outcome {
            Outcome::Ok => {
                passed += 1;
                counts.0 += 1;
                "ok".to_string()
            }
            Outcome::Ignored(why) => {
                ignored += 1;
                format!("ignored, {why}")
            }
            Outcome::Failed(why) => {
                counts.1 += 1;
                failures.push((test, why));
                "FAILED".to_string()
            }
        };
        if options.verbose || word == "FAILED" {
            println!("test {} ... {word}", test.name);
        }
    }
    if !failures.is_empty() {
        println!("\nfailures:\n");
        for (test, why) in &failures {
            println!("---- {} ----\n{why}\n", test.name);
        }
        println!("{:<40} {:>8} {:>8}", "op", "passed", "failed");
        for (op, (passed, failed)) in by_op.iter().filter(|(_, counts)| counts.1 > 0) {
            println!("{op:<40} {passed:>8} {failed:>8}");
        }
    }
    let verdict = if failures.is_empty() { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {passed} passed; {} failed; {ignored} ignored; 0 measured; {filtered_out} \
         filtered out; finished in {:.2}s\n",
        failures.len(),
        start.elapsed().as_secs_f64()
    );
    // 101 is what Rust's harness ends with, too.
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(101) }
}
