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

pub(crate) mod data;
pub(crate) mod state;
pub(crate) mod traces;
pub(crate) mod writer;

pub use data::{AudioOptions, HistogramOptions, ImageOptions, SummaryOptions};
pub use state::RecordGuard;
pub(crate) use writer::SummaryWriter;
pub use writer::{FileWriterOptions, WriterGuard};
