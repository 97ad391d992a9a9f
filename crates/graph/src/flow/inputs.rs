//! What stands within a branch or a loop for a value from outside: the output of a `Switch`, or of an `Enter`.

use super::{history, lost};
use crate::{Graph, Port, ambient, infer};
use ferroflow_core::{Op, Result, context};

/// What an `Enter` node is made of.
pub(super) struct Enter<'a> {
    pub(super) frame: &'a str,
    pub(super) is_constant: bool,
    pub(super) parallel_iterations: i64,
    /// Whether the shape of what comes in stays that of the value inside.
    pub(super) keeps_shape: bool,
    /// The node's name; by default the op's.
    pub(super) name: &'a str,
}

/// Adds an `Enter` node.
pub(super) fn enter(graph: &Graph, value: Port, spec: &Enter<'_>) -> Result<Port> {
    let data = graph.tensor(value);
    let call = Op::named(if data.dtype().is_ref() { "RefEnter" } else { "Enter" })
        .input(&data)
        .attr("frame_name", spec.frame)
        .attr("is_constant", spec.is_constant)
        .attr("parallel_iterations", spec.parallel_iterations);
    let call = if spec.name.is_empty() { call } else { call.name(spec.name) };
    let entered = graph.port_of(&call.one()?)?;
    if spec.keeps_shape {
        infer::refine_shape(graph, entered, &data.shape())?;
    }
    Ok(entered)
}

/// The outputs of a switch beside its input.
pub(super) fn switch(graph: &Graph, value: Port, pred: Port, name: &str) -> Result<[Port; 2]> {
    let data = graph.tensor(value);
    let op = if data.dtype().is_ref() { "RefSwitch" } else { "Switch" };
    let [unless, when] = graph.colocate_with_only(Some(&graph.operation(value.node)), || {
        context::with_name(name, || Op::named(op).input(&data).input(graph.tensor(pred)).outputs())
    })?;
    Ok([graph.port_of(&unless)?, graph.port_of(&when)?])
}

/// What stands within a branch or a loop for an output.
pub(super) fn value_within(graph: &Graph, context: usize, port: Port) -> Result<Port> {
    let (known, branch) = {
        let state = graph.lock();
        (state.flow.known(context, port), state.flow.branch(context))
    };
    match (known, branch) {
        (Some(known), _) => Ok(known),
        (None, Some(_)) => value_in_branch(graph, context, port),
        (None, None) => value_in_loop(graph, context, port),
    }
}

fn value_around(graph: &Graph, context: usize, port: Port) -> Result<Port> {
    let outer = graph.lock().flow.outer(context);
    match outer {
        Some(outer) => value_within(graph, outer, port),
        None => Ok(port),
    }
}

fn value_in_branch(graph: &Graph, context: usize, port: Port) -> Result<Port> {
    graph.add_flow_value(context, port);
    let branch = graph.lock().flow.branch(context);
    let Some(branch) = branch else { return lost() };
    let real = value_around(graph, context, port)?;
    let sides = graph.control_dependencies(None, || switch(graph, real, branch.pred, "Switch"))?;
    let switched = sides[branch.side.min(1)];
    graph.prevent_fetching(&graph.operation(switched.node));
    let mut state = graph.lock();
    state.flow.of_node.insert(switched.node, context);
    state.flow.insert_value(context, switched);
    if real != port {
        state.flow.add_value(context, real);
        state.flow.set_external(context, real, real);
    }
    state.flow.set_external(context, port, switched);
    Ok(switched)
}

fn value_in_loop(graph: &Graph, context: usize, port: Port) -> Result<Port> {
    graph.add_flow_value(context, port);
    if let Some(grad_loop) = history::forward_loop_of(graph, port) {
        let real = history::real_value(graph, grad_loop, port)?;
        graph.lock().flow.set_external(context, port, real);
        return Ok(real);
    }
    let frame = graph.frame(context)?;
    let outer = value_around(graph, context, port)?;
    let entered = graph.control_dependencies(None, || {
        enter(
            graph,
            outer,
            &Enter {
                frame: &frame.name,
                is_constant: true,
                parallel_iterations: frame.parallel_iterations,
                keeps_shape: true,
                name: "",
            },
        )
    })?;
    graph.prevent_feeding(&graph.tensor(entered));
    settle_enter(graph, context, entered);
    graph.add_flow_value(context, entered);
    graph.lock().flow.set_external(context, port, entered);
    Ok(entered)
}

/// Makes an `Enter` node, which was added outside, part of its loop: it waits for what the open blocks ask for and
/// what is to be had there.
pub(super) fn settle_enter(graph: &Graph, context: usize, entered: Port) {
    let inputs = graph.node(entered.node).inputs.clone();
    let asked = ambient::control_inputs(graph, &inputs);
    let around = graph.lock().flow.outer(context);
    let kept = asked.into_iter().filter(|control| {
        let of_control = graph.output_context(*control);
        let state = graph.lock();
        let outer_loop = state.flow.loop_around(around);
        let mut outer = around;
        while outer != of_control {
            match outer {
                Some(context) if Some(context) != outer_loop => outer = state.flow.outer(context),
                _ => return false,
            }
        }
        true
    });
    let kept: Vec<usize> = kept.collect();
    graph.lock().flow.of_node.insert(entered.node, context);
    graph.add_control_inputs(entered.node, &kept);
    ambient::note_seen(graph, entered.node);
}
