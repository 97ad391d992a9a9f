//! Strings in the text format: what is escaped on printing, and what an escape stands for on parsing.

/// Appends text with its control characters, quotes and backslashes escaped; all other characters stay.
pub(super) fn escape_str(text: &str, out: &mut String) {
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => escape_byte(byte, out),
            _ => out.push(c),
        }
    }
}

/// Appends bytes with everything escaped that is not printable ASCII.
pub(super) fn escape_bytes(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        escape_byte(*byte, out);
    }
}

fn escape_byte(byte: u8, out: &mut String) {
    match byte {
        b'\t' => out.push_str("\\t"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'"' => out.push_str("\\\""),
        b'\'' => out.push_str("\\'"),
        b'\\' => out.push_str("\\\\"),
        b' '..=b'~' => out.push(char::from(byte)),
        _ => {
            out.push('\\');
            for shift in [6, 3, 0] {
                out.push(char::from(b'0' + (byte >> shift & 7)));
            }
        }
    }
}

/// The bytes that the inside of a quoted string stands for.
///
/// As in Python's protobuf, `\u` and `\U` are replaced first, by the character's UTF-8; then all other escapes, of
/// which an unknown one stands for itself, backslash included.
///
/// # Errors
///
/// The message, in Python's words.
pub(crate) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    if !text.contains('\\') {
        return Ok(text.as_bytes().to_vec());
    }
    unescape_bytes(replace_unicode_escapes(text)?.as_bytes())
}

fn replace_unicode_escapes(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Python counts positions in the string's raw-unicode-escape bytes.
    let mut position = 0;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        out.push_str(plain);
        position += plain.chars().map(raw_unicode_len).sum::<usize>();
        let mut chars = escape.chars();
        let (_, second) = (chars.next(), chars.next());
        let width = match second {
            Some('u') => 4,
            Some('U') => 8,
            _ => {
                let len = 1 + second.map_or(0, char::len_utf8);
                let (kept, next) = escape.split_at(len);
                out.push_str(kept);
                position += kept.chars().map(raw_unicode_len).sum::<usize>();
                rest = next;
                continue;
            }
        };
        let digits = chars.as_str();
        let found = digits.bytes().take(width).take_while(u8::is_ascii_hexdigit).count();
        let (hex, next) = digits.split_at(found);
        let last = position + 1 + found;
        let fail = |reason: &str| {
            format!("'rawunicodeescape' codec can't decode bytes in position {position}-{last}: {reason}")
        };
        if found < width {
            return Err(fail(if width == 4 {
                "truncated \\uXXXX escape"
            } else {
                "truncated \\UXXXXXXXX escape"
            }));
        }
        let code = u32::from_str_radix(hex, 16).unwrap_or(u32::MAX);
        if code > 0x10_ffff {
            return Err(fail("\\Uxxxxxxxx out of range"));
        }
        let Some(c) = char::from_u32(code) else {
            let index = out.chars().count();
            return Err(format!(
                "'utf-8' codec can't encode character '\\u{code:04x}' in position {index}: surrogates not allowed"
            ));
        };
        out.push(c);
        position += 2 + width;
        rest = next;
    }
    out.push_str(rest);
    Ok(out)
}

/// The bytes that Python's raw-unicode-escape codec writes for a character.
fn raw_unicode_len(c: char) -> usize {
    match u32::from(c) {
        0..=0xff => 1,
        0x100..=0xffff => 6,
        _ => 10,
    }
}

/// The byte that a backslash and this one stand for, where it is always the same.
fn simple_escape(escape: u8) -> Option<u8> {
    Some(match escape {
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => b'\r',
        b'\\' | b'\'' | b'"' => escape,
        _ => return None,
    })
}

fn unescape_bytes(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        let position = bytes.len() - rest.len();
        if *first != b'\\' {
            out.push(*first);
            rest = tail;
            continue;
        }
        let [escape, after @ ..] = tail else {
            return Err(format!(
                "'unicodeescape' codec can't decode byte 0x5c in position {position}: \\ at end of string"
            ));
        };
        rest = match (simple_escape(*escape), escape) {
            (Some(byte), _) => {
                out.push(byte);
                after
            }
            (None, b'0'..=b'7') => octal(tail, &mut out)?,
            (None, b'x') => {
                // Protobuf takes one hex digit as well as two.
                let found = after.iter().take(2).take_while(|byte| byte.is_ascii_hexdigit()).count();
                let (digits, next) = after.split_at(found);
                let code = str::from_utf8(digits).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
                out.push(code.ok_or_else(|| {
                    let last = position + 1;
                    format!(
                        "'unicodeescape' codec can't decode bytes in position {position}-{last}: truncated \\xXX escape"
                    )
                })?);
                next
            }
            (None, b'N') => return Err(named_character(after, position)),
            _ => {
                out.extend([b'\\', *escape]);
                after
            }
        };
    }
    Ok(out)
}

/// Reads up to three octal digits.
fn octal<'a>(digits: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], String> {
    let found = digits.iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let (digits, rest) = digits.split_at(found);
    let code = digits.iter().fold(0u32, |code, digit| code * 8 + u32::from(digit - b'0'));
    // Python takes the escape as a character and then finds no byte for it.
    out.push(u8::try_from(code).map_err(|_| {
        let index = out.len();
        format!("'latin-1' codec can't encode character '\\u{code:04x}' in position {index}: ordinal not in range(256)")
    })?);
    Ok(rest)
}

/// Characters by name are refused: their names are a table of Unicode's that nothing else here needs.
fn named_character(after: &[u8], position: usize) -> String {
    let len = match after.iter().position(|byte| *byte == b'}') {
        Some(at) if after.starts_with(b"{") => at + 1,
        _ => 0,
    };
    let reason = if len == 0 { "malformed \\N character escape" } else { "unknown Unicode character name" };
    let last = position + 1 + len;
    format!("'unicodeescape' codec can't decode bytes in position {position}-{last}: {reason}")
}

/// The number that up to `most` digits at the beginning make, and how many there are.
fn leading_number(bytes: &[u8], radix: u32, most: usize) -> (u32, usize) {
    let digits = bytes.iter().take(most).map_while(|byte| char::from(*byte).to_digit(radix));
    digits.fold((0, 0), |(number, count), digit| (number * radix + digit, count + 1))
}

/// The bytes that the inside of a quoted string stands for, as protobuf's C++ parser reads it; `None` for what is no escape.
pub(super) fn unescape_as_cpp(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        if *first != b'\\' {
            out.push(*first);
            rest = tail;
            continue;
        }
        let (kind, digits) = tail.split_first()?;
        let width = match kind {
            b'0'..=b'7' => {
                let (code, found) = leading_number(tail, 8, 3);
                // What is more than a byte is lost.
                out.push(code as u8);
                rest = tail.get(found..)?;
                continue;
            }
            b'x' | b'X' => {
                let (code, found) = leading_number(digits, 16, 2);
                out.push(u8::try_from(code).ok().filter(|_| found > 0)?);
                rest = digits.get(found..)?;
                continue;
            }
            b'u' => 4,
            b'U' => 8,
            kind => {
                out.push(simple_escape(*kind).or((*kind == b'?').then_some(*kind))?);
                rest = digits;
                continue;
            }
        };
        let (mut code, found) = leading_number(digits, 16, width);
        let mut next = digits.get(found..)?;
        if found < width || code > 0x1f_ffff {
            return None;
        }
        if let (0xd800..=0xdbff, [b'\\', b'u', low @ ..]) = (code, next)
            && let (low_code @ 0xdc00..=0xdfff, 4) = leading_number(low, 16, 4)
        {
            code = 0x1_0000 + ((code - 0xd800) << 10) + (low_code - 0xdc00);
            next = low.get(4..)?;
        }
        match char::from_u32(code) {
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            // Too large for a character, it stays as it is.
            None if code > 0x10_ffff => out.extend_from_slice(rest.get(..2 + width)?),
            // A surrogate that stands alone, encoded like a character.
            None => {
                let six_bits = |shift: u32| 0x80 | (code >> shift & 0x3f) as u8;
                out.extend([0xe0 | (code >> 12) as u8, six_bits(6), six_bits(0)]);
            }
        }
        rest = next;
    }
    Some(out)
}

/// Why bytes are not UTF-8, in Python's words.
pub(super) fn utf8_error(bytes: &[u8], error: std::str::Utf8Error) -> String {
    let start = error.valid_up_to();
    let bad = bytes.get(start..).unwrap_or_default();
    let (len, reason) = match (error.error_len(), bad.first()) {
        (None, _) => (bad.len(), "unexpected end of data"),
        (Some(len), Some(0xc2..=0xf4)) => (len, "invalid continuation byte"),
        (Some(len), _) => (len, "invalid start byte"),
    };
    match (len, bad.first()) {
        (0 | 1, Some(byte)) => {
            format!("'utf-8' codec can't decode byte 0x{byte:02x} in position {start}: {reason}")
        }
        _ => {
            let last = start + len.saturating_sub(1);
            format!("'utf-8' codec can't decode bytes in position {start}-{last}: {reason}")
        }
    }
}

/// Python's `repr` of a string.
pub(super) fn python_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            // `escape_debug` leaves what is printable as it is, by the same Unicode classes as Python's.
            c if c.escape_debug().count() == 1 => out.push(c),
            c => out.push_str(&match u32::from(c) {
                code @ 0..=0xff => format!("\\x{code:02x}"),
                code @ 0x100..=0xffff => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
        }
    }
    out.push(quote);
    out
}
