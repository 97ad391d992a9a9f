//! The part of a graph that a step runs, as `RunMetadata` reports it where `output_partition_graphs` asks for it.

use super::placement::Device;
use ferroflow_core::{DType, Result};
use ferroflow_graph::{Graph, RunSignature, nodes_of_run};
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::{AttrValue, GraphDef, NodeDef};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The nodes that a step runs on the device, with the nodes by which TensorFlow's servers bring in what is fed and give
/// out what is fetched.
///
/// # Errors
/// As [`Graph::as_graph_def`].
pub(crate) fn partition_graph(graph: &Graph, signature: &RunSignature, device: &Device) -> Result<GraphDef> {
    let run = nodes_of_run(graph, &signature.feeds, &signature.fetches, &signature.targets);
    let names: HashSet<String> = run.into_iter().map(|id| graph.node(id).name.clone()).collect();
    let mut graph_def = graph.as_graph_def()?;
    graph_def.node.retain(|node| names.contains(&node.name));
    // By the names that inputs have for them.
    let mut received: HashMap<String, String> = HashMap::new();
    let mut ends = Vec::new();
    for port in &signature.feeds {
        let node = graph.node(port.node);
        let name = format!("_recv_{}_{}", node.name, port.index);
        let tensor = format!("{}:{}", node.name, port.index);
        ends.push(end(&name, "_Recv", &tensor, node.output_types[port.index], device));
        if port.index == 0 {
            received.insert(node.name.clone(), name.clone());
        }
        received.insert(tensor, name);
    }
    let renamed = |input: &String| received.get(input).unwrap_or(input).clone();
    for node in &mut graph_def.node {
        node.device = device.name();
        node.input = node.input.iter().map(renamed).collect();
        // What waits for a node that does not run waits for what is fed in its place.
        for input in &mut node.input {
            let control = input.strip_prefix('^').filter(|name| !names.contains(*name));
            if let Some(name) = control.and_then(|name| received.get(name)) {
                *input = format!("^{name}");
            }
        }
    }
    for port in &signature.fetches {
        let node = graph.node(port.node);
        let tensor = format!("{}:{}", node.name, port.index);
        let name = format!("_send_{}_{}", node.name, port.index);
        let mut send = end(&name, "_Send", &tensor, node.output_types[port.index], device);
        let source = if port.index == 0 { node.name.clone() } else { tensor };
        send.input.push(renamed(&source));
        ends.push(send);
    }
    graph_def.node.extend(ends);
    Ok(graph_def)
}

/// A node that takes a tensor from the client, or gives it one.
fn end(name: &str, op: &str, tensor: &str, dtype: DType, device: &Device) -> NodeDef {
    let attr = |name: &str, value: Value| (name.to_string(), AttrValue { value: Some(value) });
    let dtype_attr = if op == "_Send" { "T" } else { "tensor_type" };
    let here = || Value::S(device.name().into_bytes());
    let attrs = [
        attr(dtype_attr, Value::Type(dtype.base().number())),
        attr("tensor_name", Value::S(tensor.as_bytes().to_vec())),
        attr("send_device", here()),
        attr("send_device_incarnation", Value::I(device.incarnation().cast_signed())),
        attr("recv_device", here()),
        attr("client_terminated", Value::B(true)),
    ];
    NodeDef {
        name: name.to_string(),
        op: op.to_string(),
        device: device.name(),
        attr: BTreeMap::from(attrs),
        ..NodeDef::default()
    }
}
