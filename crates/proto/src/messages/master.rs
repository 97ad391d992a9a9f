//! What a client asks of a master: TensorFlow's session service.

use crate::descriptor::notation::{BOOL, INT64, STRING, enumeration, many, message, one};
use crate::descriptor::{Described, Descriptor};
use crate::{
    CallableOptions, ConfigProto, DeviceAttributes, ErrorCode, GraphDef, NamedTensorProto, RunMetadata,
    RunOptions, TensorProto,
};

/// Opens a session for a graph.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateSessionRequest {
    #[prost(message, optional, tag = "1")]
    pub graph_def: Option<GraphDef>,
    #[prost(message, optional, tag = "2")]
    pub config: Option<ConfigProto>,
    #[prost(string, tag = "3")]
    pub target: String,
}

impl Described for CreateSessionRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.CreateSessionRequest",
            &[
                one(1, "graph_def", message::<GraphDef>()),
                one(2, "config", message::<ConfigProto>()),
                one(3, "target", STRING),
            ],
        );
        &IT
    }
}

/// The session that was opened, and the version of its graph.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateSessionResponse {
    #[prost(string, tag = "1")]
    pub session_handle: String,
    #[prost(int64, tag = "2")]
    pub graph_version: i64,
}

impl Described for CreateSessionResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.CreateSessionResponse",
            &[one(1, "session_handle", STRING), one(2, "graph_version", INT64)],
        );
        &IT
    }
}

/// Adds nodes to the graph of a session, whose version must be the one named.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ExtendSessionRequest {
    #[prost(string, tag = "1")]
    pub session_handle: String,
    #[prost(message, optional, tag = "2")]
    pub graph_def: Option<GraphDef>,
    #[prost(int64, tag = "3")]
    pub current_graph_version: i64,
}

impl Described for ExtendSessionRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.ExtendSessionRequest",
            &[
                one(1, "session_handle", STRING),
                one(2, "graph_def", message::<GraphDef>()),
                one(3, "current_graph_version", INT64),
            ],
        );
        &IT
    }
}

/// The version of the graph with the nodes.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ExtendSessionResponse {
    #[prost(int64, tag = "4")]
    pub new_graph_version: i64,
}

impl Described for ExtendSessionResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.ExtendSessionResponse", &[one(4, "new_graph_version", INT64)]);
        &IT
    }
}

/// Runs a step of a session: all of it, or what a partial run can do now.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RunStepRequest {
    #[prost(string, tag = "1")]
    pub session_handle: String,
    #[prost(message, repeated, tag = "2")]
    pub feed: Vec<NamedTensorProto>,
    #[prost(string, repeated, tag = "3")]
    pub fetch: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    pub target: Vec<String>,
    #[prost(message, optional, tag = "5")]
    pub options: Option<RunOptions>,
    #[prost(string, tag = "6")]
    pub partial_run_handle: String,
    #[prost(bool, tag = "7")]
    pub store_errors_in_response_body: bool,
    #[prost(int64, tag = "8")]
    pub request_id: i64,
}

impl Described for RunStepRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RunStepRequest",
            &[
                one(1, "session_handle", STRING),
                many(2, "feed", message::<NamedTensorProto>()),
                many(3, "fetch", STRING),
                many(4, "target", STRING),
                one(5, "options", message::<RunOptions>()),
                one(6, "partial_run_handle", STRING),
                one(7, "store_errors_in_response_body", BOOL),
                one(8, "request_id", INT64),
            ],
        );
        &IT
    }
}

/// What was fetched, or the error where errors are told in the body.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RunStepResponse {
    #[prost(message, repeated, tag = "1")]
    pub tensor: Vec<NamedTensorProto>,
    #[prost(message, optional, tag = "2")]
    pub metadata: Option<RunMetadata>,
    #[prost(enumeration = "ErrorCode", tag = "3")]
    pub status_code: i32,
    #[prost(string, tag = "4")]
    pub status_error_message: String,
}

impl Described for RunStepResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RunStepResponse",
            &[
                many(1, "tensor", message::<NamedTensorProto>()),
                one(2, "metadata", message::<RunMetadata>()),
                one(3, "status_code", enumeration::<ErrorCode>()),
                one(4, "status_error_message", STRING),
            ],
        );
        &IT
    }
}

/// Begins a run that is fed and fetched from in several steps.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PartialRunSetupRequest {
    #[prost(string, tag = "1")]
    pub session_handle: String,
    #[prost(string, repeated, tag = "2")]
    pub feed: Vec<String>,
    #[prost(string, repeated, tag = "3")]
    pub fetch: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    pub target: Vec<String>,
    #[prost(int64, tag = "5")]
    pub request_id: i64,
}

impl Described for PartialRunSetupRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.PartialRunSetupRequest",
            &[
                one(1, "session_handle", STRING),
                many(2, "feed", STRING),
                many(3, "fetch", STRING),
                many(4, "target", STRING),
                one(5, "request_id", INT64),
            ],
        );
        &IT
    }
}

/// The run that was begun.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PartialRunSetupResponse {
    #[prost(string, tag = "1")]
    pub partial_run_handle: String,
}

impl Described for PartialRunSetupResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.PartialRunSetupResponse", &[one(1, "partial_run_handle", STRING)]);
        &IT
    }
}

/// Ends a session.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CloseSessionRequest {
    #[prost(string, tag = "1")]
    pub session_handle: String,
}

impl Described for CloseSessionRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.CloseSessionRequest", &[one(1, "session_handle", STRING)]);
        &IT
    }
}

/// The session has ended.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CloseSessionResponse {}

impl Described for CloseSessionResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.CloseSessionResponse", &[]);
        &IT
    }
}

/// Ends all sessions and empties containers.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResetRequest {
    #[prost(string, repeated, tag = "1")]
    pub container: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub device_filters: Vec<String>,
}

impl Described for ResetRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.ResetRequest",
            &[many(1, "container", STRING), many(2, "device_filters", STRING)],
        );
        &IT
    }
}

/// All sessions have ended.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResetResponse {}

impl Described for ResetResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.ResetResponse", &[]);
        &IT
    }
}

/// Asks for the devices of a session, or of the server where none is named.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListDevicesRequest {
    #[prost(string, tag = "1")]
    pub session_handle: String,
}

impl Described for ListDevicesRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.ListDevicesRequest", &[one(1, "session_handle", STRING)]);
        &IT
    }
}

/// The server's own devices and those of other tasks.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListDevicesResponse {
    #[prost(message, repeated, tag = "1")]
    pub local_device: Vec<DeviceAttributes>,
    #[prost(message, repeated, tag = "2")]
    pub remote_device: Vec<DeviceAttributes>,
}

impl Described for ListDevicesResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.ListDevicesResponse",
            &[
                many(1, "local_device", message::<DeviceAttributes>()),
                many(2, "remote_device", message::<DeviceAttributes>()),
            ],
        );
        &IT
    }
}

/// Prepares a run for being repeated.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MakeCallableRequest {
    #[prost(string, tag = "1")]
    pub session_handle: String,
    #[prost(message, optional, tag = "2")]
    pub options: Option<CallableOptions>,
    #[prost(int64, tag = "3")]
    pub request_id: i64,
}

impl Described for MakeCallableRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.MakeCallableRequest",
            &[
                one(1, "session_handle", STRING),
                one(2, "options", message::<CallableOptions>()),
                one(3, "request_id", INT64),
            ],
        );
        &IT
    }
}

/// The prepared run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MakeCallableResponse {
    #[prost(int64, tag = "1")]
    pub handle: i64,
}

impl Described for MakeCallableResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.MakeCallableResponse", &[one(1, "handle", INT64)]);
        &IT
    }
}

/// Runs what was prepared, on values in the order of its feeds.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RunCallableRequest {
    #[prost(string, tag = "1")]
    pub session_handle: String,
    #[prost(int64, tag = "2")]
    pub handle: i64,
    #[prost(message, repeated, tag = "3")]
    pub feed: Vec<TensorProto>,
    #[prost(int64, tag = "4")]
    pub request_id: i64,
}

impl Described for RunCallableRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RunCallableRequest",
            &[
                one(1, "session_handle", STRING),
                one(2, "handle", INT64),
                many(3, "feed", message::<TensorProto>()),
                one(4, "request_id", INT64),
            ],
        );
        &IT
    }
}

/// The values in the order of the fetches.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RunCallableResponse {
    #[prost(message, repeated, tag = "1")]
    pub fetch: Vec<TensorProto>,
    #[prost(message, optional, tag = "2")]
    pub metadata: Option<RunMetadata>,
}

impl Described for RunCallableResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RunCallableResponse",
            &[many(1, "fetch", message::<TensorProto>()), one(2, "metadata", message::<RunMetadata>())],
        );
        &IT
    }
}

/// Forgets a prepared run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ReleaseCallableRequest {
    #[prost(string, tag = "1")]
    pub session_handle: String,
    #[prost(int64, tag = "2")]
    pub handle: i64,
}

impl Described for ReleaseCallableRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.ReleaseCallableRequest",
            &[one(1, "session_handle", STRING), one(2, "handle", INT64)],
        );
        &IT
    }
}

/// The prepared run is forgotten.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ReleaseCallableResponse {}

impl Described for ReleaseCallableResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.ReleaseCallableResponse", &[]);
        &IT
    }
}
