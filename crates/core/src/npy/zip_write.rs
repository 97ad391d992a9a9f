//! Writing zip archives as Python's `zipfile` does for `numpy.savez`: stored, without dates, room for large files.

use super::write::write_error;
use crate::{Result, bail};
use flate2::Crc;
use std::io::Write;

/// Above these Python writes the 64-bit form.
const MOST_BYTES: u64 = (1 << 31) - 1;
const MOST_MEMBERS: u64 = (1 << 16) - 1;
/// The version of the format that knows 64-bit sizes.
const VERSION: u16 = 45;
/// Stands where the size is in the 64-bit field.
const ELSEWHERE: u32 = u32::MAX;
/// 1 January 1980, the first day the format knows.
const DATE: u16 = 0x21;
/// Readable and writable by the owner, in the field's upper half as on Unix.
const PERMISSIONS: u32 = 0o600 << 16;
/// The name is UTF-8.
const UTF8: u16 = 0x800;

struct Written {
    name: String,
    flags: u16,
    crc: u32,
    size: u64,
    offset: u64,
}

/// Writes members one after the other, then the directory of them.
pub(super) struct ArchiveWriter<'a, W: Write> {
    writer: &'a mut W,
    offset: u64,
    members: Vec<Written>,
}

/// Little-endian numbers one after the other.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn u16(mut self, value: u16) -> Fields {
        self.0.extend(value.to_le_bytes());
        self
    }
    fn u32(mut self, value: u32) -> Fields {
        self.0.extend(value.to_le_bytes());
        self
    }
    fn u64(mut self, value: u64) -> Fields {
        self.0.extend(value.to_le_bytes());
        self
    }
    fn bytes(mut self, bytes: &[u8]) -> Fields {
        self.0.extend(bytes);
        self
    }
}

/// Counts and sums what is written to it.
struct Measure {
    crc: Crc,
    size: u64,
}

impl Write for Measure {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.crc.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a, W: Write> ArchiveWriter<'a, W> {
    pub(super) fn new(writer: &'a mut W) -> ArchiveWriter<'a, W> {
        ArchiveWriter { writer, offset: 0, members: Vec::new() }
    }

    fn put(&mut self, fields: Fields) -> Result<()> {
        self.offset += fields.0.len() as u64;
        self.writer.write_all(&fields.0).map_err(write_error)
    }

    /// Adds a member. `content` writes it twice: once to be measured, as checksum and size stand before it.
    pub(super) fn add(&mut self, name: &str, content: &dyn Fn(&mut dyn Write) -> Result<()>) -> Result<()> {
        let Ok(name_length) = u16::try_from(name.len()) else {
            bail!(invalid_argument, "a name of {} bytes is too long for an archive", name.len());
        };
        let mut measure = Measure { crc: Crc::new(), size: 0 };
        content(&mut measure)?;
        let flags = if name.is_ascii() { 0 } else { UTF8 };
        let member = Written {
            name: name.to_string(),
            flags,
            crc: measure.crc.sum(),
            size: measure.size,
            offset: self.offset,
        };
        let header = Fields::default()
            .bytes(b"PK\x03\x04")
            .u16(VERSION)
            .u16(flags)
            .u16(0) // stored
            .u16(0) // midnight
            .u16(DATE)
            .u32(member.crc)
            .u32(ELSEWHERE)
            .u32(ELSEWHERE)
            .u16(name_length)
            .u16(20)
            .bytes(name.as_bytes())
            .u16(1) // the field of 64-bit sizes
            .u16(16)
            .u64(member.size)
            .u64(member.size);
        self.put(header)?;
        content(&mut self.writer)?;
        self.offset += member.size;
        self.members.push(member);
        Ok(())
    }

    /// Writes the directory.
    pub(super) fn finish(mut self) -> Result<()> {
        let start = self.offset;
        for member in std::mem::take(&mut self.members) {
            self.put(directory_entry(&member))?;
            self.members.push(member);
        }
        let size = self.offset - start;
        let count = self.members.len() as u64;
        if count > MOST_MEMBERS || start > MOST_BYTES || size > MOST_BYTES {
            let end = self.offset;
            let record = Fields::default()
                .bytes(b"PK\x06\x06")
                .u64(44)
                .u16(VERSION)
                .u16(VERSION)
                .u32(0)
                .u32(0)
                .u64(count)
                .u64(count)
                .u64(size)
                .u64(start);
            let locator = Fields::default().bytes(b"PK\x06\x07").u32(0).u64(end).u32(1);
            self.put(record)?;
            self.put(locator)?;
        }
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        let end = Fields::default()
            .bytes(b"PK\x05\x06")
            .u16(0)
            .u16(0)
            .u16(count)
            .u16(count)
            .u32(u32::try_from(size).unwrap_or(ELSEWHERE))
            .u32(u32::try_from(start).unwrap_or(ELSEWHERE))
            .u16(0);
        self.put(end)
    }
}

fn directory_entry(member: &Written) -> Fields {
    let mut large = Fields::default();
    let mut size = ELSEWHERE;
    if member.size > MOST_BYTES {
        large = large.u64(member.size).u64(member.size);
    } else {
        size = member.size as u32;
    }
    let mut offset = ELSEWHERE;
    if member.offset > MOST_BYTES {
        large = large.u64(member.offset);
    } else {
        offset = member.offset as u32;
    }
    let length = large.0.len() as u16;
    let entry = Fields::default()
        .bytes(b"PK\x01\x02")
        .bytes(&[VERSION as u8, 3]) // written on Unix
        .u16(VERSION)
        .u16(member.flags)
        .u16(0)
        .u16(0)
        .u16(DATE)
        .u32(member.crc)
        .u32(size)
        .u32(size)
        .u16(member.name.len() as u16)
        .u16(if length > 0 { length + 4 } else { 0 })
        .u16(0)
        .u16(0)
        .u16(0)
        .u32(PERMISSIONS)
        .u32(offset)
        .bytes(member.name.as_bytes());
    if length > 0 { entry.u16(1).u16(length).bytes(&large.0) } else { entry }
}
