//! Programs that make and change variables.

use crate::Program;
use crate::record::Run;
use ferroflow_compat_v1::{self as tf, GraphKeys};
use ferroflow_core::{DType, Result};

pub(crate) const PROGRAMS: &[(&str, Program)] = &[
    ("reference_variable", reference_variable),
    ("reference_variable_from_a_function", reference_variable_from_a_function),
    ("resource_variable", resource_variable),
    ("resource_variable_assignments", resource_variable_assignments),
    ("names_of_variables", names_of_variables),
    ("assignments", assignments),
    ("assignment_without_a_shape_check", assignment_without_a_shape_check),
    ("scatters", scatters),
    ("scatters_of_a_resource", scatters_of_a_resource),
    ("counter", counter),
    ("initial_values_of_variables", initial_values_of_variables),
    ("local_variables", local_variables),
    ("initialisation", initialisation),
    ("cached_variable", cached_variable),
];

fn reference_variable(run: &mut Run) -> Result<()> {
    let v = tf::Variable::new_with([1.0, 2.0], |o| o.name("v"))?;
    let add = v.assign_add([10.0, 20.0])?;
    let doubled = (&v * 2.0)?;
    run.run(v.initializer()?)?;
    run.run(&v)?;
    run.run(&add)?;
    run.run((&doubled, &v))
}

fn reference_variable_from_a_function(run: &mut Run) -> Result<()> {
    let v = tf::Variable::from_fn(|| tf::zeros([2, 3], DType::FLOAT32), |o| o.name("v").trainable(false))?;
    run.run(v.initializer()?)?;
    run.run(&v)
}

fn resource_variable(run: &mut Run) -> Result<()> {
    let v = tf::Variable::new_with([1.0, 2.0], |o| o.name("v").use_resource(true))?;
    let add = v.assign_add([10.0, 20.0])?;
    let doubled = (&v * 2.0)?;
    run.run(v.initializer()?)?;
    run.run(&v)?;
    run.run(&add)?;
    run.run((&doubled, &v))
}

fn resource_variable_assignments(run: &mut Run) -> Result<()> {
    let v = tf::Variable::from_fn(|| tf::ones([2], DType::FLOAT32), |o| o.name("v").use_resource(true))?;
    let assigned = tf::assign(&v, [3.0, 4.0])?;
    let less = v.assign_sub([1.0, 1.0])?;
    let read = v.read_value()?;
    run.run(v.initializer()?)?;
    run.run(&assigned)?;
    run.run(&less)?;
    run.run(&read)
}

fn names_of_variables(run: &mut Run) -> Result<()> {
    let a = tf::Variable::new(1)?;
    let b = tf::Variable::new(2)?;
    let (c, d) = tf::name_scope("scope", || {
        let v = |value: i32| tf::with_name("v", || tf::Variable::new(value));
        Ok((v(3)?, v(4)?))
    })?;
    let total = (((&a + &b)? + &c)? + &d)?;
    run.run(tf::global_variables_initializer()?)?;
    run.run(&total)
}

fn assignments(run: &mut Run) -> Result<()> {
    let v = tf::Variable::new_with([1, 2, 3], |o| o.name("v"))?;
    let w = tf::assign(&v, [4, 5, 6])?;
    let x = tf::with_name("minus", || tf::assign_sub(&v, [1, 1, 1]))?;
    run.run(v.initializer()?)?;
    run.run(&w)?;
    run.run(&x)?;
    run.run(&v)
}

fn assignment_without_a_shape_check(run: &mut Run) -> Result<()> {
    let v = tf::Variable::new_with([1, 2, 3], |o| o.name("v").validate_shape(false))?;
    let grown = tf::assign_with(&v, [4, 5, 6, 7], false)?;
    run.run(v.initializer()?)?;
    run.run(&grown)?;
    run.run(&v)
}

fn scatters(run: &mut Run) -> Result<()> {
    let v = tf::Variable::new_with([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], |o| o.name("v"))?;
    let added = tf::scatter_add(&v, [0, 2], [[1.0, 1.0], [5.0, 5.0]])?;
    let updated = tf::scatter_update(&v, 1, [9.0, 9.0])?;
    let multiplied = tf::scatter_mul(&v, [1], [[2.0, 3.0]])?;
    run.run(v.initializer()?)?;
    run.run(&added)?;
    run.run(&updated)?;
    run.run(&multiplied)
}

fn scatters_of_a_resource(run: &mut Run) -> Result<()> {
    let v = tf::Variable::new_with([1.0, 2.0, 3.0], |o| o.name("v").use_resource(true))?;
    let subtracted = tf::scatter_sub(&v, [0, 2], [1.0, 5.0])?;
    let nd = tf::scatter_nd_update(&v, [[1]], [7.0])?;
    run.run(v.initializer()?)?;
    run.run(&subtracted)?;
    run.run(&nd)
}

fn counter(run: &mut Run) -> Result<()> {
    let v = tf::Variable::new_with(0, |o| o.name("v"))?;
    let count = v.count_up_to(3)?;
    run.run(v.initializer()?)?;
    run.run(&count)?;
    run.run(&count)
}

fn initial_values_of_variables(run: &mut Run) -> Result<()> {
    let v = tf::Variable::new_with(1.0, |o| o.name("v"))?;
    let w = tf::Variable::new_with(&v * 2.0, |o| o.name("w"))?;
    let u = tf::Variable::new_with(v.initialized_value()? + 1.0, |o| o.name("u"))?;
    run.run(tf::global_variables_initializer()?)?;
    run.run((&v, &w, &u))
}

fn local_variables(run: &mut Run) -> Result<()> {
    let local = vec![GraphKeys::LOCAL_VARIABLES.to_string()];
    let v = tf::Variable::new_with(1, |o| o.name("v").collections(local).trainable(false))?;
    let w = tf::get_local_variable("w", |o| o.shape([2]).initializer(tf::zeros_initializer()))?;
    run.run(tf::local_variables_initializer()?)?;
    run.run((&v, &w))
}

fn initialisation(run: &mut Run) -> Result<()> {
    let a = tf::Variable::new_with(1, |o| o.name("a"))?;
    let b = tf::Variable::new_with(2, |o| o.name("b").use_resource(true))?;
    let known = tf::is_variable_initialized(&a)?;
    let resource_known = tf::is_variable_initialized(&b)?;
    let init = tf::variables_initializer_with(&[&b, &a], "setup")?;
    run.run((&known, &resource_known))?;
    run.run(&init)?;
    run.run((&known, &resource_known))
}

fn cached_variable(run: &mut Run) -> Result<()> {
    let cached = |name: &str, device: Option<String>| {
        tf::get_variable_with(name, |o| {
            o.shape([2]).initializer(tf::ones_initializer()).caching_device(device)
        })
    };
    let v = cached("v", Some("/cpu:0".to_string()))?;
    let w = tf::variable_scope_with("s", |o| o.caching_device("/cpu:0".to_string()), |_| cached("w", None))?;
    let total = (&v + &w)?;
    run.run(tf::global_variables_initializer()?)?;
    run.run(&total)
}
