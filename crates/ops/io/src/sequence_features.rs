//! `parse_sequence_example`: what to read from examples whose features come in steps.

use crate::feature_columns::{Columns, dtypes, found, keys, take, take_sparse};
use crate::features::{FeatureSpec, ParsedFeature};
use crate::parse_sequence_example::PARSE_SEQUENCE_EXAMPLE_V2;
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, PartialShape, RaggedTensor, Result, TString, Tensor, bail,
    context, convert_to_tensor, ensure,
};

/// What was read of sequence examples.
#[derive(Clone, Debug)]
pub struct ParsedSequences {
    /// The features of examples as wholes, in the order of `context_features`.
    pub context: Vec<ParsedFeature>,
    /// The features of steps, in the order of `sequence_features`.
    pub sequences: Vec<ParsedFeature>,
    /// How many steps each example has, for each [`FeatureSpec::FixedLenSequence`] among `sequence_features`, in their order.
    pub lengths: Vec<Tensor>,
}

/// The features of serialized examples that have features as wholes and lists of features of their steps.
///
/// `context_features` are [`FeatureSpec::FixedLen`], [`FeatureSpec::VarLen`] and [`FeatureSpec::Ragged`]; `sequence_features`
/// are [`FeatureSpec::FixedLenSequence`], whose steps are filled up with zeros to the longest list,
/// [`FeatureSpec::VarLen`] and [`FeatureSpec::Ragged`].
///
/// Source: `tf.io.parse_sequence_example` (op `ParseSequenceExampleV2`).
///
/// ```
/// use ferroflow_core::DType;
/// use ferroflow_ops_io::{FeatureSpec, ParsedFeature, parse_sequence_example};
/// // Two examples without features.
/// let words = FeatureSpec::VarLen { dtype: DType::STRING };
/// let parsed = parse_sequence_example(["", ""], &[], &[("words", words)])?;
/// let ParsedFeature::Sparse(words) = &parsed.sequences[0] else { unreachable!() };
/// assert_eq!(words.dense_shape.numpy()?.as_slice::<i64>()?, [2, 0, 0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` without features, for kinds of features that stand elsewhere, and for steps with a default; `InvalidArgument`
/// for what is no example, features of another type or size, and missing ones that may not be missing.
pub fn parse_sequence_example(
    serialized: impl IntoOperand,
    context_features: &[(&str, FeatureSpec)],
    sequence_features: &[(&str, FeatureSpec)],
) -> Result<ParsedSequences> {
    parse_in("ParseSequenceExample", serialized.into_operand()?, context_features, sequence_features, |_| {
        Ok(())
    })
}

/// The features of one serialized example, as [`parse_sequence_example`] gives them, without the dimension of examples.
///
/// Source: `tf.io.parse_single_sequence_example`.
///
/// # Errors
/// As [`parse_sequence_example`]; `ValueError` for more than one example.
pub fn parse_single_sequence_example(
    serialized: impl IntoOperand,
    context_features: &[(&str, FeatureSpec)],
    sequence_features: &[(&str, FeatureSpec)],
) -> Result<ParsedSequences> {
    let scope = "ParseSingleSequenceExample";
    parse_in(scope, serialized.into_operand()?, context_features, sequence_features, |serialized| {
        ensure!(serialized.rank().is_none_or(|rank| rank == 0), value, "Input serialized must be a scalar");
        Ok(())
    })
}

/// Parses in a scope of this name what `admit` lets pass.
fn parse_in(
    scope: &str,
    serialized: Operand,
    context_features: &[(&str, FeatureSpec)],
    sequence_features: &[(&str, FeatureSpec)],
    admit: impl FnOnce(&Tensor) -> Result<()>,
) -> Result<ParsedSequences> {
    check(context_features, sequence_features)?;
    context::name_scope(scope, || {
        let serialized =
            context::with_name("serialized", || convert_to_tensor(serialized, Some(DType::STRING)))?;
        admit(&serialized)?;
        context::name_scope("ParseSequenceExample", || parse(serialized, context_features, sequence_features))
    })
}

fn check(context: &[(&str, FeatureSpec)], sequences: &[(&str, FeatureSpec)]) -> Result<()> {
    ensure!(
        !(context.is_empty() && sequences.is_empty()),
        value,
        "Both `context_features` and `sequence_features` argument are None, but at least one should have values."
    );
    for (name, spec) in context {
        if let FeatureSpec::FixedLenSequence { .. } | FeatureSpec::Sparse { .. } = spec {
            bail!(value, "Unsupported feature type for the context feature {name}: {spec:?}");
        }
    }
    for (name, spec) in sequences {
        match spec {
            FeatureSpec::FixedLen { .. } | FeatureSpec::Sparse { .. } => {
                bail!(value, "Unsupported feature type for the sequence feature {name}: {spec:?}")
            }
            FeatureSpec::FixedLenSequence { default_value: Some(_), .. } => {
                bail!(value, "Value feature_list.dense_defaults[{name}] must be None")
            }
            _ => {}
        }
    }
    Ok(())
}

fn parse(
    serialized: Tensor,
    context_features: &[(&str, FeatureSpec)],
    sequence_features: &[(&str, FeatureSpec)],
) -> Result<ParsedSequences> {
    let (context, lists) = (Columns::of(context_features)?, Columns::of(sequence_features)?);
    let has_ragged = !(context.ragged.is_empty() && lists.ragged.is_empty());
    if has_ragged && serialized.rank().is_none() {
        bail!(value, "serialized must have statically-known rank to parse ragged features.");
    }
    let is_single = serialized.rank() == Some(0);
    // The sizes of a step; that of steps stands before them.
    let steps: Vec<PartialShape> = lists
        .shapes
        .iter()
        .map(|shape| PartialShape::new(shape.dims().unwrap_or_default().iter().skip(1).copied()))
        .collect();
    let may_be_missing = |key: &str| {
        let spec = sequence_features.iter().find(|(name, _)| *name == key).map(|(_, spec)| spec);
        matches!(spec, Some(FeatureSpec::FixedLenSequence { allow_missing: true, .. }))
    };
    let missing: Vec<bool> = lists.dense.iter().map(|(key, _)| may_be_missing(key)).collect();
    let outputs = Op::new(&PARSE_SEQUENCE_EXAMPLE_V2)
        .input(serialized)
        .input(NdArray::vector(Vec::<TString>::new()))
        .input(keys(&context.sparse))
        .input(keys(&context.dense))
        .input(keys(&context.ragged))
        .input(keys(&lists.sparse))
        .input(keys(&lists.dense))
        .input(keys(&lists.ragged))
        .input(NdArray::vector(missing))
        .inputs(context.defaults.clone())
        .attr("Ncontext_sparse", context.sparse.len())
        .attr("Nfeature_list_sparse", lists.sparse.len())
        .attr("Nfeature_list_dense", lists.dense.len())
        .attr("Tcontext_dense", dtypes(&context.dense))
        .attr("context_sparse_types", dtypes(&context.sparse))
        .attr("context_ragged_value_types", dtypes(&context.ragged))
        .attr("context_ragged_split_types", context.split_types.clone())
        .attr("context_dense_shapes", context.shapes.clone())
        .attr("feature_list_dense_types", dtypes(&lists.dense))
        .attr("feature_list_sparse_types", dtypes(&lists.sparse))
        .attr("feature_list_ragged_value_types", dtypes(&lists.ragged))
        .attr("feature_list_ragged_split_types", lists.split_types.clone())
        .attr("feature_list_dense_shapes", steps)
        .all()?;
    let mut outputs = outputs.into_iter();
    let sparse = take_sparse(&mut outputs, context.sparse.len())?;
    let dense = take(&mut outputs, context.dense.len())?;
    let values = take(&mut outputs, context.ragged.len())?;
    let splits = take(&mut outputs, context.ragged.len())?;
    // The values of a single example are no rows yet: a ragged tensor of one dimension, without splits.
    let rows = |splits: Vec<Tensor>| if is_single { Vec::new() } else { splits };
    let ragged = values
        .into_iter()
        .zip(splits)
        .map(|(flat_values, splits)| RaggedTensor { flat_values, nested_row_splits: rows(vec![splits]) });
    let parsed_context = context.assemble(context_features, sparse, dense, ragged.collect())?;
    let sparse = take_sparse(&mut outputs, lists.sparse.len())?;
    let dense = take(&mut outputs, lists.dense.len())?;
    let list_lengths = take(&mut outputs, lists.dense.len())?;
    let values = take(&mut outputs, lists.ragged.len())?;
    let outer = take(&mut outputs, lists.ragged.len())?;
    let inner = take(&mut outputs, lists.ragged.len())?;
    let ragged = values.into_iter().zip(outer).zip(inner).map(|((flat_values, outer), inner)| {
        let mut nested_row_splits = rows(vec![outer]);
        nested_row_splits.push(inner);
        RaggedTensor { flat_values, nested_row_splits }
    });
    let sequences = lists.assemble(sequence_features, sparse, dense, ragged.collect())?;
    let of_steps =
        sequence_features.iter().filter(|(_, spec)| matches!(spec, FeatureSpec::FixedLenSequence { .. }));
    let lengths =
        of_steps.map(|(name, _)| found(&lists.dense, &list_lengths, name)).collect::<Result<_>>()?;
    Ok(ParsedSequences { context: parsed_context, sequences, lengths })
}
