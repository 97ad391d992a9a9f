//! Text in JSON, read as protobuf's own reader takes it: quotes may be single, keys bare words, and lists end in a comma.

use ferroflow_core::{Error, Result};

/// Reads one message; it knows where in the message it is.
pub(crate) struct JsonReader<'a> {
    text: &'a [u8],
    at: usize,
    /// Behind the last value, or behind the bracket before the first: where some errors are said to be.
    mark: usize,
    /// The message, as errors show it.
    message: &'static str,
    /// Where in the message a value stands: its path, and the type it has there.
    place: (String, String),
}

impl<'a> JsonReader<'a> {
    pub(crate) fn new(text: &'a [u8], message: &'static str) -> JsonReader<'a> {
        JsonReader { text, at: 0, mark: 0, message, place: Default::default() }
    }

    /// Says where in the message the reader is now, and returns where it was.
    pub(crate) fn enter(&mut self, path: String, ty: &str) -> (String, String) {
        std::mem::replace(&mut self.place, (path, ty.to_string()))
    }

    /// Says again where the reader was.
    pub(crate) fn leave(&mut self, place: (String, String)) {
        self.place = place;
    }

    /// The position of the next byte that is not blank.
    pub(crate) fn here(&mut self) -> usize {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.at
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Behind the last value, or behind the bracket before the first.
    pub(crate) fn mark(&self) -> usize {
        self.mark
    }

    /// An error at a position.
    pub(crate) fn error(&self, at: usize, what: &str) -> Error {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        let (path, ty) = &self.place;
        let place = if path.is_empty() { String::new() } else { format!(" @ {path}: {ty}") };
        Error::invalid_argument(format!(
            "invalid JSON in {}{place}, near {line}:{column} (offset {at}): {what}",
            self.message
        ))
    }

    /// The next byte that is not blank.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let at = self.here();
        self.text.get(at).copied()
    }

    fn unexpected(&self, byte: u8) -> Error {
        self.error(self.mark, &format!("unexpected character: '{}'", char::from(byte)))
    }

    /// Takes a byte that has to come next.
    pub(crate) fn expect(&mut self, wanted: u8) -> Result<()> {
        match self.peek() {
            Some(byte) if byte == wanted => {
                self.at += 1;
                Ok(())
            }
            Some(byte) => {
                let (byte, wanted) = (char::from(byte), char::from(wanted));
                Err(self.error(self.at, &format!("unexpected character: '{byte}'; expected '{wanted}'")))
            }
            None => Err(Error::invalid_argument("unexpected EOF")),
        }
    }

    /// Whether `null` comes next; it is taken.
    pub(crate) fn take_null(&mut self) -> bool {
        let at = self.here();
        let is_null = self.text.get(at..).is_some_and(|rest| rest.starts_with(b"null"));
        if is_null {
            self.at += 4;
        }
        is_null
    }

    /// Fails unless only blanks are left.
    pub(crate) fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Error::invalid_argument("extraneous characters after end of JSON object")),
        }
    }

    /// Reads what stands between braces: `member` is told each key, and reads the value.
    pub(crate) fn object(&mut self, mut member: impl FnMut(&mut Self, String) -> Result<()>) -> Result<()> {
        self.expect(b'{')?;
        self.mark = self.at;
        loop {
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(());
            }
            let key = self.key()?;
            self.expect(b':')?;
            self.here();
            member(self, key)?;
            self.mark = self.at;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {}
                _ => return Err(self.error(self.at, "expected ','")),
            }
        }
    }

    /// Reads a list's elements, or the one value that stands in place of a list; `null` is none.
    pub(crate) fn elements(&mut self, element: &mut dyn FnMut(&mut Self) -> Result<()>) -> Result<()> {
        if self.take_null() {
            return Ok(());
        }
        if self.peek() != Some(b'[') {
            return element(self);
        }
        self.at += 1;
        self.mark = self.at;
        loop {
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(());
            }
            element(self)?;
            self.mark = self.at;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {}
                Some(byte) => return Err(self.unexpected(byte)),
                None => return Err(Error::invalid_argument("unexpected EOF")),
            }
        }
    }

    fn key(&mut self) -> Result<String> {
        match self.peek() {
            Some(b'"' | b'\'') => return self.string(),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {}
            Some(_) => return Err(self.error(self.at, "expected bare word")),
            None => return Err(Error::invalid_argument("unexpected EOF")),
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let word: Vec<u8> =
            rest.iter().copied().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').collect();
        self.at += word.len();
        Ok(String::from_utf8_lossy(&word).into_owned())
    }

    /// Reads a string.
    pub(crate) fn string(&mut self) -> Result<String> {
        let quote = match self.peek() {
            Some(quote @ (b'"' | b'\'')) => quote,
            _ => {
                self.expect(b'"')?;
                b'"'
            }
        };
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let Some(&byte) = self.text.get(self.at) else {
                return Err(Error::invalid_argument("unexpected EOF"));
            };
            self.at += 1;
            match byte {
                byte if byte == quote => break,
                b'\\' => self.escape(&mut bytes)?,
                byte => bytes.push(byte),
            }
            if bytes.last().is_some_and(|byte| !byte.is_ascii()) && !could_be_utf8(&bytes) {
                return Err(self.error(self.at, "invalid UTF-8 in string"));
            }
        }
        String::from_utf8(bytes).map_err(|_| self.error(self.at, "invalid UTF-8 in string"))
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let Some(&letter) = self.text.get(self.at) else {
            return Err(Error::invalid_argument("unexpected EOF"));
        };
        self.at += 1;
        out.push(match letter {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'"' | b'\'' | b'\\' | b'/' => letter,
            b'u' => {
                let character = self.unicode()?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            other => {
                let what = format!("invalid escape char: '{}'", char::from(other));
                return Err(self.error(self.at, &what));
            }
        });
        Ok(())
    }

    fn unicode(&mut self) -> Result<char> {
        let start = self.at;
        let high = self.hex()?;
        let code = match high {
            0xd800..=0xdbff => {
                if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u")) {
                    let next = self.text.get(self.at).copied().unwrap_or(b'"');
                    let what = format!("unexpected character: '{}'; expected '\\u'", char::from(next));
                    return Err(self.error(start, &what));
                }
                self.at += 2;
                let low = self.hex()?;
                0x10000 + ((high - 0xd800) << 10) + low.wrapping_sub(0xdc00) % 0x400
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| self.error(start, "invalid unicode escape"))
    }

    fn hex(&mut self) -> Result<u32> {
        let digits = self.text.get(self.at..self.at + 4).and_then(|digits| std::str::from_utf8(digits).ok());
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let number = number.ok_or_else(|| self.error(self.at, "invalid Unicode escape"))?;
        self.at += 4;
        Ok(number)
    }

    /// The characters of a number.
    pub(crate) fn number(&mut self) -> Result<&'a str> {
        let start = self.here();
        let rest = self.text.get(start..).unwrap_or_default();
        let digits = |from: usize| rest.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
        let sign = usize::from(rest.first() == Some(&b'-'));
        let whole = digits(sign);
        let Some(&first) = rest.get(sign) else { return Err(Error::invalid_argument("unexpected EOF")) };
        if whole == 0 {
            return Err(self.unexpected(first));
        }
        if first == b'0' && whole > 1 {
            return Err(self.error(start, "number cannot have extraneous leading zero"));
        }
        let mut end = sign + whole;
        if rest.get(end) == Some(&b'.') {
            end += 1 + digits(end + 1);
        }
        if matches!(rest.get(end), Some(b'e' | b'E')) {
            end += 1;
            end += usize::from(matches!(rest.get(end), Some(b'+' | b'-')));
            end += digits(end);
        }
        if let Some(&next) = rest.get(end).filter(|next| next.is_ascii_alphanumeric()) {
            return Err(self.unexpected(next));
        }
        self.at = start + end;
        Ok(std::str::from_utf8(&rest[..end]).unwrap_or_default())
    }
}

/// Whether more bytes could make these a text.
fn could_be_utf8(bytes: &[u8]) -> bool {
    let last = &bytes[bytes.len().saturating_sub(4)..];
    let start = last.iter().rposition(|byte| byte & 0xc0 != 0x80);
    let Some(start) = start else { return false };
    match std::str::from_utf8(&last[start..]) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}
