//! `FullTypeDef`: TensorFlow's experimental type descriptions.

use crate::descriptor::notation::{INT64, STRING, enumeration, many, member, message, one};
use crate::descriptor::{Described, DescribedEnum, Descriptor, EnumDescriptor};

/// A type with its arguments, such as `TFT_PRODUCT[TFT_TENSOR[TFT_INT32]]`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FullTypeDef {
    #[prost(enumeration = "FullTypeId", tag = "1")]
    pub type_id: i32,
    #[prost(message, repeated, tag = "2")]
    pub args: Vec<FullTypeDef>,
    #[prost(oneof = "full_type_def::Attr", tags = "3, 4")]
    pub attr: Option<full_type_def::Attr>,
}

impl Described for FullTypeDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.FullTypeDef",
            &[
                one(1, "type_id", enumeration::<FullTypeId>()),
                many(2, "args", message::<FullTypeDef>()),
                member("attr", 3, "s", STRING),
                member("attr", 4, "i", INT64),
            ],
        );
        &IT
    }
}

/// What belongs to [`FullTypeDef`] alone.
pub mod full_type_def {
    /// Which of the alternatives is set.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Attr {
        #[prost(string, tag = "3")]
        S(String),
        #[prost(int64, tag = "4")]
        I(i64),
    }
}

/// The constructors of [`FullTypeDef`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum FullTypeId {
    Unset = 0,
    Var = 1,
    Any = 2,
    Product = 3,
    Named = 4,
    ForEach = 20,
    Callable = 100,
    Tensor = 1000,
    Array = 1001,
    Optional = 1002,
    Literal = 1003,
    Encoded = 1004,
    ShapeTensor = 1005,
    Bool = 200,
    Uint8 = 201,
    Uint16 = 202,
    Uint32 = 203,
    Uint64 = 204,
    Int8 = 205,
    Int16 = 206,
    Int32 = 207,
    Int64 = 208,
    Half = 209,
    Float = 210,
    Double = 211,
    Bfloat16 = 215,
    Complex64 = 212,
    Complex128 = 213,
    String = 214,
    Dataset = 10102,
    Ragged = 10103,
    Iterator = 10104,
    MutexLock = 10202,
    LegacyVariant = 10203,
}

impl DescribedEnum for FullTypeId {
    fn descriptor() -> &'static EnumDescriptor {
        static IT: EnumDescriptor = EnumDescriptor::new(
            "tensorflow.FullTypeId",
            &[
                ("TFT_UNSET", 0),
                ("TFT_VAR", 1),
                ("TFT_ANY", 2),
                ("TFT_PRODUCT", 3),
                ("TFT_NAMED", 4),
                ("TFT_FOR_EACH", 20),
                ("TFT_CALLABLE", 100),
                ("TFT_TENSOR", 1000),
                ("TFT_ARRAY", 1001),
                ("TFT_OPTIONAL", 1002),
                ("TFT_LITERAL", 1003),
                ("TFT_ENCODED", 1004),
                ("TFT_SHAPE_TENSOR", 1005),
                ("TFT_BOOL", 200),
                ("TFT_UINT8", 201),
                ("TFT_UINT16", 202),
                ("TFT_UINT32", 203),
                ("TFT_UINT64", 204),
                ("TFT_INT8", 205),
                ("TFT_INT16", 206),
                ("TFT_INT32", 207),
                ("TFT_INT64", 208),
                ("TFT_HALF", 209),
                ("TFT_FLOAT", 210),
                ("TFT_DOUBLE", 211),
                ("TFT_BFLOAT16", 215),
                ("TFT_COMPLEX64", 212),
                ("TFT_COMPLEX128", 213),
                ("TFT_STRING", 214),
                ("TFT_DATASET", 10102),
                ("TFT_RAGGED", 10103),
                ("TFT_ITERATOR", 10104),
                ("TFT_MUTEX_LOCK", 10202),
                ("TFT_LEGACY_VARIANT", 10203),
            ],
        );
        &IT
    }
}
