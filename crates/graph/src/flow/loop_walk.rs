//! The walk from results back to what they depend on, through branches and loops of v1 graphs: a loop is left once all
//! of its exits are known, and its switches are met twice.

use super::between::{Between, nodes_of};
use super::loops::piece;
use super::{backward_loop, gradient_rules, zeros};
use crate::backprop::{
    Record, Rule, UnconnectedGradients, WalkRules, aggregate, dense, differentiate, flows, gated,
};
use crate::{Graph, Node, Port, function_gradient, infer};
use ferroflow_core::{Gradient, Op, Result, Tensor, bail, constant_of, context};
use std::collections::{HashMap, HashSet, VecDeque};

/// What flows into an output.
enum Slot {
    Open(Vec<Gradient>),
    Done(Option<Gradient>),
}

struct Walk<'a> {
    graph: &'a Graph,
    rules: WalkRules,
    pending: HashMap<usize, i64>,
    grads: HashMap<usize, Vec<Slot>>,
    queue: VecDeque<usize>,
    /// The loops on the way, each with the one that goes through it backwards.
    loops: Vec<(usize, usize)>,
}

/// The gradients of `xs` from those of results, which the targets bring along.
pub(crate) fn gradients(
    graph: &Graph,
    mut between: Between,
    targets: Vec<(Tensor, Gradient)>,
    xs: &[Tensor],
    stops: &[Tensor],
    rules: WalkRules,
) -> Result<Vec<Option<Gradient>>> {
    let mut walk = Walk {
        graph,
        rules,
        pending: HashMap::new(),
        grads: HashMap::new(),
        queue: VecDeque::new(),
        loops: Vec::new(),
    };
    walk.open_loops(&mut between)?;
    for id in &between.list {
        for port in &graph.node(*id).inputs {
            if between.set.contains(&port.node) {
                *walk.pending.entry(port.node).or_default() += 1;
            }
        }
    }
    let ends: Vec<usize> = targets.iter().filter_map(|(y, _)| graph.port(y)).map(|port| port.node).collect();
    for (y, gradient) in targets {
        walk.add(graph.port_of(&y)?, gradient);
    }
    for id in &ends {
        if walk.waits_for(*id) == 0 && between.set.contains(id) && !walk.queue.contains(id) {
            walk.queue.push_back(*id);
        }
    }
    walk.unused_exits()?;
    let mut stop_nodes: HashSet<usize> = nodes_of(graph, stops).into_iter().collect();
    for id in nodes_of(graph, xs) {
        if !graph.node(id).inputs.iter().any(|port| walk.waits_for(port.node) > 0) {
            stop_nodes.insert(id);
        }
    }
    while let Some(id) = walk.queue.pop_front() {
        walk.step(id, stop_nodes.contains(&id))?;
        walk.release_inputs(id)?;
    }
    walk.close_switches()?;
    xs.iter().map(|x| walk.result(x)).collect()
}

impl Walk<'_> {
    fn waits_for(&self, id: usize) -> i64 {
        self.pending.get(&id).copied().unwrap_or(0)
    }

    fn open_loops(&mut self, between: &mut Between) -> Result<()> {
        let graph = self.graph;
        let mut at = 0;
        while let Some(id) = between.list.get(at).copied() {
            at += 1;
            let forward = if graph.op_is(id, "Exit") { graph.lock().flow.loop_of(id) } else { None };
            let Some(forward) = forward else { continue };
            if self.backward_of(forward).is_some() {
                continue;
            }
            let outer = self.outer_of(forward);
            let grad_loop = self.placed(id, || backward_loop::open(graph, forward, outer))?;
            self.loops.push((forward, grad_loop));
            for exit in graph.grad_loop(grad_loop)?.exits {
                if between.set.insert(exit.node) {
                    between.list.push(exit.node);
                }
            }
        }
        Ok(())
    }

    fn backward_of(&self, forward: usize) -> Option<usize> {
        self.loops.iter().find(|(known, _)| *known == forward).map(|(_, grad_loop)| *grad_loop)
    }

    /// What goes backwards through the loop around another.
    fn outer_of(&self, forward: usize) -> Option<usize> {
        let around = {
            let state = self.graph.lock();
            state.flow.loop_around(state.flow.outer(forward))
        };
        around.and_then(|around| self.backward_of(around))
    }

    /// What goes backwards through the loop that a node is in; `before` tells of what flows into it, which at an exit
    /// is outside.
    fn grad_loop_at(&self, id: usize, before: bool) -> Option<usize> {
        let exit = self.graph.op_is(id, "Exit");
        let forward = {
            let state = self.graph.lock();
            match before && exit {
                true => {
                    state.flow.loop_around(state.flow.of(id).and_then(|context| state.flow.outer(context)))
                }
                false => state.flow.loop_of(id),
            }
        };
        forward.and_then(|forward| self.backward_of(forward))
    }

    fn within<R>(&self, grad_loop: Option<usize>, f: impl FnOnce() -> Result<R>) -> Result<R> {
        match grad_loop {
            Some(grad_loop) => {
                let backward = self.graph.grad_loop(grad_loop)?.backward;
                self.graph.in_context(Some(backward), f)
            }
            None => f(),
        }
    }

    fn placed<R>(&self, id: usize, f: impl FnOnce() -> Result<R>) -> Result<R> {
        match self.rules.colocate {
            true => self.graph.colocate_with(&self.graph.operation(id), f),
            false => f(),
        }
    }

    fn add(&mut self, port: Port, gradient: Gradient) {
        let count = self.graph.node(port.node).output_types.len();
        let slots = self
            .grads
            .entry(port.node)
            .or_insert_with(|| (0..count).map(|_| Slot::Open(Vec::new())).collect());
        match slots.get_mut(port.index) {
            Some(Slot::Open(held)) => held.push(gradient),
            Some(done) => *done = Slot::Done(Some(gradient)),
            None => {}
        }
    }

    /// Exits that no result depends on count as known.
    fn unused_exits(&mut self) -> Result<()> {
        let graph = self.graph;
        let ends: HashSet<usize> = self.queue.iter().copied().collect();
        let mut unused = Vec::new();
        for (forward, grad_loop) in self.loops.clone() {
            for exit in graph.grad_loop(grad_loop)?.exits {
                if self.waits_for(exit.node) != 0 {
                    continue;
                }
                graph.set_grad_loop(grad_loop, |grad_loop| {
                    grad_loop.pending_exits = grad_loop.pending_exits.saturating_sub(1);
                    if !ends.contains(&exit.node) {
                        grad_loop.unused_exits.push(exit);
                    }
                    if grad_loop.pending_exits == 0 {
                        unused.extend(grad_loop.unused_exits.iter().copied());
                    }
                });
            }
            for enter in graph.frame(forward)?.enters {
                self.pending.entry(enter.node).and_modify(|count| *count = (*count).max(1)).or_insert(1);
            }
        }
        for exit in unused {
            if flows(graph.tensor(exit).dtype()) {
                self.add_zeros_for_exit(exit)?;
                self.queue.push_back(exit.node);
            }
        }
        Ok(())
    }

    fn add_zeros_for_exit(&mut self, exit: Port) -> Result<()> {
        let forward = self.graph.lock().flow.loop_of(exit.node);
        let outer = forward.and_then(|forward| self.outer_of(forward));
        let zeros = zeros::for_exit(self.graph, exit, outer)?;
        self.add(exit, Gradient::Dense(zeros));
        Ok(())
    }

    /// Sums up what has flowed into a node's outputs.
    fn aggregated(&mut self, id: usize) -> Result<Vec<Option<Gradient>>> {
        let Some(slots) = self.grads.get_mut(&id) else {
            return Ok(vec![None; self.graph.node(id).output_types.len()]);
        };
        for slot in slots.iter_mut() {
            if let Slot::Open(held) = slot {
                let held = std::mem::take(held);
                *slot = Slot::Done(if held.is_empty() { None } else { Some(aggregate(held, true)?) });
            }
        }
        let value = |slot: &Slot| match slot {
            Slot::Done(value) => value.clone(),
            Slot::Open(_) => None,
        };
        Ok(slots.iter().map(value).collect())
    }

    /// Takes one node's gradients to its inputs.
    fn step(&mut self, id: usize, stops: bool) -> Result<()> {
        let graph = self.graph;
        let colocate = self.rules.colocate.then(|| graph.operation(id));
        let mut run = || {
            let mut dys = {
                let backward = match self.grad_loop_at(id, true) {
                    Some(grad_loop) => Some(graph.grad_loop(grad_loop)?.backward),
                    None => None,
                };
                match backward {
                    Some(backward) => graph.in_context(Some(backward), || self.aggregated(id))?,
                    None => self.aggregated(id)?,
                }
            };
            let node = graph.node(id);
            let grad_loop = self.grad_loop_at(id, false);
            self.check_initial_value(id)?;
            if stops || dys.iter().all(Option::is_none) {
                return Ok(());
            }
            let input_grads = self.within(grad_loop, || {
                self.fill_in_zeros(id, &mut dys, grad_loop)?;
                let input_grads = self.differentiate(id, &node, &dys, grad_loop)?;
                for (port, gradient) in node.inputs.iter().zip(&input_grads) {
                    if let Some(Gradient::Dense(gradient)) = gradient {
                        keep_shape(graph, *port, gradient)?;
                    }
                }
                Ok(input_grads)
            })?;
            for (port, gradient) in node.inputs.iter().zip(input_grads) {
                if let Some(gradient) = gradient {
                    self.add(*port, gradient);
                }
            }
            Ok(())
        };
        match colocate {
            Some(operation) => graph.colocate_with(&operation, run),
            None => run(),
        }
    }

    /// Within a loop, what its variables began with cannot be reached.
    fn check_initial_value(&self, id: usize) -> Result<()> {
        let graph = self.graph;
        if !graph.op_is(id, "Switch") {
            return Ok(());
        }
        let state = graph.lock();
        let context = state.flow.of(id);
        let in_loop = context.is_some_and(|context| state.flow.frame(context).is_some());
        if !in_loop || context != state.flow.current {
            return Ok(());
        }
        drop(state);
        let enter = graph.node(id).inputs.first().and_then(|merge| {
            graph
                .node(merge.node)
                .inputs
                .first()
                .and_then(|enter| graph.node(enter.node).inputs.first().copied())
        });
        let name =
            enter.map_or_else(|| graph.node(id).name.clone(), |port| graph.node(port.node).name.clone());
        bail!(
            value,
            "Cannot compute gradient inside while loop with respect to op '{name}'. We do not support taking the \
             gradient wrt or through the initial value of a loop variable. Gradients can be computed through loop \
             invariants or wrt the input parameters to the loop body."
        );
    }

    fn fill_in_zeros(&self, id: usize, dys: &mut [Option<Gradient>], grad_loop: Option<usize>) -> Result<()> {
        for (index, dy) in dys.iter_mut().enumerate() {
            let output = Port { node: id, index };
            if dy.is_none() && flows(self.graph.tensor(output).dtype()) {
                *dy = zeros::for_output(self.graph, output, grad_loop)?.map(Gradient::Dense);
            }
        }
        Ok(())
    }

    fn differentiate(
        &self,
        id: usize,
        node: &Node,
        dys: &[Option<Gradient>],
        grad_loop: Option<usize>,
    ) -> Result<Vec<Option<Gradient>>> {
        let graph = self.graph;
        let scope = format!("{}_grad", node.name);
        let piece = || gradient_rules::of_piece(graph, id, node, dys);
        let is_piece = matches!(
            node.op.strip_prefix("Ref").unwrap_or(&node.op),
            "Switch" | "Merge" | "Exit" | "Enter" | "NextIteration" | "LoopCond"
        );
        if is_piece {
            let found = context::with_name(&scope, || {
                context::name_scope(&scope, || {
                    piece()
                        .transpose()?
                        .map(|grads| if self.rules.gate { gated(grads) } else { Ok(grads) })
                        .transpose()
                })
            })?;
            if let Some(found) = found {
                return Ok(found);
            }
        }
        if let [Some(slices @ Gradient::Slices(_))] = dys
            && ["Identity", "ReadVariableOp"].contains(&node.op.as_str())
        {
            return Ok(vec![Some(slices.clone())]);
        }
        let operation = graph.operation(id);
        let rule = match (function_gradient::rule(graph, id, node), node.def) {
            (Some(_), _) if grad_loop.is_some() => bail!(
                unimplemented,
                "the gradient of '{}' (op type: {}), a call of functions within a while loop of v1 form",
                node.name,
                node.op
            ),
            (Some(backward), _) => Rule::Custom(backward),
            (None, Some(def)) => Rule::Op(def),
            (None, None) => return Ok(vec![None; node.inputs.len()]),
        };
        let record = Record {
            rule,
            name: node.name.clone(),
            attrs: node.attrs.clone(),
            inputs: operation.inputs(),
            outputs: operation.outputs(),
        };
        let dys = dys.iter().cloned().map(|dy| dy.map(dense).transpose()).collect::<Result<Vec<_>>>()?;
        differentiate(&record, &dys, self.rules)
    }

    /// A node was done: those whose outputs it takes may be next.
    fn release_inputs(&mut self, id: usize) -> Result<()> {
        for port in self.graph.node(id).inputs.clone() {
            let count = self.pending.entry(port.node).or_default();
            *count -= 1;
            let count = *count;
            let ready = count == 0 || (count > 0 && self.is_loop_switch(port.node));
            if !ready {
                continue;
            }
            if self.graph.op_is(port.node, "Exit") {
                self.release_exit(port)?;
            } else {
                self.queue.push_back(port.node);
            }
        }
        Ok(())
    }

    fn is_loop_switch(&self, id: usize) -> bool {
        if self.loops.is_empty() || !self.graph.op_is(id, "Switch") {
            return false;
        }
        let state = self.graph.lock();
        state.flow.of(id).is_some_and(|context| state.flow.frame(context).is_some())
    }

    /// A loop is gone into once all its exits are known.
    fn release_exit(&mut self, exit: Port) -> Result<()> {
        let graph = self.graph;
        let Some(grad_loop) = self.grad_loop_at(exit.node, false) else {
            self.queue.push_back(exit.node);
            return Ok(());
        };
        let left = graph.set_grad_loop(grad_loop, |grad_loop| {
            grad_loop.deferred_exits.push(exit);
            grad_loop.pending_exits = grad_loop.pending_exits.saturating_sub(1);
            grad_loop.pending_exits
        });
        if left != Some(0) {
            return Ok(());
        }
        let state = graph.grad_loop(grad_loop)?;
        let mut unused = state.unused_exits;
        let mut any = false;
        for exit in state.deferred_exits {
            if self.has_gradient(exit.node) {
                any = true;
                self.queue.push_back(exit.node);
            } else {
                unused.push(exit);
            }
        }
        for exit in &unused {
            if any && flows(graph.tensor(*exit).dtype()) {
                self.add_zeros_for_exit(*exit)?;
            }
            self.queue.push_back(exit.node);
        }
        graph.set_grad_loop(grad_loop, |grad_loop| grad_loop.unused_exits = unused);
        Ok(())
    }

    fn has_gradient(&self, id: usize) -> bool {
        self.grads.get(&id).into_iter().flatten().any(|slot| match slot {
            Slot::Open(held) => !held.is_empty(),
            Slot::Done(value) => value.is_some(),
        })
    }

    /// Where a variable does not depend on its value one iteration before, zeros flow from one to the next.
    fn close_switches(&self) -> Result<()> {
        let graph = self.graph;
        for (_, index) in &self.loops {
            let state = graph.grad_loop(*index)?;
            for (_, merged) in &state.switches {
                let inputs = graph.node(merged.node).inputs.clone();
                let [first, second] = inputs.as_slice() else { continue };
                if first != second {
                    continue;
                }
                let value = graph.tensor(*first);
                let dtype = value.dtype().base();
                let next = match value.shape().to_shape() {
                    Some(shape) => graph.in_context(Some(state.backward), || {
                        let zeros = constant_of(0, Some(dtype), Some(&shape))?;
                        piece(graph, "NextIteration", graph.port_of(&zeros)?, "")
                    })?,
                    None => {
                        let outer = graph.lock().flow.outer(state.backward);
                        let zeros = graph.in_context(outer, || {
                            let entered = graph.node(first.node).inputs.first().copied().unwrap_or(*first);
                            let shape = Op::named("Shape").input(graph.tensor(entered)).one()?;
                            ferroflow_ops_array::zeros(shape, dtype)
                        })?;
                        graph.in_context(Some(state.backward), || {
                            piece(graph, "NextIteration", graph.port_of(&zeros)?, "")
                        })?
                    }
                };
                graph.update_input(merged.node, 1, graph.port_of(&next)?);
            }
        }
        Ok(())
    }

    fn result(&self, x: &Tensor) -> Result<Option<Gradient>> {
        let port = self.graph.port_of(x)?;
        let slot = self.grads.get(&port.node).and_then(|slots| slots.get(port.index));
        let found = match slot {
            Some(Slot::Done(value)) => value.clone(),
            Some(Slot::Open(held)) if !held.is_empty() => Some(aggregate(held.clone(), true)?),
            _ => None,
        };
        match (found, self.rules.unconnected) {
            (None, UnconnectedGradients::Zero) => {
                Op::named("ZerosLike").input(x).one().map(|zeros| Some(Gradient::Dense(zeros)))
            }
            (found, _) => Ok(found),
        }
    }
}

/// A gradient has the shape of what it is by.
fn keep_shape(graph: &Graph, port: Port, gradient: &Tensor) -> Result<()> {
    let input = graph.tensor(port);
    let Some(found) = graph.port(gradient) else { return Ok(()) };
    if input.dtype().base() == ferroflow_core::DType::RESOURCE {
        return Ok(());
    }
    infer::refine_shape(graph, found, &input.shape())
}
