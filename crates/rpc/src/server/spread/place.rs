//! Which device each node of a session's graph runs on.

use crate::server::placement::{Device, cannot_assign};
use ferroflow_core::{DType, Result, bail};
use ferroflow_graph::{DeviceSpec, Graph, Node};
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::Arc;

/// Nodes that run on one device, and what they say of it together.
struct Group {
    parent: usize,
    spec: DeviceSpec,
}

/// Gives the device of each node, by its position in `devices`; the first one is taken wherever it will do.
///
/// As in TensorFlow, nodes stand where the variables, queues and other resources are that they take: what they ask for
/// themselves does not count then. Nodes that are told to stand beside others (`_class`) do so.
///
/// # Errors
/// `InvalidArgument` for nodes that cannot stand beside each other, or that no device of the cluster will do for.
pub(crate) fn place(graph: &Graph, devices: &[Device], soft: bool) -> Result<Vec<usize>> {
    let nodes: Vec<Arc<Node>> = (0..graph.num_nodes()).map(|id| graph.node(id)).collect();
    let mut groups = nodes.iter().enumerate().map(|(id, node)| {
        let mut spec = DeviceSpec::from_string(&node.device)?;
        (spec.device_type, spec.device_index) = (None, None);
        Ok(Group { parent: id, spec })
    });
    let mut groups = groups.by_ref().collect::<Result<Vec<Group>>>()?;
    for (id, node) in nodes.iter().enumerate() {
        for source in resources_of(node, &nodes) {
            let (source, own) = (find(&mut groups, source), find(&mut groups, id));
            if source != own {
                let spec = std::mem::take(&mut groups[own].spec);
                groups[own].parent = source;
                if let Ok(merged) = merged(&groups[source].spec, &spec) {
                    groups[source].spec = merged;
                }
            }
        }
    }
    let by_name: HashMap<&str, usize> =
        nodes.iter().enumerate().map(|(id, node)| (node.name.as_str(), id)).collect();
    for (id, node) in nodes.iter().enumerate() {
        for beside in node.attrs.strs("_class").unwrap_or_default() {
            let Some(&other) = beside.strip_prefix("loc:@").and_then(|name| by_name.get(name)) else {
                continue;
            };
            let (root, own) = (find(&mut groups, other), find(&mut groups, id));
            if root != own {
                match merged(&groups[own].spec, &groups[root].spec) {
                    Ok(spec) => groups[root].spec = spec,
                    Err(reason) => bail!(
                        invalid_argument,
                        "Cannot colocate nodes {{{{colocation_node {}}}}} and {{{{colocation_node {}}}}}: {reason}\n\t \
                         [[{{{{node {}}}}}]]",
                        node.name,
                        nodes[other].name,
                        node.name
                    ),
                }
                groups[own].parent = root;
            }
        }
    }
    let mut placed = Vec::with_capacity(nodes.len());
    for (id, node) in nodes.iter().enumerate() {
        let root = find(&mut groups, id);
        let spec = groups[root].spec.to_string();
        match devices.iter().position(|device| device.fits(&spec, soft)) {
            Some(device) => placed.push(device),
            None => return Err(cannot_assign(&node.name, &spec, devices)),
        }
    }
    Ok(placed)
}

fn find(groups: &mut [Group], id: usize) -> usize {
    let mut root = id;
    while groups[root].parent != root {
        root = groups[root].parent;
    }
    groups[id].parent = root;
    root
}

/// The nodes whose resource, or reference, a node takes.
fn resources_of(node: &Node, nodes: &[Arc<Node>]) -> Vec<usize> {
    let wanted = node.schema.and_then(|schema| schema.input_types(&node.attrs).ok()).unwrap_or_default();
    let takes = node.inputs.iter().enumerate().filter(|(index, port)| {
        let given = nodes[port.node].output_types.get(port.index).copied();
        given == Some(DType::RESOURCE) || wanted.get(*index).is_some_and(|dtype| dtype.is_ref())
    });
    takes.map(|(_, port)| port.node).collect()
}

/// What two nodes say of one device, or why it cannot be one.
fn merged(a: &DeviceSpec, b: &DeviceSpec) -> Result<DeviceSpec, String> {
    fn field<T: Clone + PartialEq + Display>(
        what: &str,
        a: &Option<T>,
        b: &Option<T>,
        (a_spec, b_spec): (&DeviceSpec, &DeviceSpec),
    ) -> Result<Option<T>, String> {
        match (a, b) {
            (Some(a), Some(b)) if a != b => {
                Err(format!("Cannot merge devices with incompatible {what}: '{a_spec}' and '{b_spec}'"))
            }
            _ => Ok(a.clone().or_else(|| b.clone())),
        }
    }
    let both = (a, b);
    Ok(DeviceSpec {
        job: field("jobs", &a.job, &b.job, both)?,
        replica: field("replicas", &a.replica, &b.replica, both)?,
        task: field("tasks", &a.task, &b.task, both)?,
        ..DeviceSpec::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferroflow_proto::attr_value::{ListValue, Value};
    use ferroflow_proto::{AttrValue, GraphDef, NodeDef};

    fn node(name: &str, op: &str, device: &str, inputs: &[&str], attrs: &[(&str, Value)]) -> NodeDef {
        let attr =
            |(name, value): &(&str, Value)| ((*name).to_string(), AttrValue { value: Some(value.clone()) });
        NodeDef {
            name: name.to_string(),
            op: op.to_string(),
            device: device.to_string(),
            input: inputs.iter().map(|input| (*input).to_string()).collect(),
            attr: attrs.iter().map(attr).collect(),
            ..NodeDef::default()
        }
    }

    fn placed(nodes: Vec<NodeDef>) -> Result<Vec<usize>> {
        let graph = Graph::from_graph_def(&GraphDef { node: nodes, ..GraphDef::default() })?;
        place(&graph, &[Device::new("worker", 0), Device::new("ps", 0), Device::new("ps", 1)], false)
    }

    fn float() -> Value {
        Value::Type(1)
    }

    fn class(name: &str) -> Value {
        Value::List(Box::new(ListValue {
            s: vec![format!("loc:@{name}").into_bytes()],
            ..ListValue::default()
        }))
    }

    #[test]
    fn nodes_stand_where_their_resources_are() {
        let shape = || Value::Shape(Default::default());
        let handle = [("dtype", float()), ("shape", shape())];
        let nodes = vec![
            node("v", "VarHandleOp", "/job:ps/task:1", &[], &handle),
            node("read", "ReadVariableOp", "/job:worker", &["v"], &[("dtype", float())]),
            node("free", "NoOp", "", &[], &[]),
            node("any", "NoOp", "/job:ps", &[], &[]),
            node("beside", "NoOp", "", &[], &[("_class", class("any"))]),
        ];
        assert_eq!(placed(nodes).unwrap(), [2, 2, 0, 1, 1]);
    }

    /// In the words of TensorFlow 2.21.
    #[test]
    fn nodes_that_cannot_stand_together() {
        let nodes = vec![
            node("aa", "NoOp", "/job:ps", &[], &[]),
            node("Identity", "NoOp", "/job:worker", &[], &[("_class", class("aa"))]),
        ];
        let error = placed(nodes).unwrap_err();
        let told = "Cannot colocate nodes {{colocation_node Identity}} and {{colocation_node aa}}: Cannot merge devices \
                    with incompatible jobs: '/job:worker' and '/job:ps'\n\t [[{{node Identity}}]]";
        assert_eq!(error.message(), told);
    }
}
