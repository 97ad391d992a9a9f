//! The loop that computes the gradients of another one, in which it goes through that one's iterations from the last
//! to the first.

use super::{Kind, LoopContext, counters, history, lost};
use crate::{Graph, Port};
use ferroflow_core::{Op, Result, context};
use std::collections::HashMap;

/// A loop of gradients and the one they are of.
#[derive(Clone, Default)]
pub(crate) struct GradLoop {
    /// The loop that the gradients are of.
    pub(super) forward: usize,
    /// The loop that computes them.
    pub(super) backward: usize,
    /// The same for the loop around `forward`.
    pub(super) outer: Option<usize>,
    /// The count that goes into the next iteration.
    forward_index: Option<Port>,
    grad_index: Option<Port>,
    /// What waits for everything that an iteration keeps or takes off.
    forward_sync: Option<usize>,
    grad_sync: Option<usize>,
    /// What stands in the backward loop for values of the forward loop.
    pub(super) history: HashMap<Port, Port>,
    /// For each switch of the forward loop, the merge of its gradients, in the order they were made.
    pub(super) switches: Vec<(usize, Port)>,
    pub(super) unused_exits: Vec<Port>,
    pub(super) deferred_exits: Vec<Port>,
    /// The exits that the forward loop has of itself.
    pub(super) exits: Vec<Port>,
    pub(super) pending_exits: usize,
}

impl Graph {
    pub(super) fn grad_loop(&self, index: usize) -> Result<GradLoop> {
        let found = self.lock().flow.grad_loops.get(index).cloned();
        found.map_or_else(lost, Ok)
    }

    pub(super) fn set_grad_loop<R>(
        &self,
        index: usize,
        change: impl FnOnce(&mut GradLoop) -> R,
    ) -> Option<R> {
        self.lock().flow.grad_loops.get_mut(index).map(change)
    }

    /// The node that counts the iterations of a forward loop.
    pub(super) fn add_of_counter(&self, index: usize) -> Result<usize> {
        let next = self.forward_index(index)?;
        match self.node(next).inputs.first() {
            Some(add) => Ok(add.node),
            None => lost(),
        }
    }

    /// The node that leads a forward loop's counter into the next iteration.
    pub(super) fn forward_index(&self, index: usize) -> Result<usize> {
        self.grad_loop(index)?.forward_index.map_or_else(lost, |port| Ok(port.node))
    }

    /// What a forward loop's counter waits for.
    pub(super) fn forward_sync(&self, index: usize) -> Result<usize> {
        let grad_loop = self.grad_loop(index)?;
        if let Some(sync) = grad_loop.forward_sync {
            return Ok(sync);
        }
        let sync = self.trigger("f_sync", grad_loop.forward)?;
        self.add_control_inputs(self.forward_index(index)?, &[sync]);
        self.set_grad_loop(index, |grad_loop| grad_loop.forward_sync = Some(sync));
        Ok(sync)
    }

    /// What a backward loop's counter waits for.
    pub(super) fn grad_sync(&self, index: usize) -> Result<usize> {
        let grad_loop = self.grad_loop(index)?;
        if let Some(sync) = grad_loop.grad_sync {
            return Ok(sync);
        }
        let Some(next) = grad_loop.grad_index else { return lost() };
        let sync = self.trigger("b_sync", grad_loop.backward)?;
        self.add_control_inputs(next.node, &[sync]);
        self.set_grad_loop(index, |grad_loop| grad_loop.grad_sync = Some(sync));
        Ok(sync)
    }

    fn trigger(&self, name: &str, context: usize) -> Result<usize> {
        let sync = self.num_nodes();
        self.control_dependencies(None, || context::with_name(name, || Op::named("ControlTrigger").run()))?;
        self.lock().flow.of_node.insert(sync, context);
        Ok(sync)
    }
}

/// Adds counters to a loop, and the loop that will compute its gradients.
pub(super) fn open(graph: &Graph, forward: usize, outer: Option<usize>) -> Result<usize> {
    let exits = graph.frame(forward)?.exits;
    let around = match outer {
        Some(outer) => Some(graph.grad_loop(outer)?.forward),
        None => graph.lock().flow.outer(forward),
    };
    let (count, next) = graph.in_context(around, || counters::forward(graph, forward, outer))?;
    let index = {
        let mut state = graph.lock();
        state.flow.grad_loops.push(GradLoop {
            forward,
            outer,
            forward_index: Some(next),
            pending_exits: exits.len(),
            exits,
            ..GradLoop::default()
        });
        state.flow.grad_loops.len() - 1
    };
    let open_backward = |count: Port| {
        let frame = graph.frame(forward)?;
        let backward = LoopContext {
            name: graph.unique_name(&frame.name, true),
            parallel_iterations: frame.parallel_iterations,
            back_prop: frame.back_prop,
            swap_memory: frame.swap_memory,
            grad_loop: Some(index),
            ..LoopContext::default()
        };
        let backward = graph.lock().flow.open(Kind::Loop(backward));
        graph.set_grad_loop(index, |grad_loop| grad_loop.backward = backward);
        Ok((backward, count))
    };
    let start = |(backward, count): (usize, Port)| {
        let next = counters::backward(graph, backward, count, outer)?;
        graph.set_grad_loop(index, |grad_loop| grad_loop.grad_index = Some(next));
        Ok(())
    };
    match outer {
        Some(outer) => {
            if let Some(around) = around {
                graph.add_flow_value(around, count);
            }
            let kept = history::keep(graph, outer, count, false)?;
            let outer_backward = graph.grad_loop(outer)?.backward;
            graph.in_context(Some(outer_backward), || {
                let (backward, _) = open_backward(count)?;
                let real = history::take_back(graph, outer, kept, count, false)?;
                start((backward, real))
            })?;
        }
        None => graph.in_context(around, || start(open_backward(count)?))?,
    }
    Ok(index)
}
