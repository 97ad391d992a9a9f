"""Records the event file that TensorFlow's v2 summaries make, for crates/v2/tests/v2/summaries.rs, and what they refuse.

Needs TensorFlow 2.21 and TensorBoard, which has the summaries' code. Run as `python tools/record_summaries.py`. It makes,
in crates/v2/tests/data/summaries, the file `events`, without times, and `errors.txt`: CASE, CLASS and MESSAGE, split by
tabs; and in crates/formats/tests/data/event_file what the ops of a summary writer write, `written_by_ops`, without times.
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
OPS_OUT = pathlib.Path(__file__).parent.parent / "crates/formats/tests/data/event_file/written_by_ops"
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


def write_by_ops(directory):
    """The same calls as in the test of crates/formats/tests/formats/events.rs."""
    raw = tf.raw_ops
    writer = raw.SummaryWriter(shared_name="recorded", container="")
    raw.CreateSummaryFileWriter(
        writer=writer, logdir=directory, max_queue=10, flush_millis=120000, filename_suffix=".ops"
    )
    for dtype in ("float32", "float64", "float16", "int8", "uint16", "uint64"):
        raw.WriteScalarSummary(writer=writer, step=1, tag=dtype, value=tf.cast(3, dtype))
    raw.WriteScalarSummary(writer=writer, step=2, tag="several", value=[0.25, 4.0])
    for tag, tensor in (("one", 1.5), ("two", [1.0, 2.0]), ("true", [True, False]), ("text", ["a", "b"])):
        raw.WriteSummary(writer=writer, step=3, tag=tag, tensor=tensor, summary_metadata=b"")
    raw.WriteSummary(writer=writer, step=4, tag="named", tensor=1.0, summary_metadata=b"\x12\x01n")
    raw.WriteSummary(writer=writer, step=5, tag="damaged", tensor=1.0, summary_metadata=b"\xff\xff")
    raw.WriteHistogramSummary(writer=writer, step=6, tag="spread", values=[1.0, 2.0, 2.5, 10.0])
    raw.WriteHistogramSummary(writer=writer, step=6, tag="truths", values=[True, False])
    sound = tf.constant([[[0.5, -0.5], [1.0, 0.0]]])
    raw.WriteAudioSummary(writer=writer, step=7, tag="sound", tensor=sound, sample_rate=8000.5, max_outputs=1)
    raw.WriteRawProtoSummary(writer=writer, step=8, tensor=[b"\x0a\x08\x0a\x01a\x15\0\0\0@", b""])
    raw.WriteRawProtoSummary(writer=writer, step=8, tensor=tf.constant([], tf.string))
    raw.WriteGraphSummary(writer=writer, step=9, tensor=b"\x0a\x09\x0a\x01n\x12\x04NoOp")
    raw.FlushSummaryWriter(writer=writer)
    raw.CloseSummaryWriter(writer=writer)


def save_without_times(directory, out):
    (path,) = glob.glob(directory + "/*")
    with tf.io.TFRecordWriter(str(out)) as records:
        for record in tf.data.TFRecordDataset(path):
            event = event_pb2.Event.FromString(record.numpy())
            event.wall_time = 0
            records.write(event.SerializeToString(deterministic=True))


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
        save_without_times(directory, OUT / "events")
    with tempfile.TemporaryDirectory() as directory:
        write_by_ops(directory)
        save_without_times(directory, OPS_OUT)
    (OUT / "errors.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
