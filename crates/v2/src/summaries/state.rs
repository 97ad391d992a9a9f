//! What holds for summaries on this thread: the writer, the step, and whether anything is recorded.

use super::SummaryWriter;
use std::cell::{Cell, RefCell};

thread_local! {
    static WRITERS: RefCell<Vec<SummaryWriter>> = const { RefCell::new(Vec::new()) };
    static STEP: Cell<Option<i64>> = const { Cell::new(None) };
    static RECORDING: Cell<bool> = const { Cell::new(true) };
}

/// The default writer.
pub(super) fn default_writer() -> Option<SummaryWriter> {
    WRITERS.with_borrow(|writers| writers.last().cloned())
}

pub(super) fn push(writer: SummaryWriter) {
    WRITERS.with_borrow_mut(|writers| writers.push(writer));
}

pub(super) fn pop() {
    WRITERS.with_borrow_mut(|writers| drop(writers.pop()));
}

pub(super) fn replace_step(step: Option<i64>) -> Option<i64> {
    STEP.replace(step)
}

/// Whether summaries are recorded: there is a writer, and [`record_if`] does not forbid it.
///
/// Source: `tf.summary.should_record_summaries`.
pub fn should_record_summaries() -> bool {
    RECORDING.get() && default_writer().is_some_and(|writer| !writer.is_noop())
}

/// Records summaries, or does not, until the guard is dropped.
///
/// Source: `tf.summary.record_if`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let _off = tf::summary::record_if(false);
/// assert!(!tf::summary::scalar("loss", 0.5, 1)?);
/// # Ok::<(), tf::Error>(())
/// ```
#[must_use]
pub fn record_if(condition: bool) -> RecordGuard {
    RecordGuard { before: RECORDING.replace(condition) }
}

/// Ends what [`record_if`] began.
pub struct RecordGuard {
    before: bool,
}

impl Drop for RecordGuard {
    fn drop(&mut self) {
        RECORDING.set(self.before);
    }
}

/// `tf.summary.experimental`: the default step.
pub(crate) mod experimental {
    /// The step of summaries that name none.
    ///
    /// Source: `tf.summary.experimental.get_step`.
    pub fn get_step() -> Option<i64> {
        super::STEP.get()
    }

    /// Sets the step of summaries that name none, on this thread.
    ///
    /// Source: `tf.summary.experimental.set_step`.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// tf::summary::experimental::set_step(7);
    /// assert_eq!(tf::summary::experimental::get_step(), Some(7));
    /// ```
    pub fn set_step(step: impl Into<Option<i64>>) {
        super::replace_step(step.into());
    }
}
