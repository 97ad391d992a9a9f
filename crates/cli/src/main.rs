//! `ferroflow`: runs, measures and inspects TensorFlow models from the command line.

mod args;
mod bench;
mod convert;
mod inspect;
mod ops;
mod outcome;
mod output_file;
mod program;
mod progress;
mod records;
mod run;
mod serve;
mod symbols;
mod value;

use args::{Args, Command};
use ferroflow_core::Error;
use outcome::Outcome;
use std::process::ExitCode;
use std::time::Instant;

/// Room for functions that call each other as deeply as the engine lets them; pages are only taken when used.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    let started = Instant::now();
    // Whatever goes wrong is told in one line, by `Outcome`.
    std::panic::set_hook(Box::new(|_| {}));
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(move || command(started));
    let outcome = match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => Outcome::of_panic(&*panic),
        Err(error) => Outcome::Failure(Error::resource_exhausted(error.to_string())),
    };
    outcome.report()
}

fn command(started: Instant) -> Outcome {
    let args = match Args::read() {
        Ok(args) => args,
        Err(outcome) => return outcome,
    };
    let result = match args.command {
        Command::Run(args) => run::run(&args),
        Command::Bench(args) => bench::bench(&args, started),
        Command::Inspect(args) => inspect::inspect(&args),
        Command::Symbols(args) => symbols::symbols(&args),
        Command::Ops(args) => ops::ops(&args),
        Command::Convert(args) => convert::convert(&args),
        Command::Records(args) => records::records(&args),
        Command::Serve(args) => serve::serve(args),
    };
    result.map_or_else(Outcome::Failure, Outcome::Text)
}
