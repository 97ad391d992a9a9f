//! Nodes that others wait for, but whose values nobody takes: as TensorFlow's optimizer does it, those without effects are not run.

use super::compile::{Loops, Needed};
use super::pace::may_wait;
use crate::{Node, Port};
use ferroflow_core::AttrValue;
use std::collections::{HashMap, HashSet};

/// Ops that are there for the errors they give.
const CHECKS: [&str; 3] = ["CheckNumerics", "CheckNumericsV2", "EnsureShape"];

/// The needed nodes that need not run: control edges alone lead from them to what has an effect or is asked for. The order of
/// the others still goes by them.
pub(super) fn find(
    needed: &Needed,
    loops: &Loops,
    fed: &HashMap<Port, usize>,
    fetches: &[Port],
    targets: &[usize],
) -> HashSet<usize> {
    // Where some nodes may not run, whether others do can hang on them.
    if needed.nodes.values().any(|node| node.op.ends_with("Switch")) {
        return HashSet::new();
    }
    let mut running: HashSet<usize> = targets.iter().copied().collect();
    running.extend(fetches.iter().filter(|port| !fed.contains_key(port)).map(|port| port.node));
    running.extend(loops.keys());
    running.extend(needed.nodes.iter().filter(|(_, node)| !is_pure(node, needed, fed)).map(|(id, _)| *id));
    let mut pending: Vec<usize> = running.iter().copied().collect();
    while let Some(id) = pending.pop() {
        let sources: Vec<Port> = match (loops.get(&id), needed.nodes.get(&id)) {
            (Some(shape), _) => shape.outer_inputs().collect(),
            (None, Some(node)) => node.inputs.clone(),
            (None, None) => Vec::new(),
        };
        let sources = sources.iter().filter(|port| !fed.contains_key(port)).map(|port| port.node);
        pending.extend(sources.filter(|source| running.insert(*source)));
    }
    needed.nodes.keys().copied().filter(|id| !running.contains(id)).collect()
}

/// Whether a node does nothing but compute its outputs.
fn is_pure(node: &Node, needed: &Needed, fed: &HashMap<Port, usize>) -> bool {
    let takes_reference = node.inputs.iter().filter(|port| !fed.contains_key(port)).any(|port| {
        let source = needed.nodes.get(&port.node);
        source.is_none_or(|source| source.output_types.get(port.index).is_none_or(|dtype| dtype.is_ref()))
    });
    !node.is_stateful()
        && !may_wait(&node.op)
        && !takes_reference
        && node.def.is_some_and(|def| def.kernel.is_some())
        && !node.output_types.is_empty()
        && !node.output_types.iter().any(|dtype| dtype.is_ref())
        && !node.attrs.iter().any(|(_, value)| matches!(value, AttrValue::Func(_) | AttrValue::Funcs(_)))
        && !CHECKS.contains(&node.op.as_str())
}
