//! The records of a V1 checkpoint.

use crate::descriptor::notation::{STRING, enumeration, many, message, one};
use crate::descriptor::{Described, Descriptor};
use crate::{DataType, TensorProto, TensorShapeProto, TensorSliceProto, VersionDef};

/// The slices of one tensor in a V1 checkpoint.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedSliceMeta {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
    #[prost(enumeration = "DataType", tag = "3")]
    pub r#type: i32,
    #[prost(message, repeated, tag = "4")]
    pub slice: Vec<TensorSliceProto>,
}

impl Described for SavedSliceMeta {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SavedSliceMeta",
            &[
                one(1, "name", STRING),
                one(2, "shape", message::<TensorShapeProto>()),
                one(3, "type", enumeration::<DataType>()),
                many(4, "slice", message::<TensorSliceProto>()),
            ],
        );
        &IT
    }
}

/// The tensors of a V1 checkpoint.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedTensorSliceMeta {
    #[prost(message, repeated, tag = "1")]
    pub tensor: Vec<SavedSliceMeta>,
    #[prost(message, optional, tag = "2")]
    pub versions: Option<VersionDef>,
}

impl Described for SavedTensorSliceMeta {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SavedTensorSliceMeta",
            &[many(1, "tensor", message::<SavedSliceMeta>()), one(2, "versions", message::<VersionDef>())],
        );
        &IT
    }
}

/// One slice with its values.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedSlice {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub slice: Option<TensorSliceProto>,
    #[prost(message, optional, tag = "3")]
    pub data: Option<TensorProto>,
}

impl Described for SavedSlice {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SavedSlice",
            &[
                one(1, "name", STRING),
                one(2, "slice", message::<TensorSliceProto>()),
                one(3, "data", message::<TensorProto>()),
            ],
        );
        &IT
    }
}

/// A record of a V1 checkpoint: the metadata or one slice.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedTensorSlices {
    #[prost(message, optional, tag = "1")]
    pub meta: Option<SavedTensorSliceMeta>,
    #[prost(message, optional, tag = "2")]
    pub data: Option<SavedSlice>,
}

impl Described for SavedTensorSlices {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SavedTensorSlices",
            &[one(1, "meta", message::<SavedTensorSliceMeta>()), one(2, "data", message::<SavedSlice>())],
        );
        &IT
    }
}
