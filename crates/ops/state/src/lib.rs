//! Variables, lookup tables, queues, stacks, tensor arrays and tensor lists: what ops keep between runs.

mod apply;
mod apply_rules;
mod assign;
mod assign_variable;
mod combine;
mod lookup_table;
mod lookup_table_ops;
mod queue;
mod queue_ops;
mod queue_order;
mod ref_variable;
mod resource_gather;
mod scatter;
mod stack;
mod target;
mod tensor_array;
mod tensor_array_gradients;
mod tensor_array_ops;
mod tensor_list;
mod tensor_list_ops;
mod var_handle;

pub use assign::{assign, assign_add, assign_sub, count_up_to};
pub use assign_variable::{assign_add_variable, assign_sub_variable, assign_variable, read_variable};
pub use ferroflow_core::{VariableResource, deref};
pub use lookup_table_ops::{lookup_table_find, lookup_table_size};
pub use ref_variable::{
    RefVariableOptions, destroy_temporary_variable, is_variable_initialized, ref_variable_with,
    temporary_variable,
};
pub use resource_gather::{resource_gather, resource_gather_nd};
pub use scatter::{resource_scatter_add, resource_scatter_sub, resource_scatter_update};
pub use var_handle::{
    ANONYMOUS_NAME, VarHandleOptions, destroy_resource, var_handle_with, var_is_initialized,
    variable_shape_of,
};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &lookup_table_ops::ANONYMOUS_HASH_TABLE,
    &lookup_table_ops::ANONYMOUS_MUTABLE_HASH_TABLE,
    &apply_rules::APPLY_ADA_MAX,
    &apply_rules::APPLY_ADADELTA,
    &apply_rules::APPLY_ADAGRAD,
    &apply_rules::APPLY_ADAGRAD_DA,
    &apply_rules::APPLY_ADAGRAD_V2,
    &apply_rules::APPLY_ADAM,
    &apply_rules::APPLY_ADD_SIGN,
    &apply_rules::APPLY_CENTERED_RMS_PROP,
    &apply_rules::APPLY_FTRL,
    &apply_rules::APPLY_FTRL_V2,
    &apply_rules::APPLY_GRADIENT_DESCENT,
    &apply_rules::APPLY_MOMENTUM,
    &apply_rules::APPLY_POWER_SIGN,
    &apply_rules::APPLY_PROXIMAL_ADAGRAD,
    &apply_rules::APPLY_PROXIMAL_GRADIENT_DESCENT,
    &apply_rules::APPLY_RMS_PROP,
    &assign::ASSIGN,
    &assign::ASSIGN_ADD,
    &assign_variable::ASSIGN_ADD_VARIABLE_OP,
    &assign::ASSIGN_SUB,
    &assign_variable::ASSIGN_SUB_VARIABLE_OP,
    &assign_variable::ASSIGN_VARIABLE_OP,
    &assign::COUNT_UP_TO,
    &var_handle::DESTROY_RESOURCE_OP,
    &ref_variable::DESTROY_TEMPORARY_VARIABLE,
    &assign_variable::DISABLE_COPY_ON_READ,
    &tensor_list_ops::EMPTY_TENSOR_LIST,
    &queue_ops::FIFO_QUEUE_V2,
    &lookup_table_ops::HASH_TABLE_V2,
    &lookup_table_ops::INITIALIZE_TABLE_FROM_TEXT_FILE_V2,
    &lookup_table_ops::INITIALIZE_TABLE_V2,
    &ref_variable::IS_VARIABLE_INITIALIZED,
    &lookup_table_ops::LOOKUP_TABLE_EXPORT_V2,
    &lookup_table_ops::LOOKUP_TABLE_FIND_V2,
    &lookup_table_ops::LOOKUP_TABLE_IMPORT_V2,
    &lookup_table_ops::LOOKUP_TABLE_INSERT_V2,
    &lookup_table_ops::LOOKUP_TABLE_REMOVE_V2,
    &lookup_table_ops::LOOKUP_TABLE_SIZE_V2,
    &lookup_table_ops::MUTABLE_HASH_TABLE_OF_TENSORS_V2,
    &lookup_table_ops::MUTABLE_HASH_TABLE_V2,
    &queue_ops::PADDING_FIFO_QUEUE_V2,
    &queue_ops::PRIORITY_QUEUE_V2,
    &queue_ops::QUEUE_CLOSE_V2,
    &queue_ops::QUEUE_DEQUEUE_V2,
    &queue_ops::QUEUE_DEQUEUE_MANY_V2,
    &queue_ops::QUEUE_DEQUEUE_UP_TO_V2,
    &queue_ops::QUEUE_ENQUEUE_V2,
    &queue_ops::QUEUE_ENQUEUE_MANY_V2,
    &queue_ops::QUEUE_IS_CLOSED_V2,
    &queue_ops::QUEUE_SIZE_V2,
    &queue_ops::RANDOM_SHUFFLE_QUEUE_V2,
    &assign_variable::READ_VARIABLE_OP,
    &apply_rules::RESOURCE_APPLY_ADA_MAX,
    &apply_rules::RESOURCE_APPLY_ADADELTA,
    &apply_rules::RESOURCE_APPLY_ADAGRAD,
    &apply_rules::RESOURCE_APPLY_ADAGRAD_DA,
    &apply_rules::RESOURCE_APPLY_ADAGRAD_V2,
    &apply_rules::RESOURCE_APPLY_ADAM,
    &apply_rules::RESOURCE_APPLY_ADAM_WITH_AMSGRAD,
    &apply_rules::RESOURCE_APPLY_ADD_SIGN,
    &apply_rules::RESOURCE_APPLY_CENTERED_RMS_PROP,
    &apply_rules::RESOURCE_APPLY_FTRL,
    &apply_rules::RESOURCE_APPLY_FTRL_V2,
    &apply_rules::RESOURCE_APPLY_GRADIENT_DESCENT,
    &apply_rules::RESOURCE_APPLY_KERAS_MOMENTUM,
    &apply_rules::RESOURCE_APPLY_MOMENTUM,
    &apply_rules::RESOURCE_APPLY_POWER_SIGN,
    &apply_rules::RESOURCE_APPLY_PROXIMAL_ADAGRAD,
    &apply_rules::RESOURCE_APPLY_PROXIMAL_GRADIENT_DESCENT,
    &apply_rules::RESOURCE_APPLY_RMS_PROP,
    &assign::RESOURCE_COUNT_UP_TO,
    &resource_gather::RESOURCE_GATHER,
    &resource_gather::RESOURCE_GATHER_ND,
    &scatter::RESOURCE_SCATTER_ADD,
    &scatter::RESOURCE_SCATTER_DIV,
    &scatter::RESOURCE_SCATTER_MAX,
    &scatter::RESOURCE_SCATTER_MIN,
    &scatter::RESOURCE_SCATTER_MUL,
    &scatter::RESOURCE_SCATTER_ND_ADD,
    &scatter::RESOURCE_SCATTER_ND_MAX,
    &scatter::RESOURCE_SCATTER_ND_MIN,
    &scatter::RESOURCE_SCATTER_ND_SUB,
    &scatter::RESOURCE_SCATTER_ND_UPDATE,
    &scatter::RESOURCE_SCATTER_SUB,
    &scatter::RESOURCE_SCATTER_UPDATE,
    &apply_rules::RESOURCE_SPARSE_APPLY_ADADELTA,
    &apply_rules::RESOURCE_SPARSE_APPLY_ADAGRAD,
    &apply_rules::RESOURCE_SPARSE_APPLY_ADAGRAD_DA,
    &apply_rules::RESOURCE_SPARSE_APPLY_ADAGRAD_V2,
    &apply_rules::RESOURCE_SPARSE_APPLY_CENTERED_RMS_PROP,
    &apply_rules::RESOURCE_SPARSE_APPLY_FTRL,
    &apply_rules::RESOURCE_SPARSE_APPLY_FTRL_V2,
    &apply_rules::RESOURCE_SPARSE_APPLY_KERAS_MOMENTUM,
    &apply_rules::RESOURCE_SPARSE_APPLY_MOMENTUM,
    &apply_rules::RESOURCE_SPARSE_APPLY_PROXIMAL_ADAGRAD,
    &apply_rules::RESOURCE_SPARSE_APPLY_PROXIMAL_GRADIENT_DESCENT,
    &apply_rules::RESOURCE_SPARSE_APPLY_RMS_PROP,
    &scatter::SCATTER_ADD,
    &scatter::SCATTER_DIV,
    &scatter::SCATTER_MAX,
    &scatter::SCATTER_MIN,
    &scatter::SCATTER_MUL,
    &scatter::SCATTER_ND_ADD,
    &scatter::SCATTER_ND_MAX,
    &scatter::SCATTER_ND_MIN,
    &scatter::SCATTER_ND_SUB,
    &scatter::SCATTER_ND_UPDATE,
    &scatter::SCATTER_SUB,
    &scatter::SCATTER_UPDATE,
    &apply_rules::SPARSE_APPLY_ADADELTA,
    &apply_rules::SPARSE_APPLY_ADAGRAD,
    &apply_rules::SPARSE_APPLY_ADAGRAD_DA,
    &apply_rules::SPARSE_APPLY_ADAGRAD_V2,
    &apply_rules::SPARSE_APPLY_CENTERED_RMS_PROP,
    &apply_rules::SPARSE_APPLY_FTRL,
    &apply_rules::SPARSE_APPLY_FTRL_V2,
    &apply_rules::SPARSE_APPLY_MOMENTUM,
    &apply_rules::SPARSE_APPLY_PROXIMAL_ADAGRAD,
    &apply_rules::SPARSE_APPLY_PROXIMAL_GRADIENT_DESCENT,
    &apply_rules::SPARSE_APPLY_RMS_PROP,
    &stack::STACK_V2,
    &stack::STACK_CLOSE_V2,
    &stack::STACK_POP_V2,
    &stack::STACK_PUSH_V2,
    &ref_variable::TEMPORARY_VARIABLE,
    &tensor_array_ops::TENSOR_ARRAY_CLOSE_V3,
    &tensor_array_ops::TENSOR_ARRAY_CONCAT_V3,
    &tensor_array_ops::TENSOR_ARRAY_GATHER_V3,
    &tensor_array_ops::TENSOR_ARRAY_GRAD_V3,
    &tensor_array_ops::TENSOR_ARRAY_GRAD_WITH_SHAPE,
    &tensor_array_ops::TENSOR_ARRAY_READ_V3,
    &tensor_array_ops::TENSOR_ARRAY_SCATTER_V3,
    &tensor_array_ops::TENSOR_ARRAY_SIZE_V3,
    &tensor_array_ops::TENSOR_ARRAY_SPLIT_V3,
    &tensor_array_ops::TENSOR_ARRAY_V3,
    &tensor_array_ops::TENSOR_ARRAY_WRITE_V3,
    &tensor_list_ops::TENSOR_LIST_ELEMENT_SHAPE,
    &tensor_list_ops::TENSOR_LIST_FROM_TENSOR,
    &tensor_list_ops::TENSOR_LIST_GATHER,
    &tensor_list_ops::TENSOR_LIST_GET_ITEM,
    &tensor_list_ops::TENSOR_LIST_LENGTH,
    &tensor_list_ops::TENSOR_LIST_POP_BACK,
    &tensor_list_ops::TENSOR_LIST_PUSH_BACK,
    &tensor_list_ops::TENSOR_LIST_RESERVE,
    &tensor_list_ops::TENSOR_LIST_RESIZE,
    &tensor_list_ops::TENSOR_LIST_SET_ITEM,
    &tensor_list_ops::TENSOR_LIST_STACK,
    &var_handle::VAR_HANDLE_OP,
    &var_handle::VAR_IS_INITIALIZED_OP,
    &ref_variable::VARIABLE,
    &var_handle::VARIABLE_SHAPE,
    &ref_variable::VARIABLE_V2,
];
