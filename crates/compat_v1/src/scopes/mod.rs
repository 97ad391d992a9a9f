//! Variable scopes: variables by name, shared where a scope asks for it.

mod get_variable;
mod partitioners;
mod settings;
mod store;
mod variable_scope;

pub use get_variable::{GetVariableOptions, get_local_variable, get_variable, get_variable_with};
pub use partitioners::{
    AxisSizePartitionerOptions, MinMaxPartitionerOptions, fixed_size_partitioner,
    min_max_variable_partitioner, min_max_variable_partitioner_with, variable_axis_size_partitioner,
    variable_axis_size_partitioner_with,
};
pub use settings::{AUTO_REUSE, CustomGetter, Getter, Partitioner, Regularizer, Reuse};
pub use variable_scope::{
    ScopeName, VariableScope, VariableScopeOptions, get_variable_scope, variable_op_scope, variable_scope,
    variable_scope_with,
};
