//! Messages that are known only when a program runs, as trees of their fields: read from bytes or text, and written in the
//! order of their numbers.

use std::collections::BTreeMap;

use crate::ByteReader;
use crate::dynamic::DEPTH_LIMIT;
use crate::loose_fields::{LooseTag, LooseValue, next_tag, next_value};
use crate::message_schema::{FieldSchema, FieldType, MessageSchema, MessageSchemas};
use crate::wire::put_varint;

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LooseItem {
    /// A number, a bool or an enum's value, in as many bits as it has.
    Number(u64),
    /// Text or bytes.
    Bytes(Vec<u8>),
    /// A message.
    Message(LooseMessage),
}

/// A message: the values of its fields by their numbers, and the bytes of fields that it does not know.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LooseMessage {
    fields: BTreeMap<u32, Vec<LooseItem>>,
    unknown: Vec<u8>,
}

/// The bytes of a message, read and written anew: fields in the order of their numbers, those that the message does not know
/// behind them. `None` for bytes that are no message, or one that lacks required fields.
pub fn rewritten(schemas: &MessageSchemas, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut message = LooseMessage::default();
    let mut reader = ByteReader::new(bytes);
    message.read(schemas, 0, &mut reader, DEPTH_LIMIT)?;
    if !reader.rest().is_empty() || !message.is_whole(schemas, 0) {
        return None;
    }
    Some(message.to_bytes(schemas, 0))
}

impl LooseMessage {
    /// Takes fields up to the end, or to the end of a group.
    fn read(
        &mut self,
        schemas: &MessageSchemas,
        schema: usize,
        reader: &mut ByteReader<'_>,
        depth: usize,
    ) -> Option<()> {
        loop {
            let start = reader.rest();
            let Some(tag) = next_tag(reader) else { return Some(()) };
            let own = &schemas.all[schema];
            let field = own.fields.iter().find(|field| field.number == tag.number);
            if let Some(field) = field.filter(|field| field.ty == FieldType::Group && tag.wire_type == 3) {
                let mut group = self.open(field);
                group.read(schemas, field.message, reader, depth.checked_sub(1)?)?;
                if reader.varint()? != end_of(tag) {
                    return None;
                }
                self.push(own, field, LooseItem::Message(group));
                continue;
            }
            let value = next_value(reader, tag)?;
            let known = field.filter(|field| match value {
                LooseValue::Bytes(_) => tag.wire_type == field.ty.wire_type() || is_run(field),
                _ => tag.wire_type == field.ty.wire_type(),
            });
            let Some(field) = known else {
                self.unknown.extend_from_slice(start.get(..start.len() - reader.rest().len())?);
                continue;
            };
            match value {
                LooseValue::Number(number) => self.push_number(own, field, number),
                LooseValue::Bytes(run) if is_run(field) => {
                    let mut run = ByteReader::new(run);
                    let tag = LooseTag { number: tag.number, wire_type: field.ty.wire_type() };
                    while !run.rest().is_empty() {
                        if let LooseValue::Number(number) = next_value(&mut run, tag)? {
                            self.push_number(own, field, number);
                        }
                    }
                }
                LooseValue::Bytes(bytes) if field.ty == FieldType::Message => {
                    let mut inner = self.open(field);
                    let mut reader = ByteReader::new(bytes);
                    inner.read(schemas, field.message, &mut reader, depth.checked_sub(1)?)?;
                    if !reader.rest().is_empty() {
                        return None;
                    }
                    self.push(own, field, LooseItem::Message(inner));
                }
                LooseValue::Bytes(bytes) => {
                    if field.is_utf8 && field.ty == FieldType::String && std::str::from_utf8(bytes).is_err() {
                        return None;
                    }
                    self.push(own, field, LooseItem::Bytes(bytes.to_vec()));
                }
                LooseValue::Group => {}
            }
        }
    }

    /// The message that further bytes of a field add to: one that is there already, of a field that has one.
    fn open(&mut self, field: &FieldSchema) -> LooseMessage {
        let known = if field.is_repeated { None } else { self.fields.remove(&field.number) };
        match known.and_then(|mut items| items.pop()) {
            Some(LooseItem::Message(message)) => message,
            _ => LooseMessage::default(),
        }
    }

    /// A number of a field, as many bits of it as the type has; an enum's value that there is not goes to the unknown fields.
    fn push_number(&mut self, schema: &MessageSchema, field: &FieldSchema, number: u64) {
        let number = match field.ty {
            FieldType::Bool => u64::from(number != 0),
            FieldType::Int32 | FieldType::Enum => i64::from(number as i32) as u64,
            FieldType::Uint32 | FieldType::Sint32 => u64::from(number as u32),
            _ => number,
        };
        if field.takes(number) {
            self.push(schema, field, LooseItem::Number(number));
        } else {
            put_varint(&mut self.unknown, u64::from(field.number) << 3);
            put_varint(&mut self.unknown, number);
        }
    }

    /// Adds a value of one of the schema's fields, and takes away what other members of the field's choice have.
    pub(crate) fn push(&mut self, schema: &MessageSchema, field: &FieldSchema, item: LooseItem) {
        let rivals =
            schema.fields.iter().filter(|other| other.oneof == field.oneof && other.number != field.number);
        if field.oneof.is_some() {
            rivals.for_each(|rival| drop(self.fields.remove(&rival.number)));
        }
        let items = self.fields.entry(field.number).or_default();
        if !field.is_repeated {
            items.clear();
        }
        items.push(item);
    }

    /// Whether a field has a value, one that is written.
    pub(crate) fn has(&self, field: &FieldSchema) -> bool {
        let items = self.fields.get(&field.number).map_or(&[][..], Vec::as_slice);
        items.iter().any(|item| field.has_presence || field.is_repeated || !item.is_zero())
    }

    /// Whether all required fields are there, in it and within it.
    pub(crate) fn is_whole(&self, schemas: &MessageSchemas, schema: usize) -> bool {
        schemas.all[schema].fields.iter().all(|field| {
            let items = self.fields.get(&field.number).map_or(&[][..], Vec::as_slice);
            let is_whole = |item: &LooseItem| match item {
                LooseItem::Message(message) => message.is_whole(schemas, field.message),
                _ => true,
            };
            (!field.is_required || !items.is_empty()) && items.iter().all(is_whole)
        })
    }

    pub(crate) fn to_bytes(&self, schemas: &MessageSchemas, schema: usize) -> Vec<u8> {
        let MessageSchema { fields, is_entry, .. } = &schemas.all[schema];
        let mut fields: Vec<&FieldSchema> = fields.iter().collect();
        fields.sort_by_key(|field| field.number);
        let mut out = Vec::new();
        // Descriptors from outside may call anything an entry, one within itself among them.
        let is_always_written = |field: &FieldSchema| {
            let is_message = matches!(field.ty, FieldType::Message | FieldType::Group);
            *is_entry && !(is_message && schemas.all[field.message].is_entry)
        };
        for field in fields.into_iter().filter(|field| is_always_written(field) || self.has(field)) {
            let zero = [LooseItem::zero(field.ty)];
            let items = self.fields.get(&field.number).map_or(&zero[..], Vec::as_slice);
            let tag = |wire_type: u32| u64::from(field.number) << 3 | u64::from(wire_type);
            let write = |item: &LooseItem, out: &mut Vec<u8>| match item {
                LooseItem::Number(number) => field.ty.push_number(out, *number),
                LooseItem::Bytes(bytes) => put_bytes(out, bytes),
                LooseItem::Message(message) if field.ty == FieldType::Group => {
                    out.extend(message.to_bytes(schemas, field.message));
                    put_varint(out, tag(4));
                }
                LooseItem::Message(message) => put_bytes(out, &message.to_bytes(schemas, field.message)),
            };
            if field.is_packed {
                let mut run = Vec::new();
                items.iter().for_each(|item| write(item, &mut run));
                put_varint(&mut out, tag(2));
                put_bytes(&mut out, &run);
                continue;
            }
            for item in items {
                put_varint(&mut out, tag(field.ty.wire_type()));
                write(item, &mut out);
            }
        }
        if !is_entry {
            out.extend_from_slice(&self.unknown);
        }
        out
    }
}

impl LooseItem {
    /// What a field of a map's entry has if nothing else.
    fn zero(ty: FieldType) -> LooseItem {
        match ty {
            FieldType::String | FieldType::Bytes => LooseItem::Bytes(Vec::new()),
            FieldType::Message | FieldType::Group => LooseItem::Message(LooseMessage::default()),
            _ => LooseItem::Number(0),
        }
    }

    fn is_zero(&self) -> bool {
        match self {
            LooseItem::Number(number) => *number == 0,
            LooseItem::Bytes(bytes) => bytes.is_empty(),
            LooseItem::Message(_) => false,
        }
    }
}

impl FieldSchema {
    /// Whether the number can be a value.
    pub(crate) fn takes(&self, number: u64) -> bool {
        !(self.ty == FieldType::Enum && self.is_closed)
            || self.values.iter().any(|(_, value)| i64::from(*value) as u64 == number)
    }
}

/// Whether a field's numbers may stand in one run.
fn is_run(field: &FieldSchema) -> bool {
    field.is_repeated && field.ty.is_packable()
}

/// The tag that ends the group of this tag.
fn end_of(tag: LooseTag) -> u64 {
    u64::from(tag.number) << 3 | 4
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
