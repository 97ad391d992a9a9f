//! What TensorFlow writes beside the elements of saved datasets.

use crate::DataType;

/// `tensorflow.data.experimental.SnapshotMetadataRecord`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SnapshotMetadataRecord {
    /// What tells graphs apart, where the elements are those of a snapshot.
    #[prost(string, tag = "1")]
    pub graph_hash: String,
    /// The name of the directory that holds the elements.
    #[prost(string, tag = "2")]
    pub run_id: String,
    /// When it was made, in microseconds.
    #[prost(int64, tag = "3")]
    pub creation_timestamp: i64,
    /// How elements are written.
    #[prost(int64, tag = "4")]
    pub version: i64,
    /// The dtypes of components.
    #[prost(enumeration = "DataType", repeated, tag = "5")]
    pub dtype: Vec<i32>,
    /// How many elements there are.
    #[prost(int64, tag = "6")]
    pub num_elements: i64,
    /// Whether all of them were written.
    #[prost(bool, tag = "1000")]
    pub finalized: bool,
}
