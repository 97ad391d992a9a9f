//! Tracing: running Rust code once on symbolic arguments, to make a function of it.

use crate::function::{Function, FunctionBody, effects, function_library};
use crate::function_gradient::{ForwardBackward, call_recorded};
use crate::graph::CaptureState;
use crate::{Graph, Port};
use ferroflow_core::{
    AttrValue, DType, Error, FuncRef, Op, PartialShape, Result, Tensor, constant_node, context,
};
use ferroflow_ops_random::eager_seed;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// What is known of an argument before a function is called (`tf.TensorSpec`).
#[derive(Clone, PartialEq, Debug)]
pub struct ArgSpec {
    /// The argument's name.
    pub name: String,
    /// The dtype.
    pub dtype: DType,
    /// The shape, as far as it shall be fixed.
    pub shape: PartialShape,
}

/// A traced function and the tensors it takes from outside, which follow its arguments in a call.
#[derive(Clone)]
pub struct ConcreteFunction {
    function: Arc<Function>,
    captures: Vec<Tensor>,
    num_args: usize,
    stateful: bool,
    parts: Arc<OnceLock<Arc<ForwardBackward>>>,
}

/// Eager tensors up to this many elements become constants of the function that uses them.
const INLINE_ELEMENTS: usize = 128;

/// Traces `f` once on symbolic arguments.
///
/// # Errors
/// What `f` returns.
pub fn trace(
    name: &str,
    args: &[ArgSpec],
    f: impl FnOnce(&[Tensor]) -> Result<Vec<Tensor>>,
) -> Result<ConcreteFunction> {
    OpenTrace::new("", args, f)?.finish(&format!("__inference_{name}"), &[])
}

/// A trace whose code has run, and that can still take in tensors from outside.
pub(crate) struct OpenTrace {
    graph: Graph,
    args: Vec<ArgSpec>,
    outputs: Vec<Tensor>,
}

impl OpenTrace {
    /// Traces `f`, with its nodes in a name scope.
    pub(crate) fn new(
        scope: &str,
        args: &[ArgSpec],
        f: impl FnOnce(&[Tensor]) -> Result<Vec<Tensor>>,
    ) -> Result<OpenTrace> {
        let graph = Graph::new();
        {
            let mut state = graph.lock();
            state.traced = true;
            state.trace = Some(CaptureState { captures: Vec::new() });
        }
        let seed = Graph::current().map_or_else(eager_seed, |outer| outer.seed());
        graph.set_seed(seed);
        let outputs = context::without_recorders(|| {
            graph.as_default_scope(|| -> Result<Vec<Tensor>> {
                let mut placeholders = Vec::new();
                for arg in args {
                    placeholders.push(placeholder(&arg.name, arg.dtype, &arg.shape)?);
                }
                graph.lock().scope = scope.to_string();
                let results = f(&placeholders)?;
                // A result that is an argument, or comes from outside, passes through a node of this graph.
                results.iter().map(|result| Op::named("Identity").input(result).one()).collect()
            })
        })?;
        Ok(OpenTrace { graph, args: args.to_vec(), outputs })
    }

    /// The results, within the trace.
    pub(crate) fn outputs(&self) -> &[Tensor] {
        &self.outputs
    }

    /// The tensors taken in from outside so far.
    pub(crate) fn captures(&self) -> Vec<Tensor> {
        let state = self.graph.lock();
        let captures = state.trace.iter().flat_map(|trace| &trace.captures);
        captures.map(|(outer, _)| outer.clone()).collect()
    }

    /// Makes results of tensors from outside, as they are within the trace.
    pub(crate) fn pass_through(&mut self, outside: &[Tensor]) -> Result<()> {
        for tensor in outside {
            let inner = capture(&self.graph, tensor)?;
            self.outputs.push(inner.ok_or_else(|| Error::internal("the trace is closed"))?);
        }
        Ok(())
    }

    /// The function. Tensors from outside are inputs in the order of `first`, which all become inputs, and then in
    /// that of their use.
    pub(crate) fn finish(self, name: &str, first: &[Tensor]) -> Result<ConcreteFunction> {
        let OpenTrace { graph, args, outputs } = self;
        for tensor in first {
            capture(&graph, tensor)?;
        }
        let mut captures = graph.lock().trace.take().map(|trace| trace.captures).unwrap_or_default();
        captures.sort_by_key(|(outer, _)| {
            first.iter().position(|tensor| tensor.is_same(outer)).unwrap_or(first.len())
        });
        let port_of = |tensor: &Tensor| {
            graph.port(tensor).ok_or_else(|| Error::internal("a traced tensor is of another graph"))
        };
        let mut inputs: Vec<Port> = (0..args.len()).map(|id| Port { node: id, index: 0 }).collect();
        let mut input_names: Vec<String> = args.iter().map(|arg| arg.name.clone()).collect();
        for (position, (_, inner)) in captures.iter().enumerate() {
            inputs.push(port_of(inner)?);
            input_names.push(format!("capture_{position}"));
        }
        let output_ports = outputs.iter().map(port_of).collect::<Result<Vec<_>>>()?;
        let output_names = (0..outputs.len()).map(|index| format!("output_{index}")).collect();
        let targets = effects(&graph);
        let body = FunctionBody::new(graph, inputs, input_names, output_ports, output_names, targets);
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let function = Arc::new(Function::traced(format!("{name}_{id}"), body));
        let stateful = function.is_stateful()?;
        Ok(ConcreteFunction {
            function,
            captures: captures.into_iter().map(|(outer, _)| outer).collect(),
            num_args: args.len(),
            stateful,
            parts: Arc::default(),
        })
    }
}

fn placeholder(name: &str, dtype: DType, shape: &PartialShape) -> Result<Tensor> {
    Op::named("Placeholder").attr("dtype", dtype).attr("shape", shape).name(name.to_string()).one()
}

/// The tensor as a copy of its graph has it, where a copy is open and the graph itself is not: code that brings its own
/// gradient holds on to tensors of the graph it was traced in.
fn in_open_copy(tensor: &Tensor) -> Option<Tensor> {
    let symbolic = tensor.as_symbolic()?;
    if context::is_open(symbolic.graph()) {
        return None;
    }
    let port = Port { node: symbolic.node(), index: symbolic.index() };
    let mut open = context::open_graphs().into_iter().filter_map(|handle| Graph::from_handle(&handle));
    let copy = open.find(|graph| graph.lock().origins.iter().any(|origin| origin.is(symbolic.graph())))?;
    (port.node < copy.num_nodes()).then(|| copy.tensor(port))
}

/// What a tensor of a function that is being traced stands for outside of all traces; any other tensor itself.
pub(crate) fn outermost(tensor: &Tensor) -> Tensor {
    let mut outer = tensor.clone();
    while let Tensor::Symbolic(symbolic) = &outer {
        let Some(graph) = Graph::from_handle(symbolic.graph()) else { break };
        let state = graph.lock();
        let captures = state.trace.iter().flat_map(|trace| &trace.captures);
        let Some(next) =
            captures.into_iter().find_map(|(outside, inner)| inner.is_same(&outer).then(|| outside.clone()))
        else {
            break;
        };
        drop(state);
        outer = next;
    }
    outer
}

/// What stands for an outside tensor within a graph under a trace; `None` where the graph takes nothing from outside.
pub(crate) fn capture(graph: &Graph, tensor: &Tensor) -> Result<Option<Tensor>> {
    let copied = in_open_copy(tensor);
    let tensor = copied.as_ref().unwrap_or(tensor);
    {
        let state = graph.lock();
        let Some(trace) = &state.trace else { return Ok(None) };
        if let Some((_, inner)) = trace.captures.iter().find(|(outer, _)| outer.is_same(tensor)) {
            return Ok(Some(inner.clone()));
        }
    }
    if let Tensor::Symbolic(symbolic) = tensor
        && symbolic.graph().builds_function()
        && !context::is_open(symbolic.graph())
    {
        return Err(context::out_of_scope(tensor));
    }
    let in_graph = |f: &mut dyn FnMut() -> Result<Tensor>| {
        // Control dependencies and scopes of the place of use do not hold for what comes from outside.
        graph.control_dependencies(None, || context::with_graph(graph.handle(), f))
    };
    if let Tensor::Eager(value) = tensor
        && value.value().len() <= INLINE_ELEMENTS
        && !matches!(value.value().dtype(), DType::RESOURCE | DType::VARIANT)
    {
        let value = value.value().clone();
        return in_graph(&mut || constant_node(value.clone())).map(Some);
    }
    let (dtype, shape) = (tensor.dtype().base(), tensor.shape());
    let inner = in_graph(&mut || placeholder("captured", dtype, &shape))?;
    if let (Some(port), Some(holds)) = (graph.port(&inner), holds(tensor)) {
        let node = graph.node(port.node);
        if let Some(facts) = node.facts.write().unwrap_or_else(std::sync::PoisonError::into_inner).first_mut()
        {
            facts.handle = Some(holds);
        }
    }
    if let Some(trace) = &mut graph.lock().trace {
        trace.captures.push((tensor.clone(), inner.clone()));
    }
    Ok(Some(inner))
}

/// What a resource tensor is known to hold.
fn holds(tensor: &Tensor) -> Option<ferroflow_core::HandleShapes> {
    match tensor {
        Tensor::Eager(value) => {
            let handle = value.value().as_slice::<ferroflow_core::ResourceHandle>().ok()?.first()?.clone();
            Some(handle.data()?.dtypes_and_shapes.clone())
        }
        Tensor::Symbolic(symbolic) => {
            let graph = Graph::from_handle(symbolic.graph())?;
            crate::infer::facts(&graph, Port { node: symbolic.node(), index: symbolic.index() }).handle
        }
    }
}

impl ConcreteFunction {
    /// The function.
    pub fn function(&self) -> &Arc<Function> {
        &self.function
    }

    /// The tensors taken from outside.
    pub fn captures(&self) -> &[Tensor] {
        &self.captures
    }

    /// A function of a library with what its last inputs are bound to in every call.
    ///
    /// # Errors
    /// `InvalidArgument` when it has fewer inputs; those of loading a function.
    pub fn bound(function: Arc<Function>, captures: Vec<Tensor>) -> Result<ConcreteFunction> {
        let signature = function.source().and_then(|source| source.signature.as_ref());
        let inputs = match signature {
            Some(signature) => signature.input_arg.len(),
            None => function.body()?.inputs.len(),
        };
        let num_args = inputs.checked_sub(captures.len()).ok_or_else(|| {
            Error::invalid_argument(format!(
                "function {} has {inputs} inputs, fewer than the {} that are bound",
                function.name(),
                captures.len()
            ))
        })?;
        let stateful = match signature {
            Some(signature) => signature.is_stateful || function.is_stateful()?,
            None => function.is_stateful()?,
        };
        Ok(ConcreteFunction { function, captures, num_args, stateful, parts: Arc::default() })
    }

    /// How many arguments a call has, captures aside.
    pub fn num_args(&self) -> usize {
        self.num_args
    }

    /// Whether a call has effects, or may give other results each time.
    pub fn is_stateful(&self) -> bool {
        self.stateful
    }

    /// Calls the function in the mode in force.
    ///
    /// # Errors
    /// `TypeError` for a wrong number of arguments; what the body returns.
    pub fn call(&self, args: &[Tensor]) -> Result<Vec<Tensor>> {
        if args.len() != self.num_args {
            return Err(Error::type_error(format!(
                "{} takes {} arguments, got {}",
                self.function.name(),
                self.num_args,
                args.len()
            )));
        }
        let inputs: Vec<Tensor> = args.iter().chain(&self.captures).cloned().collect();
        call_recorded(&self.function, &inputs, self.stateful, &self.parts)
    }
}

/// Calls a function of a library with all its inputs, captures included.
///
/// # Errors
/// What the body returns.
pub fn call_function(function: &Arc<Function>, inputs: &[Tensor], stateful: bool) -> Result<Vec<Tensor>> {
    match Graph::current() {
        Some(graph) => graph.add_function(function.clone()),
        None => function_library().add(function.clone()),
    }
    let body = function.body()?;
    let op = if stateful { "StatefulPartitionedCall" } else { "PartitionedCall" };
    let outputs = Op::named(op)
        .inputs(inputs)
        .attr("Tin", body.input_types.clone())
        .attr("Tout", body.output_types.clone())
        .attr("f", AttrValue::Func(FuncRef::new(function.name())))
        .all()?;
    for (output, port) in outputs.iter().zip(&body.outputs) {
        if let Tensor::Symbolic(symbolic) = output {
            let shape = body.graph.tensor(*port).shape();
            symbolic.graph().set_output_shape(symbolic.node(), symbolic.index(), &shape)?;
        }
    }
    Ok(outputs)
}
