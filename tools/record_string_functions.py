"""Writes what TensorFlow's functions of strings give: a line for each, its name, row splits and values in hexadecimal.

Usage: python tools/record_string_functions.py
"""

import pathlib

import tensorflow as tf

TARGET = pathlib.Path(__file__).parent.parent / "crates/ops/all/tests/string_functions.txt"
TEXTS = ["a b  c", " x ", "", "é,ü", "one,two,,three"]


def results():
    strings = tf.strings
    yield "split", strings.split(TEXTS)
    yield "split_comma", strings.split(TEXTS, sep=",")
    yield "split_once", strings.split(TEXTS, sep=",", maxsplit=1)
    yield "bytes_split", strings.bytes_split(TEXTS)
    yield "unicode_split", strings.unicode_split(TEXTS, "UTF-8")
    yield "ngrams", strings.ngrams(strings.split(TEXTS), 2)
    yield "ngrams_padded", strings.ngrams(
        strings.split(TEXTS), [1, 3], separator="-", pad_values=("<", ">"), padding_width=1
    )
    yield "ngrams_preserved", strings.ngrams(strings.split(TEXTS), 4, preserve_short_sequences=True)


def main():
    lines = ["# Written by tools/record_string_functions.py: name, row splits, values in hexadecimal."]
    for name, value in results():
        splits = ",".join(map(str, value.row_splits.numpy().tolist()))
        values = ",".join(text.hex() for text in value.flat_values.numpy().tolist())
        lines.append(f"{name} {splits} {values}")
    TARGET.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
