//! Messages that are known only when a program runs: their fields, from the descriptors that `protoc` writes or from those of
//! this crate's own messages.

use crate::descriptor::{Descriptor, Field, Kind, Label};
use crate::text::unescape;
use crate::wire::put_varint;
use prost::Message;
use std::collections::HashMap;

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

    /// Appends a number of this type, which has these bits, without a tag.
    pub fn push_number(self, out: &mut Vec<u8>, bits: u64) {
        match self.wire_type() {
            1 => out.extend_from_slice(&bits.to_le_bytes()),
            5 => out.extend_from_slice(&(bits as u32).to_le_bytes()),
            _ => put_varint(out, bits),
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
    /// Whether a message without it is none.
    pub(crate) is_required: bool,
    /// Whether a zero, or nothing, is written.
    pub(crate) has_presence: bool,
    /// Whether texts have to be UTF-8.
    pub(crate) is_utf8: bool,
    /// The choice it is a member of: of those only one is set.
    pub(crate) oneof: Option<String>,
    /// Which of the messages its values are.
    pub(crate) message: usize,
    /// Names and numbers of an enum's values.
    pub(crate) values: Vec<(String, i32)>,
    /// Whether an enum has no other values.
    pub(crate) is_closed: bool,
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageSchema {
    /// Its full name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<FieldSchema>,
    /// Whether it is an entry of a map: a key and a value, both always written.
    pub(crate) is_entry: bool,
}

impl MessageSchema {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&FieldSchema> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// A message and all that are found within it.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageSchemas {
    /// The message that the others are found within, then those; where an `Any` is among them, all that are described.
    pub(crate) all: Vec<MessageSchema>,
    /// Whether there are no others: TensorFlow has messages of its own that are none of this crate's.
    pub(crate) is_closed: bool,
}

/// The message that holds one of any type.
pub(crate) const ANY: &str = "google.protobuf.Any";

impl MessageSchemas {
    /// The place of the message of a full name, for what an `Any` holds.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|schema| schema.name == name && !schema.is_entry)
    }
}

/// Gives messages their places.
struct Places<T> {
    open: Vec<(String, T)>,
    known: HashMap<String, usize>,
}

impl<T: Copy> Places<T> {
    fn new(name: &str, message: T) -> Self {
        let mut places = Places { open: Vec::new(), known: HashMap::new() };
        places.of(name.to_string(), message);
        places
    }

    /// The place of the message of this name.
    fn of(&mut self, name: String, message: T) -> usize {
        let Places { open, known } = self;
        *known.entry(name).or_insert_with_key(|name| {
            open.push((name.clone(), message));
            open.len() - 1
        })
    }

    /// Makes the schemas of a message and of all that it gives a place; an `Any` gives one to all that `described` names.
    fn schemas(
        name: &str,
        message: T,
        mut schema: impl FnMut(&str, T, &mut Self) -> Option<MessageSchema>,
        described: impl Fn() -> Vec<(String, T)>,
    ) -> Option<Vec<MessageSchema>> {
        let mut places = Places::new(name, message);
        let mut all = Vec::new();
        while let Some((name, message)) = places.open.get(all.len()).cloned() {
            all.push(schema(&name, message, &mut places)?);
            if name == ANY {
                for (name, message) in described() {
                    places.of(name, message);
                }
            }
        }
        Some(all)
    }
}

/// One of this crate's messages, or the entries of a map of such keys and values.
#[derive(Clone, Copy)]
enum Own {
    Message(&'static Descriptor),
    Entry(Kind, Kind),
}

impl MessageSchema {
    /// One of this crate's own messages.
    pub fn of(descriptor: &'static Descriptor) -> MessageSchema {
        let own = Own::Message(descriptor);
        own_schema(descriptor.name, own, &mut Places::new(descriptor.name, own))
    }
}

impl MessageSchemas {
    /// One of this crate's own messages.
    pub fn of(descriptor: &'static Descriptor) -> Option<MessageSchemas> {
        let known = || {
            let known = crate::registry::all().iter();
            known.map(|(name, descriptor)| (name.to_string(), Own::Message(descriptor))).collect()
        };
        let own = |name: &str, message, places: &mut _| Some(own_schema(name, message, places));
        let all = Places::schemas(descriptor.name, Own::Message(descriptor), own, known)?;
        Some(MessageSchemas { all, is_closed: false })
    }
}

fn own_schema(name: &str, message: Own, places: &mut Places<Own>) -> MessageSchema {
    let fields = match message {
        Own::Message(descriptor) => {
            descriptor.fields.iter().map(|field| own_field(name, field, places)).collect()
        }
        Own::Entry(key, value) => [(1, "key", key), (2, "value", value)]
            .map(|(number, name, kind)| Field { number, name, label: Label::Optional, kind })
            .map(|field| own_field(name, &field, places))
            .to_vec(),
    };
    MessageSchema { name: name.to_string(), fields, is_entry: matches!(message, Own::Entry(..)) }
}

fn own_field(message: &str, field: &Field, places: &mut Places<Own>) -> FieldSchema {
    let ty = if field.label.map_key().is_some() { FieldType::Message } else { type_of(field.kind) };
    let is_repeated = matches!(field.label, Label::Many | Label::Map(_) | Label::ExplicitMap(_));
    let values: Vec<(String, i32)> = match field.kind {
        Kind::Enum(of) => of().values.iter().map(|(name, number)| (name.to_string(), *number)).collect(),
        _ => Vec::new(),
    };
    let number = values.first().map_or(0, |(_, number)| i64::from(*number) as u64);
    FieldSchema {
        name: field.name.to_string(),
        number: field.number,
        ty,
        is_repeated,
        is_packed: is_repeated && ty.is_packable(),
        default: if ty.is_packable() { FieldValue::Number(number) } else { FieldValue::Bytes(Vec::new()) },
        is_required: false,
        has_presence: !matches!(field.label, Label::One) || ty == FieldType::Message,
        is_utf8: true,
        oneof: match field.label {
            Label::Member(oneof) => Some(oneof.to_string()),
            _ => None,
        },
        message: match (field.label.map_key(), field.kind) {
            (Some(key), value) => places.of(format!("{message}.{}", field.name), Own::Entry(key, value)),
            (None, Kind::Message(of)) => places.of(of().name.to_string(), Own::Message(of())),
            _ => 0,
        },
        values,
        is_closed: false,
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
    #[prost(message, optional, tag = "7")]
    options: Option<MessageOptions>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct MessageOptions {
    #[prost(bool, tag = "7")]
    map_entry: bool,
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
    #[prost(int32, optional, tag = "9")]
    oneof_index: Option<i32>,
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

/// A full name without the dot that says so.
fn outermost(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}

/// A message and the file it stands in.
type Found<'a> = (&'a FileDescriptor, &'a MessageDescriptor);

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
        let found = self.find(name)?;
        self.schema(name, found, &mut Places::new(name, found))
    }

    /// [`DescriptorSet::message`] and all that are found within it.
    pub fn messages(&self, name: &str) -> Option<MessageSchemas> {
        let schema = |name: &str, found, places: &mut _| self.schema(name, found, places);
        let all = Places::schemas(name, self.find(name)?, schema, || self.described())?;
        Some(MessageSchemas { all, is_closed: true })
    }

    /// All messages, those within others among them, with their full names.
    fn described(&self) -> Vec<(String, Found<'_>)> {
        let full = |holder: &str, name: &str| match holder {
            "" => name.to_string(),
            holder => format!("{holder}.{name}"),
        };
        let mut described: Vec<(String, Found<'_>)> = Vec::new();
        for file in &self.file {
            let own = file.message_type.iter();
            described.extend(own.map(|message| (full(&file.package, &message.name), (file, message))));
        }
        let mut seen = 0;
        while let Some((holder, (file, message))) = described.get(seen).cloned() {
            let inner = message.nested_type.iter();
            described.extend(inner.map(|inner| (full(&holder, &inner.name), (file, inner))));
            seen += 1;
        }
        described
    }

    fn schema<'a>(
        &'a self,
        name: &str,
        (file, message): Found<'a>,
        places: &mut Places<Found<'a>>,
    ) -> Option<MessageSchema> {
        let is_old = matches!(file.syntax.as_str(), "" | "proto2");
        let fields =
            message.field.iter().map(|field| self.field(field, is_old, places)).collect::<Option<_>>()?;
        let is_entry = message.options.as_ref().is_some_and(|options| options.map_entry);
        Some(MessageSchema { name: name.to_string(), fields, is_entry })
    }

    fn find(&self, name: &str) -> Option<Found<'_>> {
        self.file.iter().find_map(|file| {
            let rest = within(name, &file.package)?;
            Some((file, file.message_type.iter().find_map(|message| message.find(rest))?))
        })
    }

    fn field<'a>(
        &'a self,
        field: &FieldDescriptor,
        is_old: bool,
        places: &mut Places<Found<'a>>,
    ) -> Option<FieldSchema> {
        const REQUIRED: i32 = 2;
        const REPEATED: i32 = 3;
        let ty = FieldType::numbered(field.r#type)?;
        let is_repeated = field.label == REPEATED;
        let packed = field.options.as_ref().and_then(|options| options.packed).unwrap_or(!is_old);
        let is_message = matches!(ty, FieldType::Message | FieldType::Group);
        let message = match is_message {
            true => {
                let name = outermost(&field.type_name);
                places.of(name.to_string(), self.find(name)?)
            }
            false => 0,
        };
        let values = match ty {
            FieldType::Enum => self.enumeration(&field.type_name)?.value.as_slice(),
            _ => &[],
        };
        Some(FieldSchema {
            name: field.name.clone(),
            number: u32::try_from(field.number).ok().filter(|number| *number > 0)?,
            ty,
            is_repeated,
            is_packed: is_repeated && packed && ty.is_packable(),
            default: self.default(field, ty)?,
            is_required: field.label == REQUIRED,
            has_presence: is_old || is_message || field.oneof_index.is_some(),
            is_utf8: !is_old && ty == FieldType::String,
            oneof: field.oneof_index.map(|index| index.to_string()),
            message,
            values: values.iter().map(|value| (value.name.clone(), value.number)).collect(),
            is_closed: is_old,
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
        let name = outermost(name);
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
        let schema = MessageSchema::of(crate::registry::find("tensorflow.Int64List").expect("a message"));
        let value = schema.field("value").expect("a field");
        assert_eq!((value.number, value.ty, value.is_repeated), (1, FieldType::Int64, true));
        assert!(value.is_packed && schema.field("values").is_none());
    }

    #[test]
    fn messages_within_others_are_found_once() {
        let graph = crate::registry::find("tensorflow.GraphDef").expect("a message");
        let found = MessageSchemas::of(graph).expect("a message");
        assert_eq!(found.all.first(), Some(&MessageSchema::of(graph)));
        let mut names: Vec<&str> = found.all.iter().map(|schema| schema.name.as_str()).collect();
        assert!(names.contains(&"tensorflow.TensorShapeProto.Dim"));
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn damaged_descriptors_are_refused() {
        assert!(DescriptorSet::read(b"abc").is_err());
        assert!(DescriptorSet::read(b"").is_ok_and(|set| set.message("a.B").is_none()));
    }
}
