//! Collections of the default graph.

use crate::mode::get_default_graph;
use ferroflow_core::Result;
use ferroflow_graph::CollectionItem;

/// The names of the collections that TensorFlow itself uses.
pub struct GraphKeys;

impl GraphKeys {
    /// Variables that are saved and initialised.
    pub const GLOBAL_VARIABLES: &str = "variables";
    /// Variables that training changes.
    pub const TRAINABLE_VARIABLES: &str = "trainable_variables";
    /// Variables of this process alone.
    pub const LOCAL_VARIABLES: &str = "local_variables";
    /// Variables of a model.
    pub const MODEL_VARIABLES: &str = "model_variables";
    /// Losses.
    pub const LOSSES: &str = "losses";
    /// Losses that keep weights small.
    pub const REGULARIZATION_LOSSES: &str = "regularization_losses";
    /// Summaries.
    pub const SUMMARIES: &str = "summaries";
    /// Operations to run with each training step.
    pub const UPDATE_OPS: &str = "update_ops";
    /// Operations that train.
    pub const TRAIN_OP: &str = "train_op";
    /// Operations that initialise tables.
    pub const TABLE_INITIALIZERS: &str = "table_initializer";
    /// The number of the training step.
    pub const GLOBAL_STEP: &str = "global_step";
    /// The operation that initialises everything.
    pub const INIT_OP: &str = "init_op";
}

/// Adds to a collection of the default graph.
///
/// # Errors
/// `RuntimeError` when the graph is finalised.
pub fn add_to_collection(name: &str, value: CollectionItem) -> Result<()> {
    get_default_graph().add_to_collection(name, value)
}

/// Adds to several collections of the default graph.
///
/// # Errors
/// As [`add_to_collection`].
pub fn add_to_collections(names: &[&str], value: &CollectionItem) -> Result<()> {
    names.iter().try_for_each(|name| add_to_collection(name, value.clone()))
}

/// What a collection of the default graph holds.
pub fn get_collection(key: &str) -> Vec<CollectionItem> {
    get_default_graph().get_collection(key)
}
