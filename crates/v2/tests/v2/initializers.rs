//! Initializers give the numbers that Keras gives for the same seeds.

use crate::rows::{array, assert_error, assert_near, rows};
use ferroflow_core::Result;
use ferroflow_v2 as tf;
use tf::initializers::*;

const RECORD: &str = include_str!("../data/initializers.txt");

fn initializer(case: &str) -> Box<dyn Initializer> {
    match case {
        "Zeros" => Zeros::default().into(),
        "Ones" => Ones::default().into(),
        "Constant" => Constant::default().value(0.3).into(),
        "RandomNormal" => RandomNormal::default().seed(1).into(),
        "RandomNormal options" => RandomNormal::default().mean(1.0).stddev(2.0).seed(2).into(),
        "RandomUniform" => RandomUniform::default().seed(3).into(),
        "RandomUniform options" => RandomUniform::default().minval(-1.0).maxval(4.0).seed(-5).into(),
        "TruncatedNormal" => TruncatedNormal::default().seed((1 << 31) + 7).into(),
        "VarianceScaling" => VarianceScaling::default().seed(4).into(),
        "VarianceScaling fan_out" => VarianceScaling::default()
            .scale(0.5)
            .mode(FanMode::FanOut)
            .distribution(Distribution::Uniform)
            .seed(5)
            .into(),
        "VarianceScaling untruncated" => VarianceScaling::default()
            .mode(FanMode::FanAvg)
            .distribution(Distribution::UntruncatedNormal)
            .seed(6)
            .into(),
        "GlorotUniform" => GlorotUniform::default().seed(7).into(),
        "GlorotNormal" => GlorotNormal::default().seed(8).into(),
        "LecunUniform" => LecunUniform::default().seed(9).into(),
        "LecunNormal" => LecunNormal::default().seed(10).into(),
        "HeUniform" => HeUniform::default().seed(11).into(),
        "HeNormal" => HeNormal::default().seed(12).into(),
        "Orthogonal" => Orthogonal::default().seed(13).into(),
        "Orthogonal gain" => Orthogonal::default().gain(2.0).seed(14).into(),
        "Identity" => Identity::default().gain(0.5).into(),
        other => panic!("the initializer {other} is recorded, and made nowhere"),
    }
}

#[test]
fn numbers_are_those_of_the_same_seed() -> Result<()> {
    let mut count = 0;
    for row in rows(RECORD, "init") {
        let expected = array(row[2], row[3]);
        let found = initializer(row[1]).call(expected.shape().dims(), tf::float32)?;
        // Orthogonal matrices are decomposed, all others are drawn: those differ in the last bit at most.
        let bound = if row[1].starts_with("Orthogonal") { 2e-6 } else { f32::EPSILON };
        assert_near(&found, &expected, bound, &format!("{} {}", row[1], row[2]))?;
        count += 1;
    }
    assert!(count >= 70, "{count}");
    Ok(())
}

#[test]
fn default_seeds_follow_from_the_random_seed() -> Result<()> {
    let mut drawn = Vec::new();
    for row in rows(RECORD, "default") {
        tf::utils::set_random_seed(row[1].parse().expect("a seed"));
        for seed in row[2].split(' ') {
            let own = RandomNormal::default();
            own.settle();
            let same = RandomNormal::default().seed(seed.parse().expect("a seed"));
            drawn.push((
                own.call(&[2], tf::float32)?.numpy()?.into_vec::<f32>()?,
                same.call(&[2], tf::float32)?.numpy()?.into_vec::<f32>()?,
            ));
        }
    }
    assert!(drawn.len() >= 15 && drawn.iter().all(|(own, same)| own == same), "{drawn:?}");
    Ok(())
}

#[test]
fn bad_arguments_are_refused_in_the_words_of_keras() {
    for row in rows(RECORD, "error") {
        let result = match row[1] {
            "identity" => Identity::default().call(&[2, 3, 4], tf::float32),
            "orthogonal" => Orthogonal::default().call(&[3], tf::float32),
            "scale" => VarianceScaling::default().scale(-1.0).call(&[3], tf::float32),
            "get" => get("nothing").and_then(|found| found.call(&[3], tf::float32)),
            other => panic!("the error {other} is recorded, and made nowhere"),
        };
        assert_error(result, &row);
    }
}
