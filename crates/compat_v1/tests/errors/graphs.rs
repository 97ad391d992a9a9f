//! Errors of graphs under construction, and of symbolic tensors.

use crate::Situation;
use ferroflow_compat_v1 as tf;
use ferroflow_core::{Result, Tensor};
use ferroflow_graph::{ImportOptions, Operation};

pub(crate) const SITUATIONS: &[(&str, Situation)] = &[
    ("finalized_graph", || {
        tf::get_default_graph().finalize();
        tf::constant(1).map(drop)
    }),
    ("bad_operation_name", || tf::with_name("a b", || tf::constant(1)).map(drop)),
    ("bad_scope_name", || tf::name_scope("a b", || Ok(()))),
    ("reset_default_graph_inside_a_graph", tf::reset_default_graph),
    ("numpy_of_symbolic_tensor", || named_t()?.numpy().map(drop)),
    ("bool_of_symbolic_tensor", || tf::tensor_bool(&tf::with_name("t", || tf::constant(true))?).map(drop)),
    ("array_of_symbolic_tensor", || tf::tensor_array(&named_t()?).map(drop)),
    ("unknown_operation_name_in_the_graph", || {
        tf::get_default_graph().get_operation_by_name("nope").map(drop)
    }),
    ("unknown_tensor_name_in_the_graph", || tf::get_default_graph().get_tensor_by_name("nope:0").map(drop)),
    ("control_dependency_of_other_graph", || {
        let other: Option<Operation> =
            tf::Graph::new().as_default_scope(|| tf::with_name("n2", tf::no_op))?;
        tf::control_dependencies(other, || tf::constant(1)).map(drop)
    }),
    ("inputs_of_two_graphs", || {
        let a = tf::with_name("a", || tf::constant(1))?;
        tf::Graph::new().as_default_scope(|| {
            let b = tf::with_name("b", || tf::constant(1))?;
            tf::add(&a, &b).map(drop)
        })
    }),
    ("colliding_import_names", || {
        named_t()?;
        let graph_def = tf::get_default_graph().as_graph_def()?;
        let options =
            ImportOptions { return_elements: vec!["nope:0".to_string()], ..ImportOptions::default() };
        tf::import_graph_def(&graph_def, &options).map(drop)
    }),
];

fn named_t() -> Result<Tensor> {
    tf::with_name("t", || tf::constant(1))
}
