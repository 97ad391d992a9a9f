//! Which nodes of a graph are exported, and how they are changed on the way.

use crate::variables::strip_scope;
use ferroflow_core::{Error, Result, ensure, schema};
use ferroflow_graph::{Graph, Port};
use ferroflow_proto::attr_value::{ListValue, Value};
use ferroflow_proto::{AttrValue, GraphDef, NodeDef, SaverDef, attr_proto, shape_proto};
use std::collections::BTreeSet;

/// The ops of savers.
const SAVER_OPS: [&str; 9] = [
    "SaveV2",
    "RestoreV2",
    "MergeV2Checkpoints",
    "Save",
    "SaveSlices",
    "Restore",
    "RestoreSlice",
    "ShardedFilename",
    "ShardedFilespec",
];

/// The graph with the shapes of all outputs: what MetaGraphDefs and TensorBoard's graphs hold.
pub(crate) fn graph_def_with_shapes(graph: &Graph) -> Result<GraphDef> {
    let mut graph_def = graph.as_graph_def()?;
    for (id, node) in graph_def.node.iter_mut().enumerate() {
        let count = graph.node(id).output_types.len();
        if count > 0 {
            let shapes = (0..count).map(|index| graph.tensor(Port { node: id, index }).shape());
            let shape = shapes.map(|shape| shape_proto::from_partial_shape(&shape)).collect();
            let value = Some(Value::List(Box::new(ListValue { shape, ..ListValue::default() })));
            node.attr.insert("_output_shapes".to_string(), AttrValue { value });
        }
    }
    Ok(graph_def)
}

/// Leaves out attributes that have the default values of their ops.
pub(super) fn strip_defaults(graph_def: &mut GraphDef) -> Result<()> {
    let functions = graph_def.library.iter_mut().flat_map(|library| &mut library.function);
    let nodes = graph_def.node.iter_mut().chain(functions.flat_map(|function| &mut function.node_def));
    for node in nodes {
        let Some(schema) = schema::lookup(&node.op) else { continue };
        for attr in &schema.attrs {
            if let Some(default) = &attr.default
                && node.attr.get(&attr.name) == Some(&attr_proto::default_to_proto(default)?)
            {
                node.attr.remove(&attr.name);
            }
        }
    }
    Ok(())
}

/// The names of the nodes of other savers than this one.
pub(super) fn nodes_of_other_savers(graph_def: &GraphDef, saver_def: Option<&SaverDef>) -> BTreeSet<String> {
    let scope =
        |name: &str| name.split(':').next().and_then(|name| Some(name.rsplit_once('/')?.0.to_string()));
    let kept: BTreeSet<String> = saver_def
        .iter()
        .flat_map(|saver| [scope(&saver.save_tensor_name), scope(&saver.restore_op_name)])
        .flatten()
        .collect();
    let savers = graph_def.node.iter().filter(|node| SAVER_OPS.contains(&node.op.as_str()));
    let scopes: BTreeSet<String> = savers.filter_map(|node| scope(&node.name)).collect();
    let others: Vec<String> = scopes.difference(&kept).map(|scope| format!("{scope}/")).collect();
    let names = graph_def.node.iter().map(|node| &node.name);
    names.filter(|name| others.iter().any(|scope| name.starts_with(scope))).cloned().collect()
}

/// Whether a node is exported: it lies in the scope and is not left out.
pub(super) fn is_exported(name: &str, scope: &str, left_out: &BTreeSet<String>) -> bool {
    let name = name.split(':').next().unwrap_or(name);
    !left_out.contains(name) && strip_scope(name, scope).is_some()
}

/// Takes the nodes below a scope, under names without it.
///
/// # Errors
/// `ValueError` when one has an input from outside.
pub(super) fn take_scope(graph_def: &mut GraphDef, scope: &str, left_out: &BTreeSet<String>) -> Result<()> {
    graph_def.node.retain(|node| is_exported(&node.name, scope, left_out));
    if scope.is_empty() {
        return Ok(());
    }
    let mut unbound = Vec::new();
    for node in &mut graph_def.node {
        rename(node, scope, &mut unbound);
    }
    ensure!(
        unbound.is_empty(),
        value,
        "There are unbound inputs: {}. Use unbound_inputs_col_name to collect them.",
        unbound.join(", ")
    );
    Ok(())
}

fn rename(node: &mut NodeDef, scope: &str, unbound: &mut Vec<String>) {
    let strip = |name: &str| strip_scope(name, scope);
    node.name = strip(&node.name).unwrap_or_default();
    let inputs = std::mem::take(&mut node.input);
    for input in inputs {
        match strip(&input) {
            Some(name) => node.input.push(name),
            // What is only waited for outside of the scope is left out.
            None if input.starts_with('^') => {}
            None => unbound.push(input),
        }
    }
    if let Some(Value::List(list)) = node.attr.get_mut("_class").and_then(|attr| attr.value.as_mut()) {
        for class in &mut list.s {
            if let Some(name) = std::str::from_utf8(class).ok().and_then(strip) {
                *class = name.into_bytes();
            }
        }
    }
}

/// What a Python `IOError` says of a file.
pub(super) fn file_error(path: &std::path::Path, error: &Error) -> Error {
    error.clone().with_message(match error.code() {
        ferroflow_core::Code::NotFound => format!("File does not exist. Received: {}.", path.display()),
        _ => error.message().to_string(),
    })
}
