//! Timings of a run as `RunMetadata` reports them.

use crate::{Graph, StepTiming};
use ferroflow_proto::{DeviceStepStats, NodeExecStats, StepStats};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The timings of a run of this graph on a device that began at `started`, as `RunMetadata` reports them.
pub fn step_stats(graph: &Graph, device: &str, timings: &[StepTiming], started: SystemTime) -> StepStats {
    let epoch = started.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    StepStats {
        dev_stats: vec![DeviceStepStats {
            device: device.to_string(),
            node_stats: timings.iter().map(|timing| node_stats(graph, timing, epoch)).collect(),
            thread_names: BTreeMap::new(),
        }],
    }
}

fn node_stats(graph: &Graph, timing: &StepTiming, epoch: Duration) -> NodeExecStats {
    let start = epoch + Duration::from_micros(timing.start_us);
    let nanos = i64::try_from(timing.nanos).unwrap_or(i64::MAX);
    let start_micros = i64::try_from(start.as_micros()).unwrap_or(i64::MAX);
    let start_nanos = i64::try_from(start.as_nanos()).unwrap_or(i64::MAX);
    NodeExecStats {
        node_name: timing.node.clone(),
        all_start_micros: start_micros,
        scheduled_micros: start_micros,
        all_start_nanos: start_nanos,
        scheduled_nanos: start_nanos,
        op_end_rel_micros: nanos / 1000,
        all_end_rel_micros: nanos / 1000,
        op_end_rel_nanos: nanos,
        all_end_rel_nanos: nanos,
        timeline_label: label(graph, timing),
        ..NodeExecStats::default()
    }
}

/// `name = Op(inputs)`, as TensorFlow labels a node in its timelines.
fn label(graph: &Graph, timing: &StepTiming) -> String {
    let inputs = match graph.get_operation_by_name(&timing.node) {
        Ok(operation) => {
            let names = operation.inputs().into_iter().filter_map(|input| input.name().ok());
            names
                .map(|name| name.strip_suffix(":0").map_or(name.clone(), str::to_string))
                .collect::<Vec<_>>()
                .join(", ")
        }
        Err(_) => String::new(),
    };
    format!("{} = {}({inputs})", timing.node, timing.op)
}
