//! What this engine can run, of ops and of graphs as they are written to files.

use ferroflow_core::schema::{self, OpSchema};
use ferroflow_core::{AttrValue, Attrs, DType, OpDef, Result, registry, unsupported};
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::{GraphDef, NodeDef, attr_proto};
use std::collections::HashSet;

/// Ops without a kernel that the executor carries out itself.
const EXECUTOR_OPS: &[&str] = &[
    "Placeholder",
    "PlaceholderV2",
    "Switch",
    "RefSwitch",
    "Merge",
    "RefMerge",
    "Enter",
    "RefEnter",
    "Exit",
    "RefExit",
    "NextIteration",
    "RefNextIteration",
    "LoopCond",
];

/// Whether this op can run, with some dtype at least.
pub fn is_implemented(def: &OpDef) -> bool {
    def.kernel.is_some() || EXECUTOR_OPS.contains(&def.name)
}

/// A node that cannot run.
#[derive(Clone, Debug, PartialEq)]
pub struct UnsupportedNode {
    /// The node.
    pub node: String,
    /// Its op.
    pub op: String,
    /// The function whose body it stands in, if it is not of the graph itself.
    pub function: Option<String>,
    /// The dtype that has no kernel; the first of the node's where none has.
    pub dtype: Option<DType>,
}

/// Why a node cannot run.
struct Lack {
    dtype: Option<DType>,
}

/// What is missing to run a node: `def` is what the engine has of its op, `schema` TensorFlow's signature. A node
/// with neither calls a function by its name.
fn lack(def: Option<&OpDef>, schema: Option<&OpSchema>, attrs: &Attrs) -> Option<Lack> {
    match (def, schema) {
        (Some(def), _) if is_implemented(def) => {
            def.refused_dtype(attrs).map(|dtype| Lack { dtype: Some(dtype) })
        }
        (_, Some(schema)) => {
            let types = [schema.output_types(attrs), schema.input_types(attrs)];
            let dtype = types.iter().flatten().flat_map(|types| types.first()).next();
            Some(Lack { dtype: dtype.copied() })
        }
        (_, None) => None,
    }
}

/// Whether a node can run.
///
/// # Errors
/// `Unimplemented`, naming op, node and dtype, when it cannot.
pub(crate) fn check(
    def: Option<&OpDef>,
    schema: Option<&OpSchema>,
    attrs: &Attrs,
    node: &str,
    op: &str,
) -> Result<()> {
    match lack(def, schema, attrs) {
        Some(lack) => Err(unsupported(op, node, lack.dtype).at_node(node, op)),
        None => Ok(()),
    }
}

/// The nodes of a graph and of its functions that cannot run, in the order of the message.
///
/// # Errors
/// `InvalidArgument` for a malformed attribute.
pub fn unsupported_nodes(graph_def: &GraphDef) -> Result<Vec<UnsupportedNode>> {
    crate::install();
    let library = graph_def.library.as_ref();
    let functions: Vec<_> = library.into_iter().flat_map(|library| &library.function).collect();
    let names = functions.iter().filter_map(|function| Some(function.signature.as_ref()?.name.as_str()));
    let callable: HashSet<&str> = names.collect();
    let mut found = Vec::new();
    let bodies = functions.iter().map(|function| {
        let name = function.signature.as_ref().map_or("", |signature| &signature.name);
        (Some(name), &function.node_def)
    });
    for (function, nodes) in std::iter::once((None, &graph_def.node)).chain(bodies) {
        for node in nodes {
            let lack = if schema::lookup(&node.op).is_none() && !callable.contains(node.op.as_str()) {
                Some(Lack { dtype: any_type(node) })
            } else {
                lack_of(node).map_err(|error| error.at_node(&node.name, &node.op))?
            };
            found.extend(lack.map(|lack| UnsupportedNode {
                node: node.name.clone(),
                op: node.op.clone(),
                function: function.map(str::to_string),
                dtype: lack.dtype,
            }));
        }
    }
    Ok(found)
}

/// The dtype that a node of an unknown op speaks of.
fn any_type(node: &NodeDef) -> Option<DType> {
    let dtype = |name: &str| match node.attr.get(name)?.value {
        Some(Value::Type(number)) => DType::from_number(number),
        _ => None,
    };
    ["T", "dtype"].into_iter().chain(node.attr.keys().map(String::as_str)).find_map(dtype)
}

fn lack_of(node: &NodeDef) -> Result<Option<Lack>> {
    let schema = schema::lookup(&node.op);
    let types = |name: &str| schema.and_then(|schema| schema.attr(name)).map(|attr| attr.ty);
    let mut attrs = attr_proto::attrs_from_proto(&node.attr, types)?;
    for attr in schema.into_iter().flat_map(|schema| &schema.attrs) {
        if let (None, Some(AttrValue::Type(default))) = (attrs.get(&attr.name), &attr.default) {
            attrs.set(attr.name.clone(), *default);
        }
    }
    Ok(lack(registry::lookup(&node.op), schema, &attrs))
}

/// The nodes of a graph that compute something no other node uses: what a graph made for inference gives.
///
/// ```
/// use ferroflow_graph::end_nodes;
/// use ferroflow_proto::{GraphDef, NodeDef};
/// let node = |name: &str, op: &str, inputs: &[&str]| NodeDef {
///     name: name.to_string(),
///     op: op.to_string(),
///     input: inputs.iter().map(|input| input.to_string()).collect(),
///     ..NodeDef::default()
/// };
/// let nodes = vec![node("x", "Placeholder", &[]), node("y", "Neg", &["x"]), node("z", "Neg", &["y"])];
/// assert_eq!(end_nodes(&GraphDef { node: nodes, ..GraphDef::default() }), ["z"]);
/// ```
pub fn end_nodes(graph_def: &GraphDef) -> Vec<&str> {
    let inputs = graph_def.node.iter().flat_map(|node| &node.input);
    let used: HashSet<&str> = inputs
        .map(|input| input.trim_start_matches('^'))
        .map(|input| input.split(':').next().unwrap_or(input))
        .collect();
    let computes = |node: &&NodeDef| match schema::lookup(&node.op) {
        Some(schema) => !schema.inputs.is_empty() && !schema.outputs.is_empty() && !schema.is_stateful,
        // A call of a function by its name.
        None => true,
    };
    let ends = graph_def.node.iter().filter(|node| !used.contains(node.name.as_str())).filter(computes);
    ends.map(|node| node.name.as_str()).collect()
}
