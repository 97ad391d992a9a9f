//! Ops of neural networks: activations, convolution, pooling, normalisation and losses.

mod activation_grads;
mod activations;
mod any_conv;
mod avg_pool;
mod batch_norm;
mod batch_norm_grad;
mod batch_norm_second_grad;
mod bias_add;
mod candidates;
mod conv;
mod conv_attrs;
mod conv_backprop;
mod conv_kernels;
mod conv_options;
mod convolution;
mod cross_entropy;
mod ctc;
mod data_format;
mod depthwise_conv;
mod depthwise_kernels;
mod depthwise_tiles;
mod dilation;
mod direct_conv;
mod erosion;
mod extract_patches;
mod fake_quant;
mod fake_quant_functions;
mod fractional;
mod fused_image_conv;
mod gathered_conv;
mod global_batch_norm;
mod isotonic_regression;
mod l2_loss;
mod lrn;
mod max_pool;
mod max_pool_grad;
mod max_pool_with_argmax;
mod older_conv;
mod patches;
mod pool_attrs;
mod pool_kernels;
mod product;
mod quantize_and_dequantize;
mod quantized;
mod rnn;
mod shaped_layers;
mod softmax;
mod softmax_rows;
mod sums;
mod transposed;
mod uniform;
mod volume;
mod window;
mod winograd;

pub use activations::{
    LeakyReluOptions, elu, leaky_relu, leaky_relu_with, relu, relu6, selu, softplus, softsign,
};

pub use avg_pool::{avg_pool2d, avg_pool2d_with, avg_pool3d};
pub use bias_add::{BiasAddOptions, bias_add, bias_add_with};
pub use conv::{conv2d, conv2d_with, conv3d, conv3d_with};
pub use conv_options::{ConvOptions, Padding, PoolOptions, Sizes};
pub use convolution::{
    ConvolutionOptions, PoolingOptions, atrous_conv2d, convolution, convolution_with, pool, pool_with,
    required_space_to_batch_paddings,
};
pub use ctc::functions::{
    CtcBeamSearchDecoderOptions, CtcGreedyDecoderOptions, SparseCtcLossOptions, beam_search,
    ctc_beam_search_decoder, ctc_beam_search_decoder_with, ctc_greedy_decoder, ctc_greedy_decoder_with,
    sparse_ctc_loss,
};
pub use depthwise_conv::{depthwise_conv2d, depthwise_conv2d_with};
pub use dilation::dilation2d;
pub use erosion::erosion2d;
pub use extract_patches::{extract_patches, extract_volume_patches};
pub use fake_quant_functions::*;
pub use l2_loss::l2_loss;
pub use lrn::{
    LocalResponseNormalizationOptions, local_response_normalization, local_response_normalization_with,
};
pub use max_pool::{max_pool2d, max_pool2d_with, max_pool3d};
pub use max_pool_with_argmax::max_pool_with_argmax;
pub use quantized::functions::{
    DequantizeOptions, QuantizeAndDequantizeOptions, QuantizeOptions, dequantize, dequantize_with, quantize,
    quantize_and_dequantize, quantize_and_dequantize_v2, quantize_and_dequantize_v2_with,
    quantize_and_dequantize_with, quantize_with, quantized_avg_pool, quantized_concat, quantized_conv2d,
    quantized_max_pool,
};
pub use shaped_layers::{avg_pool, avg_pool1d, conv1d, max_pool, max_pool1d, separable_conv2d};
pub use softmax::{SoftmaxOptions, log_softmax, log_softmax_with, softmax, softmax_with};
pub use transposed::{
    atrous_conv2d_transpose, conv_transpose, conv1d_transpose, conv2d_backprop_filter, conv2d_backprop_input,
    conv2d_transpose, conv3d_backprop_filter, conv3d_transpose, depthwise_conv2d_backprop_filter,
    depthwise_conv2d_backprop_input,
};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &candidates::ops::ALL_CANDIDATE_SAMPLER,
    &avg_pool::AVG_POOL,
    &avg_pool::AVG_POOL_3D,
    &avg_pool::AVG_POOL_3D_GRAD,
    &avg_pool::AVG_POOL_GRAD,
    &bias_add::BIAS_ADD,
    &bias_add::BIAS_ADD_GRAD,
    &bias_add::BIAS_ADD_V1,
    &candidates::hits::COMPUTE_ACCIDENTAL_HITS,
    &any_conv::CONV,
    &conv::CONV_2D,
    &conv_backprop::CONV_2D_BACKPROP_FILTER,
    &conv_backprop::CONV_2D_BACKPROP_INPUT,
    &conv::CONV_3D,
    &conv_backprop::CONV_3D_BACKPROP_FILTER_V2,
    &conv_backprop::CONV_3D_BACKPROP_INPUT_V2,
    &rnn::lstm_block::BLOCK_LSTM,
    &rnn::lstm_block::BLOCK_LSTM_GRAD,
    &rnn::lstm_block::BLOCK_LSTM_GRAD_V2,
    &rnn::lstm_block::BLOCK_LSTM_V2,
    &ctc::beam_search::CTC_BEAM_SEARCH_DECODER,
    &ctc::decoding::CTC_GREEDY_DECODER,
    &ctc::loss::CTC_LOSS,
    &depthwise_conv::DEPTHWISE_CONV_2D_NATIVE,
    &depthwise_conv::DEPTHWISE_CONV_2D_NATIVE_BACKPROP_FILTER,
    &depthwise_conv::DEPTHWISE_CONV_2D_NATIVE_BACKPROP_INPUT,
    &data_format::DATA_FORMAT_DIM_MAP,
    &data_format::DATA_FORMAT_VEC_PERMUTE,
    &quantized::dequantize::DEQUANTIZE,
    &dilation::DILATION_2D,
    &dilation::DILATION_2D_BACKPROP_FILTER,
    &dilation::DILATION_2D_BACKPROP_INPUT,
    &activations::ELU,
    &activation_grads::ELU_GRAD,
    &extract_patches::EXTRACT_IMAGE_PATCHES,
    &extract_patches::EXTRACT_VOLUME_PATCHES,
    &fake_quant::FAKE_QUANT_WITH_MIN_MAX_ARGS,
    &fake_quant::FAKE_QUANT_WITH_MIN_MAX_ARGS_GRADIENT,
    &fake_quant::FAKE_QUANT_WITH_MIN_MAX_VARS,
    &fake_quant::FAKE_QUANT_WITH_MIN_MAX_VARS_GRADIENT,
    &fake_quant::FAKE_QUANT_WITH_MIN_MAX_VARS_PER_CHANNEL,
    &fake_quant::FAKE_QUANT_WITH_MIN_MAX_VARS_PER_CHANNEL_GRADIENT,
    &candidates::ops::FIXED_UNIGRAM_CANDIDATE_SAMPLER,
    &fractional::pool::FRACTIONAL_AVG_POOL,
    &fractional::gradients::FRACTIONAL_AVG_POOL_GRAD,
    &fractional::pool::FRACTIONAL_MAX_POOL,
    &fractional::gradients::FRACTIONAL_MAX_POOL_GRAD,
    &batch_norm::FUSED_BATCH_NORM,
    &batch_norm_grad::FUSED_BATCH_NORM_GRAD,
    &batch_norm_grad::FUSED_BATCH_NORM_GRAD_V2,
    &batch_norm_grad::FUSED_BATCH_NORM_GRAD_V3,
    &batch_norm::FUSED_BATCH_NORM_V2,
    &batch_norm::FUSED_BATCH_NORM_V3,
    &rnn::gru::GRU_BLOCK_CELL,
    &rnn::gru::GRU_BLOCK_CELL_GRAD,
    &l2_loss::L2_LOSS,
    &lrn::LRN,
    &lrn::LRN_GRAD,
    &rnn::lstm_cell::LSTM_BLOCK_CELL,
    &rnn::lstm_cell::LSTM_BLOCK_CELL_GRAD,
    &activations::LEAKY_RELU,
    &activation_grads::LEAKY_RELU_GRAD,
    &candidates::ops::LEARNED_UNIGRAM_CANDIDATE_SAMPLER,
    &softmax::LOG_SOFTMAX,
    &candidates::ops::LOG_UNIFORM_CANDIDATE_SAMPLER,
    &max_pool::MAX_POOL,
    &max_pool::MAX_POOL_3D,
    &max_pool_grad::MAX_POOL_3D_GRAD,
    &max_pool_grad::MAX_POOL_3D_GRAD_GRAD,
    &max_pool_grad::MAX_POOL_GRAD,
    &max_pool_grad::MAX_POOL_GRAD_GRAD,
    &max_pool_grad::MAX_POOL_GRAD_GRAD_V2,
    &max_pool_grad::MAX_POOL_GRAD_V2,
    &max_pool_with_argmax::MAX_POOL_GRAD_WITH_ARGMAX,
    &max_pool::MAX_POOL_V2,
    &max_pool_with_argmax::MAX_POOL_WITH_ARGMAX,
    &quantize_and_dequantize::QUANTIZE_AND_DEQUANTIZE,
    &quantize_and_dequantize::QUANTIZE_AND_DEQUANTIZE_V2,
    &quantize_and_dequantize::QUANTIZE_AND_DEQUANTIZE_V3,
    &quantize_and_dequantize::QUANTIZE_AND_DEQUANTIZE_V4,
    &quantized::straight_through::QUANTIZE_AND_DEQUANTIZE_V4_GRAD,
    &quantized::elementwise::QUANTIZED_ADD,
    &quantized::pool::QUANTIZED_AVG_POOL,
    &quantized::elementwise::QUANTIZED_BIAS_ADD,
    &quantized::normalization::QUANTIZED_BATCH_NORM_WITH_GLOBAL_NORMALIZATION,
    &quantized::concat::QUANTIZED_CONCAT,
    &quantized::normalization::QUANTIZED_INSTANCE_NORM,
    &quantized::products::QUANTIZED_CONV_2D,
    &quantized::products::QUANTIZED_MAT_MUL,
    &quantized::pool::QUANTIZED_MAX_POOL,
    &quantized::elementwise::QUANTIZED_MUL,
    &quantized::elementwise::QUANTIZED_RELU,
    &quantized::elementwise::QUANTIZED_RELU6,
    &quantized::requantize::QUANTIZE_DOWN_AND_SHRINK_RANGE,
    &quantized::quantize::QUANTIZE_V2,
    &quantized::requantize::REQUANTIZATION_RANGE,
    &quantized::requantize::REQUANTIZATION_RANGE_PER_CHANNEL,
    &quantized::requantize::REQUANTIZE,
    &quantized::requantize::REQUANTIZE_PER_CHANNEL,
    &activations::RELU,
    &activations::RELU6,
    &activation_grads::RELU6_GRAD,
    &activation_grads::RELU_GRAD,
    &activations::SELU,
    &activation_grads::SELU_GRAD,
    &softmax::SOFTMAX,
    &cross_entropy::SOFTMAX_CROSS_ENTROPY_WITH_LOGITS,
    &activations::SOFTPLUS,
    &activation_grads::SOFTPLUS_GRAD,
    &activations::SOFTSIGN,
    &activation_grads::SOFTSIGN_GRAD,
    &cross_entropy::SPARSE_SOFTMAX_CROSS_ENTROPY_WITH_LOGITS,
    &candidates::ops::THREAD_UNSAFE_UNIGRAM_CANDIDATE_SAMPLER,
    &candidates::ops::UNIFORM_CANDIDATE_SAMPLER,
    &extract_patches::EXTRACT_IMAGE_PATCHES,
    &extract_patches::EXTRACT_VOLUME_PATCHES,
    &fused_image_conv::FUSED_PAD_CONV_2D,
    &fused_image_conv::FUSED_RESIZE_AND_PAD_CONV_2D,
    &uniform::elementwise::UNIFORM_DEQUANTIZE,
    &uniform::elementwise::UNIFORM_QUANTIZE,
    &uniform::elementwise::UNIFORM_QUANTIZED_ADD,
    &uniform::elementwise::UNIFORM_QUANTIZED_CLIP_BY_VALUE,
    &uniform::convolution::UNIFORM_QUANTIZED_CONVOLUTION,
    &uniform::convolution::UNIFORM_QUANTIZED_CONVOLUTION_HYBRID,
    &uniform::dot::UNIFORM_QUANTIZED_DOT,
    &uniform::dot::UNIFORM_QUANTIZED_DOT_HYBRID,
    &uniform::elementwise::UNIFORM_REQUANTIZE,
    &global_batch_norm::BATCH_NORM_WITH_GLOBAL_NORMALIZATION,
    &global_batch_norm::BATCH_NORM_WITH_GLOBAL_NORMALIZATION_GRAD,
    &isotonic_regression::ISOTONIC_REGRESSION,
    &quantized::reshape::QUANTIZED_RESHAPE,
    &older_conv::CONV_3D_BACKPROP_FILTER,
    &older_conv::CONV_3D_BACKPROP_INPUT,
];
