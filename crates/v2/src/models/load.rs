//! `load`: SavedModels as objects, with their variables and functions.

use super::SavedFunction;
use super::loaded_function::LoadedFunction;
use super::loader::Loader;
use crate::trackable::{Children, Held, Identity, Trackable, TrackableKind};
use crate::{Variable, init_scope};
use ferroflow_core::{Error, Result, Tensor, bail, options};
use ferroflow_formats::{MetaGraph, SavedModel, SavedModelBundle};
use ferroflow_graph::Graph;
use std::collections::BTreeMap;
use std::path::Path;

/// A loaded model: its objects with their variables and functions, and its signatures.
///
/// It is trackable itself: a checkpoint may save it, and [`crate::saved_model::save`] write it again.
pub struct LoadedModel {
    nodes: Vec<LoadedNode>,
    signatures: BTreeMap<String, LoadedFunction>,
    /// Holds the functions of the model, which name each other.
    _library: Option<Graph>,
    _bundle: Option<SavedModelBundle>,
}

pub(super) struct LoadedNode {
    pub(super) children: Vec<(String, usize)>,
    pub(super) kind: LoadedKind,
}

pub(super) enum LoadedKind {
    Object(TrackableKind),
    Variable(Variable),
    Function(LoadedFunction),
    /// A constant, the path of an asset, or the handle of a resource.
    Tensor(Tensor),
}

options! {
    /// Optional arguments of [`load_with`].
    pub struct LoadOptions {
        /// The tags of the graph that is meant, of a model with several.
        tags: Option<Vec<String>> = None,
    }
}

/// Loads a SavedModel: of TensorFlow 2 with its objects, of TensorFlow 1 with its signatures.
///
/// Source: `tf.saved_model.load`.
///
/// ```no_run
/// use ferroflow_v2 as tf;
/// let model = tf::saved_model::load("export")?;
/// let images = tf::zeros([1, 28, 28], tf::float32)?;
/// let scores = model.signature("serving_default")?.call_named([("images", images)])?;
/// for variable in model.trainable_variables() {
///     println!("{variable}");
/// }
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// As [`load_with`].
pub fn load(export_dir: impl AsRef<Path>) -> Result<LoadedModel> {
    load_with(export_dir, |options| options)
}

/// The same for a model of several graphs.
///
/// # Errors
/// `NotFound` when the directory holds no model, `ValueError` when it has several graphs, `RuntimeError` when none has
/// the tags, `DataLoss` and `InvalidArgument` for damaged files, `Unimplemented` for objects and ops that are not
/// implemented, by name.
pub fn load_with(
    export_dir: impl AsRef<Path>,
    options: impl FnOnce(LoadOptions) -> LoadOptions,
) -> Result<LoadedModel> {
    let model = SavedModel::load(export_dir)?;
    let meta_graph = match options(LoadOptions::default()).tags {
        None => model.only_meta_graph()?,
        Some(tags) => model.meta_graph(&tags.iter().map(String::as_str).collect::<Vec<_>>())?,
    };
    init_scope(|| load_graph(meta_graph))
}

/// Whether a directory holds a SavedModel.
///
/// Source: `tf.saved_model.contains_saved_model`.
pub fn contains_saved_model(export_dir: impl AsRef<Path>) -> bool {
    ["saved_model.pb", "saved_model.pbtxt"].iter().any(|name| export_dir.as_ref().join(name).is_file())
}

fn load_graph(meta_graph: &MetaGraph) -> Result<LoadedModel> {
    match &meta_graph.proto().object_graph_def {
        Some(objects) if !objects.nodes.is_empty() => Loader::new(meta_graph, objects)?.load(),
        _ => load_without_objects(meta_graph),
    }
}

/// A model of TensorFlow 1: its signatures run in a session.
fn load_without_objects(meta_graph: &MetaGraph) -> Result<LoadedModel> {
    let bundle = SavedModelBundle::new(meta_graph.clone())?;
    let mut signatures = BTreeMap::new();
    for key in meta_graph.signatures()?.into_keys() {
        let runner = bundle.signature(&key)?;
        signatures.insert(key.clone(), LoadedFunction::of_runner(&key, runner));
    }
    let root = LoadedNode { children: Vec::new(), kind: LoadedKind::Object(TrackableKind::Object) };
    Ok(LoadedModel { nodes: vec![root], signatures, _library: None, _bundle: Some(bundle) })
}

impl LoadedNode {
    fn child(&self, name: &str) -> Option<usize> {
        self.children.iter().find(|(found, _)| found == name).map(|(_, id)| *id)
    }
}

impl LoadedModel {
    /// A model of these objects, whose root has its signatures.
    pub(super) fn of_objects(nodes: Vec<LoadedNode>, library: Graph) -> LoadedModel {
        let map = nodes.first().and_then(|root| root.child("signatures")).and_then(|map| nodes.get(map));
        let children = map.map(|map| map.children.as_slice()).unwrap_or_default();
        let signature = |(key, id): &(String, usize)| match nodes.get(*id).map(|node| &node.kind) {
            Some(LoadedKind::Function(function)) => Some((key.clone(), function.clone())),
            _ => None,
        };
        let signatures = children.iter().filter_map(signature).collect();
        LoadedModel { nodes, signatures, _library: Some(library), _bundle: None }
    }

    /// The signatures, by key.
    pub fn signatures(&self) -> &BTreeMap<String, LoadedFunction> {
        &self.signatures
    }

    /// A signature.
    ///
    /// # Errors
    /// `KeyError` with the keys there are.
    pub fn signature(&self, key: &str) -> Result<&LoadedFunction> {
        self.signatures.get(key).ok_or_else(|| {
            let keys: Vec<&str> = self.signatures.keys().map(String::as_str).collect();
            Error::key(format!("no signature '{key}' in the model; it has: {}", keys.join(", ")))
        })
    }

    /// The number of the object that names, split by dots, lead to from the root.
    fn find(&self, path: &str) -> Result<&LoadedNode> {
        let mut node = self.nodes.first();
        for name in path.split('.').filter(|name| !name.is_empty()) {
            node = node.and_then(|node| node.child(name)).and_then(|id| self.nodes.get(id));
        }
        node.ok_or_else(|| Error::attribute(format!("the loaded model has no attribute '{path}'")))
    }

    /// The function that names, split by dots, lead to from the root: `__call__`, `encoder.call`.
    ///
    /// # Errors
    /// `AttributeError` when there is none.
    pub fn function(&self, path: &str) -> Result<&LoadedFunction> {
        match &self.find(path)?.kind {
            LoadedKind::Function(function) => Ok(function),
            _ => bail!(attribute, "'{path}' of the loaded model is no function"),
        }
    }

    /// The variable that names, split by dots, lead to from the root: `encoder.w`, `layers.0.kernel`.
    ///
    /// # Errors
    /// `AttributeError` when there is none.
    pub fn variable(&self, path: &str) -> Result<&Variable> {
        match &self.find(path)?.kind {
            LoadedKind::Variable(variable) => Ok(variable),
            _ => bail!(attribute, "'{path}' of the loaded model is no variable"),
        }
    }

    /// The constant, or path of an asset, that names lead to from the root.
    ///
    /// # Errors
    /// `AttributeError` when there is none.
    pub fn tensor(&self, path: &str) -> Result<&Tensor> {
        match &self.find(path)?.kind {
            LoadedKind::Tensor(tensor) => Ok(tensor),
            _ => bail!(attribute, "'{path}' of the loaded model is no tensor"),
        }
    }

    /// The names of the functions that the root has.
    pub fn functions(&self) -> Vec<&str> {
        let children = self.nodes.first().map(|root| root.children.as_slice()).unwrap_or_default();
        let is_function =
            |id: usize| self.nodes.get(id).is_some_and(|node| matches!(node.kind, LoadedKind::Function(_)));
        children.iter().filter(|(_, id)| is_function(*id)).map(|(name, _)| name.as_str()).collect()
    }

    /// All variables, in the order of the objects.
    pub fn variables(&self) -> Vec<&Variable> {
        let variables = self.nodes.iter().filter_map(|node| match &node.kind {
            LoadedKind::Variable(variable) => Some(variable),
            _ => None,
        });
        variables.collect()
    }

    /// The variables that training may change.
    pub fn trainable_variables(&self) -> Vec<&Variable> {
        self.variables().into_iter().filter(|variable| variable.trainable()).collect()
    }
}

/// The objects go by the names that they had; edges to the signatures are left out, which are made anew.
impl Trackable for LoadedModel {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        children.extend(LoadedObject { nodes: &self.nodes, id: 0 }.entries());
    }
}

/// An object of a loaded model, as graphs of objects hold it.
#[derive(Clone, Copy)]
pub(crate) struct LoadedObject<'m> {
    nodes: &'m [LoadedNode],
    id: usize,
}

impl<'m> LoadedObject<'m> {
    fn node(&self) -> Option<&'m LoadedNode> {
        self.nodes.get(self.id)
    }

    pub(crate) fn entries(&self) -> Vec<(String, Held<'m>)> {
        let children = self.node().map(|node| node.children.as_slice()).unwrap_or_default();
        let kept = children.iter().filter(|(name, _)| self.id != 0 || name != "signatures");
        kept.map(|(name, id)| (name.clone(), Held::Loaded(LoadedObject { nodes: self.nodes, id: *id })))
            .collect()
    }

    pub(crate) fn variable(&self) -> Option<&'m Variable> {
        match &self.node()?.kind {
            LoadedKind::Variable(variable) => Some(variable),
            _ => None,
        }
    }

    pub(crate) fn kind(&self) -> TrackableKind {
        match self.node().map(|node| &node.kind) {
            Some(LoadedKind::Object(kind)) => *kind,
            Some(LoadedKind::Function(_)) => TrackableKind::Function,
            _ => TrackableKind::Object,
        }
    }

    pub(crate) fn as_function(&self) -> Result<Option<SavedFunction>> {
        match self.node().map(|node| &node.kind) {
            Some(LoadedKind::Function(function)) => function.as_function(),
            _ => Ok(None),
        }
    }

    /// Variables are those of the program, however they are reached.
    pub(crate) fn identity(&self) -> Identity {
        match self.variable() {
            Some(variable) => variable.identity(),
            None => self.node().map_or_else(|| Identity::of(&()), Identity::of),
        }
    }
}
