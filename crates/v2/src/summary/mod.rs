//! `tf.summary`: event files that TensorBoard shows.
//!
//! ```
//! use ferroflow_v2 as tf;
//! let directory = std::env::temp_dir().join(format!("summary-{}", std::process::id()));
//! let writer = tf::summary::create_file_writer(&directory)?;
//! {
//!     let _default = writer.as_default(None)?;
//!     for step in 0..3 {
//!         tf::summary::scalar("loss", 1.0 / (step as f64 + 1.0), step)?;
//!     }
//!     tf::summary::text("notes", "three steps", 2)?;
//! }
//! writer.close()?;
//! assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
//! # std::fs::remove_dir_all(directory).unwrap();
//! # Ok::<(), tf::Error>(())
//! ```
//!
//! Summaries in traced functions are written each time the function runs; their step, if it is a number, is that of
//! the trace, as in TensorFlow.

mod data;
mod state;
mod traces;
mod writer;

pub use data::{
    AudioOptions, HistogramOptions, ImageOptions, SummaryOptions, audio, audio_with, graph, histogram,
    histogram_with, image, image_with, scalar, scalar_with, text, text_with, write,
};
pub use state::{RecordGuard, experimental, record_if, should_record_summaries};
pub use traces::{trace_export, trace_off, trace_on};
pub use writer::{
    FileWriterOptions, SummaryWriter, WriterGuard, create_file_writer, create_file_writer_with,
    create_noop_writer, flush,
};
