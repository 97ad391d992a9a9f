//! Generators draw what TensorFlow's draw, and their states are TensorFlow's after that.
//! `tools/record_generators.py` makes the same draws in the same order.

use crate::rows::{assert_error, rows};
use ferroflow_core::{DType, NdArray, Result, Tensor};
use ferroflow_v2 as tf;
use std::path::Path;
use tf::random::{Algorithm, Generator, create_rng_state};

const RECORD: &str = include_str!("../data/generators.txt");

/// Numbers as the record writes them.
fn numbers(array: &NdArray) -> Result<Vec<String>> {
    Ok(match array.dtype() {
        DType::FLOAT32 | DType::FLOAT64 => {
            let wide = array.cast(DType::FLOAT64)?;
            wide.as_slice::<f64>()?.iter().map(|number| format!("{number:?}")).collect()
        }
        DType::UINT64 => array.as_slice::<u64>()?.iter().map(u64::to_string).collect(),
        _ => array.cast(DType::INT64)?.as_slice::<i64>()?.iter().map(i64::to_string).collect(),
    })
}

/// The rows of draws, which are compared one after another.
struct Rows(std::vec::IntoIter<Vec<&'static str>>);

impl Rows {
    fn check(&mut self, name: &str, value: &Tensor, generator: &Generator) -> Result<()> {
        let row = self.0.next().expect("a row for each draw");
        let value = value.numpy()?;
        let shape: Vec<String> = value.shape().dims().iter().map(usize::to_string).collect();
        assert_eq!((row[1], row[2], row[3]), (name, value.dtype().name(), shape.join(",").as_str()));
        let (found, expected) = (numbers(&value)?, row[4].split(' ').collect::<Vec<_>>());
        assert_eq!(found.len(), expected.len(), "{name}");
        for (found, expected) in found.iter().zip(expected) {
            let near = || -> Option<bool> {
                let (found, expected): (f64, f64) = (found.parse().ok()?, expected.parse().ok()?);
                Some(
                    value.dtype().is_floating() && (found - expected).abs() <= 1e-6 * expected.abs().max(1.0),
                )
            };
            assert!(found == expected || near() == Some(true), "{name}: {found} is not {expected}");
        }
        assert_eq!(numbers(&generator.state().numpy()?)?.join(" "), row[5], "{name}");
        Ok(())
    }
}

#[test]
fn draws_and_states_are_as_recorded() -> Result<()> {
    let mut rows = Rows(rows(RECORD, "draw").collect::<Vec<_>>().into_iter());
    let g = Generator::from_seed(1234)?;
    rows.check("normal", &g.normal([2, 3])?, &g)?;
    rows.check("normal scaled", &g.normal_with([3], [1.0, 2.0, 3.0], 0.5, tf::float64)?, &g)?;
    rows.check("truncated", &g.truncated_normal_with([4], 2.0, 3.0, tf::float32)?, &g)?;
    rows.check("uniform", &g.uniform([5])?, &g)?;
    let scalar = NdArray::vector::<i64>(Vec::new());
    rows.check("uniform scalar", &g.uniform_with(scalar, -2.0, 5.0, tf::float64)?, &g)?;
    rows.check("uniform ints", &g.uniform_with([6], -3, 9, tf::int32)?, &g)?;
    rows.check("uniform long ints", &g.uniform_with([2, 2], 0, 1i64 << 40, tf::int64)?, &g)?;
    rows.check("full ints", &g.uniform_full_int([3], tf::uint64)?, &g)?;
    rows.check("full int32", &g.uniform_full_int([3], tf::int32)?, &g)?;
    rows.check("binomial", &g.binomial([4, 2], [10.0, 30.0], [0.3, 0.8], tf::int32)?, &g)?;
    rows.check("seeds", &g.make_seeds(3)?, &g)?;
    rows.check("skip", &g.skip(7)?, &g)?;
    let parts = g.split(2)?;
    rows.check("split", &parts[0].uniform([2])?, &parts[0])?;
    rows.check("split second", &parts[1].uniform([2])?, &parts[1])?;
    rows.check("after split", &g.normal([1])?, &g)?;
    rows.check("key", &g.key()?, &g)?;
    g.reset_from_seed([5, 6])?;
    rows.check("seed of two", &g.normal([2])?, &g)?;
    g.reset([1, 2, 3])?;
    rows.check("reset", &g.uniform([2])?, &g)?;
    g.reset_from_key_counter(17, [4, 9])?;
    rows.check("key and counter", &g.uniform([2])?, &g)?;
    let other = Generator::from_key_counter(-5, [1i64 << 40, 1], Algorithm::Philox)?;
    rows.check("from key", &other.normal([3])?, &other)?;
    let fresh = || Generator::from_state([7, 8, 9], Algorithm::Philox);
    rows.check("from state", &fresh()?.normal([3])?, &fresh()?)?;
    rows.check("negative seed", &Generator::from_seed(-3)?.normal([2])?, &Generator::from_seed(-3)?)?;
    let five = || Generator::from_seed([1, 2, 3, 4, 5]);
    rows.check("seed of five", &five()?.normal([2])?, &five()?)?;
    let threefry = Generator::from_seed_with(9, Algorithm::ThreeFry)?;
    rows.check("threefry", &create_rng_state(9, Algorithm::ThreeFry)?, &threefry)?;

    let g = Generator::from_seed(42)?;
    let shared = g.clone();
    let step = tf::function(move |_: &Tensor| shared.normal([2])? + shared.uniform([2])?);
    for at in 0..3 {
        rows.check(&format!("function {at}"), &step.call(0)?, &g)?;
    }

    let restored = Generator::from_seed(1)?;
    let prefix = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/checkpoints/generator");
    let checkpoint = tf::train::Checkpoint::new().track("generator", &restored);
    checkpoint.read(prefix)?.assert_existing_objects_matched()?;
    rows.check("restored", &restored.normal([2])?, &restored)?;
    assert!(rows.0.next().is_none());
    Ok(())
}

#[test]
fn what_is_no_generator_is_refused_in_the_words_of_tensorflow() -> Result<()> {
    for row in rows(RECORD, "error") {
        let result = match row[1] {
            "size" => Generator::from_state([1, 2], Algorithm::Philox).map(drop),
            "counter" => Generator::from_key_counter(1, [1, 2, 3], Algorithm::Philox).map(drop),
            "threefry" => {
                let error =
                    Generator::from_seed_with(3, Algorithm::ThreeFry)?.normal([2]).expect_err("no kernel");
                // TensorFlow names the function that it wraps the op in first.
                assert!(
                    row[3].contains(error.message().split(" [Op:").next().unwrap_or_default()),
                    "{error}"
                );
                assert_eq!(error.class_name(), row[2]);
                continue;
            }
            other => panic!("{other}"),
        };
        assert_error(result, &row);
    }
    Ok(())
}

#[test]
fn the_generator_of_the_program_can_be_set() -> Result<()> {
    tf::random::set_global_generator(Generator::from_seed(5)?);
    let global = tf::random::get_global_generator()?;
    assert_eq!(global.normal([3])?.numpy()?, Generator::from_seed(5)?.normal([3])?.numpy()?);
    let anywhere = Generator::from_non_deterministic_state(Algorithm::AutoSelect)?;
    assert_eq!(anywhere.uniform([4])?.shape(), [4].into());
    Ok(())
}
