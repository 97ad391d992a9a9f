//! The snapshot of a run's trace: which steps ran, in their order.

use ferroflow_graph::StepTiming;
use std::fmt;

/// What stands in a snapshot for a trace; see [`trace_snapshot`].
#[derive(Clone, Debug)]
pub struct TraceSnapshot(Vec<(String, String)>);

/// The snapshot of a traced run: a line `Op node` for each step, without times, which never hold still.
///
/// ```
/// use ferroflow_graph::StepTiming;
/// use ferroflow_testing::trace_snapshot;
/// let step = StepTiming { node: "y".into(), op: "MatMul".into(), start_us: 3, nanos: 1200 };
/// assert_eq!(trace_snapshot(&[step]).to_string(), "MatMul y");
/// ```
pub fn trace_snapshot(steps: &[StepTiming]) -> TraceSnapshot {
    TraceSnapshot(steps.iter().map(|step| (step.op.clone(), step.node.clone())).collect())
}

impl TraceSnapshot {
    /// With the steps in the order of their names, for runs that use several threads.
    #[must_use]
    pub fn sorted(mut self) -> TraceSnapshot {
        self.0.sort();
        self
    }
}

impl fmt::Display for TraceSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(|(op, node)| format!("{op} {node}")).collect();
        f.write_str(&lines.join("\n"))
    }
}
