//! What is known of tensors before anything runs: shapes, handles, constant values.

use crate::node::OutputFacts;
use crate::{Graph, Node, Port, node_summary};
use ferroflow_core::schema::OpSchema;
use ferroflow_core::{
    Attrs, Code, DType, Dim, Env, Error, HandleShapes, NdArray, OpDef, OutputHandles, OutputShapes,
    PartialShape, Result, ShapeCtx, ShapeInputs, run_op,
};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::PoisonError;

/// How far constants are followed through the graph.
const MAX_DEPTH: usize = 16;
/// Elements above which a constant is not computed while a graph is built.
const MAX_ELEMENTS: usize = 4096;

/// What is known of an output.
pub(crate) fn facts(graph: &Graph, port: Port) -> OutputFacts {
    let node = graph.node(port.node);
    let facts = node.facts.read().unwrap_or_else(PoisonError::into_inner);
    facts.get(port.index).cloned().unwrap_or_default()
}

/// Adds to what is known of an output's shape (`set_shape`).
pub(crate) fn refine_shape(graph: &Graph, port: Port, shape: &PartialShape) -> Result<()> {
    let node = graph.node(port.node);
    let mut facts = node.facts.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(facts) = facts.get_mut(port.index) {
        facts.shape = facts.shape.merge_with(shape)?;
    }
    Ok(())
}

struct GraphInputs<'a> {
    graph: &'a Graph,
    ports: &'a [Port],
    /// The inputs whose values were asked for.
    asked: RefCell<BTreeSet<usize>>,
}

/// What a shape function found wrong.
pub(crate) struct ShapeFailure {
    error: Error,
    /// The inputs whose values it looked at.
    asked: BTreeSet<usize>,
}

impl ShapeInputs for GraphInputs<'_> {
    fn shape(&self, index: usize) -> PartialShape {
        self.ports.get(index).map(|port| facts(self.graph, *port).shape).unwrap_or_default()
    }
    fn value(&self, index: usize) -> Option<NdArray> {
        self.asked.borrow_mut().insert(index);
        constant_value(self.graph, *self.ports.get(index)?)
    }
    fn value_as_shape(&self, index: usize) -> Option<PartialShape> {
        self.asked.borrow_mut().insert(index);
        value_as_shape(self.graph, *self.ports.get(index)?, MAX_DEPTH)
    }
    fn handle(&self, index: usize) -> Option<HandleShapes> {
        facts(self.graph, *self.ports.get(index)?).handle
    }
}

/// What follows for the outputs of a new node. Reference and resource inputs are treated alike.
pub(crate) fn infer(
    graph: &Graph,
    def: &'static OpDef,
    schema: &OpSchema,
    attrs: &Attrs,
    ports: &[Port],
) -> Result<(OutputShapes, OutputHandles), ShapeFailure> {
    let inputs = GraphInputs { graph, ports, asked: RefCell::default() };
    let inferred = ShapeCtx::new(schema, attrs, &inputs, ports.len(), false).and_then(|mut cx| {
        (def.shape)(&mut cx)?;
        Ok(cx.into_parts())
    });
    inferred.map_err(|error| ShapeFailure { error, asked: inputs.asked.take() })
}

/// The error of a shape function with the node and its inputs behind it, as TensorFlow's Python raises it.
pub(crate) fn shape_error(graph: &Graph, node: &Node, failure: &ShapeFailure) -> Error {
    let shapes: Vec<String> = node.inputs.iter().map(|port| shape_text(&facts(graph, *port).shape)).collect();
    let values: Vec<String> = node
        .inputs
        .iter()
        .enumerate()
        .filter(|(index, _)| failure.asked.contains(index))
        .filter_map(|(index, port)| {
            let value = constant_value(graph, *port)?;
            let text = node_summary::summarize_values(&value, 10);
            Some(format!("input[{index}] = <{text}>"))
        })
        .collect();
    let mut text = format!(
        "{} for '{}' with input shapes: {}",
        failure.error.message(),
        node_summary::summary(graph, node),
        shapes.join(", ")
    );
    if !values.is_empty() {
        text.push_str(&format!(" and with computed input tensors: {}", values.join(", ")));
    }
    text.push('.');
    // Python makes a `ValueError` of what is invalid, and of nothing else.
    let error = match failure.error.code() {
        Code::InvalidArgument => Error::value(text),
        code => Error::new(code, text),
    };
    error.at_node(&node.name, &node.op)
}

fn shape_text(shape: &PartialShape) -> String {
    if shape.rank().is_none() { "<unknown>".to_string() } else { shape.cpp() }
}

/// The value of an output, where it follows from constants by stateless ops.
pub(crate) fn constant_value(graph: &Graph, port: Port) -> Option<NdArray> {
    constant_at(graph, port, MAX_DEPTH)
}

fn constant_at(graph: &Graph, port: Port, depth: usize) -> Option<NdArray> {
    let node = graph.node(port.node);
    if node.op == "Const" {
        return node.attrs.tensor("value").ok().cloned();
    }
    if port.index == 0
        && let Some(known) = node.constant.get()
    {
        return known.clone();
    }
    let value = compute_constant(graph, &node, port, depth)?;
    if port.index == 0 {
        let _ = node.constant.set(Some(value.clone()));
    }
    Some(value)
}

fn compute_constant(graph: &Graph, node: &Node, port: Port, depth: usize) -> Option<NdArray> {
    let def = node.def?;
    if depth == 0 || node.is_stateful() || node.inputs.is_empty() || def.kernel.is_none() {
        return None;
    }
    if matches!(node.op.as_str(), "Shape" | "Size" | "Rank") {
        return shape_constant(graph, node);
    }
    // Wide results follow only from wide inputs, or from shapes; neither is worth the time here.
    let known = facts(graph, port).shape.num_elements();
    if known.is_some_and(|count| count > MAX_ELEMENTS) || def.check_kernel(&node.attrs, &node.name).is_err() {
        return None;
    }
    let mut inputs = Vec::with_capacity(node.inputs.len());
    for input in &node.inputs {
        let value = constant_at(graph, *input, depth - 1)?;
        if value.len() > MAX_ELEMENTS {
            return None;
        }
        inputs.push(value);
    }
    if known.is_none() && inputs.iter().any(is_large_extent) {
        return None;
    }
    let outputs = run_op(def, &node.attrs, &node.name, &mut inputs, &Env::default(), None).ok()?;
    outputs.into_iter().nth(port.index)
}

/// Whether an integer input could ask an op such as `Fill` for a large result.
fn is_large_extent(value: &NdArray) -> bool {
    let extents = value.to_i64_vec().unwrap_or_default();
    let product = extents.iter().try_fold(1i64, |product, extent| product.checked_mul((*extent).max(1)));
    product.is_none_or(|product| product > MAX_ELEMENTS as i64)
}

fn shape_constant(graph: &Graph, node: &Node) -> Option<NdArray> {
    let shape = facts(graph, *node.inputs.first()?).shape;
    let dtype = node.attrs.dtype("out_type").unwrap_or(DType::INT32);
    let value = match node.op.as_str() {
        "Shape" => NdArray::vector(shape.to_shape()?.to_i64()),
        "Size" => NdArray::scalar(shape.to_shape()?.num_elements() as i64),
        _ => NdArray::scalar(shape.rank()? as i64),
    };
    value.cast(dtype).ok()
}

/// An integer vector read as a shape of which some sizes are known.
fn value_as_shape(graph: &Graph, port: Port, depth: usize) -> Option<PartialShape> {
    if let Some(value) = constant_at(graph, port, depth) {
        return PartialShape::from_i64(&value.to_i64_vec().ok()?).ok();
    }
    if depth == 0 {
        return None;
    }
    let node = graph.node(port.node);
    let input = |index: usize| node.inputs.get(index).copied();
    match node.op.as_str() {
        "Shape" => Some(facts(graph, input(0)?).shape),
        "Cast" | "Identity" => value_as_shape(graph, input(0)?, depth - 1),
        "Pack" => {
            let dims = node.inputs.iter().map(|port| scalar_as_dim(graph, *port, depth - 1));
            Some(PartialShape::new(dims))
        }
        "ConcatV2" => {
            let (_, parts) = node.inputs.split_last()?;
            parts.iter().try_fold(PartialShape::scalar(), |shape, part| {
                Some(shape.concatenate(&value_as_shape(graph, *part, depth - 1)?))
            })
        }
        "StridedSlice" => {
            let (start, end) = slice_bounds(graph, &node, depth)?;
            let shape = value_as_shape(graph, input(0)?, depth - 1)?;
            let rank = shape.rank()? as i64;
            let clamp = |bound: i64| (if bound < 0 { bound + rank } else { bound }).clamp(0, rank) as usize;
            let (start, end) = (clamp(start), end.map_or(rank as usize, clamp));
            Some(shape.slice(start..end.max(start)))
        }
        _ => None,
    }
}

/// The bounds of a slice `shape[a:b]` with step 1, with an open end where it is masked.
fn slice_bounds(graph: &Graph, node: &Node, depth: usize) -> Option<(i64, Option<i64>)> {
    let int = |index: usize| -> Option<i64> {
        let value = constant_at(graph, *node.inputs.get(index)?, depth - 1)?;
        value.to_i64_vec().ok()?.first().copied()
    };
    let masked = |name: &str| node.attrs.int(name).is_ok_and(|mask| mask & 1 != 0);
    if int(3)? != 1 || masked("shrink_axis_mask") || masked("new_axis_mask") || masked("ellipsis_mask") {
        return None;
    }
    let start = if masked("begin_mask") { 0 } else { int(1)? };
    let end = if masked("end_mask") { None } else { Some(int(2)?) };
    Some((start, end))
}

/// A scalar that is an element of a shape: `shape[i]`, or a constant.
fn scalar_as_dim(graph: &Graph, port: Port, depth: usize) -> Dim {
    let as_dim = |value: i64| usize::try_from(value).ok();
    if let Some(value) = constant_at(graph, port, depth) {
        return as_dim(*value.to_i64_vec().ok()?.first()?);
    }
    let node = graph.node(port.node);
    if depth == 0 || node.op != "StridedSlice" || node.attrs.int("shrink_axis_mask").ok()? != 1 {
        return None;
    }
    let begin = constant_at(graph, *node.inputs.get(1)?, depth - 1)?.to_i64_vec().ok()?;
    let shape = value_as_shape(graph, *node.inputs.first()?, depth - 1)?;
    let rank = shape.rank()? as i64;
    let axis = *begin.first()?;
    shape.dim(usize::try_from(if axis < 0 { axis + rank } else { axis }).ok()?)
}
