//! What of a `ConfigProto` is honoured, and what is not.

use ferroflow_core::{Error, Result};
use ferroflow_proto::ConfigProto;
use std::time::Duration;

/// A session's configuration as it takes effect.
pub(super) struct Settings {
    /// Threads of the session's own, where it does not share those of the process.
    pub(super) pool: Option<rayon::ThreadPool>,
    /// How long a run may take that does not say so itself.
    pub(super) timeout: Option<Duration>,
}

impl Settings {
    pub(super) fn new(config: &ConfigProto) -> Result<Settings> {
        let threads = usize::try_from(config.intra_op_parallelism_threads).unwrap_or(0);
        let own_pool = threads > 0 || config.use_per_session_threads;
        let pool = own_pool.then(|| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .thread_name(|index| format!("ferroflow-session-{index}"))
                .build()
                .map_err(|error| Error::resource_exhausted(format!("cannot start threads: {error}")))
        });
        Ok(Settings { pool: pool.transpose()?, timeout: milliseconds(config.operation_timeout_in_ms) })
    }
}

/// A time limit as messages hold it: none if it is not positive.
pub(super) fn milliseconds(value: i64) -> Option<Duration> {
    u64::try_from(value).ok().filter(|value| *value > 0).map(Duration::from_millis)
}

/// The fields of a configuration that are set and have no effect here, by name.
pub(super) fn ignored(config: &ConfigProto) -> Vec<&'static str> {
    let other_devices = config.device_count.iter().any(|(kind, count)| match kind.as_str() {
        "CPU" => *count != 1,
        _ => *count != 0,
    });
    let graph_options = config.graph_options.clone().unwrap_or_default();
    [
        ("device_count", other_devices),
        // A run is a plan on the calling thread: ops share threads, they are not spread over them.
        ("inter_op_parallelism_threads", config.inter_op_parallelism_threads > 1),
        ("session_inter_op_thread_pool", !config.session_inter_op_thread_pool.is_empty()),
        ("placement_period", config.placement_period != 0),
        ("device_filters", !config.device_filters.is_empty()),
        ("gpu_options", config.gpu_options.is_some()),
        ("pluggable_device_options", config.pluggable_device_options.is_some()),
        ("log_device_placement", config.log_device_placement),
        ("graph_options.enable_recv_scheduling", graph_options.enable_recv_scheduling),
        ("graph_options.optimizer_options", graph_options.optimizer_options.is_some()),
        ("graph_options.build_cost_model", graph_options.build_cost_model != 0),
        ("graph_options.build_cost_model_after", graph_options.build_cost_model_after != 0),
        ("graph_options.infer_shapes", graph_options.infer_shapes),
        ("graph_options.place_pruned_graph", graph_options.place_pruned_graph),
        ("graph_options.enable_bfloat16_sendrecv", graph_options.enable_bfloat16_sendrecv),
        ("graph_options.timeline_step", graph_options.timeline_step != 0),
        ("graph_options.rewrite_options", graph_options.rewrite_options.is_some()),
        ("rpc_options", config.rpc_options.is_some()),
        ("cluster_def", config.cluster_def.is_some()),
        ("isolate_session_state", config.isolate_session_state),
        ("share_cluster_devices_in_session", config.share_cluster_devices_in_session),
        ("experimental", config.experimental.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, set)| set.then_some(name))
    .collect()
}
