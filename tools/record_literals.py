"""Records which constants literal arguments become: their names, and those of the ops that take them.

Usage:  python tools/record_literals.py

Writes crates/v2/tests/data/literals.txt, a line for each call: the case and the nodes as `name=Op`, with a tab between. The
test of the same name makes the same calls in a graph and compares.
"""

import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

ROOT = pathlib.Path(__file__).parent.parent
M = [[1.0, 2.0], [3.0, 4.0]]

CASES = {
    "matmul right": lambda x: tf.matmul(x, M),
    "matmul left": lambda x: tf.matmul(M, x),
    "matmul batch": lambda x: tf.matmul([M], [M]),
    "matvec": lambda x: tf.linalg.matvec(x, [1.0, 2.0]),
    "reduce_sum": lambda x: tf.reduce_sum(x, 1),
    "reduce_sum all": lambda x: tf.reduce_sum(x),
    "reduce_sum literal": lambda x: tf.reduce_sum([1.0, 2.0]),
    "reduce_mean literal": lambda x: tf.reduce_mean([1.0, 2.0]),
    "reduce_max": lambda x: tf.reduce_max(x, [0, 1]),
    "reduce_logsumexp": lambda x: tf.reduce_logsumexp(M),
    "reduce_std": lambda x: tf.math.reduce_std(M),
    "reshape": lambda x: tf.reshape(x, [4]),
    "reshape literal": lambda x: tf.reshape(M, [4]),
    "transpose": lambda x: tf.transpose(x, [1, 0]),
    "transpose none": lambda x: tf.transpose(x),
    "transpose literal": lambda x: tf.transpose(M),
    "concat": lambda x: tf.concat([x, [[1.0, 2.0]]], 0),
    "stack": lambda x: tf.stack([x, M]),
    "stack literals": lambda x: tf.stack([[1.0], [2.0]]),
    "unstack": lambda x: tf.unstack(M),
    "gather": lambda x: tf.gather(x, [1, 0]),
    "gather literal": lambda x: tf.gather(M, [1, 0]),
    "gather_nd": lambda x: tf.gather_nd(x, [[1, 0]]),
    "scatter_nd": lambda x: tf.scatter_nd([[1]], [2.0], [3]),
    "where": lambda x: tf.where(True, x, 0.0),
    "where single": lambda x: tf.where([True, False]),
    "bias_add": lambda x: tf.nn.bias_add(x, [1.0, 2.0]),
    "one_hot": lambda x: tf.one_hot([1, 0], 3),
    "tile": lambda x: tf.tile(x, [1, 2]),
    "pad": lambda x: tf.pad(x, [[1, 1], [0, 0]]),
    "pad value": lambda x: tf.pad(x, [[1, 1], [0, 0]], constant_values=tf.constant(5.0)),
    "top_k": lambda x: tf.math.top_k(x, 1),
    "argmax": lambda x: tf.argmax(x, 0),
    "argmax literal": lambda x: tf.argmax([1.0, 2.0]),
    "expand_dims": lambda x: tf.expand_dims(x, 0),
    "squeeze": lambda x: tf.squeeze([[1.0]]),
    "slice": lambda x: tf.slice(x, [0, 0], [1, 1]),
    "split": lambda x: tf.split(x, 2),
    "split sizes": lambda x: tf.split(x, [1, 1]),
    "cumsum": lambda x: tf.cumsum([1.0, 2.0]),
    "clip_by_value": lambda x: tf.clip_by_value(x, 0.0, 1.0),
    "softmax": lambda x: tf.nn.softmax([1.0, 2.0]),
    "log_softmax": lambda x: tf.nn.log_softmax(M),
    "range": lambda x: tf.range(3),
    "range limits": lambda x: tf.range(3, 18, 3),
    "fill": lambda x: tf.fill([2], 3.0),
    "zeros": lambda x: tf.zeros([2]),
    "ones": lambda x: tf.ones([2, 2]),
    "zeros_like": lambda x: tf.zeros_like(x),
    "ones_like literal": lambda x: tf.ones_like(M),
    "cast": lambda x: tf.cast([1, 2], tf.float32),
    "maximum": lambda x: tf.maximum(x, 0.0),
    "maximum left": lambda x: tf.maximum(0.0, x),
    "subtract": lambda x: tf.subtract(2.0, x),
    "subtract operator": lambda x: 2.0 - x,
    "divide": lambda x: tf.divide(x, 2.0),
    "pow": lambda x: tf.pow(x, 2.0),
    "exp": lambda x: tf.exp([1.0]),
    "abs": lambda x: tf.abs([-1.0]),
    "square": lambda x: tf.square([-1.0]),
    "equal": lambda x: tf.equal(x, 1.0),
    "less": lambda x: tf.less(x, 1.0),
    "logical_and": lambda x: tf.logical_and([True], [False]),
    "squared_difference": lambda x: tf.math.squared_difference(x, 1.0),
    "sigmoid": lambda x: tf.sigmoid([1.0]),
    "tanh": lambda x: tf.tanh([1.0]),
    "relu": lambda x: tf.nn.relu([1.0]),
    "leaky_relu": lambda x: tf.nn.leaky_relu([1.0]),
    "sigmoid_cross_entropy": lambda x: tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.0], logits=[2.0]),
    "sparse_softmax_cross_entropy": lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=[1], logits=[[2.0, 1.0]]
    ),
    "softmax_cross_entropy": lambda x: tf.nn.softmax_cross_entropy_with_logits(labels=[[1.0, 0.0]], logits=[[2.0, 1.0]]),
    "l2_normalize": lambda x: tf.nn.l2_normalize(x, 1),
    "embedding_lookup": lambda x: tf.nn.embedding_lookup(x, [1, 0]),
    "reverse": lambda x: tf.reverse(x, [0]),
    "roll": lambda x: tf.roll([1, 2, 3], 1, 0),
    "sequence_mask": lambda x: tf.sequence_mask([1, 3], 4),
    "boolean_mask": lambda x: tf.boolean_mask(x, [True, False]),
    "segment_sum": lambda x: tf.math.segment_sum(x, [0, 1]),
    "unsorted_segment_sum": lambda x: tf.math.unsorted_segment_sum(x, [0, 1], 2),
    "broadcast_to": lambda x: tf.broadcast_to([1.0, 2.0], [2, 2]),
    "eye": lambda x: tf.eye(2),
    "identity": lambda x: tf.identity([1.0]),
    "add_n": lambda x: tf.add_n([[1.0], [2.0]]),
    "shape": lambda x: tf.shape([1.0]),
    "size": lambda x: tf.size([1.0]),
    "rank": lambda x: tf.rank([1.0]),
    "unique": lambda x: tf.unique([1, 1]),
    "cholesky": lambda x: tf.linalg.cholesky(M),
    "diag": lambda x: tf.linalg.diag([1.0, 2.0]),
    "string_join": lambda x: tf.strings.join([["a"], ["b"]]),
    "string_length": lambda x: tf.strings.length(["a"]),
    "string_substr": lambda x: tf.strings.substr(["abc"], 0, 1),
    "string_to_number": lambda x: tf.strings.to_number(["1"]),
    "regex_replace": lambda x: tf.strings.regex_replace(["a"], "a", "b"),
    "random_uniform": lambda x: tf.random.uniform([2]),
    "random_normal": lambda x: tf.random.normal([2], stddev=2.0),
    "dropout": lambda x: tf.nn.dropout(x, 0.5),
    "stop_gradient": lambda x: tf.stop_gradient([1.0]),
    "nothing": lambda x: tf.no_op(),
    "while_loop": lambda x: tf.while_loop(lambda i: i < 10, lambda i: [i + 1], [tf.constant(1)]),
    "while_loop limited":
        lambda x: tf.while_loop(lambda i: i < 100, lambda i: [i + 1], [tf.constant(1)], maximum_iterations=5),
    "linspace": lambda x: tf.linspace(0.0, 1.0, 5),
    "repeat": lambda x: tf.repeat(x, 2, axis=0),
    "repeat each": lambda x: tf.repeat([3, 4], [1, 2]),
    "TensorArray": lambda x: tf.TensorArray(tf.float32, 2).write(0, x).stack(),
    "fftshift": lambda x: tf.signal.fftshift(x),
    "bincount": lambda x: tf.math.bincount([1, 1, 3]),
}


def main():
    lines = []
    for name, build in CASES.items():
        graph = tf.Graph()
        with graph.as_default():
            build(tf.compat.v1.placeholder(tf.float32, [2, 2], name="x"))
        nodes = " ".join(f"{node.name}={node.op}" for node in graph.as_graph_def().node if node.name != "x")
        lines.append(f"{name}\t{nodes}\n")
    (ROOT / "crates/v2/tests/data/literals.txt").write_text("".join(lines))


main()
