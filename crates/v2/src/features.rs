//! `tf.io.FixedLenFeature` and its siblings: what features of examples are read as.

use ferroflow_core::{DType, IntoOperand, NdArray, Result, context, convert_to_tensor, ensure};
use ferroflow_ops_io::{FeatureSpec, ParsedFeature};

/// A feature of as many values in each example.
///
/// Source: `tf.io.FixedLenFeature`.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::io::FixedLenFeature;
/// let age = FixedLenFeature::new(&[], tf::int64).default_value(7i64);
/// // An example without features.
/// let parsed = tf::io::parse_single_example("", &[("age", age.into())])?;
/// let tf::options::ParsedFeature::Dense(age) = &parsed[0] else { unreachable!() };
/// assert_eq!(age.numpy()?.item::<i64>()?, 7);
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FixedLenFeature {
    /// The shape of an example's values.
    pub shape: Vec<usize>,
    /// `float32`, `int64` or `string`.
    pub dtype: DType,
    /// What an example without the feature has; without a default that is an error.
    pub default_value: Option<NdArray>,
}

impl FixedLenFeature {
    /// A feature of this shape.
    pub fn new(shape: &[usize], dtype: DType) -> FixedLenFeature {
        FixedLenFeature { shape: shape.to_vec(), dtype, default_value: None }
    }

    /// The same, with a value for examples that lack it.
    pub fn default_value(mut self, value: impl Into<NdArray>) -> FixedLenFeature {
        self.default_value = Some(value.into());
        self
    }
}

/// A feature of any number of values, filled up to the longest.
///
/// Source: `tf.io.FixedLenSequenceFeature`.
#[derive(Clone, Debug)]
pub struct FixedLenSequenceFeature {
    /// The shape of a step's values.
    pub shape: Vec<usize>,
    /// `float32`, `int64` or `string`.
    pub dtype: DType,
    /// What fills up; 0 or `""` if not given.
    pub default_value: Option<NdArray>,
    /// Whether a list of steps may be missing.
    pub allow_missing: bool,
}

impl FixedLenSequenceFeature {
    /// A feature with steps of this shape.
    pub fn new(shape: &[usize], dtype: DType) -> FixedLenSequenceFeature {
        FixedLenSequenceFeature { shape: shape.to_vec(), dtype, default_value: None, allow_missing: false }
    }

    /// The same, with a value that fills up.
    pub fn default_value(mut self, value: impl Into<NdArray>) -> FixedLenSequenceFeature {
        self.default_value = Some(value.into());
        self
    }

    /// The same, where a list of steps may be missing or may not.
    pub fn allow_missing(mut self, allow: bool) -> FixedLenSequenceFeature {
        self.allow_missing = allow;
        self
    }
}

/// A feature of any number of values, as a sparse tensor.
///
/// Source: `tf.io.VarLenFeature`.
#[derive(Clone, Copy, Debug)]
pub struct VarLenFeature {
    /// `float32`, `int64` or `string`.
    pub dtype: DType,
}

impl VarLenFeature {
    /// A feature of this dtype.
    pub fn new(dtype: DType) -> VarLenFeature {
        VarLenFeature { dtype }
    }
}

/// Values and where they stand in a sparse tensor, as features of their own.
///
/// Source: `tf.io.SparseFeature`.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::io::SparseFeature;
/// let cells = SparseFeature::new(&["row", "column"], "value", tf::float32, &[100, 3]);
/// // An example without features.
/// let parsed = tf::io::parse_single_example("", &[("cells", cells.into())])?;
/// let tf::options::ParsedFeature::Sparse(cells) = &parsed[0] else { unreachable!() };
/// assert_eq!(cells.dense_shape.numpy()?.as_slice::<i64>()?, [100, 3]);
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SparseFeature {
    /// The features of places, one for each dimension, all of `int64`.
    pub index_key: Vec<String>,
    /// The feature of values.
    pub value_key: String,
    /// `float32`, `int64` or `string`.
    pub dtype: DType,
    /// The sizes of the dimensions.
    pub size: Vec<i64>,
    /// Whether places come in order; else they are put in order.
    pub already_sorted: bool,
}

impl SparseFeature {
    /// A feature of these dimensions.
    pub fn new(index_key: &[&str], value_key: &str, dtype: DType, size: &[i64]) -> SparseFeature {
        SparseFeature {
            index_key: index_key.iter().map(|key| key.to_string()).collect(),
            value_key: value_key.to_string(),
            dtype,
            size: size.to_vec(),
            already_sorted: false,
        }
    }

    /// The same, for places that come in order.
    pub fn already_sorted(mut self, sorted: bool) -> SparseFeature {
        self.already_sorted = sorted;
        self
    }
}

/// A feature of any number of values, as a ragged tensor. Partitions beyond the rows of examples are not offered.
///
/// Source: `tf.io.RaggedFeature`.
#[derive(Clone, Copy, Debug)]
pub struct RaggedFeature {
    /// `float32`, `int64` or `string`.
    pub dtype: DType,
    /// `int32` or `int64`.
    pub row_splits_dtype: DType,
}

impl RaggedFeature {
    /// A feature of this dtype, with row splits of `int32`.
    pub fn new(dtype: DType) -> RaggedFeature {
        RaggedFeature { dtype, row_splits_dtype: DType::INT32 }
    }

    /// The same, with row splits of another dtype.
    pub fn row_splits_dtype(mut self, dtype: DType) -> RaggedFeature {
        self.row_splits_dtype = dtype;
        self
    }
}

impl From<FixedLenFeature> for FeatureSpec {
    fn from(feature: FixedLenFeature) -> FeatureSpec {
        let FixedLenFeature { shape, dtype, default_value } = feature;
        FeatureSpec::FixedLen { shape, dtype, default_value }
    }
}

impl From<FixedLenSequenceFeature> for FeatureSpec {
    fn from(feature: FixedLenSequenceFeature) -> FeatureSpec {
        let FixedLenSequenceFeature { shape, dtype, default_value, allow_missing } = feature;
        FeatureSpec::FixedLenSequence { shape, dtype, default_value, allow_missing }
    }
}

impl From<SparseFeature> for FeatureSpec {
    fn from(feature: SparseFeature) -> FeatureSpec {
        let SparseFeature { index_key, value_key, dtype, size, already_sorted } = feature;
        FeatureSpec::Sparse { index_key, value_key, dtype, size, already_sorted }
    }
}

impl From<VarLenFeature> for FeatureSpec {
    fn from(feature: VarLenFeature) -> FeatureSpec {
        FeatureSpec::VarLen { dtype: feature.dtype }
    }
}

impl From<RaggedFeature> for FeatureSpec {
    fn from(feature: RaggedFeature) -> FeatureSpec {
        let RaggedFeature { dtype, row_splits_dtype } = feature;
        FeatureSpec::Ragged { dtype, row_splits_dtype }
    }
}

/// The features of one serialized example, in the order of `features`.
///
/// Source: `tf.io.parse_single_example`.
///
/// # Errors
/// `ValueError` for more than one example; as [`parse_example`](fn@ferroflow_ops_io::parse_example).
pub fn parse_single_example(
    serialized: impl IntoOperand,
    features: &[(&str, FeatureSpec)],
) -> Result<Vec<ParsedFeature>> {
    ferroflow_graph::install();
    ensure!(!features.is_empty(), value, "Missing features.");
    let serialized = serialized.into_operand()?;
    context::name_scope("ParseSingleExample", || {
        let serialized =
            context::with_name("serialized", || convert_to_tensor(serialized, Some(DType::STRING)))?;
        ensure!(serialized.rank().is_none_or(|rank| rank == 0), value, "Input serialized must be a scalar");
        ferroflow_ops_io::parse_example(serialized, features)
    })
}
