//! The graph for Graphviz, its scopes as clusters.

use super::report::Report;
use ferroflow_proto::NodeDef;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The nodes of a scope and the scopes in it.
#[derive(Default)]
struct Scope<'a> {
    nodes: Vec<&'a NodeDef>,
    inner: BTreeMap<&'a str, Scope<'a>>,
}

/// Scopes deeper than this are drawn as one, so that a hostile name cannot nest without bound.
const MAX_DEPTH: usize = 32;

pub(super) fn dot(report: &Report) -> String {
    let mut out = String::from("digraph model {\n  rankdir=TB;\n  node [shape=box, fontname=sans];\n");
    for (position, graph) in report.graphs.iter().enumerate() {
        let bodies = std::iter::once(("", graph.graph_def.node.as_slice())).chain(graph.functions());
        for (name, nodes) in bodies {
            let prefix = format!("{position}/{name}/");
            if name.is_empty() {
                body(&mut out, &prefix, nodes, 1);
            } else {
                let _ = writeln!(out, "  subgraph {} {{", quoted(&format!("cluster_{prefix}")));
                let _ = writeln!(out, "    label={}; style=dashed;", quoted(&format!("function {name}")));
                body(&mut out, &prefix, nodes, 2);
                out.push_str("  }\n");
            }
        }
    }
    out.push_str("}\n");
    out
}

fn body(out: &mut String, prefix: &str, nodes: &[NodeDef], depth: usize) {
    let mut root = Scope::default();
    for node in nodes {
        let parts: Vec<&str> = node.name.split('/').collect();
        let scopes = parts.split_last().map_or(&[][..], |(_, scopes)| scopes);
        let mut scope = &mut root;
        for part in scopes.iter().take(MAX_DEPTH) {
            scope = scope.inner.entry(part).or_default();
        }
        scope.nodes.push(node);
    }
    write_scope(out, prefix, prefix, &root, depth);
    for node in nodes {
        for input in &node.input {
            let control = input.starts_with('^');
            let source = input.trim_start_matches('^').split(':').next().unwrap_or(input);
            let style = if control { " [style=dashed]" } else { "" };
            let (from, to) = (format!("{prefix}{source}"), format!("{prefix}{}", node.name));
            let _ = writeln!(out, "{:1$}{2} -> {3}{style};", "", 2 * depth, quoted(&from), quoted(&to));
        }
    }
}

/// `prefix` stands before the names of nodes, which hold their scopes; `path` is that of this scope.
fn write_scope(out: &mut String, prefix: &str, path: &str, scope: &Scope<'_>, depth: usize) {
    let indent = " ".repeat(2 * depth);
    for node in &scope.nodes {
        let short = node.name.rsplit('/').next().unwrap_or(&node.name);
        let label = quoted(&format!("{short}\n{}", node.op));
        let _ = writeln!(out, "{indent}{} [label={label}];", quoted(&format!("{prefix}{}", node.name)));
    }
    for (name, inner) in &scope.inner {
        let path = format!("{path}{name}/");
        let _ = writeln!(out, "{indent}subgraph {} {{", quoted(&format!("cluster_{path}")));
        let _ = writeln!(out, "{indent}  label={};", quoted(name));
        write_scope(out, prefix, &path, inner, depth + 1);
        let _ = writeln!(out, "{indent}}}");
    }
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}
