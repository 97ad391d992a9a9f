//! Nested Python structures (signatures of functions, type specs) as messages.

use std::collections::BTreeMap;

use crate::descriptor::notation::{
    BOOL, DOUBLE, INT32, SINT64, STRING, enumeration, many, map, member, message, one,
};
use crate::descriptor::{Described, DescribedEnum, Descriptor, EnumDescriptor};
use crate::{DataType, TensorProto, TensorShapeProto};

/// A nested structure, or a leaf of one.
#[derive(Clone, PartialEq, prost::Message)]
pub struct StructuredValue {
    #[prost(oneof = "Kind", tags = "1, 11, 12, 13, 14, 31, 32, 33, 34, 35, 51, 52, 53, 54, 55, 56")]
    pub kind: Option<Kind>,
}

impl Described for StructuredValue {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.StructuredValue",
            &[
                member("kind", 1, "none_value", message::<NoneValue>()),
                member("kind", 11, "float64_value", DOUBLE),
                member("kind", 12, "int64_value", SINT64),
                member("kind", 13, "string_value", STRING),
                member("kind", 14, "bool_value", BOOL),
                member("kind", 31, "tensor_shape_value", message::<TensorShapeProto>()),
                member("kind", 32, "tensor_dtype_value", enumeration::<DataType>()),
                member("kind", 33, "tensor_spec_value", message::<TensorSpecProto>()),
                member("kind", 34, "type_spec_value", message::<TypeSpecProto>()),
                member("kind", 35, "bounded_tensor_spec_value", message::<BoundedTensorSpecProto>()),
                member("kind", 51, "list_value", message::<ListValue>()),
                member("kind", 52, "tuple_value", message::<TupleValue>()),
                member("kind", 53, "dict_value", message::<DictValue>()),
                member("kind", 54, "named_tuple_value", message::<NamedTupleValue>()),
                member("kind", 55, "tensor_value", message::<TensorProto>()),
                member("kind", 56, "numpy_value", message::<TensorProto>()),
            ],
        );
        &IT
    }
}

/// Which of the alternatives is set.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Kind {
    #[prost(message, tag = "1")]
    NoneValue(NoneValue),
    #[prost(double, tag = "11")]
    Float64Value(f64),
    #[prost(sint64, tag = "12")]
    Int64Value(i64),
    #[prost(string, tag = "13")]
    StringValue(String),
    #[prost(bool, tag = "14")]
    BoolValue(bool),
    #[prost(message, tag = "31")]
    TensorShapeValue(TensorShapeProto),
    #[prost(enumeration = "DataType", tag = "32")]
    TensorDtypeValue(i32),
    #[prost(message, tag = "33")]
    TensorSpecValue(TensorSpecProto),
    #[prost(message, boxed, tag = "34")]
    TypeSpecValue(Box<TypeSpecProto>),
    #[prost(message, boxed, tag = "35")]
    BoundedTensorSpecValue(Box<BoundedTensorSpecProto>),
    #[prost(message, tag = "51")]
    ListValue(ListValue),
    #[prost(message, tag = "52")]
    TupleValue(TupleValue),
    #[prost(message, tag = "53")]
    DictValue(DictValue),
    #[prost(message, tag = "54")]
    NamedTupleValue(NamedTupleValue),
    #[prost(message, boxed, tag = "55")]
    TensorValue(Box<TensorProto>),
    #[prost(message, boxed, tag = "56")]
    NumpyValue(Box<TensorProto>),
}

/// Python's `None`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NoneValue {}

impl Described for NoneValue {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.NoneValue", &[]);
        &IT
    }
}

/// A list.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListValue {
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<StructuredValue>,
}

impl Described for ListValue {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.ListValue", &[many(1, "values", message::<StructuredValue>())]);
        &IT
    }
}

/// A tuple.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TupleValue {
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<StructuredValue>,
}

impl Described for TupleValue {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.TupleValue", &[many(1, "values", message::<StructuredValue>())]);
        &IT
    }
}

/// A dict with string keys.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DictValue {
    #[prost(btree_map = "string, message", tag = "1")]
    pub fields: BTreeMap<String, StructuredValue>,
}

impl Described for DictValue {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.DictValue",
            &[map(1, "fields", STRING, message::<StructuredValue>())],
        );
        &IT
    }
}

/// A named value.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PairValue {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(message, optional, tag = "2")]
    pub value: Option<StructuredValue>,
}

impl Described for PairValue {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.PairValue",
            &[one(1, "key", STRING), one(2, "value", message::<StructuredValue>())],
        );
        &IT
    }
}

/// A named tuple.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NamedTupleValue {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, repeated, tag = "2")]
    pub values: Vec<PairValue>,
}

impl Described for NamedTupleValue {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.NamedTupleValue",
            &[one(1, "name", STRING), many(2, "values", message::<PairValue>())],
        );
        &IT
    }
}

/// `tf.TensorSpec`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TensorSpecProto {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
    #[prost(enumeration = "DataType", tag = "3")]
    pub dtype: i32,
}

impl Described for TensorSpecProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.TensorSpecProto",
            &[
                one(1, "name", STRING),
                one(2, "shape", message::<TensorShapeProto>()),
                one(3, "dtype", enumeration::<DataType>()),
            ],
        );
        &IT
    }
}

/// `tf.BoundedTensorSpec`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BoundedTensorSpecProto {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
    #[prost(enumeration = "DataType", tag = "3")]
    pub dtype: i32,
    #[prost(message, optional, tag = "4")]
    pub minimum: Option<TensorProto>,
    #[prost(message, optional, tag = "5")]
    pub maximum: Option<TensorProto>,
}

impl Described for BoundedTensorSpecProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.BoundedTensorSpecProto",
            &[
                one(1, "name", STRING),
                one(2, "shape", message::<TensorShapeProto>()),
                one(3, "dtype", enumeration::<DataType>()),
                one(4, "minimum", message::<TensorProto>()),
                one(5, "maximum", message::<TensorProto>()),
            ],
        );
        &IT
    }
}

/// A `tf.TypeSpec` of any class.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TypeSpecProto {
    #[prost(enumeration = "type_spec_proto::TypeSpecClass", tag = "1")]
    pub type_spec_class: i32,
    #[prost(message, optional, tag = "2")]
    pub type_state: Option<StructuredValue>,
    #[prost(string, tag = "3")]
    pub type_spec_class_name: String,
    #[prost(int32, tag = "4")]
    pub num_flat_components: i32,
}

impl Described for TypeSpecProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.TypeSpecProto",
            &[
                one(1, "type_spec_class", enumeration::<type_spec_proto::TypeSpecClass>()),
                one(2, "type_state", message::<StructuredValue>()),
                one(3, "type_spec_class_name", STRING),
                one(4, "num_flat_components", INT32),
            ],
        );
        &IT
    }
}

/// What belongs to [`TypeSpecProto`] alone.
pub mod type_spec_proto {
    use super::*;

    /// The classes of type spec that have a number.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum TypeSpecClass {
        Unknown = 0,
        SparseTensorSpec = 1,
        IndexedSlicesSpec = 2,
        RaggedTensorSpec = 3,
        TensorArraySpec = 4,
        DataDatasetSpec = 5,
        DataIteratorSpec = 6,
        OptionalSpec = 7,
        PerReplicaSpec = 8,
        VariableSpec = 9,
        RowPartitionSpec = 10,
        RegisteredTypeSpec = 12,
        ExtensionTypeSpec = 13,
    }

    impl DescribedEnum for TypeSpecClass {
        fn descriptor() -> &'static EnumDescriptor {
            static IT: EnumDescriptor = EnumDescriptor::new(
                "tensorflow.TypeSpecProto.TypeSpecClass",
                &[
                    ("UNKNOWN", 0),
                    ("SPARSE_TENSOR_SPEC", 1),
                    ("INDEXED_SLICES_SPEC", 2),
                    ("RAGGED_TENSOR_SPEC", 3),
                    ("TENSOR_ARRAY_SPEC", 4),
                    ("DATA_DATASET_SPEC", 5),
                    ("DATA_ITERATOR_SPEC", 6),
                    ("OPTIONAL_SPEC", 7),
                    ("PER_REPLICA_SPEC", 8),
                    ("VARIABLE_SPEC", 9),
                    ("ROW_PARTITION_SPEC", 10),
                    ("REGISTERED_TYPE_SPEC", 12),
                    ("EXTENSION_TYPE_SPEC", 13),
                ],
            );
            &IT
        }
    }
}

/// The metadata of a composite value that is held in a variant.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CompositeTensorVariantMetadata {
    #[prost(message, optional, tag = "1")]
    pub type_spec_proto: Option<TypeSpecProto>,
}

impl Described for CompositeTensorVariantMetadata {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.CompositeTensorVariantMetadata",
            &[one(1, "type_spec_proto", message::<TypeSpecProto>())],
        );
        &IT
    }
}
