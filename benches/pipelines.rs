//! Pipelines of datasets, gone through once by one run: elements of a few bytes, so that the pipeline is what counts.

use ferroflow_benches::{Comparison, Result, Run};
use ferroflow_compat_v1 as tf;
use tf::data::Dataset;

/// How many elements a pipeline has.
const ELEMENTS: i64 = 10_000;

fn main() -> Result<()> {
    let table = Comparison::start("pipelines of 10,000 small elements")?;
    let range = || Dataset::range(ELEMENTS);
    pipeline(&table, "range", range)?;
    pipeline(&table, "range, map", || range()?.map(|x| (&x * 2)? + 1))?;
    pipeline(&table, "range, batch 100", || range()?.batch(100))?;
    pipeline(&table, "range, shuffle 1,000", || range()?.shuffle_with(1000, |o| o.seed(1)))?;
    pipeline(&table, "range, shuffle 1,000, map, batch 32", || {
        range()?.shuffle_with(1000, |o| o.seed(1))?.map(|x| (&x * 2)? + 1)?.batch(32)
    })?;
    pipeline(&table, "slices of 16 floats, shuffle, batch 32", || {
        let rows = tf::reshape(tf::range(0.0, 160_000.0, 1.0)?, [10_000, 16])?;
        let rows = Dataset::from_tensor_slices(rows)?;
        rows.shuffle_with(1000, |o| o.seed(1))?
            .batch(32)?
            .map(|batch| tf::cast(tf::reduce_sum(batch, (), false)?, tf::int64))
    })?;
    pipeline(&table, "range, map in parallel, batch 32", || {
        range()?.map_with(|x| (&x * 2)? + 1, |o| o.num_parallel_calls(2))?.batch(32)
    })?;
    pipeline(&table, "range, filter, repeat 2", || range()?.filter(|x| tf::greater(x, 5000i64))?.repeat(2))?;
    pipeline(&table, "range, batch 32, prefetch 4", || range()?.batch(32)?.prefetch(4))?;
    pipeline(&table, "range 100, flat map of 100", || {
        Dataset::range(100)?.flat_map(|x| Dataset::range((x.clone(), (x + 100)?)))
    })
}

/// A row for one run that adds up all numbers of a pipeline.
fn pipeline(
    table: &Comparison,
    name: &str,
    build: impl FnOnce() -> tf::Result<Dataset<tf::Tensor>>,
) -> Result<()> {
    table.graph(name, |_| {
        let total = build()?.reduce(0i64, |sum, x| sum + tf::reduce_sum(x, (), false)?)?;
        Ok(Run { feeds: Vec::new(), fetch: total })
    })
}
