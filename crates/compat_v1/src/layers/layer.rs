//! What all layers do: open their scopes, get their variables, gather their losses.

use super::values::{ActivityRegularizer, LayerName};
use crate::GraphKeys;
use crate::initializers::Initializer;
use crate::mode::{executing_eagerly, facade, get_default_graph};
use crate::scopes::{
    Regularizer, Reuse, VariableScope, get_variable_with, variable_scope, variable_scope_with,
};
use crate::variables::{Variable, global_variables};
use ferroflow_core::{DType, Result, Tensor, context};
use ferroflow_graph::CollectionItem;
use std::sync::{Mutex, PoisonError};

/// Runs the code of a layer in its variable scope and name scope: of the name it is given, else of its own, made unique.
pub(super) fn layer<R>(
    own_name: &str,
    name: &LayerName,
    reuse: Reuse,
    f: impl FnOnce() -> Result<R>,
) -> Result<R> {
    let given = name.0.clone().or_else(context::take_name);
    facade(|| within(&capture(own_name, given, reuse)?, reuse, f))
}

/// Opens a layer's scope, to have its name.
fn capture(own_name: &str, given: Option<String>, reuse: Reuse) -> Result<VariableScope> {
    let capture = |scope: &VariableScope| Ok(scope.clone());
    match given {
        Some(given) => variable_scope(given.as_str(), capture),
        None if matches!(reuse, Reuse::Always | Reuse::Auto) => variable_scope(own_name, capture),
        None => variable_scope_with((), |o| o.default_name(own_name), capture),
    }
}

fn within<R>(scope: &VariableScope, reuse: Reuse, f: impl FnOnce() -> Result<R>) -> Result<R> {
    variable_scope_with(
        scope,
        |o| o.reuse(reuse).auxiliary_name_scope(false),
        |scope| {
            let names = scope.original_name_scope();
            match names.is_empty() {
                true => f(),
                false => context::with_name(&names, || context::name_scope(&names, f)),
            }
        },
    )
}

/// A variable of a layer.
pub(crate) struct Weight {
    pub(crate) name: &'static str,
    pub(crate) shape: Vec<usize>,
    pub(crate) dtype: DType,
    pub(crate) initializer: Option<Initializer>,
    pub(crate) regularizer: Option<Regularizer>,
    pub(crate) trainable: bool,
}

/// The variable in the open scope. A new one's loss joins the collection of such losses.
pub(crate) fn add_weight(weight: Weight) -> Result<Variable> {
    let known = if weight.regularizer.is_some() { global_variables() } else { Vec::new() };
    let variable = get_variable_with(weight.name, |o| {
        o.shape(weight.shape).dtype(weight.dtype).initializer(weight.initializer).trainable(weight.trainable)
    })?;
    if let Some(regularizer) = weight.regularizer
        && !known.iter().any(|known| known.is_same(&variable))
    {
        let loss = context::with_name(&format!("{}/Regularizer", weight.name), || {
            context::name_scope("Regularizer", || regularizer.loss(&variable))
        })?;
        add_loss(loss)?;
    }
    Ok(variable)
}

fn add_loss(loss: Option<Tensor>) -> Result<()> {
    match loss {
        Some(loss) if !executing_eagerly() => get_default_graph()
            .add_to_collection(GraphKeys::REGULARIZATION_LOSSES, CollectionItem::Tensor(loss)),
        _ => Ok(()),
    }
}

/// Gathers the loss of a layer's result, per element of its batch.
pub(super) fn add_activity_loss(regularizer: &ActivityRegularizer, result: &Tensor) -> Result<()> {
    let Some(regularizer) = &regularizer.0 else { return Ok(()) };
    let loss = context::name_scope("ActivityRegularizer", || {
        let loss = regularizer(result)?;
        let size = ferroflow_ops_array::getitem(&ferroflow_ops_array::shape(result)?, 0)?;
        loss / crate::cast(size, result.dtype().base())?
    })?;
    add_loss(Some(loss))
}

/// The scope that a layer which is called more than once keeps from its first call.
#[derive(Default)]
pub(crate) struct KeptScope(Mutex<Option<VariableScope>>);

impl KeptScope {
    /// Runs the code of a layer in its variable scope and name scope. `f` is told whether its variables exist.
    pub(crate) fn enter<R>(
        &self,
        own_name: &str,
        name: &LayerName,
        reuse: Reuse,
        f: impl FnOnce() -> Result<R>,
    ) -> Result<R> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let reuse = if kept.is_some() { Reuse::Always } else { reuse };
        let scope = match kept {
            Some(scope) => scope,
            None => capture(own_name, name.0.clone(), reuse)?,
        };
        let result = within(&scope, reuse, f)?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(scope);
        Ok(result)
    }
}
