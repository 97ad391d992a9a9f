//! Cutting a graph into the parts of its devices: `_Send` and `_Recv` where an edge led from one to another.

use super::frames::{Frame, Frames, ROOT};
use crate::server::partition::{exchange, float_constant};
use crate::server::placement::Device;
use ferroflow_core::{DType, Error, Result, bail};
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::{AttrValue, GraphDef, NodeDef};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The name of a tensor, or of a node that is waited for.
pub(super) enum Input<'a> {
    Data(&'a str, usize),
    Control(&'a str),
}

pub(super) fn parse(input: &str) -> Input<'_> {
    match input.strip_prefix('^') {
        Some(node) => Input::Control(node),
        None => match input.rsplit_once(':').map(|(node, index)| (node, index.parse())) {
            Some((node, Ok(index))) => Input::Data(node, index),
            _ => Input::Data(input, 0),
        },
    }
}

/// The parts of a graph whose nodes all have their devices, by these.
///
/// # Errors
/// `InvalidArgument` for a loop over several devices that is not well formed.
pub(crate) fn split(
    graph_def: GraphDef,
    devices: &[Device],
    dtype: &dyn Fn(&str, usize) -> Result<DType>,
) -> Result<BTreeMap<String, GraphDef>> {
    let frames = Frames::of(&graph_def);
    let names: HashSet<String> = graph_def.node.iter().map(|node| node.name.clone()).collect();
    let places: HashMap<String, String> =
        graph_def.node.iter().map(|node| (node.name.clone(), node.device.clone())).collect();
    let by_name = devices.iter().map(|device| (device.name(), device)).collect();
    let mut cut = Cut {
        names,
        places,
        devices: by_name,
        edges: HashMap::new(),
        loops: HashMap::new(),
        added: Vec::new(),
        frames,
        dtype,
    };
    let GraphDef { node: mut nodes, library, versions, .. } = graph_def;
    for node in &mut nodes {
        let mut inputs = Vec::with_capacity(node.input.len());
        for input in &node.input {
            inputs.push(cut.input(input, &node.name, &node.device)?);
        }
        node.input = inputs;
    }
    nodes.append(&mut cut.added);
    let mut parts: BTreeMap<String, GraphDef> = BTreeMap::new();
    for node in nodes {
        let part = parts.entry(node.device.clone()).or_insert_with(|| GraphDef {
            library: library.clone(),
            versions: versions.clone(),
            ..GraphDef::default()
        });
        part.node.push(node);
    }
    Ok(parts)
}

struct Cut<'a> {
    names: HashSet<String>,
    places: HashMap<String, String>,
    devices: HashMap<String, &'a Device>,
    /// What stands for an input on another device: it is sent there once.
    edges: HashMap<(String, String), String>,
    /// The `Merge` that begins the iterations of a frame on a device that is not the frame's own.
    loops: HashMap<(usize, String), String>,
    added: Vec<NodeDef>,
    frames: Frames,
    dtype: &'a dyn Fn(&str, usize) -> Result<DType>,
}

impl Cut<'_> {
    /// The input as a node on a device finds it.
    fn input(&mut self, input: &str, reader: &str, to: &str) -> Result<String> {
        let source = match parse(input) {
            Input::Data(node, _) | Input::Control(node) => node,
        };
        let unknown = || Error::internal(format!("node '{source}' has no place"));
        let from = self.places.get(source).cloned().ok_or_else(unknown)?;
        if from == to {
            return Ok(input.to_string());
        }
        let key = (input.to_string(), to.to_string());
        if let Some(known) = self.edges.get(&key) {
            return Ok(known.clone());
        }
        let frame = self.frames.own(reader);
        let name = match parse(input) {
            Input::Data(node, index) => {
                let dtype = (self.dtype)(node, index)?.base();
                self.edge(input, node, dtype, (&from, to), frame)?
            }
            Input::Control(node) => {
                // An empty tensor that is made behind the node is what the other side waits for.
                let token = self.name(node);
                self.added.push(float_constant(&token, &from, vec![input.to_string()]));
                let received = self.edge(&token, node, DType::FLOAT32, (&from, to), frame)?;
                let name = self.name(node);
                let dtype = Value::Type(DType::FLOAT32.number());
                self.added.push(NodeDef {
                    name: name.clone(),
                    op: "Identity".to_string(),
                    device: to.to_string(),
                    input: vec![received],
                    attr: BTreeMap::from([("T".to_string(), AttrValue { value: Some(dtype) })]),
                    ..NodeDef::default()
                });
                format!("^{name}")
            }
        };
        self.edges.insert(key, name.clone());
        Ok(name)
    }

    /// Sends a tensor to another device; gives the name of the node that receives it there.
    fn edge(
        &mut self,
        input: &str,
        node: &str,
        dtype: DType,
        (from, to): (&str, &str),
        frame: usize,
    ) -> Result<String> {
        // In a loop something must receive in every iteration.
        let begins = match frame {
            ROOT => None,
            frame => Some(self.iterations(frame, to)?),
        };
        let device = |name: &str| {
            let found = self.devices.get(name).copied();
            found.ok_or_else(|| Error::internal(format!("no device {name}")))
        };
        let (from, to) = (device(from)?, device(to)?);
        let tensor = format!("edge_{}_{node}", self.edges.len());
        let mut send = exchange(&self.name(node), "_Send", &tensor, dtype, from, to);
        send.input.push(input.to_string());
        let mut recv = exchange(&self.name(node), "_Recv", &tensor, dtype, from, to);
        recv.input.extend(begins.map(|merge| format!("^{merge}")));
        let name = recv.name.clone();
        self.added.extend([send, recv]);
        Ok(name)
    }

    /// The node that begins the iterations of a frame on a device: a loop of its own around nothing, which goes on for as
    /// long as the frame's. That of an outer frame begins it anew in each of its iterations.
    fn iterations(&mut self, frame: usize, device: &str) -> Result<String> {
        let key = (frame, device.to_string());
        if let Some(merge) = self.loops.get(&key) {
            return Ok(merge.clone());
        }
        let Frame { name, parent, cond } = self.frames.frames[frame].clone();
        let Some(cond) = cond else {
            bail!(invalid_argument, "frame {name} has no LoopCond, and leads over several devices");
        };
        let [enter, merge, switch, next] = [(); 4].map(|()| self.name(&format!("_cloop{name}")));
        self.loops.insert(key, merge.clone());
        let first = match parent {
            ROOT => {
                let first = self.name(&format!("_cloop{name}"));
                self.added.push(float_constant(&first, device, Vec::new()));
                first
            }
            parent => self.iterations(parent, device)?,
        };
        let from = self.places.get(&cond).cloned().unwrap_or_default();
        let goes_on = match from == device {
            true => cond,
            false => {
                let input = (cond.clone(), device.to_string());
                let received = match self.edges.get(&input) {
                    Some(known) => known.clone(),
                    None => self.edge(&cond, &cond, DType::BOOL, (&from, device), frame)?,
                };
                self.edges.insert(input, received.clone());
                received
            }
        };
        let node = |name: &str, op: &str, input: &[&str]| {
            let mut node =
                float_constant(name, device, input.iter().map(|name| (*name).to_string()).collect());
            node.op = op.to_string();
            let dtype = node.attr.remove("dtype").unwrap_or_default();
            node.attr = BTreeMap::from([("T".to_string(), dtype)]);
            node
        };
        let attr = |value: Value| AttrValue { value: Some(value) };
        let mut enter_node = node(&enter, "Enter", &[&first]);
        enter_node.attr.insert("frame_name".to_string(), attr(Value::S(name.into_bytes())));
        let mut merge_node = node(&merge, "Merge", &[&enter, &next]);
        merge_node.attr.insert("N".to_string(), attr(Value::I(2)));
        let goes_on = node(&switch, "Switch", &[&merge, &goes_on]);
        let next_node = node(&next, "NextIteration", &[&format!("{switch}:1")]);
        self.added.extend([enter_node, merge_node, goes_on, next_node]);
        Ok(merge)
    }

    /// A name that no node has, like those of TensorFlow's partitions.
    fn name(&mut self, node: &str) -> String {
        let names = (self.added.len()..).map(|number| format!("{node}_S{number}"));
        let name = names.filter(|name| !self.names.contains(name)).take(1).collect::<String>();
        self.names.insert(name.clone());
        name
    }
}
