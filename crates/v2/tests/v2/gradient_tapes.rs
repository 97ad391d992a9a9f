//! Gradient tapes with variables, functions and branches.

use ferroflow_v2 as tf;
use tf::{GradientTape, Tensor, Variable};

fn text(gradient: Option<Tensor>) -> Option<String> {
    gradient.map(|gradient| format!("{gradient}"))
}

#[test]
fn trainable_variables_are_watched() {
    let (w, frozen) = (Variable::new(3.0).unwrap(), Variable::new_with(5.0, |o| o.trainable(false)).unwrap());
    let tape = GradientTape::new();
    let loss = (&w * &w * &frozen).unwrap();
    let (by_w, by_frozen) = tape.gradient(&loss, &(&w, &frozen)).unwrap();
    assert_eq!((text(by_w), text(by_frozen)), (Some("30.0".into()), None));
    let tape = GradientTape::new();
    tape.watch(&frozen);
    let loss = (&w * &frozen).unwrap();
    assert_eq!(text(tape.gradient(&loss, &frozen).unwrap()), Some("3.0".into()));
    let tape = GradientTape::with(|o| o.watch_accessed_variables(false));
    let loss = (&w * 2.0).unwrap();
    assert_eq!(text(tape.gradient(&loss, &w).unwrap()), None);
}

#[test]
fn gradients_flow_through_functions() {
    let w = Variable::new(3.0).unwrap();
    let f = tf::function(|x: &Tensor| &w * x * x);
    let x = tf::constant(2.0).unwrap();
    let tape = GradientTape::new();
    tape.watch(&x);
    let y = f.call(&x).unwrap();
    let gradients = tape.gradient(&y, &(&x, &w)).unwrap();
    assert_eq!((text(gradients.0), text(gradients.1)), (Some("12.0".into()), Some("4.0".into())));
}

#[test]
fn tapes_work_within_functions() {
    let w = Variable::new(3.0).unwrap();
    let step = tf::function(|x: &Tensor| {
        let tape = GradientTape::new();
        let loss = (&w * &w * x)?;
        let Some(gradient) = tape.gradient(&loss, &w)? else { return tf::constant(0.0) };
        w.assign_sub((&gradient * 0.5)?)?;
        Ok(gradient)
    });
    assert_eq!(format!("{}", step.call(1.0).unwrap()), "6.0");
    assert_eq!(format!("{}", w.numpy().unwrap()), "0.0");
}

#[test]
fn a_tape_gives_one_gradient_unless_it_is_persistent() {
    let w = Variable::new(3.0).unwrap();
    let tape = GradientTape::new();
    let y = (&w * 2.0).unwrap();
    tape.gradient(&y, &w).unwrap();
    let error = tape.gradient(&y, &w).unwrap_err();
    assert_eq!(error.class_name(), "RuntimeError");
    assert_eq!(
        error.message(),
        "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)"
    );
}

#[test]
fn a_model_learns() {
    let (w, b) = (Variable::new(0.0).unwrap(), Variable::new(0.0).unwrap());
    let xs = tf::constant([0.0, 1.0, 2.0, 3.0]).unwrap();
    let ys = tf::constant([1.0, 3.0, 5.0, 7.0]).unwrap();
    let step = tf::function(|| {
        let tape = GradientTape::new();
        let error = (&w * &xs + &b - &ys)?;
        let loss = tf::reduce_mean(&error * &error, ())?;
        let (by_w, by_b) = tape.gradient(&loss, &(&w, &b))?;
        for (variable, gradient) in [(&w, by_w), (&b, by_b)] {
            variable.assign_sub((gradient.ok_or_else(|| tf::Error::internal("no gradient"))? * 0.1)?)?;
        }
        Ok(loss)
    });
    for _ in 0..200 {
        step.call(()).unwrap();
    }
    assert!((w.numpy().unwrap().item::<f32>().unwrap() - 2.0).abs() < 1e-2, "{w:?}");
    assert!((b.numpy().unwrap().item::<f32>().unwrap() - 1.0).abs() < 1e-2, "{b:?}");
}
