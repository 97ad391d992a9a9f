//! Costs of the nodes of a graph.

use crate::descriptor::notation::{BOOL, FLOAT, INT32, INT64, STRING, enumeration, many, message, one};
use crate::descriptor::{Described, Descriptor};
use crate::{DataType, TensorShapeProto};

/// The costs of a graph.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CostGraphDef {
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<cost_graph_def::Node>,
    #[prost(message, repeated, tag = "2")]
    pub cost: Vec<cost_graph_def::AggregatedCost>,
}

impl Described for CostGraphDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.CostGraphDef",
            &[
                many(1, "node", message::<cost_graph_def::Node>()),
                many(2, "cost", message::<cost_graph_def::AggregatedCost>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`CostGraphDef`] alone.
pub mod cost_graph_def {
    use super::*;

    /// The costs of a node.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Node {
        #[prost(string, tag = "1")]
        pub name: String,
        #[prost(string, tag = "2")]
        pub device: String,
        #[prost(int32, tag = "3")]
        pub id: i32,
        #[prost(message, repeated, tag = "4")]
        pub input_info: Vec<node::InputInfo>,
        #[prost(message, repeated, tag = "5")]
        pub output_info: Vec<node::OutputInfo>,
        #[prost(int64, tag = "6")]
        pub temporary_memory_size: i64,
        #[prost(bool, tag = "7")]
        pub is_final: bool,
        #[prost(int32, repeated, tag = "8")]
        pub control_input: Vec<i32>,
        #[prost(int64, tag = "9")]
        pub compute_cost: i64,
        #[prost(int64, tag = "10")]
        pub host_temp_memory_size: i64,
        #[prost(int64, tag = "11")]
        pub device_temp_memory_size: i64,
        #[prost(int64, tag = "12")]
        pub persistent_memory_size: i64,
        #[prost(int64, tag = "14")]
        pub compute_time: i64,
        #[prost(int64, tag = "15")]
        pub memory_time: i64,
        #[prost(int64, tag = "16")]
        pub device_persistent_memory_size: i64,
        #[prost(bool, tag = "17")]
        pub inaccurate: bool,
    }

    impl Described for Node {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.CostGraphDef.Node",
                &[
                    one(1, "name", STRING),
                    one(2, "device", STRING),
                    one(3, "id", INT32),
                    many(4, "input_info", message::<node::InputInfo>()),
                    many(5, "output_info", message::<node::OutputInfo>()),
                    one(6, "temporary_memory_size", INT64),
                    one(7, "is_final", BOOL),
                    many(8, "control_input", INT32),
                    one(9, "compute_cost", INT64),
                    one(10, "host_temp_memory_size", INT64),
                    one(11, "device_temp_memory_size", INT64),
                    one(12, "persistent_memory_size", INT64),
                    one(14, "compute_time", INT64),
                    one(15, "memory_time", INT64),
                    one(16, "device_persistent_memory_size", INT64),
                    one(17, "inaccurate", BOOL),
                ],
            );
            &IT
        }
    }

    /// What belongs to [`Node`] alone.
    pub mod node {
        use super::*;

        /// Where an input comes from.
        #[derive(Clone, PartialEq, prost::Message)]
        pub struct InputInfo {
            #[prost(int32, tag = "1")]
            pub preceding_node: i32,
            #[prost(int32, tag = "2")]
            pub preceding_port: i32,
        }

        impl Described for InputInfo {
            fn descriptor() -> &'static Descriptor {
                static IT: Descriptor = Descriptor::new(
                    "tensorflow.CostGraphDef.Node.InputInfo",
                    &[one(1, "preceding_node", INT32), one(2, "preceding_port", INT32)],
                );
                &IT
            }
        }

        /// What an output holds.
        #[derive(Clone, PartialEq, prost::Message)]
        pub struct OutputInfo {
            #[prost(int64, tag = "1")]
            pub size: i64,
            #[prost(int64, tag = "2")]
            pub alias_input_port: i64,
            #[prost(message, optional, tag = "3")]
            pub shape: Option<TensorShapeProto>,
            #[prost(enumeration = "DataType", tag = "4")]
            pub dtype: i32,
        }

        impl Described for OutputInfo {
            fn descriptor() -> &'static Descriptor {
                static IT: Descriptor = Descriptor::new(
                    "tensorflow.CostGraphDef.Node.OutputInfo",
                    &[
                        one(1, "size", INT64),
                        one(2, "alias_input_port", INT64),
                        one(3, "shape", message::<TensorShapeProto>()),
                        one(4, "dtype", enumeration::<DataType>()),
                    ],
                );
                &IT
            }
        }
    }

    /// The cost of a whole graph in one respect.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct AggregatedCost {
        #[prost(float, tag = "1")]
        pub cost: f32,
        #[prost(string, tag = "2")]
        pub dimension: String,
    }

    impl Described for AggregatedCost {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.CostGraphDef.AggregatedCost",
                &[one(1, "cost", FLOAT), one(2, "dimension", STRING)],
            );
            &IT
        }
    }
}
