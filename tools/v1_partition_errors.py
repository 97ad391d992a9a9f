"""What goes wrong with variables in parts; `record_errors.py` records it."""

import tensorflow as tf

tf1 = tf.compat.v1
SITUATIONS = []


def situation(function):
    SITUATIONS.append(function)
    return function


def partitioned(parts=2, shape=(4, 2), **options):
    return tf1.get_variable("v", shape, partitioner=tf1.fixed_size_partitioner(parts), **options)


@situation
def partitioned_variable_twice():
    partitioned()
    partitioned()


@situation
def partitioned_variable_that_is_whole():
    tf1.get_variable("v", [4, 2])
    partitioned()


@situation
def whole_variable_that_is_partitioned():
    partitioned()
    tf1.get_variable("v", [4, 2])


@situation
def partitioned_variable_for_reuse_that_does_not_exist():
    with tf1.variable_scope("", reuse=True):
        partitioned()


@situation
def partitioned_variable_in_other_parts():
    partitioned()
    with tf1.variable_scope("", reuse=True):
        partitioned(3)


@situation
def partitioned_variable_of_another_shape():
    partitioned()
    with tf1.variable_scope("", reuse=True):
        tf1.get_variable("v", [5, 2])


@situation
def partitioned_variable_of_another_dtype():
    partitioned()
    with tf1.variable_scope("", reuse=True):
        partitioned(dtype=tf.int32)


@situation
def partitioned_variable_without_a_shape():
    partitioned(shape=None)


@situation
def partitioned_variable_of_unknown_shape():
    partitioned(shape=[None, 2])


@situation
def partitioned_variable_of_a_scalar_value():
    partitioned(shape=None, initializer=tf1.constant(2.0))


@situation
def partitioner_of_another_rank():
    tf1.get_variable("v", [4, 2], partitioner=lambda **_: [2])


@situation
def partitioner_along_two_axes():
    tf1.get_variable("v", [4, 2], partitioner=lambda **_: [2, 2])


@situation
def partitioner_into_no_parts():
    tf1.get_variable("v", [4, 2], partitioner=lambda **_: [0, 2])


@situation
def partitioner_along_no_axis():
    tf1.get_variable("v", [2], partitioner=tf1.fixed_size_partitioner(2, axis=3))


@situation
def min_max_partitioner_along_no_axis():
    tf1.get_variable("v", [2], partitioner=tf1.min_max_variable_partitioner(2, axis=3))


@situation
def partitioner_into_parts_without_bytes():
    tf1.variable_axis_size_partitioner(0)


@situation
def partitioned_variable_of_other_rank_than_its_slices():
    tf1.create_partitioned_variables([2], [1, 1], None)


@situation
def op_of_a_partitioned_variable():
    partitioned().op


@situation
def value_of_a_partitioned_variable():
    partitioned().value


@situation
def initialization_of_a_partitioned_variable():
    tf1.variables_initializer([partitioned()])


@situation
def scalar_for_a_partitioned_variable():
    tf1.assign(partitioned(), tf1.constant(1.0, name="c"))


@situation
def lookup_by_another_strategy():
    tf1.nn.embedding_lookup(partitioned(), [1], partition_strategy="x")
