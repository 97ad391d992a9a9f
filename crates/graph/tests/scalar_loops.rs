//! Loops whose variables are single values give what the same steps give in Rust, and stop when they are told to.

use ferroflow_core::{Code, DType, Error, FuncRef, NdArray, Op, PartialShape, Tensor, constant};
use ferroflow_graph::{ArgSpec, DirectSession, Graph, Port, RunSettings, trace};
use std::time::Duration;

fn argument(name: &str, dtype: DType) -> ArgSpec {
    ArgSpec { name: name.to_string(), dtype, shape: PartialShape::scalar() }
}

/// `n, x, on = n + 2, 10 - x * 0.5, not on` while `n < limit`, from 1, `x` and true; gives all three at the end.
fn session(limit: i64) -> Result<(DirectSession, Port, Vec<Port>), Error> {
    ferroflow_graph::install();
    let graph = Graph::new();
    let arguments = [argument("n", DType::INT64), argument("x", DType::FLOAT32), argument("on", DType::BOOL)];
    let (x, results) = graph.as_default_scope(|| -> Result<(Tensor, Vec<Tensor>), Error> {
        let limit = NdArray::scalar(limit);
        let less = |n: &Tensor| Op::named("Less").input(n).input(constant(limit.clone())?).one();
        let condition = trace("loop_cond", &arguments, |args| Ok(vec![less(&args[0])?]))?;
        let body = trace("loop_body", &arguments, |args| {
            let n = (&args[0] + &constant(NdArray::scalar(2i64))?)?;
            let x = (10.0 - &(&args[1] * 0.5)?)?;
            Ok(vec![n, x, Op::named("LogicalNot").input(&args[2]).one()?])
        })?;
        graph.add_function(condition.function().clone());
        graph.add_function(body.function().clone());
        let x = Op::named("Placeholder")
            .attr("dtype", DType::FLOAT32)
            .attr("shape", PartialShape::unknown())
            .one()?;
        let first = [constant(NdArray::scalar(1i64))?, x.clone(), constant(NdArray::scalar(true))?];
        let results = Op::named("While")
            .inputs(first)
            .attr("cond", FuncRef::new(condition.function().name()))
            .attr("body", FuncRef::new(body.function().name()))
            .attr("output_shapes", vec![PartialShape::unknown(); 3])
            .all()?;
        Ok((x, results))
    })?;
    let port =
        |tensor: &Tensor| graph.port(tensor).ok_or_else(|| Error::internal("a tensor of another graph"));
    let (x, results) = (port(&x)?, results.iter().map(port).collect::<Result<_, _>>()?);
    Ok((DirectSession::new(graph), x, results))
}

/// The same in Rust.
fn expected(limit: i64, mut x: f32) -> (i64, f32, bool) {
    let (mut n, mut on) = (1, true);
    while n < limit {
        (n, x, on) = (n + 2, 10.0 - x * 0.5, !on);
    }
    (n, x, on)
}

#[test]
fn single_values_and_arrays_go_through_the_same_steps() -> Result<(), Error> {
    for limit in [0, 2, 3, 1001] {
        let (session, x, results) = session(limit)?;
        // The last feed is no single value: the loop then runs on arrays, by the same plan.
        for shape in [&[][..], &[], &[2]] {
            let feed = NdArray::from_vec(shape, vec![0.75f32; shape.iter().product()])?;
            let found = session.run(&[(x, feed)], &results, &[])?;
            let (n, value, on) = expected(limit, 0.75);
            assert_eq!(found[0].item::<i64>()?, n);
            assert_eq!(found[1].shape().dims(), shape);
            assert!(found[1].as_slice::<f32>()?.iter().all(|found| *found == value));
            assert_eq!(found[2].item::<bool>()?, on);
        }
    }
    Ok(())
}

#[test]
fn a_loop_without_end_meets_its_deadline() -> Result<(), Error> {
    let (session, x, results) = session(i64::MAX)?;
    let prepared = session.prepare(&[x], &results, &[])?;
    let settings = RunSettings { timeout: Some(Duration::from_millis(50)), ..RunSettings::default() };
    let error = session.run_prepared(&prepared, vec![NdArray::scalar(0.0f32)], &settings);
    assert_eq!(error.err().map(|error| error.code()), Some(Code::DeadlineExceeded));
    Ok(())
}
