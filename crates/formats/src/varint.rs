//! Writing numbers in base 128.

/// Appends a number in base 128, low digits first, the high bit of a byte saying that another follows.
pub(crate) fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
