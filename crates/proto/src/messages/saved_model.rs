//! SavedModel, the root message of `saved_model.pb`, and its fingerprint.

use crate::descriptor::notation::{INT64, STRING, UINT64, many, message, one};
use crate::descriptor::{Described, Descriptor};
use crate::{MetaGraphDef, VersionDef};

/// The meta graphs of a SavedModel.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SavedModel {
    #[prost(int64, tag = "1")]
    pub saved_model_schema_version: i64,
    #[prost(message, repeated, tag = "2")]
    pub meta_graphs: Vec<MetaGraphDef>,
}

impl Described for SavedModel {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SavedModel",
            &[one(1, "saved_model_schema_version", INT64), many(2, "meta_graphs", message::<MetaGraphDef>())],
        );
        &IT
    }
}

/// Hashes that identify a SavedModel: the message of `fingerprint.pb`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FingerprintDef {
    #[prost(uint64, tag = "1")]
    pub saved_model_checksum: u64,
    #[prost(uint64, tag = "2")]
    pub graph_def_program_hash: u64,
    #[prost(uint64, tag = "3")]
    pub signature_def_hash: u64,
    #[prost(uint64, tag = "4")]
    pub saved_object_graph_hash: u64,
    #[prost(uint64, tag = "5")]
    pub checkpoint_hash: u64,
    #[prost(message, optional, tag = "6")]
    pub version: Option<VersionDef>,
    #[prost(string, tag = "7")]
    pub uuid: String,
}

impl Described for FingerprintDef {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.FingerprintDef",
            &[
                one(1, "saved_model_checksum", UINT64),
                one(2, "graph_def_program_hash", UINT64),
                one(3, "signature_def_hash", UINT64),
                one(4, "saved_object_graph_hash", UINT64),
                one(5, "checkpoint_hash", UINT64),
                one(6, "version", message::<VersionDef>()),
                one(7, "uuid", STRING),
            ],
        );
        &IT
    }
}
