//! `inspect`: what it says of models, compared with what TensorFlow's loader finds in them, and its drawings.

use crate::process::{Scratch, ferroflow, recorded, repository};
use ferroflow_testing::insta::assert_snapshot;
use serde_json::Value;

/// The output without the place where the repository lies.
fn inspect(model: &str, args: &[&str]) -> String {
    let text = ferroflow(&[&["inspect", model][..], args].concat()).output();
    text.replace(&repository(""), "")
}

fn json(model: &str) -> Value {
    serde_json::from_str(&inspect(model, &["--json"])).unwrap()
}

#[test]
fn texts() {
    for model in [
        "frozen/graph.pb",
        "v1_control_flow/graph.pb",
        "ckpt_partitioned/model.meta",
        "v1_ref",
        "v1_resource",
        "v2_keras",
        "v2_module",
        "frozen_mobile/graph.pb",
    ] {
        assert_snapshot!(
            format!("text_{}", model.split('/').next().unwrap()),
            inspect(&recorded(model), &[])
        );
    }
}

#[test]
fn objects() {
    for model in ["frozen/graph.pb", "ckpt_sharded/model.meta", "v1_ref", "v2_module"] {
        let text = serde_json::to_string_pretty(&json(&recorded(model))).unwrap();
        assert_snapshot!(format!("json_{}", model.split('/').next().unwrap()), text);
    }
}

/// `(None, 3)`, as TensorFlow writes it, of `[null,3]`.
fn shape(value: &Value) -> String {
    let Some(dims) = value.as_array() else { return "<unknown>".to_string() };
    let dims: Vec<String> =
        dims.iter().map(|dim| if dim.is_null() { "None".to_string() } else { dim.to_string() }).collect();
    if let [only] = dims.as_slice() { format!("({only},)") } else { format!("({})", dims.join(", ")) }
}

/// Signatures are those that TensorFlow's own loader finds.
#[test]
fn signatures_are_tensorflows() {
    for model in ["v1_ref", "v1_resource", "v2_keras", "v2_module"] {
        let graphs = json(&recorded(model));
        let graph = &graphs["graphs"][0];
        let mut lines = Vec::new();
        for (key, signature) in graph["signatures"].as_object().unwrap() {
            lines.push(format!("signature\t{key}\t{}", signature["method_name"].as_str().unwrap()));
            for (kind, infos) in [("input", "inputs"), ("output", "outputs")] {
                for (name, info) in signature[infos].as_object().unwrap() {
                    let text = |key: &str| info[key].as_str().unwrap();
                    let shape = shape(&info["shape"]);
                    lines.push(format!("{kind}\t{name}\t{}\t{}\t{shape}", text("tensor"), text("dtype")));
                }
            }
        }
        let recorded = std::fs::read_to_string(recorded(&format!("{model}/facts.txt"))).unwrap();
        let is_of_signature =
            |line: &&str| ["signature", "input", "output"].contains(&line.split('\t').next().unwrap());
        assert_eq!(lines, recorded.lines().filter(is_of_signature).collect::<Vec<_>>(), "{model}");
    }
}

#[test]
fn what_cannot_run_is_listed() {
    let scratch = Scratch::new();
    let node = |name: &str| {
        format!(
            "node {{ name: '{name}' op: 'LookupNothing' attr {{ key: 'T' value {{ type: DT_INT32 }} }} }}
             node {{ name: 'json_{name}' op: 'ConfigureTPUEmbeddingMemory' input: '{name}' }}"
        )
    };
    let graph = scratch.file("graph.pbtxt", ["a", "b", "c"].map(node).join("\n"));
    let text = inspect(&graph, &[]);
    let (_, listed) = text.split_once("\nunsupported ops:\n").unwrap();
    assert_eq!(
        listed,
        "  ConfigureTPUEmbeddingMemory (node 'json_a', dtype string), and 2 others\n  \
         LookupNothing (node 'a', dtype int32), and 2 others\n"
    );
    let nodes = &json(&graph)["graphs"][0]["unsupported"];
    assert_eq!(nodes.as_array().unwrap().len(), 6);
    assert_eq!(
        nodes[0],
        serde_json::json!({ "node": "a", "op": "LookupNothing", "dtype": "int32", "function": null })
    );
}

#[test]
fn drawings() {
    let scratch = Scratch::new();
    let (dot, html) = (scratch.path("graph.dot"), scratch.path("graph.html"));
    inspect(&recorded("frozen/graph.pb"), &["--dot", &dot, "--html", &html]);
    assert_snapshot!("dot_frozen", std::fs::read_to_string(&dot).unwrap());
    let page = std::fs::read_to_string(&html).unwrap();
    // Nothing is fetched from elsewhere.
    for reference in ["http:", "https:", "src=", "href=", "@import", "url("] {
        let at = page.match_indices(reference).map(|(at, _)| &page[at.saturating_sub(20)..at + 40]);
        let foreign: Vec<&str> = at.filter(|text| !text.contains("www.w3.org/2000/svg")).collect();
        assert!(foreign.is_empty(), "{foreign:?}");
    }
    for node in ["layer/y", "MatMul", "label"] {
        assert!(page.contains(node), "{node}");
    }
    // Both at once, with JSON, and of a model with functions.
    inspect(&recorded("v2_module"), &["--json", "--dot", &dot, "--html", &html]);
    assert!(std::fs::read_to_string(&dot).unwrap().contains("label=\"function "));
}
