"""Records what tf.io.gfile does, for crates/v2/tests/v2/gfile.rs.

Usage:  python tools/record_gfile.py

Writes crates/v2/tests/data/gfile.txt: a line for each call, in an empty directory and in this order, with its name and what it
returns, or the class and the message of its error.
"""

import os
import pathlib
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

TARGET = pathlib.Path(__file__).resolve().parent.parent / "crates/v2/tests/data/gfile.txt"
gfile = tf.io.gfile


def put(name, text):
    with gfile.GFile(name, "w") as file:
        file.write(text)


CALLS = {
    "mkdir": lambda: gfile.mkdir("a"),
    "mkdir again": lambda: gfile.mkdir("a"),
    "mkdir deep": lambda: gfile.mkdir("x/y"),
    "makedirs": lambda: gfile.makedirs("a/b/c"),
    "put": lambda: put("a/f", "one\ntwo\n"),
    "put deep": lambda: put("a/b/g", "hello"),
    "makedirs in a file": lambda: gfile.makedirs("a/f/z"),
    "exists": lambda: gfile.exists("a/f"),
    "exists not": lambda: gfile.exists("no"),
    "isdir": lambda: gfile.isdir("a"),
    "isdir of a file": lambda: gfile.isdir("a/f"),
    "listdir": lambda: sorted(gfile.listdir("a")),
    "listdir of a file": lambda: gfile.listdir("a/f"),
    "walk": lambda: [" ".join([top, *dirs, *files]) for top, dirs, files in gfile.walk("a")],
    "walk from below": lambda: [" ".join([top, *dirs, *files]) for top, dirs, files in gfile.walk("a", topdown=False)],
    "walk of nothing": lambda: list(gfile.walk("no")),
    "copy": lambda: gfile.copy("a/f", "a/h"),
    "copy again": lambda: gfile.copy("a/f", "a/h"),
    "copy over": lambda: gfile.copy("a/f", "a/h", overwrite=True),
    "copy nothing": lambda: gfile.copy("no", "z"),
    "rename": lambda: gfile.rename("a/h", "a/i"),
    "rename to another": lambda: gfile.rename("a/i", "a/f"),
    "rename nothing": lambda: gfile.rename("no", "y"),
    "stat": lambda: [gfile.stat("a/b/g").length, gfile.stat("a").is_directory],
    "stat nothing": lambda: gfile.stat("no"),
    "glob": lambda: sorted(gfile.glob("a/*")),
    "glob nothing": lambda: gfile.glob("q*"),
    "remove nothing": lambda: gfile.remove("no"),
    "remove a directory": lambda: gfile.remove("a"),
    "read nothing": lambda: gfile.GFile("no").read(),
    "write what is read": lambda: gfile.GFile("a/f").write("x"),
    "read what is written": lambda: gfile.GFile("a/w", "w").read(),
    "another mode": lambda: gfile.GFile("a/f", "q").read(),
    "lines": lambda: gfile.GFile("a/f").readlines(),
    "rmtree nothing": lambda: gfile.rmtree("no"),
    "rmtree": lambda: gfile.rmtree("a"),
    "exists no longer": lambda: gfile.exists("a"),
}

if __name__ == "__main__":
    lines = []
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        for name, call in CALLS.items():
            try:
                lines.append(f"{name}\t{call()!r}\n")
            except tf.errors.OpError as error:
                lines.append(f"{name}\t{type(error).__name__}: {error.message}\n")
    TARGET.write_text("".join(lines))
