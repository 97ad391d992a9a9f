//! Counters that gradients give loops: how often the forward loop ran, and how often the backward loop has to.

use super::inputs::{self, Enter};
use super::loops::{merge, piece};
use super::{LoopContext, lost};
use crate::{Graph, Port};
use ferroflow_core::{NdArray, Op, Result, constant_node, context};

/// An integer constant.
pub(super) fn constant(graph: &Graph, value: i32, name: &str) -> Result<Port> {
    graph.port_of(&context::with_name(name, || constant_node(NdArray::scalar(value)))?)
}

/// A value that a loop of this frame begins with.
pub(super) fn enter_accumulator(
    graph: &Graph,
    context: usize,
    frame: &LoopContext,
    value: Port,
    keeps_shape: bool,
    name: &str,
) -> Result<Port> {
    let entered = inputs::enter(
        graph,
        value,
        &Enter {
            frame: &frame.name,
            is_constant: false,
            parallel_iterations: frame.parallel_iterations,
            keeps_shape,
            name,
        },
    )?;
    graph.set_frame(context, |frame| frame.enters.push(entered));
    Ok(entered)
}

/// The outputs of a switch that does not ask to stand with its input.
pub(super) fn plain_switch(graph: &Graph, value: Port, pred: Port) -> Result<[Port; 2]> {
    let [leaves, stays] = context::with_name("Switch", || {
        Op::named("Switch").input(graph.tensor(value)).input(graph.tensor(pred)).outputs()
    })?;
    Ok([graph.port_of(&leaves)?, graph.port_of(&stays)?])
}

/// The exit of a counter or a sum, which is a result of its loop.
pub(super) fn leave(graph: &Graph, context: usize, port: Port, name: &str) -> Result<Port> {
    let exit = graph.port_of(&piece(graph, "Exit", port, name)?)?;
    graph.set_frame(context, |frame| frame.exits.push(exit));
    graph.exit_result(context, exit);
    Ok(exit)
}

fn next(graph: &Graph, merged: Port, value: Port) -> Result<Port> {
    let next = graph.port_of(&piece(graph, "NextIteration", value, "")?)?;
    graph.update_input(merged.node, 1, next);
    Ok(next)
}

pub(super) fn close_sum(graph: &Graph, merged: Port, value: Port) -> Result<()> {
    next(graph, merged, value).map(drop)
}

/// Counts the iterations of a loop: how many there were, and the count that goes into the next one.
pub(super) fn forward(graph: &Graph, context: usize, outer: Option<usize>) -> Result<(Port, Port)> {
    let start = constant(graph, 0, "f_count")?;
    if let Some(outer) = outer {
        // What one run of an inner loop keeps comes before what the next one keeps.
        let add = graph.add_of_counter(outer)?;
        graph.add_control_inputs(start.node, &[add]);
    }
    let frame = graph.frame(context)?;
    let Some(pivot) = frame.pivot else { return lost() };
    graph.in_context(Some(context), || {
        graph.add_flow_value(context, start);
        let entered = enter_accumulator(graph, context, &frame, start, true, "f_count")?;
        let merged = merge(graph, entered, entered, "Merge")?;
        let [leaves, stays] = plain_switch(graph, merged, pivot)?;
        let sum = Op::named("AddV2").input(graph.tensor(stays)).input(1).default_name("Add").one()?;
        let next = next(graph, merged, graph.port_of(&sum)?)?;
        Ok((leave(graph, context, leaves, "f_count")?, next))
    })
}

/// Lets a loop run as often as `count` says, and gives the count that goes into its next iteration.
pub(super) fn backward(graph: &Graph, context: usize, count: Port, outer: Option<usize>) -> Result<Port> {
    let one = constant(graph, 1, "b_count")?;
    let frame = graph.frame(context)?;
    graph.in_context(Some(context), || {
        graph.add_flow_value(context, count);
        let entered = enter_accumulator(graph, context, &frame, count, true, "b_count")?;
        let merged = merge(graph, entered, entered, "Merge")?;
        graph.set_frame(context, |frame| frame.pivot_for_pred = Some(merged));
        let holds = Op::named("GreaterEqual").input(graph.tensor(merged)).input(graph.tensor(one)).one()?;
        let pivot = context::with_name("b_count", || Op::named("LoopCond").input(holds).one())?;
        let pivot = graph.port_of(&pivot)?;
        graph.set_frame(context, |frame| frame.pivot = Some(pivot));
        let [leaves, stays] = plain_switch(graph, merged, pivot)?;
        let index = Op::named("Sub").input(graph.tensor(stays)).input(graph.tensor(one)).one()?;
        let index = graph.port_of(&index)?;
        graph.set_frame(context, |frame| frame.pivot_for_body = Some(index));
        let next = next(graph, merged, index)?;
        let zero = leave_counter(graph, context, leaves)?;
        if let Some(outer) = outer {
            // What one run of an inner loop takes off comes before what the next one takes off.
            let sync = graph.grad_sync(outer)?;
            graph.add_control_inputs(sync, &[zero.node]);
        }
        graph.exit_result(context, zero);
        Ok(next)
    })
}

fn leave_counter(graph: &Graph, context: usize, port: Port) -> Result<Port> {
    let exit = graph.port_of(&piece(graph, "Exit", port, "b_count")?)?;
    graph.set_frame(context, |frame| frame.exits.push(exit));
    Ok(exit)
}
