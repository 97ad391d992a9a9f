//! Messages that are known only when a program runs: their fields, from the descriptors that `protoc` writes or from those of
//! this crate's own messages.

use crate::descriptor::{Descriptor, Kind, Label};
use crate::text::unescape;
use prost::Message;

/// The type of a field, as descriptors number them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// `double`
    Double,
    /// `float`
    Float,
    /// `int64`
    Int64,
    /// `uint64`
    Uint64,
    /// `int32`
    Int32,
    /// `fixed64`
    Fixed64,
    /// `fixed32`
    Fixed32,
    /// `bool`
    Bool,
    /// `string`
    String,
    /// `group`, a message between two tags
    Group,
    /// Another message.
    Message,
    /// `bytes`
    Bytes,
    /// `uint32`
    Uint32,
    /// An enum.
    Enum,
    /// `sfixed32`
    Sfixed32,
    /// `sfixed64`
    Sfixed64,
    /// `sint32`
    Sint32,
    /// `sint64`
    Sint64,
}

/// All types, in the order of their numbers from 1 on, with their names.
const TYPES: [(FieldType, &str); 18] = [
    (FieldType::Double, "double"),
    (FieldType::Float, "float"),
    (FieldType::Int64, "int64"),
    (FieldType::Uint64, "uint64"),
    (FieldType::Int32, "int32"),
    (FieldType::Fixed64, "fixed64"),
    (FieldType::Fixed32, "fixed32"),
    (FieldType::Bool, "bool"),
    (FieldType::String, "string"),
    (FieldType::Group, "group"),
    (FieldType::Message, "message"),
    (FieldType::Bytes, "bytes"),
    (FieldType::Uint32, "uint32"),
    (FieldType::Enum, "enum"),
    (FieldType::Sfixed32, "sfixed32"),
    (FieldType::Sfixed64, "sfixed64"),
    (FieldType::Sint32, "sint32"),
    (FieldType::Sint64, "sint64"),
];

impl FieldType {
    fn numbered(number: i32) -> Option<FieldType> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        TYPES.get(at).map(|(ty, _)| *ty)
    }

    /// Its name in the language of messages.
    pub fn name(self) -> &'static str {
        TYPES.iter().find(|(ty, _)| *ty == self).map_or("", |(_, name)| name)
    }

    /// How a value of this type is laid out: the low bits of its tag.
    pub fn wire_type(self) -> u32 {
        match self {
            FieldType::Double | FieldType::Fixed64 | FieldType::Sfixed64 => 1,
            FieldType::Float | FieldType::Fixed32 | FieldType::Sfixed32 => 5,
            FieldType::String | FieldType::Bytes | FieldType::Message => 2,
            FieldType::Group => 3,
            _ => 0,
        }
    }

    /// Whether many values of this type can stand in one run of bytes.
    pub fn is_packable(self) -> bool {
        matches!(self.wire_type(), 0 | 1 | 5)
    }
}

/// A value of a field as it lies in a message: a number in as many bits as it is wide, or bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// A number, a bool or an enum's value.
    Number(u64),
    /// Text, bytes or a message.
    Bytes(Vec<u8>),
}

/// A field of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldSchema {
    /// Its name.
    pub name: String,
    /// Its number on the wire.
    pub number: u32,
    /// The type of its values.
    pub ty: FieldType,
    /// Whether it has any number of values.
    pub is_repeated: bool,
    /// Whether its values are written in one run.
    pub is_packed: bool,
    /// What a message without the field stands for.
    pub default: FieldValue,
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageSchema {
    /// Its full name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<FieldSchema>,
}

impl MessageSchema {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&FieldSchema> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl From<&Descriptor> for MessageSchema {
    fn from(descriptor: &Descriptor) -> MessageSchema {
        let fields = descriptor.fields.iter().map(|field| {
            let ty = if field.label.map_key().is_some() { FieldType::Message } else { type_of(field.kind) };
            let is_repeated = matches!(field.label, Label::Many | Label::Map(_) | Label::ExplicitMap(_));
            let number = match field.kind {
                Kind::Enum(of) => of().values.first().map_or(0, |(_, number)| i64::from(*number) as u64),
                _ => 0,
            };
            let default =
                if ty.is_packable() { FieldValue::Number(number) } else { FieldValue::Bytes(Vec::new()) };
            FieldSchema {
                name: field.name.to_string(),
                number: field.number,
                ty,
                is_repeated,
                is_packed: is_repeated && ty.is_packable(),
                default,
            }
        });
        MessageSchema { name: descriptor.name.to_string(), fields: fields.collect() }
    }
}

fn type_of(kind: Kind) -> FieldType {
    match kind {
        Kind::Double => FieldType::Double,
        Kind::Float => FieldType::Float,
        Kind::Int32 => FieldType::Int32,
        Kind::Int64 => FieldType::Int64,
        Kind::Uint32 => FieldType::Uint32,
        Kind::Uint64 => FieldType::Uint64,
        Kind::Sint64 => FieldType::Sint64,
        Kind::Fixed32 => FieldType::Fixed32,
        Kind::Fixed64 => FieldType::Fixed64,
        Kind::Bool => FieldType::Bool,
        Kind::String => FieldType::String,
        Kind::Bytes => FieldType::Bytes,
        Kind::Enum(_) => FieldType::Enum,
        Kind::Message(_) => FieldType::Message,
    }
}

/// Descriptors of files as `protoc --descriptor_set_out` writes them.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DescriptorSet {
    #[prost(message, repeated, tag = "1")]
    file: Vec<FileDescriptor>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct FileDescriptor {
    #[prost(string, tag = "2")]
    package: String,
    #[prost(message, repeated, tag = "4")]
    message_type: Vec<MessageDescriptor>,
    #[prost(message, repeated, tag = "5")]
    enum_type: Vec<EnumDescriptor>,
    #[prost(string, tag = "12")]
    syntax: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct MessageDescriptor {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    field: Vec<FieldDescriptor>,
    #[prost(message, repeated, tag = "3")]
    nested_type: Vec<MessageDescriptor>,
    #[prost(message, repeated, tag = "4")]
    enum_type: Vec<EnumDescriptor>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct FieldDescriptor {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(int32, tag = "3")]
    number: i32,
    #[prost(int32, tag = "4")]
    label: i32,
    #[prost(int32, tag = "5")]
    r#type: i32,
    #[prost(string, tag = "6")]
    type_name: String,
    #[prost(string, optional, tag = "7")]
    default_value: Option<String>,
    #[prost(message, optional, tag = "8")]
    options: Option<FieldOptions>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct FieldOptions {
    #[prost(bool, optional, tag = "2")]
    packed: Option<bool>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct EnumDescriptor {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    value: Vec<EnumValueDescriptor>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct EnumValueDescriptor {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(int32, tag = "2")]
    number: i32,
}

/// What is left of a full name behind the name of what holds it.
fn within<'a>(name: &'a str, holder: &str) -> Option<&'a str> {
    if holder.is_empty() {
        return Some(name);
    }
    name.strip_prefix(holder)?.strip_prefix('.')
}

impl MessageDescriptor {
    /// This message, or one within it, by its name from here.
    fn find(&self, name: &str) -> Option<&MessageDescriptor> {
        if name == self.name {
            return Some(self);
        }
        let rest = within(name, &self.name)?;
        self.nested_type.iter().find_map(|inner| inner.find(rest))
    }

    fn find_enum(&self, name: &str) -> Option<&EnumDescriptor> {
        let rest = within(name, &self.name)?;
        let own = self.enum_type.iter().find(|found| found.name == rest);
        own.or_else(|| self.nested_type.iter().find_map(|inner| inner.find_enum(rest)))
    }
}

impl DescriptorSet {
    /// Reads descriptors.
    ///
    /// # Errors
    /// Where the bytes are not those of descriptors.
    pub fn read(bytes: &[u8]) -> Result<DescriptorSet, prost::DecodeError> {
        <DescriptorSet as Message>::decode(bytes)
    }

    /// The message of this full name; `None` where there is none, or one that makes no sense.
    pub fn message(&self, name: &str) -> Option<MessageSchema> {
        self.file.iter().find_map(|file| {
            let rest = within(name, &file.package)?;
            let found = file.message_type.iter().find_map(|message| message.find(rest))?;
            let packs = !matches!(file.syntax.as_str(), "" | "proto2");
            let fields = found.field.iter().map(|field| self.field(field, packs)).collect::<Option<_>>()?;
            Some(MessageSchema { name: name.to_string(), fields })
        })
    }

    fn field(&self, field: &FieldDescriptor, packs: bool) -> Option<FieldSchema> {
        const REPEATED: i32 = 3;
        let ty = FieldType::numbered(field.r#type)?;
        let is_repeated = field.label == REPEATED;
        let packed = field.options.as_ref().and_then(|options| options.packed).unwrap_or(packs);
        Some(FieldSchema {
            name: field.name.clone(),
            number: u32::try_from(field.number).ok().filter(|number| *number > 0)?,
            ty,
            is_repeated,
            is_packed: is_repeated && packed && ty.is_packable(),
            default: self.default(field, ty)?,
        })
    }

    fn default(&self, field: &FieldDescriptor, ty: FieldType) -> Option<FieldValue> {
        let text = field.default_value.as_deref();
        if !ty.is_packable() {
            return Some(FieldValue::Bytes(match (ty, text) {
                (FieldType::Bytes, Some(text)) => unescape(text).ok()?,
                (_, text) => text.unwrap_or_default().as_bytes().to_vec(),
            }));
        }
        let number = match (ty, text) {
            (FieldType::Enum, text) => {
                let values = &self.enumeration(&field.type_name)?.value;
                let value = values.iter().find(|value| text.is_none_or(|text| value.name == text))?;
                i64::from(value.number) as u64
            }
            (_, None) => 0,
            (FieldType::Double, Some(text)) => text.parse::<f64>().ok()?.to_bits(),
            (FieldType::Float, Some(text)) => u64::from(text.parse::<f32>().ok()?.to_bits()),
            (FieldType::Bool, Some(text)) => u64::from(text == "true"),
            (FieldType::Uint64 | FieldType::Fixed64, Some(text)) => text.parse().ok()?,
            (FieldType::Sint32 | FieldType::Sint64, Some(text)) => {
                let value: i64 = text.parse().ok()?;
                (value << 1 ^ value >> 63) as u64
            }
            (FieldType::Sfixed32, Some(text)) => u64::from(text.parse::<i32>().ok()? as u32),
            (_, Some(text)) => text.parse::<i64>().ok()? as u64,
        };
        Some(FieldValue::Number(number))
    }

    /// The enum that a field's type is called, from the outermost name on.
    fn enumeration(&self, name: &str) -> Option<&EnumDescriptor> {
        let name = name.strip_prefix('.').unwrap_or(name);
        self.file.iter().find_map(|file| {
            let rest = within(name, &file.package)?;
            let own = file.enum_type.iter().find(|found| found.name == rest);
            own.or_else(|| file.message_type.iter().find_map(|message| message.find_enum(rest)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_messages_are_known_by_their_descriptors() {
        let schema = MessageSchema::from(crate::registry::find("tensorflow.Int64List").expect("a message"));
        let value = schema.field("value").expect("a field");
        assert_eq!((value.number, value.ty, value.is_repeated), (1, FieldType::Int64, true));
        assert!(value.is_packed && schema.field("values").is_none());
    }

    #[test]
    fn damaged_descriptors_are_refused() {
        assert!(DescriptorSet::read(b"abc").is_err());
        assert!(DescriptorSet::read(b"").is_ok_and(|set| set.message("a.B").is_none()));
    }
}
