//! The static side of frames: which frame each node of a graph with loops runs in, and where its outputs go.

use super::Action;
use crate::order::in_order;
use crate::{Graph, Node, Port};
use ferroflow_core::{Attrs, Result, StateCell, bail};
use smallvec::SmallVec;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// The frame that nodes outside every loop run in.
pub(super) const ROOT: usize = 0;

/// What a node does to the tokens that pass it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Runs on all inputs at once.
    Plain,
    /// Passes on whichever input is alive.
    Merge,
    /// Leads into a frame; a constant is there in every iteration.
    Enter { into: usize, constant: bool },
    /// Leads out of a frame.
    Exit,
    /// Leads into the next iteration.
    NextIteration,
    /// Runs even after what did not run.
    ControlTrigger,
}

/// A node with its place among the others.
pub(super) struct FrameNode {
    pub(super) name: String,
    pub(super) op: String,
    pub(super) kind: Kind,
    pub(super) action: Action,
    pub(super) attrs: Attrs,
    pub(super) state: StateCell,
    /// For each input, whether a reference arrives where the op wants its value.
    pub(super) derefs: SmallVec<[bool; 3]>,
    /// How many control edges lead here.
    pub(super) num_controls: usize,
    /// For each output, who takes it and as which input.
    pub(super) readers: Vec<Vec<(usize, usize)>>,
    /// Who waits for this node.
    pub(super) waiting: Vec<usize>,
    /// Outputs that are fetched.
    pub(super) fetched: Vec<Fetched>,
}

/// A fetch of a node's output.
pub(super) struct Fetched {
    pub(super) output: usize,
    /// Which of the run's fetches it is.
    pub(super) fetch: usize,
    /// Where the output is a reference to what is asked for: what TensorFlow calls the node that reads it.
    pub(super) retval: Option<String>,
}

/// A frame as the graph has it; each time it is entered, a new one comes to be.
#[derive(Default)]
pub(super) struct FrameDef {
    pub(super) name: String,
    parent: usize,
    /// How many `Enter` nodes lead here.
    pub(super) enters: usize,
    pub(super) exits: Vec<usize>,
}

/// All nodes that a run needs, with their frames.
pub(super) struct Layout {
    pub(super) nodes: Vec<FrameNode>,
    pub(super) frames: Vec<FrameDef>,
    /// Nodes without inputs, which begin a run.
    pub(super) starts: Vec<usize>,
    /// For each feed, who takes it and as which input, and which fetches it is.
    pub(super) feeds: Vec<Feed>,
    pub(super) num_fetches: usize,
}

/// Where a fed value goes.
#[derive(Default)]
pub(super) struct Feed {
    pub(super) readers: Vec<(usize, usize)>,
    pub(super) waiting: Vec<usize>,
    pub(super) fetches: Vec<usize>,
}

fn base_op(node: &Node) -> &str {
    let op = node.op.as_str();
    match op.strip_prefix("Ref") {
        Some(base @ ("Enter" | "Exit" | "NextIteration" | "Merge")) => base,
        _ => op,
    }
}

/// Where each node runs (`own`), and where what it gives out arrives (`behind`).
struct Places {
    own: HashMap<usize, usize>,
    behind: HashMap<usize, usize>,
    frames: Vec<FrameDef>,
}

impl Places {
    /// Finds the frames of nodes, of which each stands behind its inputs but for the back edges of loops.
    fn of(nodes: &[(usize, Arc<Node>)], fed: &HashMap<Port, usize>) -> Result<Places> {
        let mut places =
            Places { own: HashMap::new(), behind: HashMap::new(), frames: vec![FrameDef::default()] };
        let names: HashMap<usize, &str> = nodes.iter().map(|(id, node)| (*id, node.name.as_str())).collect();
        for (id, node) in nodes {
            let own = places.agreed(*id, node, fed, &names)?;
            let behind = match base_op(node) {
                "Enter" => places.child(own, node)?,
                "Exit" if own == ROOT => {
                    bail!(invalid_argument, "Invalid Exit op: Cannot find a corresponding Enter op.")
                }
                "Exit" => {
                    places.frames[own].exits.push(*id);
                    places.frames[own].parent
                }
                _ => own,
            };
            places.own.insert(*id, own);
            places.behind.insert(*id, behind);
        }
        Ok(places)
    }

    /// The frame that all inputs of a node are in.
    fn agreed(
        &self,
        id: usize,
        node: &Node,
        fed: &HashMap<Port, usize>,
        names: &HashMap<usize, &str>,
    ) -> Result<usize> {
        let data = node.inputs.iter().map(|port| if fed.contains_key(port) { None } else { Some(port.node) });
        let controls = node.control_inputs.iter().map(|control| Some(*control));
        let mut first: Option<(usize, usize)> = None;
        for source in data.chain(controls) {
            let (source, frame) = match source {
                None => (id, ROOT),
                // A back edge comes from a node that has no place yet.
                Some(source) => match self.behind.get(&source) {
                    Some(&frame) => (source, frame),
                    None => continue,
                },
            };
            match first {
                None => first = Some((source, frame)),
                Some((other, known)) if known != frame => {
                    let name = |id: usize| names.get(&id).copied().unwrap_or_default();
                    bail!(
                        invalid_argument,
                        "{{{{node {}}}}} has inputs from different frames. The input {{{{node {}}}}} is in frame \
                         '{}'. The input {{{{node {}}}}} is in frame '{}'.",
                        node.name,
                        name(other),
                        self.frames[known].name,
                        name(source),
                        self.frames[frame].name
                    )
                }
                Some(_) => {}
            }
        }
        Ok(first.map_or(ROOT, |(_, frame)| frame))
    }

    fn child(&mut self, parent: usize, node: &Node) -> Result<usize> {
        let name = node.attrs.str("frame_name")?;
        let known = self.frames.iter().enumerate().skip(1);
        let known =
            known.filter(|(_, frame)| frame.parent == parent && frame.name == name).map(|(id, _)| id).next();
        let child = known.unwrap_or_else(|| {
            self.frames.push(FrameDef { name: name.to_string(), parent, ..FrameDef::default() });
            self.frames.len() - 1
        });
        self.frames[child].enters += 1;
        Ok(child)
    }
}

/// Lays out the nodes that a run needs: all that lead to its fetches and targets.
pub(super) fn lay_out(
    graph: &Graph,
    needed: &BTreeSet<usize>,
    fed: &HashMap<Port, usize>,
    fetches: &[Port],
    cells: &mut super::Cells<'_>,
) -> Result<Layout> {
    // Back edges of loops do not count.
    let order = in_order(needed, |id| {
        let node = graph.node(id);
        let is_back =
            |port: &Port| base_op(&node) == "Merge" && base_op(&graph.node(port.node)) == "NextIteration";
        let inputs = node.inputs.iter().filter(|port| !is_back(port) && !fed.contains_key(port));
        inputs.map(|port| port.node).chain(node.control_inputs.iter().copied()).collect()
    });
    let sources: Vec<(usize, Arc<Node>)> = order.into_iter().map(|id| (id, graph.node(id))).collect();
    let position: HashMap<usize, usize> = sources.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
    let places = Places::of(&sources, fed)?;
    let mut frames = places.frames;
    for frame in &mut frames {
        frame.exits = frame.exits.iter().filter_map(|id| position.get(id).copied()).collect();
    }
    let mut feeds: Vec<Feed> = (0..fed.len()).map(|_| Feed::default()).collect();
    let fed_nodes: HashSet<usize> = fed.keys().map(|port| port.node).collect();
    let mut nodes: Vec<FrameNode> = Vec::with_capacity(sources.len());
    for (id, node) in &sources {
        let kind = match base_op(node) {
            "Merge" => Kind::Merge,
            "Enter" => Kind::Enter {
                into: places.behind.get(id).copied().unwrap_or(ROOT),
                constant: node.attrs.bool("is_constant").unwrap_or(false),
            },
            "Exit" => Kind::Exit,
            "NextIteration" => Kind::NextIteration,
            "ControlTrigger" => Kind::ControlTrigger,
            _ => Kind::Plain,
        };
        let wanted = node.schema.and_then(|schema| schema.input_types(&node.attrs).ok());
        let derefs = node.inputs.iter().enumerate().map(|(index, port)| {
            let wants_ref =
                wanted.as_ref().and_then(|types| types.get(index)).is_some_and(|dtype| dtype.is_ref());
            !wants_ref && !fed.contains_key(port) && graph.node(port.node).output_types[port.index].is_ref()
        });
        nodes.push(FrameNode {
            name: node.name.clone(),
            op: node.op.clone(),
            kind,
            action: super::compile::action(node),
            attrs: node.attrs.clone(),
            state: cells(*id).unwrap_or_default(),
            derefs: derefs.collect(),
            num_controls: 0,
            readers: vec![Vec::new(); node.output_types.len()],
            waiting: Vec::new(),
            fetched: Vec::new(),
        });
    }
    let mut starts = Vec::new();
    for (at, (_, node)) in sources.iter().enumerate() {
        for (slot, port) in node.inputs.iter().enumerate() {
            match (fed.get(port), position.get(&port.node)) {
                (Some(&feed), _) => feeds[feed].readers.push((at, slot)),
                (None, Some(&source)) => nodes[source].readers[port.index].push((at, slot)),
                (None, None) => bail!(internal, "an input of node '{}' has no place", node.name),
            }
        }
        for control in &node.control_inputs {
            if let Some(&source) = position.get(control) {
                nodes[source].waiting.push(at);
                nodes[at].num_controls += 1;
            } else if let Some(feed) =
                fed.iter().find(|(port, _)| fed_nodes.contains(control) && port.node == *control)
            {
                feeds[*feed.1].waiting.push(at);
                nodes[at].num_controls += 1;
            }
        }
        if node.inputs.is_empty() && nodes[at].num_controls == 0 {
            starts.push(at);
        }
    }
    for (fetch, port) in fetches.iter().enumerate() {
        match (fed.get(port), position.get(&port.node)) {
            (Some(&feed), _) => feeds[feed].fetches.push(fetch),
            (None, Some(&source)) => {
                let node = &sources[source].1;
                let is_ref = node.output_types[port.index].is_ref();
                let retval = is_ref.then(|| super::retval_name(node, port.index, fetch));
                nodes[source].fetched.push(Fetched { output: port.index, fetch, retval });
            }
            (None, None) => bail!(internal, "a fetch has no place"),
        }
    }
    Ok(Layout { nodes, frames, starts, feeds, num_fetches: fetches.len() })
}
