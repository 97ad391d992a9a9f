//! Running means of variables.

use super::slots::{lifted, slot_of_value};
use crate::mode::{executing_eagerly, facade};
use crate::ops::group;
use crate::scopes::{get_variable_scope, get_variable_with, variable_scope};
use crate::variables::{Assigned, Variable, global_variables, moving_average_variables, trainable_variables};
use ferroflow_core::{
    DType, Error, IntoOperand, Operand, PartialShape, Result, Tensor, bail, context, convert_to_tensor,
    options,
};
use ferroflow_graph::Operation;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

options! {
    /// Optional arguments of [`ExponentialMovingAverage::new_with`].
    pub struct ExponentialMovingAverageOptions {
        /// How often averages have moved: while that is few, they move faster.
        num_updates: Option<Tensor> = None,
        /// Whether averages of tensors are corrected for having begun with zeros.
        zero_debias: bool = false,
        /// The name.
        name: String = "ExponentialMovingAverage".to_string(),
    }
}

/// What has an average: a variable or a tensor.
#[derive(Clone, Debug)]
pub enum Averaged {
    /// A variable.
    Variable(Variable),
    /// A tensor.
    Tensor(Tensor),
}

impl From<&Variable> for Averaged {
    fn from(variable: &Variable) -> Averaged {
        Averaged::Variable(variable.clone())
    }
}

impl From<&Tensor> for Averaged {
    fn from(tensor: &Tensor) -> Averaged {
        Averaged::Tensor(tensor.clone())
    }
}

impl Averaged {
    fn is_same(&self, other: &Averaged) -> bool {
        match (self, other) {
            (Averaged::Variable(a), Averaged::Variable(b)) => a.is_same(b),
            (Averaged::Tensor(a), Averaged::Tensor(b)) => a.is_same(b),
            _ => false,
        }
    }

    fn name(&self) -> Result<String> {
        match self {
            Averaged::Variable(variable) => Ok(variable.name()),
            Averaged::Tensor(tensor) => tensor.name(),
        }
    }

    fn dtype(&self) -> DType {
        match self {
            Averaged::Variable(variable) => variable.dtype().base(),
            Averaged::Tensor(tensor) => tensor.dtype().base(),
        }
    }

    fn value(&self) -> Result<Tensor> {
        match self {
            Averaged::Variable(variable) => variable.value(),
            Averaged::Tensor(tensor) => Ok(tensor.clone()),
        }
    }
}

/// Running means of variables and tensors, which give more weight to what came late.
///
/// Source: `tf.compat.v1.train.ExponentialMovingAverage`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let v = tf::Variable::new_with(1.0, |o| o.name("v"))?;
/// let ema = tf::train::ExponentialMovingAverage::new(0.75)?;
/// let update = ema.apply(&[(&v).into()])?;
/// let sess = tf::Session::new()?;
/// sess.run(tf::global_variables_initializer()?)?;
/// sess.run(v.assign(5.0)?.op()?)?;
/// sess.run(&update)?;
/// let average = ema.average(&v).unwrap();
/// assert_eq!(average.name(), "v/ExponentialMovingAverage:0");
/// assert_eq!(sess.run(&average)?.item::<f32>()?, 2.0);
/// # Ok::<(), tf::Error>(())
/// ```
pub struct ExponentialMovingAverage {
    decay: Operand,
    options: ExponentialMovingAverageOptions,
    averages: Mutex<Vec<(Averaged, Variable)>>,
}

impl ExponentialMovingAverage {
    /// Averages that keep this much of themselves in each update.
    ///
    /// # Errors
    /// The error of a `Result` that is passed on.
    pub fn new(decay: impl IntoOperand) -> Result<ExponentialMovingAverage> {
        ExponentialMovingAverage::new_with(decay, |o| o)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// As [`ExponentialMovingAverage::new`].
    pub fn new_with(
        decay: impl IntoOperand,
        options: impl FnOnce(ExponentialMovingAverageOptions) -> ExponentialMovingAverageOptions,
    ) -> Result<ExponentialMovingAverage> {
        let options = options(ExponentialMovingAverageOptions::default());
        Ok(ExponentialMovingAverage { decay: decay.into_operand()?, options, averages: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Averaged, Variable)>> {
        self.averages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.options.name
    }

    /// An operation that moves the averages of all trainable variables.
    ///
    /// # Errors
    /// As [`ExponentialMovingAverage::apply`].
    pub fn apply_to_trainable(&self) -> Result<Operation> {
        self.apply(&trainable_variables().iter().map(Averaged::from).collect::<Vec<_>>())
    }

    /// An operation that moves the averages of these variables and tensors; those that have none get one.
    ///
    /// # Errors
    /// `TypeError` for what is no float; `Unimplemented` in eager mode.
    pub fn apply(&self, var_list: &[Averaged]) -> Result<Operation> {
        if executing_eagerly() {
            bail!(unimplemented, "ExponentialMovingAverage in eager mode is not supported");
        }
        let floats = [DType::BFLOAT16, DType::HALF, DType::FLOAT32, DType::FLOAT64];
        facade(|| {
            let mut debiased: Vec<Variable> = Vec::new();
            for of in var_list {
                if !floats.contains(&of.dtype()) {
                    bail!(type_error, "The variables must be half, float, or double: {}", of.name()?);
                }
                if self.average(of.clone()).is_some() {
                    continue;
                }
                let average = lifted(|| self.made(of))?;
                if self.options.zero_debias && matches!(of, Averaged::Tensor(_)) {
                    debiased.push(average.clone());
                }
                self.lock().push((of.clone(), average));
            }
            let updates = context::name_scope_for_op(&self.options.name, |scope| {
                let mut decay = context::with_name("decay", || {
                    convert_to_tensor(self.decay.clone(), Some(DType::FLOAT32))
                })?;
                if let Some(updates) = &self.options.num_updates {
                    let updates = context::with_name("num_updates", || crate::cast(updates, DType::FLOAT32))?;
                    let least = ((1.0 + &updates)? / (10.0 + &updates)?)?;
                    decay = ferroflow_ops_math::minimum(decay, least)?;
                }
                let mut updates = Vec::with_capacity(var_list.len());
                for of in var_list {
                    let Some(average) = self.average(of.clone()) else {
                        return Err(Error::internal("an average was not made"));
                    };
                    let debias = debiased.iter().any(|variable| variable.is_same(&average));
                    updates.push(moved(&average, of, &decay, debias)?.op()?);
                }
                group(updates, &scope)
            })?;
            updates.ok_or_else(|| Error::internal("a graph gives no operation"))
        })
    }

    fn made(&self, of: &Averaged) -> Result<Variable> {
        match of {
            Averaged::Variable(variable) => {
                let graph = variable.graph()?;
                let initial = graph.device(variable.device(), || variable.initialized_value())?;
                let average = slot_of_value(variable, &initial, &self.options.name)?;
                graph.add_to_collection("moving_average_variables", variable.to_item())?;
                Ok(average)
            }
            Averaged::Tensor(tensor) => tensor_average(tensor, &self.options.name),
        }
    }

    /// The average of a variable or tensor, if it has one.
    pub fn average(&self, of: impl Into<Averaged>) -> Option<Variable> {
        let of = of.into();
        self.lock().iter().find(|(averaged, _)| averaged.is_same(&of)).map(|(_, average)| average.clone())
    }

    /// The name of the average of a variable or tensor, which need not have one yet.
    ///
    /// # Errors
    /// As [`Tensor::name`].
    pub fn average_name(&self, of: impl Into<Averaged>) -> Result<String> {
        let of = of.into();
        let bare = |name: String| name.trim_end_matches(":0").to_string();
        match self.average(of.clone()) {
            Some(average) => Ok(bare(average.name())),
            None => {
                let name = format!("{}/{}", bare(of.name()?), self.options.name);
                Ok(crate::mode::get_default_graph().unique_name(&name, false))
            }
        }
    }

    /// Under which name to restore each variable: those that are averaged from their averages, the others as they are.
    ///
    /// By default the trainable variables and those that have averages are averaged.
    ///
    /// # Errors
    /// As [`ExponentialMovingAverage::average_name`].
    pub fn variables_to_restore(
        &self,
        moving_avg_variables: Option<&[Variable]>,
    ) -> Result<BTreeMap<String, Variable>> {
        let averaged = match moving_avg_variables {
            Some(given) => given.to_vec(),
            None => [trainable_variables(), moving_average_variables()].concat(),
        };
        let mut names = BTreeMap::new();
        for variable in &averaged {
            names.insert(self.average_name(variable)?, variable.clone());
        }
        for variable in global_variables() {
            let name = variable.name().trim_end_matches(":0").to_string();
            if !averaged.iter().any(|other| other.name() == variable.name()) {
                names.entry(name).or_insert(variable);
            }
        }
        Ok(names)
    }
}

/// The average of a tensor begins with zeros; it is a variable under the name of the tensor's node.
fn tensor_average(tensor: &Tensor, name: &str) -> Result<Variable> {
    let operation = Operation::of(tensor)?;
    let shape = tensor.shape();
    let scope = format!("{}/{name}", operation.name());
    crate::scopes::variable_scope_with(
        (),
        |o| o.default_name(scope),
        |_| {
            let initial = crate::initializers::zeros_initializer();
            get_variable_with("", |o| {
                o.initializer(initial).trainable(false).shape(shape).dtype(tensor.dtype().base())
            })
        },
    )
}

/// Moves an average: `average -= (1 - decay) * (average - value)`.
fn moved(average: &Variable, of: &Averaged, decay: &Tensor, zero_debias: bool) -> Result<Assigned> {
    context::name_scope_for_op("AssignMovingAvg", |scope| {
        let rest = (1.0 - decay)?;
        let dtype = average.dtype().base();
        let rest = if rest.dtype() == dtype { rest } else { crate::cast(rest, dtype)? };
        if zero_debias {
            return debiased(average, of, &rest, &scope);
        }
        let step = ((average.value()? - of.value()?)? * rest)?;
        match average.as_resource() {
            Some(_) => average.assign_sub(step),
            None => context::with_name(&scope, || average.assign_sub(step)),
        }
    })
}

/// Moves an average that began with zeros, and corrects it for that.
fn debiased(average: &Variable, of: &Averaged, rest: &Tensor, scope: &str) -> Result<Assigned> {
    let name = average.name().trim_end_matches(":0").to_string();
    let zeros = crate::initializers::zeros_initializer;
    let operation = average.op()?;
    let graph = operation.graph().clone();
    let dtype = average.dtype().base();
    let (biased, steps) = variable_scope(name.as_str(), |_| {
        graph.colocate_with(&operation, || {
            let make = |name: &str, shape: PartialShape| {
                get_variable_with(&unused(name), |o| {
                    o.initializer(zeros()).trainable(false).shape(shape).dtype(dtype)
                })
            };
            Ok((make("biased", average.shape())?, make("local_step", PartialShape::scalar())?))
        })
    })?;
    let step = ((biased.value()? - of.value()?)? * rest)?;
    let moved = biased.assign_sub(step)?.value()?;
    let counted = steps.assign_add(1.0)?.value()?;
    let factor = (1.0 - ferroflow_ops_math::pow((1.0 - rest)?, counted)?)?;
    let corrected = (moved / factor)?;
    context::with_name(scope, || crate::assign(average, corrected))
}

/// The name, or it with a number, that no variable of the open scope has.
fn unused(name: &str) -> String {
    let scope = get_variable_scope();
    let taken: Vec<String> = scope.global_variables().iter().map(Variable::name).collect();
    let is_taken = |name: &str| taken.contains(&format!("{}/{name}:0", scope.name()));
    if !is_taken(name) {
        return name.to_string();
    }
    let numbered = (1..).map(|number| format!("{name}_{number}"));
    numbered.into_iter().find(|name| !is_taken(name)).unwrap_or_default()
}
