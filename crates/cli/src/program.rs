//! A model that is ready to be called with the inputs of the command line.

use crate::args::CallArgs;
use crate::value;
use ferroflow_core::{Error, NdArray, PartialShape, Result, bail, ensure};
use ferroflow_formats::{MetaGraph, ModelFile, SavedModel, SavedModelBundle, SignatureRunner, restore};
use ferroflow_graph::{DirectSession, Graph, Port, Prepared, RunSettings};
use ferroflow_proto::GraphDef;
use std::path::Path;

const DEFAULT_SIGNATURE: &str = "serving_default";

/// A model, its inputs, and what is asked of it.
pub(crate) enum Program {
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
        ferroflow_formats::install();
        match ModelFile::open(&args.model)? {
            ModelFile::SavedModel(model) => Program::of_saved_model(args, &model),
            ModelFile::GraphDef(graph_def) => {
                let session = DirectSession::new(Graph::from_graph_def(&graph_def)?);
                let fetches = match args.fetches.as_slice() {
                    [] => default_fetches(&graph_def)?,
                    names => names.to_vec(),
                };
                Program::of_graph(args, session, fetches)
            }
            ModelFile::MetaGraph { meta_graph, checkpoint } => {
                ensure!(
                    !args.fetches.is_empty(),
                    invalid_argument,
                    "nothing to compute: name a tensor with --fetch"
                );
                let session = restored(&meta_graph, checkpoint.as_deref())?;
                Program::of_graph(args, session, args.fetches.clone())
            }
        }
    }

    fn of_saved_model(args: &CallArgs, model: &SavedModel) -> Result<Program> {
        let tags: Vec<&str> = args.tags.split(',').filter(|tag| !tag.is_empty()).collect();
        let meta_graph = model.meta_graph(&tags)?;
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
        Ok(Program::Signature { runner, inputs, wanted: args.fetches.clone() })
    }

    fn of_graph(args: &CallArgs, session: DirectSession, fetches: Vec<String>) -> Result<Program> {
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
        for name in fetches {
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
        Ok(Program::Graph { session, prepared, feeds, fetches: names })
    }

    /// Runs it once; gives the results in the order in which they were asked for.
    pub(crate) fn call(&self) -> Result<Vec<(String, NdArray)>> {
        match self {
            Program::Signature { runner, inputs, wanted } => {
                let mut outputs = runner.call(inputs.iter().map(|(name, value)| (name, value.clone())))?;
                if wanted.is_empty() {
                    return Ok(outputs.into_iter().collect());
                }
                let wanted = wanted.iter().filter_map(|name| outputs.remove_entry(name));
                Ok(wanted.collect())
            }
            Program::Graph { session, prepared, feeds, fetches } => {
                let (values, _) = session.run_prepared(prepared, feeds.clone(), &RunSettings::default())?;
                Ok(fetches.iter().cloned().zip(values).collect())
            }
        }
    }
}

fn read(name: &str, text: &str, dtype: ferroflow_core::DType) -> Result<NdArray> {
    value::read(text, dtype).map_err(|error| error.context(format!("input '{name}'")))
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
