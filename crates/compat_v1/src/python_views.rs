//! What Python's built-ins, and NumPy, make of tensors.

use ferroflow_core::{DType, NdArray, Result, Shape, Tensor, bail};

/// The truth of a tensor, as Python's `bool` has it.
///
/// # Errors
/// `TypeError` for a symbolic tensor, which has no value yet; `ValueError` for more than one element.
pub fn tensor_bool(tensor: &Tensor) -> Result<bool> {
    let Tensor::Eager(tensor) = tensor else {
        bail!(
            type_error,
            "Using a symbolic `tf.Tensor` as a Python `bool` is not allowed. You can attempt the following \
             resolutions to the problem: If you are running in Graph mode, use Eager execution mode or decorate this \
             function with @tf.function. If you are using AutoGraph, you can try decorating this function with \
             @tf.function. If that does not work, then you may be using an unsupported feature or your source code \
             may not be visible to AutoGraph. See \
             https://github.com/tensorflow/tensorflow/blob/master/tensorflow/python/autograph/g3doc/reference/limitations.md#access-to-source-code \
             for more information."
        )
    };
    let value = tensor.value();
    if value.len() != 1 {
        bail!(
            value,
            "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
        );
    }
    value.reshape(Shape::scalar())?.cast(DType::BOOL)?.item::<bool>()
}

/// The value of a tensor, as `numpy.array` has it.
///
/// # Errors
/// `NotImplementedError` for a symbolic tensor, which has no value yet.
pub fn tensor_array(tensor: &Tensor) -> Result<NdArray> {
    match tensor {
        Tensor::Eager(_) => tensor.numpy(),
        Tensor::Symbolic(symbolic) => bail!(
            not_implemented,
            "Cannot convert a symbolic tf.Tensor ({}) to a numpy array. This error may indicate that you're trying to \
             pass a Tensor to a NumPy call, which is not supported.",
            symbolic.name()
        ),
    }
}
