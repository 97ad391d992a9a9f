//! What the benches share: ferroflow and TensorFlow's C API on the same graph, timed in turns, and calls of servers.

mod comparison;
mod error;
mod grpc;
mod noise;
mod tf_c_api;
mod timing;

pub use comparison::{Comparison, Run};
pub use error::{Failure, Result};
pub use grpc::Connection;
pub use noise::noise;
pub use tf_c_api::{PeerOp, PeerOutput, PeerResult, PeerSession, PeerTensor, TensorFlow};
