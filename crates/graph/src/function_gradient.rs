//! Gradients of function calls: a backward function for each forward one.

use crate::function::{Function, FunctionBody};
use crate::gradients::{GradientOptions, gradients_with};
use crate::trace::{ArgSpec, call_function, trace};
use crate::{Graph, ImportOptions, Node, backprop};
use ferroflow_core::context::Backward;
use ferroflow_core::{DType, Error, Gradient, Op, Result, Tensor, bail};
use std::rc::Rc;
use std::sync::Arc;

/// A function in two parts: the forward one also gives out what the backward one needs.
pub(crate) struct ForwardBackward {
    pub(crate) forward: Arc<Function>,
    backward: crate::ConcreteFunction,
    num_outputs: usize,
    /// For each input, whether the backward function gives a gradient of it.
    has_gradient: Vec<bool>,
    /// The outputs whose gradients the backward function takes.
    takes: Vec<usize>,
}

fn differentiable(dtype: DType) -> bool {
    dtype.is_floating() || dtype.is_complex()
}

fn specs(prefix: &str, tensors: &[Tensor]) -> Vec<ArgSpec> {
    tensors
        .iter()
        .enumerate()
        .map(|(index, tensor)| ArgSpec {
            name: format!("{prefix}_{index}"),
            dtype: tensor.dtype().base(),
            shape: tensor.shape(),
        })
        .collect()
}

fn tensors_of(graph: &Graph, ports: &[crate::Port]) -> Vec<Tensor> {
    ports.iter().map(|port| graph.tensor(*port)).collect()
}

impl ForwardBackward {
    /// Splits a function. The backward part is traced with the forward part's tensors taken in from outside: those are
    /// what the forward part gives out besides its results.
    pub(crate) fn of(function: &Function) -> Result<ForwardBackward> {
        let body = function.body()?;
        let (xs, ys) = (tensors_of(&body.graph, &body.inputs), tensors_of(&body.graph, &body.outputs));
        let takes: Vec<usize> = (0..ys.len()).filter(|index| differentiable(ys[*index].dtype())).collect();
        let ys: Vec<Tensor> = takes.iter().map(|index| ys[*index].clone()).collect();
        let mut has_gradient = vec![false; xs.len()];
        // The forward part's tensors are in scope while its graph is open.
        let open = body.graph.as_default();
        let backward = trace(&format!("backward_{}", function.name()), &specs("dy", &ys), |dys| {
            let options =
                GradientOptions { grad_ys: dys.iter().cloned().map(Some).collect(), ..Default::default() };
            if ys.is_empty() {
                return Ok(Vec::new());
            }
            let grads = gradients_with(&ys, &xs, &options)?;
            for (has, grad) in has_gradient.iter_mut().zip(&grads) {
                *has = grad.is_some();
            }
            grads.into_iter().flatten().map(backprop::dense).collect()
        })?;
        drop(open);
        let mut outputs = body.outputs.clone();
        for captured in backward.captures() {
            match body.graph.port(captured) {
                Some(port) => outputs.push(port),
                None => bail!(internal, "a backward function takes in a tensor of another graph"),
            }
        }
        let names = (0..outputs.len()).map(|index| format!("output_{index}")).collect();
        let forward_body = FunctionBody::new(
            body.graph.clone(),
            body.inputs.clone(),
            body.input_names.clone(),
            outputs,
            names,
            body.targets.clone(),
        );
        let forward = Arc::new(Function::traced(format!("forward_{}", function.name()), forward_body));
        Ok(ForwardBackward { forward, backward, num_outputs: body.outputs.len(), has_gradient, takes })
    }

    /// Calls the forward part; returns the function's own results and the way back.
    pub(crate) fn call(
        self: &Arc<Self>,
        inputs: &[Tensor],
        stateful: bool,
    ) -> Result<(Vec<Tensor>, Backward)> {
        let mut outputs = call_function(&self.forward, inputs, stateful)?;
        let saved = outputs.split_off(self.num_outputs);
        let (parts, results) = (self.clone(), outputs.clone());
        let backward = move |dys: &[Option<Tensor>]| -> Result<Vec<Option<Tensor>>> {
            let mut args = Vec::with_capacity(parts.takes.len() + saved.len());
            for &index in &parts.takes {
                args.push(match dys.get(index).cloned().flatten() {
                    Some(dy) => dy,
                    None => Op::named("ZerosLike").input(&results[index]).one()?,
                });
            }
            args.extend(saved.iter().cloned());
            let mut grads = call_function(parts.backward.function(), &args, true)?.into_iter();
            Ok(parts.has_gradient.iter().map(|has| if *has { grads.next() } else { None }).collect())
        };
        Ok((outputs, Rc::new(backward)))
    }
}

/// How a node that calls functions is differentiated as a whole; `None` for any other node.
pub(crate) fn rule(
    graph: &Graph,
    node: &Arc<Node>,
    inputs: &[Tensor],
    outputs: &[Tensor],
) -> Option<Backward> {
    let (graph, node) = (graph.clone(), node.clone());
    let (inputs, outputs) = (inputs.to_vec(), outputs.to_vec());
    match node.op.as_str() {
        "PartitionedCall" | "StatefulPartitionedCall" => Some(Rc::new(move |dys: &[Option<Tensor>]| {
            let function = attr_function(&graph, &node, "f")?;
            let dys = complete_dys(dys, &outputs)?;
            let backward = recomputing_backward(&function, &inputs, &dys)?;
            let args: Vec<Tensor> = inputs.iter().chain(&dys).cloned().collect();
            spread(backward.call(&args)?, &inputs)
        })),
        "If" | "StatelessIf" => Some(Rc::new(move |dys: &[Option<Tensor>]| {
            let dys = complete_dys(dys, &outputs)?;
            let Some((condition, inputs)) = inputs.split_first() else {
                bail!(internal, "an If without a condition");
            };
            let mut branches = Vec::new();
            for name in ["then_branch", "else_branch"] {
                let branch = attr_function(&graph, &node, name)?;
                branches.push(recomputing_backward(&branch, inputs, &dys)?);
            }
            let args: Vec<Tensor> = inputs.iter().chain(&dys).cloned().collect();
            let grads = call_branches(condition, &branches, &args)?;
            let mut all = vec![None];
            all.extend(spread(grads, inputs)?);
            Ok(all)
        })),
        _ => None,
    }
}

fn attr_function(graph: &Graph, node: &Node, attr: &str) -> Result<Arc<Function>> {
    let name = &node.attrs.func(attr)?.name;
    graph.function(name).ok_or_else(|| Error::not_found(format!("Function {name} is not defined.")))
}

fn complete_dys(dys: &[Option<Tensor>], outputs: &[Tensor]) -> Result<Vec<Tensor>> {
    let mut complete = Vec::new();
    for (index, output) in outputs.iter().enumerate().filter(|(_, output)| differentiable(output.dtype())) {
        complete.push(match dys.get(index).cloned().flatten() {
            Some(dy) => dy,
            None => Op::named("ZerosLike").input(output).one()?,
        });
    }
    Ok(complete)
}

/// One gradient for each input of a dtype that has any, from a function that gives just those.
fn spread(grads: Vec<Tensor>, inputs: &[Tensor]) -> Result<Vec<Option<Tensor>>> {
    let mut grads = grads.into_iter();
    Ok(inputs.iter().map(|input| if differentiable(input.dtype()) { grads.next() } else { None }).collect())
}

/// A function of inputs and output gradients that runs the forward part again, and gives a gradient for each input
/// of a dtype that has any (zeros where none flows).
fn recomputing_backward(
    function: &Function,
    inputs: &[Tensor],
    dys: &[Tensor],
) -> Result<crate::ConcreteFunction> {
    let body = function.body()?;
    if !body.targets.is_empty() {
        bail!(
            unimplemented,
            "the gradient of a call of '{}', whose body has effects, within a graph",
            function.name()
        );
    }
    let args: Vec<ArgSpec> = specs("x", inputs).into_iter().chain(specs("dy", dys)).collect();
    let forward = body.graph.as_graph_def()?;
    trace(&format!("grad_{}", function.name()), &args, |args| {
        let graph = Graph::current().ok_or_else(|| Error::internal("no graph under a trace"))?;
        let (xs, dys) = args.split_at(inputs.len());
        let name = |port: &crate::Port| format!("{}:{}", body.graph.node(port.node).name, port.index);
        let options = ImportOptions {
            prefix: Some("forward".to_string()),
            input_map: body.inputs.iter().map(name).zip(xs.iter().cloned()).collect(),
            return_elements: body.outputs.iter().map(name).collect(),
        };
        let ys: Vec<Tensor> = graph
            .import_graph_def(&forward, &options)?
            .into_iter()
            .filter_map(|element| match element {
                crate::Element::Tensor(tensor) if differentiable(tensor.dtype()) => Some(tensor),
                _ => None,
            })
            .collect();
        let xs: Vec<Tensor> = xs.iter().filter(|x| differentiable(x.dtype())).cloned().collect();
        let options = GradientOptions {
            grad_ys: dys.iter().cloned().map(Some).collect(),
            unconnected: crate::UnconnectedGradients::Zero,
            ..Default::default()
        };
        if ys.is_empty() {
            return xs.iter().map(|x| Op::named("ZerosLike").input(x).one()).collect();
        }
        gradients_with(&ys, &xs, &options)?.into_iter().flatten().map(backprop::dense).collect()
    })
}

fn call_branches(
    condition: &Tensor,
    branches: &[crate::ConcreteFunction],
    args: &[Tensor],
) -> Result<Vec<Tensor>> {
    let graph = Graph::current();
    // Both branches take the same inputs: what either takes in from outside is given to both by its own name.
    if branches.iter().any(|branch| !branch.captures().is_empty()) {
        bail!(unimplemented, "the gradient of an If whose branches' gradients take in tensors from outside");
    }
    for branch in branches {
        match &graph {
            Some(graph) => graph.add_function(branch.function().clone()),
            None => crate::function_library().add(branch.function().clone()),
        }
    }
    let body = branches[0].function().body()?;
    Op::named("If")
        .input(condition)
        .inputs(args)
        .attr("Tin", body.input_types.clone())
        .attr("Tout", body.output_types.clone())
        .attr("then_branch", ferroflow_core::FuncRef::new(branches[0].function().name()))
        .attr("else_branch", ferroflow_core::FuncRef::new(branches[1].function().name()))
        .all()
}

/// The gradient as one tensor, for callers that have no use for slices.
pub(crate) fn dense_gradients(grads: Vec<Option<Gradient>>) -> Result<Vec<Option<Tensor>>> {
    grads.into_iter().map(|grad| grad.map(backprop::dense).transpose()).collect()
}
