"""Checks with TensorFlow what ferroflow writes, and lets ferroflow check what TensorFlow writes.

    python tools/check_written_models.py

runs the example `write_models` of `crates/compat_v1`, loads what it has written (checkpoints, MetaGraphs, SavedModels,
frozen graphs, TFRecords, event files) and compares every number; then it writes the same with TensorFlow, for the
example to read.
"""

import glob
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECKS = 0


def check(what, condition):
    global CHECKS
    CHECKS += 1
    if not condition:
        sys.exit(f"wrong: {what}")


def same(what, found, expected):
    check(f"{what}: {found} is not {expected}", np.array_equal(np.asarray(found), np.asarray(expected)))


def example(*arguments):
    command = ["cargo", "run", "--quiet", "-p", "ferroflow-compat-v1", "--example", "write_models", "--", *arguments]
    subprocess.run(command, check=True, cwd=ROOT)


def records():
    return [bytes(at % 251 for at in range(size)) for size in [0, 1, 7, 4096, 100_000]]


def check_written(out):
    expected = np.load(out / "expected.npz")
    x, y = expected["x"], expected["y"]
    values = {
        "w": [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]],
        "layer/b": [0.125, -0.5],
        "words": np.array([b"a", b"", b"word"], object),
        "global_step": 7,
    }
    for prefix in ["plain-7", "sharded"]:
        reader = tf.train.load_checkpoint(str(out / prefix))
        check(f"{prefix}: names", sorted(reader.get_variable_to_shape_map()) == sorted(values))
        for name, value in values.items():
            same(f"{prefix}: {name}", reader.get_tensor(name), np.asarray(value, getattr(value, "dtype", None)))
        with tf.Graph().as_default(), v1.Session() as sess:
            saver = v1.train.import_meta_graph(str(out / f"{prefix}.meta"))
            saver.restore(sess, str(out / prefix))
            same(f"{prefix}: y", sess.run("y:0", {"x:0": x}), y)
            check(f"{prefix}: collections", [v.op.name for v in v1.trainable_variables()] == ["w", "layer/b"])
            again = v1.train.Saver().save(sess, str(out / "again"))
            check(f"{prefix}: saved again", tf.train.load_checkpoint(again).get_tensor("global_step") == 7)
    check("latest checkpoint", tf.train.latest_checkpoint(str(out)) in (str(out / "plain-7"), str(out / "again")))
    with tf.Graph().as_default(), v1.Session() as sess:
        v1.saved_model.load(sess, ["serve"], str(out / "saved_model"))
        same("SavedModel in v1", sess.run("y:0", {"x:0": x}), y)
    served = tf.saved_model.load(str(out / "saved_model")).signatures["serving_default"]
    same("SavedModel in v2", served(tf.constant(x))["y"], y)
    for name in ["frozen.pb", "frozen.pbtxt"]:
        graph_def = v1.GraphDef()
        if name.endswith("txt"):
            from google.protobuf import text_format

            text_format.Parse((out / name).read_text(), graph_def)
        else:
            graph_def.ParseFromString((out / name).read_bytes())
        with tf.Graph().as_default(), v1.Session() as sess:
            tf.import_graph_def(graph_def, name="")
            same(name, sess.run("y:0", {"x:0": x}), y)
    for name in ["", "gzip", "zlib"]:
        path = str(out / ("records" + (f".{name}" if name else "")))
        found = [record.numpy() for record in tf.data.TFRecordDataset(path, name.upper())]
        check(f"records {name}", found == records())
    (path,) = glob.glob(str(out / "logs" / "events.out.tfevents.*"))
    events = list(v1.train.summary_iterator(path))
    check("event file version", events[0].file_version == "brain.Event:2")
    check("graph in events", len(v1.GraphDef.FromString(events[1].graph_def).node) > 10)
    check("meta graph in events", v1.MetaGraphDef.FromString(events[2].meta_graph_def).graph_def.node)
    summary = {value.tag: value for value in events[3].summary.value}
    check("step", events[3].step == 3)
    check("scalar", summary["loss"].simple_value == 0.5)
    histogram = summary["weights"].histo
    check("histogram", (histogram.min, histogram.max, histogram.num, histogram.sum) == (1, 8, 4, 13))
    same("text", tf.make_ndarray(summary["notes"].tensor), np.array([b"a", b"b"], object))
    check("text plugin", summary["notes"].metadata.plugin_data.plugin_name == "text")
    pixels = tf.image.decode_png(summary["picture/image/0"].image.encoded_image_string)
    same("image", pixels, (np.arange(12) * 20).reshape(2, 2, 3))
    try:
        from tensorboard.backend.event_processing import event_accumulator
    except ImportError:
        print("TensorBoard is not there; its reader was not asked")
    else:
        accumulator = event_accumulator.EventAccumulator(str(out / "logs"))
        accumulator.Reload()
        tags = accumulator.Tags()
        check("TensorBoard's graph", tags["graph"] and tags["meta_graph"])
        # Its loader turns old values into tensors of plugins.
        check("TensorBoard's tags", {"loss", "weights", "notes"} <= set(tags["tensors"] + tags["scalars"] + tags["histograms"]))


def write(out):
    out.mkdir()
    v1.disable_resource_variables()
    with tf.Graph().as_default() as graph, v1.Session() as sess:
        x = v1.placeholder(tf.float32, [None, 3], name="x")
        w = v1.Variable(np.random.RandomState(1).randn(3, 2).astype(np.float32), name="w")
        b = v1.Variable([0.25, -0.125], name="layer/b", use_resource=True)
        v1.Variable(["a", "", "word"], name="words", trainable=False)
        v1.Variable(np.int64(9), name="global_step", trainable=False)
        # Sums of three products are exact in neither order alone: small integers are.
        y = v1.nn.relu(v1.matmul(x, v1.round(w * 8) / 8) + b, name="y")
        sess.run(v1.global_variables_initializer())
        given = np.array([[1, 2, 3], [-4, 5.5, 0.25]], np.float32)
        np.savez(out / "expected.npz", x=given, y=sess.run(y, {x: given}))
        v1.train.Saver().save(sess, str(out / "plain"), global_step=7)
        v1.train.Saver(sharded=True).save(sess, str(out / "sharded"), write_meta_graph=False)
        v1.saved_model.simple_save(sess, str(out / "saved_model"), {"x": x}, {"y": y})
        frozen = v1.graph_util.convert_variables_to_constants(sess, graph.as_graph_def(), ["y"])
        v1.train.write_graph(frozen, str(out), "frozen.pb", as_text=False)
        v1.summary.scalar("loss", 0.5)
        writer = v1.summary.FileWriter(str(out / "logs"), graph)
        writer.add_summary(sess.run(v1.summary.merge_all()), 1)
        writer.close()
    for name in ["", "gzip", "zlib"]:
        with tf.io.TFRecordWriter(str(out / ("records" + (f".{name}" if name else ""))), name.upper()) as writer:
            for record in records():
                writer.write(record)


def main():
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory)
        example("write", str(out))
        check_written(out)
        write(out / "from_tensorflow")
        example("read", str(out))
    print(f"TensorFlow {tf.__version__} agrees with {CHECKS} things that ferroflow wrote")


if __name__ == "__main__":
    main()
