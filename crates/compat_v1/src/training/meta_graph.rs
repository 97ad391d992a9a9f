//! Meta graphs: a graph with its collections and its saver, written to a message or a file, and taken from one.

use super::meta_graph_scope as scope;
use super::saver::Saver;
use crate::mode::{executing_eagerly, get_default_graph};
use crate::variables::{Variable, prepend_scope, strip_scope, variables_in};
use crate::{GraphKeys, ImportOptions};
use ferroflow_core::{Error, Result, Tensor, bail, options};
use ferroflow_formats as formats;
use ferroflow_graph::{CollectionItem, Element, Graph};
use ferroflow_proto::collection_def::{AnyList, BytesList, FloatList, Int64List, Kind, NodeList};
use ferroflow_proto::meta_graph_def::MetaInfoDef;
use ferroflow_proto::{
    self as proto, CollectionDef, GraphDef, Message, MetaGraphDef, QueueRunnerDef, SaverDef, VariableDef,
};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The collections whose variables are exported as messages rather than by name.
const VARIABLE_COLLECTIONS: [&str; 8] = [
    GraphKeys::GLOBAL_VARIABLES,
    GraphKeys::LOCAL_VARIABLES,
    GraphKeys::MODEL_VARIABLES,
    GraphKeys::TRAINABLE_VARIABLES,
    GraphKeys::MOVING_AVERAGE_VARIABLES,
    GraphKeys::GLOBAL_STEP,
    GraphKeys::METRIC_VARIABLES,
    GraphKeys::CONCATENATED_VARIABLES,
];

options! {
    /// Optional arguments of [`export_meta_graph`].
    pub struct ExportOptions {
        /// Where to write the message.
        filename: Option<PathBuf> = None,
        /// Who wrote it; by default what TensorFlow says of itself.
        meta_info_def: Option<MetaInfoDef> = None,
        /// The graph as a message, where it is not that of `graph`.
        graph_def: Option<GraphDef> = None,
        /// What saves and restores its variables.
        saver_def: Option<SaverDef> = None,
        /// The collections that are exported; by default all.
        collection_list: Option<Vec<String>> = None,
        /// Whether the file is in text form.
        as_text: bool = false,
        /// The graph; by default the default graph.
        graph: Option<Graph> = None,
        /// Only nodes in this scope are exported, under names without it.
        export_scope: String = String::new(),
        /// Whether the devices of nodes are left out.
        clear_devices: bool = false,
        /// Whether the nodes of other savers are left out.
        clear_extraneous_savers: bool = false,
        /// Whether attributes that have their default values are left out.
        strip_default_attrs: bool = false,
    }
}

/// The default graph with its collections, and a saver if one is given, as a message; in a file, too, if one is named.
///
/// Source: `tf.compat.v1.train.export_meta_graph`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let graph = tf::Graph::new();
/// let meta_graph = graph.as_default_scope(|| {
///     tf::Variable::new_with(1.0, |o| o.name("v"))?;
///     tf::train::export_meta_graph(|o| o)
/// })?;
/// assert!(meta_graph.collection_def.contains_key("trainable_variables"));
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `RuntimeError` in eager mode; `ValueError` when nodes of a scope have inputs from outside; those of the file system.
pub fn export_meta_graph(options: impl FnOnce(ExportOptions) -> ExportOptions) -> Result<MetaGraphDef> {
    export(&options(ExportOptions::default()))
}

pub(super) fn export(options: &ExportOptions) -> Result<MetaGraphDef> {
    if executing_eagerly() && options.graph.is_none() {
        return Err(not_in_eager_mode());
    }
    let graph = options.graph.clone().unwrap_or_else(get_default_graph);
    let mut graph_def = match &options.graph_def {
        Some(graph_def) => graph_def.clone(),
        None => scope::graph_def_with_shapes(&graph)?,
    };
    let left_out = match options.clear_extraneous_savers {
        true => scope::nodes_of_other_savers(&graph_def, options.saver_def.as_ref()),
        false => BTreeSet::new(),
    };
    scope::take_scope(&mut graph_def, &options.export_scope, &left_out)?;
    if options.clear_devices {
        graph_def.node.iter_mut().for_each(|node| node.device.clear());
    }
    let mut info = match &options.meta_info_def {
        Some(info) => info.clone(),
        None => formats::meta_info(&graph_def)?,
    };
    if options.strip_default_attrs {
        scope::strip_defaults(&mut graph_def)?;
        info.stripped_default_attrs = true;
    }
    let mut meta_graph = MetaGraphDef {
        meta_info_def: Some(info),
        graph_def: Some(graph_def),
        saver_def: options.saver_def.clone(),
        ..MetaGraphDef::default()
    };
    let keys = options.collection_list.clone().unwrap_or_else(|| graph.get_all_collection_keys());
    for key in keys {
        if let Some(collection) = collection_def(&graph, &key, options, &left_out)? {
            meta_graph.collection_def.insert(key, collection);
        }
    }
    if let Some(path) = &options.filename {
        formats::write_message(path, &meta_graph, options.as_text)?;
    }
    Ok(meta_graph)
}

fn not_in_eager_mode() -> Error {
    Error::runtime(
        "Exporting/importing meta graphs is not supported when eager execution is enabled. No graph exists when eager \
         execution is enabled.",
    )
}

/// A collection as a message; `None` where nothing of it can be exported, as for objects of a program's own.
fn collection_def(
    graph: &Graph,
    key: &str,
    options: &ExportOptions,
    left_out: &BTreeSet<String>,
) -> Result<Option<CollectionDef>> {
    let items = graph.get_collection(key);
    // The saver that is exported stands in its own field, others have lost their nodes.
    if options.clear_extraneous_savers && key == GraphKeys::SAVERS {
        return Ok(None);
    }
    let exported = |name: &str| scope::is_exported(name, &options.export_scope, left_out);
    let export_scope = options.export_scope.as_str();
    let (mut bytes, mut names) = (Vec::new(), Vec::new());
    let (mut integers, mut floats, mut anys) = (Vec::new(), Vec::new(), Vec::new());
    for item in &items {
        if let Some(variable) = Variable::of_item(graph, item) {
            if VARIABLE_COLLECTIONS.contains(&key) {
                bytes.extend(variable.to_proto(export_scope)?.map(|message| message.encode_to_vec()));
            } else if exported(&variable.name()) {
                names.extend(strip_scope(&variable.name(), export_scope));
            }
        } else if let Some(saver) = Saver::of_item(item) {
            bytes.extend(saver.to_proto(export_scope).map(|message| message.encode_to_vec()));
        } else {
            match item {
                CollectionItem::Tensor(tensor) => {
                    let name = tensor.name()?;
                    names.extend(strip_scope(&name, export_scope).filter(|_| exported(&name)));
                }
                CollectionItem::Operation(operation) => {
                    let name = operation.name();
                    names.extend(strip_scope(&name, export_scope).filter(|_| exported(&name)));
                }
                CollectionItem::Any(any) => {
                    let any = any.as_ref();
                    if let Some(text) = any.downcast_ref::<String>() {
                        bytes.push(text.as_bytes().to_vec());
                    } else if let Some(text) = any.downcast_ref::<Vec<u8>>() {
                        bytes.push(text.clone());
                    } else if let Some(number) = any.downcast_ref::<i64>() {
                        integers.push(*number);
                    } else if let Some(number) = any.downcast_ref::<f32>() {
                        floats.push(*number);
                    } else if let Some(message) = any.downcast_ref::<proto::Any>() {
                        anys.push(message.clone());
                    } else if let Some(runner) = any.downcast_ref::<QueueRunnerDef>() {
                        bytes.push(runner.encode_to_vec());
                    } else {
                        // TensorFlow warns, and leaves out the whole collection.
                        return Ok(None);
                    }
                }
            }
        }
    }
    let kind = match (bytes.is_empty(), integers.is_empty(), floats.is_empty(), anys.is_empty()) {
        (false, ..) => Kind::BytesList(BytesList { value: bytes }),
        (_, false, ..) => Kind::Int64List(Int64List { value: integers }),
        (_, _, false, _) => Kind::FloatList(FloatList { value: floats }),
        (.., false) => Kind::AnyList(AnyList { value: anys }),
        _ => Kind::NodeList(NodeList { value: names }),
    };
    Ok(Some(CollectionDef { kind: Some(kind) }))
}

options! {
    /// Optional arguments of [`import_meta_graph_with`].
    pub struct ImportMetaGraphOptions {
        /// Whether the devices of nodes are left out.
        clear_devices: bool = false,
        /// The scope that the nodes are put in.
        import_scope: String = String::new(),
        /// Inputs of imported nodes, by name, that tensors of the graph take the place of.
        input_map: Vec<(String, Tensor)> = Vec::new(),
        /// Names of tensors and operations to return.
        return_elements: Vec<String> = Vec::new(),
    }
}

/// A meta graph: a message, or the file that holds one.
pub trait MetaGraphSource {
    /// The message.
    ///
    /// # Errors
    /// Those of reading the file.
    fn read(&self) -> Result<MetaGraphDef>;
}

impl MetaGraphSource for MetaGraphDef {
    fn read(&self) -> Result<MetaGraphDef> {
        Ok(self.clone())
    }
}

macro_rules! paths {
    ($($ty:ty)*) => {
        $(impl MetaGraphSource for $ty {
            fn read(&self) -> Result<MetaGraphDef> {
                let path: &Path = self.as_ref();
                let read = formats::read_meta_graph(path).map_err(|error| scope::file_error(path, &error));
                read.map(|meta_graph| meta_graph.proto().clone())
            }
        })*
    };
}

paths! { str String Path PathBuf }

/// Adds a meta graph's nodes and collections to the default graph; gives a saver of its variables, if it has any.
///
/// Source: `tf.compat.v1.train.import_meta_graph`.
///
/// # Errors
/// As [`import_meta_graph_with`].
pub fn import_meta_graph(meta_graph_or_file: &(impl MetaGraphSource + ?Sized)) -> Result<Option<Saver>> {
    import_meta_graph_with(meta_graph_or_file, |options| options).map(|(saver, _)| saver)
}

/// The same with a scope, and with the elements that the options name.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let meta_graph = tf::Graph::new().as_default_scope(|| {
///     tf::Variable::new_with(1.0, |o| o.name("v"))?;
///     tf::train::Saver::new()?.export_meta_graph(|o| o)
/// })?;
/// let graph = tf::Graph::new();
/// graph.as_default_scope(|| {
///     let (saver, _) = tf::train::import_meta_graph_with(&meta_graph, |o| o.import_scope("model"))?;
///     assert!(saver.is_some());
///     assert_eq!(tf::global_variables()[0].name(), "model/v:0");
///     Ok::<(), tf::Error>(())
/// })?;
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `RuntimeError` in eager mode; those of reading the file, of importing the graph, and `KeyError` for collections that
/// name nodes which the graph lacks.
pub fn import_meta_graph_with(
    meta_graph_or_file: &(impl MetaGraphSource + ?Sized),
    options: impl FnOnce(ImportMetaGraphOptions) -> ImportMetaGraphOptions,
) -> Result<(Option<Saver>, Vec<Element>)> {
    if executing_eagerly() {
        return Err(not_in_eager_mode());
    }
    let options = options(ImportMetaGraphOptions::default());
    let meta_graph = meta_graph_or_file.read()?;
    let graph = get_default_graph();
    let (import_scope, elements) = import_scoped(&graph, &meta_graph, &options)?;
    let saver = match &meta_graph.saver_def {
        Some(saver_def) => Some(Saver::from_proto(saver_def, &import_scope)?),
        None if variables_in(GraphKeys::GLOBAL_VARIABLES, &import_scope).is_empty() => None,
        None => Some(Saver::new()?),
    };
    Ok((saver, elements))
}

/// Adds nodes and collections; gives the scope that they are in, which may have another number than was asked for.
pub(crate) fn import_scoped(
    graph: &Graph,
    meta_graph: &MetaGraphDef,
    options: &ImportMetaGraphOptions,
) -> Result<(String, Vec<Element>)> {
    ferroflow_v2::data::install();
    let Some(mut graph_def) = meta_graph.graph_def.clone() else {
        bail!(invalid_argument, "the MetaGraphDef has no graph")
    };
    if options.clear_devices {
        graph_def.node.iter_mut().for_each(|node| node.device.clear());
    }
    // TensorFlow drops what it writes for others to know shapes without looking into ops.
    for node in &mut graph_def.node {
        node.attr.remove("_output_shapes");
    }
    let (scope, prefix) = match options.import_scope.trim_end_matches('/') {
        "" => (String::new(), String::new()),
        scope => {
            let free = graph.unique_name(scope, false);
            (free.clone(), free)
        }
    };
    let elements = graph.import_graph_def(
        &graph_def,
        &ImportOptions {
            prefix: Some(prefix),
            input_map: options.input_map.clone(),
            return_elements: options.return_elements.clone(),
            ..ImportOptions::default()
        },
    )?;
    // One object for each variable, whichever collections it is in.
    let mut variables: HashMap<Vec<u8>, CollectionItem> = HashMap::new();
    for (key, collection) in &meta_graph.collection_def {
        let items = match &collection.kind {
            None => continue,
            Some(Kind::BytesList(list)) => list
                .value
                .iter()
                .map(|bytes| bytes_item(graph, key, bytes, &scope, &mut variables))
                .collect::<Result<Vec<_>>>()?,
            Some(Kind::NodeList(list)) => {
                list.value.iter().map(|name| node_item(graph, name, &scope)).collect::<Result<Vec<_>>>()?
            }
            Some(Kind::Int64List(list)) => any_items(&list.value),
            Some(Kind::FloatList(list)) => any_items(&list.value),
            Some(Kind::AnyList(list)) => any_items(&list.value),
        };
        for item in items {
            graph.add_to_collection(key, item)?;
        }
    }
    Ok((scope, elements))
}

fn any_items<T: Clone + Send + Sync + 'static>(values: &[T]) -> Vec<CollectionItem> {
    values.iter().map(|value| CollectionItem::Any(Arc::new(value.clone()))).collect()
}

fn node_item(graph: &Graph, name: &str, scope: &str) -> Result<CollectionItem> {
    let name = prepend_scope(name, scope);
    match name.contains(':') {
        true => graph.get_tensor_by_name(&name).map(CollectionItem::Tensor),
        false => graph.get_operation_by_name(&name).map(CollectionItem::Operation),
    }
}

fn bytes_item(
    graph: &Graph,
    key: &str,
    bytes: &[u8],
    scope: &str,
    variables: &mut HashMap<Vec<u8>, CollectionItem>,
) -> Result<CollectionItem> {
    let bad = |error: proto::DecodeError| {
        Error::data_loss(format!("the collection '{key}' cannot be parsed: {error}"))
    };
    if VARIABLE_COLLECTIONS.contains(&key) {
        if let Some(known) = variables.get(bytes) {
            return Ok(known.clone());
        }
        let message = VariableDef::decode(bytes).map_err(bad)?;
        let item = Variable::from_proto(graph, &message, scope)?.to_item();
        variables.insert(bytes.to_vec(), item.clone());
        return Ok(item);
    }
    Ok(match key {
        GraphKeys::SAVERS => {
            let message = SaverDef::decode(bytes).map_err(bad)?;
            Saver::from_proto(&message, scope)?.to_item()
        }
        GraphKeys::QUEUE_RUNNERS => {
            let mut message = QueueRunnerDef::decode(bytes).map_err(bad)?;
            let names = message.enqueue_op_name.iter_mut();
            let single = [&mut message.queue_name, &mut message.close_op_name, &mut message.cancel_op_name];
            for name in names.chain(single) {
                *name = prepend_scope(name, scope);
            }
            CollectionItem::Any(Arc::new(message))
        }
        _ => CollectionItem::Any(Arc::new(bytes.to_vec())),
    })
}
