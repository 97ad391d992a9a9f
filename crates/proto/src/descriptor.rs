//! What every message and enum looks like, as data: the names, numbers and types that its text format needs.

/// A message with a descriptor.
pub trait Described: prost::Message + Default {
    /// The message's fields.
    fn descriptor() -> &'static Descriptor;
}

/// An enum with a descriptor.
pub trait DescribedEnum: TryFrom<i32> + Into<i32> {
    /// The enum's values.
    fn descriptor() -> &'static EnumDescriptor;

    /// TensorFlow's name of the value, such as `DT_FLOAT`.
    ///
    /// ```
    /// use ferroflow_proto::{DataType, descriptor::DescribedEnum};
    /// assert_eq!(DataType::Float.proto_name(), "DT_FLOAT");
    /// ```
    fn proto_name(self) -> &'static str {
        Self::descriptor().name_of(self.into()).unwrap_or_default()
    }

    /// The value of TensorFlow's name, if there is one.
    fn from_proto_name(name: &str) -> Option<Self> {
        Self::try_from(Self::descriptor().number_of(name)?).ok()
    }
}

/// The fields of a message, by ascending number.
#[derive(Debug)]
pub struct Descriptor {
    /// Full name, such as `tensorflow.NodeDef`.
    pub name: &'static str,
    /// The fields.
    pub fields: &'static [Field],
}

impl Descriptor {
    pub(crate) const fn new(name: &'static str, fields: &'static [Field]) -> Self {
        Self { name, fields }
    }

    /// The field of that number, if there is one.
    pub fn field(&self, number: u32) -> Option<&'static Field> {
        let at = self.fields.binary_search_by_key(&number, |field| field.number).ok()?;
        self.fields.get(at)
    }

    /// The field of that name, if there is one.
    pub fn field_named(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// A field of a message.
#[derive(Debug)]
pub struct Field {
    /// The number on the wire.
    pub number: u32,
    /// The name in the text format.
    pub name: &'static str,
    /// How often the field occurs.
    pub label: Label,
    /// The type of its value; of a map, the type of the map's values.
    pub kind: Kind,
}

/// How often a field occurs.
#[derive(Clone, Copy, Debug)]
pub enum Label {
    /// Once; a scalar that is zero or empty is not written.
    One,
    /// Once or not at all, a zero being written.
    Optional,
    /// Any number of times; numbers, bools and enums are packed.
    Many,
    /// Any number of times with a key of this type each; in text, defaults of keys and values are left out.
    Map(Kind),
    /// As `Map`, of a message in protobuf's older syntax: defaults of keys and values are shown.
    ExplicitMap(Kind),
    /// Once, if no other field of the oneof of this name does.
    Member(&'static str),
}

impl Label {
    /// Of a map, the type of its keys.
    pub fn map_key(self) -> Option<Kind> {
        match self {
            Self::Map(key) | Self::ExplicitMap(key) => Some(key),
            _ => None,
        }
    }
}

/// The type of a value.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A 64-bit float.
    Double,
    /// A 32-bit float.
    Float,
    /// A varint, sign-extended to 64 bits.
    Int32,
    /// A varint.
    Int64,
    /// A varint.
    Uint32,
    /// A varint.
    Uint64,
    /// A zigzag varint.
    Sint64,
    /// Four bytes, unsigned.
    Fixed32,
    /// Eight bytes, unsigned.
    Fixed64,
    /// A varint of zero or one.
    Bool,
    /// UTF-8 text.
    String,
    /// Any bytes.
    Bytes,
    /// The number of an enum's value, which need not be a known one.
    Enum(fn() -> &'static EnumDescriptor),
    /// Another message.
    Message(fn() -> &'static Descriptor),
}

/// The values of an enum.
#[derive(Debug)]
pub struct EnumDescriptor {
    /// Full name, such as `tensorflow.DataType`.
    pub name: &'static str,
    /// The values' names and numbers, in the order of their declaration.
    pub values: &'static [(&'static str, i32)],
}

impl EnumDescriptor {
    pub(crate) const fn new(name: &'static str, values: &'static [(&'static str, i32)]) -> Self {
        Self { name, values }
    }

    /// The name of a number, if it is a known one.
    pub fn name_of(&self, number: i32) -> Option<&'static str> {
        self.values.iter().find(|value| value.1 == number).map(|value| value.0)
    }

    /// The number of a name, if there is one.
    pub fn number_of(&self, name: &str) -> Option<i32> {
        self.values.iter().find(|value| value.0 == name).map(|value| value.1)
    }
}

/// The words that descriptors are written in.
pub(crate) mod notation {
    use super::{Described, DescribedEnum, Field, Kind, Label};

    pub(crate) const DOUBLE: Kind = Kind::Double;
    pub(crate) const FLOAT: Kind = Kind::Float;
    pub(crate) const INT32: Kind = Kind::Int32;
    pub(crate) const INT64: Kind = Kind::Int64;
    pub(crate) const UINT32: Kind = Kind::Uint32;
    pub(crate) const UINT64: Kind = Kind::Uint64;
    pub(crate) const SINT64: Kind = Kind::Sint64;
    pub(crate) const FIXED32: Kind = Kind::Fixed32;
    pub(crate) const FIXED64: Kind = Kind::Fixed64;
    pub(crate) const BOOL: Kind = Kind::Bool;
    pub(crate) const STRING: Kind = Kind::String;
    pub(crate) const BYTES: Kind = Kind::Bytes;

    pub(crate) const fn message<M: Described>() -> Kind {
        Kind::Message(M::descriptor)
    }

    pub(crate) const fn enumeration<E: DescribedEnum>() -> Kind {
        Kind::Enum(E::descriptor)
    }

    pub(crate) const fn one(number: u32, name: &'static str, kind: Kind) -> Field {
        Field { number, name, label: Label::One, kind }
    }

    pub(crate) const fn optional(number: u32, name: &'static str, kind: Kind) -> Field {
        Field { number, name, label: Label::Optional, kind }
    }

    pub(crate) const fn many(number: u32, name: &'static str, kind: Kind) -> Field {
        Field { number, name, label: Label::Many, kind }
    }

    pub(crate) const fn map(number: u32, name: &'static str, key: Kind, value: Kind) -> Field {
        Field { number, name, label: Label::Map(key), kind: value }
    }

    pub(crate) const fn explicit_map(number: u32, name: &'static str, key: Kind, value: Kind) -> Field {
        Field { number, name, label: Label::ExplicitMap(key), kind: value }
    }

    pub(crate) const fn member(oneof: &'static str, number: u32, name: &'static str, kind: Kind) -> Field {
        Field { number, name, label: Label::Member(oneof), kind }
    }
}
