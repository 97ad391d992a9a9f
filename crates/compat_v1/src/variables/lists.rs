//! The variables of the default graph, by collection.

use super::Variable;
use crate::mode::get_default_graph;

/// The variables in a collection of the default graph whose names start with `scope`; all of them if it is empty.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// tf::variable_scope("layer", |_| tf::get_variable("w", [2]))?;
/// tf::get_variable("b", [2])?;
/// let names: Vec<String> =
///     tf::variables_in(tf::GraphKeys::GLOBAL_VARIABLES, "layer/").iter().map(tf::Variable::name).collect();
/// assert_eq!(names, ["layer/w:0"]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub fn variables_in(collection: &str, scope: &str) -> Vec<Variable> {
    let graph = get_default_graph();
    let items = graph.get_collection(collection);
    let variables = items.iter().filter_map(|item| Variable::of_item(&graph, item));
    variables.filter(|variable| variable.name().starts_with(scope)).collect()
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident $collection:literal;)*) => {
        $($(#[$doc])*
        pub fn $name() -> Vec<Variable> {
            variables_in($collection, "")
        })*
    };
}

lists! {
    /// The variables that are saved and shared.
    global_variables "variables";
    /// The same under its older name.
    all_variables "variables";
    /// The variables that optimizers change.
    trainable_variables "trainable_variables";
    /// The variables of this process alone.
    local_variables "local_variables";
    /// The variables of a model.
    model_variables "model_variables";
    /// The variables whose moving averages are kept.
    moving_average_variables "moving_average_variables";
}
