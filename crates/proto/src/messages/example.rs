//! Training examples and how they are parsed.

use std::collections::BTreeMap;

use crate::descriptor::notation::{
    BYTES, FLOAT, INT64, STRING, enumeration, many, map, member, message, one,
};
use crate::descriptor::{Described, Descriptor};
use crate::{DataType, TensorProto, TensorShapeProto};

/// A training example: its features, by name.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Example {
    #[prost(message, optional, tag = "1")]
    pub features: Option<Features>,
}

impl Described for Example {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.Example", &[one(1, "features", message::<Features>())]);
        &IT
    }
}

/// A training example with lists of features.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SequenceExample {
    #[prost(message, optional, tag = "1")]
    pub context: Option<Features>,
    #[prost(message, optional, tag = "2")]
    pub feature_lists: Option<FeatureLists>,
}

impl Described for SequenceExample {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SequenceExample",
            &[one(1, "context", message::<Features>()), one(2, "feature_lists", message::<FeatureLists>())],
        );
        &IT
    }
}

/// Features, by name.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Features {
    #[prost(btree_map = "string, message", tag = "1")]
    pub feature: BTreeMap<String, Feature>,
}

impl Described for Features {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.Features", &[map(1, "feature", STRING, message::<Feature>())]);
        &IT
    }
}

/// The values of one feature.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Feature {
    #[prost(oneof = "feature::Kind", tags = "1, 2, 3")]
    pub kind: Option<feature::Kind>,
}

impl Described for Feature {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.Feature",
            &[
                member("kind", 1, "bytes_list", message::<BytesList>()),
                member("kind", 2, "float_list", message::<FloatList>()),
                member("kind", 3, "int64_list", message::<Int64List>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`Feature`] alone.
pub mod feature {
    use super::*;

    /// Which of the alternatives is set.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Kind {
        #[prost(message, tag = "1")]
        BytesList(BytesList),
        #[prost(message, tag = "2")]
        FloatList(FloatList),
        #[prost(message, tag = "3")]
        Int64List(Int64List),
    }
}

/// Lists of features, by name.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FeatureLists {
    #[prost(btree_map = "string, message", tag = "1")]
    pub feature_list: BTreeMap<String, FeatureList>,
}

impl Described for FeatureLists {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.FeatureLists",
            &[map(1, "feature_list", STRING, message::<FeatureList>())],
        );
        &IT
    }
}

/// A list of features.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FeatureList {
    #[prost(message, repeated, tag = "1")]
    pub feature: Vec<Feature>,
}

impl Described for FeatureList {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.FeatureList", &[many(1, "feature", message::<Feature>())]);
        &IT
    }
}

/// Byte strings.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BytesList {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub value: Vec<Vec<u8>>,
}

impl Described for BytesList {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.BytesList", &[many(1, "value", BYTES)]);
        &IT
    }
}

/// Floats.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FloatList {
    #[prost(float, repeated, tag = "1")]
    pub value: Vec<f32>,
}

impl Described for FloatList {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.FloatList", &[many(1, "value", FLOAT)]);
        &IT
    }
}

/// Integers.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Int64List {
    #[prost(int64, repeated, tag = "1")]
    pub value: Vec<i64>,
}

impl Described for Int64List {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.Int64List", &[many(1, "value", INT64)]);
        &IT
    }
}

/// How the features of an example are parsed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ExampleParserConfiguration {
    #[prost(btree_map = "string, message", tag = "1")]
    pub feature_map: BTreeMap<String, FeatureConfiguration>,
}

impl Described for ExampleParserConfiguration {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.ExampleParserConfiguration",
            &[map(1, "feature_map", STRING, message::<FeatureConfiguration>())],
        );
        &IT
    }
}

/// How one feature is parsed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FeatureConfiguration {
    #[prost(oneof = "feature_configuration::Config", tags = "1, 2")]
    pub config: Option<feature_configuration::Config>,
}

impl Described for FeatureConfiguration {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.FeatureConfiguration",
            &[
                member("config", 1, "fixed_len_feature", message::<FixedLenFeatureProto>()),
                member("config", 2, "var_len_feature", message::<VarLenFeatureProto>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`FeatureConfiguration`] alone.
pub mod feature_configuration {
    use super::*;

    /// Which of the alternatives is set.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Config {
        #[prost(message, boxed, tag = "1")]
        FixedLenFeature(Box<FixedLenFeatureProto>),
        #[prost(message, tag = "2")]
        VarLenFeature(VarLenFeatureProto),
    }
}

/// A feature that is parsed to a dense tensor.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FixedLenFeatureProto {
    #[prost(enumeration = "DataType", tag = "1")]
    pub dtype: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
    #[prost(message, optional, tag = "3")]
    pub default_value: Option<TensorProto>,
    #[prost(string, tag = "4")]
    pub values_output_tensor_name: String,
}

impl Described for FixedLenFeatureProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.FixedLenFeatureProto",
            &[
                one(1, "dtype", enumeration::<DataType>()),
                one(2, "shape", message::<TensorShapeProto>()),
                one(3, "default_value", message::<TensorProto>()),
                one(4, "values_output_tensor_name", STRING),
            ],
        );
        &IT
    }
}

/// A feature that is parsed to a sparse tensor.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VarLenFeatureProto {
    #[prost(enumeration = "DataType", tag = "1")]
    pub dtype: i32,
    #[prost(string, tag = "2")]
    pub values_output_tensor_name: String,
    #[prost(string, tag = "3")]
    pub indices_output_tensor_name: String,
    #[prost(string, tag = "4")]
    pub shapes_output_tensor_name: String,
}

impl Described for VarLenFeatureProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.VarLenFeatureProto",
            &[
                one(1, "dtype", enumeration::<DataType>()),
                one(2, "values_output_tensor_name", STRING),
                one(3, "indices_output_tensor_name", STRING),
                one(4, "shapes_output_tensor_name", STRING),
            ],
        );
        &IT
    }
}
