//! What is read from examples: columns of fixed or padded size, sparse ones, and ragged ones.

use crate::example_wire::{Feature, Values};
use ferroflow_core::{DType, Error, KernelCtx, NdArray, PartialShape, Result, Shape, TString, bail, ensure};

/// A column of values that all examples have as many of, or that is filled up to the longest.
pub(crate) struct Dense {
    pub(crate) key: TString,
    pub(crate) dtype: DType,
    shape: PartialShape,
    default: Values,
    /// The elements of an example, or those of a step where the first size is not known.
    pub(crate) stride: usize,
    pub(crate) is_variable: bool,
}

impl Dense {
    /// A column after the checks of its shape and default.
    pub(crate) fn new(
        index: usize,
        key: TString,
        dtype: DType,
        shape: &PartialShape,
        default: &NdArray,
    ) -> Result<Dense> {
        let unknown = || {
            Error::invalid_argument(format!(
                "dense_shapes[{index}] has unknown rank or unknown inner dimensions: {}",
                shape.cpp()
            ))
        };
        let dims = shape.dims().ok_or_else(unknown)?;
        let is_variable = dims.first().is_some_and(Option::is_none);
        let inner = if is_variable { &dims[1..] } else { dims };
        let inner: Vec<usize> = inner.iter().copied().collect::<Option<_>>().ok_or_else(unknown)?;
        let stride = Shape::new(&inner)?.num_elements();
        if is_variable {
            ensure!(
                default.len() == 1,
                invalid_argument,
                "dense_shape[{index}] is a variable length shape: {}, therefore def_value[{index}] must contain a single \
                 element (the padding element).  But its shape is: {}",
                shape.cpp(),
                default.shape()
            );
        } else if !default.is_empty() {
            ensure!(
                default.shape().dims() == inner,
                invalid_argument,
                "def_value[{index}].shape() == {} is not compatible with dense_shapes_[{index}] == {}",
                default.shape(),
                shape.cpp()
            );
        }
        ensure!(
            default.dtype() == dtype,
            invalid_argument,
            "dense_defaults[{index}].dtype() == {} != dense_types_[{index}] == {}",
            default.dtype().cpp_name(),
            dtype.cpp_name()
        );
        Ok(Dense { key, dtype, shape: shape.clone(), default: Values::of(default)?, stride, is_variable })
    }

    /// The sizes of an example's values, where the first one is `steps` if it is not fixed.
    pub(crate) fn dims(&self, steps: usize) -> Vec<usize> {
        let dims = self.shape.dims().unwrap_or_default();
        dims.iter().map(|dim| dim.unwrap_or(steps)).collect()
    }

    /// The shape as messages show it.
    pub(crate) fn shown_shape(&self) -> String {
        self.shape.cpp()
    }

    /// The values of an example without the feature.
    pub(crate) fn missing(&self, name: Option<&str>) -> Result<Values> {
        if self.is_variable {
            return Values::new(self.dtype);
        }
        if self.default.len() == 0 && self.stride > 0 {
            let prefix = name.map_or(String::new(), |name| format!("Name: {name}, "));
            bail!(
                invalid_argument,
                "{prefix}Feature: {} (data type: {}) is required but could not be found.",
                self.key.to_string_lossy(),
                self.dtype.cpp_name()
            );
        }
        Ok(self.default.clone())
    }

    /// The columns of all examples as a tensor: `batch` sizes first, values filled up with the default.
    pub(crate) fn tensor(&self, batch: &[usize], rows: Vec<Values>) -> Result<NdArray> {
        let widest = rows.iter().map(Values::len).max().unwrap_or(0);
        let steps = widest.checked_div(self.stride).unwrap_or(0);
        let shape = Shape::new(&[batch, &self.dims(steps)].concat())?;
        let mut all = Values::with_room(self.dtype, shape.num_elements())?;
        for row in &rows {
            all.extend(row, 1);
            if self.is_variable {
                all.extend(&self.default, widest - row.len());
            }
        }
        all.into_array(shape)
    }
}

/// A column of any number of values an example.
pub(crate) struct Varying {
    pub(crate) key: TString,
    pub(crate) dtype: DType,
}

/// The strings of an input: the keys of columns.
pub(crate) fn keys(cx: &KernelCtx<'_>, index: usize, name: &str) -> Result<Vec<TString>> {
    let input = cx.input(index)?;
    ensure!(
        input.rank() == 1,
        invalid_argument,
        "Expected {name} to be a vector, got shape: {}",
        input.shape()
    );
    Ok(input.as_slice::<TString>()?.to_vec())
}

/// Where in a batch an example stands, as messages say it; nothing for an example alone.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) index: usize,
}

impl Place<'_> {
    /// `Name: <unknown>, Key: a, Index: 0.`, or `Key: a.`
    pub(crate) fn prefix(&self, key: &TString) -> String {
        let key = key.to_string_lossy();
        match self.name {
            Some(name) => format!("Name: {name}, Key: {key}, Index: {}.", self.index),
            None => format!("Key: {key}."),
        }
    }

    fn unreadable(&self, key: &TString) -> Error {
        Error::invalid_argument(format!("{}  Can't parse serialized Example.", self.prefix(key)))
    }
}

impl Varying {
    /// The values of an example; none without the feature.
    pub(crate) fn read(&self, feature: Option<Feature<'_>>, place: Place<'_>) -> Result<Values> {
        let unreadable = |_| place.unreadable(&self.key);
        let Some(feature) = feature else { return Values::new(self.dtype) };
        let Some(dtype) = feature.dtype().map_err(unreadable)? else { return Values::new(self.dtype) };
        ensure!(
            dtype == self.dtype,
            invalid_argument,
            "{}  Data types don't match. Expected type: {}, Actual type: {}",
            place.prefix(&self.key),
            self.dtype.cpp_name(),
            dtype.cpp_name()
        );
        Ok(feature.values().map_err(unreadable)?.unwrap_or(Values::new(self.dtype)?))
    }
}

impl Dense {
    /// The values of an example; the default without the feature.
    pub(crate) fn read(&self, feature: Option<Feature<'_>>, place: Place<'_>) -> Result<Values> {
        let unreadable = |_| place.unreadable(&self.key);
        let Some(feature) = feature else { return self.missing(place.name) };
        let Some(dtype) = feature.dtype().map_err(unreadable)? else { return self.missing(place.name) };
        ensure!(
            dtype == self.dtype,
            invalid_argument,
            "{}  Data types don't match. Data type: {} but expected type: {}",
            place.prefix(&self.key),
            dtype.cpp_name(),
            self.dtype.cpp_name()
        );
        let values = feature.values().map_err(unreadable)?.unwrap_or(Values::new(self.dtype)?);
        let (found, prefix) = (values.len(), place.prefix(&self.key));
        let kind = self.dtype.cpp_name();
        if self.is_variable {
            let whole = found.checked_rem(self.stride.max(1)) == Some(0);
            if !whole && place.name.is_none() {
                bail!(
                    invalid_argument,
                    "Error while parsing feature with key {}: number of elements should be divisible by {}, found \
                     {found} instead",
                    self.key.to_string_lossy(),
                    self.stride
                );
            }
            ensure!(
                whole,
                invalid_argument,
                "{prefix}  Number of {kind} values is not a multiple of stride length. Saw {found} values but output \
                 shape is: {}",
                self.shown_shape()
            );
        } else if found != self.stride {
            let kind = if self.dtype == DType::STRING { "bytes" } else { kind.as_str() };
            if place.name.is_none() {
                bail!(
                    invalid_argument,
                    "{prefix}  Can't parse serialized Example: Some {kind}_list slice was not parsed."
                );
            }
            bail!(
                invalid_argument,
                "{prefix}  Number of {kind} values != expected.  Values size: {found} but output shape: {}",
                self.shown_shape()
            );
        }
        Ok(values)
    }
}

/// Indices, values and shape of a sparse tensor that has a row of values for each example; of an example alone it has
/// one dimension.
pub(crate) fn sparse(dtype: DType, rows: &[Values], alone: bool) -> Result<[NdArray; 3]> {
    let (mut indices, mut values) = (Vec::new(), Values::new(dtype)?);
    for (row, found) in rows.iter().enumerate() {
        for column in 0..found.len() as i64 {
            if !alone {
                indices.push(row as i64);
            }
            indices.push(column);
        }
        values.extend(found, 1);
    }
    let widest = rows.iter().map(Values::len).max().unwrap_or(0) as i64;
    let shape = if alone { vec![widest] } else { vec![rows.len() as i64, widest] };
    let count = values.len();
    Ok([
        NdArray::from_shape(Shape::new(&[count, shape.len()])?, indices)?,
        values.into_array(Shape::new(&[count])?)?,
        NdArray::vector(shape),
    ])
}

/// Values and row splits of a ragged tensor that has a row for each example.
pub(crate) fn ragged(dtype: DType, split_dtype: DType, rows: &[Values], alone: bool) -> Result<[NdArray; 2]> {
    let (mut splits, mut values) = (Vec::new(), Values::new(dtype)?);
    if !alone {
        splits.push(0i64);
    }
    for found in rows {
        values.extend(found, 1);
        if !alone {
            splits.push(values.len() as i64);
        }
    }
    let count = values.len();
    Ok([values.into_array(Shape::new(&[count])?)?, NdArray::vector(splits).cast(split_dtype)?])
}
