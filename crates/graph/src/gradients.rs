//! `gradients`: symbolic derivatives of a graph's tensors (`tf.gradients`).

use crate::backprop::{Record, Rule, UnconnectedGradients, WalkRules, backprop};
use crate::order::in_order;
use crate::{Graph, Port, function_gradient};
use ferroflow_core::{Error, Gradient, Op, Result, Tensor, context, ensure};
use std::collections::{BTreeSet, HashSet};

/// Optional arguments of [`gradients_with`].
#[derive(Clone, Default)]
pub struct GradientOptions {
    /// Gradients that flow into each of `ys`; ones where none is given.
    pub grad_ys: Vec<Option<Tensor>>,
    /// Tensors that count as constants.
    pub stop_gradients: Vec<Tensor>,
    /// What to return for an x that no y depends on.
    pub unconnected: UnconnectedGradients,
    /// The name scope; `gradients` by default.
    pub name: Option<String>,
    /// Whether the nodes of an op's gradient are placed with the op.
    pub colocate: bool,
}

/// The sum of the derivatives of `ys` by each of `xs`; `None` where nothing depends on it.
///
/// # Errors
/// `RuntimeError` for eager tensors, `TypeError` for a `y` of integers, `Unimplemented` for an op on the way that has
/// no gradient, naming it.
pub fn gradients(ys: &[Tensor], xs: &[Tensor]) -> Result<Vec<Option<Gradient>>> {
    gradients_with(ys, xs, &GradientOptions::default())
}

/// The same with optional arguments.
///
/// # Errors
/// As [`gradients`].
pub fn gradients_with(
    ys: &[Tensor],
    xs: &[Tensor],
    options: &GradientOptions,
) -> Result<Vec<Option<Gradient>>> {
    let eager = ys.iter().chain(xs).any(Tensor::is_eager);
    ensure!(
        !eager && !ys.is_empty(),
        runtime,
        "tf.gradients is not supported when eager execution is enabled. Use tf.GradientTape instead."
    );
    let graph = graph_of(&ys[0])?;
    let run = || {
        let scope = options.name.as_deref().unwrap_or("gradients");
        context::with_name(scope, || {
            context::name_scope(scope, || {
                let targets = graph_seeds(ys, &options.grad_ys)?;
                let records = records_between(&graph, ys, xs, &options.stop_gradients)?;
                let rules = WalkRules {
                    unconnected: options.unconnected,
                    full_names: true,
                    colocate: options.colocate,
                };
                backprop(&records, targets, xs, &options.stop_gradients, rules)
            })
        })
    };
    // Within a trace the gradient's ops join the function; elsewhere they join the graph they are about.
    match Graph::current() {
        Some(_) => run(),
        None => graph.as_default_scope(run),
    }
}

fn graph_of(tensor: &Tensor) -> Result<Graph> {
    Graph::from_handle(&tensor.graph()?)
        .ok_or_else(|| Error::internal("the tensor's graph is of an unknown kind"))
}

/// The gradients that the walk starts with, as nodes of TensorFlow's form.
fn graph_seeds(ys: &[Tensor], grad_ys: &[Option<Tensor>]) -> Result<Vec<(Tensor, Gradient)>> {
    let mut targets = Vec::with_capacity(ys.len());
    for (index, y) in ys.iter().enumerate() {
        let dtype = y.dtype().base();
        let name = format!("grad_ys_{index}");
        let gradient = match grad_ys.get(index).cloned().flatten() {
            Some(given) => context::with_name(&name, || Op::named("Identity").input(given).one())?,
            None => {
                ensure!(
                    !dtype.is_complex(),
                    type_error,
                    "Gradients of complex tensors ({y}) must set grad_ys (y.dtype = {})",
                    dtype.name()
                );
                let shape = ferroflow_ops_array::shape(y)?;
                context::with_name(&name, || ferroflow_ops_array::ones(shape, dtype))?
            }
        };
        targets.push((y.clone(), Gradient::Dense(gradient)));
    }
    Ok(targets)
}

/// The gradients that the walk starts with.
pub(crate) fn seeds(ys: &[Tensor], grad_ys: &[Option<Tensor>]) -> Result<Vec<(Tensor, Gradient)>> {
    let mut targets = Vec::with_capacity(ys.len());
    for (index, y) in ys.iter().enumerate() {
        let gradient = match grad_ys.get(index).cloned().flatten() {
            Some(gradient) => gradient,
            None => {
                let dtype = y.dtype().base();
                ensure!(
                    dtype.is_floating() || dtype.is_complex(),
                    type_error,
                    "Gradients of complex tensors must set grad_ys (y.dtype = {})",
                    dtype.name()
                );
                context::with_name(&format!("grad_ys_{index}"), || Op::named("OnesLike").input(y).one())?
            }
        };
        targets.push((y.clone(), Gradient::Dense(gradient)));
    }
    Ok(targets)
}

/// The nodes on the ways from `xs` to `ys`, in order.
pub(crate) fn records_between(
    graph: &Graph,
    ys: &[Tensor],
    xs: &[Tensor],
    stops: &[Tensor],
) -> Result<Vec<Record>> {
    let ports =
        |tensors: &[Tensor]| -> HashSet<Port> { tensors.iter().filter_map(|t| graph.port(t)).collect() };
    let (starts, stops) = (ports(xs), ports(stops));
    let mut needed: BTreeSet<usize> = BTreeSet::new();
    let mut pending: Vec<Port> = ys.iter().filter_map(|y| graph.port(y)).collect();
    while let Some(port) = pending.pop() {
        if stops.contains(&port) && !starts.contains(&port) {
            continue;
        }
        if needed.insert(port.node) {
            pending.extend(graph.node(port.node).inputs.iter().copied());
        }
    }
    let mut records = Vec::with_capacity(needed.len());
    let inputs_of = |id: usize| -> Vec<usize> {
        graph.node(id).inputs.iter().map(|port| port.node).filter(|node| needed.contains(node)).collect()
    };
    for id in in_order(&needed, inputs_of) {
        let node = graph.node(id);
        let operation = graph.operation(id);
        let (inputs, outputs) = (operation.inputs(), operation.outputs());
        let rule = match (function_gradient::rule(graph, id, &node), node.def) {
            (Some(backward), _) => Rule::Custom(backward),
            (None, Some(def)) => Rule::Op(def),
            (None, None) => continue,
        };
        records.push(Record { rule, name: node.name.clone(), attrs: node.attrs.clone(), inputs, outputs });
    }
    Ok(records)
}
