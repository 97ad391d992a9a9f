"""Records the elements that TensorFlow's datasets (2.21) give for the programs of crates/v2/tests/v2/datasets.rs.

    python tools/record_datasets.py [OUTPUT_FILE]

Lines `file NAME BYTES` and `table NAME BYTES` are the files that pipelines read, and lines `kept NAME BYTES` those of saved
and cached datasets. A line `pipeline NAME`, a line `spec ...`, then a line for each element: its components as dtype, shape and values, floats
and strings in hexadecimal. `error CLASS MESSAGE` ends a pipeline that fails, `again` stands before another iteration.
The name of a shuffle gives its arguments: how it is repeated, elements, buffer, global seed, the op's seed, whether it
is shuffled anew each time, iterations.
"""

import gzip
import itertools
import os
import pathlib
import re
import sys
import tempfile
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import snapshot_pb2
from tensorflow.python.eager import context

import dataset_tables

D = tf.data.Dataset
E = tf.data.experimental
HERE = tempfile.mkdtemp()
KEPT = tempfile.mkdtemp()
NUMBER = itertools.count()
LIMIT = 64


def component(tensor):
    value = tensor.numpy()
    array = np.asarray(value)
    dims = ",".join(str(size) for size in array.shape)
    if tensor.dtype == tf.string:
        flat = [text.hex() or "-" for text in array.reshape(-1).tolist()]
    elif tensor.dtype.is_floating:
        flat = [np.asarray(number).tobytes().hex() for number in array.reshape(-1)]
    else:
        flat = [str(int(number)) for number in array.reshape(-1)]
    return " ".join([f"{tensor.dtype.name}[{dims}]", *flat])


def parts(element):
    """The tensors of an element; a window stands for all of its own."""
    found = []
    for part in tf.nest.flatten(element, expand_composites=False):
        if isinstance(part, tf.data.Dataset):
            found.append("{ " + "; ".join(" | ".join(parts(inner)) for inner in part) + " }")
        else:
            found.append(component(part))
    return found


def message(error):
    """What an error says, without the functions and numbers of this process."""
    text = str(error.message if isinstance(error, tf.errors.OpError) else error)
    text = re.sub(r"^\{\{function_node [^}]*\}\} ", "", text)
    text = re.sub(r" \[Op:\w+\].*$", "", text, flags=re.S)
    text = re.sub(r"Dataset(V2)?:\d+ ", r"Dataset\1 ", text)
    text = re.sub(r"iterator: [\w:\[\]]+: ", "iterator: ", text)
    text = text.split("\nTraceback")[0]
    # Which of two elements comes first is chance.
    text = text.split(" Shapes are:")[0]
    text = re.sub(r"Created at: \d+", "Created at: N", text)
    text = re.sub(r"KEPT/new\d+", "KEPT/new", text.replace(KEPT, "KEPT").replace(dataset_tables.TABLES, "TABLES"))
    return text.replace("\n", "\\n").replace(HERE, "DIR")


def specs(dataset):
    flat = []
    for spec in tf.nest.flatten(dataset.element_spec):
        shape = "DatasetSpec" if isinstance(spec, tf.data.DatasetSpec) else f"{spec.dtype.name} {spec.shape}"
        flat.append(shape)
    return "; ".join(flat) + f" # {dataset.cardinality().numpy()}"


def record(name, make, iterations=1):
    yield f"pipeline {name}"
    try:
        dataset = make()
        yield f"spec {specs(dataset)}"
        for iteration in range(iterations):
            if iteration:
                yield "again"
            for element in dataset.take(LIMIT) if dataset.cardinality().numpy() == -1 else dataset:
                yield " | ".join(parts(element))
    except Exception as error:  # Whatever it is: that is what is recorded.
        yield f"error {type(error).__name__} {message(error)}"


def shuffles():
    """The orders of shuffles, by their arguments."""
    once, fused = [], []
    for seeds in [(1, 2), (0, 0), (None, 7), (42, None), (5, -3), (2**31, 2**33)]:
        for count, buffer in [(10, 3), (10, 10), (10, 1), (10, 64), (7, 5), (40, 8)]:
            once.append(("plain", count, buffer, *seeds, 1, 2))
    for seeds in [(1, 2), (None, 7), (42, None)]:
        for count, buffer in [(5, 3), (5, 5), (4, 2), (3, 20), (1, 4)]:
            for reshuffle in (1, 0):
                fused.append(("plain", count, buffer, *seeds, reshuffle, 3))
                fused.append(("repeat3", count, buffer, *seeds, reshuffle, 2))
                fused.append(("forever", count, buffer, *seeds, reshuffle, 1))
    return once + fused + [
        ("repeat1", 5, 3, 1, 2, 1, 2),
        ("repeat0", 5, 3, 1, 2, 1, 1),
        ("forever", 0, 3, 1, 2, 1, 1),
        ("plain", 12, -2, 1, 2, 1, 2),
        ("repeat3", 4, -2, 1, 2, 1, 2),
        ("batched", 5, 3, 1, 2, 1, 2),
        ("mapped", 5, 3, 1, 2, 1, 2),
        ("cached", 5, 3, 1, 2, 1, 2),
        ("nested", 4, 3, 1, 2, 1, 2),
        ("twice", 8, 4, 1, 2, 1, 2),
        ("taken", 8, 4, 1, 2, 1, 2),
        ("prefetched", 8, 4, 1, 2, 1, 2),
    ]


def shuffled(kind, count, buffer, global_seed, seed, reshuffle, _iterations):
    if global_seed is None:
        # As in a process that never set one.
        context.context()._seed = None
    else:
        tf.random.set_seed(global_seed)
    if kind == "nested":
        return D.range(3).flat_map(
            lambda x: D.range(count).shuffle(buffer, seed, bool(reshuffle)).repeat(2).map(lambda y: x * 10 + y)
        )
    dataset = D.range(count).shuffle(buffer, seed, bool(reshuffle))
    match kind:
        case "plain":
            return dataset
        case "repeat0" | "repeat1" | "repeat3":
            return dataset.repeat(int(kind[-1]))
        case "forever":
            return dataset.repeat()
        case "batched":
            return dataset.batch(2).repeat(2)
        case "mapped":
            return dataset.map(lambda x: x * 2).repeat(2)
        case "cached":
            return dataset.cache().repeat(2)
        case "twice":
            return dataset.shuffle(buffer, seed)
        case "taken":
            return dataset.take(3).repeat(3)
        case "prefetched":
            return dataset.prefetch(2).repeat(2)


def file(name, content):
    path = pathlib.Path(HERE) / name
    path.write_bytes(content)
    return str(path)


def tf_records(name, records, compression=""):
    path = str(pathlib.Path(HERE) / name)
    with tf.io.TFRecordWriter(path, compression) as writer:
        for text in records:
            writer.write(text)
    return path


def files():
    """The files that pipelines read."""
    text = b"first\r\nsecond\n\nfo\rurth\nlast without end"
    fixed = b"HEADabcdefghiFOOT"
    file("a.txt", text)
    file("b.txt", b"one\ntwo\n")
    file("a.txt.gz", gzip.compress(text, mtime=0))
    file("a.txt.z", zlib.compress(text))
    file("fixed.bin", fixed)
    file("fixed.bin.gz", gzip.compress(fixed, mtime=0))
    records = [b"alpha", b"", b"gamma" * 3]
    tf_records("a.tfrecord", records)
    tf_records("b.tfrecord", [b"delta"])
    tf_records("a.tfrecord.gz", records, "GZIP")
    tf_records("a.tfrecord.z", records, "ZLIB")
    whole = pathlib.Path(HERE, "a.tfrecord").read_bytes()
    file("cut.tfrecord", whole[:-3])
    file("bad.tfrecord", whole[:14] + b"X" + whole[15:])


def kept_at(name):
    return str(pathlib.Path(KEPT) / name)


def new():
    """A path that nothing has yet."""
    return kept_at(f"new{next(NUMBER)}")


def pairs():
    return D.range(5).map(lambda x: {"b": tf.as_string(x), "a": (x, tf.fill([2, x], 1.5))})


def kept():
    """Datasets that pipelines load; the names of runs are chance."""
    pairs().save(kept_at("saved"))
    pairs().save(kept_at("saved.gz"), compression="GZIP")
    D.range(9).save(kept_at("shards"), shard_func=lambda x: x % 3)
    for path in pathlib.Path(KEPT).glob("*/snapshot.metadata"):
        metadata = snapshot_pb2.SnapshotMetadataRecord.FromString(path.read_bytes())
        (path.parent / metadata.run_id).rename(path.parent / "7")
        metadata.run_id, metadata.creation_timestamp = "7", 1
        path.write_bytes(metadata.SerializeToString())
    list(D.range(12).map(lambda x: (x, tf.as_string(x))).cache(kept_at("cache")))


def twice(dataset):
    """All elements, and then again."""
    list(dataset)
    return dataset


def saved(dataset, spec, **options):
    path = new()
    dataset.save(path, **options)
    return D.load(path, spec, compression=options.get("compression"))


def begun(path):
    """A cache that another iterator is writing."""
    iterator = iter(D.range(3).cache(path))
    next(iterator)
    begun.iterator = iterator
    return D.range(3).cache(path)


def classes(x):
    return tf.cast(x % 10 >= 7, tf.int32)


def at(name):
    return str(pathlib.Path(HERE) / name)


def generator_signature():
    return tf.TensorSpec([None], tf.int32)


def rows():
    return D.range(1, 6).map(lambda n: tf.fill([n], tf.cast(n, tf.int32)))


def of_lengths(lengths):
    return D.from_generator(
        lambda: (np.arange(length, dtype=np.int32) for length in lengths), output_signature=generator_signature()
    )


def divided(x):
    return 12 // x


PIPELINES = {
    "tensors": lambda: D.from_tensors(([1, 2], [[1.5]], "text")),
    "slices": lambda: D.from_tensor_slices([[1, 2], [3, 4], [5, 6]]),
    "slices of floats and strings": lambda: D.from_tensor_slices(([0.5, -1.25], ["a", "bc"])),
    "slices of a dictionary": lambda: D.from_tensor_slices({"b": [1, 2], "a": [[3.0], [4.0]]}),
    "slices of nested tuples": lambda: D.from_tensor_slices((([1, 2], [3, 4]), [True, False])),
    "no slices": lambda: D.from_tensor_slices(tf.zeros([0, 3])),
    "slices of a scalar": lambda: D.from_tensor_slices(1),
    "slices of two lengths": lambda: D.from_tensor_slices(([1, 2], [1, 2, 3])),
    "range": lambda: D.range(5),
    "range with a start": lambda: D.range(2, 6),
    "range with a step": lambda: D.range(1, 12, 3),
    "range downwards": lambda: D.range(7, -2, -3),
    "range the wrong way": lambda: D.range(5, 1),
    "range of int32": lambda: D.range(4, output_type=tf.int32),
    "range of float32": lambda: D.range(3, output_type=tf.float32),
    "range with a step of 0": lambda: D.range(0, 5, 0),
    "map": lambda: D.range(4).map(lambda x: x * x + 1),
    "map to a tuple": lambda: D.range(3).map(lambda x: (x, tf.cast(x, tf.float32) / 2)),
    "map of a tuple": lambda: D.from_tensor_slices(([1, 2], [10, 20])).map(lambda a, b: a + b),
    "map in parallel": lambda: D.range(20).map(lambda x: x * 3, num_parallel_calls=4),
    "map with a capture": lambda: (lambda c: D.range(3).map(lambda x: tf.reduce_sum(c) + x))(
        tf.range(200, dtype=tf.int64)
    ),
    "map with a branch": lambda: D.range(5).map(lambda x: tf.cond(x % 2 == 0, lambda: x * 10, lambda: -x)),
    "map to batches": lambda: D.range(3).map(lambda x: tf.stack([x, x + 1])),
    "map fails": lambda: D.range(3).map(lambda x: divided(2 - x)),
    "map in parallel fails": lambda: D.range(3).map(lambda x: divided(2 - x), num_parallel_calls=2),
    "map to changing shapes": lambda: rows(),
    "map with no calls": lambda: D.range(3).map(lambda x: x, num_parallel_calls=0),
    "random numbers in a map": lambda: tf.random.set_seed(9)
    or D.range(3).map(lambda x: tf.random.uniform([], seed=4)).repeat(2),
    "filter": lambda: D.range(10).filter(lambda x: x % 3 == 0),
    "filter nothing": lambda: D.range(3).filter(lambda x: x > 5),
    "filter by a number": lambda: D.range(3).filter(lambda x: x),
    "take while": lambda: D.range(10).take_while(lambda x: x * x < 20),
    "unique": lambda: D.from_tensor_slices(["a", "b", "a", "c", "b"]).unique(),
    "unique floats": lambda: D.from_tensor_slices([1.0, 1.0]).unique(),
    "scan": lambda: D.range(5).scan(np.int64(1), lambda s, x: (s + x, s * x)),
    "batch": lambda: D.range(7).batch(3),
    "batch without a rest": lambda: D.range(7).batch(3, drop_remainder=True),
    "batch of tuples": lambda: D.from_tensor_slices(([1, 2, 3], ["a", "b", "c"])).batch(2),
    "batch of batches": lambda: D.range(12).batch(2).batch(3),
    "batch in parallel": lambda: D.range(7).batch(3, num_parallel_calls=2),
    "batch larger than everything": lambda: D.range(2).batch(10**12),
    "batch of two shapes": lambda: of_lengths([2, 3]).batch(2),
    "batch of mapped shapes": lambda: rows().batch(2),
    "batch of none": lambda: D.range(3).batch(0),
    "padded batch": lambda: rows().padded_batch(2),
    "padded batch to a size": lambda: rows().padded_batch(2, padded_shapes=[6], padding_values=-1),
    "padded batch without a rest": lambda: rows().padded_batch(2, drop_remainder=True),
    "padded batch of a tuple": lambda: rows().map(lambda x: (x, tf.cast(tf.expand_dims(x, 1), tf.float32))).padded_batch(
        3, padded_shapes=([None], [None, 2])
    ),
    "padded batch of strings": lambda: D.from_tensor_slices([["a", "b"], ["c", "d"]]).padded_batch(2, padded_shapes=[3]),
    "padded batch too small": lambda: rows().padded_batch(3, padded_shapes=[2]),
    "padded batch of another rank": lambda: rows().padded_batch(2, padded_shapes=[2, 2]),
    "padded batch with a float": lambda: rows().padded_batch(2, padding_values=tf.constant(1.5)),
    "padded batch with a vector": lambda: rows().padded_batch(2, padding_values=tf.constant([1, 2])),
    "padded batch smaller than known": lambda: D.from_tensors([1, 2, 3]).padded_batch(2, padded_shapes=[2]),
    "unbatch": lambda: D.range(6).batch(4).unbatch(),
    "unbatch a tuple": lambda: D.from_tensors(([1, 2], [[1.0], [2.0]])).unbatch(),
    "unbatch scalars": lambda: D.range(3).unbatch(),
    "unbatch two lengths": lambda: D.from_tensors(([1, 2], [1, 2, 3])).unbatch(),
    "unbatch changing lengths": lambda: rows().unbatch(),
    "flat map": lambda: D.range(4).flat_map(lambda x: D.range(x)),
    "flat map of slices": lambda: D.from_tensor_slices([[1, 2], [3, 4]]).flat_map(D.from_tensor_slices),
    "flat map of maps": lambda: D.range(3).flat_map(lambda x: D.range(x, x + 4).map(lambda y: (x, y))),
    "interleave": lambda: D.range(1, 6).interleave(
        lambda x: D.from_tensors(x).repeat(6), cycle_length=2, block_length=4
    ),
    "interleave singles": lambda: D.range(5).interleave(lambda x: D.range(x * 10, x * 10 + x), cycle_length=3),
    "interleave in parallel": lambda: D.range(5).interleave(
        lambda x: D.range(x * 10, x * 10 + x), cycle_length=3, block_length=2, num_parallel_calls=2
    ),
    "interleave in parallel with many": lambda: D.range(4).interleave(
        lambda x: D.range(x * 10, x * 10 + 4 - x), cycle_length=8, num_parallel_calls=3
    ),
    "interleave in no cycle": lambda: D.range(3).interleave(lambda x: D.range(x), cycle_length=0),
    "interleave in no blocks": lambda: D.range(3).interleave(lambda x: D.range(x), cycle_length=1, block_length=0),
    "interleave with too many calls": lambda: D.range(3).interleave(
        lambda x: D.range(x), cycle_length=1, num_parallel_calls=2
    ),
    "repeat": lambda: D.range(3).repeat(2),
    "repeat for ever": lambda: D.range(3).repeat(),
    "repeat nothing for ever": lambda: D.range(0).repeat(),
    "repeat never": lambda: D.range(3).repeat(0),
    "take": lambda: D.range(5).take(2),
    "take all": lambda: D.range(3).take(-1),
    "skip": lambda: D.range(5).skip(3),
    "skip all": lambda: D.range(5).skip(-1),
    "skip too many": lambda: D.range(2).skip(9),
    "shard": lambda: D.range(10).shard(3, 1),
    "shard among none": lambda: D.range(3).shard(0, 0),
    "shard out of range": lambda: D.range(3).shard(2, 2),
    "cache": lambda: D.range(4).cache().repeat(2),
    "prefetch": lambda: D.range(20).prefetch(3),
    "prefetch a negative number": lambda: D.range(3).prefetch(-2),
    "zip": lambda: D.zip((D.range(3), D.from_tensor_slices(["a", "b"]))),
    "zip nested": lambda: D.zip((D.zip((D.range(2), D.range(5))), D.range(3))),
    "concatenate": lambda: D.range(3).concatenate(D.range(10, 12)),
    "concatenate shapes": lambda: D.from_tensors([1, 2]).concatenate(D.from_tensors([3])),
    "concatenate dtypes": lambda: D.range(3).concatenate(D.from_tensors(1.0)),
    "enumerate": lambda: D.from_tensor_slices(["a", "b"]).enumerate(start=4),
    "window": lambda: D.range(7).window(3, shift=2, stride=2),
    "window without a rest": lambda: D.range(7).window(3, shift=1, drop_remainder=True),
    "window with gaps": lambda: D.range(9).window(2, shift=4),
    "window of tuples": lambda: D.from_tensor_slices(([1, 2, 3], ["a", "b", "c"])).window(2),
    "windows in batches": lambda: D.range(7).window(3, shift=2).flat_map(lambda w: w.batch(3)),
    "window of none": lambda: D.range(3).window(0),
    "window with a shift of 0": lambda: D.range(3).window(1, shift=0),
    "window with a stride of 0": lambda: D.range(3).window(1, stride=0),
    "generator": lambda: D.from_generator(lambda: iter([3, 1, 2]), output_signature=tf.TensorSpec([], tf.int32)),
    "generator of tuples": lambda: D.from_generator(
        lambda: iter([(1, "a"), (2, "b")]), output_signature=(tf.TensorSpec([], tf.int64), tf.TensorSpec([], tf.string))
    ),
    "generator of arrays": lambda: of_lengths([1, 3, 0]),
    "generator repeated": lambda: D.from_generator(
        lambda: iter([1, 2]), output_signature=tf.TensorSpec([], tf.int32)
    ).repeat(2),
    "generator of another shape": lambda: D.from_generator(
        lambda: iter([[1, 2]]), output_signature=tf.TensorSpec([], tf.int32)
    ),
    "text": lambda: tf.data.TextLineDataset([at("a.txt"), at("b.txt")]),
    "text in gzip": lambda: tf.data.TextLineDataset(at("a.txt.gz"), compression_type="GZIP"),
    "text in zlib": lambda: tf.data.TextLineDataset(at("a.txt.z"), compression_type="ZLIB"),
    "text in turn": lambda: tf.data.TextLineDataset([at("a.txt"), at("b.txt")], num_parallel_reads=2),
    "text that is not there": lambda: tf.data.TextLineDataset(at("none.txt")),
    "text in another compression": lambda: tf.data.TextLineDataset(at("a.txt"), compression_type="X"),
    "records": lambda: tf.data.TFRecordDataset([at("a.tfrecord"), at("b.tfrecord")]),
    "records in gzip": lambda: tf.data.TFRecordDataset(at("a.tfrecord.gz"), compression_type="GZIP"),
    "records in zlib": lambda: tf.data.TFRecordDataset(at("a.tfrecord.z"), compression_type="ZLIB"),
    "records in turn": lambda: tf.data.TFRecordDataset([at("a.tfrecord"), at("b.tfrecord")], num_parallel_reads=2),
    "records cut short": lambda: tf.data.TFRecordDataset(at("cut.tfrecord")),
    "damaged records": lambda: tf.data.TFRecordDataset(at("bad.tfrecord")),
    "records that are not there": lambda: tf.data.TFRecordDataset(at("none.tfrecord")),
    "fixed length": lambda: tf.data.FixedLengthRecordDataset(at("fixed.bin"), 3, header_bytes=4, footer_bytes=4),
    "fixed length in gzip": lambda: tf.data.FixedLengthRecordDataset(
        at("fixed.bin.gz"), 3, header_bytes=4, footer_bytes=4, compression_type="GZIP"
    ),
    "fixed length that does not fit": lambda: tf.data.FixedLengthRecordDataset(at("fixed.bin"), 4),
    "fixed length of 0": lambda: tf.data.FixedLengthRecordDataset(at("fixed.bin"), 0),
    "files": lambda: D.list_files(at("*.txt"), shuffle=False).map(lambda name: tf.strings.split(name, "/")[-1]),
    "files in a random order": lambda: tf.random.set_seed(3)
    or D.list_files(at("*"), seed=5).map(lambda name: tf.strings.split(name, "/")[-1]),
    "files that are not there": lambda: D.list_files(at("*.none")),
    "random": lambda: tf.random.set_seed(2) or D.random(seed=4).take(5),
    "random without a seed of its own": lambda: tf.random.set_seed(2) or D.random().take(3),
    "random each time": lambda: tf.random.set_seed(2) or D.random(seed=4, rerandomize_each_iteration=True).take(3).repeat(2),
    "random without end": lambda: tf.random.set_seed(2) or D.random(seed=1),
    "sampled": lambda: tf.random.set_seed(2) or D.sample_from_datasets([D.range(5), D.range(10, 20)], seed=7),
    "sampled by weights": lambda: tf.random.set_seed(2) or D.sample_from_datasets(
        [D.range(9), D.range(10, 14), D.range(20, 24)], weights=[0.7, 0.0, 0.3], seed=7),
    "sampled until one ends": lambda: tf.random.set_seed(2) or D.sample_from_datasets(
        [D.range(4), D.range(10, 30)], weights=[0.5, 0.5], seed=3, stop_on_empty_dataset=True),
    "sampled without end": lambda: tf.random.set_seed(2) or D.sample_from_datasets([D.range(3).repeat(), D.range(10, 12).repeat()], seed=5),
    "sampled of one": lambda: D.sample_from_datasets([D.range(3)], weights=[1.0]),
    "sampled by no weight": lambda: D.sample_from_datasets([D.range(3), D.range(4)], weights=[0.0, 0.0]),
    "sampled by too few weights": lambda: D.sample_from_datasets([D.range(3), D.range(4)], weights=[1.0]),
    "sampled of none": lambda: D.sample_from_datasets([]),
    "sampled of two kinds": lambda: D.sample_from_datasets([D.range(3), D.from_tensors("a")]),
    "sampled shapes": lambda: tf.random.set_seed(2) or D.sample_from_datasets([D.range(4).batch(2), D.range(6).batch(3, drop_remainder=True)], seed=1),
    "chosen": lambda: D.choose_from_datasets(
        [D.range(3), D.range(10, 13), D.range(20, 23)], D.from_tensor_slices(np.array([2, 0, 0, 1, 2, 2, 0]))),
    "chosen until one ends": lambda: D.choose_from_datasets(
        [D.range(2), D.range(10, 13)], D.from_tensor_slices(np.array([0, 0, 1, 0, 1]))),
    "chosen on and on": lambda: D.choose_from_datasets(
        [D.range(2), D.range(10, 13)], D.range(2).repeat(), stop_on_empty_dataset=False),
    "chosen beyond": lambda: D.choose_from_datasets([D.range(2)], D.range(3)),
    "chosen by floats": lambda: D.choose_from_datasets([D.range(2)], D.from_tensor_slices([0.5])),
    "groups": lambda: D.range(11).group_by_window(lambda x: x % 3, lambda key, group: group.batch(2), window_size=2),
    "groups of pairs": lambda: D.from_tensor_slices(([3, 1, 3, 2, 1], ["a", "b", "c", "d", "e"])).group_by_window(
        lambda n, text: tf.cast(n, tf.int64), lambda key, group: group.batch(4).map(lambda n, text: (key, text)), 4),
    "groups of sizes": lambda: D.range(10).group_by_window(
        lambda x: x % 2, lambda key, group: group.map(lambda x: x * 10 + key),
        window_size_func=lambda key: key * 2 + 1),
    "groups of size 0": lambda: D.range(3).group_by_window(lambda x: x, lambda key, group: group, window_size=0),
    "groups by floats": lambda: D.range(3).group_by_window(lambda x: x / 2, lambda key, group: group, window_size=2),
    "groups of none": lambda: D.range(0).group_by_window(lambda x: x, lambda key, group: group, window_size=2),
    "groups that fail": lambda: D.range(3).group_by_window(lambda x: 12 // (x - 1), lambda key, group: group, window_size=1),
    "groups reduced": lambda: D.range(10).apply(E.group_by_reducer(
        lambda x: (x * 7) % 3, E.Reducer(lambda key: (key, 0.0), lambda s, x: (s[0] + x, s[1] + 1.0), lambda a, b: (a, b)))),
    "groups reduced to growing texts": lambda: D.from_tensor_slices(([3, -1, 3, 2, -1], ["a", "b", "c", "d", "e"])).apply(
        E.group_by_reducer(lambda n, text: tf.cast(n, tf.int64), E.Reducer(
            lambda key: tf.fill([1], tf.as_string(key)), lambda s, pair: tf.concat([s, [pair[1]]], 0), lambda s: s))),
    "groups reduced of none": lambda: D.range(0).apply(E.group_by_reducer(
        lambda x: x, E.Reducer(lambda key: key, lambda s, x: s + x, lambda s: s))),
    "groups reduced by floats": lambda: D.range(3).apply(E.group_by_reducer(
        lambda x: x / 2, E.Reducer(lambda key: key, lambda s, x: s + x, lambda s: s))),
    "groups reduced to another dtype": lambda: D.range(3).apply(E.group_by_reducer(
        lambda x: x, E.Reducer(lambda key: key, lambda s, x: tf.as_string(s + x), lambda s: s))),
    "groups reduced failing": lambda: D.range(3).apply(E.group_by_reducer(
        lambda x: x, E.Reducer(lambda key: key, lambda s, x: 12 // (x - 1), lambda s: s))),
    "buckets": lambda: rows().bucket_by_sequence_length(lambda row: tf.size(row), [3, 5], [2, 1, 4]),
    "buckets without rest": lambda: rows().bucket_by_sequence_length(
        lambda row: tf.size(row), [3, 5], [2, 2, 2], drop_remainder=True),
    "buckets of another width": lambda: rows().bucket_by_sequence_length(
        lambda row: tf.size(row), [4], [2, 2], padded_shapes=[7], padding_values=-1),
    "buckets without padding": lambda: rows().bucket_by_sequence_length(
        lambda row: tf.size(row), [2, 3, 4, 5], [1, 1, 1, 1, 1], no_padding=True),
    "buckets of too few sizes": lambda: rows().bucket_by_sequence_length(lambda row: tf.size(row), [3, 5], [2, 1]),
    "kept: cache": lambda: twice(D.range(3).map(lambda x: (x, tf.as_string(x))).cache(new())),
    "kept: cache of one pass": lambda: D.range(3).cache(new()).repeat(2),
    "kept: cache of TensorFlow": lambda: D.range(0).map(lambda x: (x, tf.as_string(x))).cache(kept_at("cache")),
    "kept: cache of another dtype": lambda: D.range(3).cache(kept_at("cache")),
    "kept: cache of nothing": lambda: twice(D.range(0).cache(new())),
    "kept: cache that is being written": lambda: begun(new()),
    "kept: cache nowhere": lambda: D.range(3).cache(kept_at("none/cache")),
    "kept: load": lambda: D.load(kept_at("saved")),
    "kept: load compressed": lambda: D.load(kept_at("saved.gz"), compression="GZIP"),
    "kept: load shards": lambda: D.load(
        kept_at("shards"), reader_func=lambda shards: shards.interleave(lambda shard: shard, cycle_length=16)
    ),
    "kept: load another dtype": lambda: D.load(kept_at("shards"), tf.TensorSpec([], tf.int32)),
    "kept: load nothing": lambda: D.load(kept_at("none"), tf.TensorSpec([], tf.int64)),
    "kept: load without compression": lambda: D.load(kept_at("saved.gz"), tf.TensorSpec([], tf.int64)),
    "kept: save and load": lambda: saved(rows(), tf.TensorSpec([None], tf.int32)),
    "kept: save and load compressed": lambda: saved(rows(), tf.TensorSpec([None], tf.int32), compression="GZIP"),
    "counted": lambda: D.range(3).apply(E.assert_cardinality(3)),
    "counted too few": lambda: D.range(3).apply(E.assert_cardinality(4)),
    "counted too many": lambda: D.range(3).apply(E.assert_cardinality(1)),
    "counted one of none": lambda: D.range(0).apply(E.assert_cardinality(1)),
    "counted without end": lambda: D.range(3).repeat(2).apply(E.assert_cardinality(-1)),
    "counted unknown": lambda: D.range(3).apply(E.assert_cardinality(-2)),
    "errors ignored": lambda: D.range(5).map(lambda x: 12 // (x - 2)).ignore_errors(),
    "errors ignored without end": lambda: D.range(3).repeat().map(lambda x: 12 // x).ignore_errors().take(5),
    "counter": lambda: E.Counter(5, -2).take(4),
    "shuffled and repeated": lambda: tf.random.set_seed(4) or D.range(6).apply(E.shuffle_and_repeat(3, 2, seed=3)),
    "mapped and batched": lambda: D.range(5).apply(E.map_and_batch(lambda x: x * x, 2)),
    "resampled": lambda: tf.random.set_seed(4)
    or D.range(60).rejection_resample(classes, [0.5, 0.5], initial_dist=[0.7, 0.3], seed=3),
    "resampled as it is": lambda: tf.random.set_seed(4)
    or D.range(6).rejection_resample(classes, [0.25, 0.75], initial_dist=[0.25, 0.75], seed=3),
    "resampled of one class": lambda: tf.random.set_seed(4)
    or D.range(40).rejection_resample(classes, [0.0, 1.0], initial_dist=[0.7, 0.3], seed=3),
    "resampled by estimates": lambda: tf.random.set_seed(4)
    or D.range(90).rejection_resample(classes, [0.4, 0.6], seed=5),
    **dataset_tables.PIPELINES,
    "everything": lambda: tf.random.set_seed(2)
    or D.range(20)
    .shuffle(6, seed=3)
    .map(lambda x: (x, tf.cast(x, tf.float32) * 0.5), num_parallel_calls=2)
    .filter(lambda x, y: x % 3 != 0)
    .batch(4)
    .prefetch(2)
    .repeat(2),
}


def main():
    files()
    kept()
    dataset_tables.tables()
    lines = [f"file {path.name} {path.read_bytes().hex()}" for path in sorted(pathlib.Path(HERE).iterdir())]
    for path in sorted(path for path in pathlib.Path(KEPT).rglob("*") if path.is_file()):
        lines.append(f"kept {path.relative_to(KEPT)} {path.read_bytes().hex() or '-'}")
    for path in sorted(pathlib.Path(dataset_tables.TABLES).iterdir()):
        lines.append(f"table {path.name} {path.read_bytes().hex() or '-'}")
    for name, make in PIPELINES.items():
        lines += record(name, make)
    for arguments in shuffles():
        name = "shuffle " + " ".join("-" if argument is None else str(argument) for argument in arguments)
        lines += record(name, lambda: shuffled(*arguments), arguments[-1])
    default = pathlib.Path(__file__).parent.parent / "crates/v2/tests/data/datasets.txt"
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    path.write_text("\n".join(lines) + "\n")
    print(f"{sum(line.startswith('pipeline') for line in lines)} pipelines in {path}")


if __name__ == "__main__":
    main()
