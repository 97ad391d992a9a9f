//! Calls of ragged tensors' functions and methods that `tools/function_cases.py` makes, too.

use super::recorded_functions::sparse;
use ferroflow_v2 as tf;
use tf::ragged;
use tf::{RaggedTensor, SparseTensor, Tensor};

fn one(tensor: tf::Result<Tensor>) -> tf::Result<Vec<Tensor>> {
    Ok(vec![tensor?])
}

fn rows_of(rows: RaggedTensor) -> Vec<Tensor> {
    [vec![rows.flat_values], rows.nested_row_splits].concat()
}

fn rags() -> tf::Result<RaggedTensor> {
    let splits = tf::constant([0i64, 2, 2, 4])?;
    Ok(RaggedTensor { flat_values: tf::constant([1, 2, 3, 4])?, nested_row_splits: vec![splits] })
}

fn deep() -> tf::Result<RaggedTensor> {
    let RaggedTensor { flat_values, nested_row_splits } = rags()?;
    let outer = vec![tf::constant([0i64, 1, 3])?];
    Ok(RaggedTensor { flat_values, nested_row_splits: [outer, nested_row_splits].concat() })
}

pub(crate) fn call(name: &str) -> tf::Result<Vec<Tensor>> {
    let letters = || tf::constant([["x"], ["y"], ["z"]]);
    let plain = |o| o;
    match name {
        "ragged.constant" => ragged::constant(vec![vec![1, 2], vec![], vec![3]]).map(rows_of),
        "ragged.constant deep" => {
            let rows = vec![vec![vec![1.5], vec![2.5, 3.5]], vec![vec![4.5]]];
            ragged::constant_with(rows, |o| o.dtype(tf::float64)).map(rows_of)
        }
        "ragged.constant texts" => {
            let rows = vec![vec!["a"], vec!["b", "c"]];
            ragged::constant_with(rows, |o| o.row_splits_dtype(tf::int32)).map(rows_of)
        }
        "ragged.range" => ragged::range(0, [3, 0, 2], 1).map(rows_of),
        "ragged.range deltas" => ragged::range([0.0, 5.0], [1.0, 2.0], [0.5, -1.5]).map(rows_of),
        "ragged.row_splits_to_segment_ids" => one(ragged::row_splits_to_segment_ids([0i64, 3, 3, 5])),
        "ragged.segment_ids_to_row_splits" => one(ragged::segment_ids_to_row_splits([0, 0, 2, 2], None)),
        "ragged.segment_ids_to_row_splits count" => {
            one(ragged::segment_ids_to_row_splits(tf::constant([0, 0, 2, 2])?, Some(tf::constant(5)?)))
        }
        "ragged.map_flat_values" => ragged::map_flat_values(|x| tf::negative(x), &rags()?).map(rows_of),
        "ragged.cross" => ragged::cross(&[rags()?.into(), letters()?.into()]).map(rows_of),
        "ragged.cross_hashed" => {
            ragged::cross_hashed_with(&[rags()?.into(), letters()?.into()], |o| o.num_buckets(50))
                .map(rows_of)
        }
        "ragged.stack_dynamic_partitions" => {
            let data = tf::constant([1.0, 2.0, 3.0, 4.0])?;
            tf::ragged::stack_dynamic_partitions(data, tf::constant([3, 0, 1, 0])?, 5).map(rows_of)
        }
        "ragged.stack" => ragged::stack(&[rags()?, rags()?], 0).map(rows_of),
        "ragged.boolean_mask" => {
            let mask = rags()?.with_flat_values([true, false, false, true])?;
            ragged::boolean_mask(&rags()?, &mask).map(rows_of)
        }
        "RaggedTensor.from_row_lengths" => RaggedTensor::from_row_lengths([1, 2, 3], [2, 0, 1]).map(rows_of),
        "RaggedTensor.from_row_starts" => RaggedTensor::from_row_starts([1, 2, 3], [0, 2, 2]).map(rows_of),
        "RaggedTensor.from_row_limits" => RaggedTensor::from_row_limits([1, 2, 3], [2, 2, 3]).map(rows_of),
        "RaggedTensor.from_value_rowids" => {
            RaggedTensor::from_value_rowids([1, 2, 3], [0, 0, 2], None).map(rows_of)
        }
        "RaggedTensor.from_value_rowids count" => {
            let rows = tf::constant(5i64)?;
            RaggedTensor::from_value_rowids([1, 2, 3], [0, 0, 2], Some(rows)).map(rows_of)
        }
        "RaggedTensor.from_uniform_row_length" => {
            RaggedTensor::from_uniform_row_length([1, 2, 3, 4], 2).map(rows_of)
        }
        "RaggedTensor.from_tensor" => {
            let tensor = tf::constant([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])?;
            RaggedTensor::from_tensor(tensor).map(rows_of)
        }
        "RaggedTensor.from_sparse" => {
            let tensor = SparseTensor {
                indices: tf::constant([[0i64, 0], [2, 0], [2, 1]])?,
                values: tf::constant([5, 6, 7])?,
                dense_shape: tf::constant([3i64, 2])?,
            };
            RaggedTensor::from_sparse(&tensor).map(rows_of)
        }
        "RaggedTensor.nrows" => one(deep()?.nrows()),
        "RaggedTensor.row_lengths" => one(rags()?.row_lengths()),
        "RaggedTensor.row_starts" => one(rags()?.row_starts()),
        "RaggedTensor.row_limits" => one(rags()?.row_limits()),
        "RaggedTensor.value_rowids" => one(rags()?.value_rowids()),
        "RaggedTensor.nested_row_lengths" => deep()?.nested_row_lengths(),
        "RaggedTensor.to_tensor" => one(deep()?.to_tensor(None)),
        "RaggedTensor.to_tensor default" => one(rags()?.to_tensor(Some(tf::constant(-1)?))),
        "RaggedTensor.to_sparse" => deep()?.to_sparse().map(sparse),
        "RaggedTensor.bounding_shape" => one(deep()?.bounding_shape()),
        "strings.bytes_split" => tf::strings::bytes_split(tf::constant(["ab", "", "c"])?).map(rows_of),
        "strings.bytes_split scalar" => tf::strings::bytes_split(tf::constant("abc")?).map(rows_of),
        "strings.bytes_split matrix" => {
            tf::strings::bytes_split(tf::constant([["ab", ""], ["c", "def"]])?).map(rows_of)
        }
        "strings.unicode_split" => {
            tf::strings::unicode_split(tf::constant(["aé", "", "c"])?, "UTF-8", plain).map(rows_of)
        }
        "strings.unicode_split matrix" => {
            let texts = tf::constant([["aé", ""], ["c", "def"]])?;
            tf::strings::unicode_split(texts, "UTF-8", plain).map(rows_of)
        }
        "strings.unicode_split_with_offsets" => {
            let texts = tf::constant(["aé", "b"])?;
            let (texts, offsets) = tf::strings::unicode_split_with_offsets(texts, "UTF-8", plain)?;
            Ok([rows_of(texts), rows_of(offsets)].concat())
        }
        "strings.unicode_split_with_offsets scalar" => {
            let text = tf::constant("aéb")?;
            let (texts, offsets) = tf::strings::unicode_split_with_offsets(text, "UTF-8", plain)?;
            Ok([rows_of(texts), rows_of(offsets)].concat())
        }
        name => super::loop_function_calls::call(name),
    }
}
