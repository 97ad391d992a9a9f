//! Initializers that took the place of the ones variables were made with.

use super::Variable;
use ferroflow_core::Result;
use ferroflow_graph::{Graph, Operation, Port};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// By the node of the variable: the operation that initialises it now, and the value that this assigns.
#[derive(Default)]
struct Initializers(Mutex<HashMap<usize, (usize, Port)>>);

/// Makes an operation the initializer of a variable, `initial_value` being what it assigns.
///
/// # Errors
/// `AttributeError` for an eager variable, `Internal` for a value of another graph.
pub(crate) fn set_initializer(
    variable: &Variable,
    initializer: &Operation,
    initial_value: Port,
) -> Result<()> {
    let node = variable.op()?;
    let initializers = node.graph().extension::<Initializers>();
    let mut map = initializers.0.lock().unwrap_or_else(PoisonError::into_inner);
    map.insert(node.id(), (initializer.id(), initial_value));
    Ok(())
}

/// The initializer that was set, and what it assigns.
pub(super) fn set_for(variable: &Variable) -> Option<(Graph, usize, Port)> {
    let node = variable.op().ok()?;
    let graph = node.graph().clone();
    let initializers = graph.extension::<Initializers>();
    let found = initializers.0.lock().unwrap_or_else(PoisonError::into_inner).get(&node.id()).copied();
    found.map(|(initializer, value)| (graph, initializer, value))
}
