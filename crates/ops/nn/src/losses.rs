//! `softmax_cross_entropy_with_logits`, `sparse_softmax_cross_entropy_with_logits`: losses of classifiers over any
//! number of outer dimensions.

use crate::cross_entropy::{SOFTMAX_CROSS_ENTROPY_WITH_LOGITS, SPARSE_SOFTMAX_CROSS_ENTROPY_WITH_LOGITS};
use ferroflow_core::{
    DType, IntoOperand, Op, PartialShape, Result, Tensor, bail, context, convert_to_tensor, operators::cast,
};

/// The loss of each row of `logits` against `labels`, a distribution over its classes (the last dimension).
///
/// Source: `tf.nn.softmax_cross_entropy_with_logits` (op `SoftmaxCrossEntropyWithLogits`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit.
pub fn softmax_cross_entropy_with_logits(
    labels: impl IntoOperand,
    logits: impl IntoOperand,
) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| "softmax_cross_entropy_with_logits".to_string());
    context::name_scope_for_op(&name, |name| {
        let logits = convert_to_tensor(logits, None)?;
        let precise = in_full_precision(&logits)?;
        let labels = cast(convert_to_tensor(labels, None)?, precise.dtype())?;
        let shape = logits.shape();
        let op = Op::new(&SOFTMAX_CROSS_ENTROPY_WITH_LOGITS).input(rows(precise)?).input(rows(labels)?);
        let [loss, _] = op.name(name).outputs()?;
        cast(outer(loss, &shape)?, logits.dtype())
    })
}

/// The loss of each row of `logits` (the last dimension) against the class that `labels` names.
///
/// Source: `tf.nn.sparse_softmax_cross_entropy_with_logits` (op `SparseSoftmaxCrossEntropyWithLogits`).
///
/// ```
/// use ferroflow_ops_nn::sparse_softmax_cross_entropy_with_logits;
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
    context::name_scope("SparseSoftmaxCrossEntropyWithLogits", || {
        let (labels, logits) = (convert_to_tensor(labels, None)?, convert_to_tensor(logits, None)?);
        let (of_labels, of_logits) = (labels.shape(), logits.shape());
        check_labels(&of_labels, &of_logits)?;
        let matrix = of_logits.rank() == Some(2);
        let (mut labels, mut precise) = (labels, in_full_precision(&logits)?);
        if !matrix {
            precise = rows(precise)?;
            labels = Op::named("Reshape").input(labels).input([-1]).one()?;
        }
        let op = Op::new(&SPARSE_SOFTMAX_CROSS_ENTROPY_WITH_LOGITS).input(precise).input(labels);
        let [loss, _] = op.outputs()?;
        let loss = if matrix { loss } else { outer(loss, &of_logits)? };
        cast(loss, logits.dtype())
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

/// The tensor as a matrix whose rows are its last dimension.
fn rows(tensor: Tensor) -> Result<Tensor> {
    let shape = tensor.shape();
    match shape.rank() {
        Some(2) => Ok(tensor),
        Some(rank) if rank > 0 => match shape.dim(rank - 1).and_then(|classes| i32::try_from(classes).ok()) {
            Some(classes) => Op::named("Reshape").input(tensor).input([-1, classes]).one(),
            None => bail!(unimplemented, "a cross entropy over an unknown number of classes of rank {rank}"),
        },
        Some(_) => bail!(value, "`logits` cannot be a scalar."),
        None => bail!(unimplemented, "a cross entropy of logits of unknown rank"),
    }
}

/// A loss for each row in the shape of the outer dimensions.
fn outer(loss: Tensor, logits: &PartialShape) -> Result<Tensor> {
    let Some([outer @ .., _]) = logits.dims() else { return Ok(loss) };
    if outer.len() == 1 {
        return Ok(loss);
    }
    if outer.iter().filter(|dim| dim.is_none()).count() > 1 {
        bail!(unimplemented, "a cross entropy with several unknown outer dimensions");
    }
    let dims: Vec<i64> = outer.iter().map(|dim| dim.map_or(-1, |size| size as i64)).collect();
    Op::named("Reshape").input(loss).input(dims).one()
}
