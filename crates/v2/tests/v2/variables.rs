//! Variables, eager and in graphs.

use ferroflow_graph::{DirectSession, Graph};
use ferroflow_v2 as tf;

#[test]
fn numpy_shares_memory_until_the_next_assignment() {
    let v = tf::Variable::new([1.0, 2.0]).unwrap();
    let (first, second) = (v.numpy().unwrap(), v.numpy().unwrap());
    let address = |array: &tf::NdArray| array.as_slice::<f32>().unwrap().as_ptr();
    assert_eq!(address(&first), address(&second));
    assert_eq!(address(&first), address(&v.value().unwrap().numpy().unwrap()));
    v.assign_add([1.0, 1.0]).unwrap();
    assert_eq!(first.as_slice::<f32>().unwrap(), [1.0, 2.0]);
    assert_eq!(v.numpy().unwrap().as_slice::<f32>().unwrap(), [2.0, 3.0]);
    drop((first, second));
    // Nobody else holds the value now: it changes in place.
    let before = address(&v.numpy().unwrap());
    v.assign_add([1.0, 1.0]).unwrap();
    assert_eq!(before, address(&v.numpy().unwrap()));
    let mut mine = v.numpy().unwrap();
    mine.as_mut_slice::<f32>().unwrap()[0] = 99.0;
    assert_eq!(v.numpy().unwrap().as_slice::<f32>().unwrap(), [3.0, 4.0]);
}

#[test]
fn assignments_give_the_variable_back() {
    let v = tf::Variable::new_with([1, 2], |o| o.name("w")).unwrap();
    assert_eq!(
        format!("{:?}", v.assign([3, 4]).unwrap().value().unwrap().numpy().unwrap()),
        "array([3, 4], dtype=int32)"
    );
    v.assign_sub([1, 1]).unwrap();
    assert_eq!(
        format!("{v}"),
        "<tf.Variable 'w:0' shape=(2,) dtype=int32, numpy=array([2, 3], dtype=int32)>"
    );
    let sum = (&v + &v + &v).unwrap();
    assert_eq!(format!("{} {} {}", sum, (10 - &v).unwrap(), (-&v).unwrap()), "[6 9] [8 7] [-2 -3]");
}

#[test]
fn dropping_the_last_handle_frees_the_value() {
    let v = tf::Variable::new([1.0; 64]).unwrap();
    let other = v.clone();
    let mut array = v.numpy().unwrap();
    assert!(!array.is_unique());
    drop(v);
    assert!(!array.is_unique());
    drop(other);
    assert!(array.is_unique());
}

#[test]
fn open_shapes_take_values_of_different_shapes() {
    let v = tf::Variable::new_with([1, 2], |o| o.shape(tf::TensorShape::unknown())).unwrap();
    v.assign([[1]]).unwrap();
    assert_eq!(
        format!("{v:?}"),
        "<tf.Variable 'Variable:0' shape=<unknown> dtype=int32, numpy=array([[1]], dtype=int32)>"
    );
}

/// The nodes of `tf.Variable(1.0)` and of what is done to it are those that TensorFlow makes, name for name.
#[test]
fn graph_variables_have_tensorflows_nodes() {
    let graph = Graph::new();
    let build = || -> tf::Result<tf::Variable> {
        let a = tf::Variable::new(1.0)?;
        tf::Variable::new_with([2, 3], |o| o.name("b").trainable(false).shape(tf::TensorShape::of_rank(1)))?;
        (&a + 1.0)?;
        a.assign(3.0)?;
        a.assign_add(1.0)?;
        a.read_value()?;
        a.value()?;
        a.is_initialized()?;
        Ok(a)
    };
    let a = graph.as_default_scope(build).unwrap();
    let nodes = graph.get_operations().iter().map(describe).collect::<Vec<_>>().join("\n");
    assert_eq!(nodes, include_str!("../data/variable_nodes.txt").trim_end());
    assert_eq!(graph.get_all_collection_keys(), ["trainable_variables", "variables"]);
    let of = |name: &str| -> Vec<String> {
        tf::Variable::in_collection(&graph, name).iter().map(tf::Variable::name).collect()
    };
    assert_eq!(of("variables"), ["Variable:0", "b:0"]);
    assert_eq!(of("trainable_variables"), ["Variable:0"]);
    let error = a.numpy().unwrap_err();
    assert_eq!(error.message(), "numpy() is only available when eager execution is enabled.");
}

fn describe(operation: &tf::Operation) -> String {
    let inputs: Vec<String> =
        operation.inputs().iter().map(|input| input.name().unwrap_or_default()).collect();
    let controls: Vec<String> =
        operation.control_inputs().iter().map(|control| format!("^{}", control.name())).collect();
    let mut line = format!("{} {}", operation.name(), operation.op_type());
    for input in inputs.iter().chain(&controls) {
        line.push(' ');
        line.push_str(input);
    }
    line
}

#[test]
fn graph_variables_live_in_sessions() {
    let graph = Graph::new();
    let (v, after) = graph
        .as_default_scope(|| {
            let v = tf::Variable::new(1.0)?;
            let after = v.assign_add(2.0)?;
            Ok::<_, tf::Error>((v, after))
        })
        .unwrap();
    let session = DirectSession::new(graph.clone());
    let read = |variable: &tf::Variable| {
        let port = graph.port(&variable.snapshot().unwrap()).unwrap();
        session.run(&[], &[port], &[]).map(|values| values[0].item::<f32>().unwrap())
    };
    assert_eq!(read(&v).unwrap_err().class_name(), "FailedPreconditionError");
    session.run(&[], &[], &[v.initializer().unwrap().id()]).unwrap();
    assert_eq!(read(&v).unwrap(), 1.0);
    assert_eq!(read(&after).unwrap(), 3.0);
    assert_eq!(read(&v).unwrap(), 3.0);
}

/// Errors are recorded from TensorFlow: class, then message.
#[test]
fn errors_are_tensorflows() {
    let v = tf::Variable::new(1.0).unwrap();
    let w = tf::Variable::new_with([1, 2], |o| o.name("w")).unwrap();
    let found = [
        v.assign([1.0, 2.0]).map(drop),
        w.assign([1, 2, 3]).map(drop),
        w.assign(tf::constant([1.5, 2.0])).map(drop),
        w.assign_add([1, 2, 3]).map(drop),
        tf::Variable::new_with(tf::constant(1), |o| o.dtype(tf::float32)).map(drop),
        tf::Variable::new_with([1, 2], |o| o.shape(tf::TensorShape::from([3]))).map(drop),
        v.eval().map(drop),
        v.graph().map(drop),
        v.op().map(drop),
        v.initial_value().map(drop),
    ];
    let found: Vec<String> = found
        .into_iter()
        .map(|result| {
            let error = result.unwrap_err();
            format!("{} | {}", error.class_name(), error.message())
        })
        .collect();
    assert_eq!(found.join("\n"), include_str!("../data/variable_errors.txt").trim_end());
}
