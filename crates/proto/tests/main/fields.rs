//! The crate's descriptors against TensorFlow's.

use std::collections::BTreeMap;
use std::fmt::Write;

use ferroflow_proto::descriptor::{EnumDescriptor, Field, Kind, Label};
use ferroflow_proto::registry;

use crate::cases::read_text;

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Double => "double",
        Kind::Float => "float",
        Kind::Int32 => "int32",
        Kind::Int64 => "int64",
        Kind::Uint32 => "uint32",
        Kind::Uint64 => "uint64",
        Kind::Sint64 => "sint64",
        Kind::Fixed32 => "fixed32",
        Kind::Fixed64 => "fixed64",
        Kind::Bool => "bool",
        Kind::String => "string",
        Kind::Bytes => "bytes",
        Kind::Enum(descriptor) => descriptor().name,
        Kind::Message(descriptor) => descriptor().name,
    }
}

fn field_line(field: &Field) -> String {
    let label = match field.label {
        Label::One => "one".to_owned(),
        Label::Optional => "optional".to_owned(),
        Label::Many => "many".to_owned(),
        Label::Map(key) => format!("map {}", kind_name(key)),
        Label::ExplicitMap(key) => format!("explicit_map {}", kind_name(key)),
        Label::Member(oneof) => format!("member {oneof}"),
    };
    format!("  {} {} {label} {}\n", field.number, field.name, kind_name(field.kind))
}

fn enum_text(descriptor: &EnumDescriptor) -> String {
    let mut text = format!("enum {}\n", descriptor.name);
    for (name, number) in descriptor.values {
        writeln!(text, "  {name} {number}").unwrap();
    }
    text
}

#[test]
fn fields_are_those_of_tensorflow() {
    let mut texts = BTreeMap::new();
    for (name, descriptor) in registry::all() {
        let fields: String = descriptor.fields.iter().map(field_line).collect();
        texts.insert(*name, format!("message {name}\n{fields}"));
        for field in descriptor.fields {
            if let Kind::Enum(inner) = field.kind {
                texts.insert(inner().name, enum_text(inner()));
            }
        }
    }
    let ours: String = texts.into_values().collect();
    let theirs = read_text("fields.txt");
    for (line, (ours, theirs)) in ours.lines().zip(theirs.lines()).enumerate() {
        assert_eq!(ours, theirs, "line {}", line + 1);
    }
    assert_eq!(ours.len(), theirs.len());
}
