//! Gradients of function calls: a backward function for each forward one, which gives out what that needs.

use crate::function::{Function, FunctionBody};
use crate::gradients::{GradientOptions, gradients_with};
use crate::rewrite::{Extension, extended_body, facts_of, gradient_dtype, unique_function_name, zeros_for};
use crate::trace::{ArgSpec, OpenTrace, call_function};
use crate::{Graph, Node, Port, backprop, branch_gradient, custom_gradient, while_gradient};
use ferroflow_core::context::Backward;
use ferroflow_core::{
    AttrValue, Attrs, DType, Error, FuncRef, Grad, Gradient, Op, PartialShape, Result, Tensor, bail,
    constant_node, context, ensure,
};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

/// A copy of a function's body that can be given more to compute.
pub(crate) struct Forward {
    pub(crate) body: Arc<FunctionBody>,
    pub(crate) graph: Graph,
    /// The arguments.
    pub(crate) xs: Vec<Tensor>,
    /// The results.
    pub(crate) ys: Vec<Tensor>,
}

/// Where the gradient of a body finds a value of it.
pub(crate) enum Kept {
    /// Outside, before the body runs.
    Outside(Tensor),
    /// The body computes it.
    Computed(Tensor),
}

impl Kept {
    pub(crate) fn computed(&self) -> Option<Tensor> {
        match self {
            Kept::Outside(_) => None,
            Kept::Computed(tensor) => Some(tensor.clone()),
        }
    }
}

impl Forward {
    /// A copy of a body that is called with these inputs.
    pub(crate) fn of(body: &Arc<FunctionBody>, inputs: &[Tensor]) -> Forward {
        let graph = body.graph.duplicate();
        let tensors =
            |ports: &[Port]| -> Vec<Tensor> { ports.iter().map(|port| graph.tensor(*port)).collect() };
        let (xs, ys) = (tensors(&body.inputs), tensors(&body.outputs));
        for (x, input) in xs.iter().zip(inputs) {
            note_handle(&graph, x, input);
        }
        Forward { body: body.clone(), graph, xs, ys }
    }

    /// Where a value that the gradient takes in is found; `is_input` tells of an argument whether it has the value of
    /// the input whenever the body runs.
    pub(crate) fn kept(
        &self,
        tensor: &Tensor,
        inputs: &[Tensor],
        is_input: impl Fn(usize) -> bool,
    ) -> Result<Kept> {
        let Some(port) = self.graph.port(tensor) else { return Ok(Kept::Outside(tensor.clone())) };
        if let Some(at) = self.body.inputs.iter().position(|input| *input == port)
            && is_input(at)
        {
            return Ok(Kept::Outside(inputs[at].clone()));
        }
        let node = self.graph.node(port.node);
        if node.op == "Const" {
            return constant_node(node.attrs.tensor("value")?.clone()).map(Kept::Outside);
        }
        if tensor.dtype().base() == DType::RESOURCE {
            bail!(
                unimplemented,
                "the gradient of a function that makes a resource ('{}') which its gradient needs",
                node.name
            );
        }
        Ok(Kept::Computed(tensor.clone()))
    }
}

thread_local! {
    /// How many gradients of functions are being made within each other on this thread.
    static NESTED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// A function that calls itself would be differentiated without end.
const MOST_NESTED: usize = 24;

/// Makes the gradient of a body, unless too many are being made around it.
fn nested<R>(f: impl FnOnce() -> Result<R>) -> Result<R> {
    struct Leave(usize);
    impl Drop for Leave {
        fn drop(&mut self) {
            NESTED.set(self.0);
        }
    }
    let depth = NESTED.get();
    ensure!(
        depth < MOST_NESTED,
        failed_precondition,
        "a function calls others, or itself, more than {MOST_NESTED} levels deep: it cannot be differentiated"
    );
    let _leave = Leave(NESTED.replace(depth + 1));
    f()
}

/// Lets a body know what variable an argument is.
fn note_handle(graph: &Graph, x: &Tensor, input: &Tensor) {
    let held = match input {
        Tensor::Symbolic(symbolic) => {
            Graph::from_handle(symbolic.graph()).and_then(|outer| facts_of(&outer, input).handle)
        }
        Tensor::Eager(_) => None,
    };
    let node = graph.port(x).map(|port| graph.node(port.node));
    if let (Some(held), Some(node)) = (held, node) {
        let mut facts = node.facts.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(facts) = facts.first_mut().filter(|facts| facts.handle.is_none()) {
            facts.handle = Some(held);
        }
    }
}

/// The arguments that a value of a body depends on by ops that have gradients.
pub(crate) fn dependencies(forward: &Forward, of: &Tensor) -> Vec<usize> {
    let graph = &forward.graph;
    let arguments: HashMap<Port, usize> =
        forward.body.inputs.iter().enumerate().map(|(at, port)| (*port, at)).collect();
    let mut found = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut pending: Vec<Port> = graph.port(of).into_iter().collect();
    while let Some(port) = pending.pop() {
        if !backprop::flows(graph.node(port.node).output_types[port.index]) {
            continue;
        }
        found.extend(arguments.get(&port));
        if seen.insert(port.node) {
            let node = graph.node(port.node);
            if !node.def.is_some_and(|def| matches!(def.grad, Grad::None)) {
                pending.extend(&node.inputs);
            }
        }
    }
    found.into_iter().collect()
}

/// A trace of the gradients of `ys` by `xs`, both of the body, from gradients of `ys` of these dtypes and shapes. It
/// takes the values it needs from the body's graph.
pub(crate) fn gradient_trace(
    forward: &Forward,
    specs: &[(DType, PartialShape)],
    ys: &[Tensor],
    xs: &[Tensor],
) -> Result<OpenTrace> {
    let specs: Vec<ArgSpec> = specs
        .iter()
        .enumerate()
        .map(|(index, (dtype, shape))| ArgSpec {
            name: format!("dy_{index}"),
            dtype: *dtype,
            shape: shape.clone(),
        })
        .collect();
    // The body's tensors are in scope while its graph is open.
    let _open = forward.graph.as_default();
    let trace = |dys: &[Tensor]| {
        let options =
            GradientOptions { grad_ys: dys.iter().cloned().map(Some).collect(), ..Default::default() };
        let grads = gradients_with(ys, xs, &options)?;
        let mut dense = Vec::with_capacity(xs.len());
        for (x, grad) in xs.iter().zip(grads) {
            dense.push(match (grad, gradient_dtype(x)) {
                (Some(grad), _) => backprop::dense(grad)?,
                (None, Some(dtype)) => zeros_for(x, dtype)?,
                (None, None) => bail!(internal, "a gradient of {x} is asked for"),
            });
        }
        Ok(dense)
    };
    nested(|| OpenTrace::new("", &specs, trace))
}

/// One gradient for each input: those found, zeros where gradients of the dtype flow but not here, as TensorFlow has
/// it, and none for what has no gradient.
pub(crate) fn spread_over(
    inputs: &[Tensor],
    flowing: &[usize],
    grads: Vec<Tensor>,
) -> Result<Vec<Option<Tensor>>> {
    let mut found: HashMap<usize, Tensor> = flowing.iter().copied().zip(grads).collect();
    let one = |(at, input): (usize, &Tensor)| match (found.remove(&at), gradient_dtype(input)) {
        (Some(grad), _) => Ok(Some(grad)),
        (None, Some(dtype)) if dtype != DType::VARIANT => zeros_for(input, dtype).map(Some),
        (None, _) => Ok(None),
    };
    inputs.iter().enumerate().map(one).collect()
}

/// A function in two parts: the forward one also gives out what the backward one needs.
pub(crate) struct ForwardBackward {
    pub(crate) forward: Arc<Function>,
    backward: crate::ConcreteFunction,
    /// What the backward part takes besides gradients: outputs of the forward part, behind its results, and tensors
    /// that were there before.
    saved: Vec<Saved>,
    num_outputs: usize,
    /// For each input, whether the backward function gives a gradient of it.
    has_gradient: Vec<bool>,
    /// The outputs whose gradients the backward function takes.
    takes: Vec<usize>,
    /// The backward part in two parts, for gradients of gradients.
    backward_parts: OnceLock<Arc<ForwardBackward>>,
    /// The forward part in two parts, for the gradients that flow into what it gives out besides the results.
    next: OnceLock<Arc<ForwardBackward>>,
}

enum Saved {
    Output(usize),
    Outside(Tensor),
}

impl ForwardBackward {
    /// Splits a function called with these inputs, for gradients that flow into the outputs `takes`.
    pub(crate) fn of(
        function: &FunctionRef<'_>,
        inputs: &[Tensor],
        takes: &[usize],
    ) -> Result<ForwardBackward> {
        let body = function.body.clone();
        let forward = Forward::of(&body, inputs);
        let ys: Vec<Tensor> = takes.iter().map(|&index| forward.ys[index].clone()).collect();
        let specs: Vec<ArgSpec> = ys
            .iter()
            .zip(takes)
            .map(|(y, index)| ArgSpec {
                name: format!("dy_{index}"),
                dtype: gradient_dtype(y).unwrap_or(y.dtype().base()),
                shape: crate::rewrite::gradient_shape(y),
            })
            .collect();
        let mut has_gradient = vec![false; forward.xs.len()];
        let open = forward.graph.as_default();
        let trace = |dys: &[Tensor]| {
            if ys.is_empty() {
                return Ok(Vec::new());
            }
            let options =
                GradientOptions { grad_ys: dys.iter().cloned().map(Some).collect(), ..Default::default() };
            let grads = gradients_with(&ys, &forward.xs, &options)?;
            for (has, grad) in has_gradient.iter_mut().zip(&grads) {
                *has = grad.is_some();
            }
            grads.into_iter().flatten().map(backprop::dense).collect()
        };
        let trace = nested(|| OpenTrace::new("", &specs, trace))?;
        let backward = trace.finish(&format!("__backward_{}", function.name), &[])?;
        drop(open);
        let (mut outputs, mut saved) = (Vec::new(), Vec::new());
        for captured in backward.captures() {
            saved.push(match forward.graph.port(captured) {
                Some(_) => {
                    outputs.push(captured.clone());
                    Saved::Output(outputs.len() - 1)
                }
                None => Saved::Outside(captured.clone()),
            });
        }
        let forward_body = extended_body(&body, &forward.graph, &[], &outputs);
        let name = unique_function_name(&format!("__forward_{}", function.name));
        Ok(ForwardBackward {
            forward: Arc::new(Function::traced(name, forward_body)),
            backward,
            saved,
            num_outputs: body.outputs.len(),
            has_gradient,
            takes: takes.to_vec(),
            backward_parts: OnceLock::new(),
            next: OnceLock::new(),
        })
    }

    /// The two parts of a function for gradients into all its results, made when they are first asked for.
    fn kept_in(
        cell: &OnceLock<Arc<ForwardBackward>>,
        function: &Arc<Function>,
        inputs: &[Tensor],
    ) -> Result<Arc<ForwardBackward>> {
        if let Some(parts) = cell.get() {
            return Ok(parts.clone());
        }
        let body = function.body()?;
        let takes: Vec<usize> =
            (0..body.outputs.len()).filter(|index| differentiable(body.output_types[*index])).collect();
        let function = FunctionRef { name: function.name(), body };
        let made = context::without_recorders(|| ForwardBackward::of(&function, inputs, &takes))?;
        Ok(cell.get_or_init(|| Arc::new(made)).clone())
    }

    /// The gradients of the inputs, from those of the results and all that the forward part gave.
    fn gradients(&self, dys: &[Option<Tensor>], outputs: &[Tensor]) -> Result<Vec<Option<Tensor>>> {
        let mut args = Vec::with_capacity(self.takes.len() + self.saved.len());
        for &index in &self.takes {
            let y = &outputs[index];
            args.push(match dys.get(index).cloned().flatten() {
                Some(dy) => dy,
                None => zeros_for(y, gradient_dtype(y).unwrap_or(y.dtype().base()))?,
            });
        }
        args.extend(self.saved.iter().map(|saved| match saved {
            Saved::Output(index) => outputs[self.num_outputs + index].clone(),
            Saved::Outside(tensor) => tensor.clone(),
        }));
        let grads = call_recorded(
            self.backward.function(),
            &args,
            self.backward.is_stateful(),
            &self.backward_parts,
        )?;
        let mut grads = grads.into_iter();
        Ok(self.has_gradient.iter().map(|has| if *has { grads.next() } else { None }).collect())
    }
}

/// A function with the body of one call.
pub(crate) struct FunctionRef<'a> {
    pub(crate) name: &'a str,
    pub(crate) body: Arc<FunctionBody>,
}

/// Calls a function with all its inputs; whoever records eager ops can differentiate the call. `parts` keeps the
/// function's two parts from one call to the next.
pub(crate) fn call_recorded(
    function: &Arc<Function>,
    inputs: &[Tensor],
    stateful: bool,
    parts: &OnceLock<Arc<ForwardBackward>>,
) -> Result<Vec<Tensor>> {
    let orders = context::num_recorders();
    if !context::executing_eagerly() || orders == 0 {
        return call_function(function, inputs, stateful);
    }
    // Somebody may ask for gradients, and somebody else for gradients of these: the forward part keeps what both need.
    let mut chain = vec![ForwardBackward::kept_in(parts, function, inputs)?];
    for order in 1..orders {
        let last = &chain[order - 1];
        let next = ForwardBackward::kept_in(&last.next, &last.forward, inputs)?;
        chain.push(next);
    }
    let (first, last) = (&chain[0], &chain[orders - 1]);
    let all = context::without_recorders(|| call_function(&last.forward, inputs, stateful))?;
    let results: Vec<Tensor> = all.iter().take(first.num_outputs).cloned().collect();
    let recorded: Vec<Tensor> = all.iter().take(last.num_outputs).cloned().collect();
    let backward: Backward = Rc::new(move |dys: &[Option<Tensor>]| {
        let used = dys.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        // The first pair of parts whose forward part gives all that gradients flow into.
        match chain.iter().find(|parts| used <= parts.num_outputs) {
            Some(parts) => parts.gradients(dys, &all),
            None => bail!(internal, "gradients flow into more than a function gives"),
        }
    });
    context::record_custom(inputs, &recorded, &backward);
    Ok(results)
}

fn differentiable(dtype: DType) -> bool {
    dtype.is_floating() || dtype.is_complex()
}

/// How a node that calls functions is differentiated as a whole; `None` for any other node.
pub(crate) fn rule(graph: &Graph, id: usize, node: &Node) -> Option<Backward> {
    if let Some(rule) = custom_gradient::rule(graph, id, node) {
        return Some(rule);
    }
    match node.op.as_str() {
        "PartitionedCall" | "StatefulPartitionedCall" => {}
        "If" | "StatelessIf" | "Case" | "StatelessCase" => return Some(branch_gradient::rule(graph, id)),
        "While" | "StatelessWhile" => return Some(while_gradient::rule(graph, id)),
        _ if node.def.is_none() && node.schema.is_none() => {}
        _ => return None,
    }
    let graph = graph.clone();
    Some(Rc::new(move |dys: &[Option<Tensor>]| call_gradient(&graph, id, dys)))
}

/// The gradient of a call within a graph: the node calls the forward part from now on.
fn call_gradient(graph: &Graph, id: usize, dys: &[Option<Tensor>]) -> Result<Vec<Option<Tensor>>> {
    let node = graph.node(id);
    let inputs: Vec<Tensor> = node.inputs.iter().map(|port| graph.tensor(*port)).collect();
    let by_name = node.schema.is_none();
    let called = if by_name {
        FuncRef { name: node.op.clone(), attrs: node.attrs.clone() }
    } else {
        node.attrs.func("f")?.clone()
    };
    let function = function_of_node(graph, &called)?;
    let body = function.instance(&called.attrs)?;
    let takes: Vec<usize> = (0..dys.len().min(body.outputs.len())).filter(|&at| dys[at].is_some()).collect();
    if takes.is_empty() {
        return Ok(vec![None; inputs.len()]);
    }
    let parts = ForwardBackward::of(&FunctionRef { name: function.name(), body }, &inputs, &takes)?;
    let forward_body = parts.forward.body()?;
    let more = forward_body.outputs.get(parts.num_outputs..).unwrap_or_default();
    let outputs: Vec<_> = more
        .iter()
        .map(|port| {
            let tensor = forward_body.graph.tensor(*port);
            (tensor.dtype().base(), facts_of(&forward_body.graph, &tensor))
        })
        .collect();
    graph.add_function(parts.forward.clone());
    let name = FuncRef::new(parts.forward.name());
    let mut extension = Extension { outputs, ..Extension::default() };
    if by_name {
        extension.op = Some(name.name);
    } else {
        extension.attrs = vec![("f", name.into()), ("Tout", forward_body.output_types.clone().into())];
    }
    graph.extend_node(id, extension);
    let all: Vec<Tensor> =
        (0..forward_body.outputs.len()).map(|index| graph.tensor(Port { node: id, index })).collect();
    parts.gradients(dys, &all)
}

/// A function of arguments and gradients of results that gives a gradient for each argument: zeros where none flows.
pub(crate) fn symbolic_gradient(function: &Arc<Function>, attrs: &Attrs) -> Result<Arc<Function>> {
    function.gradient_or_init(attrs, || {
        let body = function.instance(attrs)?;
        let specs = |kind: &str, types: &[DType]| -> Vec<ArgSpec> {
            let spec = |(index, dtype): (usize, &DType)| ArgSpec {
                name: format!("{kind}_{index}"),
                dtype: *dtype,
                shape: PartialShape::unknown(),
            };
            types.iter().enumerate().map(spec).collect()
        };
        let args = [specs("x", &body.input_types), specs("dy", &body.output_types)].concat();
        let count = body.input_types.len();
        let trace = OpenTrace::new("", &args, |args| {
            let (xs, dys) = args.split_at(count);
            let ys = call_with_attrs(function, attrs, &body, xs)?;
            let flowing = |index: &usize| differentiable(body.output_types[*index]);
            let takes: Vec<usize> = (0..ys.len()).filter(flowing).collect();
            let grads = match takes.is_empty() {
                true => vec![None; xs.len()],
                false => {
                    let options = GradientOptions {
                        grad_ys: takes.iter().map(|&index| dys.get(index).cloned()).collect(),
                        ..Default::default()
                    };
                    let ys: Vec<Tensor> = takes.iter().map(|&index| ys[index].clone()).collect();
                    dense_gradients(gradients_with(&ys, xs, &options)?)?
                }
            };
            let complete = |(grad, x): (Option<Tensor>, &Tensor)| match grad {
                Some(grad) => Ok(grad),
                None => zeros_for(x, x.dtype().base()),
            };
            grads.into_iter().zip(xs).map(complete).collect()
        })?;
        Ok(trace.finish(&format!("__gradient_{}", function.name()), &[])?.function().clone())
    })
}

/// Calls a function of a library for these attributes.
fn call_with_attrs(
    function: &Arc<Function>,
    attrs: &Attrs,
    body: &FunctionBody,
    xs: &[Tensor],
) -> Result<Vec<Tensor>> {
    if let Some(graph) = Graph::current() {
        graph.add_function(function.clone());
    }
    Op::named("StatefulPartitionedCall")
        .inputs(xs)
        .attr("Tin", body.input_types.clone())
        .attr("Tout", body.output_types.clone())
        .attr("f", AttrValue::Func(FuncRef { name: function.name().to_string(), attrs: attrs.clone() }))
        .all()
}

/// The function that a node of a graph names.
pub(crate) fn function_of_node(graph: &Graph, named: &FuncRef) -> Result<Arc<Function>> {
    let found = graph.function(&named.name);
    found.ok_or_else(|| Error::not_found(format!("Function {} is not defined.", named.name)))
}

/// The gradient as one tensor, for callers that have no use for slices.
pub(crate) fn dense_gradients(grads: Vec<Option<Gradient>>) -> Result<Vec<Option<Tensor>>> {
    grads.into_iter().map(|grad| grad.map(backprop::dense).transpose()).collect()
}
