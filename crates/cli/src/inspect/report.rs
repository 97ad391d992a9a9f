//! What a model holds, gathered from its files alone: nothing in it needs to be runnable.

use ferroflow_core::{DType, PartialShape, Result};
use ferroflow_formats::{MetaGraph, ModelFile, Signature};
use ferroflow_graph::{UnsupportedNode, end_nodes, unsupported_nodes};
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::{GraphDef, NodeDef, shape_proto};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const VARIABLE_OPS: &[&str] = &["VarHandleOp", "VariableV2", "Variable"];
const PLACEHOLDER_OPS: &[&str] = &["Placeholder", "PlaceholderV2", "PlaceholderWithDefault"];

/// A model.
pub(super) struct Report {
    pub(super) path: PathBuf,
    /// `SavedModel`, `GraphDef` or `MetaGraph`.
    pub(super) kind: &'static str,
    pub(super) graphs: Vec<GraphReport>,
}

/// A graph of a model.
pub(super) struct GraphReport {
    pub(super) graph_def: GraphDef,
    /// The tags of a SavedModel's graph.
    pub(super) tags: Vec<String>,
    pub(super) tensorflow_version: String,
    pub(super) signatures: BTreeMap<String, Signature>,
    pub(super) assets: Vec<String>,
    pub(super) variables: Vec<Tensor>,
    /// Placeholders.
    pub(super) inputs: Vec<Tensor>,
    /// The nodes that compute something no other uses.
    pub(super) outputs: Vec<String>,
    /// How often each op occurs, in functions too.
    pub(super) ops: BTreeMap<String, usize>,
    pub(super) unsupported: Vec<UnsupportedNode>,
}

/// A tensor as far as the file tells.
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) dtype: Option<DType>,
    pub(super) shape: PartialShape,
}

impl Report {
    pub(super) fn of(path: &Path) -> Result<Report> {
        ferroflow_data::install();
        let (kind, graphs) = match ModelFile::open(path)? {
            ModelFile::GraphDef(graph_def) => ("GraphDef", vec![GraphReport::of_graph(*graph_def)?]),
            ModelFile::MetaGraph { meta_graph, .. } => {
                ("MetaGraph", vec![GraphReport::of_meta_graph(&meta_graph)?])
            }
            ModelFile::SavedModel(model) => {
                let graphs = model.meta_graphs().iter().map(GraphReport::of_meta_graph);
                ("SavedModel", graphs.collect::<Result<_>>()?)
            }
        };
        Ok(Report { path: path.to_path_buf(), kind, graphs })
    }
}

impl GraphReport {
    fn of_meta_graph(meta_graph: &MetaGraph) -> Result<GraphReport> {
        let assets = meta_graph.assets()?.into_iter().map(|asset| asset.path.display().to_string());
        Ok(GraphReport {
            tags: meta_graph.tags().to_vec(),
            tensorflow_version: meta_graph.tensorflow_version().to_string(),
            signatures: meta_graph.signatures()?,
            assets: assets.collect(),
            ..GraphReport::of_graph(meta_graph.graph_def()?.clone())?
        })
    }

    fn of_graph(graph_def: GraphDef) -> Result<GraphReport> {
        let mut ops = BTreeMap::new();
        for node in all_nodes(&graph_def) {
            *ops.entry(node.op.clone()).or_insert(0) += 1;
        }
        Ok(GraphReport {
            tags: Vec::new(),
            tensorflow_version: String::new(),
            signatures: BTreeMap::new(),
            assets: Vec::new(),
            variables: tensors(&graph_def, VARIABLE_OPS),
            inputs: tensors(&graph_def, PLACEHOLDER_OPS),
            outputs: end_nodes(&graph_def).into_iter().map(str::to_string).collect(),
            unsupported: unsupported_nodes(&graph_def)?,
            ops,
            graph_def,
        })
    }

    /// The functions of the graph by name, with their nodes.
    pub(super) fn functions(&self) -> impl Iterator<Item = (&str, &[NodeDef])> {
        let functions = self.graph_def.library.iter().flat_map(|library| &library.function);
        functions.map(|function| {
            let name = function.signature.as_ref().map_or("", |signature| &signature.name);
            (name, function.node_def.as_slice())
        })
    }
}

/// The nodes of a graph and of its functions.
fn all_nodes(graph_def: &GraphDef) -> impl Iterator<Item = &NodeDef> {
    let functions = graph_def.library.iter().flat_map(|library| &library.function);
    graph_def.node.iter().chain(functions.flat_map(|function| &function.node_def))
}

fn tensors(graph_def: &GraphDef, ops: &[&str]) -> Vec<Tensor> {
    let nodes = graph_def.node.iter().filter(|node| ops.contains(&node.op.as_str()));
    nodes.map(Tensor::of).collect()
}

impl Tensor {
    fn of(node: &NodeDef) -> Tensor {
        let value = |name: &str| node.attr.get(name).and_then(|attr| attr.value.as_ref());
        let dtype = match value("dtype") {
            Some(Value::Type(number)) => DType::from_number(*number),
            _ => None,
        };
        let shape = match value("shape") {
            Some(Value::Shape(shape)) => shape_proto::to_partial_shape(shape).ok(),
            _ => None,
        };
        let name = match value("shared_name") {
            Some(Value::S(name)) if !name.is_empty() => String::from_utf8_lossy(name).into_owned(),
            _ => node.name.clone(),
        };
        Tensor { name, dtype, shape: shape.unwrap_or_default() }
    }

    pub(super) fn dtype_name(&self) -> &'static str {
        self.dtype.map_or("unknown", DType::name)
    }
}
