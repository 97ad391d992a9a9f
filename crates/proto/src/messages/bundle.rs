//! The tensor bundle: header and entries of a V2 checkpoint index.

use crate::descriptor::notation::{FIXED32, INT32, INT64, enumeration, many, member, message, one};
use crate::descriptor::{Described, DescribedEnum, Descriptor, EnumDescriptor};
use crate::{DataType, TensorShapeProto, VersionDef};

/// The first entry of a checkpoint index, under the empty key.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BundleHeaderProto {
    #[prost(int32, tag = "1")]
    pub num_shards: i32,
    #[prost(enumeration = "bundle_header_proto::Endianness", tag = "2")]
    pub endianness: i32,
    #[prost(message, optional, tag = "3")]
    pub version: Option<VersionDef>,
}

impl Described for BundleHeaderProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.BundleHeaderProto",
            &[
                one(1, "num_shards", INT32),
                one(2, "endianness", enumeration::<bundle_header_proto::Endianness>()),
                one(3, "version", message::<VersionDef>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`BundleHeaderProto`] alone.
pub mod bundle_header_proto {
    use super::*;

    /// The byte order of the data files.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum Endianness {
        Little = 0,
        Big = 1,
    }

    impl DescribedEnum for Endianness {
        fn descriptor() -> &'static EnumDescriptor {
            static IT: EnumDescriptor =
                EnumDescriptor::new("tensorflow.BundleHeaderProto.Endianness", &[("LITTLE", 0), ("BIG", 1)]);
            &IT
        }
    }
}

/// Where in the data files a tensor lies.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BundleEntryProto {
    #[prost(enumeration = "DataType", tag = "1")]
    pub dtype: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
    #[prost(int32, tag = "3")]
    pub shard_id: i32,
    #[prost(int64, tag = "4")]
    pub offset: i64,
    #[prost(int64, tag = "5")]
    pub size: i64,
    /// The masked CRC-32C of the tensor's bytes.
    #[prost(fixed32, tag = "6")]
    pub crc32c: u32,
    /// When not empty, the tensor is stored in these slices, each an entry of its own.
    #[prost(message, repeated, tag = "7")]
    pub slices: Vec<TensorSliceProto>,
}

impl Described for BundleEntryProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.BundleEntryProto",
            &[
                one(1, "dtype", enumeration::<DataType>()),
                one(2, "shape", message::<TensorShapeProto>()),
                one(3, "shard_id", INT32),
                one(4, "offset", INT64),
                one(5, "size", INT64),
                one(6, "crc32c", FIXED32),
                many(7, "slices", message::<TensorSliceProto>()),
            ],
        );
        &IT
    }
}

/// A part of a tensor; no extent stands for the whole of a dimension.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TensorSliceProto {
    #[prost(message, repeated, tag = "1")]
    pub extent: Vec<tensor_slice_proto::Extent>,
}

impl Described for TensorSliceProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.TensorSliceProto",
            &[many(1, "extent", message::<tensor_slice_proto::Extent>())],
        );
        &IT
    }
}

/// What belongs to [`TensorSliceProto`] alone.
pub mod tensor_slice_proto {
    use super::*;

    /// The part along one dimension.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Extent {
        #[prost(int64, tag = "1")]
        pub start: i64,
        #[prost(oneof = "extent::HasLengthHack", tags = "2")]
        pub has_length_hack: Option<extent::HasLengthHack>,
    }

    impl Described for Extent {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.TensorSliceProto.Extent",
                &[one(1, "start", INT64), member("has_length_hack", 2, "length", INT64)],
            );
            &IT
        }
    }

    /// What belongs to [`Extent`] alone.
    pub mod extent {
        /// Which of the alternatives is set.
        #[derive(Clone, PartialEq, prost::Oneof)]
        pub enum HasLengthHack {
            #[prost(int64, tag = "2")]
            Length(i64),
        }
    }
}
