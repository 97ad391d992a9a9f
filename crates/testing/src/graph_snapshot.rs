//! The snapshot of a graph: a line for each node.

use crate::redact_names;
use ferroflow_core::Result;
use ferroflow_core::literal::AttrText;
use ferroflow_core::schema::{self, AttrType};
use ferroflow_graph::Graph;
use ferroflow_proto::{GraphDef, NodeDef, attr_proto};
use std::fmt;

/// What stands in a snapshot for a graph; see [`graph_snapshot`].
#[derive(Clone, Debug)]
pub struct GraphSnapshot {
    lines: Vec<String>,
    redacted: bool,
}

/// The snapshot of a graph: `name = Op(inputs) [attr=value, ...] @device` for each node in the order of its making,
/// and its functions behind it, by name. Attributes that have their default are left out.
///
/// ```
/// use ferroflow_core::constant;
/// use ferroflow_graph::Graph;
/// use ferroflow_testing::graph_snapshot;
/// let graph = Graph::new();
/// graph.as_default_scope(|| &constant([1, 2])? + 1)?;
/// assert_eq!(
///     graph_snapshot(&graph)?.to_string(),
///     "Const = Const() [dtype=int32, value=int32[2](1 2)]\n\
///      add/y = Const() [dtype=int32, value=int32[](1)]\n\
///      add = AddV2(Const, add/y) [T=int32]"
/// );
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// Those of exporting the graph.
pub fn graph_snapshot(graph: &Graph) -> Result<GraphSnapshot> {
    graph_def_snapshot(&graph.as_graph_def()?)
}

/// The same of a graph as it is written to files.
///
/// # Errors
/// `InvalidArgument` for a malformed attribute.
pub fn graph_def_snapshot(graph_def: &GraphDef) -> Result<GraphSnapshot> {
    let mut lines = graph_def.node.iter().map(line).collect::<Result<Vec<_>>>()?;
    let mut functions: Vec<_> = graph_def.library.iter().flat_map(|library| &library.function).collect();
    let name = |signature: &Option<ferroflow_proto::OpDef>| {
        signature.as_ref().map_or(String::new(), |signature| signature.name.clone())
    };
    functions.sort_by_key(|function| name(&function.signature));
    for function in functions {
        let signature = function.signature.clone().unwrap_or_default();
        let inputs: Vec<&str> = signature.input_arg.iter().map(|arg| arg.name.as_str()).collect();
        lines.push(format!("function {}({}):", signature.name, inputs.join(", ")));
        for node in &function.node_def {
            lines.push(format!("  {}", line(node)?));
        }
        lines.extend(function.ret.iter().map(|(name, from)| format!("  return {name} = {from}")));
    }
    Ok(GraphSnapshot { lines, redacted: false })
}

fn line(node: &NodeDef) -> Result<String> {
    let schema = schema::lookup(&node.op);
    let definition = |name: &str| schema.and_then(|schema| schema.attr(name));
    let types = |name: &str| -> Option<AttrType> { definition(name).map(|attr| attr.ty) };
    let attrs = attr_proto::attrs_from_proto(&node.attr, types)?;
    let attrs = attrs
        .iter()
        .filter(|(name, value)| definition(name).is_none_or(|attr| attr.default.as_ref() != Some(*value)));
    let attrs: Vec<String> = attrs.map(|(name, value)| format!("{name}={}", AttrText(value))).collect();
    let mut line = format!("{} = {}({})", node.name, node.op, node.input.join(", "));
    if !attrs.is_empty() {
        line.push_str(&format!(" [{}]", attrs.join(", ")));
    }
    if !node.device.is_empty() {
        line.push_str(&format!(" @{}", node.device));
    }
    Ok(line)
}

impl GraphSnapshot {
    /// Without what differs from run to run in names; see [`redact_names`].
    #[must_use]
    pub fn redacted(mut self) -> GraphSnapshot {
        self.redacted = true;
        self
    }
}

impl fmt::Display for GraphSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.lines.join("\n");
        f.write_str(&if self.redacted { redact_names(&text) } else { text })
    }
}
