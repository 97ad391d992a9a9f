//! Text as a message that is known only when a program runs, by the rules of protobuf's C++ parser.

use super::escape::unescape_as_cpp;
use super::number::parse_float;
use super::tokenizer::Tokenizer;
use crate::dynamic::DEPTH_LIMIT;
use crate::loose_message::{LooseItem, LooseMessage};
use crate::message_schema::{ANY, FieldSchema, FieldType, MessageSchema, MessageSchemas};

/// Before whose types' names C++ looks for types.
const PREFIXES: [&str; 2] = ["type.googleapis.com/", "type.googleprod.com/"];

/// Why a text has no bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// It is no message: unknown fields, fields set twice, values of another type or out of range, required fields left out.
    Malformed,
    /// It may be one, but holds something that is not read here; in words.
    Unsupported(&'static str),
}

/// The bytes of the message that a text stands for.
///
/// # Errors
/// [`TextFault::Malformed`] where it is none, [`TextFault::Unsupported`] for messages nested more than 100 deep, which C++
/// reads as far as its stack goes, and for the message of an `Any` whose type is none of this crate's, but may be one of
/// TensorFlow's.
pub fn bytes_of_text(schemas: &MessageSchemas, text: impl AsRef<[u8]>) -> Result<Vec<u8>, TextFault> {
    // C++ takes a zero byte for the end, and an end that comes too early for an error.
    if text.as_ref().contains(&0) {
        return Err(TextFault::Malformed);
    }
    let text = text_of(text.as_ref());
    let mut parser = Parser { tokens: Tokenizer::new(&text), schemas, fault: TextFault::Malformed };
    match parser.message() {
        Some(message) if message.is_whole(schemas, 0) => Ok(message.to_bytes(schemas, 0)),
        Some(_) => Err(TextFault::Malformed),
        None => Err(parser.fault),
    }
}

struct Parser<'a> {
    tokens: Tokenizer<'a>,
    schemas: &'a MessageSchemas,
    /// Why parsing ends, where it ends early.
    fault: TextFault,
}

impl<'a> Parser<'a> {
    fn message(&mut self) -> Option<LooseMessage> {
        let mut message = LooseMessage::default();
        while !self.tokens.at_end() {
            self.field(&mut message, 0, DEPTH_LIMIT)?;
        }
        Some(message)
    }

    fn field(&mut self, message: &mut LooseMessage, schema: usize, depth: usize) -> Option<()> {
        let schema = &self.schemas.all[schema];
        if schema.name == ANY && self.tokens.try_consume("[") {
            return self.any(schema, message, depth);
        }
        let name = self.tokens.identifier().ok()?;
        let fields = &schema.fields;
        let field = fields.iter().find(|field| field.name == name);
        let field = field.or_else(|| fields.iter().find(|field| self.is_group(field, name)))?;
        let is_message = matches!(field.ty, FieldType::Message | FieldType::Group);
        let rivals = || fields.iter().filter(|other| field.oneof.is_some() && other.oneof == field.oneof);
        if (!field.is_repeated && message.has(field)) || rivals().any(|rival| message.has(rival)) {
            return None;
        }
        if !self.tokens.try_consume(":") && !is_message {
            return None;
        }
        if field.is_repeated && self.tokens.try_consume("[") {
            let mut is_first = true;
            while !self.tokens.try_consume("]") {
                if !std::mem::take(&mut is_first) {
                    self.tokens.consume(",").ok()?;
                }
                self.value(message, schema, field, depth)?;
            }
        } else {
            self.value(message, schema, field, depth)?;
        }
        self.separator();
        Some(())
    }

    /// What follows a `[` in an `Any`: the URL of a type, and its message, of which the `Any` has the bytes.
    fn any(&mut self, schema: &MessageSchema, message: &mut LooseMessage, depth: usize) -> Option<()> {
        let mut url = String::new();
        while !self.tokens.at_end() && self.tokens.token != "]" {
            url.push_str(self.tokens.take());
        }
        self.tokens.consume("]").ok()?;
        self.tokens.try_consume(":");
        let name = PREFIXES.iter().find_map(|prefix| url.strip_prefix(prefix))?;
        // Descriptors from outside may call any message an `Any`.
        let [holds_url, holds_value] = [(1, FieldType::String), (2, FieldType::Bytes)].map(|(number, ty)| {
            schema.fields.iter().find(|field| field.number == number && field.ty == ty && !field.is_repeated)
        });
        let (holds_url, holds_value) = (holds_url?, holds_value?);
        if !matches!(self.tokens.token, "{" | "<") || message.has(holds_url) || message.has(holds_value) {
            return None;
        }
        let Some(place) = self.schemas.place(name) else {
            if !self.schemas.is_closed {
                self.fault = TextFault::Unsupported("an Any of a type that is not known here");
            }
            return None;
        };
        let inner = self.braced(place, depth)?;
        if !inner.is_whole(self.schemas, place) {
            return None;
        }
        let bytes = inner.to_bytes(self.schemas, place);
        message.push(schema, holds_url, LooseItem::Bytes(url.into_bytes()));
        message.push(schema, holds_value, LooseItem::Bytes(bytes));
        self.separator();
        Some(())
    }

    /// A message between brackets.
    fn braced(&mut self, schema: usize, depth: usize) -> Option<LooseMessage> {
        let Some(depth) = depth.checked_sub(1) else {
            self.fault = TextFault::Unsupported("messages nested more than 100 deep");
            return None;
        };
        let end = if self.tokens.try_consume("<") { ">" } else { "}" };
        if end == "}" {
            self.tokens.consume("{").ok()?;
        }
        let mut inner = LooseMessage::default();
        while !self.tokens.try_consume(end) {
            self.field(&mut inner, schema, depth)?;
        }
        Some(inner)
    }

    fn separator(&mut self) {
        if !self.tokens.try_consume(",") {
            self.tokens.try_consume(";");
        }
    }

    /// Whether a group's field is called by the name of its type.
    fn is_group(&self, field: &FieldSchema, name: &str) -> bool {
        field.ty == FieldType::Group && field.name == name.to_lowercase() && {
            let ty = &self.schemas.all[field.message].name;
            ty.rsplit('.').next() == Some(name)
        }
    }

    fn value(
        &mut self,
        message: &mut LooseMessage,
        schema: &MessageSchema,
        field: &'a FieldSchema,
        depth: usize,
    ) -> Option<()> {
        if !matches!(field.ty, FieldType::Message | FieldType::Group) {
            let item = self.scalar(field)?;
            message.push(schema, field, item);
            return Some(());
        }
        let inner = self.braced(field.message, depth)?;
        message.push(schema, field, LooseItem::Message(inner));
        Some(())
    }

    fn scalar(&mut self, field: &FieldSchema) -> Option<LooseItem> {
        if matches!(field.ty, FieldType::String | FieldType::Bytes) {
            let mut bytes = Vec::new();
            loop {
                let literal = bytes_of(self.tokens.inside_quotes().ok()?);
                bytes.extend(unescape_as_cpp(&literal)?);
                self.tokens.advance();
                if !self.tokens.token.starts_with(['"', '\'']) {
                    return Some(LooseItem::Bytes(bytes));
                }
            }
        }
        // A sign may stand alone.
        let sign = if self.tokens.token == "-" { self.tokens.take() } else { "" };
        let token = format!("{sign}{}", self.tokens.take());
        let number = match field.ty {
            FieldType::Double => float(&token)?.to_bits(),
            FieldType::Float => u64::from((float(&token)? as f32).to_bits()),
            FieldType::Bool => match token.as_str() {
                "true" | "t" | "True" => 1,
                "false" | "f" | "False" => 0,
                token => integer(token, 0, 1)? as u64,
            },
            FieldType::Enum => {
                let named = field.values.iter().find(|(name, _)| *name == token);
                let number = match named {
                    Some((_, number)) => i64::from(*number),
                    None => integer(&token, i32::MIN.into(), i32::MAX.into())? as i64,
                };
                Some(number as u64).filter(|number| field.takes(*number))?
            }
            FieldType::Int32 | FieldType::Sfixed32 => {
                integer(&token, i32::MIN.into(), i32::MAX.into())? as u64
            }
            FieldType::Int64 | FieldType::Sfixed64 => {
                integer(&token, i64::MIN.into(), i64::MAX.into())? as u64
            }
            FieldType::Sint32 => folded(integer(&token, i32::MIN.into(), i32::MAX.into())?),
            FieldType::Sint64 => folded(integer(&token, i64::MIN.into(), i64::MAX.into())?),
            FieldType::Uint32 | FieldType::Fixed32 => integer(&token, 0, u32::MAX.into())? as u64,
            FieldType::Uint64 | FieldType::Fixed64 => integer(&token, 0, u64::MAX.into())? as u64,
            FieldType::String | FieldType::Bytes | FieldType::Message | FieldType::Group => return None,
        };
        Some(LooseItem::Number(number))
    }
}

/// Bytes as text, for tokens are text: what C++ knows neither as a character nor as white space stands among the characters for
/// private use, which are neither of them.
fn text_of(bytes: &[u8]) -> String {
    let char_of = |byte: &u8| match byte {
        b'\t'..=b'\r' | b' '..=b'~' => char::from(*byte),
        _ => char::from_u32(0xe000 + u32::from(*byte)).unwrap_or_default(),
    };
    bytes.iter().map(char_of).collect()
}

/// The bytes that [`text_of`] made text.
fn bytes_of(text: &str) -> Vec<u8> {
    text.chars().map(|c| u32::from(c) as u8).collect()
}

fn folded(number: i128) -> u64 {
    crate::wire::zigzag(number as i64)
}

/// A float: decimal digits with an `f` behind them or not, or a name of what is no number.
fn float(token: &str) -> Option<f64> {
    let digits = token.strip_prefix('-').unwrap_or(token);
    let is_octal =
        digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    // Python's parser takes an `f` behind words, too.
    let is_other_word = digits.starts_with(|c: char| c.is_ascii_alphabetic())
        && !["inf", "infinity", "nan"].iter().any(|word| digits.eq_ignore_ascii_case(word));
    if is_octal || is_other_word || digits.contains('_') || digits.starts_with('+') {
        return None;
    }
    parse_float(token).ok()
}

/// A whole number in decimal, hexadecimal or octal digits.
fn integer(token: &str, least: i128, most: i128) -> Option<i128> {
    let digits = token.strip_prefix('-').unwrap_or(token);
    let (digits, radix) = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(rest) => (rest, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        None => (digits, 10),
    };
    // Not even zero may have a sign where nothing is below zero.
    if digits.starts_with(['+', '-']) || (least >= 0 && token.starts_with('-')) {
        return None;
    }
    let size = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let number = if token.starts_with('-') { -size } else { size };
    (least..=most).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    fn fault(message: &str, text: &str) -> Option<TextFault> {
        let schemas = registry::find(message).and_then(MessageSchemas::of)?;
        bytes_of_text(&schemas, text).err()
    }

    #[test]
    fn what_is_not_read_is_named() {
        let any = |text| fault("google.protobuf.Any", text);
        let unsupported = Some(TextFault::Unsupported("an Any of a type that is not known here"));
        assert_eq!(any("[type.googleapis.com/google.protobuf.Duration] { seconds: 1 }"), unsupported);
        assert_eq!(any("[type.googleapis.com/tensorflow.Int64List] { value: 1 }"), None);
        assert_eq!(any("[type.googleprod.com/tensorflow.Int64List]: < >"), None);
        assert_eq!(any("[tensorflow.Int64List] { value: 1 }"), Some(TextFault::Malformed));
        assert_eq!(any("[type.googleapis.com/tensorflow.Int64List"), Some(TextFault::Malformed));
        let nested = |depth: usize| {
            let text = "list_value { values { ".repeat(depth / 2) + &"} } ".repeat(depth / 2);
            fault("tensorflow.StructuredValue", &text)
        };
        assert_eq!(nested(100), None);
        assert_eq!(nested(102), Some(TextFault::Unsupported("messages nested more than 100 deep")));
        assert_eq!(fault("tensorflow.StructuredValue", "list_value {"), Some(TextFault::Malformed));
    }
}
