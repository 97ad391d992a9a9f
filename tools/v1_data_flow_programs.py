"""Programs of `record_v1_graphs.py` about what ops keep and hand on: accumulators, kept tensors, readers, tables."""

import os
import re
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import function

from case_run import undecorated

tf1 = tf.compat.v1
PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


@program
def accumulators(run):
    total = tf1.ConditionalAccumulator(tf.float32, shape=[2], name="total", shared_name="shared")
    first = total.apply_grad([1.0, 2.0], local_step=0, name="first")
    second = total.apply_grad(tf1.constant([3.0, 4.0]), local_step=tf1.constant(1))
    count = total.num_accumulated()
    later = total.set_global_step(1)
    taken = total.take_grad(1)
    whole = tf1.ConditionalAccumulator(tf.float64, reduction_type="SUM")
    add = whole.apply_grad(tf1.constant([[1.0, 2.0]], tf.float64))
    run(first)
    run(second)
    run(count)
    run(taken)
    run(later)
    run(first)
    run(second)
    run(count)
    run(taken)
    run(add)
    run(add)
    run(whole.take_grad(2))


@program
def sparse_accumulators(run):
    total = tf1.SparseConditionalAccumulator(tf.float32, shape=[4, 2])
    slices = tf.IndexedSlices(tf1.constant([[1.0, 2.0], [3.0, 4.0]]), tf1.constant([0, 2]), tf1.constant([4, 2]))
    first = total.apply_indexed_slices_grad(slices, local_step=0)
    second = total.apply_grad(tf1.constant([2, 3], tf.int64), tf1.constant([[5.0, 6.0], [7.0, 8.0]]))
    third = total.apply_indexed_slices_grad(slices, local_step=5)
    count = total.num_accumulated()
    later = total.set_global_step(tf1.constant(5))
    indices, values, shape = total.take_grad(2)
    taken = total.take_indexed_slices_grad(1)
    run(first)
    run(second)
    run(count)
    run(indices, values, shape)
    run(later)
    run(first)
    run(third)
    run(taken.indices, taken.values, taken.dense_shape)


@program
def session_handles(run):
    x = tf1.placeholder(tf.float32, [2], name="x")
    product = tf1.multiply(x, 3.0, name="product")
    kept = tf1.get_session_handle(product)
    text = tf1.get_session_handle(tf1.constant("abc"), name="text")
    session = run.open()
    handle = session.run(kept, {x: [1.0, 2.0]})
    holder, value = tf1.get_session_tensor(handle.handle, tf.float32)
    more = value + 1.0
    raw = session.run(text).get_raw_handle()
    text_holder, delete = tf1.delete_session_tensor(raw, name="delete")
    run(more, feeds={holder: handle.handle})
    run(product, feeds={x: handle})
    run(delete, feeds={text_holder: raw})
    run.values.append(np.asarray(handle.handle.encode()))
    run.values.append(np.asarray(raw.encode()))


@program
def slice_producer(run):
    rows = tf1.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    names = tf1.constant(["a", "b", "c"])
    row, name = tf1.train.slice_input_producer([rows, names], num_epochs=1, shuffle=False)
    session = run.open()
    session.run(tf1.local_variables_initializer())
    tf1.train.start_queue_runners(session)
    run(row, name)
    run(row, name)
    run(name)


# Nodes of a graph as TensorFlow wrote it before version 16: name, op, inputs, attributes.
OLD_ARRAYS = [
    ("size", "Const", [], {"dtype": tf.int32, "value": 3}),
    ("zero", "Const", [], {"dtype": tf.int32, "value": 0}),
    ("two", "Const", [], {"dtype": tf.int32, "value": 2}),
    ("flow", "Const", [], {"dtype": tf.float32, "value": 0.5}),
    ("rows", "Const", [], {"dtype": tf.float32, "value": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}),
    ("places", "Const", [], {"dtype": tf.int32, "value": [2, 0]}),
    ("lengths", "Const", [], {"dtype": tf.int64, "value": np.array([1, 0, 2])}),
    ("a", "TensorArray", ["size"], {"dtype": tf.float32, "clear_after_read": False}),
    ("unpacked", "TensorArrayUnpack", ["a", "rows", "flow"], {"T": tf.float32}),
    ("packed", "TensorArrayPack", ["a", "unpacked"], {"dtype": tf.float32}),
    ("read", "TensorArrayRead", ["a", "two", "unpacked"], {"dtype": tf.float32}),
    ("gathered", "TensorArrayGather", ["a", "places", "unpacked"], {"dtype": tf.float32}),
    ("count", "TensorArraySize", ["a", "unpacked"], {}),
    ("b", "TensorArray", ["zero"], {"dtype": tf.float32, "dynamic_size": True}),
    ("written", "TensorArrayWrite", ["b", "two", "read", "flow"], {"T": tf.float32}),
    ("scattered", "TensorArrayScatter", ["b", "pair", "gathered", "written"], {"T": tf.float32}),
    ("all", "TensorArrayPack", ["b", "scattered"], {"dtype": tf.float32}),
    ("pair", "Const", [], {"dtype": tf.int32, "value": [0, 1]}),
    ("c", "TensorArray", ["size"], {"dtype": tf.float32}),
    ("cut", "TensorArraySplit", ["c", "rows", "lengths", "flow"], {"T": tf.float32}),
    ("joined", "TensorArrayConcat", ["c", "cut"], {"dtype": tf.float32}),
    ("closed", "TensorArrayClose", ["c", "^joined"], {}),
]


@program
def old_tensor_arrays(run):
    graph_def = tf1.GraphDef()
    graph_def.versions.producer = 15
    for name, op, inputs, attributes in OLD_ARRAYS:
        node = graph_def.node.add(name=name, op=op, input=inputs)
        for key, value in attributes.items():
            if isinstance(value, tf.DType):
                node.attr[key].type = value.as_datatype_enum
            elif isinstance(value, bool):
                node.attr[key].b = value
            else:
                dtype = attributes["dtype"].as_numpy_dtype
                node.attr[key].tensor.CopyFrom(tf.make_tensor_proto(np.asarray(value, dtype)))
    tf.import_graph_def(graph_def, name="")
    run("flow:0", "unpacked:0", "packed:0", "read:0", "gathered:0", "count:0")
    run("written:0", "all:0")
    run("joined:0", "joined:1", "closed")


def elements(run, dataset, name, types=(tf.int64,), shapes=([],)):
    """How many elements a dataset says it has; then those it gives, or why it gives none, until it ends."""
    kinds = {"output_types": list(types), "output_shapes": list(shapes)}
    iterator = tf.raw_ops.IteratorV2(shared_name=name, container="", name=f"{name}_iterator", **kinds)
    make = tf.raw_ops.MakeIterator(dataset=dataset, iterator=iterator, name=f"{name}_make")
    following = tf.raw_ops.IteratorGetNext(iterator=iterator, name=f"{name}_next", **kinds)
    run(tf.raw_ops.DatasetCardinality(input_dataset=dataset, name=f"{name}_size"))
    run.open().run(make)
    for _ in range(8):
        try:
            run(*following)
        except tf.errors.OpError as error:
            message = undecorated(error.message)
            # Datasets have numbers in the order they are made, and iterators are named after rewriting.
            message = re.sub(r":\d+ transformation with iterator: \S+:", " transformation:", message.split("\n")[0])
            message = re.sub(r'^Iterator "\S+"', "Iterator", message)
            run.values.append(np.asarray(f"{type(error).__name__}: {message}".encode()))
            if message == "End of sequence":
                break


@program
def dataset_functions(run):
    """Functions of elements that fail, and those that meet the end of other data."""
    raw, Defun = tf.raw_ops, function.Defun
    one = {"output_types": [tf.int64], "output_shapes": [[]]}
    graph = tf1.get_default_graph()
    used = tf1.constant(0, tf.int64, name="start")
    numbers = raw.RangeDataset(start=used, stop=tf1.constant(4, tf.int64), step=tf1.constant(1, tf.int64), name="numbers", **one)

    def defined(*types, name):
        def define(body):
            made = Defun(*types, func_name=name)(body)
            made.add_to_graph(graph)
            return made

        return define

    @defined(tf.int64, name="failing")
    def failing(x):
        return 6 // (x - 1)

    @defined(tf.int64, tf.resource, name="ending")
    def ending(x, other):
        return x + raw.IteratorGetNext(iterator=other, **one)[0]

    @defined(tf.int64, tf.int64, name="failing_scan")
    def failing_scan(state, x):
        return state + x, 6 // (x - 1)

    @defined(tf.int64, tf.int64, tf.resource, name="ending_scan")
    def ending_scan(state, x, other):
        return state + x, x + raw.IteratorGetNext(iterator=other, **one)[0]

    @defined(tf.int64, name="failing_choice")
    def failing_choice(x):
        return tf.not_equal(6 // (x - 1), 3)

    @defined(tf.int64, tf.resource, name="ending_choice")
    def ending_choice(x, other):
        return raw.IteratorGetNext(iterator=other, **one)[0] >= 0

    @defined(tf.int64, name="failing_dataset")
    def failing_dataset(x):
        return raw.TensorDataset(components=[6 // (x - 1)], output_shapes=[[]])

    @defined(tf.int64, tf.resource, name="ending_dataset")
    def ending_dataset(x, other):
        return raw.TensorDataset(components=[x + raw.IteratorGetNext(iterator=other, **one)[0]], output_shapes=[[]])

    @defined(tf.int64, name="itself")
    def itself(x):
        return tf.identity(x)

    @defined(tf.int64, name="two")
    def two(x):
        return tf.constant(2, tf.int64)

    @defined(tf.int64, tf.variant, name="window")
    def window(key, dataset):
        return tf.identity(dataset)

    @defined(tf.int64, tf.int64, name="sum")
    def total(x, y):
        return x + y

    @defined(tf.int64, name="parity")
    def parity(x):
        return x % 2

    count = tf1.constant(2, tf.int64, name="count")
    block = tf1.constant(1, tf.int64, name="block")
    calls = tf1.constant(2, name="calls")
    other = raw.IteratorV2(shared_name="other", container="", name="other", **one)
    few = raw.RangeDataset(start=used, stop=count, step=block, name="few", **one)
    refill = raw.MakeIterator(dataset=few, iterator=other, name="refill")

    def shown(op, name, dataset=numbers, **arguments):
        run.open().run(refill)
        made = getattr(raw, op)(input_dataset=dataset, name=name, **arguments, **one)
        elements(run, made, f"{name}_elements")
        return made

    failed = []
    for preserve in (False, True):
        for end, first, second, captured in (("fails", failing, failing_scan, []), ("ends", ending, ending_scan, [other])):
            name, rest = f"{end}_{preserve}".lower(), {"other_arguments": captured, "preserve_cardinality": preserve}
            failed.append(shown("MapDataset", f"map_{name}", f=first, **rest))
            shown("ParallelMapDataset", f"old_parallel_map_{name}", f=first, num_parallel_calls=calls, **rest)
            shown("ParallelMapDatasetV2", f"parallel_map_{name}", f=first, num_parallel_calls=count, **rest)
            for op in ("ScanDataset", "ExperimentalScanDataset"):
                shown(op, f"{op}_{name}", f=second, initial_state=[used], **rest)
    for end, choice, dataset, key, captured in (
        ("fails", failing_choice, failing_dataset, failing, []),
        ("ends", ending_choice, ending_dataset, ending, [other]),
    ):
        rest = {"other_arguments": captured}
        for op in ("FilterDataset", "TakeWhileDataset", "ExperimentalTakeWhileDataset"):
            shown(op, f"{op}_{end}", predicate=choice, **rest)
        shown("FlatMapDataset", f"flat_map_{end}", f=dataset, **rest)
        turns = {"f": dataset, "cycle_length": block, "block_length": block, **rest}
        shown("InterleaveDataset", f"interleave_{end}", **turns)
        for version in (2, 3):
            op = f"ParallelInterleaveDatasetV{version}"
            shown(op, f"parallel_interleave_{version}_{end}", num_parallel_calls=block, **turns)
        ahead = {"buffer_output_elements": block, "prefetch_input_elements": used}
        shown("ParallelInterleaveDatasetV4", f"parallel_interleave_4_{end}", num_parallel_calls=block, **ahead, **turns)
        groups = {"key_func_other_arguments": captured, "reduce_func_other_arguments": []}
        for op in ("GroupByWindowDataset", "ExperimentalGroupByWindowDataset"):
            functions = {"key_func": key, "reduce_func": window, "window_size_func": two}
            shown(op, f"{op}_{end}", window_size_func_other_arguments=[], **functions, **groups)
        functions = {"key_func": key, "init_func": itself, "reduce_func": total, "finalize_func": itself}
        rest = {"init_func_other_arguments": [], "finalize_func_other_arguments": []}
        shown("GroupByReducerDataset", f"reducer_{end}", **functions, **groups, **rest)
    groups = {"key_func_other_arguments": [], "reduce_func_other_arguments": [], "window_size_func_other_arguments": []}
    functions = {"key_func": parity, "reduce_func": window, "window_size_func": two}
    shown("ExperimentalGroupByWindowDataset", "groups", **functions, **groups)
    pair = {"output_types": [tf.int64] * 2, "output_shapes": [[]] * 2}
    short = raw.TakeDataset(input_dataset=numbers, count=count, name="short", **one)
    for name, inputs in (
        ("first_fails", [failed[0], numbers]),
        ("second_fails", [numbers, failed[0]]),
        ("first_ends", [short, failed[0]]),
        ("second_ends", [failed[0], short]),
    ):
        zipped = raw.ZipDataset(input_datasets=inputs, name=name, **pair)
        elements(run, zipped, f"{name}_elements", pair["output_types"], pair["output_shapes"])
        made = raw.IgnoreErrorsDataset(input_dataset=zipped, name=f"{name}_ignored", **pair)
        elements(run, made, f"{name}_made", pair["output_types"], pair["output_shapes"])


@program
def uneven_batches(run):
    """Batches that cannot be taken apart, and those between them."""
    raw = tf.raw_ops
    kinds = {"output_types": [tf.int64] * 2, "output_shapes": [[None]] * 2}
    rows = {"output_types": [tf.int64] * 2, "output_shapes": [[]] * 2}

    def batch(first, second):
        components = [tf1.constant(first, tf.int64), tf1.constant(second, tf.int64)]
        return raw.TensorDataset(components=components, output_shapes=[[len(first)], [len(second)]])

    whole = batch([1, 2, 3], [1])
    for other in (batch([1, 2], [3, 4]), batch([1], [2, 3, 4]), batch([9], [9])):
        whole = raw.ConcatenateDataset(input_dataset=whole, another_dataset=other, **kinds)
    rest = raw.UnbatchDataset(input_dataset=whole, name="unbatched", **rows)
    elements(run, rest, "rows", rows["output_types"], rows["output_shapes"])
    made = raw.IgnoreErrorsDataset(input_dataset=rest, name="made", **rows)
    elements(run, made, "rows_made", rows["output_types"], rows["output_shapes"])
    sizes, whether = tf1.constant([2, 1], tf.int64), tf1.constant(False)
    again = raw.RebatchDatasetV2(input_dataset=whole, batch_sizes=sizes, drop_remainder=whether, name="again", **kinds)
    elements(run, again, "batches", kinds["output_types"], kinds["output_shapes"])


def defined(name, *types):
    """A function of the default graph, with the name."""

    def define(body):
        made = function.Defun(*types, func_name=name)(body)
        made.add_to_graph(tf1.get_default_graph())
        return made

    return define


ONE = {"output_types": [tf.int64], "output_shapes": [[]]}


def numbers_below(stop, name):
    """The dataset of the numbers from 0 on."""
    start, step = tf1.constant(0, tf.int64), tf1.constant(1, tf.int64)
    return tf.raw_ops.RangeDataset(start=start, stop=tf1.constant(stop, tf.int64), step=step, name=name, **ONE)


def refilled():
    """An iterator over two numbers, and what puts it at its beginning."""
    other = tf.raw_ops.IteratorV2(shared_name="other", container="", name="other", **ONE)
    return other, tf.raw_ops.MakeIterator(dataset=numbers_below(2, "few"), iterator=other, name="refill")


@program
def mapped_batches(run):
    """Batches of what a function gives, of all sizes, with elements that fail, differ or are missing."""
    raw, number = tf.raw_ops, lambda value: tf1.constant(value, tf.int64)
    other, refill = refilled()

    @defined("doubled", tf.int64)
    def doubled(x):
        return x * 2

    @defined("failing", tf.int64)
    def failing(x):
        return 6 // (x - 1)

    @defined("growing", tf.int64)
    def growing(x):
        return tf.range(x + 1)

    @defined("ranks", tf.int64)
    def ranks(x):
        return tf.reshape(x, tf.fill(tf.cast([x], tf.int32), 1))

    @defined("ending", tf.int64, tf.resource)
    def ending(x, other):
        return x + raw.IteratorGetNext(iterator=other, **ONE)[0]

    def shown(name, body, stop, size, drop=False, preserve=True, calls=2, captured=(), op="MapAndBatchDataset", shape=(None,)):
        kinds = {"output_types": [tf.int64], "output_shapes": [None if shape is None else list(shape)]}
        made = getattr(raw, op)(
            input_dataset=numbers_below(stop, f"{name}_numbers"),
            other_arguments=list(captured),
            batch_size=number(size),
            num_parallel_calls=number(calls),
            drop_remainder=tf1.constant(drop),
            f=body,
            preserve_cardinality=preserve,
            name=name,
            **kinds,
        )
        elements(run, made, f"{name}_elements", kinds["output_types"], kinds["output_shapes"])

    for op in ("MapAndBatchDataset", "ExperimentalMapAndBatchDataset"):
        shown(op, doubled, 5, 2, op=op)
        shown(f"{op}_whole", doubled, 5, 2, drop=True, op=op)
    shown("nothing", doubled, 0, 2)
    shown("even", doubled, 4, 2)
    shown("chosen", doubled, 3, 2, calls=-1)
    shown("fails_alone", failing, 5, 1)
    shown("fails", failing, 5, 2)
    shown("fails_whole", failing, 5, 2, drop=True)
    shown("fails_fewer", failing, 5, 2, preserve=False)
    shown("fails_rest", failing, 2, 3)
    shown("fails_rest_whole", failing, 2, 3, drop=True)
    shown("growing_batches", growing, 5, 2, shape=[None, None])
    shown("ranks_batches", ranks, 3, 2, shape=None)
    for size in (1, 2, 3):
        for preserve in (False, True):
            for drop in (False, True):
                run.open().run(refill)
                shown(f"ends_{size}_{preserve}_{drop}".lower(), ending, 6, size, drop, preserve, 1, [other])


@program
def parallel_filters(run):
    """Elements that a function chooses, several at once."""
    raw = tf.raw_ops
    # TensorFlow 2.21 cannot rewrite this dataset.
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    serialized = options._to_proto().SerializeToString()
    other, refill = refilled()

    @defined("even", tf.int64)
    def even(x):
        return tf.equal(x % 2, 0)

    @defined("failing", tf.int64)
    def failing(x):
        return tf.not_equal(6 // (x - 1), 3)

    @defined("vector", tf.int64)
    def vector(x):
        return tf.equal([x % 2], 0)

    @defined("itself", tf.int64)
    def itself(x):
        return tf.identity(x)

    @defined("two", tf.int64)
    def two(x):
        return tf.equal(x, 0), tf.equal(x, 1)

    @defined("ending", tf.int64, tf.resource)
    def ending(x, other):
        return raw.IteratorGetNext(iterator=other, **ONE)[0] >= 0

    @defined("divided", tf.int64)
    def divided(x):
        return 6 // (x - 1)

    def shown(name, body, dataset, captured=(), op="ParallelFilterDataset", **rest):
        arguments = {"input_dataset": dataset, "other_arguments": list(captured), "predicate": body, "name": name}
        made = getattr(raw, op)(**arguments, **rest, **ONE)
        made = raw.OptionsDataset(input_dataset=made, serialized_options=serialized, **ONE)
        elements(run, made, f"{name}_elements")

    calls = tf1.constant(2, tf.int64, name="calls")
    chosen = tf1.constant(-1, tf.int64, name="chosen")
    few, none = numbers_below(5, "numbers"), numbers_below(0, "none")
    broken = raw.MapDataset(input_dataset=few, other_arguments=[], f=divided, name="broken", **ONE)
    for policy in ("default", "true", "false"):
        shown(f"even_{policy}", even, few, num_parallel_calls=calls, deterministic=policy)
    shown("even_chosen", even, few, num_parallel_calls=chosen)
    shown("even_of_none", even, none, num_parallel_calls=calls)
    shown("even_of_broken", even, broken, num_parallel_calls=calls)
    for name, body in (("fails", failing), ("of_a_vector", vector), ("of_a_number", itself), ("of_two", two)):
        shown(f"filter_{name}", body, few, num_parallel_calls=calls)
        for op in ("FilterDataset", "TakeWhileDataset"):
            shown(f"{op}_{name}", body, few, op=op)
    run.open().run(refill)
    shown("filter_ends", ending, few, [other], num_parallel_calls=calls)
    odd = raw.ParallelFilterDataset(
        input_dataset=few,
        other_arguments=[],
        num_parallel_calls=calls,
        predicate=even,
        deterministic="odd",
        name="odd",
        **ONE,
    )
    refused(run, odd)


def refused(run, fetch):
    """What TensorFlow says when it cannot compute a value."""
    try:
        run.open().run(fetch)
    except tf.errors.OpError as error:
        run.values.append(np.asarray(undecorated(error.message).encode()))


@program
def mapped_functions(run):
    Defun = function.Defun

    @Defun(tf.int32, tf.float32, tf.int32, func_name="scaled")
    def scaled(x, y, factor):
        return x * factor, tf.stack([y, tf.cast(x, tf.float32)])

    @Defun(tf.int32, func_name="filled")
    def filled(x):
        return tf.fill([x], "a")

    def mapped(function, arguments, captured, types, shapes, name):
        function.add_to_graph(tf1.get_default_graph())
        return tf.raw_ops.MapDefun(
            arguments=arguments,
            captured_inputs=captured,
            output_types=types,
            output_shapes=shapes,
            f=function,
            name=name,
        )

    numbers = tf1.constant([1, 2, 3], name="numbers")
    rows = tf1.constant([0.5, 1.5, 2.5], name="rows")
    factor = tf1.constant(10, name="factor")
    types, shapes = [tf.int32, tf.float32], [[], [2]]
    run(*mapped(scaled, [numbers, rows], [factor], types, shapes, "known"))
    run(*mapped(scaled, [numbers, rows], [factor], types, [None, [None]], "unknown"))
    run(*mapped(scaled, [numbers[:0], rows[:0]], [factor], types, shapes, "nothing"))
    run(*mapped(filled, [tf1.constant([2, 2], name="twos")], [], [tf.string], [[None]], "strings"))
    fed = tf1.placeholder_with_default(numbers[0], None, name="fed")
    refused(run, mapped(scaled, [fed, rows], [factor], types, shapes, "of_a_scalar"))
    few = tf1.placeholder_with_default(numbers[:2], None, name="few")
    refused(run, mapped(scaled, [few, rows], [factor], types, shapes, "of_fewer"))
    refused(run, mapped(scaled, [numbers[:1], rows[:1]], [factor], types, [[], [3]], "of_another_shape"))
    refused(run, mapped(scaled, [numbers[:1], rows[:1]], [factor], types, [[2], [2]], "of_another_rank"))
    refused(run, mapped(scaled, [numbers[:1], rows[:1]], [factor], [tf.int32] * 2, shapes, "of_another_dtype"))
    refused(run, mapped(scaled, [numbers[:1], rows[:1]], [factor], [tf.int32], [[]], "of_fewer_outputs"))


@program
def mutable_tables(run):
    experimental = tf1.lookup.experimental
    table = experimental.MutableHashTable(tf.string, tf.int64, -1, checkpoint=False)
    vectors = experimental.MutableHashTable(tf.int64, tf.float32, [0.0, -1.0], name="vectors", checkpoint=False)
    dense = experimental.DenseHashTable(
        tf.int64, tf.float32, 0.5, empty_key=-1, deleted_key=-2, initial_num_buckets=8, checkpoint=False
    )
    keys = tf1.constant([7, 8], tf.int64)
    insert = table.insert(["a", "b", "c"], tf1.constant([1, 2, 3], tf.int64))
    remove = table.remove(tf1.constant(["b"]))
    found = table.lookup(["a", "b"])
    fill = vectors.insert(keys, [[1.0, 2.0], [3.0, 4.0]])
    rows = vectors.lookup(tf1.constant([8, 9], tf.int64))
    put = dense.insert(keys, [1.0, 2.0])
    erase = dense.erase(tf1.constant([7], tf.int64))
    values = dense.lookup(keys)
    run(insert)
    run(found, table.size())
    run(remove)
    run(found)
    run(fill)
    run(rows)
    run(put)
    run(values)
    run(erase)
    run(values, dense.size(), *dense.export())


# What the files of `readers` hold.
FILES = {"lines.txt": b"one\r\ntwo\n\nfour", "empty.txt": b"", "more.txt": b"header\nfive\n"}


@program
def readers(run):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in FILES.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        with tf.io.TFRecordWriter(os.path.join(folder, "records")) as writer:
            for record in [b"first", b"", b"third"]:
                writer.write(record)
        with tf.io.TFRecordWriter(os.path.join(folder, "zipped"), "GZIP") as writer:
            writer.write(b"packed")
        read_all(run, folder)


def read_all(run, folder):
    """Each reader takes its work from a queue of its own, which is closed in the end."""
    made = [
        ("lines", tf1.TextLineReader(), ["lines.txt", "empty.txt", "more.txt"]),
        ("skipped", tf1.TextLineReader(skip_header_lines=1), ["lines.txt", "empty.txt", "more.txt"]),
        ("whole", tf1.WholeFileReader(), ["lines.txt", "empty.txt"]),
        ("records", tf1.TFRecordReader(), ["records"]),
        (
            "zipped",
            tf1.TFRecordReader(options=tf1.io.TFRecordOptions(tf1.io.TFRecordCompressionType.GZIP)),
            ["zipped"],
        ),
        ("fixed", tf1.FixedLengthRecordReader(3, header_bytes=1, footer_bytes=2), ["lines.txt"]),
        ("hops", tf1.FixedLengthRecordReader(3, hop_bytes=1), ["more.txt", "empty.txt"]),
        ("identity", tf1.IdentityReader(name="same"), ["a", "b"]),
    ]
    work = tf1.placeholder(tf.string, [None], name="work")
    session = run.open()
    for name, reader, files in made:
        with tf1.name_scope(name):
            queue = tf1.train.string_input_producer(tf1.constant(["unused"]), shuffle=False)
            put = queue.enqueue_many([work])
            one = reader.read(queue)
            some = reader.read_up_to(queue, 2)
            counts = [reader.num_records_produced(), reader.num_work_units_completed()]
            reset = reader.reset()
            close = queue.close()
        is_path = name != "identity"
        session.run(put, {work: [os.path.join(folder, file) if is_path else file for file in files]})
        session.run(close)
        keep = lambda values: run.values.extend(
            np.asarray([item.replace(folder.encode() + b"/", b"") for item in np.ravel(value)], object)
            for value in values
        )
        keep(session.run(one))
        run(*counts)
        while True:
            try:
                keep(session.run(some))
            except tf.errors.OutOfRangeError:
                break
        run(*counts)
        if reader.supports_serialize:
            state = reader.serialize_state()
            run(reset)
            run(*counts)
            run(reader.restore_state(tf1.constant(b"\x08\x05\x10\x05\x18\x07")))
            run(state, *counts)


@program
def queues(run):
    fifo = tf1.FIFOQueue(4, [tf.int32, tf.float32], shapes=[[], [2]], shared_name="shared")
    with tf1.name_scope("outer"):
        padding = tf1.PaddingFIFOQueue(4, [tf.int32], shapes=[[None]], name="padding")
        priority = tf1.PriorityQueue(4, [tf.string], shapes=[[]])
        put = [fifo.enqueue((1, [1.0, 2.0])), fifo.enqueue_many(([2, 3], [[3.0, 4.0], [5.0, 6.0]]), name="many")]
        several = [padding.enqueue([[1]]), padding.enqueue([[2, 3]]), priority.enqueue_many(([3, 1], ["c", "a"]))]
    shuffle = tf1.RandomShuffleQueue(4, 1, tf.int64, shapes=[[]], seed=7)
    mixed = shuffle.enqueue_many([[4, 5, 6]])
    size, closed = fifo.size(), fifo.is_closed()
    first, rest = fifo.dequeue(), fifo.dequeue_up_to(3)
    both, least = padding.dequeue_many(2), priority.dequeue()
    taken = shuffle.dequeue()
    end = fifo.close(cancel_pending_enqueues=True)
    for op in put + several[:1]:
        run(op)
    run(several[1])
    run(several[2])
    run(mixed)
    run(size, closed)
    run(first)
    run(end)
    run(rest)
    run(closed)
    run(both)
    run(least)
    run(taken)


@program
def batches_that_leave_out(run):
    numbers = tf1.train.range_input_producer(8, num_epochs=1, shuffle=False).dequeue()
    even = tf1.equal(numbers % 2, 0)
    batch = tf1.train.maybe_batch([numbers, tf1.cast(numbers, tf.float32)], even, 2)
    run(tf1.local_variables_initializer())
    tf1.train.start_queue_runners(sess=run.open())
    run(batch)
    run(batch)


@program
def batches_of_chosen_rows(run):
    rows = tf1.placeholder_with_default([[1, 2], [3, 4], [5, 6]], [3, 2], name="rows")
    batch = tf1.train.maybe_batch(
        [rows], tf1.constant([True, False, True]), 2, enqueue_many=True, allow_smaller_final_batch=True, name="mine"
    )
    padded = tf1.train.batch([tf1.placeholder(tf.float32, [None], name="row")], 2, dynamic_pad=True, capacity=5)
    del batch, padded


@program
def joined_batches(run):
    one, other = tf1.constant(1.0, name="one"), tf1.constant(2.0, name="other")
    whole = tf1.constant([3, 4], name="whole")
    keep = tf1.placeholder(tf.bool, [], name="keep")
    a = tf1.train.batch_join([(one, whole), (other, whole)], 2)
    b = tf1.train.maybe_batch_join([(one,), (other,)], keep, 2, capacity=7)
    c = tf1.train.shuffle_batch_join([[whole], [whole + 1]], 2, 9, 3, seed=5, enqueue_many=True)
    d = tf1.train.maybe_shuffle_batch([whole], 2, 9, 3, keep, seed=6, name="mixed")
    e = tf1.train.maybe_shuffle_batch_join([[one], [other]], 2, 9, 3, True, seed=6)
    del a, b, c, d, e
