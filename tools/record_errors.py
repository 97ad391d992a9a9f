"""Records the errors of TensorFlow's v1 sessions, graphs and modes: class, node and message of each situation.

Run: /path/to/python tools/record_errors.py > crates/compat_v1/tests/data/errors.txt
A line holds: situation, exception class, node ('-' if none), message (as a JSON string).
"""

import json
import os
import re
import subprocess
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

import v1_partition_errors

tf1 = tf.compat.v1
SITUATIONS = []


def situation(function):
    SITUATIONS.append(function)
    return function


def graph():
    return tf1.Graph().as_default()


@situation
def eval_without_session():
    tf1.constant(1, name="t").eval()


@situation
def run_operation_without_session():
    tf1.constant(1, name="t").op.run()


@situation
def eval_in_default_session_of_other_graph():
    t = tf1.constant(1, name="t")
    with tf1.Session(graph=tf1.Graph()).as_default():
        t.eval()


@situation
def run_operation_in_default_session_of_other_graph():
    t = tf1.constant(1, name="t")
    with tf1.Session(graph=tf1.Graph()).as_default():
        t.op.run()


@situation
def eval_in_session_of_other_graph():
    tf1.constant(1, name="t").eval(session=tf1.Session(graph=tf1.Graph()))


@situation
def run_operation_in_session_of_other_graph():
    tf1.constant(1, name="t").op.run(session=tf1.Session(graph=tf1.Graph()))


def session_of_t():
    tf1.constant(1, name="t")
    return tf1.Session()


@situation
def fetch_tensor_of_other_graph():
    sess = session_of_t()
    with tf1.Graph().as_default():
        other = tf1.constant([1.0, 2.0], name="t2")
    sess.run(other)


@situation
def fetch_operation_of_other_graph():
    sess = session_of_t()
    with tf1.Graph().as_default():
        other = tf1.no_op(name="n2")
    sess.run(other)


@situation
def fetch_list_with_tensor_of_other_graph():
    sess = session_of_t()
    with tf1.Graph().as_default():
        other = tf1.constant([1.0, 2.0], name="t2")
    sess.run(["t:0", {"k": other}])


@situation
def fetch_name_of_no_operation():
    session_of_t().run("nope:0")


@situation
def fetch_name_of_no_output():
    session_of_t().run("t:3")


@situation
def fetch_operation_name_of_none():
    session_of_t().run("nope")


@situation
def fetch_malformed_name():
    session_of_t().run("t:x")


@situation
def fetch_name_with_two_colons():
    session_of_t().run("a:b:0")


@situation
def fetch_eager_tensor():
    with tf1.init_scope():
        pass
    sess = session_of_t()
    sess.run(EAGER)


@situation
def fetch_from_empty_graph():
    tf1.Session().run("t:0")


@situation
def fetch_from_closed_session():
    sess = session_of_t()
    sess.close()
    sess.close()
    sess.run("t:0")


@situation
def closed_session_of_empty_graph():
    sess = tf1.Session()
    sess.close()
    sess.run("t:0")


@situation
def eval_in_closed_default_session():
    t = tf1.constant(1, name="t")
    sess = tf1.Session()
    sess.close()
    with sess.as_default():
        t.eval()


@situation
def list_devices_of_closed_session():
    sess = session_of_t()
    sess.close()
    sess.list_devices()


@situation
def partial_run_setup_on_closed_session():
    sess = session_of_t()
    sess.close()
    sess.partial_run_setup("t:0")


@situation
def partial_run_setup_on_empty_graph():
    tf1.Session().partial_run_setup("t:0")


@situation
def make_callable_of_tensor_of_other_graph():
    sess = session_of_t()
    with tf1.Graph().as_default():
        other = tf1.constant([1.0, 2.0], name="t2")
    sess.make_callable(other)


def placeholders():
    p = tf1.placeholder(tf.float32, [None, 3], name="p")
    return p, tf1.identity(p, name="i"), tf1.Session()


@situation
def feed_by_operation_name():
    _, i, sess = placeholders()
    sess.run(i, {"p": 1})


@situation
def feed_by_name_of_no_operation():
    _, i, sess = placeholders()
    sess.run(i, {"nope:0": 1})


@situation
def feed_by_name_of_no_output():
    _, i, sess = placeholders()
    sess.run(i, {"p:7": 1})


@situation
def feed_tensor_of_other_graph():
    _, i, sess = placeholders()
    with tf1.Graph().as_default():
        other = tf1.constant([1.0, 2.0], name="t2")
    sess.run(i, {other: 1})


@situation
def feed_of_wrong_rank():
    p, i, sess = placeholders()
    sess.run(i, {p: 1.0})


@situation
def feed_of_wrong_shape():
    p, i, sess = placeholders()
    sess.run(i, {p: [[1.0, 2.0], [3.0, 4.0]]})


@situation
def feed_of_wrong_shape_to_a_vector():
    p = tf1.placeholder(tf.float32, [3], name="p")
    tf1.Session().run(p, {p: [1.0, 2.0]})


@situation
def feed_integer_out_of_range():
    p = tf1.placeholder(tf.int8, [], name="p")
    tf1.Session().run(p, {p: 300})


@situation
def feed_negative_integer_to_unsigned():
    p = tf1.placeholder(tf.uint8, [], name="p")
    tf1.Session().run(p, {p: -1})


@situation
def feed_integer_to_bool():
    p = tf1.placeholder(tf.bool, [], name="p")
    tf1.Session().run(p, {p: 2})


@situation
def feed_tensor_as_value():
    p, i, sess = placeholders()
    sess.run(i, {p: tf1.constant([[1.0, 2.0, 3.0]], name="c")})


@situation
def feed_text_to_float():
    p = tf1.placeholder(tf.float32, [], name="p")
    tf1.Session().run(p, {p: "abc"})


@situation
def feed_text_to_integer():
    p = tf1.placeholder(tf.int32, [], name="p")
    tf1.Session().run(p, {p: "abc"})


@situation
def feed_integer_to_string():
    p = tf1.placeholder(tf.string, [], name="p")
    tf1.Session().run(tf1.identity(p), {p: 5})


@situation
def feed_of_tensor_that_refuses():
    p, i, sess = placeholders()
    p.graph.prevent_feeding(p)
    sess.run(i, {p: [[1.0, 2.0, 3.0]]})


@situation
def fetch_of_operation_that_refuses():
    p, i, sess = placeholders()
    i.graph.prevent_fetching(i.op)
    sess.run(i, {p: [[1.0, 2.0, 3.0]]})


@situation
def fetch_of_target_that_refuses():
    p, i, sess = placeholders()
    i.graph.prevent_fetching(i.op)
    sess.run(i.op, {p: [[1.0, 2.0, 3.0]]})


@situation
def unfed_placeholder():
    _, i, sess = placeholders()
    sess.run(i)


@situation
def unfed_placeholder_of_unknown_shape():
    p = tf1.placeholder(tf.int64, name="p")
    tf1.Session().run(tf1.identity(p))


@situation
def unfed_placeholder_of_scalar_shape():
    p = tf1.placeholder(tf.string, [], name="p")
    tf1.Session().run(tf1.identity(p))


@situation
def fetch_of_unfed_placeholder():
    p = tf1.placeholder(tf.float64, [2], name="p")
    tf1.Session().run(p)


@situation
def uninitialized_reference_variable():
    v = tf1.Variable([1.0], name="v", use_resource=False)
    tf1.Session().run(v)


@situation
def uninitialized_reference_variable_read_by_an_op():
    v = tf1.Variable([1.0], name="v", use_resource=False)
    tf1.Session().run(tf1.identity(v, name="i"))


@situation
def uninitialized_resource_variable():
    v = tf1.Variable([1.0], name="v", use_resource=True)
    tf1.Session().run(v)


@situation
def eval_of_reference_variable_without_session():
    tf1.Variable([1.0], name="v", use_resource=False).eval()


@situation
def eval_of_resource_variable_without_session():
    tf1.Variable([1.0], name="v", use_resource=True).eval()


@situation
def numpy_of_reference_variable():
    tf1.Variable([1.0], name="v", use_resource=False).numpy()


@situation
def numpy_of_resource_variable_in_a_graph():
    tf1.Variable([1.0], name="v", use_resource=True).numpy()


@situation
def integer_division_by_zero():
    p = tf1.placeholder(tf.int32, [], name="p")
    tf1.Session().run(tf1.floordiv(1, p, name="d"), {p: 0})


@situation
def matrices_that_do_not_fit_at_run_time():
    p = tf1.placeholder(tf.float32, name="p")
    q = tf1.placeholder(tf.float32, name="q")
    x = np.ones((2, 3), np.float32)
    tf1.Session().run(tf1.matmul(p, q, name="m"), {p: x, q: x})


@situation
def addition_that_does_not_fit_at_run_time():
    p = tf1.placeholder(tf.float32, name="p")
    tf1.Session().run(tf1.add(p, [1.0, 2.0], name="a"), {p: [1.0, 2.0, 3.0]})


@situation
def failed_check_numerics():
    p = tf1.placeholder(tf.float32, name="p")
    tf1.Session().run(tf1.check_numerics(p, "msg", name="c"), {p: [float("nan")]})


@situation
def loop_that_grows():
    start, v = tf1.constant(0, name="start"), tf1.constant([1.0], name="v")
    tf1.while_loop(lambda i, _: i < 3, lambda i, x: (i + 1, tf1.concat([x, x], 0)), [start, v])


@situation
def loop_with_an_invariant_that_does_not_fit():
    start, v = tf1.constant(0, name="start"), tf1.constant([1.0], name="v")
    shapes = [tf1.TensorShape([]), tf1.TensorShape([2])]
    tf1.while_loop(lambda i, _: i < 3, lambda i, x: (i + 1, x), [start, v], shape_invariants=shapes)


@situation
def value_of_a_loop_outside():
    inside = []

    def body(i):
        inside.append(tf1.add(i, 1, name="next"))
        return inside[0]

    tf1.while_loop(lambda i: i < 3, body, [tf1.constant(0, name="start")])
    tf1.add(inside[0], 1, name="outside")


@situation
def second_gradient_of_a_loop():
    x = tf1.placeholder(tf.float32, [], name="x")
    _, y = tf1.while_loop(lambda i, _: i < 3, lambda i, y: (i + 1, y * x), [tf1.constant(0, name="start"), x])
    tf1.gradients(tf1.gradients(y, x), x)


@situation
def loop_without_parallel_iterations():
    tf1.while_loop(lambda i: i < 3, lambda i: i + 1, [tf1.constant(0)], parallel_iterations=0)


@situation
def loop_with_several_limits():
    tf1.while_loop(lambda i: i < 3, lambda i: i + 1, [tf1.constant(0)], maximum_iterations=[1, 2])


@situation
def files_that_are_not_there():
    files = tf1.data.Dataset.list_files(["/none/*.a", "/none/*.b"], shuffle=False)
    iterator = tf1.data.make_initializable_iterator(files)
    tf1.Session().run(iterator.initializer)


@situation
def unknown_session_target():
    tf1.constant(1, name="t")
    tf1.Session("nowhere")


@situation
def run_past_its_deadline():
    q = tf1.FIFOQueue(1, [tf.int32], name="q")
    sess = tf1.Session()
    sess.run(q.dequeue(), options=tf1.RunOptions(timeout_in_ms=50))


@situation
def partial_run_of_something_not_set_up():
    a = tf1.placeholder(tf.float32, [], name="a")
    b = tf1.placeholder(tf.float32, [], name="b")
    c = tf1.add(a, b, name="c")
    d = tf1.multiply(c, 2.0, name="d")
    sess = tf1.Session()
    handle = sess.partial_run_setup([c], [a, b])
    sess.partial_run(handle, d, {a: 1, b: 2})


@situation
def partial_run_fetches_twice():
    a = tf1.placeholder(tf.float32, [], name="a")
    b = tf1.placeholder(tf.float32, [], name="b")
    c = tf1.add(a, 1.0, name="c")
    d = tf1.add(c, b, name="d")
    sess = tf1.Session()
    handle = sess.partial_run_setup([c, d], [a, b])
    sess.partial_run(handle, c, {a: 1})
    sess.partial_run(handle, c)


@situation
def partial_run_feeds_twice():
    a = tf1.placeholder(tf.float32, [], name="a")
    b = tf1.placeholder(tf.float32, [], name="b")
    c = tf1.add(a, 1.0, name="c")
    d = tf1.add(c, b, name="d")
    sess = tf1.Session()
    handle = sess.partial_run_setup([c, d], [a, b])
    sess.partial_run(handle, c, {a: 1})
    sess.partial_run(handle, d, {a: 1, b: 1})


@situation
def partial_run_feeds_something_not_set_up():
    a = tf1.placeholder(tf.float32, [], name="a")
    b = tf1.placeholder(tf.float32, [], name="b")
    c = tf1.add(a, 1.0, name="c")
    sess = tf1.Session()
    handle = sess.partial_run_setup([c], [a])
    sess.partial_run(handle, c, {a: 1, b: 1})


@situation
def partial_run_without_all_feeds():
    a = tf1.placeholder(tf.float32, [], name="a")
    b = tf1.placeholder(tf.float32, [], name="b")
    c = tf1.add(a, b, name="c")
    sess = tf1.Session()
    handle = sess.partial_run_setup([c], [a, b])
    sess.partial_run(handle, c, {a: 1})


@situation
def partial_run_setup_without_targets():
    a = tf1.placeholder(tf.float32, [], name="a")
    sess = tf1.Session()
    sess.partial_run_setup([], [a])


@situation
def partial_run_after_its_end():
    a = tf1.placeholder(tf.float32, [], name="a")
    c = tf1.add(a, 1.0, name="c")
    sess = tf1.Session()
    handle = sess.partial_run_setup([c], [a])
    sess.partial_run(handle, c, {a: 1})
    sess.partial_run(handle, c, {a: 1})


@situation
def partial_run_with_unknown_handle():
    a = tf1.placeholder(tf.float32, [], name="a")
    c = tf1.add(a, 1.0, name="c")
    sess = tf1.Session()
    sess.partial_run("nope", c, {a: 1})


@situation
def partial_run_fed_by_unknown_name():
    a = tf1.placeholder(tf.float32, [], name="a")
    c = tf1.add(a, 1.0, name="c")
    sess = tf1.Session()
    handle = sess.partial_run_setup([c], [a])
    sess.partial_run(handle, c, {"a": 1})


@situation
def finalized_graph():
    g = tf1.get_default_graph()
    g.finalize()
    tf1.constant(1)


@situation
def bad_operation_name():
    tf1.constant(1, name="a b")


@situation
def bad_scope_name():
    with tf1.name_scope("a b"):
        pass


@situation
def reset_default_graph_inside_a_graph():
    tf1.reset_default_graph()


@situation
def get_variable_twice():
    tf1.get_variable("w", [2])
    tf1.get_variable("w", [2])


@situation
def get_variable_for_reuse_that_does_not_exist():
    with tf1.variable_scope("s", reuse=True):
        tf1.get_variable("w", [2])


@situation
def get_variable_with_another_shape():
    tf1.get_variable("w", [2])
    with tf1.variable_scope("", reuse=True):
        tf1.get_variable("w", [3])


@situation
def get_variable_with_another_dtype():
    tf1.get_variable("w", [2])
    with tf1.variable_scope("", reuse=True):
        tf1.get_variable("w", [2], dtype=tf.int32)


@situation
def get_variable_without_shape():
    tf1.get_variable("w")


@situation
def get_variable_of_unknown_shape():
    tf1.get_variable("w", [None, 2])


@situation
def get_variable_with_initial_value_and_shape():
    tf1.get_variable("w", [2], initializer=tf1.constant([1.0, 2.0]))


@situation
def variable_without_initial_value():
    tf1.Variable(name="v")


@situation
def assignment_of_wrong_shape_to_a_reference():
    v = tf1.Variable([1.0], name="v", use_resource=False)
    tf1.assign(v, [1.0, 2.0])


@situation
def assignment_of_wrong_shape_to_a_resource():
    v = tf1.Variable([1.0], name="v", use_resource=True)
    tf1.assign(v, [1.0, 2.0])


@situation
def variable_scope_without_a_name():
    with tf1.variable_scope(None):
        pass


@situation
def numpy_of_symbolic_tensor():
    tf1.constant(1, name="t").numpy()


@situation
def bool_of_symbolic_tensor():
    bool(tf1.constant(True, name="t"))


@situation
def array_of_symbolic_tensor():
    np.array(tf1.constant(1, name="t"))


@situation
def unknown_operation_name_in_the_graph():
    tf1.get_default_graph().get_operation_by_name("nope")


@situation
def unknown_tensor_name_in_the_graph():
    tf1.get_default_graph().get_tensor_by_name("nope:0")


@situation
def control_dependency_of_other_graph():
    with tf1.Graph().as_default():
        other = tf1.no_op(name="n2")
    with tf1.control_dependencies([other]):
        tf1.constant(1)


@situation
def inputs_of_two_graphs():
    a = tf1.constant(1, name="a")
    with tf1.Graph().as_default():
        b = tf1.constant(1, name="b")
        tf1.add(a, b)


@situation
def colliding_import_names():
    pass_through = tf1.constant(1, name="t")
    tf1.import_graph_def(pass_through.graph.as_graph_def(), return_elements=["nope:0"])


# Situations of eager execution, each in a process of its own.
EAGER_SITUATIONS = {
    "eager_placeholder": "tf1.placeholder(tf.float32, [])",
    "eager_gradients": "x = tf1.constant(1.0); tf1.gradients(x, x)",
    "eager_eval": "tf1.constant(1).eval()",
    "eager_name": "tf1.constant(1).name",
    "eager_graph": "tf1.constant(1).graph",
    "eager_operation": "tf1.constant(1).op",
    "eager_variable_eval": "tf1.Variable(1).eval()",
    "eager_session_of_empty_graph": "tf1.Session().run(tf1.constant(1))",
    "eager_tensor_in_session_of_a_graph": "x = tf1.constant(1)\ng = tf1.Graph()\nwith g.as_default(): tf1.constant(2)\ntf1.Session(graph=g).run(x)",
    "eager_global_variables_initializer_is_harmless": "raise KeyError(str(tf1.global_variables_initializer()))",
    "eager_get_variable_for_reuse": "tf1.get_variable('w', [2])\nwith tf1.variable_scope('', reuse=True): tf1.get_variable('w', [2])",
    "enable_eager_after_an_op": "tf1.disable_eager_execution(); tf1.constant(1); tf1.enable_eager_execution()",
    "enable_eager_after_get_default_graph": "tf1.disable_eager_execution(); tf1.get_default_graph(); tf1.enable_eager_execution()",
    "enable_eager_after_a_session": "tf1.disable_eager_execution(); tf1.Session(); tf1.enable_eager_execution()",
    "enable_eager_after_an_op_in_a_graph_of_its_own": "tf1.disable_eager_execution()\nwith tf1.Graph().as_default(): tf1.constant(1)\ntf1.enable_eager_execution(); raise KeyError(str(tf1.executing_eagerly()))",
    "enable_eager_after_executing_eagerly": "tf1.disable_eager_execution(); tf1.executing_eagerly(); tf1.enable_eager_execution(); raise KeyError(str(tf1.executing_eagerly()))",
    "enable_eager_after_reset_default_graph": "tf1.disable_eager_execution(); tf1.constant(1); tf1.reset_default_graph(); tf1.enable_eager_execution(); raise KeyError(str(tf1.executing_eagerly()))",
    "enable_v2_behavior_after_an_op": "tf1.disable_v2_behavior(); tf1.constant(1); tf1.enable_v2_behavior()",
    "enable_eager_twice": "tf1.disable_eager_execution(); tf1.enable_eager_execution(); tf1.enable_eager_execution(); raise KeyError(str(tf1.executing_eagerly()))",
    "enable_eager_inside_a_graph": "tf1.disable_eager_execution()\nwith tf1.Graph().as_default():\n  tf1.enable_eager_execution(); inside = tf1.executing_eagerly()\nraise KeyError(f'{inside} {tf1.executing_eagerly()}')",
}

NODE = re.compile(r"\n\t \[\[\{\{node (?P<node>[^}]*)\}\}\]\]")


KNOWN = {"ValueError", "TypeError", "RuntimeError", "AttributeError", "NotImplementedError", "KeyError", "IndexError"}


def class_name(error):
    """The class of an error, or the Python exception that a class of TensorFlow's is derived from."""
    if isinstance(error, tf.errors.OpError):
        return type(error).__name__
    return next((cls.__name__ for cls in type(error).__mro__ if cls.__name__ in KNOWN), type(error).__name__)


def describe(error):
    """The class of an error, its node and its core sentence."""
    message = getattr(error, "message", None) if isinstance(error, tf.errors.OpError) else None
    if message is None:
        message = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
    node = "-"
    found = NODE.search(message)
    if found:
        node = found["node"]
        message = message[: found.start()]
        marker = f"Node: '{node}'\n"
        if marker in message:
            message = message.split(marker, 1)[1]
    # Fetches have nodes only within TensorFlow's own executor.
    node = "-" if node.startswith("_retval_") else node
    message = message.removeprefix("Graph execution error:\n\n")
    # Addresses and the recorder's own source lines are not TensorFlow's words.
    message = re.sub(r" at 0x[0-9a-f]+", " at ADDRESS", message)
    message = re.sub(r"(Originally defined at:).*", r"\1", message, flags=re.S)
    return class_name(error), node, message


def write(name, described):
    kind, node, message = described
    print(f"{name}\t{kind}\t{node}\t{json.dumps(message)}")


def record_eager(name):
    try:
        exec(EAGER_SITUATIONS[name], {"tf": tf, "tf1": tf1, "np": np})
    except Exception as error:
        write(name, describe(error))
    else:
        write(name, ("none", "-", ""))


def main():
    global EAGER
    if len(sys.argv) > 1:
        return record_eager(sys.argv[1])
    EAGER = tf.constant(1)
    # TensorFlow 1's semantics; shapes keep the form they print in today.
    tf1.disable_eager_execution()
    tf1.disable_resource_variables()
    tf1.disable_control_flow_v2()
    tf1.disable_tensor_equality()
    for function in SITUATIONS + v1_partition_errors.SITUATIONS:
        try:
            with graph():
                function()
        except Exception as error:
            write(function.__name__, describe(error))
        else:
            write(function.__name__, ("none", "-", ""))
    for name in EAGER_SITUATIONS:
        run = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True, check=True)
        sys.stdout.write(run.stdout)


if __name__ == "__main__":
    main()
