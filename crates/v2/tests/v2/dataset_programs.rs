//! The named pipelines of the record.

use crate::datasets::{Erased, directory, erased};
use crate::{dataset_choices, dataset_files, dataset_tables};
use ferroflow_core::{NdArray, Result, Tensor};
use ferroflow_v2 as tf;
use std::collections::BTreeMap;
use tf::data::{Dataset, FixedLengthRecordDataset, TFRecordDataset, TextLineDataset};

fn at(name: &str) -> String {
    directory().join(name).display().to_string()
}

fn texts(names: &[&str]) -> NdArray {
    NdArray::vector(names.iter().map(|name| ferroflow_core::TString::from(at(name))).collect())
}

fn rows() -> Result<Dataset<Tensor>> {
    Dataset::range((1, 6))?.map(|n| tf::fill(tf::reshape(&n, [1])?, tf::cast(n, tf::int32)?))
}

fn of_lengths(lengths: &'static [i32]) -> Result<Dataset<Tensor>> {
    let arrays = move || lengths.iter().map(|length| NdArray::vector((0..*length).collect::<Vec<i32>>()));
    Dataset::from_generator(arrays, tf::TensorSpec::new([None], tf::int32))
}

fn divided(x: Tensor) -> Result<Tensor> {
    tf::math::floordiv(12i64, x)
}

fn windows(size: i64, shift: Option<i64>, stride: i64, drop_remainder: bool) -> Result<Erased> {
    erased(
        Dataset::range(7)?
            .window_with(size, |o| o.shift(shift).stride(stride).drop_remainder(drop_remainder))?,
    )
}

fn short_name(name: Tensor) -> Result<Tensor> {
    tf::strings::regex_replace(name, ".*/", "", true)
}

pub(crate) fn make(name: &str) -> Result<Erased> {
    let range = |stop: i64| Dataset::range(stop);
    let five = |x: &Tensor| Dataset::range(((x * 10)?, ((x * 10)? + x)?));
    match name {
        "tensors" => erased(Dataset::from_tensors(([1, 2], [[1.5]], "text"))?),
        "slices" => erased(Dataset::from_tensor_slices([[1, 2], [3, 4], [5, 6]])?),
        "slices of floats and strings" => erased(Dataset::from_tensor_slices(([0.5, -1.25], ["a", "bc"]))?),
        "slices of a dictionary" => {
            let columns =
                BTreeMap::from([("b", tf::constant([1, 2])?), ("a", tf::constant([[3.0], [4.0]])?)]);
            erased(Dataset::from_tensor_slices(columns)?)
        }
        "slices of nested tuples" => erased(Dataset::from_tensor_slices((([1, 2], [3, 4]), [true, false]))?),
        "no slices" => erased(Dataset::from_tensor_slices(tf::zeros([0, 3], tf::float32)?)?),
        "slices of a scalar" => erased(Dataset::from_tensor_slices(1)?),
        "slices of two lengths" => erased(Dataset::from_tensor_slices(([1, 2], [1, 2, 3]))?),
        "range" => erased(range(5)?),
        "range with a start" => erased(Dataset::range((2, 6))?),
        "range with a step" => erased(Dataset::range((1, 12, 3))?),
        "range downwards" => erased(Dataset::range((7, -2, -3))?),
        "range the wrong way" => erased(Dataset::range((5, 1))?),
        "range of int32" => erased(Dataset::range_with(4, |o| o.output_type(tf::int32))?),
        "range of float32" => erased(Dataset::range_with(3, |o| o.output_type(tf::float32))?),
        "range with a step of 0" => erased(Dataset::range((0, 5, 0))?),
        "map" => erased(range(4)?.map(|x| (&x * &x)? + 1)?),
        "map to a tuple" => erased(range(3)?.map(|x| Ok((x.clone(), (tf::cast(x, tf::float32)? / 2)?)))?),
        "map of a tuple" => erased(Dataset::from_tensor_slices(([1, 2], [10, 20]))?.map(|(a, b)| a + b)?),
        "map in parallel" => erased(range(20)?.map_with(|x| x * 3, |o| o.num_parallel_calls(4))?),
        "map with a capture" => {
            let many = tf::range(0i64, 200i64, 1i64)?;
            erased(range(3)?.map(|x| tf::reduce_sum(&many, ())? + x)?)
        }
        "map with a branch" => erased(range(5)?.map(|x| {
            let even = tf::equal(tf::math::floormod(&x, 2)?, 0)?;
            tf::cond(even, || &x * 10, || -&x)
        })?),
        "map to batches" => erased(range(3)?.map(|x| tf::stack([x.clone(), (x + 1)?]))?),
        "map fails" => erased(range(3)?.map(|x| divided(((-x)? + 2)?))?),
        "map in parallel fails" => {
            erased(range(3)?.map_with(|x| divided(((-x)? + 2)?), |o| o.num_parallel_calls(2))?)
        }
        "map to changing shapes" => erased(rows()?),
        "map with no calls" => erased(range(3)?.map_with(Ok, |o| o.num_parallel_calls(0))?),
        "random numbers in a map" => {
            tf::random::set_seed(9);
            let drawn = range(3)?.map(|_| tf::random::uniform_with([0; 0], |o| o.seed(4)))?;
            erased(drawn.repeat(2)?)
        }
        "filter" => erased(range(10)?.filter(|x| tf::equal(tf::math::floormod(x, 3)?, 0))?),
        "filter nothing" => erased(range(3)?.filter(|x| tf::greater(x, 5))?),
        "filter by a number" => erased(range(3)?.filter(Ok)?),
        "take while" => erased(range(10)?.take_while(|x| tf::less((&x * &x)?, 20))?),
        "unique" => erased(Dataset::from_tensor_slices(["a", "b", "a", "c", "b"])?.unique()?),
        "unique floats" => erased(Dataset::from_tensor_slices([1.0, 1.0])?.unique()?),
        "scan" => erased(range(5)?.scan(1i64, |s, x| Ok(((&s + &x)?, (s * x)?)))?),
        "batch" => erased(range(7)?.batch(3)?),
        "batch without a rest" => erased(range(7)?.batch_with(3, |o| o.drop_remainder(true))?),
        "batch of tuples" => erased(Dataset::from_tensor_slices(([1, 2, 3], ["a", "b", "c"]))?.batch(2)?),
        "batch of batches" => erased(range(12)?.batch(2)?.batch(3)?),
        "batch in parallel" => erased(range(7)?.batch_with(3, |o| o.num_parallel_calls(2))?),
        "batch larger than everything" => erased(range(2)?.batch(1_000_000_000_000i64)?),
        "batch of two shapes" => erased(of_lengths(&[2, 3])?.batch(2)?),
        "batch of mapped shapes" => erased(rows()?.batch(2)?),
        "batch of none" => erased(range(3)?.batch(0)?),
        "padded batch" => erased(rows()?.padded_batch(2)?),
        "padded batch to a size" => erased(rows()?.padded_batch_with(2, |o| {
            o.padded_shapes(vec![[Some(6)].into()]).padding_values(vec![NdArray::scalar(-1i32)])
        })?),
        "padded batch without a rest" => erased(rows()?.padded_batch_with(2, |o| o.drop_remainder(true))?),
        "padded batch of a tuple" => {
            let pairs = rows()?.map(|x| {
                let column = tf::cast(tf::expand_dims(&x, 1)?, tf::float32)?;
                Ok((x, column))
            })?;
            let shapes = vec![[None].into(), [None, Some(2)].into()];
            erased(pairs.padded_batch_with(3, |o| o.padded_shapes(shapes))?)
        }
        "padded batch of strings" => {
            let slices = Dataset::from_tensor_slices([["a", "b"], ["c", "d"]])?;
            erased(slices.padded_batch_with(2, |o| o.padded_shapes(vec![[Some(3)].into()]))?)
        }
        "padded batch too small" => {
            erased(rows()?.padded_batch_with(3, |o| o.padded_shapes(vec![[Some(2)].into()]))?)
        }
        "padded batch of another rank" => {
            erased(rows()?.padded_batch_with(2, |o| o.padded_shapes(vec![[Some(2), Some(2)].into()]))?)
        }
        "padded batch with a float" => {
            erased(rows()?.padded_batch_with(2, |o| o.padding_values(vec![NdArray::scalar(1.5f32)]))?)
        }
        "padded batch with a vector" => {
            erased(rows()?.padded_batch_with(2, |o| o.padding_values(vec![NdArray::vector(vec![1i32, 2])]))?)
        }
        "padded batch smaller than known" => {
            let dataset = Dataset::from_tensors([1, 2, 3])?;
            erased(dataset.padded_batch_with(2, |o| o.padded_shapes(vec![[Some(2)].into()]))?)
        }
        "unbatch" => erased(range(6)?.batch(4)?.unbatch()?),
        "unbatch a tuple" => erased(Dataset::from_tensors(([1, 2], [[1.0], [2.0]]))?.unbatch()?),
        "unbatch scalars" => erased(range(3)?.unbatch()?),
        "unbatch two lengths" => erased(Dataset::from_tensors(([1, 2], [1, 2, 3]))?.unbatch()?),
        "unbatch changing lengths" => erased(rows()?.unbatch()?),
        "flat map" => erased(range(4)?.flat_map(Dataset::range)?),
        "flat map of slices" => {
            let slices = Dataset::from_tensor_slices([[1, 2], [3, 4]])?;
            erased(slices.flat_map(Dataset::from_tensor_slices)?)
        }
        "flat map of maps" => erased(
            range(3)?.flat_map(|x| Dataset::range((x.clone(), (&x + 4)?))?.map(|y| Ok((x.clone(), y))))?,
        ),
        "interleave" => erased(Dataset::range((1, 6))?.interleave_with(
            |x| Dataset::from_tensors(x)?.repeat(6),
            |o| o.cycle_length(2).block_length(4),
        )?),
        "interleave singles" => erased(range(5)?.interleave_with(|x| five(&x), |o| o.cycle_length(3))?),
        "interleave in parallel" => erased(
            range(5)?
                .interleave_with(|x| five(&x), |o| o.cycle_length(3).block_length(2).num_parallel_calls(2))?,
        ),
        "interleave in parallel with many" => erased(range(4)?.interleave_with(
            |x| Dataset::range(((&x * 10)?, (((&x * 10)? + 4)? - &x)?)),
            |o| o.cycle_length(8).num_parallel_calls(3),
        )?),
        "interleave in no cycle" => erased(range(3)?.interleave_with(Dataset::range, |o| o.cycle_length(0))?),
        "interleave in no blocks" => {
            erased(range(3)?.interleave_with(Dataset::range, |o| o.cycle_length(1).block_length(0))?)
        }
        "interleave with too many calls" => {
            erased(range(3)?.interleave_with(Dataset::range, |o| o.cycle_length(1).num_parallel_calls(2))?)
        }
        "repeat" => erased(range(3)?.repeat(2)?),
        "repeat for ever" => erased(range(3)?.repeat(-1)?),
        "repeat nothing for ever" => erased(range(0)?.repeat(-1)?),
        "repeat never" => erased(range(3)?.repeat(0)?),
        "take" => erased(range(5)?.take(2)?),
        "take all" => erased(range(3)?.take(-1)?),
        "skip" => erased(range(5)?.skip(3)?),
        "skip all" => erased(range(5)?.skip(-1)?),
        "skip too many" => erased(range(2)?.skip(9)?),
        "shard" => erased(range(10)?.shard(3, 1)?),
        "shard among none" => erased(range(3)?.shard(0, 0)?),
        "shard out of range" => erased(range(3)?.shard(2, 2)?),
        "cache" => erased(range(4)?.cache()?.repeat(2)?),
        "prefetch" => erased(range(20)?.prefetch(3)?),
        "prefetch a negative number" => erased(range(3)?.prefetch(-2)?),
        "zip" => erased(Dataset::zip((range(3)?, Dataset::from_tensor_slices(["a", "b"])?))?),
        "zip nested" => erased(Dataset::zip((Dataset::zip((range(2)?, range(5)?))?, range(3)?))?),
        "concatenate" => erased(range(3)?.concatenate(&Dataset::range((10, 12))?)?),
        "concatenate shapes" => {
            erased(Dataset::from_tensors([1, 2])?.concatenate(&Dataset::from_tensors([3])?)?)
        }
        "concatenate dtypes" => erased(range(3)?.concatenate(&Dataset::from_tensors(1.0)?)?),
        "enumerate" => erased(Dataset::from_tensor_slices(["a", "b"])?.enumerate(4)?),
        "window" => windows(3, Some(2), 2, false),
        "window without a rest" => windows(3, Some(1), 1, true),
        "window with gaps" => erased(range(9)?.window_with(2, |o| o.shift(4))?),
        "window of tuples" => erased(Dataset::from_tensor_slices(([1, 2, 3], ["a", "b", "c"]))?.window(2)?),
        "windows in batches" => {
            erased(range(7)?.window_with(3, |o| o.shift(2))?.flat_map(|window| window.batch(3))?)
        }
        "window of none" => erased(range(3)?.window(0)?),
        "window with a shift of 0" => erased(range(3)?.window_with(1, |o| o.shift(0))?),
        "window with a stride of 0" => erased(range(3)?.window_with(1, |o| o.stride(0))?),
        _ => make_from_outside(name),
    }
}

/// The pipelines that take their elements from iterators and files.
fn make_from_outside(name: &str) -> Result<Erased> {
    let scalar = |dtype| tf::TensorSpec::new(tf::TensorShape::scalar(), dtype);
    match name {
        "generator" => erased(Dataset::from_generator(|| [3, 1, 2], scalar(tf::int32))?),
        "generator of tuples" => {
            let signature = (scalar(tf::int64), scalar(tf::string));
            erased(Dataset::from_generator(|| [(1, "a"), (2, "b")], signature)?)
        }
        "generator of arrays" => erased(of_lengths(&[1, 3, 0])?),
        "generator repeated" => erased(Dataset::from_generator(|| [1, 2], scalar(tf::int32))?.repeat(2)?),
        "generator of another shape" => erased(Dataset::from_generator(|| [[1, 2]], scalar(tf::int32))?),
        "text" => erased(TextLineDataset::new(texts(&["a.txt", "b.txt"]))?.into()),
        "text in gzip" => {
            erased(TextLineDataset::new_with(at("a.txt.gz"), |o| o.compression_type("GZIP"))?.into())
        }
        "text in zlib" => {
            erased(TextLineDataset::new_with(at("a.txt.z"), |o| o.compression_type("ZLIB"))?.into())
        }
        "text in turn" => {
            let lines = TextLineDataset::new_with(texts(&["a.txt", "b.txt"]), |o| o.num_parallel_reads(2))?;
            erased(lines.into())
        }
        "text that is not there" => erased(TextLineDataset::new(at("none.txt"))?.into()),
        "text in another compression" => {
            erased(TextLineDataset::new_with(at("a.txt"), |o| o.compression_type("X"))?.into())
        }
        "records" => erased(TFRecordDataset::new(texts(&["a.tfrecord", "b.tfrecord"]))?.into()),
        "records in gzip" => {
            erased(TFRecordDataset::new_with(at("a.tfrecord.gz"), |o| o.compression_type("GZIP"))?.into())
        }
        "records in zlib" => {
            erased(TFRecordDataset::new_with(at("a.tfrecord.z"), |o| o.compression_type("ZLIB"))?.into())
        }
        "records in turn" => {
            let files = texts(&["a.tfrecord", "b.tfrecord"]);
            erased(TFRecordDataset::new_with(files, |o| o.num_parallel_reads(2))?.into())
        }
        "records cut short" => erased(TFRecordDataset::new(at("cut.tfrecord"))?.into()),
        "damaged records" => erased(TFRecordDataset::new(at("bad.tfrecord"))?.into()),
        "records that are not there" => erased(TFRecordDataset::new(at("none.tfrecord"))?.into()),
        "fixed length" => erased(
            FixedLengthRecordDataset::new_with(at("fixed.bin"), 3, |o| o.header_bytes(4).footer_bytes(4))?
                .into(),
        ),
        "fixed length in gzip" => erased(
            FixedLengthRecordDataset::new_with(at("fixed.bin.gz"), 3, |o| {
                o.header_bytes(4).footer_bytes(4).compression_type("GZIP")
            })?
            .into(),
        ),
        "fixed length that does not fit" => erased(FixedLengthRecordDataset::new(at("fixed.bin"), 4)?.into()),
        "fixed length of 0" => erased(FixedLengthRecordDataset::new(at("fixed.bin"), 0)?.into()),
        "files" => erased(Dataset::list_files_with(at("*.txt"), |o| o.shuffle(false))?.map(short_name)?),
        "files in a random order" => {
            tf::random::set_seed(3);
            erased(Dataset::list_files_with(at("*"), |o| o.seed(5))?.map(short_name)?)
        }
        "files that are not there" => erased(Dataset::list_files(at("*.none"))?),
        name if name.starts_with("random")
            || ["sampled", "chosen", "groups", "buckets"].iter().any(|kind| name.starts_with(kind)) =>
        {
            dataset_choices::make(name, &rows()?)
        }
        name if ["kept", "counte", "errors", "shuffled", "mapped and", "resampled"]
            .iter()
            .any(|kind| name.starts_with(kind)) =>
        {
            dataset_files::make(name, &rows()?)
        }
        name if ["csv", "table", "in turn"].iter().any(|kind| name.starts_with(kind)) => {
            dataset_tables::make(name)
        }
        "everything" => {
            tf::random::set_seed(2);
            let shuffled = Dataset::range(20)?.shuffle_with(6, |o| o.seed(3))?;
            let mapped = shuffled.map_with(
                |x| {
                    let half = (tf::cast(&x, tf::float32)? * 0.5)?;
                    Ok((x, half))
                },
                |o| o.num_parallel_calls(2),
            )?;
            let chosen = mapped.filter(|(x, _)| tf::not_equal(tf::math::floormod(x, 3)?, 0))?;
            erased(chosen.batch(4)?.prefetch(2)?.repeat(2)?)
        }
        other => panic!("{other} is not known"),
    }
}
