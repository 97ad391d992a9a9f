//! While loops of v1 graphs (`Enter`, `Merge`, `Switch`, `NextIteration`, `Exit`), run as functional ones.

use super::{Cells, Plan, RunWatch};
use crate::{Graph, Node, Port};
use ferroflow_core::{Env, NdArray, Result, bail};
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// The loop that an `Exit` node leaves.
pub(super) fn find(graph: &Graph, exit: usize) -> Result<LoopShape> {
    let malformed = |what: &str| {
        let name = graph.node(exit).name.clone();
        ferroflow_core::Error::unimplemented(format!(
            "the while loop that '{name}' leaves is not in standard form: {what}"
        ))
    };
    let input = |node: &Node, index: usize| {
        node.inputs.get(index).copied().ok_or_else(|| malformed("an input is missing"))
    };
    let switch = graph.node(input(&graph.node(exit), 0)?.node);
    if !is(&switch, "Switch") {
        return Err(malformed("Exit does not follow Switch"));
    }
    let loop_cond = input(&switch, 1)?.node;
    if graph.node(loop_cond).op != "LoopCond" {
        return Err(malformed("Switch does not follow LoopCond"));
    }
    let condition = input(&graph.node(loop_cond), 0)?;
    let all: Vec<Arc<Node>> = (0..graph.num_nodes()).map(|id| graph.node(id)).collect();
    let mut shape = LoopShape {
        vars: Vec::new(),
        invariants: Vec::new(),
        condition,
        exits: BTreeMap::new(),
        nodes: vec![loop_cond],
    };
    let mut frame = None;
    for (id, node) in all.iter().enumerate() {
        if !is(node, "Switch") || node.inputs.get(1).map(|port| port.node) != Some(loop_cond) {
            continue;
        }
        let merge = input(node, 0)?.node;
        let (mut enter, mut next) = (None, None);
        for port in &all[merge].inputs {
            if is(&all[port.node], "Enter") {
                enter = Some(port.node);
            } else if is(&all[port.node], "NextIteration") {
                next = Some(port.node);
            }
        }
        let (Some(enter), Some(next)) = (enter, next) else {
            return Err(malformed("Merge does not join Enter and NextIteration"));
        };
        frame = frame.or_else(|| all[enter].attrs.str("frame_name").ok().map(str::to_string));
        shape.nodes.extend([id, merge, enter, next]);
        shape.vars.push(LoopVar {
            initial: input(&all[enter], 0)?,
            merge,
            switch: id,
            next: input(&all[next], 0)?,
        });
    }
    for (id, node) in all.iter().enumerate() {
        if is_exit(node)
            && let Some(var) = shape
                .vars
                .iter()
                .position(|var| node.inputs.first() == Some(&Port { node: var.switch, index: 0 }))
        {
            shape.exits.insert(id, var);
        }
        let constant = node.attrs.bool("is_constant") == Ok(true);
        if is(node, "Enter") && constant && node.attrs.str("frame_name").ok() == frame.as_deref() {
            shape.invariants.push((id, input(node, 0)?));
            shape.nodes.push(id);
        }
    }
    Ok(shape)
}

/// A loop as two plans.
pub(super) struct LoopPlan {
    condition: Plan,
    body: Plan,
    num_vars: usize,
    /// The variable that each output gives.
    exits: Vec<usize>,
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
            body: Plan::compile(graph, &inside, &next, &[], cells)?,
            num_vars: shape.vars.len(),
            exits: shape.exits.values().copied().collect(),
        })
    }

    /// Runs the loop on initial values, then invariants.
    pub(super) fn run(
        &self,
        mut values: Vec<NdArray>,
        env: &Env,
        watch: &mut RunWatch,
    ) -> Result<Vec<NdArray>> {
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
