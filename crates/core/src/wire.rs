//! The wire format of protocol buffers, as far as ops give and take messages (tensors, summaries, examples): fields
//! written, and read within bounds.

use crate::{Error, Result};

/// Appends a number of seven bits a byte.
pub fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a field that holds a number.
pub fn write_number(out: &mut Vec<u8>, field: u64, value: u64) {
    write_varint(out, field << 3);
    write_varint(out, value);
}

/// Appends a field that holds bytes.
pub fn write_bytes(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    write_varint(out, field << 3 | 2);
    write_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a field of four bytes, a `float`.
pub fn write_float(out: &mut Vec<u8>, field: u64, value: f32) {
    write_varint(out, field << 3 | 5);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a field of eight bytes, a `double`.
pub fn write_double(out: &mut Vec<u8>, field: u64, value: f64) {
    write_varint(out, field << 3 | 1);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends to a message `Summary` what is reported of one of a batch: a message in this field of a value named `tag/kind`, and
/// numbered where more than one may be reported.
pub fn write_summary_value(
    out: &mut Vec<u8>,
    tag: &[u8],
    kind: &str,
    number: Option<usize>,
    field: u64,
    message: &[u8],
) {
    let mut name = [tag, b"/", kind.as_bytes()].concat();
    if let Some(number) = number {
        name.extend_from_slice(format!("/{number}").as_bytes());
    }
    let mut value = Vec::new();
    write_bytes(&mut value, 1, &name);
    write_bytes(&mut value, field, message);
    write_bytes(out, 1, &value);
}

/// The payload of a field.
#[derive(Clone, Copy)]
pub enum Payload<'a> {
    /// A number of seven bits a byte.
    Varint(u64),
    /// Eight bytes.
    Fixed64([u8; 8]),
    /// Bytes with their count before them.
    Bytes(&'a [u8]),
    /// Four bytes.
    Fixed32([u8; 4]),
}

impl<'a> Payload<'a> {
    /// The bytes of a field that has a length.
    pub fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Payload::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// The fields of a message, one after the other: number and payload, or an error that ends them.
pub struct Fields<'a>(&'a [u8]);

/// What is wrong with bytes that are no message; callers word their own errors.
pub fn malformed() -> Error {
    Error::invalid_argument("malformed protocol buffer")
}

impl<'a> Fields<'a> {
    /// The fields of these bytes.
    pub fn new(bytes: &'a [u8]) -> Fields<'a> {
        Fields(bytes)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn field(&mut self) -> Option<(u64, Payload<'a>)> {
        let tag = varint(&mut self.0)?;
        let payload = match tag & 7 {
            0 => Payload::Varint(varint(&mut self.0)?),
            1 => Payload::Fixed64(self.fixed()?),
            2 => {
                let length = usize::try_from(varint(&mut self.0)?).ok()?;
                Payload::Bytes(self.take(length)?)
            }
            5 => Payload::Fixed32(self.fixed()?),
            // Groups are in none of the messages.
            _ => return None,
        };
        (tag >> 3 != 0).then_some((tag >> 3, payload))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Payload<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or_else(malformed))
    }
}

/// A number of seven bits a byte, off the front of the bytes.
pub fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if shift < 64 {
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        }
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
