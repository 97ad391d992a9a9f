//! `OpSchema`: what an op takes, gives and can be told (`OpDef` in `op_def.proto`).

use crate::literal::{AttrText, quoted};
use crate::{AttrValue, DType};
use std::fmt::{self, Display, Formatter};

/// The signature of an op.
///
/// `{}` prints it as a line of the notation that [`FromStr`](std::str::FromStr) reads.
///
/// ```
/// use ferroflow_core::schema;
/// let op = schema::lookup("Pad").ok_or("no such op")?;
/// assert_eq!(op.to_string(), "Pad(input: T, paddings: Tpaddings) -> (output: T) \
///                             [T: type, Tpaddings: type {int32, int64} = int32]");
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OpSchema {
    /// The op's name, as in a `NodeDef`.
    pub name: String,
    /// Inputs in order.
    pub inputs: Vec<ArgDef>,
    /// Outputs in order.
    pub outputs: Vec<ArgDef>,
    /// Attributes in the order of registration.
    pub attrs: Vec<AttrDef>,
    /// Whether runs may differ, or have effects: such nodes are not merged, folded or moved.
    pub is_stateful: bool,
    /// Whether the two inputs may change places.
    pub is_commutative: bool,
    /// Whether inputs may be added up in any grouping.
    pub is_aggregate: bool,
    /// Whether a reference input may be uninitialised.
    pub allows_uninitialized_input: bool,
    /// Whether the op talks to other devices.
    pub is_distributed: bool,
    /// Since when the op is deprecated.
    pub deprecation: Option<Deprecation>,
}

/// From which version of the GraphDef format on an op may not be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Deprecation {
    /// `GRAPH_DEF_VERSION` of the change.
    pub version: i32,
    /// What TensorFlow's messages say about it.
    pub explanation: String,
}

/// An input or an output.
#[derive(Clone, Debug, PartialEq)]
pub struct ArgDef {
    /// Its name.
    pub name: String,
    /// What fixes its type and its number of tensors.
    pub kind: ArgType,
    /// Whether it is a reference (v1 variables).
    pub is_ref: bool,
}

/// What fixes an argument's type and number of tensors.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgType {
    /// One tensor of this dtype.
    Fixed(DType),
    /// One tensor of the dtype in this `type` attribute.
    Attr(String),
    /// As many tensors of one type as an `int` attribute says.
    Repeated {
        /// The `int` attribute.
        number_attr: String,
        /// The type of each; never itself a list.
        of: Box<ArgType>,
    },
    /// A tensor for each dtype in this `list(type)` attribute.
    TypeList(String),
}

/// An attribute's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct AttrDef {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: AttrType,
    /// The value where none is given; without one the attribute must be set.
    pub default: Option<AttrValue>,
    /// Which values it may have.
    pub allowed: Allowed,
    /// The least value of an `int`, the least length of a list.
    pub minimum: Option<i64>,
}

/// A restriction on the values of an attribute (of each member, for a list).
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Allowed {
    /// No restriction.
    #[default]
    Any,
    /// One of these dtypes.
    Types(Vec<DType>),
    /// One of these strings.
    Strs(Vec<Vec<u8>>),
}

/// The type of an attribute's value: a kind, or a list of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttrType {
    /// The kind of the value, or of the members.
    pub kind: AttrKind,
    /// Whether it is a list.
    pub is_list: bool,
}

/// A kind of attribute value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttrKind {
    /// Bytes.
    Str,
    /// `i64`
    Int,
    /// `f32`
    Float,
    /// `bool`
    Bool,
    /// A dtype.
    Type,
    /// A shape, perhaps partial.
    Shape,
    /// An array.
    Tensor,
    /// A function by name.
    Func,
}

impl AttrKind {
    const NAMES: [(AttrKind, &'static str); 8] = [
        (AttrKind::Str, "string"),
        (AttrKind::Int, "int"),
        (AttrKind::Float, "float"),
        (AttrKind::Bool, "bool"),
        (AttrKind::Type, "type"),
        (AttrKind::Shape, "shape"),
        (AttrKind::Tensor, "tensor"),
        (AttrKind::Func, "func"),
    ];

    /// TensorFlow's name of the kind: `string`, `int`, ...
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }
}

impl AttrType {
    /// A single value of a kind.
    pub const fn one(kind: AttrKind) -> AttrType {
        AttrType { kind, is_list: false }
    }

    /// A list of a kind.
    pub const fn list(kind: AttrKind) -> AttrType {
        AttrType { kind, is_list: true }
    }

    /// The type of TensorFlow's name for it: `int`, `list(type)`.
    pub fn from_name(name: &str) -> Option<AttrType> {
        let member = name.strip_prefix("list(").and_then(|rest| rest.strip_suffix(')'));
        let kind = AttrKind::NAMES.iter().find(|row| row.1 == member.unwrap_or(name))?.0;
        Some(AttrType { kind, is_list: member.is_some() })
    }

    /// The type a value has; `None` for a placeholder, which stands for any.
    pub fn of(value: &AttrValue) -> Option<AttrType> {
        Some(match value {
            AttrValue::Str(_) => AttrType::one(AttrKind::Str),
            AttrValue::Int(_) => AttrType::one(AttrKind::Int),
            AttrValue::Float(_) => AttrType::one(AttrKind::Float),
            AttrValue::Bool(_) => AttrType::one(AttrKind::Bool),
            AttrValue::Type(_) => AttrType::one(AttrKind::Type),
            AttrValue::Shape(_) => AttrType::one(AttrKind::Shape),
            AttrValue::Tensor(_) => AttrType::one(AttrKind::Tensor),
            AttrValue::Func(_) => AttrType::one(AttrKind::Func),
            AttrValue::Strs(_) => AttrType::list(AttrKind::Str),
            AttrValue::Ints(_) => AttrType::list(AttrKind::Int),
            AttrValue::Floats(_) => AttrType::list(AttrKind::Float),
            AttrValue::Bools(_) => AttrType::list(AttrKind::Bool),
            AttrValue::Types(_) => AttrType::list(AttrKind::Type),
            AttrValue::Shapes(_) => AttrType::list(AttrKind::Shape),
            AttrValue::Tensors(_) => AttrType::list(AttrKind::Tensor),
            AttrValue::Funcs(_) => AttrType::list(AttrKind::Func),
            AttrValue::Placeholder(_) => return None,
        })
    }
}

impl OpSchema {
    /// The definition of an attribute.
    pub fn attr(&self, name: &str) -> Option<&AttrDef> {
        self.attrs.iter().find(|attr| attr.name == name)
    }

    /// The definition of an input.
    pub fn input(&self, name: &str) -> Option<&ArgDef> {
        self.inputs.iter().find(|arg| arg.name == name)
    }

    /// The definition of an output.
    pub fn output(&self, name: &str) -> Option<&ArgDef> {
        self.outputs.iter().find(|arg| arg.name == name)
    }
}

impl ArgDef {
    /// Whether the argument is a list of tensors.
    pub fn is_list(&self) -> bool {
        matches!(self.kind, ArgType::Repeated { .. } | ArgType::TypeList(_))
    }
}

impl ArgType {
    /// The attribute that holds the dtype or dtypes.
    pub fn type_attr(&self) -> Option<&str> {
        match self {
            ArgType::Fixed(_) => None,
            ArgType::Attr(name) | ArgType::TypeList(name) => Some(name),
            ArgType::Repeated { of, .. } => of.type_attr(),
        }
    }
}

impl Allowed {
    /// Whether a value, or each member of a list, is among the allowed ones.
    pub fn admits(&self, value: &AttrValue) -> bool {
        match (self, value) {
            (Allowed::Any, _) => true,
            (Allowed::Types(allowed), AttrValue::Type(dtype)) => allowed.contains(dtype),
            (Allowed::Types(allowed), AttrValue::Types(dtypes)) => dtypes.iter().all(|d| allowed.contains(d)),
            (Allowed::Strs(allowed), AttrValue::Str(bytes)) => allowed.contains(bytes),
            (Allowed::Strs(allowed), AttrValue::Strs(strs)) => strs.iter().all(|s| allowed.contains(s)),
            _ => false,
        }
    }
}

fn list<T: Display>(f: &mut Formatter<'_>, items: &[T]) -> fmt::Result {
    for (position, item) in items.iter().enumerate() {
        let separator = if position == 0 { "" } else { ", " };
        write!(f, "{separator}{item}")?;
    }
    Ok(())
}

impl Display for ArgType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ArgType::Fixed(dtype) => f.write_str(dtype.name()),
            ArgType::Attr(name) => f.write_str(name),
            ArgType::Repeated { number_attr, of } => write!(f, "{number_attr}*{of}"),
            ArgType::TypeList(name) => write!(f, "{name}..."),
        }
    }
}

impl Display for ArgDef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}", self.name, if self.is_ref { "&" } else { "" }, self.kind)
    }
}

impl Display for AttrType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_list { write!(f, "list({})", self.kind.name()) } else { f.write_str(self.kind.name()) }
    }
}

impl Display for Allowed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Allowed::Any => Ok(()),
            Allowed::Types(types) => {
                let names: Vec<&str> = types.iter().map(|dtype| dtype.name()).collect();
                write!(f, " {{{}}}", names.join(", "))
            }
            Allowed::Strs(strs) => {
                let texts: Vec<String> = strs.iter().map(|bytes| quoted(bytes)).collect();
                write!(f, " {{{}}}", texts.join(", "))
            }
        }
    }
}

impl Display for AttrDef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.ty)?;
        if let Some(minimum) = self.minimum {
            write!(f, " >= {minimum}")?;
        }
        self.allowed.fmt(f)?;
        match &self.default {
            Some(value) => write!(f, " = {}", AttrText(value)),
            None => Ok(()),
        }
    }
}

impl Display for OpSchema {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name)?;
        list(f, &self.inputs)?;
        f.write_str(") -> (")?;
        list(f, &self.outputs)?;
        f.write_str(")")?;
        if !self.attrs.is_empty() {
            f.write_str(" [")?;
            list(f, &self.attrs)?;
            f.write_str("]")?;
        }
        let flags = [
            ("stateful", self.is_stateful),
            ("commutative", self.is_commutative),
            ("aggregate", self.is_aggregate),
            ("allows_uninitialized_input", self.allows_uninitialized_input),
            ("distributed", self.is_distributed),
        ];
        for (word, _) in flags.iter().filter(|flag| flag.1) {
            write!(f, " {word}")?;
        }
        match &self.deprecation {
            Some(Deprecation { version, explanation }) => {
                write!(f, " deprecated({version}, {})", quoted(explanation.as_bytes()))
            }
            None => Ok(()),
        }
    }
}
