//! The rest of the names of collections that TensorFlow itself uses.

use crate::ops::GraphKeys;

impl GraphKeys {
    /// Variables of metrics.
    pub const METRIC_VARIABLES: &str = "metric_variables";
    /// Variables whose moving averages are kept.
    pub const MOVING_AVERAGE_VARIABLES: &str = "moving_average_variables";
    /// Weights of layers.
    pub const WEIGHTS: &str = "weights";
    /// Biases of layers.
    pub const BIASES: &str = "biases";
    /// Outputs of layers.
    pub const ACTIVATIONS: &str = "activations";
    /// Threads that fill queues.
    pub const QUEUE_RUNNERS: &str = "queue_runners";
    /// Assets of a saved model.
    pub const ASSET_FILEPATHS: &str = "asset_filepaths";
    /// What saves and restores variables.
    pub const SAVERS: &str = "savers";
    /// The operation that writes summaries.
    pub const SUMMARY_OP: &str = "summary_op";
    /// The operation that is run before training.
    pub const READY_OP: &str = "ready_op";
    /// The same for local variables.
    pub const READY_FOR_LOCAL_INIT_OP: &str = "ready_for_local_init_op";
    /// The operation that initialises local variables.
    pub const LOCAL_INIT_OP: &str = "local_init_op";
    /// Objects that can be saved.
    pub const SAVEABLE_OBJECTS: &str = "saveable_objects";
    /// Resources of the graph.
    pub const RESOURCES: &str = "resources";
    /// Resources of this process alone.
    pub const LOCAL_RESOURCES: &str = "local_resources";
    /// How often the training step was evaluated.
    pub const EVAL_STEP: &str = "eval_step";
    /// Conditionals under construction.
    pub const COND_CONTEXT: &str = "cond_context";
    /// Loops under construction.
    pub const WHILE_CONTEXT: &str = "while_context";
    /// Variables that are read from elsewhere.
    pub const TRAINABLE_RESOURCE_VARIABLES: &str = "trainable_resource_variables";
    /// Global variables that a concatenation stands for.
    pub const CONCATENATED_VARIABLES: &str = "concatenated_variables";
}
