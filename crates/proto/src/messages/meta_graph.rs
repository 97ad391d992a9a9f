//! Meta graphs: a graph with its signatures, collections, saver and assets.

use std::collections::BTreeMap;

use crate::descriptor::notation::{
    BOOL, BYTES, FLOAT, INT32, INT64, STRING, enumeration, many, map, member, message, one,
};
use crate::descriptor::{Described, DescribedEnum, Descriptor, EnumDescriptor};
use crate::{
    Any, DataType, GraphDef, OpList, SavedObjectGraph, TensorProto, TensorShapeProto, TypeSpecProto,
};

/// A graph with what is needed to run it, save it and restore it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MetaGraphDef {
    #[prost(message, optional, tag = "1")]
    pub meta_info_def: Option<meta_graph_def::MetaInfoDef>,
    #[prost(message, optional, tag = "2")]
    pub graph_def: Option<GraphDef>,
    #[prost(message, optional, tag = "3")]
    pub saver_def: Option<SaverDef>,
    #[prost(btree_map = "string, message", tag = "4")]
    pub collection_def: BTreeMap<String, CollectionDef>,
    #[prost(btree_map = "string, message", tag = "5")]
    pub signature_def: BTreeMap<String, SignatureDef>,
    #[prost(message, repeated, tag = "6")]
    pub asset_file_def: Vec<AssetFileDef>,
    #[prost(message, optional, tag = "7")]
    pub object_graph_def: Option<SavedObjectGraph>,
}

impl Described for MetaGraphDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.MetaGraphDef",
            &[
                one(1, "meta_info_def", message::<meta_graph_def::MetaInfoDef>()),
                one(2, "graph_def", message::<GraphDef>()),
                one(3, "saver_def", message::<SaverDef>()),
                map(4, "collection_def", STRING, message::<CollectionDef>()),
                map(5, "signature_def", STRING, message::<SignatureDef>()),
                many(6, "asset_file_def", message::<AssetFileDef>()),
                one(7, "object_graph_def", message::<SavedObjectGraph>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`MetaGraphDef`] alone.
pub mod meta_graph_def {
    use super::*;

    /// Who wrote a meta graph, its tags and its ops.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct MetaInfoDef {
        #[prost(string, tag = "1")]
        pub meta_graph_version: String,
        #[prost(message, optional, tag = "2")]
        pub stripped_op_list: Option<OpList>,
        #[prost(message, optional, tag = "3")]
        pub any_info: Option<Any>,
        #[prost(string, repeated, tag = "4")]
        pub tags: Vec<String>,
        #[prost(string, tag = "5")]
        pub tensorflow_version: String,
        #[prost(string, tag = "6")]
        pub tensorflow_git_version: String,
        #[prost(bool, tag = "7")]
        pub stripped_default_attrs: bool,
        #[prost(btree_map = "string, string", tag = "8")]
        pub function_aliases: BTreeMap<String, String>,
    }

    impl Described for MetaInfoDef {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.MetaGraphDef.MetaInfoDef",
                &[
                    one(1, "meta_graph_version", STRING),
                    one(2, "stripped_op_list", message::<OpList>()),
                    one(3, "any_info", message::<Any>()),
                    many(4, "tags", STRING),
                    one(5, "tensorflow_version", STRING),
                    one(6, "tensorflow_git_version", STRING),
                    one(7, "stripped_default_attrs", BOOL),
                    map(8, "function_aliases", STRING, STRING),
                ],
            );
            &IT
        }
    }
}

/// The items of one graph collection.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CollectionDef {
    #[prost(oneof = "collection_def::Kind", tags = "1, 2, 3, 4, 5")]
    pub kind: Option<collection_def::Kind>,
}

impl Described for CollectionDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.CollectionDef",
            &[
                member("kind", 1, "node_list", message::<collection_def::NodeList>()),
                member("kind", 2, "bytes_list", message::<collection_def::BytesList>()),
                member("kind", 3, "int64_list", message::<collection_def::Int64List>()),
                member("kind", 4, "float_list", message::<collection_def::FloatList>()),
                member("kind", 5, "any_list", message::<collection_def::AnyList>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`CollectionDef`] alone.
pub mod collection_def {
    use super::*;

    /// Which of the alternatives is set.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Kind {
        #[prost(message, tag = "1")]
        NodeList(NodeList),
        #[prost(message, tag = "2")]
        BytesList(BytesList),
        #[prost(message, tag = "3")]
        Int64List(Int64List),
        #[prost(message, tag = "4")]
        FloatList(FloatList),
        #[prost(message, tag = "5")]
        AnyList(AnyList),
    }

    /// Names of nodes or tensors.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct NodeList {
        #[prost(string, repeated, tag = "1")]
        pub value: Vec<String>,
    }

    impl Described for NodeList {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor =
                Descriptor::new("tensorflow.CollectionDef.NodeList", &[many(1, "value", STRING)]);
            &IT
        }
    }

    /// Serialised items, such as `VariableDef`s.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct BytesList {
        #[prost(bytes = "vec", repeated, tag = "1")]
        pub value: Vec<Vec<u8>>,
    }

    impl Described for BytesList {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor =
                Descriptor::new("tensorflow.CollectionDef.BytesList", &[many(1, "value", BYTES)]);
            &IT
        }
    }

    /// Integer items.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Int64List {
        #[prost(int64, repeated, tag = "1")]
        pub value: Vec<i64>,
    }

    impl Described for Int64List {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor =
                Descriptor::new("tensorflow.CollectionDef.Int64List", &[many(1, "value", INT64)]);
            &IT
        }
    }

    /// Float items.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct FloatList {
        #[prost(float, repeated, tag = "1")]
        pub value: Vec<f32>,
    }

    impl Described for FloatList {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor =
                Descriptor::new("tensorflow.CollectionDef.FloatList", &[many(1, "value", FLOAT)]);
            &IT
        }
    }

    /// Items of any message type.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct AnyList {
        #[prost(message, repeated, tag = "1")]
        pub value: Vec<Any>,
    }

    impl Described for AnyList {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor =
                Descriptor::new("tensorflow.CollectionDef.AnyList", &[many(1, "value", message::<Any>())]);
            &IT
        }
    }
}

/// Which tensor stands for an input or output, and its dtype and shape.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TensorInfo {
    #[prost(oneof = "tensor_info::Encoding", tags = "1, 4, 5")]
    pub encoding: Option<tensor_info::Encoding>,
    #[prost(enumeration = "DataType", tag = "2")]
    pub dtype: i32,
    #[prost(message, optional, tag = "3")]
    pub tensor_shape: Option<TensorShapeProto>,
}

impl Described for TensorInfo {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.TensorInfo",
            &[
                member("encoding", 1, "name", STRING),
                one(2, "dtype", enumeration::<DataType>()),
                one(3, "tensor_shape", message::<TensorShapeProto>()),
                member("encoding", 4, "coo_sparse", message::<tensor_info::CooSparse>()),
                member("encoding", 5, "composite_tensor", message::<tensor_info::CompositeTensor>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`TensorInfo`] alone.
pub mod tensor_info {
    use super::*;

    /// Which of the alternatives is set.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Encoding {
        #[prost(string, tag = "1")]
        Name(String),
        #[prost(message, tag = "4")]
        CooSparse(CooSparse),
        #[prost(message, tag = "5")]
        CompositeTensor(CompositeTensor),
    }

    /// The three tensors of a sparse tensor.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct CooSparse {
        #[prost(string, tag = "1")]
        pub values_tensor_name: String,
        #[prost(string, tag = "2")]
        pub indices_tensor_name: String,
        #[prost(string, tag = "3")]
        pub dense_shape_tensor_name: String,
    }

    impl Described for CooSparse {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.TensorInfo.CooSparse",
                &[
                    one(1, "values_tensor_name", STRING),
                    one(2, "indices_tensor_name", STRING),
                    one(3, "dense_shape_tensor_name", STRING),
                ],
            );
            &IT
        }
    }

    /// The tensors of a composite value and the spec that joins them.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct CompositeTensor {
        #[prost(message, optional, tag = "1")]
        pub type_spec: Option<TypeSpecProto>,
        #[prost(message, repeated, tag = "2")]
        pub components: Vec<TensorInfo>,
    }

    impl Described for CompositeTensor {
        fn descriptor() -> &'static Descriptor {
            static IT: Descriptor = Descriptor::new(
                "tensorflow.TensorInfo.CompositeTensor",
                &[
                    one(1, "type_spec", message::<TypeSpecProto>()),
                    many(2, "components", message::<TensorInfo>()),
                ],
            );
            &IT
        }
    }
}

/// A named way to call a model: its inputs, outputs and method.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SignatureDef {
    #[prost(btree_map = "string, message", tag = "1")]
    pub inputs: BTreeMap<String, TensorInfo>,
    #[prost(btree_map = "string, message", tag = "2")]
    pub outputs: BTreeMap<String, TensorInfo>,
    #[prost(string, tag = "3")]
    pub method_name: String,
    #[prost(btree_map = "string, message", tag = "4")]
    pub defaults: BTreeMap<String, TensorProto>,
}

impl Described for SignatureDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SignatureDef",
            &[
                map(1, "inputs", STRING, message::<TensorInfo>()),
                map(2, "outputs", STRING, message::<TensorInfo>()),
                one(3, "method_name", STRING),
                map(4, "defaults", STRING, message::<TensorProto>()),
            ],
        );
        &IT
    }
}

/// A file of the `assets` directory and the tensor that takes its path.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AssetFileDef {
    #[prost(message, optional, tag = "1")]
    pub tensor_info: Option<TensorInfo>,
    #[prost(string, tag = "2")]
    pub filename: String,
}

impl Described for AssetFileDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.AssetFileDef",
            &[one(1, "tensor_info", message::<TensorInfo>()), one(2, "filename", STRING)],
        );
        &IT
    }
}

/// The tensors and ops through which a v1 `Saver` saves and restores.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SaverDef {
    #[prost(string, tag = "1")]
    pub filename_tensor_name: String,
    #[prost(string, tag = "2")]
    pub save_tensor_name: String,
    /// The op that restores all variables.
    #[prost(string, tag = "3")]
    pub restore_op_name: String,
    #[prost(int32, tag = "4")]
    pub max_to_keep: i32,
    #[prost(bool, tag = "5")]
    pub sharded: bool,
    #[prost(float, tag = "6")]
    pub keep_checkpoint_every_n_hours: f32,
    #[prost(enumeration = "saver_def::CheckpointFormatVersion", tag = "7")]
    pub version: i32,
}

impl Described for SaverDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SaverDef",
            &[
                one(1, "filename_tensor_name", STRING),
                one(2, "save_tensor_name", STRING),
                one(3, "restore_op_name", STRING),
                one(4, "max_to_keep", INT32),
                one(5, "sharded", BOOL),
                one(6, "keep_checkpoint_every_n_hours", FLOAT),
                one(7, "version", enumeration::<saver_def::CheckpointFormatVersion>()),
            ],
        );
        &IT
    }
}

/// What belongs to [`SaverDef`] alone.
pub mod saver_def {
    use super::*;

    /// The formats of a checkpoint.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum CheckpointFormatVersion {
        Legacy = 0,
        V1 = 1,
        V2 = 2,
    }

    impl DescribedEnum for CheckpointFormatVersion {
        fn descriptor() -> &'static EnumDescriptor {
            static IT: EnumDescriptor = EnumDescriptor::new(
                "tensorflow.SaverDef.CheckpointFormatVersion",
                &[("LEGACY", 0), ("V1", 1), ("V2", 2)],
            );
            &IT
        }
    }
}
