//! The named pipelines of the record that choose among datasets and gather elements.

use crate::datasets::{Erased, erased};
use ferroflow_core::{NdArray, Result, Tensor};
use ferroflow_v2 as tf;
use tf::data::Dataset;
use tf::data::experimental::{Reducer, group_by_reducer};
use tf::math::{floordiv, floormod};

pub(crate) fn make(name: &str, rows: &Dataset<Tensor>) -> Result<Erased> {
    let range = |start: i64, stop: i64| Dataset::range((start, stop));
    let numbers = |numbers: &[i64]| Dataset::from_tensor_slices(NdArray::vector(numbers.to_vec()));
    let length = |row: Tensor| tf::size(row);
    tf::random::set_seed(2);
    match name {
        "random" => erased(Dataset::random_with(|o| o.seed(4))?.take(5)?),
        "random without a seed of its own" => erased(Dataset::random()?.take(3)?),
        "random each time" => {
            erased(Dataset::random_with(|o| o.seed(4).rerandomize_each_iteration(true))?.take(3)?.repeat(2)?)
        }
        "random without end" => erased(Dataset::random_with(|o| o.seed(1))?),
        "sampled" => {
            let parts = [range(0, 5)?, range(10, 20)?];
            erased(Dataset::sample_from_datasets_with(&parts, |o| o.seed(7))?)
        }
        "sampled by weights" => {
            let parts = [range(0, 9)?, range(10, 14)?, range(20, 24)?];
            erased(Dataset::sample_from_datasets_with(&parts, |o| o.weights(vec![0.7, 0.0, 0.3]).seed(7))?)
        }
        "sampled until one ends" => {
            let parts = [range(0, 4)?, range(10, 30)?];
            erased(Dataset::sample_from_datasets_with(&parts, |o| {
                o.weights(vec![0.5, 0.5]).seed(3).stop_on_empty_dataset(true)
            })?)
        }
        "sampled without end" => {
            let parts = [range(0, 3)?.repeat(-1)?, range(10, 12)?.repeat(-1)?];
            erased(Dataset::sample_from_datasets_with(&parts, |o| o.seed(5))?)
        }
        "sampled of one" => {
            erased(Dataset::sample_from_datasets_with(&[range(0, 3)?], |o| o.weights(vec![1.0]))?)
        }
        "sampled by no weight" => {
            let parts = [range(0, 3)?, range(0, 4)?];
            erased(Dataset::sample_from_datasets_with(&parts, |o| o.weights(vec![0.0, 0.0]))?)
        }
        "sampled by too few weights" => {
            let parts = [range(0, 3)?, range(0, 4)?];
            erased(Dataset::sample_from_datasets_with(&parts, |o| o.weights(vec![1.0]))?)
        }
        "sampled of none" => erased(Dataset::<Tensor>::sample_from_datasets(&[])?),
        "sampled of two kinds" => {
            erased(Dataset::sample_from_datasets(&[range(0, 3)?, Dataset::from_tensors("a")?])?)
        }
        "sampled shapes" => {
            let whole = range(0, 6)?.batch_with(3, |o| o.drop_remainder(true))?;
            let parts = [range(0, 4)?.batch(2)?, whole];
            erased(Dataset::sample_from_datasets_with(&parts, |o| o.seed(1))?)
        }
        "chosen" => {
            let parts = [range(0, 3)?, range(10, 13)?, range(20, 23)?];
            erased(Dataset::choose_from_datasets(&parts, &numbers(&[2, 0, 0, 1, 2, 2, 0])?, true)?)
        }
        "chosen until one ends" => {
            let parts = [range(0, 2)?, range(10, 13)?];
            erased(Dataset::choose_from_datasets(&parts, &numbers(&[0, 0, 1, 0, 1])?, true)?)
        }
        "chosen on and on" => {
            let parts = [range(0, 2)?, range(10, 13)?];
            erased(Dataset::choose_from_datasets(&parts, &range(0, 2)?.repeat(-1)?, false)?)
        }
        "chosen beyond" => erased(Dataset::choose_from_datasets(&[range(0, 2)?], &range(0, 3)?, true)?),
        "chosen by floats" => {
            let choices = Dataset::from_tensor_slices([0.5])?;
            erased(Dataset::choose_from_datasets(&[range(0, 2)?], &choices, true)?)
        }
        "groups" => {
            erased(range(0, 11)?.group_by_window(|x| floormod(x, 3i64), |_, group| group.batch(2), 2)?)
        }
        "groups of pairs" => {
            let pairs = Dataset::from_tensor_slices(([3, 1, 3, 2, 1], ["a", "b", "c", "d", "e"]))?;
            erased(pairs.group_by_window(
                |(n, _)| tf::cast(n, tf::int64),
                |key, group| group.batch(4)?.map(|(_, text)| Ok((key.clone(), text))),
                4,
            )?)
        }
        "groups of sizes" => erased(range(0, 10)?.group_by_window_func(
            |x| floormod(x, 2i64),
            |key, group| group.map(|x| (x * 10)? + &key),
            |key| (key * 2)? + 1,
        )?),
        "groups of size 0" => erased(range(0, 3)?.group_by_window(Ok, |_, group| Ok(group), 0)?),
        "groups by floats" => {
            let halves = |x| tf::cast(x, tf::float64)? / 2.0;
            erased(range(0, 3)?.group_by_window(halves, |_, group| Ok(group), 2)?)
        }
        name if name.starts_with("groups reduced") => reduced(name),
        "groups of none" => erased(range(0, 0)?.group_by_window(Ok, |_, group| Ok(group), 2)?),
        "groups that fail" => {
            erased(range(0, 3)?.group_by_window(|x| floordiv(12i64, (x - 1)?), |_, group| Ok(group), 1)?)
        }
        "buckets" => erased(rows.bucket_by_sequence_length(length, &[3, 5], &[2, 1, 4])?),
        "buckets without rest" => {
            erased(
                rows.bucket_by_sequence_length_with(length, &[3, 5], &[2, 2, 2], |o| o.drop_remainder(true))?,
            )
        }
        "buckets of another width" => {
            erased(rows.bucket_by_sequence_length_with(length, &[4], &[2, 2], |o| {
                o.padded_shapes(vec![[7].into()]).padding_values(vec![NdArray::scalar(-1i32)])
            })?)
        }
        "buckets without padding" => {
            erased(rows.bucket_by_sequence_length_with(length, &[2, 3, 4, 5], &[1, 1, 1, 1, 1], |o| {
                o.no_padding(true)
            })?)
        }
        "buckets of too few sizes" => erased(rows.bucket_by_sequence_length(length, &[3, 5], &[2, 1])?),
        other => panic!("the pipeline {other} is recorded, and made nowhere"),
    }
}

/// The pipelines that reduce each group.
fn reduced(name: &str) -> Result<Erased> {
    let whole = |state| Ok(state);
    let of = |stop: i64, key: fn(Tensor) -> Result<Tensor>, reduce: fn(Tensor, Tensor) -> Result<Tensor>| {
        let reducer = Reducer::new(Ok, reduce, whole);
        erased(Dataset::range(stop)?.apply(group_by_reducer(key, reducer))?)
    };
    match name {
        "groups reduced" => {
            let reducer = Reducer::new(
                |key: Tensor| Ok((key, tf::constant(0.0)?)),
                |(sum, count): (Tensor, Tensor), x: Tensor| Ok(((sum + x)?, (count + 1.0)?)),
                Ok,
            );
            let key = |x: Tensor| tf::math::floormod((x * 7)?, 3i64);
            erased(Dataset::range(10)?.apply(group_by_reducer(key, reducer))?)
        }
        "groups reduced to growing texts" => {
            let pairs = Dataset::from_tensor_slices(([3, -1, 3, 2, -1], ["a", "b", "c", "d", "e"]))?;
            let reducer = Reducer::new(
                |key: Tensor| tf::fill([1], tf::as_string(key)?),
                |texts: Tensor, (_, text): (Tensor, Tensor)| {
                    tf::concat([texts, tf::expand_dims(text, 0)?], 0)
                },
                whole,
            );
            let key = |(n, _): (Tensor, Tensor)| tf::cast(n, tf::int64);
            erased(pairs.apply(group_by_reducer(key, reducer))?)
        }
        "groups reduced of none" => of(0, Ok, |state, x| state + x),
        "groups reduced by floats" => of(3, |x| tf::truediv(x, 2i64), |state, x| state + x),
        "groups reduced to another dtype" => of(3, Ok, |state, x| tf::as_string((state + x)?)),
        "groups reduced failing" => of(3, Ok, |_, x| tf::math::floordiv(12i64, (x - 1)?)),
        other => panic!("{other} is not known"),
    }
}
