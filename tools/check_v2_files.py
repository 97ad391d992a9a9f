"""Checks with TensorFlow the files that ferroflow's v2 writes, and lets ferroflow read what TensorFlow writes.

    python tools/check_v2_files.py

runs the example `write_v2_files` of `crates/v2`, loads what it has written (object-based checkpoints, SavedModels, event
files, saved and cached datasets), compares every number and goes on training; then it writes the same with TensorFlow and Keras, for the example to
read. It prints a table of what was checked.
"""

import glob
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECKS = {}
SECTION = "?"


def section(name):
    global SECTION
    SECTION = name
    CHECKS.setdefault(name, 0)


def check(what, condition):
    CHECKS[SECTION] += 1
    if not condition:
        sys.exit(f"wrong: {SECTION}: {what}")


def same(what, found, expected):
    found, expected = np.asarray(found), np.asarray(expected)
    close = np.allclose(found, expected, rtol=1e-5, atol=1e-6) if expected.dtype.kind == "f" else np.array_equal(found, expected)
    check(f"{what}: {found} is not {expected}", found.shape == expected.shape and close)


def example(*arguments):
    command = ["cargo", "run", "--quiet", "-p", "ferroflow-v2", "--example", "write_v2_files", "--", *arguments]
    subprocess.run(command, check=True, cwd=ROOT)


def check_model(out, expected):
    section("SavedModel of ferroflow in tf.saved_model.load")
    x = tf.constant(expected["x"])
    model = tf.saved_model.load(str(out / "model"))
    check("signatures", sorted(model.signatures) == ["describe", "serving_default"])
    served = model.signatures["serving_default"]
    check("inputs", {k: v.shape.as_list() for k, v in served.structured_input_signature[1].items()} == {"x": [None, 3]})
    check("outputs", served.structured_outputs["output_0"].dtype == tf.float32)
    same("serving_default", served(x=x)["output_0"], expected["serve"])
    same("the function", model(x), expected["serve"])
    check("structure", len(model.layers) == 2 and model.layers[0].kernel.shape == (3, 8))
    check("variable names", model.layers[1].bias.name == "second/bias:0" and not model.calls.trainable)
    described = model.signatures["describe"](x=x, threshold=tf.constant(0.75))
    for key in ["scores", "picked", "above", "looped", "calls"]:
        same(f"describe: {key}", described[key], expected[f"describe/{key}"])
    again = model.describe(x, tf.constant(0.75))
    same("structured outputs", again["looped"], expected["describe/looped"])
    same("state", model.calls, 2)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(x) ** 2)
    check("gradients", all(g is not None for g in tape.gradient(loss, [model.layers[0].kernel, model.layers[1].bias])))
    labels = tf.constant([[1.0, 0.0], [0.0, 1.0]])
    for at in range(3):
        same(f"training step {at}", model.train(x, labels), expected[f"loss/{at}"])
    tf.saved_model.save(model, str(out / "saved_again"))
    same("saved again by TensorFlow", tf.saved_model.load(str(out / "saved_again"))(x), model(x))

    section("SavedModel of ferroflow in tf.compat.v1.saved_model.load")
    with tf.Graph().as_default(), tf.compat.v1.Session() as sess:
        meta_graph = tf.compat.v1.saved_model.load(sess, ["serve"], str(out / "model"))
        signature = meta_graph.signature_def["serving_default"]
        check("method", signature.method_name == "tensorflow/serving/predict")
        feed = {signature.inputs["x"].name: expected["x"]}
        same("serving_default", sess.run(signature.outputs["output_0"].name, feed), expected["serve"])
        saver = tf.compat.v1.train.Saver(saver_def=meta_graph.saver_def)
        path = saver.save(sess, str(out / "from_session"), write_meta_graph=False)
        same("saved by the saver", tf.train.load_variable(path, "calls/.ATTRIBUTES/VARIABLE_VALUE"), 0)

    section("SavedModel of ferroflow in saved_model_cli")
    cli = pathlib.Path(sys.executable).parent / "saved_model_cli"
    shown = subprocess.run([cli, "show", "--dir", out / "model", "--all"], capture_output=True, text=True, check=True).stdout
    check("show", "inputs['x'] tensor_info" in shown and "shape: (-1, 3)" in shown and "Function Name: 'train'" in shown)


def check_keras_models(out, expected):
    section("exported models of ferroflow in TensorFlow and Keras")
    steps = tf.constant(expected["steps"])
    model = tf.saved_model.load(str(out / "exported"))
    served = model.signatures["serving_default"]
    check("inputs", {k: v.shape.as_list() for k, v in served.structured_input_signature[1].items()} == {"steps": [None, 3, 2]})
    check("signatures", sorted(model.signatures) == ["serve", "serving_default"])
    same("serving_default", served(steps=steps)["output_0"], expected["keras"])
    same("serve", model.serve(steps), expected["keras"])
    same("serve, a batch", model.serve(tf.tile(steps, [3, 1, 1])), np.tile(expected["keras"], [3, 1]))
    check("variables", [v.name for v in model.trainable_variables][:2] ==
          ["sequential/lstm/lstm_cell/kernel:0", "sequential/lstm/lstm_cell/recurrent_kernel:0"])
    counts = [len(model.variables), len(model.trainable_variables), len(model.non_trainable_variables)]
    check(f"variables: {counts}", counts == [11, 7, 4])
    layer = keras.layers.TFSMLayer(str(out / "exported"), call_endpoint="serving_default")
    same("TFSMLayer", layer(steps)["output_0"], expected["keras"])
    saved = tf.saved_model.load(str(out / "keras")).signatures["serving_default"]
    same("saved_model.save", saved(inputs=steps)["output_0"], expected["keras"])
    command = ["cargo", "run", "--quiet", "-p", "ferroflow-cli", "--", "run", out / "exported"]
    np.save(out / "steps.npy", expected["steps"])
    subprocess.run([*command, "--input", f"steps={out / 'steps.npy'}", "--out", out / "served.npz"], check=True, cwd=ROOT, capture_output=True)
    same("ferroflow run", np.load(out / "served.npz")["output_0"], expected["keras"])


def optimizers():
    return {
        "adam": keras.optimizers.Adam(0.1, amsgrad=True),
        "rmsprop": keras.optimizers.RMSprop(0.1, momentum=0.9),
        "sgd": keras.optimizers.SGD(0.1, momentum=0.9),
    }


GRADIENT = [0.5, -1.0, 2.0]


def tables():
    lookup = tf.lookup.experimental
    counts = lookup.MutableHashTable(tf.string, tf.int64, -1)
    return counts, lookup.DenseHashTable(tf.int64, tf.float32, [-1.0], empty_key=0, deleted_key=-1)


def check_checkpoints(out, expected):
    section("checkpoints of ferroflow in tf.train.Checkpoint")
    latest = tf.train.latest_checkpoint(str(out / "checkpoints"))
    check("latest", latest.endswith("ckpt-3"))
    check("files kept", len(glob.glob(str(out / "checkpoints" / "ckpt-*.index"))) == 2)
    names = [name for name, _ in tf.train.list_variables(latest)]
    check("escaped names", "nested/x.Sy..z/0/.ATTRIBUTES/VARIABLE_VALUE" in names)
    check("names of slots", "cases/adam/1/_variables/4/.ATTRIBUTES/VARIABLE_VALUE" in names)
    words = tf.Variable(["", "", ""])
    for built in [False, True]:
        cases = {}
        for name, optimizer in optimizers().items():
            variable = tf.Variable(np.zeros(3, np.float32))
            if built:
                optimizer.build([variable])
            cases[name] = (variable, optimizer)
        layers = [{"kernel": tf.Variable(tf.zeros(s)), "bias": tf.Variable(tf.zeros(s[1]))} for s in [[3, 8], [8, 2]]]
        counts, dense = tables()
        checkpoint = tf.train.Checkpoint(
            cases=cases, model=layers, nested={"x/y.z": [words]}, tables=[counts, dense])
        status = checkpoint.restore(latest)
        if built:
            status.assert_consumed()
        for name, (variable, optimizer) in cases.items():
            same(f"{name}: restored", variable, expected[f"{name}/before"])
            optimizer.apply_gradients([(tf.constant(GRADIENT), variable)])
            same(f"{name}: the next step", variable, expected[f"{name}/after"])
        status.assert_existing_objects_matched()
        status.assert_consumed()
        check("words", words.numpy().tolist() == [b"a", b"", b"word"])
        same("counter", checkpoint.save_counter, 3)
        same("table", counts.lookup(tf.constant(["a", "", "b"])), [1, 2, -1])
        same("dense table", dense.lookup(tf.constant([1, 2, 3], tf.int64)), np.float32([[1], [-1], [3]]))
    step = tf.Variable(0)
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(step=step), str(out / "checkpoints"), max_to_keep=2)
    check("manager", [os.path.basename(p) for p in manager.checkpoints] == ["ckpt-2", "ckpt-3"])


def check_summaries(out, expected):
    section("event files of ferroflow in TensorFlow and TensorBoard")
    (path,) = glob.glob(str(out / "logs" / "events.out.tfevents.*.v2"))
    events = list(tf.compat.v1.train.summary_iterator(path))
    check("version", events[0].file_version == "brain.Event:2")
    losses = [(e.step, float(tf.make_ndarray(v.tensor))) for e in events for v in e.summary.value if v.tag == "loss"]
    check("scalars", [step for step, _ in losses] == [0, 1, 2])
    same("loss", [loss for _, loss in losses], np.array([1, 1 / 2, 1 / 3], np.float32))
    check("graph", any(len(tf.compat.v1.GraphDef.FromString(e.graph_def).node) > 5 for e in events if e.graph_def))
    values = {v.tag: v for e in events for v in e.summary.value}
    plugins = {tag: v.metadata.plugin_data.plugin_name for tag, v in values.items()}
    wanted = {"loss": "scalars", "kernel": "histograms", "picture": "images", "notes": "text", "tone": "audio"}
    check(f"plugins: {plugins}", plugins == wanted)
    width, height, png = tf.make_ndarray(values["picture"].tensor)
    same("picture", tf.image.decode_png(png), (np.arange(12) * 20).reshape(2, 2, 3).astype(np.uint8))
    same("histogram", tf.make_ndarray(values["kernel"].tensor)[:, 2].sum(), 24.0)
    try:
        from tensorboard.backend.event_processing import event_accumulator
    except ImportError:
        print("TensorBoard is not there; its reader was not asked")
    else:
        accumulator = event_accumulator.EventAccumulator(str(out / "logs"))
        accumulator.Reload()
        check("TensorBoard's tags", set(accumulator.Tags()["tensors"]) == set(wanted) and accumulator.Tags()["graph"])


def check_datasets(out):
    section("datasets of ferroflow in TensorFlow")
    for name, compression in [("saved", None), ("saved.gz", "GZIP")]:
        dataset = tf.data.Dataset.load(str(out / name), compression=compression)
        scalar, row = tf.TensorSpec([], tf.int64), tf.TensorSpec([None], tf.int64)
        check("a structure", dataset.element_spec == (scalar, (row, tf.TensorSpec([], tf.string))))
        check("a count", dataset.cardinality() == 5)
        for x, (number, (row, text)) in enumerate(dataset):
            same("a number", number, x)
            same("a row", row, np.full(x, 7))
            check("a text", text.numpy() == str(x).encode())
    shards = tf.data.Dataset.load(str(out / "shards"))
    check("shards", sorted(shards.as_numpy_iterator()) == list(range(9)))
    cached = tf.data.Dataset.range(0).map(lambda x: (x, tf.as_string(x))).cache(str(out / "cache"))
    check("a cache", [(int(x), s) for x, s in cached.as_numpy_iterator()] == [(x, str(x).encode()) for x in range(12)])


def write(out):
    out.mkdir()
    expected = {}

    class Module(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(np.linspace(-1, 1, 6, dtype=np.float32).reshape(3, 2), name="w")
            self.steps = tf.Variable(0.0, name="steps")
            self.layers = [tf.Variable([0.5, -0.5], name="b")]

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
        def serve(self, x):
            y = tf.matmul(x, self.w) + self.layers[0]
            return {"y": y, "total": tf.reduce_sum(y)}

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
        def step(self, x):
            self.steps.assign_add(1.0)
            return self.serve(x)["total"] * self.steps

    module = Module()
    x = np.sin(np.arange(12, dtype=np.float32)).reshape(4, 3)
    tf.saved_model.save(module, str(out / "module"), signatures=module.serve)
    expected["module/in/x"] = x
    expected |= {f"module/out/{key}": value.numpy() for key, value in module.serve(x).items()}
    expected |= {f"module/step/{at}": module.step(x).numpy() for at in range(2)}

    keras.utils.set_random_seed(3)
    inputs = keras.Input((6,), name="features")
    y = keras.layers.Dense(5, activation="gelu")(inputs)
    y = keras.layers.LayerNormalization()(y)
    model = keras.Model(inputs, keras.layers.Dense(2)(y))
    model.export(str(out / "keras"), verbose=False)
    features = np.cos(np.arange(18, dtype=np.float32)).reshape(3, 6)
    expected["keras/in/features"] = features
    served = tf.saved_model.load(str(out / "keras")).signatures["serving_default"]
    expected |= {f"keras/out/{key}": value.numpy() for key, value in served(features=tf.constant(features)).items()}

    inputs = keras.Input((3, 2), name="steps")
    model = keras.Sequential([
        inputs, keras.layers.Masking(), keras.layers.LSTM(4), keras.layers.BatchNormalization(), keras.layers.Dropout(0.3),
        keras.layers.Dense(2, activation="softmax"),
    ])
    model.export(str(out / "sequential"), verbose=False)
    steps = np.array([[[1, 2], [0, 0], [-1, 0.5]]], np.float32)
    expected["sequential/in/steps"] = steps
    served = tf.saved_model.load(str(out / "sequential")).signatures["serving_default"]
    expected |= {f"sequential/out/{key}": value.numpy() for key, value in served(steps=tf.constant(steps)).items()}

    tracked = {}
    for name, optimizer in [("adam", keras.optimizers.Adam(0.5)), ("sgd", keras.optimizers.SGD(0.1, momentum=0.5))]:
        variable = tf.Variable([1.0, 2.0, 3.0])
        for _ in range(2):
            optimizer.apply_gradients([(tf.constant(GRADIENT), variable)])
        tracked |= {name: optimizer, f"{name}_w": variable}
    counts, dense = tables()
    counts.insert(["a", "word"], [7, 8])
    dense.insert(tf.constant([4, 5], tf.int64), [[4.0], [5.0]])
    dense.erase(tf.constant([5], tf.int64))
    tf.train.Checkpoint(**tracked, counts=counts, dense=dense).save(str(out / "checkpoints" / "ckpt"))
    for name in ["adam", "sgd"]:
        expected[f"{name}/before"] = tracked[f"{name}_w"].numpy()
        tracked[name].apply_gradients([(tf.constant(GRADIENT), tracked[f"{name}_w"])])
        expected[f"{name}/after"] = tracked[f"{name}_w"].numpy()
    np.savez(out / "expected.npz", **expected)
    return module


def main():
    with tempfile.TemporaryDirectory() as scratch:
        out = pathlib.Path(scratch) / "ferroflow"
        out.mkdir()
        example("write", str(out))
        expected = np.load(out / "expected.npz")
        check_model(out, expected)
        check_keras_models(out, expected)
        check_checkpoints(out, expected)
        check_summaries(out, expected)
        check_datasets(out)
        ours = pathlib.Path(scratch) / "tensorflow"
        module = write(ours)
        section("files of TensorFlow in ferroflow")
        example("read", str(ours))
        CHECKS[SECTION] += 1
        module.w.assign(tf.zeros_like(module.w))
        status = tf.train.Checkpoint(module=module).read(str(ours / "again"))
        status.assert_existing_objects_matched()
        check("a loaded module's checkpoint", float(module.w[0, 0]) == -1.0)
    width = max(map(len, CHECKS))
    for name, count in CHECKS.items():
        print(f"{name:{width}}  {count} checks passed")


if __name__ == "__main__":
    main()
