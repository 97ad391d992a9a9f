//! Queue runners as collections hold them.

use crate::ErrorCode;
use crate::descriptor::notation::{STRING, enumeration, many, one};
use crate::descriptor::{Described, Descriptor};

/// A queue runner, by the names of its queue and ops.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueueRunnerDef {
    #[prost(string, tag = "1")]
    pub queue_name: String,
    #[prost(string, repeated, tag = "2")]
    pub enqueue_op_name: Vec<String>,
    #[prost(string, tag = "3")]
    pub close_op_name: String,
    #[prost(string, tag = "4")]
    pub cancel_op_name: String,
    #[prost(enumeration = "ErrorCode", repeated, tag = "5")]
    pub queue_closed_exception_types: Vec<i32>,
}

impl Described for QueueRunnerDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.QueueRunnerDef",
            &[
                one(1, "queue_name", STRING),
                many(2, "enqueue_op_name", STRING),
                one(3, "close_op_name", STRING),
                one(4, "cancel_op_name", STRING),
                many(5, "queue_closed_exception_types", enumeration::<ErrorCode>()),
            ],
        );
        &IT
    }
}
