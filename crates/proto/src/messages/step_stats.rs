//! Timings and memory use of a run.

use std::collections::BTreeMap;

use crate::descriptor::notation::{
    BOOL, INT32, INT64, STRING, UINT32, UINT64, enumeration, many, map, message, one,
};
use crate::descriptor::{Described, Descriptor};
use crate::{DataType, TensorShapeProto};

/// The timings of one run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct StepStats {
    #[prost(message, repeated, tag = "1")]
    pub dev_stats: Vec<DeviceStepStats>,
}

impl Described for StepStats {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.StepStats", &[many(1, "dev_stats", message::<DeviceStepStats>())]);
        &IT
    }
}

/// The timings on one device.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeviceStepStats {
    #[prost(string, tag = "1")]
    pub device: String,
    #[prost(message, repeated, tag = "2")]
    pub node_stats: Vec<NodeExecStats>,
    #[prost(btree_map = "uint32, string", tag = "3")]
    pub thread_names: BTreeMap<u32, String>,
}

impl Described for DeviceStepStats {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.DeviceStepStats",
            &[
                one(1, "device", STRING),
                many(2, "node_stats", message::<NodeExecStats>()),
                map(3, "thread_names", UINT32, STRING),
            ],
        );
        &IT
    }
}

/// The timings and memory use of one node.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NodeExecStats {
    #[prost(string, tag = "1")]
    pub node_name: String,
    #[prost(int64, tag = "2")]
    pub all_start_micros: i64,
    #[prost(int64, tag = "3")]
    pub op_start_rel_micros: i64,
    #[prost(int64, tag = "4")]
    pub op_end_rel_micros: i64,
    #[prost(int64, tag = "5")]
    pub all_end_rel_micros: i64,
    #[prost(message, repeated, tag = "6")]
    pub memory: Vec<AllocatorMemoryUsed>,
    #[prost(message, repeated, tag = "7")]
    pub output: Vec<NodeOutput>,
    #[prost(string, tag = "8")]
    pub timeline_label: String,
    #[prost(int64, tag = "9")]
    pub scheduled_micros: i64,
    #[prost(uint32, tag = "10")]
    pub thread_id: u32,
    #[prost(message, repeated, tag = "11")]
    pub referenced_tensor: Vec<AllocationDescription>,
    #[prost(message, optional, tag = "12")]
    pub memory_stats: Option<MemoryStats>,
    #[prost(int64, tag = "13")]
    pub all_start_nanos: i64,
    #[prost(int64, tag = "14")]
    pub op_start_rel_nanos: i64,
    #[prost(int64, tag = "15")]
    pub op_end_rel_nanos: i64,
    #[prost(int64, tag = "16")]
    pub all_end_rel_nanos: i64,
    #[prost(int64, tag = "17")]
    pub scheduled_nanos: i64,
}

impl Described for NodeExecStats {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.NodeExecStats",
            &[
                one(1, "node_name", STRING),
                one(2, "all_start_micros", INT64),
                one(3, "op_start_rel_micros", INT64),
                one(4, "op_end_rel_micros", INT64),
                one(5, "all_end_rel_micros", INT64),
                many(6, "memory", message::<AllocatorMemoryUsed>()),
                many(7, "output", message::<NodeOutput>()),
                one(8, "timeline_label", STRING),
                one(9, "scheduled_micros", INT64),
                one(10, "thread_id", UINT32),
                many(11, "referenced_tensor", message::<AllocationDescription>()),
                one(12, "memory_stats", message::<MemoryStats>()),
                one(13, "all_start_nanos", INT64),
                one(14, "op_start_rel_nanos", INT64),
                one(15, "op_end_rel_nanos", INT64),
                one(16, "all_end_rel_nanos", INT64),
                one(17, "scheduled_nanos", INT64),
            ],
        );
        &IT
    }
}

/// An output of a node.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NodeOutput {
    #[prost(int32, tag = "1")]
    pub slot: i32,
    #[prost(message, optional, tag = "3")]
    pub tensor_description: Option<TensorDescription>,
}

impl Described for NodeOutput {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.NodeOutput",
            &[one(1, "slot", INT32), one(3, "tensor_description", message::<TensorDescription>())],
        );
        &IT
    }
}

/// The memory that a node used.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MemoryStats {
    #[prost(int64, tag = "1")]
    pub temp_memory_size: i64,
    #[prost(int64, tag = "2")]
    pub device_temp_memory_size: i64,
    #[prost(int64, tag = "3")]
    pub persistent_memory_size: i64,
    #[prost(int64, tag = "4")]
    pub device_persistent_memory_size: i64,
    #[prost(int64, repeated, tag = "5")]
    pub persistent_tensor_alloc_ids: Vec<i64>,
    #[prost(int64, repeated, tag = "6")]
    pub device_persistent_tensor_alloc_ids: Vec<i64>,
}

impl Described for MemoryStats {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.MemoryStats",
            &[
                one(1, "temp_memory_size", INT64),
                one(2, "device_temp_memory_size", INT64),
                one(3, "persistent_memory_size", INT64),
                one(4, "device_persistent_memory_size", INT64),
                many(5, "persistent_tensor_alloc_ids", INT64),
                many(6, "device_persistent_tensor_alloc_ids", INT64),
            ],
        );
        &IT
    }
}

/// The memory that a node took from one allocator.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AllocatorMemoryUsed {
    #[prost(string, tag = "1")]
    pub allocator_name: String,
    #[prost(int64, tag = "2")]
    pub total_bytes: i64,
    #[prost(int64, tag = "3")]
    pub peak_bytes: i64,
    #[prost(int64, tag = "4")]
    pub live_bytes: i64,
    #[prost(int64, tag = "5")]
    pub allocator_bytes_in_use: i64,
    #[prost(message, repeated, tag = "6")]
    pub allocation_records: Vec<AllocationRecord>,
}

impl Described for AllocatorMemoryUsed {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.AllocatorMemoryUsed",
            &[
                one(1, "allocator_name", STRING),
                one(2, "total_bytes", INT64),
                one(3, "peak_bytes", INT64),
                one(4, "live_bytes", INT64),
                one(5, "allocator_bytes_in_use", INT64),
                many(6, "allocation_records", message::<AllocationRecord>()),
            ],
        );
        &IT
    }
}

/// When how much was allocated; a negative number was freed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AllocationRecord {
    #[prost(int64, tag = "1")]
    pub alloc_micros: i64,
    #[prost(int64, tag = "2")]
    pub alloc_bytes: i64,
}

impl Described for AllocationRecord {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.AllocationRecord",
            &[one(1, "alloc_micros", INT64), one(2, "alloc_bytes", INT64)],
        );
        &IT
    }
}

/// An allocation.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AllocationDescription {
    #[prost(int64, tag = "1")]
    pub requested_bytes: i64,
    #[prost(int64, tag = "2")]
    pub allocated_bytes: i64,
    #[prost(string, tag = "3")]
    pub allocator_name: String,
    #[prost(int64, tag = "4")]
    pub allocation_id: i64,
    #[prost(bool, tag = "5")]
    pub has_single_reference: bool,
    #[prost(uint64, tag = "6")]
    pub ptr: u64,
}

impl Described for AllocationDescription {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.AllocationDescription",
            &[
                one(1, "requested_bytes", INT64),
                one(2, "allocated_bytes", INT64),
                one(3, "allocator_name", STRING),
                one(4, "allocation_id", INT64),
                one(5, "has_single_reference", BOOL),
                one(6, "ptr", UINT64),
            ],
        );
        &IT
    }
}

/// A tensor and its allocation.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TensorDescription {
    #[prost(enumeration = "DataType", tag = "1")]
    pub dtype: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
    #[prost(message, optional, tag = "4")]
    pub allocation_description: Option<AllocationDescription>,
}

impl Described for TensorDescription {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.TensorDescription",
            &[
                one(1, "dtype", enumeration::<DataType>()),
                one(2, "shape", message::<TensorShapeProto>()),
                one(4, "allocation_description", message::<AllocationDescription>()),
            ],
        );
        &IT
    }
}
