//! `LoadedFunction`: a function of a loaded model, called by position or by the names of its arguments.

use super::nested::Nested;
use super::structure::{Leaf, form, leaves};
use crate::nest::Structure;
use crate::trackable::{Children, Trackable, TrackableKind};
use crate::{Arguments, TensorSpec};
use ferroflow_core::{Error, IntoOperand, NdArray, Operand, Result, Tensor, bail, convert_to_tensor, ensure};
use ferroflow_formats::SignatureRunner;
use ferroflow_graph::ConcreteFunction;
use ferroflow_proto::SavedConcreteFunction;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A function or signature of a loaded model: one trace, or several among which the arguments choose.
#[derive(Clone)]
pub struct LoadedFunction {
    name: String,
    body: Body,
}

#[derive(Clone)]
enum Body {
    Traces(Arc<[LoadedTrace]>),
    /// A signature of a model without objects, which runs in a session.
    Runner(Arc<SignatureRunner>),
}

/// A trace, with what its arguments are called.
#[derive(Clone)]
pub(super) struct LoadedTrace {
    function: Arc<ConcreteFunction>,
    arguments: Vec<(String, TensorSpec)>,
    outputs: Structure,
    output_specs: Vec<(Option<String>, TensorSpec)>,
    /// Whether arguments that are no tensors have the values that stand for nothing.
    idle: bool,
}

impl LoadedTrace {
    pub(super) fn new(
        function: ConcreteFunction,
        message: &SavedConcreteFunction,
        keywords: &[String],
    ) -> Result<LoadedTrace> {
        let mut found = Vec::new();
        if let Some(signature) = &message.canonicalized_input_signature {
            leaves(signature, &mut found)?;
        }
        let mut idle = true;
        let mut arguments = Vec::new();
        for (key, leaf) in found {
            match leaf {
                Leaf::Other { idle: stands_for_nothing } => idle &= stands_for_nothing,
                Leaf::Tensor(spec) => {
                    let at = arguments.len();
                    let name = key.or_else(|| keywords.get(at).cloned()).or_else(|| spec.name.clone());
                    arguments.push((name.unwrap_or_else(|| format!("args_{at}")), spec));
                }
            }
        }
        ensure!(
            arguments.len() == function.num_args(),
            invalid_argument,
            "function {} takes {} arguments, where the model says {}",
            function.function().name(),
            function.num_args(),
            arguments.len()
        );
        let signature = message.output_signature.clone().unwrap_or_default();
        let mut found = Vec::new();
        leaves(&signature, &mut found)?;
        let output_specs = found.into_iter().filter_map(|(key, leaf)| match leaf {
            Leaf::Tensor(spec) => Some((key, spec)),
            Leaf::Other { .. } => None,
        });
        Ok(LoadedTrace {
            function: Arc::new(function),
            arguments,
            outputs: form(&signature)?,
            output_specs: output_specs.collect(),
            idle,
        })
    }

    fn takes(&self, args: &[Tensor]) -> bool {
        args.len() == self.arguments.len()
            && self.arguments.iter().zip(args).all(|((_, spec), arg)| spec.is_compatible_with(arg))
    }
}

impl LoadedFunction {
    pub(super) fn of_traces(name: &str, traces: Vec<LoadedTrace>) -> LoadedFunction {
        LoadedFunction { name: name.to_string(), body: Body::Traces(traces.into()) }
    }

    pub(super) fn of_runner(name: &str, runner: SignatureRunner) -> LoadedFunction {
        LoadedFunction { name: name.to_string(), body: Body::Runner(Arc::new(runner)) }
    }

    /// The name: a signature's key, or the way to a function from the root (`layer.call`).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tensors that the first trace takes, by name (`structured_input_signature`).
    ///
    /// # Errors
    /// `ValueError` for a function without traces.
    pub fn inputs(&self) -> Result<Vec<(String, TensorSpec)>> {
        match &self.body {
            Body::Traces(traces) => Ok(self.first(traces)?.arguments.clone()),
            Body::Runner(runner) => Ok(specs(&runner.signature().inputs)),
        }
    }

    /// What is known of the tensors that the first trace gives, with the keys of those in dictionaries.
    ///
    /// # Errors
    /// `ValueError` for a function without traces.
    pub fn outputs(&self) -> Result<Vec<(Option<String>, TensorSpec)>> {
        match &self.body {
            Body::Traces(traces) => Ok(self.first(traces)?.output_specs.clone()),
            Body::Runner(runner) => Ok(specs(&runner.signature().outputs)
                .into_iter()
                .map(|(name, spec)| (Some(name), spec))
                .collect()),
        }
    }

    fn first<'t>(&self, traces: &'t [LoadedTrace]) -> Result<&'t LoadedTrace> {
        traces.first().ok_or_else(|| Error::value("Found zero restored functions for caller function."))
    }

    /// Calls the function with its tensors in order: the trace that they fit, eagerly or in the graph in force. Arguments
    /// that are no tensors, such as `training`, are left out: a trace in which they are `False` or `None` is preferred.
    ///
    /// # Errors
    /// `ValueError` when there is no trace for such arguments, with those there are; what the function's ops return.
    pub fn call<M>(&self, args: impl Arguments<M>) -> Result<Nested> {
        let operands = args.into_operands()?;
        match &self.body {
            Body::Runner(runner) => {
                let names = runner.signature().inputs.keys();
                let named: Vec<(String, Operand)> = names.cloned().zip(operands).collect();
                let results = self.run(runner, named)?;
                Ok(Nested::Dict(
                    results.into_iter().map(|(key, value)| (key, Nested::Tensor(value))).collect(),
                ))
            }
            Body::Traces(traces) => {
                let specs = traces.first().map(|trace| trace.arguments.as_slice()).unwrap_or_default();
                let tensors = operands.into_iter().enumerate().map(|(at, operand)| match operand {
                    Operand::Tensor(tensor) => Ok(tensor),
                    value => convert_to_tensor(value, specs.get(at).map(|(_, spec)| spec.dtype)),
                });
                let tensors: Vec<Tensor> = tensors.collect::<Result<_>>()?;
                self.call_tensors(traces, &tensors)
            }
        }
    }

    fn call_tensors(&self, traces: &[LoadedTrace], args: &[Tensor]) -> Result<Nested> {
        self.first(traces)?;
        let mut fitting = traces.iter().filter(|trace| trace.takes(args));
        let first = fitting.next();
        let chosen = first.into_iter().chain(fitting).find(|trace| trace.idle).or(first);
        let Some(trace) = chosen else { return Err(self.no_trace(traces, args)) };
        let results = trace.function.call(args)?;
        Nested::build(&trace.outputs, &mut results.into_iter())
    }

    fn no_trace(&self, traces: &[LoadedTrace], args: &[Tensor]) -> Error {
        let listed = |items: Vec<String>| {
            format!("Positional arguments ({} total):\n    * {}", items.len(), items.join("\n    * "))
        };
        let options = traces.iter().enumerate().map(|(at, trace)| {
            let specs = trace.arguments.iter().map(|(_, spec)| spec.to_string()).collect();
            format!("Option {}:\n  {}\n  Keyword arguments: {{}}", at + 1, listed(specs))
        });
        let given = args.iter().map(|arg| TensorSpec::from_tensor(arg).to_string()).collect();
        Error::value(format!(
            "Could not find matching concrete function to call loaded from the SavedModel. Got:\n  {}\n  Keyword \
             arguments: {{}}\n\n Expected these arguments to match one of the following {} option(s):\n\n{}",
            listed(given),
            traces.len(),
            options.collect::<Vec<_>>().join("\n\n")
        ))
    }

    /// Calls the function with tensors by name, as signatures are called; gives the results by name. Numbers and arrays
    /// take the dtype of the argument.
    ///
    /// # Errors
    /// `TypeError` for an argument that is missing, unknown or given twice, or of another dtype or shape; what the
    /// function's ops return.
    pub fn call_named<N: AsRef<str>, V: IntoOperand>(
        &self,
        args: impl IntoIterator<Item = (N, V)>,
    ) -> Result<BTreeMap<String, Tensor>> {
        let mut given: Vec<(String, Operand)> = Vec::new();
        for (name, value) in args {
            given.push((name.as_ref().to_string(), value.into_operand()?));
        }
        let traces = match &self.body {
            Body::Runner(runner) => return self.run(runner, given),
            Body::Traces(traces) => traces,
        };
        let trace = self.first(traces)?;
        let wanted =
            || trace.arguments.iter().map(|(name, _)| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        let mut tensors = Vec::new();
        for (name, spec) in &trace.arguments {
            let position = given.iter().position(|(found, _)| found == name);
            let Some(position) = position else {
                bail!(
                    type_error,
                    "Binding inputs to tf.function failed due to `missing a required argument: '{name}'`. The function \
                     takes: {}",
                    wanted()
                );
            };
            let tensor = match given.swap_remove(position).1 {
                Operand::Tensor(tensor) => tensor,
                value => convert_to_tensor(value, Some(spec.dtype))?,
            };
            ensure!(
                spec.is_compatible_with(&tensor),
                type_error,
                "Binding inputs to tf.function failed due to `Can not cast {} to {}`.",
                TensorSpec::from_tensor(&tensor),
                TensorSpec { name: None, ..spec.clone() }
            );
            tensors.push(tensor);
        }
        if let Some((name, _)) = given.first() {
            bail!(
                type_error,
                "Binding inputs to tf.function failed due to `got an unexpected keyword argument '{name}'`. The function \
                 takes: {}",
                wanted()
            );
        }
        let results = trace.function.call(&tensors)?;
        let names = trace.output_specs.iter().enumerate();
        let names = names.map(|(at, (key, _))| key.clone().unwrap_or_else(|| format!("output_{at}")));
        Ok(names.zip(results).collect())
    }

    fn run(
        &self,
        runner: &SignatureRunner,
        args: Vec<(String, Operand)>,
    ) -> Result<BTreeMap<String, Tensor>> {
        let mut arrays: Vec<(String, NdArray)> = Vec::new();
        for (name, operand) in args {
            let dtype = runner.input(&name)?.dtype;
            arrays.push((name, convert_to_tensor(operand, dtype)?.numpy()?));
        }
        let results = runner.call(arrays)?;
        results.into_iter().map(|(key, value)| Ok((key, convert_to_tensor(value, None)?))).collect()
    }
}

fn specs(infos: &BTreeMap<String, ferroflow_formats::TensorInfo>) -> Vec<(String, TensorSpec)> {
    let spec = |(name, info): (&String, &ferroflow_formats::TensorInfo)| {
        let dtype = info.dtype.unwrap_or(ferroflow_core::DType::FLOAT32);
        (name.clone(), TensorSpec::new(info.shape.clone(), dtype).named(name.as_str()))
    };
    infos.iter().map(spec).collect()
}

impl fmt::Debug for LoadedFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs = self.inputs().unwrap_or_default();
        let inputs: Vec<String> = inputs.iter().map(|(_, spec)| spec.to_string()).collect();
        write!(f, "<LoadedFunction {} ({})>", self.name, inputs.join(", "))
    }
}

/// Checkpoints pass over functions.
impl Trackable for LoadedFunction {
    fn children<'a>(&'a self, _children: &mut Children<'a>) {}

    fn kind(&self) -> TrackableKind {
        TrackableKind::Function
    }

    fn as_function(&self) -> Result<Option<super::SavedFunction>> {
        let Body::Traces(traces) = &self.body else {
            bail!(unimplemented, "saving a signature of a model without objects again: '{}'", self.name)
        };
        let saved = |trace: &LoadedTrace| super::function::SavedTrace {
            traced: trace.function.clone(),
            specs: trace.arguments.iter().map(|(name, spec)| spec.clone().named(name.as_str())).collect(),
            outputs: trace.output_specs.iter().map(|(_, spec)| spec.clone()).collect(),
            structure: trace.outputs.clone(),
        };
        let traces: Vec<_> = traces.iter().map(saved).collect();
        let polymorphic = traces.len() != 1;
        Ok(Some(super::SavedFunction { traces, input_signature: None, polymorphic }))
    }
}
