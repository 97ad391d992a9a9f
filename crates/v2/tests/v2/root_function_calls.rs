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

fn rows() -> tf::Result<SparseTensor> {
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

pub(crate) fn call(name: &str) -> tf::Result<Vec<Tensor>> {
    match name {
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
            tf::Assert(tf::constant(true)?, &[tf::constant([1, 2])?])?;
            one(tf::constant(7))
        }
        "debugging.assert_near" => {
            tf::debugging::assert_near([1.0, 2.0], [1.0, 2.000_000_1])?;
            one(tf::constant(7))
        }
        "quantization.fake_quant_with_min_max_args_gradient" => one(
            tf::quantization::fake_quant_with_min_max_args_gradient([1.0, 2.0, 3.0], [-7.0, 0.5, 5.9]),
        ),
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
        name => panic!("no call is written for {name}"),
    }
}

/// The calls that fail.
fn fail(name: &str) -> tf::Result<Vec<Tensor>> {
    let m = || tf::constant(M);
    match name {
        "Assert" => {
            let data = [tf::constant([1, 2, 3, 4])?, tf::constant("why")?, tf::constant([1.5])?];
            done(tf::Assert(false, &data))
        }
        "assert_integer" => done(tf::debugging::assert_integer([1.5], "no")),
        "assert_scalar" => done(tf::debugging::assert_scalar([1.5], "no")),
        "assert_rank_in" => done(tf::debugging::assert_rank_in([1, 2], &[0, 2], "no")),
        "assert_near" => {
            done(tf::debugging::assert_near_with([1.0, 2.0], [1.0, 2.5], |o| o.message("no")))
        }
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
        name => panic!("no call is written for {name}"),
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
