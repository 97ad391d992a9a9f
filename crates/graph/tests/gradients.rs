//! Gradients by tape, in graphs and through functions.

use ferroflow_core::operators::{add, multiply};
use ferroflow_core::{DType, Error, Gradient, Op, PartialShape, Tensor};
use ferroflow_graph::{ArgSpec, DirectSession, GradientTape, Graph, gradients, trace};

fn value(tensor: Option<Tensor>) -> f32 {
    tensor.expect("a gradient").numpy().expect("eager").item::<f32>().expect("one float32")
}

#[test]
fn a_tape_differentiates_twice() {
    let x = Tensor::from(3.0f32);
    let outer = GradientTape::new();
    outer.watch(&x);
    let inner = GradientTape::new();
    inner.watch(&x);
    let cube = multiply(&x, multiply(&x, &x)).expect("a product");
    let slope = inner.gradient(&cube, &x).expect("a gradient").expect("connected");
    assert_eq!(slope.numpy().expect("eager").item::<f32>(), Ok(27.0));
    assert_eq!(value(outer.gradient(&slope, &x).expect("a gradient")), 18.0);
}

#[test]
fn a_tape_is_used_once_unless_it_is_persistent() {
    let x = Tensor::from(2.0f32);
    let tape = GradientTape::new();
    tape.watch(&x);
    let y = multiply(&x, &x).expect("a product");
    assert_eq!(value(tape.gradient(&y, &x).expect("a gradient")), 4.0);
    let error = tape.gradient(&y, &x).expect_err("used");
    assert_eq!(
        error.message(),
        "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)"
    );
    let unrelated = Tensor::from(1.0f32);
    let tape = GradientTape::persistent();
    tape.watch(&x);
    let y = add(&x, &x).expect("a sum");
    assert_eq!(value(tape.gradient(&y, &x).expect("a gradient")), 2.0);
    assert!(tape.gradient(&y, &unrelated).expect("no error").is_none());
}

#[test]
fn a_graph_is_differentiated_by_its_nodes() {
    let graph = Graph::new();
    let (x, dx) = graph
        .as_default_scope(|| -> Result<_, Error> {
            let x = Op::named("Placeholder")
                .attr("dtype", DType::FLOAT32)
                .attr("shape", PartialShape::scalar())
                .name("x")
                .one()?;
            let y = multiply(&x, &x)?;
            let grads = gradients(&[y], std::slice::from_ref(&x))?;
            match grads.into_iter().next().flatten() {
                Some(Gradient::Dense(dx)) => Ok((x, dx)),
                _ => Err(Error::internal("no dense gradient")),
            }
        })
        .expect("a gradient");
    assert!(dx.name().expect("symbolic").starts_with("gradients/"), "{dx:?}");
    let session = DirectSession::new(graph.clone());
    let port = |tensor: &Tensor| graph.port(tensor).expect("of this graph");
    let result = session.run(&[(port(&x), 5.0f32.into())], &[port(&dx)], &[]).expect("a run");
    assert_eq!(result[0].item::<f32>(), Ok(10.0));
}

#[test]
fn a_tape_sees_through_a_function() {
    let spec = ArgSpec { name: "x".into(), dtype: DType::FLOAT32, shape: PartialShape::scalar() };
    let scale = Tensor::from(vec![2.0f32; 300]);
    let cube = trace("cube", &[spec], |args| {
        let x = &args[0];
        Ok(vec![multiply(x, multiply(x, x))?, multiply(x, &scale)?])
    })
    .expect("a trace");
    let x = Tensor::from(2.0f32);
    let tape = GradientTape::new();
    tape.watch(&x);
    let results = cube.call(std::slice::from_ref(&x)).expect("a call");
    assert_eq!(results[0].numpy().expect("eager").item::<f32>(), Ok(8.0));
    assert_eq!(value(tape.gradient(&results[0], &x).expect("a gradient")), 12.0);
}
