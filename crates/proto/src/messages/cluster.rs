//! Clusters, their tasks and how to reach them.

use std::collections::BTreeMap;

use crate::ConfigProto;
use crate::descriptor::notation::{BOOL, INT32, INT64, STRING, many, map, message, one};
use crate::descriptor::{Described, Descriptor};

/// The jobs of a cluster.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ClusterDef {
    #[prost(message, repeated, tag = "1")]
    pub job: Vec<JobDef>,
}

impl Described for ClusterDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.ClusterDef", &[many(1, "job", message::<JobDef>())]);
        &IT
    }
}

/// A job: the addresses of its tasks, by number.
#[derive(Clone, PartialEq, prost::Message)]
pub struct JobDef {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(btree_map = "int32, string", tag = "2")]
    pub tasks: BTreeMap<i32, String>,
}

impl Described for JobDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.JobDef", &[one(1, "name", STRING), map(2, "tasks", INT32, STRING)]);
        &IT
    }
}

/// How the tasks of a cluster talk.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RpcOptions {
    #[prost(bool, tag = "1")]
    pub use_rpc_for_inprocess_master: bool,
    #[prost(string, tag = "2")]
    pub compression_algorithm: String,
    #[prost(int32, tag = "3")]
    pub compression_level: i32,
    #[prost(bool, tag = "4")]
    pub cache_rpc_response: bool,
    #[prost(bool, tag = "5")]
    pub disable_session_connection_sharing: bool,
    #[prost(int32, tag = "6")]
    pub num_channels_per_target: i32,
}

impl Described for RpcOptions {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RPCOptions",
            &[
                one(1, "use_rpc_for_inprocess_master", BOOL),
                one(2, "compression_algorithm", STRING),
                one(3, "compression_level", INT32),
                one(4, "cache_rpc_response", BOOL),
                one(5, "disable_session_connection_sharing", BOOL),
                one(6, "num_channels_per_target", INT32),
            ],
        );
        &IT
    }
}

/// The service through which tasks find each other.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CoordinationServiceConfig {
    #[prost(string, tag = "1")]
    pub service_type: String,
    #[prost(string, tag = "2")]
    pub service_leader: String,
    #[prost(bool, tag = "3")]
    pub enable_health_check: bool,
    #[prost(int64, tag = "4")]
    pub cluster_register_timeout_in_ms: i64,
    #[prost(int64, tag = "5")]
    pub heartbeat_timeout_in_ms: i64,
    #[prost(int64, tag = "7")]
    pub shutdown_barrier_timeout_in_ms: i64,
    #[prost(bool, tag = "8")]
    pub agent_destruction_without_shutdown: bool,
    #[prost(string, repeated, tag = "9")]
    pub recoverable_jobs: Vec<String>,
    #[prost(message, repeated, tag = "10")]
    pub coordinated_job_list: Vec<CoordinatedJob>,
    #[prost(bool, tag = "11")]
    pub allow_new_incarnation_to_reconnect: bool,
    #[prost(bool, tag = "12")]
    pub force_disable: bool,
    #[prost(bool, tag = "13")]
    pub poll_for_error_from_service_at_startup: bool,
    #[prost(bool, tag = "14")]
    pub cluster_register_with_barrier: bool,
}

impl Described for CoordinationServiceConfig {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.CoordinationServiceConfig",
            &[
                one(1, "service_type", STRING),
                one(2, "service_leader", STRING),
                one(3, "enable_health_check", BOOL),
                one(4, "cluster_register_timeout_in_ms", INT64),
                one(5, "heartbeat_timeout_in_ms", INT64),
                one(7, "shutdown_barrier_timeout_in_ms", INT64),
                one(8, "agent_destruction_without_shutdown", BOOL),
                many(9, "recoverable_jobs", STRING),
                many(10, "coordinated_job_list", message::<CoordinatedJob>()),
                one(11, "allow_new_incarnation_to_reconnect", BOOL),
                one(12, "force_disable", BOOL),
                one(13, "poll_for_error_from_service_at_startup", BOOL),
                one(14, "cluster_register_with_barrier", BOOL),
            ],
        );
        &IT
    }
}

/// A job that takes part in coordination.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CoordinatedJob {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(int32, tag = "2")]
    pub num_tasks: i32,
}

impl Described for CoordinatedJob {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.CoordinatedJob",
            &[one(1, "name", STRING), one(2, "num_tasks", INT32)],
        );
        &IT
    }
}

/// One task of a cluster.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ServerDef {
    #[prost(message, optional, tag = "1")]
    pub cluster: Option<ClusterDef>,
    #[prost(string, tag = "2")]
    pub job_name: String,
    #[prost(int32, tag = "3")]
    pub task_index: i32,
    #[prost(message, optional, tag = "4")]
    pub default_session_config: Option<ConfigProto>,
    #[prost(string, tag = "5")]
    pub protocol: String,
    #[prost(int32, tag = "6")]
    pub port: i32,
    #[prost(message, optional, tag = "7")]
    pub cluster_device_filters: Option<ClusterDeviceFilters>,
    #[prost(int32, tag = "8")]
    pub replica: i32,
}

impl Described for ServerDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.ServerDef",
            &[
                one(1, "cluster", message::<ClusterDef>()),
                one(2, "job_name", STRING),
                one(3, "task_index", INT32),
                one(4, "default_session_config", message::<ConfigProto>()),
                one(5, "protocol", STRING),
                one(6, "port", INT32),
                one(7, "cluster_device_filters", message::<ClusterDeviceFilters>()),
                one(8, "replica", INT32),
            ],
        );
        &IT
    }
}

/// Which devices the tasks of a cluster see.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ClusterDeviceFilters {
    #[prost(message, repeated, tag = "1")]
    pub jobs: Vec<JobDeviceFilters>,
}

impl Described for ClusterDeviceFilters {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.ClusterDeviceFilters",
            &[many(1, "jobs", message::<JobDeviceFilters>())],
        );
        &IT
    }
}

/// Which devices the tasks of a job see.
#[derive(Clone, PartialEq, prost::Message)]
pub struct JobDeviceFilters {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(btree_map = "int32, message", tag = "2")]
    pub tasks: BTreeMap<i32, TaskDeviceFilters>,
}

impl Described for JobDeviceFilters {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.JobDeviceFilters",
            &[one(1, "name", STRING), map(2, "tasks", INT32, message::<TaskDeviceFilters>())],
        );
        &IT
    }
}

/// Which devices a task sees.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskDeviceFilters {
    #[prost(string, repeated, tag = "1")]
    pub device_filters: Vec<String>,
}

impl Described for TaskDeviceFilters {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.TaskDeviceFilters", &[many(1, "device_filters", STRING)]);
        &IT
    }
}
