//! `Assigned`: what an op that changes a variable gives back.

use super::{Kind, Variable};
use ferroflow_core::{DType, Evaluator, IntoOperand, NdArray, Operand, PartialShape, Result, Tensor};
use ferroflow_graph::Operation;
use std::fmt;

/// A variable after a change: of a reference variable, the reference that the changing op passes on; of a resource
/// variable, the variable, whose reads wait for the change.
///
/// It can be fetched, evaluated, used as an operand, and named in control dependencies.
#[derive(Clone)]
pub enum Assigned {
    /// The output of the op that changed a reference variable.
    Reference(Tensor),
    /// The resource variable.
    Resource(Variable),
}

impl Assigned {
    /// The operation that changes the variable.
    ///
    /// # Errors
    /// `AttributeError` in eager mode, where it is done.
    pub fn op(&self) -> Result<Operation> {
        match self {
            Assigned::Reference(tensor) => Operation::of(tensor),
            Assigned::Resource(variable) => variable.op(),
        }
    }

    /// The value after the change.
    ///
    /// # Errors
    /// As [`Variable::value`].
    pub fn value(&self) -> Result<Tensor> {
        match self {
            Assigned::Reference(tensor) => Ok(tensor.clone()),
            Assigned::Resource(variable) => variable.value(),
        }
    }

    /// The name: of the op's output, or of the op.
    ///
    /// # Errors
    /// As [`Tensor::name`].
    pub fn name(&self) -> Result<String> {
        match self {
            Assigned::Reference(tensor) => tensor.name(),
            Assigned::Resource(variable) => Ok(variable.name()),
        }
    }

    /// The dtype; a reference type for a reference variable.
    pub fn dtype(&self) -> DType {
        match self {
            Assigned::Reference(tensor) => tensor.dtype(),
            Assigned::Resource(variable) => variable.dtype(),
        }
    }

    /// The shape, as far as known.
    pub fn shape(&self) -> PartialShape {
        match self {
            Assigned::Reference(tensor) => tensor.shape(),
            Assigned::Resource(variable) => variable.shape(),
        }
    }

    /// Makes the change in the default session; gives the value after it.
    ///
    /// # Errors
    /// As [`Tensor::eval`](crate::Tensor::eval).
    pub fn eval(&self) -> Result<NdArray> {
        match self {
            Assigned::Reference(tensor) => tensor.eval(),
            Assigned::Resource(variable) => variable.eval(),
        }
    }

    /// The same in this session.
    ///
    /// # Errors
    /// As [`Tensor::eval_in`](crate::Tensor::eval_in).
    pub fn eval_in(&self, session: &dyn Evaluator) -> Result<NdArray> {
        self.element()?.eval_in(session)
    }

    /// The value in eager mode.
    ///
    /// # Errors
    /// As [`Variable::numpy`].
    pub fn numpy(&self) -> Result<NdArray> {
        match self {
            Assigned::Reference(tensor) => tensor.numpy(),
            Assigned::Resource(variable) => variable.numpy(),
        }
    }

    pub(super) fn element(&self) -> Result<Tensor> {
        match self {
            Assigned::Reference(tensor) => Ok(tensor.clone()),
            Assigned::Resource(variable) => variable.element(),
        }
    }

    pub(super) fn of_resource(variable: ferroflow_v2::Variable) -> Assigned {
        Assigned::Resource(Variable(Kind::Resource(variable)))
    }
}

impl IntoOperand for &Assigned {
    fn into_operand(self) -> Result<Operand> {
        self.value().map(Operand::Tensor)
    }
}

impl IntoOperand for Assigned {
    fn into_operand(self) -> Result<Operand> {
        (&self).into_operand()
    }
}

impl fmt::Debug for Assigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Assigned::Reference(tensor) => fmt::Debug::fmt(tensor, f),
            Assigned::Resource(variable) => fmt::Debug::fmt(variable, f),
        }
    }
}
