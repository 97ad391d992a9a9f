//! The variables that an optimizer keeps: some for each variable it changes, and some for itself.

use crate::initializers::{Initializer, zeros_initializer};
use crate::mode::{executing_eagerly, get_default_graph};
use crate::ops::colocate_with;
use crate::scopes::{get_variable_with, variable_scope_with};
use crate::variables::{GivenShape, SliceInfo, Variable};
use ferroflow_core::{DType, Error, IntoOperand, PartialShape, Result, Tensor, context};
use ferroflow_graph::Graph;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct Kept {
    /// By the slot's name: the variable it belongs to, and the slot.
    slots: BTreeMap<String, Vec<(Variable, Variable)>>,
    /// Those that belong to no variable: by name, one for each graph.
    others: Vec<(String, Variable)>,
}

/// An optimizer's own variables.
#[derive(Default)]
pub struct Slots(Mutex<Kept>);

impl Slots {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The slot of this name that belongs to the variable.
    pub fn get(&self, variable: &Variable, name: &str) -> Option<Variable> {
        let kept = self.lock();
        let (_, slot) = kept.slots.get(name)?.iter().find(|(primary, _)| primary.is_same(variable))?;
        Some(slot.clone())
    }

    /// The same for one that there has to be.
    pub(super) fn expect(&self, variable: &Variable, name: &str) -> Result<Variable> {
        self.get(variable, name)
            .ok_or_else(|| Error::internal(format!("{} has no slot '{name}'", variable.name())))
    }

    /// A variable that has a slot of this name, the last one to get it.
    pub(super) fn any_of(&self, name: &str) -> Option<Variable> {
        let kept = self.lock();
        let mut primaries = kept.slots.get(name)?.iter().rev().map(|(primary, _)| primary);
        primaries.find(|primary| is_in_force(primary)).cloned()
    }

    /// The names of all slots, sorted.
    pub fn names(&self) -> Vec<String> {
        self.lock().slots.keys().cloned().collect()
    }

    /// The variables of the default graph among them, or those of eager mode in eager mode, sorted by name.
    pub fn variables(&self) -> Vec<Variable> {
        let kept = self.lock();
        let slots = kept.slots.values().flatten().map(|(_, slot)| slot);
        let all = kept.others.iter().map(|(_, variable)| variable).chain(slots);
        let mut found: Vec<Variable> = all.filter(|variable| is_in_force(variable)).cloned().collect();
        found.sort_by_key(Variable::name);
        found
    }

    /// Makes a slot that begins with zeros, unless there is one; its variable is named `VARIABLE/op_name`.
    ///
    /// # Errors
    /// As [`get_variable_with`].
    pub fn zeros(&self, variable: &Variable, name: &str, op_name: &str) -> Result<Variable> {
        self.made(variable, name, || zeros_slot(variable, op_name))
    }

    /// Makes a slot of the variable's shape and dtype that begins with what the initializer gives, unless there is
    /// one.
    ///
    /// # Errors
    /// As [`get_variable_with`].
    pub fn initialized(
        &self,
        variable: &Variable,
        initializer: Initializer,
        name: &str,
        op_name: &str,
    ) -> Result<Variable> {
        self.made(variable, name, || initialized_slot(variable, initializer, op_name))
    }

    /// Makes a slot that begins with this value, unless there is one.
    ///
    /// # Errors
    /// As [`get_variable_with`].
    pub fn of_value(
        &self,
        variable: &Variable,
        value: &Tensor,
        name: &str,
        op_name: &str,
    ) -> Result<Variable> {
        self.made(variable, name, || slot_of_value(variable, value, op_name))
    }

    fn made(
        &self,
        variable: &Variable,
        name: &str,
        make: impl FnOnce() -> Result<Variable>,
    ) -> Result<Variable> {
        if let Some(slot) = self.get(variable, name) {
            return Ok(slot);
        }
        // The name counts as one of a slot even where the slot cannot be made.
        self.lock().slots.entry(name.to_string()).or_default();
        let slot = make()?;
        self.lock().slots.entry(name.to_string()).or_default().push((variable.clone(), slot.clone()));
        Ok(slot)
    }

    /// Makes a variable that belongs to no other, unless there is one in this graph; it stands with `beside`.
    ///
    /// # Errors
    /// As [`Variable::new_with`].
    pub fn other(&self, initial_value: impl IntoOperand, name: &str, beside: &Variable) -> Result<Variable> {
        if let Some(found) = self.get_other(name, beside) {
            return Ok(found);
        }
        let initial_value = initial_value.into_operand()?;
        let made = colocate_with(beside, || {
            Variable::new_with(initial_value, |o| {
                o.name(name).trainable(false).use_resource(beside.is_resource())
            })
        })?;
        self.lock().others.push((name.to_string(), made.clone()));
        Ok(made)
    }

    /// The variable of this name that belongs to no other and is of the graph of `beside`, or of eager mode as that is.
    pub fn get_other(&self, name: &str, beside: &Variable) -> Option<Variable> {
        let graph = beside.graph().ok();
        let kept = self.lock();
        let mut others = kept.others.iter().filter(|(of, _)| of == name).map(|(_, variable)| variable);
        others.find(|variable| variable.graph().ok() == graph).cloned()
    }
}

/// Whether the variable is of the graph in force, or one of eager mode where that is.
fn is_in_force(variable: &Variable) -> bool {
    match variable.graph() {
        Ok(graph) => !executing_eagerly() && graph == get_default_graph(),
        // A function that is traced in eager code changes variables of eager code.
        Err(_) => executing_eagerly() || context::init_scope(Graph::current).is_none(),
    }
}

/// Runs `f` out of all conditionals, loops and control dependencies: what it makes is there from the start.
pub(super) fn lifted<R>(f: impl FnOnce() -> Result<R>) -> Result<R> {
    context::init_scope(|| crate::ops::without_control_dependencies(f))
}

/// Makes the slot in a variable scope of its own, where it has no further name.
fn create(
    primary: &Variable,
    op_name: &str,
    initializer: Initializer,
    shape: Option<PartialShape>,
    dtype: Option<DType>,
    validate_shape: bool,
) -> Result<Variable> {
    let name = primary.name();
    let scope = format!("{}/{op_name}", name.trim_end_matches(":0"));
    let slot = variable_scope_with(
        (),
        |o| o.default_name(scope),
        |scope| {
            scope.set_partitioner(None);
            colocate_with(primary, || {
                get_variable_with("", |o| {
                    o.initializer(initializer)
                        .trainable(false)
                        .use_resource(primary.is_resource())
                        .shape(GivenShape(shape))
                        .dtype(dtype)
                        .validate_shape(validate_shape)
                })
            })
        },
    )?;
    // The slots of the parts of a variable are the parts of a slot.
    if let Some(info) = primary.slice_info() {
        let own = slot.op()?.name();
        let real_name = own.strip_prefix(&format!("{}/", primary.op()?.name())).unwrap_or(&own).to_string();
        let rank = slot.shape().rank().unwrap_or(info.shape.len());
        let first = |sizes: &[usize]| sizes.iter().copied().take(rank).collect();
        if rank > 0 {
            slot.set_slice_info(SliceInfo {
                full_name: format!("{}/{real_name}", info.full_name),
                full_shape: first(&info.full_shape),
                offset: first(&info.offset),
                shape: first(&info.shape),
            });
        }
    }
    Ok(slot)
}

/// A slot of the variable's shape and dtype.
pub(super) fn initialized_slot(
    primary: &Variable,
    initializer: Initializer,
    op_name: &str,
) -> Result<Variable> {
    let shape = primary.shape();
    let known = shape.is_fully_defined();
    create(primary, op_name, initializer, Some(shape), Some(primary.dtype().base()), known)
}

/// A slot that begins with this value.
pub(super) fn slot_of_value(primary: &Variable, value: &Tensor, op_name: &str) -> Result<Variable> {
    let known = value.shape().is_fully_defined();
    create(primary, op_name, value.into(), None, None, known)
}

/// A slot that begins with zeros.
pub(super) fn zeros_slot(primary: &Variable, op_name: &str) -> Result<Variable> {
    if primary.shape().is_fully_defined() {
        return initialized_slot(primary, zeros_initializer(), op_name);
    }
    let shape = ferroflow_ops_array::shape(primary.initialized_value()?)?;
    let zeros = ferroflow_ops_array::zeros(shape, primary.dtype().base())?;
    slot_of_value(primary, &zeros, op_name)
}
