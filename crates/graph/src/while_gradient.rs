//! The gradient of `While`: the loop keeps what each iteration computed in lists, and another loop takes it from their
//! ends, as TensorFlow's does.

use crate::function_gradient::{Forward, Kept, dependencies, function_of_node, gradient_trace, spread_over};
use crate::node::OutputFacts;
use crate::rewrite::{
    Extension, add_extended, extended_body, facts_of, gradient_dtype, gradient_shape, plainly_in, zeros_for,
};
use crate::trace::call_function;
use crate::{Graph, Node, Port, WhileOptions, call_while};
use ferroflow_core::{AttrValue, DType, NdArray, Op, PartialShape, Result, Tensor, constant_node, ensure};
use std::collections::BTreeSet;

/// The gradients of a loop's inputs from those of its outputs.
pub(crate) fn gradient(graph: &Graph, id: usize, dys: &[Option<Tensor>]) -> Result<Vec<Option<Tensor>>> {
    let node = graph.node(id);
    let inputs: Vec<Tensor> = node.inputs.iter().map(|port| graph.tensor(*port)).collect();
    let function = function_of_node(graph, node.attrs.func("body")?)?;
    let body = function.instance(&node.attrs.func("body")?.attrs)?;
    let forward = Forward::of(&body, &inputs);
    let count = inputs.len();
    ensure!(
        forward.xs.len() == count && forward.ys.len() == count,
        invalid_argument,
        "While '{}' has {count} variables, its body takes {} and gives {}",
        node.name,
        forward.xs.len(),
        forward.ys.len()
    );
    let dtypes: Vec<Option<DType>> = inputs.iter().map(gradient_dtype).collect();
    let flowing = flowing_variables(&forward, dys, &dtypes);
    if flowing.is_empty() {
        return spread_over(&inputs, &[], Vec::new());
    }
    let ys: Vec<Tensor> = flowing.iter().map(|&at| forward.ys[at].clone()).collect();
    let xs: Vec<Tensor> = flowing.iter().map(|&at| forward.xs[at].clone()).collect();
    let shapes: Vec<PartialShape> = xs.iter().map(gradient_shape).collect();
    let grads: Vec<DType> = flowing.iter().filter_map(|&at| dtypes[at]).collect();
    let specs: Vec<(DType, PartialShape)> = grads.iter().copied().zip(shapes.iter().cloned()).collect();
    let trace = gradient_trace(&forward, &specs, &ys, &xs)?;
    let invariants: BTreeSet<usize> = (0..count).filter(|&at| is_invariant(&forward, at)).collect();
    let kept = trace
        .captures()
        .into_iter()
        .map(|tensor| forward.kept(&tensor, &inputs, |at| invariants.contains(&at)));
    let kept: Vec<Kept> = kept.collect::<Result<_>>()?;
    let step = trace.finish(&format!("gradient_of_{}", function.name()), &[])?;

    let saved: Vec<Tensor> = kept.iter().filter_map(Kept::computed).collect();
    keep_in_lists(graph, id, &node, &forward, &saved)?;
    let output = |index: usize| graph.tensor(Port { node: id, index });
    let iterations = output(count);
    let lists: Vec<Tensor> = (0..saved.len()).map(|index| output(count + 1 + index)).collect();

    let mut variables = vec![constant_node(NdArray::scalar(0i32))?];
    variables.extend(lists.iter().cloned());
    for (&at, dtype) in flowing.iter().zip(&grads) {
        variables.push(match dys.get(at).cloned().flatten() {
            Some(dy) => dy,
            None => zeros_for(&output(at), *dtype)?,
        });
    }
    let scalars = vec![PartialShape::scalar(); 1 + lists.len()];
    let options = WhileOptions {
        shape_invariants: Some(scalars.into_iter().chain(shapes.iter().cloned()).collect()),
        ..WhileOptions::default()
    };
    let outputs = call_while(
        &variables,
        |variables| Op::named("Less").input(&variables[0]).input(&iterations).one(),
        |variables| {
            let (head, dys) = variables.split_at(1 + lists.len());
            let next = Op::named("AddV2").input(&head[0]).input(1).one()?;
            let (mut rests, mut values) = (Vec::new(), Vec::new());
            for (list, value) in head[1..].iter().zip(&saved) {
                let [rest, value] = Op::named("TensorListPopBack")
                    .input(list)
                    .input(element_shape(value)?)
                    .attr("element_dtype", value.dtype().base())
                    .outputs()?;
                rests.push(rest);
                values.push(value);
            }
            let mut values = values.into_iter();
            let mut args = dys.to_vec();
            for kept in &kept {
                args.extend(match kept {
                    Kept::Outside(tensor) => Some(tensor.clone()),
                    Kept::Computed(_) => values.next(),
                });
            }
            let dxs = call_function(step.function(), &args, step.is_stateful())?;
            for (dx, shape) in dxs.iter().zip(&shapes) {
                if let Tensor::Symbolic(symbolic) = dx {
                    symbolic.graph().set_output_shape(symbolic.node(), symbolic.index(), shape)?;
                }
            }
            Ok([next].into_iter().chain(rests).chain(dxs).collect())
        },
        &options,
    )?;
    spread_over(&inputs, &flowing, outputs.into_iter().skip(1 + lists.len()).collect())
}

/// The variables through which gradients of the loop's outputs flow, in any iteration.
fn flowing_variables(forward: &Forward, dys: &[Option<Tensor>], dtypes: &[Option<DType>]) -> Vec<usize> {
    let mut flowing: BTreeSet<usize> = BTreeSet::new();
    let given = dys.iter().enumerate().filter(|(_, dy)| dy.is_some()).map(|(at, _)| at);
    let mut pending: Vec<usize> = given.collect();
    while let Some(at) = pending.pop() {
        if dtypes.get(at).copied().flatten().is_some() && flowing.insert(at) {
            pending.extend(dependencies(forward, &forward.ys[at]));
        }
    }
    flowing.into_iter().collect()
}

/// Whether every iteration finds a variable as the one before left it.
fn is_invariant(forward: &Forward, at: usize) -> bool {
    let (Some(mut port), Some(argument)) =
        (forward.graph.port(&forward.ys[at]), forward.graph.port(&forward.xs[at]))
    else {
        return false;
    };
    while port != argument {
        let node = forward.graph.node(port.node);
        match node.inputs.first() {
            Some(&input) if node.op == "Identity" => port = input,
            _ => return false,
        }
    }
    true
}

/// What is known of a value's shape, as lists of such values take it.
fn element_shape(value: &Tensor) -> Result<Tensor> {
    let shape = value.shape();
    let sizes = match shape.dims() {
        None => NdArray::scalar(-1i32),
        Some(dims) => NdArray::vector(
            dims.iter().map(|dim| dim.and_then(|dim| i32::try_from(dim).ok()).unwrap_or(-1)).collect(),
        ),
    };
    constant_node(sizes)
}

/// Gives a loop lists that values of its body are added to, and a count of its iterations; both become outputs.
fn keep_in_lists(graph: &Graph, id: usize, node: &Node, forward: &Forward, saved: &[Tensor]) -> Result<()> {
    let placeholder = |name: &str, dtype: DType| {
        Op::named("Placeholder").attr("dtype", dtype).attr("shape", PartialShape::scalar()).name(name).one()
    };
    let arguments = |graph: &Graph| {
        plainly_in(graph, || {
            let mut arguments = vec![placeholder("iterations", DType::INT32)?];
            for _ in saved {
                arguments.push(placeholder("saved", DType::VARIANT)?);
            }
            Ok(arguments)
        })
    };
    let inner = arguments(&forward.graph)?;
    let results = plainly_in(&forward.graph, || {
        let mut results = vec![Op::named("AddV2").input(&inner[0]).input(1).one()?];
        for (list, value) in inner[1..].iter().zip(saved) {
            let push = Op::named("TensorListPushBack").input(list).input(value);
            results.push(push.attr("element_dtype", value.dtype().base()).one()?);
        }
        Ok(results)
    })?;
    let body = extended_body(&forward.body, &forward.graph, &inner, &results);
    let condition = function_of_node(graph, node.attrs.func("cond")?)?;
    let condition_body = condition.instance(&node.attrs.func("cond")?.attrs)?;
    let condition_graph = condition_body.graph.duplicate();
    let more = arguments(&condition_graph)?;
    let condition_body = extended_body(&condition_body, &condition_graph, &more, &[]);

    let mut inputs = Vec::new();
    let mut outputs = Vec::new();
    plainly_in(graph, || {
        let zero = constant_node(NdArray::scalar(0i32))?;
        inputs.extend(graph.port(&zero));
        outputs.push((DType::INT32, OutputFacts { shape: PartialShape::scalar(), handle: None }));
        for value in saved {
            let dtype = value.dtype().base();
            let list = Op::named("EmptyTensorList")
                .input(element_shape(value)?)
                .input(-1)
                .attr("element_dtype", dtype);
            let list = list.one()?;
            inputs.extend(graph.port(&list));
            outputs.push((DType::VARIANT, facts_of(graph, &list)));
        }
        Ok(())
    })?;
    let types: Vec<DType> = outputs.iter().map(|(dtype, _)| *dtype).collect();
    let mut attrs = vec![
        ("T", AttrValue::Types(node.attrs.dtypes("T")?.iter().copied().chain(types).collect())),
        ("body", add_extended(graph, &*function_of_node(graph, node.attrs.func("body")?)?, body)),
        ("cond", add_extended(graph, &condition, condition_body)),
    ];
    let shapes = node.attrs.shapes("output_shapes").unwrap_or_default().to_vec();
    if !shapes.is_empty() {
        let more = outputs.iter().map(|(_, facts)| facts.shape.clone());
        attrs.push(("output_shapes", AttrValue::Shapes(shapes.into_iter().chain(more).collect())));
    }
    graph.extend_node(id, Extension { op: None, attrs, inputs, outputs });
    Ok(())
}

/// The gradient of a `While` node, for the walk.
pub(crate) fn rule(graph: &Graph, id: usize) -> ferroflow_core::context::Backward {
    let graph = graph.clone();
    std::rc::Rc::new(move |dys: &[Option<Tensor>]| gradient(&graph, id, dys))
}
