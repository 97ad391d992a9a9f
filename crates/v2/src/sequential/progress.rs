//! The progress of `fit`, `evaluate` and `predict`: a bar on terminals, a line for each epoch elsewhere.

use super::Logs;
use super::batches::{Batches, RAN_OUT};
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::time::{Duration, Instant};

/// How wide a bar is.
const WIDTH: usize = 20;
/// How often a bar moves at most.
const INTERVAL: Duration = Duration::from_millis(50);

/// The progress of one epoch. Nothing here fails: where it cannot be shown, work goes on without.
pub(super) struct Progress {
    /// How many steps there are, where that is known.
    steps: Option<usize>,
    done: usize,
    bar: bool,
    silent: bool,
    start: Instant,
    shown: Option<Instant>,
}

impl Progress {
    /// The progress of this many steps. `verbose` is 0 for silence, 1 for a bar, 2 for lines; a bar is for terminals alone.
    pub(super) fn new(steps: Option<usize>, verbose: u8) -> Progress {
        let bar = verbose == 1 && std::io::stdout().is_terminal();
        Progress { steps, done: 0, bar, silent: verbose == 0, start: Instant::now(), shown: None }
    }

    /// A line of its own before the progress of an epoch.
    pub(super) fn title(&self, text: &str) {
        if !self.silent {
            show(&format!("{text}\n"));
        }
    }

    /// Shows that another step is done.
    pub(super) fn step(&mut self, logs: &Logs) {
        self.done += 1;
        let due = self.shown.is_none_or(|shown| shown.elapsed() >= INTERVAL);
        if !self.bar || !due {
            return;
        }
        self.shown = Some(Instant::now());
        let mut line = String::from("\r");
        self.bar_of(&mut line);
        let per_step = self.per_step();
        let shown = match self.steps {
            Some(steps) => per_step * steps.saturating_sub(self.done) as f64,
            None => self.start.elapsed().as_secs_f64(),
        };
        let _ = write!(line, " {shown:.0}s {}{}", time(per_step), values(logs));
        show(&line);
    }

    /// Shows the end of the epoch.
    pub(super) fn finish(&mut self, batches: &Batches, logs: &Logs) {
        if self.silent {
            return;
        }
        if batches.ran_out {
            self.title(RAN_OUT);
        }
        self.steps = Some(self.done);
        let mut line = String::new();
        if self.bar {
            line.push('\r');
            self.bar_of(&mut line);
            line.push(' ');
        } else {
            let _ = write!(line, "{0}/{0} - ", self.done);
        }
        let seconds = self.start.elapsed().as_secs_f64();
        let dash = if self.bar { "" } else { "- " };
        let _ = writeln!(
            line,
            "{seconds:.0}s {dash}{}{}{}",
            time(self.per_step()),
            values(logs),
            if self.bar { "\x1b[K" } else { "" }
        );
        show(&line);
    }

    fn per_step(&self) -> f64 {
        self.start.elapsed().as_secs_f64() / self.done.max(1) as f64
    }

    fn bar_of(&self, line: &mut String) {
        let done = self.done;
        let Some(steps) = self.steps else {
            let _ = write!(line, "\x1b[1m{done:>7}/Unknown\x1b[0m ");
            return;
        };
        let filled = WIDTH * done.min(steps) / steps.max(1);
        let digits = steps.to_string().len();
        let (full, empty) = ("━".repeat(filled), "━".repeat(WIDTH - filled));
        let _ =
            write!(line, "\x1b[1m{done:>digits$}/{steps}\x1b[0m \x1b[32m{full}\x1b[0m\x1b[37m{empty}\x1b[0m");
    }
}

/// A duration of a step.
fn time(seconds: f64) -> String {
    match seconds {
        long if long >= 1.0 => format!("{long:.0}s/step"),
        medium if medium >= 1e-3 => format!("{:.0}ms/step", medium * 1e3),
        short => format!("{:.0}us/step", short * 1e6),
    }
}

fn values(logs: &Logs) -> String {
    logs.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = match value.abs() > 1e-3 {
            true => write!(text, " - {name}: {value:.4}"),
            false => write!(text, " - {name}: {value:.4e}"),
        };
        text
    })
}

fn show(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
