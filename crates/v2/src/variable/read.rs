//! Reading variables.

use super::Variable;
use ferroflow_core::{
    Error, IntoOperand, NdArray, Operand, ResourceHandle, Result, Tensor, VariableResource, bail, context,
};
use ferroflow_graph::Graph;
use ferroflow_ops_array::identity;
use ferroflow_ops_state::{read_variable, var_is_initialized};
use std::sync::Arc;

impl Variable {
    /// The value as an array that shares the variable's memory until the next assignment, which leaves it as it is.
    ///
    /// # Errors
    /// `NotImplementedError` in a graph, within a traced function too; `FailedPrecondition` for a variable without
    /// a value.
    pub fn numpy(&self) -> Result<NdArray> {
        if !self.handle.is_eager() || !context::executing_eagerly() {
            bail!(not_implemented, "numpy() is only available when eager execution is enabled.");
        }
        match self.resource()?.value() {
            Some(value) => Ok(value),
            None => self.value()?.numpy(),
        }
    }

    /// The storage of a variable made in eager code.
    pub(super) fn resource(&self) -> Result<Arc<VariableResource>> {
        let handle = self.handle.value()?.as_slice::<ResourceHandle>()?.first();
        let handle = handle.ok_or_else(|| Error::internal("the variable has no handle"))?;
        handle.lookup::<VariableResource>(&context::eager_env().resources)
    }

    /// The value, as a tensor.
    ///
    /// # Errors
    /// `FailedPrecondition` for a variable without a value.
    pub fn value(&self) -> Result<Tensor> {
        let read = || read_variable(&self.handle, self.record.dtype);
        let value = match (&self.after, Graph::current()) {
            (Some(after), Some(graph)) if *after.operation.graph() == graph => {
                graph.control_dependencies(Some(std::slice::from_ref(&after.operation)), read)
            }
            _ => read(),
        }?;
        if let Tensor::Symbolic(symbolic) = &value {
            symbolic.graph().set_output_shape(symbolic.node(), symbolic.index(), &self.record.shape)?;
        }
        Ok(value)
    }

    /// The value at this point of the program, which later assignments leave as it is.
    ///
    /// # Errors
    /// As [`Variable::value`].
    pub fn read_value(&self) -> Result<Tensor> {
        let value = context::with_name("Read", || context::name_scope("Read", || self.value()))?;
        identity(value)
    }

    /// Whether the variable has a value.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn is_initialized(&self) -> Result<Tensor> {
        var_is_initialized(&self.handle)
    }

    /// The value of a variable of a graph in the default session.
    ///
    /// # Errors
    /// `RuntimeError` for a variable made in eager code; what the run returns.
    pub fn eval(&self) -> Result<NdArray> {
        if self.record.nodes.is_none() {
            bail!(runtime, "This operation is not supported when eager execution is enabled.");
        }
        self.snapshot()?.eval()
    }
}

/// Wherever an op takes an operand, a variable stands for its value.
impl IntoOperand for &Variable {
    fn into_operand(self) -> Result<Operand> {
        self.value().map(Operand::Tensor)
    }
}

impl IntoOperand for Variable {
    fn into_operand(self) -> Result<Operand> {
        (&self).into_operand()
    }
}
