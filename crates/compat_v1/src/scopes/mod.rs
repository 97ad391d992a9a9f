//! Variable scopes: variables by name, shared where a scope asks for it.

mod get_variable;
mod partition;
mod partitioners;
mod settings;
mod store;
mod template;
mod variable_scope;

pub use get_variable::{GetVariableOptions, get_local_variable, get_variable, get_variable_with};
pub(crate) use partition::Part;
pub use partition::create_partitioned_variables;
pub use partitioners::{
    PartitionerOptions, fixed_size_partitioner, min_max_variable_partitioner, variable_axis_size_partitioner,
};
pub use settings::{AUTO_REUSE, CustomGetter, Getter, Partitioner, Regularizer, Reuse};
pub use template::{Template, make_template};
pub use variable_scope::{
    ScopeName, VariableScope, VariableScopeOptions, get_variable_scope, variable_op_scope, variable_scope,
    variable_scope_with,
};
