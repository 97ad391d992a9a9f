//! Elements put together and taken apart.

use super::Dataset;
use super::dataset::dataset_op;
use super::functional::deterministic;
use super::sources::{int64, known, named};
use crate::{Nest, convert_to_tensor};
use ferroflow_core::{DType, IntoOperand, NdArray, PartialShape, Result, Shape, Tensor, ensure, options};
use ferroflow_data::{Specs, batched, padded, unbatched};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

options! {
    /// Optional arguments of [`Dataset::batch_with`].
    pub struct BatchOptions {
        /// Whether the last elements are left out where they do not fill a batch.
        drop_remainder: bool = false,
        /// How many batches may be made at once.
        num_parallel_calls: Option<i64> = None,
        /// Whether batches keep their order. They always do here: false only allows another one.
        deterministic: Option<bool> = None,
    }
}

options! {
    /// Optional arguments of [`Dataset::padded_batch_with`].
    pub struct PaddedBatchOptions {
        /// The shapes that components are filled up to, in the order of [`Nest::flatten`]; an unknown dimension is that
        /// of the largest element in the batch, as all are where no shapes are given.
        padded_shapes: Option<Vec<PartialShape>> = None,
        /// What components are filled up with; zeros, `false` and empty strings where nothing is given.
        padding_values: Option<Vec<NdArray>> = None,
        /// Whether the last elements are left out where they do not fill a batch.
        drop_remainder: bool = false,
    }
}

options! {
    /// Optional arguments of [`Dataset::window_with`].
    pub struct WindowOptions {
        /// From the first element of a window to that of the next; the size where it is not given.
        shift: Option<i64> = None,
        /// From one element of a window to the next.
        stride: i64 = 1,
        /// Whether windows that are not full are left out.
        drop_remainder: bool = false,
    }
}

impl<E: Nest> Dataset<E> {
    /// The elements in batches of `batch_size`: each component has a new first axis.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let batches = tf::data::Dataset::range(5)?.batch_with(2, |o| o.drop_remainder(true))?;
    /// assert_eq!(format!("{:?}", batches.element_spec()), "[TensorSpec(shape=(2,), dtype=tf.int64, name=None)]");
    /// assert_eq!(batches.iter()?.count(), 2);
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a size that is not positive, and while iterating for elements of different shapes.
    pub fn batch(&self, batch_size: impl IntoOperand) -> Result<Dataset<E>> {
        self.batch_with(batch_size, |options| options)
    }

    /// The same without a rest, or several batches at once.
    ///
    /// # Errors
    /// As [`Dataset::batch`].
    pub fn batch_with(
        &self,
        batch_size: impl IntoOperand,
        options: impl FnOnce(BatchOptions) -> BatchOptions,
    ) -> Result<Dataset<E>> {
        let options = options(BatchOptions::default());
        self.scoped(|| {
            let size = int64("batch_size", batch_size)?;
            let specs = batched(self.specs(), known(&size).filter(|_| options.drop_remainder));
            let op = match options.num_parallel_calls {
                None => self.op("BatchDatasetV2").input(size),
                Some(calls) => self
                    .op("ParallelBatchDataset")
                    .input(size)
                    .input(int64("num_parallel_calls", calls)?)
                    .attr("deterministic", deterministic(options.deterministic)),
            };
            self.with(op.input(named("drop_remainder", NdArray::scalar(options.drop_remainder))?), specs)
        })
    }

    /// The elements in batches, those smaller than others filled up.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let rows = tf::data::Dataset::range((1, 4))?.map(|n| tf::fill(tf::reshape(&n, [1])?, n))?;
    /// let batch = rows.padded_batch(3)?.get_single_element()?;
    /// assert_eq!(batch.to_string(), "[[1 0 0]\n [2 2 0]\n [3 3 3]]");
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Dataset::padded_batch_with`].
    pub fn padded_batch(&self, batch_size: impl IntoOperand) -> Result<Dataset<E>> {
        self.padded_batch_with(batch_size, |options| options)
    }

    /// The same with shapes and values to fill up with.
    ///
    /// # Errors
    /// `ValueError` for shapes that elements cannot be filled up to, and for values that are no scalars; `TypeError` for
    /// values of another dtype; `InvalidArgument` for a size that is not positive; `DataLoss` while iterating, for an
    /// element larger than its shape.
    pub fn padded_batch_with(
        &self,
        batch_size: impl IntoOperand,
        options: impl FnOnce(PaddedBatchOptions) -> PaddedBatchOptions,
    ) -> Result<Dataset<E>> {
        let options = options(PaddedBatchOptions::default());
        let count = self.specs().types.len();
        let shapes = match options.padded_shapes {
            Some(shapes) => shapes,
            None => {
                for (index, shape) in self.specs().shapes.iter().enumerate() {
                    ensure!(
                        shape.rank().is_some(),
                        value,
                        "You must provide `padded_shapes` argument because component {index} has unknown rank."
                    );
                }
                self.specs().shapes.clone()
            }
        };
        let values = options.padding_values.unwrap_or_default();
        for given in [Some(shapes.len()), Some(values.len()).filter(|count| *count > 0)].into_iter().flatten()
        {
            ensure!(
                given == count,
                value,
                "The two structures don't have the same sequence length. Input structure has length {given}, while \
                 shallow structure has length {count}."
            );
        }
        self.scoped(|| {
            let size = int64("batch_size", batch_size)?;
            let specs = padded(self.specs(), &shapes, known(&size).filter(|_| options.drop_remainder))?;
            let wanted: Vec<Tensor> = shapes.iter().map(shape_tensor).collect::<Result<_>>()?;
            let mut paddings = Vec::new();
            for (index, dtype) in self.specs().types.iter().enumerate() {
                let padding = match values.get(index) {
                    Some(value) => checked_padding(value, *dtype)?,
                    None => NdArray::zeros(*dtype, Shape::scalar())?,
                };
                paddings.push(convert_to_tensor(padding, None)?);
            }
            let op = self.op("PaddedBatchDatasetV2").input(size).inputs(wanted).inputs(paddings);
            let op = op.input(named("drop_remainder", NdArray::scalar(options.drop_remainder))?);
            let op =
                op.attr("Toutput_types", specs.types.clone()).attr("output_shapes", specs.shapes.clone());
            Ok(Dataset::new(op.one()?, specs, self.shared_structure().clone()))
        })
    }

    /// The rows of each element.
    ///
    /// # Errors
    /// `ValueError` for scalars and for components of different lengths.
    pub fn unbatch(&self) -> Result<Dataset<E>> {
        let specs = unbatched(self.specs())?;
        self.scoped(|| self.with(self.op("UnbatchDataset"), specs))
    }
}

/// A shape as an argument; -1 for what is not known.
fn shape_tensor(shape: &PartialShape) -> Result<Tensor> {
    let dims = shape.dims().unwrap_or_default().iter();
    let dims: Vec<i64> = dims.map(|dim| dim.and_then(|dim| i64::try_from(dim).ok()).unwrap_or(-1)).collect();
    convert_to_tensor(NdArray::vector(dims), None)
}

fn checked_padding(value: &NdArray, dtype: DType) -> Result<NdArray> {
    ensure!(
        value.rank() == 0,
        value,
        "Invalid `padding_values`. `padding_values` values should be scalars, but got {}.",
        PartialShape::from(value.shape())
    );
    ensure!(
        value.dtype() == dtype,
        type_error,
        "Invalid `padding_values`. `padding_values` values type <dtype: '{}'> does not match type <dtype: '{}'> of the \
         corresponding input component.",
        value.dtype().name(),
        dtype.name()
    );
    Ok(value.clone())
}

/// A structure of which every tensor can be replaced by a dataset of such tensors.
pub trait Windowed: Nest {
    /// The structure with datasets in the place of tensors.
    type Windows: Nest;

    /// The structure of datasets, each with the next of these variants and specifications.
    ///
    /// # Errors
    /// `Internal` when there are too few.
    fn windows(&self, parts: &mut dyn Iterator<Item = (Tensor, Specs)>) -> Result<Self::Windows>;
}

impl Windowed for Tensor {
    type Windows = Dataset<Tensor>;

    fn windows(&self, parts: &mut dyn Iterator<Item = (Tensor, Specs)>) -> Result<Dataset<Tensor>> {
        let (variant, specs) =
            parts.next().ok_or_else(|| ferroflow_core::Error::internal("a window has too few components"))?;
        Ok(Dataset::new(variant, specs, Arc::new(self.clone())))
    }
}

impl<N: Windowed> Windowed for Vec<N> {
    type Windows = Vec<N::Windows>;

    fn windows(&self, parts: &mut dyn Iterator<Item = (Tensor, Specs)>) -> Result<Vec<N::Windows>> {
        self.iter().map(|nest| nest.windows(parts)).collect()
    }
}

impl<K: Ord + Clone + Display, N: Windowed> Windowed for BTreeMap<K, N> {
    type Windows = BTreeMap<K, N::Windows>;

    fn windows(&self, parts: &mut dyn Iterator<Item = (Tensor, Specs)>) -> Result<BTreeMap<K, N::Windows>> {
        self.iter().map(|(key, nest)| Ok((key.clone(), nest.windows(parts)?))).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*);)*) => {
        $(impl<$($name: Windowed),*> Windowed for ($($name,)*) {
            type Windows = ($($name::Windows,)*);

            fn windows(&self, parts: &mut dyn Iterator<Item = (Tensor, Specs)>) -> Result<Self::Windows> {
                Ok(($(self.$index.windows(parts)?,)*))
            }
        })*
    };
}

tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
}

impl<E: Windowed> Dataset<E> {
    /// Windows of `size` neighbouring elements: each component is a dataset of its own.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let windows = tf::data::Dataset::range(5)?.window_with(3, |o| o.shift(1).drop_remainder(true))?;
    /// let triples = windows.flat_map(|window| window.batch(3))?;
    /// let triples: Vec<String> = triples.iter()?.map(|t| Ok(t?.to_string())).collect::<tf::Result<_>>()?;
    /// assert_eq!(triples, ["[0 1 2]", "[1 2 3]", "[2 3 4]"]);
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a size, shift or stride that is not positive.
    pub fn window(&self, size: impl IntoOperand) -> Result<Dataset<E::Windows>> {
        self.window_with(size, |options| options)
    }

    /// The same with a shift, a stride, or full windows alone.
    ///
    /// # Errors
    /// As [`Dataset::window`].
    pub fn window_with(
        &self,
        size: impl IntoOperand,
        options: impl FnOnce(WindowOptions) -> WindowOptions,
    ) -> Result<Dataset<E::Windows>> {
        let options = options(WindowOptions::default());
        let count = self.specs().types.len();
        let specs = Specs { types: vec![DType::VARIANT; count], shapes: vec![PartialShape::scalar(); count] };
        self.scoped(|| {
            let size = int64("size", size)?;
            let shift = options.shift.map_or(Ok(size.clone()), |shift| int64("shift", shift))?;
            let op =
                self.op("WindowDataset").input(size).input(shift).input(int64("stride", options.stride)?);
            let variant = dataset_op(
                op.input(named("drop_remainder", NdArray::scalar(options.drop_remainder))?),
                &specs,
            )?;
            let parts = self.specs().types.iter().zip(&self.specs().shapes);
            let mut parts = parts.map(|(dtype, shape)| {
                (variant.clone(), Specs { types: vec![*dtype], shapes: vec![shape.clone()] })
            });
            let structure = self.structure().windows(&mut parts)?;
            Ok(Dataset::new(variant.clone(), specs, Arc::new(structure)))
        })
    }
}
