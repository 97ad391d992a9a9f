"""Trains the digit classifiers of examples/digits and records TensorFlow's own logits for the test images.

Needs TensorFlow 2.21, Keras 3 and scikit-learn (for its 8x8 digits). Run as

    python tools/make_digits.py [OUTPUT_DIRECTORY]

It writes two models of the same task, one per TensorFlow generation:

* v1/    a graph with placeholders and reference variables: a `train.Saver` checkpoint, its MetaGraph
         and a frozen GraphDef;
* keras/ a Keras 3 model exported as a version 2 SavedModel;

and `images.npy`, `labels.npy`, `expected_v1.npz` and `expected_keras.npz`.
Seeds are fixed and training is single-threaded, so a second run gives the same weights.
"""

import os
import pathlib
import shutil
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

SEED = 7
TEST_IMAGES = 256
v1 = tf.compat.v1


def digits():
    """The 8x8 images scaled to 0..1 with a channel axis, as (train, test) pairs of images and labels."""
    data = load_digits()
    images = (data.images / 16.0).astype(np.float32)[..., np.newaxis]
    labels = data.target.astype(np.int64)
    order = np.random.RandomState(SEED).permutation(len(images))
    test, train = order[:TEST_IMAGES], order[TEST_IMAGES:]
    return (images[train], labels[train]), (images[test], labels[test])


def build_v1_graph():
    """conv-pool-conv-pool-dense-dense in TensorFlow 1 style; tensors are found again by name."""

    def weight(name, shape, fan_in):
        return v1.get_variable(
            name, shape, initializer=v1.truncated_normal_initializer(stddev=(2.0 / fan_in) ** 0.5)
        )

    def bias(name, size):
        return v1.get_variable(name, [size], initializer=v1.zeros_initializer())

    images = v1.placeholder(tf.float32, [None, 8, 8, 1], name="images")
    labels = v1.placeholder(tf.int64, [None], name="labels")
    x = images
    for name, channels, filters in [("conv1", 1, 8), ("conv2", 8, 16)]:
        with v1.variable_scope(name):
            kernel = weight("kernel", [3, 3, channels, filters], 9 * channels)
            x = v1.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding="SAME")
            x = v1.nn.relu(v1.nn.bias_add(x, bias("bias", filters)))
            x = v1.nn.max_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
    x = v1.reshape(x, [-1, 64], name="flatten")
    with v1.variable_scope("hidden"):
        x = v1.nn.relu(v1.nn.bias_add(v1.matmul(x, weight("kernel", [64, 32], 64)), bias("bias", 32)))
    with v1.variable_scope("output"):
        logits = v1.matmul(x, weight("kernel", [32, 10], 32)) + bias("bias", 10)
    logits = v1.identity(logits, name="logits")
    v1.nn.softmax(logits, name="probabilities")
    predicted = v1.argmax(logits, axis=1, name="predicted")
    v1.reduce_mean(v1.cast(v1.equal(predicted, labels), tf.float32), name="accuracy")
    loss = v1.reduce_mean(
        v1.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits), name="loss"
    )
    step = v1.train.get_or_create_global_step()
    v1.train.MomentumOptimizer(0.05, 0.9).minimize(loss, global_step=step, name="train")


def train_v1(out, train, test):
    """Trains the v1 graph and returns its outputs for the test images."""
    v1.disable_resource_variables()
    with tf.Graph().as_default() as graph:
        v1.set_random_seed(SEED)
        build_v1_graph()
        saver = v1.train.Saver()
        init = v1.global_variables_initializer()
        config = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
        with v1.Session(config=config) as sess:
            sess.run(init)
            shuffle = np.random.RandomState(SEED)
            for _ in range(25):
                order = shuffle.permutation(len(train[0]))
                for start in range(0, len(order), 32):
                    batch = order[start : start + 32]
                    feed = {"images:0": train[0][batch], "labels:0": train[1][batch]}
                    sess.run("train", feed)
            saver.save(sess, str(out / "model.ckpt"))
            outputs = sess.run(
                {"logits": "logits:0", "probabilities": "probabilities:0", "predicted": "predicted:0"},
                {"images:0": test[0]},
            )
            accuracy = sess.run("accuracy:0", {"images:0": test[0], "labels:0": test[1]})
            frozen = v1.graph_util.convert_variables_to_constants(
                sess, graph.as_graph_def(), ["logits", "probabilities", "predicted"]
            )
    v1.enable_resource_variables()
    # The state file would otherwise hold the absolute path of the machine it was made on.
    v1.train.update_checkpoint_state(str(out), "model.ckpt", ["model.ckpt"])
    (out / "frozen.pb").write_bytes(frozen.SerializeToString(deterministic=True))
    print(f"v1 accuracy {accuracy:.4f}")
    return outputs


def train_keras(out, train, test):
    """Trains the Keras model, exports it and returns the export's own outputs for the test images."""
    import keras

    keras.utils.set_random_seed(SEED)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="images"),
            keras.layers.Conv2D(8, 3, padding="same", use_bias=False, name="conv1"),
            keras.layers.BatchNormalization(name="norm1"),
            keras.layers.ReLU(name="relu1"),
            keras.layers.MaxPooling2D(name="pool1"),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu", name="conv2"),
            keras.layers.MaxPooling2D(name="pool2"),
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dropout(0.2, name="dropout"),
            keras.layers.Dense(32, activation="relu", name="hidden"),
            keras.layers.Dense(10, name="logits"),
        ],
        name="digits",
    )
    model.compile(
        optimizer=keras.optimizers.Adam(2e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(*train, batch_size=32, epochs=20, verbose=0)
    print(f"keras accuracy {model.evaluate(*test, verbose=0)[1]:.4f}")
    model.export(str(out), verbose=False)
    serve = tf.saved_model.load(str(out)).signatures["serving_default"]
    ((_, spec),) = serve.structured_input_signature[1].items()
    return {key: value.numpy() for key, value in serve(**{spec.name: tf.constant(test[0])}).items()}


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "examples" / "digits"
    out.mkdir(parents=True, exist_ok=True)
    for name in ["v1", "keras"]:
        shutil.rmtree(out / name, ignore_errors=True)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    train, test = digits()
    np.save(out / "images.npy", test[0])
    np.save(out / "labels.npy", test[1])
    (out / "v1").mkdir()
    np.savez(out / "expected_v1.npz", **train_v1(out / "v1", train, test))
    np.savez(out / "expected_keras.npz", **train_keras(out / "keras", train, test))


if __name__ == "__main__":
    main()
