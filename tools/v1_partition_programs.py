"""Programs with variables in parts; `record_v1_graphs.py` runs them."""

import os
import tempfile

import tensorflow as tf

tf1 = tf.compat.v1


def partitioned_variables(run):
    def initial(shape, dtype, partition_info=None):
        return tf1.fill(shape, tf1.constant(2.0, dtype))

    parts = tf1.fixed_size_partitioner(3)
    v = tf1.get_variable("v", [5, 2], initializer=tf1.constant_initializer(1.5), partitioner=parts)
    w = tf1.get_variable("w", initializer=tf1.constant([1, 2, 3, 4]), dtype=tf.int32, partitioner=parts)
    whole = tf1.get_variable("x", [3], initializer=initial, partitioner=tf1.fixed_size_partitioner(1))
    doubled = tf1.multiply(v, 2.0)
    total = tf1.add(w, 1)
    run(tf1.global_variables_initializer())
    run(doubled, total, whole.as_tensor())
    run(list(v))


def partitioned_scopes(run):
    def double(getter, name, *args, **kwargs):
        return getter(name + "_twice", *args, **kwargs)

    ones = tf1.ones_initializer()
    columns = tf1.variable_axis_size_partitioner(32, axis=1)
    with tf1.variable_scope("a", partitioner=columns, initializer=ones) as scope:
        v = tf1.get_variable("v", [4, 5])
        scalar = tf1.get_variable("s", [])
        with tf1.variable_scope("b", custom_getter=double):
            w = tf1.get_variable("w", [2, 3])
        with tf1.variable_scope("c", partitioner=tf1.min_max_variable_partitioner(4, min_slice_size=16)):
            x = tf1.get_variable("x", [6, 2], regularizer=lambda part: tf1.reduce_sum(part))
    with tf1.variable_scope(scope, reuse=True):
        again = tf1.get_variable("v", [4, 5])
    run(tf1.global_variables_initializer())
    run(again.as_tensor(), scalar, w.as_tensor(), x.as_tensor())
    run(tf1.get_collection("regularization_losses"))


def partitioned_resources(run):
    ones = tf1.ones_initializer()
    v = tf1.get_variable("v", [3, 2], initializer=ones, use_resource=True, partitioner=tf1.fixed_size_partitioner(2))
    assigned = v.assign(tf1.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    added = v.assign_add(tf1.ones([3, 2]))
    run(tf1.global_variables_initializer())
    run(assigned)
    run(added)
    run(v.as_tensor())


def partitioned_assignments(run):
    ones = tf1.ones_initializer()
    v = tf1.get_variable("v", [2, 3], initializer=ones, partitioner=tf1.fixed_size_partitioner(2, axis=1))
    assigned = v.assign(tf1.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    lessened = v.assign_sub(v)
    run(tf1.global_variables_initializer())
    run(assigned)
    run(v.as_tensor())
    run(lessened)


def partitioned_initializers(run):
    parts = tf1.fixed_size_partitioner(2)
    def variable(name, initializer, dtype=None):
        return tf1.get_variable(name, [4, 3], dtype, initializer=initializer, partitioner=parts)

    variables = [
        variable("glorot", None),
        variable("integers", None, tf.int32),
        variable("he", tf1.initializers.he_normal(seed=1)),
        variable("identity", tf1.initializers.identity(2.0)),
        variable("scaled", tf1.uniform_unit_scaling_initializer(seed=3)),
        variable("orthogonal", tf1.orthogonal_initializer(seed=4)),
        variable("uniform", tf1.random_uniform_initializer(-1.0, 1.0, seed=5)),
    ]
    run(tf1.global_variables_initializer())
    run([v.as_tensor() for v in variables[1:]])


def create_partitioned_variables(run):
    pieces = tf1.create_partitioned_variables([4, 2], [2, 1], tf1.ones_initializer(), name="v")
    unnamed = tf1.create_partitioned_variables([3], [3], tf1.zeros_initializer(), trainable=False)
    run(tf1.global_variables_initializer())
    run(pieces, unnamed)
    run(tf1.constant(len(tf1.trainable_variables())))


def lookup(run, **options):
    table = tf1.get_variable("table", initializer=tf1.constant([[float(row), -float(row)] for row in range(7)]), **options)
    ids = tf1.placeholder(tf.int32, [None], name="ids")
    rows = tf1.nn.embedding_lookup(table, [[0, 6], [3, 1]], partition_strategy="div")
    others = tf1.nn.embedding_lookup(table, ids, name="others")
    run(tf1.global_variables_initializer())
    run(rows)
    run(others, feeds={ids: [0, 3, 1]})


def lookup_in_parts(run):
    lookup(run, partitioner=tf1.fixed_size_partitioner(3))


def lookup_in_parts_of_a_resource(run):
    lookup(run, partitioner=tf1.fixed_size_partitioner(2), use_resource=True)


def lookup_in_one_part(run):
    lookup(run, partitioner=tf1.fixed_size_partitioner(1))


def lookup_in_a_resource(run):
    lookup(run, use_resource=True)


def lookup_in_tensors(run):
    tables = [tf1.constant([[1.0], [2.0]]), tf1.constant([[3.0], [4.0]])]
    run(tf1.nn.embedding_lookup(tables, tf1.constant([3, 0, 2], tf.int64)))


def saver_of_parts(run):
    parts = tf1.fixed_size_partitioner(2)
    v = tf1.get_variable("v", initializer=tf1.constant([[1.0], [2.0], [3.0]]), partitioner=parts)
    w = tf1.get_variable("w", initializer=tf1.constant([4, 5]), dtype=tf.int32, use_resource=True, partitioner=parts)
    plain = tf1.Variable(7, name="plain")
    keeper = tf1.train.Saver()
    run(tf1.global_variables_initializer())
    path = keeper.save(run.session, os.path.join(tempfile.mkdtemp(), "m"))
    run(v.assign(tf1.zeros([3, 1])), tf1.assign(plain, 0))
    keeper.restore(run.session, path)
    run(v.as_tensor(), w.as_tensor(), plain)
    reader = tf1.train.NewCheckpointReader(path)
    run(tf1.constant(reader.get_tensor("v")))
    tf1.train.Saver({"other": v, "plain": plain}, sharded=True, reshape=True)
    tf1.train.Saver([w])


def training_of_parts(run):
    parts = tf1.fixed_size_partitioner(2)
    with tf1.variable_scope("layer", partitioner=parts):
        w = tf1.get_variable("w", [3, 2], initializer=tf1.ones_initializer())
    x = tf1.constant([[1.0, 2.0, 3.0]])
    loss = tf1.reduce_sum(tf1.matmul(x, w))
    step = tf1.train.MomentumOptimizer(0.5, 0.9).minimize(loss)
    tf1.train.Saver()
    run(tf1.global_variables_initializer())
    run(step)
    run(step)
    run(w.as_tensor())


PROGRAMS = [
    partitioned_variables,
    partitioned_scopes,
    partitioned_resources,
    partitioned_assignments,
    partitioned_initializers,
    create_partitioned_variables,
    lookup_in_parts,
    lookup_in_parts_of_a_resource,
    lookup_in_one_part,
    lookup_in_a_resource,
    lookup_in_tensors,
    saver_of_parts,
    training_of_parts,
]
