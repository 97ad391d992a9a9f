//! `softmax_cross_entropy_with_logits`, `sparse_softmax_cross_entropy_with_logits`: losses of classifiers over any
//! number of outer dimensions.

use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, PartialShape, Result, Tensor, bail, context, convert_to_tensor,
    operators::{cast, subtract},
};
use ferroflow_ops_array as array;

/// The loss of each row of `logits` against `labels`, a distribution over its classes (the last dimension).
///
/// Source: `tf.nn.softmax_cross_entropy_with_logits` (op `SoftmaxCrossEntropyWithLogits`).
///
/// ```
/// use ferroflow_ops::composites::softmax_cross_entropy_with_logits;
/// ferroflow_ops::install();
/// let loss = softmax_cross_entropy_with_logits([[0.0, 1.0]], [[0.0, 100.0]])?;
/// assert_eq!(loss.numpy()?.as_slice::<f32>()?, [0.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit.
pub fn softmax_cross_entropy_with_logits(
    labels: impl IntoOperand,
    logits: impl IntoOperand,
) -> Result<Tensor> {
    let (labels, logits) = (labels.into_operand()?, logits.into_operand()?);
    context::name_scope_for_op("softmax_cross_entropy_with_logits", |name| {
        let logits = context::with_name("logits", || convert_to_tensor(logits, None))?;
        let labels = context::with_name("labels", || convert_to_tensor(labels, Some(logits.dtype().base())))?;
        let precise = in_full_precision(&logits)?;
        let labels = cast(labels, precise.dtype())?;
        let rank = array::rank(&precise)?;
        let shape = array::shape(&precise)?;
        let rows = [flatten_outer_dims(&precise)?, flatten_outer_dims(&labels)?];
        let [rows, of_labels] = rows;
        let op = Op::named("SoftmaxCrossEntropyWithLogits").input(rows).input(of_labels);
        let [loss, _] = op.name(name).outputs()?;
        let outer = slice(shape, constant_vector(0), Operand::Tensor(subtract(rank, 1)?))?;
        cast(array::reshape(loss, outer)?, logits.dtype())
    })
}

/// The tensor as a matrix whose rows are its last dimension.
fn flatten_outer_dims(tensor: &Tensor) -> Result<Tensor> {
    if tensor.is_eager() && tensor.rank() == Some(2) {
        return Ok(tensor.clone());
    }
    let rank = array::rank(tensor)?;
    let shape = array::shape(tensor)?;
    let classes = slice(shape, Operand::Tensor(subtract(rank, 1)?), constant_vector(1))?;
    let matrix = array::concat([constant_vector(-1), Operand::Tensor(classes)], 0)?;
    array::reshape(tensor, matrix)
}

fn constant_vector(only: i32) -> Operand {
    Operand::Value { array: NdArray::vector(vec![only]), weak: true }
}

/// `tf.slice` of a vector; scalar tensors stand for vectors of one element, as in Python's lists of one tensor.
fn slice(input: Tensor, begin: Operand, size: Operand) -> Result<Tensor> {
    context::name_scope_for_op("Slice", |name| {
        let argument = |operand: Operand, name: &str| {
            context::with_name(name, || match operand {
                Operand::Tensor(only) => Op::named("Pack").inputs([only]).one(),
                literal => convert_to_tensor(literal, None),
            })
        };
        let (begin, size) = (argument(begin, "begin")?, argument(size, "size")?);
        context::with_name(&name, || array::slice(input, begin, size))
    })
}

/// The loss of each row of `logits` (the last dimension) against the class that `labels` names.
///
/// Source: `tf.nn.sparse_softmax_cross_entropy_with_logits` (op `SparseSoftmaxCrossEntropyWithLogits`).
///
/// ```
/// use ferroflow_ops::composites::sparse_softmax_cross_entropy_with_logits;
/// ferroflow_ops::install();
/// let loss = sparse_softmax_cross_entropy_with_logits([1], [[0.0, 100.0]])?;
/// assert_eq!(loss.numpy()?.as_slice::<f32>()?, [0.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` when the shapes do not fit, `InvalidArgument` for a class that does not exist.
pub fn sparse_softmax_cross_entropy_with_logits(
    labels: impl IntoOperand,
    logits: impl IntoOperand,
) -> Result<Tensor> {
    let (labels, logits) = (labels.into_operand()?, logits.into_operand()?);
    context::name_scope("SparseSoftmaxCrossEntropyWithLogits", || {
        let (labels, logits) = (convert_to_tensor(labels, None)?, convert_to_tensor(logits, None)?);
        let precise = in_full_precision(&logits)?;
        let shape = array::shape(&labels)?;
        check_labels(&labels.shape(), &logits.shape())?;
        let rows = |precise: &Tensor, labels: &Tensor| {
            let op = Op::named("SparseSoftmaxCrossEntropyWithLogits").input(precise).input(labels);
            op.outputs().map(|[loss, _]: [Tensor; 2]| loss)
        };
        if logits.rank() == Some(2) {
            return cast(rows(&precise, &labels)?, logits.dtype());
        }
        let last = (array::rank(&logits)? - 1)?;
        let classes = array::getitem(array::shape(&logits)?, last)?;
        let matrix = context::name_scope_for_op("Reshape", |name| {
            let parts = [context::with_name("shape/0", || convert_to_tensor(-1, None))?, classes];
            let shape = context::with_name("shape", || Op::named("Pack").inputs(parts).one())?;
            context::with_name(&name, || array::reshape(&precise, shape))
        })?;
        let loss = rows(&matrix, &array::reshape(&labels, [-1])?)?;
        cast(array::reshape(loss, shape)?, logits.dtype())
    })
}

fn check_labels(labels: &PartialShape, logits: &PartialShape) -> Result<()> {
    let (Some(of_labels), Some(of_logits)) = (labels.rank(), logits.rank()) else {
        return Ok(());
    };
    if of_logits == 0 {
        bail!(value, "`logits` cannot be a scalar.");
    }
    if of_labels != of_logits - 1 {
        bail!(
            value,
            "`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: labels.shape={labels} of rank \
             {of_labels} and logits.shape={logits} of rank {of_logits}"
        );
    }
    if labels.is_fully_defined() && !logits.slice(0..of_logits - 1).is_compatible_with(labels) {
        bail!(
            value,
            "`labels.shape` must equal `logits.shape` except for the last dimension. Received: \
             labels.shape={labels} and logits.shape={logits}"
        );
    }
    Ok(())
}

/// Half precision is too little for sums of exponentials.
fn in_full_precision(logits: &Tensor) -> Result<Tensor> {
    match logits.dtype() {
        DType::HALF | DType::BFLOAT16 => cast(logits, DType::FLOAT32),
        _ => Ok(logits.clone()),
    }
}
