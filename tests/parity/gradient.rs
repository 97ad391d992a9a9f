//! Recorded gradients against the tape's and those of a graph.

use crate::graph::{InGraph, Literals, Route};
use ferroflow_case_harness::eager::{self, Eager};
use ferroflow_case_harness::engine::{Builder, Engine};
use ferroflow_case_harness::gradient::{check_recorded, wanted, weights};
use ferroflow_case_harness::instance::Instance;
use ferroflow_case_harness::report::Outcome;
use ferroflow_core::{Gradient, NdArray, Result, Tensor, constant_node};
use ferroflow_graph::{GradientOptions, GradientTape, UnconnectedGradients, dense, gradients_with};

/// Whether a gradient is recorded for the instance.
pub(crate) fn is_recorded(instance: &Instance<'_>) -> bool {
    !instance.case.grads.is_empty() && instance.failure().is_none() && !instance.is_graph_only()
}

fn outcome(checked: Result<()>) -> Outcome {
    checked.map_or_else(|error| Outcome::Failed(format!("{error:?}")), |()| Outcome::Ok)
}

fn tensors(gradients: Vec<Option<Gradient>>) -> Result<Vec<Option<Tensor>>> {
    gradients.into_iter().map(|gradient| gradient.map(dense).transpose()).collect()
}

/// Outputs into which gradients flow, and those gradients.
fn targets(outputs: &[Tensor], weights: Vec<Option<NdArray>>) -> (Vec<Tensor>, Vec<NdArray>) {
    let pairs = outputs.iter().zip(weights);
    pairs.filter_map(|(output, weight)| Some((output.clone(), weight?))).unzip()
}

/// The op runs eagerly under a tape.
pub(crate) fn tape(instance: &Instance<'_>) -> Outcome {
    eager::reset();
    outcome(check_tape(instance))
}

fn check_tape(instance: &Instance<'_>) -> Result<()> {
    let mut engine = Eager;
    let tape = GradientTape::new();
    let mut builder = Builder::new(&mut engine, instance)?;
    let (args, names) = builder.inputs()?;
    let inputs: Vec<Tensor> = args.iter().flatten().cloned().collect();
    let indices = wanted(instance, &names, &inputs);
    let sources: Vec<Tensor> = indices.iter().map(|&index| inputs[index].clone()).collect();
    if sources.is_empty() {
        return Ok(());
    }
    sources.iter().for_each(|source| tape.watch(source));
    let outputs = builder.apply(args)?;
    let values = outputs.iter().map(|output| output.value().cloned()).collect::<Result<Vec<_>>>()?;
    let (targets, weights) = targets(&outputs, weights(&values)?);
    let weights: Vec<Option<Tensor>> = weights.into_iter().map(|weight| Some(Tensor::from(weight))).collect();
    let found = tape.gradients_with(&targets, &sources, &weights, UnconnectedGradients::None)?;
    for (index, gradient) in indices.into_iter().zip(tensors(found)?) {
        let value = gradient.map(|gradient| gradient.value().cloned()).transpose()?;
        check_recorded(instance, &names[index], value.as_ref())?;
    }
    Ok(())
}

/// The op's node and those of its gradient stand in one graph, whose inputs are fed.
pub(crate) fn graph(instance: &Instance<'_>) -> Outcome {
    outcome(check_graph(instance))
}

fn check_graph(instance: &Instance<'_>) -> Result<()> {
    let mut engine = InGraph::new(Literals::Fed, Route::Direct, 1);
    let mut builder = Builder::new(&mut engine, instance)?;
    let (args, names) = builder.inputs()?;
    let inputs: Vec<Tensor> = args.iter().flatten().cloned().collect();
    let indices = wanted(instance, &names, &inputs);
    let sources: Vec<Tensor> = indices.iter().map(|&index| inputs[index].clone()).collect();
    if sources.is_empty() {
        return Ok(());
    }
    let outputs = builder.apply(args)?;
    // What flows in has the shape of the outputs, which only a run tells.
    let values = engine.fetch(&outputs)?;
    let known: Vec<NdArray> =
        values.iter().map(|value| value.clone().unwrap_or_else(|| NdArray::scalar(false))).collect();
    let (targets, weights) = targets(&outputs, weights(&known)?);
    let found = engine.graph.clone().as_default_scope(|| {
        let grad_ys =
            weights.into_iter().map(|weight| constant_node(weight).map(Some)).collect::<Result<_>>()?;
        tensors(gradients_with(
            &targets,
            &sources,
            &GradientOptions { grad_ys, ..GradientOptions::default() },
        )?)
    })?;
    let present: Vec<Tensor> = found.iter().flatten().cloned().collect();
    let mut values = engine.fetch(&present)?.into_iter();
    for (index, gradient) in indices.into_iter().zip(found) {
        let value = gradient.and_then(|_| values.next().flatten());
        check_recorded(instance, &names[index], value.as_ref())?;
    }
    Ok(())
}
