"""Programs with layers and recurrent networks of v1, for `record_v1_graphs.py`; they want the package `tf_keras`."""

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
f32 = tf.float32
PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


def data(*shape):
    count = int(np.prod(shape))
    return (((7 * np.arange(count)) % 11 - 5) / 8.0).reshape(shape).astype(np.float32)


def halved_squares(v):
    return tf1.reduce_sum(v * v) * 0.5


@program
def dense_layers(run):
    tf1.set_random_seed(1)
    layers = tf1.layers
    x = tf1.placeholder(f32, [None, 4], name="x")
    a = layers.dense(x, 3, activation=tf1.nn.relu, kernel_regularizer=halved_squares)
    b = layers.dense(a, 2, use_bias=False, activity_regularizer=tf1.reduce_sum)
    c = layers.dense(x, 3, name="named", bias_initializer=tf1.ones_initializer())
    d = layers.dense(x, 3, name="named", reuse=True)
    losses = tf1.get_collection(tf1.GraphKeys.REGULARIZATION_LOSSES)
    run(tf1.global_variables_initializer())
    run(b, c, d, *losses, feeds={x: data(2, 4)})


@program
def dense_layer_of_sequences(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [None, 3, 4], name="x")
    with tf1.variable_scope("outer"):
        y = tf1.layers.dense(x, 2, kernel_initializer=tf1.constant_initializer(0.5))
    run(tf1.global_variables_initializer())
    run(y, feeds={x: data(2, 3, 4)})


@program
def convolutional_layers(run):
    tf1.set_random_seed(1)
    layers = tf1.layers
    x = tf1.placeholder(f32, [None, 8, 8, 3], name="x")
    y = layers.conv2d(x, 4, [3, 3], activation=tf1.nn.relu)
    y = layers.conv2d(y, 2, [3, 3], strides=2, padding="same", use_bias=False)
    y = layers.max_pooling2d(y, [2, 2], [1, 1])
    y = layers.average_pooling2d(y, [2, 2], [2, 2], padding="same")
    y = layers.flatten(y)
    run(tf1.global_variables_initializer())
    run(y, feeds={x: data(1, 8, 8, 3)})


@program
def layers_of_sequences(run):
    tf1.set_random_seed(1)
    layers = tf1.layers
    x = tf1.placeholder(f32, [None, 8, 3], name="x")
    y = layers.conv1d(x, 4, 3)
    y = layers.max_pooling1d(y, 2, 2)
    y = layers.average_pooling1d(y, 2, 1)
    run(tf1.global_variables_initializer())
    run(y, feeds={x: data(2, 8, 3)})


@program
def layer_of_volumes(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [None, 3, 4, 4, 2], name="x")
    y = tf1.layers.conv3d(x, 2, [2, 2, 2])
    run(tf1.global_variables_initializer())
    run(y, feeds={x: data(1, 3, 4, 4, 2)})


@program
def batch_normalization_layers(run):
    x = tf1.placeholder(f32, [None, 4], name="x")
    y = tf1.layers.batch_normalization(x, training=True, momentum=0.9)
    z = tf1.layers.batch_normalization(x)
    updates = tf1.get_collection(tf1.GraphKeys.UPDATE_OPS)
    run(tf1.global_variables_initializer())
    run(y, z, feeds={x: data(3, 4)})
    run(*updates, feeds={x: data(3, 4)})
    run(*tf1.global_variables(), feeds={})


@program
def batch_normalization_by_a_switch(run):
    x = tf1.placeholder(f32, [None, 4], name="x")
    t = tf1.placeholder(tf.bool, [], name="t")
    y = tf1.layers.batch_normalization(x, training=t)
    run(tf1.global_variables_initializer())
    run(y, feeds={x: data(3, 4), t: True})
    run(y, feeds={x: data(3, 4), t: False})


@program
def fused_batch_normalization(run):
    x = tf1.placeholder(f32, [2, 3, 3, 2], name="x")
    y = tf1.layers.batch_normalization(x, training=True)
    z = tf1.layers.batch_normalization(x)
    updates = tf1.get_collection(tf1.GraphKeys.UPDATE_OPS)
    run(tf1.global_variables_initializer())
    run(y, z, feeds={x: data(2, 3, 3, 2)})
    run(*updates, feeds={x: data(2, 3, 3, 2)})
    run(*tf1.global_variables(), feeds={})


@program
def dropout_layers(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [None, 4], name="x")
    t = tf1.placeholder(tf.bool, [], name="t")
    y = tf1.layers.dropout(x, rate=0.5, seed=3, training=True)
    z = tf1.layers.dropout(x, rate=0.5, seed=3)
    w = tf1.layers.dropout(x, rate=0.5, seed=3, training=t)
    run(y, z, w, feeds={x: data(3, 4), t: False})
    run(w, feeds={x: data(3, 4), t: True})


CELLS = tf1.nn.rnn_cell


@program
def dynamic_rnn_of_a_basic_cell(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [2, 3, 4], name="x")
    outputs, state = tf1.nn.dynamic_rnn(CELLS.BasicRNNCell(5), x, dtype=f32)
    run(tf1.global_variables_initializer())
    run(outputs, state, feeds={x: data(2, 3, 4)})


@program
def dynamic_rnn_of_an_lstm(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [None, None, 4], name="x")
    outputs, state = tf1.nn.dynamic_rnn(CELLS.BasicLSTMCell(3), x, dtype=f32)
    run(tf1.global_variables_initializer())
    run(outputs, state, feeds={x: data(2, 3, 4)})


@program
def dynamic_rnn_of_lengths(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [None, 3, 4], name="x")
    length = tf1.placeholder(tf.int32, [None], name="length")
    outputs, state = tf1.nn.dynamic_rnn(CELLS.GRUCell(3), x, sequence_length=length, dtype=f32)
    run(tf1.global_variables_initializer())
    run(outputs, state, feeds={x: data(2, 3, 4), length: [3, 1]})


@program
def dynamic_rnn_over_time(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [3, 2, 4], name="x")
    cell = CELLS.MultiRNNCell([CELLS.BasicLSTMCell(3), CELLS.LSTMCell(5, use_peepholes=True, num_proj=2)])
    outputs, state = tf1.nn.dynamic_rnn(cell, x, time_major=True, dtype=f32, scope="stacked")
    run(tf1.global_variables_initializer())
    run(outputs, state, feeds={x: data(3, 2, 4)})


@program
def static_rnn_of_lengths(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [2, 3, 4], name="x")
    lengths = tf1.placeholder(tf.int32, [2], name="lengths")
    outputs, state = tf1.nn.static_rnn(
        CELLS.BasicRNNCell(3), tf1.unstack(x, axis=1), dtype=f32, sequence_length=lengths
    )
    run(tf1.global_variables_initializer())
    for values in ([1, 3], [2, 2]):
        run(outputs, state, feeds={x: data(2, 3, 4), lengths: values})


@program
def static_bidirectional_rnn(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [2, 3, 4], name="x")
    outputs, forward, backward = tf1.nn.static_bidirectional_rnn(
        CELLS.BasicRNNCell(3), CELLS.BasicRNNCell(2), tf1.unstack(x, axis=1), dtype=f32
    )
    run(tf1.global_variables_initializer())
    run(outputs, forward, backward, feeds={x: data(2, 3, 4)})


@program
def static_bidirectional_rnn_of_lengths(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [2, 2, 4], name="x")
    lengths = tf1.constant([1, 2], name="lengths")
    outputs, forward, backward = tf1.nn.static_bidirectional_rnn(
        CELLS.BasicRNNCell(3), CELLS.GRUCell(2), tf1.unstack(x, axis=1), dtype=f32, sequence_length=lengths
    )
    run(tf1.global_variables_initializer())
    run(outputs, forward, backward, feeds={x: data(2, 2, 4)})


@program
def static_rnn_of_an_lstm(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [2, 3, 4], name="x")
    outputs, state = tf1.nn.static_rnn(CELLS.BasicLSTMCell(3), tf1.unstack(x, axis=1), dtype=f32)
    run(tf1.global_variables_initializer())
    run(outputs, state, feeds={x: data(2, 3, 4)})


@program
def bidirectional_rnn(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [2, 3, 4], name="x")
    outputs, states = tf1.nn.bidirectional_dynamic_rnn(
        CELLS.BasicRNNCell(3), CELLS.BasicRNNCell(3), x, dtype=f32
    )
    run(tf1.global_variables_initializer())
    run(outputs, states, feeds={x: data(2, 3, 4)})


@program
def gradient_of_an_rnn(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [2, 3, 4], name="x")
    outputs, _ = tf1.nn.dynamic_rnn(CELLS.BasicLSTMCell(3), x, dtype=f32)
    loss = tf1.reduce_sum(outputs)
    gradients = tf1.gradients(loss, tf1.trainable_variables())
    run(tf1.global_variables_initializer())
    run(*gradients, feeds={x: data(2, 3, 4)})


@program
def raw_rnn(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [4, 2, 3], name="x")
    cell = CELLS.BasicLSTMCell(3)
    lengths = tf1.constant([4, 2], name="lengths")
    inputs = tf1.TensorArray(f32, 4, clear_after_read=False).unstack(x)

    def loop_fn(time, cell_output, cell_state, loop_state):
        finished = time >= lengths
        next_input = inputs.read(tf1.minimum(time, 3))
        if cell_output is None:
            return finished, next_input, cell.zero_state(2, f32), None, None
        return finished, next_input, cell_state, cell_output, None

    outputs, state, _ = tf1.nn.raw_rnn(cell, loop_fn)
    stacked = outputs.stack()
    run(tf1.global_variables_initializer())
    run(stacked, state, feeds={x: data(4, 2, 3)})


@program
def raw_rnn_with_a_state(run):
    tf1.set_random_seed(1)
    cell = CELLS.BasicRNNCell(3)
    start = tf1.placeholder(f32, [None, 3], name="start")

    def loop_fn(time, cell_output, cell_state, total):
        finished = tf1.fill(tf1.shape(start)[:1], time >= 3)
        if cell_output is None:
            return finished, start, tf1.zeros_like(start), tf1.constant([0.0, 0.0]), tf1.constant(0.0)
        return finished, cell_output * 2.0, cell_state, cell_output[:, :2], total + tf1.reduce_sum(cell_output)

    outputs, state, total = tf1.nn.raw_rnn(cell, loop_fn, parallel_iterations=2, scope="mine")
    stacked = outputs.stack()
    run(tf1.global_variables_initializer())
    run(stacked, state, total, feeds={start: data(2, 3)})


class Saver:
    """Keeps states in variables."""

    def __init__(self, names, shape):
        with tf1.variable_scope("kept"):
            self.kept = {
                name: tf1.get_variable(name, shape, initializer=tf1.zeros_initializer(), trainable=False)
                for name in names
            }

    def state(self, name):
        return self.kept[name].value()

    def save_state(self, name, value):
        return tf1.assign(self.kept[name], value).op


@program
def static_state_saving_rnn(run):
    tf1.set_random_seed(1)
    x = tf1.placeholder(f32, [2, 2, 4], name="x")
    saver = Saver(["c", "h"], [2, 3])
    outputs, state = tf1.nn.static_state_saving_rnn(
        CELLS.BasicLSTMCell(3), tf1.unstack(x, axis=1), saver, ("c", "h")
    )
    run(tf1.global_variables_initializer())
    for _ in range(2):
        run(outputs, state, feeds={x: data(2, 2, 4)})
