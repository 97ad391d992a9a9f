//! `tf.saved_model.Builder` and `simple_save`: SavedModels of graphs and sessions.

use super::signatures::{
    DEFAULT_SERVING_SIGNATURE_DEF_KEY, SERVING, SignatureTensor, op_signature_def, predict_signature_def,
};
use crate::training::saver::Saver;
use crate::{GraphKeys, Session, get_default_graph};
use ferroflow_core::{AttrValue, DType, Result, TString, Tensor, bail, ensure, options};
use ferroflow_formats::SavedModelWriter;
use ferroflow_graph::{CollectionItem, Operation};
use ferroflow_proto::tensor_info::Encoding;
use ferroflow_proto::{SignatureDef, TensorInfo};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const INIT_OP_SIGNATURE_KEY: &str = "__saved_model_init_op";
const TRAIN_OP_SIGNATURE_KEY: &str = "__saved_model_train_op";

options! {
    /// Optional arguments of [`Builder::add_meta_graph_and_variables_with`].
    pub struct MetaGraphOptions {
        /// The signatures, by key.
        signature_def_map: BTreeMap<String, SignatureDef> = BTreeMap::new(),
        /// Constants that hold the paths of files: these are copied, and the constants fed when the model is loaded.
        assets_list: Vec<Tensor> = Vec::new(),
        /// Whether the devices of nodes are left out.
        clear_devices: bool = false,
        /// Run once the model is loaded and its variables are restored (`main_op`, `legacy_init_op`).
        init_op: Option<Operation> = None,
        /// Trains the model; it is named in the SavedModel and never run.
        train_op: Option<Operation> = None,
        /// Whether attributes that have their default values are left out.
        strip_default_attrs: bool = false,
        /// What saves the variables; by default a new saver of all.
        saver: Option<Saver> = None,
    }
}

/// Writes a SavedModel of the default graph and the variables of a session.
///
/// Source: `tf.compat.v1.saved_model.Builder`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let directory = std::env::temp_dir().join(format!("builder-{}", std::process::id()));
/// let x = tf::with_name("x", || tf::placeholder(tf::float32, [2]))?;
/// let w = tf::Variable::new_with(3.0, |o| o.name("w"))?;
/// let y = tf::multiply(&x, &w)?;
/// let sess = tf::Session::new()?;
/// sess.run(w.initializer()?)?;
/// let signature = tf::saved_model::predict_signature_def([("x", &x)], [("y", &y)])?;
/// let mut builder = tf::saved_model::Builder::new(&directory)?;
/// builder.add_meta_graph_and_variables(&sess, &["serve"], [("serving_default", signature)])?;
/// builder.save()?;
/// let loaded = tf::Session::builder().graph(&tf::Graph::new()).build()?;
/// tf::saved_model::load(&loaded, &["serve"], &directory)?;
/// # std::fs::remove_dir_all(directory).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
pub struct Builder {
    writer: SavedModelWriter,
    has_variables: bool,
}

impl Builder {
    /// Begins a SavedModel in a directory that is empty or does not exist yet.
    ///
    /// # Errors
    /// `AssertionError` when the directory holds anything, and those of the file system.
    pub fn new(export_dir: impl AsRef<Path>) -> Result<Builder> {
        Ok(Builder { writer: SavedModelWriter::create(export_dir)?, has_variables: false })
    }

    /// Adds the default graph and saves its variables.
    ///
    /// # Errors
    /// As [`Builder::add_meta_graph_and_variables_with`].
    pub fn add_meta_graph_and_variables<K: Into<String>>(
        &mut self,
        sess: &Session,
        tags: &[&str],
        signature_def_map: impl IntoIterator<Item = (K, SignatureDef)>,
    ) -> Result<()> {
        let signatures: BTreeMap<String, SignatureDef> =
            signature_def_map.into_iter().map(|(key, signature)| (key.into(), signature)).collect();
        self.add_meta_graph_and_variables_with(sess, tags, |options| options.signature_def_map(signatures))
    }

    /// The same with assets, operations to run, or a saver.
    ///
    /// # Errors
    /// `AssertionError` when variables were saved before, or a signature lacks a name or dtype; `KeyError` for a
    /// reserved key; `TypeError` for an asset that is no constant path; those of saving.
    pub fn add_meta_graph_and_variables_with(
        &mut self,
        sess: &Session,
        tags: &[&str],
        options: impl FnOnce(MetaGraphOptions) -> MetaGraphOptions,
    ) -> Result<()> {
        ensure!(
            !self.has_variables,
            assertion,
            "Graph state including variables and assets has already been saved. Please invoke `add_meta_graph()` \
             instead."
        );
        let options = options(MetaGraphOptions::default());
        let signatures = signatures(&options)?;
        let prefix = self.writer.variables_prefix()?;
        let graph = get_default_graph();
        graph.as_default_scope(|| {
            let saver = saver(&options)?;
            saver.save_with(sess, prefix, |o| o.write_meta_graph(false).write_state(false))?;
            self.add(tags, signatures, &options, &saver, options.strip_default_attrs)
        })?;
        self.has_variables = true;
        Ok(())
    }

    /// Adds the default graph, whose variables are those that were saved with another one.
    ///
    /// # Errors
    /// `AssertionError` before variables are saved; otherwise as [`Builder::add_meta_graph_and_variables_with`].
    pub fn add_meta_graph(
        &mut self,
        tags: &[&str],
        options: impl FnOnce(MetaGraphOptions) -> MetaGraphOptions,
    ) -> Result<()> {
        ensure!(
            self.has_variables,
            assertion,
            "Graph state including variables and assets has not been saved yet. Please invoke \
             `add_meta_graph_and_variables()` first."
        );
        let options = options(MetaGraphOptions::default());
        let signatures = signatures(&options)?;
        let graph = get_default_graph();
        graph.as_default_scope(|| self.add(tags, signatures, &options, &saver(&options)?, true))
    }

    fn add(
        &mut self,
        tags: &[&str],
        signatures: BTreeMap<String, SignatureDef>,
        options: &MetaGraphOptions,
        saver: &Saver,
        strip_default_attrs: bool,
    ) -> Result<()> {
        let mut meta_graph = saver.export_meta_graph(|o| {
            o.clear_devices(options.clear_devices).strip_default_attrs(strip_default_attrs)
        })?;
        for tensor in &options.assets_list {
            let path = asset_path(tensor)?;
            meta_graph.asset_file_def.push(self.writer.add_asset(path, &tensor.name()?)?);
        }
        if let Some(info) = &mut meta_graph.meta_info_def {
            info.tags.extend(tags.iter().map(|tag| (*tag).to_string()));
        }
        meta_graph.signature_def.extend(signatures);
        self.writer.add_meta_graph(meta_graph);
        Ok(())
    }

    /// Writes `saved_model.pb`, which completes the SavedModel; gives its path.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn save(&self) -> Result<PathBuf> {
        self.writer.save(false)
    }

    /// The same in text form, `saved_model.pbtxt`.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn save_as_text(&self) -> Result<PathBuf> {
        self.writer.save(true)
    }
}

fn saver(options: &MetaGraphOptions) -> Result<Saver> {
    match &options.saver {
        Some(saver) => Ok(saver.clone()),
        None => Saver::new_with(|o| o.sharded(true).allow_empty(true)),
    }
}

/// The signatures, checked, and those that stand for operations.
fn signatures(options: &MetaGraphOptions) -> Result<BTreeMap<String, SignatureDef>> {
    let mut signatures = options.signature_def_map.clone();
    for signature in signatures.values() {
        signature.inputs.values().chain(signature.outputs.values()).try_for_each(check_info)?;
    }
    for (key, what, operation) in [
        (INIT_OP_SIGNATURE_KEY, "initialization", &options.init_op),
        (TRAIN_OP_SIGNATURE_KEY, "the train op", &options.train_op),
    ] {
        ensure!(
            !signatures.contains_key(key),
            key,
            "SignatureDef map key \"{key}\" is reserved for {what}. Please use a different key."
        );
        if let Some(operation) = operation {
            signatures.insert(key.to_string(), op_signature_def(operation, key)?);
        }
    }
    Ok(signatures)
}

fn check_info(info: &TensorInfo) -> Result<()> {
    let shown = || ferroflow_proto::text::to_text(info);
    match &info.encoding {
        None => bail!(
            assertion,
            "Invalid `tensor_info`: {}. All TensorInfo protos used in the SignatureDefs must have one of the \
             'encoding' fields (e.g., name or coo_sparse) set.",
            shown()
        ),
        Some(Encoding::CompositeTensor(composite)) => composite.components.iter().try_for_each(check_info),
        Some(_) if info.dtype == 0 => bail!(
            assertion,
            "Invalid `tensor_info`: {}. All TensorInfo protos used in the SignatureDefs must have the dtype field set.",
            shown()
        ),
        Some(_) => Ok(()),
    }
}

/// The path in a constant of an asset.
fn asset_path(tensor: &Tensor) -> Result<String> {
    let operation = Operation::of(tensor)?;
    ensure!(
        operation.op_type() == "Const",
        type_error,
        "Asset path tensor {tensor} must be of type constant.Has type {} instead.",
        operation.op_type()
    );
    ensure!(
        tensor.dtype() == DType::STRING,
        type_error,
        "Asset path tensor {tensor}` must be of dtype string.Has type {} instead.",
        tensor.dtype().name()
    );
    let AttrValue::Tensor(value) = operation.get_attr("value")? else {
        bail!(type_error, "Asset path tensor {tensor} must be a scalar.")
    };
    ensure!(value.len() == 1, type_error, "Asset path tensor {tensor} must be a scalar.");
    let path = value.as_slice::<TString>()?.first().and_then(|path| path.to_str().ok().map(str::to_string));
    match path {
        Some(path) if !path.is_empty() => Ok(path),
        _ => bail!(value, "Asset filepath tensor {tensor} in is invalid."),
    }
}

/// Writes a SavedModel for serving with one signature, `serving_default`; the tables of the graph are initialised when
/// it is loaded, and its assets are those of the collection `asset_filepaths`.
///
/// Source: `tf.compat.v1.saved_model.simple_save`.
///
/// # Errors
/// As [`Builder::add_meta_graph_and_variables_with`].
pub fn simple_save<I: SignatureTensor, O: SignatureTensor>(
    session: &Session,
    export_dir: impl AsRef<Path>,
    inputs: impl IntoIterator<Item = (impl Into<String>, I)>,
    outputs: impl IntoIterator<Item = (impl Into<String>, O)>,
    legacy_init_op: Option<Operation>,
) -> Result<()> {
    let signature = predict_signature_def(inputs, outputs)?;
    let signatures = BTreeMap::from([(DEFAULT_SERVING_SIGNATURE_DEF_KEY.to_string(), signature)]);
    let assets =
        get_default_graph().get_collection(GraphKeys::ASSET_FILEPATHS).into_iter().filter_map(|item| {
            match item {
                CollectionItem::Tensor(tensor) => Some(tensor),
                _ => None,
            }
        });
    let assets: Vec<Tensor> = assets.collect();
    let mut builder = Builder::new(export_dir)?;
    builder.add_meta_graph_and_variables_with(session, &[SERVING], |options| {
        let options = options.signature_def_map(signatures).assets_list(assets).clear_devices(true);
        options.init_op(legacy_init_op)
    })?;
    builder.save().map(|_| ())
}
