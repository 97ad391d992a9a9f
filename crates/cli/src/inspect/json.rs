//! The form a program reads.

use super::report::{GraphReport, Report, Tensor};
use ferroflow_core::{DType, PartialShape};
use ferroflow_formats::{Encoding, TensorInfo};
use ferroflow_graph::UnsupportedNode;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn json(report: &Report) -> String {
    let object = json!({
        "path": report.path.display().to_string(),
        "kind": report.kind,
        "graphs": report.graphs.iter().map(graph).collect::<Vec<_>>(),
    });
    format!("{object}\n")
}

fn graph(graph: &GraphReport) -> Value {
    let signatures = graph.signatures.iter().map(|(key, signature)| {
        let object = json!({
            "method_name": signature.method_name,
            "inputs": infos(&signature.inputs),
            "outputs": infos(&signature.outputs),
        });
        (key.clone(), object)
    });
    json!({
        "tags": graph.tags,
        "tensorflow_version": graph.tensorflow_version,
        "nodes": graph.graph_def.node.len(),
        "functions": graph.functions().map(|(name, nodes)| (name.to_string(), nodes.len().into()))
            .collect::<serde_json::Map<_, _>>(),
        "signatures": Value::Object(signatures.collect()),
        "inputs": graph.inputs.iter().map(tensor).collect::<Vec<_>>(),
        "outputs": graph.outputs,
        "variables": graph.variables.iter().map(tensor).collect::<Vec<_>>(),
        "assets": graph.assets,
        "ops": graph.ops,
        "unsupported": graph.unsupported.iter().map(unsupported).collect::<Vec<_>>(),
    })
}

fn infos(infos: &BTreeMap<String, TensorInfo>) -> Value {
    Value::Object(infos.iter().map(|(name, it)| (name.clone(), info(it))).collect())
}

fn info(info: &TensorInfo) -> Value {
    let tensors = match &info.encoding {
        Encoding::Dense(tensor) => json!(tensor),
        Encoding::Sparse { indices, values, dense_shape } => {
            json!({ "indices": indices, "values": values, "dense_shape": dense_shape })
        }
        Encoding::Composite(parts) => parts.iter().map(self::info).collect(),
    };
    json!({ "dtype": info.dtype.map(DType::name), "shape": shape(&info.shape), "tensor": tensors })
}

fn tensor(tensor: &Tensor) -> Value {
    json!({ "name": tensor.name, "dtype": tensor.dtype.map(DType::name), "shape": shape(&tensor.shape) })
}

/// `null` for a shape of unknown rank, and for a dimension that is unknown.
fn shape(shape: &PartialShape) -> Value {
    let size = |axis: usize| shape.dim(axis);
    shape.rank().map_or(Value::Null, |rank| (0..rank).map(size).collect())
}

fn unsupported(node: &UnsupportedNode) -> Value {
    json!({
        "op": node.op,
        "node": node.node,
        "dtype": node.dtype.map(DType::name),
        "function": node.function,
    })
}
