//! A model that is ready to be called with the inputs of the command line.

use crate::args::CallArgs;
use crate::value;
use ferroflow_core::{Code, Error, NdArray, PartialShape, Result, bail, ensure, schema, unsupported};
use ferroflow_formats::{MetaGraph, ModelFile, SavedModelBundle, SignatureRunner, restore};
use ferroflow_graph::{DirectSession, Graph, Port, Prepared, RunSettings, unsupported_nodes};
use ferroflow_proto::GraphDef;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

const DEFAULT_SIGNATURE: &str = "serving_default";

/// A model, its inputs, and what is asked of it.
pub(crate) struct Program {
    body: Body,
    /// The checkpoint that was looked for in vain.
    absent: Option<PathBuf>,
}

enum Body {
    /// A signature of a SavedModel.
    Signature {
        runner: SignatureRunner,
        inputs: Vec<(String, NdArray)>,
        /// The outputs that are wanted; all of them when empty.
        wanted: Vec<String>,
    },
    /// Tensors of a graph.
    Graph { session: DirectSession, prepared: Prepared, feeds: Vec<NdArray>, fetches: Vec<String> },
}

impl Program {
    /// Reads a model and its inputs.
    pub(crate) fn open(args: &CallArgs) -> Result<Program> {
        ferroflow_data::install();
        match ModelFile::open(&args.model)? {
            ModelFile::SavedModel(model) => {
                let tags: Vec<&str> = args.tags.split(',').filter(|tag| !tag.is_empty()).collect();
                let meta_graph = model.meta_graph(&tags)?;
                let body = Body::of_saved_model(args, meta_graph);
                let body = body.map_err(|error| naming_unknown_ops(error, meta_graph.graph_def()))?;
                let absent = match meta_graph.variables_prefix() {
                    Some(_) => None,
                    None => Some(model.directory().join("variables").join("variables.index")),
                };
                Ok(Program { body, absent })
            }
            ModelFile::GraphDef(graph_def) => {
                let body = Body::of_graph_def(args, &graph_def);
                Ok(Program {
                    body: body.map_err(|error| naming_unknown_ops(error, Ok(&graph_def)))?,
                    absent: None,
                })
            }
            ModelFile::MetaGraph { meta_graph, checkpoint } => {
                ensure!(
                    !args.fetches.is_empty(),
                    invalid_argument,
                    "nothing to compute: name a tensor with --fetch"
                );
                let body = restored(&meta_graph, checkpoint.as_deref())
                    .and_then(|session| Body::of_graph(args, session, args.fetches.clone()));
                let body = body.map_err(|error| naming_unknown_ops(error, meta_graph.graph_def()))?;
                let absent = checkpoint.is_none().then(|| args.model.with_extension("index"));
                Ok(Program { body, absent })
            }
        }
    }

    /// Runs it once; gives the results in the order in which they were asked for.
    pub(crate) fn call(&self) -> Result<Vec<(String, NdArray)>> {
        self.body.call().map_err(|error| match &self.absent {
            // A variable without a value; where it should have come from is what helps.
            Some(path) if error.code() == Code::FailedPrecondition => {
                error.context(format!("there is no checkpoint {}", path.display()))
            }
            _ => error,
        })
    }
}

impl Body {
    fn of_graph_def(args: &CallArgs, graph_def: &GraphDef) -> Result<Body> {
        let session = DirectSession::new(Graph::from_graph_def(graph_def)?);
        let fetches = match args.fetches.as_slice() {
            [] => default_fetches(graph_def)?,
            names => names.to_vec(),
        };
        Body::of_graph(args, session, fetches)
    }

    fn of_saved_model(args: &CallArgs, meta_graph: &MetaGraph) -> Result<Body> {
        let key = signature_key(args, meta_graph)?;
        let signature = meta_graph.signature(&key)?;
        if let Some(name) = args.fetches.iter().find(|name| !signature.outputs.contains_key(*name)) {
            let names: Vec<&str> = signature.outputs.keys().map(String::as_str).collect();
            bail!(
                invalid_argument,
                "signature '{key}' has no output '{name}'; it gives: {}",
                names.join(", ")
            );
        }
        let runner = SavedModelBundle::new(meta_graph.clone())?.signature(&key)?;
        let mut inputs = Vec::new();
        for text in &args.inputs {
            let (name, text) = value::split(text)?;
            let Some(dtype) = runner.input(name)?.dtype else {
                bail!(unimplemented, "the input '{name}' is of no dtype");
            };
            inputs.push((name.to_string(), read(name, text, dtype)?));
        }
        Ok(Body::Signature { runner, inputs, wanted: once(args.fetches.clone()) })
    }

    fn of_graph(args: &CallArgs, session: DirectSession, fetches: Vec<String>) -> Result<Body> {
        if let Some(name) = &args.signature {
            bail!(invalid_argument, "--signature '{name}': only SavedModels have signatures");
        }
        let graph = session.graph();
        let mut fed: Vec<(Port, NdArray)> = Vec::new();
        for text in &args.inputs {
            let (name, text) = value::split(text)?;
            let port = port(graph, name)?;
            ensure!(
                fed.iter().all(|(other, _)| *other != port),
                invalid_argument,
                "the tensor '{name}' is given twice"
            );
            let tensor = graph.tensor(port);
            let dtype = tensor.dtype().base();
            let value = read(name, text, dtype)?;
            if !tensor.shape().admits(value.shape()) || value.dtype() != dtype {
                bail!(
                    invalid_argument,
                    "Cannot feed value of shape {} and dtype {} for Tensor {}, which has shape {} and dtype {}",
                    PartialShape::from(value.shape()),
                    value.dtype().name(),
                    full_name(name),
                    tensor.shape(),
                    dtype.name()
                );
            }
            fed.push((port, value));
        }
        let (mut ports, mut targets, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for name in once(fetches) {
            match operation_without_outputs(graph, &name) {
                Some(id) => targets.push(id),
                None => {
                    ports.push(port(graph, &name)?);
                    names.push(name);
                }
            }
        }
        let (keys, feeds): (Vec<Port>, Vec<NdArray>) = fed.into_iter().unzip();
        let prepared = session.prepare(&keys, &ports, &targets)?;
        Ok(Body::Graph { session, prepared, feeds, fetches: names })
    }

    fn call(&self) -> Result<Vec<(String, NdArray)>> {
        match self {
            Body::Signature { runner, inputs, wanted } => {
                let mut outputs = runner.call(inputs.iter().map(|(name, value)| (name, value.clone())))?;
                if wanted.is_empty() {
                    return Ok(outputs.into_iter().collect());
                }
                let wanted = wanted.iter().filter_map(|name| outputs.remove_entry(name));
                Ok(wanted.collect())
            }
            Body::Graph { session, prepared, feeds, fetches } => {
                let (values, _) = session.run_prepared(prepared, feeds.clone(), &RunSettings::default())?;
                Ok(fetches.iter().cloned().zip(values).collect())
            }
        }
    }
}

fn read(name: &str, text: &str, dtype: ferroflow_core::DType) -> Result<NdArray> {
    value::read(text, dtype).map_err(|error| error.context(format!("input '{name}'")))
}

/// The names without repetitions: results are told apart by them.
fn once(names: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    names.into_iter().filter(|name| seen.insert(name.clone())).collect()
}

/// The error that a graph is refused with, or that of the first op that TensorFlow does not have either: here it is
/// an op without a kernel as any other.
fn naming_unknown_ops(error: Error, graph_def: Result<&GraphDef>) -> Error {
    let nodes = graph_def.and_then(unsupported_nodes).unwrap_or_default();
    match nodes.iter().find(|node| schema::lookup(&node.op).is_none()) {
        Some(node) if error.code() == Code::NotFound && error.message().contains(&node.op) => {
            unsupported(&node.op, &node.node, node.dtype)
        }
        _ => error,
    }
}

/// A session with the variables of the checkpoint, if there is one.
fn restored(meta_graph: &MetaGraph, checkpoint: Option<&Path>) -> Result<DirectSession> {
    let session = DirectSession::new(Graph::from_graph_def(meta_graph.graph_def()?)?);
    if let Some(prefix) = checkpoint {
        restore(&session, meta_graph, prefix)?;
    }
    Ok(session)
}

/// The signature asked for, or else the one that a model has for those who do not say.
fn signature_key(args: &CallArgs, meta_graph: &MetaGraph) -> Result<String> {
    if let Some(key) = &args.signature {
        return Ok(key.clone());
    }
    let mut keys: Vec<String> = meta_graph.signatures()?.into_keys().collect();
    if keys.iter().any(|key| key == DEFAULT_SIGNATURE) {
        return Ok(DEFAULT_SIGNATURE.to_string());
    }
    match (keys.len(), keys.pop()) {
        (1, Some(only)) => Ok(only),
        (0, _) => bail!(invalid_argument, "the model has no signatures"),
        (_, last) => {
            keys.extend(last);
            bail!(invalid_argument, "name a signature with --signature; the model has: {}", keys.join(", "))
        }
    }
}

/// What a graph computes for nobody in it: the outputs of the stateless nodes that no other node uses.
fn default_fetches(graph_def: &GraphDef) -> Result<Vec<String>> {
    let ends = ferroflow_graph::end_nodes(graph_def);
    ensure!(!ends.is_empty(), invalid_argument, "nothing to compute: name a tensor with --fetch");
    Ok(ends.into_iter().map(str::to_string).collect())
}

fn full_name(name: &str) -> String {
    if name.contains(':') { name.to_string() } else { format!("{name}:0") }
}

fn port(graph: &Graph, name: &str) -> Result<Port> {
    let tensor = graph.get_tensor_by_name(&full_name(name))?;
    graph.port(&tensor).ok_or_else(|| Error::internal("a tensor is not of its graph"))
}

fn operation_without_outputs(graph: &Graph, name: &str) -> Option<usize> {
    let operation = graph.get_operation_by_name(name).ok()?;
    operation.outputs().is_empty().then(|| operation.id())
}
