//! Variables, lookup tables, stacks and tensor lists: what ops keep between runs.

mod assign;
mod assign_variable;
mod combine;
mod ref_variable;
mod target;
mod var_handle;

pub use assign::{assign, assign_add, assign_sub, count_up_to};
pub use assign_variable::{assign_add_variable, assign_sub_variable, assign_variable, read_variable};
pub use ferroflow_core::{VariableResource, deref};
pub use ref_variable::{
    RefVariableOptions, destroy_temporary_variable, is_variable_initialized, ref_variable_with,
    temporary_variable,
};
pub use var_handle::{
    ANONYMOUS_NAME, VarHandleOptions, destroy_resource, var_handle_with, var_is_initialized,
    variable_shape_of,
};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &assign::ASSIGN,
    &assign::ASSIGN_ADD,
    &assign_variable::ASSIGN_ADD_VARIABLE_OP,
    &assign::ASSIGN_SUB,
    &assign_variable::ASSIGN_SUB_VARIABLE_OP,
    &assign_variable::ASSIGN_VARIABLE_OP,
    &assign::COUNT_UP_TO,
    &var_handle::DESTROY_RESOURCE_OP,
    &ref_variable::DESTROY_TEMPORARY_VARIABLE,
    &ref_variable::IS_VARIABLE_INITIALIZED,
    &assign_variable::READ_VARIABLE_OP,
    &assign::RESOURCE_COUNT_UP_TO,
    &ref_variable::TEMPORARY_VARIABLE,
    &var_handle::VAR_HANDLE_OP,
    &var_handle::VAR_IS_INITIALIZED_OP,
    &ref_variable::VARIABLE,
    &var_handle::VARIABLE_SHAPE,
    &ref_variable::VARIABLE_V2,
];
