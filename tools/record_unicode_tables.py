"""Writes the tables of scripts and one-byte encodings, as TensorFlow's copy of ICU knows them.

Usage: python tools/record_unicode_tables.py
"""

import pathlib

import tensorflow as tf

TARGET = pathlib.Path(__file__).parent.parent / "crates/ops/text/src"
ENCODINGS = [
    "US-ASCII ASCII",
    "ISO-8859-1 latin1",
    *(f"ISO-8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15)),
    *(f"windows-125{page} cp125{page}" for page in range(9)),
    "KOI8-R",
    "KOI8-U",
    "macintosh",
    "TIS-620",
    *(f"ibm-{page} cp{page}" for page in (437, 850, 852, 855, 857, 858, 860, 861, 862, 863, 865, 866)),
]


def decoded(encoding):
    """The code point of each byte, or None where TensorFlow does not know the encoding."""
    try:
        points = tf.raw_ops.UnicodeDecode(input=[bytes([b]) for b in range(256)], input_encoding=encoding)
    except tf.errors.InvalidArgumentError:
        return None
    return points.char_values.numpy().tolist()


def runs(points):
    """`41+26` is a run of 26 code points from U+0041 on."""
    found = []
    for point in points:
        if found and found[-1][0] + found[-1][1] == point:
            found[-1][1] += 1
        else:
            found.append([point, 1])
    return " ".join(f"{start:x}" + (f"+{count}" if count > 1 else "") for start, count in found)


def main():
    lines = ["# Names of an encoding, and the code points of its 256 bytes. Written by tools/record_unicode_tables.py."]
    for names in ENCODINGS:
        tables = {name: decoded(name) for name in names.split()}
        known = [name for name, points in tables.items() if points is not None]
        if known:
            assert all(tables[name] == tables[known[0]] for name in known), names
            assert len(tables[known[0]]) == 256, names
            lines.append(f"{' '.join(known)} = {runs(tables[known[0]])}")
    (TARGET / "code_pages.txt").write_text("\n".join(lines) + "\n")
    lines = ["# The first code point of a run, and its script's number. Written by tools/record_unicode_tables.py."]
    last = None
    for point, script in enumerate(tf.raw_ops.UnicodeScript(input=tf.range(0x110000)).numpy().tolist()):
        if script != last:
            lines.append(f"{point:x} {script}")
            last = script
    (TARGET / "scripts.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
