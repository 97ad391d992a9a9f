//! Shapes and dtypes behind resource handles, as shape inference reports them.

use crate::descriptor::notation::{BOOL, INT32, enumeration, many, message, one};
use crate::descriptor::{Described, Descriptor};
use crate::{DataType, FullTypeDef, TensorShapeProto};

/// An inferred shape, and what is known of the resource behind a handle.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CppShapeInferenceResult {
    #[prost(message, optional, tag = "1")]
    pub shape: Option<TensorShapeProto>,
    #[prost(message, optional, tag = "4")]
    pub handle_data: Option<cpp_shape_inference_result::HandleData>,
}

impl Described for CppShapeInferenceResult {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.core.CppShapeInferenceResult",
            &[
                one(1, "shape", message::<TensorShapeProto>()),
                one(4, "handle_data", message::<cpp_shape_inference_result::HandleData>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`CppShapeInferenceResult`] alone.
pub mod cpp_shape_inference_result {
    use super::*;

    /// The shape and type of what a resource holds.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct HandleShapeAndType {
        #[prost(message, optional, tag = "1")]
        pub shape: Option<TensorShapeProto>,
        #[prost(enumeration = "DataType", tag = "2")]
        pub dtype: i32,
        #[prost(message, optional, tag = "4")]
        pub r#type: Option<FullTypeDef>,
    }

    impl Described for HandleShapeAndType {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.core.CppShapeInferenceResult.HandleShapeAndType",
                &[
                    one(1, "shape", message::<TensorShapeProto>()),
                    one(2, "dtype", enumeration::<DataType>()),
                    one(4, "type", message::<FullTypeDef>()),
                ],
            );
            &IT
        }
    }

    /// What is known of the resource behind a handle.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct HandleData {
        #[prost(bool, tag = "1")]
        pub is_set: bool,
        #[prost(message, repeated, tag = "2")]
        pub shape_and_type: Vec<HandleShapeAndType>,
    }

    impl Described for HandleData {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.core.CppShapeInferenceResult.HandleData",
                &[one(1, "is_set", BOOL), many(2, "shape_and_type", message::<HandleShapeAndType>())],
            );
            &IT
        }
    }
}

/// Which constant inputs a shape function asks for.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CppShapeInferenceInputsNeeded {
    #[prost(int32, repeated, tag = "1")]
    pub input_tensors_needed: Vec<i32>,
    #[prost(int32, repeated, tag = "2")]
    pub input_tensors_as_shapes_needed: Vec<i32>,
}

impl Described for CppShapeInferenceInputsNeeded {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.core.CppShapeInferenceInputsNeeded",
            &[many(1, "input_tensors_needed", INT32), many(2, "input_tensors_as_shapes_needed", INT32)],
        );
        &IT
    }
}
