//! Control flow contexts of v1 graphs.

use std::collections::BTreeMap;

use crate::descriptor::notation::{BOOL, INT32, STRING, many, map, member, message, one};
use crate::descriptor::{Described, Descriptor};

/// The tensors that a context uses.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ValuesDef {
    #[prost(string, repeated, tag = "1")]
    pub values: Vec<String>,
    #[prost(btree_map = "string, string", tag = "2")]
    pub external_values: BTreeMap<String, String>,
}

impl Described for ValuesDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.ValuesDef",
            &[many(1, "values", STRING), map(2, "external_values", STRING, STRING)],
        );
        &IT
    }
}

/// A `cond` or a `while_loop` context.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ControlFlowContextDef {
    #[prost(oneof = "control_flow_context_def::Ctxt", tags = "1, 2")]
    pub ctxt: Option<control_flow_context_def::Ctxt>,
}

impl Described for ControlFlowContextDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.ControlFlowContextDef",
            &[
                member("ctxt", 1, "cond_ctxt", message::<CondContextDef>()),
                member("ctxt", 2, "while_ctxt", message::<WhileContextDef>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`ControlFlowContextDef`] alone.
pub mod control_flow_context_def {
    use super::*;

    /// Which of the alternatives is set.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Ctxt {
        #[prost(message, boxed, tag = "1")]
        CondCtxt(Box<CondContextDef>),
        #[prost(message, boxed, tag = "2")]
        WhileCtxt(Box<WhileContextDef>),
    }
}

/// One branch of a v1 `cond`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CondContextDef {
    #[prost(string, tag = "1")]
    pub context_name: String,
    #[prost(string, tag = "2")]
    pub pred_name: String,
    #[prost(string, tag = "3")]
    pub pivot_name: String,
    #[prost(int32, tag = "4")]
    pub branch: i32,
    #[prost(message, optional, tag = "5")]
    pub values_def: Option<ValuesDef>,
    #[prost(message, repeated, tag = "6")]
    pub nested_contexts: Vec<ControlFlowContextDef>,
}

impl Described for CondContextDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.CondContextDef",
            &[
                one(1, "context_name", STRING),
                one(2, "pred_name", STRING),
                one(3, "pivot_name", STRING),
                one(4, "branch", INT32),
                one(5, "values_def", message::<ValuesDef>()),
                many(6, "nested_contexts", message::<ControlFlowContextDef>()),
            ],
        );
        &IT
    }
}

/// A v1 `while_loop`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct WhileContextDef {
    #[prost(string, tag = "1")]
    pub context_name: String,
    #[prost(int32, tag = "2")]
    pub parallel_iterations: i32,
    #[prost(bool, tag = "3")]
    pub back_prop: bool,
    #[prost(bool, tag = "4")]
    pub swap_memory: bool,
    #[prost(string, tag = "5")]
    pub pivot_name: String,
    #[prost(string, tag = "6")]
    pub pivot_for_pred_name: String,
    #[prost(string, tag = "7")]
    pub pivot_for_body_name: String,
    #[prost(string, repeated, tag = "8")]
    pub loop_exit_names: Vec<String>,
    #[prost(message, optional, tag = "9")]
    pub values_def: Option<ValuesDef>,
    #[prost(string, repeated, tag = "10")]
    pub loop_enter_names: Vec<String>,
    #[prost(string, tag = "11")]
    pub maximum_iterations_name: String,
    #[prost(message, repeated, tag = "12")]
    pub nested_contexts: Vec<ControlFlowContextDef>,
}

impl Described for WhileContextDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.WhileContextDef",
            &[
                one(1, "context_name", STRING),
                one(2, "parallel_iterations", INT32),
                one(3, "back_prop", BOOL),
                one(4, "swap_memory", BOOL),
                one(5, "pivot_name", STRING),
                one(6, "pivot_for_pred_name", STRING),
                one(7, "pivot_for_body_name", STRING),
                many(8, "loop_exit_names", STRING),
                one(9, "values_def", message::<ValuesDef>()),
                many(10, "loop_enter_names", STRING),
                one(11, "maximum_iterations_name", STRING),
                many(12, "nested_contexts", message::<ControlFlowContextDef>()),
            ],
        );
        &IT
    }
}
