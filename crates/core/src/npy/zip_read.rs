//! Reading zip archives: stored and deflated members, 64-bit sizes, checksums.

use crate::{Error, Result, bail, ensure};
use flate2::Crc;
use flate2::read::DeflateDecoder;
use std::io::{Read, Seek, SeekFrom, Take};

const END: &[u8] = b"PK\x05\x06";
const END_SIZE: usize = 22;
const LOCATOR_SIZE: u64 = 20;

/// An archive whose end has been found.
pub(super) struct Archive<R> {
    reader: R,
    length: u64,
    directory: u64,
    directory_size: u64,
    count: u64,
}

/// A member as the directory describes it.
pub(super) struct Member {
    pub(super) name: String,
    flags: u16,
    method: u16,
    crc: u32,
    compressed: u64,
    size: u64,
    offset: u64,
}

fn malformed(what: &str) -> Error {
    Error::data_loss(format!("File is not a zip file: {what}"))
}

/// Takes little-endian numbers off the front of bytes.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.0.split_at_checked(count) else {
            return Err(malformed("a record is cut short"));
        };
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self, size: usize) -> Result<u64> {
        Ok(self.bytes(size)?.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    fn u16(&mut self) -> Result<u16> {
        Ok(self.number(2)? as u16)
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(self.number(4)? as u32)
    }
}

impl<R: Read + Seek> Archive<R> {
    /// Finds the directory at the end of the file.
    pub(super) fn open(mut reader: R) -> Result<Archive<R>> {
        let length = reader.seek(SeekFrom::End(0)).map_err(read_error)?;
        // A comment of up to 65,535 bytes may follow the record.
        let tail_size = length.min((END_SIZE + usize::from(u16::MAX)) as u64);
        let mut archive = Archive { reader, length, directory: 0, directory_size: 0, count: 0 };
        let tail = archive.bytes_at(length - tail_size, tail_size)?;
        let found = tail.windows(END_SIZE).rposition(|window| window.starts_with(END));
        let Some(at) = found else {
            return Err(malformed("its directory is missing"));
        };
        let mut end = Fields(tail.get(at + 8..).unwrap_or_default());
        end.u16()?;
        archive.count = u64::from(end.u16()?);
        archive.directory_size = u64::from(end.u32()?);
        archive.directory = u64::from(end.u32()?);
        archive.read_large_end(length - tail_size + at as u64)?;
        let end = archive.directory.checked_add(archive.directory_size);
        if end.is_none_or(|end| end > length) {
            return Err(malformed("its directory lies outside"));
        }
        Ok(archive)
    }

    /// Takes 64-bit numbers from the record that stands before the end, if there is one.
    fn read_large_end(&mut self, end: u64) -> Result<()> {
        let Some(at) = end.checked_sub(LOCATOR_SIZE) else {
            return Ok(());
        };
        let locator = self.bytes_at(at, LOCATOR_SIZE)?;
        if !locator.starts_with(b"PK\x06\x07") {
            return Ok(());
        }
        let record = Fields(locator.get(8..).unwrap_or_default()).number(8)?;
        let record = self.bytes_at(record, 56)?;
        if !record.starts_with(b"PK\x06\x06") {
            return Err(malformed("its directory is missing"));
        }
        let mut fields = Fields(record.get(32..).unwrap_or_default());
        self.count = fields.number(8)?;
        self.directory_size = fields.number(8)?;
        self.directory = fields.number(8)?;
        Ok(())
    }

    /// Bytes of the file, which it is known to have before they are given room.
    fn bytes_at(&mut self, offset: u64, count: u64) -> Result<Vec<u8>> {
        let inside = offset.checked_add(count).is_some_and(|end| end <= self.length);
        if !inside {
            return Err(malformed("it is cut short"));
        }
        self.reader.seek(SeekFrom::Start(offset)).map_err(read_error)?;
        let mut bytes = Vec::new();
        self.reader.by_ref().take(count).read_to_end(&mut bytes).map_err(read_error)?;
        if bytes.len() as u64 != count {
            return Err(malformed("it is cut short"));
        }
        Ok(bytes)
    }

    /// The members in the order of the directory.
    pub(super) fn members(&mut self) -> Result<Vec<Member>> {
        let directory = self.bytes_at(self.directory, self.directory_size)?;
        let mut fields = Fields(&directory);
        // The count is not trusted with memory.
        let mut members = Vec::new();
        for _ in 0..self.count {
            members.push(member(&mut fields)?);
        }
        Ok(members)
    }

    /// The content of a member, decompressed.
    pub(super) fn content(&mut self, member: &Member) -> Result<Content<'_, R>> {
        ensure!(member.flags & 1 == 0, unimplemented, "File '{}' is encrypted", member.name);
        // Name and extra fields may differ in length from those in the directory.
        let header = self.bytes_at(member.offset, 30)?;
        ensure!(
            header.starts_with(b"PK\x03\x04"),
            data_loss,
            "Bad magic number for file header of '{}'",
            member.name
        );
        let mut lengths = Fields(header.get(26..).unwrap_or_default());
        let skipped = 30 + u64::from(lengths.u16()?) + u64::from(lengths.u16()?);
        let start = member.offset.checked_add(skipped);
        let end = start.and_then(|start| start.checked_add(member.compressed));
        let (Some(start), true) = (start, end.is_some_and(|end| end <= self.length)) else {
            bail!(data_loss, "File '{}' is cut short", member.name);
        };
        self.reader.seek(SeekFrom::Start(start)).map_err(read_error)?;
        let stored = self.reader.by_ref().take(member.compressed);
        let source = match member.method {
            0 => Source::Stored(stored),
            8 => Source::Deflated(DeflateDecoder::new(stored)),
            other => bail!(
                unimplemented,
                "That compression method is not supported: {other}, of file '{}'",
                member.name
            ),
        };
        let (name, expected) = (member.name.clone(), member.crc);
        Ok(Content { source, left: member.size, crc: Crc::new(), expected, name })
    }
}

fn member(fields: &mut Fields<'_>) -> Result<Member> {
    if fields.bytes(4)? != b"PK\x01\x02" {
        return Err(malformed("Bad magic number for central directory"));
    }
    fields.bytes(4)?;
    let (flags, method) = (fields.u16()?, fields.u16()?);
    fields.bytes(4)?;
    let crc = fields.u32()?;
    let (compressed, size) = (fields.u32()?, fields.u32()?);
    let (name, extra, comment) = (fields.u16()?, fields.u16()?, fields.u16()?);
    fields.bytes(8)?;
    let offset = fields.u32()?;
    let name = String::from_utf8_lossy(fields.bytes(name.into())?).into_owned();
    let mut large = large_numbers(fields.bytes(extra.into())?)?;
    fields.bytes(comment.into())?;
    // Numbers that do not fit are in the extra field, in this order.
    let mut widen = |number: u32| match number {
        u32::MAX => large.number(8),
        number => Ok(u64::from(number)),
    };
    let (size, compressed, offset) = (widen(size)?, widen(compressed)?, widen(offset)?);
    Ok(Member { name, flags, method, crc, compressed, size, offset })
}

/// The extra field of 64-bit numbers, empty where there is none.
fn large_numbers(extra: &[u8]) -> Result<Fields<'_>> {
    let mut extra = Fields(extra);
    while extra.0.len() >= 4 {
        let (kind, size) = (extra.u16()?, extra.u16()?);
        let content = extra.bytes(size.into())?;
        if kind == 1 {
            return Ok(Fields(content));
        }
    }
    Ok(Fields(&[]))
}

enum Source<'a, R> {
    Stored(Take<&'a mut R>),
    Deflated(DeflateDecoder<Take<&'a mut R>>),
}

/// The bytes of a member as they are read, and their checksum.
pub(super) struct Content<'a, R> {
    source: Source<'a, R>,
    /// How many bytes the directory says are still to come.
    left: u64,
    crc: Crc,
    expected: u32,
    name: String,
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let Some(buffer) = buffer.get_mut(..most) else {
            return Ok(0);
        };
        let count = match &mut self.source {
            Source::Stored(source) => source.read(buffer)?,
            Source::Deflated(source) => source.read(buffer)?,
        };
        self.crc.update(buffer.get(..count).unwrap_or_default());
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}

impl<R: Read> Content<'_, R> {
    /// Reads what is left and compares the checksum.
    ///
    /// # Errors
    /// `DataLoss` when the checksum or the size is another than the directory says.
    pub(super) fn finish(mut self) -> Result<()> {
        std::io::copy(&mut self, &mut std::io::sink()).map_err(read_error)?;
        ensure!(self.left == 0, data_loss, "File '{}' is cut short", self.name);
        ensure!(self.crc.sum() == self.expected, data_loss, "Bad CRC-32 for file '{}'", self.name);
        Ok(())
    }
}

fn read_error(error: std::io::Error) -> Error {
    Error::data_loss(error.to_string())
}
