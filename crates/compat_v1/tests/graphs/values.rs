//! Programs of ops: names, scopes, devices, seeds, operators.

use crate::Program;
use crate::record::Run;
use ferroflow_compat_v1::{self as tf, feeds};
use ferroflow_core::{Complex, DType, NdArray, Result, Shape, f16};
use ferroflow_graph::Operation;
use ferroflow_ops_random as random;

pub(crate) const PROGRAMS: &[(&str, Program)] = &[
    ("seeds", seeds),
    ("control_dependencies", control_dependencies),
    ("groups", groups),
    ("groups_on_devices", groups_on_devices),
    ("name_scopes", name_scopes),
    ("devices", devices),
    ("colocation", colocation),
    ("placeholders", placeholders),
    ("constants", constants),
    ("operators", operators),
    ("reductions", reductions),
];

fn named<R>(name: &str, f: impl FnOnce() -> Result<R>) -> Result<R> {
    tf::with_name(name, f)
}

fn seeds(run: &mut Run) -> Result<()> {
    let a = random::uniform_with([2], |o| o.seed(1))?;
    tf::set_random_seed(1234);
    let b = random::uniform([2])?;
    let c = random::normal([2])?;
    let d = random::uniform_with([2], |o| o.seed(1))?;
    let e = random::uniform_with([2], |o| o.maxval(9.0).dtype(DType::INT32))?;
    let f = random::truncated_normal_with([2], |o| o.seed(0))?;
    let g = random::shuffle([1, 2, 3, 4], None)?;
    run.run(&a)?;
    run.run((&b, &c, &d, &e, &f, &g))?;
    run.run(&b)
}

fn control_dependencies(run: &mut Run) -> Result<()> {
    let v = named("v", || tf::Variable::new(1))?;
    let add = tf::assign_add(&v, 1)?;
    let (read, both, other, free) = tf::control_dependencies([&add], || {
        let read = named("after", || tf::identity(&v))?;
        let inner = named("inner", || tf::constant(1))?;
        let (both, other) = tf::control_dependencies([&inner], || {
            Ok((named("both", || tf::add(&inner, 1))?, named("other", || tf::add(&read, 1))?))
        })?;
        let free = tf::without_control_dependencies(|| named("free", || tf::constant(2)))?;
        Ok((read, both, other, free))
    })?;
    run.run(v.initializer()?)?;
    run.run((&read, &both, &other, &free))
}

fn groups(run: &mut Run) -> Result<()> {
    let v = named("v", || tf::Variable::new(1))?;
    let w = named("w", || tf::Variable::new(1))?;
    let both = tf::group([&v.assign_add(1)?, &w.assign_add(2)?], "both")?;
    let nothing = tf::group(&[] as &[Operation], "group_deps")?;
    let done = tf::control_dependencies(both, || named("done", tf::no_op))?;
    run.run(tf::global_variables_initializer()?)?;
    run.run((&done, &nothing))?;
    run.run((&v, &w))
}

fn name_scopes(run: &mut Run) -> Result<()> {
    let z = tf::name_scope("a", || {
        let x = named("x", || tf::constant(1))?;
        let y = tf::name_scope("b", || named("y", || tf::add(&x, 2)))?;
        tf::name_scope("b", || tf::multiply(&y, 3))
    })?;
    let w = tf::name_scope("a", || named("X", || tf::constant(1)))?;
    let u = tf::name_scope("a/", || named("x", || tf::constant(4)))?;
    let t = tf::name_scope("", || tf::negative(&u))?;
    run.run((&z, &w, &t))
}

fn devices(run: &mut Run) -> Result<()> {
    let (v, w) = tf::device("/cpu:0", || {
        let x = named("x", || tf::constant(1.0))?;
        let v = tf::get_variable_with("v", |o| o.shape([1]).initializer(tf::ones_initializer()))?;
        let y = tf::device("/job:localhost", || named("y", || tf::add(&x, 1.0)))?;
        let z = tf::without_device(|| {
            let z = named("z", || tf::add(&y, 1.0))?;
            tf::get_variable_with("r", |o| o.shape([1]).use_resource(true))?;
            Ok(z)
        })?;
        let w = tf::device("", || named("w", || tf::add(&z, 1.0)))?;
        Ok((v, w))
    })?;
    let assigned = v.assign([2.0])?;
    run.run(tf::global_variables_initializer()?)?;
    run.run((&w, &assigned))
}

fn colocation(run: &mut Run) -> Result<()> {
    let x = tf::device("/cpu:0", || named("x", || tf::constant(1.0)))?;
    let w = tf::colocate_with(&x, || {
        let y = named("y", || tf::constant(2.0))?;
        let z = tf::colocate_with(&y, || named("z", || tf::add(&y, 1.0)))?;
        tf::get_default_graph().colocate_with_only(None, || named("w", || tf::add(&z, 1.0)))
    })?;
    run.run(&w)
}

fn placeholders(run: &mut Run) -> Result<()> {
    let x = named("x", || tf::placeholder(DType::FLOAT32, [None, Some(3)]))?;
    let d = named("d", || tf::placeholder_with_default([1.0, 2.0, 3.0], [3]))?;
    let u = named("u", || tf::placeholder(DType::FLOAT32, tf::TensorShape::unknown()))?;
    let y = (&x + (&d * &u)?)?;
    run.feed(&y, feeds![&x => [[1.0; 3]; 2], &u => 2.0])?;
    run.feed(&y, feeds![&x => [[1.0; 3]; 1], &u => 2.0, &d => [0.0, 0.0, 1.0]])
}

fn constants(run: &mut Run) -> Result<()> {
    let shaped = |shape: &[usize]| Shape::new(shape);
    let a = named("a", || tf::constant([[1, 2], [3, 4]]))?;
    let b = named("b", || tf::constant_of(2.5, None, Some(&shaped(&[2, 2])?)))?;
    let c = named("c", || tf::constant(["x", "yz"]))?;
    let d = named("d", || tf::constant([true, false]))?;
    let e = named("e", || tf::constant_of(1, Some(DType::FLOAT64), None))?;
    let f = named("f", || tf::constant(Vec::<f32>::new()))?;
    let g = named("g", || tf::constant([Complex::<f32>::new(1.0, 2.0)]))?;
    let h = named("h", || tf::constant([f16::from_f32(1.0), f16::from_f32(2.0)]))?;
    run.run((&a, &b, &c, &d, &e, &f, &g, &h))
}

fn operators(run: &mut Run) -> Result<()> {
    let x = named("x", || tf::placeholder(DType::FLOAT32, [2]))?;
    let y = named("y", || tf::placeholder(DType::FLOAT32, [2]))?;
    let product = ((&x + &y)? * &x)?;
    let difference = (product - (&y / &x)?)?;
    let sum = (difference + 2.0 * &x)?;
    let total = (sum - 1.0)?;
    let compared = tf::logical_and(tf::less(&x, &y)?, tf::logical_not(tf::equal(&x, &y)?)?)?;
    let feeds = || feeds![&x => [1.0, 2.0], &y => [3.0, 1.0]];
    let negative = (-&x)?;
    let absolute = tf::abs((-&x)?)?;
    let remainder = (&x % &y)?;
    let quotient = tf::floordiv(&x, &y)?;
    run.feed((&total, &negative, &absolute, &remainder, &quotient), feeds())?;
    run.feed(&compared, feeds())
}

fn reductions(run: &mut Run) -> Result<()> {
    let x = named("x", || tf::placeholder(DType::FLOAT32, [2, 3]))?;
    let a = tf::reduce_sum(&x, (), false)?;
    let b = tf::reduce_mean(&x, 1, true)?;
    let c = tf::reduce_max(&x, [0, 1], false)?;
    let d = tf::argmax(&x, 1)?;
    let value: NdArray = NdArray::from([[1.0f32, 5.0, 2.0], [3.0, 4.0, 0.0]]);
    run.feed((&a, &b, &c, &d), feeds![&x => value])
}

fn groups_on_devices(run: &mut Run) -> Result<()> {
    let v = tf::device("/cpu:0", || named("v", || tf::Variable::new(1)))?;
    let w = named("w", || tf::Variable::new(1))?;
    let both = tf::group([&v.assign_add(1)?, &w.assign_add(2)?], "both")?;
    run.run(tf::global_variables_initializer()?)?;
    run.run(&both)?;
    run.run((&v, &w))
}
