"""Makes the models of the bench `models`: well-known networks with random weights, frozen, as TensorFlow 2.21 and Keras 3 make them.

    python tools/make_bench_models.py DIRECTORY [NAME...]

For each model it writes NAME.pb, a GraphDef whose placeholder is `x` and whose result is `y`, and NAME.shape, the placeholder's
dimensions after the batch. They are some 300 MB and are not kept in the tree.
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

v1 = tf.compat.v1
SEED = 3


def application(name, size):
    """A classifier of `keras.applications`. Its moving averages become random too: those of a new model, 0 and 1, would
    leave its batch norms without effect."""
    model = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3))
    generator = np.random.default_rng(SEED)
    for variable in model.variables:
        if variable.name == "moving_mean":
            variable.assign(generator.normal(scale=0.05, size=variable.shape))
        elif variable.name in ("moving_variance", "gamma"):
            variable.assign(generator.uniform(0.8, 1.2, size=variable.shape))
    return model, [size, size, 3]


def lstm():
    """Two layers of 200 steps."""
    layers = [keras.layers.LSTM(128, return_sequences=True), keras.layers.LSTM(128), keras.layers.Dense(10)]
    return keras.Sequential([keras.Input((200, 64)), *layers]), [200, 64]


def transformer():
    """An encoder of 4 layers, 4 heads and width 256 over 64 places."""
    x = inputs = keras.Input((64, 256))
    for _ in range(4):
        attended = keras.layers.MultiHeadAttention(num_heads=4, key_dim=64)(x, x)
        x = keras.layers.LayerNormalization(epsilon=1e-6)(x + attended)
        widened = keras.layers.Dense(1024, activation="gelu")(x)
        x = keras.layers.LayerNormalization(epsilon=1e-6)(x + keras.layers.Dense(256)(widened))
    return keras.Model(inputs, x), [64, 256]


KERAS = {
    "mobilenet_v2": lambda: application("MobileNetV2", 224),
    "resnet50": lambda: application("ResNet50", 224),
    "inception_v3": lambda: application("InceptionV3", 299),
    "efficientnet_b0": lambda: application("EfficientNetB0", 224),
    "lstm": lstm,
    "transformer": transformer,
}


def frozen(model, dims, lower_control_flow):
    """The graph of the model's inference, its variables constants."""
    inference = tf.function(lambda x: tf.identity(model(x, training=False), name="y"))
    concrete = inference.get_concrete_function(tf.TensorSpec([None, *dims], tf.float32, name="x"))
    constants = convert_variables_to_constants_v2(concrete, lower_control_flow=lower_control_flow)
    return constants.graph.as_graph_def()


def lstm_v1():
    """The two layers in the style of TensorFlow 1: `while_loop` of frames, cells of `matmul` and `split`."""
    dims = [200, 64]
    generator = np.random.default_rng(SEED)
    with tf.Graph().as_default() as graph:
        v1.disable_control_flow_v2()
        x = v1.placeholder(tf.float32, [None, *dims], name="x")
        steps = tf.transpose(x, [1, 0, 2])
        for width in (64, 128):
            kernel = tf.constant(generator.normal(scale=0.08, size=[width + 128, 512]).astype(np.float32))
            rows = tf.TensorArray(tf.float32, 200).unstack(steps)
            zeros = tf.zeros([tf.shape(x)[0], 128])

            def step(time, c, h, outputs, rows=rows, kernel=kernel):
                i, j, f, o = tf.split(tf.matmul(tf.concat([rows.read(time), h], 1), kernel), 4, 1)
                c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
                h = tf.tanh(c) * tf.sigmoid(o)
                return time + 1, c, h, outputs.write(time, h)

            outputs = tf.TensorArray(tf.float32, 200)
            *_, outputs = v1.while_loop(lambda time, *_: time < 200, step, (0, zeros, zeros, outputs))
            steps = outputs.stack()
        head = tf.constant(generator.normal(scale=0.1, size=[128, 10]).astype(np.float32))
        tf.matmul(steps[-1], head, name="y")
    v1.enable_control_flow_v2()
    return graph.as_graph_def(), dims


def main():
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or [*KERAS, "lstm_v1"]:
        keras.utils.set_random_seed(SEED)
        if name == "lstm_v1":
            graph_def, dims = lstm_v1()
        else:
            model, dims = KERAS[name]()
            graph_def = frozen(model, dims, lower_control_flow=False)
        (directory / f"{name}.pb").write_bytes(graph_def.SerializeToString(deterministic=True))
        (directory / f"{name}.shape").write_text(" ".join(map(str, dims)) + "\n")
        print(name, len(graph_def.node), "nodes")


main()
