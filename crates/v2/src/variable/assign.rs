//! Changing variables.

use super::{After, Variable};
use ferroflow_core::{Error, IntoOperand, Result, Tensor, bail, context, convert_to_tensor};
use ferroflow_graph::Graph;
use ferroflow_ops_state::{assign_add_variable, assign_sub_variable, assign_variable};
use std::sync::Arc;

impl Variable {
    /// Gives the variable another value; returns the variable as it is after that.
    ///
    /// # Errors
    /// `ValueError` for a tensor of another dtype or a value of another shape, `TypeError` for a literal that cannot
    /// have the dtype.
    pub fn assign(&self, value: impl IntoOperand) -> Result<Variable> {
        let value = self.convert(value)?;
        let shape = value.shape();
        if !self.record.shape.is_compatible_with(&shape) {
            bail!(
                value,
                "Cannot assign value to variable ' {}': Shape mismatch.The variable shape {}, and the assigned value \
                 shape {shape} are incompatible.",
                self.name(),
                self.record.shape
            );
        }
        // A variable whose shape is open takes values of any shape, one after another.
        let fixed = self.record.shape.is_fully_defined();
        self.effect(|| assign_variable(&self.handle, value, fixed))
    }

    /// Adds to the value.
    ///
    /// # Errors
    /// As [`Variable::assign`]; `InvalidArgument` for another shape.
    pub fn assign_add(&self, delta: impl IntoOperand) -> Result<Variable> {
        let delta = self.convert(delta)?;
        self.effect(|| assign_add_variable(&self.handle, delta))
    }

    /// Subtracts from the value.
    ///
    /// # Errors
    /// As [`Variable::assign_add`].
    pub fn assign_sub(&self, delta: impl IntoOperand) -> Result<Variable> {
        let delta = self.convert(delta)?;
        self.effect(|| assign_sub_variable(&self.handle, delta))
    }

    pub(super) fn convert(&self, value: impl IntoOperand) -> Result<Tensor> {
        convert_to_tensor(value, Some(self.record.dtype))
    }

    /// The variable as it is after an op that changes it.
    pub(super) fn effect(&self, change: impl FnOnce() -> Result<Vec<Tensor>>) -> Result<Variable> {
        let graph = match context::current_graph() {
            Some(graph) => Graph::from_handle(&graph),
            None => self.graph().ok(),
        };
        change()?;
        let Some(graph) = graph else {
            return Ok(Variable { unread: true, ..self.clone() });
        };
        // An op without outputs gives no tensor to find its node by: it is the last one of its graph.
        let last = graph.num_nodes().checked_sub(1);
        let operation = graph.operation(last.ok_or_else(|| Error::internal("an assignment made no node"))?);
        let mut unread = Variable {
            after: Some(Arc::new(After { operation: operation.clone(), snapshot: None })),
            unread: true,
            ..self.clone()
        };
        if self.record.nodes.is_some() {
            let snapshot = graph.as_default_scope(|| unread.value())?;
            unread.after = Some(Arc::new(After { operation, snapshot: Some(snapshot) }));
        }
        Ok(unread)
    }
}
