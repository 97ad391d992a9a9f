//! Project commands: `cargo xtask COMMAND`.

// A command line prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod check;
mod documentation;
mod facades;
mod layers;
mod new_op;
mod packages;
mod record;
mod sources;

use std::process::ExitCode;

/// What a command gives back: an error is a message for the person at the terminal.
type Result<T = ()> = std::result::Result<T, String>;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  record [NAME|FILE...]    write TensorFlow's answers into case files: those given, those that hold cases of an
                           op, or all; FERROFLOW_TF_PYTHON names a Python that has TensorFlow
  new-op NAME FAMILY       start an op: its source, its cases and its line in the family's list
  facades                  write TensorFlow's modules in both facades from what the op families offer, the claims of
                           the symbol map from what the facades offer, and the book's page
  facade-items             print the public items of both facades
  layers                   check that no crate uses one above it
  check [NAME...]          format, layers, packages, links of the documentation, sizes of files, lints";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["record", names @ ..] => record::record(names),
        ["new-op", name, family] => new_op::new_op(name, family),
        ["facades"] => facades::write_all(),
        ["facades-page"] => facades::write_page(),
        ["facade-items"] => facades::print_items(),
        ["layers"] => layers::check(),
        ["check", names @ ..] => check::check(names),
        _ => Err(USAGE.to_string()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
