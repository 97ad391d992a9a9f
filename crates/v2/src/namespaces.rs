//! TensorFlow's modules. `cargo xtask facades` writes this file.

pub use ferroflow_core::operators::{
    add, cast, logical_and, logical_not, logical_or, multiply, negative, subtract, truediv,
};
pub use ferroflow_ops::composites::{
    boolean_mask, reduce_logsumexp, reduce_logsumexp_with, sequence_mask, tensordot,
};
pub use ferroflow_ops_array::{
    argsort, batch_to_space, bitcast, broadcast_dynamic_shape, broadcast_static_shape, broadcast_to, concat,
    dynamic_partition, dynamic_stitch, ensure_shape, expand_dims, fill, gather, gather_nd, gather_with,
    guarantee_const, identity, identity_n, meshgrid, one_hot, one_hot_with, ones, ones_like, ones_like_with,
    pad, pad_with, rank, reshape, reverse, reverse_sequence, reverse_sequence_with, roll, scatter_nd,
    searchsorted, searchsorted_with, shape, shape_n, shape_n_with, shape_with, size, size_with, slice, sort,
    space_to_batch, squeeze, squeeze_with, stack, stack_with, stop_gradient, strided_slice,
    strided_slice_with, tensor_scatter_nd_add, tensor_scatter_nd_max, tensor_scatter_nd_min,
    tensor_scatter_nd_sub, tensor_scatter_nd_update, tile, transpose, transpose_with, unique, unique_with,
    unique_with_counts, unique_with_counts_with, unravel_index, unstack, unstack_with, zeros, zeros_like,
    zeros_like_with,
};
pub use ferroflow_ops_control::no_op;
pub use ferroflow_ops_math::{
    abs, acos, acosh, add_n, argmax, argmax_with, argmin, argmin_with, asin, asinh, atan, atan2, atanh,
    clip_by_value, complex, cos, cosh, cumsum, cumsum_with, divide, einsum, equal, exp, floor, greater,
    greater_equal, histogram_fixed_width, histogram_fixed_width_with, less, less_equal, linspace, matmul,
    matmul_with, maximum, minimum, not_equal, pow, range, reduce_all, reduce_all_with, reduce_any,
    reduce_any_with, reduce_max, reduce_max_with, reduce_mean, reduce_mean_with, reduce_min, reduce_min_with,
    reduce_prod, reduce_prod_with, reduce_sum, reduce_sum_with, round, sigmoid, sign, sin, sinh, sqrt,
    square, tan, tanh, truncatediv, truncatemod,
};
pub use ferroflow_ops_text::{as_string, as_string_with, edit_distance, fingerprint};

/// `tf.bitwise`
pub mod bitwise {
    pub use ferroflow_core::operators::{bitwise_and, bitwise_or, bitwise_xor, invert};
    pub use ferroflow_ops_math::{left_shift, right_shift};
}

/// `tf.debugging`
pub mod debugging {
    pub use ferroflow_ops_array::check_numerics;
}

/// `tf.dtypes`
pub mod dtypes {
    pub use crate::DType;
    pub use ferroflow_core::operators::cast;
    pub use ferroflow_ops_math::complex;
}

/// `tf.image`
pub mod image {
    pub use ferroflow_ops_image::{
        adjust_contrast, combined_non_max_suppression, combined_non_max_suppression_with, crop_and_resize,
        crop_and_resize_with, draw_bounding_boxes, extract_glimpse, extract_glimpse_with, hsv_to_rgb,
        non_max_suppression, non_max_suppression_overlaps, non_max_suppression_with, resize, rgb_to_hsv,
        sample_distorted_bounding_box, stateless_sample_distorted_bounding_box,
    };
}

/// `tf.io`
pub mod io {
    pub use ferroflow_ops_text::{decode_base64, decode_raw, encode_base64};
}

/// `tf.linalg`
pub mod linalg {
    pub use ferroflow_ops::composites::{l2_normalize, tensordot};
    pub use ferroflow_ops_array::{
        band_part, diag, diag_part, diag_part_with, diag_with, set_diag, set_diag_with, tensor_diag,
        tensor_diag_part,
    };
    pub use ferroflow_ops_linalg::{
        banded_triangular_solve, banded_triangular_solve_with, cholesky, cholesky_solve, det, eigh, eigvalsh,
        inv, inv_with, lstsq, lstsq_with, lu, qr, qr_with, slogdet, solve, solve_with, svd, svd_with,
        triangular_solve, triangular_solve_with, tridiagonal_matmul, tridiagonal_solve,
        tridiagonal_solve_with,
    };
    pub use ferroflow_ops_math::{cross, einsum, matmul, matmul_with};
}

/// `tf.math`
pub mod math {
    pub use ferroflow_core::operators::{
        add, floormod, floormod as mod_, logical_and, logical_not, logical_or, multiply, negative, subtract,
        truediv,
    };
    pub use ferroflow_ops::composites::{
        count_nonzero, l2_normalize, reduce_logsumexp, reduce_logsumexp_with, reduce_std, reduce_std_with,
        reduce_variance, reduce_variance_with,
    };
    pub use ferroflow_ops_array::{in_top_k, invert_permutation, top_k, top_k_with};
    pub use ferroflow_ops_math::{
        abs, accumulate_n, acos, acosh, add_n, angle, argmax, argmax_with, argmin, argmin_with, asin, asinh,
        atan, atan2, atanh, bessel_i0, bessel_i0e, bessel_i1, bessel_i1e, betainc, ceil, conj, cos, cosh,
        cumprod, cumprod_with, cumsum, cumsum_with, cumulative_logsumexp, cumulative_logsumexp_with, digamma,
        divide, divide_no_nan, equal, erf, erfc, erfinv, exp, expm1, floor, floordiv, greater, greater_equal,
        igamma, igammac, imag, is_finite, is_inf, is_nan, less, less_equal, lgamma, log, log1p, maximum,
        minimum, multiply_no_nan, ndtri, nextafter, not_equal, polygamma, pow, real, reciprocal, reduce_all,
        reduce_all_with, reduce_any, reduce_any_with, reduce_euclidean_norm, reduce_euclidean_norm_with,
        reduce_max, reduce_max_with, reduce_mean, reduce_mean_with, reduce_min, reduce_min_with, reduce_prod,
        reduce_prod_with, reduce_sum, reduce_sum_with, rint, round, rsqrt, segment_max, segment_mean,
        segment_min, segment_prod, segment_sum, sigmoid, sign, sin, sinh, sqrt, square, squared_difference,
        tan, tanh, unsorted_segment_max, unsorted_segment_min, unsorted_segment_prod, unsorted_segment_sum,
        xdivy, xlog1py, xlogy, zeta,
    };
    pub use ferroflow_ops_nn::{log_softmax, log_softmax_with, softmax, softmax_with, softplus, softsign};

    /// `tf.math.special`
    pub mod special {
        pub use ferroflow_ops_math::{
            bessel_i0, bessel_i0e, bessel_i1, bessel_i1e, bessel_j0, bessel_j1, bessel_k0, bessel_k0e,
            bessel_k1, bessel_k1e, bessel_y0, bessel_y1, dawsn, expint, fresnel_cos, fresnel_sin, spence,
        };
    }
}

/// `tf.nn`
pub mod nn {
    pub use ferroflow_ops::composites::{
        batch_normalization, l2_normalize, moments, sigmoid_cross_entropy_with_logits,
    };
    pub use ferroflow_ops_array::{
        depth_to_space, depth_to_space_with, in_top_k, space_to_batch, space_to_depth, space_to_depth_with,
        top_k, top_k_with,
    };
    pub use ferroflow_ops_math::{sigmoid, tanh};
    pub use ferroflow_ops_nn::{
        avg_pool2d, avg_pool2d_with, avg_pool3d, bias_add, bias_add_with, conv2d, conv2d_with, conv3d,
        conv3d_with, depthwise_conv2d, depthwise_conv2d_with, elu, l2_loss, leaky_relu, leaky_relu_with,
        local_response_normalization, local_response_normalization as lrn, local_response_normalization_with,
        local_response_normalization_with as lrn_with, log_softmax, log_softmax_with, max_pool_with_argmax,
        max_pool2d, max_pool2d_with, max_pool3d, relu, relu6, selu, softmax,
        softmax_cross_entropy_with_logits, softmax_with, softplus, softsign,
        sparse_softmax_cross_entropy_with_logits,
    };
}

/// `tf.random`
pub mod random {
    pub use crate::seeds::set_seed;
    pub use ferroflow_ops_random::{
        categorical, normal, normal_with, random_shuffle as shuffle, stateless_normal_with,
        stateless_truncated_normal_with, stateless_uniform_with, truncated_normal, truncated_normal_with,
        uniform, uniform_with,
    };
}

/// `tf.sparse`
pub mod sparse {
    pub use crate::SparseTensor;
    pub use ferroflow_ops_math::{
        sparse_segment_mean as segment_mean, sparse_segment_sqrt_n as segment_sqrt_n,
        sparse_segment_sum as segment_sum,
    };
    pub use ferroflow_ops_sparse::{sparse_dense_matmul, sparse_dense_matmul_with};
}

/// `tf.strings`
pub mod strings {
    pub use ferroflow_ops_text::{
        as_string, as_string_with, format, format_with, join, length, lower, ngrams, ngrams_with,
        reduce_join, regex_full_match, regex_replace, strip, substr, to_hash_bucket_fast,
        to_hash_bucket_strong, to_number, unicode_decode, unicode_decode_with_offsets, unicode_encode,
        unicode_script, unicode_transcode, unsorted_segment_join, upper,
    };
}

/// What functions take beside tensors: optional arguments of those that end in `_with`, and choices.
pub mod options {
    pub use ferroflow_ops::composites::ContractedAxes;
    pub use ferroflow_ops_array::{
        DepthOptions, DiagOptions, GatherOptions, LikeOptions, OneHotOptions, PadOptions,
        ReverseSequenceOptions, SearchSortedOptions, ShapeOptions, SqueezeOptions, StackOptions,
        StridedSliceOptions, TopKOptions, TransposeOptions, UniqueOptions,
    };
    pub use ferroflow_ops_image::{
        CombinedNonMaxSuppressionOptions, CropAndResizeOptions, DistortedBoundingBoxOptions,
        ExtractGlimpseOptions, NonMaxSuppressionOptions, ResizeMethod,
    };
    pub use ferroflow_ops_linalg::{
        LstsqOptions, SvdOptions, TriangularSolveOptions, TridiagonalSolveOptions,
    };
    pub use ferroflow_ops_math::{
        ArgExtremeOptions, Axes, CumulativeOptions, HistogramOptions, MatMulOptions, ReduceOptions,
    };
    pub use ferroflow_ops_nn::{
        BiasAddOptions, ConvOptions, LeakyReluOptions, LocalResponseNormalizationOptions, Padding,
        PoolOptions, Sizes, SoftmaxOptions,
    };
    pub use ferroflow_ops_random::{NormalOptions, UniformOptions};
    pub use ferroflow_ops_sparse::SparseMatMulOptions;
    pub use ferroflow_ops_text::{AsStringOptions, FormatOptions, NGramsOptions, UnicodeOptions};
}
