//! The part of a graph that a step runs, with the nodes by which TensorFlow's servers bring in what is fed and give out
//! what is fetched.

use super::placement::Device;
use ferroflow_core::{DType, Result};
use ferroflow_graph::{Graph, RunSignature, nodes_of_run};
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::{AttrValue, GraphDef, NodeDef, TensorProto, TensorShapeProto, tensor_shape_proto::Dim};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The nodes that a step runs, each on the device that `place` says; what is fed and fetched passes through `client`.
///
/// # Errors
/// As [`Graph::as_graph_def`].
pub(crate) fn run_graph(
    graph: &Graph,
    signature: &RunSignature,
    client: &Device,
    place: &dyn Fn(&str) -> String,
) -> Result<GraphDef> {
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
        ends.push(end(&name, "_Recv", &tensor, node.output_types[port.index], client));
        if port.index == 0 {
            received.insert(node.name.clone(), name.clone());
        }
        received.insert(tensor, name);
    }
    let renamed = |input: &String| received.get(input).unwrap_or(input).clone();
    for node in &mut graph_def.node {
        node.device = place(&node.name);
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
        let mut send = end(&name, "_Send", &tensor, node.output_types[port.index], client);
        let source = if port.index == 0 { node.name.clone() } else { tensor };
        send.input.push(renamed(&source));
        ends.push(send);
    }
    graph_def.node.extend(ends);
    Ok(graph_def)
}

fn attr(name: &str, value: Value) -> (String, AttrValue) {
    (name.to_string(), AttrValue { value: Some(value) })
}

/// A node that takes a tensor from the client, or gives it one.
fn end(name: &str, op: &str, tensor: &str, dtype: DType, device: &Device) -> NodeDef {
    let mut node = exchange(name, op, tensor, dtype.base(), device, device);
    node.attr.extend([attr("client_terminated", Value::B(true))]);
    node
}

/// A node that sends a tensor from one device to another (`_Send`), or receives it there (`_Recv`).
pub(crate) fn exchange(
    name: &str,
    op: &str,
    tensor: &str,
    dtype: DType,
    from: &Device,
    to: &Device,
) -> NodeDef {
    let (dtype_attr, own) = if op == "_Send" { ("T", from) } else { ("tensor_type", to) };
    let attrs = [
        attr(dtype_attr, Value::Type(dtype.number())),
        attr("tensor_name", Value::S(tensor.as_bytes().to_vec())),
        attr("send_device", Value::S(from.name().into_bytes())),
        attr("send_device_incarnation", Value::I(from.incarnation().cast_signed())),
        attr("recv_device", Value::S(to.name().into_bytes())),
        attr("client_terminated", Value::B(false)),
    ];
    NodeDef {
        name: name.to_string(),
        op: op.to_string(),
        device: own.name(),
        attr: BTreeMap::from(attrs),
        ..NodeDef::default()
    }
}

/// A tensor of no elements, for its being there.
pub(crate) fn float_constant(name: &str, device: &str, input: Vec<String>) -> NodeDef {
    let shape = TensorShapeProto { dim: vec![Dim::default()], ..TensorShapeProto::default() };
    let dtype = DType::FLOAT32.number();
    let value = TensorProto { dtype, tensor_shape: Some(shape), ..TensorProto::default() };
    NodeDef {
        name: name.to_string(),
        op: "Const".to_string(),
        device: device.to_string(),
        input,
        attr: BTreeMap::from([attr("dtype", Value::Type(dtype)), attr("value", Value::Tensor(value.into()))]),
        ..NodeDef::default()
    }
}
