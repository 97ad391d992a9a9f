//! What stops a bench.

/// The error of either side, or of the system.
pub type Failure = Box<dyn std::error::Error>;

/// A result of a bench.
pub type Result<T> = std::result::Result<T, Failure>;
