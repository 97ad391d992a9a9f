//! Recording what functions do: not implemented.

use ferroflow_core::{Result, bail};
use std::path::Path;

/// Would record the graphs of functions that run from now on.
///
/// Source: `tf.summary.trace_on`.
///
/// # Errors
/// `Unimplemented`, always.
pub fn trace_on(_graph: bool, _profiler: bool) -> Result<()> {
    bail!(unimplemented, "tf.summary.trace_on: write the graph of a concrete function with tf.summary.graph")
}

/// Would write what was recorded.
///
/// Source: `tf.summary.trace_export`.
///
/// # Errors
/// `Unimplemented`, always.
pub fn trace_export(_name: &str, _step: i64, _profiler_outdir: Option<&Path>) -> Result<()> {
    bail!(
        unimplemented,
        "tf.summary.trace_export: write the graph of a concrete function with tf.summary.graph"
    )
}

/// Would stop recording.
///
/// Source: `tf.summary.trace_off`.
///
/// # Errors
/// `Unimplemented`, always.
pub fn trace_off() -> Result<()> {
    bail!(unimplemented, "tf.summary.trace_off: nothing is recorded")
}
