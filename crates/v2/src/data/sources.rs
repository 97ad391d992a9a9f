//! Datasets of tensors and numbers.

use super::dataset::dataset_op;
use super::{Components, Dataset, Datasets};
use crate::function::Arguments;
use crate::{Nest, convert_to_tensor};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, PartialShape, Result, Tensor, bail, context,
    convert_to_tensor as convert, ensure, options,
};
use ferroflow_data::{Specs, unbatched};
use std::sync::Arc;

options! {
    /// Optional arguments of [`Dataset::range_with`].
    pub struct RangeOptions {
        /// The dtype of the elements.
        output_type: DType = DType::INT64,
    }
}

/// An `int64` argument of a dataset, under the name that its node has in a graph.
pub(super) fn int64(name: &str, value: impl IntoOperand) -> Result<Tensor> {
    context::with_name(name, || convert(value, Some(DType::INT64)))
}

/// An argument of any dtype.
pub(super) fn named(name: &str, value: impl IntoOperand) -> Result<Tensor> {
    context::with_name(name, || convert(value, None))
}

/// The value of an argument, where it is known before the program runs.
pub(super) fn known(argument: &Tensor) -> Option<usize> {
    let value = crate::get_static_value(argument)?;
    usize::try_from(value.item::<i64>().ok()?).ok()
}

/// What tensors tell of themselves.
fn specs_of(tensors: &[Tensor]) -> Specs {
    Specs {
        types: tensors.iter().map(|tensor| tensor.dtype().base()).collect(),
        shapes: tensors.iter().map(Tensor::shape).collect(),
    }
}

fn to_tensors<M, C: Components<M>>(components: C) -> Result<(C::Element, Vec<Tensor>)> {
    ferroflow_data::install();
    let element = components.convert(&mut |operand| convert_to_tensor(operand, None))?;
    let tensors = element.to_flat();
    ensure!(!tensors.is_empty(), value, "Invalid `element`. `element` should not be empty.");
    Ok((element, tensors))
}

impl Dataset<Tensor> {
    /// The numbers from `start` on, `step` apart, without end.
    ///
    /// # Errors
    /// `TypeError` for numbers that are no `int64`.
    pub fn counter(start: impl IntoOperand, step: impl IntoOperand) -> Result<Dataset<Tensor>> {
        let (start, step) = (start.into_operand()?, step.into_operand()?);
        context::name_scope("counter", || {
            let (start, step) = (int64("start", start)?, int64("step", step)?);
            let forever = Dataset::from_tensors(0)?.repeat(-1)?;
            forever.scan(start, |state: Tensor, _: Tensor| Ok(((&state + &step)?, state)))
        })
    }
}

impl<E: Nest> Dataset<E> {
    /// The dataset that a variant tensor carries, of elements that `structure` describes.
    pub(super) fn of_variant<S: super::Signature<Element = E>>(
        variant: &Tensor,
        structure: &S,
    ) -> Result<Dataset<E>> {
        let mut signature = Vec::new();
        structure.flatten(&mut signature);
        let specs = Specs {
            types: signature.iter().map(|spec| spec.dtype).collect(),
            shapes: signature.iter().map(|spec| spec.shape.clone()).collect(),
        };
        let placeholder = Tensor::from(NdArray::scalar(0i64));
        let element = structure.element(&mut std::iter::repeat(placeholder))?;
        Ok(Dataset::new(variant.clone(), specs, Arc::new(element)))
    }

    /// One element: these tensors.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let dataset = tf::data::Dataset::from_tensors(([1, 2], "a"))?;
    /// let (numbers, text) = dataset.get_single_element()?;
    /// assert_eq!(format!("{numbers} {text}"), "[1 2] b'a'");
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ValueError` for a structure without tensors, and for values that make none.
    pub fn from_tensors<M, C>(tensors: C) -> Result<Dataset<E>>
    where
        C: Components<M, Element = E>,
    {
        let (element, tensors) = to_tensors(tensors)?;
        let specs = specs_of(&tensors);
        let op = Op::named("TensorDataset").inputs(tensors).attr("output_shapes", specs.shapes.clone());
        Ok(Dataset::new(op.one()?, specs, Arc::new(element)))
    }

    /// The slices of these tensors along their first axis.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let dataset = tf::data::Dataset::from_tensor_slices(([1, 2], ["a", "b"]))?;
    /// for element in &dataset {
    ///     let (number, text) = element?;
    ///     assert!(number.shape().rank() == Some(0) && text.shape().rank() == Some(0));
    /// }
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ValueError` for a structure without tensors, for scalars, and for tensors of different lengths.
    pub fn from_tensor_slices<M, C>(tensors: C) -> Result<Dataset<E>>
    where
        C: Components<M, Element = E>,
    {
        let (element, tensors) = to_tensors(tensors)?;
        let whole = specs_of(&tensors);
        ensure!(
            whole.shapes.iter().all(|shape| shape.rank() != Some(0)),
            value,
            "Unbatching a tensor is only supported for rank >= 1"
        );
        let mut lengths = whole.shapes.iter().filter_map(|shape| shape.dim(0));
        if let Some(first) = lengths.next()
            && let Some(other) = lengths.find(|length| *length != first)
        {
            bail!(value, "Dimensions {first} and {other} are not compatible");
        }
        let specs = unbatched(&whole)?;
        let op = Op::named("TensorSliceDataset").inputs(tensors).attr("output_shapes", specs.shapes.clone());
        Ok(Dataset::new(op.one()?, specs, Arc::new(element)))
    }

    /// Elements made of one element of each dataset; the shortest of them ends it.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// use tf::data::Dataset;
    /// let zipped = Dataset::zip((Dataset::range(3)?, Dataset::from_tensor_slices([0.5, 1.5])?))?;
    /// let pairs: Vec<(tf::Tensor, tf::Tensor)> = zipped.iter()?.collect::<tf::Result<_>>()?;
    /// assert_eq!(pairs.len(), 2);
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn zip<D: Datasets<Element = E>>(datasets: D) -> Result<Dataset<E>> {
        ferroflow_data::install();
        let mut parts = Vec::new();
        let structure = datasets.collect(&mut parts);
        let types = parts.iter().flat_map(|(_, specs)| specs.types.clone()).collect();
        let shapes = parts.iter().flat_map(|(_, specs)| specs.shapes.clone()).collect();
        let specs = Specs { types, shapes };
        let variants: Vec<Tensor> = parts.into_iter().map(|(variant, _)| variant).collect();
        let variant = dataset_op(Op::named("ZipDataset").inputs(variants), &specs)?;
        Ok(Dataset::new(variant, specs, Arc::new(structure)))
    }
}

impl Dataset<Tensor> {
    /// The numbers up to, and without, a limit: `range(limit)`, `range((start, limit))`, `range((start, limit, step))`.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let numbers = tf::data::Dataset::range((1, 8, 3))?;
    /// let numbers: Vec<i64> =
    ///     numbers.iter()?.map(|number| number?.numpy()?.item()).collect::<tf::Result<_>>()?;
    /// assert_eq!(numbers, [1, 4, 7]);
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a step of 0; `ValueError` for more than three arguments.
    pub fn range<M>(args: impl Arguments<M>) -> Result<Dataset<Tensor>> {
        Dataset::range_with(args, |options| options)
    }

    /// The same as numbers of another dtype.
    ///
    /// # Errors
    /// As [`Dataset::range`].
    pub fn range_with<M>(
        args: impl Arguments<M>,
        options: impl FnOnce(RangeOptions) -> RangeOptions,
    ) -> Result<Dataset<Tensor>> {
        ferroflow_data::install();
        let dtype = options(RangeOptions::default()).output_type;
        let args = args.into_operands()?;
        let number = |value: i64| Operand::Value { array: NdArray::scalar(value), weak: false };
        let (start, stop, step) = match args.as_slice() {
            [stop] => (number(0), stop.clone(), number(1)),
            [start, stop] => (start.clone(), stop.clone(), number(1)),
            [start, stop, step] => (start.clone(), stop.clone(), step.clone()),
            other => bail!(
                value,
                "Invalid `args`. The length of `args` should be between 1 and 3 but was {}.",
                other.len()
            ),
        };
        let (start, stop, step) = (int64("start", start)?, int64("stop", stop)?, int64("step", step)?);
        let specs = Specs { types: vec![dtype], shapes: vec![PartialShape::scalar()] };
        let structure = Arc::new(start.clone());
        let op = Op::named("RangeDataset").input(start).input(stop).input(step);
        Ok(Dataset::new(dataset_op(op, &specs)?, specs, structure))
    }
}
