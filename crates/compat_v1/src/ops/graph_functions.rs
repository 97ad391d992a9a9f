//! Functions of the default graph: scopes, dependencies, imports, seeds.

use crate::mode::{executing_eagerly, facade, get_default_graph};
use ferroflow_core::{Error, Result, context};
pub use ferroflow_graph::ImportOptions;
use ferroflow_graph::{Element, Graph, Operation, Placement};
use ferroflow_proto::GraphDef;
use ferroflow_v2::AsOperation;
use std::collections::BTreeMap;

/// Runs `f` while new nodes have names that start with `name/`.
///
/// # Errors
/// `ValueError` for a name TensorFlow does not allow; what `f` returns.
pub fn name_scope<R>(name: &str, f: impl FnOnce() -> Result<R>) -> Result<R> {
    facade(|| context::with_name(name, || context::name_scope(name, f)))
}

/// Runs `f` while new nodes wait for these operations.
///
/// # Errors
/// `ValueError` for an operation of another graph; what `f` returns.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let v = tf::Variable::new(1)?;
/// let add = v.assign_add(1)?;
/// let after = tf::control_dependencies([&add], || v.read_value())?;
/// let sess = tf::Session::new()?;
/// sess.run(v.initializer()?)?;
/// assert_eq!(sess.run(&after)?.item::<i32>()?, 2);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub fn control_dependencies<C: AsOperation, R>(
    controls: impl IntoIterator<Item = C>,
    f: impl FnOnce() -> Result<R>,
) -> Result<R> {
    if executing_eagerly() {
        return f();
    }
    get_default_graph().control_dependencies(Some(&operations(controls)?), f)
}

/// Runs `f` while new nodes wait for nothing that outer scopes ask for.
///
/// # Errors
/// What `f` returns.
pub fn without_control_dependencies<R>(f: impl FnOnce() -> Result<R>) -> Result<R> {
    if executing_eagerly() {
        return f();
    }
    get_default_graph().control_dependencies(None, f)
}

fn operations<C: AsOperation>(controls: impl IntoIterator<Item = C>) -> Result<Vec<Operation>> {
    let mut operations = Vec::new();
    for control in controls {
        operations.extend(control.as_operation()?);
    }
    Ok(operations)
}

/// Runs `f` while new nodes ask for a device: a device string, a [`DeviceSpec`](crate::DeviceSpec), or what a function
/// returns for each of them, such as that of [`replica_device_setter`](crate::train::replica_device_setter). `None`
/// forgets what outer scopes ask for.
///
/// # Errors
/// `ValueError` for a device string TensorFlow does not read; what `f` and the device function return.
pub fn device<R>(device_name_or_function: impl Into<Placement>, f: impl FnOnce() -> Result<R>) -> Result<R> {
    if executing_eagerly() {
        return f();
    }
    get_default_graph().device(device_name_or_function, f)
}

/// An operation that does nothing; `None` in eager mode, where there is nothing to wait for.
///
/// # Errors
/// Those of the graph in force.
pub fn no_op() -> Result<Option<Operation>> {
    facade(|| match Graph::current() {
        Some(graph) => added_node(&graph, "NoOp", ferroflow_ops_control::no_op).map(Some),
        None => Ok(None),
    })
}

/// An operation that is done when all of these are: `None` in eager mode. Where they ask for several devices there is
/// one for each, and one that waits for them.
///
/// # Errors
/// `ValueError` for an operation of another graph.
pub fn group<C: AsOperation>(inputs: impl IntoIterator<Item = C>, name: &str) -> Result<Option<Operation>> {
    if executing_eagerly() {
        return Ok(None);
    }
    let graph = get_default_graph();
    let inputs = operations(inputs)?;
    let waiting = |device: &str, inputs: &[Operation], name: &str| {
        graph.control_dependencies(Some(inputs), || graph.device(device, || context::with_name(name, no_op)))
    };
    graph.as_default_scope(|| {
        context::name_scope_for_op(name, |scope| {
            let mut by_device: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
            for input in &inputs {
                by_device.entry(input.device()).or_default().push(input.clone());
            }
            match by_device.iter().next() {
                None => context::with_name(&scope, no_op),
                Some((device, inputs)) if by_device.len() == 1 => waiting(device, inputs, &scope),
                Some(_) => {
                    let mut parts = Vec::new();
                    for (device, inputs) in &by_device {
                        parts.extend(waiting(device, inputs, "NoOp")?);
                    }
                    control_dependencies(&parts, || context::with_name(&scope, no_op))
                }
            }
        })
    })
}

/// The node of this type that `f` adds to a graph: how to find one without outputs.
pub(crate) fn added_node<R>(graph: &Graph, op: &str, f: impl FnOnce() -> Result<R>) -> Result<Operation> {
    let before = graph.num_nodes();
    f()?;
    (before..graph.num_nodes())
        .map(|id| graph.operation(id))
        .find(|operation| operation.op_type() == op)
        .ok_or_else(|| Error::internal(format!("no {op} was added")))
}

/// The node of this type that `f` adds to the graph in force; `None` in eager mode, where `f` has done it all.
pub(crate) fn node_of<R>(op: &str, f: impl FnOnce() -> Result<R>) -> Result<Option<Operation>> {
    match Graph::current() {
        Some(graph) => added_node(&graph, op, f).map(Some),
        None => f().map(|_| None),
    }
}

/// Runs `f` while new nodes ask for no device, whatever outer scopes say (`tf.device(None)`).
///
/// # Errors
/// What `f` returns.
pub fn without_device<R>(f: impl FnOnce() -> Result<R>) -> Result<R> {
    if executing_eagerly() {
        return f();
    }
    get_default_graph().without_device(f)
}

/// Runs `f` while new nodes are placed where this one is.
///
/// # Errors
/// `AttributeError` for an eager tensor; what `f` returns.
pub fn colocate_with<C: AsOperation, R>(node: C, f: impl FnOnce() -> Result<R>) -> Result<R> {
    match node.as_operation()? {
        Some(operation) if !executing_eagerly() => operation.graph().colocate_with(&operation, f),
        _ => f(),
    }
}

/// Adds the nodes of a message to the default graph; gives the elements that the options name.
///
/// # Errors
/// `InvalidArgument` and `ValueError` for a message that does not fit.
pub fn import_graph_def(graph_def: &GraphDef, options: &ImportOptions) -> Result<Vec<Element>> {
    // A graph may hold the ops of savers and datasets.
    ferroflow_v2::data::install();
    get_default_graph().import_graph_def(graph_def, options)
}

/// Sets the seed of the default graph; of all eager ops in eager mode.
pub fn set_random_seed(seed: i64) {
    if executing_eagerly() {
        ferroflow_ops_random::set_eager_seed(Some(seed));
    } else {
        get_default_graph().set_seed(Some(seed));
    }
}
