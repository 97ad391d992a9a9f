//! Encodings of Unicode text: bytes to code points with a place for each, and code points to bytes.

use ferroflow_core::{Result, bail};
use std::collections::HashMap;
use std::sync::OnceLock;

/// What stands for bytes that are no character.
pub(crate) const REPLACEMENT: i32 = 0xfffd;

/// A character that was read: its code point, how many bytes it took, and whether it stands for bytes that are none.
pub(crate) struct Read {
    pub(crate) point: i32,
    pub(crate) bytes: usize,
    pub(crate) malformed: bool,
}

/// An encoding that text can be read from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    Utf8,
    /// Words of two or four bytes.
    Words {
        size: usize,
        little: bool,
    },
    /// The code points of 256 bytes.
    Page(&'static [i32; 256]),
}

/// Encodings of several bytes a character that TensorFlow knows and this crate does not.
const UNSUPPORTED: &[&str] = &[
    "utf7",
    "imapmailboxname",
    "scsu",
    "bocu1",
    "cesu8",
    "shiftjis",
    "sjis",
    "mskanji",
    "windows31j",
    "eucjp",
    "euckr",
    "euctw",
    "gb18030",
    "gbk",
    "gb2312",
    "big5",
    "big5hkscs",
    "iso2022jp",
    "iso2022jp1",
    "iso2022jp2",
    "iso2022kr",
    "iso2022cn",
    "hzgb2312",
    "hz",
    "ksc56011987",
    "windows949",
    "windows936",
    "windows950",
    "windows932",
];

impl Source {
    /// The encoding of this name.
    ///
    /// # Errors
    /// `Unimplemented` for encodings that only TensorFlow reads, `InvalidArgument` for unknown names.
    pub(crate) fn named(name: &str) -> Result<Source> {
        let words = |size, little| Ok(Source::Words { size, little });
        match normalized(name).as_str() {
            "utf8" => Ok(Source::Utf8),
            // TensorFlow looks for no byte order mark.
            "utf16" | "utf16be" => words(2, false),
            "utf16le" => words(2, true),
            "utf32" | "utf32be" => words(4, false),
            "utf32le" => words(4, true),
            other => match code_pages().get(other) {
                Some(page) => Ok(Source::Page(page)),
                None if UNSUPPORTED.contains(&other) => {
                    bail!(unimplemented, "unsupported input encoding: {name}")
                }
                None => bail!(invalid_argument, "Could not create converter for input encoding: {name}"),
            },
        }
    }

    /// Calls `take` for each character of the text.
    pub(crate) fn read(self, text: &[u8], mut take: impl FnMut(Read)) {
        match self {
            Source::Utf8 => read_utf8(text, &mut take),
            Source::Words { size: 2, little } => read_utf16(text, little, &mut take),
            Source::Words { little, .. } => read_utf32(text, little, &mut take),
            Source::Page(page) => {
                for &byte in text {
                    let point = page[usize::from(byte)];
                    take(Read { point, bytes: 1, malformed: point == REPLACEMENT });
                }
            }
        }
    }
}

fn normalized(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The one-byte encodings by their normalized names, from the table that TensorFlow's answers fill.
fn code_pages() -> &'static HashMap<String, [i32; 256]> {
    static PAGES: OnceLock<HashMap<String, [i32; 256]>> = OnceLock::new();
    PAGES.get_or_init(|| {
        let mut pages = HashMap::new();
        for line in include_str!("code_pages.txt").lines().filter(|line| !line.starts_with('#')) {
            let Some((names, runs)) = line.split_once(" = ") else { continue };
            let mut page = [REPLACEMENT; 256];
            let mut bytes = page.iter_mut();
            for run in runs.split(' ') {
                let (start, count) = run.split_once('+').unwrap_or((run, "1"));
                let start = i32::from_str_radix(start, 16).unwrap_or(REPLACEMENT);
                for offset in 0..count.parse().unwrap_or(1) {
                    if let Some(point) = bytes.next() {
                        *point = start + offset;
                    }
                }
            }
            pages.extend(names.split(' ').map(|name| (normalized(name), page)));
        }
        pages
    })
}

fn read_utf8(text: &[u8], take: &mut impl FnMut(Read)) {
    for chunk in text.utf8_chunks() {
        for char in chunk.valid().chars() {
            take(Read { point: char as i32, bytes: char.len_utf8(), malformed: false });
        }
        if !chunk.invalid().is_empty() {
            take(Read { point: REPLACEMENT, bytes: chunk.invalid().len(), malformed: true });
        }
    }
}

fn read_utf16(text: &[u8], little: bool, take: &mut impl FnMut(Read)) {
    let (pairs, rest) = text.as_chunks::<2>();
    let mut units = pairs
        .iter()
        .map(|&pair| if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
        .peekable();
    while let Some(unit) = units.next() {
        let lone = Read { point: REPLACEMENT, bytes: 2, malformed: true };
        take(match unit {
            0xd800..0xdc00 => match units.next_if(|next| (0xdc00..0xe000).contains(next)) {
                Some(next) => {
                    let point = 0x10000 + (i32::from(unit & 0x3ff) << 10) + i32::from(next & 0x3ff);
                    Read { point, bytes: 4, malformed: false }
                }
                // What is cut off takes the last byte along.
                None if units.peek().is_none() => {
                    take(Read { bytes: 2 + rest.len(), ..lone });
                    return;
                }
                None => lone,
            },
            0xdc00..0xe000 => lone,
            unit => Read { point: unit.into(), bytes: 2, malformed: false },
        });
    }
    if !rest.is_empty() {
        take(Read { point: REPLACEMENT, bytes: rest.len(), malformed: true });
    }
}

fn read_utf32(text: &[u8], little: bool, take: &mut impl FnMut(Read)) {
    let (words, rest) = text.as_chunks::<4>();
    for &word in words {
        let value = if little { u32::from_le_bytes(word) } else { u32::from_be_bytes(word) };
        take(match char::from_u32(value) {
            Some(char) => Read { point: char as i32, bytes: 4, malformed: false },
            None => Read { point: REPLACEMENT, bytes: 4, malformed: true },
        });
    }
    if !rest.is_empty() {
        take(Read { point: REPLACEMENT, bytes: rest.len(), malformed: true });
    }
}

/// Text in units of UTF-16, where two halves of a pair that happen to meet are a character.
#[derive(Default)]
pub(crate) struct Units(Vec<u16>);

impl Units {
    /// Appends a code point; what is none is left out.
    pub(crate) fn push(&mut self, point: i32) {
        match point {
            0..0x10000 => self.0.push(point as u16),
            0x10000..=0x10_ffff => {
                let offset = point - 0x10000;
                self.0.extend([0xd800 | (offset >> 10) as u16, 0xdc00 | (offset & 0x3ff) as u16]);
            }
            _ => {}
        }
    }

    /// The text in an encoding: `UTF-8`, `UTF-16-BE`, `UTF-32-BE`.
    ///
    /// # Errors
    /// `InvalidArgument` for another encoding.
    pub(crate) fn encode(&self, encoding: &str) -> Result<Vec<u8>> {
        match encoding {
            "UTF-8" => Ok(String::from_utf16_lossy(&self.0).into_bytes()),
            "UTF-16-BE" => Ok(self.0.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
            "UTF-32-BE" => {
                let points = char::decode_utf16(self.0.iter().copied())
                    .map(|unit| unit.map_or_else(|lone| lone.unpaired_surrogate().into(), u32::from));
                Ok(points.flat_map(u32::to_be_bytes).collect())
            }
            other => bail!(
                invalid_argument,
                "Invalid encoding \"{other}\": Should be one of: UTF-8, UTF-16-BE, UTF-32-BE"
            ),
        }
    }
}
