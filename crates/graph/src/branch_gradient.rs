//! The gradient of `If` and `Case`: each branch also gives out what its gradient needs, and another conditional, on the
//! same condition, computes gradients from that.

use crate::branch::{add_call, add_to_library, func, function_name};
use crate::function_gradient::{Forward, Kept, dependencies, function_of_node, gradient_trace, spread_over};
use crate::rewrite::{Extension, add_extended, extended_body, facts_of, gradient_dtype, plainly_in};
use crate::trace::OpenTrace;
use crate::{ConcreteFunction, Graph, Node, Port};
use ferroflow_core::{
    AttrValue, DType, Error, FuncRef, Op, PartialShape, Result, Tensor, bail, context, ensure,
};
use std::collections::BTreeSet;

/// The functions that a conditional calls.
fn branches_of(node: &Node) -> Result<Vec<FuncRef>> {
    match node.op.as_str() {
        "Case" | "StatelessCase" => Ok(node.attrs.funcs("branches")?.to_vec()),
        _ => Ok(vec![node.attrs.func("then_branch")?.clone(), node.attrs.func("else_branch")?.clone()]),
    }
}

/// The gradients of a conditional's inputs from those of its outputs.
pub(crate) fn gradient(graph: &Graph, id: usize, dys: &[Option<Tensor>]) -> Result<Vec<Option<Tensor>>> {
    let node = graph.node(id);
    let all: Vec<Tensor> = node.inputs.iter().map(|port| graph.tensor(*port)).collect();
    let Some((condition, inputs)) = all.split_first() else {
        bail!(internal, "a conditional has no condition")
    };
    let mut forwards = Vec::new();
    for branch in branches_of(&node)? {
        let body = function_of_node(graph, &branch)?.instance(&branch.attrs)?;
        ensure!(
            body.inputs.len() == inputs.len() && body.outputs.len() <= node.output_types.len(),
            invalid_argument,
            "a branch of '{}' takes {} inputs and gives {}, the node has {} and {}",
            node.name,
            body.inputs.len(),
            body.outputs.len(),
            inputs.len(),
            node.output_types.len()
        );
        forwards.push(Forward::of(&body, inputs));
    }
    let given: Vec<usize> =
        (0..dys.len().min(node.output_types.len())).filter(|&at| dys[at].is_some()).collect();
    let flowing: BTreeSet<usize> = forwards
        .iter()
        .flat_map(|forward| given.iter().flat_map(|&at| dependencies(forward, &forward.ys[at])))
        .filter(|&at| gradient_dtype(&inputs[at]).is_some())
        .collect();
    let flowing: Vec<usize> = flowing.into_iter().collect();
    let with_condition = |grads: Vec<Option<Tensor>>| [None].into_iter().chain(grads).collect();
    if flowing.is_empty() {
        return spread_over(inputs, &[], Vec::new()).map(with_condition);
    }
    let incoming: Vec<Tensor> = given.iter().filter_map(|&at| dys[at].clone()).collect();
    let specs: Vec<(DType, PartialShape)> =
        incoming.iter().map(|dy| (dy.dtype().base(), dy.shape())).collect();
    let traces: Vec<OpenTrace> = forwards
        .iter()
        .map(|forward| {
            let ys: Vec<Tensor> = given.iter().map(|&at| forward.ys[at].clone()).collect();
            let xs: Vec<Tensor> = flowing.iter().map(|&at| forward.xs[at].clone()).collect();
            gradient_trace(forward, &specs, &ys, &xs)
        })
        .collect::<Result<_>>()?;
    // For each branch what its gradient needs, and all of that together, which each gradient takes.
    let (mut needs, mut kept, mut saved) = (Vec::new(), Vec::new(), Vec::new());
    for (trace, forward) in traces.iter().zip(&forwards) {
        let mut of_branch = Vec::new();
        for tensor in trace.captures() {
            let value = forward.kept(&tensor, inputs, |_| true)?;
            of_branch.extend(value.computed());
            kept.push(value);
            needs.push(tensor);
        }
        saved.push(of_branch);
    }
    let computed = give_out(graph, id, &node, &forwards, &saved)?;
    let mut computed = computed.into_iter();
    let mut args = incoming;
    for value in kept {
        args.extend(match value {
            Kept::Outside(tensor) => Some(tensor),
            Kept::Computed(_) => computed.next(),
        });
    }
    let op = node.op.trim_start_matches("Stateless");
    let outputs = context::name_scope_for_op("cond_grad", |scope| {
        let guards: Vec<_> = forwards.iter().map(|forward| forward.graph.as_default()).collect();
        let functions = traces
            .into_iter()
            .enumerate()
            .map(|(at, trace)| trace.finish(&function_name(&scope, &format!("branch{at}")), &needs));
        let functions: Vec<ConcreteFunction> = functions.collect::<Result<_>>()?;
        drop(guards);
        add_to_library(&functions)?;
        let stateful = functions.iter().any(ConcreteFunction::is_stateful);
        let call = Op::named(&if stateful { op.to_string() } else { format!("Stateless{op}") });
        let call = call.input(condition).inputs(&args);
        let call = match (op, functions.as_slice()) {
            ("If", [then_branch, else_branch]) => {
                call.attr("then_branch", func(then_branch)).attr("else_branch", func(else_branch))
            }
            _ => {
                let names = functions.iter().map(|branch| FuncRef::new(branch.function().name()));
                call.attr("branches", AttrValue::Funcs(names.collect()))
            }
        };
        add_call(call, &scope, &functions)
    })?;
    spread_over(inputs, &flowing, outputs).map(with_condition)
}

/// Makes a conditional give out the values that each of its branches computes; a branch gives something that nobody
/// reads for those of the others.
fn give_out(
    graph: &Graph,
    id: usize,
    node: &Node,
    forwards: &[Forward],
    saved: &[Vec<Tensor>],
) -> Result<Vec<Tensor>> {
    let first = node.output_types.len();
    let mut facts = Vec::new();
    for (forward, tensors) in forwards.iter().zip(saved) {
        facts.extend(tensors.iter().map(|tensor| (tensor.dtype().base(), facts_of(&forward.graph, tensor))));
    }
    if facts.is_empty() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for ((at, forward), branch) in forwards.iter().enumerate().zip(branches_of(node)?) {
        let outputs = plainly_in(&forward.graph, || {
            let mut outputs = Vec::new();
            for (owner, tensors) in saved.iter().enumerate() {
                for tensor in tensors {
                    outputs.push(match owner == at {
                        true => tensor.clone(),
                        false => Op::named("FakeParam")
                            .attr("dtype", tensor.dtype().base())
                            .attr("shape", tensor.shape())
                            .one()?,
                    });
                }
            }
            Ok(outputs)
        })?;
        let body = extended_body(&forward.body, &forward.graph, &[], &outputs);
        match add_extended(graph, &*function_of_node(graph, &branch)?, body) {
            AttrValue::Func(name) => names.push(name),
            _ => return Err(Error::internal("a function has no name")),
        }
    }
    let mut types = node.attrs.dtypes("Tout")?.to_vec();
    types.extend(facts.iter().map(|(dtype, _)| *dtype));
    let mut attrs = vec![("Tout", AttrValue::Types(types))];
    let shapes = node.attrs.shapes("output_shapes").unwrap_or_default().to_vec();
    if !shapes.is_empty() {
        let more = facts.iter().map(|(_, facts)| facts.shape.clone());
        attrs.push(("output_shapes", AttrValue::Shapes(shapes.into_iter().chain(more).collect())));
    }
    match names.as_slice() {
        [then_branch, else_branch] if node.op.ends_with("If") => {
            attrs.push(("then_branch", AttrValue::Func(then_branch.clone())));
            attrs.push(("else_branch", AttrValue::Func(else_branch.clone())));
        }
        _ => attrs.push(("branches", AttrValue::Funcs(names))),
    }
    let count = facts.len();
    graph.extend_node(id, Extension { op: None, attrs, inputs: Vec::new(), outputs: facts });
    Ok((0..count).map(|index| graph.tensor(Port { node: id, index: first + index })).collect())
}

/// The gradient of an `If` or `Case` node, for the walk.
pub(crate) fn rule(graph: &Graph, id: usize) -> context::Backward {
    let graph = graph.clone();
    std::rc::Rc::new(move |dys: &[Option<Tensor>]| gradient(&graph, id, dys))
}
