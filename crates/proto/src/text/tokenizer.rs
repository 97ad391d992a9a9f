//! The text format's tokens, and errors with their place.

use super::escape;

/// Why text is not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Something at that place, both counted from one; columns are characters.
    #[error("{line}:{column} : {message}")]
    At {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// Something about the message as a whole.
    #[error("{0}")]
    Whole(String),
}

/// A place in the text.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    text: &'a str,
    /// Lines read so far.
    line: usize,
    /// In bytes of `text`.
    offset: usize,
}

impl Place<'_> {
    fn column(&self) -> usize {
        self.text.get(..self.offset).map_or(self.offset, |head| head.chars().count()) + 1
    }

    fn error(&self, message: String) -> ParseError {
        ParseError::At { line: self.line, column: self.column(), message }
    }
}

/// Cuts text into tokens; an empty token is the end.
#[derive(Debug)]
pub(super) struct Tokenizer<'a> {
    lines: std::str::Split<'a, char>,
    at: Place<'a>,
    previous: Place<'a>,
    ended: bool,
    pub(super) token: &'a str,
}

impl<'a> Tokenizer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let start = Place { text: "", line: 0, offset: 0 };
        let mut tokenizer =
            Self { lines: text.split('\n'), at: start, previous: start, ended: false, token: "" };
        tokenizer.advance();
        tokenizer.previous = tokenizer.at;
        tokenizer
    }

    pub(super) fn at_end(&self) -> bool {
        self.token.is_empty()
    }

    /// Moves on to the next token.
    pub(super) fn advance(&mut self) {
        self.previous = self.at;
        self.at.offset += self.token.len();
        self.token = match self.skip_space() {
            Some(rest) => rest.get(..token_len(rest)).unwrap_or(rest),
            None => "",
        };
    }

    /// Skips white space, comments and line ends; gives the rest of the line, or `None` at the end of the text.
    fn skip_space(&mut self) -> Option<&'a str> {
        loop {
            let rest = self.at.text.get(self.at.offset..).unwrap_or_default();
            let trimmed = rest.trim_start_matches(is_space);
            self.at.offset += rest.len() - trimmed.len();
            if trimmed.starts_with('#') {
                self.at.offset += trimmed.len();
            } else if !trimmed.is_empty() {
                return Some(trimmed);
            }
            let Some(line) = self.lines.next() else {
                self.ended = true;
                return None;
            };
            self.at = Place { text: line, line: self.at.line + 1, offset: 0 };
        }
    }

    pub(super) fn try_consume(&mut self, token: &str) -> bool {
        let found = self.token == token;
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn consume(&mut self, token: &str) -> Result<(), ParseError> {
        if self.try_consume(token) { Ok(()) } else { Err(self.error(format!("Expected \"{token}\"."))) }
    }

    pub(super) fn identifier(&mut self) -> Result<&'a str, ParseError> {
        match self.token.chars().next() {
            Some(c) if is_word(c) && !c.is_numeric() => Ok(self.take()),
            _ => Err(self.error("Expected identifier.".to_owned())),
        }
    }

    pub(super) fn identifier_or_number(&mut self) -> Result<&'a str, ParseError> {
        match self.token.chars().next() {
            Some(c) if is_word(c) => Ok(self.take()),
            _ => Err(self.error(format!("Expected identifier or number, got {}.", self.token))),
        }
    }

    /// One or more string literals, joined.
    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, ParseError> {
        let mut bytes = self.literal()?;
        while self.token.starts_with(['"', '\'']) {
            bytes.append(&mut self.literal()?);
        }
        Ok(bytes)
    }

    /// One string literal.
    fn literal(&mut self) -> Result<Vec<u8>, ParseError> {
        let inside = self.inside_quotes()?;
        let bytes = escape::unescape(inside).map_err(|message| self.error(message))?;
        self.advance();
        Ok(bytes)
    }

    /// What stands between the quotes of the current token, a string literal.
    pub(super) fn inside_quotes(&self) -> Result<&'a str, ParseError> {
        let Some(quote) = self.token.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            return Err(self.error(format!("Expected string but found: {}", escape::python_repr(self.token))));
        };
        let inside = self.token.get(1..).and_then(|rest| rest.strip_suffix(quote));
        inside.ok_or_else(|| {
            self.error(format!("String missing ending quote: {}", escape::python_repr(self.token)))
        })
    }

    pub(super) fn take(&mut self) -> &'a str {
        let token = self.token;
        self.advance();
        token
    }

    /// An error at the current token; the message shows the line.
    pub(super) fn error(&self, message: String) -> ParseError {
        let shown = if self.ended { "" } else { self.at.text };
        self.at.error(format!("'{shown}': {message}"))
    }

    /// An error at the token before the current one.
    pub(super) fn error_before(&self, message: String) -> ParseError {
        self.previous.error(message)
    }
}

/// White space as Python's regular expressions know it.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the token that the text, which is not empty, starts with.
fn token_len(text: &str) -> usize {
    let mut chars = text.chars();
    let first = chars.next().unwrap_or_default();
    let second = chars.next();
    let run = |also: &[char]| {
        let ends = |c: char| !(c.is_ascii_alphanumeric() || also.contains(&c));
        text.char_indices().skip(1).find(|(_, c)| ends(*c)).map_or(text.len(), |(at, _)| at)
    };
    match first {
        'a'..='z' | 'A'..='Z' | '_' => run(&['_', '+', '-']),
        '0'..='9' | '+' | '-' => run(&['_', '.', '+', '-']),
        '.' if second.is_some_and(|c| c.is_ascii_digit()) => run(&['_', '.', '+', '-']),
        '"' | '\'' => {
            let mut escaped = false;
            let end = text.char_indices().skip(1).find(|(_, c)| {
                let ends = *c == first && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            end.map_or(text.len(), |(at, quote)| at + quote.len_utf8())
        }
        other => other.len_utf8(),
    }
}
