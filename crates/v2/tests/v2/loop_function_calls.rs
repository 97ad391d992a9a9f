//! Calls of functions that take loops, and of those that read examples, which `tools/function_cases.py` makes, too.

use super::recorded_functions::sparse;
use super::root_function_calls::rows;
use ferroflow_core::{Op, TString};
use ferroflow_v2 as tf;
use tf::Tensor;
use tf::io::{FixedLenFeature, FixedLenSequenceFeature, RaggedFeature, SparseFeature, VarLenFeature};
use tf::options::{FeatureSpec, ParsedFeature};

const BOXES: [[f32; 4]; 4] =
    [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 2.0, 1.0, 3.0], [0.0, 2.5, 1.0, 3.5]];
const SCORES: [f32; 4] = [0.5, 0.9, 0.3, 0.25];
const DIAGONAL: [f32; 4] = [1.0, 2.0, 3.0, -4.0];
const BESIDE: [f32; 3] = [0.5, -1.5, 2.0];

fn one(tensor: tf::Result<Tensor>) -> tf::Result<Vec<Tensor>> {
    Ok(vec![tensor?])
}

fn two((a, b): (Tensor, Tensor)) -> Vec<Tensor> {
    vec![a, b]
}

fn double<const N: usize>(values: [f32; N]) -> tf::Result<Tensor> {
    tf::constant(tf::NdArray::vector(values.map(f64::from).to_vec()))
}

fn squares() -> tf::Result<Tensor> {
    let values: Vec<f64> = (0..18).map(|at| f64::from(at) * 0.3 - 2.0).collect();
    tf::constant_with(tf::NdArray::vector(values), |o| o.shape(tf::Shape::new(&[2, 3, 3]).ok()))
}

fn flat(parsed: Vec<ParsedFeature>) -> Vec<Tensor> {
    let tensors = parsed.into_iter().map(|feature| match feature {
        ParsedFeature::Dense(tensor) => vec![tensor],
        ParsedFeature::Sparse(value) => sparse(value),
        ParsedFeature::Ragged(rows) => [vec![rows.flat_values], rows.nested_row_splits].concat(),
    });
    tensors.flatten().collect()
}

/// A field of a message with bytes.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, content.len() as u8], content].concat()
}

/// A feature: a list of texts, numbers or whole numbers.
fn texts(values: &[&str]) -> Vec<u8> {
    field(1, &values.iter().flat_map(|value| field(1, value.as_bytes())).collect::<Vec<u8>>())
}

fn floats(values: &[f32]) -> Vec<u8> {
    field(2, &field(1, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>()))
}

fn ints(values: &[u8]) -> Vec<u8> {
    field(3, &field(1, values))
}

/// Entries of a map of messages by name.
fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entry =
        |(name, value): &(&str, Vec<u8>)| field(1, &[field(1, name.as_bytes()), field(2, value)].concat());
    entries.iter().flat_map(entry).collect()
}

fn steps(values: &[Vec<u8>]) -> Vec<u8> {
    values.iter().flat_map(|value| field(1, value)).collect()
}

fn sequences() -> [Vec<u8>; 2] {
    let context = map(&[("id", ints(&[7])), ("tags", texts(&["a", "b"]))]);
    let lists = map(&[
        ("sizes", steps(&[floats(&[1.0, 2.0]), floats(&[3.0, 4.0]), floats(&[5.0, 6.0])])),
        ("words", steps(&[texts(&["x"]), texts(&["y", "z"])])),
    ]);
    let short =
        [field(1, &map(&[("id", ints(&[8]))])), field(2, &map(&[("words", steps(&[texts(&["w"])]))]))];
    [[field(1, &context), field(2, &lists)].concat(), short.concat()]
}

fn text(bytes: &[u8]) -> TString {
    TString::from(bytes.to_vec())
}

fn cells() -> TString {
    let features = map(&[("row", ints(&[3, 1])), ("column", ints(&[2, 0])), ("value", floats(&[0.5, 1.5]))]);
    text(&field(1, &features))
}

fn context_features() -> [(&'static str, FeatureSpec); 2] {
    [("id", FixedLenFeature::new(&[], tf::int64).into()), ("tags", VarLenFeature::new(tf::string).into())]
}

fn sequence_features() -> [(&'static str, FeatureSpec); 2] {
    let sizes = FixedLenSequenceFeature::new(&[2], tf::float32).allow_missing(true);
    [("sizes", sizes.into()), ("words", RaggedFeature::new(tf::string).into())]
}

/// The gradients of a product of sparse matrices for the dense ones they are made of.
fn sparse_product_gradients(turns: &[&'static str], is_complex: bool) -> tf::Result<Vec<Tensor>> {
    let a = [[1.0, 0.0, 2.0], [0.0, -3.0, 0.0], [4.0, 0.5, 0.0]];
    let b = [[0.0, 1.5, 0.0], [2.0, 0.0, 1.0], [0.0, -1.0, 3.0]];
    let dtype = if is_complex { tf::complex128 } else { tf::float64 };
    let factor = |values: [[f64; 3]; 3], re: f64, im: f64| {
        let plain = tf::cast(tf::constant(tf::NdArray::from_vec(&[3, 3], values.concat())?)?, dtype)?;
        let by = tf::NdArray::scalar(ferroflow_core::Complex::new(re, im));
        if is_complex { &plain * tf::constant(by)? } else { Ok(plain) }
    };
    let (a, b) = (factor(a, 1.0, -2.0)?, factor(b, 0.5, 1.0)?);
    let tape = tf::GradientTape::new();
    tape.watch(&a);
    tape.watch(&b);
    let csr = |x: &Tensor| {
        let places = tf::where_true(tf::not_equal(x, tf::cast(0, dtype)?)?)?;
        Op::named("DenseToCSRSparseMatrix").input(x).input(places).one()
    };
    let mut product =
        Op::named("SparseMatrixSparseMatMul").input(csr(&a)?).input(csr(&b)?).attr("type", dtype);
    for turn in turns {
        product = product.attr(*turn, true);
    }
    let dense = Op::named("CSRSparseMatrixToDense").input(product.one()?).attr("type", dtype).one()?;
    let weights = tf::cast(tf::reshape(tf::range(0, 9, 1)?, [3, 3])?, dtype)?;
    let total = tf::math::real(tf::reduce_sum((dense * weights)?, ())?)?;
    let (by_a, by_b) = tape.gradient(&total, &(&a, &b))?;
    [by_a, by_b].into_iter().flatten().map(tf::math::real).collect()
}

pub(crate) fn call(name: &str) -> tf::Result<Vec<Tensor>> {
    match name {
        "batch function" => {
            tf::nondifferentiable_batch_function(1, 8, 1000, |x: &[Tensor]| Ok(vec![(&x[0] * 2.0)?]))(&[
                tf::constant([1.0, 2.0])?,
            ])
        }
        "batch function filled up" => {
            let counted = |x: &[Tensor]| {
                let ones = tf::exp((&x[0] * 0.0)?)?;
                Ok(vec![(&x[0] + tf::reduce_sum(ones, ())?)?])
            };
            tf::nondifferentiable_batch_function_with(1, 8, 1000, counted, |o| {
                o.allowed_batch_sizes([1, 4, 8])
            })(&[tf::constant([1.0, 2.0])?])
        }
        "batch function split" => {
            let both = |x: &[Tensor]| {
                let most = tf::reduce_max(&x[0], ())?;
                Ok(vec![(&x[0] + (10.0 * most)?)?, (&x[1] * 3)?])
            };
            let rows = (0..7).map(|k| [k, -k]).collect::<Vec<[i32; 2]>>();
            let rows = tf::constant(tf::NdArray::from_vec(&[7, 2], rows.concat())?)?;
            tf::nondifferentiable_batch_function_with(1, 8, 1000, both, |o| o.allowed_batch_sizes([2, 3]))(&[
                tf::constant([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?,
                rows,
            ])
        }
        "batch function captured" => {
            let w = tf::constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])?;
            let by_w = |x: &[Tensor]| Ok(vec![tf::matmul(&x[0], &w)?]);
            tf::nondifferentiable_batch_function(1, 8, 1000, by_w)(&[tf::constant(
                super::recorded_functions::M,
            )?])
        }
        "sparse product gradients plain" => sparse_product_gradients(&[], false),
        "sparse product gradients transposed" => sparse_product_gradients(&["transpose_a"], false),
        "sparse product gradients transposed both" => {
            sparse_product_gradients(&["transpose_a", "transpose_b"], false)
        }
        "sparse product gradients adjoint" => sparse_product_gradients(&["adjoint_a"], false),
        "sparse product gradients adjoint right" => sparse_product_gradients(&["adjoint_b"], false),
        "sparse product gradients mixed" => sparse_product_gradients(&["adjoint_a", "transpose_b"], false),
        "sparse product gradients complex" => sparse_product_gradients(&["adjoint_b"], true),
        "linalg.expm" => one(tf::linalg::expm([[0.1, 0.2], [-0.3, 0.05]])),
        "linalg.expm large" => one(tf::linalg::expm(tf::constant([[3.0, 1.0], [2.0, 4.0]])?)),
        "linalg.expm batch" => one(tf::linalg::expm(squares()?)),
        "linalg.expm infinite" => one(tf::linalg::expm([[f32::INFINITY, 0.0], [0.0, 1.0]])),
        "linalg.eigh_tridiagonal" => one(tf::linalg::eigh_tridiagonal(DIAGONAL, BESIDE)),
        "linalg.eigh_tridiagonal indices" => {
            let (alpha, beta) = (double(DIAGONAL)?, double(BESIDE)?);
            let found = tf::linalg::eigh_tridiagonal_with(alpha, beta, |o| o.indices([1, 2]))?;
            Ok(vec![found.0])
        }
        "linalg.eigh_tridiagonal interval" => {
            let found =
                tf::linalg::eigh_tridiagonal_with(DIAGONAL, BESIDE, |o| o.interval([0.0, 3.0]).tol(1e-4))?;
            Ok(vec![found.0])
        }
        "linalg.eigh_tridiagonal vectors" => {
            let (alpha, beta) = (double(DIAGONAL)?, double(BESIDE)?);
            let (values, vectors) =
                tf::linalg::eigh_tridiagonal_with(alpha, beta, |o| o.eigvals_only(false))?;
            Ok([vec![values], vectors.into_iter().collect()].concat())
        }
        "linalg.eigh_tridiagonal one" => {
            one(tf::linalg::eigh_tridiagonal([1.5f32], tf::NdArray::vector(Vec::<f32>::new())))
        }
        "image.non_max_suppression_padded" => {
            Ok(two(tf::image::non_max_suppression_padded(tf::constant(BOXES)?, SCORES, 3)?))
        }
        "image.non_max_suppression_padded batch" => {
            let mut turned = BOXES;
            turned.reverse();
            let (boxes, scores) = (tf::constant([BOXES, turned])?, tf::constant([SCORES, SCORES])?);
            Ok(two(tf::image::non_max_suppression_padded_with(boxes, scores, 3, |o| {
                o.iou_threshold(0.4).score_threshold(0.28).pad_to_max_output_size(true).tile_size(2)
            })?))
        }
        "image.non_max_suppression_padded sorted" => {
            let boxes = tf::constant(BOXES)?;
            Ok(two(tf::image::non_max_suppression_padded_with(boxes, [0.9, 0.8, 0.7, 0.6], 4, |o| {
                o.pad_to_max_output_size(true).sorted_input(true).canonicalized_coordinates(true)
            })?))
        }
        "sparse.bincount" => Ok(sparse(tf::sparse::bincount(tf::constant([[7, 2], [7, 0]])?)?)),
        "sparse.bincount rows" => {
            let values = tf::constant([[7, 2], [7, 7]])?;
            Ok(sparse(tf::sparse::bincount_with(values, |o| o.axis(-1).minlength(10))?))
        }
        "sparse.bincount weights" => {
            let (values, weights) = (tf::constant([7, 2, 7])?, tf::constant([0.5, 1.0, 2.0])?);
            let weights = tf::options::CountedValues::from(weights);
            Ok(sparse(tf::sparse::bincount_with(values, |o| o.weights(weights).maxlength(5))?))
        }
        "sparse.bincount sparse" => {
            Ok(sparse(tf::sparse::bincount_with(rows()?, |o| o.axis(-1).binary_output(true))?))
        }
        "sparse.bincount ragged" => {
            let (flat_values, splits) = (tf::constant([1, 2, 3, 4])?, tf::constant([0i64, 2, 2, 4])?);
            let rows = tf::RaggedTensor { flat_values, nested_row_splits: vec![splits] };
            Ok(sparse(tf::sparse::bincount_with(rows, |o| o.axis(-1))?))
        }
        "random.stateless_parameterized_truncated_normal" => {
            one(tf::random::stateless_parameterized_truncated_normal(
                [3, 2],
                [1, 2],
                tf::constant([0.0, 5.0])?,
                1.0,
                tf::constant([-1.0, 4.0])?,
                9.0,
            ))
        }
        "io.parse_sequence_example" => {
            let serialized = tf::NdArray::vector(sequences().iter().map(|bytes| text(bytes)).collect());
            let parsed =
                tf::io::parse_sequence_example(serialized, &context_features(), &sequence_features())?;
            Ok([flat(parsed.context), flat(parsed.sequences), parsed.lengths].concat())
        }
        "io.parse_sequence_example sparse" => {
            let serialized = tf::NdArray::vector(sequences().iter().map(|bytes| text(bytes)).collect());
            let words = [("words", VarLenFeature::new(tf::string).into())];
            Ok(flat(tf::io::parse_sequence_example(serialized, &[], &words)?.sequences))
        }
        "io.parse_single_sequence_example" => {
            let serialized = tf::NdArray::scalar(text(&sequences()[0]));
            let parsed =
                tf::io::parse_single_sequence_example(serialized, &context_features(), &sequence_features())?;
            Ok([flat(parsed.context), flat(parsed.sequences)].concat())
        }
        "io.parse_example sparse" => {
            let serialized = tf::NdArray::vector(vec![cells(), TString::from("")]);
            let feature = SparseFeature::new(&["row", "column"], "value", tf::float32, &[5, 3]);
            Ok(flat(tf::io::parse_example(serialized, &[("cells", feature.into())])?))
        }
        "io.parse_single_example sparse" => {
            let feature = SparseFeature::new(&["row"], "value", tf::float32, &[5]).already_sorted(true);
            let serialized = tf::NdArray::scalar(cells());
            Ok(flat(tf::io::parse_single_example(serialized, &[("cells", feature.into())])?))
        }
        name => panic!("no call is written for {name}"),
    }
}

/// A batch function of at most four rows.
fn batched_by_four(
    args: &[Tensor],
    function: impl Fn(&[Tensor]) -> tf::Result<Tensor>,
    sizes: &[i64],
    splits: bool,
) -> tf::Result<Vec<Tensor>> {
    let all = |x: &[Tensor]| Ok(vec![function(x)?]);
    tf::nondifferentiable_batch_function_with(1, 4, 1000, all, |o| {
        o.allowed_batch_sizes(sizes).enable_large_batch_splitting(splits)
    })(args)
}

/// The calls that fail.
pub(crate) fn fail(name: &str) -> tf::Result<Vec<Tensor>> {
    let same = |x: &[Tensor]| Ok(x[0].clone());
    let two = tf::constant([1.0, 2.0])?;
    match name {
        "batch function scalar" => batched_by_four(&[tf::constant(1.0)?], same, &[], true),
        "batch function rows" => batched_by_four(&[two, tf::constant([1.0])?], same, &[], true),
        "batch function large" => {
            batched_by_four(&[tf::constant([1.0, 2.0, 3.0, 4.0, 5.0])?], same, &[], true)
        }
        "batch function sum" => batched_by_four(&[two], |x| tf::reduce_sum(&x[0], ()), &[], true),
        "batch function part" => {
            batched_by_four(&[two], |x| ferroflow_ops_array::getitem(&x[0], ..1), &[], true)
        }
        "batch function falling sizes" => batched_by_four(&[two], same, &[4, 2], true),
        "batch function last size" => batched_by_four(&[two], same, &[1, 2], false),
        "rot90" => one(tf::image::rot90(tf::constant([[[1]], [[2]]])?, [1])),
        "expm" => one(tf::linalg::expm([[1, 2], [3, 4]])),
        "eigh_tridiagonal" => one(tf::linalg::eigh_tridiagonal([1.0, 2.0], double([1.0])?)),
        "mdct" => one(tf::signal::mdct(two, 6)),
        name => panic!("no call is written for {name}"),
    }
}
