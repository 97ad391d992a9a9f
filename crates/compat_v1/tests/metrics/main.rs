//! Streaming metrics in graphs: the nodes are TensorFlow's, by name, op, inputs and placement; so are the variables and the
//! errors; values after each batch agree within [`TOLERANCE`]. `tools/record_metrics.py` holds the same programs in Python,
//! and records what is expected.

mod programs;

use ferroflow_compat_v1::{self as tf, GraphKeys, Variable, feeds};
use ferroflow_core::{DType, NdArray, Result, Tensor};
use std::collections::BTreeMap;

/// A program makes a metric of two batches of numbers: its value, and its update.
type Program = fn(&Tensor, &Tensor) -> Result<(Tensor, Tensor)>;

/// How far apart numbers may be, as a share of the larger of them and of 0.01: sums are taken in another order.
const TOLERANCE: f64 = 1e-6;

/// How many numbers a batch has.
const LENGTH: usize = 6;

/// A node as it is compared.
fn compared(name: &str, op: &str, inputs: &str, placed: &str) -> String {
    [name, op, inputs, placed].join("\t")
}

/// What was recorded of one program.
#[derive(Default)]
struct Recorded {
    nodes: Vec<String>,
    variables: Vec<String>,
    /// What the update gives for each batch, and the value after it.
    batches: Vec<[Vec<f64>; 2]>,
    /// The class and the message.
    error: Option<(String, String)>,
}

fn recorded() -> BTreeMap<String, Recorded> {
    let mut all: BTreeMap<String, Recorded> = BTreeMap::new();
    let mut name = String::new();
    for line in include_str!("../data/metrics.txt").lines() {
        if let Some(program) = line.strip_prefix("program ") {
            name = program.to_string();
        }
        let numbers = |text: &str| text.split(',').map(|text| text.parse().expect("a number")).collect();
        let current = all.entry(name.clone()).or_default();
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            ["node", name, op, inputs, placed] => current.nodes.push(compared(name, op, inputs, placed)),
            ["variable", ..] => current.variables.push(fields[1..].join("\t")),
            ["batch", update, value] => current.batches.push([numbers(update), numbers(value)]),
            ["error", class, message] => current.error = Some((class.to_string(), message.to_string())),
            _ => {}
        }
    }
    all
}

fn nodes(graph: &tf::Graph) -> Result<Vec<String>> {
    let graph_def = graph.as_graph_def()?;
    let line = |node: &ferroflow_proto::NodeDef| {
        let class = node.attr.get("_class").and_then(|attr| attr.value.clone());
        let placed = match class {
            Some(ferroflow_proto::attr_value::Value::List(list)) => {
                let items = list.s.iter().map(|item| String::from_utf8_lossy(item).into_owned());
                items.collect::<Vec<_>>().join(",")
            }
            _ => String::new(),
        };
        compared(&node.name, &node.op, &node.input.join(","), &placed)
    };
    Ok(graph_def.node.iter().map(line).collect())
}

/// The numbers that the record was made with.
fn data(batch: usize, stride: usize) -> NdArray {
    let places = batch * LENGTH..(batch + 1) * LENGTH;
    NdArray::from(places.map(|at| (at * stride % 101) as f32 / 101.0).collect::<Vec<_>>())
}

fn described(variable: &Variable) -> String {
    let shape = variable.shape().to_shape().expect("a shape");
    let sizes: Vec<String> = shape.dims().iter().map(usize::to_string).collect();
    format!("{}\t{}\t[{}]", variable.name(), variable.dtype().base().name(), sizes.join(","))
}

fn first_difference(found: &[String], expected: &[String]) -> Option<String> {
    let at = found.iter().zip(expected).position(|(found, expected)| found != expected);
    let shorter = found.len().min(expected.len());
    let at = at.or((found.len() != expected.len()).then_some(shorter))?;
    let line = |lines: &[String]| lines.get(at).cloned().unwrap_or_else(|| "(nothing)".to_string());
    Some(format!("line {at} is\n  {}, not\n  {}", line(found), line(expected)))
}

fn differences(program: Program, expected: &Recorded) -> Result<Vec<String>> {
    let graph = tf::Graph::new();
    graph.as_default_scope(|| {
        let x = tf::with_name("x", || tf::placeholder(DType::FLOAT32, [LENGTH]))?;
        let y = tf::with_name("y", || tf::placeholder(DType::FLOAT32, [LENGTH]))?;
        let metric = program(&x, &y);
        if let Some((class, message)) = &expected.error {
            let Err(error) = metric else { return Ok(vec![format!("no error, not {class}: {message}")]) };
            let found = format!("{}: {}", error.class_name(), error.message());
            let expected = format!("{class}: {message}");
            return Ok(if found == expected { vec![] } else { vec![format!("{found}, not\n  {expected}")] });
        }
        let (value, update) = metric?;
        let mut wrong: Vec<String> = first_difference(&nodes(&graph)?, &expected.nodes).into_iter().collect();
        let variables: Vec<String> = tf::local_variables().iter().map(described).collect();
        wrong.extend(first_difference(&variables, &expected.variables));
        assert_eq!(graph.get_collection(GraphKeys::METRIC_VARIABLES).len(), variables.len());
        assert!(tf::global_variables().is_empty());
        let sess = tf::Session::new()?;
        sess.run(&tf::local_variables_initializer()?)?;
        for (batch, both) in expected.batches.iter().enumerate() {
            let feeds = feeds![&x => data(batch, 37), &y => data(batch, 53)];
            let found = [sess.run_feed(&update, feeds)?, sess.run(&value)?];
            for (found, expected) in found.iter().zip(both) {
                let found = found.cast(DType::FLOAT64)?;
                let found = found.as_slice::<f64>()?;
                let close =
                    |(a, b): (&f64, &f64)| (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(0.01);
                if found.len() != expected.len() || !found.iter().zip(expected).all(close) {
                    wrong.push(format!("batch {batch} gives {found:?}, not {expected:?}"));
                }
            }
        }
        Ok(wrong)
    })
}

#[test]
fn metrics_are_tensorflows() {
    let recorded = recorded();
    let mut wrong = Vec::new();
    for (name, program) in programs::ALL {
        match recorded.get(*name).map(|expected| differences(*program, expected)) {
            Some(Ok(found)) => wrong.extend(found.into_iter().map(|text| format!("{name}: {text}"))),
            Some(Err(error)) => wrong.push(format!("{name}: {error:?}")),
            None => wrong.push(format!("{name}: nothing is recorded")),
        }
    }
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
    let mut names: Vec<&str> = programs::ALL.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert_eq!(names, recorded.keys().collect::<Vec<_>>(), "every recorded program is run");
}
