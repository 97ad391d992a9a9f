//! TensorFlow's gRPC session protocol, both ends of it: sessions that run on a server of TensorFlow's or of ours, and
//! a server that TensorFlow's clients run on.
//!
//! The protocol is that of TensorFlow 2.21: `tensorflow.MasterService` for sessions, and `tensorflow.WorkerService` by
//! which the servers of a cluster run the steps of a session together. This is the only crate that knows tokio and tonic;
//! a program that calls it needs neither.

mod client;
mod server;
mod status;
mod tls;
mod unary;

pub use client::{ClientOptions, GrpcSession, install, set_client_options};
pub use server::{Limits, Listening, Server, ServerOptions};
pub use tls::{ClientTls, Identity, ServerTls};
