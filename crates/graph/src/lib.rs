//! Graphs, functions, gradients and the executor of ferroflow.

mod ambient;
mod backprop;
mod branch;
mod branch_gradient;
mod custom_gradient;
mod device;
mod device_scope;
mod effect_branch;
mod effect_order;
mod export;
mod flow;
mod function;
mod function_gradient;
mod gradients;
mod graph;
mod import;
mod infer;
mod jacobian;
mod library_runner;
mod names;
mod node;
mod node_builder;
mod node_summary;
mod order;
mod part;
mod partial_run;
mod plan;
mod registered_gradient;
mod remote;
mod removed_ops;
mod rendezvous;
mod rewrite;
mod session;
mod step_memory;
mod step_stats;
mod support;
mod tape;
mod trace;
mod while_gradient;
mod while_loop;

pub use backprop::{UnconnectedGradients, dense, gated};
pub use branch::{Branch, call_case, call_if};
pub use custom_gradient::{GradientFn, custom_gradient};
pub use device::DeviceSpec;
pub use device_scope::{DeviceFunction, Placement};
pub use effect_branch::cond_of_effects;
pub use flow::{LoopOptions, call_loop, call_switch};
pub use function::{Function, FunctionBody, FunctionLibrary, function_library};
pub use gradients::{GradientOptions, gradients, gradients_with};
pub use graph::{CollectionItem, Graph, PRODUCER};
pub use import::{Element, ImportOptions};
pub use node::{Node, Operation, Port};
pub use part::Part;
pub use partial_run::PendingRun;
pub use plan::{FeedShapes, Plan, StepTiming, nodes_of_run};
pub use registered_gradient::{RegisterGradient, no_gradient};
pub use remote::{Opened, RemoteSession, RunSignature, Transport, set_transport, transport};
pub use rendezvous::{OnReceipt, Rendezvous, Sent};
pub use session::{DirectSession, Prepared, RunSettings};
pub use step_stats::step_stats;
pub use support::{UnsupportedNode, end_nodes, is_implemented, unsupported_nodes};
pub use tape::GradientTape;
pub use trace::{ArgSpec, ConcreteFunction, call_function, trace};
pub use while_loop::{WhileOptions, call_while};

use std::sync::{Arc, Once};

/// Makes ops known by name and functions callable from eager code. Everything that needs either calls it.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        ferroflow_ops::install();
        ferroflow_core::context::update_eager_env(|env| {
            env.functions = Some(Arc::new(library_runner::LibraryRunner { graph: None }));
        });
    });
}
