"""Records how TensorFlow reads and merges device strings, what clusters say of themselves, and where a device setter
puts nodes.

Usage: python tools/record_devices.py

Writes crates/compat_v1/tests/data/devices.txt, a line each: what is asked, its arguments and the answer, with tabs
between; a failure is `! ` and its message. The test `devices` of the v1 facade asks the same.
"""

import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

v1 = tf.compat.v1
OUT = pathlib.Path(__file__).parent.parent / "crates/compat_v1/tests/data/devices.txt"

SPECS = [
    "", "/cpu", "/cpu:0", "/CPU:*", "/device:xyz:3", "/replica:1/job:ps", "job:a", "/tpu:1", "/job:ps/task:2/gpu:1",
    "/job:*/replica:*/task:*/device:GPU:*", "/device:cpu", "/task:a", "/job:a:b", "/cpu:0/gpu:0",
]
MERGES = [
    ("/job:worker/task:1", "/cpu:0"), ("/job:worker/task:1", "/job:ps"), ("/gpu:0", "/device:CPU:*"),
    ("", "/job:a/replica:0"), ("/job:a/replica:0", ""), ("/cpu", "/cpu:1"),
]
CLUSTERS = {
    "dense": {"worker": ["w0:1", "w1:1"], "ps": ["p0:1"]},
    "sparse": {"worker": {1: "w1:2", 3: "w3:2"}, "ps": ["p0:1", "p1:1"]},
    "empty": {},
}
SETTERS = {
    "two": dict(ps_tasks=2),
    "cluster": dict(cluster=CLUSTERS["dense"]),
    "worker": dict(ps_tasks=1, worker_device="/job:worker/task:3/cpu:0"),
    "parameters": dict(ps_tasks=3, ps_device="/job:store"),
    "ops": dict(ps_tasks=2, ps_ops=["Const"]),
    "apart": dict(ps_tasks=2, merge_devices=False),
}


def asked(call):
    try:
        return str(call())
    except (ValueError, KeyError, TypeError) as error:
        return "! " + (error.args[0] if error.args else str(error))


def nodes(options):
    """Where each node of a small program goes."""
    with tf.Graph().as_default() as graph:
        with v1.device(v1.train.replica_device_setter(**options)):
            a = v1.get_variable("a", [2], initializer=v1.zeros_initializer(), use_resource=False)
            b = v1.get_variable("b", [2], initializer=v1.zeros_initializer(), use_resource=True)
            with v1.device("/cpu:0"):
                tf.constant(1.0, name="c")
            tf.add(a, tf.constant([1.0, 2.0], name="d"), name="e")
        places = {name: graph.get_operation_by_name(name).device for name in ["a", "b", "c", "d", "e"]}
    return " ".join(f"{name}={device}" for name, device in places.items())


def lines():
    for spec in SPECS:
        yield "spec", spec, asked(lambda: tf.DeviceSpec.from_string(spec).to_string())
    for first, second in MERGES:
        merged = lambda: tf.DeviceSpec.from_string(first).make_merged_spec(tf.DeviceSpec.from_string(second)).to_string()
        yield "merge", first, second, asked(merged)
    for name, jobs in CLUSTERS.items():
        cluster = v1.train.ClusterSpec(jobs)
        yield "cluster", name, "shown", asked(lambda: cluster)
        yield "cluster", name, "jobs", asked(lambda: " ".join(cluster.jobs))
        yield "cluster", name, "true", asked(lambda: bool(cluster))
        for job in ["worker", "ps", "x"]:
            yield "cluster", name, f"num_tasks {job}", asked(lambda: cluster.num_tasks(job))
            yield "cluster", name, f"task_indices {job}", asked(lambda: " ".join(map(str, cluster.task_indices(job))))
            yield "cluster", name, f"job_tasks {job}", asked(lambda: " ".join(map(str, cluster.job_tasks(job))))
            yield "cluster", name, f"task_address {job}", asked(lambda: cluster.task_address(job, 0))
    for name, options in SETTERS.items():
        yield "setter", name, asked(lambda: nodes(options))


if __name__ == "__main__":
    OUT.write_text("".join("\t".join(line) + "\n" for line in lines()))
