//! The shuffled pipelines of the record, by their arguments.

use crate::datasets::{Erased, erased};
use ferroflow_core::Result;
use ferroflow_v2 as tf;
use tf::data::Dataset;

/// What the name of a shuffle says.
pub(crate) struct Arguments {
    kind: &'static str,
    count: i64,
    buffer: i64,
    global_seed: Option<i64>,
    seed: Option<i64>,
    reshuffle: bool,
    pub(crate) iterations: usize,
}

impl Arguments {
    pub(crate) fn parse(text: &'static str) -> Arguments {
        let fields: Vec<&str> = text.split(' ').collect();
        let number = |index: usize| fields[index].parse::<i64>().ok();
        Arguments {
            kind: fields[0],
            count: number(1).expect("a count"),
            buffer: number(2).expect("a buffer"),
            global_seed: number(3),
            seed: number(4),
            reshuffle: number(5) == Some(1),
            iterations: fields[6].parse().expect("iterations"),
        }
    }
}

pub(crate) fn shuffled(arguments: &Arguments) -> Result<Erased> {
    let Arguments { kind, count, buffer, seed, reshuffle, .. } = *arguments;
    ferroflow_ops_random::set_eager_seed(arguments.global_seed);
    let shuffle = |dataset: Dataset<tf::Tensor>| {
        dataset.shuffle_with(buffer, |o| o.seed(seed).reshuffle_each_iteration(reshuffle))
    };
    if kind == "nested" {
        return erased(
            Dataset::range(3)?
                .flat_map(|x| shuffle(Dataset::range(count)?)?.repeat(2)?.map(|y| (&x * 10)? + y))?,
        );
    }
    let dataset = shuffle(Dataset::range(count)?)?;
    erased(match kind {
        "plain" => dataset,
        "repeat0" => dataset.repeat(0)?,
        "repeat1" => dataset.repeat(1)?,
        "repeat3" => dataset.repeat(3)?,
        "forever" => dataset.repeat(-1)?,
        "batched" => dataset.batch(2)?.repeat(2)?,
        "mapped" => dataset.map(|x| x * 2)?.repeat(2)?,
        "cached" => dataset.cache()?.repeat(2)?,
        "twice" => dataset.shuffle_with(buffer, |o| o.seed(seed))?,
        "taken" => dataset.take(3)?.repeat(3)?,
        "prefetched" => dataset.prefetch(2)?.repeat(2)?,
        other => panic!("{other} is not known"),
    })
}
