//! Values of a loop's iterations, kept on piles for the loop that computes gradients.

use super::inputs::{switch, value_within};
use super::{counters, lost, members};
use crate::{Graph, Port, infer};
use ferroflow_core::{Op, Result, bail, constant_node, context};

/// The gradient loop that is open, where `port` is of the loop it goes through backwards.
pub(super) fn forward_loop_of(graph: &Graph, port: Port) -> Option<usize> {
    let exit = graph.op_is(port.node, "Exit");
    let state = graph.lock();
    let grad_loop = state.flow.grad_loop_of(state.flow.current)?;
    let mut forward = state.flow.loop_of(port.node)?;
    if exit {
        forward = state.flow.loop_around(state.flow.outer(forward))?;
    }
    (state.flow.grad_loops.get(grad_loop)?.forward == forward).then_some(grad_loop)
}

/// Puts the value of each iteration on a pile; gives the pile. `dead` tells of a value on the side of a conditional
/// that was not taken.
pub(super) fn keep(graph: &Graph, grad_loop: usize, value: Port, dead: bool) -> Result<Port> {
    let current = graph.lock().flow.current;
    let forward = graph.grad_loop(grad_loop)?.forward;
    let swap_memory = graph.frame(forward)?.swap_memory;
    let tensor = graph.tensor(value);
    graph.control_dependencies(None, || {
        let pile = graph.in_context(current, || {
            graph.colocate_with(&graph.operation(value.node), || {
                let most = counters::constant(graph, -1, "Const")?;
                context::with_name("f_acc", || {
                    Op::named("StackV2")
                        .input(graph.tensor(most))
                        .attr("elem_type", tensor.dtype().base())
                        .one()
                })
            })
        })?;
        let pile = graph.port_of(&pile)?;
        let inside = value_within(graph, forward, pile)?;
        let push = |context: Option<usize>| {
            graph.in_context(context, || {
                let push = Op::named("StackPushV2")
                    .input(graph.tensor(inside))
                    .input(&tensor)
                    .attr("swap_memory", swap_memory)
                    .one()?;
                graph.port_of(&push)
            })
        };
        let of_value = graph.output_context(value.node);
        let pushed = if of_value == Some(forward) {
            let pushed = push(Some(forward))?;
            graph.add_control_inputs(graph.forward_index(grad_loop)?, &[pushed.node]);
            pushed
        } else {
            let Some(branch) = of_value.filter(|context| graph.lock().flow.branch(*context).is_some()) else {
                bail!(type_error, "value_ctxt is not a CondContext: {}", graph.node(value.node).name);
            };
            let pushed = if dead {
                let outer = graph.lock().flow.outer(branch);
                let pushed = push(outer)?;
                graph.lock().flow.of_node.insert(pushed.node, branch);
                pushed
            } else {
                push(Some(branch))?
            };
            let sync = graph.forward_sync(grad_loop)?;
            graph.add_control_inputs(sync, &[pushed.node]);
            pushed
        };
        let add = graph.add_of_counter(grad_loop)?;
        graph.add_control_inputs(pushed.node, &[add]);
        Ok(pile)
    })
}

/// Takes what `keep` put on a pile off again, the last first.
pub(super) fn take_back(
    graph: &Graph,
    grad_loop: usize,
    pile: Port,
    value: Port,
    dead: bool,
) -> Result<Port> {
    let state = graph.grad_loop(grad_loop)?;
    let branch = {
        let lock = graph.lock();
        let of_pile = lock.flow.of(pile.node);
        let inside =
            lock.flow.chain(lock.flow.of(value.node)).take_while(|context| Some(*context) != of_pile);
        inside.into_iter().find_map(|context| lock.flow.branch(context))
    };
    let tensor = graph.tensor(value);
    let popped = graph.control_dependencies(None, || {
        graph.in_context(Some(state.backward), || {
            let mut from = pile;
            if let Some(branch) = branch {
                // Nothing was kept in iterations that did not take the branch.
                let pred = kept_pred(graph, grad_loop, branch.pred)?.unwrap_or(branch.pred);
                let side = if dead { 1 - branch.side.min(1) } else { branch.side.min(1) };
                from = switch(graph, pile, pred, "Switch")?[side];
            }
            Op::named("StackPopV2").input(graph.tensor(from)).attr("elem_type", tensor.dtype().base()).one()
        })
    })?;
    let popped = graph.port_of(&popped)?;
    infer::refine_shape(graph, popped, &tensor.shape())?;
    if graph.frame(state.backward)?.parallel_iterations > 1 {
        let sync = graph.grad_sync(grad_loop)?;
        graph.add_control_inputs(sync, &[popped.node]);
    }
    Ok(popped)
}

/// What stands in a backward loop, or in one around it, for a predicate of the forward loop.
fn kept_pred(graph: &Graph, grad_loop: usize, pred: Port) -> Result<Option<Port>> {
    let mut next = Some(grad_loop);
    while let Some(index) = next {
        let state = graph.grad_loop(index)?;
        if let Some(found) = state.history.get(&pred) {
            return Ok(Some(*found));
        }
        next = state.outer;
    }
    Ok(None)
}

/// The `Enter` of a value that never changes within the loop, where `port` is such a value.
fn constant_enter(graph: &Graph, port: Port) -> Option<usize> {
    let mut id = port.node;
    while graph.op_is(id, "Switch") || graph.op_is(id, "Identity") {
        id = graph.node(id).inputs.first()?.node;
    }
    members::is_constant_enter(graph, id).then_some(id)
}

/// What stands in a backward loop for a value of the forward loop.
pub(super) fn real_value(graph: &Graph, grad_loop: usize, value: Port) -> Result<Port> {
    let state = graph.grad_loop(grad_loop)?;
    if let Some(known) = state.history.get(&value) {
        return Ok(*known);
    }
    let (mut current, mut holder) = (value, grad_loop);
    let real = loop {
        if let Some(enter) = constant_enter(graph, current) {
            let Some(input) = graph.node(enter).inputs.first().copied() else { return lost() };
            current = input;
            match graph.grad_loop(holder)?.outer {
                Some(outer) => holder = outer,
                // Outside of all loops nothing need be kept.
                None => break value_within(graph, state.backward, current)?,
            }
        } else if graph.node(current.node).op == "Const" {
            let constant = graph.node(current.node).attrs.tensor("value")?.clone();
            break graph.port_of(&constant_node(constant)?)?;
        } else {
            let pile = graph.before_context(state.backward, || keep(graph, holder, current, false))?;
            let popped = take_back(graph, holder, pile, current, false)?;
            break match holder == grad_loop {
                true => popped,
                false => value_within(graph, state.backward, popped)?,
            };
        }
    };
    graph.set_grad_loop(grad_loop, |grad_loop| grad_loop.history.insert(value, real));
    Ok(real)
}
