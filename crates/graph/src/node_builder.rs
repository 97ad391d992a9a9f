//! From a call of an op to a node: names, literals as constants, control inputs, shapes.

use crate::graph::join;
use crate::names::{ROOT_PATTERN, check_scope_name, is_valid_node_name};
use crate::node::OutputFacts;
use crate::{Graph, Node, Operation, Port, ambient, flow, infer, removed_ops, trace};
use ferroflow_core::schema::OpSchema;
use ferroflow_core::{
    Arg, AttrValue, Attrs, DType, Error, NdArray, OpCall, OpDef, Operand, PartialShape, Result, Tensor, bail,
};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock, RwLock};

/// All that makes up a node.
pub(crate) struct NodeSpec {
    pub(crate) name: String,
    pub(crate) op: String,
    pub(crate) def: Option<&'static OpDef>,
    pub(crate) schema: Option<&'static OpSchema>,
    pub(crate) inputs: Vec<Port>,
    pub(crate) control_inputs: Vec<usize>,
    pub(crate) attrs: Attrs,
    pub(crate) device: String,
    pub(crate) output_types: Vec<DType>,
    /// Shapes of a function's results, which no shape function gives.
    pub(crate) output_shapes: Vec<PartialShape>,
}

/// Adds the node of a call.
pub(crate) fn add_call(graph: &Graph, call: OpCall) -> Result<Vec<Tensor>> {
    if let Some(other) = graph_of_inputs(graph, &call)? {
        return other.as_default_scope(|| add_call(&other, call));
    }
    graph.check_not_finalized()?;
    removed_ops::check(call.def.name, graph.lock().producer)?;
    let asked = call.name.as_deref().unwrap_or(call.def.name);
    let name = match call.def.name {
        // No scope is opened for a constant.
        "Const" => constant_name(graph, asked)?,
        _ => node_name(graph, asked)?,
    };
    let schema = call.def.schema();
    let mut inputs = Vec::new();
    for (arg_def, arg) in schema.inputs.iter().zip(&call.args) {
        for (position, operand) in arg.operands().iter().enumerate() {
            let label = match arg {
                Arg::One(_) => arg_def.name.clone(),
                Arg::List(_) => format!("{}_{position}", arg_def.name),
            };
            inputs.push(input_port(graph, operand, &name, &label, &inputs)?);
        }
    }
    let mut attrs = call.attrs;
    let references = referenced_nodes(schema, &call.args, &inputs);
    let new = ambient::NewNode { name: &name, op: call.def.name, inputs: &inputs, references: &references };
    let device = ambient::apply(graph, &mut attrs, &new)?;
    add_callees(graph, &attrs)?;
    let control_inputs = ambient::control_inputs(graph, &inputs);
    let output_types = schema.output_types(&attrs)?.to_vec();
    let id = add_node(
        graph,
        NodeSpec {
            name,
            op: call.def.name.to_string(),
            def: Some(call.def),
            schema: Some(schema),
            inputs,
            control_inputs,
            attrs,
            device,
            output_types,
            output_shapes: Vec::new(),
        },
    )?;
    let count = graph.node(id).output_types.len();
    Ok((0..count).map(|index| graph.tensor(Port { node: id, index })).collect())
}

/// The graph that a call's inputs are of, where it is another plain graph than the open one: the op joins its inputs.
fn graph_of_inputs(graph: &Graph, call: &OpCall) -> Result<Option<Graph>> {
    if graph.lock().traced {
        return Ok(None);
    }
    let mut symbolic = call.operands().filter_map(|operand| match operand {
        Operand::Tensor(tensor @ Tensor::Symbolic(_)) => Some(tensor),
        _ => None,
    });
    let Some(first) = symbolic.next() else { return Ok(None) };
    let of = first.as_symbolic().and_then(|tensor| Graph::from_handle(tensor.graph()));
    let Some(of) = of.filter(|of| !of.lock().traced) else { return Ok(None) };
    for other in symbolic {
        let same =
            other.as_symbolic().is_some_and(|other| Graph::from_handle(other.graph()) == Some(of.clone()));
        if !same {
            bail!(
                value,
                "{} must be from the same graph as {} (graphs are {} and {}).",
                symbolic_text(other),
                symbolic_text(first),
                object_text(other),
                object_text(first)
            );
        }
    }
    Ok((&of != graph).then_some(of))
}

/// The nodes whose outputs an op takes by reference: it must stand where they do.
fn referenced_nodes(schema: &OpSchema, args: &[Arg], inputs: &[Port]) -> Vec<usize> {
    if !schema.inputs.iter().any(|arg| arg.is_ref) {
        return Vec::new();
    }
    let by_reference = schema
        .inputs
        .iter()
        .zip(args)
        .flat_map(|(arg_def, arg)| std::iter::repeat_n(arg_def.is_ref, arg.operands().len()));
    by_reference.zip(inputs).filter_map(|(is_ref, port)| is_ref.then_some(port.node)).collect()
}

impl Graph {
    /// Adds a node of any op by its name, with these inputs and attributes and no checks but those of its shape
    /// function (`tf.Graph.create_op`).
    ///
    /// # Errors
    /// `Unimplemented` for an unknown op; `ValueError` for a bad name or inputs of another graph.
    pub fn create_op(&self, op: &str, inputs: &[Tensor], attrs: &Attrs, name: &str) -> Result<Operation> {
        self.check_not_finalized()?;
        let Some(schema) = ferroflow_core::schema::lookup(op) else {
            bail!(unimplemented, "unsupported op: {op} (node '{name}')");
        };
        let name = node_name(self, name)?;
        let inputs = inputs.iter().map(|input| {
            self.port(input).ok_or_else(|| {
                Error::value(format!("{} is not an element of this graph.", symbolic_text(input)))
            })
        });
        let inputs: Vec<Port> = inputs.collect::<Result<_>>()?;
        let mut attrs = attrs.clone();
        let new = ambient::NewNode { name: &name, op, inputs: &inputs, references: &[] };
        let device = ambient::apply(self, &mut attrs, &new)?;
        let control_inputs = ambient::control_inputs(self, &inputs);
        let output_types = schema.output_types(&attrs)?.to_vec();
        let spec = NodeSpec {
            name,
            op: op.to_string(),
            def: ferroflow_ops::lookup(op),
            schema: Some(schema),
            inputs,
            control_inputs,
            attrs,
            device,
            output_types,
            output_shapes: Vec::new(),
        };
        add_node(self, spec).map(|id| self.operation(id))
    }
}

/// The functions that attributes name join the graph's library.
fn add_callees(graph: &Graph, attrs: &Attrs) -> Result<()> {
    for (_, value) in attrs.iter() {
        let funcs = match value {
            AttrValue::Func(func) => std::slice::from_ref(func),
            AttrValue::Funcs(funcs) => funcs.as_slice(),
            _ => continue,
        };
        for func in funcs.iter().filter(|func| !func.name.is_empty()) {
            match graph.function(&func.name) {
                Some(function) => graph.add_function(function),
                None => {
                    bail!(invalid_argument, "Function '{}' is not defined in the graph's library", func.name)
                }
            }
        }
    }
    Ok(())
}

/// The unique full name for a new node; a name that ends in a slash is taken as it is.
fn node_name(graph: &Graph, name: &str) -> Result<String> {
    if let Some(absolute) = name.strip_suffix('/') {
        graph.lock().names.take(absolute);
        return Ok(absolute.to_string());
    }
    check_scope_name(&graph.lock().scope, name)?;
    constant_name(graph, name)
}

/// The same for an op that opens no scope.
fn constant_name(graph: &Graph, name: &str) -> Result<String> {
    if name.ends_with('/') {
        return node_name(graph, name);
    }
    let mut state = graph.lock();
    let full = join(&state.scope, name);
    let unique = state.names.unique(&full, true);
    if !is_valid_node_name(&unique) {
        bail!(
            value,
            "`{unique}` is not a valid node name. Accepted names conform to Regex /re.compile('{}')/",
            ROOT_PATTERN.replace('\\', "\\\\")
        );
    }
    Ok(unique)
}

/// The output that an operand stands for: of this graph, taken in from outside, or of a new constant.
fn input_port(graph: &Graph, operand: &Operand, node: &str, label: &str, so_far: &[Port]) -> Result<Port> {
    match operand {
        Operand::Value { array, .. } => constant(graph, array, &format!("{node}/{label}")),
        Operand::Tensor(tensor) => match graph.port(tensor) {
            Some(port) => Ok(port),
            None => {
                let inner = capture(graph, tensor, so_far)?;
                graph.port(&inner).ok_or_else(|| Error::internal("a captured tensor is of another graph"))
            }
        },
    }
}

fn capture(graph: &Graph, tensor: &Tensor, so_far: &[Port]) -> Result<Tensor> {
    if let Some(inner) = trace::capture(graph, tensor)? {
        return Ok(inner);
    }
    match tensor {
        Tensor::Eager(_) => {
            bail!(runtime, "Attempting to capture an EagerTensor without building a function.")
        }
        Tensor::Symbolic(_) => match so_far.first() {
            Some(port) => bail!(
                value,
                "{} must be from the same graph as {} (graphs are {} and {}).",
                symbolic_text(tensor),
                symbolic_text(&graph.tensor(*port)),
                object_text(tensor),
                object_text(&graph.tensor(*port))
            ),
            None => bail!(value, "{} is not an element of this graph.", symbolic_text(tensor)),
        },
    }
}

/// Python's `repr` of a tensor's graph.
fn object_text(tensor: &Tensor) -> String {
    let address = tensor.graph().map_or(0, |graph| std::sync::Arc::as_ptr(&graph).cast::<()>() as usize);
    format!("<tensorflow.python.framework.ops.Graph object at {address:#x}>")
}

/// `str` of a symbolic tensor.
fn symbolic_text(tensor: &Tensor) -> String {
    format!("{tensor}")
}

fn constant(graph: &Graph, array: &NdArray, name: &str) -> Result<Port> {
    let def = match ferroflow_ops::lookup("Const") {
        Some(def) => def,
        None => bail!(internal, "the Const op is missing"),
    };
    let name = graph.lock().names.unique(name, true);
    let mut attrs = Attrs::new().with("value", array.clone()).with("dtype", array.dtype());
    let new = ambient::NewNode { name: &name, op: "Const", inputs: &[], references: &[] };
    let device = ambient::apply(graph, &mut attrs, &new)?;
    let control_inputs = ambient::control_inputs(graph, &[]);
    let id = add_node(
        graph,
        NodeSpec {
            name,
            op: "Const".to_string(),
            def: Some(def),
            schema: Some(def.schema()),
            inputs: Vec::new(),
            control_inputs,
            attrs,
            device,
            output_types: vec![array.dtype()],
            output_shapes: Vec::new(),
        },
    )?;
    Ok(Port { node: id, index: 0 })
}

/// Adds a node and infers what is known of its outputs.
pub(crate) fn add_node(graph: &Graph, spec: NodeSpec) -> Result<usize> {
    let node = Node {
        name: spec.name,
        op: spec.op,
        def: spec.def,
        schema: spec.schema,
        inputs: spec.inputs,
        control_inputs: spec.control_inputs,
        attrs: spec.attrs,
        device: spec.device,
        output_types: spec.output_types,
        facts: RwLock::default(),
        constant: OnceLock::new(),
        awaited: AtomicBool::new(false),
    };
    let mut facts = vec![OutputFacts::default(); node.output_types.len()];
    for (facts, shape) in facts.iter_mut().zip(spec.output_shapes) {
        facts.shape = shape;
    }
    if let (Some(def), Some(schema)) = (node.def, node.schema) {
        let (shapes, handles) = infer::infer(graph, def, schema, &node.attrs, &node.inputs)
            .map_err(|error| infer::shape_error(graph, &node, &error))?;
        for (facts, (shape, handle)) in facts.iter_mut().zip(shapes.into_iter().zip(handles)) {
            *facts = OutputFacts { shape, handle };
        }
    }
    let node = Node { facts: RwLock::new(facts), ..node };
    let mut state = graph.lock();
    if state.by_name.contains_key(&node.name) {
        bail!(value, "Duplicate node name in graph: '{}'", node.name);
    }
    let id = state.nodes.len();
    state.by_name.insert(node.name.clone(), id);
    state.nodes.push(Arc::new(node));
    drop(state);
    ambient::note_seen(graph, id);
    flow::join(graph, id)?;
    Ok(id)
}
