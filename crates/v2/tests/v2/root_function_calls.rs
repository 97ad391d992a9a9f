//! Calls of functions at the root and in the smaller modules that `tools/function_cases.py` makes, too.

use super::recorded_functions::{M, sparse};
use ferroflow_v2 as tf;
use tf::options::{SetOperand, SizeSymbol};
use tf::{SparseTensor, Tensor};

fn one(tensor: tf::Result<Tensor>) -> tf::Result<Vec<Tensor>> {
    Ok(vec![tensor?])
}

fn three((a, b, c): (Tensor, Tensor, Tensor)) -> Vec<Tensor> {
    vec![a, b, c]
}

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

pub(crate) fn rows() -> tf::Result<SparseTensor> {
    sparse_of([[0i64, 1], [1, 0], [1, 2]], [5, 6, 7], [2, 3])
}

fn words() -> tf::Result<SparseTensor> {
    sparse_of([[0i64, 0], [1, 0], [1, 1]], ["a", "b", "c"], [2, 2])
}

fn columns(first: SparseTensor, second: impl tf::IntoOperand) -> tf::Result<[SetOperand; 2]> {
    Ok([first.into(), tf::constant(second)?.into()])
}

fn shape(symbols: &[&str]) -> Vec<SizeSymbol> {
    symbols.iter().map(|symbol| SizeSymbol::from(*symbol)).collect()
}

fn done(result: tf::Result<()>) -> tf::Result<Vec<Tensor>> {
    result.map(|()| Vec::new())
}

const BOXES: [[f32; 4]; 4] =
    [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 2.0, 1.0, 3.0], [0.0, 2.5, 1.0, 3.5]];
const SCORES: [f32; 4] = [0.5, 0.9, 0.3, 0.25];

fn image(shape: &[usize]) -> tf::Result<Tensor> {
    let values: Vec<f32> = (0..80).map(|at| (at * 37 % 101) as f32).collect();
    tf::constant(tf::NdArray::from_vec(shape, values)?)
}

fn normalized(scaled: bool) -> tf::Result<Vec<Tensor>> {
    let (x, mean, variance) =
        (tf::constant(M)?, tf::constant([1.0, 2.0, 3.0])?, tf::constant([1.0, 4.0, 9.0])?);
    let (beta, gamma) = (tf::constant([0.5, 0.5, 0.5])?, tf::constant([2.0, 2.0, 2.0])?);
    one(tf::nn::batch_norm_with_global_normalization(x, mean, variance, &beta, &gamma, 0.001, scaled))
}

pub(crate) fn call(name: &str) -> tf::Result<Vec<Tensor>> {
    let pair = |(a, b): (Tensor, Tensor)| vec![a, b];
    match name {
        "image.extract_patches" => one(tf::image::extract_patches(
            image(&[2, 4, 5, 2])?,
            &[1, 2, 2, 1],
            &[1, 2, 2, 1],
            &[1, 1, 1, 1],
            "VALID",
        )),
        "extract_volume_patches" => one(tf::extract_volume_patches(
            image(&[1, 2, 4, 5, 2])?,
            &[1, 1, 2, 2, 1],
            &[1, 1, 2, 2, 1],
            "SAME",
        )),
        "image.non_max_suppression_with_scores" => {
            tf::image::non_max_suppression_with_scores(BOXES, SCORES, 3).map(pair)
        }
        "image.non_max_suppression_with_scores soft" => {
            tf::image::non_max_suppression_with_scores_with(BOXES, SCORES, 4, |o| o.soft_nms_sigma(0.5))
                .map(pair)
        }
        "image.sobel_edges" => one(tf::image::sobel_edges(image(&[2, 4, 5, 2])?)),
        "image.is_jpeg" => {
            let texts =
                [&b"\xff\xd8\xff\xe0"[..], b"none"].map(|text| ferroflow_core::TString::from(text.to_vec()));
            one(tf::image::is_jpeg(tf::NdArray::vector(texts.to_vec())))
        }
        "image.rot90" => one(tf::image::rot90(image(&[2, 4, 5, 2])?, 3)),
        "image.rot90 computed" => {
            let places = tf::size(tf::where_true([true, false])?)?;
            one(tf::image::rot90(image(&[2, 4, 5, 2])?, (places + 2)?))
        }
        "image.rot90 not" => one(tf::image::rot90(tf::constant([[[1], [2]], [[3], [4]]])?, -4)),
        "case" => one(tf::case(
            &[(tf::constant(false)?, &|| tf::constant(1)), (tf::constant(true)?, &|| tf::constant(2))],
            &|| tf::constant(3),
        )),
        "case exclusive" => one(tf::case_with(
            &[(tf::constant(false)?, &|| tf::constant(1)), (tf::constant(false)?, &|| tf::constant(2))],
            &|| tf::constant(3),
            |o| o.exclusive(true),
        )),
        "debugging.assert_equal" => {
            let x = tf::constant([1.0, 2.0])?;
            tf::debugging::assert_equal(&x, &x, "")?;
            tf::debugging::assert_equal(&x, tf::constant([1.0, 2.0])?, "")?;
            one(Ok(x))
        }
        "grad_pass_through" => {
            tf::grad_pass_through(&[tf::constant([1.7, 2.2])?], |args| one(tf::round(&args[0])))
        }
        "nn.erosion2d" => {
            let filters = super::recorded_functions::ones(&[2, 2, 2])?;
            one(tf::nn::erosion2d(image(&[2, 4, 5, 2])?, filters, [1; 4], "SAME", "NHWC", [1; 4]))
        }
        "nn.batch_norm_with_global_normalization" => normalized(true),
        "nn.batch_norm_with_global_normalization plain" => normalized(false),
        "nn.scale_regularization_loss" => one(tf::nn::scale_regularization_loss(tf::constant([1.0, 2.0])?)),
        "ragged_fill_empty_rows" => {
            let (rowids, rows) = (tf::constant([0i64, 2, 2])?, tf::constant(4i64)?);
            let (rowids, values, is_empty, origins) =
                tf::ragged_fill_empty_rows(rowids, [5, 6, 7], rows, -1)?;
            Ok(vec![rowids, values, is_empty, origins])
        }
        "ragged_fill_empty_rows_grad" => {
            let origins = tf::constant([0i64, 2, 3])?;
            tf::ragged_fill_empty_rows_grad(origins, [1.0, 2.0, 3.0, 4.0, 5.0]).map(pair)
        }
        "realdiv" => one(tf::realdiv([7.0, -7.0], [2.0, 4.0])),
        "space_to_batch_nd" => {
            one(tf::space_to_batch_nd(tf::constant([[[1], [2]], [[3], [4]]])?, [2], [[0, 0]]))
        }
        "histogram_fixed_width_bins" => {
            one(tf::histogram_fixed_width_bins([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], 5))
        }
        "histogram_fixed_width_bins matrix" => {
            one(tf::histogram_fixed_width_bins(tf::constant(M)?, [-1.0, 1.0], 3))
        }
        "Assert" => {
            tf::Assert(tf::constant(true)?, [tf::constant([1, 2])?], None)?;
            one(tf::constant(7))
        }
        "debugging.assert_near" => {
            tf::debugging::assert_near([1.0, 2.0], [1.0, 2.000_000_1])?;
            one(tf::constant(7))
        }
        "quantization.fake_quant_with_min_max_args_gradient" => {
            one(tf::quantization::fake_quant_with_min_max_args_gradient([1.0, 2.0, 3.0], [-7.0, 0.5, 5.9]))
        }
        "quantization.fake_quant_with_min_max_args_gradient bits" => {
            one(tf::quantization::fake_quant_with_min_max_args_gradient_with(
                [1.0, 2.0, 3.0],
                [-7.0, 0.5, 1.9],
                |o| o.min(-1.0f32).max(1.5f32).num_bits(4).narrow_range(true),
            ))
        }
        "quantization.fake_quant_with_min_max_vars_gradient" => {
            tf::quantization::fake_quant_with_min_max_vars_gradient(
                [1.0, 2.0, 3.0],
                [-7.0, 0.5, 9.0],
                0.0,
                6.0,
            )
            .map(three)
        }
        "quantization.fake_quant_with_min_max_vars_per_channel_gradient" => {
            tf::quantization::fake_quant_with_min_max_vars_per_channel_gradient(
                M,
                M,
                [0.0, -1.0, -2.0],
                [3.0, 2.0, 1.0],
            )
            .map(three)
        }
        "quantization.quantize_and_dequantize" => {
            one(tf::quantization::quantize_and_dequantize_with([0.3, 1.0, -2.0], -1.0, 1.0, |o| {
                o.num_bits(3).range_given(true)
            }))
        }
        "quantization.quantize_and_dequantize range" => {
            one(tf::quantization::quantize_and_dequantize(M, 0.0, 0.0))
        }
        "io.serialize_sparse" => {
            let values = tf::io::serialize_sparse(&rows()?)?;
            one(tf::io::parse_tensor(ferroflow_ops_array::getitem(values, 1)?, tf::int32))
        }
        "io.serialize_many_sparse" => {
            tf::io::deserialize_many_sparse(tf::io::serialize_many_sparse(&rows()?)?, tf::int32).map(sparse)
        }
        "sparse.cross" => tf::sparse::cross(&columns(words()?, [["x", "y"], ["z", "w"]])?).map(sparse),
        "sparse.cross numbers" => {
            tf::sparse::cross_with(&columns(rows()?, [["x"], ["z"]])?, |o| o.separator("-")).map(sparse)
        }
        "sparse.cross_hashed" => {
            tf::sparse::cross_hashed_with(&columns(words()?, [["x"], ["z"]])?, |o| o.num_buckets(100))
                .map(sparse)
        }
        "sparse.cross_hashed numbers" => {
            tf::sparse::cross_hashed_with(&columns(rows()?, [["x"], ["z"]])?, |o| o.hash_key(7)).map(sparse)
        }
        name => super::ragged_function_calls::call(name),
    }
}

/// The calls that fail.
fn fail(name: &str) -> tf::Result<Vec<Tensor>> {
    let m = || tf::constant(M);
    match name {
        "ragged.range" => tf::ragged::range([1, 2], [3, 4], [0, 1]).map(|_| Vec::new()),
        "ragged.cross" => tf::ragged::cross(&[tf::constant([[1.5]])?.into()]).map(|_| Vec::new()),
        "ragged.row_splits_to_segment_ids" => {
            one(tf::ragged::row_splits_to_segment_ids(tf::NdArray::vector(Vec::<i64>::new())))
        }
        "Assert" => {
            let data = [tf::constant([1, 2, 3, 4])?, tf::constant("why")?, tf::constant([1.5])?];
            done(tf::Assert(false, data, None))
        }
        "assert_integer" => done(tf::debugging::assert_integer([1.5], "no")),
        "assert_scalar" => done(tf::debugging::assert_scalar([1.5], "no")),
        "assert_rank_in" => done(tf::debugging::assert_rank_in([1, 2], &[0, 2], "no")),
        "assert_near" => done(tf::debugging::assert_near_with([1.0, 2.0], [1.0, 2.5], |o| o.message("no"))),
        "assert_near integers" => done(tf::debugging::assert_near([1], [1])),
        "assert_same_float_dtype" => {
            tf::debugging::assert_same_float_dtype(&[tf::constant(1)?], None).map(|_| Vec::new())
        }
        "assert_shapes" => done(tf::debugging::assert_shapes(
            &[(m()?, shape(&["N", "3"])), (tf::constant([1])?, shape(&["N"]))],
            "no",
        )),
        "assert_shapes size" => done(tf::debugging::assert_shapes(&[(m()?, shape(&["N", "4"]))], "")),
        "assert_shapes rank" => done(tf::debugging::assert_shapes(&[(m()?, shape(&["N", "4", "D"]))], "")),
        "assert_shapes vector" => done(tf::debugging::assert_shapes(&[(m()?, shape(&["N"]))], "")),
        "assert_shapes rest" => done(tf::debugging::assert_shapes(&[(m()?, shape(&["*", "4"]))], "")),
        "assert_shapes misplaced" => done(tf::debugging::assert_shapes(&[(m()?, shape(&["4", "*"]))], "")),
        "histogram_fixed_width_bins" => one(tf::histogram_fixed_width_bins([1.0], [0.0, 5.0], 0)),
        "fake_quant_with_min_max_args_gradient" => {
            one(tf::quantization::fake_quant_with_min_max_args_gradient([1.0, 2.0], [1.0]))
        }
        "deserialize_many_sparse" => {
            tf::io::deserialize_many_sparse([["a", "b", "c"]], tf::int32).map(sparse)
        }
        name => super::loop_function_calls::fail(name),
    }
}

#[test]
fn calls_fail_as_they_do_in_tensorflow() {
    let mut failed = Vec::new();
    for line in include_str!("../data/failing_calls.txt").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fail(fields[0]) {
            Ok(_) => failed.push(format!("{} is no error", fields[0])),
            Err(error) => {
                let found = (error.class_name(), error.message().replace('\n', "\\n"));
                if found != (fields[1], fields[2].to_string()) {
                    failed.push(format!("{}:\n  {found:?}\n  {:?}", fields[0], &fields[1..]));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn print_prints_what_tensorflow_prints() -> tf::Result<()> {
    let path = std::env::temp_dir().join(format!("ferroflow_print_{}", std::process::id()));
    let stream = format!("file://{}", path.display());
    for line in include_str!("../data/printed_lines.txt").lines() {
        let (name, expected) = line.split_once('\t').expect("two fields");
        let to = |o: tf::options::PrintLineOptions| o.output_stream(stream.clone());
        match name {
            "text and tensor" => tf::print_with(&["x:".into(), tf::constant([1, 2])?.into()], to)?,
            "one text" => tf::print_with(&[tf::constant("alone")?.into()], to)?,
            "separator and end" => {
                let inputs = [tf::constant(1)?.into(), tf::constant([1.5])?.into()];
                tf::print_with(&inputs, |o| to(o).sep(", ").end("!"))?;
            }
            "long" => tf::print_with(&[tf::range(0, 10, 1)?.into()], to)?,
            "all" => tf::print_with(&[tf::range(0, 10, 1)?.into()], |o| to(o).summarize(-1))?,
            "literals" => {
                let texts = tf::constant([["a"]])?;
                tf::print_with(&[1.into(), 2.5.into(), true.into(), "braces {}".into(), texts.into()], to)?;
            }
            "sparse" => tf::print_with(&[SparseTensor::new([[0, 1]], [7], [1, 2])?.into()], to)?,
            name => panic!("no call is written for {name}"),
        }
        let printed = std::fs::read_to_string(&path).expect("what was printed");
        std::fs::remove_file(&path).expect("the file");
        let expected = expected.trim_matches(if expected.starts_with('"') { '"' } else { '\'' });
        assert_eq!(printed.replace('\n', "\\n"), expected, "{name}");
    }
    Ok(())
}
