//! One-line and text forms of nodes, as TensorFlow's messages and `str(op)` show them.

use crate::{Graph, Node};
use ferroflow_core::{AttrValue, Attrs, DType, FuncRef, NdArray, TString};
use ferroflow_proto::NodeDef;

/// `str(op)` in Python: the `NodeDef` in protobuf's text format.
pub(crate) fn text(node: &NodeDef) -> String {
    ferroflow_proto::text::to_text(node)
}

/// `{{node x}} = MatMul[T=DT_FLOAT, transpose_a=false](a, b)`: the form of a node in messages.
pub(crate) fn summary(graph: &Graph, node: &Node) -> String {
    let mut inputs: Vec<String> = node
        .inputs
        .iter()
        .map(|port| {
            let name = graph.node(port.node).name.clone();
            if port.index == 0 { name } else { format!("{name}:{}", port.index) }
        })
        .collect();
    inputs.extend(node.control_inputs.iter().map(|id| format!("^{}", graph.node(*id).name)));
    let mut text =
        format!("{{{{node {}}}}} = {}[{}]({})", node.name, node.op, attrs(&node.attrs), inputs.join(", "));
    if !node.device.is_empty() {
        text = text.replacen('[', &format!("[_device=\"{}\", ", node.device), 1);
    }
    text
}

fn attrs(attrs: &Attrs) -> String {
    // Colocation is noted once a node exists, and messages are of nodes that do not.
    let shown = attrs.iter().filter(|(name, _)| *name != "_class");
    let parts: Vec<String> = shown.map(|(name, value)| format!("{name}={}", attr(value))).collect();
    parts.join(", ")
}

/// An attribute's value as TensorFlow's C++ side summarises it.
pub(crate) fn attr(value: &AttrValue) -> String {
    match value {
        AttrValue::Int(value) => value.to_string(),
        AttrValue::Float(value) => float(f64::from(*value)),
        AttrValue::Bool(value) => value.to_string(),
        AttrValue::Str(value) => string(value),
        AttrValue::Type(value) => value.proto_name(),
        AttrValue::Shape(value) => value.cpp(),
        AttrValue::Tensor(value) => tensor(value),
        AttrValue::Func(value) => func(value),
        AttrValue::Placeholder(name) => format!("${name}"),
        AttrValue::Ints(values) => list(values, i64::to_string),
        AttrValue::Floats(values) => list(values, |value| float(f64::from(*value))),
        AttrValue::Bools(values) => list(values, bool::to_string),
        AttrValue::Strs(values) => list(values, |value| string(value)),
        AttrValue::Types(values) => list(values, |value| value.proto_name()),
        AttrValue::Shapes(values) => list(values, |value| value.cpp()),
        AttrValue::Tensors(values) => list(values, tensor),
        AttrValue::Funcs(values) => list(values, func),
    }
}

/// Lists are cut to their ends when they are long.
fn list<T>(values: &[T], one: impl Fn(&T) -> String) -> String {
    const MAX: usize = 30;
    let mut parts: Vec<String> = values.iter().map(one).collect();
    if parts.len() > MAX {
        let tail = parts.split_off(parts.len() - 5);
        parts.truncate(5);
        parts.push("...".to_string());
        parts.extend(tail);
    }
    format!("[{}]", parts.join(", "))
}

fn string(bytes: &[u8]) -> String {
    let escaped: String = bytes
        .iter()
        .map(|&byte| match byte {
            b'\n' => "\\n".to_string(),
            b'\r' => "\\r".to_string(),
            b'\t' => "\\t".to_string(),
            b'"' => "\\\"".to_string(),
            b'\'' => "\\'".to_string(),
            b'\\' => "\\\\".to_string(),
            0x20..0x7f => char::from(byte).to_string(),
            byte => format!("\\{byte:03o}"),
        })
        .collect();
    const MAX: usize = 80;
    if escaped.len() > MAX {
        format!("\"{}...{}\"", &escaped[..10], &escaped[escaped.len() - 10..])
    } else {
        format!("\"{escaped}\"")
    }
}

fn func(value: &FuncRef) -> String {
    if value.attrs.is_empty() {
        value.name.clone()
    } else {
        format!("{}[{}]", value.name, attrs(&value.attrs))
    }
}

/// A float with six significant digits, as C++ streams print it.
fn float(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_string() } else { format!("{value}").to_lowercase() };
    }
    let exponent = value.abs().log10().floor() as i32;
    if (-5..6).contains(&exponent) {
        let text = format!("{value:.*}", (5 - exponent).max(0) as usize);
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
    } else {
        let text = format!("{value:.5e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent),
        };
        format!("{mantissa}e{sign}{digits:0>2}")
    }
}

fn tensor(value: &NdArray) -> String {
    format!(
        "Tensor<type: {} shape: {} values: {}>",
        value.dtype().cpp_name(),
        value.shape(),
        summarize_values(value, 10)
    )
}

/// The first elements, each innermost row in brackets beyond one dimension.
pub(crate) fn summarize_values(value: &NdArray, max: usize) -> String {
    let shown: Vec<String> = match value.dtype() {
        DType::STRING => value
            .as_slice::<TString>()
            .unwrap_or_default()
            .iter()
            .take(max)
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect(),
        DType::BOOL => value
            .as_slice::<bool>()
            .unwrap_or_default()
            .iter()
            .take(max)
            .map(|&b| u8::from(b).to_string())
            .collect(),
        dtype if dtype.is_integer() => match value.to_i64_vec() {
            Ok(values) => values.iter().take(max).map(i64::to_string).collect(),
            Err(_) => Vec::new(),
        },
        dtype if dtype.is_floating() => match value.cast(DType::FLOAT64) {
            Ok(wide) => {
                wide.as_slice::<f64>().unwrap_or_default().iter().take(max).map(|&v| float(v)).collect()
            }
            Err(_) => Vec::new(),
        },
        _ => vec!["?".to_string()],
    };
    let more = if value.len() > max { "..." } else { "" };
    if value.rank() < 2 {
        return format!("{}{more}", shown.join(" "));
    }
    let width = value.shape().last().copied().unwrap_or(1).max(1);
    let rows: Vec<String> = shown.chunks(width).map(|row| format!("[{}]", row.join(" "))).collect();
    format!("{}{more}", rows.concat())
}
