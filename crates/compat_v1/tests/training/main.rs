//! Small graphs in the style of v1, trained for 20 steps: the nodes are TensorFlow's, by name, op, inputs and placement;
//! so are the variables; losses and what variables end with agree within [`TOLERANCE`]. `tools/record_training.py` holds
//! the same programs in Python, and records what is expected.

mod layers;
mod programs;

use ferroflow_compat_v1 as tf;
use ferroflow_core::{DType, Error, NdArray, Result, Tensor};
use ferroflow_graph::Operation;
use std::collections::BTreeMap;

/// A program builds into the open graph: a loss, an operation that makes it smaller, and what begins with the session.
type Program = Box<dyn Fn() -> Result<(Tensor, Operation, Option<Start>)>>;

/// Called once variables are initialised.
type Start = Box<dyn Fn(&tf::Session) -> Result<()>>;

/// How far apart numbers may be, as a share of the larger of them and of 0.01: sums of products are taken in another
/// order than TensorFlow's, and 20 steps carry that on.
const TOLERANCE: f64 = 2e-5;

const ARRAYS: &str = "the gradients of transpositions and of arrays have other names than TensorFlow's";

/// Differences in nodes that are known, each with its reason.
const OTHER_NODES: &[(&str, &str)] = &[
    ("clipped_gradients", "TensorFlow places each norm with its gradient"),
    (
        "regularized",
        "TensorFlow computes a variable's regularisation anew wherever the collection's item is used",
    ),
    ("convolutions", "TensorFlow takes the shape of labels before it computes cross entropies"),
    ("dense_layers", "TensorFlow takes known shapes as constants where gradients look for broadcasts"),
    ("convolutional_layers", "the constant of a known shape has another name in the gradient of a reshape"),
    ("lstm", ARRAYS),
    ("gru_of_lengths", ARRAYS),
    ("stacked_cells", ARRAYS),
    ("dropout", "TensorFlow has the rate as an operand of a comparison, which names it"),
];

/// The functions of `losses` make the same ops, with fewer of the constants that TensorFlow makes on the way, of shapes and
/// ranks it then does not need; so nodes are not compared where one of their names begins like this.
const OTHER_LOSSES: [&str; 8] = [
    "absolute_difference/",
    "mean_squared_error/",
    "huber_loss/",
    "hinge_loss/",
    "log_loss/",
    "cosine_distance_loss/",
    "mean_pairwise_squared_error/",
    "_cross_entropy_loss/",
];

/// Gradients whose nodes are others than TensorFlow's: that of a lookup computes the same slices from the same inputs.
const OTHER_GRADIENT: &str = "gradients/embedding_lookup_grad";

/// A node as it is compared: name, op, inputs and what it is placed with. `None` for those of [`OTHER_GRADIENT`].
fn compared(name: &str, op: &str, inputs: &str, placed: &str) -> Option<String> {
    if name.starts_with(OTHER_GRADIENT) {
        return None;
    }
    let inputs: Vec<&str> =
        inputs
            .split(',')
            .map(|input| {
                if input.trim_start_matches('^').starts_with(OTHER_GRADIENT) { OTHER_GRADIENT } else { input }
            })
            .collect();
    let placed = if placed.contains(OTHER_GRADIENT) { OTHER_GRADIENT } else { placed };
    Some([name, op, &inputs.join(","), placed].join("\t"))
}

/// What was recorded of one program.
#[derive(Default)]
struct Recorded {
    nodes: Vec<String>,
    /// Name, dtype and shape; and the mean of absolute values at the end.
    variables: Vec<(String, f64)>,
    losses: Vec<f64>,
}

fn recorded() -> BTreeMap<String, Recorded> {
    let text = include_str!("../data/training.txt");
    let mut all: BTreeMap<String, Recorded> = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some(program) = line.strip_prefix("program ") {
            name = program.to_string();
        }
        let number = |text: &str| text.parse::<f64>().expect("a number");
        let current = all.entry(name.clone()).or_default();
        match line.split_once('\t') {
            Some(("node", node)) => {
                let fields: Vec<&str> = node.split('\t').collect();
                let [name, op, inputs, placed] = fields[..] else { panic!("four fields: {node}") };
                current.nodes.extend(compared(name, op, inputs, placed));
            }
            Some(("variable", variable)) => {
                let (head, mean) = variable.rsplit_once('\t').expect("four fields");
                current.variables.push((head.to_string(), number(mean)));
            }
            Some(("loss", loss)) => current.losses.push(number(loss)),
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
    Ok(graph_def.node.iter().filter_map(line).collect())
}

fn number(value: &NdArray) -> Result<f64> {
    value.cast(DType::FLOAT64)?.item::<f64>()
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= TOLERANCE * found.abs().max(expected.abs()).max(0.01)
}

/// Trains; says what differs.
fn differences(name: &str, program: &Program, expected: &Recorded) -> Result<Vec<String>> {
    let graph = tf::Graph::new();
    graph.as_default_scope(|| {
        let mut wrong = Vec::new();
        let (loss, step, start) = program()?;
        let init = tf::global_variables_initializer()?;
        let found = nodes(&graph)?;
        let of_losses = |node: &String| OTHER_LOSSES.iter().any(|loss| node.contains(loss));
        let other = OTHER_NODES.iter().any(|(known, _)| *known == name) || found.iter().any(of_losses);
        if !other {
            let position = found.iter().zip(&expected.nodes).position(|(found, expected)| found != expected);
            let position = position
                .or((found.len() != expected.nodes.len()).then_some(found.len().min(expected.nodes.len())));
            if let Some(position) = position {
                let nothing = "(nothing)".to_string();
                let expected = expected.nodes.get(position).unwrap_or(&nothing);
                wrong.push(format!(
                    "node {position} is\n  {}, not\n  {expected}",
                    found.get(position).unwrap_or(&nothing)
                ));
            }
        }
        let sess = tf::Session::new()?;
        sess.run(&init)?;
        if let Some(start) = start {
            start(&sess)?;
        }
        let mut losses = vec![number(&sess.run(&loss)?)?];
        for _ in 1..expected.losses.len() {
            sess.run(&step)?;
            losses.push(number(&sess.run(&loss)?)?);
        }
        if let Some(at) = losses.iter().zip(&expected.losses).position(|(a, b)| !close(*a, *b)) {
            wrong.push(format!("after {at} steps the loss is {}, not {}", losses[at], expected.losses[at]));
        }
        let variables = tf::global_variables();
        if variables.len() != expected.variables.len() {
            wrong.push(format!("{} variables, not {}", variables.len(), expected.variables.len()));
        }
        for (variable, (head, mean)) in variables.iter().zip(&expected.variables) {
            let shape = variable.shape().to_shape().ok_or_else(|| Error::internal("a shape"))?;
            let sizes: Vec<String> = shape.dims().iter().map(usize::to_string).collect();
            let dtype = variable.dtype().base();
            let found = format!("{}\t{}\t[{}]", variable.name(), dtype.name(), sizes.join(","));
            if found != *head {
                wrong.push(format!("a variable is {found}, not {head}"));
            }
            let value = sess.run(variable)?.cast(DType::FLOAT64)?;
            let values = value.as_slice::<f64>()?;
            let found = values.iter().map(|value| value.abs()).sum::<f64>() / values.len() as f64;
            if !close(found, *mean) {
                wrong.push(format!("{head} ends with {found} on average, not {mean}"));
            }
        }
        Ok(wrong)
    })
}

#[test]
fn training_is_tensorflows() {
    let recorded = recorded();
    let mut wrong = Vec::new();
    let programs = programs::all();
    for (name, program) in &programs {
        let Some(expected) = recorded.get(name) else {
            wrong.push(format!("{name}: nothing is recorded"));
            continue;
        };
        match differences(name, program, expected) {
            Ok(found) => wrong.extend(found.into_iter().map(|text| format!("{name}: {text}"))),
            Err(error) => wrong.push(format!("{name}: {error:?}")),
        }
    }
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
    let mut names: Vec<&String> = programs.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    assert_eq!(names, recorded.keys().collect::<Vec<_>>(), "every recorded program is trained");
}
