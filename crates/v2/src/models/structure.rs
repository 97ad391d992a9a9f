//! Structures of tensors and arguments as SavedModels hold them: `StructuredValue`.

use crate::TensorSpec;
use crate::nest::Structure;
use ferroflow_core::{DType, Error, Result};
use ferroflow_proto::shape_proto;
use ferroflow_proto::structured_value::{
    DictValue, Kind, ListValue, NamedTupleValue, NoneValue, PairValue, StructuredValue, TensorSpecProto,
    TupleValue,
};
use std::collections::BTreeMap;

pub(super) fn value(kind: Kind) -> StructuredValue {
    StructuredValue { kind: Some(kind) }
}

pub(super) fn none() -> StructuredValue {
    value(Kind::NoneValue(NoneValue {}))
}

pub(super) fn list(values: Vec<StructuredValue>) -> StructuredValue {
    value(Kind::ListValue(ListValue { values }))
}

pub(super) fn tuple(values: Vec<StructuredValue>) -> StructuredValue {
    value(Kind::TupleValue(TupleValue { values }))
}

pub(super) fn dict(fields: BTreeMap<String, StructuredValue>) -> StructuredValue {
    value(Kind::DictValue(DictValue { fields }))
}

pub(super) fn strings(texts: &[String]) -> StructuredValue {
    list(texts.iter().map(|text| value(Kind::StringValue(text.clone()))).collect())
}

/// A specification, under a name.
pub(super) fn spec(name: &str, spec: &TensorSpec) -> StructuredValue {
    value(Kind::TensorSpecValue(TensorSpecProto {
        name: name.to_string(),
        shape: Some(shape_proto::from_partial_shape(&spec.shape)),
        dtype: spec.dtype.number(),
    }))
}

/// The arguments of a function as Python's `inspect` describes them.
pub(super) fn full_arg_spec(args: &[String], keywords: &[String]) -> StructuredValue {
    let parts = [
        ("args", strings(args)),
        ("varargs", none()),
        ("varkw", none()),
        ("defaults", none()),
        ("kwonlyargs", strings(keywords)),
        ("kwonlydefaults", none()),
        ("annotations", dict(BTreeMap::new())),
    ];
    let pair = |(key, value): (&str, StructuredValue)| PairValue { key: key.to_string(), value: Some(value) };
    value(Kind::NamedTupleValue(NamedTupleValue {
        name: "FullArgSpec".to_string(),
        values: parts.into_iter().map(pair).collect(),
    }))
}

/// A structure whose tensors are these, taken in order.
pub(super) fn outputs(
    structure: &Structure,
    specs: &mut dyn Iterator<Item = &TensorSpec>,
) -> Result<StructuredValue> {
    let mut several =
        |items: &[Structure]| items.iter().map(|item| outputs(item, specs)).collect::<Result<_>>();
    Ok(match structure {
        Structure::None => none(),
        Structure::List(items) => list(several(items)?),
        Structure::Tuple(items) => tuple(several(items)?),
        Structure::Dict(items) => {
            let fields = items.iter().map(|(key, item)| Ok((key.clone(), outputs(item, specs)?)));
            dict(fields.collect::<Result<_>>()?)
        }
        Structure::Tensor => {
            let found = specs.next();
            spec("", found.ok_or_else(|| Error::internal("a function has fewer outputs than its structure"))?)
        }
    })
}

/// The structure of a dataset's elements, which knows no lists: they are tuples there.
pub(crate) fn dataset_spec(structure: &Structure, specs: &[TensorSpec]) -> Result<StructuredValue> {
    fn as_tuples(structure: &Structure) -> Structure {
        match structure {
            Structure::List(items) | Structure::Tuple(items) => {
                Structure::Tuple(items.iter().map(as_tuples).collect())
            }
            Structure::Dict(items) => {
                Structure::Dict(items.iter().map(|(key, item)| (key.clone(), as_tuples(item))).collect())
            }
            leaf => leaf.clone(),
        }
    }
    outputs(&as_tuples(structure), &mut specs.iter())
}

/// An argument or result that is no structure.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Leaf {
    Tensor(TensorSpec),
    /// Anything else, which is no tensor; `true` for what stands for nothing: `None`, `False`.
    Other {
        idle: bool,
    },
}

/// What stands in a structure, in TensorFlow's order.
pub(super) fn leaves(value: &StructuredValue, found: &mut Vec<(Option<String>, Leaf)>) -> Result<()> {
    visit(None, value, found, 0)
}

/// How deeply structures may be nested.
const MAX_DEPTH: usize = 64;

fn visit(
    key: Option<&str>,
    value: &StructuredValue,
    found: &mut Vec<(Option<String>, Leaf)>,
    depth: usize,
) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::invalid_argument("a structure of the SavedModel is nested too deeply"));
    }
    let mut leaf = |leaf: Leaf| found.push((key.map(str::to_string), leaf));
    match &value.kind {
        None => Ok(()),
        Some(Kind::TensorSpecValue(spec)) => {
            leaf(Leaf::Tensor(from_proto(spec)?));
            Ok(())
        }
        Some(Kind::BoundedTensorSpecValue(spec)) => {
            let spec =
                TensorSpecProto { name: spec.name.clone(), shape: spec.shape.clone(), dtype: spec.dtype };
            leaf(Leaf::Tensor(from_proto(&spec)?));
            Ok(())
        }
        Some(Kind::ListValue(list)) => each(&list.values, found, depth),
        Some(Kind::TupleValue(tuple)) => each(&tuple.values, found, depth),
        Some(Kind::NamedTupleValue(tuple)) => {
            let fields =
                tuple.values.iter().filter_map(|pair| Some((pair.key.as_str(), pair.value.as_ref()?)));
            fields.into_iter().try_for_each(|(key, value)| visit(Some(key), value, found, depth + 1))
        }
        Some(Kind::DictValue(dict)) => {
            let mut fields = dict.fields.iter();
            fields.try_for_each(|(key, value)| visit(Some(key), value, found, depth + 1))
        }
        Some(Kind::NoneValue(_) | Kind::BoolValue(false)) => {
            leaf(Leaf::Other { idle: true });
            Ok(())
        }
        Some(_) => {
            leaf(Leaf::Other { idle: false });
            Ok(())
        }
    }
}

fn each(values: &[StructuredValue], found: &mut Vec<(Option<String>, Leaf)>, depth: usize) -> Result<()> {
    values.iter().try_for_each(|value| visit(None, value, found, depth + 1))
}

fn from_proto(proto: &TensorSpecProto) -> Result<TensorSpec> {
    let dtype = DType::from_number(proto.dtype).ok_or_else(|| {
        Error::invalid_argument(format!("a SavedModel has a tensor of unknown dtype {}", proto.dtype))
    })?;
    let shape = proto.shape.clone().unwrap_or_default();
    let spec = TensorSpec::new(shape_proto::to_partial_shape(&shape)?, dtype);
    Ok(if proto.name.is_empty() { spec } else { spec.named(proto.name.as_str()) })
}

/// The form of a result, and how many tensors it has. What is no tensor is left out as nothing.
pub(super) fn form(value: &StructuredValue) -> Result<Structure> {
    form_at(value, 0)
}

fn form_at(value: &StructuredValue, depth: usize) -> Result<Structure> {
    if depth > MAX_DEPTH {
        return Err(Error::invalid_argument("a structure of the SavedModel is nested too deeply"));
    }
    let each = |values: &[StructuredValue]| {
        values.iter().map(|value| form_at(value, depth + 1)).collect::<Result<_>>()
    };
    Ok(match &value.kind {
        Some(Kind::TensorSpecValue(_) | Kind::BoundedTensorSpecValue(_)) => Structure::Tensor,
        Some(Kind::TypeSpecValue(spec)) => {
            let count = usize::try_from(spec.num_flat_components).unwrap_or(0);
            if count > 1 << 10 {
                return Err(Error::invalid_argument("a composite of the SavedModel has too many components"));
            }
            Structure::Tuple(vec![Structure::Tensor; count])
        }
        Some(Kind::ListValue(list)) => Structure::List(each(&list.values)?),
        Some(Kind::TupleValue(tuple)) => Structure::Tuple(each(&tuple.values)?),
        Some(Kind::NamedTupleValue(tuple)) => {
            let values = tuple.values.iter().filter_map(|pair| pair.value.clone());
            Structure::Tuple(each(&values.collect::<Vec<_>>())?)
        }
        Some(Kind::DictValue(dict)) => {
            let fields = dict.fields.iter().map(|(key, value)| Ok((key.clone(), form_at(value, depth + 1)?)));
            Structure::Dict(fields.collect::<Result<_>>()?)
        }
        _ => Structure::None,
    })
}
