"""Records what a supervisor of TensorFlow leaves behind.

    python tools/record_supervisor.py crates/compat_v1/tests/data/supervisor.txt

For two sessions, one after the other: a line for each value that the session saw, each file, and each event (kind, step, and
what it says). The program stands in Rust in `crates/compat_v1/tests/supervisor.rs`.
"""

import os
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

tf1 = tf.compat.v1
tf1.disable_v2_behavior()


def described(event):
    kind = event.WhichOneof("what")
    detail = ""
    if kind == "summary":
        detail = ",".join(f"{value.tag}={value.simple_value:g}" for value in event.summary.value)
    if kind == "session_log":
        detail = str(event.session_log.status)
    return f"event\t{kind}\t{event.step}\t{detail}"


def main():
    lines = []
    directory = tempfile.mkdtemp()
    step = tf1.train.create_global_step()
    v = tf1.get_variable("v", initializer=2.0)
    tf1.summary.scalar("doubled", v * 2.0)
    train = tf1.group(tf1.assign(v, v + 1.0), tf1.assign_add(step, 1))
    sv = tf1.train.Supervisor(logdir=directory, save_model_secs=0, save_summaries_secs=0)
    for session in range(2):
        # The names of files of events tell seconds apart.
        time.sleep(1.1 * session)
        with sv.managed_session() as sess:
            lines.append(f"value\t{sess.run(v):g}")
            for _ in range(3):
                sess.run(train)
            sv.summary_computed(sess, sess.run(sv.summary_op))
            sv.saver.save(sess, sv.save_path, global_step=tf1.train.global_step(sess, step))
            lines.append(f"value\t{sess.run(v):g}")
    sv = tf1.train.Supervisor(graph=tf1.Graph())
    with sv.managed_session() as sess:
        try:
            raise tf.errors.OutOfRangeError(None, None, "the end")
        except tf.errors.OutOfRangeError as error:
            sv.request_stop(error)
        lines.append(f"stopped\t{sv.should_stop()}")
    try:
        with sv.managed_session() as sess:
            raise ValueError("bad")
    except ValueError as error:
        lines.append(f"error\t{error}")
    files = sorted(name for name in os.listdir(directory) if not name.startswith("events."))
    lines += [f"file\t{name}" for name in files]
    events = sorted(name for name in os.listdir(directory) if name.startswith("events."))
    for name in events:
        lines += [described(event) for event in tf1.train.summary_iterator(os.path.join(directory, name))]
    with open(sys.argv[1], "w") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
