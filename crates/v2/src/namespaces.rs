//! TensorFlow's modules. `tools/write_namespaces.py` writes this file.

pub use ferroflow_core::operators::{
    add, cast, logical_and, logical_not, logical_or, multiply, negative, subtract, truediv,
};
pub use ferroflow_ops::composites::{boolean_mask, sequence_mask};
pub use ferroflow_ops_array::{
    argsort, bitcast, broadcast_dynamic_shape, broadcast_static_shape, broadcast_to, concat,
    dynamic_partition, dynamic_stitch, ensure_shape, expand_dims, fill, gather, gather_nd, gather_with,
    guarantee_const, identity, identity_n, meshgrid, one_hot, one_hot_with, ones, ones_like, ones_like_with,
    pad, pad_with, rank, reshape, reverse, reverse_sequence, reverse_sequence_with, roll, scatter_nd,
    searchsorted, searchsorted_with, shape, shape_n, shape_n_with, shape_with, size, size_with, slice, sort,
    split, squeeze, squeeze_with, stack, stack_with, stop_gradient, strided_slice, strided_slice_with,
    tensor_scatter_nd_add, tensor_scatter_nd_max, tensor_scatter_nd_min, tensor_scatter_nd_sub,
    tensor_scatter_nd_update, tile, transpose, transpose_with, unique, unique_with, unique_with_counts,
    unique_with_counts_with, unstack, unstack_with, zeros, zeros_like, zeros_like_with,
};
pub use ferroflow_ops_control::no_op;
pub use ferroflow_ops_math::{
    abs, acos, acosh, asin, asinh, atan, atan2, atanh, complex, cos, cosh, divide, equal, exp, floor,
    greater, greater_equal, less, less_equal, maximum, minimum, not_equal, pow, reduce_all, reduce_all_with,
    reduce_any, reduce_any_with, reduce_max, reduce_max_with, reduce_mean, reduce_mean_with, reduce_min,
    reduce_min_with, reduce_prod, reduce_prod_with, reduce_sum, reduce_sum_with, round, sigmoid, sign, sin,
    sinh, sqrt, square, tan, tanh, truncatediv, truncatemod,
};
pub use ferroflow_ops_math::{matmul, matmul_with};

/// `tf.math`
pub mod math {
    pub use ferroflow_core::operators::{
        add, floormod, logical_and, logical_not, logical_or, multiply, negative, subtract, truediv,
    };
    pub use ferroflow_ops_array::{in_top_k, invert_permutation, top_k, top_k_with};
    pub use ferroflow_ops_math::{
        abs, acos, acosh, angle, asin, asinh, atan, atan2, atanh, ceil, conj, cos, cosh, digamma, divide,
        divide_no_nan, equal, erf, erfc, erfinv, exp, expm1, floor, floordiv, greater, greater_equal, imag,
        is_finite, is_inf, is_nan, less, less_equal, lgamma, log, log1p, maximum, minimum, multiply_no_nan,
        ndtri, nextafter, not_equal, pow, real, reciprocal, reduce_all, reduce_all_with, reduce_any,
        reduce_any_with, reduce_euclidean_norm, reduce_euclidean_norm_with, reduce_max, reduce_max_with,
        reduce_mean, reduce_mean_with, reduce_min, reduce_min_with, reduce_prod, reduce_prod_with,
        reduce_sum, reduce_sum_with, rint, round, rsqrt, sigmoid, sign, sin, sinh, sqrt, square,
        squared_difference, tan, tanh, xdivy, xlog1py, xlogy,
    };
    pub use ferroflow_ops_nn::{log_softmax, log_softmax_with, softmax, softmax_with, softplus, softsign};
}

/// `tf.nn`
pub mod nn {
    pub use ferroflow_ops_array::{in_top_k, top_k, top_k_with};
    pub use ferroflow_ops_math::{sigmoid, tanh};
    pub use ferroflow_ops_nn::{
        bias_add, bias_add_with, elu, leaky_relu, leaky_relu_with, log_softmax, log_softmax_with, relu,
        relu6, selu, softmax, softmax_with, softplus, softsign,
    };
}

/// `tf.linalg`
pub mod linalg {
    pub use ferroflow_ops_math::{matmul, matmul_with};
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

/// `tf.bitwise`
pub mod bitwise {
    pub use ferroflow_core::operators::{bitwise_and, bitwise_or, bitwise_xor, invert};
    pub use ferroflow_ops_math::{left_shift, right_shift};
}

/// `tf.dtypes`
pub mod dtypes {
    pub use ferroflow_core::operators::cast;
    pub use ferroflow_ops_math::complex;
}

/// The optional arguments of functions whose names end in `_with`.
pub mod options {
    pub use ferroflow_ops_array::{
        GatherOptions, LikeOptions, OneHotOptions, PadOptions, ReverseSequenceOptions, SearchSortedOptions,
        ShapeOptions, SqueezeOptions, StackOptions, StridedSliceOptions, TopKOptions, TransposeOptions,
        UniqueOptions,
    };
    pub use ferroflow_ops_control::{AssertOptions, PrintOptions, PrintV2Options};
    pub use ferroflow_ops_math::MatMulOptions;
    pub use ferroflow_ops_math::{ApproximateEqualOptions, ReduceOptions};
    pub use ferroflow_ops_nn::{BiasAddOptions, LeakyReluOptions, SoftmaxOptions};
    pub use ferroflow_ops_random::{NormalOptions, UniformOptions};
    pub use ferroflow_ops_state::{RefVariableOptions, VarHandleOptions};
}
