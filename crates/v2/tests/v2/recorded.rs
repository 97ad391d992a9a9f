//! Lines of `functions.txt`: what `tools/record_functions.py` writes.

use ferroflow_core::dtype_names::{float64, string};
use ferroflow_core::{NdArray, Result};
use ferroflow_graph::Graph;

/// A case: its name, the outputs as text, the nodes as `name=Op`.
pub(crate) struct Recorded {
    pub(crate) name: &'static str,
    outputs: Vec<&'static str>,
    pub(crate) nodes: Vec<&'static str>,
}

impl Recorded {
    pub(crate) fn read(text: &'static str) -> Vec<Recorded> {
        let line = |line: &'static str| {
            let mut fields = line.split('\t');
            let mut next = || fields.next().unwrap_or("");
            let (name, outputs, nodes) = (next(), next(), next());
            Recorded {
                name,
                outputs: outputs.split(" | ").collect(),
                nodes: nodes.split(' ').filter(|node| !node.is_empty()).collect(),
            }
        };
        text.lines().map(line).collect()
    }

    /// What is wrong with these outputs.
    pub(crate) fn against(&self, mode: &str, outputs: Result<Vec<NdArray>>) -> Option<String> {
        let outputs = match outputs {
            Ok(outputs) => outputs,
            Err(error) => return Some(format!("{} {mode}: {error}", self.name)),
        };
        if outputs.len() != self.outputs.len() {
            return Some(format!("{} {mode}: {} outputs", self.name, outputs.len()));
        }
        let wrong = outputs.iter().zip(&self.outputs).find(|(output, expected)| !agrees(output, expected));
        wrong.map(|(output, expected)| {
            format!("{} {mode}: {output:?} of {:?}, not {expected}", self.name, output.shape())
        })
    }
}

/// Numbers are equal but for rounding in the last few bits: the order of additions is not TensorFlow's.
fn agrees(output: &NdArray, expected: &str) -> bool {
    let (head, values) = expected.split_once("] ").unwrap_or((expected.trim_end_matches(']'), ""));
    let (dtype, shape) = head.split_once('[').unwrap_or((head, ""));
    let dims: Vec<String> = output.shape().dims().iter().map(usize::to_string).collect();
    if output.dtype().name() != dtype || dims.join(",") != shape {
        return false;
    }
    let values: Vec<&str> = values.split(' ').filter(|value| !value.is_empty()).collect();
    if output.dtype() == string {
        let items = output.as_slice::<ferroflow_core::TString>().expect("strings");
        return items.iter().map(|item| item.as_bytes()).eq(values.iter().map(|value| value.as_bytes()));
    }
    let parse = |value: &&str| match *value {
        "True" => 1.0,
        "False" => 0.0,
        value => value.parse::<f64>().expect("a number"),
    };
    let output = output.cast(float64).expect("numbers");
    let output = output.as_slice::<f64>().expect("floats");
    output.len() == values.len()
        && output
            .iter()
            .zip(values.iter().map(parse))
            .all(|(a, b)| (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-5 * b.abs().max(1.0))
}

/// What is wrong with the nodes of a graph.
pub(crate) fn check(case: &Recorded, graph: &Graph) -> Option<String> {
    let nodes: Vec<String> = (0..graph.num_nodes())
        .map(|id| graph.operation(id))
        .filter(|node| node.op_type() != "Const")
        .map(|node| format!("{}={}", node.name(), node.op_type()))
        .collect();
    (nodes != case.nodes)
        .then(|| format!("{}:\n  {}\n  {}", case.name, nodes.join(" "), case.nodes.join(" ")))
}
