//! Variables as collections hold them.

use crate::descriptor::notation::{BOOL, INT64, STRING, enumeration, many, message, one};
use crate::descriptor::{Described, DescribedEnum, Descriptor, EnumDescriptor};

/// A variable, by the names of its tensors.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VariableDef {
    #[prost(string, tag = "1")]
    pub variable_name: String,
    #[prost(string, tag = "2")]
    pub initializer_name: String,
    #[prost(string, tag = "3")]
    pub snapshot_name: String,
    #[prost(message, optional, tag = "4")]
    pub save_slice_info_def: Option<SaveSliceInfoDef>,
    #[prost(bool, tag = "5")]
    pub is_resource: bool,
    #[prost(string, tag = "6")]
    pub initial_value_name: String,
    #[prost(bool, tag = "7")]
    pub trainable: bool,
    #[prost(enumeration = "VariableSynchronization", tag = "8")]
    pub synchronization: i32,
    #[prost(enumeration = "VariableAggregation", tag = "9")]
    pub aggregation: i32,
}

impl Described for VariableDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.VariableDef",
            &[
                one(1, "variable_name", STRING),
                one(2, "initializer_name", STRING),
                one(3, "snapshot_name", STRING),
                one(4, "save_slice_info_def", message::<SaveSliceInfoDef>()),
                one(5, "is_resource", BOOL),
                one(6, "initial_value_name", STRING),
                one(7, "trainable", BOOL),
                one(8, "synchronization", enumeration::<VariableSynchronization>()),
                one(9, "aggregation", enumeration::<VariableAggregation>()),
            ],
        );
        &IT
    }
}

/// Which part of a partitioned variable this one is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SaveSliceInfoDef {
    #[prost(string, tag = "1")]
    pub full_name: String,
    #[prost(int64, repeated, tag = "2")]
    pub full_shape: Vec<i64>,
    #[prost(int64, repeated, tag = "3")]
    pub var_offset: Vec<i64>,
    #[prost(int64, repeated, tag = "4")]
    pub var_shape: Vec<i64>,
}

impl Described for SaveSliceInfoDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SaveSliceInfoDef",
            &[
                one(1, "full_name", STRING),
                many(2, "full_shape", INT64),
                many(3, "var_offset", INT64),
                many(4, "var_shape", INT64),
            ],
        );
        &IT
    }
}

/// When a distributed variable is brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum VariableSynchronization {
    Auto = 0,
    None = 1,
    OnWrite = 2,
    OnRead = 3,
}

impl DescribedEnum for VariableSynchronization {
    fn descriptor() -> &'static EnumDescriptor {
        static IT: EnumDescriptor = EnumDescriptor::new(
            "tensorflow.VariableSynchronization",
            &[
                ("VARIABLE_SYNCHRONIZATION_AUTO", 0),
                ("VARIABLE_SYNCHRONIZATION_NONE", 1),
                ("VARIABLE_SYNCHRONIZATION_ON_WRITE", 2),
                ("VARIABLE_SYNCHRONIZATION_ON_READ", 3),
            ],
        );
        &IT
    }
}

/// How a distributed variable is brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum VariableAggregation {
    None = 0,
    Sum = 1,
    Mean = 2,
    OnlyFirstReplica = 3,
}

impl DescribedEnum for VariableAggregation {
    fn descriptor() -> &'static EnumDescriptor {
        static IT: EnumDescriptor = EnumDescriptor::new(
            "tensorflow.VariableAggregation",
            &[
                ("VARIABLE_AGGREGATION_NONE", 0),
                ("VARIABLE_AGGREGATION_SUM", 1),
                ("VARIABLE_AGGREGATION_MEAN", 2),
                ("VARIABLE_AGGREGATION_ONLY_FIRST_REPLICA", 3),
            ],
        );
        &IT
    }
}
