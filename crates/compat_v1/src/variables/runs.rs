//! Variables in sessions: fetched, fed, evaluated, loaded; and as operands.

use super::properties::lacks;
use super::{Assigned, Kind, Variable};
use crate::mode::executing_eagerly;
use crate::session::{FeedDict, FeedKey, Fetch, FetchPlan, FetchedValues, Session, get_default_session};
use ferroflow_core::{Evaluator, IntoOperand, NdArray, Operand, Result, bail};
use ferroflow_graph::Operation;
use ferroflow_v2::AsOperation;

impl Variable {
    /// The value in the default session.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode; as [`Tensor::eval`](crate::Tensor::eval).
    pub fn eval(&self) -> Result<NdArray> {
        match &self.0 {
            Kind::Reference(reference) => reference.tensor().eval(),
            Kind::Resource(resource) => resource.eval(),
            Kind::Partitioned(_) => Err(lacks("eval")),
        }
    }

    /// The value in this session.
    ///
    /// # Errors
    /// As [`Tensor::eval_in`](crate::Tensor::eval_in).
    pub fn eval_in(&self, session: &dyn Evaluator) -> Result<NdArray> {
        self.element()?.eval_in(session)
    }

    /// Gives the variable a value in the default session; in eager mode, at once.
    ///
    /// # Errors
    /// `ValueError` without a default session; as [`Variable::load_in`].
    pub fn load(&self, value: impl IntoOperand) -> Result<()> {
        if let (Kind::Resource(resource), true) = (&self.0, executing_eagerly()) {
            return resource.assign(value).map(drop);
        }
        match get_default_session() {
            Some(session) => self.load_in(value, &session),
            None => bail!(
                value,
                "Either session argument should be provided or default session should be established"
            ),
        }
    }

    /// Gives the variable a value in this session, without nodes for it.
    ///
    /// # Errors
    /// As [`Session::run_feed`].
    pub fn load_in(&self, value: impl IntoOperand, session: &Session) -> Result<()> {
        let Some(initializer) = self.initializer()? else {
            bail!(runtime, "This operation is not supported when eager execution is enabled.");
        };
        let Some(assigned) = initializer.inputs().into_iter().nth(1) else {
            bail!(internal, "an initializer assigns nothing");
        };
        session.run_feed(&initializer, FeedDict::new().feed(&assigned, value.into_operand()?))
    }
}

/// Wherever an op takes an operand, a variable stands for its value.
impl IntoOperand for &Variable {
    fn into_operand(self) -> Result<Operand> {
        match &self.0 {
            Kind::Partitioned(whole) => whole.into_operand(),
            _ => self.value().map(Operand::Tensor),
        }
    }
}

impl IntoOperand for Variable {
    fn into_operand(self) -> Result<Operand> {
        (&self).into_operand()
    }
}

impl Fetch for Variable {
    type Output = NdArray;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        plan.fetch(&self.element()?)
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<NdArray> {
        values.array()
    }
}

impl Fetch for Assigned {
    type Output = NdArray;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        plan.fetch(&self.element()?)
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<NdArray> {
        values.array()
    }
}

impl<V: IntoOperand> FeedKey<V> for &Variable {
    fn feed(self, value: V, feeds: &mut FeedDict) {
        match self.element() {
            Ok(tensor) => tensor.feed(value, feeds),
            Err(error) => feeds.fail(error),
        }
    }
}

impl AsOperation for Variable {
    fn as_operation(&self) -> Result<Option<Operation>> {
        match &self.0 {
            Kind::Reference(reference) => Operation::of(&reference.tensor()).map(Some),
            Kind::Resource(resource) => resource.as_operation(),
            Kind::Partitioned(_) => Err(lacks("op")),
        }
    }
}

impl AsOperation for Assigned {
    fn as_operation(&self) -> Result<Option<Operation>> {
        match self {
            Assigned::Reference(tensor) => Operation::of(tensor).map(Some),
            Assigned::Resource(variable) => variable.as_operation(),
        }
    }
}
