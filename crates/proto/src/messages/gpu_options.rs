//! Options of accelerator devices.

use crate::descriptor::notation::{BOOL, DOUBLE, FLOAT, INT32, INT64, STRING, many, message, one};
use crate::descriptor::{Described, Descriptor};

/// Options of accelerator devices.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GpuOptions {
    #[prost(double, tag = "1")]
    pub per_process_gpu_memory_fraction: f64,
    #[prost(string, tag = "2")]
    pub allocator_type: String,
    #[prost(int64, tag = "3")]
    pub deferred_deletion_bytes: i64,
    #[prost(bool, tag = "4")]
    pub allow_growth: bool,
    #[prost(string, tag = "5")]
    pub visible_device_list: String,
    #[prost(int32, tag = "6")]
    pub polling_active_delay_usecs: i32,
    #[prost(int32, tag = "7")]
    pub polling_inactive_delay_msecs: i32,
    #[prost(bool, tag = "8")]
    pub force_gpu_compatible: bool,
    #[prost(message, optional, tag = "9")]
    pub experimental: Option<Experimental>,
}

impl Described for GpuOptions {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.GPUOptions",
            &[
                one(1, "per_process_gpu_memory_fraction", DOUBLE),
                one(2, "allocator_type", STRING),
                one(3, "deferred_deletion_bytes", INT64),
                one(4, "allow_growth", BOOL),
                one(5, "visible_device_list", STRING),
                one(6, "polling_active_delay_usecs", INT32),
                one(7, "polling_inactive_delay_msecs", INT32),
                one(8, "force_gpu_compatible", BOOL),
                one(9, "experimental", message::<Experimental>()),
            ],
        );
        &IT
    }
}

/// Options that may go.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Experimental {
    #[prost(message, repeated, tag = "1")]
    pub virtual_devices: Vec<experimental::VirtualDevices>,
    #[prost(bool, tag = "2")]
    pub use_unified_memory: bool,
    #[prost(int32, tag = "3")]
    pub num_dev_to_dev_copy_streams: i32,
    #[prost(string, tag = "4")]
    pub collective_ring_order: String,
    #[prost(bool, tag = "5")]
    pub timestamped_allocator: bool,
    #[prost(int32, tag = "7")]
    pub kernel_tracker_max_interval: i32,
    #[prost(int32, tag = "8")]
    pub kernel_tracker_max_bytes: i32,
    #[prost(int32, tag = "9")]
    pub kernel_tracker_max_pending: i32,
    #[prost(double, tag = "10")]
    pub internal_fragmentation_fraction: f64,
    #[prost(bool, tag = "11")]
    pub use_cuda_malloc_async: bool,
    #[prost(bool, tag = "12")]
    pub disallow_retry_on_allocation_failure: bool,
    #[prost(float, tag = "13")]
    pub gpu_host_mem_limit_in_mb: f32,
    #[prost(bool, tag = "14")]
    pub gpu_host_mem_disallow_growth: bool,
    #[prost(int32, tag = "15")]
    pub num_virtual_devices_per_gpu: i32,
    #[prost(int32, tag = "16")]
    pub gpu_system_memory_size_in_mb: i32,
    #[prost(bool, tag = "17")]
    pub populate_pjrt_gpu_client_creation_info: bool,
    #[prost(int32, tag = "18")]
    pub node_id: i32,
    #[prost(message, optional, tag = "19")]
    pub stream_merge_options: Option<experimental::StreamMergeOptions>,
}

impl Described for Experimental {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.GPUOptions.Experimental",
            &[
                many(1, "virtual_devices", message::<experimental::VirtualDevices>()),
                one(2, "use_unified_memory", BOOL),
                one(3, "num_dev_to_dev_copy_streams", INT32),
                one(4, "collective_ring_order", STRING),
                one(5, "timestamped_allocator", BOOL),
                one(7, "kernel_tracker_max_interval", INT32),
                one(8, "kernel_tracker_max_bytes", INT32),
                one(9, "kernel_tracker_max_pending", INT32),
                one(10, "internal_fragmentation_fraction", DOUBLE),
                one(11, "use_cuda_malloc_async", BOOL),
                one(12, "disallow_retry_on_allocation_failure", BOOL),
                one(13, "gpu_host_mem_limit_in_mb", FLOAT),
                one(14, "gpu_host_mem_disallow_growth", BOOL),
                one(15, "num_virtual_devices_per_gpu", INT32),
                one(16, "gpu_system_memory_size_in_mb", INT32),
                one(17, "populate_pjrt_gpu_client_creation_info", BOOL),
                one(18, "node_id", INT32),
                one(19, "stream_merge_options", message::<experimental::StreamMergeOptions>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`Experimental`] alone.
pub mod experimental {
    use super::*;

    /// The virtual devices that one device is split into.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct VirtualDevices {
        #[prost(float, repeated, tag = "1")]
        pub memory_limit_mb: Vec<f32>,
        #[prost(int32, repeated, tag = "2")]
        pub priority: Vec<i32>,
        #[prost(int32, repeated, tag = "3")]
        pub device_ordinal: Vec<i32>,
    }

    impl Described for VirtualDevices {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.GPUOptions.Experimental.VirtualDevices",
                &[
                    many(1, "memory_limit_mb", FLOAT),
                    many(2, "priority", INT32),
                    many(3, "device_ordinal", INT32),
                ],
            );
            &IT
        }
    }

    /// Which copy streams are merged with the compute stream.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct StreamMergeOptions {
        #[prost(bool, tag = "1")]
        pub merge_host_to_device_stream: bool,
        #[prost(bool, tag = "2")]
        pub merge_device_to_host_stream: bool,
        #[prost(bool, tag = "3")]
        pub merge_device_to_device_stream: bool,
    }

    impl Described for StreamMergeOptions {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.GPUOptions.Experimental.StreamMergeOptions",
                &[
                    one(1, "merge_host_to_device_stream", BOOL),
                    one(2, "merge_device_to_host_stream", BOOL),
                    one(3, "merge_device_to_device_stream", BOOL),
                ],
            );
            &IT
        }
    }
}
