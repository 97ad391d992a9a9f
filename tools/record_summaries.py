"""Records the event file that TensorFlow's v2 summaries make, for crates/v2/tests/v2/summaries.rs, and what they refuse.

Needs TensorFlow 2.21 and TensorBoard, which has the summaries' code. Run as `python tools/record_summaries.py`. It makes,
in crates/v2/tests/data/summaries, the file `events`, without times, and `errors.txt`: CASE, CLASS and MESSAGE, split by
tabs.
"""

import glob
import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from tensorflow.core.util import event_pb2

OUT = pathlib.Path(__file__).parent.parent / "crates/v2/tests/data/summaries"
summary = tf.summary


def write():
    summary.scalar("loss", 0.5, step=3, description="The *loss*")
    summary.scalar("count", 7, step=3)
    summary.histogram("spread", [1.0, 2.0, 2.5, 10.0], step=4, buckets=3)
    summary.histogram("one value", [2.0, 2.0], step=4, buckets=3)
    summary.histogram("no value", np.zeros([0], np.float32), step=4, buckets=3)
    summary.histogram("integers", [[1, 2], [3, 3]], step=4, buckets=2)
    summary.histogram("many", np.sin(np.arange(1000)), step=4)
    summary.image("floats", np.linspace(-0.1, 1.1, 12).reshape(2, 2, 3, 1).astype(np.float32), step=5)
    summary.image("bytes", np.arange(24).reshape(2, 2, 2, 3).astype(np.uint8), step=5, max_outputs=1)
    summary.text("words", [["a", "b"]], step=6)
    summary.text("word", "one", step=6, description="a word")
    summary.audio("sound", np.linspace(-1, 1, 8).reshape(1, 4, 2).astype(np.float32), 8000, step=7)
    summary.write("raw", [1, 2], step=8)
    with tf.name_scope("scope"):
        summary.scalar("inner", 1.0, step=9)
    summary.experimental.set_step(11)
    summary.scalar("default step", 1.0)
    summary.experimental.set_step(None)
    with summary.record_if(False):
        summary.scalar("not recorded", 1.0, step=12)


ERRORS = {
    "no step": lambda: summary.scalar("a", 1.0),
    "vector": lambda: summary.scalar("a", [1.0, 2.0], step=1),
    "image rank": lambda: summary.image("a", np.zeros([2, 2, 3], np.float32), step=1),
    "audio rank": lambda: summary.audio("a", np.zeros([4], np.float32), 8000, step=1),
    "text dtype": lambda: summary.text("a", 1, step=1),
}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    lines = []
    with tempfile.TemporaryDirectory() as directory:
        writer = summary.create_file_writer(directory)
        with writer.as_default():
            write()
            for case, run in ERRORS.items():
                try:
                    run()
                except Exception as error:
                    lines.append(f"{case}\t{type(error).__name__}\t{error}")
                else:
                    raise SystemExit(f"{case} is no error")
        writer.close()
        (path,) = glob.glob(directory + "/*")
        with tf.io.TFRecordWriter(str(OUT / "events")) as records:
            for record in tf.data.TFRecordDataset(path):
                event = event_pb2.Event.FromString(record.numpy())
                event.wall_time = 0
                records.write(event.SerializeToString(deterministic=True))
    (OUT / "errors.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
