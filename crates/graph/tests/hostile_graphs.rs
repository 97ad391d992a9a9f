//! Graphs that were made to do harm end in an error, on the small stack of a test's thread.

use ferroflow_core::{Code, Error, NdArray, Result};
use ferroflow_graph::{DirectSession, Graph, RunSettings, gradients};
use ferroflow_proto::{GraphDef, text};
use std::time::{Duration, Instant};

fn parse(graph: &str) -> GraphDef {
    text::from_text(graph).expect("a text that can be read")
}

fn import(graph: &str) -> Result<Graph> {
    Graph::from_graph_def(&parse(graph))
}

/// Runs a graph until its first output of node `y`.
fn run(graph: &str) -> Result<NdArray> {
    let graph = import(graph)?;
    let y = graph.port(&graph.get_tensor_by_name("y:0")?).expect("of this graph");
    DirectSession::new(graph).run(&[], &[y], &[])?.pop().ok_or_else(|| Error::internal("nothing came out"))
}

const FLOAT: &str = "attr { key: 'T' value { type: DT_FLOAT } }";

fn node(name: &str, op: &str, inputs: &[&str], attrs: &str) -> String {
    let inputs: Vec<String> = inputs.iter().map(|input| format!("input: '{input}'")).collect();
    format!("node {{ name: '{name}' op: '{op}' {} {attrs} }}\n", inputs.join(" "))
}

fn constant(name: &str, dtype: &str, value: &str) -> String {
    let attrs = format!(
        "attr {{ key: 'dtype' value {{ type: {dtype} }} }} attr {{ key: 'value' value {{ tensor {{ dtype: {dtype} \
         {value} }} }} }}"
    );
    node(name, "Const", &[], &attrs)
}

fn one() -> String {
    constant("one", "DT_FLOAT", "tensor_shape { } float_val: 1")
}

#[test]
fn cycles() {
    let negations = |a: &str, b: &str| node("a", "Neg", &[a], FLOAT) + &node("b", "Neg", &[b], FLOAT);
    // What TensorFlow says to each of these.
    for (graph, message) in [
        (negations("b", "a"), "2 nodes in a cycle"),
        (node("a", "Neg", &["a"], FLOAT), "1 nodes in a cycle"),
        (node("a", "NoOp", &["^b"], "") + &node("b", "NoOp", &["^a"], ""), "2 nodes in a cycle"),
        (
            node("m", "Merge", &["n"], &format!("{FLOAT} attr {{ key: 'N' value {{ i: 1 }} }}"))
                + &node("n", "NextIteration", &["m"], FLOAT),
            "2 nodes in a cycle",
        ),
        (
            node("m", "Merge", &["m"], &format!("{FLOAT} attr {{ key: 'N' value {{ i: 1 }} }}")),
            "1 nodes in a cycle",
        ),
        (node("a", "Neg", &["zz"], FLOAT), "Node 'a': Unknown input node 'zz'"),
        (
            one() + &node("a", "Neg", &["one:7"], FLOAT),
            "Node 'a': Connecting to invalid output 7 of source node one which has 1 outputs.",
        ),
    ] {
        assert_eq!(import(&graph).expect_err("a bad graph").message(), message);
    }
}

fn function(name: &str, body: &str, result: &str) -> String {
    let body = body.replace("node {", "node_def {");
    format!(
        "function {{ signature {{ name: '{name}' input_arg {{ name: 'x' type: DT_FLOAT }} output_arg {{ name: 'z' \
         type: DT_FLOAT }} }} {body} ret {{ key: 'z' value: '{result}' }} }}\n"
    )
}

fn types(name: &str) -> String {
    format!("attr {{ key: '{name}' value {{ list {{ type: DT_FLOAT }} }} }}")
}

fn named(attr: &str, function: &str) -> String {
    format!("attr {{ key: '{attr}' value {{ func {{ name: '{function}' }} }} }}")
}

fn call(name: &str, input: &str, function: &str) -> String {
    node(name, "PartitionedCall", &[input], &(named("f", function) + &types("Tin") + &types("Tout")))
}

#[test]
fn functions_without_end() {
    let yes = constant("yes", "DT_BOOL", "tensor_shape { } bool_val: true");
    let branches = |name: &str| {
        let attrs = named("then_branch", name) + &named("else_branch", name) + &types("Tin") + &types("Tout");
        attrs + "attr { key: 'Tcond' value { type: DT_BOOL } }"
    };
    let by_name = |name: &str, input: &str, function: &str| node(name, function, &[input], "");
    let always = "function { signature { name: 'always' input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'z' \
                  type: DT_BOOL } } node_def { name: 'yes' op: 'Const' attr { key: 'dtype' value { type: DT_BOOL } } \
                  attr { key: 'value' value { tensor { dtype: DT_BOOL tensor_shape { } bool_val: true } } } } ret { \
                  key: 'z' value: 'yes:output:0' } }";
    let libraries = [
        ("itself", function("f", &call("c", "x", "f"), "c:output:0")),
        (
            "each other",
            function("f", &call("c", "x", "g"), "c:output:0")
                + &function("g", &call("c", "x", "f"), "c:output:0"),
        ),
        (
            "a branch",
            function("f", &(yes + &node("c", "If", &["yes:output:0", "x"], &branches("f"))), "c:output:0"),
        ),
        (
            "a loop",
            function(
                "f",
                &node("c", "While", &["x"], &(types("T") + &named("cond", "always") + &named("body", "f"))),
                "c:output:0",
            ) + always,
        ),
        ("itself by name", function("f", &by_name("c", "x", "f"), "c:z:0")),
        (
            "each other by name",
            function("f", &by_name("c", "x", "g"), "c:z:0")
                + &function("g", &by_name("c", "x", "f"), "c:z:0"),
        ),
    ];
    for (what, library) in libraries {
        let graph = one() + &call("y", "one", "f") + &format!("library {{ {library} }}");
        let error = run(&graph).expect_err(what);
        assert_eq!(error.code(), Code::FailedPrecondition, "{what}: {error:?}");
        assert!(error.message().contains("is nested more than"), "{what}: {error:?}");
    }
    let error = run(&(one() + &call("y", "one", "nobody"))).expect_err("no such function");
    assert!(matches!(error.code(), Code::NotFound | Code::InvalidArgument), "{error:?}");
}

#[test]
fn gradients_without_end() {
    let library = format!("library {{ {} }}", function("f", &call("c", "x", "f"), "c:output:0"));
    let symbolic = node(
        "y",
        "SymbolicGradient",
        &["one", "one"],
        &(named("f", "f")
            + "attr { key: 'Tin' value { list { type: DT_FLOAT type: DT_FLOAT } } }"
            + &types("Tout")),
    );
    let error = run(&(one() + &symbolic + &library)).expect_err("no end");
    assert_eq!(error.code(), Code::FailedPrecondition, "{error:?}");
    let graph = import(&(one() + &call("y", "one", "f") + &library)).expect("a graph");
    let tensor = |name: &str| graph.get_tensor_by_name(name).expect("a tensor");
    let error = gradients(&[tensor("y:0")], &[tensor("one:0")]).err().expect("no end");
    assert_eq!(error.code(), Code::FailedPrecondition, "{error:?}");
}

#[test]
fn a_long_chain_of_functions() {
    let count = 3000;
    let mut library: String = (0..count)
        .map(|at| function(&format!("f{at}"), &node("c", &format!("f{}", at + 1), &["x"], ""), "c:z:0"))
        .collect();
    library += &function(&format!("f{count}"), &node("c", "Neg", &["x"], FLOAT), "c:y:0");
    let graph = one() + &call("y", "one", "f0") + &format!("library {{ {library} }}");
    let error = run(&graph).expect_err("too deep");
    assert!(error.message().contains("is nested more than"), "{error:?}");
}

#[test]
fn shapes_without_bounds() {
    let sizes = |values: &[i64]| {
        let list: Vec<String> = values.iter().map(|value| format!("int64_val: {value}")).collect();
        constant(
            "sizes",
            "DT_INT64",
            &format!("tensor_shape {{ dim {{ size: {} }} }} {}", values.len(), list.join(" ")),
        )
    };
    let index_type = |name: &str| format!("attr {{ key: '{name}' value {{ type: DT_INT64 }} }}");
    let fill = |values: &[i64]| {
        sizes(values)
            + &one()
            + &node("y", "Fill", &["sizes", "one"], &(FLOAT.to_string() + &index_type("index_type")))
    };
    let random = |values: &[i64]| {
        let dtype = "attr { key: 'dtype' value { type: DT_FLOAT } }";
        sizes(values) + &node("y", "RandomUniform", &["sizes"], &(dtype.to_string() + &index_type("T")))
    };
    let broadcast = |values: &[i64]| {
        sizes(values)
            + &one()
            + &node("y", "BroadcastTo", &["one", "sizes"], &(FLOAT.to_string() + &index_type("Tidx")))
    };
    for graph in [
        fill(&[1 << 62]),
        fill(&[1 << 40, 1 << 40]),
        fill(&[-5]),
        random(&[1 << 61, 2]),
        random(&[i64::MAX]),
        broadcast(&[1 << 40, 1 << 30]),
        constant("y", "DT_FLOAT", "tensor_shape { dim { size: 4611686018427387904 } } float_val: 1"),
        constant("y", "DT_FLOAT", "tensor_shape { dim { size: -3 } }"),
        constant("y", "DT_FLOAT", "tensor_shape { dim { size: 3 } } tensor_content: 'abc'"),
    ] {
        let error = run(&graph).expect_err("no such array");
        assert!(
            matches!(error.code(), Code::InvalidArgument | Code::ResourceExhausted | Code::OutOfRange),
            "{error:?}"
        );
    }
}

fn enter(name: &str, input: &str, frame: &str) -> String {
    node(name, "Enter", &[input], &format!("{FLOAT} attr {{ key: 'frame_name' value {{ s: '{frame}' }} }}"))
}

fn merge(name: &str, inputs: &[&str]) -> String {
    node(name, "Merge", inputs, &format!("{FLOAT} attr {{ key: 'N' value {{ i: {} }} }}", inputs.len()))
}

#[test]
fn frames_that_do_not_fit() {
    let two_frames = one()
        + &enter("e", "one", "f")
        + &node("a", "AddV2", &["e", "one"], FLOAT)
        + &node("y", "Exit", &["a"], FLOAT);
    for (graph, message) in [
        (
            two_frames,
            "{{node a}} has inputs from different frames. The input {{node e}} is in frame 'f'. The input {{node one}} \
             is in frame ''.",
        ),
        (
            one() + &node("y", "Exit", &["one"], FLOAT),
            "Invalid Exit op: Cannot find a corresponding Enter op.",
        ),
        (
            one()
                + &enter("e", "one", "f")
                + &node("x", "Exit", &["e"], FLOAT)
                + &node("y", "Exit", &["x"], FLOAT),
            "Invalid Exit op: Cannot find a corresponding Enter op.",
        ),
    ] {
        let error = run(&graph).expect_err("a bad frame");
        assert_eq!((error.code(), error.message()), (Code::InvalidArgument, message));
    }
    // A back edge of another dtype than the merge's.
    let other = "attr { key: 'T' value { type: DT_BOOL } }";
    let graph = one()
        + &constant("yes", "DT_BOOL", "tensor_shape { } bool_val: true")
        + &enter("e", "one", "f")
        + &merge("m", &["e", "n"])
        + &node("n", "NextIteration", &["yes"], other)
        + &node("y", "Exit", &["m"], FLOAT);
    assert_eq!(import(&graph).expect_err("another dtype").code(), Code::InvalidArgument);
    // Frames within frames, as many as there are nodes.
    let mut deep = one();
    let mut last = "one".to_string();
    for level in 0..3000 {
        deep += &enter(&format!("e{level}"), &last, &format!("f{level}"));
        last = format!("e{level}");
    }
    for level in 0..3000 {
        deep += &node(&format!("x{level}"), "Exit", &[&last], FLOAT);
        last = format!("x{level}");
    }
    deep += &node("y", "Neg", &[&last], FLOAT);
    assert_eq!(run(&deep).and_then(|y| y.item::<f32>()), Ok(-1.0));
}

/// Loops that go on for ever: of functions, of frames in standard form and of frames without a condition.
fn endless() -> [String; 3] {
    let always =
        function("always", &constant("yes", "DT_BOOL", "tensor_shape { } bool_val: true"), "yes:output:0")
            .replace("name: 'z' type: DT_FLOAT", "name: 'z' type: DT_BOOL");
    let body = function("body", &node("c", "Neg", &["x"], FLOAT), "c:y:0");
    let functional = one()
        + &node("y", "While", &["one"], &(types("T") + &named("cond", "always") + &named("body", "body")))
        + &format!("library {{ {always} {body} }}");
    let yes = node(
        "yes",
        "Const",
        &["^m"],
        "attr { key: 'dtype' value { type: DT_BOOL } } attr { key: 'value' value { tensor { dtype: DT_BOOL tensor_shape \
         { } bool_val: true } } }",
    );
    let around = |predicate: &str| {
        one()
            + &enter("e", "one", "f")
            + &merge("m", &["e", "n"])
            + &yes
            + &node("going", "LoopCond", &["yes"], "")
            + &node("s", "Switch", &["m", predicate], FLOAT)
            + &node("next", "Neg", &["s:1"], FLOAT)
            + &node("n", "NextIteration", &["next"], FLOAT)
            + &node("y", "Exit", &["s"], FLOAT)
    };
    [functional, around("going"), around("yes")]
}

#[test]
fn endless_loops_stop_in_time() {
    for graph in endless() {
        let graph = import(&graph).expect("a graph");
        let y = graph.port(&graph.get_tensor_by_name("y:0").expect("a tensor")).expect("of this graph");
        let session = DirectSession::new(graph);
        let prepared = session.prepare(&[], &[y], &[]).expect("a plan");
        let settings = RunSettings { timeout: Some(Duration::from_millis(50)), ..RunSettings::default() };
        let started = Instant::now();
        let error = session.run_prepared(&prepared, Vec::new(), &settings).expect_err("no end");
        assert_eq!(error.code(), Code::DeadlineExceeded);
        assert_eq!(error.message(), "Timed out waiting for notification");
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn endless_loops_stop_when_their_session_closes() {
    for graph in endless() {
        let graph = import(&graph).expect("a graph");
        let y = graph.port(&graph.get_tensor_by_name("y:0").expect("a tensor")).expect("of this graph");
        let session = DirectSession::new(graph);
        std::thread::scope(|scope| {
            let running = scope.spawn(|| session.run(&[], &[y], &[]));
            std::thread::sleep(Duration::from_millis(50));
            session.close();
            let error = running.join().expect("no panic").expect_err("no end");
            assert!(matches!(error.code(), Code::Cancelled | Code::Unknown), "{error:?}");
        });
    }
}
