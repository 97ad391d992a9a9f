//! Rewriting graphs for use without training: cutting out a part, removing nodes, putting constants for variables.

use ferroflow_core::{DType, NdArray, Result, bail, ensure};
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::{AttrValue, GraphDef, NodeDef, tensor_proto};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// The name of the node that an input, or the name of a tensor, refers to.
fn node_name(input: &str) -> &str {
    let input = input.strip_prefix('^').unwrap_or(input);
    input.split(':').next().unwrap_or(input)
}

/// The part of a graph that these nodes need, in the order of the graph (`graph_util.extract_sub_graph`).
///
/// # Errors
/// `AssertionError` for a node that the graph does not have.
pub fn extract_sub_graph(graph_def: &GraphDef, dest_nodes: &[impl AsRef<str>]) -> Result<GraphDef> {
    let nodes: HashMap<&str, &NodeDef> =
        graph_def.node.iter().map(|node| (node.name.as_str(), node)).collect();
    let mut kept: HashSet<&str> = HashSet::new();
    let mut pending: VecDeque<&str> = VecDeque::new();
    for name in dest_nodes {
        let name = name.as_ref();
        ensure!(nodes.contains_key(name), assertion, "{name} is not in graph");
        pending.push_back(name);
    }
    while let Some(name) = pending.pop_front() {
        let Some(node) = nodes.get(name) else { bail!(key, "'{name}'") };
        if kept.insert(name) {
            pending.extend(node.input.iter().map(|input| node_name(input)));
            pending.extend(colocated(node));
        }
    }
    Ok(GraphDef {
        node: graph_def.node.iter().filter(|node| kept.contains(node.name.as_str())).cloned().collect(),
        // As in TensorFlow there is one, though it be empty.
        library: Some(graph_def.library.clone().unwrap_or_default()),
        versions: graph_def.versions.clone(),
        ..GraphDef::default()
    })
}

/// The nodes that a node is placed with.
fn colocated(node: &NodeDef) -> impl Iterator<Item = &str> {
    let classes = match value_of(node, "_class") {
        Some(Value::List(list)) => list.s.as_slice(),
        _ => &[],
    };
    classes
        .iter()
        .filter_map(|class| std::str::from_utf8(class).ok())
        .map(|class| class.strip_prefix("loc:@").unwrap_or(class))
}

/// The graph without checks of numbers, and without nodes that hand on a value unchanged
/// (`graph_util.remove_training_nodes`). Nodes that others wait for, or are placed with, stay, and so do protected ones.
///
/// What took a checked number takes the number itself. (Differs from TensorFlow, which leaves it without an input.)
pub fn remove_training_nodes(input_graph: &GraphDef, protected_nodes: &[impl AsRef<str>]) -> GraphDef {
    let protected: HashSet<&str> = protected_nodes.iter().map(AsRef::as_ref).collect();
    let waited_for: HashSet<&str> = input_graph
        .node
        .iter()
        .flat_map(|node| &node.input)
        .filter_map(|input| input.strip_prefix('^'))
        .collect();
    let placed_with: HashSet<&str> = input_graph.node.iter().flat_map(colocated).collect();
    let mut replaced: HashMap<&str, &str> = HashMap::new();
    for node in &input_graph.node {
        let name = node.name.as_str();
        let Some(input) = node.input.first().filter(|input| !input.starts_with('^')) else { continue };
        let waits = node.input.iter().any(|input| input.starts_with('^'));
        let removable = match node.op.as_str() {
            "CheckNumerics" => !waited_for.contains(name) && !waits,
            "Identity" => !waits && !waited_for.contains(name) && !placed_with.contains(name),
            _ => false,
        };
        if removable && !protected.contains(name) {
            replaced.insert(name, input);
        }
    }
    let kept = input_graph.node.iter().filter(|node| !replaced.contains_key(node.name.as_str()));
    let node = kept
        .map(|node| {
            let mut node = node.clone();
            for input in node.input.iter_mut().filter(|input| !input.starts_with('^')) {
                // No longer than all that is replaced: a loop of such nodes has no beginning.
                for _ in 0..replaced.len() {
                    match replaced.get(node_name(input)) {
                        Some(source) => *input = (*source).to_string(),
                        None => break,
                    }
                }
            }
            node
        })
        .collect();
    GraphDef { node, ..GraphDef::default() }
}

/// The variables of a graph by node, and whether they are resource variables.
pub fn variables_of(graph_def: &GraphDef) -> BTreeMap<String, bool> {
    let variables = graph_def.node.iter().filter_map(|node| match node.op.as_str() {
        "VarHandleOp" => Some((node.name.clone(), true)),
        "Variable" | "VariableV2" => Some((node.name.clone(), false)),
        _ => None,
    });
    variables.collect()
}

/// The part of a graph that these nodes need, with constants for variables whose values are given.
///
/// # Errors
/// As [`extract_sub_graph`]; `Unimplemented`, with the node, where a resource variable is passed to anything that does
/// not read it, such as a function; `ValueError` for a gather in batches.
pub fn freeze(
    graph_def: &GraphDef,
    output_nodes: &[impl AsRef<str>],
    values: &BTreeMap<String, NdArray>,
) -> Result<GraphDef> {
    let mut graph = extract_sub_graph(graph_def, output_nodes)?;
    let handles = handles(&graph, values);
    let mut axes = Vec::new();
    for node in &mut graph.node {
        if matches!(node.op.as_str(), "VarHandleOp" | "Variable" | "VariableV2") {
            if let Some(value) = values.get(&node.name) {
                *node = constant(&node.name, value)?;
            }
            continue;
        }
        let dtypes = node.input.iter().filter(|input| !input.starts_with('^'));
        let Some(dtype) = dtypes.filter_map(|input| handles.get(node_name(input))).next().copied() else {
            continue;
        };
        match node.op.as_str() {
            "ReadVariableOp" => {
                node.op = "Identity".to_string();
                node.input.truncate(1);
                keep_attrs(node, &[], &[("T", Value::Type(dtype.number()))]);
            }
            "ResourceGather" => {
                ensure!(
                    value_of(node, "batch_dims").is_none_or(|dims| *dims == Value::I(0)),
                    value,
                    "batch_dims != 0 is not supported by freeze_graph (node '{}').",
                    node.name
                );
                let axis = format!("{}/axis", node.name);
                node.op = "GatherV2".to_string();
                node.input.truncate(2);
                node.input.push(axis.clone());
                let int32 = Value::Type(DType::INT32.number());
                keep_attrs(
                    node,
                    &["Tindices"],
                    &[("Tparams", Value::Type(dtype.number())), ("Taxis", int32)],
                );
                axes.push(constant(&axis, &NdArray::scalar(0i32))?);
            }
            "Identity" | "Switch" | "Enter" | "RefEnter" | "RefSwitch" | "RefIdentity" => {
                if value_of(node, "T") == Some(&Value::Type(DType::RESOURCE.number())) {
                    set_attr(node, "T", Value::Type(dtype.number()));
                }
            }
            other => bail!(
                unimplemented,
                "a variable that is passed to {other} cannot be made a constant (node '{}')",
                node.name
            ),
        }
    }
    graph.node.append(&mut axes);
    Ok(graph)
}

/// The nodes that stand for a resource variable, and its dtype.
fn handles(graph: &GraphDef, values: &BTreeMap<String, NdArray>) -> HashMap<String, DType> {
    let mut handles: HashMap<String, DType> = HashMap::new();
    for node in &graph.node {
        if let (true, Some(value)) = (node.op == "VarHandleOp", values.get(&node.name)) {
            handles.insert(node.name.clone(), value.dtype());
        }
    }
    // Handles are handed on along chains, which any order of nodes may have.
    loop {
        let before = handles.len();
        for node in &graph.node {
            let hands_on = matches!(node.op.as_str(), "Identity" | "Switch" | "Enter");
            let dtype = node.input.first().and_then(|input| handles.get(node_name(input))).copied();
            if let (true, Some(dtype)) = (hands_on, dtype) {
                handles.insert(node.name.clone(), dtype);
            }
        }
        if handles.len() == before {
            return handles;
        }
    }
}

fn value_of<'a>(node: &'a NodeDef, attr: &str) -> Option<&'a Value> {
    node.attr.get(attr)?.value.as_ref()
}

fn set_attr(node: &mut NodeDef, name: &str, value: Value) {
    node.attr.insert(name.to_string(), AttrValue { value: Some(value) });
}

/// Gives the node other attributes; of its own it keeps these, and where it is placed.
fn keep_attrs(node: &mut NodeDef, kept: &[&str], others: &[(&str, Value)]) {
    node.attr.retain(|name, _| name == "_class" || kept.contains(&name.as_str()));
    node.device.clear();
    for (name, value) in others {
        set_attr(node, name, value.clone());
    }
}

fn constant(name: &str, value: &NdArray) -> Result<NodeDef> {
    let mut node = NodeDef { name: name.to_string(), op: "Const".to_string(), ..NodeDef::default() };
    set_attr(&mut node, "dtype", Value::Type(value.dtype().number()));
    set_attr(&mut node, "value", Value::Tensor(Box::new(tensor_proto::from_array(value)?)));
    Ok(node)
}
