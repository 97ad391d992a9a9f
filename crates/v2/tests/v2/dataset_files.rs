//! The named pipelines of the record that keep elements in files, count them, and take some of them by their classes.

use crate::datasets::{Erased, erased, kept};
use ferroflow_core::{Result, Tensor};
use ferroflow_proto::Message;
use ferroflow_v2 as tf;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use tf::data::{Dataset, experimental};
use tf::math::{floordiv, floormod};

/// A path that nothing has yet.
fn new() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    kept().join(format!("new{}", NUMBER.fetch_add(1, Ordering::Relaxed)))
}

fn text(path: PathBuf) -> String {
    path.to_string_lossy().into_owned()
}

fn scalar(dtype: tf::DType) -> tf::TensorSpec {
    tf::TensorSpec::new(tf::TensorShape::scalar(), dtype)
}

/// All elements, and then again.
fn twice<E: tf::Nest + 'static>(dataset: Dataset<E>) -> Result<Erased> {
    dataset.iter()?.try_for_each(|element| element.map(drop))?;
    erased(dataset)
}

fn with_texts(stop: i64) -> Result<Dataset<(Tensor, Tensor)>> {
    Dataset::range(stop)?.map(|x| Ok((x.clone(), tf::as_string(x)?)))
}

/// The elements of a directory that TensorFlow has written.
fn pairs(name: &str, compression: &str) -> Result<Erased> {
    let numbers = (scalar(tf::int64), tf::TensorSpec::new([Some(2), None], tf::float32));
    let (numbers, floats) = numbers;
    // A dictionary of a tuple and a tensor: the order of its tensors is that of a tuple of three.
    let signature = (numbers, floats, scalar(tf::string));
    erased(Dataset::load_with(kept().join(name), signature, |o| o.compression(compression))?)
}

fn saved(rows: &Dataset<Tensor>, compression: &str) -> Result<Erased> {
    let place = new();
    rows.save_with(&place, |o| o.compression(compression))?;
    let spec = tf::TensorSpec::new([None], tf::int32);
    erased(Dataset::load_with(place, spec, |o| o.compression(compression))?)
}

fn classes(x: Tensor) -> Result<Tensor> {
    tf::cast(tf::greater_equal(floormod(x, 10i64)?, 7i64)?, tf::int32)
}

fn resampled(stop: i64, target: [f64; 2], initial: Option<[f64; 2]>, seed: i64) -> Result<Erased> {
    tf::random::set_seed(4);
    let initial = initial.map(tf::constant).transpose()?;
    let numbers = Dataset::range(stop)?;
    erased(numbers.rejection_resample_with(classes, target, |o| o.initial_dist(initial).seed(seed))?)
}

pub(crate) fn make(name: &str, rows: &Dataset<Tensor>) -> Result<Erased> {
    let range = |stop: i64| Dataset::range(stop);
    match name {
        "kept: cache" => twice(with_texts(3)?.cache_with(text(new()))?),
        "kept: cache of one pass" => erased(range(3)?.cache_with(text(new()))?.repeat(2)?),
        "kept: cache of TensorFlow" => erased(with_texts(0)?.cache_with(text(kept().join("cache")))?),
        "kept: cache of another dtype" => erased(range(3)?.cache_with(text(kept().join("cache")))?),
        "kept: cache of nothing" => twice(range(0)?.cache_with(text(new()))?),
        "kept: cache that is being written" => {
            let place = text(new());
            let mut first = range(3)?.cache_with(&place)?.iter()?;
            first.get_next()?;
            // The other iterator is there for as long as the test is.
            std::mem::forget(first);
            erased(range(3)?.cache_with(place)?)
        }
        "kept: cache nowhere" => erased(range(3)?.cache_with(text(kept().join("none/cache")))?),
        "kept: load" => pairs("saved", ""),
        "kept: load compressed" => pairs("saved.gz", "GZIP"),
        "kept: load shards" => {
            let in_turn =
                |shards: Dataset<Dataset<Tensor>>| shards.interleave_with(Ok, |o| o.cycle_length(16));
            erased(Dataset::load_shards(kept().join("shards"), scalar(tf::int64), in_turn, |o| o)?)
        }
        "kept: load another dtype" => erased(Dataset::load(kept().join("shards"), scalar(tf::int32))?),
        "kept: load nothing" => erased(Dataset::load(kept().join("none"), scalar(tf::int64))?),
        "kept: load without compression" => {
            erased(Dataset::load(kept().join("saved.gz"), scalar(tf::int64))?)
        }
        "kept: save and load" => saved(rows, ""),
        "kept: save and load compressed" => saved(rows, "GZIP"),
        "counted" => erased(range(3)?.apply(experimental::assert_cardinality(3i64))?),
        "counted too few" => erased(range(3)?.apply(experimental::assert_cardinality(4i64))?),
        "counted too many" => erased(range(3)?.apply(experimental::assert_cardinality(1i64))?),
        "counted one of none" => erased(range(0)?.apply(experimental::assert_cardinality(1i64))?),
        "counted without end" => erased(range(3)?.repeat(2)?.apply(experimental::assert_cardinality(-1i64))?),
        "counted unknown" => erased(range(3)?.apply(experimental::assert_cardinality(-2i64))?),
        "errors ignored" => erased(range(5)?.map(|x| floordiv(12i64, (x - 2)?))?.ignore_errors()?),
        "errors ignored without end" => {
            let quotients = range(3)?.repeat(-1)?.map(|x| floordiv(12i64, x))?;
            erased(quotients.apply(experimental::ignore_errors())?.take(5)?)
        }
        "counter" => erased(experimental::Counter(5i64, -2i64)?.take(4)?),
        "shuffled and repeated" => {
            tf::random::set_seed(4);
            erased(range(6)?.apply(experimental::shuffle_and_repeat(3i64, 2i64, Some(3)))?)
        }
        "mapped and batched" => {
            let squared = experimental::map_and_batch(|x: Tensor| &x * &x, 2, false, |o| o);
            erased(range(5)?.apply(squared)?)
        }
        "resampled" => resampled(60, [0.5, 0.5], Some([0.7, 0.3]), 3),
        "resampled as it is" => resampled(6, [0.25, 0.75], Some([0.25, 0.75]), 3),
        "resampled of one class" => resampled(40, [0.0, 1.0], Some([0.7, 0.3]), 3),
        "resampled by estimates" => resampled(90, [0.4, 0.6], None, 5),
        other => panic!("{other} is not known"),
    }
}

/// What is written beside the elements tells TensorFlow their structure.
#[test]
fn saved_datasets_tell_their_structure() -> Result<()> {
    let place = std::env::temp_dir().join(format!("ferroflow-structure-{}", std::process::id()));
    let dataset = Dataset::range(5)?.map(|x| {
        let floats = tf::fill(tf::stack([tf::constant(2i64)?, x.clone()])?, 1.5f32)?;
        Ok(BTreeMap::from([("a", vec![x.clone()]), ("b", vec![tf::as_string(x)?, floats])]))
    })?;
    dataset.save(&place)?;
    let described = std::fs::read(place.join("dataset_spec.pb")).expect("a description");
    let described = ferroflow_proto::structured_value::StructuredValue::decode(described.as_slice());
    assert!(format!("{:?}", described.expect("a message")).contains("TupleValue"));
    std::fs::remove_dir_all(place).expect("a directory");
    Ok(())
}
