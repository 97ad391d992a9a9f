//! Signatures on their way into a SavedModel: functions with named inputs and outputs.

use super::function::{SavedFunction, SavedTrace};
use super::save::{function_of, predict};
use crate::TensorSpec;
use crate::nest::Structure;
use crate::tensor_spec::argument_name;
use crate::trackable::ObjectGraph;
use ferroflow_core::{Error, Op, Result, Tensor, bail, ensure};
use ferroflow_graph::{ArgSpec, call_function, trace};
use ferroflow_proto::tensor_info::Encoding;
use ferroflow_proto::{SignatureDef, TensorInfo, shape_proto};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The attribute under which objects keep the function that is their signature.
const DEFAULT_SIGNATURE: &str = "_default_save_signature";

/// A signature: a trace that calls the function, with its inputs and outputs in the order of their names.
pub(super) struct SignatureFunction {
    pub(super) key: String,
    pub(super) trace: SavedTrace,
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
}

/// The function that is meant where no signature is named: the object's own, or the only one that could be one.
pub(super) fn default_signature(objects: &ObjectGraph<'_>) -> Result<Option<SavedFunction>> {
    let Some(root) = objects.nodes.first() else { return Ok(None) };
    let mut possible = Vec::new();
    for (name, id) in &root.children {
        let Some(function) = objects.nodes.get(*id).and_then(|node| node.function.as_ref()) else { continue };
        if name == DEFAULT_SIGNATURE {
            return Ok(Some(function.clone()));
        }
        let fixed = !function.polymorphic || function.input_signature.is_some();
        if fixed && function.traces.first().is_some_and(|trace| output_names(trace).is_ok()) {
            possible.push(function);
        }
    }
    match possible.as_slice() {
        [only] => Ok(Some((*only).clone())),
        _ => Ok(None),
    }
}

/// The outputs of a trace, by name, with their places among its results.
fn output_names(trace: &SavedTrace) -> Result<BTreeMap<String, usize>> {
    let numbered = |items: &[Structure]| -> Vec<(String, Structure)> {
        items.iter().enumerate().map(|(at, item)| (format!("output_{at}"), item.clone())).collect()
    };
    let named: Vec<(String, Structure)> = match &trace.structure {
        Structure::Dict(items) => items.iter().map(|(key, item)| (key.clone(), item.clone())).collect(),
        Structure::List(items) | Structure::Tuple(items) => numbered(items),
        single => numbered(std::slice::from_ref(single)),
    };
    let mut names = BTreeMap::new();
    for (position, (key, item)) in named.into_iter().enumerate() {
        ensure!(
            item == Structure::Tensor,
            value,
            "Got a dictionary containing non-Tensor value {item:?} for key {key} in the output of the function {} used \
             to generate a SavedModel signature. Dictionaries outputs for functions used as signatures should have one \
             Tensor output per string key.",
            trace.traced.function().name()
        );
        names.insert(key, position);
    }
    Ok(names)
}

/// Makes a signature of a function.
pub(super) fn signature_function(key: &str, function: Option<&SavedFunction>) -> Result<SignatureFunction> {
    let traced = function.filter(|function| {
        !function.polymorphic || function.input_signature.is_some() || function.traces.len() == 1
    });
    let Some(of) = traced.and_then(|function| function.traces.first()) else {
        bail!(
            value,
            "Expected a TensorFlow function for which to generate a signature, but got '{key}'. Only `tf.functions` with \
             an input signature or concrete functions can be used as a signature."
        );
    };
    let names = of.argument_names();
    let mut inputs: BTreeMap<String, (usize, &TensorSpec)> = BTreeMap::new();
    for (position, (name, spec)) in names.iter().zip(&of.specs).enumerate() {
        let before = inputs.insert(name.clone(), (position, spec));
        ensure!(
            before.is_none(),
            value,
            "Got non-flat/non-unique argument names for SavedModel signature '{key}': more than one argument to '{}' was \
             named '{name}'. Signatures have one Tensor per named input, so to have predictable names Python functions \
             used to generate these signatures should avoid *args and Tensors in nested structures unless unique names \
             are specified for each.",
            of.traced.function().name()
        );
    }
    let outputs = output_names(of)?;
    let args: Vec<ArgSpec> = inputs
        .iter()
        .map(|(name, (_, spec))| ArgSpec {
            name: argument_name(name).to_ascii_lowercase(),
            dtype: spec.dtype,
            shape: spec.shape.clone(),
        })
        .collect();
    let traced = trace(&format!("signature_wrapper_{}", argument_name(key)), &args, |args| {
        let mut ordered: Vec<Option<&Tensor>> = vec![None; args.len()];
        for ((position, _), arg) in inputs.values().zip(args) {
            if let Some(slot) = ordered.get_mut(*position) {
                *slot = Some(arg);
            }
        }
        let ordered: Vec<Tensor> = ordered.into_iter().flatten().cloned().collect();
        let results = of.traced.call(&ordered)?;
        let result = |position: &usize| results.get(*position).cloned();
        outputs.values().map(result).collect::<Option<Vec<_>>>().ok_or_else(lost)
    })?;
    let specs = inputs.iter().map(|(name, (_, spec))| (*spec).clone().named(name.as_str())).collect();
    let output = |(name, position): (&String, &usize)| {
        of.outputs.get(*position).map(|spec| spec.clone().named(name.as_str()))
    };
    let fields = outputs.keys().map(|name| (name.clone(), Structure::Tensor)).collect();
    Ok(SignatureFunction {
        key: key.to_string(),
        inputs: inputs.into_keys().collect(),
        trace: SavedTrace {
            traced: Arc::new(traced),
            specs,
            outputs: outputs.iter().map(output).collect::<Option<Vec<_>>>().ok_or_else(lost)?,
            structure: Structure::Dict(fields),
        },
        outputs: outputs.into_keys().collect(),
    })
}

fn lost() -> Error {
    Error::internal("a function has lost an output")
}

impl SignatureFunction {
    /// Adds the placeholders and the call to the graph in force; gives the message, by the signature's key.
    pub(super) fn add_nodes(&self, captured: Vec<Tensor>) -> Result<(String, SignatureDef)> {
        let mut feeds = Vec::new();
        for (name, spec) in self.inputs.iter().zip(&self.trace.specs) {
            let name = format!("{}_{name}", self.key);
            let op = Op::named("Placeholder").attr("dtype", spec.dtype).attr("shape", &spec.shape);
            feeds.push(op.name(crate::models::captures::node_name(&name)).one()?);
        }
        let all: Vec<Tensor> = feeds.iter().cloned().chain(captured).collect();
        let results = call_function(&function_of(&self.trace), &all, self.trace.traced.is_stateful())?;
        let infos = |names: &[String], tensors: &[Tensor], specs: &[TensorSpec]| {
            let info = |((name, tensor), spec): ((&String, &Tensor), &TensorSpec)| {
                let info = TensorInfo {
                    encoding: Some(Encoding::Name(tensor.name()?)),
                    dtype: spec.dtype.number(),
                    tensor_shape: Some(shape_proto::from_partial_shape(&spec.shape)),
                };
                Ok((name.clone(), info))
            };
            names.iter().zip(tensors).zip(specs).map(info).collect::<Result<BTreeMap<_, _>>>()
        };
        let message = SignatureDef {
            inputs: infos(&self.inputs, &feeds, &self.trace.specs)?,
            outputs: infos(&self.outputs, &results, &self.trace.outputs)?,
            method_name: predict(),
            ..SignatureDef::default()
        };
        Ok((self.key.clone(), message))
    }
}
