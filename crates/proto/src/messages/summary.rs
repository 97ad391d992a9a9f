//! Summaries: what training reports per step.

use crate::TensorProto;
use crate::descriptor::notation::{
    BYTES, DOUBLE, FLOAT, INT32, INT64, STRING, enumeration, many, member, message, one,
};
use crate::descriptor::{Described, DescribedEnum, Descriptor, EnumDescriptor};

/// The values of a summary.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<Value>,
}

impl Described for Summary {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.Summary", &[many(1, "value", message::<Value>())]);
        &IT
    }
}

/// An encoded image.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Image {
    #[prost(int32, tag = "1")]
    pub height: i32,
    #[prost(int32, tag = "2")]
    pub width: i32,
    #[prost(int32, tag = "3")]
    pub colorspace: i32,
    #[prost(bytes = "vec", tag = "4")]
    pub encoded_image_string: Vec<u8>,
}

impl Described for Image {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.Summary.Image",
            &[
                one(1, "height", INT32),
                one(2, "width", INT32),
                one(3, "colorspace", INT32),
                one(4, "encoded_image_string", BYTES),
            ],
        );
        &IT
    }
}

/// An encoded sound.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Audio {
    #[prost(float, tag = "1")]
    pub sample_rate: f32,
    #[prost(int64, tag = "2")]
    pub num_channels: i64,
    #[prost(int64, tag = "3")]
    pub length_frames: i64,
    #[prost(bytes = "vec", tag = "4")]
    pub encoded_audio_string: Vec<u8>,
    #[prost(string, tag = "5")]
    pub content_type: String,
}

impl Described for Audio {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.Summary.Audio",
            &[
                one(1, "sample_rate", FLOAT),
                one(2, "num_channels", INT64),
                one(3, "length_frames", INT64),
                one(4, "encoded_audio_string", BYTES),
                one(5, "content_type", STRING),
            ],
        );
        &IT
    }
}

/// One value and its tag.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Value {
    #[prost(string, tag = "1")]
    pub tag: String,
    #[prost(oneof = "value::Value", tags = "2, 3, 4, 5, 6, 8")]
    pub value: Option<value::Value>,
    #[prost(string, tag = "7")]
    pub node_name: String,
    #[prost(message, optional, tag = "9")]
    pub metadata: Option<SummaryMetadata>,
}

impl Described for Value {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.Summary.Value",
            &[
                one(1, "tag", STRING),
                member("value", 2, "simple_value", FLOAT),
                member("value", 3, "obsolete_old_style_histogram", BYTES),
                member("value", 4, "image", message::<Image>()),
                member("value", 5, "histo", message::<HistogramProto>()),
                member("value", 6, "audio", message::<Audio>()),
                one(7, "node_name", STRING),
                member("value", 8, "tensor", message::<TensorProto>()),
                one(9, "metadata", message::<SummaryMetadata>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`Value`] alone.
pub mod value {
    use super::*;

    /// Which of the alternatives is set.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Value {
        #[prost(float, tag = "2")]
        SimpleValue(f32),
        #[prost(bytes = "vec", tag = "3")]
        ObsoleteOldStyleHistogram(Vec<u8>),
        #[prost(message, tag = "4")]
        Image(Image),
        #[prost(message, tag = "5")]
        Histo(HistogramProto),
        #[prost(message, tag = "6")]
        Audio(Audio),
        #[prost(message, boxed, tag = "8")]
        Tensor(Box<TensorProto>),
    }
}

/// Which plugin shows a value, and how.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SummaryMetadata {
    #[prost(message, optional, tag = "1")]
    pub plugin_data: Option<summary_metadata::PluginData>,
    #[prost(string, tag = "2")]
    pub display_name: String,
    #[prost(string, tag = "3")]
    pub summary_description: String,
    #[prost(enumeration = "DataClass", tag = "4")]
    pub data_class: i32,
}

impl Described for SummaryMetadata {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SummaryMetadata",
            &[
                one(1, "plugin_data", message::<summary_metadata::PluginData>()),
                one(2, "display_name", STRING),
                one(3, "summary_description", STRING),
                one(4, "data_class", enumeration::<DataClass>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`SummaryMetadata`] alone.
pub mod summary_metadata {
    use super::*;

    /// A plugin and its data.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct PluginData {
        #[prost(string, tag = "1")]
        pub plugin_name: String,
        #[prost(bytes = "vec", tag = "2")]
        pub content: Vec<u8>,
    }

    impl Described for PluginData {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.SummaryMetadata.PluginData",
                &[one(1, "plugin_name", STRING), one(2, "content", BYTES)],
            );
            &IT
        }
    }
}

/// What a summary op gives.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SummaryDescription {
    #[prost(string, tag = "1")]
    pub type_hint: String,
}

impl Described for SummaryDescription {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.SummaryDescription", &[one(1, "type_hint", STRING)]);
        &IT
    }
}

/// What kind of data a summary's tensor holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum DataClass {
    Unknown = 0,
    Scalar = 1,
    Tensor = 2,
    BlobSequence = 3,
}

impl DescribedEnum for DataClass {
    fn descriptor() -> &'static EnumDescriptor {
        static IT: EnumDescriptor = EnumDescriptor::new(
            "tensorflow.DataClass",
            &[
                ("DATA_CLASS_UNKNOWN", 0),
                ("DATA_CLASS_SCALAR", 1),
                ("DATA_CLASS_TENSOR", 2),
                ("DATA_CLASS_BLOB_SEQUENCE", 3),
            ],
        );
        &IT
    }
}

/// A histogram: counts by bucket.
#[derive(Clone, PartialEq, prost::Message)]
pub struct HistogramProto {
    #[prost(double, tag = "1")]
    pub min: f64,
    #[prost(double, tag = "2")]
    pub max: f64,
    #[prost(double, tag = "3")]
    pub num: f64,
    #[prost(double, tag = "4")]
    pub sum: f64,
    #[prost(double, tag = "5")]
    pub sum_squares: f64,
    #[prost(double, repeated, tag = "6")]
    pub bucket_limit: Vec<f64>,
    #[prost(double, repeated, tag = "7")]
    pub bucket: Vec<f64>,
}

impl Described for HistogramProto {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.HistogramProto",
            &[
                one(1, "min", DOUBLE),
                one(2, "max", DOUBLE),
                one(3, "num", DOUBLE),
                one(4, "sum", DOUBLE),
                one(5, "sum_squares", DOUBLE),
                many(6, "bucket_limit", DOUBLE),
                many(7, "bucket", DOUBLE),
            ],
        );
        &IT
    }
}
