//! v1's functions against what TensorFlow computes and which nodes it adds to a graph.

#[path = "../../v2/tests/v2/recorded.rs"]
mod recorded;

use ferroflow_compat_v1 as tf;
use recorded::{Recorded, check};
use tf::Tensor;
use tf::options::ResizeMethod;

const M: [[f32; 3]; 2] = [[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]];
const S: [[f32; 2]; 2] = [[2.0, 1.0], [1.0, 3.0]];

fn pixels() -> tf::Result<Tensor> {
    let values: Vec<f32> = (0..16).map(|i: i32| i as f32 * 0.5 - 3.0).collect();
    let shape = ferroflow_core::Shape::new(&[1, 4, 4, 1])?;
    tf::constant_of(tf::NdArray::vector(values), None, Some(&shape))
}

fn sparse(value: ferroflow_core::SparseTensor) -> Vec<Tensor> {
    vec![value.indices, value.values, value.dense_shape]
}

fn image() -> tf::Result<Tensor> {
    let values: Vec<f32> = (0..80).map(|at| (at * 37 % 101) as f32).collect();
    tf::constant(tf::NdArray::from_vec(&[2, 4, 5, 2], values)?)
}

/// A quantized tensor of values from 0 to 100.
fn steps(values: Tensor) -> tf::Result<Tensor> {
    Ok(tf::quantize(values, 0.0, 100.0, tf::quint8)?.0)
}

/// What a quantized function gives, with numbers that can be compared.
fn plain(quantized: (Tensor, Tensor, Tensor), dtype: tf::DType) -> tf::Result<Vec<Tensor>> {
    Ok(vec![tf::bitcast(quantized.0, dtype)?, quantized.1, quantized.2])
}

fn rows() -> tf::Result<ferroflow_core::SparseTensor> {
    Ok(ferroflow_core::SparseTensor {
        indices: tf::constant([[0i64, 1], [1, 0], [1, 2]])?,
        values: tf::constant([5, 6, 7])?,
        dense_shape: tf::constant([2i64, 3])?,
    })
}

fn one(tensor: tf::Result<Tensor>) -> tf::Result<Vec<Tensor>> {
    Ok(vec![tensor?])
}

fn call(name: &str) -> tf::Result<Vec<Tensor>> {
    match name {
        "where" => one(tf::where_([true, false], [1, 2], [3, 4])),
        "where one" => one(tf::where_true([true, false, true])),
        "div" => one(tf::div([7, -7], [2, 2])),
        "div floats" => one(tf::div([7.0, -7.0], [2.0, 2.0])),
        "to_float" => one(tf::to_float([1, 2])),
        "to_int32" => one(tf::to_int32([1.5, -2.5])),
        "arg_max" => one(tf::arg_max(M, 1)),
        "argmax" => one(tf::argmax(M, 1)),
        "log_sigmoid" => one(tf::log_sigmoid(M)),
        "norm" => one(tf::norm(M)),
        "reduce_sum" => one(tf::reduce_sum(M, 1, false)),
        "reduce_logsumexp" => one(tf::reduce_logsumexp(M, 1)),
        "nn.silu gradients" => {
            let (x, slope) = (tf::constant([0.5, -1.0])?, tf::constant(2.0)?);
            let y = tf::nn::silu_with(&x, &slope)?;
            let found = tf::gradients(&[y], &[x, slope])?;
            found.into_iter().flatten().map(ferroflow_graph::dense).collect()
        }
        "nn.softmax" => one(tf::nn::softmax(M)),
        "nn.softmax_cross_entropy_with_logits" => {
            one(tf::nn::softmax_cross_entropy_with_logits([[0.0, 1.0]], [[0.5, -1.5]]))
        }
        "nn.softmax_cross_entropy_with_logits_v2" => {
            one(tf::nn::softmax_cross_entropy_with_logits_v2([[0.0, 1.0]], [[0.5, -1.5]]))
        }
        "nn.sparse_softmax_cross_entropy_with_logits" => {
            one(tf::nn::sparse_softmax_cross_entropy_with_logits([1], [[0.5, -1.5]]))
        }
        "nn.sigmoid_cross_entropy_with_logits" => {
            one(tf::nn::sigmoid_cross_entropy_with_logits([1.0, 0.0], [0.5, -1.5]))
        }
        "nn.max_pool" => one(tf::nn::max_pool(pixels()?, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")),
        "nn.avg_pool" => one(tf::nn::avg_pool(pixels()?, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")),
        "nn.conv2d" => {
            let filter = tf::ones([2, 2, 1, 2], tf::float32)?;
            one(tf::nn::conv2d(pixels()?, filter, [1, 1, 1, 1], "SAME"))
        }
        "nn.dropout" => one(tf::nn::dropout(tf::constant(M)?, 0.5, Some(7))),
        "nn.embedding_lookup" => one(tf::nn::embedding_lookup(tf::constant(M)?, [1, 0, 1])),
        "nn.xw_plus_b" => one(tf::nn::xw_plus_b(S, S, [1.0, 2.0])),
        "nn.relu_layer" => one(tf::nn::relu_layer(S, S, [-8.0, 2.0])),
        "nn.moments" => {
            let (mean, variance) = tf::nn::moments(tf::constant(M)?, &[0], false)?;
            Ok(vec![mean, variance])
        }
        "nn.fused_batch_norm" => {
            let (y, mean, variance) = tf::nn::fused_batch_norm(pixels()?, [2.0], [1.0])?;
            Ok(vec![y, mean, variance])
        }
        "image.resize_bilinear" => one(tf::image::resize_bilinear(pixels()?, [2, 3], true)),
        "image.resize_nearest_neighbor" => one(tf::image::resize_nearest_neighbor(pixels()?, [2, 3], false)),
        "image.resize_images" => {
            one(tf::image::resize_images(pixels()?, [2, 3], ResizeMethod::Bilinear, false))
        }
        "image.resize_images corners" => {
            one(tf::image::resize_images(pixels()?, [2, 3], ResizeMethod::Bilinear, true))
        }
        "image.resize_images nearest" => {
            one(tf::image::resize_images(pixels()?, [2, 3], ResizeMethod::NearestNeighbor, false))
        }
        "random_uniform" => one(tf::random_uniform_with([2, 2], |o| o.minval(1.0).maxval(3.0).seed(3))),
        "random_gamma" => one(tf::random_gamma_with([2], [0.5, 1.5], |o| o.seed(3))),
        "random_poisson" => one(tf::random_poisson([0.5, 9.0], [3], tf::float32, Some(3))),
        "random_normal" => one(tf::random_normal_with([2, 2], |o| o.seed(3))),
        "string_to_number" => one(tf::string_to_number(["1.5", "2"], tf::float32)),
        "string_split" => Ok(sparse(tf::string_split(["a b", "c"], " ")?)),
        "strings.split" => Ok(sparse(tf::strings::split(["a b", "c"], "", -1)?)),
        "sparse_to_dense" => one(tf::sparse_to_dense([[0, 1], [1, 0]], [2, 3], [5, 6])),
        "sparse_tensor_to_dense" => one(tf::sparse_tensor_to_dense(&ferroflow_core::SparseTensor {
            indices: tf::constant([[0i64, 1], [1, 0]])?,
            values: tf::constant([5, 6])?,
            dense_shape: tf::constant([2i64, 3])?,
        })),
        "matrix_band_part" => one(tf::matrix_band_part(S, 0, -1)),
        "matrix_transpose" => one(tf::matrix_transpose(M)),
        "batch_to_space" => {
            let shape = ferroflow_core::Shape::new(&[4, 2, 2, 1])?;
            let values: Vec<f32> = (0..16).map(|i: i32| i as f32).collect();
            let blocks = tf::constant_of(tf::NdArray::vector(values), None, Some(&shape))?;
            one(tf::batch_to_space(blocks, [[0, 0], [0, 0]], 2))
        }
        "space_to_batch" => one(tf::space_to_batch(pixels()?, [[0, 0], [0, 0]], 2)),
        "verify_tensor_all_finite" => one(tf::verify_tensor_all_finite([1.0, 2.0], "bad")),
        "expand_dims" => one(tf::expand_dims(M, 0)),
        "squeeze" => one(tf::squeeze([[[1, 2]]], &[0])),
        "gather" => one(tf::gather(M, [1, 0])),
        "transpose" => one(tf::transpose(M, None)),
        "cumsum" => one(tf::cumsum(M, 1)),
        "l2_normalize" => one(tf::nn::l2_normalize(tf::constant(M)?, &[1], 1e-12)),
        "clip_by_value" => one(tf::clip_by_value(M, -1.0, 2.0)),
        "one_hot" => one(tf::one_hot([1, 0], 3)),
        "extract_image_patches" => {
            let sizes = [1, 2, 2, 1];
            one(tf::extract_image_patches(image()?, &sizes, &sizes, &[1, 1, 1, 1], "SAME"))
        }
        "image.resize_area" => one(tf::image::resize_area(image()?, [2, 3], false)),
        "image.resize_bicubic" => one(tf::image::resize_bicubic(image()?, [2, 3], true)),
        "nn.erosion2d" => {
            let filters = tf::ones([2, 2, 2], tf::float32)?;
            one(tf::nn::erosion2d(image()?, filters, [1, 2, 2, 1], [1, 1, 1, 1], "VALID"))
        }
        "nn.depthwise_conv2d_native" => {
            let filters = tf::ones([2, 2, 2, 1], tf::float32)?;
            one(tf::nn::depthwise_conv2d_native(image()?, filters, [1, 1, 1, 1], "SAME"))
        }
        "nn.quantized_max_pool" => {
            let size = [1, 2, 2, 1];
            let pooled = tf::nn::quantized_max_pool(steps(image()?)?, 0.0, 100.0, &size, &size, "VALID")?;
            plain(pooled, tf::uint8)
        }
        "nn.quantized_avg_pool" => {
            let size = [1, 2, 2, 1];
            let pooled = tf::nn::quantized_avg_pool(steps(image()?)?, 0.0, 100.0, &size, &size, "SAME")?;
            plain(pooled, tf::uint8)
        }
        "nn.quantized_conv2d" => {
            let filter = tf::NdArray::from_vec(&[2, 2, 2, 1], (0..8).map(|at| at as f32).collect())?;
            let (image, filter) = (steps(image()?)?, steps(tf::constant(filter)?)?);
            let range = (0.0, 100.0);
            let conv = tf::nn::quantized_conv2d(image, filter, range, range, &[1; 4], "VALID")?;
            plain(conv, tf::int32)
        }
        "tuple" => tf::tuple(&[tf::constant([1, 2])?, tf::constant(3.0)?]),
        "image.non_max_suppression_padded" => {
            let boxes =
                [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 2.0, 1.0, 3.0], [0.0, 2.5, 1.0, 3.5]];
            let (indices, count) =
                tf::image::non_max_suppression_padded_with(boxes, [0.5, 0.9, 0.3, 0.25], 4, |o| {
                    o.iou_threshold(0.4).score_threshold(0.28).pad_to_max_output_size(true)
                })?;
            Ok(vec![indices, count])
        }
        "linalg.expm" => one(tf::linalg::expm([[0.1, 0.2], [-0.3, 0.05]])),
        "linalg.eigh_tridiagonal" => {
            one(tf::linalg::eigh_tridiagonal([1.0, 2.0, 3.0, -4.0], [0.5, -1.5, 2.0]))
        }
        "py_func" => {
            let double = |arrays: &[tf::NdArray]| {
                let doubled = arrays[0].as_slice::<i32>()?.iter().map(|x| x * 2).collect();
                Ok(vec![tf::NdArray::vector::<i32>(doubled)])
            };
            tf::py_func(double, [tf::constant([1, 2])?], &[tf::int32], true)
        }
        "sparse_merge" => Ok(sparse(tf::sparse_merge(&[rows()?], &rows()?, &[10])?)),
        "sparse_placeholder" => {
            let seven = tf::constant(7)?;
            tf::sparse_placeholder(tf::float32, [2usize, 3])?;
            Ok(vec![seven])
        }
        "sparse_placeholder open" => {
            let seven = tf::constant(7)?;
            tf::sparse_placeholder(tf::float32, tf::TensorShape::default())?;
            Ok(vec![seven])
        }
        "op_scope" => one(tf::op_scope("outer", || tf::negative([1, 2]))),
        "container" => one(tf::container("room", || tf::negative([1, 2]))),
        "batch_gather" => one(tf::batch_gather(tf::constant(M)?, [[2, 0], [1, 1]])),
        "clip_by_average_norm" => one(tf::clip_by_average_norm(tf::constant(M)?, 0.5)),
        "clip_by_average_norm large" => one(tf::clip_by_average_norm(tf::constant(M)?, 50.0)),
        "sparse_reduce_sum_sparse" => Ok(sparse(tf::sparse_reduce_sum_sparse(&rows()?, Some(&[1]))?)),
        "sparse_reduce_max_sparse" => {
            let reduced = tf::sparse_reduce_max_sparse_with(&rows()?, Some(&[0]), |o| o.keepdims(true))?;
            Ok(sparse(reduced))
        }
        "serialize_many_sparse" => {
            Ok(sparse(tf::deserialize_many_sparse(tf::serialize_many_sparse(&rows()?)?, tf::int32)?))
        }
        "assert_positive" => {
            let seven = tf::constant(7)?;
            tf::assert_positive(tf::constant([1, 2])?, "")?.expect("an operation");
            Ok(vec![seven])
        }
        "assert_near" => {
            let seven = tf::constant(7)?;
            tf::debugging::assert_near([1.0], [1.0])?.expect("an operation");
            Ok(vec![seven])
        }
        name => panic!("no call is written for {name}"),
    }
}

#[test]
fn v1_functions_give_the_recorded_values_and_nodes() {
    let mut failed = Vec::new();
    for case in Recorded::read(include_str!("data/functions.txt")) {
        let graph = tf::Graph::new();
        graph.set_seed(Some(11));
        let run = graph.as_default_scope(|| {
            let outputs = call(case.name)?;
            assert!(outputs.iter().all(|output| !output.is_eager()), "{} is not in the graph", case.name);
            let session = tf::Session::new()?;
            outputs.iter().map(|output| session.run(output)).collect()
        });
        failed.extend(case.against("in a session", run));
        failed.extend(check(&case, &graph));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn an_assertion_is_an_operation_to_depend_on() {
    let result = tf::Graph::new().as_default_scope(|| {
        let x = tf::placeholder(tf::int32, [2])?;
        let check = tf::assert_equal(&x, [1, 3], "no")?.expect("an operation");
        let session = tf::Session::new()?;
        session.run_feed(&check, tf::feeds! { &x => [1, 3] })?;
        session.run_feed(&check, tf::feeds! { &x => [1, 2] })
    });
    let error = result.map(|_| ()).expect_err("a failed assertion");
    assert!(error.message().contains("Condition x == y did not hold element-wise:"), "{error}");
}
