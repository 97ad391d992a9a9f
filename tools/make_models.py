"""Makes the model files that crates/formats is tested on, with the real TensorFlow (2.21).

    python tools/make_models.py [--out DIRECTORY] [FIXTURE...]

Every directory of the output is one fixture; those named are made anew, or all. Beside a model lie `NAME.inputs.npz` and `NAME.outputs.npz`: what was
fed to the signature (or graph) NAME and what TensorFlow answered. `*.values` files hold exact tensors as text, one a
line: name, dtype, shape and the elements' bytes in hexadecimal, tab separated; elements of string tensors are
separated by commas, each between brackets.
"""

import argparse
import gzip
import os
import pathlib
import shutil
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework import tensor_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.saved_model import loader_impl

import model_kinds

v1 = tf.compat.v1


def save_values(path, values):
    """Writes `name -> tensor` in the `*.values` notation."""
    lines = []
    for name, value in values.items():
        value = value if isinstance(value, tf.Tensor) else tf.constant(value)
        array = value.numpy()
        if value.dtype == tf.string:
            elements = ",".join(f"[{item.hex()}]" for item in np.asarray(array, object).ravel())
        else:
            elements = np.asarray(array).tobytes().hex()
        dims = ",".join(str(dim) for dim in value.shape)
        lines.append(f"{name}\t{value.dtype.name}\t[{dims}]\t{elements}\n")
    path.write_text("".join(lines))


def save_arrays(path, values):
    """Writes an `.npz`; byte strings become NumPy's `S` type, which needs no pickling."""
    arrays = {}
    for name, value in sorted(values.items()):
        array = np.asarray(value)
        arrays[name] = array.astype("S") if array.dtype == object else array
    np.savez(path, **arrays)


def record_signature(model_dir, key, inputs, tags=("serve",)):
    """Runs one signature in a TensorFlow 1 session and records what goes in and comes out."""
    with tf.Graph().as_default(), v1.Session() as sess:
        meta_graph = v1.saved_model.load(sess, list(tags), str(model_dir))
        signature = meta_graph.signature_def[key]
        feed = {signature.inputs[name].name: value for name, value in inputs.items()}
        outputs = sess.run({name: info.name for name, info in signature.outputs.items()}, feed)
    save_arrays(model_dir / f"{key}.inputs.npz", inputs)
    save_arrays(model_dir / f"{key}.outputs.npz", outputs)


def restored_values(graph, sess):
    """The values of all initialised variables by the names of their nodes."""
    values = {}
    for op in list(graph.get_operations()):
        if op.type == "VarHandleOp":
            read = tf.raw_ops.ReadVariableOp(resource=op.outputs[0], dtype=op.get_attr("dtype"))
        elif op.type in ["VariableV2", "Variable"]:
            read = tf.raw_ops.Identity(input=op.outputs[0])
        else:
            continue
        try:
            values[op.name] = sess.run(read)
        except tf.errors.FailedPreconditionError:
            pass  # The checkpoint does not have it.
    return dict(sorted(values.items()))


def record_facts(model_dir, tags=("serve",), name="facts"):
    """What TensorFlow's loader finds in a SavedModel: signatures, init operation, assets, restored variables."""
    loader = loader_impl.SavedModelLoader(str(model_dir))
    meta_graph = loader.get_meta_graph_def_from_tags(list(tags))
    lines = []
    for key, signature in sorted(meta_graph.signature_def.items()):
        if key.startswith("__saved_model"):
            continue
        lines.append(["signature", key, signature.method_name])
        for kind, infos in [("input", signature.inputs), ("output", signature.outputs)]:
            for item, info in sorted(infos.items()):
                shape = tf.TensorShape(info.tensor_shape)
                lines.append([kind, item, info.name, tf.as_dtype(info.dtype).name, str(shape)])
    with tf.Graph().as_default() as graph, v1.Session() as sess:
        saver, _ = loader.load_graph(sess, list(tags))
        loader.restore_variables(sess, saver)
        init = loader_impl.get_init_op(meta_graph)
        if init is not None:
            lines.append(["init", init.name])
        for tensor, path in sorted(loader_impl.get_asset_tensors(str(model_dir), meta_graph).items()):
            lines.append(["asset", tensor, os.path.relpath(tf.compat.as_str(path), str(model_dir))])
        values = restored_values(graph, sess)
    (model_dir / f"{name}.txt").write_text("".join("\t".join(line) + "\n" for line in lines))
    save_values(model_dir / f"{name}.values", values)


def record_restored(out):
    """The variables of a MetaGraph after its saver has restored the checkpoint."""
    with tf.Graph().as_default() as graph, v1_session(2) as sess:
        saver = v1.train.import_meta_graph(str(out / "model.meta"))
        saver.restore(sess, str(out / "model"))
        values = restored_values(graph, sess)
    save_values(out / "restored.values", values)


def frozen_graph(out):
    """A GraphDef without variables: binary, text, and text of a function library."""
    with tf.Graph().as_default() as graph, v1.Session() as sess:
        x = v1.placeholder(tf.float32, [None, 3], name="x")
        w = v1.constant(np.arange(6, dtype=np.float32).reshape(3, 2) / 4, name="w")
        b = v1.constant([0.5, -1.25], name="b")
        with v1.name_scope("layer"):
            y = v1.add(v1.matmul(x, w), b, name="y")
        v1.nn.relu(y, name="relu")
        v1.reduce_sum(y, axis=1, name="total")
        names = v1.constant([b"small", b"large\x00\xff"], name="names")
        v1.gather(names, v1.cast(v1.greater(v1.reduce_sum(y, axis=1), 1.0), tf.int32), name="label")
        inputs = {"x": np.array([[1, 2, 3], [-4, 5, -6], [0, 0, 0]], np.float32)}
        fetches = ["layer/y:0", "relu:0", "total", "label"]
        tensors = {name: name if ":" in name else name + ":0" for name in fetches}
        save_arrays(out / "graph.inputs.npz", inputs)
        save_arrays(out / "graph.outputs.npz", sess.run(tensors, {"x:0": inputs["x"]}))
        graph_def = graph.as_graph_def()
    (out / "graph.pb").write_bytes(graph_def.SerializeToString(deterministic=True))
    (out / "graph.pbtxt").write_text(text_format.MessageToString(graph_def))


def v1_control_flow(out):
    """A GraphDef with the loops and switches of TensorFlow 1 (Enter, Exit, Switch, Merge, NextIteration)."""
    v1.disable_control_flow_v2()
    with tf.Graph().as_default() as graph, v1.Session() as sess:
        n = v1.placeholder(tf.int32, [], name="n")
        x = v1.placeholder(tf.float32, [2], name="x")
        _, power = v1.while_loop(lambda i, _: i < n, lambda i, acc: (i + 1, acc * x), [0, v1.ones_like(x)])
        v1.identity(power, name="power")
        v1.identity(v1.cond(n > 2, lambda: x + 1.0, lambda: x - 1.0), name="branch")
        inputs = {"n": np.array(5, np.int32), "x": np.array([1.5, -2.0], np.float32)}
        outputs = sess.run({"power": "power:0", "branch": "branch:0"}, {"n:0": inputs["n"], "x:0": inputs["x"]})
        save_arrays(out / "graph.inputs.npz", inputs)
        save_arrays(out / "graph.outputs.npz", outputs)
        graph_def = graph.as_graph_def()
    v1.enable_control_flow_v2()
    (out / "graph.pb").write_bytes(graph_def.SerializeToString(deterministic=True))


def sample_tensors():
    """One tensor of each element type a checkpoint can hold, and the shapes that need care."""
    values = {}
    for dtype in [tf.float32, tf.float64, tf.float16, tf.bfloat16]:
        values[f"float/{dtype.name}"] = tf.cast(tf.constant([[1.5, -2.25, 0.1], [3e4, -0.0, 7]], tf.float64), dtype)
    for dtype in [tf.int8, tf.int16, tf.int32, tf.int64]:
        values[f"int/{dtype.name}"] = tf.constant([dtype.min, -1, 0, dtype.max], dtype)
    for dtype in [tf.uint8, tf.uint16, tf.uint32, tf.uint64]:
        values[f"uint/{dtype.name}"] = tf.constant([[0], [1], [dtype.max]], dtype)
    values["bool"] = tf.constant([True, False, True])
    values["complex64"] = tf.constant([1 + 2j, -0.5j], tf.complex64)
    values["complex128"] = tf.constant([[1e-300 - 2j]], tf.complex128)
    values["string"] = tf.constant([[b"", b"abc"], [b"\x00\xff", b"x" * 200]])
    values["string_scalar"] = tf.constant("caf\u00e9")
    values["string_empty"] = tf.zeros([0, 2], tf.string)
    values["scalar"] = tf.constant(42, tf.int64)
    values["empty"] = tf.zeros([0, 3], tf.float32)
    values["rank5"] = tf.reshape(tf.range(24, dtype=tf.float32), [1, 2, 3, 4, 1])
    return values


def checkpoint_all_types(out):
    """A checkpoint straight from the SaveV2 op."""
    values = sample_tensors()
    names = list(values)
    tf.raw_ops.SaveV2(
        prefix=str(out / "model"), tensor_names=names, shape_and_slices=[""] * len(names),
        tensors=[values[name] for name in names],
    )
    save_values(out / "model.values", values)


def checkpoint_many(out):
    """An index of several blocks (a block holds 256 KiB), kept gzipped: only its index is committed."""
    names = [f"{str(i)[::-1]:0<5}/" + "variable/" * 14 + str(i) for i in range(3000)]
    tf.raw_ops.SaveV2(
        prefix=str(out / "model"), tensor_names=names, shape_and_slices=[""] * len(names),
        tensors=[tf.constant(7, tf.int32)] * len(names),
    )
    index = (out / "model.index").read_bytes()
    (out / "model.index.gz").write_bytes(gzip.compress(index, mtime=0))
    (out / "names.txt.gz").write_bytes(gzip.compress("\n".join(sorted(names)).encode(), mtime=0))
    for path in out.glob("model.*"):
        if path.suffix != ".gz":
            path.unlink()


def forget_directory(out, name):
    """Rewrites the `checkpoint` state file so that it does not hold the directory it was made in."""
    v1.train.update_checkpoint_state(str(out), name, [name])


def v1_session(cpus=1):
    return v1.Session(config=v1.ConfigProto(device_count={"CPU": cpus}))


def checkpoint_sharded(out):
    """A Saver with one shard a device, and its MetaGraph."""
    v1.disable_resource_variables()
    with tf.Graph().as_default(), v1_session(2) as sess:
        x = v1.placeholder(tf.float32, [2], name="x")
        with tf.device("/cpu:0"):
            a = v1.get_variable("a", initializer=v1.constant([1.0, 2.0]))
        with tf.device("/cpu:1"):
            b = v1.get_variable("b", initializer=v1.constant([30.0, 40.0]))
            c = v1.get_variable("c", initializer=v1.constant(["s", "tt"]))
        v1.add(x * a, b, name="y")
        sess.run(v1.global_variables_initializer())
        v1.train.Saver(sharded=True).save(sess, str(out / "model"))
        values = dict(zip("abc", sess.run([a, b, c])))
        inputs = {"x": np.array([5, 6], np.float32)}
        save_arrays(out / "graph.inputs.npz", inputs)
        save_arrays(out / "graph.outputs.npz", sess.run({"y": "y:0"}, {"x:0": inputs["x"]}))
    v1.enable_resource_variables()
    save_values(out / "model.values", values)
    record_restored(out)
    forget_directory(out, "model")


def checkpoint_partitioned(out):
    """Variables cut into slices along one axis, saved under their whole name, and a MetaGraph that uses them."""
    v1.disable_resource_variables()
    with tf.Graph().as_default(), v1_session() as sess:
        ids = v1.placeholder(tf.int64, [None], name="ids")
        with v1.variable_scope("embedding", partitioner=v1.fixed_size_partitioner(3)):
            table = v1.get_variable("table", [7, 2], initializer=v1.random_uniform_initializer(-1, 1, seed=1))
        with v1.variable_scope("columns", partitioner=v1.fixed_size_partitioner(2, axis=1)):
            columns = v1.get_variable("w", [2, 5], tf.int32, v1.random_uniform_initializer(-9, 9, seed=2))
        plain = v1.get_variable("plain", initializer=np.float32(2.5))
        v1.multiply(v1.nn.embedding_lookup(table, ids, "div"), plain, name="y")
        sess.run(v1.global_variables_initializer())
        v1.train.Saver().save(sess, str(out / "model"))
        values = {
            "embedding/table": sess.run(table.as_tensor()),
            "columns/w": sess.run(columns.as_tensor()),
            "plain": sess.run(plain),
        }
        inputs = {"ids": np.array([0, 6, 3, 2], np.int64)}
        save_arrays(out / "graph.inputs.npz", inputs)
        save_arrays(out / "graph.outputs.npz", sess.run({"y": "y:0"}, {"ids:0": inputs["ids"]}))
    v1.enable_resource_variables()
    save_values(out / "model.values", values)
    record_restored(out)
    forget_directory(out, "model")


def checkpoint_objects(out):
    """An object-based checkpoint of TensorFlow 2, with a state file that lists two."""
    layers = [tf.Module(), tf.Module()]
    for i, layer in enumerate(layers):
        layer.w = tf.Variable(tf.fill([2, 2], float(i)), name=f"w{i}")
    root = tf.train.Checkpoint(layers=layers, step=tf.Variable(3, dtype=tf.int64), names={"a.b/c": tf.Variable("n")})
    manager = tf.train.CheckpointManager(root, str(out), max_to_keep=2)
    for number in [1, 2, 3]:
        root.step.assign_add(1)
        manager.save(checkpoint_number=number)
    reader = tf.train.load_checkpoint(str(out))
    values = {name: tf.constant(reader.get_tensor(name)) for name in sorted(reader.get_variable_to_shape_map())}
    save_values(out / "ckpt-3.values", values)
    # Of the others the tests read the names only.
    for path in [*out.glob("ckpt-2.*"), *out.glob("ckpt-1.*")]:
        path.unlink()


def saved_model_v1_ref(out):
    """SavedModelBuilder: reference variables, two tag sets, three signatures, an asset and a lookup table."""
    v1.disable_resource_variables()
    out.rmdir()
    vocabulary = pathlib.Path("vocabulary.txt")
    vocabulary.write_text("red\ngreen\nblue\n")
    builder = v1.saved_model.Builder(str(out))
    build_tensor_info = v1.saved_model.build_tensor_info
    with tf.Graph().as_default(), v1.Session() as sess:
        x = v1.placeholder(tf.float32, [None, 2], name="x")
        words = v1.placeholder(tf.string, [None], name="words")
        w = v1.get_variable("w", initializer=np.array([[1, 2, 3], [4, 5, 6]], np.float32))
        b = v1.get_variable("b", initializer=np.array([0.5, 0.25, 0.125], np.float32))
        logits = v1.add(v1.matmul(x, w), b, name="logits")
        best = v1.argmax(logits, axis=1, name="best")
        asset = v1.constant(str(vocabulary), name="vocabulary")
        v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, asset)
        table = v1.lookup.StaticVocabularyTable(
            v1.lookup.TextFileInitializer(
                asset, tf.string, v1.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64, v1.lookup.TextFileIndex.LINE_NUMBER,
            ),
            num_oov_buckets=1,
        )
        ids = v1.identity(table.lookup(words), name="ids")
        v1.get_variable("local", initializer=7, collections=[v1.GraphKeys.LOCAL_VARIABLES])
        sess.run([v1.global_variables_initializer(), v1.tables_initializer()])
        predict = v1.saved_model.build_signature_def
        signatures = {
            "serving_default": v1.saved_model.predict_signature_def({"x": x}, {"logits": logits, "best": best}),
            "lookup": predict({"words": build_tensor_info(words)}, {"ids": build_tensor_info(ids)}, "example/lookup"),
            "regress": v1.saved_model.regression_signature_def(words, v1.cast(ids, tf.float32)),
        }
        builder.add_meta_graph_and_variables(
            sess, ["serve"], assets_collection=[asset], signature_def_map=signatures,
            main_op=v1.tables_initializer(),
        )
    with tf.Graph().as_default(), v1.Session() as sess:
        x = v1.placeholder(tf.float32, [None, 2], name="x")
        w = v1.get_variable("w", initializer=np.zeros([2, 3], np.float32))
        y = v1.matmul(x, w, name="y")
        sess.run(v1.global_variables_initializer())
        builder.add_meta_graph(
            ["serve", "gpu"], signature_def_map={"plain": v1.saved_model.predict_signature_def({"x": x}, {"y": y})}
        )
    builder.save()
    vocabulary.unlink()
    v1.enable_resource_variables()
    x = np.array([[1, 0], [0.5, -1]], np.float32)
    record_signature(out, "serving_default", {"x": x})
    record_signature(out, "lookup", {"words": np.array([b"blue", b"red", b"pink"])})
    record_signature(out, "plain", {"x": x}, tags=("serve", "gpu"))
    record_facts(out)
    record_facts(out, ("serve", "gpu"), "gpu_facts")


def saved_model_v1_resource(out):
    """simple_save: resource variables, one of them a string, and a legacy init op in a collection."""
    out.rmdir()
    with tf.Graph().as_default(), v1.Session() as sess:
        x = v1.placeholder(tf.float64, [None], name="x")
        scale = v1.get_variable("scale", initializer=np.float64(3), use_resource=True)
        unit = v1.get_variable("unit", initializer=v1.constant("km"), use_resource=True)
        y = v1.multiply(x, scale, name="y")
        text = v1.string_join([v1.as_string(y, precision=1), unit], separator=" ", name="text")
        ready = v1.get_variable("ready", initializer=0, collections=["local_variables"], use_resource=True)
        legacy_init = v1.group(ready.initializer, name="legacy_init")
        sess.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(
            sess, str(out), {"x": x}, {"y": y, "text": text}, legacy_init_op=legacy_init
        )
    record_signature(out, "serving_default", {"x": np.array([1, -2.5], np.float64)})
    record_facts(out)
    saved = saved_model_pb2.SavedModel.FromString((out / "saved_model.pb").read_bytes())
    text_dir = out.with_name(out.name + "_text")
    text_dir.mkdir()
    (text_dir / "saved_model.pbtxt").write_text(text_format.MessageToString(saved))


def saved_model_v2_module(out):
    """A tf.Module: signatures of several kinds, control flow in functions, an asset, a table, string input."""

    class Model(tf.Module):
        def __init__(self, vocabulary):
            super().__init__()
            self.w = tf.Variable(np.array([[1, -1], [2, 0.5]], np.float32), name="w")
            self.calls = tf.Variable(0, dtype=tf.int64, trainable=False, name="calls")
            self.parts = {"first": [tf.Variable(1.0), tf.Variable(2.0)]}
            self.asset = tf.saved_model.Asset(vocabulary)
            self.table = tf.lookup.StaticHashTable(
                tf.lookup.TextFileInitializer(
                    self.asset, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE,
                    tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER,
                ),
                default_value=-1,
            )

        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
        def affine(self, x):
            y = tf.matmul(x, self.w) + self.parts["first"][0]
            return {"y": y, "norm": self.length(y)}

        @tf.function
        def length(self, y):
            return tf.sqrt(tf.reduce_sum(y * y, axis=1))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])
        def lookup(self, words):
            return {"ids": self.table.lookup(words), "lengths": tf.strings.length(words)}

        @tf.function(input_signature=[tf.TensorSpec([], tf.int32, name="n")])
        def count(self, n):
            total = tf.constant(0)
            i = tf.constant(0)
            while i < n:
                if i % 2 == 0:
                    total += i
                i += 1
            return {"total": total}

        @tf.function(input_signature=[])
        def tick(self):
            return {"calls": self.calls.assign_add(1)}

    out.rmdir()
    vocabulary = pathlib.Path("words.txt")
    vocabulary.write_text("zero\none\ntwo\n")
    model = Model(str(vocabulary))
    tf.saved_model.save(
        model, str(out),
        signatures={"serving_default": model.affine, "lookup": model.lookup, "count": model.count, "tick": model.tick},
    )
    vocabulary.unlink()
    record_signature(out, "serving_default", {"x": np.array([[1, 2], [3, -4], [0, 0]], np.float32)})
    record_signature(out, "lookup", {"words": np.array([b"two", b"three", b"zero"])})
    record_signature(out, "count", {"n": np.array(9, np.int32)})
    record_signature(out, "tick", {})
    record_facts(out)
    reader = tf.train.load_checkpoint(str(out / "variables" / "variables"))
    values = {name: tf.constant(reader.get_tensor(name)) for name in sorted(reader.get_variable_to_shape_map())}
    values.pop("_CHECKPOINTABLE_OBJECT_GRAPH")
    save_values(out / "variables.values", values)


def saved_model_keras(out):
    """A Keras 3 functional model with two inputs and two outputs."""
    import keras

    keras.utils.set_random_seed(3)
    out.rmdir()
    left = keras.Input((3,), name="left")
    right = keras.Input((2,), dtype="int32", name="right")
    x = keras.layers.Dense(4, activation="tanh", name="dense")(left)
    y = keras.layers.Flatten(name="flat")(keras.layers.Embedding(5, 2, name="embedding")(right))
    joined = keras.layers.Concatenate(name="join")([x, y])
    outputs = {
        "score": keras.layers.Dense(1, activation="sigmoid", name="score")(joined),
        "features": keras.layers.LayerNormalization(name="features")(joined),
    }
    keras.Model({"left": left, "right": right}, outputs).export(str(out), verbose=False)
    inputs = {"left": np.array([[0.5, -1, 2], [1, 1, 1]], np.float32), "right": np.array([[0, 4], [2, 2]], np.int32)}
    record_signature(out, "serving_default", inputs)
    record_facts(out)


def tensor_protos(out):
    """TensorProtos in every form TensorFlow writes or reads, each with the tensor that TensorFlow makes of it."""
    protos = {}
    for name, value in sample_tensors().items():
        protos[f"python {name}"] = tf.make_tensor_proto(value.numpy(), value.dtype)
        if value.shape.num_elements():
            first = tf.reshape(value, [-1])[:1]
            protos[f"scalar {name}"] = tf.make_tensor_proto(first.numpy()[0], value.dtype)
    forms = {
        "repeats the last value": "dtype: DT_INT32 tensor_shape { dim { size: 2 } dim { size: 3 } } int_val: [1, 2]",
        "no values are zeros": "dtype: DT_DOUBLE tensor_shape { dim { size: 3 } }",
        "no strings are empty": "dtype: DT_STRING tensor_shape { dim { size: 2 } }",
        "surplus values are dropped": "dtype: DT_INT64 tensor_shape { dim { size: 1 } } int64_val: [5, 6, 7]",
        "half_val": "dtype: DT_HALF tensor_shape { dim { size: 3 } } half_val: [15360, 49152]",
        "half_val bfloat16": "dtype: DT_BFLOAT16 tensor_shape { dim { size: 2 } } half_val: 16256",
        "bool_val": "dtype: DT_BOOL tensor_shape { dim { size: 4 } } bool_val: [false, true]",
        "scomplex_val": "dtype: DT_COMPLEX64 tensor_shape { dim { size: 3 } } scomplex_val: [1, 2, 3, 4]",
        "dcomplex_val": "dtype: DT_COMPLEX128 tensor_shape { } dcomplex_val: [1, 2]",
        "uint32_val": "dtype: DT_UINT32 tensor_shape { dim { size: 2 } } uint32_val: 4294967295",
        "uint64_val": "dtype: DT_UINT64 tensor_shape { } uint64_val: 18446744073709551615",
        "int8 in int_val": "dtype: DT_INT8 tensor_shape { dim { size: 2 } } int_val: [-128, 127]",
        "uint16 in int_val": "dtype: DT_UINT16 tensor_shape { dim { size: 2 } } int_val: [65535, 1]",
        "qint8": "dtype: DT_QINT8 tensor_shape { dim { size: 2 } } int_val: [-3]",
        "string_val repeats": 'dtype: DT_STRING tensor_shape { dim { size: 3 } } string_val: ["a", "\\377\\000"]',
        "odd complex": "dtype: DT_COMPLEX64 tensor_shape { dim { size: 2 } } scomplex_val: [1, 2, 3]",
        "no shape is a scalar": "dtype: DT_FLOAT float_val: 2.5",
        "empty": "dtype: DT_FLOAT tensor_shape { dim { size: 0 } dim { size: 4 } } float_val: 1",
        "bad content length": 'dtype: DT_FLOAT tensor_shape { dim { size: 2 } } tensor_content: "abcde"',
        "short content": 'dtype: DT_FLOAT tensor_shape { dim { size: 3 } } tensor_content: "abcdefgh"',
        "string content": 'dtype: DT_STRING tensor_shape { dim { size: 2 } } tensor_content: "\\001\\002abb"',
        "bad string content": 'dtype: DT_STRING tensor_shape { dim { size: 2 } } tensor_content: "\\001\\003abb"',
        "unknown rank": "dtype: DT_FLOAT tensor_shape { unknown_rank: true } float_val: 1",
        "negative dim": "dtype: DT_FLOAT tensor_shape { dim { size: -1 } } float_val: 1",
        "overflow": "dtype: DT_INT8 tensor_shape { dim { size: 4611686018427387904 } dim { size: 4 } } int_val: 1",
        "invalid dtype": "tensor_shape { } float_val: 1",
        "reference dtype": "dtype: DT_FLOAT_REF tensor_shape { } float_val: 1",
    }
    for name, text in forms.items():
        protos[name] = text_format.Parse(text, tensor_pb2.TensorProto())
    lines = []
    for name, proto in protos.items():
        lines.append(f"{name}\t{proto.SerializeToString(deterministic=True).hex()}\t{constant_of(proto)}\n")
    (out / "protos.values").write_text("".join(lines))


def status_message(error):
    """The kernel's own words, without the session's account of where it happened."""
    lines = [line for line in str(error).split("\n") if line]
    if lines[0] == "Graph execution error:":
        lines = lines[next(i for i, line in enumerate(lines) if line.startswith("Node:")) + 1 :]
    # What follows is protobuf's debug text, which differs from run to run on purpose.
    return lines[0].split(" goo.gle/")[0].split("<TensorProto:")[0]


def constant_of(proto):
    """What TensorFlow's Const kernel makes of `proto`, in the notation of `*.values`, or its error."""
    graph_def = v1.GraphDef()
    node = graph_def.node.add(name="c", op="Const")
    node.attr["dtype"].type = proto.dtype
    node.attr["value"].tensor.CopyFrom(proto)
    try:
        with tf.Graph().as_default(), v1.Session() as sess:
            tf.import_graph_def(graph_def, name="")
            tensor = sess.graph.get_tensor_by_name("c:0")
            fetch = v1.bitcast(tensor, tf.int8) if tensor.dtype == tf.qint8 else tensor
            array, dtype = sess.run(fetch), tensor.dtype
    except Exception as error:  # The message is what is recorded.
        return f"error\t{type(error).__name__}\t{status_message(error)}"
    if dtype == tf.string:
        elements = ",".join(f"[{item.hex()}]" for item in np.asarray(array, object).ravel())
    else:
        elements = np.asarray(array).tobytes().hex()
    return f"{dtype.name}\t[{','.join(map(str, np.shape(array)))}]\t{elements}"


def tf_records(out):
    """TFRecord files: plain, gzip and zlib, with an empty and a long record."""
    records = [b"", b"hello", bytes(range(256)), b"z" * 3000]
    for name in ["", "GZIP", "ZLIB"]:
        path = out / ("records" + (f".{name.lower()}" if name else ".tfrecord"))
        with tf.io.TFRecordWriter(str(path), name) as writer:
            for record in records:
                writer.write(record)
    (out / "records.values").write_text("".join(f"{record.hex()}\n" for record in records))


def checkpoint_v1(out):
    """Checkpoints in the format of TensorFlow before 1.0: in one file, and in one a device."""
    v1.disable_resource_variables()
    with tf.Graph().as_default(), v1_session(2) as sess:
        numbers = np.array([[1, 0, 3], [1, 1, 0]])
        # The kernel that writes them takes no other dtypes.
        integers = ["int32", "int64", "uint8", "int8", "int16", "bool"]
        for name in ["float32", "float64", "float16", "complex64", "complex128", *integers]:
            v1.get_variable(name, initializer=tf.cast(numbers, name))
        v1.get_variable("string", initializer=v1.constant(["ab", "", "c\u00e9"]))
        v1.get_variable("scalar", initializer=v1.constant(2.5))
        v1.get_variable("empty", initializer=v1.constant(np.zeros([0, 2], np.float32)))
        with v1.variable_scope("parts", partitioner=v1.fixed_size_partitioner(2)), tf.device("/cpu:1"):
            table = v1.get_variable("table", [5, 2], initializer=v1.random_uniform_initializer(-1, 1, seed=1))
        sess.run(v1.global_variables_initializer())
        v1.train.Saver(write_version=v1.train.SaverDef.V1).save(sess, str(out / "model"), write_meta_graph=False)
        v1.train.Saver(sharded=True, write_version=v1.train.SaverDef.V1).save(
            sess, str(out / "sharded"), write_meta_graph=False, write_state=False
        )
        whole = [variable for variable in v1.global_variables() if not variable.name.startswith("parts/")]
        values = {variable.op.name: sess.run(variable) for variable in whole}
        values["parts/table"] = sess.run(table.as_tensor())
    v1.enable_resource_variables()
    save_values(out / "model.values", values)
    forget_directory(out, "model")


def event_file(out):
    """An event file with one event of each kind, and the events in text form."""
    with tf.Graph().as_default() as graph:
        v1.constant(1, name="c")
        writer = v1.summary.FileWriter(str(out), graph)
    values = [
        v1.Summary.Value(tag="loss", simple_value=0.5),
        v1.Summary.Value(
            tag="weights",
            histo=v1.HistogramProto(max=1, num=2, sum=1, sum_squares=1, bucket_limit=[0.5, 1], bucket=[1, 1]),
        ),
    ]
    writer.add_summary(v1.Summary(value=values), 3)
    writer.add_session_log(v1.SessionLog(status=v1.SessionLog.START, checkpoint_path="p"), 4)
    metadata = v1.RunMetadata()
    metadata.step_stats.dev_stats.add(device="/cpu:0")
    writer.add_run_metadata(metadata, "run", 5)
    writer.close()
    (path,) = out.glob("events.*")
    events = list(v1.train.summary_iterator(str(path)))
    (out / "events.txt").write_text("---\n".join(text_format.MessageToString(event) for event in events))
    path.rename(out / "events.out.tfevents.1700000000.host")


FIXTURES = {
    "ckpt_v1": checkpoint_v1,
    "event_file": event_file,
    "frozen": frozen_graph,
    "v1_control_flow": v1_control_flow,
    "ckpt_all_types": checkpoint_all_types,
    "ckpt_many": checkpoint_many,
    "ckpt_sharded": checkpoint_sharded,
    "ckpt_partitioned": checkpoint_partitioned,
    "ckpt_objects": checkpoint_objects,
    "v1_ref": saved_model_v1_ref,
    "v1_resource": saved_model_v1_resource,
    "v2_module": saved_model_v2_module,
    "v2_keras": saved_model_keras,
    "tensor_protos": tensor_protos,
    "tf_records": tf_records,
    "keras_convolutions": lambda out: model_kinds.keras_convolutions(out, record_signature),
    "keras_recurrent": lambda out: model_kinds.keras_recurrent(out, record_signature),
    "keras_attention": lambda out: model_kinds.keras_attention(out, record_signature),
    "keras_text": lambda out: model_kinds.keras_text(out, record_signature),
    "keras_features": lambda out: model_kinds.keras_features(out, record_signature),
    "v2_parts": lambda out: model_kinds.module_of_many_parts(out, record_signature),
    "v1_examples": lambda out: model_kinds.examples_parsed(out, record_signature),
    "frozen_mobile": lambda out: model_kinds.frozen_mobile(out, save_arrays),
    "frozen_text": lambda out: model_kinds.frozen_text(out, save_arrays),
    "frozen_recurrent": lambda out: model_kinds.frozen_recurrent(out, save_arrays),
}


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=root / "crates" / "formats" / "tests" / "data")
    parser.add_argument("fixtures", nargs="*", metavar="FIXTURE", help="one of: " + ", ".join(FIXTURES))
    args = parser.parse_args()
    out = args.out.resolve()
    # Graphs keep the paths of their assets as constants; relative ones are the same everywhere.
    os.chdir(tempfile.mkdtemp())
    for name in args.fixtures or FIXTURES:
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)
        FIXTURES[name](out / name)


if __name__ == "__main__":
    main()
