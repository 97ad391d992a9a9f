//! The protobuf wire format below the level of messages: varints, tags and fields.

use crate::descriptor::Kind;

/// How a field's value is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireType {
    Varint,
    Fixed64,
    Delimited,
    Fixed32,
}

impl WireType {
    fn from_bits(bits: u64) -> Option<Self> {
        match bits {
            0 => Some(Self::Varint),
            1 => Some(Self::Fixed64),
            2 => Some(Self::Delimited),
            5 => Some(Self::Fixed32),
            // TensorFlow has no groups (3 and 4).
            _ => None,
        }
    }

    fn bits(self) -> u64 {
        match self {
            Self::Varint => 0,
            Self::Fixed64 => 1,
            Self::Delimited => 2,
            Self::Fixed32 => 5,
        }
    }

    /// The layout of one value of that kind.
    pub(crate) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Double | Kind::Fixed64 => Self::Fixed64,
            Kind::Float | Kind::Fixed32 => Self::Fixed32,
            Kind::String | Kind::Bytes | Kind::Message(_) => Self::Delimited,
            _ => Self::Varint,
        }
    }
}

/// A field's value as it lies in the bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Raw<'a> {
    /// A varint, or a fixed number widened to 64 bits.
    Number(u64),
    /// What is preceded by its length.
    Delimited(&'a [u8]),
}

/// Reads fields and values one after the other; `None` is the end or a malformed byte, told apart by `at_end`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next field: its number, layout and value.
    pub(crate) fn field(&mut self) -> Option<(u32, WireType, Raw<'a>)> {
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| *number > 0)?;
        let wire_type = WireType::from_bits(tag & 7)?;
        Some((number, wire_type, self.value(wire_type)?))
    }

    /// The next value of that layout.
    pub(crate) fn value(&mut self, wire_type: WireType) -> Option<Raw<'a>> {
        match wire_type {
            WireType::Varint => self.varint().map(Raw::Number),
            WireType::Fixed64 => {
                let (head, rest) = self.rest.split_first_chunk::<8>()?;
                self.rest = rest;
                Some(Raw::Number(u64::from_le_bytes(*head)))
            }
            WireType::Fixed32 => {
                let (head, rest) = self.rest.split_first_chunk::<4>()?;
                self.rest = rest;
                Some(Raw::Number(u64::from(u32::from_le_bytes(*head))))
            }
            WireType::Delimited => {
                let len = usize::try_from(self.varint()?).ok()?;
                let (head, rest) = self.rest.split_at_checked(len)?;
                self.rest = rest;
                Some(Raw::Delimited(head))
            }
        }
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

/// The bytes a varint takes.
pub(crate) fn varint_len(value: u64) -> usize {
    prost::encoding::encoded_len_varint(value)
}

pub(crate) fn put_varint(out: &mut Vec<u8>, value: u64) {
    prost::encoding::encode_varint(value, out);
}

/// The bytes a field's tag takes.
pub(crate) fn tag_len(number: u32) -> usize {
    varint_len(u64::from(number) << 3)
}

pub(crate) fn put_tag(out: &mut Vec<u8>, number: u32, wire_type: WireType) {
    put_varint(out, u64::from(number) << 3 | wire_type.bits());
}

/// A signed number as a zigzag varint.
pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// The signed number of a zigzag varint.
pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}
