//! What an optimizer keeps for the variables that it changes.

use super::{OptimizerOptions, Slot, UpdateRule};
use crate::Variable;
use crate::utils::unique_name;
use ferroflow_core::{DType, Error, Result, convert_to_tensor, ensure};

/// What an optimizer keeps, made at its first step.
pub(super) struct State {
    parts: Vec<Parts>,
    pub(super) scalar: Option<Variable>,
}

/// What is kept for one variable.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) variable: Variable,
    pub(super) slots: Vec<Variable>,
    /// The moving average of the variable.
    pub(super) average: Option<Variable>,
    /// The sum of the gradients since the last step that changed the variable.
    pub(super) accumulated: Option<Variable>,
}

impl State {
    /// State for these variables, which are all that the optimizer will ever change.
    pub(super) fn new(
        rule: &dyn UpdateRule,
        options: &OptimizerOptions,
        name: &str,
        variables: &[Variable],
    ) -> Result<State> {
        let slot = |variable: &Variable, slot: Slot| slot_variable(name, variable, slot);
        let wanted = |wanted: bool, variable: &Variable, name: &'static str| {
            wanted.then(|| slot(variable, Slot::zeros(name))).transpose()
        };
        let averages = variables
            .iter()
            .map(|variable| wanted(options.use_ema, variable, "average"))
            .collect::<Result<Vec<_>>>()?;
        let sums = variables
            .iter()
            .map(|variable| {
                wanted(options.gradient_accumulation_steps.is_some(), variable, "gradient_accumulator")
            })
            .collect::<Result<Vec<_>>>()?;
        let mut parts = Vec::new();
        for ((variable, average), accumulated) in variables.iter().zip(averages).zip(sums) {
            let slots = rule.slots().into_iter().map(|kept| slot(variable, kept)).collect::<Result<_>>()?;
            parts.push(Parts { variable: variable.clone(), slots, average, accumulated });
        }
        let dtype = variables.first().map_or(DType::FLOAT32, Variable::dtype);
        let scalar = rule.scalar().map(|kept| {
            let initial = || convert_to_tensor(kept.initial, Some(dtype));
            // Keras gives it no name of its own.
            Variable::from_fn(initial, |o| {
                o.name(format!("{name}/{}", unique_name("variable"))).trainable(false)
            })
        });
        Ok(State { parts, scalar: scalar.transpose()? })
    }

    /// What is kept for a variable, which most often stands at the same position in every step.
    pub(super) fn parts(&self, position: usize, variable: &Variable) -> Result<&Parts> {
        let expected = self.parts.get(position).filter(|parts| parts.variable.is_same(variable));
        let found = expected.or_else(|| self.parts.iter().find(|parts| parts.variable.is_same(variable)));
        found.ok_or_else(|| {
            Error::value(format!(
                "Unknown variable: {variable:?}. This optimizer can only be called for the variables it was \
                 originally built with. When working with a new set of variables, you should recreate a new \
                 optimizer instance."
            ))
        })
    }

    pub(super) fn all(&self) -> &[Parts] {
        &self.parts
    }

    /// Every variable kept, in the order in which TensorFlow makes them: of the rule's slots, the first `together` for
    /// one variable after the other, then each of the rest for all.
    pub(super) fn variables(&self, together: usize) -> Vec<Variable> {
        let (averages, sums) = (self.averages(), self.accumulated());
        let first = self.parts.iter().flat_map(|parts| parts.slots.iter().take(together).cloned());
        let count = self.parts.first().map_or(0, |parts| parts.slots.len());
        let rest = (together..count).flat_map(|slot| self.slot(slot));
        averages.into_iter().chain(sums).chain(first).chain(rest).chain(self.scalar.clone()).collect()
    }

    /// The variables that are changed.
    pub(super) fn targets(&self) -> Vec<Variable> {
        self.parts.iter().map(|parts| parts.variable.clone()).collect()
    }

    /// The moving averages.
    pub(super) fn averages(&self) -> Vec<Variable> {
        self.parts.iter().filter_map(|parts| parts.average.clone()).collect()
    }

    /// The sums of gradients.
    pub(super) fn accumulated(&self) -> Vec<Variable> {
        self.parts.iter().filter_map(|parts| parts.accumulated.clone()).collect()
    }

    /// One slot of all variables.
    pub(super) fn slot(&self, index: usize) -> Vec<Variable> {
        self.parts.iter().filter_map(|parts| parts.slots.get(index).cloned()).collect()
    }
}

fn slot_variable(optimizer: &str, variable: &Variable, slot: Slot) -> Result<Variable> {
    let shape = variable.shape().to_shape();
    let Some(shape) = shape else {
        ferroflow_core::bail!(
            value,
            "Cannot make the optimizer variable '{}' for {variable:?}: its shape is not fixed",
            slot.name
        )
    };
    ensure!(
        variable.dtype().is_floating(),
        value,
        "An optimizer changes floating-point variables, not {variable:?}"
    );
    let initial = || {
        let value = convert_to_tensor(slot.initial, Some(variable.dtype()))?;
        crate::fill(shape.to_i64(), value)
    };
    let of = variable.reference_name();
    Variable::from_fn(initial, |o| o.name(format!("{optimizer}/{of}_{}", slot.name)).trainable(false))
}
