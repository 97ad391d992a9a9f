//! The generator of random numbers, which stands in core.

pub(crate) use ferroflow_core::philox::{Philox, Singles};
