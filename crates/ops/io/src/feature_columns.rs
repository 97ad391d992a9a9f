//! The columns that ops read examples into, as features ask for them, and features made of the columns.

use crate::features::{FeatureSpec, ParsedFeature};
use ferroflow_core::{
    DType, Error, NdArray, PartialShape, RaggedTensor, Result, Shape, SparseTensor, TString, Tensor, bail,
    context, ensure,
};

/// A column: its name in examples, and its dtype.
pub(crate) type Column<'a> = (&'a str, DType);

/// The columns of each kind, in the order in which TensorFlow has them: features by their names.
#[derive(Default)]
pub(crate) struct Columns<'a> {
    pub(crate) sparse: Vec<Column<'a>>,
    pub(crate) dense: Vec<Column<'a>>,
    pub(crate) ragged: Vec<Column<'a>>,
    /// Of dense columns: the shape of an example's values, and what fills up or stands for them.
    pub(crate) shapes: Vec<PartialShape>,
    pub(crate) defaults: Vec<NdArray>,
    /// Of ragged columns.
    pub(crate) split_types: Vec<DType>,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(features: &'a [(&'a str, FeatureSpec)]) -> Result<Columns<'a>> {
        let mut ordered: Vec<&(&str, FeatureSpec)> = features.iter().collect();
        ordered.sort_by_key(|(name, _)| *name);
        let mut columns = Columns::default();
        for (name, spec) in ordered {
            match spec {
                FeatureSpec::VarLen { dtype } => columns.add_sparse(name, *dtype)?,
                FeatureSpec::Sparse { index_key, value_key, dtype, size, .. } => {
                    ensure!(!index_key.is_empty(), value, "Missing index_key for SparseFeature {name}.");
                    ensure!(
                        index_key.len() == size.len(),
                        value,
                        "sp_ids and vocab_size have to have equal lengths."
                    );
                    let mut keys: Vec<&String> = index_key.iter().collect();
                    keys.sort();
                    for key in keys {
                        columns.add_sparse(key, DType::INT64)?;
                    }
                    columns.add_sparse(value_key, *dtype)?;
                }
                FeatureSpec::Ragged { dtype, row_splits_dtype } => {
                    columns.ragged.push((name, *dtype));
                    columns.split_types.push(*row_splits_dtype);
                }
                FeatureSpec::FixedLen { shape, dtype, default_value } => {
                    columns.dense.push((name, *dtype));
                    columns.shapes.push(PartialShape::from(shape.clone()));
                    columns.defaults.push(match default_value {
                        Some(value) => value.reshape(Shape::new(shape)?)?,
                        None => NdArray::zeros(*dtype, Shape::new(&[0])?)?,
                    });
                }
                FeatureSpec::FixedLenSequence { shape, dtype, default_value, .. } => {
                    columns.dense.push((name, *dtype));
                    let steps = std::iter::once(None).chain(shape.iter().map(|&dim| Some(dim)));
                    columns.shapes.push(PartialShape::new(steps));
                    columns.defaults.push(match default_value {
                        Some(value) => value.clone(),
                        None => NdArray::zeros(*dtype, Shape::scalar())?,
                    });
                }
            }
        }
        columns.check()?;
        Ok(columns)
    }

    /// Adds a sparse column, which several features may share.
    fn add_sparse(&mut self, key: &'a str, dtype: DType) -> Result<()> {
        match self.sparse.iter().find(|(name, _)| *name == key) {
            Some((_, other)) if *other != dtype => {
                bail!(value, "Conflicting type {other:?} vs {dtype:?} for feature {key}.")
            }
            Some(_) => {}
            None => self.sparse.push((key, dtype)),
        }
        Ok(())
    }

    /// A name stands for columns of one kind.
    fn check(&self) -> Result<()> {
        let named = |columns: &[Column<'_>], key: &str| columns.iter().any(|(name, _)| *name == key);
        for (name, _) in &self.sparse {
            ensure!(!named(&self.dense, name), value, "Dense and sparse keys must not intersect: {name}");
            ensure!(!named(&self.ragged, name), value, "Ragged and sparse keys must not intersect: {name}");
        }
        Ok(())
    }

    /// The features made of the columns that an op gave, in the order of `features`.
    pub(crate) fn assemble(
        &self,
        features: &[(&str, FeatureSpec)],
        sparse: Vec<SparseTensor>,
        dense: Vec<Tensor>,
        ragged: Vec<RaggedTensor>,
    ) -> Result<Vec<ParsedFeature>> {
        let parsed = features.iter().map(|(name, spec)| match spec {
            FeatureSpec::VarLen { .. } => Ok(ParsedFeature::Sparse(found(&self.sparse, &sparse, name)?)),
            FeatureSpec::Sparse { index_key, value_key, size, already_sorted, .. } => {
                let places = index_key.iter().map(|key| found(&self.sparse, &sparse, key));
                let places = places.collect::<Result<Vec<_>>>()?;
                let values = found(&self.sparse, &sparse, value_key)?;
                let merged = context::name_scope("SparseMerge", || {
                    SparseTensor::merged(&places, &values, size, *already_sorted)
                })?;
                Ok(ParsedFeature::Sparse(merged))
            }
            FeatureSpec::Ragged { .. } => Ok(ParsedFeature::Ragged(found(&self.ragged, &ragged, name)?)),
            FeatureSpec::FixedLen { .. } | FeatureSpec::FixedLenSequence { .. } => {
                Ok(ParsedFeature::Dense(found(&self.dense, &dense, name)?))
            }
        });
        parsed.collect()
    }
}

/// What an op gave for the column of this name.
pub(crate) fn found<T: Clone>(columns: &[Column<'_>], outputs: &[T], key: &str) -> Result<T> {
    let position = columns.iter().position(|(name, _)| *name == key);
    match position.and_then(|position| outputs.get(position)) {
        Some(output) => Ok(output.clone()),
        None => Err(Error::internal(format!("no column was read for feature {key}"))),
    }
}

/// The names of columns, as ops take them.
pub(crate) fn keys(columns: &[Column<'_>]) -> NdArray {
    NdArray::vector(columns.iter().map(|(name, _)| TString::from(*name)).collect::<Vec<TString>>())
}

/// The dtypes of columns.
pub(crate) fn dtypes(columns: &[Column<'_>]) -> Vec<DType> {
    columns.iter().map(|(_, dtype)| *dtype).collect()
}

/// The next `count` outputs of an op.
pub(crate) fn take(outputs: &mut impl Iterator<Item = Tensor>, count: usize) -> Result<Vec<Tensor>> {
    let taken: Vec<Tensor> = outputs.by_ref().take(count).collect();
    ensure!(taken.len() == count, internal, "an op that reads examples has too few outputs");
    Ok(taken)
}

/// Sparse tensors from the next outputs of an op: all indices, then all values, then all shapes.
pub(crate) fn take_sparse(
    outputs: &mut impl Iterator<Item = Tensor>,
    count: usize,
) -> Result<Vec<SparseTensor>> {
    let (indices, values, shapes) = (take(outputs, count)?, take(outputs, count)?, take(outputs, count)?);
    let parts = indices.into_iter().zip(values).zip(shapes);
    Ok(parts.map(|((indices, values), dense_shape)| SparseTensor { indices, values, dense_shape }).collect())
}
