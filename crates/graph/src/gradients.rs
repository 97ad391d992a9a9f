//! `gradients`: symbolic derivatives of a graph's tensors (`tf.gradients`).

use crate::backprop::{Record, Rule, UnconnectedGradients, WalkRules, backprop, flows};
use crate::order::in_order;
use crate::registered_gradient::Named;
use crate::{Graph, Operation, Port, flow, function_gradient, registered_gradient};
use ferroflow_core::{Error, Gradient, Op, Result, Tensor, context, ensure};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

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
    /// Whether the gradients of an op's inputs wait for each other.
    pub gate: bool,
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
                let targets = graph_seeds(ys, &options.grad_ys, options.colocate)?;
                let rules = WalkRules {
                    unconnected: options.unconnected,
                    full_names: true,
                    colocate: options.colocate,
                    gate: options.gate,
                };
                if let Some(between) = flow::crosses(&graph, ys, xs) {
                    return flow::gradients(&graph, between, targets, xs, &options.stop_gradients, rules);
                }
                let records = records_between(&graph, ys, xs, &options.stop_gradients)?;
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
fn graph_seeds(ys: &[Tensor], grad_ys: &[Option<Tensor>], colocate: bool) -> Result<Vec<(Tensor, Gradient)>> {
    let mut targets = Vec::with_capacity(ys.len());
    for (index, y) in ys.iter().enumerate() {
        let dtype = y.dtype().base();
        let name = format!("grad_ys_{index}");
        let seed = || match grad_ys.get(index).cloned().flatten() {
            Some(given) => context::with_name(&name, || Op::named("Identity").input(given).one()),
            None => {
                ensure!(
                    !dtype.is_complex(),
                    type_error,
                    "Gradients of complex tensors ({y}) must set grad_ys (y.dtype = {})",
                    dtype.name()
                );
                let shape = ferroflow_ops_array::shape(y)?;
                context::with_name(&name, || ferroflow_ops_array::ones(shape, dtype))
            }
        };
        let operation = Operation::of(y)?;
        let gradient = match colocate {
            true => operation.graph().colocate_with(&operation, seed)?,
            false => seed()?,
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

/// The order in which TensorFlow walks from `ys` back to the nodes of `starts`: each node once all that use it are
/// done, the first to be ready first. `order` holds the nodes that may be on the way, each after its inputs.
fn walk_order(graph: &Graph, ys: &[Tensor], starts: &HashSet<Port>, order: &[usize]) -> Vec<usize> {
    let start_nodes: HashSet<usize> = starts.iter().map(|port| port.node).collect();
    let mut reached: HashSet<usize> = HashSet::new();
    for &id in order {
        let node = graph.node(id);
        let from_reached = |port: &Port| {
            reached.contains(&port.node)
                && graph.node(port.node).output_types.get(port.index).is_some_and(|dtype| flows(*dtype))
        };
        let handle = |port: &Port| starts.contains(port);
        if start_nodes.contains(&id) || node.inputs.iter().any(|port| from_reached(port) || handle(port)) {
            reached.insert(id);
        }
    }
    // What leads to `ys` by way of nodes that gradients do not reach is not walked to.
    let mut between: HashSet<usize> = HashSet::new();
    let mut pending: Vec<usize> = ys.iter().filter_map(|y| graph.port(y)).map(|port| port.node).collect();
    while let Some(id) = pending.pop() {
        if reached.contains(&id) && between.insert(id) {
            pending.extend(graph.node(id).inputs.iter().map(|port| port.node));
        }
    }
    let mut users: HashMap<usize, usize> = HashMap::new();
    for &id in &between {
        for port in graph.node(id).inputs.iter().filter(|port| between.contains(&port.node)) {
            *users.entry(port.node).or_default() += 1;
        }
    }
    let mut queue: VecDeque<usize> = VecDeque::new();
    for id in ys.iter().filter_map(|y| graph.port(y)).map(|port| port.node) {
        if between.contains(&id) && !users.contains_key(&id) && !queue.contains(&id) {
            queue.push_back(id);
        }
    }
    let mut walk = Vec::with_capacity(reached.len());
    while let Some(id) = queue.pop_front() {
        walk.push(id);
        for port in &graph.node(id).inputs {
            if let Some(count) = users.get_mut(&port.node) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    users.remove(&port.node);
                    queue.push_back(port.node);
                }
            }
        }
    }
    walk
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
    let order = in_order(&needed, inputs_of);
    let mut walk = walk_order(graph, ys, &starts, &order);
    walk.reverse();
    for id in walk {
        let node = graph.node(id);
        let operation = graph.operation(id);
        let (inputs, outputs) = (operation.inputs(), operation.outputs());
        let rule = match (function_gradient::rule(graph, id, &node), node.def) {
            (Some(backward), _) => Rule::Custom(backward),
            (None, def) => match (registered_gradient::rule(graph, id, &node), def) {
                (Some(Named::Rule(backward)), _) => Rule::Custom(backward),
                (Some(Named::Op(def)), _) | (None, Some(def)) => Rule::Op(def),
                (None, None) => continue,
            },
        };
        records.push(Record { rule, name: node.name.clone(), attrs: node.attrs.clone(), inputs, outputs });
    }
    Ok(records)
}
