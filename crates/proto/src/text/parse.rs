//! Text as messages.

use std::borrow::Cow;

use super::escape;
use super::number::{self, Int};
use super::tokenizer::{ParseError, Tokenizer, is_word};
use crate::descriptor::{Described, Descriptor, Field, Kind, Label};
use crate::deterministic::MapOrder;
use crate::dynamic::{DEPTH_LIMIT, Key, Scalar, Slot, Tree, Value};
use crate::registry;

/// The message that the text stands for.
///
/// # Errors
///
/// What Python's `text_format.Parse` says, with line and column: unknown fields, fields set twice, values of another
/// type or out of range, and messages nested more than 100 deep.
pub fn from_text<M: Described>(text: &str) -> Result<M, ParseError> {
    let mut parser = Parser { tokens: Tokenizer::new(text) };
    let mut tree = Tree::new(M::descriptor());
    while !parser.tokens.at_end() {
        parser.field(&mut tree, DEPTH_LIMIT - 1)?;
    }
    M::decode(tree.to_bytes(MapOrder::Ascending).as_slice())
        .map_err(|error| ParseError::Whole(error.to_string()))
}

struct Parser<'a> {
    tokens: Tokenizer<'a>,
}

type Parsed<T> = Result<T, ParseError>;

impl Parser<'_> {
    /// Parses one field; `depth` is how many messages may still be opened.
    fn field(&mut self, tree: &mut Tree<'static>, depth: usize) -> Parsed<()> {
        let message = tree.descriptor.name;
        if self.tokens.try_consume("[") {
            // Nothing may separate what follows from an `Any`.
            return self.bracketed(tree, depth);
        }
        let name = self.tokens.identifier_or_number()?;
        let Some(field) = tree.descriptor.field_named(name) else {
            return Err(self.no_such_field(message, name));
        };
        if let (Some(rival), Label::Member(oneof)) = (tree.rival(field), field.label) {
            return Err(self.tokens.error_before(format!(
                "Field \"{name}\" is specified along with field \"{}\", another member of oneof \"{oneof}\" for \
                 message type \"{message}\".",
                rival.name
            )));
        }
        self.colon(field.label.map_key().is_none() && !matches!(field.kind, Kind::Message(_)))?;
        match field.label {
            Label::Many | Label::Map(_) | Label::ExplicitMap(_) => self.repeated(tree, field, depth)?,
            _ => {
                let set = is_set(tree, field);
                let value = self.singular(field.kind, set, message, name, depth)?;
                tree.set(field, value);
            }
        }
        self.separator();
        Ok(())
    }

    fn no_such_field(&self, message: &str, name: &str) -> ParseError {
        self.tokens.error_before(format!("Message type \"{message}\" has no field named \"{name}\"."))
    }

    /// Takes the colon, which messages and map entries do without.
    fn colon(&mut self, needed: bool) -> Parsed<()> {
        if self.tokens.try_consume(":") || !needed { Ok(()) } else { self.tokens.consume(":") }
    }

    fn separator(&mut self) {
        if !self.tokens.try_consume(",") {
            self.tokens.try_consume(";");
        }
    }

    /// The value of a field that must not be set twice.
    fn singular(
        &mut self,
        kind: Kind,
        set: bool,
        message: &str,
        name: &str,
        depth: usize,
    ) -> Parsed<Value<'static>> {
        let twice = |parser: &Self| {
            let text = format!("Message type \"{message}\" should not have multiple \"{name}\" fields.");
            Err(parser.tokens.error_before(text))
        };
        match kind {
            Kind::Message(descriptor) => {
                let end = self.open()?;
                if set { twice(self) } else { self.message(descriptor(), end, depth).map(Value::Message) }
            }
            _ => {
                let scalar = self.scalar(kind)?;
                if set { twice(self) } else { Ok(Value::Scalar(scalar)) }
            }
        }
    }

    /// One value of a repeated field or map, or a list of them.
    fn repeated(&mut self, tree: &mut Tree<'static>, field: &Field, depth: usize) -> Parsed<()> {
        if !self.tokens.try_consume("[") {
            return self.element(tree, field, depth);
        }
        if self.tokens.try_consume("]") {
            return Ok(());
        }
        loop {
            self.element(tree, field, depth)?;
            if self.tokens.try_consume("]") {
                return Ok(());
            }
            self.tokens.consume(",")?;
        }
    }

    fn element(&mut self, tree: &mut Tree<'static>, field: &Field, depth: usize) -> Parsed<()> {
        match (field.label.map_key(), field.kind) {
            (Some(key_kind), _) => {
                let (key, value) = self.entry(tree.descriptor.name, field, key_kind, depth)?;
                tree.insert(field, key, value);
            }
            (_, Kind::Message(descriptor)) => {
                let end = self.open()?;
                let inner = self.message(descriptor(), end, depth)?;
                tree.push(field, Value::Message(inner));
            }
            _ => {
                let scalar = self.scalar(field.kind)?;
                tree.push(field, Value::Scalar(scalar));
            }
        }
        Ok(())
    }

    /// The key and value of a map entry; what is left out is its default.
    fn entry(
        &mut self,
        message: &str,
        field: &Field,
        key_kind: Kind,
        depth: usize,
    ) -> Parsed<(Key<'static>, Value<'static>)> {
        let end = self.open()?;
        let depth = deeper(depth)?;
        let message = format!("{message}.{}Entry", camel_case(field.name));
        let (mut key, mut value) = (None, None);
        while !self.tokens.try_consume(end) {
            self.expect_more(end)?;
            if self.tokens.try_consume("[") {
                return Err(self.extension(&message));
            }
            let name = self.tokens.identifier_or_number()?;
            let (slot, kind) = match name {
                "key" => (&mut key, key_kind),
                "value" => (&mut value, field.kind),
                _ => return Err(self.no_such_field(&message, name)),
            };
            self.colon(!matches!(kind, Kind::Message(_)))?;
            let explicit = matches!(field.label, Label::ExplicitMap(_));
            let set = slot.as_ref().is_some_and(|value| explicit || counts_as_set(value));
            *slot = Some(self.singular(kind, set, &message, name, depth)?);
            self.separator();
        }
        let key = match key.unwrap_or_else(|| Value::default_of(key_kind)) {
            Value::Scalar(scalar) => Key::from_scalar(scalar),
            Value::Message(_) => None,
        };
        let key = key.ok_or_else(|| ParseError::Whole(format!("{message} has a key that cannot be one")))?;
        Ok((key, value.unwrap_or_else(|| Value::default_of(field.kind))))
    }

    /// The opening bracket of a message; gives the closing one.
    fn open(&mut self) -> Parsed<&'static str> {
        if self.tokens.try_consume("<") {
            return Ok(">");
        }
        self.tokens.consume("{")?;
        Ok("}")
    }

    fn expect_more(&self, end: &str) -> Parsed<()> {
        if self.tokens.at_end() {
            Err(self.tokens.error_before(format!("Expected \"{end}\".")))
        } else {
            Ok(())
        }
    }

    /// The fields of a message up to its closing bracket.
    fn message(&mut self, descriptor: &'static Descriptor, end: &str, depth: usize) -> Parsed<Tree<'static>> {
        let depth = deeper(depth)?;
        let mut tree = Tree::new(descriptor);
        while !self.tokens.try_consume(end) {
            self.expect_more(end)?;
            self.field(&mut tree, depth)?;
        }
        Ok(tree)
    }

    /// What follows a `[` in place of a field's name: the type of an `Any`'s message, and the message.
    fn bracketed(&mut self, tree: &mut Tree<'static>, depth: usize) -> Parsed<()> {
        let descriptor = tree.descriptor;
        let (Some(url), Some(payload), "google.protobuf.Any") =
            (descriptor.field(1), descriptor.field(2), descriptor.name)
        else {
            return Err(self.extension(descriptor.name));
        };
        let (prefix, name) = self.type_url()?;
        self.tokens.try_consume(":");
        let end = self.open()?;
        let inner = registry::find(&name)
            .ok_or_else(|| ParseError::Whole(format!("Type {name} not found in descriptor pool")))?;
        let inner = self.message(inner, end, depth)?;
        let bytes = inner.to_bytes(MapOrder::Python);
        tree.set(url, Value::Scalar(Scalar::Str(Cow::Owned(format!("{prefix}/{name}")))));
        tree.set(payload, Value::Scalar(Scalar::Bytes(Cow::Owned(bytes))));
        Ok(())
    }

    /// Why the extension whose name follows a `[` is an error: TensorFlow's messages have none.
    fn extension(&mut self, message: &str) -> ParseError {
        loop {
            if let Err(error) = self.tokens.identifier() {
                return error;
            }
            if !self.tokens.try_consume(".") {
                return self
                    .tokens
                    .error_before(format!("Message type \"{message}\" does not have extensions."));
            }
        }
    }

    /// The prefix and type name of a type's URL, and the bracket that closes it.
    fn type_url(&mut self) -> Parsed<(String, String)> {
        let mut url = String::new();
        loop {
            let is_url = self
                .tokens
                .token
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-.~_ !$&()*+,;=%/".contains(c));
            if is_url && !self.tokens.at_end() {
                url.push_str(self.tokens.take());
            } else {
                self.tokens.consume("]")?;
                break;
            }
        }
        let fail = |message: String| Err(self.tokens.error(message));
        let Some((prefix, name)) = url.rsplit_once('/') else {
            return fail("Type URL does not contain \"/\".".to_owned());
        };
        if prefix.is_empty() {
            return fail("Type URL prefix is empty.".to_owned());
        }
        if prefix.starts_with('/') {
            return fail("Type URL prefix starts with \"/\".".to_owned());
        }
        for (at, _) in prefix.match_indices('%') {
            let escape = prefix.get(at..prefix.len().min(at + 3)).unwrap_or_default();
            if escape.len() < 3 || !escape.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit()) {
                return fail(format!("Invalid percent escape, got \"{escape}\"."));
            }
        }
        let is_name = |part: &str| part.chars().all(is_word) && part.starts_with(|c: char| !c.is_numeric());
        if !name.split('.').all(is_name) {
            return fail(format!("Expected type name, got \"{name}\"."));
        }
        Ok((prefix.to_owned(), name.to_owned()))
    }

    fn scalar(&mut self, kind: Kind) -> Parsed<Scalar<'static>> {
        let token = self.tokens.token;
        let scalar = match kind {
            Kind::String => {
                let bytes = self.tokens.bytes()?;
                let text = String::from_utf8(bytes).map_err(|error| {
                    let reason = escape::utf8_error(error.as_bytes(), error.utf8_error());
                    self.tokens.error(format!("Couldn't parse string: {reason}"))
                })?;
                return Ok(Scalar::Str(Cow::Owned(text)));
            }
            Kind::Bytes => return Ok(Scalar::Bytes(Cow::Owned(self.tokens.bytes()?))),
            Kind::Double => number::parse_float(token).map(Scalar::Double),
            // Through 64 bits, as Python does: rounded twice, and infinite when too large.
            Kind::Float => number::parse_float(token).map(|value| Scalar::Float(value as f32)),
            Kind::Bool => match token {
                "true" | "t" | "1" | "True" => Ok(Scalar::Bool(true)),
                "false" | "f" | "0" | "False" => Ok(Scalar::Bool(false)),
                _ => Err("Expected \"true\" or \"false\".".to_owned()),
            },
            Kind::Enum(descriptor) => enum_number(descriptor(), token),
            Kind::Int32 => integer(token, i32::MIN.into(), i32::MAX.into()).map(signed),
            Kind::Int64 | Kind::Sint64 => integer(token, i64::MIN.into(), i64::MAX.into()).map(signed),
            Kind::Uint32 | Kind::Fixed32 => integer(token, 0, u32::MAX.into()).map(unsigned),
            Kind::Uint64 | Kind::Fixed64 => integer(token, 0, u64::MAX.into()).map(unsigned),
            Kind::Message(_) => Err("Expected a scalar.".to_owned()),
        };
        let scalar = scalar.map_err(|message| self.tokens.error(message))?;
        self.tokens.advance();
        Ok(scalar)
    }
}

/// One less of the messages that may be opened.
fn deeper(depth: usize) -> Parsed<usize> {
    depth
        .checked_sub(1)
        .ok_or_else(|| ParseError::Whole(format!("Message too deep. Max recursion depth is {DEPTH_LIMIT}")))
}

/// Whether a field's value forbids another one: of fields without presence, only what is not the default does.
fn is_set(tree: &Tree<'_>, field: &Field) -> bool {
    match (field.label, tree.slots.get(&field.number)) {
        (Label::One, Some(Slot::One(value))) => counts_as_set(value),
        (_, slot) => slot.is_some(),
    }
}

fn counts_as_set(value: &Value<'_>) -> bool {
    match value {
        Value::Scalar(scalar) => !scalar.is_default(),
        Value::Message(_) => true,
    }
}

fn integer(token: &str, min: i128, max: i128) -> Result<i128, String> {
    match number::parse_int(token) {
        Some(Int::Value(value)) if (min..=max).contains(&value) => Ok(value),
        Some(value) => Err(out_of_range(value, token)),
        None => Err(format!("Couldn't parse integer: {token}")),
    }
}

fn enum_number(
    descriptor: &crate::descriptor::EnumDescriptor,
    token: &str,
) -> Result<Scalar<'static>, String> {
    match number::parse_enum_number(token) {
        Some(Int::Value(value)) if i32::try_from(value).is_ok() => Ok(signed(value)),
        Some(value) => Err(out_of_range(value, token)),
        None => match descriptor.number_of(token) {
            Some(number) => Ok(Scalar::Int(number.into())),
            None => Err(format!("Enum type \"{}\" has no value named {token}.", descriptor.name)),
        },
    }
}

fn out_of_range(value: Int, token: &str) -> String {
    match value {
        Int::Value(value) => format!("Value out of range: {value}"),
        Int::Huge => format!("Value out of range: {token}"),
    }
}

/// A number already known to be in the range of its field.
fn signed(value: i128) -> Scalar<'static> {
    Scalar::Int(value as i64)
}

/// A number already known to be in the range of its field.
fn unsigned(value: i128) -> Scalar<'static> {
    Scalar::Uint(value as u64)
}

/// A field's name as protobuf spells it in the type of a map's entries.
fn camel_case(name: &str) -> String {
    name.split('_')
        .flat_map(|word| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars)
        })
        .collect()
}
