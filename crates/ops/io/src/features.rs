//! `parse_example`: what to read from examples, said by features' names.

use crate::feature_columns::{Columns, dtypes, keys, take, take_sparse};
use crate::parse_example::PARSE_EXAMPLE_V2;
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, RaggedTensor, Result, SparseTensor, TString, Tensor, context,
    convert_to_tensor, ensure,
};

/// What a feature is read as.
#[derive(Clone, Debug)]
pub enum FeatureSpec {
    /// As many values in each example (`tf.io.FixedLenFeature`).
    FixedLen {
        /// The shape of an example's values.
        shape: Vec<usize>,
        /// `float32`, `int64` or `string`.
        dtype: DType,
        /// What an example without the feature has; without a default that is an error.
        default_value: Option<NdArray>,
    },
    /// Any number of values, filled up to the longest (`tf.io.FixedLenSequenceFeature`).
    FixedLenSequence {
        /// The shape of a step's values.
        shape: Vec<usize>,
        /// `float32`, `int64` or `string`.
        dtype: DType,
        /// What fills up; 0 or `""` if not given. Lists of steps know no other.
        default_value: Option<NdArray>,
        /// Whether a list of steps may be missing, which then counts as an empty one. Examples may lack any such feature.
        allow_missing: bool,
    },
    /// Values and where they stand in a sparse tensor, as features of their own (`tf.io.SparseFeature`).
    Sparse {
        /// The features of places, one for each dimension, all of `int64`.
        index_key: Vec<String>,
        /// The feature of values.
        value_key: String,
        /// `float32`, `int64` or `string`.
        dtype: DType,
        /// The sizes of the dimensions.
        size: Vec<i64>,
        /// Whether places come in order; else they are put in order.
        already_sorted: bool,
    },
    /// Any number of values, as a sparse tensor (`tf.io.VarLenFeature`).
    VarLen {
        /// `float32`, `int64` or `string`.
        dtype: DType,
    },
    /// Any number of values, as a ragged tensor (`tf.io.RaggedFeature` without partitions).
    Ragged {
        /// `float32`, `int64` or `string`.
        dtype: DType,
        /// `int32` or `int64`.
        row_splits_dtype: DType,
    },
}

/// A feature that was read.
#[derive(Clone, Debug)]
pub enum ParsedFeature {
    /// Of [`FeatureSpec::FixedLen`] and [`FeatureSpec::FixedLenSequence`].
    Dense(Tensor),
    /// Of [`FeatureSpec::VarLen`] and [`FeatureSpec::Sparse`].
    Sparse(SparseTensor),
    /// Of [`FeatureSpec::Ragged`].
    Ragged(RaggedTensor),
}

/// The features of serialized examples, in the order of `features`; of a scalar those of the one example.
///
/// Source: `tf.io.parse_example`, and `tf.io.parse_single_example` for a scalar (op `ParseExampleV2`).
///
/// ```
/// use ferroflow_core::{DType, NdArray};
/// use ferroflow_ops_io::{FeatureSpec, ParsedFeature, parse_example};
/// // An example without features.
/// let spec = FeatureSpec::FixedLen {
///     shape: vec![],
///     dtype: DType::INT64,
///     default_value: Some(NdArray::scalar(7i64)),
/// };
/// let parsed = parse_example(["", ""], &[("age", spec)])?;
/// let ParsedFeature::Dense(ages) = &parsed[0] else { unreachable!() };
/// assert_eq!(ages.numpy()?.as_slice::<i64>()?, [7, 7]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for what is no example, features of another type or size, and missing ones without a default.
pub fn parse_example(
    serialized: impl IntoOperand,
    features: &[(&str, FeatureSpec)],
) -> Result<Vec<ParsedFeature>> {
    ensure!(!features.is_empty(), value, "Missing: features was {{}}.");
    let serialized = serialized.into_operand()?;
    let columns = Columns::of(features)?;
    let outputs = context::name_scope("ParseExample", || {
        let serialized = convert_to_tensor(serialized, Some(DType::STRING))?;
        Op::new(&PARSE_EXAMPLE_V2)
            .input(serialized)
            .input(NdArray::vector(Vec::<TString>::new()))
            .input(keys(&columns.sparse))
            .input(keys(&columns.dense))
            .input(keys(&columns.ragged))
            .inputs(columns.defaults.clone())
            .attr("num_sparse", columns.sparse.len())
            .attr("sparse_types", dtypes(&columns.sparse))
            .attr("Tdense", dtypes(&columns.dense))
            .attr("ragged_value_types", dtypes(&columns.ragged))
            .attr("ragged_split_types", columns.split_types.clone())
            .attr("dense_shapes", columns.shapes.clone())
            .all()
    })?;
    let mut outputs = outputs.into_iter();
    let sparse = take_sparse(&mut outputs, columns.sparse.len())?;
    let dense = take(&mut outputs, columns.dense.len())?;
    let values = take(&mut outputs, columns.ragged.len())?;
    let splits = take(&mut outputs, columns.ragged.len())?;
    let ragged = values.into_iter().zip(splits);
    let ragged =
        ragged.map(|(flat_values, splits)| RaggedTensor { flat_values, nested_row_splits: vec![splits] });
    columns.assemble(features, sparse, dense, ragged.collect())
}
