//! The snapshot of a run's trace: which steps ran, in their order.

use ferroflow_graph::StepTiming;
use ferroflow_proto::RunMetadata;
use std::fmt;

/// What stands in a snapshot for a trace; see [`trace_snapshot`].
#[derive(Clone, Debug)]
pub struct TraceSnapshot(Vec<String>);

/// The snapshot of a traced run: a line `Op node` for each step, without times, which never hold still.
///
/// ```
/// use ferroflow_graph::StepTiming;
/// use ferroflow_testing::trace_snapshot;
/// let step = StepTiming { node: "y".into(), op: "MatMul".into(), start_us: 3, nanos: 1200 };
/// assert_eq!(trace_snapshot(&[step]).to_string(), "MatMul y");
/// ```
pub fn trace_snapshot(steps: &[StepTiming]) -> TraceSnapshot {
    TraceSnapshot(steps.iter().map(|step| format!("{} {}", step.op, step.node)).collect())
}

/// The same of the report that a session gives of a traced run: a line `node = Op(inputs)` for each step.
///
/// ```
/// use ferroflow_proto::{DeviceStepStats, NodeExecStats, RunMetadata, StepStats};
/// use ferroflow_testing::run_metadata_snapshot;
/// let node_stats = vec![NodeExecStats { timeline_label: "y = Neg(x)".into(), ..NodeExecStats::default() }];
/// let dev_stats = vec![DeviceStepStats { node_stats, ..DeviceStepStats::default() }];
/// let metadata = RunMetadata { step_stats: Some(StepStats { dev_stats }), ..RunMetadata::default() };
/// assert_eq!(run_metadata_snapshot(&metadata).to_string(), "y = Neg(x)");
/// ```
pub fn run_metadata_snapshot(metadata: &RunMetadata) -> TraceSnapshot {
    let devices = metadata.step_stats.iter().flat_map(|stats| &stats.dev_stats);
    TraceSnapshot(
        devices.flat_map(|device| &device.node_stats).map(|node| node.timeline_label.clone()).collect(),
    )
}

impl TraceSnapshot {
    /// With the steps in the order of their lines, for runs that use several threads.
    #[must_use]
    pub fn sorted(mut self) -> TraceSnapshot {
        self.0.sort();
        self
    }
}

impl fmt::Display for TraceSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}
