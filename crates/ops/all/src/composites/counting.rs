//! Functions that count: how often each number occurs, which classes are taken for which, how many elements are 0.

use super::shape_checks::shown;
use ferroflow_core::{
    DType, IntoOperand, Operand, Result, Tensor, bail, constant, context, convert_to_tensor, operators,
    options,
};
use ferroflow_core::{NdArray, Op};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

options! {
    /// Optional arguments of [`bincount_with`].
    pub struct BincountOptions {
        /// What each occurrence counts, in the shape of the numbers; 1 without it.
        weights: Option<Tensor> = None,
        /// How many counts there are at least.
        minlength: Option<Tensor> = None,
        /// How many counts there are at most: numbers from there on are not counted.
        maxlength: Option<Tensor> = None,
        /// The dtype of counts without weights.
        dtype: DType = DType::INT32,
        /// 0 counts all numbers together, -1 those of each row.
        axis: i64 = 0,
        /// Whether a count says only that there is one.
        binary_output: bool = false,
    }
}

/// How often each of the numbers from 0 to the largest occurs.
///
/// Source: `tf.math.bincount` (op `DenseBincount`).
///
/// ```
/// use ferroflow_ops::composites::{bincount, bincount_with};
/// ferroflow_ops::install();
/// assert_eq!(bincount([1, 1, 3])?.numpy()?.as_slice::<i32>()?, [0, 2, 0, 1]);
/// let four = ferroflow_core::constant(4)?;
/// let longer = bincount_with([1, 1], |o| o.minlength(four))?;
/// assert_eq!(longer.numpy()?.as_slice::<i32>()?, [0, 2, 0, 0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for negative numbers.
pub fn bincount(arr: impl IntoOperand) -> Result<Tensor> {
    bincount_with(arr, |options| options)
}

/// [`bincount`] with optional arguments.
///
/// # Errors
/// As [`bincount`]; `ValueError` for another axis, and for weights together with binary output.
pub fn bincount_with(
    arr: impl IntoOperand,
    options: impl FnOnce(BincountOptions) -> BincountOptions,
) -> Result<Tensor> {
    let (arr, options) = (arr.into_operand()?, options(BincountOptions::default()));
    context::name_scope("bincount", || {
        let arr = context::with_name("arr", || convert_to_tensor(arr, None))?;
        if options.weights.is_some() && options.binary_output {
            bail!(
                value,
                "Arguments `binary_output` and `weights` are mutually exclusive. Please specify only one."
            );
        }
        let arr = if arr.dtype().is_integer() { arr } else { operators::cast(arr, DType::INT32)? };
        if options.axis != 0 && options.axis != -1 {
            bail!(
                value,
                "Unsupported value for argument axis={}. Only 0 and -1 are currently supported.",
                options.axis
            );
        }
        let dtype = arr.dtype();
        let some = math::greater(array::size(&arr)?, 0)?;
        let some = operators::cast(some, dtype)?;
        let longest: Tensor = (math::reduce_max(&arr, ())? + 1)?;
        let mut size = (some * longest)?;
        if let Some(least) = options.minlength {
            size = math::maximum(operators::cast(least, dtype)?, size)?;
        }
        if let Some(most) = options.maxlength {
            size = math::minimum(operators::cast(most, dtype)?, size)?;
        }
        let (mut arr, mut weights) = (arr, options.weights);
        if options.axis == 0 {
            weights = weights.map(|weights| array::reshape(weights, [-1])).transpose()?;
            arr = array::reshape(arr, [-1])?;
        }
        let weights = match weights {
            Some(weights) => weights,
            None => constant(NdArray::vector(Vec::<i32>::new()).cast(options.dtype)?)?,
        };
        Op::named("DenseBincount")
            .input(arr)
            .input(size)
            .input(weights)
            .attr("binary_output", options.binary_output)
            .one()
    })
}

options! {
    /// Optional arguments of [`confusion_matrix_with`].
    pub struct ConfusionMatrixOptions {
        /// How many classes there are; one more than the largest one seen without it.
        num_classes: Option<Tensor> = None,
        /// What each pair counts; 1 without it.
        weights: Option<Tensor> = None,
        /// The dtype of the counts.
        dtype: DType = DType::INT32,
    }
}

/// How often each class (the rows) was predicted to be each class (the columns).
///
/// Source: `tf.math.confusion_matrix`.
///
/// ```
/// use ferroflow_ops::composites::confusion_matrix;
/// ferroflow_ops::install();
/// let matrix = confusion_matrix([0, 1, 1], [0, 1, 0])?;
/// assert_eq!(matrix.numpy()?.as_slice::<i32>()?, [1, 0, 1, 1]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for negative classes.
pub fn confusion_matrix(labels: impl IntoOperand, predictions: impl IntoOperand) -> Result<Tensor> {
    confusion_matrix_with(labels, predictions, |options| options)
}

/// [`confusion_matrix`] with optional arguments.
///
/// # Errors
/// `InvalidArgument` for classes below 0 or from `num_classes` on.
pub fn confusion_matrix_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    options: impl FnOnce(ConfusionMatrixOptions) -> ConfusionMatrixOptions,
) -> Result<Tensor> {
    let options = options(ConfusionMatrixOptions::default());
    confusion(labels.into_operand()?, predictions.into_operand()?, options)
}

fn confusion(labels: Operand, predictions: Operand, options: ConfusionMatrixOptions) -> Result<Tensor> {
    context::name_scope("confusion_matrix", || {
        let labels = context::with_name("labels", || convert_to_tensor(labels, None))?;
        let predictions = context::with_name("predictions", || convert_to_tensor(predictions, None))?;
        let (labels, predictions) = remove_squeezable_dimensions(labels, predictions)?;
        let predictions = operators::cast(predictions, DType::INT64)?;
        let labels = operators::cast(labels, DType::INT64)?;
        let not_negative = |classes: Tensor, message: &str| {
            let check = super::assert_non_negative;
            context::with_dependencies(classes.clone(), || check(classes, message))
        };
        let labels = not_negative(labels, "`labels` contains negative values")?;
        let predictions = not_negative(predictions, "`predictions` contains negative values")?;
        let (labels, predictions, classes) = match options.num_classes {
            None => {
                let largest =
                    math::maximum(math::reduce_max(&predictions, ())?, math::reduce_max(&labels, ())?)?;
                (labels, predictions, (largest + 1)?)
            }
            Some(classes) => {
                let bound = operators::cast(&classes, DType::INT64)?;
                let below = |classes: Tensor, message: &str| {
                    let check = super::assert_less;
                    context::with_dependencies(classes.clone(), || check(classes, &bound, message))
                };
                let labels = below(labels, "`labels` out of bound")?;
                let predictions = below(predictions, "`predictions` out of bound")?;
                (labels, predictions, classes)
            }
        };
        let weights = match options.weights {
            Some(weights) => {
                if !predictions.shape().is_compatible_with(&weights.shape()) {
                    bail!(value, "Shapes {} and {} are incompatible", predictions.shape(), weights.shape());
                }
                Some(operators::cast(weights, options.dtype)?)
            }
            None => None,
        };
        let shape = array::stack([&classes, &classes])?;
        let indices = array::stack_with([&labels, &predictions], |o| o.axis(1))?;
        let values = match weights {
            Some(weights) => weights,
            None => array::ones_like_by_filling(&predictions, Some(options.dtype))?,
        };
        array::scatter_nd(indices, values, operators::cast(shape, DType::INT64)?)
    })
}

/// Both tensors, of which one loses a last axis of size 1 that the other lacks.
///
/// # Errors
/// `Unimplemented` where a rank is not known.
pub fn remove_squeezable_dimensions(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
) -> Result<(Tensor, Tensor)> {
    let (labels, predictions) = (labels.into_operand()?, predictions.into_operand()?);
    context::name_scope("remove_squeezable_dimensions", || {
        let predictions = convert_to_tensor(predictions, None)?;
        let labels = convert_to_tensor(labels, None)?;
        let (Some(of_predictions), Some(of_labels)) = (predictions.rank(), labels.rank()) else {
            bail!(unimplemented, "labels and predictions of unknown rank are not supported");
        };
        let last_is_one =
            |tensor: &Tensor, rank: usize| tensor.shape().dim(rank - 1).is_none_or(|size| size == 1);
        let without_last = |tensor: Tensor| array::squeeze_with(tensor, |o| o.axis([-1]));
        if of_predictions == of_labels + 1 && last_is_one(&predictions, of_predictions) {
            return Ok((labels, without_last(predictions)?));
        }
        if of_labels == of_predictions + 1 && last_is_one(&labels, of_labels) {
            return Ok((without_last(labels)?, predictions));
        }
        Ok((labels, predictions))
    })
}

/// For each value the number of the bin that it falls into, of `nbins` equal ones between the two ends of a range; what is
/// outside falls into the first or the last.
///
/// Source: `tf.histogram_fixed_width_bins`.
///
/// ```
/// use ferroflow_ops::composites::histogram_fixed_width_bins;
/// ferroflow_ops::install();
/// let bins = histogram_fixed_width_bins([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], 5)?;
/// assert_eq!(bins.numpy()?.as_slice::<i32>()?, [0, 0, 1, 2, 4, 4]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for fewer than one bin.
pub fn histogram_fixed_width_bins(
    values: impl IntoOperand,
    value_range: impl IntoOperand,
    nbins: impl IntoOperand,
) -> Result<Tensor> {
    let (values, value_range, nbins) =
        (values.into_operand()?, value_range.into_operand()?, nbins.into_operand()?);
    context::name_scope("histogram_fixed_width_bins", || {
        let values = context::with_name("values", || convert_to_tensor(values, None))?;
        let shape = array::shape(&values)?;
        let values = array::reshape(values, [-1])?;
        let range = context::with_name("value_range", || convert_to_tensor(value_range, None))?;
        let nbins = context::with_name("nbins", || convert_to_tensor(nbins, Some(DType::INT32)))?;
        let said = format!("nbins {} must > 0", shown(&nbins));
        let nbins = context::with_dependencies(nbins.clone(), || {
            ferroflow_ops_control::Assert(math::greater(&nbins, 0)?, [said.as_str()], None)
        })?;
        let count = operators::cast(nbins, values.dtype())?;
        let shifted = (&values - array::getitem(&range, 0)?)?;
        let width = (array::getitem(&range, 1)? - array::getitem(&range, 0)?)?;
        let scaled = context::with_name("scaled_values", || operators::truediv(shifted, width))?;
        let product = (&count * scaled)?;
        let indices = context::with_name("indices", || math::floor(product))?;
        let last = Op::named("Sub").input(&count).input(1).default_name("sub").one()?;
        let indices = operators::cast(math::clip_by_value(indices, 0, last)?, DType::INT32)?;
        array::reshape(indices, shape)
    })
}
