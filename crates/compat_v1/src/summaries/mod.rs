//! `tf.summary`: reports of training, and the files TensorBoard shows them from.

pub(crate) mod file_writer;
pub(crate) mod functions;
pub(crate) mod writer_cache;

pub use functions::SummaryOptions;
