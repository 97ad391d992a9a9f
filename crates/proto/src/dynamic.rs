//! Messages as trees of values, held against a descriptor: what printing, parsing and exact encoding work on.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::descriptor::{Descriptor, Field, Kind, Label};
use crate::deterministic::MapOrder;
use crate::wire::{self, Raw, Reader, WireType};

/// How deeply messages may be nested in bytes or text from outside; prost and protobuf have the same limit.
pub(crate) const DEPTH_LIMIT: usize = 100;

/// A value of any kind but a message.
#[derive(Clone, Debug)]
pub(crate) enum Scalar<'a> {
    Double(f64),
    Float(f32),
    /// `Int32`, `Int64`, `Sint64` and enums.
    Int(i64),
    /// `Uint32`, `Uint64`, `Fixed32` and `Fixed64`.
    Uint(u64),
    Bool(bool),
    Str(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
}

/// A value of any kind.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Scalar(Scalar<'a>),
    Message(Tree<'a>),
}

/// The key of a map entry, ordered as C++ orders keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Str(Cow<'a, str>),
}

/// What a field holds.
#[derive(Clone, Debug)]
pub(crate) enum Slot<'a> {
    One(Value<'a>),
    Many(Vec<Value<'a>>),
    Map(BTreeMap<Key<'a>, Value<'a>>),
}

/// A message: the fields that are set, by number.
#[derive(Clone, Debug)]
pub(crate) struct Tree<'a> {
    pub(crate) descriptor: &'static Descriptor,
    pub(crate) slots: BTreeMap<u32, Slot<'a>>,
}

impl<'a> Scalar<'a> {
    /// The value that an absent field stands for; of a message, none.
    pub(crate) fn default_of(kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Double => Self::Double(0.0),
            Kind::Float => Self::Float(0.0),
            Kind::Int32 | Kind::Int64 | Kind::Sint64 | Kind::Enum(_) => Self::Int(0),
            Kind::Uint32 | Kind::Uint64 | Kind::Fixed32 | Kind::Fixed64 => Self::Uint(0),
            Kind::Bool => Self::Bool(false),
            Kind::String => Self::Str(Cow::Borrowed("")),
            Kind::Bytes => Self::Bytes(Cow::Borrowed(&[])),
            Kind::Message(_) => return None,
        })
    }

    /// Whether the value is its kind's default; a negative zero is not.
    pub(crate) fn is_default(&self) -> bool {
        match self {
            Self::Double(value) => value.to_bits() == 0,
            Self::Float(value) => value.to_bits() == 0,
            Self::Int(value) => *value == 0,
            Self::Uint(value) => *value == 0,
            Self::Bool(value) => !value,
            Self::Str(value) => value.is_empty(),
            Self::Bytes(value) => value.is_empty(),
        }
    }

    fn from_raw(kind: Kind, raw: Raw<'a>) -> Option<Self> {
        Some(match (kind, raw) {
            (Kind::Double, Raw::Number(bits)) => Self::Double(f64::from_bits(bits)),
            (Kind::Float, Raw::Number(bits)) => Self::Float(f32::from_bits(bits as u32)),
            (Kind::Int32 | Kind::Enum(_), Raw::Number(bits)) => Self::Int(i64::from(bits as i32)),
            (Kind::Int64, Raw::Number(bits)) => Self::Int(bits.cast_signed()),
            (Kind::Sint64, Raw::Number(bits)) => Self::Int(wire::unzigzag(bits)),
            (Kind::Uint32 | Kind::Fixed32, Raw::Number(bits)) => Self::Uint(u64::from(bits as u32)),
            (Kind::Uint64 | Kind::Fixed64, Raw::Number(bits)) => Self::Uint(bits),
            (Kind::Bool, Raw::Number(bits)) => Self::Bool(bits != 0),
            (Kind::String, Raw::Delimited(bytes)) => Self::Str(Cow::Borrowed(str::from_utf8(bytes).ok()?)),
            (Kind::Bytes, Raw::Delimited(bytes)) => Self::Bytes(Cow::Borrowed(bytes)),
            _ => return None,
        })
    }

    /// The number that stands for the value on the wire; of strings and bytes, their length.
    fn bits(&self, kind: Kind) -> u64 {
        match self {
            Self::Double(value) => value.to_bits(),
            Self::Float(value) => u64::from(value.to_bits()),
            Self::Int(value) if matches!(kind, Kind::Sint64) => wire::zigzag(*value),
            Self::Int(value) => value.cast_unsigned(),
            Self::Uint(value) => *value,
            Self::Bool(value) => u64::from(*value),
            Self::Str(value) => value.len() as u64,
            Self::Bytes(value) => value.len() as u64,
        }
    }

    fn encoded_len(&self, kind: Kind) -> usize {
        match WireType::of(kind) {
            WireType::Fixed64 => 8,
            WireType::Fixed32 => 4,
            WireType::Varint => wire::varint_len(self.bits(kind)),
            WireType::Delimited => {
                let bits = self.bits(kind);
                wire::varint_len(bits) + bits as usize
            }
        }
    }

    fn encode(&self, kind: Kind, out: &mut Vec<u8>) {
        let bits = self.bits(kind);
        match WireType::of(kind) {
            WireType::Fixed64 => out.extend_from_slice(&bits.to_le_bytes()),
            WireType::Fixed32 => out.extend_from_slice(&(bits as u32).to_le_bytes()),
            WireType::Varint | WireType::Delimited => wire::put_varint(out, bits),
        }
        match self {
            Self::Str(value) => out.extend_from_slice(value.as_bytes()),
            Self::Bytes(value) => out.extend_from_slice(value),
            _ => {}
        }
    }
}

impl<'a> Value<'a> {
    /// The value that an absent field stands for.
    pub(crate) fn default_of(kind: Kind) -> Self {
        match (Scalar::default_of(kind), kind) {
            (Some(scalar), _) => Self::Scalar(scalar),
            (None, Kind::Message(descriptor)) => Self::Message(Tree::new(descriptor())),
            // Every kind but a message has a default.
            (None, _) => Self::Scalar(Scalar::Bool(false)),
        }
    }

    fn from_raw(kind: Kind, raw: Raw<'a>, depth: usize) -> Option<Self> {
        match (kind, raw) {
            (Kind::Message(descriptor), Raw::Delimited(bytes)) => {
                Tree::decode(descriptor(), bytes, depth.checked_sub(1)?).map(Self::Message)
            }
            _ => Scalar::from_raw(kind, raw).map(Self::Scalar),
        }
    }

    fn encoded_len(&self, kind: Kind) -> usize {
        match self {
            Self::Scalar(scalar) => scalar.encoded_len(kind),
            Self::Message(tree) => {
                let len = tree.encoded_len();
                wire::varint_len(len as u64) + len
            }
        }
    }

    fn encode(&self, kind: Kind, order: MapOrder, out: &mut Vec<u8>) {
        match self {
            Self::Scalar(scalar) => scalar.encode(kind, out),
            Self::Message(tree) => {
                wire::put_varint(out, tree.encoded_len() as u64);
                tree.encode(order, out);
            }
        }
    }
}

impl<'a> Key<'a> {
    pub(crate) fn from_scalar(scalar: Scalar<'a>) -> Option<Self> {
        match scalar {
            Scalar::Bool(value) => Some(Self::Bool(value)),
            Scalar::Int(value) => Some(Self::Int(value)),
            Scalar::Uint(value) => Some(Self::Uint(value)),
            Scalar::Str(value) => Some(Self::Str(value)),
            _ => None,
        }
    }

    /// The order of Python's serialisation: of two strings the longer comes first where one begins with the other,
    /// and numbers descend as unsigned ones.
    fn cmp_in_python(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Str(a), Self::Str(b)) if a.starts_with(&**b) || b.starts_with(&**a) => {
                b.len().cmp(&a.len())
            }
            (Self::Int(a), Self::Int(b)) => b.cast_unsigned().cmp(&a.cast_unsigned()),
            (Self::Uint(a), Self::Uint(b)) => b.cmp(a),
            _ => self.cmp(other),
        }
    }

    pub(crate) fn to_scalar(&self) -> Scalar<'_> {
        match self {
            Self::Bool(value) => Scalar::Bool(*value),
            Self::Int(value) => Scalar::Int(*value),
            Self::Uint(value) => Scalar::Uint(*value),
            Self::Str(value) => Scalar::Str(Cow::Borrowed(value)),
        }
    }
}

/// The key and value of a map entry; either may be absent and is then its default.
fn entry<'a>(key_kind: Kind, kind: Kind, bytes: &'a [u8], depth: usize) -> Option<(Key<'a>, Value<'a>)> {
    let (mut key, mut value) = (Scalar::default_of(key_kind)?, Value::default_of(kind));
    let mut reader = Reader::new(bytes);
    while !reader.at_end() {
        match reader.field()? {
            (1, _, raw) => key = Scalar::from_raw(key_kind, raw)?,
            (2, _, raw) => value = Value::from_raw(kind, raw, depth)?,
            _ => {}
        }
    }
    Some((Key::from_scalar(key)?, value))
}

impl<'a> Tree<'a> {
    pub(crate) fn new(descriptor: &'static Descriptor) -> Self {
        Self { descriptor, slots: BTreeMap::new() }
    }

    /// The message of the bytes, without fields that the descriptor does not know. `None` if the bytes are
    /// malformed or nested more than `depth` deep.
    pub(crate) fn decode(descriptor: &'static Descriptor, bytes: &'a [u8], depth: usize) -> Option<Self> {
        let mut tree = Self::new(descriptor);
        tree.merge(bytes, depth)?;
        Some(tree)
    }

    fn merge(&mut self, bytes: &'a [u8], depth: usize) -> Option<()> {
        let mut reader = Reader::new(bytes);
        while !reader.at_end() {
            let (number, wire_type, raw) = reader.field()?;
            let Some(field) = self.descriptor.field(number) else { continue };
            match (field.label, raw) {
                (Label::Many, Raw::Delimited(packed)) if WireType::of(field.kind) != WireType::Delimited => {
                    let mut items = Reader::new(packed);
                    while !items.at_end() {
                        let item = items.value(WireType::of(field.kind))?;
                        self.push(field, Value::from_raw(field.kind, item, depth)?);
                    }
                }
                (Label::Map(key_kind) | Label::ExplicitMap(key_kind), Raw::Delimited(bytes)) => {
                    let (key, value) = entry(key_kind, field.kind, bytes, depth.checked_sub(1)?)?;
                    self.insert(field, key, value);
                }
                _ if wire_type != WireType::of(field.kind) => return None,
                (Label::Many, _) => self.push(field, Value::from_raw(field.kind, raw, depth)?),
                (_, Raw::Delimited(again)) if self.message_mut(field).is_some() => {
                    self.message_mut(field)?.merge(again, depth.checked_sub(1)?)?;
                }
                _ => self.set(field, Value::from_raw(field.kind, raw, depth)?),
            }
        }
        Some(())
    }

    fn message_mut(&mut self, field: &Field) -> Option<&mut Tree<'a>> {
        match self.slots.get_mut(&field.number) {
            Some(Slot::One(Value::Message(tree))) => Some(tree),
            _ => None,
        }
    }

    /// The field of the same oneof that is set, if it is another one than `field`.
    pub(crate) fn rival(&self, field: &Field) -> Option<&'static Field> {
        let Label::Member(oneof) = field.label else { return None };
        self.descriptor.fields.iter().find(|other| {
            matches!(other.label, Label::Member(name) if name == oneof)
                && other.number != field.number
                && self.slots.contains_key(&other.number)
        })
    }

    /// Sets a field that occurs once; another field of the same oneof goes.
    pub(crate) fn set(&mut self, field: &Field, value: Value<'a>) {
        if let Some(rival) = self.rival(field) {
            self.slots.remove(&rival.number);
        }
        self.slots.insert(field.number, Slot::One(value));
    }

    /// Appends to a repeated field.
    pub(crate) fn push(&mut self, field: &Field, value: Value<'a>) {
        if let Slot::Many(values) = self.slots.entry(field.number).or_insert_with(|| Slot::Many(Vec::new())) {
            values.push(value);
        }
    }

    /// Adds an entry to a map, in place of one of the same key.
    pub(crate) fn insert(&mut self, field: &Field, key: Key<'a>, value: Value<'a>) {
        if let Slot::Map(map) = self.slots.entry(field.number).or_insert_with(|| Slot::Map(BTreeMap::new())) {
            map.insert(key, value);
        }
    }

    /// The fields that are written: those set, less the singular scalars that are their default.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'static Field, &Slot<'a>)> {
        self.slots.iter().filter_map(|(number, slot)| {
            let field = self.descriptor.field(*number)?;
            match (field.label, slot) {
                (Label::One, Slot::One(Value::Scalar(scalar))) if scalar.is_default() => None,
                _ => Some((field, slot)),
            }
        })
    }

    pub(crate) fn to_bytes(&self, order: MapOrder) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.encoded_len());
        self.encode(order, &mut out);
        out
    }

    /// The length of what [`encode`](Self::encode) writes.
    fn encoded_len(&self) -> usize {
        self.fields().map(|(field, slot)| slot_len(field, slot)).sum()
    }

    /// Writes the message as protobuf's deterministic serialisation does: fields by number, map entries by key,
    /// each entry with both key and value.
    fn encode(&self, order: MapOrder, out: &mut Vec<u8>) {
        for (field, slot) in self.fields() {
            let (kind, wire_type) = (field.kind, WireType::of(field.kind));
            match (slot, field.label.map_key()) {
                (Slot::Many(values), _) if wire_type != WireType::Delimited => {
                    wire::put_tag(out, field.number, WireType::Delimited);
                    wire::put_varint(
                        out,
                        values.iter().map(|value| value.encoded_len(kind)).sum::<usize>() as u64,
                    );
                    values.iter().for_each(|value| value.encode(kind, order, out));
                }
                (Slot::Many(values), _) => {
                    for value in values {
                        wire::put_tag(out, field.number, wire_type);
                        value.encode(kind, order, out);
                    }
                }
                (Slot::Map(map), Some(key_kind)) => {
                    let mut entries: Vec<_> = map.iter().collect();
                    if order == MapOrder::Python {
                        entries.sort_by(|a, b| a.0.cmp_in_python(b.0));
                    }
                    for (key, value) in entries {
                        let key = key.to_scalar();
                        wire::put_tag(out, field.number, WireType::Delimited);
                        wire::put_varint(out, entry_len(&key, key_kind, value, kind) as u64);
                        wire::put_tag(out, 1, WireType::of(key_kind));
                        key.encode(key_kind, out);
                        wire::put_tag(out, 2, wire_type);
                        value.encode(kind, order, out);
                    }
                }
                (Slot::One(value), _) => {
                    wire::put_tag(out, field.number, wire_type);
                    value.encode(kind, order, out);
                }
                // Only map fields have map slots.
                (Slot::Map(_), _) => {}
            }
        }
    }
}

fn entry_len(key: &Scalar<'_>, key_kind: Kind, value: &Value<'_>, kind: Kind) -> usize {
    wire::tag_len(1) + key.encoded_len(key_kind) + wire::tag_len(2) + value.encoded_len(kind)
}

fn slot_len(field: &Field, slot: &Slot<'_>) -> usize {
    let (kind, tag) = (field.kind, wire::tag_len(field.number));
    match (slot, field.label.map_key()) {
        (Slot::One(value), _) => tag + value.encoded_len(kind),
        (Slot::Many(values), _) if WireType::of(kind) != WireType::Delimited => {
            let len = values.iter().map(|value| value.encoded_len(kind)).sum::<usize>();
            tag + wire::varint_len(len as u64) + len
        }
        (Slot::Many(values), _) => values.iter().map(|value| tag + value.encoded_len(kind)).sum(),
        (Slot::Map(map), Some(key_kind)) => map
            .iter()
            .map(|(key, value)| {
                let len = entry_len(&key.to_scalar(), key_kind, value, kind);
                tag + wire::varint_len(len as u64) + len
            })
            .sum(),
        (Slot::Map(_), _) => 0,
    }
}
