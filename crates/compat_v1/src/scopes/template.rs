//! `make_template`: functions that share their variables between calls.

use super::settings::Reuse;
use super::variable_scope::{VariableScope, variable_scope_with};
use crate::variables::{Variable, trainable_variables};
use ferroflow_core::{Result, ensure};
use std::sync::{Mutex, PoisonError};

/// A function whose variables are made when it is first called, and used again from then on (`make_template`).
///
/// Source: `tf.compat.v1.make_template`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let scaled = tf::make_template("scaled", |x: &tf::Tensor| {
///     let scale = tf::get_variable_with("scale", |o| o.initializer(tf::Initializer::value(2.0).unwrap()))?;
///     x * &scale
/// });
/// let (one, other) = (scaled.call(&tf::constant(1.0)?)?, scaled.call(&tf::constant(3.0)?)?);
/// assert_eq!(scaled.trainable_variables().len(), 1);
/// let sess = tf::Session::new()?;
/// sess.run(tf::global_variables_initializer()?)?;
/// assert_eq!(sess.run((&one + &other)?)?.item::<f32>()?, 8.0);
/// # Ok::<(), tf::Error>(())
/// ```
pub struct Template<F> {
    name: String,
    function: F,
    scope: Mutex<Option<VariableScope>>,
}

/// A function that makes its variables, with `get_variable`, in a scope of this name when it is first called, and uses them
/// in all calls.
///
/// Source: `tf.compat.v1.make_template`.
pub fn make_template<F>(name: &str, function: F) -> Template<F> {
    Template { name: name.to_string(), function, scope: Mutex::new(None) }
}

impl<F> Template<F> {
    /// The scope of the variables, once the function was called.
    pub fn variable_scope(&self) -> Option<VariableScope> {
        self.scope.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The variables of the scope that are saved and shared.
    pub fn global_variables(&self) -> Vec<Variable> {
        self.variable_scope().map(|scope| scope.global_variables()).unwrap_or_default()
    }

    /// The variables of the scope that optimizers change.
    pub fn trainable_variables(&self) -> Vec<Variable> {
        self.variable_scope().map(|scope| scope.trainable_variables()).unwrap_or_default()
    }

    /// What the function gives for these arguments.
    ///
    /// # Errors
    /// `ValueError` when a call after the first makes a trainable variable; what the function returns.
    pub fn call<A, R>(&self, arguments: A) -> Result<R>
    where
        F: Fn(A) -> Result<R>,
    {
        let Some(scope) = self.variable_scope() else {
            let name = self.name.clone();
            return variable_scope_with(
                (),
                |o| o.default_name(name),
                |scope| {
                    let result = (self.function)(arguments)?;
                    *self.scope.lock().unwrap_or_else(PoisonError::into_inner) = Some(scope.clone());
                    Ok(result)
                },
            );
        };
        variable_scope_with(
            &scope,
            |o| o.reuse(Reuse::Always),
            |_| {
                let before = trainable_variables().len();
                let result = (self.function)(arguments)?;
                let made = trainable_variables();
                ensure!(
                    made.len() == before,
                    value,
                    "Trainable variable created when calling a template after the first time, perhaps you used tf.Variable when \
                 you meant tf.get_variable: {made:?}"
                );
                Ok(result)
            },
        )
    }
}
