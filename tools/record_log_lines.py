"""Records the lines that tf.logging writes, for crates/compat_v1/src/logging.rs.

Usage:  python tools/record_log_lines.py 2> crates/compat_v1/tests/data/log_lines.txt
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import tensorflow.compat.v1 as tf

tf.logging.set_verbosity(tf.logging.DEBUG)
for level in ("fatal", "error", "warn", "info", "debug"):
    getattr(tf.logging, level)("message")
