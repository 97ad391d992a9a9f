//! Ops of neural networks: activations, convolution, pooling, normalisation and losses.

mod activation_grads;
mod activations;
mod bias_add;
mod softmax;
mod softmax_rows;
mod sums;

pub use activations::{
    LeakyReluOptions, elu, leaky_relu, leaky_relu_with, relu, relu6, selu, softplus, softsign,
};

pub use bias_add::{BiasAddOptions, bias_add, bias_add_with};
pub use softmax::{SoftmaxOptions, log_softmax, log_softmax_with, softmax, softmax_with};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &bias_add::BIAS_ADD,
    &bias_add::BIAS_ADD_GRAD,
    &bias_add::BIAS_ADD_V1,
    &activations::ELU,
    &activation_grads::ELU_GRAD,
    &activations::LEAKY_RELU,
    &activation_grads::LEAKY_RELU_GRAD,
    &softmax::LOG_SOFTMAX,
    &activations::RELU,
    &activations::RELU6,
    &activation_grads::RELU6_GRAD,
    &activation_grads::RELU_GRAD,
    &activations::SELU,
    &activation_grads::SELU_GRAD,
    &softmax::SOFTMAX,
    &activations::SOFTPLUS,
    &activation_grads::SOFTPLUS_GRAD,
    &activations::SOFTSIGN,
    &activation_grads::SOFTSIGN_GRAD,
];
