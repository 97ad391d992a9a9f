//! Reads the notation of signatures.

use super::{Allowed, ArgDef, ArgType, AttrDef, AttrKind, AttrType, Deprecation, OpSchema};
use crate::literal::{self, Cursor};
use crate::{AttrValue, DType, Error, FuncRef, PartialShape, Result};
use std::str::FromStr;

impl FromStr for OpSchema {
    type Err = Error;

    /// Reads `Name(in: type, ...) -> (out: type, ...) [attr: type >= min {allowed} = default, ...] flag ...`.
    fn from_str(line: &str) -> Result<OpSchema> {
        let mut cursor = Cursor::new(line);
        let mut schema = OpSchema { name: cursor.word()?.to_string(), ..OpSchema::default() };
        let inputs = arguments(&mut cursor)?;
        cursor.expect("->")?;
        let outputs = arguments(&mut cursor)?;
        if cursor.eat("[") {
            schema.attrs = cursor.separated("]", attribute)?;
        }
        while !cursor.at_end() {
            match cursor.word()? {
                "stateful" => schema.is_stateful = true,
                "commutative" => schema.is_commutative = true,
                "aggregate" => schema.is_aggregate = true,
                "allows_uninitialized_input" => schema.allows_uninitialized_input = true,
                "distributed" => schema.is_distributed = true,
                "deprecated" => {
                    cursor.expect("(")?;
                    let version = cursor.parse::<i32>()?;
                    cursor.expect(",")?;
                    let explanation = String::from_utf8_lossy(&cursor.quoted()?).into_owned();
                    cursor.expect(")")?;
                    schema.deprecation = Some(Deprecation { version, explanation });
                }
                _ => return Err(cursor.error("a flag")),
            }
        }
        // An argument's type is told from an attribute's name only once the attributes are known.
        schema.inputs = resolve(inputs, &schema.attrs, &cursor)?;
        schema.outputs = resolve(outputs, &schema.attrs, &cursor)?;
        Ok(schema)
    }
}

struct RawArg<'a> {
    name: &'a str,
    is_ref: bool,
    number_attr: Option<&'a str>,
    word: &'a str,
    is_type_list: bool,
}

fn arguments<'a>(cursor: &mut Cursor<'a>) -> Result<Vec<RawArg<'a>>> {
    cursor.expect("(")?;
    cursor.separated(")", |cursor| {
        let name = cursor.word()?;
        cursor.expect(":")?;
        let is_ref = cursor.eat("&");
        let first = cursor.word()?;
        let (number_attr, word) = if cursor.eat("*") { (Some(first), cursor.word()?) } else { (None, first) };
        Ok(RawArg { name, is_ref, number_attr, word, is_type_list: cursor.eat("...") })
    })
}

fn resolve(args: Vec<RawArg<'_>>, attrs: &[AttrDef], cursor: &Cursor<'_>) -> Result<Vec<ArgDef>> {
    let is_attr = |name: &str| attrs.iter().any(|attr| attr.name == name);
    args.into_iter()
        .map(|arg| {
            let ty = if arg.is_type_list && is_attr(arg.word) {
                ArgType::TypeList(arg.word.to_string())
            } else if is_attr(arg.word) {
                ArgType::Attr(arg.word.to_string())
            } else {
                let dtype = DType::from_name(arg.word);
                ArgType::Fixed(dtype.ok_or_else(|| cursor.error("a dtype or an attribute's name"))?)
            };
            let kind = match arg.number_attr {
                Some(number) => ArgType::Repeated { number_attr: number.to_string(), of: Box::new(ty) },
                None => ty,
            };
            Ok(ArgDef { name: arg.name.to_string(), kind, is_ref: arg.is_ref })
        })
        .collect()
}

fn attribute(cursor: &mut Cursor<'_>) -> Result<AttrDef> {
    let name = cursor.word()?.to_string();
    cursor.expect(":")?;
    let ty = attr_type(cursor)?;
    let minimum = if cursor.eat(">=") { Some(cursor.parse::<i64>()?) } else { None };
    let allowed = match (cursor.eat("{"), ty.kind) {
        (false, _) => Allowed::Any,
        (true, AttrKind::Type) => Allowed::Types(cursor.separated("}", dtype)?),
        (true, AttrKind::Str) => Allowed::Strs(cursor.separated("}", Cursor::quoted)?),
        (true, _) => return Err(cursor.error("a `type` or `string` attribute")),
    };
    let default = if cursor.eat("=") { Some(attr_value(cursor, ty)?) } else { None };
    Ok(AttrDef { name, ty, default, allowed, minimum })
}

fn attr_type(cursor: &mut Cursor<'_>) -> Result<AttrType> {
    let word = cursor.word()?;
    let is_list = word == "list" && cursor.eat("(");
    let kind = if is_list { cursor.word()? } else { word };
    if is_list {
        cursor.expect(")")?;
    }
    let one = AttrType::from_name(kind).ok_or_else(|| cursor.error("an attribute type"))?;
    Ok(AttrType { is_list, ..one })
}

fn dtype(cursor: &mut Cursor<'_>) -> Result<DType> {
    let word = cursor.word()?;
    DType::from_name(word).ok_or_else(|| cursor.error("a dtype"))
}

fn shape(cursor: &mut Cursor<'_>) -> Result<PartialShape> {
    if cursor.eat("<unknown>") {
        return Ok(PartialShape::unknown());
    }
    cursor.expect("[")?;
    let dims =
        cursor.separated(
            "]",
            |cursor| {
                if cursor.eat("?") { Ok(None) } else { cursor.parse::<usize>().map(Some) }
            },
        )?;
    Ok(PartialShape::new(dims))
}

fn func(cursor: &mut Cursor<'_>) -> Result<FuncRef> {
    cursor.expect("@")?;
    cursor.word().map(FuncRef::new)
}

fn boolean(cursor: &mut Cursor<'_>) -> Result<bool> {
    cursor.parse::<bool>()
}

fn attr_value(cursor: &mut Cursor<'_>, ty: AttrType) -> Result<AttrValue> {
    if !ty.is_list {
        return Ok(match ty.kind {
            AttrKind::Str => AttrValue::Str(cursor.quoted()?),
            AttrKind::Int => AttrValue::Int(cursor.parse()?),
            AttrKind::Float => AttrValue::Float(cursor.parse()?),
            AttrKind::Bool => AttrValue::Bool(boolean(cursor)?),
            AttrKind::Type => AttrValue::Type(dtype(cursor)?),
            AttrKind::Shape => AttrValue::Shape(shape(cursor)?),
            AttrKind::Tensor => AttrValue::Tensor(literal::tensor(cursor)?),
            AttrKind::Func => AttrValue::Func(func(cursor)?),
        });
    }
    cursor.expect("[")?;
    Ok(match ty.kind {
        AttrKind::Str => AttrValue::Strs(cursor.separated("]", Cursor::quoted)?),
        AttrKind::Int => AttrValue::Ints(cursor.separated("]", Cursor::parse)?),
        AttrKind::Float => AttrValue::Floats(cursor.separated("]", Cursor::parse)?),
        AttrKind::Bool => AttrValue::Bools(cursor.separated("]", boolean)?),
        AttrKind::Type => AttrValue::Types(cursor.separated("]", dtype)?),
        AttrKind::Shape => AttrValue::Shapes(cursor.separated("]", shape)?),
        AttrKind::Tensor => AttrValue::Tensors(cursor.separated("]", literal::tensor)?),
        AttrKind::Func => AttrValue::Funcs(cursor.separated("]", func)?),
    })
}

/// The value that a text stands for in an attribute of this type.
///
/// `3`, `0.5`, `true`, `"bytes\xff"`, `float32`, `[2,?]` or `<unknown>`, `int32[2](7 8)`, `@function`, and lists of
/// them in brackets.
///
/// # Errors
/// `InvalidArgument` naming what was expected and where.
///
/// ```
/// use ferroflow_core::{AttrValue, schema::{AttrKind, AttrType, parse_attr_value}};
/// let value = parse_attr_value(AttrType::list(AttrKind::Int), "[1, 2]")?;
/// assert_eq!(value, AttrValue::Ints(vec![1, 2]));
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub fn parse_attr_value(ty: AttrType, text: &str) -> Result<AttrValue> {
    let mut cursor = Cursor::new(text);
    let value = attr_value(&mut cursor, ty)?;
    if cursor.at_end() { Ok(value) } else { Err(cursor.error("the end")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_text_is_refused() {
        for line in [
            "",
            "A",
            "A(",
            "A() -> ",
            "A() -> () [",
            "A() -> () [n: int = x]",
            "A() -> () [n: nothing]",
            "A() -> () [n: int {1}]",
            "A() -> () [s: string = \"open]",
            "A() -> () [t: tensor = int32[99999999999999](1)]",
            "A(x: T) -> ()",
            "A() -> () sometimes",
            "A() -> () deprecated(x, \"\")",
        ] {
            assert!(line.parse::<OpSchema>().is_err(), "{line}");
        }
    }
}
