//! Optimizers and learning rates do what Keras's do, eagerly and in traced functions.

use ferroflow_core::{DType, NdArray, Result, Tensor};
use ferroflow_v2 as tf;
use std::collections::HashMap;
use tf::optimizers::schedules::*;
use tf::optimizers::*;

const RECORD: &str = include_str!("../data/optimizers.txt");
const RATE_STEPS: [i64; 10] = [0, 1, 5, 10, 11, 15, 20, 25, 40, 100];
/// How many roundings results may be apart.
const ULPS: f32 = 1.0;

fn rows(kind: &str) -> impl Iterator<Item = Vec<&'static str>> {
    RECORD.lines().map(|line| line.split('\t').collect::<Vec<_>>()).filter(move |row| row[0] == kind)
}

fn numbers(text: &str) -> Vec<f32> {
    text.split(' ').map(|number| number.parse::<f64>().expect("a number") as f32).collect()
}

pub(crate) fn optimizer(case: &str) -> Result<Optimizer> {
    let sgd = SGD::default;
    match case {
        "sgd" => Optimizer::new(sgd(), 0.1),
        "sgd momentum" => Optimizer::new(sgd().momentum(0.9), 0.1),
        "sgd nesterov" => Optimizer::new(sgd().momentum(0.9).nesterov(true), 0.1),
        "sgd clipnorm" => Optimizer::new_with(sgd(), 0.1, |o| o.clipnorm(0.5)),
        "sgd clipvalue" => Optimizer::new_with(sgd(), 0.1, |o| o.clipvalue(0.25)),
        "sgd global_clipnorm" => Optimizer::new_with(sgd(), 0.1, |o| o.global_clipnorm(0.75)),
        "sgd weight_decay" => Optimizer::new_with(sgd(), 0.1, |o| o.weight_decay(0.01)),
        "sgd loss_scale_factor" => Optimizer::new_with(sgd(), 0.1, |o| o.loss_scale_factor(4.0)),
        "sgd accumulation" => Optimizer::new_with(sgd(), 0.1, |o| o.gradient_accumulation_steps(2)),
        "sgd ema" => {
            Optimizer::new_with(sgd(), 0.1, |o| o.use_ema(true).ema_momentum(0.5).ema_overwrite_frequency(3))
        }
        "sgd schedule" => Optimizer::new(sgd(), ExponentialDecay::new(0.1, 2, 0.5)?),
        "rmsprop" => Optimizer::new(RMSprop::default(), 0.01),
        "rmsprop momentum" => Optimizer::new(RMSprop::default().momentum(0.9).rho(0.8), 0.01),
        "rmsprop centered" => Optimizer::new(RMSprop::default().centered(true), 0.01),
        "rmsprop centered momentum" => Optimizer::new(RMSprop::default().centered(true).momentum(0.5), 0.01),
        "adagrad" => Optimizer::new(Adagrad::default(), 0.1),
        "adagrad options" => {
            Optimizer::new(Adagrad::default().initial_accumulator_value(0.5).epsilon(1e-3), 0.1)
        }
        "adadelta" => Optimizer::new(Adadelta::default(), 1.0),
        "adam" => Optimizer::new(Adam::default(), 0.01),
        "adam betas" => Optimizer::new(Adam::default().beta_1(0.7).beta_2(0.9).epsilon(1e-4), 0.01),
        "adam amsgrad" => Optimizer::new(Adam::default().amsgrad(true).beta_2(0.5), 0.01),
        "adamw" => Optimizer::new(AdamW::default(), 0.01),
        "adamax" => Optimizer::new(Adamax::default(), 0.01),
        "nadam" => Optimizer::new(Nadam::default(), 0.01),
        "ftrl" => Optimizer::new(Ftrl::default(), 0.1),
        "ftrl options" => Optimizer::new(
            Ftrl::default()
                .learning_rate_power(-0.7)
                .l1_regularization_strength(0.05)
                .l2_regularization_strength(0.1)
                .l2_shrinkage_regularization_strength(0.02)
                .beta(0.3),
            0.1,
        ),
        "lion" => Optimizer::new(Lion::default(), 0.01),
        other => panic!("the optimizer {other} is recorded, and made nowhere"),
    }
}

fn schedule(case: &str) -> Result<LearningRate> {
    Ok(match case {
        "exponential" => ExponentialDecay::new(0.1, 10, 0.5)?.into(),
        "exponential staircase" => ExponentialDecay::new(0.1, 10, 0.5)?.staircase(true).into(),
        "inverse time" => InverseTimeDecay::new(0.1, 10, 0.5)?.into(),
        "inverse time staircase" => InverseTimeDecay::new(0.1, 10, 0.5)?.staircase(true).into(),
        "piecewise" => PiecewiseConstantDecay::new(vec![5, 20], vec![1.0, 0.5, 0.25])?.into(),
        "polynomial" => PolynomialDecay::new(0.1, 20)?.into(),
        "polynomial cycle" => {
            PolynomialDecay::new(0.1, 10)?.end_learning_rate(0.01).power(2.0).cycle(true).into()
        }
        "cosine" => CosineDecay::new(0.1, 20)?.alpha(0.1).into(),
        "cosine warmup" => CosineDecay::new(0.01, 20)?.warmup(0.1, 10).into(),
        "restarts" => CosineDecayRestarts::new(0.1, 10)?.into(),
        "restarts options" => CosineDecayRestarts::new(0.1, 10)?.t_mul(1.0).m_mul(0.5).alpha(0.1).into(),
        other => panic!("the schedule {other} is recorded, and made nowhere"),
    })
}

fn assert_near(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let bound = ULPS * f32::EPSILON * expected.abs().max(0.01);
        assert!((found - expected).abs() <= bound, "{what}: {found} where Keras has {expected}");
    }
}

/// The steps of a case, by a function that applies gradients to variables.
fn check_steps(
    case: &str,
    variables: &[tf::Variable; 2],
    apply: impl FnMut(Tensor, Tensor) -> Result<()>,
) -> Result<()> {
    check_steps_from(0, case, variables, apply)
}

/// The same from a step on, where the others were done before.
pub(crate) fn check_steps_from(
    first: usize,
    case: &str,
    variables: &[tf::Variable; 2],
    mut apply: impl FnMut(Tensor, Tensor) -> Result<()>,
) -> Result<()> {
    let gradients: Vec<NdArray> = rows("gradient")
        .map(|row| {
            let dims: &[usize] = if row[2] == "0" { &[3] } else { &[2, 2] };
            NdArray::from_vec(dims, numbers(row[3]))
        })
        .collect::<Result<_>>()?;
    let expected: HashMap<(usize, usize), Vec<f32>> = rows("step")
        .filter(|row| row[1] == case)
        .map(|row| ((row[2].parse().expect("a step"), row[3].parse().expect("an index")), numbers(row[4])))
        .collect();
    for (step, pair) in gradients.chunks(2).enumerate().skip(first) {
        apply(pair[0].clone().into(), pair[1].clone().into())?;
        for (index, variable) in variables.iter().enumerate() {
            let found = variable.numpy()?;
            let what = format!("{case}, step {step}, variable {index}");
            assert_near(found.as_slice()?, &expected[&(step, index)], &what);
        }
    }
    Ok(())
}

pub(crate) fn variables() -> Result<[tf::Variable; 2]> {
    Ok([tf::Variable::new([1.0, -2.0, 0.5])?, tf::Variable::new([[0.1, 0.2], [-0.3, 4.0]])?])
}

pub(crate) fn cases() -> Vec<&'static str> {
    let mut cases: Vec<_> = rows("step").map(|row| row[1]).collect();
    cases.dedup();
    assert!(cases.len() >= 25, "{cases:?}");
    cases
}

#[test]
fn optimizers_change_variables_as_recorded() -> Result<()> {
    for case in cases() {
        let (optimizer, variables) = (optimizer(case)?, variables()?);
        check_steps(case, &variables, |a, b| {
            optimizer.apply_gradients([(Some(a), &variables[0]), (Some(b), &variables[1])])
        })?;
    }
    Ok(())
}

#[test]
fn traced_steps_are_those_of_eager_code() -> Result<()> {
    for case in cases() {
        let (optimizer, variables) = (optimizer(case)?, variables()?);
        let (first, second) = (variables[0].clone(), variables[1].clone());
        let step = tf::function(move |a: &Tensor, b: &Tensor| {
            optimizer.apply_gradients([(Some(a.clone()), &first), (Some(b.clone()), &second)])?;
            tf::constant(true)
        });
        check_steps(case, &variables, |a, b| step.call((a, b)).map(drop))?;
    }
    Ok(())
}

#[test]
fn schedules_give_the_recorded_rates() -> Result<()> {
    for row in rows("rate") {
        let rates = RATE_STEPS.map(|step| {
            let LearningRate::Schedule(schedule) = schedule(row[1])? else { panic!("{}", row[1]) };
            let rate = schedule.at(&tf::constant_with(step, |o| o.dtype(DType::INT64))?)?;
            rate.numpy()?.item::<f32>()
        });
        let rates = rates.into_iter().collect::<Result<Vec<_>>>()?;
        assert_near(&rates, &numbers(row[2]), row[1]);
    }
    Ok(())
}

#[test]
fn bad_options_are_refused_in_the_words_of_keras() -> Result<()> {
    for row in rows("error") {
        let sgd = SGD::default;
        let error = match row[1] {
            "two clips" => Optimizer::new_with(sgd(), 0.1, |o| o.clipnorm(1.0).clipvalue(2.0)).err(),
            "one accumulation step" => {
                Optimizer::new_with(sgd(), 0.1, |o| o.gradient_accumulation_steps(1)).err()
            }
            "large ema_momentum" => {
                Optimizer::new_with(sgd(), 0.1, |o| o.use_ema(true).ema_momentum(1.5)).err()
            }
            "no decay steps" => ExponentialDecay::new(0.1, 0, 0.5).err(),
            "no gradients" => {
                let variable = tf::Variable::new(1.0)?;
                Optimizer::new(sgd(), 0.1)?.apply_gradients([(None, &variable)]).err()
            }
            other => panic!("the error {other} is recorded, and made nowhere"),
        };
        let error = error.expect(row[1]);
        assert_eq!((error.class_name(), error.message()), (row[2], row[3]), "{}", row[1]);
    }
    Ok(())
}

#[test]
fn other_variables_are_refused() -> Result<()> {
    let (a, b) = (tf::Variable::new(1.0)?, tf::Variable::new(2.0)?);
    let optimizer = Optimizer::new(Adam::default(), 0.1)?;
    optimizer.apply_gradients([(Some(tf::constant(1.0)?), &a)])?;
    let error = optimizer.apply_gradients([(Some(tf::constant(1.0)?), &b)]).expect_err("another variable");
    assert!(error.message().starts_with("Unknown variable: "), "{error}");
    let names: Vec<String> = optimizer.variables().iter().map(tf::Variable::name).collect();
    let expected = ["iteration", "learning_rate", "Variable_0_momentum", "Variable_0_velocity"];
    assert_eq!(names, expected.map(|name| format!("adam/{name}:0")));
    Ok(())
}
