//! Eager code, graphs and traces, side by side in one process.

use ferroflow_graph::{DirectSession, Graph};
use ferroflow_v2 as tf;

#[test]
fn eager_and_graph_do_not_disturb_each_other() {
    let graph = Graph::new();
    let eager = tf::add(1, 2).unwrap();
    let symbolic = graph.as_default_scope(|| {
        assert!(!tf::executing_eagerly());
        tf::add(1, 2)
    });
    let symbolic = symbolic.unwrap();
    assert!(tf::executing_eagerly());
    assert_eq!(format!("{eager:?}"), "<tf.Tensor: shape=(), dtype=int32, numpy=3>");
    assert_eq!(format!("{symbolic:?}"), "<tf.Tensor 'Add:0' shape=() dtype=int32>");
    let session = DirectSession::new(graph.clone());
    let port = graph.port(&symbolic).unwrap();
    assert_eq!(session.run(&[], &[port], &[]).unwrap()[0], eager.numpy().unwrap());
}

#[test]
fn a_traced_function_is_called_in_a_graph_too() {
    let graph = Graph::new();
    let double = tf::function(|x: &tf::Tensor| x * 2);
    let inside = graph.as_default_scope(|| double.call(&tf::constant([1, 2])?)).unwrap();
    assert!(!inside.is_eager());
    let session = DirectSession::new(graph.clone());
    let found = session.run(&[], &[graph.port(&inside).unwrap()], &[]).unwrap();
    assert_eq!(found[0].as_slice::<i32>().unwrap(), [2, 4]);
    assert_eq!(format!("{}", double.call([1, 2]).unwrap()), "[2 4]");
    // The trace for the graph does not serve eager code.
    assert_eq!(double.experimental_get_tracing_count(), 2);
}

#[test]
fn init_scope_leaves_traces_but_not_graphs() {
    let modes = tf::function(|| {
        let (inside, outside) = (tf::executing_eagerly(), tf::init_scope(tf::executing_eagerly));
        Ok((tf::constant(inside)?, tf::constant(outside)?))
    });
    let (inside, outside) = modes.call(()).unwrap();
    assert_eq!((format!("{inside}"), format!("{outside}")), ("False".into(), "True".into()));
    Graph::new().as_default_scope(|| assert!(!tf::init_scope(tf::executing_eagerly)));
}

#[test]
fn eager_tensors_do_not_enter_plain_graphs() {
    let eager = tf::constant(1).unwrap();
    let error = Graph::new().as_default_scope(|| tf::add(&eager, 1)).unwrap_err();
    assert_eq!(error.class_name(), "RuntimeError");
    assert_eq!(error.message(), "Attempting to capture an EagerTensor without building a function.");
}

#[test]
fn scopes_name_and_order_nodes() {
    let graph = Graph::new();
    graph
        .as_default_scope(|| {
            let first = tf::name_scope("s", || tf::constant(1))?;
            let second = tf::control_dependencies(&[&first], || tf::constant(2))?;
            let placed = tf::device("/cpu:0", || tf::constant(3))?;
            let control = tf::Operation::of(&second)?.control_inputs();
            assert_eq!(first.name()?, "s/Const:0");
            assert_eq!(control.first().map(tf::Operation::name), Some("s/Const".to_string()));
            assert_eq!(tf::Operation::of(&placed)?.device(), "/device:CPU:0");
            Ok::<(), tf::Error>(())
        })
        .unwrap();
}
