//! `ConcreteFunction`: a function traced for one input signature.

use super::Arguments;
use crate::{Nest, TensorSpec};
use ferroflow_core::{Error, Result, Tensor, ensure};
use std::fmt;
use std::sync::Arc;

/// A function traced for one input signature. Cloning shares the trace.
pub struct ConcreteFunction<R> {
    pub(crate) traced: Arc<ferroflow_graph::ConcreteFunction>,
    pub(super) specs: Arc<[TensorSpec]>,
    /// What the closure returned while it was traced: the structure of every call's result.
    pub(crate) outputs: Arc<R>,
}

impl<R> Clone for ConcreteFunction<R> {
    fn clone(&self) -> ConcreteFunction<R> {
        ConcreteFunction {
            traced: self.traced.clone(),
            specs: self.specs.clone(),
            outputs: self.outputs.clone(),
        }
    }
}

impl<R: Nest> ConcreteFunction<R> {
    /// Calls the function.
    ///
    /// # Errors
    /// `TypeError` for another number of arguments, `InvalidArgument` for another dtype; what the function's ops
    /// return, with the node that failed.
    pub fn call<M>(&self, args: impl Arguments<M>) -> Result<R> {
        let operands = args.into_operands()?;
        ensure!(
            operands.len() == self.specs.len(),
            type_error,
            "{} takes {} arguments, got {}",
            self.name(),
            self.specs.len(),
            operands.len()
        );
        let tensors = operands.into_iter().zip(self.specs.iter());
        let tensors: Vec<Tensor> = tensors
            .map(|(operand, spec)| match operand {
                ferroflow_core::Operand::Tensor(tensor) => Ok(tensor),
                value => ferroflow_core::convert_to_tensor(value, Some(spec.dtype)),
            })
            .collect::<Result<_>>()?;
        for (index, (tensor, spec)) in tensors.iter().zip(self.specs.iter()).enumerate() {
            let found = tensor.dtype().base();
            if found != spec.dtype {
                return Err(Error::invalid_argument(format!(
                    "cannot compute {} as input #{index}(zero-based) was expected to be a {} tensor but is a {} tensor",
                    self.name(),
                    spec.dtype.cpp_name(),
                    found.cpp_name()
                )));
            }
        }
        self.call_flat(&tensors)
    }

    pub(super) fn call_flat(&self, args: &[Tensor]) -> Result<R> {
        let results = self.traced.call(args)?;
        self.outputs.with_flat(results)
    }

    /// The name that calls of it have in graphs.
    pub fn name(&self) -> &str {
        self.traced.function().name()
    }

    /// What each argument may be.
    pub fn input_signature(&self) -> &[TensorSpec] {
        &self.specs
    }

    /// What is known of the results, in the order of [`Nest::flatten`].
    pub fn output_signature(&self) -> Vec<TensorSpec> {
        self.outputs.to_flat().iter().map(TensorSpec::from_tensor).collect()
    }

    /// The tensors that the function uses from outside and that are passed in every call.
    pub fn captured_inputs(&self) -> &[Tensor] {
        self.traced.captures()
    }

    /// The function's graph.
    ///
    /// # Errors
    /// `Internal` when the trace is lost.
    pub fn graph(&self) -> Result<ferroflow_graph::Graph> {
        Ok(self.traced.function().body()?.graph.clone())
    }
}

impl<R: Nest> fmt::Debug for ConcreteFunction<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs: Vec<String> = self.specs.iter().map(TensorSpec::to_string).collect();
        let outputs: Vec<String> = self.output_signature().iter().map(TensorSpec::to_string).collect();
        write!(f, "<ConcreteFunction ({}) -> {}>", inputs.join(", "), outputs.join(", "))
    }
}
