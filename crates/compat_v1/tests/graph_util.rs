//! `tf.graph_util` gives what TensorFlow's gives: `tools/record_graph_util.py` recorded it.

use ferroflow_compat_v1 as tf;
use ferroflow_core::{Code, Exception, Result};
use std::path::PathBuf;

fn recorded(name: &str) -> String {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/graph_util").join(format!("{name}.pbtxt"));
    std::fs::read_to_string(path).expect("a recorded graph")
}

fn graph_def() -> tf::GraphDef {
    ferroflow_proto::text::from_text(&recorded("graph")).expect("a graph")
}

/// A session of the graph, and one of it whose variables have their values.
fn session(initialized: bool) -> Result<tf::Session> {
    let graph = tf::Graph::new();
    graph.as_default_scope(|| {
        let options = tf::ImportOptions { prefix: Some(String::new()), ..tf::ImportOptions::default() };
        tf::import_graph_def(&graph_def(), &options)
    })?;
    let session = tf::Session::builder().graph(&graph).build()?;
    if initialized {
        session.run("init")?;
    }
    Ok(session)
}

fn assert_same(found: &tf::GraphDef, name: &str) {
    let (found, expected) = (ferroflow_proto::text::to_text(found), recorded(name));
    let differing = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(found == expected, "{name}: {differing:?}");
}

#[test]
fn variables_become_constants() -> Result<()> {
    let sess = session(true)?;
    assert_same(&tf::graph_util::convert_variables_to_constants(&sess, &graph_def(), &["q"])?, "frozen");
    let but_v = tf::graph_util::convert_variables_to_constants_with(&sess, &graph_def(), &["q"], |o| {
        o.variable_names_blacklist(vec!["v".to_string()])
    })?;
    assert_same(&but_v, "frozen_but_v");
    let only_w = tf::graph_util::convert_variables_to_constants_with(&sess, &graph_def(), &["y"], |o| {
        o.variable_names_whitelist(vec!["w".to_string()])
    })?;
    assert_same(&only_w, "frozen_w");
    let missing = tf::graph_util::convert_variables_to_constants(&sess, &graph_def(), &["nope"]).unwrap_err();
    assert_eq!((missing.exception(), missing.message()), (Exception::Assertion, "nope is not in graph"));
    let unset =
        tf::graph_util::convert_variables_to_constants(&session(false)?, &graph_def(), &["q"]).unwrap_err();
    assert_eq!(unset.code(), Code::FailedPrecondition);
    Ok(())
}

#[test]
fn frozen_graphs_compute_the_same() -> Result<()> {
    let sess = session(true)?;
    let frozen = tf::graph_util::convert_variables_to_constants(&sess, &graph_def(), &["q"])?;
    let feeds = || tf::feeds!["x:0" => [[1.0, 2.0]], "ids:0" => [1]];
    let expected = sess.run_feed("q:0", feeds())?.into_array()?;
    let graph = tf::Graph::new();
    let options = tf::ImportOptions { prefix: Some(String::new()), ..tf::ImportOptions::default() };
    graph.import_graph_def(&frozen, &options)?;
    let found = tf::Session::builder().graph(&graph).build()?.run_feed("q:0", feeds())?.into_array()?;
    assert_eq!(found, expected);
    Ok(())
}

#[test]
fn parts_are_cut_out() -> Result<()> {
    assert_same(&tf::graph_util::extract_sub_graph(&graph_def(), &["y"])?, "extracted");
    assert_same(&tf::graph_util::remove_training_nodes(&graph_def(), &["v/read"])?, "without_training");
    let missing = tf::graph_util::extract_sub_graph(&graph_def(), &["nope"]).unwrap_err();
    assert_eq!((missing.exception(), missing.message()), (Exception::Assertion, "nope is not in graph"));
    Ok(())
}

#[test]
fn graphs_are_written() -> Result<()> {
    let directory = std::env::temp_dir().join(format!("ferroflow-write-graph-{}", std::process::id()));
    for (name, as_text) in [("graph.pbtxt", true), ("graph.pb", false)] {
        let path = tf::train::write_graph(&graph_def(), directory.join("deep"), name, as_text)?;
        assert_eq!(ferroflow_formats::read_graph_def(path)?, graph_def());
    }
    assert_eq!(
        std::fs::read_to_string(directory.join("deep/graph.pbtxt")).expect("a file"),
        recorded("graph")
    );
    std::fs::remove_dir_all(directory).expect("a directory");
    Ok(())
}
