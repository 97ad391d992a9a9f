//! Initial values that depend on other variables: they are computed from those variables' initial values where the
//! variables have none yet.

use super::properties::lacks;
use super::{Kind, Variable};
use crate::mode::facade;
use ferroflow_core::{Result, Tensor, context};
use ferroflow_graph::{Graph, Operation};
use ferroflow_ops_state as state;
use std::collections::{HashMap, HashSet};

impl Variable {
    /// The value, or the initial value where the variable has none yet.
    ///
    /// # Errors
    /// `RuntimeError` for a variable of eager mode; those of the graph in force.
    pub fn initialized_value(&self) -> Result<Tensor> {
        facade(|| {
            context::init_scope(|| {
                let pred = match &self.0 {
                    Kind::Reference(reference) => state::is_variable_initialized(reference.tensor())?,
                    Kind::Resource(resource) => resource.is_initialized()?,
                    Kind::Partitioned(_) => return Err(lacks("initialized_value")),
                };
                let initial_value = self.initial_value()?;
                context::cond(&pred, || self.read_value(), || Ok(initial_value.clone()))
            })
        })
    }
}

/// Ops that are taken as they are, whatever they depend on.
const OPAQUE: [&str; 4] = ["IsVariableInitialized", "VarIsInitializedOp", "ReadVariableOp", "If"];
const VARIABLES: [&str; 3] = ["Variable", "VariableV2", "VarHandleOp"];

/// An initial value of the variable of this name scope that does not need other variables to have values: nodes that
/// depend on some are made again, with the variables' initialised values in their place.
pub(super) fn initialized(scope: &str, value: &Tensor) -> Result<Tensor> {
    let Ok(operation) = Operation::of(value) else { return Ok(value.clone()) };
    let graph = operation.graph().clone();
    let Some(order) = order_of_inputs(&operation) else { return Ok(value.clone()) };
    // What stands for an output of a node: another node's output of the same position.
    let mut replaced: HashMap<usize, Operation> = HashMap::new();
    for operation in order {
        let op_type = operation.op_type();
        if OPAQUE.contains(&op_type.as_str()) {
            continue;
        }
        if VARIABLES.contains(&op_type.as_str()) {
            if let Some(variable) = variable_of(&graph, &operation.name()) {
                replaced.insert(operation.id(), Operation::of(&variable.initialized_value()?)?);
            }
            continue;
        }
        let inputs = operation.inputs();
        let mut modified = false;
        let mut new_inputs = Vec::with_capacity(inputs.len());
        for input in inputs {
            let port = graph.port(&input);
            let replacement = port.and_then(|port| {
                let outputs = replaced.get(&port.node)?.outputs();
                outputs.into_iter().nth(port.index)
            });
            modified |= replacement.is_some();
            new_inputs.push(replacement.unwrap_or(input));
        }
        if modified {
            let op_type = if op_type == "RefSwitch" { "Switch" } else { &op_type };
            let name = format!("{}_{scope}", operation.name());
            let attrs = graph.node(operation.id()).attrs.clone();
            replaced.insert(operation.id(), graph.create_op(op_type, &new_inputs, &attrs, &name)?);
        }
    }
    let port = graph.port(value);
    let replacement = port.and_then(|port| replaced.get(&port.node)?.outputs().into_iter().nth(port.index));
    Ok(replacement.unwrap_or_else(|| value.clone()))
}

/// The nodes an operation depends on, each after its inputs, the operation last; `None` where they form a cycle.
fn order_of_inputs(operation: &Operation) -> Option<Vec<Operation>> {
    let mut order = Vec::new();
    let (mut open, mut done) = (HashSet::new(), HashSet::new());
    let mut pending = vec![(operation.clone(), false)];
    while let Some((operation, ready)) = pending.pop() {
        let id = operation.id();
        if ready {
            open.remove(&id);
            done.insert(id);
            order.push(operation);
            continue;
        }
        if done.contains(&id) || open.contains(&id) {
            continue;
        }
        open.insert(id);
        let op_type = operation.op_type();
        let leaf = OPAQUE.contains(&op_type.as_str()) || VARIABLES.contains(&op_type.as_str());
        let inputs: Vec<Operation> = match leaf {
            true => Vec::new(),
            false => operation.inputs().iter().filter_map(|input| Operation::of(input).ok()).collect(),
        };
        pending.push((operation, true));
        for input in inputs.into_iter().rev() {
            if open.contains(&input.id()) {
                // A loop that is still open, or a back edge.
                return None;
            }
            if !done.contains(&input.id()) {
                pending.push((input, false));
            }
        }
    }
    Some(order)
}

fn variable_of(graph: &Graph, name: &str) -> Option<Variable> {
    let full = format!("{name}:0");
    ["variables", "local_variables"].iter().find_map(|collection| {
        let items = graph.get_collection(collection);
        items
            .iter()
            .filter_map(|item| Variable::of_item(graph, item))
            .find(|variable| variable.name() == full)
    })
}
