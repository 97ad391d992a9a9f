//! What a master asks of a worker, as far as it is served here.

use crate::DeviceAttributes;
use crate::descriptor::notation::{INT64, STRING, many, message, one};
use crate::descriptor::{Described, Descriptor};

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
