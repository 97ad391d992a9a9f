//! The devices of a session.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

/// A device, as [`Session::list_devices`](crate::Session::list_devices) describes it.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceAttributes {
    /// The full name.
    pub name: String,
    /// `CPU`
    pub device_type: String,
    /// How much memory the device may use.
    pub memory_limit_bytes: i64,
    /// A number that is another one each time the device starts.
    pub incarnation: u64,
}

impl fmt::Debug for DeviceAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DeviceAttributes { name, device_type, memory_limit_bytes, incarnation } = self;
        write!(f, "_DeviceAttributes({name}, {device_type}, {memory_limit_bytes}, {incarnation})")
    }
}

impl From<ferroflow_proto::DeviceAttributes> for DeviceAttributes {
    fn from(device: ferroflow_proto::DeviceAttributes) -> DeviceAttributes {
        let ferroflow_proto::DeviceAttributes { name, device_type, memory_limit, incarnation, .. } = device;
        DeviceAttributes { name, device_type, memory_limit_bytes: memory_limit, incarnation }
    }
}

/// The name of the one device of this process.
pub(super) const CPU: &str = "/job:localhost/replica:0/task:0/device:CPU:0";

/// What TensorFlow reports for every CPU: it does not limit their memory.
const CPU_MEMORY_LIMIT: i64 = 256 << 20;

pub(super) fn local_devices() -> Vec<DeviceAttributes> {
    static INCARNATION: OnceLock<u64> = OnceLock::new();
    vec![DeviceAttributes {
        name: CPU.to_string(),
        device_type: "CPU".to_string(),
        memory_limit_bytes: CPU_MEMORY_LIMIT,
        // The standard library's hash keys are the process's source of a number nobody had before.
        incarnation: *INCARNATION.get_or_init(|| RandomState::new().hash_one(CPU)),
    }]
}
