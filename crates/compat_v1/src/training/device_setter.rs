//! `replica_device_setter`: variables on the tasks that hold parameters, everything else on a worker.

use super::cluster_spec::ClusterSpec;
use crate::session::warn;
use ferroflow_core::{Result, options};
use ferroflow_graph::{DeviceFunction, DeviceSpec};
use ferroflow_proto::NodeDef;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The ops that hold state, which stands on the tasks of the job for parameters.
const STANDARD_PS_OPS: [&str; 14] = [
    "Variable",
    "VariableV2",
    "AutoReloadVariable",
    "MutableHashTable",
    "MutableHashTableV2",
    "MutableHashTableOfTensors",
    "MutableHashTableOfTensorsV2",
    "MutableDenseHashTable",
    "MutableDenseHashTableV2",
    "VarHandleOp",
    "BoostedTreesEnsembleResourceHandleOp",
    "BoostedTreesQuantileStreamResourceHandleOp",
    "ResourceConditionalAccumulator",
    "DecisionTreeResource",
];

/// Which task of the job for parameters a node is placed on.
#[derive(Clone)]
pub struct PsStrategy(Arc<ChooseTask>);

type ChooseTask = dyn Fn(&NodeDef) -> Result<i64> + Send + Sync;

impl PsStrategy {
    /// The strategy that calls this closure.
    pub fn new(strategy: impl Fn(&NodeDef) -> Result<i64> + Send + Sync + 'static) -> PsStrategy {
        PsStrategy(Arc::new(strategy))
    }

    /// The tasks one after another.
    fn round_robin(tasks: i64) -> PsStrategy {
        let next = AtomicI64::new(0);
        PsStrategy::new(move |_| Ok(next.fetch_add(1, Ordering::Relaxed).rem_euclid(tasks)))
    }
}

impl std::fmt::Debug for PsStrategy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PsStrategy")
    }
}

options! {
    /// Optional arguments of [`replica_device_setter`].
    pub struct ReplicaDeviceOptions {
        /// The number of tasks for parameters, where no cluster says it.
        ps_tasks: usize = 0,
        /// The device of parameters.
        ps_device: String = "/job:ps".to_string(),
        /// The device of everything else.
        worker_device: String = "/job:worker".to_string(),
        /// Whether devices that nodes ask for themselves are merged with these; else they are left alone.
        merge_devices: bool = true,
        /// The cluster, which says how many tasks there are.
        cluster: Option<ClusterSpec> = None,
        /// The ops that hold parameters, if not the usual ones.
        ps_ops: Option<Vec<String>> = None,
        /// How the task of a node is chosen; by default they take turns.
        ps_strategy: Option<PsStrategy> = None,
    }
}

/// A device function for [`device`](crate::device) that places variables on the tasks of the job for parameters, in
/// turns, and everything else on the workers; `None` where there is no such job.
///
/// Source: `tf.compat.v1.train.replica_device_setter`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let cluster = tf::train::ClusterSpec::new([("ps", vec!["a:1", "b:1"]), ("worker", vec!["c:1"])]);
/// let setter = tf::train::replica_device_setter(|o| o.cluster(cluster))?;
/// tf::device(setter, || {
///     let v = tf::Variable::new_with(1.0, |o| o.name("v"))?;
///     let w = tf::Variable::new_with(2.0, |o| o.name("w"))?;
///     assert_eq!((v.device().as_str(), w.device().as_str()), ("/job:ps/task:0", "/job:ps/task:1"));
///     assert_eq!(tf::Operation::of(&(v.value()? + 1.0)?)?.device(), "/job:worker");
///     Ok(())
/// })?;
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a device string TensorFlow does not read.
pub fn replica_device_setter(
    options: impl FnOnce(ReplicaDeviceOptions) -> ReplicaDeviceOptions,
) -> Result<Option<DeviceFunction>> {
    let options = options(ReplicaDeviceOptions::default());
    let ps = DeviceSpec::from_string(&options.ps_device)?;
    let worker = DeviceSpec::from_string(&options.worker_device)?;
    let ps_tasks = match &options.cluster {
        None => options.ps_tasks,
        Some(cluster) => ps.job.as_deref().and_then(|job| cluster.num_tasks(job).ok()).unwrap_or(0),
    };
    if ps_tasks == 0 {
        return Ok(None);
    }
    if !options.merge_devices {
        warn("DEPRECATION: It is recommended to set merge_devices=true in replica_device_setter");
    }
    let ps_ops =
        options.ps_ops.unwrap_or_else(|| STANDARD_PS_OPS.iter().map(|op| (*op).to_string()).collect());
    let strategy = options
        .ps_strategy
        .unwrap_or_else(|| PsStrategy::round_robin(i64::try_from(ps_tasks).unwrap_or(i64::MAX)));
    let merges = options.merge_devices;
    let has_ps = !options.ps_device.is_empty();
    Ok(Some(DeviceFunction::new(move |node| {
        if !merges && !node.device.is_empty() {
            return Ok(node.device.clone());
        }
        let current = DeviceSpec::from_string(&node.device)?;
        if !has_ps || !ps_ops.contains(&node.op) {
            return Ok(worker.make_merged_spec(&current).to_string());
        }
        let mut ps = ps.clone();
        // The task only means something within the job that it was chosen for.
        if ps.job.is_some() && (current.job.is_none() || current.job == ps.job) {
            ps.task = Some((strategy.0)(node)?);
        }
        Ok(ps.make_merged_spec(&current).to_string())
    })))
}
