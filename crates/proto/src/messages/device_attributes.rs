//! What a device is and where it stands.

use crate::descriptor::notation::{FIXED64, INT32, INT64, STRING, many, message, one};
use crate::descriptor::{Described, Descriptor};

/// A device.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeviceAttributes {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub device_type: String,
    #[prost(int64, tag = "4")]
    pub memory_limit: i64,
    #[prost(message, optional, tag = "5")]
    pub locality: Option<DeviceLocality>,
    #[prost(fixed64, tag = "6")]
    pub incarnation: u64,
    #[prost(string, tag = "7")]
    pub physical_device_desc: String,
    #[prost(int64, tag = "8")]
    pub xla_global_id: i64,
}

impl Described for DeviceAttributes {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.DeviceAttributes",
            &[
                one(1, "name", STRING),
                one(2, "device_type", STRING),
                one(4, "memory_limit", INT64),
                one(5, "locality", message::<DeviceLocality>()),
                one(6, "incarnation", FIXED64),
                one(7, "physical_device_desc", STRING),
                one(8, "xla_global_id", INT64),
            ],
        );
        &IT
    }
}

/// Where a device stands.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeviceLocality {
    #[prost(int32, tag = "1")]
    pub bus_id: i32,
    #[prost(int32, tag = "2")]
    pub numa_node: i32,
    #[prost(message, optional, tag = "3")]
    pub links: Option<LocalLinks>,
}

impl Described for DeviceLocality {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.DeviceLocality",
            &[one(1, "bus_id", INT32), one(2, "numa_node", INT32), one(3, "links", message::<LocalLinks>())],
        );
        &IT
    }
}

/// The links of a device.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LocalLinks {
    #[prost(message, repeated, tag = "1")]
    pub link: Vec<InterconnectLink>,
}

impl Described for LocalLinks {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.LocalLinks", &[many(1, "link", message::<InterconnectLink>())]);
        &IT
    }
}

/// A link to another device.
#[derive(Clone, PartialEq, prost::Message)]
pub struct InterconnectLink {
    #[prost(int32, tag = "1")]
    pub device_id: i32,
    #[prost(string, tag = "2")]
    pub r#type: String,
    #[prost(int32, tag = "3")]
    pub strength: i32,
}

impl Described for InterconnectLink {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.InterconnectLink",
            &[one(1, "device_id", INT32), one(2, "type", STRING), one(3, "strength", INT32)],
        );
        &IT
    }
}
