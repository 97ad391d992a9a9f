//! How a command ends: text on the standard output, or one line on the standard error.

use ferroflow_core::{Code, Error};
use std::any::Any;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// What a command has come to.
pub(crate) enum Outcome {
    /// It is done; this is for the standard output.
    Text(String),
    /// It could not be done.
    Failure(Error),
}

impl Outcome {
    /// A panic is a defect of ours, which the person at the terminal learns about in the same form.
    pub(crate) fn of_panic(panic: &(dyn Any + Send)) -> Outcome {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
        Outcome::Failure(Error::internal(format!("a defect in ferroflow: {text}")))
    }

    /// Says it.
    pub(crate) fn report(self) -> ExitCode {
        let failure = match self {
            Outcome::Failure(error) => error,
            Outcome::Text(text) => match print(&text) {
                Ok(()) => return ExitCode::SUCCESS,
                Err(error) => error,
            },
        };
        // Nobody is left to be told when this fails too.
        let _ = writeln!(std::io::stderr(), "error: {}: {}", failure.code().name(), one_line(&failure));
        ExitCode::FAILURE
    }
}

fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // The reader has seen enough, as `head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Error::new(Code::Unknown, format!("standard output: {error}"))),
    }
}

/// The message and the node it happened at, without line breaks.
fn one_line(error: &Error) -> String {
    let mut line = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(node) = error.node().filter(|node| !line.contains(*node)) {
        line.push_str(&format!(" [[{{{{node {node}}}}}]]"));
    }
    line
}
