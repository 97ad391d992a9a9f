//! While loops of v1 graphs (`Enter`, `Merge`, `Switch`, `NextIteration`, `Exit`), run as functional ones.

use super::scalar_loop::ScalarLoop;
use super::{Cells, Plan, RunWatch};
use crate::{Graph, Node, Port};
use ferroflow_core::{Env, NdArray, Result, bail};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

/// A loop of the form that `tf.while_loop` builds.
pub(super) struct LoopShape {
    /// The loop's variables, in the order of their nodes.
    vars: Vec<LoopVar>,
    /// Values from outside that stay: the `Enter` nodes and what they take in.
    invariants: Vec<(usize, Port)>,
    /// The predicate.
    condition: Port,
    /// The `Exit` nodes, each with the variable it gives out.
    pub(super) exits: BTreeMap<usize, usize>,
    /// The nodes that make up the frame.
    pub(super) nodes: Vec<usize>,
    /// Nodes outside that the loop waits for.
    pub(super) outer_controls: Vec<usize>,
    /// Nodes of the body that run before the next iteration begins, needed or not.
    next_controls: Vec<usize>,
}

struct LoopVar {
    initial: Port,
    merge: usize,
    switch: usize,
    next: Port,
}

impl LoopShape {
    /// What the loop takes from outside: initial values, then invariants.
    pub(super) fn outer_inputs(&self) -> impl Iterator<Item = Port> {
        self.vars.iter().map(|var| var.initial).chain(self.invariants.iter().map(|(_, port)| *port))
    }
}

pub(super) fn is_exit(node: &Node) -> bool {
    matches!(node.op.as_str(), "Exit" | "RefExit")
}

fn is(node: &Node, op: &str) -> bool {
    node.op == op || node.op.strip_prefix("Ref") == Some(op)
}

/// The loop that an `Exit` node leaves, with what of it leads to the values a run is for; `None` where it is not of
/// the form that `tf.while_loop` builds.
pub(super) fn find(
    graph: &Graph,
    exit: usize,
    leading: &BTreeSet<usize>,
    fed: &HashMap<Port, usize>,
) -> Option<LoopShape> {
    let first = |node: &Node| node.inputs.first().copied();
    let switch = graph.node(first(&graph.node(exit))?.node);
    if !is(&switch, "Switch") {
        return None;
    }
    let loop_cond = switch.inputs.get(1)?.node;
    let condition = graph.node(loop_cond);
    if condition.op != "LoopCond" || !condition.control_inputs.is_empty() {
        return None;
    }
    let all: BTreeMap<usize, Arc<Node>> = leading.iter().map(|id| (*id, graph.node(*id))).collect();
    let mut shape = LoopShape {
        vars: Vec::new(),
        invariants: Vec::new(),
        condition: first(&condition)?,
        exits: BTreeMap::new(),
        nodes: vec![loop_cond],
        outer_controls: Vec::new(),
        next_controls: Vec::new(),
    };
    let mut frame: Option<String> = None;
    for (&id, node) in &all {
        if !is(node, "Switch") || node.inputs.get(1).map(|port| port.node) != Some(loop_cond) {
            continue;
        }
        let merge = first(node)?.node;
        let merge_node = all.get(&merge)?;
        let (mut enter, mut next) = (None, None);
        for port in &merge_node.inputs {
            match all.get(&port.node)? {
                source if is(source, "Enter") => enter = Some((port.node, source.clone())),
                source if is(source, "NextIteration") => next = Some((port.node, source.clone())),
                _ => return None,
            }
        }
        let ((enter, enter_node), (next, next_node)) = (enter?, next?);
        let name = enter_node.attrs.str("frame_name").ok()?;
        if merge_node.inputs.len() != 2
            || !node.control_inputs.is_empty()
            || !merge_node.control_inputs.is_empty()
            || frame.as_ref().is_some_and(|frame| frame != name)
        {
            return None;
        }
        frame = Some(name.to_string());
        shape.outer_controls.extend(&enter_node.control_inputs);
        shape.next_controls.extend(&next_node.control_inputs);
        shape.nodes.extend([id, merge, enter, next]);
        shape.vars.push(LoopVar {
            initial: first(&enter_node)?,
            merge,
            switch: id,
            next: first(&next_node)?,
        });
    }
    for (&id, node) in &all {
        let leaves = |var: &LoopVar| first(node) == Some(Port { node: var.switch, index: 0 });
        if is_exit(node)
            && let Some(var) = shape.vars.iter().position(leaves)
        {
            if !node.control_inputs.is_empty() {
                return None;
            }
            shape.exits.insert(id, var);
        }
        let constant = node.attrs.bool("is_constant") == Ok(true);
        if is(node, "Enter") && constant && node.attrs.str("frame_name").ok() == frame.as_deref() {
            shape.invariants.push((id, first(node)?));
            shape.outer_controls.extend(&node.control_inputs);
            shape.nodes.push(id);
        }
    }
    let nodes = &shape.nodes;
    shape.next_controls.retain(|id| !nodes.contains(id));
    // References keep their kind only where a graph runs as a whole.
    if nodes.iter().any(|id| graph.node(*id).output_types.iter().any(|dtype| dtype.is_ref())) {
        return None;
    }
    let fed_inside = shape.nodes.iter().any(|id| fed.keys().any(|port| port.node == *id));
    (!fed_inside && shape.is_closed(graph)).then_some(shape)
}

impl LoopShape {
    /// Whether condition and body depend on nothing but what they are given: neither on other pieces of the loop, nor
    /// on nodes outside.
    fn is_closed(&self, graph: &Graph) -> bool {
        let invariants = || self.invariants.iter().map(|(enter, _)| *enter);
        let merges: BTreeSet<usize> = self.vars.iter().map(|var| var.merge).chain(invariants()).collect();
        let switches: BTreeSet<usize> = self.vars.iter().map(|var| var.switch).chain(invariants()).collect();
        let pieces: BTreeSet<usize> = self.nodes.iter().copied().collect();
        let closed = |starts: Vec<usize>, given: &BTreeSet<usize>| {
            let mut seen = BTreeSet::new();
            let mut pending = starts;
            while let Some(id) = pending.pop() {
                if given.contains(&id) || !seen.insert(id) {
                    continue;
                }
                let node = graph.node(id);
                if pieces.contains(&id) || self.exits.contains_key(&id) {
                    return false;
                }
                pending.extend(node.inputs.iter().map(|port| port.node));
                pending.extend(&node.control_inputs);
            }
            true
        };
        let body = self.vars.iter().map(|var| var.next.node).chain(self.next_controls.iter().copied());
        closed(vec![self.condition.node], &merges) && closed(body.collect(), &switches)
    }
}

/// A loop as two plans.
pub(super) struct LoopPlan {
    condition: Plan,
    body: Plan,
    num_vars: usize,
    /// The variable that each output gives.
    exits: Vec<usize>,
    /// The loop without arrays, where the first values allowed that.
    scalar: OnceLock<Option<ScalarLoop>>,
}

impl LoopPlan {
    pub(super) fn compile(graph: &Graph, shape: &LoopShape, cells: &mut Cells<'_>) -> Result<LoopPlan> {
        let first = |node: usize| Port { node, index: 0 };
        let invariants = shape.invariants.iter().map(|(enter, _)| first(*enter));
        let merges: Vec<Port> =
            shape.vars.iter().map(|var| first(var.merge)).chain(invariants.clone()).collect();
        let inside = shape.vars.iter().map(|var| Port { node: var.switch, index: 1 });
        let inside: Vec<Port> = inside.chain(invariants).collect();
        let next: Vec<Port> = shape.vars.iter().map(|var| var.next).collect();
        Ok(LoopPlan {
            condition: Plan::compile(graph, &merges, &[shape.condition], &[], cells)?,
            body: Plan::compile(graph, &inside, &next, &shape.next_controls, cells)?,
            num_vars: shape.vars.len(),
            exits: shape.exits.values().copied().collect(),
            scalar: OnceLock::new(),
        })
    }

    /// Runs the loop on initial values, then invariants.
    pub(super) fn run(
        &self,
        mut values: Vec<NdArray>,
        env: &Env,
        watch: &mut RunWatch,
    ) -> Result<Vec<NdArray>> {
        let scalar =
            self.scalar.get_or_init(|| ScalarLoop::of(&self.condition, &self.body, &values, self.num_vars));
        if let Some(scalar) = scalar
            && let Some(results) = scalar.run(&values, env)?
        {
            return Ok(self.exits.iter().map(|var| results[*var].clone()).collect());
        }
        let invariants = values.split_off(self.num_vars.min(values.len()));
        loop {
            let seen: Vec<NdArray> = values.iter().chain(&invariants).cloned().collect();
            let goes_on = self.condition.run(seen, env, watch)?;
            match goes_on.first().map(NdArray::item::<bool>) {
                Some(Ok(true)) => {}
                Some(Ok(false)) => break,
                _ => bail!(invalid_argument, "the condition of a while loop must be a bool"),
            }
            values.extend(invariants.iter().cloned());
            values = self.body.run(values, env, watch)?;
        }
        Ok(self.exits.iter().map(|var| values[*var].clone()).collect())
    }
}

/// Puts a loop's back edge in its place, once the node it comes from is there.
pub(crate) fn set_back_edge(graph: &Graph, id: usize, slot: usize, port: Port) {
    let mut state = graph.lock();
    if let Some(node) = state.nodes.get_mut(id).and_then(Arc::get_mut)
        && let Some(input) = node.inputs.get_mut(slot)
    {
        *input = port;
    }
}
