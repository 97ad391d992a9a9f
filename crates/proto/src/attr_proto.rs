//! Between attributes and their protobuf messages.

use crate::NameAttrList;
use crate::attr_value::{ListValue, Value};
use crate::{shape_proto, tensor_proto};
use ferroflow_core::schema::{AttrKind, AttrType};
use ferroflow_core::{AttrValue, Attrs, DType, Error, FuncRef, Result, bail};
use std::collections::BTreeMap;

/// The message for an attribute.
///
/// # Errors
/// `Unimplemented` for a tensor that cannot be written.
pub fn to_proto(value: &AttrValue) -> Result<crate::AttrValue> {
    let list = |list: ListValue| Value::List(Box::new(list));
    let value = match value {
        AttrValue::Int(value) => Value::I(*value),
        AttrValue::Float(value) => Value::F(*value),
        AttrValue::Bool(value) => Value::B(*value),
        AttrValue::Str(value) => Value::S(value.clone()),
        AttrValue::Type(value) => Value::Type(value.number()),
        AttrValue::Shape(value) => Value::Shape(shape_proto::from_partial_shape(value)),
        AttrValue::Tensor(value) => Value::Tensor(Box::new(tensor_proto::from_array(value)?)),
        AttrValue::Func(value) => Value::Func(func_to_proto(value)?),
        AttrValue::Placeholder(name) => Value::Placeholder(name.clone()),
        AttrValue::Ints(values) => list(ListValue { i: values.clone(), ..ListValue::default() }),
        AttrValue::Floats(values) => list(ListValue { f: values.clone(), ..ListValue::default() }),
        AttrValue::Bools(values) => list(ListValue { b: values.clone(), ..ListValue::default() }),
        AttrValue::Strs(values) => list(ListValue { s: values.clone(), ..ListValue::default() }),
        AttrValue::Types(values) => list(ListValue {
            r#type: values.iter().map(|dtype| dtype.number()).collect(),
            ..ListValue::default()
        }),
        AttrValue::Shapes(values) => list(ListValue {
            shape: values.iter().map(shape_proto::from_partial_shape).collect(),
            ..ListValue::default()
        }),
        AttrValue::Tensors(values) => list(ListValue {
            tensor: values.iter().map(tensor_proto::from_array).collect::<Result<_>>()?,
            ..ListValue::default()
        }),
        AttrValue::Funcs(values) => list(ListValue {
            func: values.iter().map(func_to_proto).collect::<Result<_>>()?,
            ..ListValue::default()
        }),
    };
    Ok(crate::AttrValue { value: Some(value) })
}

/// The message for the default value of an attribute: a tensor is written element by element, as in TensorFlow's own
/// definitions of ops.
///
/// # Errors
/// As [`to_proto`].
pub fn default_to_proto(value: &AttrValue) -> Result<crate::AttrValue> {
    match value {
        AttrValue::Tensor(array) => {
            let tensor = tensor_proto::from_first(array, array.len())?;
            Ok(crate::AttrValue { value: Some(Value::Tensor(Box::new(tensor))) })
        }
        other => to_proto(other),
    }
}

fn func_to_proto(func: &FuncRef) -> Result<NameAttrList> {
    Ok(NameAttrList { name: func.name.clone(), attr: attrs_to_proto(&func.attrs)? })
}

/// The messages for all attributes.
///
/// # Errors
/// As [`to_proto`].
pub fn attrs_to_proto(attrs: &Attrs) -> Result<BTreeMap<String, crate::AttrValue>> {
    attrs.iter().map(|(name, value)| Ok((name.to_string(), to_proto(value)?))).collect()
}

/// The attribute a message holds. The type settles what an empty list is a list of; without one it is of integers.
///
/// # Errors
/// `InvalidArgument` for a message without a value, or whose parts are malformed.
pub fn from_proto(value: &crate::AttrValue, ty: Option<AttrType>) -> Result<AttrValue> {
    Ok(match &value.value {
        // Protobuf does not write a zero inside a oneof differently from other values: nothing at all is an error.
        None => match ty {
            Some(AttrType { is_list: true, kind }) => empty_list(kind),
            _ => bail!(invalid_argument, "attr has no value"),
        },
        Some(Value::I(value)) => AttrValue::Int(*value),
        Some(Value::F(value)) => AttrValue::Float(*value),
        Some(Value::B(value)) => AttrValue::Bool(*value),
        Some(Value::S(value)) => AttrValue::Str(value.clone()),
        Some(Value::Type(number)) => AttrValue::Type(dtype(*number)?),
        Some(Value::Shape(shape)) => AttrValue::Shape(shape_proto::to_partial_shape(shape)?),
        Some(Value::Tensor(tensor)) => AttrValue::Tensor(tensor_proto::to_array(tensor)?),
        Some(Value::Func(func)) => AttrValue::Func(func_from_proto(func)?),
        Some(Value::Placeholder(name)) => AttrValue::Placeholder(name.clone()),
        Some(Value::List(list)) => list_from_proto(list, ty)?,
    })
}

fn dtype(number: i32) -> Result<DType> {
    DType::from_number(number).ok_or_else(|| Error::invalid_argument(format!("invalid dtype {number}")))
}

fn func_from_proto(func: &NameAttrList) -> Result<FuncRef> {
    Ok(FuncRef { name: func.name.clone(), attrs: attrs_from_proto(&func.attr, |_| None)? })
}

/// The attributes that messages hold; `types` gives the type of an attribute by its name. Hints, whose names begin
/// with an underscore, are left out where they have no value: TensorFlow writes such into functions.
///
/// # Errors
/// As [`from_proto`], naming the attribute.
pub fn attrs_from_proto(
    attrs: &BTreeMap<String, crate::AttrValue>,
    types: impl Fn(&str) -> Option<AttrType>,
) -> Result<Attrs> {
    let mut result = Attrs::new();
    for (name, value) in attrs {
        if value.value.is_none() && name.starts_with('_') {
            continue;
        }
        let value =
            from_proto(value, types(name)).map_err(|error| error.context(format!("attr '{name}'")))?;
        result.set(name.clone(), value);
    }
    Ok(result)
}

fn empty_list(kind: AttrKind) -> AttrValue {
    match kind {
        AttrKind::Str => AttrValue::Strs(Vec::new()),
        AttrKind::Int => AttrValue::Ints(Vec::new()),
        AttrKind::Float => AttrValue::Floats(Vec::new()),
        AttrKind::Bool => AttrValue::Bools(Vec::new()),
        AttrKind::Type => AttrValue::Types(Vec::new()),
        AttrKind::Shape => AttrValue::Shapes(Vec::new()),
        AttrKind::Tensor => AttrValue::Tensors(Vec::new()),
        AttrKind::Func => AttrValue::Funcs(Vec::new()),
    }
}

fn list_from_proto(list: &ListValue, ty: Option<AttrType>) -> Result<AttrValue> {
    Ok(if !list.s.is_empty() {
        AttrValue::Strs(list.s.clone())
    } else if !list.i.is_empty() {
        AttrValue::Ints(list.i.clone())
    } else if !list.f.is_empty() {
        AttrValue::Floats(list.f.clone())
    } else if !list.b.is_empty() {
        AttrValue::Bools(list.b.clone())
    } else if !list.r#type.is_empty() {
        AttrValue::Types(list.r#type.iter().map(|number| dtype(*number)).collect::<Result<_>>()?)
    } else if !list.shape.is_empty() {
        AttrValue::Shapes(list.shape.iter().map(shape_proto::to_partial_shape).collect::<Result<_>>()?)
    } else if !list.tensor.is_empty() {
        AttrValue::Tensors(list.tensor.iter().map(tensor_proto::to_array).collect::<Result<_>>()?)
    } else if !list.func.is_empty() {
        AttrValue::Funcs(list.func.iter().map(func_from_proto).collect::<Result<_>>()?)
    } else {
        empty_list(ty.map_or(AttrKind::Int, |ty| ty.kind))
    })
}
