//! Functions made of several ops, against what TensorFlow computes and which nodes it adds to a graph.

use super::recorded::{Recorded, check};
use ferroflow_v2 as tf;
use tf::Tensor;

pub(crate) const M: [[f32; 3]; 2] = [[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]];
const S: [[f32; 2]; 2] = [[2.0, 1.0], [1.0, 3.0]];
const M2: [[f32; 2]; 2] = [[1.0, 2.0], [0.5, 4.0]];

fn ramp(shape: &[usize], step: f32, start: f32) -> tf::Result<Tensor> {
    let values: Vec<f32> = (0..shape.iter().product()).map(|i: usize| i as f32 * step + start).collect();
    tf::constant_with(tf::NdArray::vector(values), |o| o.shape(tf::Shape::new(shape).ok()))
}

fn image() -> tf::Result<Tensor> {
    ramp(&[1, 2, 4, 3], 1.0, 0.0)
}

pub(crate) fn pixels() -> tf::Result<Tensor> {
    ramp(&[1, 4, 4, 1], 0.5, -3.0)
}

pub(crate) fn series() -> tf::Result<Tensor> {
    ramp(&[1, 4, 2], 1.0, -2.5)
}

pub(crate) fn sparse(value: tf::SparseTensor) -> Vec<Tensor> {
    vec![value.indices, value.values, value.dense_shape]
}

fn one(tensor: tf::Result<Tensor>) -> tf::Result<Vec<Tensor>> {
    Ok(vec![tensor?])
}

pub(crate) fn ones(shape: &[i32]) -> tf::Result<Tensor> {
    tf::ones(tf::NdArray::vector(shape.to_vec()), tf::float32)
}

fn call(name: &str) -> tf::Result<Vec<Tensor>> {
    let two = || Ok::<_, tf::Error>([tf::constant(M)?, tf::constant(S)?]);
    match name {
        "clip_by_norm" => one(tf::clip_by_norm(M, 2.0)),
        "clip_by_norm axes" => one(tf::clip_by_norm_with(M, 2.0, |o| o.axes([1]))),
        "clip_by_global_norm" => {
            let (mut clipped, norm) = tf::clip_by_global_norm(&two()?, 1.5)?;
            clipped.push(norm);
            Ok(clipped)
        }
        "linalg.global_norm" => one(tf::linalg::global_norm(&two()?)),
        "norm" => one(tf::norm(M)),
        "norm axis" => one(tf::norm_with(M, |o| o.axis([1]).keepdims(true))),
        "norm 1" => one(tf::norm_with(M, |o| o.ord(1).axis([0]))),
        "norm inf" => one(tf::norm_with(M, |o| o.ord(f64::INFINITY).axis([1]))),
        "norm 3" => one(tf::norm_with(M, |o| o.ord(3).axis([1]))),
        "norm of matrices" => one(tf::norm_with(tf::constant([M, M])?, |o| o.axis([1, 2]))),
        "norm of matrices 1" => one(tf::norm_with(tf::constant([M, M])?, |o| o.ord(1).axis([-2, -1]))),
        "norm of matrices inf" => {
            one(tf::norm_with(tf::constant([M, M])?, |o| o.ord(f64::INFINITY).axis([1, 2]).keepdims(true)))
        }
        "linalg.logdet" => one(tf::linalg::logdet(S)),
        "linalg.matrix_rank" => one(tf::linalg::matrix_rank([[1.0, 2.0], [2.0, 4.0], [0.0, 0.0]])),
        "linalg.matrix_rank tol" => one(tf::linalg::matrix_rank_with(tf::constant([S, M2])?, 2.0)),
        "linalg.pinv" => one(tf::linalg::pinv(M)),
        "linalg.pinv rcond" => one(tf::linalg::pinv_with(tf::constant([S, M2])?, 0.5)),
        "linalg.lu_solve" => {
            let (factors, order) = tf::linalg::lu(S)?;
            one(tf::linalg::lu_solve(factors, order, [[1.0], [2.0]]))
        }
        "linalg.lu_reconstruct" => {
            let (factors, order) = tf::linalg::lu([[0.0, 2.0], [3.0, 1.0]])?;
            one(tf::linalg::lu_reconstruct(factors, order))
        }
        "linalg.lu_matrix_inverse" => {
            let (factors, order) = tf::linalg::lu(S)?;
            one(tf::linalg::lu_matrix_inverse(factors, order))
        }
        "eye" => one(tf::eye(2)),
        "eye columns" => one(tf::eye_with(2, |o| o.num_columns(3).batch_shape([2]).dtype(tf::int32))),
        "linalg.trace" => one(tf::linalg::trace(S)),
        "linalg.matrix_transpose" => one(tf::linalg::matrix_transpose(M)),
        "linalg.adjoint" => one(tf::linalg::adjoint(M)),
        "linalg.matvec" => one(tf::linalg::matvec(M, [1.0, 2.0, 3.0])),
        "linalg.normalize" => {
            let (unit, norm) = tf::linalg::normalize(M, &[1])?;
            Ok(vec![unit, norm])
        }
        "scalar_mul" => one(tf::scalar_mul(2.0, tf::constant(M)?)),
        "math.log_sigmoid" => one(tf::math::log_sigmoid(M)),
        "math.logical_xor" => one(tf::math::logical_xor([true, true, false], [true, false, false])),
        "math.polyval" => one(tf::math::polyval([2.0, 3.0, 4.0], [1.0, 2.0])),
        "math.zero_fraction" => one(tf::math::zero_fraction([0.0, 1.0, 0.0, 2.0])),
        "math.unsorted_segment_mean" => one(tf::math::unsorted_segment_mean(M, [1, 1], 3)),
        "math.unsorted_segment_sqrt_n" => one(tf::math::unsorted_segment_sqrt_n(M, [1, 1], 3)),
        "saturate_cast" => one(tf::saturate_cast([300.0, -5.0, 7.5], tf::uint8)),
        "split" => tf::split(M, 3, 1),
        "split sizes" => tf::split(M, [1, 2], 1),
        "where" => one(tf::where_([true, false], [1, 2], [3, 4])),
        "nn.relu crelu" => one(tf::nn::crelu(M)),
        "nn.gelu" => one(tf::nn::gelu(M, false)),
        "nn.gelu approximate" => one(tf::nn::gelu(M, true)),
        "nn.silu" => one(tf::nn::silu(M)),
        "nn.silu slope" => {
            let x = tf::constant_with(M, |o| o.dtype(tf::float64))?;
            one(tf::nn::silu_with(x, 2.0))
        }
        "nn.weighted_cross_entropy_with_logits" => {
            one(tf::nn::weighted_cross_entropy_with_logits([1.0, 0.0], [0.5, -1.5], 2.0))
        }
        "nn.log_poisson_loss" => one(tf::nn::log_poisson_loss([1.0, 2.0], [0.5, 0.25])),
        "nn.embedding_lookup" => one(tf::nn::embedding_lookup(tf::constant(M)?, [1, 0, 1])),
        "nn.conv1d" => one(tf::nn::conv1d(series()?, ones(&[2, 2, 3])?, 1, "SAME")),
        "nn.conv2d_transpose" => {
            one(tf::nn::conv2d_transpose(pixels()?, ones(&[2, 2, 2, 1])?, [1, 8, 8, 2], 2, "SAME"))
        }
        "nn.max_pool" => one(tf::nn::max_pool(pixels()?, 2, 2, "VALID")),
        "nn.avg_pool" => one(tf::nn::avg_pool(pixels()?, 2, 2, "VALID")),
        "nn.max_pool1d" => one(tf::nn::max_pool1d(series()?, 2, 2, "VALID")),
        "nn.avg_pool1d" => one(tf::nn::avg_pool1d(series()?, 2, 2, "VALID")),
        "nn.separable_conv2d" => {
            one(tf::nn::separable_conv2d(pixels()?, ones(&[2, 2, 1, 2])?, ones(&[1, 1, 2, 3])?, 1, "SAME"))
        }
        "nn.dropout rate 0" => one(tf::nn::dropout(M, 0.0, None)),
        "nn.dropout" => one(tf::nn::dropout(M, 0.5, Some(7))),
        "image.flip_left_right" => one(tf::image::flip_left_right(image()?)),
        "image.flip_up_down" => one(tf::image::flip_up_down(image()?)),
        "image.transpose" => one(tf::image::transpose(image()?)),
        "image.central_crop" => one(tf::image::central_crop(pixels()?, 0.5)),
        "image.crop_to_bounding_box" => one(tf::image::crop_to_bounding_box(image()?, 0, 1, 2, 2)),
        "image.pad_to_bounding_box" => one(tf::image::pad_to_bounding_box(image()?, 1, 0, 4, 5)),
        "image.resize_with_crop_or_pad" => one(tf::image::resize_with_crop_or_pad(image()?, 3, 2)),
        "image.per_image_standardization" => one(tf::image::per_image_standardization(pixels()?)),
        "image.adjust_brightness" => one(tf::image::adjust_brightness(image()?, 0.1)),
        "image.convert_image_dtype" => {
            let image = tf::constant_with([[[0, 128, 255]]], |o| o.dtype(tf::uint8))?;
            one(tf::image::convert_image_dtype(image, tf::float32))
        }
        "image.convert_image_dtype to integers" => {
            one(tf::image::convert_image_dtype([[[0.0, 0.5, 1.0]]], tf::uint8))
        }
        "image.rgb_to_grayscale" => one(tf::image::rgb_to_grayscale(image()?)),
        "image.grayscale_to_rgb" => one(tf::image::grayscale_to_rgb(pixels()?)),
        "sparse.to_dense" => {
            let value = tf::SparseTensor {
                indices: tf::constant([[0i64, 1], [1, 0]])?,
                values: tf::constant([5, 6])?,
                dense_shape: tf::constant([2i64, 3])?,
            };
            one(tf::sparse::to_dense(&value))
        }
        "sparse.from_dense" => Ok(sparse(tf::sparse::from_dense([[0, 5], [6, 0]])?)),
        "random.stateless_uniform" => one(tf::random::stateless_uniform([3], [1, 2])),
        "random.stateless_normal" => one(tf::random::stateless_normal([3], [1, 2])),
        "random.gamma" => one(tf::random::gamma_with([2], [0.5, 1.5, 20.0], |o| o.seed(5))),
        "random.gamma beta" => {
            let beta = tf::constant_with([2.0, 4.0], |o| o.dtype(tf::float64))?;
            one(tf::random::gamma_with([3], [[0.5], [2.0]], |o| o.beta(beta).dtype(tf::float64).seed(5)))
        }
        "random.poisson" => one(tf::random::poisson([4], [0.5, 30.0], tf::float32, Some(5))),
        "random.stateless_gamma" => one(tf::random::stateless_gamma([4, 2], [1, 2], [0.5, 1.5])),
        "random.stateless_gamma beta" => {
            let beta = tf::constant(2.0)?;
            one(tf::random::stateless_gamma_with([2, 2], [1, 2], [0.5, 1.5], |o| o.beta(beta)))
        }
        "random.stateless_poisson" => {
            one(tf::random::stateless_poisson([4, 2], [1, 2], [0.5, 30.0], tf::int32))
        }
        "random.stateless_binomial" => {
            one(tf::random::stateless_binomial([4, 2], [1, 2], [5.0, 40.0], [0.3, 0.6], tf::int32))
        }
        "random.stateless_categorical" => one(tf::random::stateless_categorical(M, 4, [1, 2], tf::int64)),
        "random.split" => one(tf::random::split([1, 2], 3)),
        "random.fold_in" => one(tf::random::fold_in([1, 2], 7)),
        "random.experimental.stateless_shuffle" => {
            one(tf::random::experimental::stateless_shuffle([1, 2, 3, 4, 5], [1, 2]))
        }
        "random.experimental.index_shuffle" => {
            one(tf::random::experimental::index_shuffle([0, 1, 2, 3], [1, 2], [9, 9, 9, 9]))
        }
        "random.stateless_truncated_normal" => one(tf::random::stateless_truncated_normal([3], [1, 2])),
        name => super::array_function_calls::call(name),
    }
}

/// Functions whose values are TensorFlow's, but whose nodes are not. A ragged tensor is made of its parts, and taken apart, by
/// methods of the type itself, which stand below the ops that TensorFlow's assertions, `bincount` and `repeat` are made of: they
/// take fewer ops and, in graphs, no checks (splits of strings and stacks of partitions end in such a one). What follows from
/// constant examples is known here and not in Python. A tape names its nodes in a graph as `gradients` does. TensorFlow's
/// gradients of sparse products look entries up in each other, and fail where one is missing.
const OTHER_NODES: &[&str] = &[
    "RaggedTensor.from_row_",
    "RaggedTensor.from_sparse",
    "RaggedTensor.from_uniform_row_length",
    "RaggedTensor.from_value_rowids",
    "RaggedTensor.value_rowids",
    "io.parse_example sparse",
    "ragged.stack_dynamic_partitions",
    "sparse product gradients",
    "strings.bytes_split",
    "strings.unicode_split",
];

#[test]
fn composed_functions_give_the_recorded_values_and_nodes() {
    let mut failed = Vec::new();
    for case in Recorded::read(include_str!("../data/functions.txt")) {
        tf::random::set_seed(11);
        failed.extend(case.against(
            "eager",
            call(case.name).and_then(|tensors| tensors.iter().map(|tensor| tensor.numpy()).collect()),
        ));
        let graph = tf::Graph::new();
        graph.set_seed(Some(11));
        let built = graph.as_default_scope(|| call(case.name));
        if let Err(error) = built {
            failed.push(format!("{} in a graph: {error}", case.name));
            continue;
        }
        if !OTHER_NODES.iter().any(|name| case.name.starts_with(name)) {
            failed.extend(check(&case, &graph));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn failed_assertions_say_what_tensorflow_says() {
    let (x, y) = ([1.5, 2.0, 3.0, 4.0, 5.0], [9.0, 9.0, 9.0, 9.0, 1.0]);
    let lines = include_str!("../data/assertions.txt").lines();
    let mut checked = 0;
    for (name, expected) in lines.filter_map(|line| line.split_once('\t')) {
        let result = match name {
            "equal" => tf::debugging::assert_equal([1, 2], [1, 3], "no"),
            "equal scalars" => tf::debugging::assert_equal(1, 2, ""),
            "less" => tf::debugging::assert_less([[1, 2, 3], [4, 5, 6]], 2, ""),
            "greater" => tf::debugging::assert_greater(x, y, ""),
            "none equal" => tf::debugging::assert_none_equal([[1, 2], [3, 4]], [[5, 2], [3, 8]], ""),
            "rank" => tf::debugging::assert_rank([1, -2], 2, "no"),
            "rank at least" => tf::debugging::assert_rank_at_least([1, -2], 2, ""),
            "positive" => tf::debugging::assert_positive([1, -2, 3, 4, 5], "no"),
            "negative" => tf::debugging::assert_negative([[1.0, -2.0]], ""),
            "non negative" => tf::debugging::assert_non_negative([1, -2], ""),
            "non positive" => tf::debugging::assert_non_positive([1, -2], "bad"),
            "type" => tf::debugging::assert_type([1, -2], tf::float32, "no"),
            name => panic!("no call is written for {name}"),
        };
        let message = result.expect_err(name).message().to_string();
        let expected = expected.trim_matches(if expected.starts_with('"') { '"' } else { '\'' });
        assert_eq!(message, expected.replace("\\n", "\n"), "{name}");
        checked += 1;
    }
    assert_eq!(checked, 12);
    assert!(tf::debugging::assert_equal([1, 2], [1, 2], "no").is_ok());
}
