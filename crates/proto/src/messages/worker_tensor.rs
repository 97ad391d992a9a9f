//! What workers ask of each other while a step runs, and what they note of it: the rest of TensorFlow's worker service.

use crate::descriptor::notation::{BOOL, DOUBLE, INT64, STRING, many, message, one};
use crate::descriptor::{Described, Descriptor};
use crate::{Any, DeviceLocality, StepStats, TensorProto};

/// Asks for a tensor that a step of the other worker makes.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RecvTensorRequest {
    #[prost(int64, tag = "1")]
    pub step_id: i64,
    #[prost(string, tag = "2")]
    pub rendezvous_key: String,
    #[prost(bool, tag = "3")]
    pub dma_ok: bool,
    #[prost(message, optional, tag = "4")]
    pub client_locality: Option<DeviceLocality>,
    #[prost(message, optional, tag = "5")]
    pub server_locality: Option<DeviceLocality>,
    #[prost(message, optional, tag = "6")]
    pub transport_options: Option<Any>,
    #[prost(int64, tag = "7")]
    pub request_id: i64,
}

impl Described for RecvTensorRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RecvTensorRequest",
            &[
                one(1, "step_id", INT64),
                one(2, "rendezvous_key", STRING),
                one(3, "dma_ok", BOOL),
                one(4, "client_locality", message::<DeviceLocality>()),
                one(5, "server_locality", message::<DeviceLocality>()),
                one(6, "transport_options", message::<Any>()),
                one(7, "request_id", INT64),
            ],
        );
        &IT
    }
}

/// The tensor, or the word that there will be none.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RecvTensorResponse {
    #[prost(message, optional, tag = "1")]
    pub tensor: Option<TensorProto>,
    #[prost(bool, tag = "2")]
    pub is_dead: bool,
    #[prost(int64, tag = "3")]
    pub send_start_micros: i64,
    #[prost(message, optional, tag = "4")]
    pub transport_options: Option<Any>,
    #[prost(bool, tag = "5")]
    pub require_ack: bool,
}

impl Described for RecvTensorResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RecvTensorResponse",
            &[
                one(1, "tensor", message::<TensorProto>()),
                one(2, "is_dead", BOOL),
                one(3, "send_start_micros", INT64),
                one(4, "transport_options", message::<Any>()),
                one(5, "require_ack", BOOL),
            ],
        );
        &IT
    }
}

/// Turns the noting of calls on or off, and asks for what was noted.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LoggingRequest {
    #[prost(bool, tag = "1")]
    pub enable_rpc_logging: bool,
    #[prost(bool, tag = "2")]
    pub clear: bool,
    #[prost(int64, repeated, tag = "3")]
    pub fetch_step_id: Vec<i64>,
    #[prost(bool, tag = "4")]
    pub disable_rpc_logging: bool,
}

impl Described for LoggingRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.LoggingRequest",
            &[
                one(1, "enable_rpc_logging", BOOL),
                one(2, "clear", BOOL),
                many(3, "fetch_step_id", INT64),
                one(4, "disable_rpc_logging", BOOL),
            ],
        );
        &IT
    }
}

/// What was noted, by steps.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LoggingResponse {
    #[prost(message, repeated, tag = "1")]
    pub step: Vec<LabeledStepStats>,
}

impl Described for LoggingResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.LoggingResponse", &[many(1, "step", message::<LabeledStepStats>())]);
        &IT
    }
}

/// What was noted of a step.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LabeledStepStats {
    #[prost(int64, tag = "1")]
    pub step_id: i64,
    #[prost(message, optional, tag = "2")]
    pub step_stats: Option<StepStats>,
}

impl Described for LabeledStepStats {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.LabeledStepStats",
            &[one(1, "step_id", INT64), one(2, "step_stats", message::<StepStats>())],
        );
        &IT
    }
}

/// What a trace is to hold.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TraceOpts {
    #[prost(double, tag = "1")]
    pub duration: f64,
    #[prost(bool, tag = "2")]
    pub use_step_profiler: bool,
    #[prost(bool, tag = "3")]
    pub use_kernel_profiler: bool,
    #[prost(bool, tag = "4")]
    pub use_extended_profiler: bool,
    #[prost(bool, tag = "5")]
    pub use_gpu_profiler: bool,
    #[prost(bool, tag = "6")]
    pub use_sample_profiler: bool,
}

impl Described for TraceOpts {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.TraceOpts",
            &[
                one(1, "duration", DOUBLE),
                one(2, "use_step_profiler", BOOL),
                one(3, "use_kernel_profiler", BOOL),
                one(4, "use_extended_profiler", BOOL),
                one(5, "use_gpu_profiler", BOOL),
                one(6, "use_sample_profiler", BOOL),
            ],
        );
        &IT
    }
}

/// Asks for a trace.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TracingRequest {
    #[prost(message, optional, tag = "1")]
    pub options: Option<TraceOpts>,
}

impl Described for TracingRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.TracingRequest", &[one(1, "options", message::<TraceOpts>())]);
        &IT
    }
}

/// The trace was made.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TracingResponse {}

impl Described for TracingResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.TracingResponse", &[]);
        &IT
    }
}

/// Says that the answer of a call has arrived.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MarkRecvFinishedRequest {
    #[prost(int64, tag = "1")]
    pub request_id: i64,
}

impl Described for MarkRecvFinishedRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.MarkRecvFinishedRequest", &[one(1, "request_id", INT64)]);
        &IT
    }
}

/// The answer need not be kept.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MarkRecvFinishedResponse {}

impl Described for MarkRecvFinishedResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.MarkRecvFinishedResponse", &[]);
        &IT
    }
}
