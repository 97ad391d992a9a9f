"""Records how TensorFlow trains small graphs in the style of v1.

    python tools/record_training.py crates/compat_v1/tests/data/training.txt

For each program: a line for each node (name, op, inputs, what it is placed with), one for each global variable (name,
dtype, shape, and the mean of its absolute values at the end), and the loss before and after each of 20 steps. The
programs stand in Rust in `crates/compat_v1/tests/training`.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Layers and cells of v1 are in the package tf_keras.
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
tf1.disable_v2_behavior()
STEPS = 20
PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


def data(*shape):
    """Numbers in [-0.5, 0.5) that any language makes alike."""
    count = int(np.prod(shape))
    return (((np.arange(count) * 37) % 101) / 101.0 - 0.5).astype(np.float32).reshape(shape)


def variable(name, shape, resource=False, **options):
    return tf1.get_variable(name, shape, use_resource=resource, **options)


def rows_and_products(resource):
    """A loss with a dense gradient by `w` and `b`, and a sparse one by `e`, in which a row occurs twice."""
    tf1.set_random_seed(7)
    w = variable("w", [3, 2], resource)
    b = variable("b", [2], resource, initializer=tf1.zeros_initializer())
    e = variable("e", [5, 3], resource)
    rows = tf1.nn.embedding_lookup(e, [0, 3, 3, 1])
    y = tf1.nn.bias_add(tf1.matmul(rows, w if not resource else w.value()), b if not resource else b.value())
    return tf1.reduce_mean(tf1.square(y - tf1.constant(data(4, 2))), name="loss")


train = tf1.train
OPTIMIZERS = {
    "gradient_descent": lambda step: train.GradientDescentOptimizer(0.5),
    "momentum": lambda step: train.MomentumOptimizer(0.1, 0.9),
    "nesterov": lambda step: train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adam": lambda step: train.AdamOptimizer(0.05),
    "adagrad": lambda step: train.AdagradOptimizer(0.3),
    "adagrad_da": lambda step: train.AdagradDAOptimizer(0.3, step, l2_regularization_strength=0.01),
    "adadelta": lambda step: train.AdadeltaOptimizer(1.0, epsilon=1e-3),
    "rms_prop": lambda step: train.RMSPropOptimizer(0.02, momentum=0.5),
    "centered_rms_prop": lambda step: train.RMSPropOptimizer(0.02, centered=True),
    "ftrl": lambda step: train.FtrlOptimizer(0.3, l1_regularization_strength=0.001),
    "ftrl_with_shrinkage": lambda step: train.FtrlOptimizer(
        0.3, l2_regularization_strength=0.01, l2_shrinkage_regularization_strength=0.01, beta=0.1
    ),
    "proximal_gradient_descent": lambda step: train.ProximalGradientDescentOptimizer(
        0.3, l1_regularization_strength=0.001, l2_regularization_strength=0.01
    ),
    "proximal_adagrad": lambda step: train.ProximalAdagradOptimizer(0.3, l1_regularization_strength=0.001),
}


def optimized(name, resource):
    def build():
        loss = rows_and_products(resource)
        step = train.get_or_create_global_step()
        return loss, OPTIMIZERS[name](step).minimize(loss, global_step=step)

    return build


for name in OPTIMIZERS:
    PROGRAMS[name] = optimized(name, False)
    PROGRAMS[name + "_of_resources"] = optimized(name, True)


def line(seed=3):
    tf1.set_random_seed(seed)
    w = variable("w", [3, 2])
    y = tf1.matmul(tf1.constant(data(4, 3)), w)
    return tf1.reduce_mean(tf1.square(y - tf1.constant(data(4, 2))), name="loss")


def decayed(decay):
    def build():
        loss = line()
        step = train.get_or_create_global_step()
        rate = decay(step)
        return loss, train.GradientDescentOptimizer(rate).minimize(loss, global_step=step)

    return build


DECAYS = {
    "exponential_decay": lambda step: train.exponential_decay(0.9, step, 5, 0.7),
    "exponential_decay_in_stairs": lambda step: train.exponential_decay(0.9, step, 5, 0.7, staircase=True),
    "natural_exp_decay": lambda step: train.natural_exp_decay(0.9, step, 5, 0.7),
    "inverse_time_decay": lambda step: train.inverse_time_decay(0.9, step, 5, 0.7),
    "polynomial_decay": lambda step: train.polynomial_decay(0.9, step, 10, 0.01, power=0.5),
    "polynomial_decay_in_cycles": lambda step: train.polynomial_decay(0.9, step, 6, 0.01, cycle=True),
    "cosine_decay": lambda step: train.cosine_decay(0.9, step, 15, alpha=0.1),
    "cosine_decay_restarts": lambda step: train.cosine_decay_restarts(0.9, step, 5, m_mul=0.8),
    "linear_cosine_decay": lambda step: train.linear_cosine_decay(0.9, step, 15),
    "piecewise_constant": lambda step: train.piecewise_constant(step, [5, 12], [0.9, 0.5, 0.1]),
}
for name, decay in DECAYS.items():
    PROGRAMS[name] = decayed(decay)


@program
def clipped_gradients():
    loss = line()
    optimizer = train.MomentumOptimizer(0.5, 0.5)
    gradients, variables = zip(*optimizer.compute_gradients(loss))
    clipped, _ = tf1.clip_by_global_norm(gradients, 0.05)
    return loss, optimizer.apply_gradients(list(zip(clipped, variables)), name="step")


@program
def all_gradients_at_once():
    loss = rows_and_products(False)
    return loss, train.GradientDescentOptimizer(0.5).minimize(loss, gate_gradients=train.Optimizer.GATE_GRAPH)


@program
def gradients_with_their_ops():
    loss = rows_and_products(False)
    return loss, train.AdamOptimizer(0.05).minimize(loss, colocate_gradients_with_ops=True)


@program
def moving_averages():
    loss = line()
    step = train.get_or_create_global_step()
    descent = train.GradientDescentOptimizer(0.5).minimize(loss, global_step=step)
    averages = train.ExponentialMovingAverage(0.9, num_updates=step)
    with tf1.control_dependencies([descent]):
        return loss, averages.apply()


@program
def moving_average_of_a_loss():
    loss = line()
    averages = train.ExponentialMovingAverage(0.9, zero_debias=True)
    descent = train.GradientDescentOptimizer(0.5).minimize(loss)
    with tf1.control_dependencies([descent]):
        return loss, averages.apply([loss])


@program
def regularized():
    tf1.set_random_seed(3)
    penalty = lambda w: 0.01 * tf1.nn.l2_loss(w)
    w = variable("w", [3, 2], regularizer=penalty)
    y = tf1.matmul(tf1.constant(data(4, 3)), w)
    error = tf1.reduce_mean(tf1.square(y - tf1.constant(data(4, 2))))
    loss = tf1.add_n([error] + tf1.get_collection(tf1.GraphKeys.REGULARIZATION_LOSSES), name="loss")
    return loss, train.AdamOptimizer(0.05).minimize(loss)


@program
def convolutions():
    tf1.set_random_seed(5)
    images = tf1.constant(data(2, 6, 6, 1))
    k = variable("conv/kernel", [3, 3, 1, 4])
    b = variable("conv/bias", [4], initializer=tf1.zeros_initializer())
    hidden = tf1.nn.relu(tf1.nn.bias_add(tf1.nn.conv2d(images, k, [1, 1, 1, 1], "SAME"), b))
    pooled = tf1.nn.max_pool(hidden, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    w = variable("dense/kernel", [36, 3])
    logits = tf1.matmul(tf1.reshape(pooled, [2, 36]), w)
    losses = tf1.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 2], logits=logits)
    loss = tf1.reduce_mean(losses, name="loss")
    return loss, train.MomentumOptimizer(0.05, 0.9).minimize(loss)


@program
def dropout():
    tf1.set_random_seed(5)
    w = variable("w", [3, 8])
    v = variable("v", [8, 2])
    hidden = tf1.nn.dropout(tf1.nn.relu(tf1.matmul(tf1.constant(data(4, 3)), w)), 0.5, seed=11)
    y = tf1.matmul(hidden, v)
    loss = tf1.reduce_mean(tf1.square(y - tf1.constant(data(4, 2))), name="loss")
    return loss, train.AdamOptimizer(0.02).minimize(loss)


losses = tf1.losses
WEIGHTS = np.array([[1.0], [0.0], [2.0], [0.5]], np.float32)
LOSSES = {
    "absolute_difference": lambda t, y: losses.absolute_difference(t, y),
    "absolute_difference_with_weights": lambda t, y: losses.absolute_difference(t, y, weights=tf1.constant(WEIGHTS)),
    "mean_squared_error": lambda t, y: losses.mean_squared_error(t, y),
    "mean_squared_error_on_average": lambda t, y: losses.mean_squared_error(
        t, y, weights=tf1.constant(WEIGHTS), reduction=losses.Reduction.MEAN
    ),
    "mean_squared_error_of_a_batch": lambda t, y: losses.mean_squared_error(
        t, y, weights=tf1.constant(WEIGHTS), reduction=losses.Reduction.SUM_OVER_BATCH_SIZE
    ),
    "mean_squared_error_in_sum": lambda t, y: losses.mean_squared_error(t, y, reduction=losses.Reduction.SUM),
    "huber_loss": lambda t, y: losses.huber_loss(t, y, delta=0.2),
    "hinge_loss": lambda t, y: losses.hinge_loss(tf1.cast(t > 0.0, tf.float32), y),
    "log_loss": lambda t, y: losses.log_loss(t + 0.5, tf1.sigmoid(y)),
    "cosine_distance": lambda t, y: losses.cosine_distance(t, y, axis=1),
    "mean_pairwise_squared_error": lambda t, y: losses.mean_pairwise_squared_error(t, y),
    "mean_pairwise_squared_error_with_weights": lambda t, y: losses.mean_pairwise_squared_error(
        t, y, weights=tf1.constant(WEIGHTS)
    ),
    "sigmoid_cross_entropy": lambda t, y: losses.sigmoid_cross_entropy(t + 0.5, y, label_smoothing=0.1),
    "softmax_cross_entropy": lambda t, y: losses.softmax_cross_entropy(tf1.nn.softmax(t), y, label_smoothing=0.1),
    "sparse_softmax_cross_entropy": lambda t, y: losses.sparse_softmax_cross_entropy([0, 1, 1, 0], y),
}


def with_loss(loss_of):
    def build():
        tf1.set_random_seed(3)
        w = variable("w", [3, 2])
        y = tf1.matmul(tf1.constant(data(4, 3)), w)
        loss = loss_of(tf1.constant(data(4, 2)), y)
        assert tf1.losses.get_losses() == [loss]
        total = tf1.losses.get_total_loss()
        return total, train.GradientDescentOptimizer(0.1).minimize(total)

    return build


for name, loss_of in LOSSES.items():
    PROGRAMS[name] = with_loss(loss_of)


def with_updates(step):
    """A step that also moves the running means of batch normalization."""
    return tf1.group(step, *tf1.get_collection(tf1.GraphKeys.UPDATE_OPS), name="step")


@program
def dense_layers():
    tf1.set_random_seed(5)
    hidden = tf1.layers.dense(tf1.constant(data(8, 5)), 6, activation=tf1.nn.tanh)
    hidden = tf1.layers.batch_normalization(hidden, training=True)
    y = tf1.layers.dense(hidden, 2)
    loss = tf1.reduce_mean(tf1.square(y - tf1.constant(data(8, 2))), name="loss")
    return loss, with_updates(train.GradientDescentOptimizer(0.1).minimize(loss))


@program
def convolutional_layers():
    tf1.set_random_seed(5)
    hidden = tf1.layers.conv2d(tf1.constant(data(4, 6, 6, 2)), 3, [3, 3], padding="same", use_bias=False)
    hidden = tf1.nn.relu(tf1.layers.batch_normalization(hidden, training=True))
    hidden = tf1.layers.flatten(tf1.layers.max_pooling2d(hidden, [2, 2], [2, 2]))
    y = tf1.layers.dense(hidden, 2)
    loss = tf1.reduce_mean(tf1.square(y - tf1.constant(data(4, 2))), name="loss")
    return loss, with_updates(train.MomentumOptimizer(0.02, 0.9).minimize(loss))


def recurrent(cell, **options):
    outputs, _ = tf1.nn.dynamic_rnn(cell, tf1.constant(data(3, 4, 2)), dtype=tf.float32, **options)
    loss = tf1.reduce_mean(tf1.square(outputs - tf1.constant(data(3, 4, 3))), name="loss")
    return loss, train.AdamOptimizer(0.02).minimize(loss)


@program
def lstm():
    tf1.set_random_seed(5)
    return recurrent(tf1.nn.rnn_cell.BasicLSTMCell(3))


@program
def gru_of_lengths():
    tf1.set_random_seed(5)
    return recurrent(tf1.nn.rnn_cell.GRUCell(3), sequence_length=tf1.constant([4, 2, 1]))


@program
def stacked_cells():
    tf1.set_random_seed(5)
    cells = [tf1.nn.rnn_cell.BasicRNNCell(4), tf1.nn.rnn_cell.LSTMCell(3)]
    return recurrent(tf1.nn.rnn_cell.MultiRNNCell(cells))


@program
def static_network():
    tf1.set_random_seed(5)
    steps = tf1.unstack(tf1.constant(data(4, 3, 2)))
    outputs, _ = tf1.nn.static_rnn(tf1.nn.rnn_cell.BasicRNNCell(3), steps, dtype=tf.float32)
    loss = tf1.reduce_mean(tf1.square(outputs[-1] - tf1.constant(data(3, 3))), name="loss")
    return loss, train.GradientDescentOptimizer(0.3).minimize(loss)


@program
def loop():
    tf1.set_random_seed(5)
    w = variable("w", [3, 3])
    x = tf1.constant(data(4, 3), name="x")
    start = tf1.constant(0, name="start")
    _, y = tf1.while_loop(
        lambda i, _: tf1.less(i, 3), lambda i, y: (i + 1, tf1.sigmoid(tf1.matmul(y, w))), [start, x]
    )
    loss = tf1.reduce_mean(tf1.square(y - tf1.constant(data(4, 3))), name="loss")
    return loss, train.GradientDescentOptimizer(1.0).minimize(loss)


def synchronized(loss, rule, replicas=1):
    """One replica: its gradients are added up, and a thread changes the variables when enough of them came."""
    step = train.get_or_create_global_step()
    optimizer = train.SyncReplicasOptimizer(rule, replicas, total_num_replicas=1)
    descent = optimizer.minimize(loss, global_step=step)
    # Without tokens at the start each step waits for the change it asks for, so that losses are reproducible.
    tokens = optimizer.get_init_tokens_op(replicas - 1)

    def start(session):
        session.run(tf1.local_variables_initializer())
        session.run([optimizer.chief_init_op, tokens])
        optimizer.get_chief_queue_runner().create_threads(session, daemon=True, start=True)

    return loss, descent, start


@program
def synchronized_replicas():
    return synchronized(line(), train.MomentumOptimizer(0.5, 0.5))


@program
def synchronized_replicas_of_resources():
    return synchronized(rows_and_products(True), train.MomentumOptimizer(0.1, 0.9))


@program
def synchronized_replicas_with_slices():
    return synchronized(rows_and_products(False), train.GradientDescentOptimizer(0.5))


def record(name, build):
    with tf.Graph().as_default() as graph, tf1.Session() as session:
        loss, step, *start = build()
        lines = [f"program {name}"]
        init = tf1.global_variables_initializer()
        for node in graph.as_graph_def().node:
            placed = b",".join(node.attr["_class"].list.s).decode() if "_class" in node.attr else ""
            lines.append("\t".join(["node", node.name, node.op, ",".join(node.input), placed]))
        session.run(init)
        for begin in start:
            begin(session)
        losses = [session.run(loss)]
        for _ in range(STEPS):
            session.run(step)
            losses.append(session.run(loss))
        for v, value in zip(tf1.global_variables(), session.run(tf1.global_variables())):
            shape = ",".join(str(size) for size in v.shape)
            mean = float(np.mean(np.abs(value.astype(np.float64))))
            lines.append("\t".join(["variable", v.name, v.dtype.base_dtype.name, f"[{shape}]", f"{mean:.9g}"]))
        lines.extend(f"loss\t{float(value):.9g}" for value in losses)
        return lines


def main():
    lines = []
    for name, build in PROGRAMS.items():
        lines.extend(record(name, build))
    with open(sys.argv[1], "w") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
