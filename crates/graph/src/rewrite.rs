//! Changing what is there: copies of graphs, and nodes that give out more than they did. Gradients need both, for the
//! values that a function, a branch or a loop computes on the way.

use crate::function::{Function, FunctionBody};
use crate::graph::State;
use crate::node::OutputFacts;
use crate::{Graph, Node, Port, infer};
use ferroflow_core::{AttrValue, DType, FuncRef, Op, PartialShape, Result, Tensor};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, RwLock};

/// A name that no other function of this process has.
pub(crate) fn unique_function_name(base: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{base}_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Graph {
    /// A graph of the same nodes, under the same ids, that can be changed without changing this one.
    pub(crate) fn duplicate(&self) -> Graph {
        let copy = Graph::new();
        {
            let state = self.lock();
            *copy.lock() = State {
                nodes: state.nodes.clone(),
                by_name: state.by_name.clone(),
                names: state.names.clone(),
                seed: state.seed,
                random_ops: state.random_ops,
                functions: state.functions.clone(),
                library: state.library.clone(),
                origins: state.origins.iter().cloned().chain([self.downgrade()]).collect(),
                producer: state.producer,
                ..State::default()
            };
        }
        copy
    }

    /// Adds inputs and outputs to a node, behind those it has, and sets attributes.
    pub(crate) fn extend_node(&self, id: usize, extension: Extension) {
        let old = self.node(id);
        let mut attrs = old.attrs.clone();
        for (name, value) in extension.attrs {
            attrs.set(name, value);
        }
        let mut facts = old.facts.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let mut output_types = old.output_types.clone();
        for (dtype, known) in extension.outputs {
            output_types.push(dtype);
            facts.push(known);
        }
        let node = Node {
            name: old.name.clone(),
            op: extension.op.unwrap_or_else(|| old.op.clone()),
            def: old.def,
            schema: old.schema,
            inputs: old.inputs.iter().copied().chain(extension.inputs).collect(),
            control_inputs: old.control_inputs.clone(),
            attrs,
            device: old.device.clone(),
            output_types,
            facts: RwLock::new(facts),
            constant: OnceLock::new(),
            awaited: AtomicBool::new(old.is_awaited()),
        };
        if let Some(slot) = self.lock().nodes.get_mut(id) {
            *slot = Arc::new(node);
        }
    }
}

/// What a node is given in addition.
#[derive(Default)]
pub(crate) struct Extension {
    /// Another op: the name of another function, where the node calls one by its name.
    pub(crate) op: Option<String>,
    pub(crate) attrs: Vec<(&'static str, AttrValue)>,
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<(DType, OutputFacts)>,
}

/// A body that takes and gives more than another.
pub(crate) fn extended_body(
    body: &FunctionBody,
    graph: &Graph,
    inputs: &[Tensor],
    outputs: &[Tensor],
) -> FunctionBody {
    let ports = |old: &[Port], new: &[Tensor]| -> Vec<Port> {
        old.iter().copied().chain(new.iter().filter_map(|tensor| graph.port(tensor))).collect()
    };
    let names = |old: &[String], new: &[Tensor], kind: &str| -> Vec<String> {
        old.iter()
            .cloned()
            .chain((0..new.len()).map(|index| format!("saved_{kind}_{}", old.len() + index)))
            .collect()
    };
    FunctionBody::new(
        graph.clone(),
        ports(&body.inputs, inputs),
        names(&body.input_names, inputs, "input"),
        ports(&body.outputs, outputs),
        names(&body.output_names, outputs, "output"),
        body.targets.clone(),
    )
}

/// Adds a function to a graph's library under a new name, and tells how attributes name it.
pub(crate) fn add_extended(graph: &Graph, of: &Function, body: FunctionBody) -> AttrValue {
    let function = Function::traced(unique_function_name(of.name()), body);
    let name = function.name().to_string();
    graph.add_function(Arc::new(function));
    AttrValue::Func(FuncRef::new(&name))
}

/// Runs `f` so that its ops join a graph whatever scope and control dependencies are open.
pub(crate) fn plainly_in<R>(graph: &Graph, f: impl FnOnce() -> Result<R>) -> Result<R> {
    graph.control_dependencies(None, f)
}

/// What is known of a tensor of a graph.
pub(crate) fn facts_of(graph: &Graph, tensor: &Tensor) -> OutputFacts {
    graph.port(tensor).map(|port| infer::facts(graph, port)).unwrap_or_default()
}

/// The dtype of the gradient of a tensor; `None` where none flows: a variable's is that of its value.
pub(crate) fn gradient_dtype(tensor: &Tensor) -> Option<DType> {
    let held = || {
        let symbolic = tensor.as_symbolic()?;
        let graph = Graph::from_handle(symbolic.graph())?;
        facts_of(&graph, tensor).handle?.first().map(|(dtype, _)| *dtype)
    };
    let flows = |dtype: DType| dtype.is_floating() || dtype.is_complex();
    match tensor.dtype().base() {
        DType::RESOURCE => held().filter(|dtype| flows(*dtype)),
        // A list may hold lists.
        DType::VARIANT => {
            held().is_none_or(|dtype| flows(dtype) || dtype == DType::VARIANT).then_some(DType::VARIANT)
        }
        dtype => flows(dtype).then_some(dtype),
    }
}

/// The shape of the gradient of a tensor, as far as it is known.
pub(crate) fn gradient_shape(tensor: &Tensor) -> PartialShape {
    match tensor.dtype().base() {
        DType::RESOURCE => PartialShape::unknown(),
        _ => tensor.shape(),
    }
}

/// No gradient, as a tensor: zeros in the shape of the tensor, or of the variable's value.
pub(crate) fn zeros_for(tensor: &Tensor, dtype: DType) -> Result<Tensor> {
    if tensor.dtype().base() != DType::RESOURCE {
        return Op::named("ZerosLike").input(tensor).one();
    }
    let shape = Op::named("VariableShape").input(tensor).attr("out_type", DType::INT32).one()?;
    let zero = ferroflow_core::constant(ferroflow_core::NdArray::scalar(0f32).cast(dtype)?)?;
    Op::named("Fill").input(shape).input(zero).one()
}
