//! Functions of the default graph: scopes, dependencies, gradients, imports, seeds.

use crate::mode::{executing_eagerly, facade, get_default_graph};
use ferroflow_core::{Error, Gradient, Result, Tensor, context, ensure};
pub use ferroflow_graph::ImportOptions;
use ferroflow_graph::{Element, GradientOptions, Graph, Operation};
use ferroflow_proto::GraphDef;

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
pub fn control_dependencies<R>(controls: &[Operation], f: impl FnOnce() -> Result<R>) -> Result<R> {
    if executing_eagerly() {
        return f();
    }
    get_default_graph().control_dependencies(Some(controls), f)
}

/// Runs `f` while new nodes ask for a device.
///
/// # Errors
/// `ValueError` for a device string TensorFlow does not read; what `f` returns.
pub fn device<R>(name: &str, f: impl FnOnce() -> Result<R>) -> Result<R> {
    if executing_eagerly() {
        return f();
    }
    get_default_graph().device(name, f)
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

/// An operation that is done when all of these are.
///
/// # Errors
/// `ValueError` for an operation of another graph.
pub fn group(inputs: &[Operation], name: &str) -> Result<Option<Operation>> {
    control_dependencies(inputs, || context::with_name(name, no_op))
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

/// The sum of the derivatives of `ys` by each of `xs`; `None` where nothing depends on it.
///
/// # Errors
/// `RuntimeError` in eager mode; `Unimplemented` for an op without a gradient, naming it.
pub fn gradients(ys: &[Tensor], xs: &[Tensor]) -> Result<Vec<Option<Gradient>>> {
    ensure!(
        !executing_eagerly(),
        runtime,
        "tf.gradients is not supported when eager execution is enabled. Use tf.GradientTape instead."
    );
    facade(|| ferroflow_graph::gradients_with(ys, xs, &GradientOptions::default()))
}

/// Adds the nodes of a message to the default graph; gives the elements that the options name.
///
/// # Errors
/// `InvalidArgument` and `ValueError` for a message that does not fit.
pub fn import_graph_def(graph_def: &GraphDef, options: &ImportOptions) -> Result<Vec<Element>> {
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
