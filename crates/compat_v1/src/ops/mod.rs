//! v1's functions, under TensorFlow's names and argument orders.

mod collections;
mod graph_functions;
mod reductions;
mod values;

pub use collections::{GraphKeys, add_to_collection, add_to_collections, get_collection};
pub use graph_functions::{
    ImportOptions, colocate_with, control_dependencies, device, group, import_graph_def, name_scope, no_op,
    set_random_seed, without_control_dependencies, without_device,
};
pub(crate) use graph_functions::{added_node, node_of};
pub use reductions::*;
pub use values::*;
