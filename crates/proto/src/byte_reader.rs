//! `ByteReader`: takes numbers and slices off the front of untrusted bytes, never past their end.

/// What is left of some bytes. Every method gives `None`, and takes nothing, where too few are left.
#[derive(Clone, Copy, Debug)]
pub struct ByteReader<'a>(&'a [u8]);

impl<'a> ByteReader<'a> {
    /// A reader of these bytes.
    pub fn new(bytes: &'a [u8]) -> ByteReader<'a> {
        ByteReader(bytes)
    }

    /// The bytes not taken yet.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    /// The next four bytes as a little-endian number.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// The next eight bytes as a little-endian number.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// The next number in base 128, low digits first, the high bit of a byte saying that another follows.
    pub fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for (position, &byte) in self.0.iter().take(10).enumerate() {
            let digit = u64::from(byte & 0x7f);
            // The tenth byte holds the one bit that is left of 64.
            if position == 9 && digit > 1 {
                return None;
            }
            value |= digit << (7 * position);
            if byte < 0x80 {
                self.take(position + 1)?;
                return Some(value);
            }
        }
        None
    }

    /// A base 128 number that is a size of something in memory.
    pub fn varint_size(&mut self) -> Option<usize> {
        let mut ahead = *self;
        let size = usize::try_from(ahead.varint()?).ok()?;
        *self = ahead;
        Some(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_of_every_length() {
        assert_eq!(ByteReader::new(&[0x05]).varint(), Some(5));
        assert_eq!(ByteReader::new(&[0xac, 0x02]).varint(), Some(300));
        let mut largest = [0xff; 10];
        largest[9] = 1;
        assert_eq!(ByteReader::new(&largest).varint(), Some(u64::MAX));
        largest[9] = 2;
        assert_eq!(ByteReader::new(&largest).varint(), None);
        assert_eq!(ByteReader::new(&[0x80; 12]).varint(), None);
        assert_eq!(ByteReader::new(&[0x80]).varint(), None);
    }

    #[test]
    fn a_failed_take_takes_nothing() {
        let mut reader = ByteReader::new(&[1, 2, 3]);
        assert_eq!(reader.u32(), None);
        assert_eq!(reader.take(4), None);
        assert_eq!(reader.rest(), [1, 2, 3]);
    }
}
