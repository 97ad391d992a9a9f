//! The object graph of a SavedModel.

use std::collections::BTreeMap;

use crate::descriptor::notation::{BOOL, INT32, INT64, STRING, enumeration, many, map, member, message, one};
use crate::descriptor::{Described, DescribedEnum, Descriptor, EnumDescriptor};
use crate::{
    Any, DataType, StructuredValue, TensorShapeProto, VariableAggregation, VariableSynchronization,
    VersionDef, trackable_object_graph,
};

/// The objects of a SavedModel, by number, and its concrete functions.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedObjectGraph {
    #[prost(message, repeated, tag = "1")]
    pub nodes: Vec<SavedObject>,
    #[prost(btree_map = "string, message", tag = "2")]
    pub concrete_functions: BTreeMap<String, SavedConcreteFunction>,
}

impl Described for SavedObjectGraph {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SavedObjectGraph",
            &[
                many(1, "nodes", message::<SavedObject>()),
                map(2, "concrete_functions", STRING, message::<SavedConcreteFunction>()),
            ],
        );
        &IT
    }
}

/// One object of a SavedModel.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedObject {
    #[prost(message, repeated, tag = "1")]
    pub children: Vec<trackable_object_graph::trackable_object::ObjectReference>,
    #[prost(message, repeated, tag = "3")]
    pub slot_variables: Vec<trackable_object_graph::trackable_object::SlotVariableReference>,
    #[prost(oneof = "saved_object::Kind", tags = "4, 5, 6, 7, 8, 9, 10, 12")]
    pub kind: Option<saved_object::Kind>,
    #[prost(btree_map = "string, message", tag = "11")]
    pub saveable_objects: BTreeMap<String, SaveableObject>,
    #[prost(string, tag = "13")]
    pub registered_name: String,
    #[prost(message, optional, tag = "14")]
    pub serialized_user_proto: Option<Any>,
    #[prost(message, repeated, tag = "15")]
    pub dependencies: Vec<trackable_object_graph::trackable_object::ObjectReference>,
    #[prost(string, tag = "16")]
    pub registered_saver: String,
}

impl Described for SavedObject {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SavedObject",
            &[
                many(1, "children", message::<trackable_object_graph::trackable_object::ObjectReference>()),
                many(
                    3,
                    "slot_variables",
                    message::<trackable_object_graph::trackable_object::SlotVariableReference>(),
                ),
                member("kind", 4, "user_object", message::<SavedUserObject>()),
                member("kind", 5, "asset", message::<SavedAsset>()),
                member("kind", 6, "function", message::<SavedFunction>()),
                member("kind", 7, "variable", message::<SavedVariable>()),
                member("kind", 8, "bare_concrete_function", message::<SavedBareConcreteFunction>()),
                member("kind", 9, "constant", message::<SavedConstant>()),
                member("kind", 10, "resource", message::<SavedResource>()),
                map(11, "saveable_objects", STRING, message::<SaveableObject>()),
                member("kind", 12, "captured_tensor", message::<CapturedTensor>()),
                one(13, "registered_name", STRING),
                one(14, "serialized_user_proto", message::<Any>()),
                many(
                    15,
                    "dependencies",
                    message::<trackable_object_graph::trackable_object::ObjectReference>(),
                ),
                one(16, "registered_saver", STRING),
            ],
        );
        &IT
    }
}

/// What belongs to [`SavedObject`] alone.
pub mod saved_object {
    use super::*;

    /// Which of the alternatives is set.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Kind {
        #[prost(message, tag = "4")]
        UserObject(SavedUserObject),
        #[prost(message, tag = "5")]
        Asset(SavedAsset),
        #[prost(message, boxed, tag = "6")]
        Function(Box<SavedFunction>),
        #[prost(message, tag = "7")]
        Variable(SavedVariable),
        #[prost(message, boxed, tag = "8")]
        BareConcreteFunction(Box<SavedBareConcreteFunction>),
        #[prost(message, tag = "9")]
        Constant(SavedConstant),
        #[prost(message, tag = "10")]
        Resource(SavedResource),
        #[prost(message, tag = "12")]
        CapturedTensor(CapturedTensor),
    }
}

/// An object of a class known to the program that loads it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedUserObject {
    #[prost(string, tag = "1")]
    pub identifier: String,
    #[prost(message, optional, tag = "2")]
    pub version: Option<VersionDef>,
    #[prost(string, tag = "3")]
    pub metadata: String,
}

impl Described for SavedUserObject {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SavedUserObject",
            &[
                one(1, "identifier", STRING),
                one(2, "version", message::<VersionDef>()),
                one(3, "metadata", STRING),
            ],
        );
        &IT
    }
}

/// A file of the `assets` directory.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedAsset {
    #[prost(int32, tag = "1")]
    pub asset_file_def_index: i32,
}

impl Described for SavedAsset {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor =
            Descriptor::new("tensorflow.SavedAsset", &[one(1, "asset_file_def_index", INT32)]);
        &IT
    }
}

/// A function with several concrete functions.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedFunction {
    #[prost(string, repeated, tag = "1")]
    pub concrete_functions: Vec<String>,
    #[prost(message, optional, tag = "2")]
    pub function_spec: Option<FunctionSpec>,
}

impl Described for SavedFunction {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SavedFunction",
            &[many(1, "concrete_functions", STRING), one(2, "function_spec", message::<FunctionSpec>())],
        );
        &IT
    }
}

/// A tensor that a function captured.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CapturedTensor {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub concrete_function: String,
}

impl Described for CapturedTensor {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.CapturedTensor",
            &[one(1, "name", STRING), one(2, "concrete_function", STRING)],
        );
        &IT
    }
}

/// What a concrete function captures, takes and returns.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedConcreteFunction {
    #[prost(int32, repeated, tag = "2")]
    pub bound_inputs: Vec<i32>,
    #[prost(message, optional, tag = "3")]
    pub canonicalized_input_signature: Option<StructuredValue>,
    #[prost(message, optional, tag = "4")]
    pub output_signature: Option<StructuredValue>,
}

impl Described for SavedConcreteFunction {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SavedConcreteFunction",
            &[
                many(2, "bound_inputs", INT32),
                one(3, "canonicalized_input_signature", message::<StructuredValue>()),
                one(4, "output_signature", message::<StructuredValue>()),
            ],
        );
        &IT
    }
}

/// A concrete function that is an object of its own.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedBareConcreteFunction {
    #[prost(string, tag = "1")]
    pub concrete_function_name: String,
    #[prost(string, repeated, tag = "2")]
    pub argument_keywords: Vec<String>,
    #[prost(int64, tag = "3")]
    pub allowed_positional_arguments: i64,
    #[prost(message, optional, tag = "4")]
    pub function_spec: Option<FunctionSpec>,
}

impl Described for SavedBareConcreteFunction {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SavedBareConcreteFunction",
            &[
                one(1, "concrete_function_name", STRING),
                many(2, "argument_keywords", STRING),
                one(3, "allowed_positional_arguments", INT64),
                one(4, "function_spec", message::<FunctionSpec>()),
            ],
        );
        &IT
    }
}

/// A constant, by the name of its node.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedConstant {
    #[prost(string, tag = "1")]
    pub operation: String,
}

impl Described for SavedConstant {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.SavedConstant", &[one(1, "operation", STRING)]);
        &IT
    }
}

/// A variable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedVariable {
    #[prost(enumeration = "DataType", tag = "1")]
    pub dtype: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
    #[prost(bool, tag = "3")]
    pub trainable: bool,
    #[prost(enumeration = "VariableSynchronization", tag = "4")]
    pub synchronization: i32,
    #[prost(enumeration = "VariableAggregation", tag = "5")]
    pub aggregation: i32,
    #[prost(string, tag = "6")]
    pub name: String,
    #[prost(string, tag = "7")]
    pub device: String,
    #[prost(message, repeated, tag = "8")]
    pub experimental_distributed_variable_components: Vec<SavedVariable>,
}

impl Described for SavedVariable {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SavedVariable",
            &[
                one(1, "dtype", enumeration::<DataType>()),
                one(2, "shape", message::<TensorShapeProto>()),
                one(3, "trainable", BOOL),
                one(4, "synchronization", enumeration::<VariableSynchronization>()),
                one(5, "aggregation", enumeration::<VariableAggregation>()),
                one(6, "name", STRING),
                one(7, "device", STRING),
                many(8, "experimental_distributed_variable_components", message::<SavedVariable>()),
            ],
        );
        &IT
    }
}

/// The arguments of a function as written in Python.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FunctionSpec {
    #[prost(message, optional, tag = "1")]
    pub fullargspec: Option<StructuredValue>,
    #[prost(bool, tag = "2")]
    pub is_method: bool,
    #[prost(message, optional, tag = "5")]
    pub input_signature: Option<StructuredValue>,
    #[prost(enumeration = "function_spec::JitCompile", tag = "6")]
    pub jit_compile: i32,
}

impl Described for FunctionSpec {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.FunctionSpec",
            &[
                one(1, "fullargspec", message::<StructuredValue>()),
                one(2, "is_method", BOOL),
                one(5, "input_signature", message::<StructuredValue>()),
                one(6, "jit_compile", enumeration::<function_spec::JitCompile>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`FunctionSpec`] alone.
pub mod function_spec {
    use super::*;

    /// Whether a function is compiled with XLA.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum JitCompile {
        Default = 0,
        On = 1,
        Off = 2,
    }

    impl DescribedEnum for JitCompile {
        fn descriptor() -> &'static EnumDescriptor {
            static IT: EnumDescriptor = EnumDescriptor::new(
                "tensorflow.FunctionSpec.JitCompile",
                &[("DEFAULT", 0), ("ON", 1), ("OFF", 2)],
            );
            &IT
        }
    }
}

/// A resource that is created anew on loading.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedResource {
    #[prost(string, tag = "1")]
    pub device: String,
}

impl Described for SavedResource {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.SavedResource", &[one(1, "device", STRING)]);
        &IT
    }
}

/// The functions that save and restore one value of an object.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SaveableObject {
    #[prost(int32, tag = "2")]
    pub save_function: i32,
    #[prost(int32, tag = "3")]
    pub restore_function: i32,
}

impl Described for SaveableObject {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SaveableObject",
            &[one(2, "save_function", INT32), one(3, "restore_function", INT32)],
        );
        &IT
    }
}
