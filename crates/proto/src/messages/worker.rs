//! What masters ask of workers: TensorFlow's worker service.

use crate::descriptor::notation::{BOOL, INT64, STRING, enumeration, many, message, one};
use crate::descriptor::{Described, Descriptor};
use crate::{
    ConfigProto, CostGraphDef, DebugOptions, DeviceAttributes, ErrorCode, GraphDef, GraphOptions,
    NamedTensorProto, ServerDef, StepStats,
};

/// Asks a worker whether it is there.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetStatusRequest {}

impl Described for GetStatusRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.GetStatusRequest", &[]);
        &IT
    }
}

/// The worker's devices.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetStatusResponse {
    #[prost(message, repeated, tag = "1")]
    pub device_attributes: Vec<DeviceAttributes>,
}

impl Described for GetStatusResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.GetStatusResponse",
            &[many(1, "device_attributes", message::<DeviceAttributes>())],
        );
        &IT
    }
}

/// Empties containers.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CleanupAllRequest {
    #[prost(string, repeated, tag = "1")]
    pub container: Vec<String>,
}

impl Described for CleanupAllRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.CleanupAllRequest", &[many(1, "container", STRING)]);
        &IT
    }
}

/// The containers are empty.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CleanupAllResponse {}

impl Described for CleanupAllResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.CleanupAllResponse", &[]);
        &IT
    }
}

/// Forgets what a step has left behind.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CleanupGraphRequest {
    #[prost(int64, tag = "1")]
    pub step_id: i64,
}

impl Described for CleanupGraphRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.CleanupGraphRequest", &[one(1, "step_id", INT64)]);
        &IT
    }
}

/// Nothing is left of the step.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CleanupGraphResponse {}

impl Described for CleanupGraphResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.CleanupGraphResponse", &[]);
        &IT
    }
}

/// Lets a worker keep what belongs to a session of a master.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateWorkerSessionRequest {
    #[prost(string, tag = "1")]
    pub session_handle: String,
    #[prost(message, optional, tag = "2")]
    pub server_def: Option<ServerDef>,
    #[prost(bool, tag = "3")]
    pub isolate_session_state: bool,
    #[prost(message, repeated, tag = "4")]
    pub cluster_device_attributes: Vec<DeviceAttributes>,
    #[prost(string, tag = "5")]
    pub master_task: String,
    #[prost(int64, tag = "6")]
    pub master_incarnation: i64,
}

impl Described for CreateWorkerSessionRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.CreateWorkerSessionRequest",
            &[
                one(1, "session_handle", STRING),
                one(2, "server_def", message::<ServerDef>()),
                one(3, "isolate_session_state", BOOL),
                many(4, "cluster_device_attributes", message::<DeviceAttributes>()),
                one(5, "master_task", STRING),
                one(6, "master_incarnation", INT64),
            ],
        );
        &IT
    }
}

/// The worker knows the session.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CreateWorkerSessionResponse {}

impl Described for CreateWorkerSessionResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.CreateWorkerSessionResponse", &[]);
        &IT
    }
}

/// Lets a worker forget a session.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeleteWorkerSessionRequest {
    #[prost(string, tag = "1")]
    pub session_handle: String,
}

impl Described for DeleteWorkerSessionRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.DeleteWorkerSessionRequest", &[one(1, "session_handle", STRING)]);
        &IT
    }
}

/// The worker has forgotten the session.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeleteWorkerSessionResponse {}

impl Described for DeleteWorkerSessionResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.DeleteWorkerSessionResponse", &[]);
        &IT
    }
}

/// Gives a worker its part of a graph.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RegisterGraphRequest {
    #[prost(string, tag = "1")]
    pub session_handle: String,
    #[prost(message, optional, tag = "2")]
    pub graph_def: Option<GraphDef>,
    #[prost(bool, tag = "3")]
    pub has_control_flow: bool,
    #[prost(message, optional, tag = "4")]
    pub graph_options: Option<GraphOptions>,
    #[prost(message, optional, tag = "5")]
    pub debug_options: Option<DebugOptions>,
    #[prost(bool, tag = "6")]
    pub create_worker_session_called: bool,
    #[prost(int64, tag = "7")]
    pub collective_graph_key: i64,
    #[prost(message, optional, tag = "8")]
    pub config_proto: Option<ConfigProto>,
}

impl Described for RegisterGraphRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RegisterGraphRequest",
            &[
                one(1, "session_handle", STRING),
                one(2, "graph_def", message::<GraphDef>()),
                one(3, "has_control_flow", BOOL),
                one(4, "graph_options", message::<GraphOptions>()),
                one(5, "debug_options", message::<DebugOptions>()),
                one(6, "create_worker_session_called", BOOL),
                one(7, "collective_graph_key", INT64),
                one(8, "config_proto", message::<ConfigProto>()),
            ],
        );
        &IT
    }
}

/// The name by which the part is run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RegisterGraphResponse {
    #[prost(string, tag = "1")]
    pub graph_handle: String,
}

impl Described for RegisterGraphResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.RegisterGraphResponse", &[one(1, "graph_handle", STRING)]);
        &IT
    }
}

/// Lets a worker forget its part of a graph.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeregisterGraphRequest {
    #[prost(string, tag = "1")]
    pub graph_handle: String,
    #[prost(string, tag = "2")]
    pub session_handle: String,
    #[prost(bool, tag = "3")]
    pub create_worker_session_called: bool,
}

impl Described for DeregisterGraphRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.DeregisterGraphRequest",
            &[
                one(1, "graph_handle", STRING),
                one(2, "session_handle", STRING),
                one(3, "create_worker_session_called", BOOL),
            ],
        );
        &IT
    }
}

/// The worker has forgotten the part.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeregisterGraphResponse {}

impl Described for DeregisterGraphResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.DeregisterGraphResponse", &[]);
        &IT
    }
}

/// What a worker is to note while it runs a step.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ExecutorOpts {
    #[prost(bool, tag = "1")]
    pub record_costs: bool,
    #[prost(bool, tag = "3")]
    pub record_timeline: bool,
    #[prost(bool, tag = "4")]
    pub record_partition_graphs: bool,
    #[prost(bool, tag = "5")]
    pub report_tensor_allocations_upon_oom: bool,
}

impl Described for ExecutorOpts {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.ExecutorOpts",
            &[
                one(1, "record_costs", BOOL),
                one(3, "record_timeline", BOOL),
                one(4, "record_partition_graphs", BOOL),
                one(5, "report_tensor_allocations_upon_oom", BOOL),
            ],
        );
        &IT
    }
}

/// Runs a worker's part of a step, or what a partial run can do now.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RunGraphRequest {
    #[prost(string, tag = "1")]
    pub graph_handle: String,
    #[prost(int64, tag = "2")]
    pub step_id: i64,
    #[prost(message, repeated, tag = "3")]
    pub send: Vec<NamedTensorProto>,
    #[prost(string, repeated, tag = "4")]
    pub recv_key: Vec<String>,
    #[prost(message, optional, tag = "5")]
    pub exec_opts: Option<ExecutorOpts>,
    #[prost(bool, tag = "6")]
    pub is_partial: bool,
    #[prost(bool, tag = "7")]
    pub is_last_partial_run: bool,
    #[prost(string, tag = "8")]
    pub session_handle: String,
    #[prost(bool, tag = "9")]
    pub store_errors_in_response_body: bool,
    #[prost(bool, tag = "10")]
    pub create_worker_session_called: bool,
    #[prost(int64, tag = "11")]
    pub request_id: i64,
}

impl Described for RunGraphRequest {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RunGraphRequest",
            &[
                one(1, "graph_handle", STRING),
                one(2, "step_id", INT64),
                many(3, "send", message::<NamedTensorProto>()),
                many(4, "recv_key", STRING),
                one(5, "exec_opts", message::<ExecutorOpts>()),
                one(6, "is_partial", BOOL),
                one(7, "is_last_partial_run", BOOL),
                one(8, "session_handle", STRING),
                one(9, "store_errors_in_response_body", BOOL),
                one(10, "create_worker_session_called", BOOL),
                one(11, "request_id", INT64),
            ],
        );
        &IT
    }
}

/// What the master asked for of a step, or the error where errors are told in the body.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RunGraphResponse {
    #[prost(message, repeated, tag = "1")]
    pub recv: Vec<NamedTensorProto>,
    #[prost(message, optional, tag = "2")]
    pub step_stats: Option<StepStats>,
    #[prost(message, optional, tag = "3")]
    pub cost_graph: Option<CostGraphDef>,
    #[prost(message, repeated, tag = "4")]
    pub partition_graph: Vec<GraphDef>,
    #[prost(enumeration = "ErrorCode", tag = "5")]
    pub status_code: i32,
    #[prost(string, tag = "6")]
    pub status_error_message: String,
}

impl Described for RunGraphResponse {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RunGraphResponse",
            &[
                many(1, "recv", message::<NamedTensorProto>()),
                one(2, "step_stats", message::<StepStats>()),
                one(3, "cost_graph", message::<CostGraphDef>()),
                many(4, "partition_graph", message::<GraphDef>()),
                one(5, "status_code", enumeration::<ErrorCode>()),
                one(6, "status_error_message", STRING),
            ],
        );
        &IT
    }
}
