//! Optimizers of eager mode. The switch is one of the process: this test has one of its own. Expected values come from
//! `tools/record_eager_training.py`.

use ferroflow_compat_v1 as tf;
use ferroflow_compat_v1::optimizers::{
    AdagradDAOptions, GradsAndVars, ProximalAdagradOptions, ProximalOptions, Rule,
};
use ferroflow_compat_v1::train;
use ferroflow_core::{Gradient, NdArray, Result, Tensor};
use ferroflow_v2::function;
use std::collections::BTreeSet;

const RECORDED: &str = include_str!("data/eager_training.txt");
const STEPS: i64 = 8;

/// What TensorFlow gave.
fn recorded(kind: &str, case: &str) -> &'static str {
    let start = format!("{kind}\t{case}\t");
    let row = RECORDED.lines().find_map(|line| line.strip_prefix(&start));
    row.unwrap_or_else(|| panic!("no {kind} is recorded for {case}"))
}

/// Numbers in [-0.5, 0.5) that any language makes alike.
fn data(sizes: &[usize]) -> Result<NdArray> {
    let count: usize = sizes.iter().product();
    NdArray::from_vec(sizes, (0..count).map(|i| (((i * 37) % 101) as f64 / 101.0 - 0.5) as f32).collect())
}

fn assert_close(case: &str, found: &[f32]) {
    let expected = recorded("value", case);
    let expected: Vec<f32> = expected.split(' ').map(|text| text.parse().expect("a number")).collect();
    assert_eq!(found.len(), expected.len(), "{case}");
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() <= 2e-6 * expected.abs(), "{case}: {found} for {expected}");
    }
}

fn names(variables: &[tf::Variable]) -> String {
    variables.iter().map(tf::Variable::name).collect::<Vec<_>>().join(" ")
}

/// A name without the number that keeps it apart from earlier ones: that counts for as long as the process lives.
fn bare(variable: &tf::Variable) -> String {
    let name = variable.name();
    let name = name.trim_end_matches(":0");
    let counted = name.rsplit_once('_').filter(|(_, number)| number.parse::<u32>().is_ok());
    format!("{}:0", counted.map_or(name, |(name, _)| name))
}

type Boxed = train::Optimizer<Box<dyn Rule>>;
type Make = fn(&tf::Variable) -> Result<Boxed>;

const OPTIMIZERS: &[(&str, Make)] = &[
    ("gradient_descent", |_| Ok(train::GradientDescentOptimizer::new(0.5)?.boxed())),
    ("momentum", |_| Ok(train::MomentumOptimizer::new(0.1, 0.9)?.boxed())),
    ("nesterov", |_| Ok(train::MomentumOptimizer::new_with(0.1, 0.9, |o| o.use_nesterov(true))?.boxed())),
    ("adam", |_| Ok(train::AdamOptimizer::new(0.05)?.boxed())),
    ("adagrad", |_| Ok(train::AdagradOptimizer::new(0.3)?.boxed())),
    ("adagrad_da", |step| {
        let options = |o: AdagradDAOptions| o.l2_regularization_strength(0.01);
        Ok(train::AdagradDAOptimizer::new_with(0.3, step, options)?.boxed())
    }),
    ("adadelta", |_| Ok(train::AdadeltaOptimizer::new_with(1.0, |o| o.epsilon(1e-3))?.boxed())),
    ("rms_prop", |_| Ok(train::RMSPropOptimizer::new_with(0.02, |o| o.momentum(0.5))?.boxed())),
    ("centered_rms_prop", |_| Ok(train::RMSPropOptimizer::new_with(0.02, |o| o.centered(true))?.boxed())),
    ("ftrl", |_| Ok(train::FtrlOptimizer::new_with(0.3, |o| o.l1_regularization_strength(0.001))?.boxed())),
    ("proximal_gradient_descent", |_| {
        let options =
            |o: ProximalOptions| o.l1_regularization_strength(0.001).l2_regularization_strength(0.01);
        Ok(train::ProximalGradientDescentOptimizer::new_with(0.3, options)?.boxed())
    }),
    ("proximal_adagrad", |_| {
        let options = |o: ProximalAdagradOptions| o.l1_regularization_strength(0.001);
        Ok(train::ProximalAdagradOptimizer::new_with(0.3, options)?.boxed())
    }),
];

/// A loss with dense gradients by `w` and `b`, and a sparse one by `e`, in which a row occurs twice.
fn training(case: &str, make: Make) -> Result<()> {
    let variable = |name: &str, value: NdArray| {
        let initial = tf::Initializer::value(value)?;
        tf::get_variable_with(name, |o| o.initializer(initial))
    };
    let w = variable("w", data(&[3, 2])?)?;
    let b = variable("b", NdArray::vector(vec![0f32, 0.0]))?;
    let e = variable("e", (tf::constant(data(&[5, 3])?)? * 2.0)?.numpy()?)?;
    let step = train::get_or_create_global_step()?;
    let before = step.numpy()?.item::<i64>()?;
    let optimizer = make(&step)?;
    let target = tf::constant(data(&[4, 2])?)?;
    let loss = || {
        let rows = tf::nn::embedding_lookup(&e, [0, 3, 3, 1])?;
        let error = ((tf::matmul(rows, &w)? + &b)? - &target)?;
        tf::reduce_mean(tf::square(error)?, (), false)
    };
    let mut losses = Vec::new();
    for _ in 0..STEPS {
        losses.push(loss()?.numpy()?.item::<f32>()?);
        assert!(optimizer.minimize_with(loss, |o| o.global_step(step.clone()))?.is_none());
    }
    losses.push(loss()?.numpy()?.item::<f32>()?);
    let expected = recorded("loss", case);
    let expected: Vec<f32> = expected.split(' ').map(|text| text.parse().expect("a number")).collect();
    for (number, (found, expected)) in losses.iter().zip(&expected).enumerate() {
        assert!(
            (found - expected).abs() <= 2e-6 * expected.abs(),
            "{case}, step {number}: {found} for {expected}"
        );
    }
    assert_eq!(step.numpy()?.item::<i64>()?, before + STEPS, "{case}");
    let mut own: Vec<String> = optimizer.variables().iter().map(bare).collect();
    own.sort();
    assert_eq!(own.join(" "), recorded("variables", case), "{case}");
    Ok(())
}

fn refused<T>(case: &str, result: Result<T>) {
    let Err(error) = result else { panic!("{case} is not refused") };
    let text = match error.message().split_once("loss <function ") {
        Some((before, _)) => format!("{before}loss <function>."),
        None => error.message().to_string(),
    };
    assert_eq!(format!("{:?}Error\t{text}", error.exception()), recorded("error", case), "{case}");
}

fn values(variables: &[&tf::Variable]) -> Result<Vec<f32>> {
    let mut values = Vec::new();
    for variable in variables {
        values.extend_from_slice(variable.numpy()?.as_slice::<f32>()?);
    }
    Ok(values)
}

#[test]
fn eager_steps_are_tensorflows() -> Result<()> {
    tf::enable_eager_execution()?;
    let cases: BTreeSet<&str> = OPTIMIZERS.iter().map(|(case, _)| *case).collect();
    assert!(cases.len() == OPTIMIZERS.len());
    for (case, make) in OPTIMIZERS {
        training(case, *make)?;
    }
    let x = tf::Variable::new(8.0)?;
    let step = train::get_or_create_global_step()?;
    step.assign(0i64)?;
    let counted = step.clone();
    let decaying = train::GradientDescentOptimizer::new(move || {
        train::exponential_decay(0.5, &counted, 4, 0.25, false)
    })?;
    let mut decayed = Vec::new();
    for _ in 0..STEPS {
        decaying.minimize_with(|| &x * 2.0, |o| o.global_step(step.clone()))?;
        decayed.extend(values(&[&x])?);
    }
    assert_close("a rate that decays", &decayed);
    let rate = tf::Variable::new(1.0)?;
    let half = rate.clone();
    let momentum = train::MomentumOptimizer::new(&rate, move || &half * 0.5)?;
    let mut moved = Vec::new();
    for _ in 0..3 {
        momentum.minimize(|| &x * 2.0)?;
        rate.assign((&rate * 0.5)?)?;
        moved.extend(values(&[&x])?);
    }
    assert_close("a rate in a variable", &moved);

    let v = tf::Variable::new_with(3.0, |o| o.name("v"))?;
    let u = tf::Variable::new_with([1.0, 2.0], |o| o.name("u"))?;
    let fixed = tf::Variable::new_with(5.0, |o| o.name("fixed").trainable(false))?;
    let loss = || tf::reduce_sum((&u * &u)?, (), false)? * &v * &fixed;
    let adam = train::AdamOptimizer::new(0.1)?;
    adam.minimize(loss)?;
    assert_eq!(names(&adam.variables()), recorded("variables", "slots of two"));
    assert_eq!(adam.get_slot_names().join(" "), recorded("value", "slot names"));
    let descent = train::GradientDescentOptimizer::new(0.1)?;
    let of = |pairs: GradsAndVars| pairs.into_iter().map(|(_, variable)| variable).collect::<Vec<_>>();
    assert_eq!(names(&of(descent.compute_gradients(loss)?)), recorded("names", "watched"));
    let flowing = tf::constant([10.0, 100.0])?;
    let pairs = descent.compute_gradients_with(
        || &v * &u,
        |o| o.var_list(vec![v.clone(), fixed.clone()]).grad_loss(flowing),
    )?;
    let mut texts = Vec::new();
    for (gradient, _) in pairs {
        texts.push(match gradient {
            Some(Gradient::Dense(gradient)) => format!("{:?}", gradient.numpy()?.item::<f32>()?),
            _ => "None".to_string(),
        });
    }
    assert_eq!(texts.join(" "), recorded("value", "gradients"));
    let one = Gradient::Dense(tf::constant(1.0)?);
    assert!(descent.apply_gradients(&[(Some(one), v.clone()), (None, u.clone())])?.is_none());
    assert_close("after a gradient", &values(&[&v, &u])?);

    let stepped = function(|x: &Tensor| {
        descent.minimize(|| x * &v)?;
        &v + 0.0
    });
    let twice = [stepped.call(2.0)?.numpy()?.item::<f32>()?, stepped.call(2.0)?.numpy()?.item::<f32>()?];
    assert_close("in a function", &twice);
    let momentum = train::MomentumOptimizer::new(0.1, 0.9)?;
    let moved = function(|| {
        momentum.minimize(|| &v * &v)?;
        &v + 0.0
    });
    let both = [moved.call(())?.numpy()?.item::<f32>()?, moved.call(())?.numpy()?.item::<f32>()?];
    assert_close("slots in a function", &both);
    v.assign(2.5)?;
    refused("a tensor", descent.minimize(&tf::constant(1.0)?));
    refused("no variables", descent.minimize(|| tf::constant(1.0)));
    refused("another variable", descent.minimize_with(|| &v * &v, |o| o.var_list(vec![u.clone()])));
    refused("no pairs", descent.apply_gradients(&[]));
    refused("no gradients", descent.apply_gradients(&[(None, v.clone())]));
    refused("another step", train::create_global_step());
    Ok(())
}
