//! `einsum`: the public function, which takes any number of operands.

use super::op::EINSUM;
use ferroflow_core::{IntoOperands, Op, Result, Tensor, bail, convert_to_tensor};

/// The sum of products of operands that an equation describes, as `numpy.einsum` does.
///
/// Labels that the output lacks are summed over; labels that repeat within an operand stand for its diagonal; an ellipsis
/// stands for axes that broadcast. Without `->` the output has the labels that occur once, in alphabetical order. More than
/// two operands are contracted pair by pair, those first whose product takes the least memory.
///
/// Source: `tf.einsum` (op `Einsum`).
///
/// ```
/// let sums = ferroflow_ops_math::einsum("ij->i", [[[1.0, 2.0], [3.0, 4.0]]])?;
/// assert_eq!(sums.numpy()?.as_slice::<f32>()?, [3.0, 7.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for an equation that is malformed or has another number of operands, `InvalidArgument` when operands do not
/// fit it.
pub fn einsum(equation: &str, inputs: impl IntoOperands) -> Result<Tensor> {
    let mut tensors = Vec::new();
    for operand in inputs.into_operands()? {
        tensors.push(convert_to_tensor(operand, None)?);
    }
    let resolved = resolve(equation, tensors.len())?;
    if tensors.len() <= 2 {
        return call(resolved.text(), tensors);
    }
    let mut labels = resolved.inputs;
    while tensors.len() > 2 {
        let (left, right) = cheapest_pair(&labels, &tensors, &resolved.output);
        let (right_labels, right_tensor) = (labels.remove(right), tensors.remove(right));
        let (left_labels, left_tensor) = (labels.remove(left), tensors.remove(left));
        let kept = kept_labels(&left_labels, &right_labels, &labels, &resolved.output);
        let pair = Resolved { inputs: vec![left_labels, right_labels], output: kept.clone() };
        tensors.push(call(pair.text(), vec![left_tensor, right_tensor])?);
        labels.push(kept);
    }
    call(Resolved { inputs: labels, output: resolved.output }.text(), tensors)
}

fn call(equation: String, inputs: Vec<Tensor>) -> Result<Tensor> {
    Op::new(&EINSUM).inputs(inputs).attr("equation", equation).default_name("einsum/Einsum").one()
}

/// The ellipsis, as one label.
const ELLIPSIS: char = '0';

/// An equation that is complete.
struct Resolved {
    inputs: Vec<String>,
    output: String,
}

impl Resolved {
    fn text(&self) -> String {
        format!("{}->{}", self.inputs.join(","), self.output).replace(ELLIPSIS, "...")
    }
}

/// Checks an equation, in TensorFlow's words, and adds the output where it is left out.
fn resolve(equation: &str, count: usize) -> Result<Resolved> {
    let text = equation.replace(' ', "");
    let has_ellipsis = equation.contains("...");
    if has_ellipsis && text.contains(ELLIPSIS) {
        bail!(value, "Invalid character \"{ELLIPSIS}\" in equation: {equation}.");
    }
    let text = text.replace("...", &ELLIPSIS.to_string());
    let is_label = |label: char| label.is_ascii_alphabetic() || has_ellipsis && label == ELLIPSIS;
    let (inputs, output) = match text.split_once("->") {
        Some((inputs, output)) => (inputs, Some(output)),
        None => (text.as_str(), None),
    };
    let is_wellformed = inputs.chars().all(|label| label == ',' || is_label(label))
        && output.unwrap_or("").chars().all(is_label);
    if !is_wellformed {
        bail!(value, "Subscripts have incorrect format: {text}");
    }
    let labels: Vec<String> = inputs.split(',').map(str::to_string).collect();
    if labels.len() != count {
        bail!(value, "Got {count} inputs for equation \"{equation}\", expecting {}", labels.len());
    }
    let output = match output {
        Some(output) => output.to_string(),
        None => {
            let mut once: Vec<char> = inputs
                .chars()
                .filter(|label| *label != ',' && inputs.chars().filter(|other| other == label).count() == 1)
                .collect();
            once.sort_unstable();
            once.into_iter().collect()
        }
    };
    let repeats = |(position, label): (usize, char)| output[..position].contains(label);
    if output.char_indices().any(repeats) {
        bail!(value, "Output subscripts contain a label appearing more than once: {equation}");
    }
    if let Some(label) = output.chars().find(|label| *label != ELLIPSIS && !inputs.contains(*label)) {
        bail!(value, "Output subscripts contain the label {label} not present in the input subscripts.");
    }
    Ok(Resolved { inputs: labels, output })
}

/// The labels of the product of a pair that are still needed by other operands or the output.
fn kept_labels(left: &str, right: &str, others: &[String], output: &str) -> String {
    let mut kept = String::new();
    for label in left.chars().chain(right.chars()) {
        let is_needed = output.contains(label) || others.iter().any(|other| other.contains(label));
        if is_needed && !kept.contains(label) {
            kept.push(label);
        }
    }
    kept
}

/// The pair whose product saves the most memory, as the greedy search of `opt_einsum` has it; unknown sizes count as 1.
fn cheapest_pair(labels: &[String], tensors: &[Tensor], output: &str) -> (usize, usize) {
    let size_of = |label: char| -> f64 {
        let sizes = labels.iter().zip(tensors).filter_map(|(labels, tensor)| {
            let shape = tensor.shape();
            let position = labels.chars().position(|own| own == label)?;
            if label == ELLIPSIS || labels[..position].contains(ELLIPSIS) {
                return None;
            }
            shape.dim(position).map(|dim| dim as f64)
        });
        sizes.fold(1.0, f64::max)
    };
    let size = |labels: &str| labels.chars().map(size_of).product::<f64>();
    let mut best = (f64::INFINITY, (0, 1));
    for right in 1..labels.len() {
        for left in 0..right {
            let others: Vec<String> = labels
                .iter()
                .enumerate()
                .filter(|(position, _)| *position != left && *position != right)
                .map(|(_, labels)| labels.clone())
                .collect();
            let product = kept_labels(&labels[left], &labels[right], &others, output);
            let cost = size(&product) - size(&labels[left]) - size(&labels[right]);
            if cost < best.0 {
                best = (cost, (left, right));
            }
        }
    }
    best.1
}
