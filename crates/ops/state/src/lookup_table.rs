//! `LookupTable`: values by key, behind the handles of hash tables.

use crate::dense_table::DenseTable;
use crate::joined::joined;
use ferroflow_core::{DType, NdArray, Resource, Result, Shape, TString, bail, dispatch, ensure, reserve};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A key: the bits of a number, or a string.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    Int(i64),
    Text(TString),
}

/// The keys in an array.
pub(crate) fn keys_of(array: &NdArray) -> Result<Vec<Key>> {
    match array.dtype() {
        DType::STRING => Ok(array.as_slice::<TString>()?.iter().cloned().map(Key::Text).collect()),
        dtype if dtype.is_integer() || dtype == DType::BOOL => {
            Ok(array.cast(DType::INT64)?.as_slice::<i64>()?.iter().copied().map(Key::Int).collect())
        }
        DType::FLOAT32 => {
            Ok(array.as_slice::<f32>()?.iter().map(|key| Key::Int(i64::from(key.to_bits()))).collect())
        }
        DType::FLOAT64 => {
            Ok(array.as_slice::<f64>()?.iter().map(|key| Key::Int(key.to_bits() as i64)).collect())
        }
        other => bail!(unimplemented, "unsupported dtype: {} as the key of a table", other.name()),
    }
}

/// A hash table: filled once, or changed at will.
pub(crate) struct LookupTable {
    pub(crate) key_dtype: DType,
    pub(crate) value_dtype: DType,
    /// The shape of each value.
    pub(crate) value_shape: Shape,
    /// Whether keys can come and go.
    pub(crate) mutable: bool,
    rows: Mutex<Rows>,
    /// The buckets of a dense table, which then hold all entries.
    pub(crate) dense: Option<DenseTable>,
}

/// What a table holds.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) initialized: bool,
    /// By key, the key itself as an array of one element, and the value.
    pub(crate) by_key: HashMap<Key, (NdArray, NdArray)>,
}

impl Resource for LookupTable {
    fn type_name(&self) -> &'static str {
        "tensorflow::lookup::LookupInterface"
    }
    fn mangled_name() -> &'static str {
        "N10tensorflow6lookup15LookupInterfaceE"
    }
    fn debug_string(&self) -> String {
        let size = self.size();
        format!("table of {size} {} -> {}", self.key_dtype.name(), self.value_dtype.name())
    }
}

impl LookupTable {
    pub(crate) fn new(
        key_dtype: DType,
        value_dtype: DType,
        value_shape: Shape,
        mutable: bool,
    ) -> LookupTable {
        let rows = Mutex::new(Rows { initialized: mutable, by_key: HashMap::new() });
        LookupTable { key_dtype, value_dtype, value_shape, mutable, rows, dense: None }
    }

    /// A table that keeps its entries in buckets.
    pub(crate) fn of_buckets(
        key_dtype: DType,
        value_dtype: DType,
        value_shape: Shape,
        dense: DenseTable,
    ) -> LookupTable {
        let table = LookupTable::new(key_dtype, value_dtype, value_shape, true);
        LookupTable { dense: Some(dense), ..table }
    }

    /// How many entries there are.
    pub(crate) fn size(&self) -> usize {
        match &self.dense {
            Some(dense) => dense.size(),
            None => self.rows().by_key.len(),
        }
    }

    pub(crate) fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shape of the values of keys of this shape.
    pub(crate) fn shape_of_values(&self, keys: &Shape) -> Result<Shape> {
        Shape::new(&[keys.dims(), self.value_shape.dims()].concat())
    }

    /// Whether there is a value for each key.
    pub(crate) fn check_values(&self, keys: &NdArray, values: &NdArray) -> Result<()> {
        let expected = self.shape_of_values(keys.shape())?;
        ensure!(
            *values.shape() == expected,
            invalid_argument,
            "Expected shape {expected} for value, got {}",
            values.shape()
        );
        Ok(())
    }

    /// Keys and values, one by one.
    pub(crate) fn pairs(&self, keys: &NdArray, values: &NdArray) -> Result<Vec<(Key, NdArray, NdArray)>> {
        self.check_values(keys, values)?;
        let (single_keys, single_values) =
            (split(keys, &Shape::scalar())?, split(values, &self.value_shape)?);
        Ok(keys_of(keys)?
            .into_iter()
            .zip(single_keys)
            .zip(single_values)
            .map(|((key, single), value)| (key, single, value))
            .collect())
    }

    /// The values of keys, with `default`, or the default at the same place, where a key is not there.
    pub(crate) fn find(&self, keys: &NdArray, default: &NdArray) -> Result<NdArray> {
        let shape = self.shape_of_values(keys.shape())?;
        ensure!(
            *default.shape() == self.value_shape || *default.shape() == shape,
            invalid_argument,
            "Expected shape {} or {shape} for default value, got {}",
            self.value_shape,
            default.shape()
        );
        let rows = self.rows();
        ensure!(rows.initialized, failed_precondition, "Table not initialized.");
        let width = self.value_shape.num_elements();
        let one_each = *default.shape() != self.value_shape;
        dispatch!(self.value_dtype, ALL, |T| {
            let defaults = default.as_slice::<T>()?;
            let mut elements = reserve::<T>(shape.num_elements())?;
            for (position, key) in keys_of(keys)?.iter().enumerate() {
                match rows.by_key.get(key) {
                    Some((_, value)) => elements.extend_from_slice(value.as_slice::<T>()?),
                    None => {
                        let start = if one_each { position * width } else { 0 };
                        elements.extend_from_slice(&defaults[start..start + width]);
                    }
                }
            }
            NdArray::from_shape(shape, elements)
        })
    }

    /// All keys and all values, ordered by key.
    pub(crate) fn export(&self) -> Result<(NdArray, NdArray)> {
        let rows = self.rows();
        let mut sorted: Vec<_> = rows.by_key.iter().collect();
        sorted.sort_by(|a, b| a.0.cmp(b.0));
        let (keys, values): (Vec<_>, Vec<_>) = sorted.into_iter().map(|(_, row)| (&row.0, &row.1)).unzip();
        let count = Shape::new(&[keys.len()])?;
        let values = joined(self.value_dtype, values, self.shape_of_values(&count)?)?;
        Ok((joined(self.key_dtype, keys, count)?, values))
    }
}

/// An array cut into arrays of this shape.
fn split(array: &NdArray, shape: &Shape) -> Result<Vec<NdArray>> {
    let width = shape.num_elements();
    let count = array.len().checked_div(width).unwrap_or(0);
    dispatch!(array.dtype(), ALL, |T| {
        let elements = array.as_slice::<T>()?;
        (0..count)
            .map(|row| NdArray::from_shape(shape.clone(), elements[row * width..(row + 1) * width].to_vec()))
            .collect()
    })
}
