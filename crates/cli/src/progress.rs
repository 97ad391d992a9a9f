//! `Progress`: a line on the terminal that says how far long work has come.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// Work shorter than this says nothing.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the line is written anew.
const INTERVAL: Duration = Duration::from_millis(100);

/// Shows how many of a number of steps are done; only where a person watches the standard error.
pub(crate) struct Progress {
    what: &'static str,
    total: u64,
    done: u64,
    /// When to write next; `None` where nobody watches.
    next: Option<Instant>,
    is_shown: bool,
}

impl Progress {
    pub(crate) fn new(what: &'static str, total: u64) -> Progress {
        let next = stderr().is_terminal().then(|| Instant::now() + PATIENCE);
        Progress { what, total, done: 0, next, is_shown: false }
    }

    /// One more step is done.
    pub(crate) fn step(&mut self) {
        self.done += 1;
        let Some(next) = self.next else { return };
        let now = Instant::now();
        if now >= next {
            self.next = Some(now + INTERVAL);
            self.is_shown = true;
            // A terminal that is gone is no reason to stop.
            let _ = write!(stderr(), "\r{} {} of {}", self.what, self.done, self.total);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
