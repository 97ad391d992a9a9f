//! Branches of v1 graphs under construction: what nodes take from outside passes through `Switch` nodes, and what
//! takes nothing waits for the branch's pivot.

use crate::node::Node;
use crate::{Graph, Operation, Port};
use ferroflow_core::{Error, Op, Result, Tensor, context};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The branches of a graph, and which of them is open.
#[derive(Default)]
pub(crate) struct FlowState {
    contexts: Vec<BranchContext>,
    /// The innermost open branch.
    pub(crate) current: Option<usize>,
    /// The branch that each node was added in.
    of_node: HashMap<usize, usize>,
}

/// One branch of a conditional.
struct BranchContext {
    outer: Option<usize>,
    pred: Port,
    pivot: usize,
    /// Which of a switch's outputs lives when this branch is taken.
    side: usize,
    /// The outputs that can be used within the branch as they are.
    values: HashSet<Port>,
    /// What stands within the branch for outputs from outside.
    external: HashMap<Port, Port>,
}

impl FlowState {
    fn chain(&self, from: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(from, |context| self.contexts.get(*context).and_then(|context| context.outer))
    }

    fn insert_value(&mut self, from: usize, port: Port) {
        let chain: Vec<usize> = self.chain(Some(from)).collect();
        for context in chain {
            if let Some(context) = self.contexts.get_mut(context) {
                context.values.insert(port);
            }
        }
    }

    /// Whether a node was added in this branch, or in one within it.
    fn contains(&self, context: usize, node: usize) -> bool {
        self.chain(self.of_node.get(&node).copied()).any(|outer| outer == context)
    }
}

/// What a branch gave: its results as they are within the branch, and as its code returned them.
pub(crate) struct BranchResults {
    pub(crate) inside: Vec<Tensor>,
    pub(crate) returned: Vec<Tensor>,
}

/// Runs the code of one branch.
pub(crate) fn build_branch(
    graph: &Graph,
    pred: Port,
    pivot: Port,
    side: usize,
    code: &mut dyn FnMut() -> Result<Vec<Tensor>>,
) -> Result<BranchResults> {
    let (branch, outer) = {
        let mut state = graph.lock();
        let (branch, outer) = (state.flow.contexts.len(), state.flow.current);
        state.flow.contexts.push(BranchContext {
            outer,
            pred,
            pivot: pivot.node,
            side,
            values: HashSet::from([pred, pivot]),
            external: HashMap::from([(pred, pred)]),
        });
        state.flow.of_node.insert(pivot.node, branch);
        state.flow.current = Some(branch);
        (branch, outer)
    };
    let built = code().and_then(|returned| {
        let inside = returned.iter().map(|result| output_of_branch(graph, branch, result));
        Ok(BranchResults { inside: inside.collect::<Result<_>>()?, returned })
    });
    let mut state = graph.lock();
    state.flow.current = outer;
    if let Ok(results) = &built {
        let ports: Vec<Port> = results.inside.iter().filter_map(|result| graph.port(result)).collect();
        if let Some(outer) = outer.and_then(|outer| state.flow.contexts.get_mut(outer)) {
            outer.values.extend(ports);
        }
    }
    built
}

fn port_of(graph: &Graph, tensor: &Tensor) -> Result<Port> {
    graph.port(tensor).ok_or_else(|| Error::value(format!("{tensor} is not an element of this graph.")))
}

/// A result of a branch: what comes from outside passes through a switch.
fn output_of_branch(graph: &Graph, branch: usize, result: &Tensor) -> Result<Tensor> {
    let port = port_of(graph, result)?;
    let (known, external, outer, pred, side) = {
        let state = graph.lock();
        let Some(context) = state.flow.contexts.get(branch) else { return lost() };
        let known = context.values.contains(&port);
        (known, context.external.get(&port).copied(), context.outer, context.pred, context.side)
    };
    if known {
        return Ok(graph.tensor(external.unwrap_or(port)));
    }
    let mut real = port;
    if let Some(outer) = outer {
        real = value_within(graph, outer, port)?;
    }
    // The switch itself joins the branch, and takes its input as it is.
    if let Some(context) = graph.lock().flow.contexts.get_mut(branch) {
        context.values.extend([port, real]);
        context.external.insert(real, real);
    }
    let switched = switch(graph, real, pred, side)?;
    if let Some(context) = graph.lock().flow.contexts.get_mut(branch) {
        context.external.insert(port, switched);
    }
    Ok(graph.tensor(switched))
}

fn lost<T>() -> Result<T> {
    Err(Error::internal("a branch is lost"))
}

/// The output of a switch that carries a value into a branch.
fn switch(graph: &Graph, value: Port, pred: Port, side: usize) -> Result<Port> {
    let data = graph.tensor(value);
    let op = if data.dtype().is_ref() { "RefSwitch" } else { "Switch" };
    let outputs = graph.colocate_with_only(Some(&graph.operation(value.node)), || {
        context::with_name("Switch", || Op::named(op).input(&data).input(graph.tensor(pred)).all())
    })?;
    match outputs.get(side) {
        Some(output) => port_of(graph, output),
        None => lost(),
    }
}

/// What stands within a branch for an output.
fn value_within(graph: &Graph, branch: usize, port: Port) -> Result<Port> {
    let (known, outer, pred, side) = {
        let state = graph.lock();
        let Some(context) = state.flow.contexts.get(branch) else { return lost() };
        let known =
            context.values.contains(&port).then(|| context.external.get(&port).copied().unwrap_or(port));
        (known, context.outer, context.pred, context.side)
    };
    if let Some(known) = known {
        return Ok(known);
    }
    let mut real = port;
    if let Some(outer) = outer {
        real = value_within(graph, outer, port)?;
    }
    let switched = graph.control_dependencies(None, || switch(graph, real, pred, side))?;
    graph.prevent_fetching(&graph.operation(switched.node));
    let mut state = graph.lock();
    state.flow.of_node.insert(switched.node, branch);
    state.flow.insert_value(branch, switched);
    if let Some(context) = state.flow.contexts.get_mut(branch) {
        context.values.insert(port);
        if real != port {
            context.values.insert(real);
            context.external.insert(real, real);
        }
        context.external.insert(port, switched);
    }
    Ok(switched)
}

/// Makes a new node part of the open branch, if there is one.
pub(crate) fn add_to_open_branch(graph: &Graph, id: usize) -> Result<()> {
    let Some(branch) = graph.lock().flow.current else { return Ok(()) };
    let node = graph.node(id);
    graph.lock().flow.of_node.insert(id, branch);
    let mut inputs = node.inputs.clone();
    let mut controls = node.control_inputs.clone();
    if inputs.is_empty() {
        let state = graph.lock();
        let waits = controls.iter().any(|control| state.flow.contains(branch, *control));
        if let (false, Some(context)) = (waits, state.flow.contexts.get(branch)) {
            controls.push(context.pivot);
        }
    } else {
        // A switch is named as if the node were a scope.
        let scope = std::mem::replace(&mut graph.lock().scope, node.name.clone());
        let moved: Result<Vec<Port>> = inputs.iter().map(|port| value_within(graph, branch, *port)).collect();
        graph.lock().scope = scope;
        inputs = moved?;
        if node.schema.is_none()
            && let Some(context) = graph.lock().flow.contexts.get(branch)
        {
            controls.push(context.pivot);
        }
    }
    let count = node.output_types.len();
    rewire(graph, id, node, inputs, controls);
    let mut state = graph.lock();
    for index in 0..count {
        state.flow.insert_value(branch, Port { node: id, index });
    }
    drop(state);
    graph.prevent_fetching(&Operation::new(graph.clone(), id));
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
