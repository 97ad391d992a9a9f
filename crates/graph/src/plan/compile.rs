//! From nodes to steps: pruning, order, slots and their lifetimes.

use super::pace::Pace;
use super::scalar_loop::WhileFunctions;
use super::{Action, Cells, Input, Plan, Source, Step, frame_layout, fuse, idle, loops, padding, simplify};
use crate::order::in_order;
use crate::rendezvous::key_prefix;
use crate::{Graph, Node, Port, support};
use ferroflow_core::{Error, Result};
use smallvec::SmallVec;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// The nodes a run needs, in the order they run.
pub(super) struct Needed {
    pub(super) order: Vec<usize>,
    pub(super) nodes: HashMap<usize, Arc<Node>>,
}

pub(super) fn compile(
    graph: &Graph,
    feeds: &[Port],
    fetches: &[Port],
    targets: &[usize],
    cells: &mut Cells<'_>,
) -> Result<Plan> {
    let fed = fed_ports(feeds);
    let leading = leading_to(graph, &fed, fetches, targets);
    let (needed, loops) = match find_needed(graph, &fed, fetches, targets, &leading) {
        Some(found) => found,
        None => return compile_frames(graph, &fed, fetches, &leading, cells),
    };
    check_kernels(&needed)?;
    let idle = idle::find(&needed, &loops, &fed, fetches, targets);
    let known = simplify::simplify(&needed, &idle, &fed, fetches);
    let mut builder = Builder {
        slots: HashMap::new(),
        num_slots: 0,
        constants: Vec::new(),
        constant_ids: HashMap::new(),
        known,
    };
    let mut plan_feeds = Vec::with_capacity(feeds.len());
    for port in feeds {
        plan_feeds.push(Some(builder.new_slot(*port)));
    }
    let mut steps: Vec<Step> = Vec::new();
    let mut step_of: HashMap<usize, usize> = HashMap::new();
    for &id in needed.order.iter().filter(|id| !idle.contains(id)) {
        if let Some(of) = builder.known.same_as.get(&id) {
            // A twin of an earlier node: its outputs are the twin's.
            if let Some(&step) = step_of.get(of) {
                step_of.insert(id, step);
            }
            continue;
        }
        let node = &needed.nodes[&id];
        let targeted = targets.contains(&id);
        let passes = |index| builder.known.passed.contains_key(&Port { node: id, index });
        if !targeted && !node.output_types.is_empty() && (0..node.output_types.len()).all(passes) {
            continue;
        }
        if !targeted && builder.known.constants.contains_key(&Port { node: id, index: 0 }) {
            continue;
        }
        let lowered = match loops.get(&id) {
            Some(found) => builder.loop_step(graph, id, found, cells)?,
            None => builder.step(graph, id, node, cells),
        };
        let mut step = lowered;
        let controls = match loops.get(&id) {
            Some(found) => found.outer_controls.as_slice(),
            None => node.control_inputs.as_slice(),
        };
        step.controls = controls.iter().filter_map(|control| step_of.get(control).copied()).collect();
        step_of.insert(id, steps.len());
        steps.push(step);
    }
    let mut plan_fetches = Vec::with_capacity(fetches.len());
    let mut retvals = Vec::with_capacity(fetches.len());
    for (position, port) in fetches.iter().enumerate() {
        let port = &builder.known.reads.get(port).copied().unwrap_or(*port);
        let node = graph.node(port.node);
        let deref = node.output_types[port.index].is_ref() && !fed.contains_key(port);
        plan_fetches.push(Input { source: builder.source(*port)?, deref });
        retvals.push(deref.then(|| super::retval_name(&node, port.index, position)));
    }
    let has_branches = steps.iter().any(|step| matches!(step.action, Action::Switch | Action::Merge));
    if !has_branches {
        padding::fold(&mut steps, &plan_fetches, targets, &builder.constants);
        steps = fuse::fuse(steps, &plan_fetches, targets, &builder.constants);
    }
    set_lifetimes(&mut steps, &plan_fetches, builder.num_slots);
    Ok(Plan {
        pace: Pace::of(&steps, needed.nodes.values().map(Arc::as_ref)),
        steps,
        num_slots: builder.num_slots,
        feeds: plan_feeds,
        fetches: plan_fetches,
        retvals,
        constants: builder.constants,
        has_branches,
        frames_layout: None,
        frames: Mutex::default(),
    })
}

/// The nodes that a run of these fetches and targets needs, fed so.
pub fn nodes_of_run(graph: &Graph, feeds: &[Port], fetches: &[Port], targets: &[usize]) -> BTreeSet<usize> {
    leading_to(graph, &fed_ports(feeds), fetches, targets)
}

/// The position of each feed.
fn fed_ports(feeds: &[Port]) -> HashMap<Port, usize> {
    feeds.iter().enumerate().map(|(position, port)| (*port, position)).collect()
}

/// The nodes that lead to fetches and targets, and to which no feed stands in the way.
fn leading_to(
    graph: &Graph,
    fed: &HashMap<Port, usize>,
    fetches: &[Port],
    targets: &[usize],
) -> BTreeSet<usize> {
    let fed_nodes: HashSet<usize> = fed.keys().map(|port| port.node).collect();
    let mut pending: Vec<usize> = targets.to_vec();
    pending.extend(fetches.iter().filter(|port| !fed.contains_key(port)).map(|port| port.node));
    let mut leading = BTreeSet::new();
    while let Some(id) = pending.pop() {
        if leading.insert(id) {
            let node = graph.node(id);
            pending.extend(node.inputs.iter().filter(|port| !fed.contains_key(port)).map(|port| port.node));
            // A node whose output is fed has done its part.
            pending.extend(node.control_inputs.iter().filter(|control| !fed_nodes.contains(control)));
        }
    }
    leading
}

/// The nodes of a run, to be run token by token.
///
/// # Errors
/// As [`compile`].
pub(super) fn frames(
    graph: &Graph,
    feeds: &[Port],
    fetches: &[Port],
    targets: &[usize],
    cells: &mut Cells<'_>,
) -> Result<frame_layout::Layout> {
    let fed = fed_ports(feeds);
    let leading = leading_to(graph, &fed, fetches, targets);
    lay_out(graph, &fed, fetches, &leading, cells)
}

/// All nodes of a graph, to be run token by token as a part of a step.
///
/// # Errors
/// As [`compile`].
pub(super) fn part(graph: &Graph, cells: &mut Cells<'_>) -> Result<frame_layout::Layout> {
    let all: BTreeSet<usize> = (0..graph.num_nodes()).collect();
    for node in all.iter().map(|id| graph.node(*id)).filter(|node| !EXCHANGES.contains(&node.op.as_str())) {
        support::check(node.def, node.schema, &node.attrs, &node.name, &node.op)?;
    }
    frame_layout::lay_out(graph, &all, &HashMap::new(), &[], cells)
}

/// Ops by which the parts of a step exchange tensors. There are none in a graph that runs alone.
const EXCHANGES: [&str; 4] = ["_Send", "_HostSend", "_Recv", "_HostRecv"];

fn lay_out(
    graph: &Graph,
    fed: &HashMap<Port, usize>,
    fetches: &[Port],
    leading: &BTreeSet<usize>,
    cells: &mut Cells<'_>,
) -> Result<frame_layout::Layout> {
    for id in leading {
        let node = graph.node(*id);
        support::check(node.def, node.schema, &node.attrs, &node.name, &node.op)?;
    }
    frame_layout::lay_out(graph, leading, fed, fetches, cells)
}

/// A plan for a graph with loops that are not in standard form.
fn compile_frames(
    graph: &Graph,
    fed: &HashMap<Port, usize>,
    fetches: &[Port],
    leading: &BTreeSet<usize>,
    cells: &mut Cells<'_>,
) -> Result<Plan> {
    let layout = lay_out(graph, fed, fetches, leading, cells)?;
    Ok(Plan {
        steps: Vec::new(),
        num_slots: 0,
        feeds: vec![None; fed.len()],
        fetches: Vec::new(),
        retvals: Vec::new(),
        constants: Vec::new(),
        has_branches: false,
        frames_layout: Some(Box::new(layout)),
        frames: Mutex::default(),
        pace: Pace::unsteady(),
    })
}

/// The loops among the needed nodes, each under the id of the node whose place it takes.
pub(super) type Loops = HashMap<usize, loops::LoopShape>;

/// The nodes to run and the loops in standard form among them; `None` where there is a loop of another form.
fn find_needed(
    graph: &Graph,
    fed: &HashMap<Port, usize>,
    fetches: &[Port],
    targets: &[usize],
    leading: &BTreeSet<usize>,
) -> Option<(Needed, Loops)> {
    let mut nodes: HashMap<usize, Arc<Node>> = HashMap::new();
    let mut loops: Loops = HashMap::new();
    let mut inside: HashSet<usize> = HashSet::new();
    let mut pending: Vec<usize> = targets.to_vec();
    pending.extend(fetches.iter().filter(|port| !fed.contains_key(port)).map(|port| port.node));
    let mut seen: HashSet<usize> = HashSet::new();
    while let Some(id) = pending.pop() {
        if !seen.insert(id) || inside.contains(&id) {
            continue;
        }
        let node = graph.node(id);
        if loops::is_exit(&node) && !loops.values().any(|shape| shape.exits.contains_key(&id)) {
            let shape = loops::find(graph, id, leading, fed)?;
            pending.extend(shape.outer_inputs().filter(|port| !fed.contains_key(port)).map(|port| port.node));
            pending.extend(&shape.outer_controls);
            inside.extend(shape.nodes.iter().copied());
            // The loop runs in the place of its last exit, so that all it needs stands before it.
            let place = shape.exits.keys().copied().max().unwrap_or(id);
            for exit in shape.exits.keys() {
                seen.insert(*exit);
            }
            nodes.insert(place, graph.node(place));
            loops.insert(place, shape);
            continue;
        }
        pending.extend(node.inputs.iter().filter(|port| !fed.contains_key(port)).map(|port| port.node));
        // A node whose output is fed has done its part.
        let controls = node.control_inputs.iter().copied();
        pending.extend(controls.filter(|control| !fed.keys().any(|port| port.node == *control)));
        nodes.insert(id, node);
    }
    let of_a_loop = |node: &Node| {
        node.inputs.iter().any(|port| !fed.contains_key(port) && is_back_edge(graph, node, *port))
    };
    if nodes.iter().any(|(id, node)| !loops.contains_key(id) && of_a_loop(node)) {
        return None;
    }
    let ids: BTreeSet<usize> = nodes.keys().copied().collect();
    // A loop runs in the place of one of its exits, after all that it takes from outside.
    let places: HashMap<usize, usize> =
        loops.iter().flat_map(|(place, shape)| shape.exits.keys().map(|exit| (*exit, *place))).collect();
    let order = in_order(&ids, |id| match (loops.get(&id), nodes.get(&id)) {
        (Some(shape), _) => {
            let inputs = shape.outer_inputs().map(|port| port.node);
            inputs.chain(shape.outer_controls.iter().copied()).collect()
        }
        (None, Some(node)) => {
            let inputs = node.inputs.iter().filter(|port| !fed.contains_key(port)).map(|port| port.node);
            let sources = inputs.chain(node.control_inputs.iter().copied());
            sources.map(|id| places.get(&id).copied().unwrap_or(id)).collect()
        }
        (None, None) => Vec::new(),
    });
    Some((Needed { order, nodes }, loops))
}

/// Whether an input comes from the iteration before.
fn is_back_edge(graph: &Graph, node: &Node, port: Port) -> bool {
    node.op.ends_with("Merge") && graph.node(port.node).op.ends_with("NextIteration")
}

fn check_kernels(needed: &Needed) -> Result<()> {
    for id in &needed.order {
        let node = &needed.nodes[id];
        support::check(node.def, node.schema, &node.attrs, &node.name, &node.op)?;
    }
    Ok(())
}

struct Builder {
    slots: HashMap<Port, usize>,
    num_slots: usize,
    constants: Vec<ferroflow_core::NdArray>,
    constant_ids: HashMap<Port, usize>,
    known: simplify::Known,
}

impl Builder {
    fn new_slot(&mut self, port: Port) -> usize {
        let slot = self.num_slots;
        self.num_slots += 1;
        self.slots.insert(port, slot);
        slot
    }

    /// Where the value of a port is found.
    fn source(&mut self, port: Port) -> Result<Source> {
        let port = if self.slots.contains_key(&port) { port } else { simplify::resolve(port, &self.known) };
        if let Some(&slot) = self.slots.get(&port) {
            return Ok(Source::Slot { slot, last: false });
        }
        if let Some(&id) = self.constant_ids.get(&port) {
            return Ok(Source::Constant(id));
        }
        match self.known.constants.get(&port) {
            Some(value) => {
                let id = self.constants.len();
                self.constants.push(value.clone());
                self.constant_ids.insert(port, id);
                Ok(Source::Constant(id))
            }
            None => Err(Error::internal(format!("output {} of node {} has no place", port.index, port.node))),
        }
    }

    fn step(&mut self, graph: &Graph, id: usize, node: &Node, cells: &mut Cells<'_>) -> Step {
        let wanted = node.schema.and_then(|schema| schema.input_types(&node.attrs).ok());
        let mut inputs = SmallVec::new();
        let mut failure = None;
        for (index, port) in node.inputs.iter().enumerate() {
            let port = &self.known.reads.get(port).copied().unwrap_or(*port);
            match self.source(*port) {
                Ok(source) => {
                    let wants_ref = wanted
                        .as_ref()
                        .and_then(|types| types.get(index))
                        .is_some_and(|dtype| dtype.is_ref());
                    inputs.push(Input { source, deref: !wants_ref && self.known.refs.contains(port) });
                }
                Err(error) => failure = Some(error),
            }
        }
        let outputs: SmallVec<[Option<usize>; 1]> = (0..node.output_types.len())
            .map(|index| {
                let port = Port { node: id, index };
                // A fed output keeps the slot of its feed.
                if self.slots.contains_key(&port) { None } else { Some(self.new_slot(port)) }
            })
            .collect();
        let action = match (failure, node.op.as_str(), node.def) {
            (Some(error), ..) => Action::Fail(error),
            (None, "While" | "StatelessWhile", Some(def)) => match WhileFunctions::of(graph, &node.attrs) {
                Some(functions) => Action::While(def, Box::new(functions)),
                None => Action::Kernel(def),
            },
            (None, ..) => action(node),
        };
        Step {
            node: id,
            name: node.name.clone(),
            op: node.op.clone(),
            action,
            attrs: node.attrs.clone(),
            inputs,
            controls: SmallVec::new(),
            outputs,
            state: cells(id).unwrap_or_default(),
        }
    }

    fn loop_step(
        &mut self,
        graph: &Graph,
        id: usize,
        shape: &loops::LoopShape,
        cells: &mut Cells<'_>,
    ) -> Result<Step> {
        let mut inputs = SmallVec::new();
        for port in shape.outer_inputs() {
            inputs.push(Input { source: self.source(port)?, deref: self.known.refs.contains(&port) });
        }
        let outputs =
            shape.exits.keys().map(|exit| Some(self.new_slot(Port { node: *exit, index: 0 }))).collect();
        let node = graph.node(id);
        Ok(Step {
            node: id,
            name: node.name.clone(),
            op: node.op.clone(),
            action: Action::Loop(Box::new(loops::LoopPlan::compile(graph, shape, cells)?)),
            attrs: node.attrs.clone(),
            inputs,
            controls: SmallVec::new(),
            outputs,
            state: Default::default(),
        })
    }
}

/// What a node does when it runs.
pub(super) fn action(node: &Node) -> Action {
    match (node.op.as_str(), node.def) {
        ("Placeholder" | "PlaceholderV2", _) => Action::Fail(unfed(node)),
        ("Switch" | "RefSwitch", _) => Action::Switch,
        ("Merge" | "RefMerge", _) => Action::Merge,
        ("_Send" | "_HostSend", _) => key_prefix(&node.attrs).map_or_else(Action::Fail, Action::Send),
        ("_Recv" | "_HostRecv", _) => key_prefix(&node.attrs).map_or_else(Action::Fail, Action::Recv),
        (_, Some(def)) => Action::Kernel(def),
        (_, None) => Action::Call,
    }
}

fn unfed(node: &Node) -> Error {
    let dtype = node.attrs.dtype("dtype").map(|dtype| dtype.cpp_name()).unwrap_or_default();
    let shape = match node.attrs.shape("shape") {
        Ok(shape) if shape.rank().is_some_and(|rank| rank > 0) => format!(" and shape {}", shape.cpp()),
        _ => String::new(),
    };
    Error::invalid_argument(format!(
        "You must feed a value for placeholder tensor '{}' with dtype {dtype}{shape}",
        node.name
    ))
}

/// Finds each slot's last reader, which may take the buffer over.
fn set_lifetimes(steps: &mut [Step], fetches: &[Input], num_slots: usize) {
    let mut live = vec![false; num_slots];
    for fetch in fetches {
        if let Source::Slot { slot, .. } = fetch.source {
            live[slot] = true;
        }
    }
    for step in steps.iter_mut().rev() {
        for output in &mut step.outputs {
            if output.is_some_and(|slot| !live[slot]) {
                *output = None;
            }
        }
        for input in step.inputs.iter_mut().rev() {
            if let Source::Slot { slot, last } = &mut input.source {
                *last = !live[*slot];
                live[*slot] = true;
            }
        }
    }
}
