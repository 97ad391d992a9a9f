//! `Progress`: a line on the terminal that says how far long work has come.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// Work shorter than this says nothing.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the line is written anew.
const INTERVAL: Duration = Duration::from_millis(100);

/// What work is counted in.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Steps,
    Bytes,
}

/// Shows how much of some work is done; only where a person watches the standard error.
pub(crate) struct Progress {
    what: &'static str,
    unit: Unit,
    total: u64,
    done: u64,
    /// When to write next; `None` where nobody watches.
    next: Option<Instant>,
    is_shown: bool,
}

impl Progress {
    pub(crate) fn new(what: &'static str, unit: Unit, total: u64) -> Progress {
        let next = stderr().is_terminal().then(|| Instant::now() + PATIENCE);
        Progress { what, unit, total, done: 0, next, is_shown: false }
    }

    /// So much more is done.
    pub(crate) fn advance(&mut self, by: u64) {
        self.done = self.done.saturating_add(by);
        let Some(next) = self.next else { return };
        let now = Instant::now();
        if now >= next {
            self.next = Some(now + INTERVAL);
            self.is_shown = true;
            // A terminal that is gone is no reason to stop.
            let _ = write!(stderr(), "\r\x1b[K{}", self.text());
        }
    }

    fn text(&self) -> String {
        let Progress { what, total, done, .. } = self;
        match self.unit {
            Unit::Steps => format!("{what} {done} of {total}"),
            Unit::Bytes => format!("{what} {:.1} of {:.1} MB", megabytes(*done), megabytes(*total)),
        }
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_much_of_all_is_done() {
        let mut runs = Progress::new("run", Unit::Steps, 110);
        runs.advance(1);
        runs.advance(2);
        assert_eq!(runs.text(), "run 3 of 110");
        let mut bytes = Progress::new("convert", Unit::Bytes, 2_500_000);
        bytes.advance(1_250_000);
        assert_eq!(bytes.text(), "convert 1.2 of 2.5 MB");
    }
}
