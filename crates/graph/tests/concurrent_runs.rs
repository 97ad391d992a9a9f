//! One session, many threads: loops and variables give each run what it would have got alone.

mod closeness;
mod recorded;

use closeness::assert_close;
use ferroflow_core::{AttrValue, DType, NdArray, Op, PartialShape, Result, Tensor};
use ferroflow_graph::{DirectSession, Graph, Operation, Port, WhileOptions, call_while};
use recorded::{graph_of, port, record_of};

const THREADS: usize = 8;
const RUNS: usize = 40;

/// Runs a recorded graph from many threads in one session.
fn check(folder: &str, name: &str, result: impl Fn(&str) -> Option<String>) {
    let (graph, record) = (graph_of(folder, name), record_of(folder, name));
    let feeds: Vec<(Port, NdArray)> = record
        .iter()
        .filter_map(|(key, value)| {
            Some((port(&graph, key.strip_prefix("0.").unwrap_or(key).strip_prefix("in.")?), value.clone()))
        })
        .collect();
    let wanted: Vec<(Port, &NdArray)> =
        record.iter().filter_map(|(key, value)| Some((port(&graph, &result(key)?), value))).collect();
    assert!(!wanted.is_empty(), "{name}");
    let fetches: Vec<Port> = wanted.iter().map(|(port, _)| *port).collect();
    let session = DirectSession::new(graph);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..RUNS {
                    let values = session.run(&feeds, &fetches, &[]).expect("a run");
                    for (value, (_, expected)) in values.iter().zip(&wanted) {
                        assert_close(name, value, expected);
                    }
                }
            });
        }
    });
}

#[test]
fn recorded_loops() {
    let of_v1 = |key: &str| key.strip_prefix("0.out.").map(str::to_string);
    for name in ["nested", "cond_in_loop", "two_ways_out", "dead_frames", "frame_without_condition"] {
        check("v1_loops", name, of_v1);
    }
    let of_functions = |key: &str| (key == "y").then(|| "result:0".to_string());
    for name in ["nested", "cond_in_loop", "scan_rows", "loop_in_call", "case"] {
        check("loop_gradients", name, of_functions);
    }
}

/// A variable that each iteration of a loop adds to; the loop gives the number of iterations.
fn counting_loop(graph: &Graph) -> Result<(Operation, Tensor, Tensor, Tensor)> {
    graph.as_default_scope(|| {
        let variable = Op::named("VarHandleOp")
            .attr("dtype", DType::INT64)
            .attr("shape", PartialShape::scalar())
            .attr("shared_name", "counter")
            .one()?;
        let zero = ferroflow_core::constant(NdArray::scalar(0i64))?;
        Op::named("AssignVariableOp").input(&variable).input(zero).attr("dtype", DType::INT64).run()?;
        let initial = graph.operation(graph.num_nodes() - 1);
        let n = Op::named("Placeholder")
            .attr("dtype", DType::INT32)
            .attr("shape", PartialShape::scalar())
            .one()?;
        let start = ferroflow_core::constant(NdArray::scalar(0i32))?;
        let outputs = call_while(
            &[start],
            |variables| Op::named("Less").input(&variables[0]).input(&n).one(),
            |variables| {
                let one = ferroflow_core::constant(NdArray::scalar(1i64))?;
                Op::named("AssignAddVariableOp")
                    .input(&variable)
                    .input(one)
                    .attr("dtype", DType::INT64)
                    .run()?;
                Ok(vec![Op::named("AddV2").input(&variables[0]).input(1).one()?])
            },
            &WhileOptions::default(),
        )?;
        let value = Op::named("ReadVariableOp").input(&variable).attr("dtype", DType::INT64).one()?;
        Ok((initial, n, outputs[0].clone(), value))
    })
}

#[test]
fn variables_in_loops() {
    let graph = Graph::new();
    let (initial, n, iterations, value) = counting_loop(&graph).expect("a graph");
    assert!(matches!(initial.get_attr("dtype"), Ok(AttrValue::Type(DType::INT64))));
    let port = |tensor: &Tensor| graph.port(tensor).expect("of this graph");
    let (n, iterations, value) = (port(&n), port(&iterations), port(&value));
    let session = DirectSession::new(graph.clone());
    session.run(&[], &[], &[initial.id()]).expect("an initial value");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let session = &session;
            scope.spawn(move || {
                for run in 0..RUNS {
                    let count = ((thread + run) % 7) as i32;
                    let ran = session.run(&[(n, count.into())], &[iterations], &[]).expect("a run");
                    assert_eq!(ran[0].item::<i32>(), Ok(count));
                }
            });
        }
    });
    let expected: usize = (0..THREADS).flat_map(|thread| (0..RUNS).map(move |run| (thread + run) % 7)).sum();
    let total = session.run(&[], &[value], &[]).expect("a run");
    assert_eq!(total[0].item::<i64>(), Ok(expected as i64));
}
