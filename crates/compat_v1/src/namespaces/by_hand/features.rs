//! What features of examples are read as, under v1's names.

use crate::mode::facade;
use ferroflow_core::{IntoOperand, Result};
use ferroflow_ops_io::{FeatureSpec, ParsedFeature};

/// A feature of as many values in each example.
///
/// Source: `tf.compat.v1.FixedLenFeature`.
pub type FixedLenFeature = ferroflow_v2::io::FixedLenFeature;

/// A feature of any number of values, filled up to the longest.
///
/// Source: `tf.compat.v1.FixedLenSequenceFeature`.
pub type FixedLenSequenceFeature = ferroflow_v2::io::FixedLenSequenceFeature;

/// A feature of any number of values, as a sparse tensor.
///
/// Source: `tf.compat.v1.VarLenFeature`.
pub type VarLenFeature = ferroflow_v2::io::VarLenFeature;

/// Values and where they stand in a sparse tensor, as features of their own.
///
/// Source: `tf.compat.v1.SparseFeature`.
pub type SparseFeature = ferroflow_v2::io::SparseFeature;

/// A feature of any number of values, as a ragged tensor.
///
/// Source: `tf.compat.v1.io.RaggedFeature`.
pub type RaggedFeature = ferroflow_v2::io::RaggedFeature;

/// The features of one serialized example, in the order of `features`.
///
/// Source: `tf.compat.v1.parse_single_example`.
///
/// # Errors
/// As `tf::io::parse_example`; `ValueError` for more than one example.
pub fn parse_single_example(
    serialized: impl IntoOperand,
    features: &[(&str, FeatureSpec)],
) -> Result<Vec<ParsedFeature>> {
    facade(|| ferroflow_v2::io::parse_single_example(serialized, features))
}
