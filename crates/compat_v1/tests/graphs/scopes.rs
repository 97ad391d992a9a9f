//! Programs with variable scopes and initializers.

use crate::Program;
use crate::record::Run;
use ferroflow_compat_v1::{self as tf, Distribution, FanMode, GraphKeys, feeds};
use ferroflow_core::{DType, Error, Result, Tensor};
use ferroflow_graph::CollectionItem;

pub(crate) const PROGRAMS: &[(&str, Program)] = &[
    ("get_variables", get_variables),
    ("get_resource_variables", get_resource_variables),
    ("nested_scopes", nested_scopes),
    ("default_names_of_scopes", default_names_of_scopes),
    ("settings_of_scopes", settings_of_scopes),
    ("templates", templates),
    ("custom_getter", custom_getter),
    ("regularizers", regularizers),
    ("constant_initializers", constant_initializers),
    ("large_zeros", large_zeros),
    ("random_initializers", random_initializers),
    ("scaling_initializers", scaling_initializers),
];

fn with_ones(name: &str) -> Result<tf::Variable> {
    tf::get_variable_with(name, |o| o.shape([1]).initializer(tf::ones_initializer()))
}

fn named_constant(name: &str, value: i32) -> Result<tf::Tensor> {
    tf::with_name(name, || tf::constant(value))
}

fn get_variables(run: &mut Run) -> Result<()> {
    tf::set_random_seed(7);
    let (w, b, x, y) = tf::variable_scope("layer", |_| {
        let w = tf::get_variable("w", [2, 3])?;
        let b = tf::get_variable_with("b", |o| o.shape([3]).initializer(tf::zeros_initializer()))?;
        let x = tf::with_name("x", || tf::placeholder(DType::FLOAT32, [None, Some(2)]))?;
        let y = (tf::matmul(&x, &w)? + &b)?;
        Ok((w, b, x, y))
    })?;
    run.run(tf::global_variables_initializer()?)?;
    run.run((&w, &b))?;
    run.feed(&y, feeds![&x => [[1.0, 2.0]]])
}

fn get_resource_variables(run: &mut Run) -> Result<()> {
    tf::set_random_seed(7);
    let (w, n) = tf::variable_scope_with(
        "layer",
        |o| o.use_resource(true),
        |_| {
            let w = tf::get_variable("w", [2, 3])?;
            let n = tf::get_variable_with("n", |o| o.shape([2]).dtype(DType::INT32))?;
            Ok((w, n))
        },
    )?;
    let y = tf::reduce_sum(w.value()?, 0, false)?;
    run.run(tf::global_variables_initializer()?)?;
    run.run((&w, &n))?;
    run.run(&y)
}

fn nested_scopes(run: &mut Run) -> Result<()> {
    let a = tf::variable_scope("a", |a| {
        with_ones("v")?;
        tf::variable_scope("b", |_| {
            with_ones("v")?;
            named_constant("c", 1)
        })?;
        Ok(a.clone())
    })?;
    let v = tf::variable_scope_with(
        "a",
        |o| o.reuse(true),
        |_| {
            let v = tf::get_variable("v", [1])?;
            named_constant("c", 2)?;
            Ok(v)
        },
    )?;
    tf::variable_scope_with(
        &a,
        |o| o.auxiliary_name_scope(false),
        |_| {
            with_ones("u")?;
            named_constant("c", 3)
        },
    )?;
    tf::variable_scope(&a, |_| tf::name_scope(&a.original_name_scope(), || named_constant("c", 4)))?;
    let (w, again) = tf::variable_scope_with(
        "a",
        |o| o.reuse(tf::AUTO_REUSE),
        |_| Ok((with_ones("w")?, tf::get_variable("w", [1])?)),
    )?;
    let total = ((&v + &w)? + &again)?;
    run.run(tf::global_variables_initializer()?)?;
    run.run(&total)
}

fn default_names_of_scopes(run: &mut Run) -> Result<()> {
    for _ in 0..3 {
        let k = |value: f64| {
            tf::get_variable_with("k", |o| o.shape([1]).initializer(tf::constant_initializer(value).ok()))
        };
        tf::variable_scope_with(
            (),
            |o| o.default_name("dense"),
            |_| {
                k(5.0)?;
                tf::variable_scope_with((), |o| o.default_name("inner"), |_| k(6.0))
            },
        )?;
    }
    run.run(tf::global_variables_initializer()?)?;
    let variables = tf::global_variables();
    run.run((&variables[2], &variables[3]))
}

fn settings_of_scopes(run: &mut Run) -> Result<()> {
    let three = tf::constant_initializer(3.0)?;
    let (a, b, c) = tf::variable_scope_with(
        "s",
        |o| o.initializer(three).dtype(DType::FLOAT64),
        |_| {
            let a = tf::get_variable("a", [2])?;
            tf::variable_scope_with(
                "t",
                |o| o.initializer(tf::ones_initializer()),
                |_| {
                    let b = tf::get_variable("b", [2])?;
                    let c = tf::get_variable_with("c", |o| o.shape([2]).dtype(DType::FLOAT32))?;
                    Ok((a, b, c))
                },
            )
        },
    )?;
    run.run(tf::global_variables_initializer()?)?;
    run.run((&a, &b, &c))
}

fn custom_getter(run: &mut Run) -> Result<()> {
    let raw = tf::CustomGetter::new(|getter, name, options| getter(&format!("{name}_raw"), options));
    let outer =
        tf::CustomGetter::new(|getter, name, options| getter(&format!("x/{name}"), options.trainable(false)));
    let v = tf::variable_scope_with(
        "s",
        |o| o.custom_getter(outer),
        |_| tf::variable_scope_with("t", |o| o.custom_getter(raw), |_| with_ones("v")),
    )?;
    run.run(v.initializer()?)?;
    run.run(&v)
}

fn regularizers(run: &mut Run) -> Result<()> {
    let halved_sum = tf::Regularizer::new(|variable| tf::reduce_sum(variable, (), false)? * 0.5);
    let v = tf::variable_scope_with(
        "s",
        |o| o.regularizer(halved_sum),
        |_| tf::get_variable_with("v", |o| o.shape([2]).initializer(tf::ones_initializer())),
    )?;
    let losses = tf::get_collection(GraphKeys::REGULARIZATION_LOSSES);
    let [CollectionItem::Tensor(loss)] = losses.as_slice() else {
        return Err(Error::internal("one loss is expected"));
    };
    run.run(v.initializer()?)?;
    run.run(loss)
}

fn constant_initializers(run: &mut Run) -> Result<()> {
    let initialized = |name: &str, shape: &[usize], initializer: tf::Initializer| {
        tf::get_variable_with(name, |o| o.shape(tf::TensorShape::from(shape)).initializer(initializer))
    };
    let a = initialized("a", &[2, 2], tf::constant_initializer([[1.0, 2.0], [3.0, 4.0]])?)?;
    let b =
        tf::get_variable_with("b", |o| o.shape([3]).initializer(tf::ones_initializer()).dtype(DType::INT64))?;
    let from_value = tf::Initializer::value([1, 2, 3])?;
    let c = tf::get_variable_with("c", |o| o.initializer(from_value))?;
    let from_tensor = tf::Initializer::from(tf::constant([0.5])?);
    let d = tf::get_variable_with("d", |o| o.initializer(from_tensor))?;
    let e = tf::get_variable_with("e", |o| o.shape([2]).dtype(DType::STRING))?;
    let f = tf::get_variable_with("f", |o| o.shape(tf::TensorShape::scalar()).dtype(DType::BOOL))?;
    let g = initialized("g", &[2, 3], tf::identity_initializer(2.0))?;
    let h = initialized("h", &[2, 2], tf::identity_initializer(1.0))?;
    let filling = tf::constant_initializer([1, 2, 3])?;
    let i = tf::get_variable_with("i", |o| o.shape([2, 3]).initializer(filling).dtype(DType::INT32))?;
    run.run(tf::global_variables_initializer()?)?;
    run.run((&a, &b, &c, &d, &e, &f, &g, &h, &i))
}

fn large_zeros(run: &mut Run) -> Result<()> {
    let a = tf::get_variable_with("a", |o| o.shape([40, 50]).initializer(tf::zeros_initializer()))?;
    let b = tf::get_variable_with("b", |o| o.shape([40, 50]).initializer(tf::ones_initializer()))?;
    run.run(tf::global_variables_initializer()?)?;
    run.run(tf::reduce_sum((&a + &b)?, (), false)?)
}

fn random_initializers(run: &mut Run) -> Result<()> {
    tf::set_random_seed(1);
    let drawn = |name: &str, initializer: tf::Initializer| {
        tf::get_variable_with(name, |o| o.shape([3, 4]).initializer(initializer))
    };
    let v = [
        drawn("a", tf::random_uniform_initializer(0.0, 1.0, None))?,
        drawn("b", tf::random_uniform_initializer(-1.0, 2.0, Some(3)))?,
        drawn("c", tf::random_normal_initializer(1.0, 2.0, None))?,
        drawn("d", tf::truncated_normal_initializer(0.0, 0.5, None))?,
        drawn("e", tf::uniform_unit_scaling_initializer(1.5, None))?,
        tf::get_variable_with("f", |o| {
            o.shape([3, 4]).initializer(tf::random_normal_initializer(0.0, 1.0, None)).dtype(DType::FLOAT64)
        })?,
    ];
    run.run(tf::global_variables_initializer()?)?;
    run.run(&v)
}

fn scaling_initializers(run: &mut Run) -> Result<()> {
    tf::set_random_seed(2);
    let scaled = tf::variance_scaling_initializer;
    let initializers = [
        tf::glorot_uniform_initializer(None),
        tf::glorot_normal_initializer(None),
        tf::he_uniform_initializer(None),
        tf::he_normal_initializer(Some(5)),
        tf::lecun_uniform_initializer(None),
        tf::lecun_normal_initializer(None),
        scaled(3.0, FanMode::FanOut, Distribution::UntruncatedNormal, None)?,
        scaled(0.5, FanMode::FanAvg, Distribution::Uniform, None)?,
    ];
    let mut v = Vec::new();
    for (index, initializer) in initializers.into_iter().enumerate() {
        v.push(tf::get_variable_with(&format!("v{index}"), |o| {
            o.shape([2, 2, 3, 4]).initializer(initializer)
        })?);
    }
    v.push(tf::get_variable("vector", [5])?);
    v.push(tf::get_variable("scalar", ())?);
    run.run(tf::global_variables_initializer()?)?;
    run.run(&v)
}

fn templates(run: &mut Run) -> Result<()> {
    let layer = |x: &Tensor| {
        let w = tf::get_variable_with("w", |o| o.shape([2]).initializer(tf::ones_initializer()))?;
        tf::multiply(x, &w)
    };
    let template = tf::make_template("layer", layer);
    let x = tf::with_name("x", || tf::placeholder(tf::float32, [2]))?;
    let first = template.call(&x)?;
    let second = tf::variable_scope("outer", |_| template.call(&first))?;
    let other = tf::make_template("layer", layer);
    let third = other.call(&second)?;
    run.run(tf::global_variables_initializer()?)?;
    run.feed((&first, &third), tf::feeds![&x => [1.0, 2.0]])
}
