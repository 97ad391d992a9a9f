//! Messages as text.

use std::fmt::Write;

use super::{escape, number};
use crate::descriptor::{Described, Field, Kind, Label};
use crate::dynamic::{DEPTH_LIMIT, Key, Scalar, Slot, Tree, Value};
use crate::registry;

/// The message as Python's `text_format.MessageToString` writes it, which is what `.pbtxt` files hold.
///
/// Fields come by number and map entries by key; unknown fields are left out.
pub fn to_text<M: Described>(message: &M) -> String {
    print(message, Style::File)
}

/// The message as Python's `str` shows it; [`to_text`] differs in how it writes floats, empty map keys and `Any`.
///
/// Python gives map entries in no certain order; here they come by key.
///
/// ```
/// use ferroflow_proto::{AttrValue, attr_value::Value, text};
/// let one = AttrValue { value: Some(Value::F(1.0)) };
/// assert_eq!(text::to_str(&one), "f: 1\n");
/// assert_eq!(text::to_text(&one), "f: 1.0\n");
/// ```
pub fn to_str<M: Described>(message: &M) -> String {
    print(message, Style::Shown)
}

fn print<M: Described>(message: &M, style: Style) -> String {
    let bytes = message.encode_to_vec();
    let mut printer = Printer { out: String::new(), indent: 0, style };
    // A descriptor knows every field that its message writes, so what was just written can be read.
    if let Some(tree) = Tree::decode(M::descriptor(), &bytes, usize::MAX) {
        printer.message(&tree);
    }
    printer.out
}

/// How far the fields of a message stand in.
const INDENT: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `text_format.MessageToString`.
    File,
    /// `str`.
    Shown,
}

struct Printer {
    out: String,
    indent: usize,
    style: Style,
}

impl Printer {
    fn message(&mut self, tree: &Tree<'_>) {
        if tree.descriptor.name == "google.protobuf.Any"
            && self.style == Style::File
            && self.any(tree).is_some()
        {
            return;
        }
        for (field, slot) in tree.fields() {
            match slot {
                Slot::One(value) => self.field(field.name, field.kind, value),
                Slot::Many(values) => {
                    values.iter().for_each(|value| self.field(field.name, field.kind, value))
                }
                Slot::Map(map) => map.iter().for_each(|(key, value)| self.entry(field, key, value)),
            }
        }
    }

    /// Prints the message inside an `Any` if its type is known; nothing is printed when it is not.
    fn any(&mut self, tree: &Tree<'_>) -> Option<()> {
        let Some(Slot::One(Value::Scalar(Scalar::Str(url)))) = tree.slots.get(&1) else { return None };
        let payload = match tree.slots.get(&2) {
            Some(Slot::One(Value::Scalar(Scalar::Bytes(bytes)))) => &**bytes,
            _ => &[],
        };
        let (_, name) = url.rsplit_once('/')?;
        // An `Any` in an `Any` must not nest deeper than one message may.
        let depth = DEPTH_LIMIT.checked_sub(self.indent / INDENT + 1)?;
        let inner = Tree::decode(registry::find(name)?, payload, depth)?;
        self.line_start();
        self.out.push('[');
        self.out.push_str(url);
        self.out.push(']');
        self.block(|printer| printer.message(&inner));
        Some(())
    }

    fn entry(&mut self, field: &Field, key: &Key<'_>, value: &Value<'_>) {
        let Some(key_kind) = field.label.map_key() else { return };
        let key = key.to_scalar();
        self.line_start();
        self.out.push_str(field.name);
        self.block(|printer| {
            let all = printer.style == Style::Shown || matches!(field.label, Label::ExplicitMap(_));
            if all || !key.is_default() {
                printer.scalar_field("key", key_kind, &key);
            }
            match value {
                Value::Scalar(scalar) if !all && scalar.is_default() => {}
                _ => printer.field("value", field.kind, value),
            }
        });
    }

    fn field(&mut self, name: &str, kind: Kind, value: &Value<'_>) {
        match value {
            Value::Scalar(scalar) => self.scalar_field(name, kind, scalar),
            Value::Message(tree) => {
                self.line_start();
                self.out.push_str(name);
                self.block(|printer| printer.message(tree));
            }
        }
    }

    fn scalar_field(&mut self, name: &str, kind: Kind, scalar: &Scalar<'_>) {
        self.line_start();
        self.out.push_str(name);
        self.out.push_str(": ");
        self.scalar(kind, scalar);
        self.out.push('\n');
    }

    fn line_start(&mut self) {
        self.out.extend(std::iter::repeat_n(' ', self.indent));
    }

    fn block(&mut self, inside: impl FnOnce(&mut Self)) {
        self.out.push_str(" {\n");
        self.indent += INDENT;
        inside(self);
        self.indent -= INDENT;
        self.line_start();
        self.out.push_str("}\n");
    }

    fn scalar(&mut self, kind: Kind, scalar: &Scalar<'_>) {
        match scalar {
            Scalar::Double(value) => self.out.push_str(&match self.style {
                Style::File => number::python_float(*value),
                Style::Shown => number::c_double(*value),
            }),
            Scalar::Float(value) => self.out.push_str(&match self.style {
                Style::File => number::python_float32(*value),
                Style::Shown => number::c_float(*value),
            }),
            Scalar::Int(value) => match enum_name(kind, *value) {
                Some(name) => self.out.push_str(name),
                None => self.display(value),
            },
            Scalar::Uint(value) => self.display(value),
            Scalar::Bool(value) => self.display(value),
            Scalar::Str(text) => self.quoted(|out| escape::escape_str(text, out)),
            Scalar::Bytes(bytes) => self.quoted(|out| escape::escape_bytes(bytes, out)),
        }
    }

    fn display(&mut self, value: impl std::fmt::Display) {
        // Writing to a string cannot fail.
        let _ = write!(self.out, "{value}");
    }

    fn quoted(&mut self, inside: impl FnOnce(&mut String)) {
        self.out.push('"');
        inside(&mut self.out);
        self.out.push('"');
    }
}

fn enum_name(kind: Kind, number: i64) -> Option<&'static str> {
    match kind {
        Kind::Enum(descriptor) => descriptor().name_of(i32::try_from(number).ok()?),
        _ => None,
    }
}
