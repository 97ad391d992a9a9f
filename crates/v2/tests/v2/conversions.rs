//! Literals convert, and are refused, as TensorFlow's are, eagerly and in graphs.

use ferroflow_core::ndarray::array;
use ferroflow_core::{DType, IntoOperand, Op, Result, Tensor};
use ferroflow_v2 as tf;

fn constant(value: impl IntoOperand, dtype: DType) -> Result<Tensor> {
    tf::constant_with(value, |o| o.dtype(dtype))
}

fn make(case: &str) -> Result<Tensor> {
    match case {
        "array of floats to int32" => constant(array![1.5f64], DType::INT32),
        "array to bool" => constant(array![1i64, 2], DType::BOOL),
        "list of texts to int32" => constant(["a", "b'c"], DType::INT32),
        "text to float32" => constant("a", DType::FLOAT32),
        "list of integers to string" => constant([1, 2], DType::STRING),
        "nested floats to int32" => constant([[1.5, 2.5], [1e20, 1e-7]], DType::INT32),
        "float to int64" => constant(0.5, DType::INT64),
        "list of integers to bool" => constant([1, 2], DType::BOOL),
        "list of floats to bool" => constant([1.0], DType::BOOL),
        "list of integers to float64" => constant([1, 2], DType::FLOAT64),
        "list of bools to int32" => constant([true, false], DType::INT32),
        "integer past uint8" => constant([300], DType::UINT8),
        "float beside integers" => tf::add(tf::constant([1, 2])?, 1.5),
        "float after an integer" => tf::add(1, 1.5),
        "integer after a float" => tf::add(1.5, 1),
        "integer beside floats" => tf::add(tf::constant([1.5])?, 1),
        "integer beside bools" => tf::add(tf::constant([true])?, 1),
        "float beside a text" => tf::add("a", 1.5),
        "text beside a text" => tf::add("a", "b"),
        "text beside floats" => tf::add(tf::constant([1.5])?, "a"),
        "unknown padding" => {
            let pool = Op::named("MaxPool").input([[[[1.0]]]]).attr("padding", "X");
            pool.attr("ksize", vec![1i64; 4]).attr("strides", vec![1i64; 4]).one()
        }
        "too small a block" => Op::named("SpaceToDepth").input([[[[1.0]]]]).attr("block_size", 0i64).one(),
        "floats as a shape" => tf::reshape([1], [1.5]),
        other => panic!("the case {other} is recorded, and made nowhere"),
    }
}

#[test]
fn literals_convert_as_recorded() {
    for line in include_str!("../data/conversions.txt").lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let [case, mode, first, second] = parts[..] else { panic!("{line}") };
        let eager = mode == "eager";
        let made = if eager { make(case) } else { tf::Graph::new().as_default_scope(|| make(case)) };
        let found = match made {
            Ok(tensor) if eager => (tensor.dtype().name().to_string(), tensor.to_string()),
            Ok(tensor) => (tensor.dtype().name().to_string(), tensor.shape().to_string()),
            Err(error) => (error.class_name().to_string(), error.message().to_string()),
        };
        assert_eq!(found, (first.to_string(), second.to_string()), "{case}, {mode}");
    }
}
