//! The form a person reads.

use super::report::{GraphReport, Report, Tensor};
use ferroflow_formats::{Encoding, TensorInfo};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) fn text(report: &Report) -> String {
    let mut out = String::new();
    line(&mut out, 0, &format!("{} {}", report.kind, report.path.display()));
    for graph in &report.graphs {
        describe(&mut out, graph);
    }
    out
}

fn line(out: &mut String, depth: usize, text: &str) {
    let _ = writeln!(out, "{:1$}{text}", "", 2 * depth);
}

/// `1 node`, `2 nodes`
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A heading and what stands below it, if anything does.
fn section(out: &mut String, heading: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_some() {
        line(out, 0, &format!("\n{heading}:"));
        lines.for_each(|text| line(out, 1, &text));
    }
}

fn describe(out: &mut String, graph: &GraphReport) {
    if !graph.tags.is_empty() {
        line(out, 0, &format!("\ngraph with the tags {}", graph.tags.join(", ")));
    }
    if !graph.tensorflow_version.is_empty() {
        line(out, 0, &format!("written by TensorFlow {}", graph.tensorflow_version));
    }
    let functions: Vec<_> = graph.functions().map(|(_, nodes)| nodes.len()).collect();
    let (nodes, inner) = (graph.graph_def.node.len(), functions.iter().sum::<usize>());
    let functions = match functions.len() {
        0 => "no functions".to_string(),
        count => format!("{} of {}", counted(count, "function"), counted(inner, "node")),
    };
    line(out, 0, &format!("{}, {functions}", counted(nodes, "node")));
    for (key, signature) in &graph.signatures {
        section(out, &format!("signature '{key}'"), infos("input", &signature.inputs));
        infos("output", &signature.outputs).for_each(|text| line(out, 1, &text));
    }
    let describe_tensor =
        |tensor: &Tensor| format!("{}: {} {}", tensor.name, tensor.dtype_name(), tensor.shape);
    if graph.signatures.is_empty() {
        section(out, "inputs", graph.inputs.iter().map(describe_tensor));
        section(out, "outputs", graph.outputs.iter().cloned());
    }
    section(out, "variables", graph.variables.iter().map(describe_tensor));
    section(out, "assets", graph.assets.iter().cloned());
    let mut ops: Vec<_> = graph.ops.iter().collect();
    ops.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
    section(out, "ops", ops.iter().map(|(name, count)| format!("{count:6} {name}")));
    if graph.unsupported.is_empty() {
        line(out, 0, "\nall ops are supported");
    }
    section(out, "unsupported ops", unsupported(graph));
}

fn infos<'a>(
    what: &'a str,
    infos: &'a BTreeMap<String, TensorInfo>,
) -> impl Iterator<Item = String> + use<'a> {
    infos.iter().map(move |(name, info)| {
        let dtype = info.dtype.map_or("any dtype", |dtype| dtype.name());
        let tensors = match &info.encoding {
            Encoding::Dense(tensor) => tensor.clone(),
            Encoding::Sparse { indices, values, dense_shape } => {
                format!("sparse: {indices}, {values}, {dense_shape}")
            }
            Encoding::Composite(parts) => format!("composite of {} tensors", parts.len()),
        };
        format!("{what} {name}: {dtype} {} ({tensors})", info.shape)
    })
}

/// A line for each op and dtype that has no kernel, with the first node it is missed at.
fn unsupported(graph: &GraphReport) -> Vec<String> {
    let mut lines: BTreeMap<(&str, &str), (String, usize)> = BTreeMap::new();
    for node in &graph.unsupported {
        let dtype = node.dtype.map_or("unknown", |dtype| dtype.name());
        let entry = lines.entry((&node.op, dtype)).or_insert_with(|| {
            let place = node.function.as_ref().map_or(String::new(), |name| format!(" in function {name}"));
            (format!("{} (node '{}', dtype {dtype}){place}", node.op, node.node), 0)
        });
        entry.1 += 1;
    }
    let line = |(text, count): (String, usize)| match count {
        1 => text,
        2 => format!("{text}, and another"),
        more => format!("{text}, and {} others", more - 1),
    };
    lines.into_values().map(line).collect()
}
