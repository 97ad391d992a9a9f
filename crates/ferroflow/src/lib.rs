//! TensorFlow's two APIs, in Rust, on one engine.
//!
//! Programs in the v1 style, which build a graph and run it in a `Session`, use [`compat::v1`]; eager programs use
//! [`v2`]. Both work in one process at the same time, so a codebase moves from one to the other a module at a time.
//!
//! ```
//! use ferroflow::compat::v1 as tf;
//! let x = tf::constant([1, 2, 3])?;
//! let sess = tf::Session::new()?;
//! assert_eq!(sess.run(&x)?.to_string(), "[1 2 3]");
//!
//! use ferroflow::v2;
//! let a = v2::constant([[1, 2], [3, 4]])?;
//! let b = v2::add(&a, 1)?;
//! assert_eq!((&a * &b)?.numpy()?.to_string(), "[[ 2  6]\n [12 20]]");
//! # Ok::<(), ferroflow::Error>(())
//! ```
//!
//! Models that TensorFlow made are loaded by [`formats`]; [`symbol_map`] says where every v1 name went; the feature
//! `testing` adds what programs that use tensors are tested with.

pub use ferroflow_core::{
    Code, DType, Element, Error, Exception, IndexedSlicesValue, NdArray, PartialShape, RaggedTensorValue,
    Result, Shape, SparseTensorValue, TString, Tensor, ndarray, npy, npz, print,
};
pub use ferroflow_formats as formats;
/// A server for sessions of TensorFlow's clients and ours; needs the feature `rpc`.
#[cfg(feature = "rpc")]
pub use ferroflow_rpc as rpc;
pub use ferroflow_symbol_map as symbol_map;
/// Snapshots and comparisons for tests; needs the feature `testing`.
#[cfg(feature = "testing")]
pub use ferroflow_testing as testing;
pub use ferroflow_v2 as v2;

/// TensorFlow's older API.
pub mod compat {
    pub use ferroflow_compat_v1 as v1;
}
