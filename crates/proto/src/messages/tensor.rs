//! Tensor values, shapes and resource handles.

use prost::bytes::Bytes;

use crate::DataType;
use crate::descriptor::notation::{
    BOOL, BYTES, DOUBLE, FLOAT, INT32, INT64, STRING, UINT32, UINT64, enumeration, many, message, one,
};
use crate::descriptor::{Described, Descriptor};

/// A shape, of known or unknown rank.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TensorShapeProto {
    #[prost(message, repeated, tag = "2")]
    pub dim: Vec<tensor_shape_proto::Dim>,
    /// Whether the rank is unknown; `dim` is then empty.
    #[prost(bool, tag = "3")]
    pub unknown_rank: bool,
}

impl Described for TensorShapeProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.TensorShapeProto",
            &[many(2, "dim", message::<tensor_shape_proto::Dim>()), one(3, "unknown_rank", BOOL)],
        );
        &IT
    }
}

/// What belongs to [`TensorShapeProto`] alone.
pub mod tensor_shape_proto {
    use super::*;

    /// One dimension of a shape.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Dim {
        /// The size, or -1 when it is not known.
        #[prost(int64, tag = "1")]
        pub size: i64,
        #[prost(string, tag = "2")]
        pub name: String,
    }

    impl Described for Dim {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.TensorShapeProto.Dim",
                &[one(1, "size", INT64), one(2, "name", STRING)],
            );
            &IT
        }
    }
}

/// A tensor's dtype, shape and values.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TensorProto {
    #[prost(enumeration = "DataType", tag = "1")]
    pub dtype: i32,
    #[prost(message, optional, tag = "2")]
    pub tensor_shape: Option<TensorShapeProto>,
    #[prost(int32, tag = "3")]
    pub version_number: i32,
    /// The values' bytes in memory order, little-endian. Decoding from `Bytes` shares them without a copy.
    #[prost(bytes = "bytes", tag = "4")]
    pub tensor_content: Bytes,
    #[prost(float, repeated, tag = "5")]
    pub float_val: Vec<f32>,
    #[prost(double, repeated, tag = "6")]
    pub double_val: Vec<f64>,
    /// The values of every integer dtype of up to 32 signed or 16 unsigned bits.
    #[prost(int32, repeated, tag = "7")]
    pub int_val: Vec<i32>,
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub string_val: Vec<Vec<u8>>,
    /// Real and imaginary parts by turns.
    #[prost(float, repeated, tag = "9")]
    pub scomplex_val: Vec<f32>,
    #[prost(int64, repeated, tag = "10")]
    pub int64_val: Vec<i64>,
    #[prost(bool, repeated, tag = "11")]
    pub bool_val: Vec<bool>,
    /// Real and imaginary parts by turns.
    #[prost(double, repeated, tag = "12")]
    pub dcomplex_val: Vec<f64>,
    /// The bits of `DT_HALF` and `DT_BFLOAT16` values, a value an item.
    #[prost(int32, repeated, tag = "13")]
    pub half_val: Vec<i32>,
    #[prost(message, repeated, tag = "14")]
    pub resource_handle_val: Vec<ResourceHandleProto>,
    #[prost(message, repeated, tag = "15")]
    pub variant_val: Vec<VariantTensorDataProto>,
    #[prost(uint32, repeated, tag = "16")]
    pub uint32_val: Vec<u32>,
    #[prost(uint64, repeated, tag = "17")]
    pub uint64_val: Vec<u64>,
    #[prost(bytes = "vec", tag = "18")]
    pub float8_val: Vec<u8>,
}

impl Described for TensorProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.TensorProto",
            &[
                one(1, "dtype", enumeration::<DataType>()),
                one(2, "tensor_shape", message::<TensorShapeProto>()),
                one(3, "version_number", INT32),
                one(4, "tensor_content", BYTES),
                many(5, "float_val", FLOAT),
                many(6, "double_val", DOUBLE),
                many(7, "int_val", INT32),
                many(8, "string_val", BYTES),
                many(9, "scomplex_val", FLOAT),
                many(10, "int64_val", INT64),
                many(11, "bool_val", BOOL),
                many(12, "dcomplex_val", DOUBLE),
                many(13, "half_val", INT32),
                many(14, "resource_handle_val", message::<ResourceHandleProto>()),
                many(15, "variant_val", message::<VariantTensorDataProto>()),
                many(16, "uint32_val", UINT32),
                many(17, "uint64_val", UINT64),
                one(18, "float8_val", BYTES),
            ],
        );
        &IT
    }
}

/// A value of dtype `DT_VARIANT`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VariantTensorDataProto {
    #[prost(string, tag = "1")]
    pub type_name: String,
    #[prost(bytes = "vec", tag = "2")]
    pub metadata: Vec<u8>,
    #[prost(message, repeated, tag = "3")]
    pub tensors: Vec<TensorProto>,
}

impl Described for VariantTensorDataProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.VariantTensorDataProto",
            &[
                one(1, "type_name", STRING),
                one(2, "metadata", BYTES),
                many(3, "tensors", message::<TensorProto>()),
            ],
        );
        &IT
    }
}

/// A handle to a resource, such as a variable or a table.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResourceHandleProto {
    #[prost(string, tag = "1")]
    pub device: String,
    #[prost(string, tag = "2")]
    pub container: String,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(uint64, tag = "4")]
    pub hash_code: u64,
    #[prost(string, tag = "5")]
    pub maybe_type_name: String,
    #[prost(message, repeated, tag = "6")]
    pub dtypes_and_shapes: Vec<resource_handle_proto::DtypeAndShape>,
}

impl Described for ResourceHandleProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.ResourceHandleProto",
            &[
                one(1, "device", STRING),
                one(2, "container", STRING),
                one(3, "name", STRING),
                one(4, "hash_code", UINT64),
                one(5, "maybe_type_name", STRING),
                many(6, "dtypes_and_shapes", message::<resource_handle_proto::DtypeAndShape>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`ResourceHandleProto`] alone.
pub mod resource_handle_proto {
    use super::*;

    /// The dtype and shape of what a resource holds.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct DtypeAndShape {
        #[prost(enumeration = "DataType", tag = "1")]
        pub dtype: i32,
        #[prost(message, optional, tag = "2")]
        pub shape: Option<TensorShapeProto>,
    }

    impl Described for DtypeAndShape {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.ResourceHandleProto.DtypeAndShape",
                &[one(1, "dtype", enumeration::<DataType>()), one(2, "shape", message::<TensorShapeProto>())],
            );
            &IT
        }
    }
}

/// A tensor and its name.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NamedTensorProto {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub tensor: Option<TensorProto>,
}

impl Described for NamedTensorProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.NamedTensorProto",
            &[one(1, "name", STRING), one(2, "tensor", message::<TensorProto>())],
        );
        &IT
    }
}
