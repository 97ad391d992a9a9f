//! The logits behind probabilities.

use ferroflow_core::Tensor;
use ferroflow_graph::Operation;

/// What a `Softmax` or `Sigmoid` node was applied to, where probabilities are its output. Keras computes cross entropies
/// from there, without the loss of digits.
///
/// Differs from Keras in eager code, where a tensor does not know what it was computed from.
pub(super) fn behind(probabilities: &Tensor, op: &str) -> Option<Tensor> {
    if probabilities.is_eager() {
        return None;
    }
    let operation = Operation::of(probabilities).ok().filter(|operation| operation.op_type() == op)?;
    operation.inputs().into_iter().next()
}
