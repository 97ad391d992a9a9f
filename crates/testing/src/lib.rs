//! What tests of tensor programs compare with: snapshots by [`insta`] that hold still, and assertions that say where
//! two arrays part.
//!
//! ```
//! use ferroflow_core::NdArray;
//! use ferroflow_testing::{Tolerance, assert_all_close, snapshot};
//!
//! let y = NdArray::from([0.1f32 + 0.2, 1.0 / 3.0]);
//! assert_all_close!(&y, [0.3, 0.333_333_3]);
//! assert_eq!(snapshot(&y).rounded(3).to_string(), "float32 (2,)\n[0.3   0.333]");
//! Tolerance::relative(1e-5).bind(|| insta::assert_snapshot!(snapshot(&y), @r"
//! float32 (2,)
//! [0.3000002 0.3333333]
//! "));
//! # Ok::<(), ferroflow_core::Error>(())
//! ```

mod all_close;
mod graph_snapshot;
mod mismatch;
mod numbers;
mod redact;
mod tensor_snapshot;
mod tolerance;
mod trace_snapshot;

pub use all_close::{Difference, all_close, all_equal};
pub use graph_snapshot::{GraphSnapshot, graph_def_snapshot, graph_snapshot};
pub use insta;
pub use redact::redact_names;
pub use tensor_snapshot::{Snapshottable, TensorSnapshot, snapshot};
pub use tolerance::Tolerance;
pub use trace_snapshot::{TraceSnapshot, run_metadata_snapshot, trace_snapshot};
