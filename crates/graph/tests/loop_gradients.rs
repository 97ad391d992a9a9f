//! Gradients of graphs that call functions, to the second order, against TensorFlow's: `tools/record_loop_gradients.py`.

mod closeness;
mod recorded;

use closeness::assert_close;
use ferroflow_core::{Gradient, NdArray, TString, Tensor};
use ferroflow_graph::{DirectSession, Graph, dense, gradients};
use recorded::{graph_of, port, record_of};
use std::collections::BTreeMap;

/// The gradients of the sum of `ys`, those that the record does not have left out.
fn dense_gradients(
    graph: &Graph,
    ys: &[Tensor],
    xs: &[(String, Tensor)],
    missing: &[String],
) -> Vec<(String, Tensor)> {
    let tensors: Vec<Tensor> = xs.iter().map(|(_, x)| x.clone()).collect();
    let found = graph.as_default_scope(|| gradients(ys, &tensors)).expect("gradients");
    let mut result = Vec::new();
    for ((name, _), gradient) in xs.iter().zip(found) {
        match gradient {
            None => assert!(missing.contains(name), "{name} has a gradient"),
            Some(gradient @ (Gradient::Dense(_) | Gradient::Slices(_))) => {
                assert!(!missing.contains(name), "{name} has no gradient");
                result.push((name.clone(), graph.as_default_scope(|| dense(gradient)).expect("a tensor")));
            }
        }
    }
    result
}

fn check(name: &str) {
    let graph = graph_of("loop_gradients", name);
    let mut record = record_of("loop_gradients", name);
    let mut names = |key: &str| -> Vec<String> {
        let names = record.remove(key).map(|names| names.into_vec::<TString>().expect("strings"));
        names.unwrap_or_default().iter().map(|name| name.to_string_lossy().into_owned()).collect()
    };
    let (initial, none, dnone) = (names("init"), names("none"), names("dnone"));
    let wanted: BTreeMap<String, NdArray> = record
        .iter()
        .filter(|(key, _)| !key.starts_with("in."))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let mut keys: Vec<String> =
        wanted.keys().filter_map(|key| key.strip_prefix("d.")).map(str::to_string).collect();
    keys.extend(none.iter().cloned());
    let xs: Vec<(String, Tensor)> = keys
        .into_iter()
        .map(|key| (key.clone(), graph.get_tensor_by_name(&key).expect("a tensor")))
        .collect();
    let y = graph.get_tensor_by_name("result:0").expect("a tensor");
    let mut fetches = vec![("y".to_string(), y.clone())];
    let first = dense_gradients(&graph, &[y], &xs, &none);
    fetches.extend(first.iter().map(|(key, dx)| (format!("d.{key}"), dx.clone())));
    if wanted.keys().any(|key| key.starts_with("dd.")) {
        let total: Vec<Tensor> = first.into_iter().map(|(_, dx)| dx).collect();
        let second = dense_gradients(&graph, &total, &xs, &dnone);
        fetches.extend(second.into_iter().map(|(key, ddx)| (format!("dd.{key}"), ddx)));
    }
    let session = DirectSession::new(graph.clone());
    let ids: Vec<usize> =
        initial.iter().map(|name| graph.get_operation_by_name(name).expect("an operation").id()).collect();
    session.run(&[], &[], &ids).expect("initial values");
    let feeds: Vec<_> = record
        .iter()
        .filter_map(|(key, value)| Some((port(&graph, key.strip_prefix("in.")?), value.clone())))
        .collect();
    let ports: Vec<_> =
        fetches.iter().map(|(_, tensor)| graph.port(tensor).expect("of this graph")).collect();
    let values = session.run(&feeds, &ports, &[]).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    assert_eq!(fetches.len(), wanted.len(), "{name}");
    for ((key, _), value) in fetches.iter().zip(&values) {
        assert_close(&format!("{name}, {key}"), value, &wanted[key]);
    }
    // A graph that was written and read again computes the same: nothing hangs on the order of nodes.
    let again = Graph::from_graph_def(&graph.as_graph_def().expect("a message")).expect("a graph");
    let session = DirectSession::new(again.clone());
    let ids: Vec<usize> =
        initial.iter().map(|name| again.get_operation_by_name(name).expect("an operation").id()).collect();
    session.run(&[], &[], &ids).expect("initial values");
    let feeds: Vec<_> = record
        .iter()
        .filter_map(|(key, value)| Some((port(&again, key.strip_prefix("in.")?), value.clone())))
        .collect();
    let ports: Vec<_> =
        fetches.iter().map(|(_, tensor)| port(&again, &tensor.name().expect("a name"))).collect();
    let values = session.run(&feeds, &ports, &[]).unwrap_or_else(|error| panic!("{name}, again: {error:?}"));
    for ((key, _), value) in fetches.iter().zip(&values) {
        assert_close(&format!("{name} again, {key}"), value, &wanted[key]);
    }
}

macro_rules! programs {
    ($($name:ident)*) => { $(#[test] fn $name() { check(stringify!($name)); })* };
}

programs! {
    array_in_loop
    call
    call_in_loop
    call_twice
    case
    case_default
    complex_numbers
    cond_in_loop
    cond_on_value
    coupled
    doubles
    fold_rows
    gathered
    growing
    invariant
    limited
    loop_in_call
    loop_in_cond
    loop_in_untaken_branch
    map_rows
    mixed_results
    nested
    nested_power
    nested_once
    nested_with_outer_value
    nested_cond
    no_iterations
    power
    random_in_loop
    scan_rows
    stopped
    unconnected
    values_of_loop_used
    variable_in_loop
}
