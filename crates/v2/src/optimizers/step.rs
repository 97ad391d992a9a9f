//! `UpdateRule`: what tells one optimizer from another.

use crate::Variable;
use crate::dtypes::cast;
use crate::math::pow;
use ferroflow_core::{Gradient, IndexedSlices, IntoOperand, Result, Tensor, convert_to_tensor};
use ferroflow_graph::dense;

/// A tensor that a rule keeps, with what it begins with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slot {
    /// The name, which follows the variable's.
    pub name: &'static str,
    /// The value of all elements at first.
    pub initial: f64,
}

impl Slot {
    /// A tensor of zeros.
    pub const fn zeros(name: &'static str) -> Slot {
        Slot { name, initial: 0.0 }
    }
}

/// How a variable changes by a gradient. Implement it for an optimizer of your own:
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::optimizers::{Optimizer, Step, UpdateRule};
/// struct SignDescent;
/// impl UpdateRule for SignDescent {
///     fn name(&self) -> &'static str {
///         "sign_descent"
///     }
///     fn update(&self, step: &Step<'_>) -> tf::Result<()> {
///         step.variable.assign_sub((tf::sign(&step.gradient)? * &step.learning_rate)?).map(drop)
///     }
/// }
/// let w = tf::Variable::new([1.0, -1.0])?;
/// Optimizer::new(SignDescent, 0.25)?.apply_gradients([(Some(tf::constant([9.0, -3.0])?), &w)])?;
/// assert_eq!(w.numpy()?.to_string(), "[ 0.75 -0.75]");
/// # Ok::<(), tf::Error>(())
/// ```
pub trait UpdateRule: Send + Sync + 'static {
    /// The name, under which the optimizer's variables stand: `adam`.
    fn name(&self) -> &'static str;

    /// What the rule keeps for each variable, in the variable's shape.
    fn slots(&self) -> Vec<Slot> {
        Vec::new()
    }

    /// The names under which checkpoints list the slots, in their order: `_momentums` for the slot `momentum`.
    fn lists(&self) -> Vec<String> {
        let list = |slot: Slot| match slot.name.strip_suffix('y') {
            Some(stem) => format!("_{stem}ies"),
            None => format!("_{}s", slot.name),
        };
        self.slots().into_iter().map(list).collect()
    }

    /// How many of the first slots TensorFlow makes for one variable before it turns to the next; the rest is made for
    /// all variables each. It tells in which order [`super::Optimizer::variables`] are.
    fn together(&self) -> usize {
        usize::MAX
    }

    /// What the rule keeps once for all variables: a scalar.
    fn scalar(&self) -> Option<Slot> {
        None
    }

    /// The share of a variable that each step takes off, in units of the learning rate, where the optimizer's
    /// options do not say.
    fn weight_decay(&self) -> Option<f64> {
        None
    }

    /// Called once a step, before variables change, with the number of the step (the first is 1).
    ///
    /// # Errors
    /// Those of its ops.
    fn begin(&self, _number: &Tensor, _scalar: Option<&Variable>) -> Result<()> {
        Ok(())
    }

    /// Changes one variable.
    ///
    /// # Errors
    /// Those of its ops.
    fn update(&self, step: &Step<'_>) -> Result<()>;
}

/// What a rule is given to change one variable.
pub struct Step<'a> {
    /// The variable.
    pub variable: &'a Variable,
    /// Its gradient, in its dtype.
    pub gradient: Tensor,
    /// The learning rate, in the variable's dtype.
    pub learning_rate: Tensor,
    /// The number of the step, `int64`; the first is 1.
    pub number: Tensor,
    /// The variables for [`UpdateRule::slots`], in their order.
    pub slots: &'a [Variable],
    /// The variable for [`UpdateRule::scalar`].
    pub scalar: Option<&'a Variable>,
    /// The gradient as slices, where it came as such.
    pub(super) slices: Option<IndexedSlices>,
}

impl Step<'_> {
    /// A function of the gradient, such as its square. Of slices, as an embedding's gradient has them, it is the sum of the
    /// functions of all slices of a row, and not the function of their sum: so Keras does (seen in 3.15).
    ///
    /// # Errors
    /// Those of the function.
    pub fn of_slices(&self, function: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
        match &self.slices {
            None => function(&self.gradient),
            Some(slices) => {
                let values = function(&slices.values)?;
                dense(Gradient::Slices(IndexedSlices { values, ..slices.clone() }))
            }
        }
    }

    /// A number in the variable's dtype.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn number_of(&self, value: impl IntoOperand) -> Result<Tensor> {
        convert_to_tensor(value, Some(self.variable.dtype()))
    }

    /// A number to the power of the step, as bias corrections want it.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn power(&self, base: f64) -> Result<Tensor> {
        pow(self.number_of(base)?, cast(&self.number, self.variable.dtype())?)
    }
}
