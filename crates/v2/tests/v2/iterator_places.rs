//! Places of iterators in checkpoints: what comes after a restoration, against TensorFlow's record.

use crate::checkpoints::{Scratch, data};
use ferroflow_core::{NdArray, Result, TString};
use ferroflow_v2 as tf;
use tf::Tensor;
use tf::data::{Dataset, DatasetIterator};
use tf::train::Checkpoint;

fn pipeline(name: &str) -> Result<Dataset<Tensor>> {
    let range = |stop: i64| Dataset::range(stop);
    match name {
        "range" => range(6),
        "batches" => {
            let squares = range(11)?.map(|x| &x * &x)?;
            squares.filter(|x| tf::not_equal(tf::math::floormod(x, 3i64)?, 0i64))?.batch(2)
        }
        "shuffled" => range(10)?.shuffle_with(4, |o| o.seed(1))?.repeat(3),
        "shuffled once" => {
            range(6)?.shuffle_with(6, |o| o.seed(2).reshuffle_each_iteration(false))?.repeat(3)
        }
        "shuffled twice" => {
            let once = range(8)?.shuffle_with(3, |o| o.seed(1))?;
            once.shuffle_with(5, |o| o.seed(2))?.repeat(2)?.prefetch(2)
        }
        "interleaved" => range(4)?
            .interleave_with(|x| Dataset::range(((&x * 10)?, ((&x * 10)? + 3)?)), |o| o.cycle_length(3)),
        "sampled" => {
            Dataset::sample_from_datasets_with(&[range(6)?, Dataset::range((10, 16))?], |o| o.seed(7))
        }
        "windows" => range(8)?.window_with(3, |o| o.shift(2))?.flat_map(|window| window.batch(3)),
        other => panic!("{other} is not known"),
    }
}

fn rest(iterator: &mut DatasetIterator<Tensor>) -> Result<String> {
    let element = |element: Result<Tensor>| -> Result<String> {
        let numbers: Vec<i64> = element?.numpy()?.into_vec()?;
        Ok(numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" "))
    };
    Ok(iterator.map(element).collect::<Result<Vec<_>>>()?.join(";"))
}

fn take(iterator: &mut DatasetIterator<Tensor>, count: usize) -> Result<()> {
    iterator.take(count).try_for_each(|element| element.map(drop))
}

// The global seed is the process's, so all of it is one test.
#[test]
fn iterators_go_on_where_they_were() -> Result<()> {
    let scratch = Scratch::new();
    let mut compared = 0;
    for line in std::fs::read_to_string(data("iterators.txt")).unwrap().lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (name, expected) = (fields[0], fields[2]);
        tf::random::set_seed(3);
        let mut iterator = pipeline(name)?.iter()?;
        let checkpoint = Checkpoint::new().track("iterator", iterator.place());
        take(&mut iterator, fields[1].parse().unwrap())?;
        let path = checkpoint.save(scratch.path("iterator"))?;

        tf::random::set_seed(3);
        let mut other = pipeline(name)?.iter()?;
        take(&mut other, 1)?;
        let place = Checkpoint::new().track("iterator", other.place());
        place.restore(&path)?.assert_consumed()?;
        assert_eq!(rest(&mut other)?, expected, "{line}");

        // The same iterator again, which has been at its end since.
        assert_eq!(rest(&mut iterator)?, expected, "{line}");
        checkpoint.restore(&path)?.assert_consumed()?;
        assert_eq!(rest(&mut iterator)?, expected, "{line}, in place");
        compared += 1;
    }
    assert!(compared > 20);

    // Without seeds; another iterator of the same dataset draws as well, later.
    let dataset = Dataset::range(30)?.shuffle(20)?.repeat(3)?;
    let mut iterator = dataset.iter()?;
    take(&mut iterator, 35)?;
    let path = Checkpoint::new().track("iterator", iterator.place()).save(scratch.path("chance"))?;
    let expected = rest(&mut iterator)?;
    let mut other = dataset.iter()?;
    take(&mut other, 70)?;
    let mut third = dataset.iter()?;
    Checkpoint::new().track("iterator", third.place()).restore(&path)?.assert_consumed()?;
    assert_eq!(rest(&mut third)?, expected);
    Ok(())
}

#[test]
fn places_of_others_are_refused() -> Result<()> {
    let scratch = Scratch::new();
    let mut iterator = Dataset::range(3)?.iter()?;
    let checkpoint = Checkpoint::new().track("iterator", iterator.place());
    let path = checkpoint.save(scratch.path("iterator"))?;
    let names = |path| -> Result<Vec<String>> {
        Ok(tf::train::list_variables(path)?.into_iter().map(|(name, _)| name).collect())
    };
    assert_eq!(names(path.clone())?, names(data("iterator-1"))?);

    let error = checkpoint.restore(data("iterator-1")).map(drop).unwrap_err();
    assert!(
        error.message().ends_with("expected dtype string does not equal original dtype variant"),
        "{error}"
    );

    let batches = Dataset::range(3)?.batch(2)?.iter()?;
    let error = Checkpoint::new().track("iterator", &batches).restore(&path).map(drop).unwrap_err();
    assert_eq!(error.class_name(), "NotFoundError");
    assert!(error.message().contains("Make sure the dataset definition has not changed"), "{error}");

    take(&mut iterator, 3)?;
    let path = checkpoint.save(scratch.path("iterator"))?;
    let mut shorter = Dataset::range(2)?.iter()?;
    let error = Checkpoint::new().track("iterator", shorter.place()).restore(path).map(drop).unwrap_err();
    assert_eq!(error.class_name(), "NotFoundError");
    assert_eq!(rest(&mut shorter)?, "0;1");

    let mut writer = ferroflow_formats::CheckpointWriter::create(scratch.path("damaged"))?;
    let graph = tf::train::load_checkpoint(data("iterator-1"))?.read("_CHECKPOINTABLE_OBJECT_GRAPH")?;
    writer.add("_CHECKPOINTABLE_OBJECT_GRAPH", &graph)?;
    writer.add("save_counter/.ATTRIBUTES/VARIABLE_VALUE", &NdArray::scalar(1i64))?;
    let bytes = NdArray::scalar(TString::from("ferroflow iterator 1\u{5}Range\u{1}"));
    writer.add("iterator/.ATTRIBUTES/ITERATOR_STATE", &bytes)?;
    writer.finish()?;
    let error = checkpoint.restore(scratch.path("damaged")).map(drop).unwrap_err();
    assert_eq!(error.message(), "these bytes are no place of an iterator of ferroflow");
    Ok(())
}
