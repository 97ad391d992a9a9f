//! `MetaGraph`: a graph with its signatures, collections, assets and saver.

use super::restore::{self, VariableSource};
use super::signature::Signature;
use crate::{CheckpointReader, files};
use ferroflow_core::{Error, Result, bail};
use ferroflow_proto::collection_def::Kind;
use ferroflow_proto::{self as proto, FunctionDef, GraphDef, MetaGraphDef, SaverDef, tensor_info};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

const INIT_SIGNATURE: &str = "__saved_model_init_op";
const TRAIN_SIGNATURE: &str = "__saved_model_train_op";
/// The collections that name the operation to run after the variables are restored, newest first.
const INIT_COLLECTIONS: [&str; 2] = ["saved_model_main_op", "legacy_init_op"];
const ASSETS_COLLECTION: &str = "saved_model_assets";

/// A graph and what belongs to it, of a SavedModel or a `.meta` file.
#[derive(Clone, Debug)]
pub struct MetaGraph {
    proto: MetaGraphDef,
    /// The directory of the SavedModel that this is of.
    directory: Option<PathBuf>,
}

/// A file that the graph reads, and the tensor to feed its path to.
#[derive(Clone, Debug, PartialEq)]
pub struct Asset {
    /// The tensor, by name.
    pub tensor: String,
    /// The file.
    pub path: PathBuf,
}

impl MetaGraph {
    /// A meta graph, of the SavedModel in `directory` or of a file of its own.
    pub(crate) fn new(proto: MetaGraphDef, directory: Option<&Path>) -> MetaGraph {
        MetaGraph { proto, directory: directory.map(Path::to_path_buf) }
    }

    /// The message as it was read.
    pub fn proto(&self) -> &MetaGraphDef {
        &self.proto
    }

    /// The tags of a SavedModel's meta graph.
    pub fn tags(&self) -> &[String] {
        self.proto.meta_info_def.as_ref().map_or(&[], |info| &info.tags)
    }

    /// The version of TensorFlow that wrote it; empty where it does not say.
    pub fn tensorflow_version(&self) -> &str {
        self.proto.meta_info_def.as_ref().map_or("", |info| &info.tensorflow_version)
    }

    /// The graph.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    pub fn graph_def(&self) -> Result<&GraphDef> {
        self.proto.graph_def.as_ref().ok_or_else(|| Error::invalid_argument("the MetaGraphDef has no graph"))
    }

    /// The functions of the graph's library.
    pub fn functions(&self) -> &[FunctionDef] {
        let library = self.proto.graph_def.as_ref().and_then(|graph| graph.library.as_ref());
        library.map_or(&[], |library| &library.function)
    }

    /// What restores the variables, if anything does.
    pub fn saver_def(&self) -> Option<&SaverDef> {
        self.proto.saver_def.as_ref()
    }

    /// The signatures a user calls, by key: those that stand for initialisation or training are left out.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown dtype, a bad shape, or a default value that is no tensor.
    pub fn signatures(&self) -> Result<BTreeMap<String, Signature>> {
        let signatures = self.proto.signature_def.iter();
        let public = signatures.filter(|(key, _)| ![INIT_SIGNATURE, TRAIN_SIGNATURE].contains(&key.as_str()));
        public.map(|(key, signature)| Ok((key.clone(), Signature::from_proto(signature)?))).collect()
    }

    /// One signature.
    ///
    /// # Errors
    /// `KeyError` with the keys there are, and as [`MetaGraph::signatures`].
    pub fn signature(&self, key: &str) -> Result<Signature> {
        match self.proto.signature_def.get(key) {
            Some(signature) => Signature::from_proto(signature),
            None => {
                let keys = self.signatures()?.into_keys().collect::<Vec<_>>();
                bail!(key, "no signature '{key}' in the model; it has: {}", keys.join(", "))
            }
        }
    }

    /// The operation to run once the variables are restored and the assets are fed, if there is one.
    ///
    /// # Errors
    /// `RuntimeError` when a collection names more than one.
    pub fn init_op(&self) -> Result<Option<String>> {
        if let Some(op) = self.op_of_signature(INIT_SIGNATURE) {
            return Ok(Some(op));
        }
        for collection in INIT_COLLECTIONS {
            match self.node_list(collection) {
                None => {}
                Some([only]) => return Ok(Some(only.clone())),
                Some(ops) => {
                    let quoted: Vec<String> = ops.iter().map(|op| format!("'{op}'")).collect();
                    bail!(
                        runtime,
                        "Expected exactly one SavedModel init op. Found {}: [{}].",
                        ops.len(),
                        quoted.join(", ")
                    )
                }
            }
        }
        Ok(None)
    }

    /// The operation that a signature without inputs stands for.
    fn op_of_signature(&self, key: &str) -> Option<String> {
        match self.proto.signature_def.get(key)?.outputs.get(key)?.encoding.as_ref()? {
            tensor_info::Encoding::Name(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// The names in a collection of nodes.
    pub fn node_list(&self, collection: &str) -> Option<&[String]> {
        match self.proto.collection_def.get(collection)?.kind.as_ref()? {
            Kind::NodeList(list) => Some(&list.value),
            _ => None,
        }
    }

    /// The variables in a collection such as `variables` or `trainable_variables`, as the Python side keeps them.
    ///
    /// # Errors
    /// `DataLoss` when an entry is not a variable.
    pub fn variable_defs(&self, collection: &str) -> Result<Vec<proto::VariableDef>> {
        let Some(Kind::BytesList(list)) =
            self.proto.collection_def.get(collection).and_then(|it| it.kind.as_ref())
        else {
            return Ok(Vec::new());
        };
        let decoded = list.value.iter().map(|bytes| proto::Message::decode(bytes.as_slice()));
        decoded.collect::<Result<_, proto::DecodeError>>().map_err(|error| {
            Error::data_loss(format!("the collection '{collection}' cannot be parsed: {error}"))
        })
    }

    /// The files the graph reads, with the tensors their paths are fed to.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that leads out of the model's directory, `DataLoss` when the list cannot be
    /// parsed.
    pub fn assets(&self) -> Result<Vec<Asset>> {
        let Some(directory) = &self.directory else { return Ok(Vec::new()) };
        let mut files = self.proto.asset_file_def.clone();
        if files.is_empty()
            && let Some(Kind::AnyList(list)) =
                self.proto.collection_def.get(ASSETS_COLLECTION).and_then(|it| it.kind.as_ref())
        {
            let decoded = list.value.iter().map(|any| proto::Message::decode(&*any.value));
            files = decoded
                .collect::<Result<_, proto::DecodeError>>()
                .map_err(|error| Error::data_loss(format!("the list of assets cannot be parsed: {error}")))?;
        }
        let asset = |file: proto::AssetFileDef| {
            let name = Path::new(&file.filename);
            let inside =
                name.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
            let tensor = match file.tensor_info.and_then(|info| info.encoding) {
                Some(tensor_info::Encoding::Name(tensor)) if inside => tensor,
                _ => bail!(invalid_argument, "the SavedModel has a bad asset: '{}'", file.filename),
            };
            Ok(Asset { tensor, path: directory.join("assets").join(name) })
        };
        files.into_iter().map(asset).collect()
    }

    /// The prefix of the SavedModel's checkpoint, or `None` where it has no variables.
    pub fn variables_prefix(&self) -> Option<PathBuf> {
        let prefix = self.directory.as_ref()?.join("variables").join("variables");
        files::with_suffix(&prefix, ".index").is_file().then_some(prefix)
    }

    /// The SavedModel's checkpoint, or `None` where it has no variables.
    ///
    /// # Errors
    /// As [`CheckpointReader::open`].
    pub fn checkpoint(&self) -> Result<Option<CheckpointReader>> {
        self.variables_prefix().map(CheckpointReader::open).transpose()
    }

    /// Which tensor of a checkpoint each variable is restored from, found by following the saver's restore
    /// operation through the graph; empty without a saver.
    ///
    /// # Errors
    /// `InvalidArgument` for a graph whose restore operation is malformed, `Unimplemented` when it restores
    /// something else than variables, by name.
    pub fn variable_sources(&self) -> Result<Vec<VariableSource>> {
        match self.saver_def() {
            Some(saver) if !saver.restore_op_name.is_empty() => {
                restore::variable_sources(self.graph_def()?, &saver.restore_op_name)
            }
            _ => Ok(Vec::new()),
        }
    }
}
