//! `parse_example`: what to read from examples, said by features' names.

use crate::parse_example::PARSE_EXAMPLE_V2;
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, PartialShape, RaggedTensor, Result, SparseTensor, TString, Tensor,
    context, convert_to_tensor, ensure,
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
    /// Any number of values, filled up to the longest (`tf.io.FixedLenSequenceFeature` with `allow_missing`).
    FixedLenSequence {
        /// The shape of a step's values.
        shape: Vec<usize>,
        /// `float32`, `int64` or `string`.
        dtype: DType,
        /// What fills up; 0 or `""` if not given.
        default_value: Option<NdArray>,
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
    /// Of [`FeatureSpec::VarLen`].
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
    context::name_scope("ParseExample", || {
        parse(convert_to_tensor(serialized, Some(DType::STRING))?, features)
    })
}

/// The columns of an op by kind: positions in `features`.
#[derive(Default)]
struct Kinds {
    sparse: Vec<usize>,
    dense: Vec<usize>,
    ragged: Vec<usize>,
}

fn parse(serialized: Tensor, features: &[(&str, FeatureSpec)]) -> Result<Vec<ParsedFeature>> {
    // TensorFlow takes features by name.
    let mut order: Vec<usize> = (0..features.len()).collect();
    order.sort_by_key(|&at| features[at].0);
    let (mut kinds, mut types) = (Kinds::default(), [Vec::new(), Vec::new(), Vec::new(), Vec::new()]);
    let (mut shapes, mut defaults) = (Vec::new(), Vec::new());
    for at in order {
        match &features[at].1 {
            FeatureSpec::VarLen { dtype } => {
                kinds.sparse.push(at);
                types[0].push(*dtype);
            }
            FeatureSpec::Ragged { dtype, row_splits_dtype } => {
                kinds.ragged.push(at);
                types[2].push(*dtype);
                types[3].push(*row_splits_dtype);
            }
            FeatureSpec::FixedLen { shape, dtype, default_value } => {
                kinds.dense.push(at);
                types[1].push(*dtype);
                shapes.push(PartialShape::from(shape.clone()));
                let none = || NdArray::zeros(*dtype, ferroflow_core::Shape::new(&[0])?);
                defaults.push(match default_value {
                    Some(value) => value.reshape(ferroflow_core::Shape::new(shape)?)?,
                    None => none()?,
                });
            }
            FeatureSpec::FixedLenSequence { shape, dtype, default_value } => {
                kinds.dense.push(at);
                types[1].push(*dtype);
                shapes
                    .push(PartialShape::new(std::iter::once(None).chain(shape.iter().map(|&dim| Some(dim)))));
                defaults.push(match default_value {
                    Some(value) => value.clone(),
                    None => NdArray::zeros(*dtype, ferroflow_core::Shape::scalar())?,
                });
            }
        }
    }
    let keys = |positions: &[usize]| {
        NdArray::vector(positions.iter().map(|&at| TString::from(features[at].0)).collect::<Vec<TString>>())
    };
    let [sparse_types, dense_types, ragged_types, split_types] = types;
    let outputs = Op::new(&PARSE_EXAMPLE_V2)
        .input(serialized)
        .input(NdArray::vector(Vec::<TString>::new()))
        .input(keys(&kinds.sparse))
        .input(keys(&kinds.dense))
        .input(keys(&kinds.ragged))
        .inputs(defaults)
        .attr("num_sparse", kinds.sparse.len())
        .attr("sparse_types", sparse_types)
        .attr("Tdense", dense_types)
        .attr("ragged_value_types", ragged_types)
        .attr("ragged_split_types", split_types)
        .attr("dense_shapes", shapes)
        .all()?;
    let mut parsed: Vec<Option<ParsedFeature>> = vec![None; features.len()];
    let (sparse, dense) = (kinds.sparse.len(), kinds.dense.len());
    let output = |index: usize| match outputs.get(index) {
        Some(tensor) => Ok(tensor.clone()),
        None => Err(ferroflow_core::Error::internal("ParseExampleV2 has too few outputs")),
    };
    for (index, &at) in kinds.sparse.iter().enumerate() {
        parsed[at] = Some(ParsedFeature::Sparse(SparseTensor {
            indices: output(index)?,
            values: output(sparse + index)?,
            dense_shape: output(2 * sparse + index)?,
        }));
    }
    for (index, &at) in kinds.dense.iter().enumerate() {
        parsed[at] = Some(ParsedFeature::Dense(output(3 * sparse + index)?));
    }
    let first = 3 * sparse + dense;
    for (index, &at) in kinds.ragged.iter().enumerate() {
        parsed[at] = Some(ParsedFeature::Ragged(RaggedTensor {
            flat_values: output(first + index)?,
            nested_row_splits: vec![output(first + kinds.ragged.len() + index)?],
        }));
    }
    Ok(parsed.into_iter().flatten().collect())
}
