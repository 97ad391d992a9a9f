"""Records what `tf.graph_util` makes of a graph: `python tools/record_graph_util.py crates/compat_v1/tests/data/graph_util`.

The graph has reference and resource variables; its initializer is the node `init`.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
from google.protobuf import text_format

tf1 = tf.compat.v1


def main():
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    tf1.disable_eager_execution()
    tf1.disable_resource_variables()

    def write(name, graph_def):
        with open(os.path.join(out, f"{name}.pbtxt"), "w") as file:
            file.write(text_format.MessageToString(graph_def))

    with tf1.Graph().as_default() as graph, tf1.Session() as sess:
        x = tf1.placeholder(tf.float32, [None, 2], name="x")
        ids = tf1.placeholder(tf.int32, [None], name="ids")
        v = tf1.Variable([1.0, 2.0], name="v")
        w = tf1.Variable([3.0], name="w", use_resource=True)
        e = tf1.Variable([[3.0, 4.0], [5.0, 6.0]], name="e", use_resource=True)
        y = tf1.identity(x * v + w, name="y")
        rows = tf1.nn.embedding_lookup(e, ids)
        z = tf1.add(tf1.identity(y), rows, name="z")
        with tf1.control_dependencies([y]):
            tf1.identity(z, name="q")
        tf1.global_variables_initializer()
        sess.run("init")
        graph_def = graph.as_graph_def()
        write("graph", graph_def)
        write("frozen", tf1.graph_util.convert_variables_to_constants(sess, graph_def, ["q"]))
        write("frozen_but_v", tf1.graph_util.convert_variables_to_constants(sess, graph_def, ["q"], None, ["v"]))
        write("frozen_w", tf1.graph_util.convert_variables_to_constants(sess, graph_def, ["y"], ["w"]))
        write("extracted", tf1.graph_util.extract_sub_graph(graph_def, ["y"]))
        write("without_training", tf1.graph_util.remove_training_nodes(graph_def, ["v/read"]))


if __name__ == "__main__":
    main()
