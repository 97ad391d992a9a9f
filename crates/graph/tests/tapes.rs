//! What tapes give, against TensorFlow's: `tools/record_tapes.py`, whose programs these are.

mod closeness;

use closeness::assert_close;
use ferroflow_core::operators::{add, multiply, subtract, truediv};
use ferroflow_core::{DType, NdArray, Op, Result, Tensor, npz};
use ferroflow_graph::{
    ArgSpec, GradientOptions, GradientTape, Graph, UnconnectedGradients, custom_gradient, dense,
    gradients_with, trace,
};
use std::collections::BTreeMap;
use std::sync::Arc;

struct Record(BTreeMap<String, NdArray>);

impl Record {
    fn read() -> Record {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tapes.npz");
        Record(npz::read(path).expect("arrays").into_iter().collect())
    }

    fn tensor(&self, name: &str) -> Tensor {
        Tensor::from(self.0[name].clone())
    }

    fn check(&self, name: &str, found: &Tensor) {
        assert_close(name, found.value().expect("eager"), &self.0[name]);
    }
}

fn unary(op: &str, x: &Tensor) -> Result<Tensor> {
    Op::named(op).input(x).one()
}

fn sum(x: &Tensor) -> Result<Tensor> {
    let axes: Vec<i32> = (0..x.rank().unwrap_or(0) as i32).collect();
    Op::named("Sum").input(x).input(NdArray::vector(axes)).one()
}

/// `x[at]` for a vector, `x[:, at]` for a matrix.
fn part(x: &Tensor, at: i32) -> Result<Tensor> {
    let axis = x.rank().unwrap_or(1) as i32 - 1;
    Op::named("GatherV2").input(x).input(at).input(axis).one()
}

fn mixed(x: &Tensor) -> Result<Tensor> {
    let (a, b, c) = (part(x, 0)?, part(x, 1)?, part(x, 2)?);
    let square = multiply(&a, &a)?;
    let parts =
        [multiply(&a, &b)?, multiply(unary("Sin", &b)?, &c)?, multiply(square, &c)?, sum(&multiply(x, x)?)?];
    Op::named("Pack").inputs(parts.as_slice()).one()
}

fn rows(m: &Tensor) -> Result<Tensor> {
    let (a, b) = (part(m, 0)?, part(m, 1)?);
    let parts = [multiply(&a, &b)?, unary("Sin", &b)?, multiply(multiply(&a, &a)?, &b)?];
    Op::named("Pack").inputs(parts.as_slice()).attr("axis", 1i64).one()
}

fn log1pexp(x: &Tensor) -> Result<Tensor> {
    let results = custom_gradient(std::slice::from_ref(x), |args| {
        let e = unary("Exp", &args[0])?;
        let y = unary("Log", &add(&e, 1.0)?)?;
        let gradient = move |dys: &[Tensor]| {
            let share = subtract(1.0, truediv(1.0, add(&e, 1.0)?)?)?;
            Ok(vec![Some(multiply(&dys[0], share)?)])
        };
        Ok((vec![y], Arc::new(gradient)))
    })?;
    Ok(results[0].clone())
}

fn tripled(a: &Tensor, b: &Tensor) -> Result<Vec<Tensor>> {
    custom_gradient(&[a.clone(), b.clone()], |args| {
        let (a, b) = (args[0].clone(), args[1].clone());
        let results = vec![multiply(&a, &b)?, add(&a, &b)?];
        let gradient = move |dys: &[Tensor]| {
            let triple = multiply(&dys[0], 3.0)?;
            let (by_a, by_b) = (multiply(&triple, &b)?, multiply(&triple, &a)?);
            Ok(vec![Some(add(by_a, &dys[1])?), Some(subtract(by_b, &dys[1])?)])
        };
        Ok((results, Arc::new(gradient)))
    })
}

type Unary<'a> = &'a dyn Fn(&Tensor) -> Result<Tensor>;

/// The function and its derivatives up to an order, each of the sum of the one before.
fn orders(f: Unary<'_>, x: &Tensor, count: usize) -> Result<Vec<Tensor>> {
    if count == 0 {
        return Ok(vec![f(x)?]);
    }
    let tape = GradientTape::new();
    tape.watch(x);
    let mut values = orders(f, x, count - 1)?;
    let last = tape.gradient(&values[count - 1], x)?;
    values.push(last.expect("connected"));
    Ok(values)
}

#[test]
fn derivatives_of_any_order() {
    let record = Record::read();
    let x = record.tensor("x");
    for (name, f) in [("mixed", &mixed as Unary<'_>), ("log1pexp", &log1pexp)] {
        for (order, value) in orders(f, &x, 3).expect("derivatives").iter().enumerate() {
            record.check(&format!("{name}.{order}"), value);
        }
        // A known rank, as TensorFlow's trace has it.
        let spec = ArgSpec { name: "x".into(), dtype: x.dtype(), shape: x.shape() };
        let function = trace("traced", &[spec], |args| Ok(vec![f(&args[0])?])).expect("a trace");
        let call = |x: &Tensor| Ok(function.call(std::slice::from_ref(x))?[0].clone());
        for (order, value) in orders(&call, &x, 3).expect("derivatives").iter().enumerate() {
            record.check(&format!("function_{name}.{order}"), value);
        }
    }
}

#[test]
fn jacobians() {
    let record = Record::read();
    let (x, m) = (record.tensor("x"), record.tensor("m"));
    let jacobian = |f: Unary<'_>, x: &Tensor| -> Result<Tensor> {
        let tape = GradientTape::new();
        tape.watch(x);
        let y = f(x)?;
        Ok(tape.jacobian(&y, x)?.expect("connected"))
    };
    record.check("jacobian", &jacobian(&mixed, &x).expect("a jacobian"));
    let spec = ArgSpec { name: "x".into(), dtype: DType::FLOAT32, shape: x.shape() };
    let function = trace("jacobian", &[spec], |args| Ok(vec![jacobian(&mixed, &args[0])?])).expect("a trace");
    record.check("traced_jacobian", &function.call(std::slice::from_ref(&x)).expect("a call")[0]);
    let tail = |m: &Tensor| Op::named("Slice").input(rows(m)?).input([1, 0]).input([-1, -1]).one();
    record.check("jacobian_of_matrix", &jacobian(&tail, &m).expect("a jacobian"));

    let tape = GradientTape::new();
    tape.watch(&m);
    let y = rows(&m).expect("rows");
    record.check("batch_jacobian", &tape.batch_jacobian(&y, &m).expect("a jacobian").expect("connected"));
    let error = tape.batch_jacobian(&y, &m).expect_err("used");
    assert!(error.message().starts_with("A non-persistent GradientTape can only be used"), "{error}");
    let tape = GradientTape::persistent();
    let error = tape.batch_jacobian(&x, &m).expect_err("no rows");
    assert_eq!(error.message(), "Shape (3,) must have rank at least 2");
    assert!(tape.jacobian(&y, &x).expect("no error").is_none());

    let outer = GradientTape::new();
    outer.watch(&x);
    let inner = GradientTape::new();
    inner.watch(&x);
    let y = mixed(&x).and_then(|y| sum(&y)).expect("a sum");
    let slope = inner.gradient(&y, &x).expect("a gradient").expect("connected");
    record.check("hessian", &outer.jacobian(&slope, &x).expect("a jacobian").expect("connected"));
}

#[test]
fn gradients_that_code_brings_along() {
    let record = Record::read();
    let x = record.tensor("x");
    let tape = GradientTape::persistent();
    tape.watch(&x);
    let results = multiply(&x, &x).and_then(|square| tripled(&x, &square)).expect("results");
    let gradient = |targets: &[Tensor], weights: &[Option<Tensor>]| {
        let found =
            tape.gradients_with(targets, std::slice::from_ref(&x), weights, UnconnectedGradients::None);
        found
            .expect("gradients")
            .remove(0)
            .map(|gradient| dense(gradient).expect("a tensor"))
            .expect("connected")
    };
    record.check("tripled.both", &gradient(&results, &[]));
    record.check("tripled.product", &gradient(&results[..1], &[]));
    let weights = [vec![1.0f32, 2.0, 3.0], vec![0.0, -1.0, 1.0]].map(|weight| Some(Tensor::from(weight)));
    record.check("tripled.weighted", &gradient(&results, &weights));
    let hidden = tape.stop_recording(|| multiply(&x, &x)).expect("a product");
    record.check("stopped", &gradient(&[multiply(&x, hidden).expect("a product")], &[]));
    let other = Tensor::from(NdArray::from([[1.0f32, 2.0]]));
    let zeros = tape.gradients_with(&results[..1], &[other], &[], UnconnectedGradients::Zero).expect("zeros");
    record.check("zeros", &dense(zeros.into_iter().next().flatten().expect("zeros")).expect("a tensor"));

    let wrong = GradientTape::new();
    wrong.watch(&x);
    let y = custom_gradient(&[x.clone(), x.clone()], |args| {
        Ok((vec![multiply(&args[0], &args[1])?], Arc::new(|dys: &[Tensor]| Ok(vec![Some(dys[0].clone())]))))
    });
    let error = wrong.gradient(&y.expect("a result")[0], &x).expect_err("one gradient for two arguments");
    assert_eq!(
        error.message(),
        "custom_gradient function expected to return 2 gradients, but returned 1 instead."
    );
}

#[test]
fn gradients_in_graphs_take_options() {
    let record = Record::read();
    let graph = Graph::new();
    let found = graph.as_default_scope(|| -> Result<Vec<(&str, Tensor)>> {
        let x = ferroflow_core::constant(record.0["x"].clone())?;
        let y = multiply(&x, &x)?;
        let z = multiply(unary("Sin", &y)?, &x)?;
        let gradient = |ys: &[Tensor], xs: &[Tensor], at: usize, options: GradientOptions| {
            dense(gradients_with(ys, xs, &options)?.remove(at).expect("connected"))
        };
        let stop = |tensors: &[&Tensor]| GradientOptions {
            stop_gradients: tensors.iter().map(|tensor| (*tensor).clone()).collect(),
            ..Default::default()
        };
        let weight = ferroflow_core::constant([1.0f32, -2.0, 3.0])?;
        let weighted = GradientOptions { grad_ys: vec![Some(weight), None], ..Default::default() };
        let zero = GradientOptions { unconnected: UnconnectedGradients::Zero, ..Default::default() };
        let alone = ferroflow_core::constant([[1.0f32, 2.0]])?;
        let xs = std::slice::from_ref(&x);
        let (zs, both) = (std::slice::from_ref(&z), [x.clone(), y.clone()]);
        Ok(vec![
            ("graph.stopped", gradient(zs, xs, 0, stop(&[&y]))?),
            ("graph.weighted", gradient(&[y.clone(), z.clone()], xs, 0, weighted)?),
            ("graph.both", gradient(zs, &both, 0, GradientOptions::default())?),
            ("graph.inner", gradient(zs, &both, 1, GradientOptions::default())?),
            ("graph.stopped_at_x", gradient(&[add(&z, &y)?], &both, 0, stop(&[&x, &y]))?),
            ("graph.zeros", gradient(zs, &[alone], 0, zero)?),
        ])
    });
    let found = found.expect("gradients");
    let ports: Vec<_> = found.iter().map(|(_, tensor)| graph.port(tensor).expect("of this graph")).collect();
    let values = ferroflow_graph::DirectSession::new(graph).run(&[], &ports, &[]).expect("a run");
    for ((name, _), value) in found.iter().zip(values) {
        record.check(name, &Tensor::from(value));
    }
}
