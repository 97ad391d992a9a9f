//! The frames of a graph's loops: which one each node runs in.

use super::split::{Input, parse};
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::{GraphDef, NodeDef};
use std::collections::HashMap;

/// The frame outside every loop.
pub(super) const ROOT: usize = 0;

/// A frame, as `Enter` names it.
#[derive(Clone)]
pub(super) struct Frame {
    pub(super) name: String,
    pub(super) parent: usize,
    /// The node that says whether there is another iteration.
    pub(super) cond: Option<String>,
}

/// The frames of a graph.
pub(super) struct Frames {
    pub(super) frames: Vec<Frame>,
    own: HashMap<String, usize>,
}

fn base_op(node: &NodeDef) -> &str {
    match node.op.strip_prefix("Ref") {
        Some(base @ ("Enter" | "Exit")) => base,
        _ => &node.op,
    }
}

impl Frames {
    /// Finds the frame of each node: that of what its inputs give out.
    pub(super) fn of(graph_def: &GraphDef) -> Frames {
        let root = Frame { name: String::new(), parent: ROOT, cond: None };
        let mut found = Frames { frames: vec![root], own: HashMap::new() };
        let mut readers: HashMap<&str, Vec<&NodeDef>> = HashMap::new();
        for node in &graph_def.node {
            for input in &node.input {
                let (Input::Data(source, _) | Input::Control(source)) = parse(input);
                readers.entry(source).or_default().push(node);
            }
        }
        let mut pending: Vec<(&NodeDef, usize)> =
            graph_def.node.iter().filter(|node| node.input.is_empty()).map(|node| (node, ROOT)).collect();
        while let Some((node, own)) = pending.pop() {
            if found.own.contains_key(&node.name) {
                continue;
            }
            found.own.insert(node.name.clone(), own);
            let behind = match base_op(node) {
                "Enter" => found.child(own, node),
                "Exit" => found.frames[own].parent,
                "LoopCond" => {
                    found.frames[own].cond = Some(node.name.clone());
                    own
                }
                _ => own,
            };
            pending.extend(readers.get(node.name.as_str()).into_iter().flatten().map(|node| (*node, behind)));
        }
        found
    }

    fn child(&mut self, parent: usize, enter: &NodeDef) -> usize {
        let name = match enter.attr.get("frame_name").and_then(|attr| attr.value.as_ref()) {
            Some(Value::S(name)) => String::from_utf8_lossy(name).into_owned(),
            _ => String::new(),
        };
        let mut known = self.frames.iter().enumerate().skip(1);
        match known.find(|(_, frame)| frame.parent == parent && frame.name == name) {
            Some((id, _)) => id,
            None => {
                self.frames.push(Frame { name, parent, cond: None });
                self.frames.len() - 1
            }
        }
    }

    /// The frame that a node runs in.
    pub(super) fn own(&self, node: &str) -> usize {
        self.own.get(node).copied().unwrap_or(ROOT)
    }
}
