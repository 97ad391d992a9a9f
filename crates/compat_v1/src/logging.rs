//! `tf.logging`: lines on standard error, from a level on.

use ferroflow_core::{Error, Result};
use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

/// The level of [`fatal`].
pub const FATAL: i32 = 50;
/// The level of [`error`].
pub const ERROR: i32 = 40;
/// The level of [`warn`], from which on lines are written unless [`set_verbosity`] says otherwise.
pub const WARN: i32 = 30;
/// The level of [`info`].
pub const INFO: i32 = 20;
/// The level of [`debug`].
pub const DEBUG: i32 = 10;

static VERBOSITY: AtomicI32 = AtomicI32::new(WARN);

/// The level from which on lines are written.
pub fn get_verbosity() -> i32 {
    VERBOSITY.load(Ordering::Relaxed)
}

/// Sets the level from which on lines are written.
pub fn set_verbosity(v: i32) {
    VERBOSITY.store(v, Ordering::Relaxed);
}

fn level_name(level: i32) -> String {
    match level {
        FATAL => "CRITICAL".to_string(),
        ERROR => "ERROR".to_string(),
        WARN => "WARNING".to_string(),
        INFO => "INFO".to_string(),
        DEBUG => "DEBUG".to_string(),
        other => format!("Level {other}"),
    }
}

/// What a line of this level looks like.
fn line(level: i32, msg: &str) -> String {
    format!("{}:tensorflow:{msg}\n", level_name(level))
}

/// Writes a line of this level: `INFO:tensorflow:` and the message.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// tf::logging::set_verbosity(tf::logging::INFO);
/// tf::logging::info("step 1"); // INFO:tensorflow:step 1
/// assert_eq!(tf::logging::get_verbosity(), tf::logging::INFO);
/// ```
pub fn log(level: i32, msg: &str) {
    if level >= get_verbosity() {
        // A line that cannot be written is no reason to stop.
        let _ = std::io::stderr().lock().write_all(line(level, msg).as_bytes());
    }
}

/// [`log`] at the level [`DEBUG`].
pub fn debug(msg: &str) {
    log(DEBUG, msg);
}

/// [`log`] at the level [`INFO`].
pub fn info(msg: &str) {
    log(INFO, msg);
}

/// [`log`] at the level [`WARN`].
pub fn warn(msg: &str) {
    log(WARN, msg);
}

/// [`log`] at the level [`WARN`].
pub fn warning(msg: &str) {
    log(WARN, msg);
}

/// [`log`] at the level [`ERROR`].
pub fn error(msg: &str) {
    log(ERROR, msg);
}

/// [`log`] at the level [`FATAL`]; the program goes on.
pub fn fatal(msg: &str) {
    log(FATAL, msg);
}

/// [`log`] at a level that is a number of its own.
pub fn vlog(level: i32, msg: &str) {
    log(level, msg);
}

/// [`log`], if the condition holds.
pub fn log_if(level: i32, msg: &str, condition: bool) {
    if condition {
        log(level, msg);
    }
}

/// How often a message was logged before.
fn count(msg: &str) -> u64 {
    static COUNTS: Mutex<Option<HashMap<String, u64>>> = Mutex::new(None);
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let count = counts.get_or_insert_with(HashMap::new).entry(msg.to_string()).or_insert(0);
    *count += 1;
    *count - 1
}

/// [`log`], the first time and every `n` times after that. Differs from TensorFlow: messages are counted by their text, not by
/// the line of the call.
pub fn log_every_n(level: i32, msg: &str, n: u64) {
    log_if(level, msg, count(msg).checked_rem(n) == Some(0));
}

/// [`log`], the first `n` times. Differs from TensorFlow as [`log_every_n`] does.
pub fn log_first_n(level: i32, msg: &str, n: u64) {
    log_if(level, msg, count(msg) < n);
}

/// Hands what was logged to standard error.
///
/// # Errors
/// What the stream finds wrong.
pub fn flush() -> Result<()> {
    std::io::stderr().flush().map_err(|error| Error::unknown(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_begin_with_the_level() {
        let lines = include_str!("../tests/data/log_lines.txt").split_inclusive('\n');
        let levels = [FATAL, ERROR, WARN, INFO, DEBUG];
        assert!(lines.eq(levels.map(|level| line(level, "message"))));
    }

    #[test]
    fn messages_are_counted_by_their_text() {
        assert_eq!((count("a"), count("a"), count("b"), count("a")), (0, 1, 0, 2));
    }
}
