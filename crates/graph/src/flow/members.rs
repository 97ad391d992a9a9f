//! New nodes join the open branch or loop: their inputs come by way of what leads there, and what has none waits for
//! its pivot.

use super::{inputs, is, lost};
use crate::{Graph, Node, Operation, Port};
use ferroflow_core::{Op, Result, bail};
use std::sync::Arc;

/// Makes a new node part of the open branch or loop, if there is one.
pub(crate) fn join(graph: &Graph, id: usize) -> Result<()> {
    let current = {
        let mut state = graph.lock();
        let current = state.flow.current;
        if let Some(context) = current {
            state.flow.of_node.insert(id, context);
        }
        if state.flow.contexts.is_empty() {
            return Ok(());
        }
        current
    };
    let node = graph.node(id);
    for input in &node.inputs {
        check_input(graph, &node, current, input.node)?;
    }
    let Some(context) = current else { return Ok(()) };
    // What a gradient wants of a value's shape is computed with the value: less is kept so.
    if matches!(node.op.as_str(), "Shape" | "Size" | "Rank")
        && let Some(input) = node.inputs.first()
        && let Some(inner) = forward_context(graph, context, input.node)
    {
        graph.lock().flow.of_node.insert(id, inner);
        return add(graph, inner, id);
    }
    add(graph, context, id)
}

/// The context of a node in the loop whose gradients the open one computes.
fn forward_context(graph: &Graph, context: usize, node: usize) -> Option<usize> {
    let state = graph.lock();
    state.flow.frame(context)?;
    let grad_loop = state.flow.grad_loop_of(Some(context))?;
    let forward = state.flow.grad_loops.get(grad_loop)?.forward;
    (state.flow.loop_of(node) == Some(forward)).then(|| state.flow.of(node)).flatten()
}

/// Whether a node in this context can take an output of another node.
fn check_input(graph: &Graph, node: &Node, current: Option<usize>, input: usize) -> Result<()> {
    let of_input = graph.output_context(input);
    let state = graph.lock();
    let flow = &state.flow;
    if of_input.is_none() || of_input == current {
        return Ok(());
    }
    let (outer, inner) = (flow.loop_around(current), flow.loop_around(of_input));
    let Some(inner) = inner else { return Ok(()) };
    let contains = |context: Option<usize>, within: usize| flow.chain(context).any(|outer| outer == within);
    let valid = match outer {
        None => is(&node.op, "Enter") || is(&node.op, "Switch"),
        Some(outer) => {
            let forward_of = |context: usize| {
                let grad_loop = flow.frame(context).and_then(|frame| frame.grad_loop)?;
                flow.grad_loops.get(grad_loop).map(|grad_loop| grad_loop.forward)
            };
            contains(Some(outer), inner)
                || forward_of(outer).is_some_and(|forward| {
                    contains(Some(forward), inner) || flow.outer(inner) == Some(forward)
                })
                || forward_of(inner) == Some(outer)
        }
    };
    drop(state);
    if valid {
        return Ok(());
    }
    let input = graph.node(input).name.clone();
    match outer {
        None => bail!(
            value,
            "Cannot use '{input}' as input to '{}' because '{input}' is in a while loop. See info log for more details.",
            node.name
        ),
        Some(_) => bail!(
            value,
            "Cannot use '{input}' as input to '{}' because they are in different while loops. See info log for more \
             details.",
            node.name
        ),
    }
}

fn add(graph: &Graph, context: usize, id: usize) -> Result<()> {
    let is_loop = graph.lock().flow.frame(context).is_some();
    let node = graph.node(id);
    let pivot = graph.lock().flow.control_pivot(context);
    let mut ports = node.inputs.clone();
    let mut controls = node.control_inputs.clone();
    if is_loop && matches!(node.op.as_str(), "PartitionedCall" | "StatefulPartitionedCall") {
        controls.extend(pivot);
    }
    if !ports.is_empty() {
        // What leads into the context is named as if the node were a scope.
        let scope = std::mem::replace(&mut graph.lock().scope, node.name.clone());
        let moved: Result<Vec<Port>> =
            ports.iter().map(|port| inputs::value_within(graph, context, *port)).collect();
        graph.lock().scope = scope;
        ports = moved?;
    }
    let (mut controls, outside) = split_controls(graph, context, controls);
    let waits = match (ports.is_empty(), is_loop) {
        (true, true) => controls.is_empty(),
        (true, false) => {
            let state = graph.lock();
            !controls.iter().any(|control| state.flow.contains(context, *control))
        }
        (false, true) => controls.is_empty() && is_free(graph, &node, &ports),
        (false, false) => node.schema.is_none(),
    };
    if waits {
        match pivot {
            Some(pivot) => controls.push(pivot),
            None => return lost(),
        }
    }
    let count = node.output_types.len();
    rewire(graph, id, node, ports, controls);
    {
        let mut state = graph.lock();
        for index in 0..count {
            state.flow.insert_value(context, Port { node: id, index });
        }
    }
    if is_loop {
        let constant = graph.op_is(id, "Const");
        let name = graph.node(id).name.clone();
        // No scope is opened for a constant.
        let scope = match name.rsplit_once('/') {
            Some((scope, _)) if constant => scope.to_string(),
            None if constant => String::new(),
            _ => name.clone(),
        };
        let scope = std::mem::replace(&mut graph.lock().scope, scope);
        let taken = take_in(graph, context, id, &outside);
        graph.lock().scope = scope;
        taken?;
    }
    let leaves = graph.op_is(id, "Exit") && graph.lock().flow.outer(context).is_none();
    if !leaves {
        let operation = Operation::new(graph.clone(), id);
        graph.prevent_fetching(&operation);
        if is_loop {
            operation.outputs().iter().for_each(|output| graph.prevent_feeding(output));
        }
    }
    Ok(())
}

/// What a node waits for, apart by whether that is in the same loop.
fn split_controls(graph: &Graph, context: usize, controls: Vec<usize>) -> (Vec<usize>, Vec<usize>) {
    let own = graph.lock().flow.loop_around(Some(context));
    if own.is_none() {
        return (controls, Vec::new());
    }
    controls.into_iter().partition(|control| {
        let of_control = graph.output_context(*control);
        graph.lock().flow.loop_around(of_control) == own
    })
}

/// Whether nothing keeps a node with these inputs from running in an iteration that does not take place.
fn is_free(graph: &Graph, node: &Node, inputs: &[Port]) -> bool {
    node.schema.is_none()
        || node.op == "SymbolicGradient"
        || inputs.iter().all(|port| is_constant_enter(graph, port.node))
}

pub(super) fn is_constant_enter(graph: &Graph, node: usize) -> bool {
    let node = graph.node(node);
    is(&node.op, "Enter") && node.attrs.bool("is_constant") == Ok(true)
}

/// What a node in a loop waits for outside of it comes in as a value.
fn take_in(graph: &Graph, context: usize, id: usize, outside: &[usize]) -> Result<()> {
    let with_outputs = outside.iter().filter(|control| !graph.node(**control).output_types.is_empty());
    let mut inside = Vec::new();
    for control in with_outputs {
        let first = graph.tensor(Port { node: *control, index: 0 });
        let identity = graph.control_dependencies(None, || {
            graph.in_context(Some(context), || Op::named("Identity").input(first).one())
        })?;
        inside.push(graph.port_of(&identity)?.node);
    }
    graph.add_control_inputs(id, &inside);
    Ok(())
}

/// Gives a node other inputs.
fn rewire(graph: &Graph, id: usize, node: Arc<Node>, inputs: Vec<Port>, control_inputs: Vec<usize>) {
    if node.inputs == inputs && node.control_inputs == control_inputs {
        return;
    }
    let rewired = Arc::new(node.with_edges(inputs, control_inputs));
    if let Some(place) = graph.lock().nodes.get_mut(id) {
        *place = rewired;
    }
}

impl Graph {
    /// Makes a node wait for others.
    pub(super) fn add_control_inputs(&self, id: usize, controls: &[usize]) {
        let node = self.node(id);
        let mut all = node.control_inputs.clone();
        for control in controls {
            if !all.contains(control) {
                all.push(*control);
            }
        }
        let inputs = node.inputs.clone();
        rewire(self, id, node, inputs, all);
    }

    /// Gives a node another input in the place of one.
    pub(super) fn update_input(&self, id: usize, slot: usize, port: Port) {
        let node = self.node(id);
        let mut inputs = node.inputs.clone();
        if let Some(input) = inputs.get_mut(slot) {
            *input = port;
        }
        let controls = node.control_inputs.clone();
        rewire(self, id, node, inputs, controls);
    }
}
