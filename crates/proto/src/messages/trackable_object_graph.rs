//! The object graph of a checkpoint.

use crate::BoolValue;
use crate::descriptor::notation::{INT32, STRING, many, message, one};
use crate::descriptor::{Described, Descriptor};

/// The objects of a checkpoint, by number.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TrackableObjectGraph {
    #[prost(message, repeated, tag = "1")]
    pub nodes: Vec<TrackableObject>,
}

impl Described for TrackableObjectGraph {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.TrackableObjectGraph",
            &[many(1, "nodes", message::<TrackableObject>())],
        );
        &IT
    }
}

/// One object: its children, values and slot variables.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TrackableObject {
    #[prost(message, repeated, tag = "1")]
    pub children: Vec<trackable_object::ObjectReference>,
    #[prost(message, repeated, tag = "2")]
    pub attributes: Vec<trackable_object::SerializedTensor>,
    #[prost(message, repeated, tag = "3")]
    pub slot_variables: Vec<trackable_object::SlotVariableReference>,
    #[prost(message, optional, tag = "4")]
    pub registered_saver: Option<RegisteredSaver>,
    #[prost(message, optional, tag = "5")]
    pub has_checkpoint_values: Option<BoolValue>,
}

impl Described for TrackableObject {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.TrackableObjectGraph.TrackableObject",
            &[
                many(1, "children", message::<trackable_object::ObjectReference>()),
                many(2, "attributes", message::<trackable_object::SerializedTensor>()),
                many(3, "slot_variables", message::<trackable_object::SlotVariableReference>()),
                one(4, "registered_saver", message::<RegisteredSaver>()),
                one(5, "has_checkpoint_values", message::<BoolValue>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`TrackableObject`] alone.
pub mod trackable_object {
    use super::*;

    /// A named edge to another object.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct ObjectReference {
        #[prost(int32, tag = "1")]
        pub node_id: i32,
        #[prost(string, tag = "2")]
        pub local_name: String,
    }

    impl Described for ObjectReference {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.TrackableObjectGraph.TrackableObject.ObjectReference",
                &[one(1, "node_id", INT32), one(2, "local_name", STRING)],
            );
            &IT
        }
    }

    /// A value of an object and its key in the checkpoint.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct SerializedTensor {
        #[prost(string, tag = "1")]
        pub name: String,
        #[prost(string, tag = "2")]
        pub full_name: String,
        #[prost(string, tag = "3")]
        pub checkpoint_key: String,
    }

    impl Described for SerializedTensor {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.TrackableObjectGraph.TrackableObject.SerializedTensor",
                &[one(1, "name", STRING), one(2, "full_name", STRING), one(3, "checkpoint_key", STRING)],
            );
            &IT
        }
    }

    /// A slot variable of an optimizer.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct SlotVariableReference {
        #[prost(int32, tag = "1")]
        pub original_variable_node_id: i32,
        #[prost(string, tag = "2")]
        pub slot_name: String,
        #[prost(int32, tag = "3")]
        pub slot_variable_node_id: i32,
    }

    impl Described for SlotVariableReference {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.TrackableObjectGraph.TrackableObject.SlotVariableReference",
                &[
                    one(1, "original_variable_node_id", INT32),
                    one(2, "slot_name", STRING),
                    one(3, "slot_variable_node_id", INT32),
                ],
            );
            &IT
        }
    }
}

/// The saver that wrote an object.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RegisteredSaver {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub object_name: String,
}

impl Described for RegisteredSaver {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.RegisteredSaver",
            &[one(1, "name", STRING), one(2, "object_name", STRING)],
        );
        &IT
    }
}
