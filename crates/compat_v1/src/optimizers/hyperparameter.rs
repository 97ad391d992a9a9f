//! `Hyperparameter`: a learning rate or the like, which may be another at each step.

use crate::mode::executing_eagerly;
use crate::variables::{Assigned, Variable};
use ferroflow_core::{IntoOperand, NdArray, Operand, Result, Tensor};

/// A number that an optimizer is given: a number, a tensor, a variable, or a function of no arguments that gives a
/// tensor. A function is called, and in eager mode a variable is read, at each step.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let step = tf::train::get_or_create_global_step()?;
/// let counted = step.clone();
/// let decaying = move || tf::train::exponential_decay(0.5, &counted, 4, 0.5, false);
/// let w = tf::Variable::new([8.0])?;
/// let train = tf::train::GradientDescentOptimizer::new(decaying)?
///     .minimize_with(&tf::reduce_sum(&w, (), false)?, |o| o.global_step(step.clone()))?;
/// let sess = tf::Session::new()?;
/// sess.run(tf::global_variables_initializer()?)?;
/// sess.run(&train)?;
/// assert_eq!(sess.run(&w)?.as_slice::<f32>()?, [7.5]);
/// # Ok::<(), tf::Error>(())
/// ```
pub struct Hyperparameter(Kind);

enum Kind {
    Given(Result<Operand>),
    Variable(Variable),
    Function(Box<dyn Fn() -> Result<Tensor> + Send + Sync>),
}

impl Hyperparameter {
    /// The same, unless it is the error of a `Result` that was passed on.
    pub(super) fn checked(self) -> Result<Hyperparameter> {
        match self.0 {
            Kind::Given(Err(error)) => Err(error),
            kind => Ok(Hyperparameter(kind)),
        }
    }

    /// The number, as it is now.
    pub(super) fn operand(&self) -> Result<Operand> {
        match &self.0 {
            Kind::Given(operand) => operand.clone(),
            Kind::Variable(variable) => variable.into_operand(),
            Kind::Function(function) => function().map(Operand::Tensor),
        }
    }
}

impl From<Variable> for Hyperparameter {
    fn from(variable: Variable) -> Hyperparameter {
        match executing_eagerly() {
            true => Hyperparameter(Kind::Variable(variable)),
            false => Hyperparameter(Kind::Given(variable.into_operand())),
        }
    }
}

impl From<&Variable> for Hyperparameter {
    fn from(variable: &Variable) -> Hyperparameter {
        variable.clone().into()
    }
}

impl<F: Fn() -> Result<Tensor> + Send + Sync + 'static> From<F> for Hyperparameter {
    fn from(function: F) -> Hyperparameter {
        Hyperparameter(Kind::Function(Box::new(function)))
    }
}

macro_rules! operands {
    ($($ty:ty),*) => {
        $(impl From<$ty> for Hyperparameter {
            fn from(value: $ty) -> Hyperparameter {
                Hyperparameter(Kind::Given(value.into_operand()))
            }
        })*
    };
}

operands!(
    f64,
    f32,
    i32,
    i64,
    ferroflow_core::f16,
    ferroflow_core::bf16,
    NdArray,
    &NdArray,
    Tensor,
    &Tensor,
    Assigned,
    &Assigned,
    Operand,
    Result<Tensor>,
    Result<Operand>
);
