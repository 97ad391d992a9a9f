//! `Update`: what a rule is given to change one variable.

use super::slots::Slots;
use crate::derivatives::GradientSource;
use crate::ops::node_of;
use crate::variables::Variable;
use ferroflow_core::{AttrValue, Error, Op, Result, Tensor};
use ferroflow_graph::Operation;

/// One variable, its gradient, and what belongs to them.
pub struct Update<'a> {
    /// The variable to change.
    pub variable: &'a Variable,
    /// The gradient; of a sparse one, its slices.
    pub gradient: Tensor,
    /// Where the slices of a sparse gradient stand.
    pub indices: Option<Tensor>,
    /// What the rule's [`prepare`](super::Rule::prepare) gave.
    pub prepared: &'a [Tensor],
    /// The optimizer's own variables.
    pub slots: &'a Slots,
    /// Whether variables are locked while they change.
    pub use_locking: bool,
}

/// An input of an op that changes a variable.
pub enum Input<'a> {
    /// The slot of this name.
    Slot(&'a str),
    /// What [`prepare`](super::Rule::prepare) gave at this place, in the variable's dtype.
    Prepared(usize),
    /// The gradient; of a sparse one its slices, then their indices.
    Gradient,
    /// A tensor.
    Tensor(Tensor),
}

impl Update<'_> {
    /// What [`prepare`](super::Rule::prepare) gave at this place, in the variable's dtype.
    ///
    /// # Errors
    /// `Internal` when it gave less.
    pub fn prepared(&self, index: usize) -> Result<Tensor> {
        let Some(tensor) = self.prepared.get(index) else {
            return Err(Error::internal(format!("an optimizer prepared no tensor {index}")));
        };
        crate::cast(tensor, self.variable.dtype().base())
    }

    /// The slot of this name.
    ///
    /// # Errors
    /// `Internal` when there is none.
    pub fn slot(&self, name: &str) -> Result<Variable> {
        self.slots.expect(self.variable, name)
    }

    /// The name of the op that applies a rule to such a variable and such a gradient: `Momentum` gives
    /// `ApplyMomentum`, or, say, `ResourceSparseApplyMomentum`.
    pub fn op_name(&self, rule: &str) -> String {
        let resource = if self.variable.is_resource() { "Resource" } else { "" };
        let sparse = if self.indices.is_some() { "Sparse" } else { "" };
        format!("{resource}{sparse}Apply{rule}")
    }

    /// Applies the op of a rule to the variable and these inputs: the operation, `None` in eager mode.
    ///
    /// # Errors
    /// Those of the op.
    pub fn apply(&self, rule: &str, inputs: &[Input<'_>]) -> Result<Option<Operation>> {
        self.apply_with(rule, inputs, &[])
    }

    /// The same with attributes.
    ///
    /// # Errors
    /// Those of the op.
    pub fn apply_with(
        &self,
        rule: &str,
        inputs: &[Input<'_>],
        attrs: &[(&'static str, AttrValue)],
    ) -> Result<Option<Operation>> {
        let mut tensors = vec![self.variable.source()?];
        for input in inputs {
            match input {
                Input::Slot(name) => tensors.push(self.slot(name)?.source()?),
                Input::Prepared(index) => tensors.push(self.prepared(*index)?),
                Input::Gradient => {
                    tensors.push(self.gradient.clone());
                    tensors.extend(self.indices.clone());
                }
                Input::Tensor(tensor) => tensors.push(tensor.clone()),
            }
        }
        let op_name = self.op_name(rule);
        node_of(&op_name, || {
            let op = tensors.into_iter().fold(Op::named(&op_name), Op::input);
            let mut op = op.attr("use_locking", self.use_locking);
            for (name, value) in attrs {
                op = op.attr(*name, value.clone());
            }
            op.all()
        })
    }
}
