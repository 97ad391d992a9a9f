//! Graphs are built, pruned, folded, fused and run.

use ferroflow_core::{DType, Error, NdArray, Op, PartialShape, Shape, Tensor, constant, context};
use ferroflow_graph::{ArgSpec, DirectSession, FeedShapes, Graph, ImportOptions, Operation, Port, trace};

fn placeholder(name: &str, dtype: DType, shape: PartialShape) -> Result<Tensor, Error> {
    Op::named("Placeholder").attr("dtype", dtype).attr("shape", shape).name(name).one()
}

fn port(graph: &Graph, tensor: &Tensor) -> Port {
    graph.port(tensor).expect("a tensor of this graph")
}

#[test]
fn literals_become_constants_named_after_the_argument() {
    let graph = Graph::new();
    let sum = graph
        .as_default_scope(|| {
            let x = placeholder("x", DType::FLOAT32, [None, Some(2)].into())?;
            &x + 1
        })
        .expect("a graph");
    assert_eq!(format!("{sum:?}"), "<tf.Tensor 'add:0' shape=(None, 2) dtype=float32>");
    let names: Vec<String> = graph.get_operations().iter().map(|operation| operation.name()).collect();
    assert_eq!(names, ["x", "add/y", "add"]);
}

#[test]
fn a_fused_chain_computes_what_its_ops_do() {
    let graph = Graph::new();
    let (x, y) = graph
        .as_default_scope(|| -> Result<_, Error> {
            let x = placeholder("x", DType::FLOAT32, PartialShape::unknown())?;
            let y = (10.0 - &(-((&x * 2.0)? + &constant(3.0)?)?)?)?;
            Ok((x, y))
        })
        .expect("a graph");
    let session = DirectSession::new(graph.clone());
    for count in [1usize, 7, 5000, 200_000] {
        let values: Vec<f32> = (0..count).map(|i| i as f32).collect();
        let expected: Vec<f32> = values.iter().map(|x| 10.0 - -(x * 2.0 + 3.0)).collect();
        let feed = NdArray::vector(values);
        let result =
            session.run(&[(port(&graph, &x), feed.clone())], &[port(&graph, &y)], &[]).expect("a run");
        assert_eq!(result[0].as_slice::<f32>().expect("float32"), expected);
        assert_eq!(feed.as_slice::<f32>().expect("float32")[0], 0.0, "the feed stays as it was");
    }
}

#[test]
fn an_unfed_placeholder_is_named() {
    let graph = Graph::new();
    let y = graph
        .as_default_scope(|| &placeholder("p", DType::FLOAT32, [None, Some(3)].into())? + 1.0)
        .expect("a graph");
    let session = DirectSession::new(graph.clone());
    let error = session.run(&[], &[port(&graph, &y)], &[]).expect_err("no feed");
    assert_eq!(
        error.message(),
        "You must feed a value for placeholder tensor 'p' with dtype float and shape [?,3]"
    );
    assert_eq!(error.node(), Some("p"));
}

#[test]
fn an_exported_graph_comes_back_the_same() {
    let graph = Graph::new();
    graph
        .as_default_scope(|| {
            let x = placeholder("x", DType::INT32, [2].into())?;
            context::name_scope("scope", || (&x * 3)? + &constant([1, 2])?)
        })
        .expect("a graph");
    let message = graph.as_graph_def().expect("a message");
    let again = Graph::from_graph_def(&message).expect("a graph");
    assert_eq!(again.as_graph_def().expect("a message"), message);
    let prefixed = Graph::new();
    prefixed.import_graph_def(&message, &ImportOptions::default()).expect("an import");
    assert!(prefixed.get_operation_by_name("import/scope/mul").is_ok());
}

#[test]
fn cycles_and_unknown_inputs_are_errors() {
    let graph = Graph::new();
    graph.as_default_scope(|| &constant([1, 2])? + 1).expect("a graph");
    let mut message = graph.as_graph_def().expect("a message");
    message.node[2].input[0] = "add".to_string();
    let error = Graph::from_graph_def(&message).expect_err("a cycle");
    assert_eq!(error.message(), "1 nodes in a cycle");
    message.node[2].input[0] = "nobody".to_string();
    let error = Graph::from_graph_def(&message).expect_err("an unknown node");
    assert!(error.message().contains("Unknown input node 'nobody'"), "{error}");
}

#[test]
fn a_traced_function_takes_in_what_it_uses() {
    let offset = Tensor::from(vec![5i32; 1000]);
    let spec = ArgSpec { name: "x".into(), dtype: DType::INT32, shape: [None].into() };
    let function = trace("f", &[spec], |args| Ok(vec![(&args[0] + &offset)?])).expect("a trace");
    assert_eq!(function.captures().len(), 1);
    let body = function.function().body().expect("a body");
    assert_eq!(body.input_names, ["x", "capture_0"]);
}

#[test]
fn code_of_the_program_is_a_node() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let graph = Graph::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let (x, doubled, wrong) = graph
        .as_default_scope(|| -> Result<_, Error> {
            let x = placeholder("x", DType::FLOAT32, PartialShape::unknown())?;
            let double = move |arrays: &[NdArray]| {
                counted.fetch_add(1, Ordering::Relaxed);
                let values = arrays[0].as_slice::<f32>()?.iter().map(|value| value * 2.0).collect();
                Ok(vec![NdArray::vector::<f32>(values)])
            };
            let doubled = ferroflow_ops_control::numpy_function(double, [&x], &[DType::FLOAT32], true)?;
            let counts = |arrays: &[NdArray]| Ok(vec![NdArray::scalar(arrays[0].len() as i64)]);
            let wrong = ferroflow_ops_control::numpy_function(counts, [&x], &[DType::FLOAT32], false)?;
            Ok((x, doubled[0].clone(), wrong[0].clone()))
        })
        .expect("a graph");
    assert_eq!(format!("{doubled:?}"), "<tf.Tensor 'PyFunc:0' shape=<unknown> dtype=float32>");
    let session = DirectSession::new(graph.clone());
    let feeds = [(port(&graph, &x), NdArray::vector(vec![1.5f32, -2.0]))];
    for run in 1..=3 {
        let values = session.run(&feeds, &[port(&graph, &doubled)], &[]).expect("a run");
        assert_eq!(values[0].as_slice::<f32>().expect("float32"), [3.0, -4.0]);
        assert_eq!(calls.load(Ordering::Relaxed), run);
    }
    let error = session.run(&feeds, &[port(&graph, &wrong)], &[]).expect_err("another dtype");
    // TensorFlow's words; the token is the process's.
    let (token, rest) = error.message().split_once(" is ").expect("a message");
    assert!(token.starts_with("0-th value returned by pyfunc_"), "{error}");
    assert_eq!(rest, "int64, but expects float");
}

#[test]
fn functions_take_attributes_of_their_calls() {
    // TensorFlow gives the same for this graph.
    let text = r#"
        node { name: "one" op: "Const" attr { key: "dtype" value { type: DT_INT32 } } attr { key: "value" value {
            tensor { dtype: DT_INT32 tensor_shape { dim { size: 2 } } int_val: 3 int_val: -4 } } } }
        node { name: "half" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value {
            tensor { dtype: DT_FLOAT tensor_shape { } float_val: 0.5 } } } }
        node { name: "a" op: "Outer" input: "one" attr { key: "T" value { type: DT_INT32 } } }
        node { name: "b" op: "Outer" input: "half" attr { key: "T" value { type: DT_FLOAT } } }
        library {
            function {
                signature { name: "Twice" input_arg { name: "x" type_attr: "T" } output_arg { name: "y" type_attr: "T" }
                    output_arg { name: "z" type_attr: "T" } attr { name: "T" type: "type" } }
                node_def { name: "a" op: "Add" input: "x" input: "x" attr { key: "T" value { placeholder: "T" } } }
                ret { key: "y" value: "a:z:0" } ret { key: "z" value: "x" }
            }
            function {
                signature { name: "Outer" input_arg { name: "x" type_attr: "T" } output_arg { name: "y" type_attr: "T" }
                    attr { name: "T" type: "type" } }
                node_def { name: "t" op: "Twice" input: "x" attr { key: "T" value { placeholder: "T" } } }
                node_def { name: "m" op: "Mul" input: "t:y:0" input: "t:z:0" attr { key: "T" value { placeholder: "T" } } }
                ret { key: "y" value: "m:z:0" }
            }
        }"#;
    let graph =
        Graph::from_graph_def(&ferroflow_proto::text::from_text(text).expect("a text")).expect("a graph");
    let fetches = ["a:0", "b:0"].map(|name| port(&graph, &graph.get_tensor_by_name(name).expect("a tensor")));
    let values = DirectSession::new(graph).run(&[], &fetches, &[]).expect("a run");
    assert_eq!(values[0].as_slice::<i32>(), Ok([18, 32].as_slice()));
    assert_eq!(values[1].item::<f32>(), Ok(0.5));
}

#[test]
fn only_straight_runs_on_the_same_shapes_are_known_to_be_short() {
    let graph = Graph::new();
    let (x, sum, taken, called) = graph
        .as_default_scope(|| -> Result<_, Error> {
            let x = placeholder("x", DType::FLOAT32, PartialShape::unknown())?;
            let sum = (&x + 1.0)?;
            let queue = Op::named("FIFOQueueV2").attr("component_types", vec![DType::FLOAT32]).one()?;
            let taken = Op::named("QueueDequeueV2").input(&queue);
            let taken = taken.attr("component_types", vec![DType::FLOAT32]).one()?;
            let spec =
                ArgSpec { name: "x".to_string(), dtype: DType::FLOAT32, shape: PartialShape::unknown() };
            let doubled = trace("doubled", &[spec], |args| Ok(vec![(&args[0] * 2.0)?]))?;
            let called = doubled.call(std::slice::from_ref(&x))?.remove(0);
            Ok((x, sum, taken, called))
        })
        .expect("a graph");
    let session = DirectSession::new(graph.clone());
    let prepare =
        |fetch: &Tensor| session.prepare(&[port(&graph, &x)], &[port(&graph, fetch)], &[]).expect("a plan");
    let shapes = |dim: usize| FeedShapes::from_iter([Shape::new(&[dim]).expect("a shape")]);
    let plan = prepare(&sum);
    assert!(!plan.is_short(&shapes(4)));
    plan.note_pace(|| shapes(4), true);
    assert!(prepare(&sum).is_short(&shapes(4)) && !plan.is_short(&shapes(5)));
    // One long run on the same shapes may be an accident, on others it is news.
    plan.note_pace(|| shapes(4), false);
    assert!(plan.is_short(&shapes(4)));
    plan.note_pace(|| shapes(5), false);
    assert!(!plan.is_short(&shapes(4)) && !plan.is_short(&shapes(5)));
    // One waits for others, and a function does what it is fed.
    for fetch in [&taken, &called] {
        let plan = prepare(fetch);
        plan.note_pace(|| shapes(4), true);
        assert!(!plan.is_short(&shapes(4)));
    }
}

#[test]
fn what_nobody_takes_is_not_run() {
    let graph = Graph::new();
    let (x, waits, checked) = graph
        .as_default_scope(|| -> Result<_, Error> {
            let x = placeholder("x", DType::FLOAT32, PartialShape::unknown())?;
            // Seven times seven elements there will not be: it would fail.
            let turned = Op::named("Reshape").input((&x * 2.0)?).input([7, 7]).one()?;
            let waits = graph.control_dependencies(Some(&[Operation::of(&turned)?]), || {
                Op::named("Identity").input(&x).one()
            })?;
            let check = Op::named("CheckNumerics").input((&x / 0.0)?).attr("message", "infinite").one()?;
            let checked = graph.control_dependencies(Some(&[Operation::of(&check)?]), || {
                Op::named("Identity").input(&x).one()
            })?;
            Ok((x, waits, checked))
        })
        .expect("a graph");
    let session = DirectSession::new(graph.clone());
    let run = |fetch: &Tensor| {
        let value = NdArray::vector(vec![1.0f32, 2.0]);
        session.run(&[(port(&graph, &x), value)], &[port(&graph, fetch)], &[])
    };
    assert_eq!(run(&waits).expect("the reshape is left out")[0].as_slice::<f32>(), Ok([1.0, 2.0].as_slice()));
    assert!(
        run(&checked).expect_err("checks are run").message().contains("infinite : Tensor had Inf values")
    );
}
