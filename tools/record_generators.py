"""Records what tf.random.Generator draws, for crates/v2/tests/v2/generators.rs.

Needs TensorFlow 2.21. Run as `python tools/record_generators.py`. Lines of generators.txt, split by tabs: the name of a
draw, its dtype, its shape and its values, then the generator's state after it, in the order in which the draws are made.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from keras_rows import DATA, error

G, f32 = tf.random.Generator, tf.float32
lines = []


def row(name, value, generator):
    value = np.asarray(value)
    shape = ",".join(map(str, value.shape))
    values = " ".join(repr(float(x)) if value.dtype.kind == "f" else str(x) for x in value.reshape(-1))
    state = " ".join(str(x) for x in generator.state.numpy())
    lines.append(f"draw\t{name}\t{value.dtype.name}\t{shape}\t{values}\t{state}")


g = G.from_seed(1234)
row("normal", g.normal([2, 3]), g)
row("normal scaled", g.normal([3], mean=[1.0, 2.0, 3.0], stddev=0.5, dtype=tf.float64), g)
row("truncated", g.truncated_normal([4], mean=2.0, stddev=3.0), g)
row("uniform", g.uniform([5]), g)
row("uniform scalar", g.uniform([], minval=-2.0, maxval=5.0, dtype=tf.float64), g)
row("uniform ints", g.uniform([6], minval=-3, maxval=9, dtype=tf.int32), g)
row("uniform long ints", g.uniform([2, 2], minval=0, maxval=2**40, dtype=tf.int64), g)
row("full ints", g.uniform_full_int([3]), g)
row("full int32", g.uniform_full_int([3], dtype=tf.int32), g)
row("binomial", g.binomial([4, 2], counts=[10.0, 30.0], probs=[0.3, 0.8]), g)
row("seeds", g.make_seeds(3), g)
row("skip", g.skip(7), g)
first, second = g.split(2)
row("split", first.uniform([2]), first)
row("split second", second.uniform([2]), second)
row("after split", g.normal([1]), g)
row("key", g.key, g)
g.reset_from_seed([5, 6])
row("seed of two", g.normal([2]), g)
g.reset([1, 2, 3])
row("reset", g.uniform([2]), g)
g.reset_from_key_counter(17, [4, 9])
row("key and counter", g.uniform([2]), g)
other = G.from_key_counter(-5, [2**40, 1], "philox")
row("from key", other.normal([3]), other)
row("from state", G.from_state([7, 8, 9], 1).normal([3]), G.from_state([7, 8, 9], 1))
row("negative seed", G.from_seed(-3).normal([2]), G.from_seed(-3))
row("seed of five", G.from_seed([1, 2, 3, 4, 5]).normal([2]), G.from_seed([1, 2, 3, 4, 5]))
row("threefry", tf.random.create_rng_state(9, "threefry"), G.from_seed(9, "threefry"))

g = G.from_seed(42)


@tf.function
def step():
    return g.normal([2]) + g.uniform([2])


for at in range(3):
    row(f"function {at}", step(), g)

lines += [
    error("size", lambda: G.from_state([1, 2], "philox")),
    error("counter", lambda: G.from_key_counter(1, [1, 2, 3], "philox")),
]
try:
    G.from_seed(3, alg="threefry").normal([2])
except tf.errors.OpError as caught:
    lines.append(f"error\tthreefry\t{type(caught).__name__}\t{caught.message}")
directory = DATA / "checkpoints"
saved = G.from_seed(77)
saved.normal([5])
tf.train.Checkpoint(generator=saved).write(str(directory / "generator"))
row("restored", saved.normal([2]), saved)
(DATA / "generators.txt").write_text("\n".join(lines) + "\n")
