//! Text as a message that is known only when a program runs, by the rules of protobuf's C++ parser.

use super::escape::unescape_as_cpp;
use super::number::parse_float;
use super::tokenizer::Tokenizer;
use crate::dynamic::DEPTH_LIMIT;
use crate::loose_message::{LooseItem, LooseMessage};
use crate::message_schema::{FieldSchema, FieldType, MessageSchema, MessageSchemas};

/// The bytes of the message that a text stands for; `None` where it is none: unknown fields, fields set twice, values of another
/// type or out of range, messages nested more than 100 deep, required fields left out, and messages in an `Any`.
pub fn bytes_of_text(schemas: &MessageSchemas, text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    // C++ takes a zero byte for the end, and an end that comes too early for an error.
    if text.as_ref().contains(&0) {
        return None;
    }
    let text = text_of(text.as_ref());
    let mut parser = Parser { tokens: Tokenizer::new(&text), schemas };
    let mut message = LooseMessage::default();
    while !parser.tokens.at_end() {
        parser.field(&mut message, 0, DEPTH_LIMIT)?;
    }
    message.is_whole(schemas, 0).then(|| message.to_bytes(schemas, 0))
}

struct Parser<'a> {
    tokens: Tokenizer<'a>,
    schemas: &'a MessageSchemas,
}

impl<'a> Parser<'a> {
    fn field(&mut self, message: &mut LooseMessage, schema: usize, depth: usize) -> Option<()> {
        let name = self.tokens.identifier().ok()?;
        let schema = &self.schemas.all[schema];
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
        if !self.tokens.try_consume(",") {
            self.tokens.try_consume(";");
        }
        Some(())
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
        let depth = depth.checked_sub(1)?;
        let end = if self.tokens.try_consume("<") { ">" } else { "}" };
        if end == "}" {
            self.tokens.consume("{").ok()?;
        }
        let mut inner = LooseMessage::default();
        while !self.tokens.try_consume(end) {
            self.field(&mut inner, field.message, depth)?;
        }
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
    if is_octal || digits.contains('_') || digits.starts_with('+') {
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
