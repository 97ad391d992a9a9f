//! TensorFlow's modules. `cargo xtask facades` writes this file.

use crate::forward::forward;
pub use ferroflow_core::operators::{cast, logical_and, logical_not, logical_or};
use ferroflow_core::{DType, IntoOperand, IntoOperands, NdArray, PartialShape, Result, Tensor};
use ferroflow_ops::composites::{
    ClipByNormOptions, ContractedAxes, EyeOptions, NormOptions, Pieces, PrintLineOptions, Printed,
};
use ferroflow_ops_array::{GatherOptions, PadOptions, StridedSliceOptions, TransposeOptions};
pub use ferroflow_ops_array::{
    argsort, batch_to_space, bitcast, ensure_shape, expand_dims, fill, guarantee_const, identity, identity_n,
    meshgrid, one_hot, one_hot_with, ones, ones_like, ones_like_with, parallel_stack, rank, reshape, reverse,
    reverse_sequence, reverse_sequence_with, roll, searchsorted, searchsorted_with, shape, shape_n,
    shape_n_with, shape_with, size, size_with, sort, space_to_batch, space_to_batch_nd, squeeze,
    squeeze_with, stack, stack_with, stop_gradient, unique, unique_with, unique_with_counts,
    unique_with_counts_with, unravel_index, unstack, unstack_with, zeros, zeros_like, zeros_like_with,
};
pub use ferroflow_ops_control::{no_op, timestamp};
use ferroflow_ops_math::{Axes, CumulativeOptions, ReduceOptions};
pub use ferroflow_ops_math::{
    acos, acosh, argmax, argmax_with, argmin, argmin_with, asin, asinh, atan, atan2, atanh, complex, cos,
    cosh, divide, einsum, equal, exp, floor, greater, greater_equal, histogram_fixed_width,
    histogram_fixed_width_with, less, less_equal, matmul, matmul_with, maximum, minimum, not_equal, pow,
    range, reduce_all, reduce_all_with, reduce_any, reduce_any_with, reduce_max, reduce_max_with,
    reduce_mean, reduce_mean_with, reduce_min, reduce_min_with, reduce_prod, reduce_prod_with, reduce_sum,
    reduce_sum_with, round, sigmoid, sin, sinh, sqrt, tan, tanh, truncatediv, truncatemod,
};
pub use ferroflow_ops_sparse::{ragged_fill_empty_rows, ragged_fill_empty_rows_grad};
pub use ferroflow_ops_text::{as_string, as_string_with, edit_distance, fingerprint};

forward! {
    /// Checks that a condition holds; where it does not, the message shows the first `summarize` elements of each tensor of `data` (three where there is no number, and all where it is negative).
    Assert(condition: impl IntoOperand, data: impl IntoOperands, summarize: Option<i64>) -> Result<()> = ferroflow_ops_control::Assert;
    /// The absolute value; that of a complex number is real.
    abs(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::abs;
    /// `x + y`, elementwise with broadcasting; strings are joined.
    add(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::add;
    /// The sum of tensors of one shape and dtype, without broadcasting.
    add_n(inputs: impl IntoOperands) -> Result<Tensor> = ferroflow_ops_math::add_n;
    /// Checks that both are equal, element by element.
    assert_equal(x: impl IntoOperand, y: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_equal;
    /// Checks that `x` is greater, element by element.
    assert_greater(x: impl IntoOperand, y: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_greater;
    /// Checks that `x` is less, element by element.
    assert_less(x: impl IntoOperand, y: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_less;
    /// Checks that a tensor has this rank.
    assert_rank(x: impl IntoOperand, rank: usize, message: &str) -> Result<()> = ferroflow_ops::composites::assert_rank;
    /// The elements, or slices, of `tensor` where `mask` is true; the mask covers the first dimensions.
    boolean_mask(tensor: impl IntoOperand, mask: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::boolean_mask;
    /// The shape that tensors of two shapes broadcast to, computed when the program runs.
    broadcast_dynamic_shape(shape_x: impl IntoOperand, shape_y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::broadcast_dynamic_shape;
    /// The shape that two known shapes broadcast to.
    broadcast_static_shape(shape_x: &PartialShape, shape_y: &PartialShape) -> Result<PartialShape> = ferroflow_ops_array::broadcast_static_shape;
    /// The tensor repeated along its dimensions of size 1, and along new leading ones, to fill `shape`.
    broadcast_to(input: impl IntoOperand, shape: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::broadcast_to;
    /// The tensors, all scaled down alike where their norm as a whole is above `clip_norm`; and that norm.
    clip_by_global_norm(t_list: &[Tensor], clip_norm: impl IntoOperand) -> Result<(Vec<Tensor>, Tensor)> = ferroflow_ops::composites::clip_by_global_norm;
    /// The tensor, scaled down where its Euclidean norm is above `clip_norm`.
    clip_by_norm(t: impl IntoOperand, clip_norm: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::clip_by_norm;
    /// `clip_by_norm` of slices.
    clip_by_norm_with(t: impl IntoOperand, clip_norm: impl IntoOperand, options: impl FnOnce(ClipByNormOptions) -> ClipByNormOptions) -> Result<Tensor> = ferroflow_ops::composites::clip_by_norm_with;
    /// The tensor with what is below `clip_value_min` or above `clip_value_max` replaced by these.
    clip_by_value(t: impl IntoOperand, clip_value_min: impl IntoOperand, clip_value_max: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::clip_by_value;
    /// The tensors one after the other along dimension `axis`.
    concat(values: impl IntoOperands, axis: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::concat;
    /// The sums of the elements up to each one along an axis.
    cumsum(x: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::cumsum;
    /// `cumsum` with optional arguments.
    cumsum_with(x: impl IntoOperand, axis: impl IntoOperand, options: impl FnOnce(CumulativeOptions) -> CumulativeOptions) -> Result<Tensor> = ferroflow_ops_math::cumsum_with;
    /// The rows of `data` dealt out to `num_partitions` tensors by the numbers in `partitions`.
    dynamic_partition(data: impl IntoOperand, partitions: impl IntoOperand, num_partitions: usize) -> Result<Vec<Tensor>> = ferroflow_ops_array::dynamic_partition;
    /// The rows of all of `data` at the places in `indices`; where a place is named twice, the last row stands.
    dynamic_stitch(indices: impl IntoOperands, data: impl IntoOperands) -> Result<Tensor> = ferroflow_ops_array::dynamic_stitch;
    /// The eigenvalues of square matrices and their eigenvectors as columns, complex in either case. The eigenvalues of complex matrices come by size, those of real ones in the order in which they were found.
    eig(tensor: impl IntoOperand) -> Result<(Tensor, Tensor)> = ferroflow_ops_linalg::eig;
    /// The eigenvalues of square matrices, in the order of `eig`.
    eigvals(tensor: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::eigvals;
    /// The patches of volumes under windows of these sizes, the elements of each in a row.
    extract_volume_patches(input: impl IntoOperand, ksizes: &[i64], strides: &[i64], padding: &str) -> Result<Tensor> = ferroflow_ops_nn::extract_volume_patches;
    /// A matrix with ones on its diagonal and zeros elsewhere.
    eye(num_rows: i64) -> Result<Tensor> = ferroflow_ops::composites::eye;
    /// `eye` with more columns, in batches, in other dtypes.
    eye_with(num_rows: i64, options: impl FnOnce(EyeOptions) -> EyeOptions) -> Result<Tensor> = ferroflow_ops::composites::eye_with;
    /// The slices of `params` along its first dimension that `indices` name.
    gather(params: impl IntoOperand, indices: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::gather;
    /// The slices of `params` at the coordinates in the last dimension of `indices`.
    gather_nd(params: impl IntoOperand, indices: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::gather_nd;
    /// `gather` with options.
    gather_with(params: impl IntoOperand, indices: impl IntoOperand, options: impl FnOnce(GatherOptions) -> GatherOptions) -> Result<Tensor> = ferroflow_ops_array::gather_with;
    /// For each value the number of the bin that it falls into, of `nbins` equal ones between the two ends of a range; what is outside falls into the first or the last.
    histogram_fixed_width_bins(values: impl IntoOperand, value_range: impl IntoOperand, nbins: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::histogram_fixed_width_bins;
    /// `num` numbers at equal distances from `start` to `stop`, both among them, along a new axis in front.
    linspace(start: impl IntoOperand, stop: impl IntoOperand, num: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::linspace;
    /// `linspace` along a given new axis.
    linspace_with(start: impl IntoOperand, stop: impl IntoOperand, num: impl IntoOperand, axis: i32) -> Result<Tensor> = ferroflow_ops::composites::linspace_with;
    /// The principal square roots of square matrices.
    matrix_square_root(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::sqrtm;
    /// `x * y`, elementwise with broadcasting.
    multiply(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::multiply;
    /// `-x`, elementwise; integers wrap around.
    negative(x: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::negative;
    /// The Euclidean norm of all elements.
    norm(tensor: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::norm;
    /// A norm of slices. Of matrices, order 1 is the largest sum of a column, infinity that of a row, and 2 the largest singular value.
    norm_with(tensor: impl IntoOperand, options: impl FnOnce(NormOptions) -> NormOptions) -> Result<Tensor> = ferroflow_ops::composites::norm_with;
    /// The tensor with `paddings[d][0]` zeros before and `paddings[d][1]` after it along each dimension `d`.
    pad(tensor: impl IntoOperand, paddings: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::pad;
    /// `pad` with options.
    pad_with(tensor: impl IntoOperand, paddings: impl IntoOperand, options: impl FnOnce(PadOptions) -> PadOptions) -> Result<Tensor> = ferroflow_ops_array::pad_with;
    /// Prints the inputs, with spaces between, on standard error.
    print(inputs: &[Printed]) -> Result<()> = ferroflow_ops::composites::print;
    /// `print()` with optional arguments.
    print_with(inputs: &[Printed], options: impl FnOnce(PrintLineOptions) -> PrintLineOptions) -> Result<()> = ferroflow_ops::composites::print_with;
    /// `x / y` of one dtype, which stays: integers are divided as whole numbers.
    realdiv(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::realdiv;
    /// `log(sum(exp(x)))` along axes, without leaving the range of the dtype.
    reduce_logsumexp(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> = ferroflow_ops::composites::reduce_logsumexp;
    /// `reduce_logsumexp` with optional arguments.
    reduce_logsumexp_with(input: impl IntoOperand, axis: impl Into<Axes>, options: impl FnOnce(ReduceOptions) -> ReduceOptions) -> Result<Tensor> = ferroflow_ops::composites::reduce_logsumexp_with;
    /// Each element repeated as often as `repeats` says (a number for all, or one for each) along an axis; without an axis the input is flattened first.
    repeat(input: impl IntoOperand, repeats: impl IntoOperand, axis: Option<i64>) -> Result<Tensor> = ferroflow_ops::composites::repeat;
    /// The padding with which `SpaceToBatchND` can cut an input into blocks, and what `BatchToSpaceND` has to crop then: both `[dimensions, 2]`.
    required_space_to_batch_paddings(input_shape: impl IntoOperand, block_shape: &NdArray, base_paddings: Option<NdArray>) -> Result<(Tensor, Tensor)> = ferroflow_ops_nn::required_space_to_batch_paddings;
    /// The tensor in another dtype, values outside of its range brought to the nearest end.
    saturate_cast(value: impl IntoOperand, dtype: DType) -> Result<Tensor> = ferroflow_ops::composites::saturate_cast;
    /// A number times a tensor.
    scalar_mul(scalar: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::scalar_mul;
    /// A tensor of this shape that is zero but for the slices at the coordinates in the last dimension of `indices`, where `updates` are added up.
    scatter_nd(indices: impl IntoOperand, updates: impl IntoOperand, shape: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::scatter_nd;
    /// For each length a row of that many `true`, then `false` up to `maxlen`.
    sequence_mask(lengths: impl IntoOperand, maxlen: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::sequence_mask;
    /// -1, 0 or 1, NaN for NaN; for a complex number the one of absolute value 1 in its direction.
    sign(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::sign;
    /// The box that begins at `begin` and is of size `size`, in which -1 stands for all that is left.
    slice(input: impl IntoOperand, begin: impl IntoOperand, size: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::slice;
    /// The tensor cut along an axis: into a number of equal pieces, or into pieces of the sizes given.
    split(value: impl IntoOperand, num_or_size_splits: impl Into<Pieces>, axis: impl IntoOperand) -> Result<Vec<Tensor>> = ferroflow_ops::composites::split;
    /// `x * x`.
    square(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::square;
    /// The elements from `begin` up to `end` along each dimension.
    strided_slice(input: impl IntoOperand, begin: impl IntoOperand, end: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::strided_slice;
    /// `strided_slice` with options.
    strided_slice_with(input: impl IntoOperand, begin: impl IntoOperand, end: impl IntoOperand, options: impl FnOnce(StridedSliceOptions) -> StridedSliceOptions) -> Result<Tensor> = ferroflow_ops_array::strided_slice_with;
    /// `x - y`, elementwise with broadcasting.
    subtract(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::subtract;
    /// The tensor with the slices at the coordinates in the last dimension of `indices` increased by `updates`.
    tensor_scatter_nd_add(tensor: impl IntoOperand, indices: impl IntoOperand, updates: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::tensor_scatter_nd_add;
    /// The tensor with the slices at the coordinates in the last dimension of `indices` no less than `updates`.
    tensor_scatter_nd_max(tensor: impl IntoOperand, indices: impl IntoOperand, updates: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::tensor_scatter_nd_max;
    /// The tensor with the slices at the coordinates in the last dimension of `indices` no more than `updates`.
    tensor_scatter_nd_min(tensor: impl IntoOperand, indices: impl IntoOperand, updates: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::tensor_scatter_nd_min;
    /// The tensor with the slices at the coordinates in the last dimension of `indices` decreased by `updates`.
    tensor_scatter_nd_sub(tensor: impl IntoOperand, indices: impl IntoOperand, updates: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::tensor_scatter_nd_sub;
    /// The tensor with the slices at the coordinates in the last dimension of `indices` replaced by `updates`.
    tensor_scatter_nd_update(tensor: impl IntoOperand, indices: impl IntoOperand, updates: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::tensor_scatter_nd_update;
    /// The product of two tensors, summed over pairs of axes: the axes left of `a`, then those left of `b`.
    tensordot(a: impl IntoOperand, b: impl IntoOperand, axes: impl Into<ContractedAxes>) -> Result<Tensor> = ferroflow_ops::composites::tensordot;
    /// The tensor repeated `multiples[d]` times along each dimension `d`.
    tile(input: impl IntoOperand, multiples: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::tile;
    /// The tensor with its dimensions in reverse order.
    transpose(a: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::transpose;
    /// `transpose` with options.
    transpose_with(a: impl IntoOperand, options: impl FnOnce(TransposeOptions) -> TransposeOptions) -> Result<Tensor> = ferroflow_ops_array::transpose_with;
    /// `x / y` as Python 3 divides: integers become `float64` (`float32` for 8 and 16 bits) first.
    truediv(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::truediv;
    /// `x` where the condition is true, else `y`; all three broadcast.
    where_(condition: impl IntoOperand, x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::where_select;
}

/// `tf.audio`
pub mod audio {
    pub use ferroflow_ops_signal::{decode_wav, decode_wav_with, encode_wav};
}

/// `tf.autodiff`
pub mod autodiff {
    pub use crate::forward_accumulator::ForwardAccumulator;
}

/// `tf.bitwise`
pub mod bitwise {
    pub use ferroflow_core::operators::{bitwise_and, bitwise_or, bitwise_xor, invert};
    pub use ferroflow_ops_math::{left_shift, right_shift};
}

/// `tf.debugging`
pub mod debugging {
    use crate::forward::forward;
    use ferroflow_core::{DType, IntoOperand, IntoOperands, Result, Tensor};
    use ferroflow_ops::composites::{AssertNearOptions, SizeSymbol};
    pub use ferroflow_ops_array::check_numerics;

    forward! {
        /// Checks that a condition holds; where it does not, the message shows the first `summarize` elements of each tensor of `data` (three where there is no number, and all where it is negative).
        Assert(condition: impl IntoOperand, data: impl IntoOperands, summarize: Option<i64>) -> Result<()> = ferroflow_ops_control::Assert;
        /// Checks that both are equal, element by element.
        assert_equal(x: impl IntoOperand, y: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_equal;
        /// Checks that `x` is greater, element by element.
        assert_greater(x: impl IntoOperand, y: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_greater;
        /// Checks that `x` is greater or equal, element by element.
        assert_greater_equal(x: impl IntoOperand, y: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_greater_equal;
        /// Checks that the elements are integers.
        assert_integer(x: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_integer;
        /// Checks that `x` is less, element by element.
        assert_less(x: impl IntoOperand, y: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_less;
        /// Checks that `x` is less or equal, element by element.
        assert_less_equal(x: impl IntoOperand, y: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_less_equal;
        /// Checks that both are nearly equal, element by element: within ten steps of their dtype.
        assert_near(x: impl IntoOperand, y: impl IntoOperand) -> Result<()> = ferroflow_ops::composites::assert_near;
        /// `assert_near` within other bounds.
        assert_near_with(x: impl IntoOperand, y: impl IntoOperand, options: impl FnOnce(AssertNearOptions) -> AssertNearOptions) -> Result<()> = ferroflow_ops::composites::assert_near_with;
        /// Checks that every element is below 0.
        assert_negative(x: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_negative;
        /// Checks that no element is below 0.
        assert_non_negative(x: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_non_negative;
        /// Checks that no element is above 0.
        assert_non_positive(x: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_non_positive;
        /// Checks that both differ, element by element.
        assert_none_equal(x: impl IntoOperand, y: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_none_equal;
        /// Checks that every element is above 0.
        assert_positive(x: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_positive;
        /// Checks that a tensor has this rank.
        assert_rank(x: impl IntoOperand, rank: usize, message: &str) -> Result<()> = ferroflow_ops::composites::assert_rank;
        /// Checks that a tensor has this rank, or a higher one.
        assert_rank_at_least(x: impl IntoOperand, rank: usize, message: &str) -> Result<()> = ferroflow_ops::composites::assert_rank_at_least;
        /// Checks that a tensor has one of these ranks.
        assert_rank_in(x: impl IntoOperand, ranks: &[usize], message: &str) -> Result<()> = ferroflow_ops::composites::assert_rank_in;
        /// The floating dtype that the tensors share; `dtype`, or `float32`, without any.
        assert_same_float_dtype(tensors: &[Tensor], dtype: Option<DType>) -> Result<DType> = ferroflow_ops::composites::assert_same_float_dtype;
        /// Checks that a tensor has no dimensions.
        assert_scalar(tensor: impl IntoOperand, message: &str) -> Result<()> = ferroflow_ops::composites::assert_scalar;
        /// Checks that tensors have these shapes, in which a name stands for one size wherever it is found. A scalar counts as a vector of one element.
        assert_shapes(shapes: &[(Tensor, Vec<SizeSymbol>)], message: &str) -> Result<()> = ferroflow_ops::composites::assert_shapes;
        /// Checks that a tensor has a dtype.
        assert_type(tensor: impl IntoOperand, tf_type: DType, message: &str) -> Result<()> = ferroflow_ops::composites::assert_type;
        /// Whether the elements are numbers.
        is_numeric_tensor(tensor: &Tensor) -> bool = ferroflow_ops::composites::is_numeric_tensor;
    }
}

/// `tf.dtypes`
pub mod dtypes {
    use crate::forward::forward;
    pub use crate::{
        as_dtype, bfloat16, bool, complex64, complex128, double, double as float64, float16, float16 as half,
        float32, int8, int16, int32, int64, qint8, qint16, qint32, quint8, quint16, resource, string, uint8,
        uint16, uint32, uint64, variant,
    };
    pub use ferroflow_core::operators::cast;
    use ferroflow_core::{DType, IntoOperand, Result, Tensor};
    pub use ferroflow_ops_math::complex;

    forward! {
        /// The tensor in another dtype, values outside of its range brought to the nearest end.
        saturate_cast(value: impl IntoOperand, dtype: DType) -> Result<Tensor> = ferroflow_ops::composites::saturate_cast;
    }

    /// `tf.dtypes.experimental`
    pub mod experimental {
        pub use crate::small_dtypes::{
            float4_e2m1fn, float8_e4m3b11fnuz, float8_e4m3fn, float8_e4m3fnuz, float8_e5m2, float8_e5m2fnuz,
            int2, int4, uint2, uint4,
        };
    }
}

/// `tf.image`
pub mod image {
    pub use crate::composed::rot90;
    use crate::forward::forward;
    pub use crate::padded_suppression::{non_max_suppression_padded, non_max_suppression_padded_with};
    use ferroflow_core::{DType, IntoOperand, Result, Tensor};
    use ferroflow_ops_image::{CropAndResizeOptions, ResizeMethod, ResizeOptions, SsimOptions};
    pub use ferroflow_ops_image::{
        adjust_contrast, adjust_jpeg_quality, combined_non_max_suppression,
        combined_non_max_suppression_with, decode_and_crop_jpeg, decode_bmp, decode_gif, decode_image,
        decode_image_with, decode_jpeg, decode_jpeg_with, decode_png, decode_webp, draw_bounding_boxes,
        encode_jpeg, encode_jpeg_with, encode_png, extract_glimpse, extract_glimpse_with, extract_jpeg_shape,
        hsv_to_rgb, non_max_suppression, non_max_suppression_overlaps, non_max_suppression_with,
        non_max_suppression_with_scores, non_max_suppression_with_scores_with, rgb_to_hsv,
        sample_distorted_bounding_box, stateless_sample_distorted_bounding_box,
    };

    forward! {
        /// Images with `delta` added to every pixel, in parts of the range of the dtype.
        adjust_brightness(image: impl IntoOperand, delta: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::adjust_brightness;
        /// `gain * image ^ gamma`.
        adjust_gamma(image: impl IntoOperand, gamma: f64, gain: f64) -> Result<Tensor> = ferroflow_ops_image::adjust_gamma;
        /// Images of red, green and blue whose hues are turned by `delta`, from -1 to 1.
        adjust_hue(image: impl IntoOperand, delta: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::adjust_hue;
        /// Images of red, green and blue whose saturation is multiplied by a factor.
        adjust_saturation(image: impl IntoOperand, saturation_factor: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::adjust_saturation;
        /// The middle part of the images, this part of their height and width.
        central_crop(image: impl IntoOperand, central_fraction: f64) -> Result<Tensor> = ferroflow_ops_image::central_crop;
        /// Images of another dtype: floats stand for 0 to 1, integers for 0 to their largest value.
        convert_image_dtype(image: impl IntoOperand, dtype: DType) -> Result<Tensor> = ferroflow_ops_image::convert_image_dtype;
        /// The boxes `[y1, x1, y2, x2]`, in parts of the image's size, each cut out of the image that `box_indices` names and resized to `crop_size`.
        crop_and_resize(image: impl IntoOperand, boxes: impl IntoOperand, box_indices: impl IntoOperand, crop_size: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::crop_and_resize;
        /// `crop_and_resize` by another method.
        crop_and_resize_with(image: impl IntoOperand, boxes: impl IntoOperand, box_indices: impl IntoOperand, crop_size: impl IntoOperand, options: impl FnOnce(CropAndResizeOptions) -> CropAndResizeOptions) -> Result<Tensor> = ferroflow_ops_image::crop_and_resize_with;
        /// A part of the images: from these offsets, of this height and width.
        crop_to_bounding_box(image: impl IntoOperand, offset_height: i64, offset_width: i64, target_height: i64, target_width: i64) -> Result<Tensor> = ferroflow_ops_image::crop_to_bounding_box;
        /// The patches of images under windows of these sizes, the pixels of each in a row; `rates` says how far apart these are.
        extract_patches(images: impl IntoOperand, sizes: &[i64], strides: &[i64], rates: &[i64], padding: &str) -> Result<Tensor> = ferroflow_ops_nn::extract_patches;
        /// Images mirrored from left to right.
        flip_left_right(image: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::flip_left_right;
        /// Images turned upside down.
        flip_up_down(image: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::flip_up_down;
        /// Images of three equal channels.
        grayscale_to_rgb(images: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::grayscale_to_rgb;
        /// The differences `(dy, dx)` of each pixel to the next one, 0 for the last.
        image_gradients(image: impl IntoOperand) -> Result<(Tensor, Tensor)> = ferroflow_ops_image::image_gradients;
        /// Whether bytes begin as a JPEG image does.
        is_jpeg(contents: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::is_jpeg;
        /// Images with zeros around them: so many rows above and columns to the left, up to this height and width.
        pad_to_bounding_box(image: impl IntoOperand, offset_height: i64, offset_width: i64, target_height: i64, target_width: i64) -> Result<Tensor> = ferroflow_ops_image::pad_to_bounding_box;
        /// Each image brought to mean 0 and variance 1, as floats; the deviation counts as at least `1 / sqrt(pixels)`.
        per_image_standardization(image: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::per_image_standardization;
        /// The peak signal-to-noise ratio of pairs of images, in decibels.
        psnr(a: impl IntoOperand, b: impl IntoOperand, max_val: f64) -> Result<Tensor> = ferroflow_ops_image::psnr;
        /// Images with a random number from `-max_delta` to `max_delta` added to every pixel.
        random_brightness(image: impl IntoOperand, max_delta: f64, seed: Option<i64>) -> Result<Tensor> = ferroflow_ops::composites::random_brightness;
        /// Images whose contrast is multiplied by a random number in a range.
        random_contrast(image: impl IntoOperand, lower: f64, upper: f64, seed: Option<i64>) -> Result<Tensor> = ferroflow_ops::composites::random_contrast;
        /// A random part of a tensor, of this size.
        random_crop(value: impl IntoOperand, size: &[i32], seed: Option<i64>) -> Result<Tensor> = ferroflow_ops::composites::random_crop;
        /// Images mirrored from left to right, each with a chance of one half.
        random_flip_left_right(image: impl IntoOperand, seed: Option<i64>) -> Result<Tensor> = ferroflow_ops::composites::random_flip_left_right;
        /// Images turned upside down, each with a chance of one half.
        random_flip_up_down(image: impl IntoOperand, seed: Option<i64>) -> Result<Tensor> = ferroflow_ops::composites::random_flip_up_down;
        /// Images whose hues are turned by a random number from `-max_delta` to `max_delta`.
        random_hue(image: impl IntoOperand, max_delta: f64, seed: Option<i64>) -> Result<Tensor> = ferroflow_ops::composites::random_hue;
        /// An image as it comes out of a JPEG file of a random quality.
        random_jpeg_quality(image: impl IntoOperand, min_jpeg_quality: i32, max_jpeg_quality: i32, seed: Option<i64>) -> Result<Tensor> = ferroflow_ops::composites::random_jpeg_quality;
        /// Images whose saturation is multiplied by a random number in a range.
        random_saturation(image: impl IntoOperand, lower: f64, upper: f64, seed: Option<i64>) -> Result<Tensor> = ferroflow_ops::composites::random_saturation;
        /// Images of another height and width: a batch `[batch, height, width, channels]`, or one image without the first dimension. Pixels correspond by their centres.
        resize(images: impl IntoOperand, size: impl IntoOperand, method: ResizeMethod) -> Result<Tensor> = ferroflow_ops_image::resize;
        /// `resize` with options.
        resize_with(images: impl IntoOperand, size: impl IntoOperand, options: impl FnOnce(ResizeOptions) -> ResizeOptions) -> Result<Tensor> = ferroflow_ops_image::resize_with;
        /// Images cut in their middle, or padded around, to this height and width.
        resize_with_crop_or_pad(image: impl IntoOperand, target_height: i64, target_width: i64) -> Result<Tensor> = ferroflow_ops_image::resize_with_crop_or_pad;
        /// Images resized to fit this height and width with their proportions, and padded with zeros around.
        resize_with_pad(image: impl IntoOperand, target_height: i64, target_width: i64, method: ResizeMethod, antialias: bool) -> Result<Tensor> = ferroflow_ops_image::resize_with_pad;
        /// Images of one channel, the luma of red, green and blue.
        rgb_to_grayscale(images: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::rgb_to_grayscale;
        /// Luma and the two chrominances of NTSC.
        rgb_to_yiq(images: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::rgb_to_yiq;
        /// Luma and the two chrominances of PAL.
        rgb_to_yuv(images: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::rgb_to_yuv;
        /// The Sobel derivatives of each channel: along a new last dimension `dy`, then `dx`.
        sobel_edges(image: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::sobel_edges;
        /// The structural similarity of pairs of images.
        ssim(img1: impl IntoOperand, img2: impl IntoOperand, max_val: f64) -> Result<Tensor> = ferroflow_ops_image::ssim;
        /// The structural similarity of pairs of images at five scales, each half as large as the one before.
        ssim_multiscale(img1: impl IntoOperand, img2: impl IntoOperand, max_val: f64) -> Result<Tensor> = ferroflow_ops_image::ssim_multiscale;
        /// `ssim_multiscale` with weights of one's own, one for each scale, another window or other constants.
        ssim_multiscale_with(img1: impl IntoOperand, img2: impl IntoOperand, max_val: f64, power_factors: &[f32], options: impl FnOnce(SsimOptions) -> SsimOptions) -> Result<Tensor> = ferroflow_ops_image::ssim_multiscale_with;
        /// `ssim` with another window or other constants.
        ssim_with(img1: impl IntoOperand, img2: impl IntoOperand, max_val: f64, options: impl FnOnce(SsimOptions) -> SsimOptions) -> Result<Tensor> = ferroflow_ops_image::ssim_with;
        /// `random_brightness` that gives the same for the same seed.
        stateless_random_brightness(image: impl IntoOperand, max_delta: f64, seed: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::stateless_random_brightness;
        /// `random_contrast` that gives the same for the same seed.
        stateless_random_contrast(image: impl IntoOperand, lower: f64, upper: f64, seed: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::stateless_random_contrast;
        /// `random_flip_left_right` that gives the same for the same seed.
        stateless_random_flip_left_right(image: impl IntoOperand, seed: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::stateless_random_flip_left_right;
        /// `random_flip_up_down` that gives the same for the same seed.
        stateless_random_flip_up_down(image: impl IntoOperand, seed: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::stateless_random_flip_up_down;
        /// `random_hue` that gives the same for the same seed.
        stateless_random_hue(image: impl IntoOperand, max_delta: f64, seed: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::stateless_random_hue;
        /// `random_jpeg_quality` that gives the same for the same seed.
        stateless_random_jpeg_quality(image: impl IntoOperand, min_jpeg_quality: i32, max_jpeg_quality: i32, seed: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::stateless_random_jpeg_quality;
        /// `random_saturation` that gives the same for the same seed.
        stateless_random_saturation(image: impl IntoOperand, lower: f64, upper: f64, seed: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::stateless_random_saturation;
        /// The sum of the differences between neighbouring pixels: a scalar for one image, one for each of a batch.
        total_variation(images: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::total_variation;
        /// Images with rows and columns exchanged.
        transpose(image: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::transpose;
        /// Red, green and blue of NTSC's luma and chrominances.
        yiq_to_rgb(images: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::yiq_to_rgb;
        /// Red, green and blue of PAL's luma and chrominances.
        yuv_to_rgb(images: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::yuv_to_rgb;
    }
}

/// `tf.io`
pub mod io {
    pub use crate::features::{
        FixedLenFeature, FixedLenSequenceFeature, RaggedFeature, SparseFeature, VarLenFeature,
        parse_single_example,
    };
    use crate::forward::forward;
    pub use crate::record_files::{TFRecordOptions, TFRecordWriter};
    use ferroflow_core::{IntoOperand, Result, Tensor};
    pub use ferroflow_formats::{decode_proto, decode_proto_with, encode_proto, encode_proto_with};
    pub use ferroflow_ops_image::{
        decode_and_crop_jpeg, decode_bmp, decode_gif, decode_image, decode_image_with, decode_jpeg,
        decode_jpeg_with, decode_png, decode_webp, encode_jpeg, encode_jpeg_with, encode_png,
        extract_jpeg_shape,
    };
    pub use ferroflow_ops_io::{
        decode_compressed, decode_csv, decode_csv_with, decode_json_example, matching_files, parse_example,
        parse_sequence_example, parse_single_sequence_example, parse_tensor, read_file, serialize_tensor,
        write_file,
    };
    pub use ferroflow_ops_sparse::{
        deserialize_many_sparse, serialize_many_sparse, serialize_many_sparse_with, serialize_sparse,
        serialize_sparse_with,
    };
    pub use ferroflow_ops_text::{decode_base64, decode_raw, encode_base64};

    forward! {
        /// Whether bytes begin as a JPEG image does.
        is_jpeg(contents: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::is_jpeg;
    }

    /// `tf.io.gfile`
    pub mod gfile {
        pub use crate::gfile::GFile;
        pub use ferroflow_ops_io::gfile::{
            copy, exists, get_registered_schemes, glob, isdir, join, listdir, makedirs, mkdir, remove,
            rename, rmtree, stat, walk,
        };
    }
}

/// `tf.linalg`
pub mod linalg {
    use crate::forward::forward;
    pub use crate::matrix_functions::expm;
    pub use crate::tridiagonal_eigenvalues::{eigh_tridiagonal, eigh_tridiagonal_with};
    use ferroflow_core::{IntoOperand, Result, Tensor};
    use ferroflow_ops::composites::{ContractedAxes, EyeOptions, NormOptions};
    use ferroflow_ops_array::DiagOptions;
    pub use ferroflow_ops_array::{band_part, tensor_diag, tensor_diag_part};
    use ferroflow_ops_linalg::{LstsqOptions, SvdOptions, TriangularSolveOptions, TridiagonalSolveOptions};
    pub use ferroflow_ops_linalg::{
        cholesky, cholesky_solve, det, eigh, eigvalsh, inv, inv_with, lu, slogdet, solve, solve_with,
    };
    pub use ferroflow_ops_math::{cross, einsum, matmul, matmul_with};

    forward! {
        /// The tensor with its last two axes swapped, and complex conjugate.
        adjoint(matrix: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::adjoint;
        /// The solutions of systems whose matrices are triangles given by their bands: row 0 of `bands` is the main diagonal and row `k` the `k`-th one below it, aligned to the right.
        banded_triangular_solve(bands: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::banded_triangular_solve;
        /// `banded_triangular_solve` with optional arguments; of an upper triangle the last row is the main diagonal, and the others are aligned to the left.
        banded_triangular_solve_with(bands: impl IntoOperand, rhs: impl IntoOperand, options: impl FnOnce(TriangularSolveOptions) -> TriangularSolveOptions) -> Result<Tensor> = ferroflow_ops_linalg::banded_triangular_solve_with;
        /// Matrices with the last dimension of `diagonal` on their main diagonals.
        diag(diagonal: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::diag;
        /// The main diagonals of the innermost matrices.
        diag_part(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::diag_part;
        /// `diag_part` with options.
        diag_part_with(input: impl IntoOperand, options: impl FnOnce(DiagOptions) -> DiagOptions) -> Result<Tensor> = ferroflow_ops_array::diag_part_with;
        /// `diag` with options.
        diag_with(diagonal: impl IntoOperand, options: impl FnOnce(DiagOptions) -> DiagOptions) -> Result<Tensor> = ferroflow_ops_array::diag_with;
        /// The eigenvalues of square matrices and their eigenvectors as columns, complex in either case. The eigenvalues of complex matrices come by size, those of real ones in the order in which they were found.
        eig(tensor: impl IntoOperand) -> Result<(Tensor, Tensor)> = ferroflow_ops_linalg::eig;
        /// The eigenvalues of square matrices, in the order of `eig`.
        eigvals(tensor: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::eigvals;
        /// A matrix with ones on its diagonal and zeros elsewhere.
        eye(num_rows: i64) -> Result<Tensor> = ferroflow_ops::composites::eye;
        /// `eye` with more columns, in batches, in other dtypes.
        eye_with(num_rows: i64, options: impl FnOnce(EyeOptions) -> EyeOptions) -> Result<Tensor> = ferroflow_ops::composites::eye_with;
        /// The Euclidean norm of all elements of all tensors.
        global_norm(t_list: &[Tensor]) -> Result<Tensor> = ferroflow_ops::composites::global_norm;
        /// `x` divided by its Euclidean norm along axes, which counts as `sqrt(epsilon)` at least.
        l2_normalize(x: impl IntoOperand, axes: &[i32], epsilon: f64) -> Result<Tensor> = ferroflow_ops::composites::l2_normalize;
        /// The logarithms of the determinants of positive definite matrices.
        logdet(matrix: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::logdet;
        /// The principal logarithms of square complex matrices.
        logm(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::logm;
        /// The `x` with the smallest `matrix * x - rhs`, and the smallest one of them.
        lstsq(matrix: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::lstsq;
        /// `lstsq` with optional arguments.
        lstsq_with(matrix: impl IntoOperand, rhs: impl IntoOperand, options: impl FnOnce(LstsqOptions) -> LstsqOptions) -> Result<Tensor> = ferroflow_ops_linalg::lstsq_with;
        /// The inverses of the matrices that `lu` made factors and permutations of.
        lu_matrix_inverse(lower_upper: impl IntoOperand, perm: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::lu_matrix_inverse;
        /// The matrices that `lu` made factors and permutations of.
        lu_reconstruct(lower_upper: impl IntoOperand, perm: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::lu_reconstruct;
        /// The solutions of `a * x = rhs`, given the factors and the permutations that `lu` made of `a`.
        lu_solve(lower_upper: impl IntoOperand, perm: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::lu_solve;
        /// The ranks of matrices: how many singular values are above a bound, which grows with the size and the largest of them.
        matrix_rank(a: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::matrix_rank;
        /// `matrix_rank` with a bound of one's own.
        matrix_rank_with(a: impl IntoOperand, tol: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::matrix_rank_with;
        /// The tensor with its last two axes swapped.
        matrix_transpose(a: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::matrix_transpose;
        /// The products of matrices with vectors: the last axis of `b`.
        matvec(a: impl IntoOperand, b: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::matvec;
        /// The Euclidean norm of all elements.
        norm(tensor: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::norm;
        /// A norm of slices. Of matrices, order 1 is the largest sum of a column, infinity that of a row, and 2 the largest singular value.
        norm_with(tensor: impl IntoOperand, options: impl FnOnce(NormOptions) -> NormOptions) -> Result<Tensor> = ferroflow_ops::composites::norm_with;
        /// The tensor over its norm along an axis, and that norm.
        normalize(tensor: impl IntoOperand, axis: &[i64]) -> Result<(Tensor, Tensor)> = ferroflow_ops::composites::normalize;
        /// The pseudo inverses (of E. H. Moore and R. Penrose) of matrices. Singular values up to 10 times the larger size times the precision of the dtype times the largest of them count as 0.
        pinv(a: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::pinv;
        /// `pinv` with another part of the largest singular value, up to which values count as 0.
        pinv_with(a: impl IntoOperand, rcond: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::pinv_with;
        /// Matrices with orthonormal columns and upper triangles whose products are the given ones. The triangles' diagonals have the signs that reflections leave, as in TensorFlow.
        qr(input: impl IntoOperand) -> Result<(Tensor, Tensor)> = ferroflow_ops_linalg::qr;
        /// `qr`; with `full_matrices` the first factor is square.
        qr_with(input: impl IntoOperand, full_matrices: bool) -> Result<(Tensor, Tensor)> = ferroflow_ops_linalg::qr_with;
        /// The innermost matrices with their main diagonals replaced.
        set_diag(input: impl IntoOperand, diagonal: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::set_diag;
        /// `set_diag` with options.
        set_diag_with(input: impl IntoOperand, diagonal: impl IntoOperand, options: impl FnOnce(DiagOptions) -> DiagOptions) -> Result<Tensor> = ferroflow_ops_array::set_diag_with;
        /// The principal square roots of square matrices.
        sqrtm(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::sqrtm;
        /// The singular values of matrices in falling order, and their left and right singular vectors as columns.
        svd(tensor: impl IntoOperand) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_linalg::svd;
        /// `svd` with optional arguments.
        svd_with(tensor: impl IntoOperand, options: impl FnOnce(SvdOptions) -> SvdOptions) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_linalg::svd_with;
        /// The product of two tensors, summed over pairs of axes: the axes left of `a`, then those left of `b`.
        tensordot(a: impl IntoOperand, b: impl IntoOperand, axes: impl Into<ContractedAxes>) -> Result<Tensor> = ferroflow_ops::composites::tensordot;
        /// The sums of the diagonals of the matrices in the last two axes.
        trace(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::trace;
        /// The solutions of `matrix * x = rhs`, of which only the lower triangle of `matrix` is read.
        triangular_solve(matrix: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::triangular_solve;
        /// `triangular_solve` with optional arguments.
        triangular_solve_with(matrix: impl IntoOperand, rhs: impl IntoOperand, options: impl FnOnce(TriangularSolveOptions) -> TriangularSolveOptions) -> Result<Tensor> = ferroflow_ops_linalg::triangular_solve_with;
        /// The products of matrices with three diagonals and others. Of the diagonal above the last element counts for nothing, and of that below the first.
        tridiagonal_matmul(superdiag: impl IntoOperand, maindiag: impl IntoOperand, subdiag: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::tridiagonal_matmul;
        /// The solutions of systems whose matrices have three diagonals, given as the rows of `diagonals`: the one above, the main one, the one below.
        tridiagonal_solve(diagonals: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::tridiagonal_solve;
        /// `tridiagonal_solve` with optional arguments.
        tridiagonal_solve_with(diagonals: impl IntoOperand, rhs: impl IntoOperand, options: impl FnOnce(TridiagonalSolveOptions) -> TridiagonalSolveOptions) -> Result<Tensor> = ferroflow_ops_linalg::tridiagonal_solve_with;
    }
}

/// `tf.math`
pub mod math {
    use crate::forward::forward;
    pub use ferroflow_core::operators::{logical_and, logical_not, logical_or};
    use ferroflow_core::{IntoOperand, IntoOperands, Result, Tensor};
    use ferroflow_ops::composites::{BincountOptions, ConfusionMatrixOptions};
    use ferroflow_ops_array::TopKOptions;
    pub use ferroflow_ops_array::approx_max_k;
    use ferroflow_ops_math::{Axes, CumulativeOptions, ReduceOptions};
    pub use ferroflow_ops_math::{
        acos, acosh, argmax, argmax_with, argmin, argmin_with, asin, asinh, atan, atan2, atanh, bessel_i0,
        bessel_i0e, bessel_i1, bessel_i1e, ceil, cos, cosh, divide, divide_no_nan, equal, exp, expm1, floor,
        floordiv, greater, greater_equal, is_finite, is_inf, is_nan, less, less_equal, log, log1p, maximum,
        minimum, multiply_no_nan, nextafter, not_equal, pow, reciprocal, reduce_all, reduce_all_with,
        reduce_any, reduce_any_with, reduce_euclidean_norm, reduce_euclidean_norm_with, reduce_max,
        reduce_max_with, reduce_mean, reduce_mean_with, reduce_min, reduce_min_with, reduce_prod,
        reduce_prod_with, reduce_sum, reduce_sum_with, rint, round, rsqrt, sigmoid, sin, sinh, sqrt,
        squared_difference, tan, tanh, xdivy, xlog1py, xlogy,
    };
    use ferroflow_ops_nn::SoftmaxOptions;
    pub use ferroflow_ops_nn::{softplus, softsign};
    pub use ferroflow_ops_random::{sobol_sample, sobol_sample_with};

    forward! {
        /// The absolute value; that of a complex number is real.
        abs(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::abs;
        /// The same sum under TensorFlow's other name.
        accumulate_n(inputs: impl IntoOperands) -> Result<Tensor> = ferroflow_ops_math::accumulate_n;
        /// `x + y`, elementwise with broadcasting; strings are joined.
        add(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::add;
        /// The sum of tensors of one shape and dtype, without broadcasting.
        add_n(inputs: impl IntoOperands) -> Result<Tensor> = ferroflow_ops_math::add_n;
        /// The angle in the complex plane, in `(-pi, pi]`: 0 or pi for a real number.
        angle(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::angle;
        /// The regularised incomplete beta function of parameters `a` and `b` up to `x`. All three have one shape, or are scalars.
        betainc(a: impl IntoOperand, b: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::betainc;
        /// How often each of the numbers from 0 to the largest occurs.
        bincount(arr: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::bincount;
        /// `bincount` with optional arguments.
        bincount_with(arr: impl IntoOperand, options: impl FnOnce(BincountOptions) -> BincountOptions) -> Result<Tensor> = ferroflow_ops::composites::bincount_with;
        /// How often each class (the rows) was predicted to be each class (the columns).
        confusion_matrix(labels: impl IntoOperand, predictions: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::confusion_matrix;
        /// `confusion_matrix` with optional arguments.
        confusion_matrix_with(labels: impl IntoOperand, predictions: impl IntoOperand, options: impl FnOnce(ConfusionMatrixOptions) -> ConfusionMatrixOptions) -> Result<Tensor> = ferroflow_ops::composites::confusion_matrix_with;
        /// The complex conjugate; a real tensor itself.
        conj(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::conj;
        /// How many elements differ from 0 (from the empty string) along axes, as `int64`.
        count_nonzero(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> = ferroflow_ops::composites::count_nonzero;
        /// The products of the elements up to each one along an axis.
        cumprod(x: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::cumprod;
        /// `cumprod` with optional arguments.
        cumprod_with(x: impl IntoOperand, axis: impl IntoOperand, options: impl FnOnce(CumulativeOptions) -> CumulativeOptions) -> Result<Tensor> = ferroflow_ops_math::cumprod_with;
        /// The sums of the elements up to each one along an axis.
        cumsum(x: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::cumsum;
        /// `cumsum` with optional arguments.
        cumsum_with(x: impl IntoOperand, axis: impl IntoOperand, options: impl FnOnce(CumulativeOptions) -> CumulativeOptions) -> Result<Tensor> = ferroflow_ops_math::cumsum_with;
        /// The logarithms of the sums of exponentials up to each element along an axis.
        cumulative_logsumexp(x: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::cumulative_logsumexp;
        /// `cumulative_logsumexp` with optional arguments.
        cumulative_logsumexp_with(x: impl IntoOperand, axis: impl IntoOperand, options: impl FnOnce(CumulativeOptions) -> CumulativeOptions) -> Result<Tensor> = ferroflow_ops_math::cumulative_logsumexp_with;
        /// The derivative of `lgamma`.
        digamma(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::digamma;
        /// The error function.
        erf(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::erf;
        /// One minus the error function.
        erfc(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::erfc;
        /// The inverse of the complementary error function.
        erfcinv(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::erfcinv;
        /// The inverse of the error function.
        erfinv(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::erfinv;
        /// The remainder of flooring division, with the sign of `y`.
        floormod(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::floormod;
        /// The regularised lower incomplete gamma function of parameter `a` up to `x`.
        igamma(a: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::igamma;
        /// The regularised upper incomplete gamma function of parameter `a` from `x` on.
        igammac(a: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::igammac;
        /// The imaginary part; zeros for a real tensor.
        imag(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::imag;
        /// Whether the prediction for each target is among the `k` highest of its row.
        in_top_k(targets: impl IntoOperand, predictions: impl IntoOperand, k: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::in_top_k;
        /// The permutation that undoes `x`.
        invert_permutation(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::invert_permutation;
        /// Whether no element is smaller than the one before it, in row-major order.
        is_non_decreasing(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::is_non_decreasing;
        /// Whether every element is larger than the one before it, in row-major order.
        is_strictly_increasing(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::is_strictly_increasing;
        /// `x` divided by its Euclidean norm along axes, which counts as `sqrt(epsilon)` at least.
        l2_normalize(x: impl IntoOperand, axes: &[i32], epsilon: f64) -> Result<Tensor> = ferroflow_ops::composites::l2_normalize;
        /// The logarithm of the absolute value of the Beta function of the last dimension.
        lbeta(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::lbeta;
        /// The logarithm of the absolute value of the gamma function.
        lgamma(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::lgamma;
        /// The logarithm of the sigmoid, without its loss of digits.
        log_sigmoid(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::log_sigmoid;
        /// The logarithm of `softmax`, without its loss of digits.
        log_softmax(logits: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::log_softmax;
        /// `log_softmax` along another dimension.
        log_softmax_with(logits: impl IntoOperand, options: impl FnOnce(SoftmaxOptions) -> SoftmaxOptions) -> Result<Tensor> = ferroflow_ops_nn::log_softmax_with;
        /// Whether one of both is true, and not the other.
        logical_xor(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::logical_xor;
        /// The remainder of flooring division, with the sign of `y`.
        mod_(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::floormod;
        /// `x * y`, elementwise with broadcasting.
        multiply(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::multiply;
        /// The inverse of the normal distribution function.
        ndtri(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::ndtri;
        /// `-x`, elementwise; integers wrap around.
        negative(x: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::negative;
        /// The `a`-th derivative of the digamma function, `a` being a whole number.
        polygamma(a: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::polygamma;
        /// The polynomial with these coefficients, the highest power's first, at each element of `x`.
        polyval(coeffs: impl ferroflow_core::IntoOperands, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::polyval;
        /// The real part; a real tensor itself.
        real(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::real;
        /// `1 / x`, and 0 where `x` is 0.
        reciprocal_no_nan(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::reciprocal_no_nan;
        /// `log(sum(exp(x)))` along axes, without leaving the range of the dtype.
        reduce_logsumexp(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> = ferroflow_ops::composites::reduce_logsumexp;
        /// `reduce_logsumexp` with optional arguments.
        reduce_logsumexp_with(input: impl IntoOperand, axis: impl Into<Axes>, options: impl FnOnce(ReduceOptions) -> ReduceOptions) -> Result<Tensor> = ferroflow_ops::composites::reduce_logsumexp_with;
        /// The square root of the variance, along axes.
        reduce_std(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> = ferroflow_ops::composites::reduce_std;
        /// `reduce_std` with optional arguments.
        reduce_std_with(input: impl IntoOperand, axis: impl Into<Axes>, options: impl FnOnce(ReduceOptions) -> ReduceOptions) -> Result<Tensor> = ferroflow_ops::composites::reduce_std_with;
        /// The mean of the squared distances from the mean, along axes.
        reduce_variance(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> = ferroflow_ops::composites::reduce_variance;
        /// `reduce_variance` with optional arguments.
        reduce_variance_with(input: impl IntoOperand, axis: impl Into<Axes>, options: impl FnOnce(ReduceOptions) -> ReduceOptions) -> Result<Tensor> = ferroflow_ops::composites::reduce_variance_with;
        /// A number times a tensor.
        scalar_mul(scalar: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::scalar_mul;
        /// The largest elements of the rows of each segment.
        segment_max(data: impl IntoOperand, segment_ids: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::segment_max;
        /// The means of the rows of each segment.
        segment_mean(data: impl IntoOperand, segment_ids: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::segment_mean;
        /// The smallest elements of the rows of each segment.
        segment_min(data: impl IntoOperand, segment_ids: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::segment_min;
        /// The products of the rows of each segment.
        segment_prod(data: impl IntoOperand, segment_ids: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::segment_prod;
        /// The sums of the rows of each segment.
        segment_sum(data: impl IntoOperand, segment_ids: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::segment_sum;
        /// -1, 0 or 1, NaN for NaN; for a complex number the one of absolute value 1 in its direction.
        sign(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::sign;
        /// `exp(logits)`, scaled to sum to one along the last dimension.
        softmax(logits: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::softmax;
        /// `softmax` along another dimension.
        softmax_with(logits: impl IntoOperand, options: impl FnOnce(SoftmaxOptions) -> SoftmaxOptions) -> Result<Tensor> = ferroflow_ops_nn::softmax_with;
        /// `x * x`.
        square(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::square;
        /// `x - y`, elementwise with broadcasting.
        subtract(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::subtract;
        /// The `k` largest elements along the last dimension in descending order, and where they stand.
        top_k(input: impl IntoOperand, k: impl IntoOperand) -> Result<[Tensor; 2]> = ferroflow_ops_array::top_k;
        /// `top_k` with options.
        top_k_with(input: impl IntoOperand, options: impl FnOnce(TopKOptions) -> TopKOptions) -> Result<[Tensor; 2]> = ferroflow_ops_array::top_k_with;
        /// `x / y` as Python 3 divides: integers become `float64` (`float32` for 8 and 16 bits) first.
        truediv(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::truediv;
        /// The largest elements of the slices of each segment; the dtype's smallest number where there are none.
        unsorted_segment_max(data: impl IntoOperand, segment_ids: impl IntoOperand, num_segments: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::unsorted_segment_max;
        /// The means of the slices of each segment; 0 where there are none.
        unsorted_segment_mean(data: impl IntoOperand, segment_ids: impl IntoOperand, num_segments: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::unsorted_segment_mean;
        /// The smallest elements of the slices of each segment; the dtype's largest number where there are none.
        unsorted_segment_min(data: impl IntoOperand, segment_ids: impl IntoOperand, num_segments: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::unsorted_segment_min;
        /// The products of the slices of each segment; 1 where there are none.
        unsorted_segment_prod(data: impl IntoOperand, segment_ids: impl IntoOperand, num_segments: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::unsorted_segment_prod;
        /// The sums of the slices of each segment over the roots of their numbers; 0 where there are none.
        unsorted_segment_sqrt_n(data: impl IntoOperand, segment_ids: impl IntoOperand, num_segments: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::unsorted_segment_sqrt_n;
        /// The sums of the slices of each segment; 0 where there are none.
        unsorted_segment_sum(data: impl IntoOperand, segment_ids: impl IntoOperand, num_segments: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::unsorted_segment_sum;
        /// The share of elements that are 0.
        zero_fraction(value: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::zero_fraction;
        /// Hurwitz's zeta function: the sum of `(q + n)^-x` over all `n` from 0 on.
        zeta(x: impl IntoOperand, q: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::zeta;
    }

    /// `tf.math.special`
    pub mod special {
        use crate::forward::forward;
        use ferroflow_core::{IntoOperand, Result, Tensor};
        pub use ferroflow_ops_math::{
            bessel_i0, bessel_i0e, bessel_i1, bessel_i1e, bessel_j0, bessel_j1, bessel_k0, bessel_k0e,
            bessel_k1, bessel_k1e, bessel_y0, bessel_y1,
        };

        forward! {
            /// Dawson's integral: `exp(-x^2)` times the integral of `exp(t^2)` from 0 to `x`.
            dawsn(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::dawsn;
            /// The exponential integral: that of `exp(t) / t` up to `x`.
            expint(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::expint;
            /// Fresnel's cosine integral: that of `cos(pi t^2 / 2)` from 0 to `x`.
            fresnel_cos(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::fresnel_cos;
            /// Fresnel's sine integral: that of `sin(pi t^2 / 2)` from 0 to `x`.
            fresnel_sin(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::fresnel_sin;
            /// Spence's integral: that of `log(t) / (1 - t)` from 1 to `x`.
            spence(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::spence;
        }
    }
}

/// `tf.nn`
pub mod nn {
    pub use crate::composed::ctc_unique_labels;
    use crate::forward::forward;
    pub use crate::silu::{silu, silu as swish, silu_with, silu_with as swish_with};
    use ferroflow_core::{IntoOperand, Result, SparseTensor, Tensor};
    use ferroflow_ops::composites::{
        CtcLossOptions, FixedUnigramOptions, FractionalPoolOptions, NceLossOptions,
        SampledSoftmaxLossOptions, SampledValues,
    };
    use ferroflow_ops_array::TopKOptions;
    pub use ferroflow_ops_array::{
        approx_max_k, depth_to_space, depth_to_space_with, space_to_batch, space_to_depth,
        space_to_depth_with,
    };
    pub use ferroflow_ops_math::{sigmoid, tanh};
    use ferroflow_ops_nn::{
        BiasAddOptions, ConvOptions, ConvolutionOptions, Padding, PoolOptions, PoolingOptions, Sizes,
        SoftmaxOptions,
    };
    pub use ferroflow_ops_nn::{
        ctc_beam_search_decoder, ctc_beam_search_decoder_with, ctc_greedy_decoder, ctc_greedy_decoder_with,
        dilation2d, elu, l2_loss, leaky_relu, leaky_relu_with, local_response_normalization,
        local_response_normalization as lrn, local_response_normalization_with,
        local_response_normalization_with as lrn_with, max_pool_with_argmax, max_pool2d, max_pool2d_with,
        max_pool3d, relu, relu6, selu, softplus, softsign,
    };

    forward! {
        /// All classes, each expected once.
        all_candidate_sampler(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, seed: Option<i64>) -> Result<SampledValues> = ferroflow_ops::composites::all_candidate_sampler;
        /// A convolution over images with `rate - 1` holes between neighbouring elements of the filters.
        atrous_conv2d(value: impl IntoOperand, filters: impl IntoOperand, rate: i64, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::atrous_conv2d;
        /// The transpose of `crate::atrous_conv2d`; the sizes of filters and output have to be known.
        atrous_conv2d_transpose(value: impl IntoOperand, filters: impl IntoOperand, output_shape: [i32; 4], rate: i32, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::atrous_conv2d_transpose;
        /// The mean of each window of sequences, images or volumes.
        avg_pool(input: impl IntoOperand, ksize: impl Into<Sizes>, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::avg_pool;
        /// The mean of each window of `[batch, width, channels]` sequences.
        avg_pool1d(input: impl IntoOperand, ksize: i64, strides: i64, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::avg_pool1d;
        /// The mean of each window of `[batch, height, width, channels]` images; padding does not count.
        avg_pool2d(input: impl IntoOperand, ksize: impl Into<Sizes>, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::avg_pool2d;
        /// `avg_pool2d` with another data format.
        avg_pool2d_with(input: impl IntoOperand, ksize: impl Into<Sizes>, strides: impl Into<Sizes>, padding: impl Into<Padding>, options: impl FnOnce(PoolOptions) -> PoolOptions) -> Result<Tensor> = ferroflow_ops_nn::avg_pool2d_with;
        /// The mean of each window of `[batch, depth, height, width, channels]` volumes; padding does not count.
        avg_pool3d(input: impl IntoOperand, ksize: impl Into<Sizes>, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::avg_pool3d;
        /// `batch_normalization` with an offset, and a scale that is left out unless `scale_after_normalization` says otherwise.
        batch_norm_with_global_normalization(input: impl IntoOperand, mean: impl IntoOperand, variance: impl IntoOperand, beta: &Tensor, gamma: &Tensor, variance_epsilon: f64, scale_after_normalization: bool) -> Result<Tensor> = ferroflow_ops::composites::batch_norm_with_global_normalization;
        /// `x` brought to mean 0 and variance 1 by these statistics, then scaled and shifted.
        batch_normalization(x: impl IntoOperand, mean: impl IntoOperand, variance: impl IntoOperand, offset: Option<&Tensor>, scale: Option<&Tensor>, variance_epsilon: f64) -> Result<Tensor> = ferroflow_ops::composites::batch_normalization;
        /// `value + bias`, where `bias` has one element for each index of the last dimension of `value`.
        bias_add(value: impl IntoOperand, bias: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::bias_add;
        /// `bias_add` with channels elsewhere.
        bias_add_with(value: impl IntoOperand, bias: impl IntoOperand, options: impl FnOnce(BiasAddOptions) -> BiasAddOptions) -> Result<Tensor> = ferroflow_ops_nn::bias_add_with;
        /// Labels `[batch, steps]` without those that equal their left neighbour, filled up with zeros, and the lengths that are left of `seq_length`.
        collapse_repeated(labels: impl IntoOperand, seq_length: impl IntoOperand) -> Result<(Tensor, Tensor)> = ferroflow_ops::composites::collapse_repeated;
        /// Which sampled classes are true ones: rows of `true_classes`, places among the sampled ones, and for each the lowest `float32` to add to its logit.
        compute_accidental_hits(true_classes: impl IntoOperand, sampled_candidates: impl IntoOperand, num_true: i64, seed: Option<i64>) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops::composites::compute_accidental_hits;
        /// The convolution of `[batch, width, channels]` sequences with `[width, in, out]` filters.
        conv1d(input: impl IntoOperand, filters: impl IntoOperand, stride: i64, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv1d;
        /// The transpose of `crate::conv1d`: each element spreads over a window of a `[batch, width, channels]` sequence.
        conv1d_transpose(input: impl IntoOperand, filters: impl IntoOperand, output_shape: impl IntoOperand, strides: i64, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv1d_transpose;
        /// The convolution of `[batch, height, width, channels]` images with `[height, width, channels, filters]` filters.
        conv2d(input: impl IntoOperand, filters: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv2d;
        /// The transpose of `crate::conv2d`: each element spreads over a window of a `[batch, height, width, channels]` image.
        conv2d_transpose(input: impl IntoOperand, filters: impl IntoOperand, output_shape: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv2d_transpose;
        /// `conv2d` with another data format or with holes in the filters.
        conv2d_with(input: impl IntoOperand, filters: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>, options: impl FnOnce(ConvOptions) -> ConvOptions) -> Result<Tensor> = ferroflow_ops_nn::conv2d_with;
        /// The convolution of `[batch, depth, height, width, channels]` volumes with `[depth, height, width, channels, filters]` filters.
        conv3d(input: impl IntoOperand, filters: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv3d;
        /// The transpose of `crate::conv3d`: each element spreads over a window of a `[batch, depth, height, width, channels]` volume.
        conv3d_transpose(input: impl IntoOperand, filters: impl IntoOperand, output_shape: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv3d_transpose;
        /// `conv3d` with another data format or with holes in the filters.
        conv3d_with(input: impl IntoOperand, filters: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>, options: impl FnOnce(ConvOptions) -> ConvOptions) -> Result<Tensor> = ferroflow_ops_nn::conv3d_with;
        /// The transposed convolution over as many dimensions as `output_shape` has between batch and channels.
        conv_transpose(input: impl IntoOperand, filters: impl IntoOperand, output_shape: impl IntoOperand, strides: i64, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv_transpose;
        /// A convolution over as many dimensions as the filters have.
        convolution(input: impl IntoOperand, filters: impl IntoOperand, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::convolution;
        /// `convolution` with optional arguments. Filters with holes move over the input rearranged by `SpaceToBatchND`, as in TensorFlow.
        convolution_with(input: impl IntoOperand, filters: impl IntoOperand, padding: impl Into<Padding>, options: impl FnOnce(ConvolutionOptions) -> ConvolutionOptions) -> Result<Tensor> = ferroflow_ops_nn::convolution_with;
        /// `relu` of the tensor and of its negative, joined along the last axis.
        crelu(features: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::crelu;
        /// The loss of sparse `[batch, steps]` labels for `[time, batch, classes]` logits; `blank_index` is the class of the blank, counted from the end where it is negative. The lengths of the labels are known from their indices.
        ctc_loss(labels: &SparseTensor, logits: impl IntoOperand, logit_length: impl IntoOperand, blank_index: i64) -> Result<Tensor> = ferroflow_ops::composites::ctc_loss;
        /// `ctc_loss` with the dimensions of the logits in another order.
        ctc_loss_with(labels: &SparseTensor, logits: impl IntoOperand, logit_length: impl IntoOperand, blank_index: i64, options: impl FnOnce(CtcLossOptions) -> CtcLossOptions) -> Result<Tensor> = ferroflow_ops::composites::ctc_loss_with;
        /// The convolution of each channel of `[batch, height, width, channels]` images with its own filters, of `[height, width, channels, multiplier]`: `channels * multiplier` channels come out.
        depthwise_conv2d(input: impl IntoOperand, filter: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::depthwise_conv2d;
        /// `depthwise_conv2d` with another data format or with holes in the filters.
        depthwise_conv2d_with(input: impl IntoOperand, filter: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>, options: impl FnOnce(ConvOptions) -> ConvOptions) -> Result<Tensor> = ferroflow_ops_nn::depthwise_conv2d_with;
        /// The tensor with a share `rate` of its elements set to 0, and the others scaled so that the sum stays the same on average.
        dropout(x: impl IntoOperand, rate: f64, seed: Option<i64>) -> Result<Tensor> = ferroflow_ops::composites::dropout;
        /// The rows of a table that `ids` name.
        embedding_lookup(params: impl IntoOperand, ids: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::embedding_lookup;
        /// For each row of ids the combination of the embeddings that they name.
        embedding_lookup_sparse(params: impl IntoOperand, sp_ids: &SparseTensor, sp_weights: Option<&SparseTensor>, combiner: &str) -> Result<Tensor> = ferroflow_ops::composites::embedding_lookup_sparse;
        /// The least difference of input and filter under each window of `[batch, height, width, channels]` images; each channel has its own filter, `[height, width, channels]`.
        erosion2d(value: impl IntoOperand, filters: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>, data_format: &str, dilations: impl Into<Sizes>) -> Result<Tensor> = ferroflow_ops_nn::erosion2d;
        /// Classes below `range_max`, as likely as weights say that only the options give: `fixed_unigram_candidate_sampler_with`.
        fixed_unigram_candidate_sampler(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, range_max: i64) -> Result<SampledValues> = ferroflow_ops::composites::fixed_unigram_candidate_sampler;
        /// Classes below `range_max`, as likely as given weights say: a file's, or `unigrams` of the options.
        fixed_unigram_candidate_sampler_with(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, range_max: i64, options: impl FnOnce(FixedUnigramOptions) -> FixedUnigramOptions) -> Result<SampledValues> = ferroflow_ops::composites::fixed_unigram_candidate_sampler_with;
        /// The mean of each region of `[batch, height, width, channels]` images, and where the regions begin along rows and columns.
        fractional_avg_pool(value: impl IntoOperand, pooling_ratio: &[f32]) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops::composites::fractional_avg_pool;
        /// `fractional_avg_pool` with other options.
        fractional_avg_pool_with(value: impl IntoOperand, pooling_ratio: &[f32], options: impl FnOnce(FractionalPoolOptions) -> FractionalPoolOptions) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops::composites::fractional_avg_pool_with;
        /// The greatest value in each region of `[batch, height, width, channels]` images, and where the regions begin along rows and columns.
        fractional_max_pool(value: impl IntoOperand, pooling_ratio: &[f32]) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops::composites::fractional_max_pool;
        /// `fractional_max_pool` with other options.
        fractional_max_pool_with(value: impl IntoOperand, pooling_ratio: &[f32], options: impl FnOnce(FractionalPoolOptions) -> FractionalPoolOptions) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops::composites::fractional_max_pool_with;
        /// The Gaussian error linear unit: `x` times the share of a normal distribution below it.
        gelu(features: impl IntoOperand, approximate: bool) -> Result<Tensor> = ferroflow_ops::composites::gelu;
        /// Whether the prediction for each target is among the `k` highest of its row.
        in_top_k(targets: impl IntoOperand, predictions: impl IntoOperand, k: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::in_top_k;
        /// `x` divided by its Euclidean norm along axes, which counts as `sqrt(epsilon)` at least.
        l2_normalize(x: impl IntoOperand, axes: &[i32], epsilon: f64) -> Result<Tensor> = ferroflow_ops::composites::l2_normalize;
        /// Classes below `range_max`, as likely as they were among the true classes of all calls so far.
        learned_unigram_candidate_sampler(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, range_max: i64, seed: Option<i64>) -> Result<SampledValues> = ferroflow_ops::composites::learned_unigram_candidate_sampler;
        /// The loss of a prediction of counts, whose logarithm is `log_input`, up to what depends on `targets` alone.
        log_poisson_loss(targets: impl IntoOperand, log_input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::log_poisson_loss;
        /// The logarithm of `softmax`, without its loss of digits.
        log_softmax(logits: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::log_softmax;
        /// `log_softmax` along another dimension.
        log_softmax_with(logits: impl IntoOperand, options: impl FnOnce(SoftmaxOptions) -> SoftmaxOptions) -> Result<Tensor> = ferroflow_ops_nn::log_softmax_with;
        /// The greatest value in each window of sequences, images or volumes.
        max_pool(input: impl IntoOperand, ksize: impl Into<Sizes>, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::max_pool;
        /// The greatest value in each window of `[batch, width, channels]` sequences.
        max_pool1d(input: impl IntoOperand, ksize: i64, strides: i64, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::max_pool1d;
        /// Mean and variance along axes, which are kept with size 1 where `keepdims` is set.
        moments(x: impl IntoOperand, axes: &[i32], keepdims: bool) -> Result<(Tensor, Tensor)> = ferroflow_ops::composites::moments;
        /// The noise-contrastive loss of each of `[batch, dim]` inputs: the logistic losses of its true classes, `labels`, and of some sampled ones; `weights` are `[num_classes, dim]`.
        nce_loss(weights: impl IntoOperand, biases: impl IntoOperand, labels: impl IntoOperand, inputs: impl IntoOperand, num_sampled: i64, num_classes: i64) -> Result<Tensor> = ferroflow_ops::composites::nce_loss;
        /// `nce_loss` with other options.
        nce_loss_with(weights: impl IntoOperand, biases: impl IntoOperand, labels: impl IntoOperand, inputs: impl IntoOperand, num_sampled: i64, num_classes: i64, options: impl FnOnce(NceLossOptions) -> NceLossOptions) -> Result<Tensor> = ferroflow_ops::composites::nce_loss_with;
        /// The mean and the variance from what `sufficient_statistics` gave.
        normalize_moments(counts: impl IntoOperand, mean_ss: impl IntoOperand, variance_ss: impl IntoOperand, shift: Option<Tensor>) -> Result<(Tensor, Tensor)> = ferroflow_ops::composites::normalize_moments;
        /// The greatest value (`"MAX"`) or the mean (`"AVG"`) of each window over one, two or three dimensions.
        pool(input: impl IntoOperand, window_shape: &[i64], pooling_type: &str) -> Result<Tensor> = ferroflow_ops_nn::pool;
        /// `pool` with optional arguments.
        pool_with(input: impl IntoOperand, window_shape: &[i64], pooling_type: &str, options: impl FnOnce(PoolingOptions) -> PoolingOptions) -> Result<Tensor> = ferroflow_ops_nn::pool_with;
        /// `embedding_lookup_sparse` for ids that may be missing: negative ids and weights that are not positive are left out, and rows without ids get the embedding `default_id`, or zeros.
        safe_embedding_lookup_sparse(embedding_weights: impl IntoOperand, sparse_ids: &SparseTensor, sparse_weights: Option<&SparseTensor>, combiner: &str, default_id: Option<i64>) -> Result<Tensor> = ferroflow_ops::composites::safe_embedding_lookup_sparse;
        /// The softmax loss of each of `[batch, dim]` inputs over its true classes, `labels`, and some sampled ones; `weights` are `[num_classes, dim]`.
        sampled_softmax_loss(weights: impl IntoOperand, biases: impl IntoOperand, labels: impl IntoOperand, inputs: impl IntoOperand, num_sampled: i64, num_classes: i64) -> Result<Tensor> = ferroflow_ops::composites::sampled_softmax_loss;
        /// `sampled_softmax_loss` with other options.
        sampled_softmax_loss_with(weights: impl IntoOperand, biases: impl IntoOperand, labels: impl IntoOperand, inputs: impl IntoOperand, num_sampled: i64, num_classes: i64, options: impl FnOnce(SampledSoftmaxLossOptions) -> SampledSoftmaxLossOptions) -> Result<Tensor> = ferroflow_ops::composites::sampled_softmax_loss_with;
        /// The sum of a regularization loss, as each of the replicas that train together adds it: there is one.
        scale_regularization_loss(regularization_loss: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::scale_regularization_loss;
        /// A convolution of each channel by itself, then one that mixes channels at each pixel.
        separable_conv2d(input: impl IntoOperand, depthwise_filter: impl IntoOperand, pointwise_filter: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::separable_conv2d;
        /// The cross entropy of independent yes-or-no decisions, from their logits, without overflow.
        sigmoid_cross_entropy_with_logits(labels: impl IntoOperand, logits: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::sigmoid_cross_entropy_with_logits;
        /// `exp(logits)`, scaled to sum to one along the last dimension.
        softmax(logits: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::softmax;
        /// The loss of each row of `logits` against `labels`, a distribution over its classes (the last dimension).
        softmax_cross_entropy_with_logits(labels: impl IntoOperand, logits: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::softmax_cross_entropy_with_logits;
        /// `softmax` along another dimension.
        softmax_with(logits: impl IntoOperand, options: impl FnOnce(SoftmaxOptions) -> SoftmaxOptions) -> Result<Tensor> = ferroflow_ops_nn::softmax_with;
        /// The loss of each row of `logits` (the last dimension) against the class that `labels` names.
        sparse_softmax_cross_entropy_with_logits(labels: impl IntoOperand, logits: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::sparse_softmax_cross_entropy_with_logits;
        /// The number, the sum and the sum of squares of elements along axes, and the shift, if one is taken off each element first: close to the mean it makes the sums exacter.
        sufficient_statistics(x: impl IntoOperand, axes: &[i64], shift: Option<Tensor>, keepdims: bool) -> Result<(Tensor, Tensor, Tensor, Option<Tensor>)> = ferroflow_ops::composites::sufficient_statistics;
        /// The `k` largest elements along the last dimension in descending order, and where they stand.
        top_k(input: impl IntoOperand, k: impl IntoOperand) -> Result<[Tensor; 2]> = ferroflow_ops_array::top_k;
        /// `top_k` with options.
        top_k_with(input: impl IntoOperand, options: impl FnOnce(TopKOptions) -> TopKOptions) -> Result<[Tensor; 2]> = ferroflow_ops_array::top_k_with;
        /// The cross entropy of yes-or-no decisions, where a positive label counts `pos_weight` times.
        weighted_cross_entropy_with_logits(labels: impl IntoOperand, logits: impl IntoOperand, pos_weight: f64) -> Result<Tensor> = ferroflow_ops::composites::weighted_cross_entropy_with_logits;
        /// The mean and the variance along axes of elements that count as often as their weights say.
        weighted_moments(x: impl IntoOperand, axes: &[i64], frequency_weights: impl IntoOperand, keepdims: bool) -> Result<(Tensor, Tensor)> = ferroflow_ops::composites::weighted_moments;
        /// The share of elements that are 0.
        zero_fraction(value: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::zero_fraction;
    }
}

/// `tf.quantization`
pub mod quantization {
    pub use ferroflow_ops_nn::{
        dequantize, dequantize_with, fake_quant_with_min_max_args, fake_quant_with_min_max_args_gradient,
        fake_quant_with_min_max_args_gradient_with, fake_quant_with_min_max_args_with,
        fake_quant_with_min_max_vars, fake_quant_with_min_max_vars_gradient,
        fake_quant_with_min_max_vars_gradient_with, fake_quant_with_min_max_vars_per_channel,
        fake_quant_with_min_max_vars_per_channel_gradient,
        fake_quant_with_min_max_vars_per_channel_gradient_with,
        fake_quant_with_min_max_vars_per_channel_with, fake_quant_with_min_max_vars_with, quantize,
        quantize_and_dequantize, quantize_and_dequantize_v2, quantize_and_dequantize_v2_with,
        quantize_and_dequantize_with, quantize_with, quantized_concat,
    };
}

/// `tf.queue`
pub mod queue {
    pub use crate::queue_classes::{FIFOQueue, PaddingFIFOQueue, PriorityQueue, RandomShuffleQueue};
    pub use crate::queues::QueueBase;
}

/// `tf.ragged`
pub mod ragged {
    use crate::forward::forward;
    use ferroflow_core::{IntoOperand, RaggedTensor, Result, Tensor};
    use ferroflow_ops::composites::{CrossColumn, RaggedConstantOptions, RaggedCrossOptions, RaggedRows};

    forward! {
        /// The values of each row where the mask is true: a mask of the same rows.
        boolean_mask(data: &RaggedTensor, mask: &RaggedTensor) -> Result<RaggedTensor> = ferroflow_ops::composites::ragged_boolean_mask;
        /// A ragged tensor of nested lists.
        constant(pylist: impl RaggedRows) -> Result<RaggedTensor> = ferroflow_ops::composites::ragged_constant;
        /// `ragged_constant` of other dtypes.
        constant_with(pylist: impl RaggedRows, options: impl FnOnce(RaggedConstantOptions) -> RaggedConstantOptions) -> Result<RaggedTensor> = ferroflow_ops::composites::ragged_constant_with;
        /// Every way to take one feature of each column within a row, joined with `_X_`.
        cross(inputs: &[CrossColumn]) -> Result<RaggedTensor> = ferroflow_ops::composites::ragged_cross;
        /// `ragged_cross`, with hashes of the crosses in place of their texts.
        cross_hashed(inputs: &[CrossColumn]) -> Result<RaggedTensor> = ferroflow_ops::composites::ragged_cross_hashed;
        /// `ragged_cross_hashed` with optional arguments.
        cross_hashed_with(inputs: &[CrossColumn], options: impl FnOnce(RaggedCrossOptions) -> RaggedCrossOptions) -> Result<RaggedTensor> = ferroflow_ops::composites::ragged_cross_hashed_with;
        /// What `op` makes of the values of all rows, in the same rows.
        map_flat_values(op: impl FnOnce(&Tensor) -> Result<Tensor>, rows: &RaggedTensor) -> Result<RaggedTensor> = ferroflow_ops::composites::map_flat_values;
        /// A row of numbers for each start: up to its limit, with a step of its delta; scalars stand for all rows.
        range(starts: impl IntoOperand, limits: impl IntoOperand, deltas: impl IntoOperand) -> Result<RaggedTensor> = ferroflow_ops::composites::ragged_range;
        /// The row of each value, from where rows begin and end.
        row_splits_to_segment_ids(splits: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::row_splits_to_segment_ids;
        /// Where rows begin and end, from the row of each value; `num_segments` is by default one more than the last.
        segment_ids_to_row_splits(segment_ids: impl IntoOperand, num_segments: Option<Tensor>) -> Result<Tensor> = ferroflow_ops::composites::segment_ids_to_row_splits;
        /// Ragged tensors one below the other, along a new first dimension.
        stack(values: &[RaggedTensor], axis: i64) -> Result<RaggedTensor> = ferroflow_ops::composites::ragged_stack;
        /// The elements of a vector, or slices of a tensor, in a row for each partition: row `i` has those whose partition is `i`.
        stack_dynamic_partitions(data: impl IntoOperand, partitions: impl IntoOperand, num_partitions: impl IntoOperand) -> Result<RaggedTensor> = ferroflow_ops::composites::stack_dynamic_partitions;
    }
}

/// `tf.random`
pub mod random {
    use crate::forward::forward;
    pub use crate::generator::{
        Algorithm, Generator, create_rng_state, get_global_generator, set_global_generator,
    };
    pub use crate::seeds::set_seed;
    use ferroflow_core::{DType, IntoOperand, Result, Tensor};
    use ferroflow_ops::composites::{FixedUnigramOptions, SampledValues};
    use ferroflow_ops_random::GammaOptions;
    pub use ferroflow_ops_random::{
        categorical, normal, normal_with, shuffle, stateless_normal, stateless_normal_with,
        stateless_truncated_normal, stateless_truncated_normal_with, stateless_uniform,
        stateless_uniform_with, truncated_normal, truncated_normal_with, uniform, uniform_with,
    };

    forward! {
        /// All classes, each expected once.
        all_candidate_sampler(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, seed: Option<i64>) -> Result<SampledValues> = ferroflow_ops::composites::all_candidate_sampler;
        /// Classes below `range_max`, as likely as weights say that only the options give: `fixed_unigram_candidate_sampler_with`.
        fixed_unigram_candidate_sampler(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, range_max: i64) -> Result<SampledValues> = ferroflow_ops::composites::fixed_unigram_candidate_sampler;
        /// Classes below `range_max`, as likely as given weights say: a file's, or `unigrams` of the options.
        fixed_unigram_candidate_sampler_with(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, range_max: i64, options: impl FnOnce(FixedUnigramOptions) -> FixedUnigramOptions) -> Result<SampledValues> = ferroflow_ops::composites::fixed_unigram_candidate_sampler_with;
        /// A new seed made of one and of a number.
        fold_in(seed: impl IntoOperand, data: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::fold_in;
        /// Numbers of gamma distributions with the shapes `alpha`: as many as `shape` says for each of them.
        gamma(shape: impl IntoOperand, alpha: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::gamma;
        /// The same with inverse scales, a dtype or a seed.
        gamma_with(shape: impl IntoOperand, alpha: impl IntoOperand, options: impl FnOnce(GammaOptions) -> GammaOptions) -> Result<Tensor> = ferroflow_ops_random::gamma_with;
        /// Classes below `range_max`, as likely as they were among the true classes of all calls so far.
        learned_unigram_candidate_sampler(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, range_max: i64, seed: Option<i64>) -> Result<SampledValues> = ferroflow_ops::composites::learned_unigram_candidate_sampler;
        /// Classes below `range_max`, the first ones more likely: as words are that stand in the order of their frequency.
        log_uniform_candidate_sampler(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, range_max: i64, seed: Option<i64>) -> Result<SampledValues> = ferroflow_ops::composites::log_uniform_candidate_sampler;
        /// Numbers of Poisson distributions with the means `lam`: as many as `shape` says for each of them.
        poisson(shape: impl IntoOperand, lam: impl IntoOperand, dtype: DType, seed: Option<i64>) -> Result<Tensor> = ferroflow_ops_random::poisson;
        /// `num` new seeds made of one.
        split(seed: impl IntoOperand, num: i32) -> Result<Tensor> = ferroflow_ops_random::split;
        /// How many of `counts` trials succeed, each with the probability `probs`; the numbers follow from the two numbers of `seed` alone.
        stateless_binomial(shape: impl IntoOperand, seed: impl IntoOperand, counts: impl IntoOperand, probs: impl IntoOperand, output_dtype: DType) -> Result<Tensor> = ferroflow_ops_random::stateless_binomial;
        /// Classes drawn by their unnormalised log-probabilities, a row for each row of `logits`; they follow from the two numbers of `seed` alone.
        stateless_categorical(logits: impl IntoOperand, num_samples: impl IntoOperand, seed: impl IntoOperand, dtype: DType) -> Result<Tensor> = ferroflow_ops_random::stateless_categorical;
        /// Numbers of gamma distributions, which follow from the two numbers of `seed` alone. The last axes of `shape` are those of the parameters.
        stateless_gamma(shape: impl IntoOperand, seed: impl IntoOperand, alpha: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::stateless_gamma;
        /// The same with inverse scales or a dtype.
        stateless_gamma_with(shape: impl IntoOperand, seed: impl IntoOperand, alpha: impl IntoOperand, options: impl FnOnce(GammaOptions) -> GammaOptions) -> Result<Tensor> = ferroflow_ops_random::stateless_gamma_with;
        /// Numbers of normal distributions with these means and deviations, drawn again outside their bounds.
        stateless_parameterized_truncated_normal(shape: impl IntoOperand, seed: impl IntoOperand, means: impl IntoOperand, stddevs: impl IntoOperand, minvals: impl IntoOperand, maxvals: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::stateless_parameterized_truncated_normal;
        /// Numbers of Poisson distributions, which follow from the two numbers of `seed` alone. The last axes of `shape` are those of the means.
        stateless_poisson(shape: impl IntoOperand, seed: impl IntoOperand, lam: impl IntoOperand, dtype: DType) -> Result<Tensor> = ferroflow_ops_random::stateless_poisson;
        /// Classes below `range_max`, each as likely as the others.
        uniform_candidate_sampler(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, range_max: i64, seed: Option<i64>) -> Result<SampledValues> = ferroflow_ops::composites::uniform_candidate_sampler;
    }

    /// `tf.random.experimental`
    pub mod experimental {
        use crate::forward::forward;
        pub use crate::generator::{
            Algorithm, Generator, create_rng_state, get_global_generator, set_global_generator,
        };
        use ferroflow_core::{IntoOperand, Result, Tensor};

        forward! {
            /// Where the element `index` of a range that ends with `max_index` stands in a random order of it.
            index_shuffle(index: impl IntoOperand, seed: impl IntoOperand, max_index: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::index_shuffle;
            /// A new seed made of one and of a number.
            stateless_fold_in(seed: impl IntoOperand, data: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::fold_in;
            /// The rows in an order that follows from the two numbers of `seed` alone.
            stateless_shuffle(value: impl IntoOperand, seed: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::stateless_shuffle;
            /// `num` new seeds made of one.
            stateless_split(seed: impl IntoOperand, num: i32) -> Result<Tensor> = ferroflow_ops_random::split;
        }
    }
}

/// `tf.saved_model`
pub mod saved_model {
    pub use crate::models::load::{contains_saved_model, load, load_with};
    pub use crate::models::save::save;
}

/// `tf.sets`
pub mod sets {
    pub use ferroflow_ops_sparse::{
        set_difference as difference, set_intersection as intersection, set_size as size, set_union as union,
    };
}

/// `tf.signal`
pub mod signal {
    use crate::forward::forward;
    use ferroflow_core::{DType, IntoOperand, Result, Tensor};
    use ferroflow_ops_signal::{
        DctOptions, FrameOptions, MdctOptions, MelOptions, RfftOptions, StftOptions, WindowFn,
    };

    forward! {
        /// The discrete cosine transforms, of the second kind, along the last axis.
        dct(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::dct;
        /// `dct` with optional arguments.
        dct_with(input: impl IntoOperand, options: impl FnOnce(DctOptions) -> DctOptions) -> Result<Tensor> = ferroflow_ops_signal::dct_with;
        /// The discrete Fourier transforms along the last axis.
        fft(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::fft;
        /// The discrete Fourier transforms along the last two axes.
        fft2d(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::fft2d;
        /// The discrete Fourier transforms along the last three axes.
        fft3d(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::fft3d;
        /// The zero frequency moved to the middle, along axes; without axes along all.
        fftshift(x: impl IntoOperand, axes: Option<&[i32]>) -> Result<Tensor> = ferroflow_ops_signal::fftshift;
        /// Frames of `frame_length` elements, one every `frame_step`, along the last axis.
        frame(signal: impl IntoOperand, frame_length: i32, frame_step: i32) -> Result<Tensor> = ferroflow_ops_signal::frame;
        /// `frame` with optional arguments.
        frame_with(signal: impl IntoOperand, frame_length: i32, frame_step: i32, options: impl FnOnce(FrameOptions) -> FrameOptions) -> Result<Tensor> = ferroflow_ops_signal::frame_with;
        /// Hamming's window, a cosine raised above 0.
        hamming_window(window_length: i32) -> Result<Tensor> = ferroflow_ops_signal::hamming_window;
        /// `hamming_window`, also symmetric, in any floating dtype.
        hamming_window_with(window_length: i32, periodic: bool, dtype: DType) -> Result<Tensor> = ferroflow_ops_signal::hamming_window_with;
        /// Hann's window, one period of a raised cosine.
        hann_window(window_length: i32) -> Result<Tensor> = ferroflow_ops_signal::hann_window;
        /// `hann_window`, also symmetric, in any floating dtype.
        hann_window_with(window_length: i32, periodic: bool, dtype: DType) -> Result<Tensor> = ferroflow_ops_signal::hann_window_with;
        /// The inverses of `dct`, up to a factor: of the second kind the third, and the other way round.
        idct(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::idct;
        /// `idct` with optional arguments.
        idct_with(input: impl IntoOperand, options: impl FnOnce(DctOptions) -> DctOptions) -> Result<Tensor> = ferroflow_ops_signal::idct_with;
        /// The inverse discrete Fourier transforms along the last axis.
        ifft(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::ifft;
        /// The inverse discrete Fourier transforms along the last two axes.
        ifft2d(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::ifft2d;
        /// The inverse discrete Fourier transforms along the last three axes.
        ifft3d(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::ifft3d;
        /// The inverse of `fftshift`.
        ifftshift(x: impl IntoOperand, axes: Option<&[i32]>) -> Result<Tensor> = ferroflow_ops_signal::ifftshift;
        /// The signals of modified cosine transforms: frames are multiplied by the window once more, and added up. What only one frame covers, at both ends, does not come back.
        inverse_mdct(mdcts: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::inverse_mdct;
        /// `inverse_mdct` with optional arguments.
        inverse_mdct_with(mdcts: impl IntoOperand, options: impl FnOnce(MdctOptions) -> MdctOptions) -> Result<Tensor> = ferroflow_ops_signal::inverse_mdct_with;
        /// The signals of short-time Fourier transforms: frames are multiplied by the window once more, and added up.
        inverse_stft(stfts: impl IntoOperand, frame_length: i32, frame_step: i32) -> Result<Tensor> = ferroflow_ops_signal::inverse_stft;
        /// The window with which `inverse_stft_with` undoes a transform with another window exactly.
        inverse_stft_window_fn(frame_length: i32, frame_step: i32, forward_window_fn: WindowFn, dtype: DType) -> Result<Tensor> = ferroflow_ops_signal::inverse_stft_window;
        /// `inverse_stft` with optional arguments.
        inverse_stft_with(stfts: impl IntoOperand, frame_length: i32, frame_step: i32, options: impl FnOnce(StftOptions) -> StftOptions) -> Result<Tensor> = ferroflow_ops_signal::inverse_stft_with;
        /// The real signals of non-negative frequencies along the last axis.
        irfft(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::irfft;
        /// The real signals of non-negative frequencies along the last two axes.
        irfft2d(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::irfft2d;
        /// `irfft2d` with optional arguments.
        irfft2d_with(input: impl IntoOperand, options: impl FnOnce(RfftOptions) -> RfftOptions) -> Result<Tensor> = ferroflow_ops_signal::irfft2d_with;
        /// The real signals of non-negative frequencies along the last three axes.
        irfft3d(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::irfft3d;
        /// `irfft3d` with optional arguments.
        irfft3d_with(input: impl IntoOperand, options: impl FnOnce(RfftOptions) -> RfftOptions) -> Result<Tensor> = ferroflow_ops_signal::irfft3d_with;
        /// `irfft` with optional arguments.
        irfft_with(input: impl IntoOperand, options: impl FnOnce(RfftOptions) -> RfftOptions) -> Result<Tensor> = ferroflow_ops_signal::irfft_with;
        /// The window whose squares at half its length add up to 1, made of Kaiser's.
        kaiser_bessel_derived_window(window_length: i32, beta: f64, dtype: DType) -> Result<Tensor> = ferroflow_ops_signal::kaiser_bessel_derived_window;
        /// Kaiser's window of shape `beta`.
        kaiser_window(window_length: i32, beta: f64, dtype: DType) -> Result<Tensor> = ferroflow_ops_signal::kaiser_window;
        /// The matrix that turns spectrograms `[..., frequencies]` into bands that are even in perceived pitch.
        linear_to_mel_weight_matrix() -> Result<Tensor> = ferroflow_ops_signal::linear_to_mel_weight_matrix;
        /// `linear_to_mel_weight_matrix` with optional arguments.
        linear_to_mel_weight_matrix_with(options: impl FnOnce(MelOptions) -> MelOptions) -> Result<Tensor> = ferroflow_ops_signal::linear_to_mel_weight_matrix_with;
        /// The modified cosine transforms of frames of `frame_length` samples along the last axis, one every half a frame: half as many numbers for each.
        mdct(signals: impl IntoOperand, frame_length: i32) -> Result<Tensor> = ferroflow_ops_signal::mdct;
        /// `mdct` with optional arguments.
        mdct_with(signals: impl IntoOperand, frame_length: i32, options: impl FnOnce(MdctOptions) -> MdctOptions) -> Result<Tensor> = ferroflow_ops_signal::mdct_with;
        /// The cepstral coefficients of logarithms of spectrograms in perceived pitch.
        mfccs_from_log_mel_spectrograms(log_mel_spectrograms: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::mfccs_from_log_mel_spectrograms;
        /// The signal of frames that overlap, `frame_step` apart: the last two axes `[frames, frame_length]` become one.
        overlap_and_add(signal: impl IntoOperand, frame_step: i32) -> Result<Tensor> = ferroflow_ops_signal::overlap_and_add;
        /// The non-negative frequencies of real signals along the last axis.
        rfft(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::rfft;
        /// The non-negative frequencies of real signals along the last two axes.
        rfft2d(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::rfft2d;
        /// `rfft2d` with optional arguments.
        rfft2d_with(input: impl IntoOperand, options: impl FnOnce(RfftOptions) -> RfftOptions) -> Result<Tensor> = ferroflow_ops_signal::rfft2d_with;
        /// The non-negative frequencies of real signals along the last three axes.
        rfft3d(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::rfft3d;
        /// `rfft3d` with optional arguments.
        rfft3d_with(input: impl IntoOperand, options: impl FnOnce(RfftOptions) -> RfftOptions) -> Result<Tensor> = ferroflow_ops_signal::rfft3d_with;
        /// `rfft` with optional arguments.
        rfft_with(input: impl IntoOperand, options: impl FnOnce(RfftOptions) -> RfftOptions) -> Result<Tensor> = ferroflow_ops_signal::rfft_with;
        /// The non-negative frequencies of frames of `frame_length` samples, one every `frame_step`, along the last axis.
        stft(signals: impl IntoOperand, frame_length: i32, frame_step: i32) -> Result<Tensor> = ferroflow_ops_signal::stft;
        /// `stft` with optional arguments.
        stft_with(signals: impl IntoOperand, frame_length: i32, frame_step: i32, options: impl FnOnce(StftOptions) -> StftOptions) -> Result<Tensor> = ferroflow_ops_signal::stft_with;
        /// The window of the Vorbis codec.
        vorbis_window(window_length: i32, dtype: DType) -> Result<Tensor> = ferroflow_ops_signal::vorbis_window;
    }
}

/// `tf.sparse`
pub mod sparse {
    use crate::forward::forward;
    use ferroflow_core::{DType, IndexedSlices, IntoOperand, Result, SparseTensor, Tensor};
    use ferroflow_ops::composites::{CountedValues, SparseBincountOptions};
    pub use ferroflow_ops_math::{
        sparse_segment_mean as segment_mean, sparse_segment_sqrt_n as segment_sqrt_n,
        sparse_segment_sum as segment_sum,
    };
    use ferroflow_ops_sparse::{SparseAddOptions, SparseMatMulOptions, SparseReduceOptions};
    pub use ferroflow_ops_sparse::{cross, cross_hashed, cross_hashed_with, cross_with};

    forward! {
        /// The sum of a sparse and a dense tensor of one shape, which is dense.
        add(a: &SparseTensor, b: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_sparse::add_dense;
        /// `add` with optional arguments.
        add_with(a: &SparseTensor, b: &SparseTensor, options: impl FnOnce(SparseAddOptions) -> SparseAddOptions) -> Result<SparseTensor> = ferroflow_ops_sparse::add_with;
        /// How often each number occurs, as a sparse tensor of the numbers that do.
        bincount(values: impl Into<CountedValues>) -> Result<SparseTensor> = ferroflow_ops::composites::sparse_bincount;
        /// `sparse_bincount` with optional arguments.
        bincount_with(values: impl Into<CountedValues>, options: impl FnOnce(SparseBincountOptions) -> SparseBincountOptions) -> Result<SparseTensor> = ferroflow_ops::composites::sparse_bincount_with;
        /// Sparse tensors joined along an axis.
        concat(axis: i64, sp_inputs: &[SparseTensor]) -> Result<SparseTensor> = ferroflow_ops_sparse::concat;
        /// A sparse tensor with a new axis of size 1 in front of `axis`; -1 is behind the last.
        expand_dims(sp_input: &SparseTensor, axis: i32) -> Result<SparseTensor> = ferroflow_ops::composites::expand_dims;
        /// The sparse matrix with ones on its diagonal.
        eye(num_rows: i64, num_columns: Option<i64>, dtype: DType) -> Result<SparseTensor> = ferroflow_ops::composites::sparse_eye;
        /// Each row that has no entry gets one, of a default value; with a tensor that says which rows these were.
        fill_empty_rows(sp_input: &SparseTensor, default_value: impl IntoOperand) -> Result<(SparseTensor, Tensor)> = ferroflow_ops_sparse::fill_empty_rows;
        /// The elements of a tensor that are not 0, as a sparse tensor.
        from_dense(tensor: impl IntoOperand) -> Result<SparseTensor> = ferroflow_ops::composites::from_dense;
        /// A function of the values of sparse tensors that have their entries at the same places.
        map_values(op: impl FnOnce(&[Tensor]) -> Result<Tensor>, args: &[&SparseTensor]) -> Result<SparseTensor> = ferroflow_ops::composites::map_values;
        /// The slices of `a` whose places are not among `mask_indices`.
        mask(a: &IndexedSlices, mask_indices: impl IntoOperand) -> Result<IndexedSlices> = ferroflow_ops::composites::sparse_mask;
        /// The larger of two sparse tensors at each place, where what is not there counts as zero.
        maximum(sp_a: &SparseTensor, sp_b: &SparseTensor) -> Result<SparseTensor> = ferroflow_ops_sparse::maximum;
        /// The smaller of two sparse tensors at each place, where what is not there counts as zero.
        minimum(sp_a: &SparseTensor, sp_b: &SparseTensor) -> Result<SparseTensor> = ferroflow_ops_sparse::minimum;
        /// The largest entry along axes, as a dense tensor; zero where there is none.
        reduce_max(sp_input: &SparseTensor, axis: Option<&[i32]>) -> Result<Tensor> = ferroflow_ops_sparse::reduce_max;
        /// `reduce_max` with optional arguments.
        reduce_max_with(sp_input: &SparseTensor, axis: Option<&[i32]>, options: impl FnOnce(SparseReduceOptions) -> SparseReduceOptions) -> Result<Tensor> = ferroflow_ops_sparse::reduce_max_with;
        /// The sum of entries along axes, as a dense tensor; `None` stands for all axes.
        reduce_sum(sp_input: &SparseTensor, axis: Option<&[i32]>) -> Result<Tensor> = ferroflow_ops_sparse::reduce_sum;
        /// `reduce_sum` with optional arguments.
        reduce_sum_with(sp_input: &SparseTensor, axis: Option<&[i32]>, options: impl FnOnce(SparseReduceOptions) -> SparseReduceOptions) -> Result<Tensor> = ferroflow_ops_sparse::reduce_sum_with;
        /// The entries in the order of their places.
        reorder(sp_input: &SparseTensor) -> Result<SparseTensor> = ferroflow_ops_sparse::reorder;
        /// A sparse tensor of the same entries in another shape: the smallest that holds them, or one at least as large as before.
        reset_shape(sp_input: &SparseTensor, new_shape: Option<&[i64]>) -> Result<SparseTensor> = ferroflow_ops::composites::reset_shape;
        /// The same entries in another shape of as many elements; one size may be -1.
        reshape(sp_input: &SparseTensor, shape: impl IntoOperand) -> Result<SparseTensor> = ferroflow_ops_sparse::reshape;
        /// The entries that `to_retain` is true for.
        retain(sp_input: &SparseTensor, to_retain: impl IntoOperand) -> Result<SparseTensor> = ferroflow_ops::composites::retain;
        /// A window of a sparse tensor.
        slice(sp_input: &SparseTensor, start: impl IntoOperand, size: impl IntoOperand) -> Result<SparseTensor> = ferroflow_ops_sparse::slice;
        /// Softmax over the entries along the last axis; what is not there stays away.
        softmax(sp_input: &SparseTensor) -> Result<SparseTensor> = ferroflow_ops_sparse::softmax;
        /// The product of a sparse matrix and a dense one; indices that repeat add up.
        sparse_dense_matmul(a: &SparseTensor, b: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_sparse::sparse_dense_matmul;
        /// The same with optional arguments.
        sparse_dense_matmul_with(a: &SparseTensor, b: impl IntoOperand, options: impl FnOnce(SparseMatMulOptions) -> SparseMatMulOptions) -> Result<Tensor> = ferroflow_ops_sparse::sparse_dense_matmul_with;
        /// A sparse tensor cut into parts along an axis.
        split(sp_input: &SparseTensor, num_split: i64, axis: i64) -> Result<Vec<SparseTensor>> = ferroflow_ops_sparse::split;
        /// The tensor that a sparse one stands for, with zeros (empty strings) where it has no values.
        to_dense(sp_input: &SparseTensor) -> Result<Tensor> = ferroflow_ops::composites::to_dense;
        /// Which of the numbers below `vocab_size` each row holds: `[rows, vocab_size]` truth values.
        to_indicator(sp_input: &SparseTensor, vocab_size: i64) -> Result<Tensor> = ferroflow_ops::composites::to_indicator;
        /// A sparse tensor with its axes in another order; without one they are reversed.
        transpose(sp_input: &SparseTensor, perm: Option<&[i32]>) -> Result<SparseTensor> = ferroflow_ops::composites::sparse_transpose;
    }
}

/// `tf.strings`
pub mod strings {
    use crate::forward::forward;
    use ferroflow_core::{IntoOperand, RaggedTensor, Result, Tensor};
    use ferroflow_ops_text::UnicodeOptions;
    pub use ferroflow_ops_text::{
        as_string, as_string_with, format, format_with, join, length, lower, ngrams, ngrams_with,
        reduce_join, regex_full_match, regex_replace, strip, substr, to_hash_bucket_fast,
        to_hash_bucket_strong, to_number, unsorted_segment_join, upper,
    };

    forward! {
        /// A row for each string: its bytes; for a string alone the bytes, in no row.
        bytes_split(input: impl IntoOperand) -> Result<RaggedTensor> = ferroflow_ops_text::bytes_split;
        /// The code points of each string of a vector.
        unicode_decode(input: impl IntoOperand, input_encoding: &str, options: impl FnOnce(UnicodeOptions) -> UnicodeOptions) -> Result<RaggedTensor> = ferroflow_ops_text::unicode_decode;
        /// The code points of each string of a vector, and the byte where each begins.
        unicode_decode_with_offsets(input: impl IntoOperand, input_encoding: &str, options: impl FnOnce(UnicodeOptions) -> UnicodeOptions) -> Result<(RaggedTensor, RaggedTensor)> = ferroflow_ops_text::unicode_decode_with_offsets;
        /// The string of each row of code points.
        unicode_encode(input: &RaggedTensor, output_encoding: &str, options: impl FnOnce(UnicodeOptions) -> UnicodeOptions) -> Result<Tensor> = ferroflow_ops_text::unicode_encode;
        /// The number that ICU gives the script of each code point; -1 for what is no code point.
        unicode_script(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_text::unicode_script;
        /// The characters of each string, as strings: a row for each string of a tensor; for a string alone no rows.
        unicode_split(input: impl IntoOperand, input_encoding: &str, options: impl FnOnce(UnicodeOptions) -> UnicodeOptions) -> Result<RaggedTensor> = ferroflow_ops_text::unicode_split;
        /// The characters of each string, as strings, and the byte where each begins, both in rows as `unicode_split` has them.
        unicode_split_with_offsets(input: impl IntoOperand, input_encoding: &str, options: impl FnOnce(UnicodeOptions) -> UnicodeOptions) -> Result<(RaggedTensor, RaggedTensor)> = ferroflow_ops_text::unicode_split_with_offsets;
        /// The strings in another encoding: `UTF-8`, `UTF-16-BE` or `UTF-32-BE`.
        unicode_transcode(input: impl IntoOperand, input_encoding: &str, output_encoding: &str, options: impl FnOnce(UnicodeOptions) -> UnicodeOptions) -> Result<Tensor> = ferroflow_ops_text::unicode_transcode;
    }
}

/// `tf.summary`
pub mod summary {
    pub use crate::summaries::data::{
        audio, audio_with, graph, histogram, histogram_with, image, image_with, scalar, scalar_with, text,
        text_with, write,
    };
    pub use crate::summaries::state::{record_if, should_record_summaries};
    pub use crate::summaries::traces::{trace_export, trace_off, trace_on};
    pub use crate::summaries::writer::{
        SummaryWriter, create_file_writer, create_file_writer_with, create_noop_writer, flush,
    };

    /// `tf.summary.experimental`
    pub mod experimental {
        pub use crate::summaries::state::experimental::{get_step, set_step};
    }
}

/// `tf.train`
pub mod train {
    pub use crate::training::checkpoint::Checkpoint;
    pub use crate::training::manager::CheckpointManager;
    pub use crate::training::readers::{
        checkpoints_iterator, get_checkpoint_state, latest_checkpoint, list_variables, load_checkpoint,
        load_variable,
    };
}

/// What functions take beside tensors: optional arguments of those that end in `_with`, and choices.
pub mod options {
    pub use crate::generator::{Algorithm, Generator};
    pub use crate::padded_suppression::NonMaxSuppressionPaddedOptions;
    pub use crate::summaries::writer::SummaryWriter;
    pub use crate::tridiagonal_eigenvalues::EighTridiagonalOptions;
    pub use ferroflow_formats::{CheckpointReader, DecodeProtoOptions, DecodedProto, EncodeProtoOptions};
    pub use ferroflow_ops::composites::{
        AssertNearOptions, BincountOptions, ClipByNormOptions, ConfusionMatrixOptions, ContractedAxes,
        CountedValues, CrossColumn, CtcLossOptions, EyeOptions, FixedUnigramOptions, FractionalPoolOptions,
        NceLossOptions, NormOptions, Pieces, PrintLineOptions, Printed, RaggedConstantOptions,
        RaggedCrossOptions, RaggedRows, SampledSoftmaxLossOptions, SampledValues, SizeSymbol,
        SparseBincountOptions,
    };
    pub use ferroflow_ops_array::{
        DepthOptions, DiagOptions, GatherOptions, LikeOptions, OneHotOptions, PadOptions,
        ReverseSequenceOptions, SearchSortedOptions, ShapeOptions, SqueezeOptions, StackOptions,
        StridedSliceOptions, TopKOptions, TransposeOptions, UniqueOptions,
    };
    pub use ferroflow_ops_image::{
        CombinedNonMaxSuppressionOptions, CropAndResizeOptions, DecodeJpegOptions,
        DistortedBoundingBoxOptions, EncodeJpegOptions, ExtractGlimpseOptions, NonMaxSuppressionOptions,
        NonMaxSuppressionScoresOptions, ResizeMethod, ResizeOptions, SsimOptions,
    };
    pub use ferroflow_ops_io::gfile::{FileStatistics, WalkEntry};
    pub use ferroflow_ops_io::{DecodeCsvOptions, FeatureSpec, ParsedFeature, ParsedSequences};
    pub use ferroflow_ops_linalg::{
        LstsqOptions, SvdOptions, TriangularSolveOptions, TridiagonalSolveOptions,
    };
    pub use ferroflow_ops_math::{ArgExtremeOptions, Axes, CumulativeOptions, MatMulOptions, ReduceOptions};
    pub use ferroflow_ops_nn::{
        BiasAddOptions, ConvOptions, ConvolutionOptions, CtcBeamSearchDecoderOptions,
        CtcGreedyDecoderOptions, DequantizeOptions, FakeQuantArgsOptions, FakeQuantOptions, LeakyReluOptions,
        LocalResponseNormalizationOptions, Padding, PoolOptions, PoolingOptions,
        QuantizeAndDequantizeOptions, QuantizeOptions, Sizes, SoftmaxOptions,
    };
    pub use ferroflow_ops_random::{GammaOptions, NormalOptions, UniformOptions};
    pub use ferroflow_ops_signal::{
        DctOptions, DecodeWavOptions, FrameOptions, MdctOptions, MelOptions, RfftOptions, StftOptions,
        WindowFn,
    };
    pub use ferroflow_ops_sparse::{
        SerializeSparseOptions, SetOperand, SparseAddOptions, SparseCrossHashedOptions, SparseCrossOptions,
        SparseMatMulOptions, SparseReduceOptions,
    };
    pub use ferroflow_ops_text::{AsStringOptions, FormatOptions, NGramsOptions, UnicodeOptions};
    pub use ferroflow_proto::{CheckpointState, SummaryMetadata};
}
