//! Gradients of the pieces of branches and loops, which depend on where they stand.

use super::counters::{close_sum, enter_accumulator, leave, plain_switch};
use super::loops::{close, merge};
use super::{LoopContext, history, inputs, lost};
use crate::backprop::dense;
use crate::{Graph, Node, Port};
use ferroflow_core::{
    DType, Dim, Gradient, IndexedSlices, NdArray, Op, PartialShape, Result, Tensor, bail, constant_of,
    context,
};

type Gradients = Vec<Option<Gradient>>;

/// The gradients of a node's inputs, where it is a piece of a branch or a loop that was built here.
pub(super) fn of_piece(
    graph: &Graph,
    id: usize,
    node: &Node,
    dys: &[Option<Gradient>],
) -> Option<Result<Gradients>> {
    let piece = node.op.strip_prefix("Ref").unwrap_or(&node.op);
    let context = graph.lock().flow.of(id);
    match piece {
        "Switch" => {
            let context = context?;
            let in_branch = graph.lock().flow.branch(context).map(|branch| branch.side.min(1));
            Some(match in_branch {
                Some(side) => of_branch_switch(graph, node, dys, side),
                None => of_loop_switch(graph, id, dys),
            })
        }
        "Merge" => {
            let input = graph.output_context(node.inputs.first()?.node)?;
            Some(of_merge(graph, input, dys))
        }
        "Exit" => Some(of_exit(graph, context?, dys)),
        "Enter" => Some(of_enter(graph, node, dys)),
        "NextIteration" => Some(Ok(vec![dys.first().cloned().flatten()])),
        "LoopCond" => Some(Ok(vec![None])),
        _ => None,
    }
}

fn dense_at(dys: &[Option<Gradient>], index: usize) -> Result<Option<Tensor>> {
    dys.get(index).cloned().flatten().map(dense).transpose()
}

fn of_branch_switch(graph: &Graph, node: &Node, dys: &[Option<Gradient>], side: usize) -> Result<Gradients> {
    let grads = [dense_at(dys, 0)?, dense_at(dys, 1)?];
    let of_resource = node.output_types.first().is_some_and(|dtype| dtype.base() == DType::RESOURCE);
    let merged = |[unless, when]: [&Tensor; 2], name: &str| {
        merge(graph, graph.port_of(unless)?, graph.port_of(when)?, name).map(|port| graph.tensor(port))
    };
    let merged = match &grads {
        [Some(unless), Some(when)] => Some(merged([unless, when], "cond_grad")?),
        _ => match &grads[side] {
            Some(taken) if of_resource => Some(merged([taken, taken], "cond_resource_grad")?),
            _ => None,
        },
    };
    Ok(vec![merged.map(Gradient::Dense), None])
}

/// A loop's switch is met twice: from its exit, and, an iteration earlier, from the body.
fn of_loop_switch(graph: &Graph, id: usize, dys: &[Option<Gradient>]) -> Result<Gradients> {
    let grad_loop = {
        let state = graph.lock();
        state.flow.grad_loop_of(state.flow.current)
    };
    let Some(index) = grad_loop else { return lost() };
    let merged =
        graph.grad_loop(index)?.switches.iter().find(|(switch, _)| *switch == id).map(|(_, port)| *port);
    if let Some(merged) = merged {
        if let Some(stays) = dense_at(dys, 1)? {
            close(graph, merged, &stays, false)?;
        }
        return Ok(vec![None, None]);
    }
    let Some(leaves) = dense_at(dys, 0)? else { return Ok(vec![None, None]) };
    let leaves = graph.port_of(&leaves)?;
    let merged = merge(graph, leaves, leaves, "b_switch")?;
    graph.set_grad_loop(index, |grad_loop| grad_loop.switches.push((id, merged)));
    Ok(vec![Some(Gradient::Dense(graph.tensor(merged))), None])
}

fn of_merge(graph: &Graph, input: usize, dys: &[Option<Gradient>]) -> Result<Gradients> {
    let Some(dy) = dense_at(dys, 0)? else { return Ok(vec![None, None]) };
    let dy = graph.port_of(&dy)?;
    let (branch, grad_loop, pivot) = {
        let state = graph.lock();
        let flow = &state.flow;
        let pivot = flow.loop_around(flow.current).and_then(|context| flow.frame(context)?.pivot);
        (flow.branch(input), flow.grad_loop_of(flow.current), pivot)
    };
    let sides = match (branch, pivot) {
        (None, Some(pivot)) => inputs::switch(graph, dy, pivot, "Switch")?,
        (None, None) => return lost(),
        (Some(branch), _) => {
            let pred = match grad_loop {
                Some(grad_loop) => pred_of_iteration(graph, grad_loop, branch.pred)?,
                None => branch.pred,
            };
            inputs::switch(graph, dy, pred, "cond_grad")?
        }
    };
    Ok(sides.into_iter().map(|side| Some(Gradient::Dense(graph.tensor(side)))).collect())
}

/// What a predicate was in the iteration that the backward loop is at.
fn pred_of_iteration(graph: &Graph, grad_loop: usize, pred: Port) -> Result<Port> {
    let state = graph.grad_loop(grad_loop)?;
    if let Some(known) = state.history.get(&pred) {
        return Ok(*known);
    }
    let pile = graph.before_context(state.backward, || history::keep(graph, grad_loop, pred, false))?;
    let real = history::take_back(graph, grad_loop, pile, pred, false)?;
    graph.set_grad_loop(grad_loop, |grad_loop| grad_loop.history.insert(pred, real));
    Ok(real)
}

fn of_exit(graph: &Graph, context: usize, dys: &[Option<Gradient>]) -> Result<Gradients> {
    let Some(backward) = open_loop(graph) else { return lost() };
    let frame = graph.frame(backward)?;
    if !frame.back_prop {
        return Ok(vec![None]);
    }
    if graph.frame(context)?.grad_loop.is_some() {
        bail!(type_error, "Second-order gradient for while loops not supported.");
    }
    let Some(dy) = dense_at(dys, 0)? else { return Ok(vec![None]) };
    let dy = graph.port_of(&dy)?;
    graph.add_flow_value(backward, dy);
    let entered = graph
        .in_context(Some(backward), || enter_accumulator(graph, backward, &frame, dy, true, "b_exit"))?;
    Ok(vec![Some(Gradient::Dense(graph.tensor(entered)))])
}

fn open_loop(graph: &Graph) -> Option<usize> {
    let state = graph.lock();
    state.flow.loop_around(state.flow.current)
}

fn of_enter(graph: &Graph, node: &Node, dys: &[Option<Gradient>]) -> Result<Gradients> {
    let Some(dy) = dys.first().cloned().flatten() else { return Ok(vec![None]) };
    let Some(context) = open_loop(graph) else { return Ok(vec![Some(dy)]) };
    let frame = graph.frame(context)?;
    let (Some(grad_loop), true) = (frame.grad_loop, frame.back_prop) else { return Ok(vec![Some(dy)]) };
    let Some(input) = node.inputs.first().copied() else { return lost() };
    let constant = node.attrs.bool("is_constant")?;
    let sums = Sums { graph, context, grad_loop, frame, input };
    Ok(vec![Some(match dy {
        Gradient::Dense(dy) if constant => Gradient::Dense(sums.of_tensors(&dy)?),
        Gradient::Slices(dy) if constant => Gradient::Slices(sums.of_slices(dy)?),
        dy => {
            let dy = graph.port_of(&dense(dy)?)?;
            Gradient::Dense(graph.tensor(leave(graph, context, dy, "")?))
        }
    })])
}

/// The gradient of a value that all iterations take in, which is the sum over them.
struct Sums<'a> {
    graph: &'a Graph,
    context: usize,
    grad_loop: usize,
    frame: LoopContext,
    /// What the iterations take in.
    input: Port,
}

impl Sums<'_> {
    fn around<R>(&self, f: impl FnOnce() -> Result<R>) -> Result<R> {
        let outer = self.graph.lock().flow.outer(self.context);
        match outer {
            Some(outer) => self.graph.in_context(Some(outer), f),
            None => f(),
        }
    }

    fn of_tensors(&self, dy: &Tensor) -> Result<Tensor> {
        let graph = self.graph;
        let zeros = graph.before_context(self.context, || match dy.shape().to_shape() {
            Some(shape) => self.around(|| {
                context::with_name("b_acc", || constant_of(0, Some(dy.dtype().base()), Some(&shape)))
            }),
            None => self.zeros_of_input(dy.dtype().base()),
        })?;
        let Some(pivot) = self.frame.pivot else { return lost() };
        graph.in_context(Some(self.context), || {
            let zeros = graph.port_of(&zeros)?;
            graph.add_flow_value(self.context, zeros);
            let entered = enter_accumulator(graph, self.context, &self.frame, zeros, true, "b_acc")?;
            let merged = merge(graph, entered, entered, "b_acc")?;
            let [leaves, stays] = plain_switch(graph, merged, pivot)?;
            let sum = Op::named("AddV2").input(graph.tensor(stays)).input(dy).default_name("Add").one()?;
            close_sum(graph, merged, graph.port_of(&sum)?)?;
            leave(graph, self.context, leaves, "b_acc").map(|port| graph.tensor(port))
        })
    }

    fn shape_of_input(&self) -> Result<Tensor> {
        let value = self.graph.tensor(self.input);
        let op = if value.dtype().base() == DType::RESOURCE { "VariableShape" } else { "Shape" };
        Op::named(op).input(&value).one()
    }

    fn zeros_of_input(&self, dtype: DType) -> Result<Tensor> {
        let graph = self.graph;
        let shape = || self.shape_of_input();
        let state = graph.grad_loop(self.grad_loop)?;
        let Some(outer) = state.outer else {
            return self.around(|| ferroflow_ops_array::zeros(shape()?, dtype));
        };
        let around = graph.lock().flow.outer(state.forward);
        let shape = graph.port_of(&graph.in_context(around, shape)?)?;
        let pile = history::keep(graph, outer, shape, false)?;
        self.around(|| {
            let real = history::take_back(graph, outer, pile, shape, false)?;
            ferroflow_ops_array::zeros(graph.tensor(real), dtype)
        })
    }

    /// The sum of slices is all of them, one behind the other; they begin with one slice of zeros.
    fn of_slices(&self, dy: IndexedSlices) -> Result<IndexedSlices> {
        let graph = self.graph;
        let rows: Option<Vec<Dim>> =
            dy.values.shape().dims().map(|dims| dims.iter().skip(1).copied().collect());
        let known: Option<Vec<usize>> = rows.as_ref().and_then(|rows| rows.iter().copied().collect());
        let dtype = dy.values.dtype().base();
        let (zeros, index, shape) = graph.before_context(self.context, || {
            self.around(|| {
                let zeros = match known {
                    Some(row) => {
                        let sizes: Vec<usize> = std::iter::once(1).chain(row).collect();
                        let shape = ferroflow_core::Shape::new(&sizes)?;
                        context::with_name("b_acc", || constant_of(0, Some(dtype), Some(&shape)))?
                    }
                    None => {
                        let row = Op::named("StridedSlice")
                            .input(self.shape_of_input()?)
                            .input(NdArray::vector(vec![1i32]))
                            .input(NdArray::vector(vec![0i32]))
                            .input(NdArray::vector(vec![1i32]))
                            .attr("end_mask", 1i64)
                            .default_name("strided_slice")
                            .one()?;
                        let one = ferroflow_core::convert_to_tensor(NdArray::vector(vec![1i32]), None)?;
                        let sizes =
                            Op::named("ConcatV2").inputs([one, row]).input(0).default_name("concat").one()?;
                        ferroflow_ops_array::zeros(sizes, dtype)?
                    }
                };
                let index = constant_of(NdArray::vector(vec![0i32]), Some(dy.indices.dtype().base()), None)?;
                let shape = dy.dense_shape.as_ref().map(|shape| match shape.shape().to_shape() {
                    Some(of_shape) => constant_of(0, Some(shape.dtype().base()), Some(&of_shape)),
                    None => self.shape_of_input().and_then(|shape| Op::named("ZerosLike").input(shape).one()),
                });
                Ok((zeros, index, shape.transpose()?))
            })
        })?;
        let grown = rows.map(|rows| PartialShape::new(std::iter::once(None).chain(rows)));
        let grown = grown.unwrap_or_default();
        let values = self.sum(&zeros, Some(grown), |sum| {
            Op::named("ConcatV2").inputs([sum, dy.values.clone()]).input(0).one()
        })?;
        let indices = self.sum(&index, Some(PartialShape::from(vec![None])), |sum| {
            Op::named("ConcatV2").inputs([sum, dy.indices.clone()]).input(0).one()
        })?;
        let dense_shape = match (shape, &dy.dense_shape) {
            (Some(zeros), Some(shape)) => Some(
                self.sum(&zeros, None, |largest| Op::named("Maximum").input(shape).input(largest).one())?,
            ),
            _ => None,
        };
        Ok(IndexedSlices { values, indices, dense_shape })
    }

    /// A value that each iteration changes; it may change its shape where one is given that leaves that open.
    fn sum(
        &self,
        initial: &Tensor,
        shape: Option<PartialShape>,
        add: impl FnOnce(Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let graph = self.graph;
        let Some(pivot) = self.frame.pivot else { return lost() };
        graph.in_context(Some(self.context), || {
            let initial = graph.port_of(initial)?;
            graph.add_flow_value(self.context, initial);
            let entered =
                enter_accumulator(graph, self.context, &self.frame, initial, shape.is_none(), "b_acc")?;
            if let Some(shape) = &shape {
                crate::infer::refine_shape(graph, entered, shape)?;
            }
            let merged = merge(graph, entered, entered, "b_acc")?;
            let [leaves, stays] = plain_switch(graph, merged, pivot)?;
            let next = graph.port_of(&add(graph.tensor(stays))?)?;
            close_sum(graph, merged, next)?;
            leave(graph, self.context, leaves, "b_acc").map(|port| graph.tensor(port))
        })
    }
}
