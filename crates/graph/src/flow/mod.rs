//! Branches and loops of v1 graphs: which nodes are within which, and what stands within each for values from outside.

mod backward_loop;
mod between;
mod branches;
mod counters;
mod gradient_rules;
mod history;
mod inputs;
mod loop_walk;
mod loops;
mod members;
mod switches;
mod zeros;

pub(crate) use backward_loop::GradLoop;
pub(crate) use between::crosses;
pub(crate) use loop_walk::gradients;
pub use loops::{LoopOptions, call_loop};
pub(crate) use members::join;
pub use switches::call_switch;

use crate::{Graph, Port};
use ferroflow_core::{Error, Result, Tensor};
use std::collections::{HashMap, HashSet};

/// The branches and loops of a graph, and which of them is open.
#[derive(Default)]
pub(crate) struct FlowState {
    contexts: Vec<Context>,
    /// The innermost open branch or loop.
    pub(crate) current: Option<usize>,
    /// The branch or loop that each node is in.
    of_node: HashMap<usize, usize>,
    /// The loops that compute gradients of others.
    grad_loops: Vec<GradLoop>,
}

/// A branch of a conditional, or a loop.
struct Context {
    outer: Option<usize>,
    kind: Kind,
    /// The outputs that can be used within as they are.
    values: HashSet<Port>,
    /// What stands within for outputs from outside.
    external: HashMap<Port, Port>,
}

enum Kind {
    Branch(BranchContext),
    Loop(LoopContext),
}

/// One branch of a conditional.
#[derive(Clone, Copy)]
struct BranchContext {
    pred: Port,
    pivot: usize,
    /// Which of a switch's outputs lives when this branch is taken.
    side: usize,
}

/// A frame.
#[derive(Clone, Default)]
struct LoopContext {
    /// The frame's name.
    name: String,
    parallel_iterations: i64,
    back_prop: bool,
    swap_memory: bool,
    /// What constants of the condition wait for.
    pivot_for_pred: Option<Port>,
    /// What constants of the body wait for.
    pivot_for_body: Option<Port>,
    /// The predicate.
    pivot: Option<Port>,
    enters: Vec<Port>,
    exits: Vec<Port>,
    /// Where the loop computes gradients of another: which.
    grad_loop: Option<usize>,
    /// What was open each time that the loop was opened.
    before: Vec<Option<usize>>,
}

impl FlowState {
    /// A branch or loop and those around it, from the inside out.
    fn chain(&self, from: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(from, |context| self.outer(*context))
    }

    fn outer(&self, context: usize) -> Option<usize> {
        self.contexts.get(context).and_then(|context| context.outer)
    }

    fn of(&self, node: usize) -> Option<usize> {
        self.of_node.get(&node).copied()
    }

    fn branch(&self, context: usize) -> Option<BranchContext> {
        match self.contexts.get(context).map(|context| &context.kind) {
            Some(Kind::Branch(branch)) => Some(*branch),
            _ => None,
        }
    }

    fn frame(&self, context: usize) -> Option<&LoopContext> {
        match self.contexts.get(context).map(|context| &context.kind) {
            Some(Kind::Loop(frame)) => Some(frame),
            _ => None,
        }
    }

    fn frame_mut(&mut self, context: usize) -> Option<&mut LoopContext> {
        match self.contexts.get_mut(context).map(|context| &mut context.kind) {
            Some(Kind::Loop(frame)) => Some(frame),
            _ => None,
        }
    }

    /// The innermost loop that is this context or around it.
    fn loop_around(&self, context: Option<usize>) -> Option<usize> {
        self.chain(context).find(|context| self.frame(*context).is_some())
    }

    fn loop_of(&self, node: usize) -> Option<usize> {
        self.loop_around(self.of(node))
    }

    /// The gradient loop that this context is in.
    fn grad_loop_of(&self, context: Option<usize>) -> Option<usize> {
        self.frame(self.loop_around(context)?)?.grad_loop
    }

    /// What nodes without inputs wait for in this context.
    fn control_pivot(&self, context: usize) -> Option<usize> {
        match &self.contexts.get(context)?.kind {
            Kind::Branch(branch) => Some(branch.pivot),
            Kind::Loop(frame) => frame.pivot_for_body.or(frame.pivot_for_pred).map(|port| port.node),
        }
    }

    /// Whether a node is in this context, or in one within it.
    fn contains(&self, context: usize, node: usize) -> bool {
        self.chain(self.of(node)).any(|outer| outer == context)
    }

    /// The value can be used in this context as it is; results of branches can be used around them, too.
    fn insert_value(&mut self, from: usize, port: Port) {
        if self.frame(from).is_some() {
            self.add_value(from, port);
            return;
        }
        let chain: Vec<usize> = self.chain(Some(from)).collect();
        for context in chain {
            self.add_value(context, port);
        }
    }

    fn add_value(&mut self, context: usize, port: Port) {
        if let Some(context) = self.contexts.get_mut(context) {
            context.values.insert(port);
        }
    }

    fn set_external(&mut self, context: usize, outside: Port, inside: Port) {
        if let Some(context) = self.contexts.get_mut(context) {
            context.external.insert(outside, inside);
        }
    }

    /// What stands in a context for an output, where that is settled.
    fn known(&self, context: usize, port: Port) -> Option<Port> {
        let state = self.contexts.get(context)?;
        let inside = state.values.contains(&port)
            || (self.of(port.node) == Some(context) && self.frame(context).is_some());
        inside.then(|| state.external.get(&port).copied().unwrap_or(port))
    }

    /// Adds a branch or loop within the open one.
    fn open(&mut self, kind: Kind) -> usize {
        let outer = self.current;
        self.contexts.push(Context { outer, kind, values: HashSet::new(), external: HashMap::new() });
        self.contexts.len() - 1
    }
}

/// A piece of a loop.
pub(crate) fn is(op: &str, piece: &str) -> bool {
    op == piece || op.strip_prefix("Ref") == Some(piece)
}

fn lost<T>() -> Result<T> {
    Err(Error::internal("a branch or loop is lost"))
}

impl Graph {
    fn op_is(&self, node: usize, piece: &str) -> bool {
        is(&self.node(node).op, piece)
    }

    fn port_of(&self, tensor: &Tensor) -> Result<Port> {
        self.port(tensor).ok_or_else(|| Error::value(format!("{tensor} is not an element of this graph.")))
    }

    /// The context that a node's outputs are in: those of an `Exit` are around its loop.
    fn output_context(&self, node: usize) -> Option<usize> {
        let exit = self.op_is(node, "Exit");
        let state = self.lock();
        let context = state.flow.of(node);
        if exit { context.and_then(|context| state.flow.outer(context)) } else { context }
    }

    /// Runs `f` with this context open; `None` closes all.
    fn in_context<R>(&self, context: Option<usize>, f: impl FnOnce() -> Result<R>) -> Result<R> {
        let before = {
            let mut state = self.lock();
            let before = std::mem::replace(&mut state.flow.current, context);
            if let Some(frame) = context.and_then(|context| state.flow.frame_mut(context)) {
                frame.before.push(before);
            }
            before
        };
        let result = f();
        let mut state = self.lock();
        state.flow.current = before;
        if let Some(frame) = context.and_then(|context| state.flow.frame_mut(context)) {
            frame.before.pop();
        }
        drop(state);
        result
    }

    /// Runs `f` as before a loop was opened, in which the code is.
    fn before_context<R>(&self, context: usize, f: impl FnOnce() -> Result<R>) -> Result<R> {
        let (inside, before) = {
            let mut state = self.lock();
            let before = state.flow.frame_mut(context).and_then(|frame| frame.before.pop()).flatten();
            (std::mem::replace(&mut state.flow.current, before), before)
        };
        let result = f();
        let mut state = self.lock();
        state.flow.current = inside;
        if let Some(frame) = state.flow.frame_mut(context) {
            frame.before.push(before);
        }
        drop(state);
        result
    }

    fn frame(&self, context: usize) -> Result<LoopContext> {
        let frame = self.lock().flow.frame(context).cloned();
        frame.map_or_else(lost, Ok)
    }

    fn add_flow_value(&self, context: usize, port: Port) {
        self.lock().flow.add_value(context, port);
    }

    /// What leaves a context can be used in the one around it.
    fn exit_result(&self, context: usize, port: Port) {
        let mut state = self.lock();
        if let Some(outer) = state.flow.outer(context) {
            state.flow.add_value(outer, port);
        }
    }
}
