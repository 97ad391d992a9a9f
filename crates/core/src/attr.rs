//! Attributes of ops: their values, and the ordered map an op carries.

use crate::{DType, Error, NdArray, PartialShape, Result, bail};
use std::borrow::Cow;
use std::sync::Arc;

/// The value of an attribute (`AttrValue` in `attr_value.proto`).
#[derive(Clone, Debug, PartialEq)]
pub enum AttrValue {
    /// `int`
    Int(i64),
    /// `float`
    Float(f32),
    /// `bool`
    Bool(bool),
    /// `string`: bytes
    Str(Vec<u8>),
    /// `type`
    Type(DType),
    /// `shape`
    Shape(PartialShape),
    /// `tensor`
    Tensor(NdArray),
    /// `func`
    Func(FuncRef),
    /// `list(int)`
    Ints(Vec<i64>),
    /// `list(float)`
    Floats(Vec<f32>),
    /// `list(bool)`
    Bools(Vec<bool>),
    /// `list(string)`
    Strs(Vec<Vec<u8>>),
    /// `list(type)`
    Types(Vec<DType>),
    /// `list(shape)`
    Shapes(Vec<PartialShape>),
    /// `list(tensor)`
    Tensors(Vec<NdArray>),
    /// `list(func)`
    Funcs(Vec<FuncRef>),
    /// The name of an attribute of the function the node stands in, to be replaced when it is called.
    Placeholder(String),
}

/// A function by name, with the attributes it is called with (`NameAttrList`).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FuncRef {
    /// The function's name in the library.
    pub name: String,
    /// Attributes of the call.
    pub attrs: Attrs,
}

impl FuncRef {
    /// A function without attributes.
    pub fn new(name: impl Into<String>) -> FuncRef {
        FuncRef { name: name.into(), attrs: Attrs::default() }
    }
}

/// The attributes of one op, ordered by name. Cloning shares them.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Attrs(Arc<Vec<(Cow<'static, str>, AttrValue)>>);

impl Attrs {
    /// No attributes.
    pub fn new() -> Attrs {
        Attrs::default()
    }

    /// The value of an attribute, if it is set.
    pub fn get(&self, name: &str) -> Option<&AttrValue> {
        // Few enough that a scan beats a search.
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Sets an attribute.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<AttrValue>) {
        let (name, value) = (name.into(), value.into());
        let entries = Arc::make_mut(&mut self.0);
        match entries.binary_search_by(|(key, _)| key.as_ref().cmp(name.as_ref())) {
            Ok(position) => entries[position].1 = value,
            Err(position) => entries.insert(position, (name, value)),
        }
    }

    /// The same attributes and one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<AttrValue>) -> Attrs {
        self.set(name, value);
        self
    }

    /// Removes an attribute.
    pub fn remove(&mut self, name: &str) -> Option<AttrValue> {
        let position = self.0.iter().position(|(key, _)| key == name)?;
        Some(Arc::make_mut(&mut self.0).remove(position).1)
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &AttrValue)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// How many are set.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn missing(name: &str, kind: &str, found: Option<&AttrValue>) -> Error {
        match found {
            None => Error::invalid_argument(format!("No attr named '{name}' in NodeDef")),
            Some(_) => Error::invalid_argument(format!(
                "AttrValue had value with unexpected type for attr '{name}' when '{kind}' expected"
            )),
        }
    }

    /// The functions that an attribute names, for `func` and `list(func)`.
    pub fn funcs(&self, name: &str) -> Result<&[FuncRef]> {
        match self.get(name) {
            Some(AttrValue::Func(func)) => Ok(std::slice::from_ref(func)),
            Some(AttrValue::Funcs(funcs)) => Ok(funcs),
            other => Err(Attrs::missing(name, "func", other)),
        }
    }

    /// A `string` attribute as text.
    ///
    /// # Errors
    /// `InvalidArgument` when it is not set, of another type or not UTF-8.
    pub fn str(&self, name: &str) -> Result<&str> {
        match std::str::from_utf8(self.bytes(name)?) {
            Ok(text) => Ok(text),
            Err(_) => bail!(invalid_argument, "attr '{name}' is not UTF-8"),
        }
    }

    /// A `list(string)` attribute as texts.
    ///
    /// # Errors
    /// `InvalidArgument` when it is not set, of another type or not UTF-8.
    pub fn strs(&self, name: &str) -> Result<Vec<&str>> {
        self.byte_strings(name)?
            .iter()
            .map(|bytes| {
                std::str::from_utf8(bytes)
                    .map_err(|_| Error::invalid_argument(format!("attr '{name}' is not UTF-8")))
            })
            .collect()
    }
}

macro_rules! getters {
    ($($function:ident $variant:ident $kind:literal -> $ty:ty, $found:ident => $value:expr;)*) => {
        impl Attrs {
            $(#[doc = concat!("A `", $kind, "` attribute.\n\n# Errors\n`InvalidArgument` when it is not set or of another type.")]
            pub fn $function(&self, name: &str) -> Result<$ty> {
                match self.get(name) {
                    Some(AttrValue::$variant($found)) => Ok($value),
                    other => Err(Attrs::missing(name, $kind, other)),
                }
            })*
        }
    };
}

getters! {
    int Int "int" -> i64, value => *value;
    float Float "float" -> f32, value => *value;
    bool Bool "bool" -> bool, value => *value;
    bytes Str "string" -> &[u8], value => value;
    dtype Type "type" -> DType, value => *value;
    shape Shape "shape" -> &PartialShape, value => value;
    tensor Tensor "tensor" -> &NdArray, value => value;
    func Func "func" -> &FuncRef, value => value;
    ints Ints "list(int)" -> &[i64], value => value;
    floats Floats "list(float)" -> &[f32], value => value;
    bools Bools "list(bool)" -> &[bool], value => value;
    byte_strings Strs "list(string)" -> &[Vec<u8>], value => value;
    dtypes Types "list(type)" -> &[DType], value => value;
    shapes Shapes "list(shape)" -> &[PartialShape], value => value;
}

macro_rules! conversions {
    ($($ty:ty, $value:ident => $attr:expr;)*) => {
        $(impl From<$ty> for AttrValue {
            fn from($value: $ty) -> AttrValue {
                $attr
            }
        })*
    };
}

conversions! {
    i64, value => AttrValue::Int(value);
    i32, value => AttrValue::Int(value.into());
    usize, value => AttrValue::Int(value as i64);
    f32, value => AttrValue::Float(value);
    bool, value => AttrValue::Bool(value);
    &str, value => AttrValue::Str(value.as_bytes().to_vec());
    String, value => AttrValue::Str(value.into_bytes());
    DType, value => AttrValue::Type(value);
    PartialShape, value => AttrValue::Shape(value);
    &PartialShape, value => AttrValue::Shape(value.clone());
    NdArray, value => AttrValue::Tensor(value);
    FuncRef, value => AttrValue::Func(value);
    Vec<i64>, value => AttrValue::Ints(value);
    &[i64], value => AttrValue::Ints(value.to_vec());
    Vec<f32>, value => AttrValue::Floats(value);
    Vec<bool>, value => AttrValue::Bools(value);
    Vec<String>, value => AttrValue::Strs(value.into_iter().map(String::into_bytes).collect());
    Vec<DType>, value => AttrValue::Types(value);
    Vec<PartialShape>, value => AttrValue::Shapes(value);
    Vec<FuncRef>, value => AttrValue::Funcs(value);
}

impl<const N: usize> From<[i64; N]> for AttrValue {
    fn from(values: [i64; N]) -> AttrValue {
        AttrValue::Ints(values.to_vec())
    }
}
