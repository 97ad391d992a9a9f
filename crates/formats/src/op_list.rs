//! The definitions of the ops of a graph, as a MetaGraphDef carries them.

use ferroflow_core::schema::{self, Allowed, ArgDef, ArgType, AttrDef, OpSchema};
use ferroflow_core::{AttrValue, Result};
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::meta_graph_def::MetaInfoDef;
use ferroflow_proto::{self as proto, FunctionDef, GraphDef, NodeDef, OpDef, OpList, attr_proto, op_def};
use std::collections::{BTreeSet, HashMap};

/// The version of TensorFlow whose behaviour ferroflow has.
const TENSORFLOW_VERSION: &str = "2.21.0";

/// What a MetaGraphDef says about its writer and the ops of its graph.
///
/// # Errors
/// `Unimplemented` for an attribute that messages do not hold.
pub fn meta_info(graph_def: &GraphDef) -> Result<MetaInfoDef> {
    Ok(MetaInfoDef {
        stripped_op_list: Some(stripped_op_list(graph_def)?),
        tensorflow_version: TENSORFLOW_VERSION.to_string(),
        tensorflow_git_version: concat!("ferroflow-", env!("CARGO_PKG_VERSION")).to_string(),
        ..MetaInfoDef::default()
    })
}

/// The definitions of all ops that a graph and the functions it calls use, by name and without documentation; functions
/// and ops that TensorFlow does not have are left out.
///
/// As in TensorFlow a call is a node of the function's own name, or one of `PartitionedCall` and its stateful form: what
/// only branches and loops use is not looked for.
///
/// # Errors
/// `Unimplemented` for an attribute that messages do not hold.
pub fn stripped_op_list(graph_def: &GraphDef) -> Result<OpList> {
    let functions: HashMap<&str, &FunctionDef> = graph_def
        .library
        .iter()
        .flat_map(|library| &library.function)
        .filter_map(|function| Some((function.signature.as_ref()?.name.as_str(), function)))
        .collect();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut pending = vec![graph_def.node.as_slice()];
    while let Some(nodes) = pending.pop() {
        for name in nodes.iter().flat_map(|node| std::iter::once(node.op.as_str()).chain(callee(node))) {
            if names.insert(name) {
                pending.extend(functions.get(name).map(|function| function.node_def.as_slice()));
            }
        }
    }
    let known = names.into_iter().filter_map(schema::lookup);
    Ok(OpList { op: known.map(op_def).collect::<Result<_>>()? })
}

/// The function that a node calls by an attribute.
fn callee(node: &NodeDef) -> Option<&str> {
    let calls = matches!(node.op.as_str(), "PartitionedCall" | "StatefulPartitionedCall");
    match node.attr.get("f").and_then(|attr| attr.value.as_ref()) {
        Some(Value::Func(function)) if calls => Some(&function.name),
        _ => None,
    }
}

/// The message for an op's signature.
///
/// # Errors
/// `Unimplemented` for an attribute that messages do not hold.
pub fn op_def(schema: &OpSchema) -> Result<OpDef> {
    Ok(OpDef {
        name: schema.name.clone(),
        input_arg: schema.inputs.iter().map(arg).collect(),
        output_arg: schema.outputs.iter().map(arg).collect(),
        attr: schema.attrs.iter().map(attr).collect::<Result<_>>()?,
        deprecation: schema.deprecation.as_ref().map(|deprecation| proto::OpDeprecation {
            version: deprecation.version,
            explanation: deprecation.explanation.clone(),
        }),
        is_aggregate: schema.is_aggregate,
        is_stateful: schema.is_stateful,
        is_commutative: schema.is_commutative,
        allows_uninitialized_input: schema.allows_uninitialized_input,
        is_distributed_communication: schema.is_distributed,
        ..OpDef::default()
    })
}

fn arg(arg: &ArgDef) -> op_def::ArgDef {
    let mut message =
        op_def::ArgDef { name: arg.name.clone(), is_ref: arg.is_ref, ..op_def::ArgDef::default() };
    set_type(&mut message, &arg.kind);
    message
}

fn set_type(message: &mut op_def::ArgDef, kind: &ArgType) {
    match kind {
        ArgType::Fixed(dtype) => message.r#type = dtype.number(),
        ArgType::Attr(name) => message.type_attr = name.clone(),
        ArgType::TypeList(name) => message.type_list_attr = name.clone(),
        ArgType::Repeated { number_attr, of } => {
            message.number_attr = number_attr.clone();
            set_type(message, of);
        }
    }
}

fn attr(attr: &AttrDef) -> Result<op_def::AttrDef> {
    let allowed = match &attr.allowed {
        Allowed::Any => None,
        Allowed::Types(dtypes) => Some(AttrValue::Types(dtypes.clone())),
        Allowed::Strs(texts) => Some(AttrValue::Strs(texts.clone())),
    };
    let kind = attr.ty.kind.name();
    Ok(op_def::AttrDef {
        name: attr.name.clone(),
        r#type: if attr.ty.is_list { format!("list({kind})") } else { kind.to_string() },
        default_value: attr.default.as_ref().map(attr_proto::default_to_proto).transpose()?,
        has_minimum: attr.minimum.is_some(),
        minimum: attr.minimum.unwrap_or_default(),
        allowed_values: allowed.as_ref().map(attr_proto::to_proto).transpose()?,
        ..op_def::AttrDef::default()
    })
}
