//! `tf.version`: the version of TensorFlow whose API and graphs this is.

/// The version of TensorFlow whose behaviour is followed.
pub const VERSION: &str = "2.21.0";

/// The version that graphs are written as.
pub const GRAPH_DEF_VERSION: i32 = ferroflow_graph::PRODUCER;

/// The oldest reader of graphs that can read what is written.
pub const GRAPH_DEF_VERSION_MIN_CONSUMER: i32 = 0;

/// The oldest version of graphs that can be read.
pub const GRAPH_DEF_VERSION_MIN_PRODUCER: i32 = 0;
