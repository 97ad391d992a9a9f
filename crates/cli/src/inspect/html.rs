//! A page that draws the graph: its scopes open and close, and nothing is fetched from elsewhere.

use super::report::{GraphReport, Report};
use ferroflow_proto::NodeDef;
use serde_json::{Value, json};
use std::collections::HashSet;

const PAGE: &str = include_str!("graph_page.html");
const DRAWING: &str = include_str!("graph_page.js");

pub(super) fn html(report: &Report) -> String {
    let graphs: Vec<Value> = report.graphs.iter().flat_map(graphs).collect();
    let data = json!({ "title": report.path.display().to_string(), "graphs": graphs });
    // Within a script element only `</` could end it, and `<` is no other part of JSON than of a string.
    let data = data.to_string().replace('<', "\\u003c");
    PAGE.replace("/*DRAWING*/", DRAWING).replace("/*DATA*/", &data)
}

/// The graph and each of its functions.
fn graphs(graph: &GraphReport) -> Vec<Value> {
    let title = match graph.tags.as_slice() {
        [] => "graph".to_string(),
        tags => format!("graph with the tags {}", tags.join(", ")),
    };
    let bodies = std::iter::once((None, graph.graph_def.node.as_slice()))
        .chain(graph.functions().map(|(name, nodes)| (Some(name), nodes)));
    bodies
        .map(|(function, nodes)| {
            let unsupported = graph.unsupported.iter().filter(|node| node.function.as_deref() == function);
            let unsupported: HashSet<&str> = unsupported.map(|node| node.node.as_str()).collect();
            let nodes: Vec<Value> =
                nodes.iter().map(|node| self::node(node, unsupported.contains(node.name.as_str()))).collect();
            json!({ "title": function.map_or(title.clone(), |name| format!("function {name}")), "nodes": nodes })
        })
        .collect()
}

fn node(node: &NodeDef, unsupported: bool) -> Value {
    json!({ "name": node.name, "op": node.op, "inputs": node.input, "unsupported": unsupported })
}
