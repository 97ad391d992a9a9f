"""Writes what TensorFlow's registry of gradients has of ops of certain names: `function`, `none` for those declared not
differentiable, or `absent`.

Usage: python tools/record_gradients.py
"""

import pathlib

import tensorflow as tf
from tensorflow.python.framework import op_def_registry, ops

ROOT = pathlib.Path(__file__).parent.parent
TARGET = ROOT / "crates/ops/all/tests/gradients.txt"
KINDS = ("NonMaxSuppression", "Quantized", "UniformDequantize", "UniformQuantize", "UniformRequantize")


def entry(name):
    known = ops.gradient_registry
    if name not in known.list():
        return "absent"
    return "none" if known.lookup(name) is None else "function"


if __name__ == "__main__":
    # The signatures that ferroflow knows are those of all of TensorFlow's ops.
    lines = (ROOT / "crates/core/src/schema/op_schemas.txt").read_text().splitlines()
    names = [line.split("(")[0] for line in lines]
    names = [name for name in names if name.startswith(KINDS) and op_def_registry.get(name)]
    TARGET.write_text("".join(f"{name} {entry(name)}\n" for name in sorted(names)))
