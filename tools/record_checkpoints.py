"""Records checkpoints that TensorFlow writes, and what it says of those that do not fit, for
crates/v2/tests/v2/checkpoints.rs.

Needs TensorFlow 2.21. Run as `python tools/record_checkpoints.py`. It makes, in crates/v2/tests/data/checkpoints:

    objects-1       variables in lists and dictionaries, with names that have to be escaped
    optimizers      every optimizer of record_optimizers.py after STEPS_BEFORE steps, in the middle of training
    named, named_v1 a checkpoint of tf.compat.v1.train.Saver, of both formats
    tables-1        tables of lookup.experimental
    iterator-1      an iterator, whose state only TensorFlow reads
    iterators.txt   PIPELINE, how many elements are TAKEN, and those that come AFTER a restoration, split by tabs
    managed/        what a CheckpointManager leaves behind
    errors.txt      CASE, CLASS and MESSAGE, split by tabs, of what is refused
"""

import os
import pathlib
import re
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

from record_optimizers import OPTIMIZERS, START, gradients

OUT = pathlib.Path(__file__).parent.parent / "crates/v2/tests/data/checkpoints"
STEPS_BEFORE = 3

v1 = tf.compat.v1
Variable = tf.Variable
Checkpoint = tf.train.Checkpoint


def objects():
    w, b = Variable([[1.5, -2.0]], name="w"), Variable(7, name="b")
    words = Variable(["a", "", "word"], name="words")
    return Checkpoint(w=w, l=[w, {"inner": b, "other": (words, w)}], d={"x/y.z": Variable([True, False], name="flags")})


def optimizers():
    cases = {}
    for name, make in OPTIMIZERS.items():
        optimizer, variables = make(), [Variable(start, name="Variable") for start in START]
        for step in range(STEPS_BEFORE):
            optimizer.apply_gradients(zip([tf.constant(gradient) for gradient in gradients[step]], variables))
        cases[name] = [*variables, optimizer]
    return Checkpoint(cases=cases)


def tables(dtype=tf.string):
    lookup = tf.lookup.experimental
    words = lookup.MutableHashTable(dtype, tf.int64, -1)
    rows = lookup.MutableHashTable(tf.int64, tf.float32, [0.0, 0.0])
    dense = lookup.DenseHashTable(tf.int64, tf.float32, -1.0, empty_key=0, deleted_key=-1, initial_num_buckets=8)
    return words, rows, dense


def filled_tables():
    words, rows, dense = tables()
    words.insert(["a", "word", ""], [1, 2, 3])
    rows.insert(tf.constant([5], tf.int64), [[1.5, -2.0]])
    dense.insert(tf.constant([1, 2, 3], tf.int64), [1.0, 2.0, 3.0])
    dense.erase(tf.constant([2], tf.int64))
    return Checkpoint(words=words, rows=rows, dense=dense)


D = tf.data.Dataset
PIPELINES = {
    "range": lambda: D.range(6),
    "batches": lambda: D.range(11).map(lambda x: x * x).filter(lambda x: x % 3 != 0).batch(2),
    "shuffled": lambda: D.range(10).shuffle(4, seed=1).repeat(3),
    "shuffled once": lambda: D.range(6).shuffle(6, seed=2, reshuffle_each_iteration=False).repeat(3),
    "shuffled twice": lambda: D.range(8).shuffle(3, seed=1).shuffle(5, seed=2).repeat(2).prefetch(2),
    "interleaved": lambda: D.range(4).interleave(lambda x: D.range(x * 10, x * 10 + 3), cycle_length=3),
    "sampled": lambda: D.sample_from_datasets([D.range(6), D.range(10, 16)], seed=7),
    "windows": lambda: D.range(8).window(3, shift=2).flat_map(lambda w: w.batch(3)),
}


def iterators(directory):
    """What TensorFlow's iterators go on with, restored in the place of new ones."""
    for name, make in PIPELINES.items():
        for taken in [0, 1, 4, 7]:
            if taken == 0 and name == "shuffled twice":
                continue  # TensorFlow saves nothing of a shuffle that has not begun, and goes on with later seeds.
            tf.random.set_seed(3)
            iterator = iter(make())
            for _, _ in zip(range(taken), iterator):
                pass
            path = Checkpoint(iterator=iterator).save(f"{directory}/iterator")
            tf.random.set_seed(3)
            other = iter(make())
            next(other, None)
            Checkpoint(iterator=other).restore(path).assert_consumed()
            rest = ";".join(" ".join(str(number) for number in element.numpy().reshape(-1)) for element in other)
            yield f"{name}\t{taken}\t{rest}\n"


def named(path, version):
    with tf.Graph().as_default(), v1.Session() as sess:
        v1.get_variable("w", initializer=[5.0, 6.0])
        v1.get_variable("b", initializer=7)
        sess.run(v1.global_variables_initializer())
        v1.train.Saver(write_version=version).save(sess, path, write_meta_graph=False, write_state=False)


def float_pair(name="w"):
    return Variable([1.0, 2.0], name=name)


def errors(directory):
    root = tf.train.Checkpoint(w=Variable([1.0, 2.0], name="w"), b=Variable(1, name="b"))
    saved = root.save(directory + "/ck")
    written = Checkpoint(w=float_pair()).write(directory + "/wr")
    b = lambda: Variable(1, name="b")
    module = tf.Module()
    module.w = Variable(1.0)
    return {
        "missing": lambda: Checkpoint(w=float_pair()).restore("nowhere/model"),
        "missing read": lambda: Checkpoint(w=float_pair()).read("nowhere/model"),
        "nothing consumed": lambda: Checkpoint(w=float_pair()).restore(None).assert_consumed(),
        "nothing matched": lambda: Checkpoint(w=float_pair()).restore(None).assert_existing_objects_matched(),
        "nothing run": lambda: Checkpoint(w=float_pair()).restore(None).run_restore_ops(),
        "partial": lambda: Checkpoint(w=float_pair()).restore(saved).assert_consumed(),
        "extra": lambda: Checkpoint(w=float_pair(), q=Variable(3.0, name="q")).restore(saved).assert_consumed(),
        "unused attribute": lambda: Checkpoint(w=tf.Module(), b=b()).restore(saved).assert_consumed(),
        "shape": lambda: Checkpoint(w=Variable([1.0, 2.0, 3.0], name="w"), b=b()).restore(saved),
        "dtype": lambda: Checkpoint(w=Variable([1, 2], name="w"), b=b()).restore(saved),
        "no counter": lambda: Checkpoint(w=float_pair()).restore(written).assert_consumed(),
        "counter": lambda: Checkpoint(w=float_pair(), b=b()).read(saved).assert_consumed(),
        "trivial": lambda: Checkpoint(q=float_pair("q")).read(written).assert_nontrivial_match(),
        "twice": lambda: Checkpoint(module, w=Variable(2.0)),
        "named extra": lambda: Checkpoint(w=float_pair(), q=Variable(1.0, name="q"))
        .restore(str(OUT / "named"))
        .assert_consumed(),
        "named shape": lambda: Checkpoint(w=Variable([1.0, 2.0, 3.0], name="w")).restore(str(OUT / "named")),
        "keep none": lambda: tf.train.CheckpointManager(root, directory, 0),
        "no step counter": lambda: tf.train.CheckpointManager(root, directory, 2, checkpoint_interval=3),
        "in a function": tf.function(lambda: root.save(directory + "/fn"), autograph=False),
        "table's dtype": lambda: Checkpoint(words=tables(tf.int64)[0]).restore(str(OUT / "tables-1")),
        "table's shape": lambda: Checkpoint(rows=tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, [0.0])).restore(
            str(OUT / "tables-1")
        ),
        "load nothing": lambda: tf.train.load_checkpoint("nowhere"),
        "load variable": lambda: tf.train.load_variable(saved, "nope"),
    }


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    objects().save(str(OUT / "objects"))
    filled_tables().save(str(OUT / "tables"))
    Checkpoint(iterator=iter(D.range(3))).save(str(OUT / "iterator"))
    (OUT / "iterators.txt").write_text("".join(iterators("/tmp/recorded_checkpoints")))
    optimizers().write(str(OUT / "optimizers"))
    named(str(OUT / "named"), v1.train.SaverDef.V2)
    named(str(OUT / "named_v1"), v1.train.SaverDef.V1)
    step = Variable(0, name="step")
    manager = tf.train.CheckpointManager(Checkpoint(step=step), str(OUT / "managed"), max_to_keep=2)
    for _ in range(3):
        step.assign_add(10)
        manager.save()
    (OUT / "checkpoint").unlink()
    lines = []
    for name, run in errors("/tmp/recorded_checkpoints").items():
        try:
            run()
        except Exception as error:
            message = re.sub(r"\{\{function_node [^}]*\}\} ?| \[Op:\w+\](?: name: $)?", "", str(error))
            message = re.sub(r" \(<\S+ object at \w+>\)", "", message)
            lines.append(f"{name}\t{type(error).__name__}\t" + message.replace("\n", "\\n"))
        else:
            raise SystemExit(f"{name} is no error")
    (OUT / "errors.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
