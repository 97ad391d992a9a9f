//! `tf.compat.v1.train` and what belongs to it: savers, meta graphs, and the machinery around sessions.

pub(crate) mod checkpoints;
pub(crate) mod cluster_spec;
pub(crate) mod coordinator;
pub(crate) mod device_setter;
pub(crate) mod hook;
pub(crate) mod hooks;
pub(crate) mod input;
pub(crate) mod meta_graph;
mod meta_graph_scope;
pub(crate) mod monitored_session;
pub(crate) mod queue_runner;
mod save_nodes;
mod saved;
pub(crate) mod saver;
mod saver_check;
pub(crate) mod saver_hooks;
pub(crate) mod scaffold;
pub(crate) mod server;
pub(crate) mod session_manager;
pub(crate) mod supervisor;
mod supervisor_options;
pub(crate) mod timer;
pub(crate) mod warm_start;

pub use cluster_spec::JobTasks;
pub use device_setter::{PsStrategy, ReplicaDeviceOptions};
pub use hooks::Formatter;
pub use input::InputQueue;
pub(crate) use meta_graph_scope::graph_def_with_shapes;
pub use monitored_session::TrainingSessionOptions;
pub use saver::{SaveOptions, SaverOptions, VarList};
pub use scaffold::InitFn;
pub use server::{ServerOrCluster, TrainServerOptions};
pub use session_manager::Recovery;
pub use supervisor_options::{OrDefault, PrepareOptions, SupervisorOptions};
pub use timer::Every;
