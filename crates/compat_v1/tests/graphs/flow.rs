//! Programs with conditionals and gradients.

use crate::Program;
use crate::record::Run;
use ferroflow_compat_v1::{self as tf, feeds};
use ferroflow_core::{DType, Error, IntoOperand, Result, Tensor};

pub(crate) const PROGRAMS: &[(&str, Program)] = &[
    ("conditional", conditional),
    ("conditional_of_several", conditional_of_several),
    ("nested_conditional", nested_conditional),
    ("conditional_assignment", conditional_assignment),
    ("case_of_three", case_of_three),
    ("assertions", assertions),
    ("assertion_in_a_conditional", assertion_in_a_conditional),
    ("gradients_of_products", gradients_of_products),
    ("gradients_of_concatenations", gradients_of_concatenations),
    ("gradients_with_all_arguments", gradients_with_all_arguments),
    ("training_step", training_step),
    ("training_step_of_a_resource", training_step_of_a_resource),
    ("gradients_with_their_ops", gradients_with_their_ops),
    ("gradients_of_several", gradients_of_several),
    ("variable_in_a_conditional", variable_in_a_conditional),
];

fn input(name: &str, dtype: DType, shape: impl Into<tf::TensorShape>) -> Result<Tensor> {
    tf::with_name(name, || tf::placeholder(dtype, shape))
}

fn conditional(run: &mut Run) -> Result<()> {
    let p = input("p", DType::BOOL, ())?;
    let x = input("x", DType::FLOAT32, [2])?;
    let y = tf::cond(&p, || &x + 1.0, || tf::zeros([2], DType::FLOAT32))?;
    let z = (&y * 2.0)?;
    for truth in [true, false] {
        run.feed(&z, feeds![&p => truth, &x => [1.0, 2.0]])?;
    }
    Ok(())
}

fn conditional_of_several(run: &mut Run) -> Result<()> {
    let p = input("p", DType::BOOL, ())?;
    let x = input("x", DType::FLOAT32, [2])?;
    let w = tf::with_name("w", || tf::constant(3.0))?;
    let (a, b) = tf::with_name("choice", || {
        tf::cond(&p, || Ok((x.clone(), tf::sin((&x * &w)?)?)), || Ok((tf::square(&x)?, x.clone())))
    })?;
    for truth in [true, false] {
        run.feed((&a, &b), feeds![&p => truth, &x => [1.0, 2.0]])?;
    }
    Ok(())
}

fn nested_conditional(run: &mut Run) -> Result<()> {
    let p = input("p", DType::BOOL, ())?;
    let q = input("q", DType::BOOL, ())?;
    let x = input("x", DType::INT32, ())?;
    let y = tf::cond(&p, || tf::cond(&q, || &x + 1, || &x + 2), || tf::constant(7))?;
    for (first, second) in [(true, true), (true, false), (false, true)] {
        run.feed(&y, feeds![&p => first, &q => second, &x => 10])?;
    }
    Ok(())
}

fn conditional_assignment(run: &mut Run) -> Result<()> {
    let p = input("p", DType::BOOL, ())?;
    let v = tf::with_name("v", || tf::Variable::new(1))?;
    let changed = tf::cond(&p, || tf::assign_add(&v, 10)?.value(), || tf::identity(&v))?;
    run.run(v.initializer()?)?;
    run.feed(&changed, feeds![&p => false])?;
    run.feed(&changed, feeds![&p => true])?;
    run.run(&v)
}

fn case_of_three(run: &mut Run) -> Result<()> {
    let x = input("x", DType::INT32, ())?;
    let (negative, positive) = (tf::less(&x, 0)?, tf::greater(&x, 0)?);
    let y =
        tf::case(&[(negative, &|| tf::constant(-1)), (positive, &|| tf::constant(1))], &|| tf::constant(0))?;
    for value in [-5, 5, 0] {
        run.feed(&y, feeds![&x => value])?;
    }
    Ok(())
}

fn only_gradient(gradients: Vec<Option<ferroflow_core::Gradient>>) -> Result<Tensor> {
    match gradients.into_iter().next().flatten() {
        Some(ferroflow_core::Gradient::Dense(gradient)) => Ok(gradient),
        _ => Err(Error::internal("one gradient is expected")),
    }
}

fn assertions(run: &mut Run) -> Result<()> {
    let x = input("x", DType::FLOAT32, [2])?;
    let positive = tf::reduce_all(tf::greater(&x, 0.0)?, (), false)?;
    let said = [(&x).into_operand()?, "is not positive".into_operand()?];
    let guarded = tf::Assert(&positive, said, Some(2))?;
    let plain = tf::with_name("plain", || tf::Assert(&positive, ["not positive"], None))?;
    let less = tf::assert_less(&x, 5.0, "large")?;
    let y = tf::control_dependencies([guarded, plain, less].into_iter().flatten(), || tf::identity(&x))?;
    run.feed(&y, feeds![&x => [1.0, 2.0]])
}

fn assertion_in_a_conditional(run: &mut Run) -> Result<()> {
    let x = input("x", DType::FLOAT32, ())?;
    let checked = || {
        let check = tf::Assert(tf::less(&x, 9.0)?, [&x], None)?;
        tf::control_dependencies(check, || tf::identity(&x))
    };
    let y = tf::cond(tf::greater(&x, 0.0)?, checked, || -&x)?;
    run.feed(&y, feeds![&x => 1.0])?;
    run.feed(&y, feeds![&x => -20.0])
}

fn gradients_of_products(run: &mut Run) -> Result<()> {
    let x = input("x", DType::FLOAT32, [2])?;
    let y = (&x * &x)?;
    let z = tf::multiply(&y, &x)?;
    let dx = only_gradient(tf::gradients(&[z], &[&x])?)?;
    run.feed(&dx, feeds![&x => [1.0, 2.0]])
}

fn gradients_of_concatenations(run: &mut Run) -> Result<()> {
    let known = tf::constant([[1.0, 2.0]])?;
    let [x, y] = [0, 1].map(|_| tf::placeholder(DType::FLOAT32, vec![None, Some(2)]));
    let (x, y) = (x?, y?);
    let squares = |values: &[&tf::Tensor], axis: i32, of: &[&tf::Tensor]| -> Result<Vec<tf::Tensor>> {
        let values: Vec<tf::Tensor> = values.iter().map(|value| (*value).clone()).collect();
        let of: Vec<&dyn tf::GradientSource> = of.iter().map(|x| *x as &dyn tf::GradientSource).collect();
        let gradients = tf::gradients(&[&tf::square(tf::concat(&values, axis)?)?], &of)?;
        gradients.into_iter().map(|gradient| only_gradient(vec![gradient])).collect()
    };
    let some = squares(&[&known, &x, &y], 0, &[&known, &y])?;
    let many = squares(&[&x; 17], -1, &[&x])?;
    let three = tf::constant([[3.0]])?;
    let known = squares(&[&known, &three], 1, &[&known])?;
    run.feed((some, many, known), feeds![&x => [[3.0, 4.0], [5.0, 6.0]], &y => [[7.0, 8.0]]])
}

fn gradients_with_all_arguments(run: &mut Run) -> Result<()> {
    let x = input("x", DType::FLOAT32, [2])?;
    let w = tf::with_name("w", || tf::constant([2.0, 3.0]))?;
    let y = (&x * &w)?;
    let z = (&y + &x)?;
    let grad_y = tf::constant([1.0, 10.0])?;
    let dx = tf::gradients_with(&[z], &[&x], |o| {
        o.grad_ys(vec![Some(grad_y)]).stop_gradients(vec![y.clone()]).name("g")
    })?;
    run.feed(only_gradient(dx)?, feeds![&x => [1.0, 2.0]])
}

fn training_step(run: &mut Run) -> Result<()> {
    let x = input("x", DType::FLOAT32, [4, 2])?;
    let t = input("t", DType::FLOAT32, [4, 1])?;
    let w = tf::get_variable_with("w", |o| o.shape([2, 1]).initializer(tf::ones_initializer()))?;
    let error = (tf::matmul(&x, &w)? - &t)?;
    let loss = tf::with_name("loss", || tf::multiply(&error, &error))?;
    let dw = only_gradient(tf::gradients(&[&loss], &[&w])?)?;
    let step = tf::assign_sub(&w, 0.01 * &dw)?;
    run.run(w.initializer()?)?;
    let inputs: Vec<Vec<f64>> =
        (0..4).map(|row| vec![f64::from(row) / 4.0, f64::from(row) / 4.0 + 0.125]).collect();
    let inputs = [0, 1, 2, 3].map(|row: usize| [inputs[row][0], inputs[row][1]]);
    let feeds = || feeds![&x => inputs, &t => [[1.0]; 4]];
    run.feed((&loss, &dw), feeds())?;
    run.feed(&step, feeds())?;
    run.feed(&loss, feeds())
}

fn training_step_of_a_resource(run: &mut Run) -> Result<()> {
    let x = input("x", DType::FLOAT32, [4, 2])?;
    let (w, b) = tf::variable_scope_with(
        "layer",
        |o| o.use_resource(true),
        |_| {
            let w = tf::get_variable_with("w", |o| o.shape([2, 1]).initializer(tf::ones_initializer()))?;
            let b = tf::get_variable_with("b", |o| o.shape([4, 1]).initializer(tf::zeros_initializer()))?;
            Ok((w, b))
        },
    )?;
    let y = {
        let product = tf::matmul(&x, w.value()?)?;
        (product + b.value()?)?
    };
    let mut gradients = tf::gradients(&[&y], &[&w, &b])?;
    let db = only_gradient(gradients.split_off(1))?;
    let dw = only_gradient(gradients)?;
    let step = tf::group([&w.assign_sub(0.5 * &dw)?, &b.assign_sub(&db)?], "step")?;
    run.run(tf::global_variables_initializer()?)?;
    let inputs = [0.0, 2.0, 4.0, 6.0].map(|first: f64| [first / 8.0, (first + 1.0) / 8.0]);
    let feeds = || feeds![&x => inputs];
    run.feed((&dw, &db), feeds())?;
    run.feed(&step, feeds())?;
    run.run((&w, &b))
}

fn gradients_with_their_ops(run: &mut Run) -> Result<()> {
    let (x, y) = tf::device("/cpu:0", || {
        let x = input("x", DType::FLOAT32, [2])?;
        let y = tf::name_scope("layer", || tf::with_name("y", || tf::multiply(&x, &x)))?;
        Ok((x, y))
    })?;
    let z = tf::with_name("z", || tf::add(&y, &x))?;
    let dx = tf::gradients_with(&[&z], &[&x], |o| o.colocate_gradients_with_ops(true))?;
    run.feed(only_gradient(dx)?, feeds![&x => [1.0, 2.0]])
}

fn gradients_of_several(run: &mut Run) -> Result<()> {
    let x = input("x", DType::FLOAT32, [2])?;
    let w = input("w", DType::FLOAT32, [2])?;
    let (dx, dw) = tf::name_scope("inner", || {
        let y = tf::multiply(&x, &w)?;
        let z = tf::add(&x, &x)?;
        let mut gradients = tf::gradients(&[&y, &z], &[&x, &w])?;
        let dw = only_gradient(gradients.split_off(1))?;
        Ok((only_gradient(gradients)?, dw))
    })?;
    run.feed((&dx, &dw), feeds![&x => [1.0, 2.0], &w => [3.0, 4.0]])
}

fn variable_in_a_conditional(run: &mut Run) -> Result<()> {
    let p = input("p", DType::BOOL, ())?;
    let y = tf::name_scope("outer", || {
        let w = tf::with_name("w", || tf::Variable::new(3.0))?;
        let scalar = tf::TensorShape::scalar();
        let v =
            || tf::get_variable_with("v", |o| o.shape(scalar.clone()).initializer(tf::ones_initializer()));
        tf::cond(&p, || &v()? + 1.0, || tf::multiply(&w, 2.0))
    })?;
    let z = tf::control_dependencies([&y], || tf::with_name("z", || tf::constant(1.0)))?;
    run.run(tf::global_variables_initializer()?)?;
    for truth in [true, false] {
        run.feed((&y, &z), feeds![&p => truth])?;
    }
    Ok(())
}
