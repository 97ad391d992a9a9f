//! Attribute values of nodes, ops and functions.

use std::collections::BTreeMap;

use crate::descriptor::notation::{
    BOOL, BYTES, FLOAT, INT64, STRING, enumeration, many, map, member, message, one,
};
use crate::descriptor::{Described, Descriptor};
use crate::{DataType, TensorProto, TensorShapeProto};

/// The value of an attribute. Unset, it is the type of the attribute that decides what it stands for.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AttrValue {
    #[prost(oneof = "Value", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10")]
    pub value: Option<Value>,
}

impl Described for AttrValue {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.AttrValue",
            &[
                member("value", 1, "list", message::<ListValue>()),
                member("value", 2, "s", BYTES),
                member("value", 3, "i", INT64),
                member("value", 4, "f", FLOAT),
                member("value", 5, "b", BOOL),
                member("value", 6, "type", enumeration::<DataType>()),
                member("value", 7, "shape", message::<TensorShapeProto>()),
                member("value", 8, "tensor", message::<TensorProto>()),
                member("value", 9, "placeholder", STRING),
                member("value", 10, "func", message::<NameAttrList>()),
            ],
        );
        &IT
    }
}

/// The kinds of value an attribute can have.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Value {
    #[prost(message, boxed, tag = "1")]
    List(Box<ListValue>),
    #[prost(bytes = "vec", tag = "2")]
    S(Vec<u8>),
    #[prost(int64, tag = "3")]
    I(i64),
    #[prost(float, tag = "4")]
    F(f32),
    #[prost(bool, tag = "5")]
    B(bool),
    #[prost(enumeration = "DataType", tag = "6")]
    Type(i32),
    #[prost(message, tag = "7")]
    Shape(TensorShapeProto),
    #[prost(message, boxed, tag = "8")]
    Tensor(Box<TensorProto>),
    #[prost(string, tag = "9")]
    Placeholder(String),
    #[prost(message, tag = "10")]
    Func(NameAttrList),
}

/// A list of values, of which all are of one kind.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListValue {
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub s: Vec<Vec<u8>>,
    #[prost(int64, repeated, tag = "3")]
    pub i: Vec<i64>,
    #[prost(float, repeated, tag = "4")]
    pub f: Vec<f32>,
    #[prost(bool, repeated, tag = "5")]
    pub b: Vec<bool>,
    #[prost(enumeration = "DataType", repeated, tag = "6")]
    pub r#type: Vec<i32>,
    #[prost(message, repeated, tag = "7")]
    pub shape: Vec<TensorShapeProto>,
    #[prost(message, repeated, tag = "8")]
    pub tensor: Vec<TensorProto>,
    #[prost(message, repeated, tag = "9")]
    pub func: Vec<NameAttrList>,
}

impl Described for ListValue {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.AttrValue.ListValue",
            &[
                many(2, "s", BYTES),
                many(3, "i", INT64),
                many(4, "f", FLOAT),
                many(5, "b", BOOL),
                many(6, "type", enumeration::<DataType>()),
                many(7, "shape", message::<TensorShapeProto>()),
                many(8, "tensor", message::<TensorProto>()),
                many(9, "func", message::<NameAttrList>()),
            ],
        );
        &IT
    }
}

/// A function's name and the attributes it is instantiated with.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NameAttrList {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(btree_map = "string, message", tag = "2")]
    pub attr: BTreeMap<String, AttrValue>,
}

impl Described for NameAttrList {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.NameAttrList",
            &[one(1, "name", STRING), map(2, "attr", STRING, message::<AttrValue>())],
        );
        &IT
    }
}
