//! The fields of any message, one after the other, groups among them.

use crate::ByteReader;

/// The most groups within each other.
const DEEPEST: usize = 100;

/// What stands behind a field's tag.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LooseValue<'a> {
    /// A number, in as many bits as it is wide.
    Number(u64),
    /// What has its length before it.
    Bytes(&'a [u8]),
    /// A group, passed over.
    Group,
}

/// A field's number and the low bits of its tag.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LooseTag {
    /// The number.
    pub number: u32,
    /// How the value is laid out.
    pub wire_type: u32,
}

/// The next tag; `None` at the end, or where there is no tag but something else.
pub fn next_tag(bytes: &mut ByteReader<'_>) -> Option<LooseTag> {
    let mut ahead = *bytes;
    let tag = u32::try_from(ahead.varint()?).ok()?;
    let found = LooseTag { number: tag >> 3, wire_type: tag & 7 };
    // The end of a group that was not begun ends a message.
    if found.number == 0 || found.wire_type == 4 {
        return None;
    }
    *bytes = ahead;
    Some(found)
}

/// The value behind a tag; `None` where it is not whole.
pub fn next_value<'a>(bytes: &mut ByteReader<'a>, tag: LooseTag) -> Option<LooseValue<'a>> {
    value_within(bytes, tag, 0)
}

fn value_within<'a>(bytes: &mut ByteReader<'a>, tag: LooseTag, depth: usize) -> Option<LooseValue<'a>> {
    match tag.wire_type {
        0 => bytes.varint().map(LooseValue::Number),
        1 => bytes.u64().map(LooseValue::Number),
        5 => bytes.u32().map(|number| LooseValue::Number(u64::from(number))),
        2 => {
            let size = bytes.varint_size()?;
            bytes.take(size).map(LooseValue::Bytes)
        }
        3 if depth < DEEPEST => {
            while let Some(inner) = next_tag(bytes) {
                value_within(bytes, inner, depth + 1)?;
            }
            let end = bytes.varint()?;
            (end == u64::from(tag.number << 3 | 4)).then_some(LooseValue::Group)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_passed_over() {
        // Field 1 is a group that holds a number, field 2 is a number.
        let mut bytes = ByteReader::new(&[0x0b, 0x18, 0x05, 0x0c, 0x10, 0x07]);
        let tag = next_tag(&mut bytes).expect("a tag");
        assert_eq!(next_value(&mut bytes, tag), Some(LooseValue::Group));
        let tag = next_tag(&mut bytes).expect("a tag");
        assert_eq!((tag.number, next_value(&mut bytes, tag)), (2, Some(LooseValue::Number(7))));
        assert!(next_tag(&mut bytes).is_none() && bytes.rest().is_empty());
    }

    #[test]
    fn groups_without_an_end_are_not_whole() {
        let deep = [0x0b; 1000];
        let mut bytes = ByteReader::new(&deep);
        let tag = next_tag(&mut bytes).expect("a tag");
        assert!(next_value(&mut bytes, tag).is_none());
    }
}
