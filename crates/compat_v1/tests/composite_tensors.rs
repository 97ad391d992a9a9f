//! Sparse and ragged tensors of a graph print, and fail, as TensorFlow's do.

use ferroflow_compat_v1::{self as tf, RaggedTensor, SparseTensor};
use ferroflow_core::{DType, PartialShape, Result};

/// The texts of a case: the tensor's `str` and shape, or the class and message of its error.
fn texts(name: &str) -> [String; 2] {
    let made: Result<(String, PartialShape)> = tf::Graph::new().as_default_scope(|| {
        let sparse = |tensor: SparseTensor| (tensor.to_string(), tensor.shape());
        let ragged = |tensor: RaggedTensor| (tensor.to_string(), tensor.shape());
        Ok(match name {
            "sparse" => sparse(SparseTensor::new([[0, 0]], [1], [1, 2])?),
            "sparse_of_open_shape" => {
                let values = tf::placeholder(DType::FLOAT32, [None])?;
                sparse(SparseTensor::new([[0, 0]], values, tf::placeholder(DType::INT64, [2])?)?)
            }
            "sparse_of_unknown_rank" => {
                let shape = tf::placeholder(DType::INT64, PartialShape::default())?;
                sparse(SparseTensor::new([[0, 0]], [1.0], shape)?)
            }
            "sparse_with_flat_indices" => sparse(SparseTensor::new([0, 0], [1], [1, 2])?),
            "sparse_with_a_matrix_of_values" => sparse(SparseTensor::new([[0, 0]], [[1]], [1, 2])?),
            "sparse_with_too_many_values" => sparse(SparseTensor::new([[0, 0]], [1, 2], [1, 2])?),
            "sparse_with_another_rank" => sparse(SparseTensor::new([[0, 0]], [1], [1, 2, 3])?),
            "sparse_with_fractional_indices" => sparse(SparseTensor::new([[0.5, 0.0]], [1], [1, 2])?),
            "ragged" => ragged(RaggedTensor::from_row_splits([1, 2, 3], [0, 2, 2, 3])?),
            "ragged_of_strings" => ragged(RaggedTensor::from_row_splits(["a", "b"], [0, 2])?),
            other => panic!("the case {other} is recorded, and made nowhere"),
        })
    });
    match made {
        Ok((text, shape)) => [text, shape.to_string()],
        Err(error) => [error.class_name().to_string(), error.message().to_string()],
    }
}

#[test]
fn composite_tensors_print_as_recorded() {
    for line in include_str!("data/composite_tensors.txt").lines() {
        let parts: Vec<String> = line.split('\t').map(|part| part.replace("\\n", "\n")).collect();
        assert_eq!(parts[1..], texts(&parts[0]), "{}", parts[0]);
    }
}
