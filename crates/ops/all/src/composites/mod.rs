//! Functions made of ops of several families.

mod arithmetic;
mod assertions;
mod clipping;
mod counting;
mod cross_entropies;
mod ctc;
mod embeddings;
mod fractional_pools;
mod lookups;
mod masks;
mod matrices;
mod normalization;
mod norms;
mod printing;
mod ragged;
mod ragged_joins;
mod random_images;
mod reductions;
mod repetition;
mod sampling;
mod segments;
mod shape_checks;
mod sparse_counting;
mod sparse_forms;
mod special_functions;
mod statistics;
mod tensordot;

pub use arithmetic::{
    crelu, gelu, log_poisson_loss, log_sigmoid, logical_xor, polyval, saturate_cast, scalar_mul,
    weighted_cross_entropy_with_logits,
};
pub use assertions::{
    assert_equal, assert_greater, assert_greater_equal, assert_less, assert_less_equal, assert_negative,
    assert_non_negative, assert_non_positive, assert_none_equal, assert_positive, assert_rank,
    assert_rank_at_least, assert_type,
};
pub use clipping::{
    ClipByNormOptions, clip_by_average_norm, clip_by_global_norm, clip_by_norm, clip_by_norm_with,
    global_norm,
};
pub use counting::{
    BincountOptions, ConfusionMatrixOptions, bincount, bincount_with, confusion_matrix,
    confusion_matrix_with, histogram_fixed_width_bins, remove_squeezable_dimensions,
};
pub use cross_entropies::{softmax_cross_entropy_with_logits, sparse_softmax_cross_entropy_with_logits};
pub use ctc::{CtcLossOptions, collapse_repeated, ctc_loss, ctc_loss_with};
pub use embeddings::{embedding_lookup_sparse, safe_embedding_lookup_sparse};
pub use fractional_pools::{
    FractionalPoolOptions, fractional_avg_pool, fractional_avg_pool_with, fractional_max_pool,
    fractional_max_pool_with,
};
pub use lookups::{Pieces, dropout, embedding_lookup, from_dense, split, to_dense};
pub use masks::{boolean_mask, sequence_mask};
pub use matrices::{
    logdet, lu_matrix_inverse, lu_reconstruct, lu_solve, matrix_rank, matrix_rank_with, pinv, pinv_with,
};
pub use normalization::{batch_norm_with_global_normalization, scale_regularization_loss};
pub use normalization::{batch_normalization, l2_normalize, moments, sigmoid_cross_entropy_with_logits};
pub use norms::{
    EyeOptions, NormOptions, NormOrder, adjoint, eye, eye_of_size, eye_with, matrix_transpose, matvec, norm,
    norm_with, normalize, trace,
};
pub use printing::{PrintLineOptions, Printed, print, print_with};
pub use ragged::{
    CrossColumn, RaggedConstantOptions, RaggedCrossOptions, RaggedRows, map_flat_values, ragged_constant,
    ragged_constant_with, ragged_cross, ragged_cross_hashed, ragged_cross_hashed_with, ragged_range,
    row_splits_to_segment_ids, segment_ids_to_row_splits, stack_dynamic_partitions,
};
pub use ragged_joins::{ragged_boolean_mask, ragged_stack};
pub use random_images::{
    random_brightness, random_contrast, random_crop, random_flip_left_right, random_flip_up_down, random_hue,
    random_jpeg_quality, random_saturation, stateless_random_brightness, stateless_random_contrast,
    stateless_random_flip_left_right, stateless_random_flip_up_down, stateless_random_hue,
    stateless_random_jpeg_quality, stateless_random_saturation,
};
pub use reductions::{
    count_nonzero, reduce_logsumexp, reduce_logsumexp_with, reduce_std, reduce_std_with, reduce_variance,
    reduce_variance_with,
};
pub use repetition::{linspace, linspace_with, repeat};
pub use sampling::{
    FixedUnigramOptions, NceLossOptions, SampledSoftmaxLossOptions, SampledValues, all_candidate_sampler,
    compute_accidental_hits, fixed_unigram_candidate_sampler, fixed_unigram_candidate_sampler_with,
    learned_unigram_candidate_sampler, log_uniform_candidate_sampler, nce_loss, nce_loss_with,
    sampled_softmax_loss, sampled_softmax_loss_with, uniform_candidate_sampler,
};
pub use segments::{unsorted_segment_mean, unsorted_segment_sqrt_n, zero_fraction};
pub use shape_checks::{
    AssertNearOptions, SizeSymbol, assert_integer, assert_near, assert_near_with, assert_rank_in,
    assert_same_float_dtype, assert_scalar, assert_shapes, is_numeric_tensor,
};
pub use sparse_counting::{CountedValues, SparseBincountOptions, sparse_bincount, sparse_bincount_with};
pub use sparse_forms::{
    expand_dims, map_values, reset_shape, retain, sparse_eye, sparse_mask, sparse_merge, sparse_transpose,
    to_indicator,
};
pub use special_functions::{erfcinv, is_non_decreasing, is_strictly_increasing, lbeta, reciprocal_no_nan};
pub use statistics::{normalize_moments, sufficient_statistics, weighted_moments};
pub use tensordot::{ContractedAxes, tensordot};
