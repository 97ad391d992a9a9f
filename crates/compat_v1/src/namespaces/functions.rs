//! Functions that are the same in v1 and v2, and all of TensorFlow's modules. `cargo xtask facades` writes this file.

pub use crate::namespaces::by_hand::arrays::{
    batch_gather, batch_to_space, get_static_value, space_to_batch, sparse_to_dense, string_split,
    verify_tensor_all_finite,
};
pub use crate::namespaces::by_hand::batching::{
    nondifferentiable_batch_function, nondifferentiable_batch_function_with,
};
pub use crate::namespaces::by_hand::casts::{
    arg_max, arg_min, div, to_bfloat16, to_complex64, to_complex128, to_double, to_float, to_int32, to_int64,
};
pub use crate::namespaces::by_hand::checks::{
    Assert, assert_equal, assert_greater, assert_greater_equal, assert_integer, assert_less,
    assert_less_equal, assert_near, assert_near_with, assert_negative, assert_non_negative,
    assert_non_positive, assert_none_equal, assert_positive, assert_rank, assert_rank_at_least,
    assert_rank_in, assert_scalar,
};
pub use crate::namespaces::by_hand::features::{
    FixedLenFeature, FixedLenSequenceFeature, SparseFeature, VarLenFeature, parse_single_example,
};
pub use crate::namespaces::by_hand::graph_values::{
    container, executing_eagerly_outside_functions, op_scope, py_func, sparse_merge, sparse_placeholder,
    tuple,
};
pub use crate::namespaces::by_hand::images::extract_image_patches;
pub use crate::namespaces::by_hand::random::random_poisson;
use crate::namespaces::forward::forward;
pub use crate::namespaces::functions::debugging::{
    assert_same_float_dtype, check_numerics, is_numeric_tensor,
};
pub use crate::namespaces::functions::image::random_crop;
pub use crate::namespaces::functions::io::{
    decode_base64, decode_compressed, decode_json_example, deserialize_many_sparse, encode_base64,
    matching_files, parse_single_sequence_example, parse_tensor, read_file, serialize_tensor, write_file,
};
pub use crate::namespaces::functions::linalg::{
    band_part as matrix_band_part, cholesky, cholesky_solve, cross, det as matrix_determinant,
    diag as matrix_diag, diag_part as matrix_diag_part, diag_part_with as matrix_diag_part_with,
    diag_with as matrix_diag_with, eigh as self_adjoint_eig, eigvalsh as self_adjoint_eigvals, global_norm,
    inv as matrix_inverse, inv_with as matrix_inverse_with, lstsq as matrix_solve_ls,
    lstsq_with as matrix_solve_ls_with, matrix_transpose, qr, qr_with, set_diag as matrix_set_diag,
    set_diag_with as matrix_set_diag_with, solve as matrix_solve, solve_with as matrix_solve_with, svd,
    svd_with, tensor_diag as diag, tensor_diag_part as diag_part, trace,
    triangular_solve as matrix_triangular_solve, triangular_solve_with as matrix_triangular_solve_with,
};
pub use crate::namespaces::functions::math::{
    accumulate_n, angle, betainc, ceil, conj, cumprod, cumprod_with, digamma, divide_no_nan as div_no_nan,
    erf, erfc, expm1, floordiv, igamma, igammac, imag, invert_permutation, is_finite, is_inf, is_nan,
    is_non_decreasing, is_strictly_increasing, lbeta, lgamma, log, log_sigmoid, log1p, logical_xor, mod_,
    mod_ as floormod, polygamma, real, reciprocal, rint, rsqrt, segment_max, segment_mean, segment_min,
    segment_prod, segment_sum, squared_difference, unsorted_segment_max, unsorted_segment_mean,
    unsorted_segment_min, unsorted_segment_prod, unsorted_segment_sqrt_n, unsorted_segment_sum, zeta,
};
pub use crate::namespaces::functions::quantization::{
    dequantize, dequantize_with, fake_quant_with_min_max_args, fake_quant_with_min_max_args_gradient,
    fake_quant_with_min_max_args_gradient_with, fake_quant_with_min_max_args_with,
    fake_quant_with_min_max_vars, fake_quant_with_min_max_vars_gradient,
    fake_quant_with_min_max_vars_gradient_with, fake_quant_with_min_max_vars_per_channel,
    fake_quant_with_min_max_vars_per_channel_gradient,
    fake_quant_with_min_max_vars_per_channel_gradient_with, fake_quant_with_min_max_vars_per_channel_with,
    fake_quant_with_min_max_vars_with, quantize, quantize_with, quantized_concat,
};
pub use crate::namespaces::functions::random::{
    gamma as random_gamma, gamma_with as random_gamma_with, normal as random_normal,
    normal_with as random_normal_with, shuffle as random_shuffle, truncated_normal, truncated_normal_with,
    uniform as random_uniform, uniform_with as random_uniform_with,
};
pub use crate::namespaces::functions::signal::{fft, fft2d, fft3d, ifft, ifft2d, ifft3d};
pub use crate::namespaces::functions::sparse::{
    fill_empty_rows as sparse_fill_empty_rows, mask as sparse_mask, maximum as sparse_maximum,
    minimum as sparse_minimum, reorder as sparse_reorder, reset_shape as sparse_reset_shape,
    reshape as sparse_reshape, retain as sparse_retain, slice as sparse_slice, softmax as sparse_softmax,
    sparse_dense_matmul as sparse_tensor_dense_matmul,
    sparse_dense_matmul_with as sparse_tensor_dense_matmul_with, to_dense as sparse_tensor_to_dense,
    to_indicator as sparse_to_indicator, transpose as sparse_transpose,
};
pub use crate::namespaces::functions::strings::{
    join as string_join, regex_replace, strip as string_strip,
    to_hash_bucket_fast as string_to_hash_bucket_fast, to_hash_bucket_strong as string_to_hash_bucket_strong,
};
pub use crate::namespaces::functions::{
    linspace as lin_space, linspace_with as lin_space_with, reverse as reverse_v2,
    tensor_scatter_nd_add as tensor_scatter_add, tensor_scatter_nd_sub as tensor_scatter_sub,
    tensor_scatter_nd_update as tensor_scatter_update,
};
pub use crate::queues::{FIFOQueue, PaddingFIFOQueue, PriorityQueue, RandomShuffleQueue};
pub use crate::training::accumulators::{ConditionalAccumulator, SparseConditionalAccumulator};
pub use crate::training::readers::{
    FixedLengthRecordReader, IdentityReader, ReaderBase, TFRecordReader, TextLineReader, WholeFileReader,
};
use ferroflow_core::{DType, IntoOperand, IntoOperands, NdArray, PartialShape, Result, SparseTensor, Tensor};
use ferroflow_ops::composites::{
    BincountOptions, ClipByNormOptions, ConfusionMatrixOptions, ContractedAxes, EyeOptions, NormOptions,
    Pieces, PrintLineOptions, Printed,
};
use ferroflow_ops_array::{
    DepthOptions, OneHotOptions, PadOptions, ReverseSequenceOptions, SearchSortedOptions, ShapeOptions,
    StackOptions, StridedSliceOptions, UniqueOptions,
};
use ferroflow_ops_io::{DecodeCsvOptions, FeatureSpec, ParsedFeature};
use ferroflow_ops_math::{Axes, CumulativeOptions, HistogramOptions, ReduceOptions};
use ferroflow_ops_sparse::{SerializeSparseOptions, SparseAddOptions, SparseReduceOptions};
use ferroflow_ops_text::AsStringOptions;

forward! {
    /// The absolute value; that of a complex number is real.
    abs(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::abs;
    /// The inverse of the cosine.
    acos(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::acos;
    /// The inverse of the hyperbolic cosine.
    acosh(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::acosh;
    /// `x + y`, elementwise with broadcasting; strings are joined.
    add(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::add;
    /// The sum of tensors of one shape and dtype, without broadcasting.
    add_n(inputs: impl IntoOperands) -> Result<Tensor> = ferroflow_ops_math::add_n;
    /// The order in which the elements of the last dimension of `values` stand when sorted, equal ones as they were.
    argsort(values: impl IntoOperand, descending: bool) -> Result<Tensor> = ferroflow_ops_array::argsort;
    /// Each number as text.
    as_string(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_text::as_string;
    /// Each number as text in a format.
    as_string_with(input: impl IntoOperand, options: impl FnOnce(AsStringOptions) -> AsStringOptions) -> Result<Tensor> = ferroflow_ops_text::as_string_with;
    /// The inverse of the sine.
    asin(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::asin;
    /// The inverse of the hyperbolic sine.
    asinh(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::asinh;
    /// Checks that a tensor has a dtype.
    assert_type(tensor: impl IntoOperand, tf_type: DType, message: &str) -> Result<()> = ferroflow_ops::composites::assert_type;
    /// The inverse of the tangent.
    atan(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::atan;
    /// The angle of the point `(x, y)`, in `[-pi, pi]`.
    atan2(y: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::atan2;
    /// The inverse of the hyperbolic tangent.
    atanh(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::atanh;
    /// How often each of the numbers from 0 to the largest occurs.
    bincount(arr: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::bincount;
    /// `bincount` with optional arguments.
    bincount_with(arr: impl IntoOperand, options: impl FnOnce(BincountOptions) -> BincountOptions) -> Result<Tensor> = ferroflow_ops::composites::bincount_with;
    /// The bytes of a tensor read as another dtype: a last dimension is added when its elements are smaller, and dropped when they are larger.
    bitcast(input: impl IntoOperand, dtype: DType) -> Result<Tensor> = ferroflow_ops_array::bitcast;
    /// The elements, or slices, of `tensor` where `mask` is true; the mask covers the first dimensions.
    boolean_mask(tensor: impl IntoOperand, mask: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::boolean_mask;
    /// The shape that tensors of two shapes broadcast to, computed when the program runs.
    broadcast_dynamic_shape(shape_x: impl IntoOperand, shape_y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::broadcast_dynamic_shape;
    /// The shape that two known shapes broadcast to.
    broadcast_static_shape(shape_x: &PartialShape, shape_y: &PartialShape) -> Result<PartialShape> = ferroflow_ops_array::broadcast_static_shape;
    /// The tensor repeated along its dimensions of size 1, and along new leading ones, to fill `shape`.
    broadcast_to(input: impl IntoOperand, shape: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::broadcast_to;
    /// The tensor, scaled down where its Euclidean norm, divided by its number of elements, is above `clip_norm`.
    clip_by_average_norm(t: impl IntoOperand, clip_norm: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::clip_by_average_norm;
    /// The tensors, all scaled down alike where their norm as a whole is above `clip_norm`; and that norm.
    clip_by_global_norm(t_list: &[Tensor], clip_norm: impl IntoOperand) -> Result<(Vec<Tensor>, Tensor)> = ferroflow_ops::composites::clip_by_global_norm;
    /// The tensor, scaled down where its Euclidean norm is above `clip_norm`.
    clip_by_norm(t: impl IntoOperand, clip_norm: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::clip_by_norm;
    /// `clip_by_norm` of slices.
    clip_by_norm_with(t: impl IntoOperand, clip_norm: impl IntoOperand, options: impl FnOnce(ClipByNormOptions) -> ClipByNormOptions) -> Result<Tensor> = ferroflow_ops::composites::clip_by_norm_with;
    /// The tensor with what is below `clip_value_min` or above `clip_value_max` replaced by these.
    clip_by_value(t: impl IntoOperand, clip_value_min: impl IntoOperand, clip_value_max: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::clip_by_value;
    /// Complex numbers of these real and imaginary parts.
    complex(real: impl IntoOperand, imag: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::complex;
    /// How often each class (the rows) was predicted to be each class (the columns).
    confusion_matrix(labels: impl IntoOperand, predictions: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::confusion_matrix;
    /// `confusion_matrix` with optional arguments.
    confusion_matrix_with(labels: impl IntoOperand, predictions: impl IntoOperand, options: impl FnOnce(ConfusionMatrixOptions) -> ConfusionMatrixOptions) -> Result<Tensor> = ferroflow_ops::composites::confusion_matrix_with;
    /// The cosine.
    cos(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::cos;
    /// The hyperbolic cosine.
    cosh(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::cosh;
    /// How many elements differ from 0 (from the empty string) along axes, as `int64`.
    count_nonzero(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> = ferroflow_ops::composites::count_nonzero;
    /// The sums of the elements up to each one along an axis.
    cumsum(x: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::cumsum;
    /// `cumsum` with optional arguments.
    cumsum_with(x: impl IntoOperand, axis: impl IntoOperand, options: impl FnOnce(CumulativeOptions) -> CumulativeOptions) -> Result<Tensor> = ferroflow_ops_math::cumsum_with;
    /// A tensor for each column, of the dtype of its default; a default without an element makes a column required.
    decode_csv(records: impl IntoOperand, record_defaults: &[NdArray]) -> Result<Vec<Tensor>> = ferroflow_ops_io::decode_csv;
    /// `decode_csv` in another notation.
    decode_csv_with(records: impl IntoOperand, record_defaults: &[NdArray], options: impl FnOnce(DecodeCsvOptions) -> DecodeCsvOptions) -> Result<Vec<Tensor>> = ferroflow_ops_io::decode_csv_with;
    /// The bytes of each string as numbers, along a new last axis.
    decode_raw(input_bytes: impl IntoOperand, out_type: DType, little_endian: bool) -> Result<Tensor> = ferroflow_ops_text::decode_raw;
    /// Images with the channels of each pixel spread over a block of `block_size` by `block_size` pixels.
    depth_to_space(input: impl IntoOperand, block_size: i64) -> Result<Tensor> = ferroflow_ops_array::depth_to_space;
    /// `depth_to_space` with options.
    depth_to_space_with(input: impl IntoOperand, block_size: i64, options: impl FnOnce(DepthOptions) -> DepthOptions) -> Result<Tensor> = ferroflow_ops_array::depth_to_space_with;
    /// `x / y` as Python 3 divides: integers become floats first.
    divide(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::divide;
    /// The rows of `data` dealt out to `num_partitions` tensors by the numbers in `partitions`.
    dynamic_partition(data: impl IntoOperand, partitions: impl IntoOperand, num_partitions: usize) -> Result<Vec<Tensor>> = ferroflow_ops_array::dynamic_partition;
    /// The rows of all of `data` at the places in `indices`; where a place is named twice, the last row stands.
    dynamic_stitch(indices: impl IntoOperands, data: impl IntoOperands) -> Result<Tensor> = ferroflow_ops_array::dynamic_stitch;
    /// The Levenshtein distance of the sequences along the last axis of two sparse tensors, as a part of the length of the true one where `normalize` is set.
    edit_distance(hypothesis: &SparseTensor, truth: &SparseTensor, normalize: bool) -> Result<Tensor> = ferroflow_ops_text::edit_distance;
    /// The sum of products of operands that an equation describes, as `numpy.einsum` does.
    einsum(equation: &str, inputs: impl IntoOperands) -> Result<Tensor> = ferroflow_ops_math::einsum;
    /// The tensor, after checking that its shape agrees with `shape`, which its static shape takes over.
    ensure_shape(x: impl IntoOperand, shape: impl Into<PartialShape>) -> Result<Tensor> = ferroflow_ops_array::ensure_shape;
    /// Whether `x == y`, element by element.
    equal(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::equal;
    /// The exponential.
    exp(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::exp;
    /// The patches of volumes under windows of these sizes, the elements of each in a row.
    extract_volume_patches(input: impl IntoOperand, ksizes: &[i64], strides: &[i64], padding: &str) -> Result<Tensor> = ferroflow_ops_nn::extract_volume_patches;
    /// A matrix with ones on its diagonal and zeros elsewhere.
    eye(num_rows: i64) -> Result<Tensor> = ferroflow_ops::composites::eye;
    /// `eye` with more columns, in batches, in other dtypes.
    eye_with(num_rows: i64, options: impl FnOnce(EyeOptions) -> EyeOptions) -> Result<Tensor> = ferroflow_ops::composites::eye_with;
    /// A tensor of this shape with `value` everywhere.
    fill(dims: impl IntoOperand, value: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::fill;
    /// Eight bytes for each row of the data, equal for equal rows.
    fingerprint(data: impl IntoOperand, method: &str) -> Result<Tensor> = ferroflow_ops_text::fingerprint;
    /// The largest whole number that is not larger.
    floor(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::floor;
    /// The slices of `params` at the coordinates in the last dimension of `indices`.
    gather_nd(params: impl IntoOperand, indices: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::gather_nd;
    /// The attributes `seed` and `seed2` of a random op whose own seed is `op_seed`: (0, 0) where nobody set any, which makes an op unpredictable.
    get_seed(op_seed: Option<i64>) -> (i64, i64) = ferroflow_ops_random::get_seed;
    /// Whether `x > y`.
    greater(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::greater;
    /// Whether `x >= y`.
    greater_equal(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::greater_equal;
    /// A tensor of the same value that promises never to change.
    guarantee_const(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::guarantee_const;
    /// How many values fall into each of 100 bins of one width between the two ends of `value_range`; values beyond an end count in the bin there.
    histogram_fixed_width(values: impl IntoOperand, value_range: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::histogram_fixed_width;
    /// For each value the number of the bin that it falls into, of `nbins` equal ones between the two ends of a range; what is outside falls into the first or the last.
    histogram_fixed_width_bins(values: impl IntoOperand, value_range: impl IntoOperand, nbins: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::histogram_fixed_width_bins;
    /// `histogram_fixed_width` with optional arguments.
    histogram_fixed_width_with(values: impl IntoOperand, value_range: impl IntoOperand, options: impl FnOnce(HistogramOptions) -> HistogramOptions) -> Result<Tensor> = ferroflow_ops_math::histogram_fixed_width_with;
    /// A tensor of the same value, with a node of its own in a graph.
    identity(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::identity;
    /// Tensors of the same values, all of which are computed before any of them is used.
    identity_n(input: impl IntoOperands) -> Result<Vec<Tensor>> = ferroflow_ops_array::identity_n;
    /// Whether `x < y`.
    less(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::less;
    /// Whether `x <= y`.
    less_equal(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::less_equal;
    /// `num` numbers at equal distances from `start` to `stop`, both among them, along a new axis in front.
    linspace(start: impl IntoOperand, stop: impl IntoOperand, num: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::linspace;
    /// `linspace` along a given new axis.
    linspace_with(start: impl IntoOperand, stop: impl IntoOperand, num: impl IntoOperand, axis: i32) -> Result<Tensor> = ferroflow_ops::composites::linspace_with;
    /// `x & y` on booleans, with broadcasting.
    logical_and(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::logical_and;
    /// `!x` on booleans.
    logical_not(x: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::logical_not;
    /// `x | y` on booleans, with broadcasting.
    logical_or(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::logical_or;
    /// The principal square roots of square matrices.
    matrix_square_root(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::sqrtm;
    /// The larger of two numbers; NaN if one of them is.
    maximum(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::maximum;
    /// For vectors `x0, x1, ...` the grids of their combinations, `x1` along the first dimension as plots want it.
    meshgrid(vectors: impl IntoOperands) -> Result<Vec<Tensor>> = ferroflow_ops_array::meshgrid;
    /// The smaller of two numbers; NaN if one of them is.
    minimum(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::minimum;
    /// `x * y`, elementwise with broadcasting.
    multiply(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::multiply;
    /// `-x`, elementwise; integers wrap around.
    negative(x: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::negative;
    /// The Euclidean norm of all elements.
    norm(tensor: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::norm;
    /// A norm of slices. Of matrices, order 1 is the largest sum of a column, infinity that of a row, and 2 the largest singular value.
    norm_with(tensor: impl IntoOperand, options: impl FnOnce(NormOptions) -> NormOptions) -> Result<Tensor> = ferroflow_ops::composites::norm_with;
    /// Whether `x != y`, element by element.
    not_equal(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::not_equal;
    /// What `function` gives for the values of `inputs`, as tensors of these dtypes: at once where ops run at once, else each time the node runs. It is not differentiated.
    numpy_function(function: impl Fn(&[NdArray]) -> Result<Vec<NdArray>> + Send + Sync + 'static, inputs: impl IntoOperands, dtypes: &[DType], stateful: bool) -> Result<Vec<Tensor>> = ferroflow_ops_control::numpy_function;
    /// For each index a vector of `depth` zeros but for a one at the index.
    one_hot(indices: impl IntoOperand, depth: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::one_hot;
    /// `one_hot` with options.
    one_hot_with(indices: impl IntoOperand, depth: impl IntoOperand, options: impl FnOnce(OneHotOptions) -> OneHotOptions) -> Result<Tensor> = ferroflow_ops_array::one_hot_with;
    /// The tensor with `paddings[d][0]` zeros before and `paddings[d][1]` after it along each dimension `d`.
    pad(tensor: impl IntoOperand, paddings: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::pad;
    /// `pad` with options.
    pad_with(tensor: impl IntoOperand, paddings: impl IntoOperand, options: impl FnOnce(PadOptions) -> PadOptions) -> Result<Tensor> = ferroflow_ops_array::pad_with;
    /// Tensors of one shape as the elements of one of a dimension more.
    parallel_stack(values: impl IntoOperands) -> Result<Tensor> = ferroflow_ops_array::parallel_stack;
    /// The features of serialized examples, in the order of `features`; of a scalar those of the one example.
    parse_example(serialized: impl IntoOperand, features: &[(&str, FeatureSpec)]) -> Result<Vec<ParsedFeature>> = ferroflow_ops_io::parse_example;
    /// `x` to the power of `y`.
    pow(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::pow;
    /// Prints the inputs, with spaces between, on standard error.
    print(inputs: &[Printed]) -> Result<()> = ferroflow_ops::composites::print;
    /// `print()` with optional arguments.
    print_with(inputs: &[Printed], options: impl FnOnce(PrintLineOptions) -> PrintLineOptions) -> Result<()> = ferroflow_ops::composites::print_with;
    /// The rows of values with one more value for each row that has none: `(value_rowids, values, empty_row_indicator, reverse_index_map)`.
    ragged_fill_empty_rows(value_rowids: impl IntoOperand, values: impl IntoOperand, nrows: impl IntoOperand, default_value: impl IntoOperand) -> Result<(Tensor, Tensor, Tensor, Tensor)> = ferroflow_ops_sparse::ragged_fill_empty_rows;
    /// The gradients of `ragged_fill_empty_rows` by its values and its default value.
    ragged_fill_empty_rows_grad(reverse_index_map: impl IntoOperand, grad_values: impl IntoOperand) -> Result<(Tensor, Tensor)> = ferroflow_ops_sparse::ragged_fill_empty_rows_grad;
    /// The numbers from `start` up to, and without, `limit`, at distances of `delta`.
    range(start: impl IntoOperand, limit: impl IntoOperand, delta: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::range;
    /// The number of dimensions, as an `int32`.
    rank(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::rank;
    /// `x / y` of one dtype, which stays: integers are divided as whole numbers.
    realdiv(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::realdiv;
    /// The strings along axes, joined.
    reduce_join(inputs: impl IntoOperand, axis: impl IntoOperand, keep_dims: bool, separator: &str) -> Result<Tensor> = ferroflow_ops_text::reduce_join;
    /// `log(sum(exp(x)))` along axes, without leaving the range of the dtype.
    reduce_logsumexp(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> = ferroflow_ops::composites::reduce_logsumexp;
    /// `reduce_logsumexp` with optional arguments.
    reduce_logsumexp_with(input: impl IntoOperand, axis: impl Into<Axes>, options: impl FnOnce(ReduceOptions) -> ReduceOptions) -> Result<Tensor> = ferroflow_ops::composites::reduce_logsumexp_with;
    /// Each element repeated as often as `repeats` says (a number for all, or one for each) along an axis; without an axis the input is flattened first.
    repeat(input: impl IntoOperand, repeats: impl IntoOperand, axis: Option<i64>) -> Result<Tensor> = ferroflow_ops::composites::repeat;
    /// The padding with which `SpaceToBatchND` can cut an input into blocks, and what `BatchToSpaceND` has to crop then: both `[dimensions, 2]`.
    required_space_to_batch_paddings(input_shape: impl IntoOperand, block_shape: &NdArray, base_paddings: Option<NdArray>) -> Result<(Tensor, Tensor)> = ferroflow_ops_nn::required_space_to_batch_paddings;
    /// The elements of a tensor in another shape, in which one size may be -1: whatever is left.
    reshape(tensor: impl IntoOperand, shape: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::reshape;
    /// The tensor with the order of elements along these dimensions reversed.
    reverse(tensor: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::reverse;
    /// The tensor with the first `seq_lengths[b]` elements of each sequence `b` reversed.
    reverse_sequence(input: impl IntoOperand, seq_lengths: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::reverse_sequence;
    /// `reverse_sequence` with options.
    reverse_sequence_with(input: impl IntoOperand, seq_lengths: impl IntoOperand, options: impl FnOnce(ReverseSequenceOptions) -> ReverseSequenceOptions) -> Result<Tensor> = ferroflow_ops_array::reverse_sequence_with;
    /// The tensor with its elements moved on by `shift` along `axis`, those at the end coming back at the start.
    roll(input: impl IntoOperand, shift: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::roll;
    /// The nearest whole number, the even one of two; integers stay as they are.
    round(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::round;
    /// The tensor in another dtype, values outside of its range brought to the nearest end.
    saturate_cast(value: impl IntoOperand, dtype: DType) -> Result<Tensor> = ferroflow_ops::composites::saturate_cast;
    /// A number times a tensor.
    scalar_mul(scalar: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::scalar_mul;
    /// A tensor of this shape that is zero but for the slices at the coordinates in the last dimension of `indices`, where `updates` are added up.
    scatter_nd(indices: impl IntoOperand, updates: impl IntoOperand, shape: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::scatter_nd;
    /// Where each value would go in the sorted last dimension of `sorted_sequence`.
    searchsorted(sorted_sequence: impl IntoOperand, values: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::searchsorted;
    /// `searchsorted` with options.
    searchsorted_with(sorted_sequence: impl IntoOperand, values: impl IntoOperand, options: impl FnOnce(SearchSortedOptions) -> SearchSortedOptions) -> Result<Tensor> = ferroflow_ops_array::searchsorted_with;
    /// For each length a row of that many `true`, then `false` up to `maxlen`.
    sequence_mask(lengths: impl IntoOperand, maxlen: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::sequence_mask;
    /// Each slice along the first axis as `serialize_sparse` gives it: `[n, 3]`.
    serialize_many_sparse(sp_input: &SparseTensor) -> Result<Tensor> = ferroflow_ops_sparse::serialize_many_sparse;
    /// `serialize_many_sparse` to another dtype.
    serialize_many_sparse_with(sp_input: &SparseTensor, options: impl FnOnce(SerializeSparseOptions) -> SerializeSparseOptions) -> Result<Tensor> = ferroflow_ops_sparse::serialize_many_sparse_with;
    /// The indices, values and shape of a sparse tensor, each in a text of its own.
    serialize_sparse(sp_input: &SparseTensor) -> Result<Tensor> = ferroflow_ops_sparse::serialize_sparse;
    /// `serialize_sparse` to another dtype.
    serialize_sparse_with(sp_input: &SparseTensor, options: impl FnOnce(SerializeSparseOptions) -> SerializeSparseOptions) -> Result<Tensor> = ferroflow_ops_sparse::serialize_sparse_with;
    /// The elements of `x` that are not in `y`, and where they stand in `x`.
    setdiff1d(x: impl IntoOperand, y: impl IntoOperand) -> Result<[Tensor; 2]> = ferroflow_ops_array::setdiff1d;
    /// `setdiff1d` with options.
    setdiff1d_with(x: impl IntoOperand, y: impl IntoOperand, options: impl FnOnce(UniqueOptions) -> UniqueOptions) -> Result<[Tensor; 2]> = ferroflow_ops_array::setdiff1d_with;
    /// The shapes of several tensors.
    shape_n(input: impl IntoOperands) -> Result<Vec<Tensor>> = ferroflow_ops_array::shape_n;
    /// `shape_n` with options.
    shape_n_with(input: impl IntoOperands, options: impl FnOnce(ShapeOptions) -> ShapeOptions) -> Result<Vec<Tensor>> = ferroflow_ops_array::shape_n_with;
    /// `1 / (1 + exp(-x))`.
    sigmoid(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::sigmoid;
    /// -1, 0 or 1, NaN for NaN; for a complex number the one of absolute value 1 in its direction.
    sign(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::sign;
    /// The sine.
    sin(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::sin;
    /// The hyperbolic sine.
    sinh(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::sinh;
    /// The number of elements, as an `int32`.
    size(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::size;
    /// `size` with options.
    size_with(input: impl IntoOperand, options: impl FnOnce(ShapeOptions) -> ShapeOptions) -> Result<Tensor> = ferroflow_ops_array::size_with;
    /// The box that begins at `begin` and is of size `size`, in which -1 stands for all that is left.
    slice(input: impl IntoOperand, begin: impl IntoOperand, size: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::slice;
    /// The tensor with the last dimension in order.
    sort(values: impl IntoOperand, descending: bool) -> Result<Tensor> = ferroflow_ops_array::sort;
    /// `space_to_batch` under the name of its op.
    space_to_batch_nd(input: impl IntoOperand, block_shape: impl IntoOperand, paddings: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::space_to_batch_nd;
    /// Images with each block of `block_size` by `block_size` pixels made one pixel of as many times the channels.
    space_to_depth(input: impl IntoOperand, block_size: i64) -> Result<Tensor> = ferroflow_ops_array::space_to_depth;
    /// `space_to_depth` with options.
    space_to_depth_with(input: impl IntoOperand, block_size: i64, options: impl FnOnce(DepthOptions) -> DepthOptions) -> Result<Tensor> = ferroflow_ops_array::space_to_depth_with;
    /// The sum of a sparse and a dense tensor of one shape, which is dense.
    sparse_add(a: &SparseTensor, b: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_sparse::add_dense;
    /// `add` with optional arguments.
    sparse_add_with(a: &SparseTensor, b: &SparseTensor, options: impl FnOnce(SparseAddOptions) -> SparseAddOptions) -> Result<SparseTensor> = ferroflow_ops_sparse::add_with;
    /// Sparse tensors joined along an axis.
    sparse_concat(axis: i64, sp_inputs: &[SparseTensor]) -> Result<SparseTensor> = ferroflow_ops_sparse::concat;
    /// The largest entry along axes, as a dense tensor; zero where there is none.
    sparse_reduce_max(sp_input: &SparseTensor, axis: Option<&[i32]>) -> Result<Tensor> = ferroflow_ops_sparse::reduce_max;
    /// The largest entry along axes, as a sparse tensor.
    sparse_reduce_max_sparse(sp_input: &SparseTensor, axis: Option<&[i32]>) -> Result<SparseTensor> = ferroflow_ops_sparse::reduce_max_sparse;
    /// `reduce_max_sparse` with optional arguments.
    sparse_reduce_max_sparse_with(sp_input: &SparseTensor, axis: Option<&[i32]>, options: impl FnOnce(SparseReduceOptions) -> SparseReduceOptions) -> Result<SparseTensor> = ferroflow_ops_sparse::reduce_max_sparse_with;
    /// `reduce_max` with optional arguments.
    sparse_reduce_max_with(sp_input: &SparseTensor, axis: Option<&[i32]>, options: impl FnOnce(SparseReduceOptions) -> SparseReduceOptions) -> Result<Tensor> = ferroflow_ops_sparse::reduce_max_with;
    /// The sum of entries along axes, as a dense tensor; `None` stands for all axes.
    sparse_reduce_sum(sp_input: &SparseTensor, axis: Option<&[i32]>) -> Result<Tensor> = ferroflow_ops_sparse::reduce_sum;
    /// The sum of entries along axes, as a sparse tensor.
    sparse_reduce_sum_sparse(sp_input: &SparseTensor, axis: Option<&[i32]>) -> Result<SparseTensor> = ferroflow_ops_sparse::reduce_sum_sparse;
    /// `reduce_sum_sparse` with optional arguments.
    sparse_reduce_sum_sparse_with(sp_input: &SparseTensor, axis: Option<&[i32]>, options: impl FnOnce(SparseReduceOptions) -> SparseReduceOptions) -> Result<SparseTensor> = ferroflow_ops_sparse::reduce_sum_sparse_with;
    /// `reduce_sum` with optional arguments.
    sparse_reduce_sum_with(sp_input: &SparseTensor, axis: Option<&[i32]>, options: impl FnOnce(SparseReduceOptions) -> SparseReduceOptions) -> Result<Tensor> = ferroflow_ops_sparse::reduce_sum_with;
    /// The means of the rows of each segment.
    sparse_segment_mean(data: impl IntoOperand, indices: impl IntoOperand, segment_ids: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::sparse_segment_mean;
    /// The sums of the rows of each segment over the square roots of their numbers.
    sparse_segment_sqrt_n(data: impl IntoOperand, indices: impl IntoOperand, segment_ids: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::sparse_segment_sqrt_n;
    /// The sums of the rows of each segment.
    sparse_segment_sum(data: impl IntoOperand, indices: impl IntoOperand, segment_ids: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::sparse_segment_sum;
    /// The tensor cut along an axis: into a number of equal pieces, or into pieces of the sizes given.
    split(value: impl IntoOperand, num_or_size_splits: impl Into<Pieces>, axis: impl IntoOperand) -> Result<Vec<Tensor>> = ferroflow_ops::composites::split;
    /// The square root.
    sqrt(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::sqrt;
    /// `x * x`.
    square(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::square;
    /// A tensor of the same value through which no gradient flows.
    stop_gradient(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::stop_gradient;
    /// The elements from `begin` up to `end` along each dimension.
    strided_slice(input: impl IntoOperand, begin: impl IntoOperand, end: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::strided_slice;
    /// `strided_slice` with options.
    strided_slice_with(input: impl IntoOperand, begin: impl IntoOperand, end: impl IntoOperand, options: impl FnOnce(StridedSliceOptions) -> StridedSliceOptions) -> Result<Tensor> = ferroflow_ops_array::strided_slice_with;
    /// The bucket of each string by TensorFlow's first hash.
    string_to_hash_bucket(input: impl IntoOperand, num_buckets: i64) -> Result<Tensor> = ferroflow_ops_text::to_hash_bucket;
    /// The number that each string stands for.
    string_to_number(input: impl IntoOperand, out_type: DType) -> Result<Tensor> = ferroflow_ops_text::to_number;
    /// `x - y`, elementwise with broadcasting.
    subtract(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::subtract;
    /// The tangent.
    tan(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::tan;
    /// The hyperbolic tangent.
    tanh(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::tanh;
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
    /// The seconds since 1970, as `float64`, when it runs.
    timestamp() -> Result<Tensor> = ferroflow_ops_control::timestamp;
    /// `x / y` as Python 3 divides: integers become `float64` (`float32` for 8 and 16 bits) first.
    truediv(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::truediv;
    /// `x / y` rounded towards zero.
    truncatediv(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::truncatediv;
    /// The remainder of division rounded towards zero, with the sign of `x`.
    truncatemod(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::truncatemod;
    /// The different elements of a vector in the order they first occur, and for each element which of them it is.
    unique(x: impl IntoOperand) -> Result<[Tensor; 2]> = ferroflow_ops_array::unique;
    /// `unique` with options.
    unique_with(x: impl IntoOperand, options: impl FnOnce(UniqueOptions) -> UniqueOptions) -> Result<[Tensor; 2]> = ferroflow_ops_array::unique_with;
    /// `unique`, and how often each of the different elements occurs.
    unique_with_counts(x: impl IntoOperand) -> Result<[Tensor; 3]> = ferroflow_ops_array::unique_with_counts;
    /// `unique_with_counts` with options.
    unique_with_counts_with(x: impl IntoOperand, options: impl FnOnce(UniqueOptions) -> UniqueOptions) -> Result<[Tensor; 3]> = ferroflow_ops_array::unique_with_counts_with;
    /// The coordinates, in an array of shape `dims`, of elements given by their places in row-major order.
    unravel_index(indices: impl IntoOperand, dims: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::unravel_index;
    /// The slices of a tensor along its first dimension.
    unstack(value: impl IntoOperand) -> Result<Vec<Tensor>> = ferroflow_ops_array::unstack;
    /// `unstack` with options.
    unstack_with(value: impl IntoOperand, options: impl FnOnce(StackOptions) -> StackOptions) -> Result<Vec<Tensor>> = ferroflow_ops_array::unstack_with;
    /// The same without broadcasting, but for a condition that is a vector of rows.
    where_(condition: impl IntoOperand, x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::select;
    /// `x` where the condition is true, else `y`; all three broadcast.
    where_v2(condition: impl IntoOperand, x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::where_select;
}

/// `tf.audio`
pub mod audio {
    use crate::namespaces::forward::forward;
    use ferroflow_core::{IntoOperand, Result, Tensor};
    use ferroflow_ops_signal::DecodeWavOptions;

    forward! {
        /// The samples of a 16-bit WAV file in `[-1, 1)`, shaped `[samples, channels]`, and their rate.
        decode_wav(contents: impl IntoOperand) -> Result<(Tensor, Tensor)> = ferroflow_ops_signal::decode_wav;
        /// `decode_wav` with optional arguments.
        decode_wav_with(contents: impl IntoOperand, options: impl FnOnce(DecodeWavOptions) -> DecodeWavOptions) -> Result<(Tensor, Tensor)> = ferroflow_ops_signal::decode_wav_with;
        /// A 16-bit WAV file of samples in `[-1, 1]`, shaped `[samples, channels]`.
        encode_wav(audio: impl IntoOperand, sample_rate: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_signal::encode_wav;
    }
}

/// `tf.bitwise`
pub mod bitwise {
    use crate::namespaces::forward::forward;
    use ferroflow_core::{IntoOperand, Result, Tensor};

    forward! {
        /// `x & y` bit by bit, on integers, with broadcasting.
        bitwise_and(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::bitwise_and;
        /// `x | y` bit by bit, on integers, with broadcasting.
        bitwise_or(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::bitwise_or;
        /// `x ^ y` bit by bit, on integers, with broadcasting.
        bitwise_xor(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::bitwise_xor;
        /// Every bit flipped, on integers.
        invert(x: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::invert;
        /// The bits of `x` moved `y` places up.
        left_shift(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::left_shift;
        /// The bits of `x` moved `y` places down, the sign filling up.
        right_shift(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::right_shift;
    }
}

/// `tf.debugging`
pub mod debugging {
    pub use crate::namespaces::by_hand::arrays::verify_tensor_all_finite as assert_all_finite;
    pub use crate::namespaces::by_hand::checks::{
        Assert, assert_equal, assert_greater, assert_greater_equal, assert_integer, assert_less,
        assert_less_equal, assert_near, assert_near_with, assert_negative, assert_non_negative,
        assert_non_positive, assert_none_equal, assert_positive, assert_rank, assert_rank_at_least,
        assert_rank_in, assert_scalar, assert_shapes,
    };
    use crate::namespaces::forward::forward;
    pub use crate::namespaces::functions::assert_type;
    pub use crate::namespaces::functions::math::{
        is_finite, is_inf, is_nan, is_non_decreasing, is_strictly_increasing,
    };
    use ferroflow_core::{DType, IntoOperand, Result, Tensor};

    forward! {
        /// The floating dtype that the tensors share; `dtype`, or `float32`, without any.
        assert_same_float_dtype(tensors: &[Tensor], dtype: Option<DType>) -> Result<DType> = ferroflow_ops::composites::assert_same_float_dtype;
        /// The tensor itself, after checking that every element is finite.
        check_numerics(tensor: impl IntoOperand, message: &str) -> Result<Tensor> = ferroflow_ops_array::check_numerics;
        /// Whether the elements are numbers.
        is_numeric_tensor(tensor: &Tensor) -> bool = ferroflow_ops::composites::is_numeric_tensor;
    }
}

/// `tf.dtypes`
pub mod dtypes {
    pub use crate::namespaces::functions::{as_string, as_string_with, complex, saturate_cast};
    pub use crate::{
        DType, as_dtype, bfloat16, bool, cast, complex64, complex128, float32, float64, float64 as double,
        half, half as float16, int8, int16, int32, int64, qint8, qint16, qint32, quint8, quint16, resource,
        string, uint8, uint16, uint32, uint64, variant,
    };
}

/// `tf.graph_util`
pub mod graph_util {
    pub use crate::import_graph_def;
    pub use crate::models::graph_util::{
        convert_variables_to_constants, convert_variables_to_constants_with, extract_sub_graph,
        remove_training_nodes,
    };
}

/// `tf.image`
pub mod image {
    pub use crate::namespaces::by_hand::images::{
        extract_image_patches, non_max_suppression_padded, non_max_suppression_padded_with, resize_area,
        resize_bicubic, resize_bilinear, resize_images, resize_images as resize, resize_nearest_neighbor,
        rot90,
    };
    use crate::namespaces::forward::forward;
    pub use crate::namespaces::functions::image::{
        resize_with_crop_or_pad as resize_image_with_crop_or_pad, transpose as transpose_image,
    };
    pub use crate::namespaces::functions::io::{
        decode_and_crop_jpeg, decode_bmp, decode_gif, decode_image, decode_image_with, decode_jpeg,
        decode_jpeg_with, decode_png, decode_webp, encode_jpeg, encode_jpeg_with, encode_png,
        extract_jpeg_shape, is_jpeg,
    };
    use ferroflow_core::{DType, IntoOperand, Result, Tensor};
    use ferroflow_ops_image::{
        CombinedNonMaxSuppressionOptions, CropAndResizeOptions, DistortedBoundingBoxOptions,
        ExtractGlimpseOptions, NonMaxSuppressionOptions, NonMaxSuppressionScoresOptions, SsimOptions,
    };

    forward! {
        /// Images with `delta` added to every pixel, in parts of the range of the dtype.
        adjust_brightness(image: impl IntoOperand, delta: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::adjust_brightness;
        /// Images whose distances from the mean of their channel are scaled by `contrast_factor`.
        adjust_contrast(images: impl IntoOperand, contrast_factor: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::adjust_contrast;
        /// `gain * image ^ gamma`.
        adjust_gamma(image: impl IntoOperand, gamma: f64, gain: f64) -> Result<Tensor> = ferroflow_ops_image::adjust_gamma;
        /// Images of red, green and blue whose hues are turned by `delta`, from -1 to 1.
        adjust_hue(image: impl IntoOperand, delta: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::adjust_hue;
        /// An image as it comes out of a JPEG file of a quality from 0 to 100.
        adjust_jpeg_quality(image: impl IntoOperand, jpeg_quality: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::adjust_jpeg_quality;
        /// Images of red, green and blue whose saturation is multiplied by a factor.
        adjust_saturation(image: impl IntoOperand, saturation_factor: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::adjust_saturation;
        /// The middle part of the images, this part of their height and width.
        central_crop(image: impl IntoOperand, central_fraction: f64) -> Result<Tensor> = ferroflow_ops_image::central_crop;
        /// Boxes, scores, classes and their number, for each image of a batch.
        combined_non_max_suppression(boxes: impl IntoOperand, scores: impl IntoOperand, max_output_size_per_class: impl IntoOperand, max_total_size: impl IntoOperand) -> Result<[Tensor; 4]> = ferroflow_ops_image::combined_non_max_suppression;
        /// `combined_non_max_suppression` with other thresholds.
        combined_non_max_suppression_with(boxes: impl IntoOperand, scores: impl IntoOperand, max_output_size_per_class: impl IntoOperand, max_total_size: impl IntoOperand, options: impl FnOnce(CombinedNonMaxSuppressionOptions) -> CombinedNonMaxSuppressionOptions) -> Result<[Tensor; 4]> = ferroflow_ops_image::combined_non_max_suppression_with;
        /// Images of another dtype: floats stand for 0 to 1, integers for 0 to their largest value.
        convert_image_dtype(image: impl IntoOperand, dtype: DType) -> Result<Tensor> = ferroflow_ops_image::convert_image_dtype;
        /// The boxes `[y1, x1, y2, x2]`, in parts of the image's size, each cut out of the image that `box_indices` names and resized to `crop_size`.
        crop_and_resize(image: impl IntoOperand, boxes: impl IntoOperand, box_indices: impl IntoOperand, crop_size: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::crop_and_resize;
        /// `crop_and_resize` by another method.
        crop_and_resize_with(image: impl IntoOperand, boxes: impl IntoOperand, box_indices: impl IntoOperand, crop_size: impl IntoOperand, options: impl FnOnce(CropAndResizeOptions) -> CropAndResizeOptions) -> Result<Tensor> = ferroflow_ops_image::crop_and_resize_with;
        /// A part of the images: from these offsets, of this height and width.
        crop_to_bounding_box(image: impl IntoOperand, offset_height: i64, offset_width: i64, target_height: i64, target_width: i64) -> Result<Tensor> = ferroflow_ops_image::crop_to_bounding_box;
        /// Images with a frame around each box `[y1, x1, y2, x2]`, in parts of the image's size; the colours take turns.
        draw_bounding_boxes(images: impl IntoOperand, boxes: impl IntoOperand, colors: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::draw_bounding_boxes;
        /// A window of `size` out of each image, at its offset.
        extract_glimpse(input: impl IntoOperand, size: impl IntoOperand, offsets: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::extract_glimpse;
        /// `extract_glimpse` by another way to give offsets.
        extract_glimpse_with(input: impl IntoOperand, size: impl IntoOperand, offsets: impl IntoOperand, options: impl FnOnce(ExtractGlimpseOptions) -> ExtractGlimpseOptions) -> Result<Tensor> = ferroflow_ops_image::extract_glimpse_with;
        /// The patches of images under windows of these sizes, the pixels of each in a row; `rates` says how far apart these are.
        extract_patches(images: impl IntoOperand, sizes: &[i64], strides: &[i64], rates: &[i64], padding: &str) -> Result<Tensor> = ferroflow_ops_nn::extract_patches;
        /// Images mirrored from left to right.
        flip_left_right(image: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::flip_left_right;
        /// Images turned upside down.
        flip_up_down(image: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::flip_up_down;
        /// Images of three equal channels.
        grayscale_to_rgb(images: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::grayscale_to_rgb;
        /// Red, green and blue of pixels of hue, saturation and value.
        hsv_to_rgb(images: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::hsv_to_rgb;
        /// The differences `(dy, dx)` of each pixel to the next one, 0 for the last.
        image_gradients(image: impl IntoOperand) -> Result<(Tensor, Tensor)> = ferroflow_ops_image::image_gradients;
        /// The indices of up to `max_output_size` boxes `[y1, x1, y2, x2]`, best first, without those that overlap a better one by more than half.
        non_max_suppression(boxes: impl IntoOperand, scores: impl IntoOperand, max_output_size: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::non_max_suppression;
        /// The indices of up to `max_output_size` boxes, best first, without those that overlap a better one by more than the threshold.
        non_max_suppression_overlaps(overlaps: impl IntoOperand, scores: impl IntoOperand, max_output_size: impl IntoOperand, overlap_threshold: impl IntoOperand, score_threshold: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::non_max_suppression_overlaps;
        /// `non_max_suppression` with other thresholds.
        non_max_suppression_with(boxes: impl IntoOperand, scores: impl IntoOperand, max_output_size: impl IntoOperand, options: impl FnOnce(NonMaxSuppressionOptions) -> NonMaxSuppressionOptions) -> Result<Tensor> = ferroflow_ops_image::non_max_suppression_with;
        /// What `non_max_suppression` selects, and the scores of these boxes.
        non_max_suppression_with_scores(boxes: impl IntoOperand, scores: impl IntoOperand, max_output_size: impl IntoOperand) -> Result<(Tensor, Tensor)> = ferroflow_ops_image::non_max_suppression_with_scores;
        /// `non_max_suppression_with_scores` with other thresholds, or scores that fall off.
        non_max_suppression_with_scores_with(boxes: impl IntoOperand, scores: impl IntoOperand, max_output_size: impl IntoOperand, options: impl FnOnce(NonMaxSuppressionScoresOptions) -> NonMaxSuppressionScoresOptions) -> Result<(Tensor, Tensor)> = ferroflow_ops_image::non_max_suppression_with_scores_with;
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
        /// Images cut in their middle, or padded around, to this height and width.
        resize_with_crop_or_pad(image: impl IntoOperand, target_height: i64, target_width: i64) -> Result<Tensor> = ferroflow_ops_image::resize_with_crop_or_pad;
        /// Images of one channel, the luma of red, green and blue.
        rgb_to_grayscale(images: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::rgb_to_grayscale;
        /// Hue, saturation and value, between 0 and 1, of pixels of red, green and blue.
        rgb_to_hsv(images: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::rgb_to_hsv;
        /// Luma and the two chrominances of NTSC.
        rgb_to_yiq(images: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::rgb_to_yiq;
        /// Luma and the two chrominances of PAL.
        rgb_to_yuv(images: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::rgb_to_yuv;
        /// A random part of an image of this size: where it begins, its size, and it as a box.
        sample_distorted_bounding_box(image_size: impl IntoOperand, bounding_boxes: impl IntoOperand, options: impl FnOnce(DistortedBoundingBoxOptions) -> DistortedBoundingBoxOptions) -> Result<[Tensor; 3]> = ferroflow_ops_image::sample_distorted_bounding_box;
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
    pub use crate::QueueBase;
    pub use crate::models::graph_util::write_graph;
    pub use crate::namespaces::by_hand::features::{
        FixedLenFeature, FixedLenSequenceFeature, RaggedFeature, SparseFeature, VarLenFeature,
        parse_single_example,
    };
    use crate::namespaces::forward::forward;
    pub use crate::namespaces::functions::{
        decode_csv, decode_csv_with, decode_raw, parse_example, serialize_many_sparse,
        serialize_many_sparse_with, serialize_sparse, serialize_sparse_with,
    };
    pub use crate::queues::{PaddingFIFOQueue, PriorityQueue, RandomShuffleQueue};
    use ferroflow_core::{DType, IntoOperand, IntoOperands, Result, SparseTensor, Tensor};
    use ferroflow_formats::{DecodeProtoOptions, DecodedProto, EncodeProtoOptions};
    use ferroflow_ops_image::{DecodeJpegOptions, EncodeJpegOptions};
    use ferroflow_ops_io::{FeatureSpec, ParsedSequences};

    forward! {
        /// The pixels of a window `[y, x, height, width]` of a JPEG file.
        decode_and_crop_jpeg(contents: impl IntoOperand, crop_window: impl IntoOperand, channels: i64) -> Result<Tensor> = ferroflow_ops_image::decode_and_crop_jpeg;
        /// The strings that stand in the web-safe form of Base64.
        decode_base64(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_text::decode_base64;
        /// The pixels of a BMP file in this many channels; 0 for as many as it has.
        decode_bmp(contents: impl IntoOperand, channels: i64) -> Result<Tensor> = ferroflow_ops_image::decode_bmp;
        /// What is compressed in each string: `ZLIB`, `GZIP`, or nothing.
        decode_compressed(bytes: impl IntoOperand, compression_type: &str) -> Result<Tensor> = ferroflow_ops_io::decode_compressed;
        /// The frames of a GIF file, as they are seen one after the other.
        decode_gif(contents: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::decode_gif;
        /// The pixels of an image file of any format.
        decode_image(contents: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::decode_image;
        /// `decode_image` in another number of channels or dtype, or without the later frames of a GIF.
        decode_image_with(contents: impl IntoOperand, channels: i64, dtype: DType, expand_animations: bool) -> Result<Tensor> = ferroflow_ops_image::decode_image_with;
        /// The pixels of a JPEG file.
        decode_jpeg(contents: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::decode_jpeg;
        /// `decode_jpeg` with options.
        decode_jpeg_with(contents: impl IntoOperand, options: impl FnOnce(DecodeJpegOptions) -> DecodeJpegOptions) -> Result<Tensor> = ferroflow_ops_image::decode_jpeg_with;
        /// Serialized `tf.train.Example` messages, from the same in JSON.
        decode_json_example(json_examples: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_io::decode_json_example;
        /// The pixels of a PNG file in this many channels; 0 for as many as it has.
        decode_png(contents: impl IntoOperand, channels: i64) -> Result<Tensor> = ferroflow_ops_image::decode_png;
        /// Fields of serialized messages, a tensor for each. Messages with fewer values than others are filled up with the field's default; a field that is a message gives its bytes.
        decode_proto(bytes: impl IntoOperand, message_type: &str, field_names: &[&str], output_types: &[DType]) -> Result<DecodedProto> = ferroflow_formats::decode_proto;
        /// `decode_proto` of messages described elsewhere.
        decode_proto_with(bytes: impl IntoOperand, message_type: &str, field_names: &[&str], output_types: &[DType], options: impl FnOnce(DecodeProtoOptions) -> DecodeProtoOptions) -> Result<DecodedProto> = ferroflow_formats::decode_proto_with;
        /// The frames of a WebP file; 0 channels are those it has, and no other number is converted to.
        decode_webp(contents: impl IntoOperand, channels: i64) -> Result<Tensor> = ferroflow_ops_image::decode_webp;
        /// The slices that `serialize_many_sparse` gave, joined along a new first axis.
        deserialize_many_sparse(serialized_sparse: impl IntoOperand, dtype: DType) -> Result<SparseTensor> = ferroflow_ops_sparse::deserialize_many_sparse;
        /// The strings in the web-safe form of Base64.
        encode_base64(input: impl IntoOperand, pad: bool) -> Result<Tensor> = ferroflow_ops_text::encode_base64;
        /// An image as a JPEG file, the same bytes that TensorFlow gives.
        encode_jpeg(image: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::encode_jpeg;
        /// `encode_jpeg` with optional arguments.
        encode_jpeg_with(image: impl IntoOperand, options: impl FnOnce(EncodeJpegOptions) -> EncodeJpegOptions) -> Result<Tensor> = ferroflow_ops_image::encode_jpeg_with;
        /// Each image as a PNG file of 8 or 16 bits a sample; `compression` is from 0 to 9, or -1 for a good choice.
        encode_png(image: impl IntoOperand, compression: i64) -> Result<Tensor> = ferroflow_ops_image::encode_png;
        /// Serialized messages: `sizes` says how many of its `values` each message takes for each field.
        encode_proto(sizes: impl IntoOperand, values: impl IntoOperands, field_names: &[&str], message_type: &str) -> Result<Tensor> = ferroflow_formats::encode_proto;
        /// `encode_proto` of messages described elsewhere.
        encode_proto_with(sizes: impl IntoOperand, values: impl IntoOperands, field_names: &[&str], message_type: &str, options: impl FnOnce(EncodeProtoOptions) -> EncodeProtoOptions) -> Result<Tensor> = ferroflow_formats::encode_proto_with;
        /// Height, width and channels of a JPEG file, without decoding it.
        extract_jpeg_shape(contents: impl IntoOperand, output_type: DType) -> Result<Tensor> = ferroflow_ops_image::extract_jpeg_shape;
        /// Whether bytes begin as a JPEG image does.
        is_jpeg(contents: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_image::is_jpeg;
        /// The names of the files that match a pattern (`*`, `?`, `[a-z]` within a directory's name), sorted.
        matching_files(pattern: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_io::matching_files;
        /// The features of serialized examples that have features as wholes and lists of features of their steps.
        parse_sequence_example(serialized: impl IntoOperand, context_features: &[(&str, FeatureSpec)], sequence_features: &[(&str, FeatureSpec)]) -> Result<ParsedSequences> = ferroflow_ops_io::parse_sequence_example;
        /// The features of one serialized example, as `parse_sequence_example` gives them, without the dimension of examples.
        parse_single_sequence_example(serialized: impl IntoOperand, context_features: &[(&str, FeatureSpec)], sequence_features: &[(&str, FeatureSpec)]) -> Result<ParsedSequences> = ferroflow_ops_io::parse_single_sequence_example;
        /// The tensor that a message holds.
        parse_tensor(serialized: impl IntoOperand, out_type: DType) -> Result<Tensor> = ferroflow_ops_io::parse_tensor;
        /// The bytes of a file.
        read_file(filename: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_io::read_file;
        /// The tensor as the bytes of a message.
        serialize_tensor(tensor: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_io::serialize_tensor;
        /// Writes a file, and the directories it stands in where they are missing.
        write_file(filename: impl IntoOperand, contents: impl IntoOperand) -> Result<()> = ferroflow_ops_io::write_file;
    }

    /// `tf.io.gfile`
    pub mod gfile {
        use crate::namespaces::forward::forward;
        use ferroflow_core::Result;
        use ferroflow_ops_io::gfile::{FileStatistics, WalkEntry};

        forward! {
            /// Copies a file; an existing target is written over if `overwrite` says so.
            copy(src: &str, dst: &str, overwrite: bool) -> Result<()> = ferroflow_ops_io::gfile::copy;
            /// Whether a file or directory of this name exists.
            exists(path: &str) -> Result<bool> = ferroflow_ops_io::gfile::exists;
            /// The schemes whose files can be opened: those of this machine.
            get_registered_schemes() -> Vec<String> = ferroflow_ops_io::gfile::get_registered_schemes;
            /// The names that match a pattern (`*`, `?`, `[a-z]` within a directory's name), sorted.
            glob(pattern: &str) -> Result<Vec<String>> = ferroflow_ops_io::gfile::glob;
            /// Whether a directory of this name exists.
            isdir(path: &str) -> Result<bool> = ferroflow_ops_io::gfile::isdir;
            /// Parts of a path put together; what begins with `/` begins the path anew.
            join(parts: &[&str]) -> String = ferroflow_ops_io::gfile::join;
            /// The names of what a directory holds, sorted.
            listdir(path: &str) -> Result<Vec<String>> = ferroflow_ops_io::gfile::listdir;
            /// Makes a directory and those that it stands in.
            makedirs(path: &str) -> Result<()> = ferroflow_ops_io::gfile::makedirs;
            /// Makes a directory; one that is there already stays.
            mkdir(path: &str) -> Result<()> = ferroflow_ops_io::gfile::mkdir;
            /// Removes a file.
            remove(path: &str) -> Result<()> = ferroflow_ops_io::gfile::remove;
            /// Gives a file another name; an existing target is replaced if `overwrite` says so.
            rename(src: &str, dst: &str, overwrite: bool) -> Result<()> = ferroflow_ops_io::gfile::rename;
            /// Removes a directory and all that is in it.
            rmtree(path: &str) -> Result<()> = ferroflow_ops_io::gfile::rmtree;
            /// What the file system knows of a file or directory.
            stat(path: &str) -> Result<FileStatistics> = ferroflow_ops_io::gfile::stat;
            /// The directories below one, and what they hold; a directory comes before those in it, unless `topdown` is false.
            walk(top: &str, topdown: bool) -> Result<Vec<WalkEntry>> = ferroflow_ops_io::gfile::walk;
        }
    }
}

/// `tf.linalg`
pub mod linalg {
    pub use crate::namespaces::by_hand::matrices::{eigh_tridiagonal, eigh_tridiagonal_with, expm};
    use crate::namespaces::forward::forward;
    pub use crate::namespaces::functions::linalg::matrix_transpose as transpose;
    pub use crate::namespaces::functions::nn::l2_normalize;
    pub use crate::namespaces::functions::{
        einsum, eye, eye_with, matrix_square_root as sqrtm, norm, norm_with, tensordot,
    };
    pub use crate::{matmul, matmul_with};
    use ferroflow_core::{IntoOperand, Result, Tensor};
    use ferroflow_ops_array::DiagOptions;
    use ferroflow_ops_linalg::{LstsqOptions, SvdOptions, TriangularSolveOptions, TridiagonalSolveOptions};

    forward! {
        /// The tensor with its last two axes swapped, and complex conjugate.
        adjoint(matrix: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::adjoint;
        /// The innermost matrices with everything set to zero but `num_lower` diagonals below the main one and `num_upper` above it; negative numbers keep all.
        band_part(input: impl IntoOperand, num_lower: impl IntoOperand, num_upper: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::band_part;
        /// The lower triangular factors of positive definite matrices, of which the lower triangles are read. Where a matrix is not positive definite, the triangle is NaN.
        cholesky(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::cholesky;
        /// The solutions of `a * x = rhs`, given the Cholesky factors of `a`.
        cholesky_solve(chol: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::cholesky_solve;
        /// The vector product of the three-element vectors in the last axes.
        cross(a: impl IntoOperand, b: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::cross;
        /// The determinants of square matrices.
        det(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::det;
        /// Matrices with the last dimension of `diagonal` on their main diagonals.
        diag(diagonal: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::diag;
        /// The main diagonals of the innermost matrices.
        diag_part(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::diag_part;
        /// `diag_part` with options.
        diag_part_with(input: impl IntoOperand, options: impl FnOnce(DiagOptions) -> DiagOptions) -> Result<Tensor> = ferroflow_ops_array::diag_part_with;
        /// `diag` with options.
        diag_with(diagonal: impl IntoOperand, options: impl FnOnce(DiagOptions) -> DiagOptions) -> Result<Tensor> = ferroflow_ops_array::diag_with;
        /// The eigenvalues of self-adjoint matrices in rising order, and their eigenvectors as columns. Only the lower triangles are read.
        eigh(tensor: impl IntoOperand) -> Result<(Tensor, Tensor)> = ferroflow_ops_linalg::eigh;
        /// The eigenvalues of self-adjoint matrices in rising order.
        eigvalsh(tensor: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::eigvalsh;
        /// The Euclidean norm of all elements of all tensors.
        global_norm(t_list: &[Tensor]) -> Result<Tensor> = ferroflow_ops::composites::global_norm;
        /// The inverses of square matrices.
        inv(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::inv;
        /// The inverses of square matrices, or of their adjoints.
        inv_with(input: impl IntoOperand, adjoint: bool) -> Result<Tensor> = ferroflow_ops_linalg::inv_with;
        /// The logarithms of the determinants of positive definite matrices.
        logdet(matrix: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::logdet;
        /// The principal logarithms of square complex matrices.
        logm(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::logm;
        /// The `x` with the smallest `matrix * x - rhs`, and the smallest one of them.
        lstsq(matrix: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::lstsq;
        /// `lstsq` with optional arguments.
        lstsq_with(matrix: impl IntoOperand, rhs: impl IntoOperand, options: impl FnOnce(LstsqOptions) -> LstsqOptions) -> Result<Tensor> = ferroflow_ops_linalg::lstsq_with;
        /// The factors of square matrices whose rows are permuted, both in one matrix, and the permutations.
        lu(input: impl IntoOperand) -> Result<(Tensor, Tensor)> = ferroflow_ops_linalg::lu;
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
        /// The signs of determinants and the logarithms of their absolute values.
        slogdet(input: impl IntoOperand) -> Result<(Tensor, Tensor)> = ferroflow_ops_linalg::slogdet;
        /// The solutions of `matrix * x = rhs`.
        solve(matrix: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_linalg::solve;
        /// `solve`, for the adjoint matrices where asked.
        solve_with(matrix: impl IntoOperand, rhs: impl IntoOperand, adjoint: bool) -> Result<Tensor> = ferroflow_ops_linalg::solve_with;
        /// The singular values of matrices in falling order, and their left and right singular vectors as columns.
        svd(tensor: impl IntoOperand) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_linalg::svd;
        /// `svd` with optional arguments.
        svd_with(tensor: impl IntoOperand, options: impl FnOnce(SvdOptions) -> SvdOptions) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_linalg::svd_with;
        /// A tensor of twice the rank with `diagonal` where both halves of the coordinates are equal.
        tensor_diag(diagonal: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::tensor_diag;
        /// The elements where both halves of the coordinates are equal.
        tensor_diag_part(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::tensor_diag_part;
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

/// `tf.losses`
pub mod losses {
    pub use crate::batch_losses::{
        Reduction, absolute_difference, absolute_difference_with, add_loss, compute_weighted_loss,
        compute_weighted_loss_with, cosine_distance, cosine_distance_with, get_losses,
        get_regularization_loss, get_regularization_losses, get_total_loss, hinge_loss, hinge_loss_with,
        huber_loss, huber_loss_with, log_loss, log_loss_with, mean_pairwise_squared_error,
        mean_pairwise_squared_error_with, mean_squared_error, mean_squared_error_with,
    };
    pub use crate::cross_entropies::{
        sigmoid_cross_entropy, sigmoid_cross_entropy_with, softmax_cross_entropy, softmax_cross_entropy_with,
        sparse_softmax_cross_entropy, sparse_softmax_cross_entropy_with,
    };
}

/// `tf.math`
pub mod math {
    pub use crate::namespaces::by_hand::neural::in_top_k;
    use crate::namespaces::forward::forward;
    pub use crate::namespaces::functions::math::mod_ as floormod;
    pub use crate::namespaces::functions::nn::{
        approx_max_k, l2_normalize, log_softmax, log_softmax_with, softmax, softmax_with, softplus, softsign,
        top_k, top_k_with, zero_fraction,
    };
    pub use crate::namespaces::functions::{
        abs, acos, acosh, add, add_n, asin, asinh, atan, atan2, atanh, bincount, bincount_with,
        confusion_matrix, confusion_matrix_with, cos, cosh, count_nonzero, cumsum, cumsum_with, divide,
        equal, exp, floor, greater, greater_equal, less, less_equal, logical_and, logical_not, logical_or,
        maximum, minimum, multiply, negative, not_equal, pow, reduce_logsumexp, reduce_logsumexp_with, round,
        scalar_mul, sigmoid, sign, sin, sinh, sqrt, square, subtract, tan, tanh, truediv,
    };
    pub use crate::{
        argmax, argmin, reduce_all, reduce_any, reduce_max, reduce_mean, reduce_min, reduce_prod, reduce_sum,
    };
    use ferroflow_core::{DType, IntoOperand, IntoOperands, Result, Tensor};
    use ferroflow_ops_math::{Axes, CumulativeOptions, ReduceOptions};

    forward! {
        /// The same sum under TensorFlow's other name.
        accumulate_n(inputs: impl IntoOperands) -> Result<Tensor> = ferroflow_ops_math::accumulate_n;
        /// The angle in the complex plane, in `(-pi, pi]`: 0 or pi for a real number.
        angle(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::angle;
        /// The modified Bessel function of the first kind, of order 0.
        bessel_i0(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::bessel_i0;
        /// `bessel_i0` over the exponential of the absolute value.
        bessel_i0e(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::bessel_i0e;
        /// The modified Bessel function of the first kind, of order 1.
        bessel_i1(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::bessel_i1;
        /// `bessel_i1` over the exponential of the absolute value.
        bessel_i1e(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::bessel_i1e;
        /// The regularised incomplete beta function of parameters `a` and `b` up to `x`. All three have one shape, or are scalars.
        betainc(a: impl IntoOperand, b: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::betainc;
        /// The smallest whole number that is not smaller.
        ceil(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::ceil;
        /// The complex conjugate; a real tensor itself.
        conj(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::conj;
        /// The products of the elements up to each one along an axis.
        cumprod(x: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::cumprod;
        /// `cumprod` with optional arguments.
        cumprod_with(x: impl IntoOperand, axis: impl IntoOperand, options: impl FnOnce(CumulativeOptions) -> CumulativeOptions) -> Result<Tensor> = ferroflow_ops_math::cumprod_with;
        /// The logarithms of the sums of exponentials up to each element along an axis.
        cumulative_logsumexp(x: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::cumulative_logsumexp;
        /// `cumulative_logsumexp` with optional arguments.
        cumulative_logsumexp_with(x: impl IntoOperand, axis: impl IntoOperand, options: impl FnOnce(CumulativeOptions) -> CumulativeOptions) -> Result<Tensor> = ferroflow_ops_math::cumulative_logsumexp_with;
        /// The derivative of `lgamma`.
        digamma(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::digamma;
        /// `x / y`, and 0 where `y` is 0.
        divide_no_nan(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::divide_no_nan;
        /// The error function.
        erf(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::erf;
        /// One minus the error function.
        erfc(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::erfc;
        /// The inverse of the complementary error function.
        erfcinv(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::erfcinv;
        /// The inverse of the error function.
        erfinv(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::erfinv;
        /// `exp(x) - 1`, exact near 0.
        expm1(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::expm1;
        /// `x / y` rounded down.
        floordiv(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::floordiv;
        /// The regularised lower incomplete gamma function of parameter `a` up to `x`.
        igamma(a: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::igamma;
        /// The regularised upper incomplete gamma function of parameter `a` from `x` on.
        igammac(a: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::igammac;
        /// The imaginary part; zeros for a real tensor.
        imag(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::imag;
        /// The permutation that undoes `x`.
        invert_permutation(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_array::invert_permutation;
        /// Whether each element is neither infinite nor NaN.
        is_finite(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::is_finite;
        /// Whether each element is infinite.
        is_inf(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::is_inf;
        /// Whether each element is NaN.
        is_nan(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::is_nan;
        /// Whether no element is smaller than the one before it, in row-major order.
        is_non_decreasing(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::is_non_decreasing;
        /// Whether every element is larger than the one before it, in row-major order.
        is_strictly_increasing(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::is_strictly_increasing;
        /// The logarithm of the absolute value of the Beta function of the last dimension.
        lbeta(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::lbeta;
        /// The logarithm of the absolute value of the gamma function.
        lgamma(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::lgamma;
        /// The natural logarithm.
        log(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::log;
        /// `log(1 + x)`, exact near 0.
        log1p(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::log1p;
        /// The logarithm of the sigmoid, without its loss of digits.
        log_sigmoid(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::log_sigmoid;
        /// Whether one of both is true, and not the other.
        logical_xor(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::logical_xor;
        /// The remainder of flooring division, with the sign of `y`.
        mod_(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_core::operators::floormod;
        /// `x * y`, and 0 where `y` is 0 whatever `x` is.
        multiply_no_nan(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::multiply_no_nan;
        /// The inverse of the normal distribution function.
        ndtri(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::ndtri;
        /// The number next to `x1` in the direction of `x2`.
        nextafter(x1: impl IntoOperand, x2: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::nextafter;
        /// The `a`-th derivative of the digamma function, `a` being a whole number.
        polygamma(a: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::polygamma;
        /// The polynomial with these coefficients, the highest power's first, at each element of `x`.
        polyval(coeffs: impl ferroflow_core::IntoOperands, x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::polyval;
        /// The real part; a real tensor itself.
        real(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::real;
        /// `1 / x`.
        reciprocal(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::reciprocal;
        /// `1 / x`, and 0 where `x` is 0.
        reciprocal_no_nan(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::reciprocal_no_nan;
        /// The square root of the sum of squares along axes.
        reduce_euclidean_norm(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> = ferroflow_ops_math::reduce_euclidean_norm;
        /// `reduce_euclidean_norm` with optional arguments.
        reduce_euclidean_norm_with(input: impl IntoOperand, axis: impl Into<Axes>, options: impl FnOnce(ReduceOptions) -> ReduceOptions) -> Result<Tensor> = ferroflow_ops_math::reduce_euclidean_norm_with;
        /// The square root of the variance, along axes.
        reduce_std(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> = ferroflow_ops::composites::reduce_std;
        /// `reduce_std` with optional arguments.
        reduce_std_with(input: impl IntoOperand, axis: impl Into<Axes>, options: impl FnOnce(ReduceOptions) -> ReduceOptions) -> Result<Tensor> = ferroflow_ops::composites::reduce_std_with;
        /// The mean of the squared distances from the mean, along axes.
        reduce_variance(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> = ferroflow_ops::composites::reduce_variance;
        /// `reduce_variance` with optional arguments.
        reduce_variance_with(input: impl IntoOperand, axis: impl Into<Axes>, options: impl FnOnce(ReduceOptions) -> ReduceOptions) -> Result<Tensor> = ferroflow_ops::composites::reduce_variance_with;
        /// The nearest whole number, the even one of two.
        rint(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::rint;
        /// One over the square root.
        rsqrt(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::rsqrt;
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
        /// The `num_results` points of a Sobol sequence in `dim` dimensions after the first `skip` ones. The point with coordinates 0 is left out.
        sobol_sample(dim: impl IntoOperand, num_results: impl IntoOperand, skip: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::sobol_sample;
        /// `sobol_sample` in `float64`, too.
        sobol_sample_with(dim: impl IntoOperand, num_results: impl IntoOperand, skip: impl IntoOperand, dtype: DType) -> Result<Tensor> = ferroflow_ops_random::sobol_sample_with;
        /// `(x - y) * (x - y)`, with one factor conjugated.
        squared_difference(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::squared_difference;
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
        /// `x / y`, and 0 where `x` is 0 whatever `y` is.
        xdivy(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::xdivy;
        /// `x * log(1 + y)`, and 0 where `x` is 0 whatever `y` is.
        xlog1py(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::xlog1py;
        /// `x * log(y)`, and 0 where `x` is 0 whatever `y` is.
        xlogy(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::xlogy;
        /// Hurwitz's zeta function: the sum of `(q + n)^-x` over all `n` from 0 on.
        zeta(x: impl IntoOperand, q: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::zeta;
    }

    /// `tf.math.special`
    pub mod special {
        use crate::namespaces::forward::forward;
        pub use crate::namespaces::functions::math::{bessel_i0, bessel_i0e, bessel_i1, bessel_i1e};
        use ferroflow_core::{IntoOperand, Result, Tensor};

        forward! {
            /// The Bessel function of the first kind, of order 0.
            bessel_j0(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::bessel_j0;
            /// The Bessel function of the first kind, of order 1.
            bessel_j1(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::bessel_j1;
            /// The modified Bessel function of the second kind, of order 0.
            bessel_k0(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::bessel_k0;
            /// `bessel_k0` times the exponential.
            bessel_k0e(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::bessel_k0e;
            /// The modified Bessel function of the second kind, of order 1.
            bessel_k1(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::bessel_k1;
            /// `bessel_k1` times the exponential.
            bessel_k1e(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::bessel_k1e;
            /// The Bessel function of the second kind, of order 0.
            bessel_y0(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::bessel_y0;
            /// The Bessel function of the second kind, of order 1.
            bessel_y1(x: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_math::bessel_y1;
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

/// `tf.metrics`
pub mod metrics {
    pub use crate::streaming_metrics::auc::{auc, auc_with};
    pub use crate::streaming_metrics::classes::{
        mean_iou, mean_iou_with, mean_per_class_accuracy, mean_per_class_accuracy_with,
    };
    pub use crate::streaming_metrics::counts::{
        false_negatives, false_negatives_with, false_positives, false_positives_with, precision,
        precision_with, recall, recall_with, true_negatives, true_negatives_with, true_positives,
        true_positives_with,
    };
    pub use crate::streaming_metrics::means::{
        accuracy, accuracy_with, mean, mean_absolute_error, mean_absolute_error_with, mean_cosine_distance,
        mean_cosine_distance_with, mean_relative_error, mean_relative_error_with, mean_squared_error,
        mean_squared_error_with, mean_tensor, mean_tensor_with, mean_with, percentage_below,
        percentage_below_with, root_mean_squared_error, root_mean_squared_error_with,
    };
    pub use crate::streaming_metrics::ranked::{
        average_precision_at_k, average_precision_at_k_with, precision_at_k, precision_at_k_with,
        precision_at_top_k, precision_at_top_k_with, recall_at_k, recall_at_k_with, recall_at_top_k,
        recall_at_top_k_with, sparse_average_precision_at_k, sparse_precision_at_k,
    };
    pub use crate::streaming_metrics::rates::{
        sensitivity_at_specificity, sensitivity_at_specificity_with, specificity_at_sensitivity,
        specificity_at_sensitivity_with,
    };
    pub use crate::streaming_metrics::thresholds::{
        false_negatives_at_thresholds, false_negatives_at_thresholds_with, false_positives_at_thresholds,
        false_positives_at_thresholds_with, precision_at_thresholds, precision_at_thresholds_with,
        recall_at_thresholds, recall_at_thresholds_with, true_negatives_at_thresholds,
        true_negatives_at_thresholds_with, true_positives_at_thresholds, true_positives_at_thresholds_with,
    };
}

/// `tf.nn`
pub mod nn {
    pub use crate::namespaces::by_hand::arrays::space_to_batch;
    pub use crate::namespaces::by_hand::ctc::{
        ctc_beam_search_decoder, ctc_beam_search_decoder_with, ctc_loss, ctc_loss_with,
    };
    pub use crate::namespaces::by_hand::lookups::{embedding_lookup, embedding_lookup_with};
    pub use crate::namespaces::by_hand::neural::{
        avg_pool, avg_pool as avg_pool2d, avg_pool_with, avg_pool_with as avg_pool2d_with,
        depthwise_conv2d_native, dropout, erosion2d, fused_batch_norm, fused_batch_norm_with, in_top_k,
        max_pool, max_pool_with, relu_layer, silu, silu as swish, silu_with, silu_with as swish_with,
        softmax_cross_entropy_with_logits, softmax_cross_entropy_with_logits_v2, xw_plus_b,
    };
    use crate::namespaces::forward::forward;
    pub use crate::namespaces::functions::nn::{
        conv3d_backprop_filter as conv3d_backprop_filter_v2,
        depthwise_conv2d_backprop_filter as depthwise_conv2d_native_backprop_filter,
        depthwise_conv2d_backprop_input as depthwise_conv2d_native_backprop_input,
        lrn as local_response_normalization, lrn_with as local_response_normalization_with,
    };
    pub use crate::namespaces::functions::random::{
        log_uniform_candidate_sampler, uniform_candidate_sampler,
    };
    pub use crate::namespaces::functions::{
        depth_to_space, depth_to_space_with, sigmoid, space_to_depth, space_to_depth_with, tanh,
    };
    pub use crate::rnn::bidirectional::bidirectional_dynamic_rnn;
    pub use crate::rnn::dynamic::dynamic_rnn;
    pub use crate::rnn::raw::raw_rnn;
    pub use crate::rnn::static_rnn::{static_bidirectional_rnn, static_rnn, static_state_saving_rnn};
    use ferroflow_core::{IntoOperand, Result, SparseTensor, Tensor};
    use ferroflow_ops::composites::{
        FixedUnigramOptions, FractionalPoolOptions, NceLossOptions, SampledSoftmaxLossOptions, SampledValues,
    };
    use ferroflow_ops_array::TopKOptions;
    use ferroflow_ops_nn::{
        BiasAddOptions, ConvOptions, CtcBeamSearchDecoderOptions, CtcGreedyDecoderOptions, LeakyReluOptions,
        LocalResponseNormalizationOptions, Padding, PoolOptions, PoolingOptions, Sizes, SoftmaxOptions,
    };

    forward! {
        /// All classes, each expected once.
        all_candidate_sampler(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, seed: Option<i64>) -> Result<SampledValues> = ferroflow_ops::composites::all_candidate_sampler;
        /// The `k` largest elements along the last dimension in descending order, and where they stand. None is missed.
        approx_max_k(operand: impl IntoOperand, k: i64) -> Result<[Tensor; 2]> = ferroflow_ops_array::approx_max_k;
        /// A convolution over images with `rate - 1` holes between neighbouring elements of the filters.
        atrous_conv2d(value: impl IntoOperand, filters: impl IntoOperand, rate: i64, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::atrous_conv2d;
        /// The transpose of `crate::atrous_conv2d`; the sizes of filters and output have to be known.
        atrous_conv2d_transpose(value: impl IntoOperand, filters: impl IntoOperand, output_shape: [i32; 4], rate: i32, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::atrous_conv2d_transpose;
        /// The mean of each window of `[batch, width, channels]` sequences.
        avg_pool1d(input: impl IntoOperand, ksize: i64, strides: i64, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::avg_pool1d;
        /// The mean of each window of `[batch, depth, height, width, channels]` volumes; padding does not count.
        avg_pool3d(input: impl IntoOperand, ksize: impl Into<Sizes>, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::avg_pool3d;
        /// The mean of each window of sequences, images or volumes.
        avg_pool_v2(input: impl IntoOperand, ksize: impl Into<Sizes>, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::avg_pool;
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
        /// The gradient of `crate::conv2d` for the filters, whose shape is `filter_sizes`.
        conv2d_backprop_filter(input: impl IntoOperand, filter_sizes: impl IntoOperand, out_backprop: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv2d_backprop_filter;
        /// The gradient of `crate::conv2d` for the input, whose shape is `input_sizes`.
        conv2d_backprop_input(input_sizes: impl IntoOperand, filter: impl IntoOperand, out_backprop: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv2d_backprop_input;
        /// The transpose of `crate::conv2d`: each element spreads over a window of a `[batch, height, width, channels]` image.
        conv2d_transpose(input: impl IntoOperand, filters: impl IntoOperand, output_shape: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv2d_transpose;
        /// `conv2d` with another data format or with holes in the filters.
        conv2d_with(input: impl IntoOperand, filters: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>, options: impl FnOnce(ConvOptions) -> ConvOptions) -> Result<Tensor> = ferroflow_ops_nn::conv2d_with;
        /// The convolution of `[batch, depth, height, width, channels]` volumes with `[depth, height, width, channels, filters]` filters.
        conv3d(input: impl IntoOperand, filters: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv3d;
        /// The gradient of `crate::conv3d` for the filters, whose shape is `filter_sizes`.
        conv3d_backprop_filter(input: impl IntoOperand, filter_sizes: impl IntoOperand, out_backprop: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv3d_backprop_filter;
        /// The transpose of `crate::conv3d`: each element spreads over a window of a `[batch, depth, height, width, channels]` volume.
        conv3d_transpose(input: impl IntoOperand, filters: impl IntoOperand, output_shape: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv3d_transpose;
        /// `conv3d` with another data format or with holes in the filters.
        conv3d_with(input: impl IntoOperand, filters: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>, options: impl FnOnce(ConvOptions) -> ConvOptions) -> Result<Tensor> = ferroflow_ops_nn::conv3d_with;
        /// The transposed convolution over as many dimensions as `output_shape` has between batch and channels.
        conv_transpose(input: impl IntoOperand, filters: impl IntoOperand, output_shape: impl IntoOperand, strides: i64, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::conv_transpose;
        /// `relu` of the tensor and of its negative, joined along the last axis.
        crelu(features: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::crelu;
        /// The most probable label sequences for `[time, batch, classes]` scores, the last class being the blank: a sparse `[batch, steps]` for each path, and the logarithms of their probabilities.
        ctc_beam_search_decoder_v2(inputs: impl IntoOperand, sequence_length: impl IntoOperand) -> Result<(Vec<SparseTensor>, Tensor)> = ferroflow_ops_nn::ctc_beam_search_decoder;
        /// `ctc_beam_search_decoder` with another width or number of paths.
        ctc_beam_search_decoder_v2_with(inputs: impl IntoOperand, sequence_length: impl IntoOperand, options: impl FnOnce(CtcBeamSearchDecoderOptions) -> CtcBeamSearchDecoderOptions) -> Result<(Vec<SparseTensor>, Tensor)> = ferroflow_ops_nn::ctc_beam_search_decoder_with;
        /// The best class of each step of `[time, batch, classes]` scores, blanks left out, as a sparse `[batch, steps]`, and the negative sums of the best scores.
        ctc_greedy_decoder(inputs: impl IntoOperand, sequence_length: impl IntoOperand) -> Result<(Vec<SparseTensor>, Tensor)> = ferroflow_ops_nn::ctc_greedy_decoder;
        /// `ctc_greedy_decoder` with other options.
        ctc_greedy_decoder_with(inputs: impl IntoOperand, sequence_length: impl IntoOperand, options: impl FnOnce(CtcGreedyDecoderOptions) -> CtcGreedyDecoderOptions) -> Result<(Vec<SparseTensor>, Tensor)> = ferroflow_ops_nn::ctc_greedy_decoder_with;
        /// The convolution of each channel of `[batch, height, width, channels]` images with its own filters, of `[height, width, channels, multiplier]`: `channels * multiplier` channels come out.
        depthwise_conv2d(input: impl IntoOperand, filter: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::depthwise_conv2d;
        /// The gradient of `crate::depthwise_conv2d` for the filters, whose shape is `filter_sizes`.
        depthwise_conv2d_backprop_filter(input: impl IntoOperand, filter_sizes: impl IntoOperand, out_backprop: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::depthwise_conv2d_backprop_filter;
        /// The gradient of `crate::depthwise_conv2d` for the input, whose shape is `input_sizes`.
        depthwise_conv2d_backprop_input(input_sizes: impl IntoOperand, filter: impl IntoOperand, out_backprop: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::depthwise_conv2d_backprop_input;
        /// `depthwise_conv2d` with another data format or with holes in the filters.
        depthwise_conv2d_with(input: impl IntoOperand, filter: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>, options: impl FnOnce(ConvOptions) -> ConvOptions) -> Result<Tensor> = ferroflow_ops_nn::depthwise_conv2d_with;
        /// The exponential linear unit: `features`, and `exp(features) - 1` where negative.
        elu(features: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::elu;
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
        /// `sum(t * t) / 2`.
        l2_loss(t: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::l2_loss;
        /// `x` divided by its Euclidean norm along axes, which counts as `sqrt(epsilon)` at least.
        l2_normalize(x: impl IntoOperand, axes: &[i32], epsilon: f64) -> Result<Tensor> = ferroflow_ops::composites::l2_normalize;
        /// `features`, and a fifth of them where negative.
        leaky_relu(features: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::leaky_relu;
        /// `leaky_relu` with another slope for negative values.
        leaky_relu_with(features: impl IntoOperand, options: impl FnOnce(LeakyReluOptions) -> LeakyReluOptions) -> Result<Tensor> = ferroflow_ops_nn::leaky_relu_with;
        /// Classes below `range_max`, as likely as they were among the true classes of all calls so far.
        learned_unigram_candidate_sampler(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, range_max: i64, seed: Option<i64>) -> Result<SampledValues> = ferroflow_ops::composites::learned_unigram_candidate_sampler;
        /// The loss of a prediction of counts, whose logarithm is `log_input`, up to what depends on `targets` alone.
        log_poisson_loss(targets: impl IntoOperand, log_input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::log_poisson_loss;
        /// The logarithm of `softmax`, without its loss of digits.
        log_softmax(logits: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::log_softmax;
        /// `log_softmax` along another dimension.
        log_softmax_with(logits: impl IntoOperand, options: impl FnOnce(SoftmaxOptions) -> SoftmaxOptions) -> Result<Tensor> = ferroflow_ops_nn::log_softmax_with;
        /// Images divided by the strength of neighbouring channels: `input / (bias + alpha * squares) ** beta`.
        lrn(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::local_response_normalization;
        /// `local_response_normalization` with other constants.
        lrn_with(input: impl IntoOperand, options: impl FnOnce(LocalResponseNormalizationOptions) -> LocalResponseNormalizationOptions) -> Result<Tensor> = ferroflow_ops_nn::local_response_normalization_with;
        /// The greatest value in each window of `[batch, width, channels]` sequences.
        max_pool1d(input: impl IntoOperand, ksize: i64, strides: i64, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::max_pool1d;
        /// The greatest value in each window of `[batch, height, width, channels]` images.
        max_pool2d(input: impl IntoOperand, ksize: impl Into<Sizes>, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::max_pool2d;
        /// `max_pool2d` with another data format.
        max_pool2d_with(input: impl IntoOperand, ksize: impl Into<Sizes>, strides: impl Into<Sizes>, padding: impl Into<Padding>, options: impl FnOnce(PoolOptions) -> PoolOptions) -> Result<Tensor> = ferroflow_ops_nn::max_pool2d_with;
        /// The greatest value in each window of `[batch, depth, height, width, channels]` volumes.
        max_pool3d(input: impl IntoOperand, ksize: impl Into<Sizes>, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::max_pool3d;
        /// The greatest value in each window of sequences, images or volumes.
        max_pool_v2(input: impl IntoOperand, ksize: impl Into<Sizes>, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::max_pool;
        /// The greatest value in each window of `[batch, height, width, channels]` images, and its index `(y * width + x) * channels + channel` in the image.
        max_pool_with_argmax(input: impl IntoOperand, ksize: impl Into<Sizes>, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<(Tensor, Tensor)> = ferroflow_ops_nn::max_pool_with_argmax;
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
        /// The mean of each window of quantized images, and the range that the means are of.
        quantized_avg_pool(input: impl IntoOperand, min_input: impl IntoOperand, max_input: impl IntoOperand, ksize: &[i64], strides: &[i64], padding: &str) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_nn::quantized_avg_pool;
        /// The convolution of quantized images with quantized filters, as `qint32`, and its range; the ranges are pairs of minimum and maximum.
        quantized_conv2d(input: impl IntoOperand, filter: impl IntoOperand, input_range:(impl IntoOperand, impl IntoOperand), filter_range:(impl IntoOperand, impl IntoOperand), strides: &[i64], padding: &str) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_nn::quantized_conv2d;
        /// The greatest of each window of quantized images, and the range that they are of.
        quantized_max_pool(input: impl IntoOperand, min_input: impl IntoOperand, max_input: impl IntoOperand, ksize: &[i64], strides: &[i64], padding: &str) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_nn::quantized_max_pool;
        /// The positive part: `max(features, 0)`.
        relu(features: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::relu;
        /// The positive part, at most 6: `min(max(features, 0), 6)`.
        relu6(features: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::relu6;
        /// `embedding_lookup_sparse` for ids that may be missing: negative ids and weights that are not positive are left out, and rows without ids get the embedding `default_id`, or zeros.
        safe_embedding_lookup_sparse(embedding_weights: impl IntoOperand, sparse_ids: &SparseTensor, sparse_weights: Option<&SparseTensor>, combiner: &str, default_id: Option<i64>) -> Result<Tensor> = ferroflow_ops::composites::safe_embedding_lookup_sparse;
        /// The softmax loss of each of `[batch, dim]` inputs over its true classes, `labels`, and some sampled ones; `weights` are `[num_classes, dim]`.
        sampled_softmax_loss(weights: impl IntoOperand, biases: impl IntoOperand, labels: impl IntoOperand, inputs: impl IntoOperand, num_sampled: i64, num_classes: i64) -> Result<Tensor> = ferroflow_ops::composites::sampled_softmax_loss;
        /// `sampled_softmax_loss` with other options.
        sampled_softmax_loss_with(weights: impl IntoOperand, biases: impl IntoOperand, labels: impl IntoOperand, inputs: impl IntoOperand, num_sampled: i64, num_classes: i64, options: impl FnOnce(SampledSoftmaxLossOptions) -> SampledSoftmaxLossOptions) -> Result<Tensor> = ferroflow_ops::composites::sampled_softmax_loss_with;
        /// The sum of a regularization loss, as each of the replicas that train together adds it: there is one.
        scale_regularization_loss(regularization_loss: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::scale_regularization_loss;
        /// The scaled exponential linear unit, whose outputs tend to mean 0 and variance 1.
        selu(features: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::selu;
        /// A convolution of each channel by itself, then one that mixes channels at each pixel.
        separable_conv2d(input: impl IntoOperand, depthwise_filter: impl IntoOperand, pointwise_filter: impl IntoOperand, strides: impl Into<Sizes>, padding: impl Into<Padding>) -> Result<Tensor> = ferroflow_ops_nn::separable_conv2d;
        /// The cross entropy of independent yes-or-no decisions, from their logits, without overflow.
        sigmoid_cross_entropy_with_logits(labels: impl IntoOperand, logits: impl IntoOperand) -> Result<Tensor> = ferroflow_ops::composites::sigmoid_cross_entropy_with_logits;
        /// `exp(logits)`, scaled to sum to one along the last dimension.
        softmax(logits: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::softmax;
        /// `softmax` along another dimension.
        softmax_with(logits: impl IntoOperand, options: impl FnOnce(SoftmaxOptions) -> SoftmaxOptions) -> Result<Tensor> = ferroflow_ops_nn::softmax_with;
        /// A smooth positive part: `log(exp(features) + 1)`.
        softplus(features: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::softplus;
        /// `features / (|features| + 1)`.
        softsign(features: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::softsign;
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

    /// `tf.nn.rnn_cell`
    pub mod rnn_cell {
        pub use crate::rnn::cells::{BasicRNNCell, RNNCell};
        pub use crate::rnn::gated_cells::{BasicLSTMCell, GRUCell, LSTMCell};
        pub use crate::rnn::state::LSTMStateTuple;
        pub use crate::rnn::wrappers::{DropoutWrapper, MultiRNNCell, ResidualWrapper};
    }
}

/// `tf.quantization`
pub mod quantization {
    use crate::namespaces::forward::forward;
    use ferroflow_core::{DType, IntoOperand, IntoOperands, Result, Tensor};
    use ferroflow_ops_nn::{
        DequantizeOptions, FakeQuantArgsOptions, FakeQuantOptions, QuantizeAndDequantizeOptions,
        QuantizeOptions,
    };

    forward! {
        /// The floats that steps of the range from `min_range` to `max_range` stand for.
        dequantize(input: impl IntoOperand, min_range: impl IntoOperand, max_range: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::dequantize;
        /// `dequantize` with other options.
        dequantize_with(input: impl IntoOperand, min_range: impl IntoOperand, max_range: impl IntoOperand, options: impl FnOnce(DequantizeOptions) -> DequantizeOptions) -> Result<Tensor> = ferroflow_ops_nn::dequantize_with;
        /// The inputs rounded to a grid of 256 steps between -6 and 6, of which one is zero.
        fake_quant_with_min_max_args(inputs: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::fake_quant_with_min_max_args;
        /// The gradient of `fake_quant_with_min_max_args`: that of the result where the input is on the grid, else 0.
        fake_quant_with_min_max_args_gradient(gradients: impl IntoOperand, inputs: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::fake_quant_with_min_max_args_gradient;
        /// `fake_quant_with_min_max_args_gradient` with optional arguments.
        fake_quant_with_min_max_args_gradient_with(gradients: impl IntoOperand, inputs: impl IntoOperand, options: impl FnOnce(FakeQuantArgsOptions) -> FakeQuantArgsOptions) -> Result<Tensor> = ferroflow_ops_nn::fake_quant_with_min_max_args_gradient_with;
        /// `fake_quant_with_min_max_args` with optional arguments.
        fake_quant_with_min_max_args_with(inputs: impl IntoOperand, options: impl FnOnce(FakeQuantArgsOptions) -> FakeQuantArgsOptions) -> Result<Tensor> = ferroflow_ops_nn::fake_quant_with_min_max_args_with;
        /// The inputs rounded to a grid of 256 steps between two numbers that are tensors.
        fake_quant_with_min_max_vars(inputs: impl IntoOperand, min: impl IntoOperand, max: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::fake_quant_with_min_max_vars;
        /// The gradients of `fake_quant_with_min_max_vars` by its inputs, `min` and `max`.
        fake_quant_with_min_max_vars_gradient(gradients: impl IntoOperand, inputs: impl IntoOperand, min: impl IntoOperand, max: impl IntoOperand) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_nn::fake_quant_with_min_max_vars_gradient;
        /// `fake_quant_with_min_max_vars_gradient` with optional arguments.
        fake_quant_with_min_max_vars_gradient_with(gradients: impl IntoOperand, inputs: impl IntoOperand, min: impl IntoOperand, max: impl IntoOperand, options: impl FnOnce(FakeQuantOptions) -> FakeQuantOptions) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_nn::fake_quant_with_min_max_vars_gradient_with;
        /// The same with a range for each channel along the last axis.
        fake_quant_with_min_max_vars_per_channel(inputs: impl IntoOperand, min: impl IntoOperand, max: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::fake_quant_with_min_max_vars_per_channel;
        /// The same with a range for each channel along the last axis.
        fake_quant_with_min_max_vars_per_channel_gradient(gradients: impl IntoOperand, inputs: impl IntoOperand, min: impl IntoOperand, max: impl IntoOperand) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_nn::fake_quant_with_min_max_vars_per_channel_gradient;
        /// `fake_quant_with_min_max_vars_per_channel_gradient` with optional arguments.
        fake_quant_with_min_max_vars_per_channel_gradient_with(gradients: impl IntoOperand, inputs: impl IntoOperand, min: impl IntoOperand, max: impl IntoOperand, options: impl FnOnce(FakeQuantOptions) -> FakeQuantOptions) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_nn::fake_quant_with_min_max_vars_per_channel_gradient_with;
        /// `fake_quant_with_min_max_vars_per_channel` with optional arguments.
        fake_quant_with_min_max_vars_per_channel_with(inputs: impl IntoOperand, min: impl IntoOperand, max: impl IntoOperand, options: impl FnOnce(FakeQuantOptions) -> FakeQuantOptions) -> Result<Tensor> = ferroflow_ops_nn::fake_quant_with_min_max_vars_per_channel_with;
        /// `fake_quant_with_min_max_vars` with optional arguments.
        fake_quant_with_min_max_vars_with(inputs: impl IntoOperand, min: impl IntoOperand, max: impl IntoOperand, options: impl FnOnce(FakeQuantOptions) -> FakeQuantOptions) -> Result<Tensor> = ferroflow_ops_nn::fake_quant_with_min_max_vars_with;
        /// Floats as steps of the range from `min_range` to `max_range`, of a quantized dtype `t`, and the range that they have.
        quantize(input: impl IntoOperand, min_range: impl IntoOperand, max_range: impl IntoOperand, t: DType) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_nn::quantize;
        /// Floats rounded to steps; gradients pass everywhere.
        quantize_and_dequantize(input: impl IntoOperand, input_min: impl IntoOperand, input_max: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::quantize_and_dequantize;
        /// Floats rounded to steps; gradients pass where values are within the range.
        quantize_and_dequantize_v2(input: impl IntoOperand, input_min: impl IntoOperand, input_max: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_nn::quantize_and_dequantize_v2;
        /// `quantize_and_dequantize_v2` with other options.
        quantize_and_dequantize_v2_with(input: impl IntoOperand, input_min: impl IntoOperand, input_max: impl IntoOperand, options: impl FnOnce(QuantizeAndDequantizeOptions) -> QuantizeAndDequantizeOptions) -> Result<Tensor> = ferroflow_ops_nn::quantize_and_dequantize_v2_with;
        /// `quantize_and_dequantize` with other options.
        quantize_and_dequantize_with(input: impl IntoOperand, input_min: impl IntoOperand, input_max: impl IntoOperand, options: impl FnOnce(QuantizeAndDequantizeOptions) -> QuantizeAndDequantizeOptions) -> Result<Tensor> = ferroflow_ops_nn::quantize_and_dequantize_with;
        /// `quantize` with other options.
        quantize_with(input: impl IntoOperand, min_range: impl IntoOperand, max_range: impl IntoOperand, t: DType, options: impl FnOnce(QuantizeOptions) -> QuantizeOptions) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_nn::quantize_with;
        /// Quantized tensors joined along an axis, and the range `(output, output_min, output_max)` that they then have.
        quantized_concat(concat_dim: impl IntoOperand, values: impl IntoOperands, input_mins: impl IntoOperands, input_maxes: impl IntoOperands) -> Result<(Tensor, Tensor, Tensor)> = ferroflow_ops_nn::quantized_concat;
    }
}

/// `tf.queue`
pub mod queue {
    pub use crate::QueueBase;
    pub use crate::queues::{FIFOQueue, PaddingFIFOQueue, PriorityQueue, RandomShuffleQueue};
}

/// `tf.ragged`
pub mod ragged {
    use crate::namespaces::forward::forward;
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
    pub use crate::namespaces::by_hand::random::random_poisson as poisson;
    use crate::namespaces::forward::forward;
    pub use crate::namespaces::functions::get_seed;
    pub use crate::namespaces::functions::nn::{
        all_candidate_sampler, fixed_unigram_candidate_sampler, fixed_unigram_candidate_sampler_with,
        learned_unigram_candidate_sampler,
    };
    pub use crate::set_random_seed;
    use ferroflow_core::{DType, IntoOperand, Result, Tensor};
    use ferroflow_ops::composites::SampledValues;
    use ferroflow_ops_random::{GammaOptions, NormalOptions, UniformOptions};

    forward! {
        /// Classes drawn with the probabilities that unnormalised logarithms, a row for each draw, give them.
        categorical(logits: impl IntoOperand, num_samples: impl IntoOperand, dtype: DType, seed: Option<i64>) -> Result<Tensor> = ferroflow_ops_random::categorical;
        /// A new seed made of one and of a number.
        fold_in(seed: impl IntoOperand, data: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::fold_in;
        /// Numbers of gamma distributions with the shapes `alpha`: as many as `shape` says for each of them.
        gamma(shape: impl IntoOperand, alpha: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::gamma;
        /// The same with inverse scales, a dtype or a seed.
        gamma_with(shape: impl IntoOperand, alpha: impl IntoOperand, options: impl FnOnce(GammaOptions) -> GammaOptions) -> Result<Tensor> = ferroflow_ops_random::gamma_with;
        /// Classes below `range_max`, the first ones more likely: as words are that stand in the order of their frequency.
        log_uniform_candidate_sampler(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, range_max: i64, seed: Option<i64>) -> Result<SampledValues> = ferroflow_ops::composites::log_uniform_candidate_sampler;
        /// Numbers of the standard normal distribution.
        normal(shape: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::normal;
        /// Numbers of a normal distribution.
        normal_with(shape: impl IntoOperand, options: impl FnOnce(NormalOptions) -> NormalOptions) -> Result<Tensor> = ferroflow_ops_random::normal_with;
        /// The slices along the first axis in random order.
        shuffle(value: impl IntoOperand, seed: Option<i64>) -> Result<Tensor> = ferroflow_ops_random::shuffle;
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
        /// Numbers of the standard normal distribution, which follow from the two numbers of `seed` alone.
        stateless_normal(shape: impl IntoOperand, seed: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::stateless_normal;
        /// Numbers of a normal distribution, the same for the same seed of two integers.
        stateless_normal_with(shape: impl IntoOperand, seed: impl IntoOperand, options: impl FnOnce(NormalOptions) -> NormalOptions) -> Result<Tensor> = ferroflow_ops_random::stateless_normal_with;
        /// Numbers of normal distributions with these means and deviations, drawn again outside their bounds.
        stateless_parameterized_truncated_normal(shape: impl IntoOperand, seed: impl IntoOperand, means: impl IntoOperand, stddevs: impl IntoOperand, minvals: impl IntoOperand, maxvals: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::stateless_parameterized_truncated_normal;
        /// Numbers of Poisson distributions, which follow from the two numbers of `seed` alone. The last axes of `shape` are those of the means.
        stateless_poisson(shape: impl IntoOperand, seed: impl IntoOperand, lam: impl IntoOperand, dtype: DType) -> Result<Tensor> = ferroflow_ops_random::stateless_poisson;
        /// Numbers of the standard normal distribution, drawn again where they are above 2 in absolute value, which follow from the two numbers of `seed` alone.
        stateless_truncated_normal(shape: impl IntoOperand, seed: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::stateless_truncated_normal;
        /// Numbers of a normal distribution within two standard deviations, the same for the same seed of two integers.
        stateless_truncated_normal_with(shape: impl IntoOperand, seed: impl IntoOperand, options: impl FnOnce(NormalOptions) -> NormalOptions) -> Result<Tensor> = ferroflow_ops_random::stateless_truncated_normal_with;
        /// Uniform numbers on [0, 1), which follow from the two numbers of `seed` alone.
        stateless_uniform(shape: impl IntoOperand, seed: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::stateless_uniform;
        /// Uniform numbers in a range, the same for the same seed of two integers.
        stateless_uniform_with(shape: impl IntoOperand, seed: impl IntoOperand, options: impl FnOnce(UniformOptions) -> UniformOptions) -> Result<Tensor> = ferroflow_ops_random::stateless_uniform_with;
        /// Numbers of the standard normal distribution within two standard deviations.
        truncated_normal(shape: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::truncated_normal;
        /// Numbers of a normal distribution within two standard deviations of its mean.
        truncated_normal_with(shape: impl IntoOperand, options: impl FnOnce(NormalOptions) -> NormalOptions) -> Result<Tensor> = ferroflow_ops_random::truncated_normal_with;
        /// Uniform numbers on [0, 1).
        uniform(shape: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::uniform;
        /// Classes below `range_max`, each as likely as the others.
        uniform_candidate_sampler(true_classes: impl IntoOperand, num_true: i64, num_sampled: i64, unique: bool, range_max: i64, seed: Option<i64>) -> Result<SampledValues> = ferroflow_ops::composites::uniform_candidate_sampler;
        /// Uniform numbers in a range.
        uniform_with(shape: impl IntoOperand, options: impl FnOnce(UniformOptions) -> UniformOptions) -> Result<Tensor> = ferroflow_ops_random::uniform_with;
    }

    /// `tf.random.experimental`
    pub mod experimental {
        use crate::namespaces::forward::forward;
        pub use crate::namespaces::functions::random::{
            fold_in as stateless_fold_in, split as stateless_split,
        };
        use ferroflow_core::{IntoOperand, Result, Tensor};

        forward! {
            /// Where the element `index` of a range that ends with `max_index` stands in a random order of it.
            index_shuffle(index: impl IntoOperand, seed: impl IntoOperand, max_index: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::index_shuffle;
            /// The rows in an order that follows from the two numbers of `seed` alone.
            stateless_shuffle(value: impl IntoOperand, seed: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_random::stateless_shuffle;
        }
    }
}

/// `tf.saved_model`
pub mod saved_model {
    pub use crate::models::builder::{Builder, simple_save};
    pub use crate::models::loader::{
        contains_saved_model, contains_saved_model as maybe_saved_model_directory, load, load_with,
    };
    pub use crate::models::signatures::{
        build_signature_def, build_tensor_info, classification_signature_def, get_tensor_from_tensor_info,
        predict_signature_def, regression_signature_def,
    };

    /// `tf.saved_model.builder`
    pub mod builder {
        pub use crate::models::builder::Builder as SavedModelBuilder;
    }

    /// `tf.saved_model.loader`
    pub mod loader {
        pub use crate::models::loader::{
            contains_saved_model as maybe_saved_model_directory, load, load_with,
        };
    }

    /// `tf.saved_model.signature_def_utils`
    pub mod signature_def_utils {
        pub use crate::models::signatures::{
            build_signature_def, classification_signature_def, predict_signature_def,
            regression_signature_def,
        };
    }

    /// `tf.saved_model.utils`
    pub mod utils {
        pub use crate::models::signatures::{build_tensor_info, get_tensor_from_tensor_info};
    }
}

/// `tf.sets`
pub mod sets {
    use crate::namespaces::forward::forward;
    pub use crate::namespaces::functions::sets::{
        difference as set_difference, intersection as set_intersection, size as set_size, union as set_union,
    };
    use ferroflow_core::{IntoOperand, Result, SparseTensor, Tensor};
    use ferroflow_ops_sparse::SetOperand;

    forward! {
        /// The elements that are in the sets of `a` and not in those of `b`, or the other way round without `aminusb`.
        difference(a: impl Into<SetOperand>, b: impl Into<SetOperand>, aminusb: bool) -> Result<SparseTensor> = ferroflow_ops_sparse::set_difference;
        /// The elements that are in the sets of both.
        intersection(a: impl Into<SetOperand>, b: impl Into<SetOperand>) -> Result<SparseTensor> = ferroflow_ops_sparse::set_intersection;
        /// How many different values each row of a sparse tensor holds.
        size(set_indices: impl IntoOperand, set_values: impl IntoOperand, set_shape: impl IntoOperand, validate_indices: bool) -> Result<Tensor> = ferroflow_ops_sparse::set_size;
        /// The elements that are in the sets of one or both.
        union(a: impl Into<SetOperand>, b: impl Into<SetOperand>) -> Result<SparseTensor> = ferroflow_ops_sparse::set_union;
    }
}

/// `tf.signal`
pub mod signal {
    use crate::namespaces::forward::forward;
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
    pub use crate::namespaces::by_hand::graph_values::{
        sparse_merge as merge, sparse_placeholder as placeholder,
    };
    use crate::namespaces::forward::forward;
    pub use crate::namespaces::functions::sparse::{
        sparse_dense_matmul as matmul, sparse_dense_matmul_with as matmul_with,
    };
    pub use crate::namespaces::functions::{
        sparse_add as add, sparse_add_with as add_with, sparse_concat as concat,
        sparse_reduce_max as reduce_max, sparse_reduce_max_sparse as reduce_max_sparse,
        sparse_reduce_max_sparse_with as reduce_max_sparse_with, sparse_reduce_max_with as reduce_max_with,
        sparse_reduce_sum as reduce_sum, sparse_reduce_sum_sparse as reduce_sum_sparse,
        sparse_reduce_sum_sparse_with as reduce_sum_sparse_with, sparse_reduce_sum_with as reduce_sum_with,
        sparse_segment_mean as segment_mean, sparse_segment_sqrt_n as segment_sqrt_n,
        sparse_segment_sum as segment_sum,
    };
    pub use crate::training::accumulators::SparseConditionalAccumulator;
    use ferroflow_core::{DType, IndexedSlices, IntoOperand, Result, SparseTensor, Tensor};
    use ferroflow_ops::composites::{CountedValues, SparseBincountOptions};
    use ferroflow_ops_sparse::{
        SetOperand, SparseCrossHashedOptions, SparseCrossOptions, SparseMatMulOptions,
    };

    forward! {
        /// How often each number occurs, as a sparse tensor of the numbers that do.
        bincount(values: impl Into<CountedValues>) -> Result<SparseTensor> = ferroflow_ops::composites::sparse_bincount;
        /// `sparse_bincount` with optional arguments.
        bincount_with(values: impl Into<CountedValues>, options: impl FnOnce(SparseBincountOptions) -> SparseBincountOptions) -> Result<SparseTensor> = ferroflow_ops::composites::sparse_bincount_with;
        /// Every way to take one feature of each column within a row, joined with `_X_`.
        cross(inputs: &[SetOperand]) -> Result<SparseTensor> = ferroflow_ops_sparse::cross;
        /// `cross`, with hashes of the crosses in place of their texts.
        cross_hashed(inputs: &[SetOperand]) -> Result<SparseTensor> = ferroflow_ops_sparse::cross_hashed;
        /// `cross_hashed` with optional arguments.
        cross_hashed_with(inputs: &[SetOperand], options: impl FnOnce(SparseCrossHashedOptions) -> SparseCrossHashedOptions) -> Result<SparseTensor> = ferroflow_ops_sparse::cross_hashed_with;
        /// `cross` with another separator.
        cross_with(inputs: &[SetOperand], options: impl FnOnce(SparseCrossOptions) -> SparseCrossOptions) -> Result<SparseTensor> = ferroflow_ops_sparse::cross_with;
        /// A sparse tensor with a new axis of size 1 in front of `axis`; -1 is behind the last.
        expand_dims(sp_input: &SparseTensor, axis: i32) -> Result<SparseTensor> = ferroflow_ops::composites::expand_dims;
        /// The sparse matrix with ones on its diagonal.
        eye(num_rows: i64, num_columns: Option<i64>, dtype: DType) -> Result<SparseTensor> = ferroflow_ops::composites::sparse_eye;
        /// Each row that has no entry gets one, of a default value; with a tensor that says which rows these were.
        fill_empty_rows(sp_input: &SparseTensor, default_value: impl IntoOperand) -> Result<(SparseTensor, Tensor)> = ferroflow_ops_sparse::fill_empty_rows;
        /// The elements of a tensor that are not 0, as a sparse tensor.
        from_dense(tensor: impl IntoOperand) -> Result<SparseTensor> = ferroflow_ops::composites::from_dense;
        /// The slices of `a` whose places are not among `mask_indices`.
        mask(a: &IndexedSlices, mask_indices: impl IntoOperand) -> Result<IndexedSlices> = ferroflow_ops::composites::sparse_mask;
        /// The larger of two sparse tensors at each place, where what is not there counts as zero.
        maximum(sp_a: &SparseTensor, sp_b: &SparseTensor) -> Result<SparseTensor> = ferroflow_ops_sparse::maximum;
        /// The smaller of two sparse tensors at each place, where what is not there counts as zero.
        minimum(sp_a: &SparseTensor, sp_b: &SparseTensor) -> Result<SparseTensor> = ferroflow_ops_sparse::minimum;
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
    pub use crate::namespaces::by_hand::arrays::split;
    use crate::namespaces::forward::forward;
    pub use crate::namespaces::functions::{
        as_string, as_string_with, reduce_join, string_to_hash_bucket as to_hash_bucket,
        string_to_number as to_number,
    };
    use ferroflow_core::{IntoOperand, IntoOperands, RaggedTensor, Result, Tensor};
    use ferroflow_ops_text::{FormatOptions, NGramsOptions, UnicodeOptions};

    forward! {
        /// A row for each string: its bytes; for a string alone the bytes, in no row.
        bytes_split(input: impl IntoOperand) -> Result<RaggedTensor> = ferroflow_ops_text::bytes_split;
        /// The template with each `{}` replaced by the elements of a tensor.
        format(template: &str, inputs: impl IntoOperands) -> Result<Tensor> = ferroflow_ops_text::format;
        /// `format()` with another placeholder, or more elements of each tensor.
        format_with(template: &str, inputs: impl IntoOperands, options: impl FnOnce(FormatOptions) -> FormatOptions) -> Result<Tensor> = ferroflow_ops_text::format_with;
        /// The strings at the same place of all inputs, joined.
        join(inputs: impl IntoOperands, separator: &str) -> Result<Tensor> = ferroflow_ops_text::join;
        /// The length of each string, in bytes, or in characters where `unit` is `UTF8_CHAR`.
        length(input: impl IntoOperand, unit: &str) -> Result<Tensor> = ferroflow_ops_text::length;
        /// Lower case: of ASCII letters, or of all letters where `encoding` is `utf-8`.
        lower(input: impl IntoOperand, encoding: &str) -> Result<Tensor> = ferroflow_ops_text::lower;
        /// The n-grams of each row, for each width in turn.
        ngrams(data: &RaggedTensor, ngram_widths: &[i64]) -> Result<RaggedTensor> = ferroflow_ops_text::ngrams;
        /// `ngrams` with padding, another separator, or rows that are too short kept.
        ngrams_with(data: &RaggedTensor, ngram_widths: &[i64], options: impl FnOnce(NGramsOptions) -> NGramsOptions) -> Result<RaggedTensor> = ferroflow_ops_text::ngrams_with;
        /// Whether each string as a whole matches the pattern.
        regex_full_match(input: impl IntoOperand, pattern: &str) -> Result<Tensor> = ferroflow_ops_text::regex_full_match;
        /// The strings with what matches the pattern rewritten; `\1` in `rewrite` stands for the first group.
        regex_replace(input: impl IntoOperand, pattern: &str, rewrite: &str, replace_global: bool) -> Result<Tensor> = ferroflow_ops_text::regex_replace;
        /// The strings without white space at their ends.
        strip(input: impl IntoOperand) -> Result<Tensor> = ferroflow_ops_text::strip;
        /// `len` bytes of each string from `pos` on, or characters where `unit` is `UTF8_CHAR`; a negative position counts from the end.
        substr(input: impl IntoOperand, pos: impl IntoOperand, len: impl IntoOperand, unit: &str) -> Result<Tensor> = ferroflow_ops_text::substr;
        /// The bucket of each string.
        to_hash_bucket_fast(input: impl IntoOperand, num_buckets: i64) -> Result<Tensor> = ferroflow_ops_text::to_hash_bucket_fast;
        /// The bucket of each string by a hash that nobody can foresee who does not know the key.
        to_hash_bucket_strong(input: impl IntoOperand, num_buckets: i64, key: [i64; 2]) -> Result<Tensor> = ferroflow_ops_text::to_hash_bucket_strong;
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
        /// The strings of each segment joined in their order.
        unsorted_segment_join(inputs: impl IntoOperand, segment_ids: impl IntoOperand, num_segments: impl IntoOperand, separator: &str) -> Result<Tensor> = ferroflow_ops_text::unsorted_segment_join;
        /// Upper case: of ASCII letters, or of all letters where `encoding` is `utf-8`.
        upper(input: impl IntoOperand, encoding: &str) -> Result<Tensor> = ferroflow_ops_text::upper;
    }
}

/// `tf.summary`
pub mod summary {
    pub use crate::summaries::file_writer::FileWriter;
    pub use crate::summaries::functions::{
        audio, audio_with, histogram, histogram_with, image, image_with, merge, merge_all, scalar,
        scalar_with, tensor_summary, text,
    };
    pub use crate::summaries::writer_cache::FileWriterCache;
    pub use crate::{Event, SessionLog, Summary};
}

/// `tf.train`
pub mod train {
    pub use crate::models::graph_util::write_graph;
    pub use crate::optimizers::accumulating::{
        AdadeltaOptimizer, AdagradDAOptimizer, AdagradOptimizer, RMSPropOptimizer,
    };
    pub use crate::optimizers::adam::AdamOptimizer;
    pub use crate::optimizers::decays::{
        cosine_decay, cosine_decay_restarts, cosine_decay_restarts_with, exponential_decay,
        inverse_time_decay, linear_cosine_decay, linear_cosine_decay_with, natural_exp_decay,
        noisy_linear_cosine_decay, noisy_linear_cosine_decay_with, piecewise_constant,
        piecewise_constant as piecewise_constant_decay, polynomial_decay, polynomial_decay_with,
    };
    pub use crate::optimizers::descent::{
        GradientDescentOptimizer, MomentumOptimizer, ProximalAdagradOptimizer,
        ProximalGradientDescentOptimizer,
    };
    pub use crate::optimizers::ftrl::FtrlOptimizer;
    pub use crate::optimizers::global_step::{
        assert_global_step, create_global_step, get_global_step, get_or_create_global_step, global_step,
    };
    pub use crate::optimizers::moving_average::ExponentialMovingAverage;
    pub use crate::optimizers::optimizer::Optimizer;
    pub use crate::training::batching::{
        batch, batch_join, maybe_batch, maybe_batch_join, maybe_shuffle_batch, maybe_shuffle_batch_join,
        shuffle_batch, shuffle_batch_join,
    };
    pub use crate::training::checkpoints::{
        checkpoint_exists, generate_checkpoint_state_proto, get_checkpoint_mtimes, get_checkpoint_state,
        latest_checkpoint, list_variables, load_checkpoint, load_variable,
        new_checkpoint_reader as NewCheckpointReader, remove_checkpoint, summary_iterator,
        update_checkpoint_state,
    };
    pub use crate::training::cluster_spec::ClusterSpec;
    pub use crate::training::coordinator::{Coordinator, LooperThread};
    pub use crate::training::device_setter::replica_device_setter;
    pub use crate::training::hook::{SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues};
    pub use crate::training::hooks::{
        FeedFnHook, FinalOpsHook, GlobalStepWaiterHook, LoggingTensorHook, NanLossDuringTrainingError,
        NanTensorHook, StopAtStepHook,
    };
    pub use crate::training::input::{
        input_producer, limit_epochs, range_input_producer, slice_input_producer, string_input_producer,
    };
    pub use crate::training::meta_graph::{export_meta_graph, import_meta_graph, import_meta_graph_with};
    pub use crate::training::monitored_session::{
        ChiefSessionCreator, MonitoredSession, SessionCreator, SingularMonitoredSession,
        WorkerSessionCreator, monitored_training_session as MonitoredTrainingSession,
    };
    pub use crate::training::queue_runner::{QueueRunner, add_queue_runner, start_queue_runners};
    pub use crate::training::saver::Saver;
    pub use crate::training::saver_hooks::{
        CheckpointSaverHook, CheckpointSaverListener, ProfilerHook, StepCounterHook, SummarySaverHook,
    };
    pub use crate::training::scaffold::Scaffold;
    pub use crate::training::server::Server;
    pub use crate::training::session_manager::SessionManager;
    pub use crate::training::supervisor::{Supervisor, basic_train_loop};
    pub use crate::training::sync_replicas::SyncReplicasOptimizer;
    pub use crate::training::timer::SecondOrStepTimer;
    pub use crate::training::warm_start::init_from_checkpoint;

    /// `tf.train.queue_runner`
    pub mod queue_runner {
        pub use crate::training::queue_runner::{QueueRunner, add_queue_runner, start_queue_runners};
    }
}

/// What functions take beside tensors: optional arguments of those that end in `_with`, and choices.
pub mod options {
    pub use crate::models::graph_util::{FreezeOptions, GraphSource};
    pub use crate::models::signatures::SignatureTensor;
    pub use crate::namespaces::by_hand::ctc::{CtcBeamSearchOptions, CtcLossOptions};
    pub use crate::namespaces::by_hand::lookups::{LookupOptions, LookupParams};
    pub use crate::namespaces::by_hand::neural::FusedBatchNormOptions;
    pub use crate::optimizers::decays::{CosineDecayOptions, PolynomialDecayOptions};
    pub use crate::training::batching::BatchOptions;
    pub use crate::training::input::ProducerOptions;
    pub use crate::training::meta_graph::{ExportOptions, ImportMetaGraphOptions, MetaGraphSource};
    pub use crate::training::monitored_session::MonitoredSession;
    pub use crate::training::queue_runner::QueueRunner;
    pub use crate::training::supervisor::Supervisor;
    pub use crate::training::warm_start::AssignmentMap;
    pub use ferroflow_formats::{CheckpointReader, DecodeProtoOptions, DecodedProto, EncodeProtoOptions};
    pub use ferroflow_ops::composites::{
        BincountOptions, ClipByNormOptions, ConfusionMatrixOptions, ContractedAxes, CountedValues,
        CrossColumn, EyeOptions, FixedUnigramOptions, FractionalPoolOptions, NceLossOptions, NormOptions,
        Pieces, PrintLineOptions, Printed, RaggedConstantOptions, RaggedCrossOptions, RaggedRows,
        SampledSoftmaxLossOptions, SampledValues, SparseBincountOptions,
    };
    pub use ferroflow_ops_array::{
        DepthOptions, DiagOptions, OneHotOptions, PadOptions, ReverseSequenceOptions, SearchSortedOptions,
        ShapeOptions, StackOptions, StridedSliceOptions, TopKOptions, UniqueOptions,
    };
    pub use ferroflow_ops_image::{
        CombinedNonMaxSuppressionOptions, CropAndResizeOptions, DecodeJpegOptions,
        DistortedBoundingBoxOptions, EncodeJpegOptions, ExtractGlimpseOptions, NonMaxSuppressionOptions,
        NonMaxSuppressionScoresOptions, ResizeMethod, SsimOptions,
    };
    pub use ferroflow_ops_io::gfile::{FileStatistics, WalkEntry};
    pub use ferroflow_ops_io::{DecodeCsvOptions, FeatureSpec, ParsedFeature, ParsedSequences};
    pub use ferroflow_ops_linalg::{
        LstsqOptions, SvdOptions, TriangularSolveOptions, TridiagonalSolveOptions,
    };
    pub use ferroflow_ops_math::{Axes, CumulativeOptions, HistogramOptions, ReduceOptions};
    pub use ferroflow_ops_nn::{
        BiasAddOptions, ConvOptions, CtcBeamSearchDecoderOptions, CtcGreedyDecoderOptions, DequantizeOptions,
        FakeQuantArgsOptions, FakeQuantOptions, LeakyReluOptions, LocalResponseNormalizationOptions, Padding,
        PoolOptions, PoolingOptions, QuantizeAndDequantizeOptions, QuantizeOptions, Sizes, SoftmaxOptions,
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
    pub use ferroflow_proto::{CheckpointState, SignatureDef};
    pub use ferroflow_v2::BatchFunctionOptions;
}
