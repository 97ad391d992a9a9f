"""Records what crates/v2's tests compare variables with: the nodes of a graph's variables, and errors.

Run with a Python that has TensorFlow: python tools/record_variables.py
"""

import pathlib

import tensorflow as tf

DATA = pathlib.Path(__file__).parent.parent / "crates" / "v2" / "tests" / "data"


def nodes():
    graph = tf.Graph()
    with graph.as_default():
        a = tf.Variable(1.0)
        tf.Variable([2, 3], name="b", trainable=False, shape=[None])
        a + 1.0
        a.assign(3.0)
        a.assign_add(1.0)
        a.read_value()
        a.value()
        a.is_initialized()
    for op in graph.get_operations():
        inputs = [x.name for x in op.inputs] + ["^" + x.name for x in op.control_inputs]
        yield " ".join([op.name, op.type] + inputs)


def errors():
    v = tf.Variable(1.0)
    w = tf.Variable([1, 2], name="w")
    for attempt in [
        lambda: v.assign([1.0, 2.0]),
        lambda: w.assign([1, 2, 3]),
        lambda: w.assign(tf.constant([1.5, 2.0])),
        lambda: w.assign_add([1, 2, 3]),
        lambda: tf.Variable(tf.constant(1), dtype=tf.float32),
        lambda: tf.Variable([1, 2], shape=tf.TensorShape([3])),
        lambda: v.eval(),
        lambda: v.graph,
        lambda: v.op,
        lambda: v.initial_value,
    ]:
        try:
            attempt()
        except Exception as error:  # noqa: BLE001 the class is what is recorded
            message = str(error)
            if isinstance(error, tf.errors.OpError):
                # Where the op ran is no part of the core sentence.
                message = message.split("}} ", 1)[-1].split(" [Op:", 1)[0]
            yield f"{type(error).__name__} | {message}"


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / "variable_nodes.txt").write_text("\n".join(nodes()) + "\n")
    (DATA / "variable_errors.txt").write_text("\n".join(errors()) + "\n")


main()
