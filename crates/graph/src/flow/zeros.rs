//! Zeros in the place of gradients that do not flow.

use super::{history, inputs};
use crate::{Graph, Port, infer};
use ferroflow_core::{DType, Op, Result, Tensor, constant_of};

/// A node's shape, which is not taken from what is known already: loops keep it.
fn shape_node(tensor: &Tensor) -> Result<Tensor> {
    Op::named("Shape").input(tensor).one()
}

/// Zeros for an output of a resource: as many as the variable has elements.
fn zeros_of_variable(graph: &Graph, handle: Port) -> Result<Tensor> {
    let dtype = infer::facts(graph, handle).handle.and_then(|handle| handle.first().map(|(dtype, _)| *dtype));
    let shape = Op::named("VariableShape").input(graph.tensor(handle)).one()?;
    ferroflow_ops_array::zeros(shape, dtype.unwrap_or(DType::FLOAT32))
}

/// Zeros for an exit that nothing depends on. `outer` goes backwards through the loop around.
pub(super) fn for_exit(graph: &Graph, exit: Port, outer: Option<usize>) -> Result<Tensor> {
    let value = graph.tensor(exit);
    let (shape, dtype) = (value.shape(), value.dtype().base());
    let known = shape.to_shape().map(|shape| shape.to_i64());
    let Some(outer) = outer else {
        return match known {
            Some(sizes) => ferroflow_ops_array::zeros(sizes, dtype),
            None => Op::named("ZerosLike").input(value).default_name("zeros_like").one(),
        };
    };
    let backward = graph.grad_loop(outer)?.backward;
    if let Some(sizes) = known {
        return graph.in_context(Some(backward), || ferroflow_ops_array::zeros(sizes, dtype));
    }
    let around = {
        let state = graph.lock();
        state.flow.of(exit.node).and_then(|context| state.flow.outer(context))
    };
    let shape = graph.port_of(&graph.in_context(around, || shape_node(&value))?)?;
    let pile = history::keep(graph, outer, shape, false)?;
    graph.in_context(Some(backward), || {
        let real = history::take_back(graph, outer, pile, shape, false)?;
        ferroflow_ops_array::zeros(graph.tensor(real), dtype)
    })
}

/// Zeros for an output that nothing depends on. `grad_loop` goes backwards through the loop of its node; none where no
/// loop is on the way.
pub(super) fn for_output(graph: &Graph, output: Port, grad_loop: Option<usize>) -> Result<Option<Tensor>> {
    let is_switch = graph.op_is(output.node, "Switch");
    let context = graph.lock().flow.of(output.node);
    let branch = context.and_then(|context| graph.lock().flow.branch(context));
    if is_switch && context.is_some() && branch.is_none() {
        return Ok(None);
    }
    let value = graph.tensor(output);
    let dtype = value.dtype().base();
    let Some(grad_loop) = grad_loop else {
        return match branch.filter(|_| is_switch) {
            Some(branch) => beside_branch(graph, output, branch.pred, branch.side).map(Some),
            None if dtype == DType::RESOURCE => zeros_of_variable(graph, output).map(Some),
            None => Op::named("ZerosLike").input(value).default_name("zeros_like").one().map(Some),
        };
    };
    let state = graph.grad_loop(grad_loop)?;
    let dead = branch.filter(|_| is_switch);
    if let (Some(shape), false) = (value.shape().to_shape(), dtype == DType::RESOURCE) {
        let zeros = constant_of(0, Some(dtype), Some(&shape))?;
        let Some(branch) = dead else { return Ok(Some(zeros)) };
        let pred = state.history.get(&branch.pred).copied().unwrap_or(branch.pred);
        let sides = inputs::switch(graph, graph.port_of(&zeros)?, pred, "Switch")?;
        return Ok(Some(graph.tensor(sides[1 - branch.side.min(1)])));
    }
    if dtype == DType::RESOURCE {
        let zeros = zeros_of_variable(graph, output)?;
        let Some(branch) = dead else { return Ok(Some(zeros)) };
        let pred = state.history.get(&branch.pred).copied().unwrap_or(branch.pred);
        let sides = inputs::switch(graph, graph.port_of(&zeros)?, pred, "Switch")?;
        return Ok(Some(graph.tensor(sides[1 - branch.side.min(1)])));
    }
    let shape = match dead {
        Some(branch) => {
            // The shape is that of the other side's value.
            let outer = context.and_then(|context| graph.lock().flow.outer(context));
            let input = graph.node(output.node).inputs.first().copied().unwrap_or(output);
            let (other, shape) = graph.in_context(outer, || {
                let sides = inputs::switch(graph, input, branch.pred, "Switch")?;
                let other = sides[1 - branch.side.min(1)];
                Ok((other, graph.port_of(&shape_node(&graph.tensor(other))?)?))
            })?;
            let mut lock = graph.lock();
            lock.flow
                .of_node
                .extend(context.iter().flat_map(|context| [(other.node, *context), (shape.node, *context)]));
            shape
        }
        None => graph.port_of(&graph.in_context(context, || shape_node(&value))?)?,
    };
    let pile =
        graph.before_context(state.backward, || history::keep(graph, grad_loop, shape, dead.is_some()))?;
    let real = history::take_back(graph, grad_loop, pile, shape, dead.is_some())?;
    ferroflow_ops_array::zeros(graph.tensor(real), dtype).map(Some)
}

/// Zeros that live where a branch is not taken.
fn beside_branch(graph: &Graph, output: Port, pred: Port, side: usize) -> Result<Tensor> {
    let value = graph.tensor(output);
    let input = graph.node(output.node).inputs.first().copied().unwrap_or(output);
    let sides: [Tensor; 2] =
        Op::named("Switch").input(graph.tensor(input)).input(graph.tensor(pred)).outputs()?;
    let other = &sides[1 - side.min(1)];
    let pivot = crate::Operation::of(&Op::named("Identity").input(other).one()?)?;
    if value.dtype().base() == DType::RESOURCE {
        let other = graph.port_of(other)?;
        return graph.control_dependencies(Some(&[pivot]), || zeros_of_variable(graph, other));
    }
    let shape = shape_node(other)?;
    graph.control_dependencies(Some(&[pivot]), || ferroflow_ops_array::zeros(shape, value.dtype().base()))
}
