//! Calls of functions of arrays, sparse tensors and images that `tools/record_functions.py` makes, too.

use super::recorded_functions::{M, ones, pixels, series, sparse};
use ferroflow_v2 as tf;
use tf::{SparseTensor, Tensor};

fn sparse_of(
    indices: impl tf::IntoOperand,
    values: impl tf::IntoOperand,
    shape: [i64; 2],
) -> tf::Result<SparseTensor> {
    Ok(SparseTensor {
        indices: tf::convert_to_tensor(indices, None)?,
        values: tf::convert_to_tensor(values, None)?,
        dense_shape: tf::constant(shape)?,
    })
}

fn ids() -> tf::Result<SparseTensor> {
    sparse_of([[0i64, 0], [0, 1], [2, 0]], [1i64, 0, 1], [3, 2])
}

fn missing_ids() -> tf::Result<SparseTensor> {
    sparse_of([[0i64, 0], [0, 1], [2, 0]], [1i64, -1, 0], [4, 2])
}

fn weights() -> tf::Result<SparseTensor> {
    sparse_of([[0i64, 0], [0, 1], [2, 0]], [0.5, 2.0, 3.0], [3, 2])
}

fn one(tensor: tf::Result<Tensor>) -> tf::Result<Vec<Tensor>> {
    Ok(vec![tensor?])
}

fn two(pair: tf::Result<(Tensor, Tensor)>) -> tf::Result<Vec<Tensor>> {
    pair.map(|(a, b)| vec![a, b])
}

fn three(value: tf::Result<SparseTensor>) -> tf::Result<Vec<Tensor>> {
    value.map(sparse)
}

pub(crate) fn call(name: &str) -> tf::Result<Vec<Tensor>> {
    let m = || tf::constant(M);
    let numbers = || tf::constant([1, 1, 3, 5]);
    let statistics = |(count, sum, squares, shift): (Tensor, Tensor, Tensor, Option<Tensor>)| {
        [Some(count), Some(sum), Some(squares), shift].into_iter().flatten().collect()
    };
    match name {
        "linspace" => one(tf::linspace(10.0, 12.0, 5)),
        "linspace one" => one(tf::linspace(10.0, 12.0, 1)),
        "linspace axis" => one(tf::linspace_with(tf::constant([0.0, 5.0])?, [10.0, 40.0], 5, -1)),
        "repeat" => one(tf::repeat([3, 4], [1, 2], None)),
        "repeat rows" => one(tf::repeat(m()?, 2, Some(0))),
        "repeat columns" => one(tf::repeat(m()?, [1, 0, 2], Some(1))),
        "math.bincount" => one(tf::math::bincount(numbers()?)),
        "math.bincount weights" => {
            let weights = tf::constant([0.5, 1.0, 2.0, 4.0])?;
            one(tf::math::bincount_with(numbers()?, |o| o.weights(weights)))
        }
        "math.bincount lengths" => {
            let (least, most) = (tf::constant(8)?, tf::constant(4)?);
            one(tf::math::bincount_with(numbers()?, |o| o.minlength(least).maxlength(most)))
        }
        "math.bincount rows" => {
            let rows = tf::constant([[1, 1], [0, 2]])?;
            one(tf::math::bincount_with(rows, |o| o.axis(-1).binary_output(true)))
        }
        "math.confusion_matrix" => {
            one(tf::math::confusion_matrix(tf::constant([1, 2, 4])?, tf::constant([2, 2, 4])?))
        }
        "math.confusion_matrix weights" => {
            let (labels, predictions) = (tf::constant([1, 2, 1])?, tf::constant([2, 2, 2])?);
            let (weights, classes) = (tf::constant([0.5, 1.0, 2.0])?, tf::constant(3)?);
            one(tf::math::confusion_matrix_with(labels, predictions, |o| {
                o.num_classes(classes).weights(weights).dtype(tf::float32)
            }))
        }
        "math.erfcinv" => one(tf::math::erfcinv([0.25, 1.0, 1.5])),
        "math.lbeta" => one(tf::math::lbeta(tf::constant([[1.0, 2.0, 3.0], [0.5, 0.5, 0.5]])?)),
        "math.reciprocal_no_nan" => one(tf::math::reciprocal_no_nan([2.0, 0.5, 0.0])),
        "math.is_non_decreasing" => one(tf::math::is_non_decreasing(tf::constant([1, 1, 2])?)),
        "math.is_non_decreasing short" => one(tf::math::is_non_decreasing(tf::constant([1.0])?)),
        "math.is_strictly_increasing" => {
            one(tf::math::is_strictly_increasing(tf::constant([[1, 1], [2, 3]])?))
        }
        "nn.sufficient_statistics" => tf::nn::sufficient_statistics(m()?, &[0], None, false).map(statistics),
        "nn.sufficient_statistics shift" => {
            let shift = tf::constant(1.0)?;
            tf::nn::sufficient_statistics(m()?, &[0, 1], Some(shift), true).map(statistics)
        }
        "nn.normalize_moments" => two(tf::nn::normalize_moments(
            tf::constant(2.0)?,
            tf::constant([3.0])?,
            tf::constant([9.0])?,
            None,
        )),
        "nn.normalize_moments shift" => two(tf::nn::normalize_moments(
            tf::constant(2.0)?,
            tf::constant([3.0])?,
            tf::constant([9.0])?,
            Some(tf::constant(1.0)?),
        )),
        "nn.weighted_moments" => {
            two(tf::nn::weighted_moments(m()?, &[1], tf::constant([[1.0], [2.0]])?, false))
        }
        "nn.convolution" => {
            one(tf::nn::convolution_with(pixels()?, ones(&[2, 2, 1, 2])?, "SAME", |o| o.strides(2)))
        }
        "nn.convolution sequence" => one(tf::nn::convolution(series()?, ones(&[2, 2, 3])?, "VALID")),
        "nn.convolution dilated" => {
            one(tf::nn::convolution_with(pixels()?, ones(&[2, 2, 1, 2])?, "SAME", |o| o.dilations(2)))
        }
        "nn.convolution dilated sequence" => {
            one(tf::nn::convolution_with(series()?, ones(&[2, 2, 3])?, "VALID", |o| o.dilations([2])))
        }
        "nn.atrous_conv2d" => one(tf::nn::atrous_conv2d(pixels()?, ones(&[2, 2, 1, 2])?, 2, "VALID")),
        "nn.atrous_conv2d_transpose" => {
            one(tf::nn::atrous_conv2d_transpose(pixels()?, ones(&[2, 2, 2, 1])?, [1, 4, 4, 2], 2, "SAME"))
        }
        "nn.pool" => one(tf::nn::pool_with(pixels()?, &[2, 2], "MAX", |o| o.strides([2, 2]))),
        "nn.pool sequence" => one(tf::nn::pool_with(series()?, &[2], "AVG", |o| o.padding("SAME"))),
        "nn.pool dilated" => one(tf::nn::pool_with(pixels()?, &[2, 2], "AVG", |o| o.dilations([2, 1]))),
        "nn.conv1d_transpose" => {
            one(tf::nn::conv1d_transpose(series()?, ones(&[2, 3, 2])?, [1, 8, 3], 2, "SAME"))
        }
        "nn.conv3d_transpose" => {
            let volume = tf::reshape(pixels()?, [1, 2, 2, 4, 1])?;
            let filters = ones(&[1, 2, 2, 2, 1])?;
            one(tf::nn::conv3d_transpose(volume, filters, [1, 2, 4, 8, 2], [1, 2, 2], "SAME"))
        }
        "nn.conv_transpose" => one(tf::nn::conv_transpose(
            pixels()?,
            ones(&[2, 2, 2, 1])?,
            tf::constant([1, 8, 8, 2])?,
            2,
            "SAME",
        )),
        "nn.embedding_lookup_sparse" => one(tf::nn::embedding_lookup_sparse(m()?, &ids()?, None, "sum")),
        "nn.embedding_lookup_sparse weights" => {
            one(tf::nn::embedding_lookup_sparse(m()?, &ids()?, Some(&weights()?), "sqrtn"))
        }
        "nn.embedding_lookup_sparse mean" => {
            one(tf::nn::embedding_lookup_sparse(m()?, &ids()?, Some(&weights()?), "mean"))
        }
        "nn.safe_embedding_lookup_sparse" => {
            one(tf::nn::safe_embedding_lookup_sparse(m()?, &missing_ids()?, None, "mean", None))
        }
        "nn.safe_embedding_lookup_sparse weights" => one(tf::nn::safe_embedding_lookup_sparse(
            m()?,
            &missing_ids()?,
            Some(&weights()?),
            "mean",
            Some(1),
        )),
        "nn.safe_embedding_lookup_sparse sum" => {
            let signs = sparse_of([[0i64, 0], [0, 1], [2, 0]], [-0.5, 2.0, 0.0], [3, 2])?;
            one(tf::nn::safe_embedding_lookup_sparse(m()?, &missing_ids()?, Some(&signs), "sum", None))
        }
        "sets.difference" => three(tf::sets::difference(
            tf::constant([[1, 2, 3], [4, 4, 5]])?,
            tf::constant([[2], [4]])?,
            true,
        )),
        "sets.difference sparse" => {
            three(tf::sets::difference(ids()?, tf::constant([[1i64, 7], [0, 7], [0, 1]])?, true))
        }
        "sets.intersection" => {
            three(tf::sets::intersection(tf::constant([[1, 2, 3]])?, tf::constant([[3, 2]])?))
        }
        "sets.union" => three(tf::sets::union(ids()?, ids()?)),
        "signal.fftshift" => one(tf::signal::fftshift(m()?, None)),
        "signal.fftshift axis" => one(tf::signal::fftshift(m()?, Some(&[-1]))),
        "signal.ifftshift" => one(tf::signal::ifftshift(m()?, None)),
        "sparse.retain" => three(tf::sparse::retain(&ids()?, [true, false, true])),
        "sparse.expand_dims" => three(tf::sparse::expand_dims(&ids()?, 1)),
        "sparse.expand_dims last" => three(tf::sparse::expand_dims(&ids()?, -1)),
        "sparse.eye" => three(tf::sparse::eye(2, Some(3), tf::float32)),
        "sparse.transpose" => three(tf::sparse::transpose(&ids()?, None)),
        "sparse.reset_shape" => three(tf::sparse::reset_shape(&ids()?, None)),
        "sparse.reset_shape larger" => three(tf::sparse::reset_shape(&ids()?, Some(&[4, 5]))),
        "sparse.to_indicator" => one(tf::sparse::to_indicator(&ids()?, 4)),
        "sparse.map_values" => {
            let (a, b) = (ids()?, ids()?);
            three(tf::sparse::map_values(|values| tf::add(&values[0], &values[1]), &[&a, &b]))
        }
        "required_space_to_batch_paddings" => {
            let block = tf::NdArray::vector(vec![3, 4]);
            two(tf::required_space_to_batch_paddings([11, 8], &block, None))
        }
        "map_fn" => one(tf::map_fn(|row: &Tensor| row * 2.0, &m()?)),
        "map_fn pairs" => {
            let pairs = (tf::constant([1, 2])?, tf::constant([3, 4])?);
            two(tf::map_fn(|(a, b): &(Tensor, Tensor)| Ok((b.clone(), (a + 1)?)), &pairs))
        }
        "map_fn signature" => {
            let largest = |row: &Tensor| tf::argmax(row, 0);
            one(tf::map_fn_with(largest, &m()?, |o| o.fn_output_signature(vec![tf::int64])))
        }
        "foldl" => one(tf::foldl(|a: &Tensor, x: &Tensor| (a * 2.0)? + x, &m()?, None)),
        "foldr initializer" => {
            let (numbers, ten) = (tf::constant([1, 2, 3])?, tf::constant(10)?);
            one(tf::foldr(|a: &Tensor, x: &Tensor| a - x, &numbers, Some(&ten)))
        }
        "scan" => one(tf::scan(|a: &Tensor, x: &Tensor| a + x, &tf::constant([1, 2, 3, 4])?, None, false)),
        "scan reverse" => {
            one(tf::scan(|a: &Tensor, x: &Tensor| a - x, &tf::constant([1, 2, 3, 4])?, None, true))
        }
        "scan initializer" => {
            let (numbers, five) = (tf::constant([1, 2, 3])?, tf::constant(5)?);
            one(tf::scan(|a: &Tensor, x: &Tensor| a * x, &numbers, Some(&five), false))
        }
        "TensorArray" => {
            let array = tf::TensorArray::new(tf::float32, 2)?.write(0, [1.0, 2.0])?;
            one(array.write(1, tf::constant([3.0, 4.0])?)?.stack())
        }
        "TensorArray unstack" => one(tf::TensorArray::new(tf::float32, 2)?.unstack(m()?)?.read(1)),
        "TensorArray gather" => one(tf::TensorArray::new(tf::float32, 2)?.unstack(m()?)?.gather([1, 0, 1])),
        "TensorArray size" => {
            let array = tf::TensorArray::with(tf::int32, 0, |o| {
                o.dynamic_size(true).element_shape(tf::TensorShape::scalar())
            })?;
            one(array.write(3, tf::constant(7)?)?.size())
        }
        name => super::root_function_calls::call(name),
    }
}
