//! Loops in the form of v1 graphs: `Enter`, `Merge`, `LoopCond`, `Switch`, `NextIteration` and `Exit` nodes.

use super::inputs::{self, Enter};
use super::{Kind, LoopContext};
use crate::{Graph, Port};
use ferroflow_core::{
    DType, Error, Op, Operand, PartialShape, Result, Tensor, bail, constant_of, context, convert_to_tensor,
    ensure,
};

/// Optional arguments of [`call_loop`].
#[derive(Clone)]
pub struct LoopOptions {
    /// The shapes that variables keep, where they do not keep the ones they begin with.
    pub shape_invariants: Option<Vec<PartialShape>>,
    /// After how many iterations the loop ends at the latest.
    pub maximum_iterations: Option<Operand>,
    /// How many iterations may run at once; carried along in the graph.
    pub parallel_iterations: i64,
    /// Whether gradients flow through the loop.
    pub back_prop: bool,
    /// Whether what gradients need may leave the device; carried along in the graph.
    pub swap_memory: bool,
}

impl Default for LoopOptions {
    fn default() -> LoopOptions {
        LoopOptions {
            shape_invariants: None,
            maximum_iterations: None,
            parallel_iterations: 10,
            back_prop: true,
            swap_memory: false,
        }
    }
}

/// Adds a loop of v1 form to the graph in force: `variables` after `body` has been applied to them as long as `cond`
/// holds.
///
/// # Errors
/// `ValueError` when the body gives another number of variables, or other shapes or dtypes; what `cond` and `body`
/// return.
pub fn call_loop(
    variables: &[Tensor],
    cond: impl FnOnce(&[Tensor]) -> Result<Tensor>,
    body: impl FnOnce(&[Tensor]) -> Result<Vec<Tensor>>,
    options: &LoopOptions,
) -> Result<Vec<Tensor>> {
    let Some(graph) = Graph::current() else { bail!(internal, "no graph is open") };
    ensure!(
        options.parallel_iterations >= 1,
        type_error,
        "'parallel_iterations' must be a positive integer."
    );
    context::name_scope("while", || {
        ensure!(!variables.is_empty(), value, "'loop_vars' must be provided.");
        let invariants = invariants(variables, options)?;
        let Some(limit) = &options.maximum_iterations else {
            return build(&graph, variables, &invariants, cond, body, options);
        };
        let limit = &context::with_name("maximum_iterations", || convert_to_tensor(limit.clone(), None))?;
        ensure!(
            limit.rank().is_none_or(|rank| rank == 0),
            value,
            "'maximum_iterations' must be a scalar. Received shape: {}",
            limit.shape()
        );
        let counter =
            context::with_name("iteration_counter", || constant_of(0, Some(limit.dtype().base()), None))?;
        let counted: Vec<Tensor> = std::iter::once(&counter).chain(variables).cloned().collect();
        let invariants = [vec![PartialShape::scalar()], invariants].concat();
        let cond = |args: &[Tensor]| {
            let (count, variables) = split_counter(args)?;
            let within = Op::named("Less").input(count).input(limit).one()?;
            let holds = cond(variables)?;
            Op::named("LogicalAnd").input(within).input(holds).one()
        };
        let body = |args: &[Tensor]| {
            let (count, variables) = split_counter(args)?;
            let next = Op::named("AddV2").input(count).input(1).default_name("add").one()?;
            Ok(std::iter::once(next).chain(body(variables)?).collect())
        };
        let mut results = build(&graph, &counted, &invariants, cond, body, options)?;
        Ok(results.split_off(1))
    })
}

fn split_counter(args: &[Tensor]) -> Result<(&Tensor, &[Tensor])> {
    args.split_first().ok_or_else(|| Error::internal("a loop has lost its counter"))
}

fn invariants(variables: &[Tensor], options: &LoopOptions) -> Result<Vec<PartialShape>> {
    let Some(invariants) = &options.shape_invariants else {
        return Ok(variables.iter().map(Tensor::shape).collect());
    };
    ensure!(
        invariants.len() == variables.len(),
        value,
        "The two structures don't have the same number of elements: {} shape invariants for {} loop variables",
        invariants.len(),
        variables.len()
    );
    Ok(invariants.clone())
}

fn build(
    graph: &Graph,
    variables: &[Tensor],
    invariants: &[PartialShape],
    cond: impl FnOnce(&[Tensor]) -> Result<Tensor>,
    body: impl FnOnce(&[Tensor]) -> Result<Vec<Tensor>>,
    options: &LoopOptions,
) -> Result<Vec<Tensor>> {
    let frame = LoopContext {
        name: graph.unique_name("while_context", true),
        parallel_iterations: options.parallel_iterations,
        back_prop: options.back_prop,
        swap_memory: options.swap_memory,
        ..LoopContext::default()
    };
    let initial: Vec<Port> =
        variables.iter().map(|variable| graph.port_of(variable)).collect::<Result<_>>()?;
    let context = graph.lock().flow.open(Kind::Loop(frame.clone()));
    graph.in_context(Some(context), || {
        let enters = enter_all(graph, context, &frame, &initial, invariants)?;
        let merges: Vec<Port> = enters
            .iter()
            .map(|enter| merge(graph, *enter, *enter, "Merge"))
            .collect::<Result<_>>()?;
        graph.set_frame(context, |frame| {
            frame.enters = enters;
            frame.pivot_for_pred = merges.first().copied();
        });
        let tensors = |ports: &[Port]| -> Vec<Tensor> { ports.iter().map(|port| graph.tensor(*port)).collect() };
        let holds = cond(&tensors(&merges))?;
        let pivot = context::with_name("LoopCond", || Op::named("LoopCond").input(holds).one())?;
        let pivot = graph.port_of(&pivot)?;
        graph.set_frame(context, |frame| frame.pivot = Some(pivot));
        let switches: Vec<[Port; 2]> = merges
            .iter()
            .map(|merge| inputs::switch(graph, *merge, pivot, "Switch"))
            .collect::<Result<_>>()?;
        let inside: Vec<Tensor> =
            switches.iter().map(|[_, stays]| piece(graph, "Identity", *stays, "")).collect::<Result<_>>()?;
        let pivot_for_body = inside.first().and_then(|first| graph.port(first));
        graph.set_frame(context, |frame| frame.pivot_for_body = pivot_for_body);
        let results = body(&inside)?;
        ensure!(
            results.len() == merges.len(),
            value,
            "Number of inputs and outputs of 'body' must match 'loop_vars'. Got {} for the number of inputs/outputs, \
             and {} for 'loop_vars'.",
            merges.len(),
            results.len()
        );
        for (merge, result) in merges.iter().zip(&results) {
            close(graph, *merge, result, true)?;
        }
        let exits: Vec<Tensor> =
            switches.iter().map(|[leaves, _]| piece(graph, "Exit", *leaves, "")).collect::<Result<_>>()?;
        let ports: Vec<Port> = exits.iter().filter_map(|exit| graph.port(exit)).collect();
        ports.iter().for_each(|port| graph.exit_result(context, *port));
        graph.set_frame(context, |frame| frame.exits = ports);
        Ok(exits)
    })
}

fn enter_all(
    graph: &Graph,
    context: usize,
    frame: &LoopContext,
    initial: &[Port],
    invariants: &[PartialShape],
) -> Result<Vec<Port>> {
    let outer = graph.lock().flow.outer(context);
    let real = |port: &Port| match outer {
        Some(outer) => inputs::value_within(graph, outer, *port),
        None => Ok(*port),
    };
    let real: Vec<Port> = initial.iter().map(real).collect::<Result<_>>()?;
    let enters: Vec<Port> = graph.control_dependencies(None, || {
        real.iter()
            .zip(invariants)
            .map(|(port, invariant)| enter_variable(graph, frame, *port, invariant))
            .collect()
    })?;
    // The nearest pivot around keeps what never changes from entering before its turn.
    let pivot = {
        let state = graph.lock();
        state.flow.chain(outer).find_map(|context| state.flow.control_pivot(context))
    };
    if let Some(pivot) = pivot {
        for (enter, port) in enters.iter().zip(&real) {
            if super::members::is_constant_enter(graph, port.node) {
                graph.add_control_inputs(enter.node, &[pivot]);
            }
        }
    }
    for enter in &enters {
        inputs::settle_enter(graph, context, *enter);
        graph.add_flow_value(context, *enter);
    }
    Ok(enters)
}

fn enter_variable(graph: &Graph, frame: &LoopContext, port: Port, invariant: &PartialShape) -> Result<Port> {
    let variable = graph.tensor(port);
    let entered = inputs::enter(
        graph,
        port,
        &Enter {
            frame: &frame.name,
            is_constant: false,
            parallel_iterations: frame.parallel_iterations,
            keeps_shape: false,
            name: "",
        },
    )?;
    if !is_within(&variable.shape(), invariant) {
        bail!(
            value,
            "The shape invariant specified for {} is not compatible with the initial shape of the loop variable. It \
             enters the loop with shape {}, but the specified shape invariant is {invariant}.",
            variable.name()?,
            variable.shape()
        );
    }
    crate::infer::refine_shape(graph, entered, invariant)?;
    graph.prevent_feeding(&graph.tensor(entered));
    Ok(entered)
}

/// Whether every tensor of one shape is of the other, which leaves more open.
fn is_within(shape: &PartialShape, wider: &PartialShape) -> bool {
    wider.most_specific_compatible(shape) == *wider
}

/// Adds an op of one input and one output, or its form for references; by default under the op's name.
pub(super) fn piece(graph: &Graph, op: &str, port: Port, name: &str) -> Result<Tensor> {
    let tensor = graph.tensor(port);
    let op = if tensor.dtype().is_ref() { format!("Ref{op}") } else { op.to_string() };
    let call = Op::named(&op).input(tensor);
    if name.is_empty() { call.one() } else { call.name(name).one() }
}

/// Adds a `Merge` and gives its value.
pub(super) fn merge(graph: &Graph, first: Port, second: Port, name: &str) -> Result<Port> {
    let inputs = [graph.tensor(first), graph.tensor(second)];
    let references = inputs.iter().all(|input| input.dtype().is_ref());
    let op = if references { "RefMerge" } else { "Merge" };
    let [value, _] = context::with_name(name, || Op::named(op).inputs(&inputs).outputs())?;
    graph.port_of(&value)
}

/// Leads a value into the next iteration.
pub(super) fn close(graph: &Graph, merge: Port, value: &Tensor, checks_shape: bool) -> Result<Port> {
    let next = piece(graph, "NextIteration", graph.port_of(&in_graph(value)?)?, "")?;
    let variable = graph.tensor(merge);
    if checks_shape && !is_within(&next.shape(), &variable.shape()) {
        let enter = graph.node(graph.node(merge.node).inputs.first().copied().unwrap_or(merge).node);
        let initial = graph.tensor(enter.inputs.first().copied().unwrap_or(merge));
        bail!(
            value,
            "Input tensor '{}' enters the loop with shape {}, but has shape {} after one iteration. To allow the shape \
             to vary across iterations, use the `shape_invariants` argument of tf.while_loop to specify a less-specific \
             shape.",
            initial.name()?,
            initial.shape(),
            next.shape()
        );
    }
    let (passed, expected) = (next.dtype(), variable.dtype());
    if passed.base() != expected.base() {
        let name = |dtype: DType| dtype.base().name().to_string();
        bail!(
            value,
            "Input 1 of node {} was passed {} from {} incompatible with expected {}.",
            graph.node(merge.node).name,
            cpp_name(&name(passed)),
            next.name()?,
            cpp_name(&name(expected))
        );
    }
    let port = graph.port_of(&next)?;
    graph.update_input(merge.node, 1, port);
    Ok(port)
}

/// What TensorFlow's C++ code calls a dtype.
fn cpp_name(name: &str) -> &str {
    match name {
        "float32" => "float",
        "float64" => "double",
        other => other,
    }
}

fn in_graph(value: &Tensor) -> Result<Tensor> {
    convert_to_tensor(value, None)
}

impl Graph {
    pub(super) fn set_frame(&self, context: usize, change: impl FnOnce(&mut LoopContext)) {
        if let Some(frame) = self.lock().flow.frame_mut(context) {
            change(frame);
        }
    }
}
