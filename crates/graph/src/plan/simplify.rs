//! What a plan knows before it runs: values that follow from constants, and nodes that repeat others.

use super::compile::Needed;
use super::pace::may_wait;
use crate::{Node, Port};
use ferroflow_core::{DType, Env, NdArray, run_op};
use std::collections::{HashMap, HashSet};

/// The values and repetitions found.
pub(super) struct Known {
    /// Outputs whose value is known.
    pub(super) constants: HashMap<Port, NdArray>,
    /// Nodes that compute the same as an earlier one.
    pub(super) same_as: HashMap<usize, usize>,
    /// Outputs that are an input of their node, unchanged.
    pub(super) passed: HashMap<Port, Port>,
    /// Outputs that carry references.
    pub(super) refs: HashSet<Port>,
    /// Plain reads of reference variables, and the references: who takes the value sees it as it is then. In
    /// TensorFlow the value shares the variable's memory.
    pub(super) reads: HashMap<Port, Port>,
}

/// Bytes above which a folded value is not kept: the op runs each time instead.
const MAX_FOLDED_BYTES: usize = 10 << 20;

pub(super) fn simplify(
    needed: &Needed,
    idle: &HashSet<usize>,
    fed: &HashMap<Port, usize>,
    fetches: &[Port],
) -> Known {
    let mut known = Known {
        constants: HashMap::new(),
        same_as: HashMap::new(),
        passed: HashMap::new(),
        refs: HashSet::new(),
        reads: HashMap::new(),
    };
    let mut by_content: HashMap<String, Vec<usize>> = HashMap::new();
    // Where some nodes may not run, it matters which.
    let has_branches = needed.nodes.values().any(|node| node.op.ends_with("Switch"));
    let fetched: HashSet<usize> = fetches.iter().map(|port| port.node).collect();
    for &id in needed.order.iter().filter(|id| !idle.contains(id)) {
        let node = &needed.nodes[&id];
        for (index, dtype) in node.output_types.iter().enumerate() {
            let port = Port { node: id, index };
            if dtype.is_ref() && !fed.contains_key(&port) {
                known.refs.insert(port);
            }
        }
        if node.op == "Identity"
            && node.control_inputs.is_empty()
            && let Some(reference) = node.inputs.first().filter(|port| known.refs.contains(port))
        {
            known.reads.insert(Port { node: id, index: 0 }, *reference);
        }
        let is_fed = (0..node.output_types.len()).any(|index| fed.contains_key(&Port { node: id, index }));
        if is_fed {
            known.reads.remove(&Port { node: id, index: 0 });
        }
        // What waits for other nodes, has effects or is fed must stay where it is. A variant may keep something between
        // the runs that use it, as a shuffled dataset does: each run makes its own.
        let holds_state = node.output_types.contains(&DType::VARIANT);
        if node.is_stateful()
            || may_wait(&node.op)
            || is_fed
            || holds_state
            || !node.control_inputs.is_empty()
            || node.def.is_none()
        {
            continue;
        }
        if !has_branches && PASSING.contains(&node.op.as_str()) {
            for (index, input) in node.inputs.iter().enumerate() {
                if !known.refs.contains(input) {
                    let source = resolve(*input, &known);
                    known.passed.insert(Port { node: id, index }, source);
                }
            }
        }
        if !has_branches && let Some(factor) = times_one(node, &known) {
            known.passed.insert(Port { node: id, index: 0 }, factor);
        }
        if fold(id, node, &mut known) || node.inputs.is_empty() || fetched.contains(&id) {
            continue;
        }
        merge_twin(id, node, needed, &mut by_content, &mut known);
    }
    known
}

/// Computes a node whose inputs are all known.
fn fold(id: usize, node: &Node, known: &mut Known) -> bool {
    if node.op == "Const" {
        if let Ok(value) = node.attrs.tensor("value") {
            known.constants.insert(Port { node: id, index: 0 }, value.clone());
        }
        return true;
    }
    let Some(def) = node.def else { return false };
    if node.inputs.is_empty() || def.kernel.is_none() {
        return false;
    }
    let inputs: Option<Vec<NdArray>> =
        node.inputs.iter().map(|port| known.constants.get(&resolve(*port, known)).cloned()).collect();
    let Some(mut inputs) = inputs else { return false };
    // An error here is the run's to report, at its node.
    let Ok(outputs) = run_op(def, &node.attrs, &node.name, &mut inputs, &Env::default(), None) else {
        return false;
    };
    if outputs.iter().any(|output| output.num_bytes() > MAX_FOLDED_BYTES) {
        return false;
    }
    for (index, output) in outputs.into_iter().enumerate() {
        known.constants.insert(Port { node: id, index }, output);
    }
    true
}

/// The ops that pass their inputs on.
const PASSING: [&str; 4] = ["Identity", "IdentityN", "PreventGradient", "StopGradient"];

/// What a product's scalar factor of one leaves as it is: Keras writes `x * sigmoid(1.0 * x)`.
fn times_one(node: &Node, known: &Known) -> Option<Port> {
    let &[left, right] = node.inputs.as_slice() else { return None };
    let is_one = |port: Port| {
        let value = known.constants.get(&resolve(port, known));
        value.is_some_and(|value| value.rank() == 0 && value.item::<f32>() == Ok(1.0))
    };
    let factor = match node.op == "Mul" {
        true if is_one(right) => left,
        true if is_one(left) => right,
        _ => return None,
    };
    (!known.refs.contains(&factor)).then(|| resolve(factor, known))
}

/// The output that this one repeats, or itself.
pub(super) fn resolve(port: Port, known: &Known) -> Port {
    let port = known.passed.get(&port).copied().unwrap_or(port);
    known.same_as.get(&port.node).map_or(port, |&node| Port { node, ..port })
}

/// Notes a node that has the op, inputs and attributes of an earlier one.
fn merge_twin(
    id: usize,
    node: &Node,
    needed: &Needed,
    by_content: &mut HashMap<String, Vec<usize>>,
    known: &mut Known,
) {
    let inputs: Vec<Port> = node.inputs.iter().map(|port| resolve(*port, known)).collect();
    let key = format!("{}{inputs:?}", node.op);
    let candidates = by_content.entry(key).or_default();
    let twin = candidates.iter().copied().find(|other| {
        let other = &needed.nodes[other];
        other.attrs == node.attrs && other.device == node.device
    });
    match twin {
        Some(twin) => {
            known.same_as.insert(id, twin);
        }
        None => candidates.push(id),
    }
}
