//! Device strings, clusters and device setters, against what `tools/record_devices.py` recorded.

use ferroflow_compat_v1 as tf;
use std::collections::BTreeMap;
use tf::train::ClusterSpec;
use tf::{DeviceSpec, JobTasks};

/// An answer as it is recorded: a failure is `! ` and its message.
fn answer(result: tf::Result<String>) -> String {
    result.unwrap_or_else(|error| format!("! {}", error.message()))
}

fn cluster(name: &str) -> ClusterSpec {
    match name {
        "dense" => ClusterSpec::new([("worker", vec!["w0:1", "w1:1"]), ("ps", vec!["p0:1"])]),
        "sparse" => {
            let worker = JobTasks::from(BTreeMap::from([(1, "w1:2"), (3, "w3:2")]));
            ClusterSpec::new([("worker", worker), ("ps", JobTasks::from(["p0:1", "p1:1"]))])
        }
        "empty" => ClusterSpec::default(),
        name => panic!("no cluster {name}"),
    }
}

fn asked(cluster: &ClusterSpec, question: &str) -> tf::Result<String> {
    let (question, job) = question.split_once(' ').unwrap_or((question, ""));
    Ok(match question {
        "shown" => cluster.to_string(),
        "jobs" => cluster.jobs().join(" "),
        "true" => if cluster.is_empty() { "False" } else { "True" }.to_string(),
        "num_tasks" => cluster.num_tasks(job)?.to_string(),
        "task_indices" => cluster.task_indices(job)?.iter().map(i32::to_string).collect::<Vec<_>>().join(" "),
        "job_tasks" => {
            let tasks = cluster.job_tasks(job)?.into_iter();
            tasks.map(|task| task.unwrap_or_else(|| "None".to_string())).collect::<Vec<_>>().join(" ")
        }
        "task_address" => cluster.task_address(job, 0)?.to_string(),
        question => panic!("no question {question}"),
    })
}

/// Where each node of a small program goes.
fn places(setter: &str) -> tf::Result<String> {
    let setter = tf::train::replica_device_setter(|o| match setter {
        "two" => o.ps_tasks(2usize),
        "cluster" => o.cluster(cluster("dense")),
        "worker" => o.ps_tasks(1usize).worker_device("/job:worker/task:3/cpu:0"),
        "parameters" => o.ps_tasks(3usize).ps_device("/job:store"),
        "ops" => o.ps_tasks(2usize).ps_ops(vec!["Const".to_string()]),
        "apart" => o.ps_tasks(2usize).merge_devices(false),
        name => panic!("no setter {name}"),
    })?;
    let graph = tf::Graph::new();
    graph.as_default_scope(|| {
        tf::device(setter, || {
            let variable = |name: &str, resource: bool| {
                tf::get_variable_with(name, |o| {
                    o.shape([2]).initializer(tf::zeros_initializer()).use_resource(resource)
                })
            };
            let a = variable("a", false)?;
            variable("b", true)?;
            tf::device("/cpu:0", || tf::with_name("c", || tf::constant(1.0)).map(drop))?;
            let d = tf::with_name("d", || tf::constant([1.0, 2.0]))?;
            tf::with_name("e", || tf::add(a.value()?, d)).map(drop)
        })
    })?;
    let places = ["a", "b", "c", "d", "e"]
        .map(|name| Ok(format!("{name}={}", graph.get_operation_by_name(name)?.device())));
    Ok(places.into_iter().collect::<tf::Result<Vec<_>>>()?.join(" "))
}

#[test]
fn devices_and_clusters_answer_as_tensorflow_does() {
    let mut counts = BTreeMap::new();
    for line in include_str!("data/devices.txt").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let spec = DeviceSpec::from_string;
        let (found, expected) = match fields[..] {
            ["spec", text, expected] => (spec(text).map(|spec| spec.to_string()), expected),
            ["merge", first, second, expected] => {
                let merged = spec(first).and_then(|first| Ok(first.make_merged_spec(&spec(second)?)));
                (merged.map(|spec| spec.to_string()), expected)
            }
            ["cluster", name, question, expected] => (asked(&cluster(name), question), expected),
            ["setter", name, expected] => (places(name), expected),
            _ => panic!("{line}"),
        };
        assert_eq!(answer(found), expected, "{line}");
        *counts.entry(fields[0]).or_insert(0) += 1;
    }
    assert_eq!(Vec::from_iter(counts), [("cluster", 45), ("merge", 6), ("setter", 6), ("spec", 14)]);
}

#[test]
fn clusters_are_what_their_messages_say() {
    for name in ["dense", "sparse", "empty"] {
        let cluster = cluster(name);
        assert_eq!(ClusterSpec::from(cluster.as_cluster_def()), cluster, "{name}");
    }
}
