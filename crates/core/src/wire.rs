//! Writing the wire format of protocol buffers, as far as ops give messages: tensors, summaries.

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
