//! `TensorArray`: tensors written one at a time, by loops above all.

use crate::{Nest, int32, int64};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, PartialShape, Result, Tensor, context, convert_to_tensor,
    ensure, options,
};
use ferroflow_ops_array as array;

options! {
    /// Optional arguments of [`TensorArray::with`].
    pub struct TensorArrayOptions {
        /// Whether writes behind the end make it longer.
        dynamic_size: bool = false,
        /// Whether all elements have one shape, which the first one that is written says.
        infer_shape: bool = true,
        /// The shape of the elements, as far as it is known.
        element_shape: PartialShape = PartialShape::unknown(),
    }
}

/// A list of tensors of one dtype, in eager code and in graphs.
///
/// What writes gives a new array back and leaves the old one as it was, so that loops can carry it as a variable.
///
/// Source: `tf.TensorArray` (ops `TensorListReserve`, `TensorListSetItem`, `TensorListGetItem` and others).
///
/// ```
/// use ferroflow_v2 as tf;
/// let squares = tf::function(|n: &tf::Tensor| {
///     let array = tf::TensorArray::new(tf::int32, n)?;
///     let (_, array) = tf::while_loop(
///         |(i, _): &(tf::Tensor, tf::TensorArray)| tf::less(i, n),
///         |(i, array): &(tf::Tensor, tf::TensorArray)| Ok(((i + 1)?, array.write(i, (i * i)?)?)),
///         (tf::constant(0)?, array),
///     )?;
///     array.stack()
/// });
/// assert_eq!(format!("{}", squares.call(5)?), "[ 0  1  4  9 16]");
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TensorArray {
    dtype: DType,
    element_shape: PartialShape,
    infer_shape: bool,
    dynamic_size: bool,
    /// What the array was made with, unless it grows.
    size: Option<Operand>,
    flow: Tensor,
}

impl TensorArray {
    /// An array of `size` elements, none of which is written yet.
    ///
    /// # Errors
    /// `InvalidArgument` for a negative size.
    pub fn new(dtype: DType, size: impl IntoOperand) -> Result<TensorArray> {
        TensorArray::with(dtype, size, |options| options)
    }

    /// [`TensorArray::new`] with optional arguments.
    ///
    /// # Errors
    /// As [`TensorArray::new`].
    pub fn with(
        dtype: DType,
        size: impl IntoOperand,
        options: impl FnOnce(TensorArrayOptions) -> TensorArrayOptions,
    ) -> Result<TensorArray> {
        ferroflow_graph::install();
        let (size, options) = (size.into_operand()?, options(TensorArrayOptions::default()));
        let name = context::take_name().unwrap_or_else(|| "TensorArrayV2".to_string());
        context::name_scope_for_op(&name, |name| {
            let flow = Op::named("TensorListReserve")
                .input(shape_literal(&options.element_shape))
                .input(size.clone())
                .attr("element_dtype", dtype)
                .name(name)
                .one()?;
            Ok(TensorArray {
                dtype,
                element_shape: options.element_shape,
                infer_shape: options.infer_shape,
                dynamic_size: options.dynamic_size,
                size: (!options.dynamic_size).then_some(size),
                flow,
            })
        })
    }

    /// The dtype of the elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// What is known of the shape of the elements.
    pub fn element_shape(&self) -> &PartialShape {
        &self.element_shape
    }

    /// The tensor of dtype `variant` that holds the list.
    pub fn flow(&self) -> &Tensor {
        &self.flow
    }

    /// The number of elements, a scalar of dtype `int32`.
    ///
    /// # Errors
    /// What the op returns.
    pub fn size(&self) -> Result<Tensor> {
        match &self.size {
            Some(size) => convert_to_tensor(size.clone(), Some(int32)),
            None => Op::named("TensorListLength").input(&self.flow).one(),
        }
    }

    /// The element at an index; zeros where none was written and the shape is known.
    ///
    /// # Errors
    /// `InvalidArgument` for an index behind the end, and for an element that was not written.
    pub fn read(&self, index: impl IntoOperand) -> Result<Tensor> {
        let index = index.into_operand()?;
        context::name_scope("TensorArrayV2Read", || {
            Op::named("TensorListGetItem")
                .input(&self.flow)
                .input(index)
                .input(shape_literal(&self.element_shape))
                .attr("element_dtype", self.dtype)
                .one()
        })
    }

    /// The array with an element written at an index.
    ///
    /// # Errors
    /// `ValueError` for an element of another shape, `InvalidArgument` for an index behind the end, unless the array grows.
    pub fn write(&self, index: impl IntoOperand, value: impl IntoOperand) -> Result<TensorArray> {
        let (index, value) = (index.into_operand()?, value.into_operand()?);
        context::name_scope("TensorArrayV2Write", || {
            let value = self.element(value)?;
            let mut written = self.clone();
            written.learn(&value.shape())?;
            written.flow = Op::named("TensorListSetItem")
                .input(&self.flow)
                .input(index)
                .input(value)
                .attr("resize_if_index_out_of_bounds", self.dynamic_size)
                .one()?;
            Ok(written)
        })
    }

    /// All elements in one tensor, along a new first axis.
    ///
    /// # Errors
    /// `InvalidArgument` for elements of different shapes, and for elements that were not written where no shape is known.
    pub fn stack(&self) -> Result<Tensor> {
        context::name_scope("TensorArrayV2Stack", || {
            let count = match &self.size {
                Some(Operand::Tensor(size)) => array::constant_value(size),
                Some(Operand::Value { array, .. }) => Some(array.clone()),
                None => None,
            };
            let count = count.map(|count| count.to_i64_vec()).transpose()?.unwrap_or_default();
            Op::named("TensorListStack")
                .input(&self.flow)
                .input(shape_literal(&self.element_shape))
                .attr("element_dtype", self.dtype)
                .attr("num_elements", count.first().copied().unwrap_or(-1))
                .one()
        })
    }

    /// The elements at some indices, along a new first axis.
    ///
    /// # Errors
    /// As [`TensorArray::stack`]; `InvalidArgument` for an index behind the end.
    pub fn gather(&self, indices: impl IntoOperand) -> Result<Tensor> {
        Op::named("TensorListGather")
            .input(&self.flow)
            .input(convert_to_tensor(indices, Some(int32))?)
            .input(shape_literal(&self.element_shape))
            .attr("element_dtype", self.dtype)
            .one()
    }

    /// The elements joined along their own first axis.
    ///
    /// # Errors
    /// `InvalidArgument` for elements that differ in another axis.
    pub fn concat(&self) -> Result<Tensor> {
        let shape = match self.element_shape.rank() {
            Some(rank) if rank > 0 => {
                PartialShape::new([None]).concatenate(&self.element_shape.slice(1..rank))
            }
            _ => PartialShape::unknown(),
        };
        let [joined, _] = Op::named("TensorListConcatV2")
            .input(&self.flow)
            .input(shape_literal(&shape))
            .input(NdArray::vector(Vec::<i64>::new()))
            .attr("element_dtype", self.dtype)
            .outputs()?;
        Ok(joined)
    }

    /// The array of the slices of a tensor along its first axis.
    ///
    /// # Errors
    /// `ValueError` for slices of another shape than that of the elements.
    pub fn unstack(&self, value: impl IntoOperand) -> Result<TensorArray> {
        let value = value.into_operand()?;
        context::name_scope("TensorArrayUnstack", || {
            let value = self.element(value)?;
            let shape = value.shape();
            let inner = shape.rank().map_or(PartialShape::unknown(), |rank| shape.slice(1.min(rank)..rank));
            let mut array = self.clone();
            array.learn(&inner)?;
            array.flow = Op::named("TensorListFromTensor").input(value).input(shape_literal(&inner)).one()?;
            Ok(array)
        })
    }

    /// The array with the slices of a tensor written at some indices.
    ///
    /// # Errors
    /// As [`TensorArray::unstack`].
    pub fn scatter(&self, indices: impl IntoOperand, value: impl IntoOperand) -> Result<TensorArray> {
        let (indices, value) = (indices.into_operand()?, value.into_operand()?);
        context::name_scope("TensorArrayScatter", || {
            let value = self.element(value)?;
            let shape = value.shape();
            let mut array = self.clone();
            array.learn(
                &shape.rank().map_or(PartialShape::unknown(), |rank| shape.slice(1.min(rank)..rank)),
            )?;
            array.flow = Op::named("TensorListScatterIntoExistingList")
                .input(&self.flow)
                .input(value)
                .input(convert_to_tensor(indices, Some(int32))?)
                .one()?;
            Ok(array)
        })
    }

    /// The array of pieces of these lengths of a tensor, cut along its first axis.
    ///
    /// # Errors
    /// `InvalidArgument` for lengths that do not add up.
    pub fn split(&self, value: impl IntoOperand, lengths: impl IntoOperand) -> Result<TensorArray> {
        let (value, lengths) = (value.into_operand()?, lengths.into_operand()?);
        context::name_scope("TensorArraySplit", || {
            let value = self.element(value)?;
            let lengths = ferroflow_core::operators::cast(convert_to_tensor(lengths, None)?, int64)?;
            let mut array = self.clone();
            let shape = shape_literal(&self.element_shape);
            array.flow = Op::named("TensorListSplit").input(value).input(shape).input(lengths).one()?;
            Ok(array)
        })
    }

    /// The same array behind an `Identity`: what control dependencies are hung on.
    ///
    /// # Errors
    /// What the op returns.
    pub fn identity(&self) -> Result<TensorArray> {
        Ok(TensorArray { flow: array::identity(&self.flow)?, ..self.clone() })
    }

    /// A value as what elements are made of.
    fn element(&self, value: Operand) -> Result<Tensor> {
        let value = context::with_name("value", || convert_to_tensor(value, Some(self.dtype)))?;
        ensure!(
            value.dtype().base() == self.dtype,
            type_error,
            "Tried to write a value of dtype {} to a TensorArray of dtype {}",
            value.dtype().name(),
            self.dtype.name()
        );
        Ok(value)
    }

    /// Checks a shape of elements and keeps what it says.
    fn learn(&mut self, shape: &PartialShape) -> Result<()> {
        ensure!(
            shape.is_compatible_with(&self.element_shape),
            value,
            "Inconsistent shapes: saw {shape} but expected {} ",
            self.element_shape
        );
        if self.infer_shape {
            self.element_shape = self.element_shape.merge_with(shape)?;
        }
        Ok(())
    }
}

impl Nest for TensorArray {
    fn flatten(&self, tensors: &mut Vec<Tensor>) {
        tensors.push(self.flow.clone());
    }

    fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<TensorArray> {
        Ok(TensorArray { flow: self.flow.rebuild(tensors)?, ..self.clone() })
    }
}

/// A shape as the ops on lists take it: -1 for what is unknown, or for all of it.
fn shape_literal(shape: &PartialShape) -> NdArray {
    match shape.dims() {
        None => NdArray::scalar(-1i32),
        Some(dims) => NdArray::vector(dims.iter().map(|dim| dim.map_or(-1, |size| size as i32)).collect()),
    }
}
